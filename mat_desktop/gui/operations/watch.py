"""Opened folders are watched: what other programs do in them shows without a scan."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence, Set
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal, Slot

from mat_desktop.gui import words
from mat_desktop.gui.actions import Actions
from mat_desktop.gui.jobs import Job
from mat_desktop.gui.models.arrange import inside
from mat_desktop.gui.models.row import Arrived, Row
from mat_desktop.gui.operations.arrive import AsShown, known, rows_of
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.operations.settings import ChangeSettings
from mat_desktop.gui.work import Failure
from mat_desktop.mounts import identity

FEW = 20
"""Changed files that are looked at in a moment, so that nobody need be told."""

SLICE = 200
"""Changed paths that are looked at together; what was cancelled goes on with the first of these."""

EVERY = 2.0
"""Seconds between two looks whether the folders are there."""

Places = dict[Path, tuple[int, int] | None]
"""Device and number of each folder, None where it is not there."""


class _Watcher(QThread):
    """Waits for changes under some folders.

    ``places`` is where they were when it began, None before.
    """

    changed = Signal(object)
    failed = Signal(str)

    def __init__(
        self, roots: Sequence[Path], batches: Callable[[threading.Event], Iterator[list[Path]]]
    ) -> None:
        super().__init__()
        self.setObjectName("watch")
        self.stop = threading.Event()
        self.places: Places | None = None
        self._roots = roots
        self._batches = batches

    def run(self) -> None:
        try:
            self.places = _places(self._roots)
            for paths in self._batches(self.stop):
                self.changed.emit(paths)
        except Exception as error:  # whatever it is, scanning by hand goes on
            self.failed.emit(str(error))


class _Sentry(QThread):
    """Looks whether folders are the ones that they were: a drive that comes or goes tells no watcher.

    A thread of its own, as a share that does not answer holds up who asks for it. ``before`` is where they
    were, None until that is known.
    """

    moved = Signal(object)

    def __init__(self, roots: Sequence[Path], unmounted: Callable[[], Sequence[Path]]) -> None:
        """:param unmounted: places inside the roots at which drives were mounted, and are not now"""
        super().__init__()
        self.setObjectName("drives")
        self.stop = threading.Event()
        self.before: Places | None = None
        self._roots = roots
        self._unmounted = unmounted

    def run(self) -> None:
        before, inside = _seats(self._roots), set(self._unmounted())
        self.before = before
        while not self.stop.wait(EVERY):
            now, away = _seats(self._roots), set(self._unmounted())
            changed = [
                root
                for root in self._roots
                if now[root] != before[root] or any(place.is_relative_to(root) for place in inside ^ away)
            ]
            before, inside = now, away
            self.before = before
            if changed:
                self.moved.emit(changed)


class _Pile:
    """Paths to look at, each once, in the order in which they came. Any thread may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._paths: dict[Path, None] = {}

    def add(self, paths: Sequence[Path]) -> bool:
        """Whether nobody was to come for the pile yet."""
        with self._lock:
            first = not self._paths
            self._paths.update(dict.fromkeys(paths))
            return first

    def take(self) -> list[Path]:
        """All of it."""
        with self._lock:
            paths, self._paths = self._paths, {}
            return list(paths)


