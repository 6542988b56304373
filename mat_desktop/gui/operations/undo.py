"""Runs that wrote files: their list, and taking one back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from mat_desktop.domain.plan import WriteResult
from mat_desktop.gui import words
from mat_desktop.gui.bridge import Job
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.operations.files import Outcome, is_result, with_refresh

if TYPE_CHECKING:
    from mat_desktop.store.journal import Run


class Undo(QObject):
    """``listed`` hands over all runs, ``recovered`` what a crash had left half-way."""

    listed = Signal(object)
    recovered = Signal(object)
    ended = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.runs: list[Run] = []

    @property
    def last(self) -> Run | None:
        """The newest run that can be taken back."""
        return next((run for run in self.runs if not run.undone and run.undo_of is None), None)

    def load(self) -> None:
        """Read the list anew."""

        def done(runs: list[Run]) -> None:
            self.runs = runs
            self.listed.emit(runs)

        self._desk.bridge.ask(
            "runs",
            self._desk.services.runs,
            done,
            lambda error: self._desk.complain("The history cannot be read", error),
        )

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

    def take_back(self, run_id: int) -> None:
        """Write the old values again."""
        desk = self._desk
        run = next((run for run in self.runs if run.id == run_id), None)
        outcome = Outcome(desk.tracks)

        def make(cancel: threading.Event) -> Iterator[Any]:
            yield from with_refresh(desk.services, desk.services.undo(run_id, cancel))

        def ended(error: Exception | None) -> None:
            self.load()
            back = words.plural(outcome.written, "file")
            if error is not None:
                desk.complain("The run cannot be taken back", error)
            if outcome.written:
                desk.say("positive", f"Took back {back}.", kind="wrote")
            if outcome.bad:
                first = outcome.bad[0]
                many = words.plural(len(outcome.bad), "file")
                desk.say("warning", f"{many} not as before: {first.path.name}: {first.reason}", kind="undo")
            outcome.close(job, "Took back", lambda: self.take_back(run_id))
            desk.result(job.outcome)
            self.ended.emit()

        job = Job(
            "Undoing",
            make,
            on_items=outcome.take,
            on_end=ended,
            total=run.files if run is not None else None,
            unit="file",
            counts=is_result,
            leave="The file under way is finished first; those after it stay as they were written.",
        )
        desk.bridge.do(job)
