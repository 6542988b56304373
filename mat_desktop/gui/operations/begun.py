"""Work on music files that has begun: where the program ends first, every start says what remains of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from os import fspath
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSettings, Signal

from mat_desktop.domain.plan import Policy
from mat_desktop.domain.reversal import RunKind, Task
from mat_desktop.domain.tags import Field
from mat_desktop.gui import words
from mat_desktop.gui.operations.desk import Desk, Do
from mat_desktop.gui.operations.remains import Remains
from mat_desktop.gui.operations.scan import Scan
from mat_desktop.gui.operations.undo import DONE, is_overtaken, kind_of_recovery
from mat_desktop.gui.operations.write import Ended, Wish
from mat_desktop.gui.work import Work

if TYPE_CHECKING:
    from mat_desktop.store.journal import Run

BEGUN = "begun"
"""Setting: what has begun and not ended, so that the next start knows of it however this one ends."""

NOTHING = {
    RunKind.WRITE: "no file was written",
    RunKind.UNDO: "no file was put back",
    RunKind.REDO: "no file was written again",
}


UNWANTED = "unwanted"
"""Setting: runs of whose stopped undo nobody wants to know, each with when that was said."""

Left = Mapping[Path, frozenset[Field]]

DOING = {RunKind.UNDO: "Undoing", RunKind.REDO: "Redoing"}


@dataclass(frozen=True, slots=True)
class Note:
    """One piece of work, as the next start will look for it in the journal.

    :param at: when it began
    :param files: that it was to change
    :param of: the run that it is to take back
    :param whole: all of that run
    :param paths: of the files of a write, in the order in which they are written, and where it is not whole;
        once it is over, of what remained
    :param left: by file, fields that were left out of an undo or redo
    :param scope: of a write, as it was wished
    :param policies: of a write's fields, likewise
    :param told: an earlier start said so already
    :param over: it got to an end by itself, or a write was stopped
    """

    kind: RunKind
    at: datetime
    files: int
    of: int | None = None
    whole: bool = True
    paths: tuple[str, ...] = ()
    scope: str = ""
    policies: Mapping[str, str] = field(default_factory=dict)
    told: bool = False
    left: Mapping[str, Sequence[str]] = field(default_factory=dict)
    over: bool = False

    def found(self, runs: Sequence[Run]) -> Run | None:
        """What came of it, None where that is nothing.

        :param runs: the newest first
        """
        fit = (
            run
            for run in reversed(runs)
            if self.is_of(run) and run.planned == self.files and (run.undo_of == self.of or self.of is None)
        )
        return next(fit, None)

    def is_of(self, run: Run) -> bool:
        """Whether a run may be it, or one that went on with it."""
        return run.kind is self.kind and run.started >= self.at

    def overtaken(self, runs: Sequence[Run]) -> bool:
        """Whether somebody took all of that run back since, or tried to; or took back what came of this."""
        known = next((run for run in runs if run.id == self.of), None)
        if known is not None and (known.undone or (known.tried is not None and known.tried >= self.at)):
            return True
        did = self.found(runs)
        return did is not None and is_overtaken(did, runs)

    def goes_on_with(self, left: Note) -> bool:
        """Whether this one is about all that was left by another, which is told no more from then on."""
        if left.kind is not self.kind:
            return False
        all_of_it = self.whole and left.of == self.of and self.of is not None
        return all_of_it or (not left.whole and not {*left.paths}.isdisjoint(self.paths))

    @property
    def left_out(self) -> Left:
        """By file, fields that were left out."""
        return {Path(path): frozenset(map(Field, names)) for path, names in self.left.items()}

    @property
    def wish(self) -> Wish:
        """What a write was for."""
        policies = {Field(name): Policy(policy) for name, policy in self.policies.items()}
        return Wish(self.scope, policies)

    def packed(self) -> dict[str, object]:
        """For the settings."""
        return {
            "kind": str(self.kind),
            "at": self.at.isoformat(),
            "files": self.files,
            "of": self.of,
            "whole": self.whole,
            "paths": self.paths,
            "scope": self.scope,
            "policies": dict(self.policies),
            "told": self.told,
            "left": dict(self.left),
            "over": self.over,
        }


def _unpacked(text: str) -> list[Note]:
    """Notes in the settings; what cannot be understood there is no reason not to start."""
    try:
        return [
            Note(
                RunKind(found["kind"]),
                datetime.fromisoformat(found["at"]),
                int(found["files"]),
                found["of"],
                found["whole"],
                tuple(found.get("paths", ())),
                found["scope"],
                found.get("policies", {}),
                bool(found.get("told")),
                {path: [str(Field(name)) for name in names] for path, names in found.get("left", {}).items()},
                bool(found.get("over")),
            )
            for found in json.loads(text)
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []


class Begun(QObject):
    """Keeps a note of writes, undos and redos from their begin to their end.

    ``settled`` names the kind of a message on what remained that is no longer so, or that another one says.
    """

    settled = Signal(str)

    def __init__(
        self,
        desk: Desk,
        settings: QSettings,
        remains: Remains,
        take_back: Callable[[int | None, Left], object],
        take_files_back: Callable[[int | None, Sequence[Path], Left], object],
    ) -> None:
        """:param remains: says what remains of a write
        :param take_back: shows what remains of a run that is to be taken back; None: shows the history
        :param take_files_back: the same of single files; both with what was left out before
        """
        super().__init__()
        self._desk, self._settings = desk, settings
        self._remains = remains
        self._take_back, self._take_files_back = take_back, take_files_back
        self._before: list[Note] = []
        self._now: dict[Work, Note] = {}
        self._said: dict[str, Note] = {}
        self._stopped: dict[str, Work] = {}
        self._failed: dict[Work, Note] = {}
        desk.bridge.over.connect(self._over)

    def write_begins(self, work: Work, wish: Wish, files: Sequence[Path]) -> None:
        """Files are going to be written, in this order."""
        paths = tuple(map(fspath, files))
        policies = {str(field): str(policy) for field, policy in wish.policies.items()}
        note = Note(RunKind.WRITE, _now(), len(files), paths=paths, scope=wish.scope, policies=policies)
        self._note(work, note)

    def write_ended(self, ended: Ended) -> None:
        """Say what it left, now and at later starts."""
        note = self._now.get(ended.work)
        if note is None or not ended.rest or self._desk.bridge.leaving:
            self._remains.wrote(ended)
            return
        del self._now[ended.work]
        note = replace(note, paths=tuple(map(fspath, ended.rest)), over=True)
        self._before.append(note)
        self._save()
        self._remains.wrote(ended, lambda: self._forget(note))

    def left_of(self, run_id: int) -> Left:
        """What the user left out when a run was to be taken back, and that was stopped."""
        notes = (note for note in self._before if note.whole and note.of == run_id)
        return next((note.left_out for note in notes), {})

    def undo_begins(self, work: Work, task: Task) -> None:
        """A run is going to be taken back."""
        if task.kind in NOTHING:  # a removal of everything is looked for in the files
            paths = () if task.whole else tuple(fspath(past.path) for past in task.pasts)
            left = {fspath(path): [*map(str, fields)] for path, fields in task.left.items()}
            number = work.total or 0
            self._note(work, Note(task.kind, _now(), number, task.undo_of, task.whole, paths, left=left))

    def undo_ended(self, work: Work, failed: Sequence[Path]) -> None:
        """It came to all files, and some could not be reached or written: later starts say so as well."""
        note = self._now.pop(work, None)
        if note is not None:
            self._failed[work] = replace(note, paths=tuple(map(fspath, failed)), over=True)
            self._before.append(self._failed[work])
            self._save()

    def unwanted(self, work: Work) -> None:
        """Nobody wants to know what an undo left."""
        if work in self._failed:
            self._dismiss(self._failed.pop(work))

    def _note(self, work: Work, note: Note) -> None:
        self._now[work] = note
        self._before = [left for left in self._before if not note.goes_on_with(left)]
        for kind, left in list(self._said.items()):
            if note.goes_on_with(left):
                self._settle(kind)
        self._save()

    def _over(self, work: Work) -> None:
        note = self._now.get(work)
        if note is None or (self._desk.bridge.leaving and work.retry is not None):
            return  # what quitting leaves undone is said at the next start
        del self._now[work]
        remain = (work.total or 0) - work.done
        if remain and note.kind is not RunKind.WRITE:
            self._before.append(note)  # for the next start, where nobody goes on with it before
            rest = [Path(path) for path in note.paths[work.done :]]
            left = f"{words.plural(remain, 'file')} {'remains' if remain == 1 else 'remain'}"
            text = f"{DOING[note.kind]}{{}} was stopped: {left}."
            kind = self._offer(text, note, rest, note.of, lambda: self._dismiss(note))
            self._stopped[kind] = work
        self._save()

    def overtaken(self, runs: Sequence[Run]) -> None:
        """Of what was taken back meanwhile the rest is not offered any more."""
        for kind, left in list(self._said.items()):
            if left.overtaken(runs):
                self._settle(kind)

    def _settle(self, kind: str) -> None:
        """What a message says is no longer so."""
        self._forget(self._said.pop(kind))
        self.settled.emit(kind)
        stopped, past = self._stopped.pop(kind, None), self._desk.bridge.past
        if stopped is not None and stopped in past:
            past.remove(stopped)  # it goes on, as if somebody had retried it there

    def _save(self) -> None:
        notes = [note.packed() for note in [*self._before, *self._now.values()]]
        if notes:
            self._settings.setValue(BEGUN, json.dumps(notes))
        else:
            self._settings.remove(BEGUN)
        self._settings.sync()  # it may be the last that this process does

    def look_back_after(self, scan: Scan) -> None:
        """At the start: once the first scan has ended, and what a crash left half-way is settled."""
        self._before = _unpacked(str(self._settings.value(BEGUN, "")))

        def look() -> None:
            scan.ended.disconnect(look)
            self._desk.bridge.ask("left", read, self._look_back)

        def read() -> tuple[list[Run], list[set[Path]]]:
            services = self._desk.services
            runs = services.runs()
            since = [{run.id for run in runs if note.paths and note.is_of(run)} for note in notes]
            files = {number: services.run_changes(number) for number in set().union(*since)}
            return runs, [{file.path for number in of for file in files[number]} for of in since]

        notes = tuple(self._before)
        scan.ended.connect(look)

    def _look_back(self, found: tuple[list[Run], list[set[Path]]]) -> None:
        runs, done = found
        notes, fresh = self._before[: len(done)], self._before[len(done) :]
        elsewhere = self._elsewhere(runs)
        notes, done = [*elsewhere, *notes], [*(set[Path]() for _ in elsewhere), *done]
        self._before = []
        said: set[Path] = set()
        for note, files in reversed(list(zip(notes, done, strict=True))):
            run = note.found(runs)
            if run is not None and run.files + run.refused >= note.files and not note.over:
                continue
            # The order is that of the work: files that it came to and left alone are told elsewhere.
            came = run.files + run.refused if run and note.kind is RunKind.WRITE and not note.over else 0
            rest = [path for path in map(Path, note.paths[came:]) if path not in files and path not in said]
            if (note.paths and not rest) or note.overtaken(runs):
                continue
            said |= {*rest}
            self._before.insert(0, note)
            self._say(note, run, rest, runs)
        self._before = [*(replace(note, told=True) for note in self._before), *fresh]
        self._save()

    def _elsewhere(self, runs: Sequence[Run]) -> list[Note]:
        """What another process, as a command line, did not get to the end of; of each run only the last."""
        last: dict[int, Run] = {}
        for run in runs:
            if run.undo_of is not None and run.kind in DOING:
                last.setdefault(run.undo_of, run)
        unwanted = self._unwanted()
        known = {note.of for note in [*self._before, *self._now.values()]}
        return [
            Note(run.kind, run.started, run.planned, of, told=True)
            for of, run in last.items()
            if run.planned is not None
            and run.entire
            and run.files + run.refused < run.planned
            and of not in known
            and not (of in unwanted and run.started <= unwanted[of])
        ]

    def _unwanted(self) -> dict[int, datetime]:
        try:
            found = json.loads(str(self._settings.value(UNWANTED, "{}")))
            return {int(run): datetime.fromisoformat(at) for run, at in found.items()}
        except (ValueError, TypeError, AttributeError):
            return {}

    def _dismiss(self, note: Note) -> None:
        """Nobody wants to know of it any more, though something of it remains."""
        if note.of is not None:
            unwanted = {**self._unwanted(), note.of: _now()}
            kept = {run: at.isoformat() for run, at in unwanted.items()}
            self._settings.setValue(UNWANTED, json.dumps(kept))
        self._forget(note)

    def _forget(self, note: Note) -> None:
        """Nothing of it remains, or nobody wants to know."""
        self._before = [other for other in self._before if replace(other, told=note.told) != note]
        self._save()

    def _say(self, note: Note, run: Run | None, rest: Sequence[Path], runs: Sequence[Run]) -> None:
        """:param rest: files of it that remain; none where they are all of a run"""
        self.settled.emit(kind_of_recovery(run.id if run is not None else None))
        remain = len(rest) or note.files - (run.files + run.refused if run is not None else 0)
        if run is None and remain == note.files:
            left = NOTHING[note.kind]
        elif run is None:
            left = f"{words.number(remain)} {'remains' if remain == 1 else 'remain'}"
        else:
            left = f"{DONE[note.kind]} {words.plural(run.files, 'file')}; "
            if run.refused and not note.over:
                were = "as it was" if run.refused == 1 else "as they were"
                left += f"{words.number(run.refused)} left {were}; "
            left += f"{words.number(remain)} {'remains' if remain == 1 else 'remain'}"
        when = "Earlier," if note.told else "Last time"

        if note.kind is RunKind.WRITE:
            ended = run is not None and run.files + run.refused >= note.files
            text = f"{when} writing {'left files' if ended else 'was stopped'}: {left}."
            self._remains.tell(text, rest, note.wish, lambda: self._forget(note), run.id if run else None)
            return
        known = next((other for other in runs if other.id == note.of), None)
        what = f"{DOING[note.kind].lower()}{{}} {'left files' if note.over else 'was stopped'}"
        text, of = f"{when} {what}: {left}.", note.of if known else None
        self._offer(text, note, rest, of, lambda: self._dismiss(note))

    def _offer(self, text: str, note: Note, rest: Sequence[Path], run: int | None, over: Do | None) -> str:
        """Say what remains to be taken back, with a way to go on. Returns the kind of the message.

        :param text: with a place for the run
        :param rest: files of it that remain, where it was not about all of a run
        :param run: that it was about, None where that is not known
        """
        whole = run if note.whole else None
        action = "Undo…" if note.kind is RunKind.UNDO else "Redo…"
        do: Do = partial(self._take_back, whole, note.left_out)
        if not note.whole:
            do = partial(self._take_files_back, note.of, rest, note.left_out)
        elif whole is None:
            action = "History"
        text = text.format(f" run {run}" if run is not None else "")
        kind = f"{BEGUN} {text}"
        self._said[kind] = note
        self._desk.say("warning", text, action, do, kind=kind, closed=over)
        return kind


def _now() -> datetime:
    """As exact as the journal's."""
    return datetime.now(UTC).replace(microsecond=0)
