"""Runs that wrote files: their list, and taking back what they wrote."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from mat_desktop.domain.plan import WriteResult, WriteStatus
from mat_desktop.domain.reversal import FileReversal, RunKind, Task
from mat_desktop.errors import MatError
from mat_desktop.gui import words
from mat_desktop.gui.bridge import SEARCH
from mat_desktop.gui.jobs import Job
from mat_desktop.gui.operations.desk import Desk, Do
from mat_desktop.gui.operations.files import (
    Left,
    Outcome,
    is_result,
    problems_of,
    still_bad,
    told,
    with_refresh,
)
from mat_desktop.gui.operations.searching import Searching
from mat_desktop.mounts import GONE

if TYPE_CHECKING:
    from mat_desktop.store.journal import Run

WRITING = "Writing"
JOBS = {RunKind.UNDO: "Undoing", RunKind.REDO: "Redoing", RunKind.REMOVE: "Removing"}
DONE = {
    RunKind.WRITE: "Wrote",
    RunKind.UNDO: "Put back",
    RunKind.REDO: "Rewrote",
    RunKind.REMOVE: "Removed from",
}
SAID = {
    RunKind.UNDO: "{} put back",
    RunKind.REDO: "{} written again",
    RunKind.REMOVE: "What was written is out of {}",
}
LEFT = {
    RunKind.UNDO: "{} not put back",
    RunKind.REDO: "{} not written again",
    RunKind.REMOVE: "What was written is not out of {}",
}

MakeTask = Callable[[threading.Event, Callable[[Path], None]], Task]
"""Works out in a worker what is to be taken back; looks at the event while it searches for files that were
moved, and tells of each that it looked at."""

SLICE = 20
"""Files that are looked at together; other questions come between."""


def last_of(
    runs: Sequence[Run], own: Sequence[int] | None = None, *, redo: bool = False, tried: bool = False
) -> Run | None:
    """The run that undo, or redo, is about; None where there is none.

    :param runs: the newest first
    :param own: only these
    :param tried: also one that was tried to the end: what was in the way of the rest may be gone
    """
    for run in runs:
        if own is not None and run.id not in own:
            continue
        if redo and run.kind in (RunKind.WRITE, RunKind.REMOVE):
            return None  # something new was written since
        if (run.kind is RunKind.UNDO) is redo and not run.undone and (tried or not run.tried):
            return run
    return None


def is_overtaken(run: Run, runs: Sequence[Run]) -> bool:
    """Whether what a run did was taken back since, or is being taken back: nobody wants the rest of it.

    Where somebody took a few files of many back, the rest is another matter.
    """
    if run.tried or run.reverted * 2 > run.changes:
        return True
    known = {other.id: other for other in runs}

    def root(run: Run) -> int:
        while run.undo_of is not None and run.undo_of in known:
            run = known[run.undo_of]
        return run.id

    back = run.kind is RunKind.UNDO
    later = (other for other in runs if other.id > run.id and (other.kind is RunKind.UNDO) is not back)
    return any(root(other) == root(run) and (other.planned or other.files) * 2 > run.files for other in later)


def kind_of_recovery(run: int | None) -> str:
    """Of the message on what became of files that a run was at when it was cut off, where nothing is left to
    do about them: what is said of the run itself is enough.
    """
    return f"recovered {run}"


class Undo(QObject):
    """``listed`` hands over all runs, ``unlisted`` says that they cannot be read, ``recovered`` what a
    crash had left half-way.

    ``begun`` hands over a job that is going to take something back, and its task.
    ``failed`` hands over one that came to all files, and those that could not be reached or written;
    ``unwanted`` says that nobody wants to know of these.
    ``ended`` says that files were written; ``again`` asks to show a task anew, with the files that remain.
    ``show`` hands over files that were :class:`Left`; ``undo`` and ``redo`` ask for that of the last run.
    ``loading``: there may be other runs than those that are known.
    """

    listed = Signal(object)
    unlisted = Signal()
    recovered = Signal(object)
    begun = Signal(object, object)
    failed = Signal(object, object)
    unwanted = Signal(object)
    ended = Signal(object)
    again = Signal(object, object)
    show = Signal(object)
    undo = Signal()
    redo = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.runs: list[Run] = []
        self.loading = self._listed = False

    @property
    def last(self) -> Run | None:
        """The newest run that can be taken back, whoever made it."""
        return last_of(self.runs)

    def run(self, run_id: int) -> Run | None:
        """A run by its number."""
        return next((run for run in self.runs if run.id == run_id), None)

    def load(self) -> None:
        """Read the list anew; what is asked for meanwhile waits for it."""
        self.loading = self._listed  # before the first list nobody can mean a run of it
        self.load_quietly()

    def load_quietly(self) -> None:
        """Read the list anew."""

        def done(runs: list[Run]) -> None:
            self.loading, self._listed = False, True
            self.runs = runs
            self.listed.emit(runs)

        def failed(error: Exception) -> None:
            self.loading = False
            self.unlisted.emit()
            self._desk.complain("The history cannot be read", error)

        self._desk.bridge.ask("runs", self._desk.services.runs, done, failed)

    def recover(self) -> None:
        """Settle what a crash left half-way."""

        def make(cancel: threading.Event) -> Iterator[WriteResult]:
            yield from self._desk.services.recover()

        self._desk.bridge.do(
            Job(
                "Looking at unfinished writes",
                make,
                on_items=self.recovered.emit,
                on_end=lambda _: None,
                unit="file",
                leave="It takes a moment.",
            )
        )

    def carry_out(self, task: Task, files: Sequence[FileReversal]) -> None:
        """Do what was shown.

        :param task: of what is chosen in the files
        """
        desk, done = self._desk, DONE[task.kind]
        outcome = Outcome(desk.tracks)

        def make(cancel: threading.Event) -> Iterator[Any]:
            yield from with_refresh(desk.services, desk.services.reverse(task, files, cancel))

        def ended(error: Exception | None) -> None:
            self.load()
            if error is not None:
                desk.complain(f"{JOBS[task.kind]} stopped", error, kind="undo stopped")
            if outcome.written:
                part = sum(bool(result.changes) for result in outcome.bad)
                text = SAID[task.kind].format(words.plural(outcome.written - part or part, "file"))
                if part:
                    text += f", {words.number(part)} in part" if outcome.written > part else " in part"
                back, offer = (self.redo, "Redo") if task.kind is RunKind.UNDO else (self.undo, "Undo")
                desk.say("positive", f"{text}.", offer, back.emit, kind="wrote")
            failed = [
                result.path
                for result in outcome.bad
                if (result.status is WriteStatus.FAILED or result.absent)
                and not (task.kind is RunKind.REMOVE and result.reason == GONE)  # nobody waits for these
            ]
            if failed and len(outcome.results) == job.total:
                self.failed.emit(job, failed)
            if outcome.bad:
                self._tell(task, outcome.bad, lambda: self.unwanted.emit(job))
            settled = {result.path for result in outcome.results} - {result.path for result in outcome.bad}
            rest = [past.path for past in task.pasts if past.path not in settled]
            outcome.close(job, done, lambda: self.again.emit(task, rest))
            desk.result(job.outcome)
            self.ended.emit(job)

        job = Job(
            JOBS[task.kind],
            make,
            on_items=outcome.take,
            on_end=ended,
            total=len(files),
            unit="file",
            counts=is_result,
            leave="The file under way is finished first; those after it stay as they are.",
        )
        self.begun.emit(job, task)
        desk.bridge.do(job)

    def _tell(self, task: Task, bad: Sequence[WriteResult], closed: Do) -> None:
        """These files were left as they are.

        :param closed: called where nobody wants to know
        """
        tracks = self._desk.tracks
        entirely = " entirely" if any(result.changes for result in bad) else ""

        def title(count: int) -> str:
            return LEFT[task.kind].format(words.plural(count, "file")) + entirely

        def again(paths: Sequence[Path]) -> None:
            self.again.emit(replace(task, whole=False), paths)

        def show() -> None:
            if still_bad(bad, tracks):
                self.show.emit(Left(title, lambda: problems_of(still_bad(bad, tracks)), again))
            else:  # as once their drive is back
                again([result.path for result in bad])

        text = f"{title(len(bad))}: {told(bad)}."
        self._desk.say("warning", text, "Show them", show, kind="undo", stays=True, closed=closed)


class LookBack(QObject):
    """Works out for one panel what would be taken back: first from the journal, then file by file.

    ``searched`` tells how many files were looked at for those that were moved, where that takes a while.
    """

    searched = Signal(int)
    begun = Signal(object)
    found = Signal(object, int)
    complete = Signal()
    failed = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._channel = f"{SEARCH}{id(self)}"
        self._search: Searching | None = None

    def at(self, make: MakeTask) -> None:
        """Another task; one that is being looked at is dropped."""
        bridge, services = self._desk.bridge, self._desk.services

        def begin(task: Task) -> None:
            self._search_ends()
            self.begun.emit(task)
            bridge.slices(
                self._channel,
                task.pasts,
                SLICE,
                lambda pasts: services.look_back(task, pasts),
                self.found.emit,
                self.complete.emit,
                failed,
            )

        def failed(error: Exception) -> None:
            self._search_ends()
            self.failed.emit(
                str(error) if isinstance(error, MatError) else f"{type(error).__name__}: {error}"
            )

        def stopped() -> None:
            bridge.forget(self._channel)
            self._search_ends("Stopped searching for moved files")
            self.failed.emit("The search for moved files was stopped. Nothing was changed.")

        self.drop()
        search = self._search = Searching(self.searched.emit, stopped)
        bridge.take_on(search)
        bridge.ask(self._channel, lambda: make(search.cancel, search.look), begin, failed)

    def _search_ends(self, outcome: str = "") -> None:
        search, self._search = self._search, None
        if search is not None:
            search.cancel.set()
            search.outcome = outcome
            self._desk.bridge.let_go(search)

    def drop(self) -> None:
        """Nobody looks at it any more."""
        self._desk.bridge.forget(self._channel)
        self._search_ends()
