"""Opening folders and files: the table fills while they are read."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from mat_desktop.audio.names import is_audio_name
from mat_desktop.errors import FileFault, printable
from mat_desktop.gui import words
from mat_desktop.gui.jobs import Job
from mat_desktop.gui.models.arrange import under
from mat_desktop.gui.models.row import Arrived, Row
from mat_desktop.gui.operations.arrive import AsShown, known, remembered, rows_of
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.operations.unread import Unread
from mat_desktop.gui.operations.weigh import Move
from mat_desktop.gui.work import Do, Failure, Work

AWAY = "away"
"""Kind of the message on folders that are not there."""

READING = "Reading the library"
"""What shows the tracks that it knows."""

LEAVE = "What was read is kept, and the rest is read at the next start."

EMPTY = "is empty, or its drive is not there"
"""Said of a folder without music of which the library knows tracks, as when a volume is not mounted there."""

UNMOUNTED = "is on a drive that is not there"
"""Said of a folder inside another at which a volume was mounted before."""

FORGOTTEN = "forgotten"
"""Kind of the message on tracks that the user took out of the library."""

FOUND_NOTHING = "scan"
"""Kind of the message that there is no music."""


class Scan(QObject):
    """``opened`` comes at once, where it is no second look, and ``begun`` in any case, then ``remembered``:
    what the library knew is shown, without suggestions.

    ``nothing`` says that no music was found, ``ended`` comes last. ``back`` names the kind of a message that
    is not so any more. ``forgot`` hands over a :class:`Move`: tracks were said to be gone, or a folder was
    taken out of the library. ``coming`` shows tracks that the library knows, while it does.
    """

    opened = Signal()
    begun = Signal()
    remembered = Signal()
    nothing = Signal()
    ended = Signal()
    back = Signal(str)
    forgot = Signal(object)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.roots: list[Path] = []
        self.coming: Work | None = None
        self._under_way = 0
        self._away: dict[Path, str] = {}
        self._unread = Unread(desk, self._read_rest, self.back.emit)
        self._is_back: Callable[[], bool] = lambda: False

    @property
    def reading(self) -> bool:
        """Whether folders are being opened, or are about to be."""
        return self._under_way > 0 or self.coming is not None

    def expect(self) -> None:
        """Folders will be opened once the window is shown."""
        self.coming = Work(READING)
        self.begun.emit()

    def expect_nothing(self) -> None:
        """What was expected is not opened."""
        if not isinstance(self.coming, Job):
            self.coming = None
            self.begun.emit()

    def open(self, paths: Sequence[Path]) -> None:
        """Scan folders and files, which the user wants to see."""
        if paths:
            self._scan(paths, self.opened.emit)

    def rescan(self, paths: Sequence[Path]) -> None:
        """Scan folders that are open, whatever is in view."""
        if paths:
            self._scan(paths, lambda: None)

    def _scan(self, paths: Sequence[Path], opened: Do) -> None:
        """Of those that were not open the library shows first what it knows."""
        desk, wanted = self._desk, list(paths)
        seen = _Seen()
        fresh = [path for path in dict.fromkeys(wanted) if path not in self.roots]
        self.roots += fresh
        self._under_way += 1
        shown = self._remember(fresh)
        opened()
        self.begun.emit()

        def ended(error: Exception | None) -> None:
            self._under_way -= 1
            desk.tracks.settle()
            before = desk.tracks.tally().total
            if error is None:
                desk.tracks.forget_missing(seen.whole, seen.files)
            total = desk.tracks.tally().total
            gone = f"; {words.plural(before - total, 'track')} not there any more" if before > total else ""
            if total:
                self.back.emit(FOUND_NOTHING)
            if self._is_back():
                self.back.emit(FORGOTTEN)
            job.outcome = f"Scanned {words.plural(job.done, 'track')}"
            job.retry = (lambda: self.read_again(seen.failed)) if seen.failed else None
            if error is not None or job.stopping:
                job.outcome = f"Scan stopped after {words.plural(job.done, 'track')}"
                job.retry = lambda: self.open(wanted)
            if error is not None:
                desk.complain("The scan stopped", error, "Scan again", lambda: self.open(wanted))
            else:
                if not total and not seen.away:
                    self.nothing.emit()
                if not job.stopping:
                    self._tell_away(wanted, seen.away)
                    self._unread.settle(wanted)
            stopped = f"{job.outcome}; " if error is not None or job.stopping else ""
            if self._unread:
                self._unread.tell(stopped)
            else:
                desk.result(f"{stopped}{words.plural(total, 'track')} in the library{gone}")
            self.ended.emit()

        def items(batch: list[Any]) -> None:
            job.failures += _failures(batch)
            found = [item for item in batch if isinstance(item, (Row, Arrived))]
            # Closing asks where files are read for the first time; a look at known ones is nobody's loss.
            if not job.leave and any(isinstance(i, Row) and desk.tracks.row(i.path) is None for i in found):
                job.leave = LEAVE
            self.found(found)

        def make(cancel: threading.Event) -> Iterator[Row | Arrived | AsShown | _Away]:
            enough = threading.Event()
            self._count(job, wanted, enough)
            job.known = desk.services.count_remembered(wanted)
            try:
                yield from self._find(wanted, cancel, seen, shown)
            finally:
                enough.set()

        job = Job(
            "Scanning",
            make,
            on_items=items,
            on_end=ended,
            counts=_counts,
            passes=lambda item: isinstance(item, AsShown),
        )
        job.about = job.lets_go = True
        desk.bridge.do(job)

    def _remember(self, roots: Sequence[Path], then: Do = lambda: None) -> threading.Event:
        """Show what the library knows of folders before any file is looked at; tells when that is done.

        :param then: called when all of it is shown
        """
        desk, shown = self._desk, threading.Event()
        if not roots:
            shown.set()
            return shown

        def make(cancel: threading.Event) -> Iterator[Row]:
            job.total = desk.services.count_remembered(roots)
            for row in remembered(desk.services, roots):
                if cancel.is_set():
                    return
                yield row

        def ended(error: Exception | None) -> None:
            if error is not None:
                desk.complain("The library cannot be read", error)
            self.coming = None
            desk.tracks.settle()
            if job.stopping and not desk.bridge.leaving:
                self._unread.stopped(roots)
            elif error is None:
                then()
            shown.set()
            self.remembered.emit()

        self.coming = job = Job(READING, make, on_items=self.found, on_end=ended, unit="readable track")
        desk.bridge.do(job)
        return shown

    def _read_rest(self, roots: Sequence[Path]) -> None:
        desk = self._desk

        def tell() -> None:
            desk.result(f"{words.plural(desk.tracks.tally().total, 'track')} in the library")

        self._remember(roots, tell)
        self.begun.emit()

    def _count(self, job: Job, paths: Sequence[Path], enough: threading.Event) -> None:
        """Find out how many files there are while the first are read: listing folders is much quicker."""
        services, turns = self._desk.services, self._desk.bridge.turns

        def count() -> None:
            total = 0
            for number in services.count(paths, enough):
                total = number
                turns.give_way()
            if not enough.is_set():
                job.total = total

        threading.Thread(target=count, name="count", daemon=True).start()

    def forget(self, root: Path) -> None:
        """Take a folder out of the library: its files stay as they are, and what was heard is kept."""
        out, by_hand = True, False

        def back() -> None:
            nonlocal out
            out = False
            self.back.emit(FORGOTTEN)
            self.open([root])

        def open_again() -> None:
            nonlocal by_hand
            by_hand = True
            back()

        def again() -> None:
            nonlocal out
            out = True
            self._take_out(root, open_again)

        self._take_out(root, open_again)
        text, counts = "{} taken out of the library", lambda: not by_hand and (root in self.roots) is not out
        self.forgot.emit(Move(text.format(printable(root)), back, again, counts))

    def _take_out(self, root: Path, open_again: Do) -> None:
        desk = self._desk
        self.roots.remove(root)
        self._unread.settle([root])
        self._tell_away([root], {})
        rows = desk.tracks.rows()
        others = {row.where for other in self.roots for row in under(rows, other)}
        desk.tracks.forget_missing([root], others)

        def forget() -> None:
            if root not in self.roots:  # else it was opened again meanwhile
                desk.services.forget_root(root)

        desk.bridge.keep(forget)
        desk.say(
            "positive",
            f"{printable(root)} is no longer in the library. Its files are as they were.",
            "Open again",
            open_again,
            kind=FORGOTTEN,
        )
        self._is_back = lambda: root in self.roots
        desk.result(f"{words.plural(desk.tracks.tally().total, 'track')} in the library")
        self.ended.emit()

    def _tell_away(self, looked: Sequence[Path], away: Mapping[Path, str]) -> None:
        """Say which folders are not there, until they are again.

        :param looked: folders that were looked for
        :param away: those of them that cannot be looked into, and why
        """
        desk, before = self._desk, self._away
        others = {path: why for path, why in before.items() if not any(map(path.is_relative_to, looked))}
        self._away = others | dict(away)
        if not self._away:
            if before:
                self.back.emit(AWAY)
            return
        rows, said = desk.tracks.rows(), []
        for path, why in self._away.items():
            count = len(under(rows, path))
            waits = f"{words.plural(count, 'track')} {'waits' if count == 1 else 'wait'} for it"
            said.append(f"{printable(path)} {why}: {waits}." if count else f"{printable(path)} {why}.")
        # What is inside a folder of the library is looked at with that: it becomes none itself.
        folders = list(dict.fromkeys(self._root_of(path) for path in self._away))
        empty = [path for path, why in self._away.items() if why in (EMPTY, UNMOUNTED)]
        also = ("Forget these tracks", lambda: self._empty(empty)) if empty else None
        desk.say("warning", " ".join(said), "Scan again", lambda: self.open(folders), also=also, kind=AWAY)

    def _root_of(self, path: Path) -> Path:
        return next((root for root in self.roots if path.is_relative_to(root)), path)

    def _empty(self, folders: Sequence[Path]) -> None:
        """Their files were deleted, as the user says. What was heard and decided is kept."""
        desk, services = self._desk, self._desk.services
        rows = desk.tracks.rows()
        paths = list({row.path: None for folder in folders for row in under(rows, folder)})
        by_hand = False

        def forget() -> None:
            desk.tracks.forget_missing(folders, set())
            desk.bridge.keep(lambda: services.forget_missing(folders, set()))
            desk.result(f"{words.plural(desk.tracks.tally().total, 'track')} in the library")
            self._tell_away(folders, {})
            number = words.plural(len(paths), "track")
            said = f"{number} forgotten. What was decided on them comes back with the files."
            desk.say("positive", said, "Undo", undo, kind=FORGOTTEN)
            self._is_back = lambda: all(desk.tracks.row(path) is not None for path in paths)
            self.ended.emit()

        def look(_: object) -> None:
            self._remember(folders)
            self.rescan(list(dict.fromkeys(map(self._root_of, folders))))

        def back() -> None:
            self.back.emit(FORGOTTEN)
            desk.bridge.keep(lambda: services.never_gone(paths), look)

        def undo() -> None:
            nonlocal by_hand
            by_hand = True
            back()

        forget()
        text = f"{words.plural(len(paths), 'track')} forgotten"
        self.forgot.emit(Move(text, back, forget, lambda: not by_hand))

    def again(self) -> None:
        """Scan all folders again."""
        self.rescan(list(self.roots))

    def _find(
        self, paths: Sequence[Path], cancel: threading.Event, seen: _Seen, shown: threading.Event
    ) -> Iterator[Row | Arrived | AsShown | _Away]:
        """In the worker.

        :param shown: what the library knows is in the table, which is what the files are compared with
        """
        while not shown.wait(0.1) and not cancel.is_set():
            pass
        services, tracks = self._desk.services, self._desk.tracks
        services.recover()  # a drive that went away in the middle of a write may be back
        for item in rows_of(services, services.scan(paths, cancel), tracks.shift, tracks.row):
            if isinstance(item, AsShown):
                seen.files.add(os.fspath(item.path))
            if isinstance(item, Row) and item.track is None and _is_folder(item.path, paths):
                why = "is not there" if item.absent else f"cannot be looked into ({item.reason})"
                seen.away[item.path] = why
                yield _Away(item.path, why)
                continue
            yield item
            if isinstance(item, Row):
                seen.files.add(item.where)
                if item.track is None:
                    seen.failed.append(item.path)
        if not cancel.is_set():
            # A folder that cannot be listed, or a volume that is not there, is no reason to forget its files.
            unlisted = [path for path in [*seen.failed, *seen.away] if path.is_dir()]
            whole = [path for path in paths if path.exists() and not unlisted]
            for path in whole:
                if self._is_emptied(path, seen, cancel):
                    seen.away[path] = EMPTY
                    yield _Away(path, EMPTY)
            seen.whole += [path for path in whole if path not in seen.away]
            services.note_mounts(seen.whole, seen.files)
            for place in services.unmounted():
                if any(root in place.parents for root in seen.whole) and services.count_remembered([place]):
                    seen.away[place] = UNMOUNTED
                    yield _Away(place, UNMOUNTED)
                    seen.files |= {os.fspath(item.track.path) for item in services.remembered([place])}
            services.forget_missing(seen.whole, seen.files)

    def _is_emptied(self, folder: Path, seen: _Seen, cancel: threading.Event) -> bool:
        """Whether no music is in a folder any more: where a volume is not mounted there is an empty one."""
        services = self._desk.services
        inside = os.path.join(folder, "")  # noqa: PTH118 - with the separator at its end
        if any(file.startswith(inside) for file in seen.files) or not folder.is_dir():
            return False
        return services.count_remembered([folder]) > 0 and not any(services.count([folder], cancel))

    def found(self, items: Sequence[Row | Arrived], *, again: bool = False) -> None:
        """Show what was found."""
        tracks, model = self._desk.tracks, self._desk.services.card.digest
        rows = [item for item in items if isinstance(item, Row)]
        # Another model may have come into use since they were looked up.
        for row in rows:
            if row.scores is not None and row.scores.model != model:
                row.forget_scores()
        heard = [item for item in items if isinstance(item, Arrived) and item.scores.model == model]
        if rows:
            tracks.add(rows, again=again)
        if heard:
            tracks.hear(heard)

    def read_again(self, paths: Sequence[Path], then: Do = lambda: None, *, anew: bool = True) -> None:
        """Read single files again, as after a failure.

        :param then: called when they were
        :param anew: what a write left them for is settled by that
        """
        desk = self._desk

        def make(cancel: threading.Event) -> Iterator[Row | Arrived]:
            for path in paths:
                if cancel.is_set():
                    return
                try:
                    track = desk.services.refresh(path)
                except FileFault as fault:
                    yield Row.of(fault)
                    continue
                yield Row.of(track)
                yield from known(desk.services, [track], desk.tracks.shift)

        def ended(error: Exception | None) -> None:
            if error is not None:
                desk.complain("The files cannot be read again", error)
            job.outcome = f"Read {words.plural(job.done, 'file')} again"
            bad = [path for path in paths if (row := desk.tracks.row(path)) is None or row.track is None]
            job.retry = (lambda: self.read_again(bad)) if job.failures else None
            self.ended.emit()
            then()

        def items(batch: list[Any]) -> None:
            job.failures += _failures(batch)
            self.found(batch, again=anew)

        job = Job(
            "Reading again",
            make,
            on_items=items,
            on_end=ended,
            total=len(paths),
            unit="file",
            counts=_counts,
        )
        desk.bridge.do(job)


@dataclass(slots=True)
class _Seen:
    """What a scan came upon.

    :param files: that were found
    :param failed: files that could not be read
    :param whole: folders of which it saw everything
    :param away: folders that cannot be looked into, and why
    """

    files: set[str] = field(default_factory=set)
    failed: list[Path] = field(default_factory=list)
    whole: list[Path] = field(default_factory=list)
    away: dict[Path, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Away:
    """A folder that was to be scanned cannot be looked into: no track, and not counted as one."""

    path: Path
    why: str


def _is_folder(path: Path, wanted: Sequence[Path]) -> bool:
    """In the worker: whether what failed is one of the folders that were asked for, which may be away."""
    return path in wanted and not is_audio_name(path) and not path.is_file()


def _failures(batch: Sequence[Any]) -> list[Failure]:
    rows = [Failure(row.path.name, row.reason) for row in batch if isinstance(row, Row) and row.reason]
    return [*rows, *(Failure(item.path.name, item.why) for item in batch if isinstance(item, _Away))]


def _counts(item: object) -> bool:
    return not isinstance(item, (Arrived, _Away))
