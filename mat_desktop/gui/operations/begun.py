"""Work on music files that has begun: where the program ends first, the next start says what remains."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
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
from mat_desktop.gui.operations.undo import DONE
from mat_desktop.gui.operations.write import Wish
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


@dataclass(frozen=True, slots=True)
class Note:
    """One piece of work, as the next start will look for it in the journal.

    :param at: when it began
    :param files: that it was to change
    :param of: the run that it is to take back
    :param whole: all of that run
    :param paths: of the files of a write, in the order in which they are written, and where it is not whole
    :param scope: of a write, as it was wished
    :param policies: of a write's fields, likewise
    """

    kind: RunKind
    at: datetime
    files: int
    of: int | None = None
    whole: bool = True
    paths: tuple[str, ...] = ()
    scope: str = ""
    policies: Mapping[str, str] = field(default_factory=dict)

    def found(self, runs: Sequence[Run]) -> Run | None:
        """What came of it, None where that is nothing.

        :param runs: the newest first
        """
        fit = (
            run
            for run in reversed(runs)
            if run.kind is self.kind
            and run.started >= self.at
            and run.planned == self.files
            and (run.undo_of == self.of or self.of is None)
        )
        return next(fit, None)

    def settles(self, left: Note) -> bool:
        """Whether nothing remains of what was left by another, once this one went through its files."""
        return left.kind is self.kind and left.of == self.of and self.of is not None

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
            )
            for found in json.loads(text)
        ]
    except (ValueError, KeyError, TypeError):
        return []


class Begun(QObject):
    """Keeps a note of writes, undos and redos from their begin to their end.

    ``settled`` names the kind of a message on what remained that is no longer so.
    """

    settled = Signal(str)

    def __init__(
        self,
        desk: Desk,
        settings: QSettings,
        remains: Remains,
        take_back: Callable[[int | None], object],
        take_files_back: Callable[[int | None, Callable[[], list[Path]]], object],
    ) -> None:
        """:param remains: says what remains of a write
        :param take_back: shows what remains of a run that is to be taken back; None: shows the history
        :param take_files_back: the same of single files, which it asks for in a worker
        """
        super().__init__()
        self._desk, self._settings = desk, settings
        self._remains = remains
        self._take_back, self._take_files_back = take_back, take_files_back
        self._before: list[Note] = []
        self._now: dict[Work, Note] = {}
        self._said: dict[str, Note] = {}
        desk.bridge.over.connect(self._over)

    def write_begins(self, work: Work, wish: Wish, files: Sequence[Path]) -> None:
        """Files are going to be written, in this order."""
        paths = tuple(map(fspath, files))
        policies = {str(field): str(policy) for field, policy in wish.policies.items()}
        note = Note(RunKind.WRITE, _now(), len(files), paths=paths, scope=wish.scope, policies=policies)
        self._note(work, note)

    def undo_begins(self, work: Work, task: Task) -> None:
        """A run is going to be taken back."""
        if task.kind in NOTHING:  # a removal of everything is looked for in the files
            paths = () if task.whole else tuple(fspath(past.path) for past in task.pasts)
            self._note(work, Note(task.kind, _now(), work.total or 0, task.undo_of, task.whole, paths=paths))

    def _note(self, work: Work, note: Note) -> None:
        self._now[work] = note
        self._save()

    def _over(self, work: Work) -> None:
        note = self._now.get(work)
        if note is None or (self._desk.bridge.leaving and work.retry is not None):
            return  # what quitting leaves undone is said at the next start
        del self._now[work]
        self._save()
        if work.done == work.total:
            for kind, left in list(self._said.items()):
                if note.settles(left):
                    del self._said[kind]
                    self.settled.emit(kind)

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
        if not self._before:
            return

        def look() -> None:
            scan.ended.disconnect(look)
            self._desk.bridge.ask("left", self._desk.services.runs, self._look_back)

        scan.ended.connect(look)

    def _look_back(self, runs: list[Run]) -> None:
        notes, self._before = self._before, []
        self._save()
        for note in notes:
            run = note.found(runs)
            if run is None or run.files + run.refused < note.files:
                self._say(note, run, runs)

    def _say(self, note: Note, run: Run | None, runs: Sequence[Run]) -> None:
        done = run.files + run.refused if run is not None else 0
        remain = note.files - done
        if run is None:
            left = NOTHING[note.kind]
        else:
            left = f"{DONE[note.kind]} {words.plural(run.files, 'file')}; "
            if run.refused:
                were = "as it was" if run.refused == 1 else "as they were"
                left += f"{words.number(run.refused)} left {were}; "
            left += f"{words.number(remain)} {'remains' if remain == 1 else 'remain'}"
        if note.kind is RunKind.WRITE:
            text = f"Last time writing was stopped: {left}."
            self._remains.tell("warning", text, (), map(Path, note.paths[done:]), note.wish)
            return
        what = "undoing" if note.kind is RunKind.UNDO else "redoing"

        def rest(run: Run | None) -> list[Path]:
            services = self._desk.services
            done = {file.path for file in services.run_changes(run.id)} if run is not None else set()
            return [path for path in map(Path, note.paths) if path not in done]

        known = next((other for other in runs if other.id == note.of), None)
        if known is not None and (known.undone or known.tried):
            return  # somebody went on with it since
        what += f" run {note.of}" if known is not None else ""
        whole = note.of if known is not None and note.whole else None
        action = "Undo…" if note.kind is RunKind.UNDO else "Redo…"
        text = f"{what} was stopped: {left}"
        if note.paths:
            self._warn(note, text, action, lambda: self._take_files_back(note.of, lambda: rest(run)))
            return
        self._warn(note, text, "History" if whole is None else action, lambda: self._take_back(whole))

    def _warn(self, note: Note, text: str, action: str, do: Do) -> None:
        kind = f"{BEGUN} {text}"
        self._said[kind] = note
        self._desk.say("warning", f"Last time {text}.", action, do, kind=kind)


def _now() -> datetime:
    """As exact as the journal's."""
    return datetime.now(UTC).replace(microsecond=0)