class Watch(QObject):
    """``new`` hands over rows that were not there before and are to be listened to, ``moved`` what was opened
    and is on another drive than before, or on none. ``renamed`` hands over rows that are about to go, each
    with the one that its file has from now on; ``came`` says that there are rows that were not there before,
    ``changed`` that files are others than they were known.
    """

    new = Signal(object)
    came = Signal()
    changed = Signal()
    moved = Signal(object)
    renamed = Signal(object)

    def __init__(
        self, desk: Desk, settings: ChangeSettings, take: Callable[[list[Row | Arrived]], None]
    ) -> None:
        """:param take: shows what was found, as after a scan"""
        super().__init__()
        self._desk, self._settings, self._take = desk, settings, take
        self._watcher: _Watcher | None = None
        self._sentry: _Sentry | None = None
        self._ended: list[_Watcher | _Sentry] = []
        self._roots: list[Path] = []
        self._wanted: list[Path] = []
        self._pile = _Pile()
        self._told = ""
        settings.changed.connect(self._settings_changed)

    def connect_actions(self, actions: Actions) -> None:
        """The switch for listening to what is new."""
        action = actions["listen_new"]
        action.setCheckable(True)
        action.setChecked(self._settings.now.new_music)
        action.toggled.connect(lambda on: self._settings.put({"listening.new_music": on}))
        self._settings.changed.connect(lambda _: action.setChecked(self._settings.now.new_music))

    def _settings_changed(self, keys: Set[str]) -> None:
        if "library.watch" in keys:
            self.at(self._wanted)

    def at(self, roots: Sequence[Path]) -> None:
        """Watch these folders from now on; anew where it failed, or where one of them came or went since."""
        self._wanted = list(roots)
        if not self._settings.now.watch:
            self.close()
            return
        wanted, watcher = self._wanted, self._watcher
        if watcher is None or wanted != self._roots:
            self._start(wanted)
            return

        def compare(now: Places) -> None:
            if self._watcher is watcher and (watcher.isFinished() or watcher.places not in (None, now)):
                self._start(wanted)

        self._desk.bridge.ask("watched folders", lambda: _places(wanted), compare)

    def _start(self, roots: list[Path]) -> None:
        """Watch anew. Who looks for drives goes on where the folders are the same: another would not know how
        it was before.
        """
        services, sentry = self._desk.services, self._sentry
        if sentry is None or roots != self._roots or sentry.isFinished():
            self._end(sentry)
            self._sentry = sentry = _Sentry(roots, services.unmounted)
            sentry.moved.connect(self._moved)
            sentry.start()
        self._end(self._watcher)
        self._roots = roots
        watcher = _Watcher(roots, lambda stop: services.watch(roots, stop))
        watcher.changed.connect(self.look)
        watcher.failed.connect(self._failed)
        self._watcher = watcher
        watcher.start()

    @Slot(object)
    def _moved(self, roots: list[Path]) -> None:
        """What was mounted meanwhile is watched by a new thread."""
        if self.sender() is self._sentry:
            self._start(list(self._roots))
            self.moved.emit(roots)

    def close(self) -> None:
        """Watch nothing any more. The thread ends by itself, at the latest when the program does."""
        self._end(self._watcher)
        self._end(self._sentry)
        self._watcher = self._sentry = None
        self._roots = []

    def _end(self, thread: _Watcher | _Sentry | None) -> None:
        if thread is not None:
            thread.stop.set()
            self._ended.append(thread)

    def wait(self, milliseconds: int) -> bool:
        """Whether all threads ended in time."""
        return all(watcher.wait(milliseconds) for watcher in self._ended)

    @Slot(str)
    def _failed(self, why: str) -> None:
        if why != self._told:  # tried again at each scan, but said once
            self._told = why
            text = f"Folders cannot be watched: {why}. Scan again (F5) shows changes."
            self._desk.say("warning", text, kind="watch")

    @Slot(object)
    def look(self, paths: Sequence[Path]) -> None:
        """Look at paths that may be other than before.

        Between writes, never beside one: what was read before it would replace what is known after it.
        """
        if not self._pile.add(paths):
            return  # the look that waits for its turn takes these along
        desk, roots = self._desk, list(self._roots)
        places = (self._watcher.places if self._watcher is not None else None) or {}
        todo: list[Path] = []
        fresh: list[Row] = []
        changed: set[Path] = set()
        lost: list[Path] = []
        lost_rows = 0

        def make(cancel: threading.Event) -> Iterator[Row | Arrived | AsShown | _Gone]:
            todo.extend(self._pile.take())
            gone = [path for path in todo if not path.exists()]
            todo[:] = sorted(set(todo).difference(gone))
            job.quiet = len(todo) <= FEW and not any(path.is_dir() for path in todo)
            lost.extend(path for path in gone if _root_is_there(path, roots, places))
            away = desk.services.unmounted() if lost else ()
            lost[:] = [path for path in lost if not any(map(path.is_relative_to, away))]
            if lost:
                desk.services.forget_paths(lost)
            while todo:
                found = desk.services.look(todo[:SLICE], cancel)
                # A file that this program just wrote is as its row says, with what was decided meanwhile.
                yield from rows_of(desk.services, found, desk.tracks.shift, desk.tracks.row)
                if cancel.is_set():
                    return
                del todo[:SLICE]
            yield _Gone(lost)  # after what came: a file that was renamed is both
            if lost:
                # A file that is moved to another drive is there before it goes here; what came just now is
                # asked first. What is just decided on it may not be kept yet.
                rows = ((track, desk.tracks.row(track.path)) for track in desk.services.heirs(lost))
                heirs = [track for track, row in rows if row and not (row.verdicts or row.reviewed)]
                yield from known(desk.services, heirs, desk.tracks.shift)
                lost.clear()

        def items(batch: list[Any]) -> None:
            found = [item for item in batch if isinstance(item, (Row, Arrived))]
            rows = [item for item in found if isinstance(item, Row)]
            if not job.quiet:
                job.failures += [Failure(row.path.name, row.reason) for row in rows if row.track is None]
            fresh.extend(row for row in rows if desk.tracks.row(row.path) is None)
            changed.update(row.path for row in rows if _is_other(desk.tracks.row(row.path), row))
            if found:
                self._take(found)
            for item in batch:
                if isinstance(item, _Gone):
                    forget(item)

        def forget(gone: _Gone) -> None:
            nonlocal lost_rows
            if moved := _renamed(desk.tracks.rows(), gone):
                self.renamed.emit(moved)
            before = desk.tracks.tally().total
            desk.tracks.forget(gone)
            lost_rows += before - desk.tracks.tally().total

        def ended(error: Exception | None) -> None:
            desk.tracks.settle()
            counts = ((len(fresh), "new"), (len(changed), "changed"), (lost_rows, "gone"))
            if told := ", ".join(f"{words.number(count)} {what}" for count, what in counts if count):
                total = desk.tracks.tally().total
                desk.result(f"On disk: {told}; {words.plural(total, 'track')} in the library")
            if error is not None:
                desk.complain("Changed files cannot be looked at", error)
            if fresh:
                self.came.emit()
            if changed:
                self.changed.emit()
            wanted = [row for row in fresh if row.is_new and desk.tracks.row(row.path) is row]
            if wanted and self._settings.now.new_music:
                self.new.emit(wanted)
            if job.stopping and not desk.bridge.leaving:
                stopped()
            elif not job.quiet and job.done and told:  # what the program itself wrote is known already
                job.outcome = f"Looked at {words.plural(job.done, 'track')} that changed"

        def stopped() -> None:
            left = [*lost, *todo] or self._pile.take()  # it never began where it has no paths
            if left and job.quiet:
                self.look(left)  # what the user cancelled was another work
            elif left:
                job.outcome = f"Stopped after {words.plural(job.done, 'track')} that changed"
                job.retry = lambda: self.look(left)

        job = Job(
            "Looking at changes",
            make,
            on_items=items,
            on_end=ended,
            counts=lambda item: isinstance(item, (Row, AsShown)),
        )
        job.quiet = True
        desk.bridge.do(job)


def _is_other(known: Row | None, row: Row) -> bool:
    """Whether a file is another than the library knows: with other times alone it is as it was."""
    if known is None:
        return False
    old, new = known.track, row.track
    if old is None or new is None:
        return old is not new
    was, now = (
        (track.stamp.size, track.duration, track.tags, track.fault, track.outside) for track in (old, new)
    )
    return was != now


class _Gone(list[Path]):
    """Paths at which there is nothing any more."""


def _renamed(rows: Sequence[Row], gone: Sequence[Path]) -> dict[Row, Row]:
    """Rows of files that are gone, each with the row that has the same file under another name."""
    left = set(inside(rows, {os.fspath(path) for path in gone}))
    paths = set(gone)
    left.update(row for row in rows if row.path in paths)
    by_stamp = {row.track.stamp: row for row in left if row.track is not None}
    return {
        by_stamp[row.track.stamp]: row
        for row in (rows if by_stamp else ())
        if row not in left and row.track is not None and row.track.stamp in by_stamp
    }


def _places(roots: Sequence[Path]) -> Places:
    """Looked up in a worker: a share that does not answer takes its time."""
    found: Places = {}
    for root in roots:
        try:
            status = root.stat()
            found[root] = (status.st_dev, status.st_ino)
        except OSError:
            found[root] = None
    return found


def _seats(roots: Sequence[Path]) -> Places:
    """Of a file, which is another whenever it is written, the folder."""
    return {root: identity(root if root.is_dir() else root.parent) for root in roots}


def _root_is_there(path: Path, roots: Sequence[Path], places: Places) -> bool:
    """A volume that is not there is no reason to forget its files; where it was there is another folder then.

    :param places: of the roots when their watch began
    """
    there = [root for root in roots if path.is_relative_to(root)]
    now = _places(there)
    return any(place is not None and place == (places.get(root) or place) for root, place in now.items())
