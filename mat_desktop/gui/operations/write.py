"""Writing: first a plan of all that would change, then the files."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal

from mat_desktop.domain.plan import FilePlan, Plan, Policy
from mat_desktop.domain.tags import Field
from mat_desktop.gui import words
from mat_desktop.gui.bridge import FILES, Job
from mat_desktop.gui.models.row import Row
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.operations.files import Outcome, is_result, with_refresh
from mat_desktop.gui.operations.undo import WRITING

SLICE = 20
"""Files whose changes are worked out together: each that would change is opened."""


def heard(rows: Iterable[Row]) -> list[Row]:
    """Those that there is something to write for."""
    return [row for row in rows if row.scores is not None and row.track is not None]


def _by_folder(row: Row) -> tuple[str, str, str]:
    return row.order.rpartition("\0")


class Write(QObject):
    """``planned`` hands over changes some files at a time, ``complete`` says that there are no more.

    ``begun`` says that files are going to be written.
    ``written`` comes last, with the number of files and those that were left as they were; ``again`` asks for
    another plan for files that remain.
    """

    planned = Signal(object, int)
    complete = Signal(str)
    begun = Signal()
    written = Signal(int, object)
    again = Signal(object)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk

    def plan(self, rows: Sequence[Row], policies: Mapping[Field, Policy] = {}) -> None:
        """Work out what would change; a plan that is being made is dropped.

        :param policies: of some fields, for this plan alone
        """
        desk, services = self._desk, self._desk.services
        shift = desk.tracks.shift

        def work(part: Sequence[Row]) -> list[FilePlan | None]:
            plans: list[FilePlan | None] = []
            for row in part:
                track = row.track
                if track is not None:
                    plan = services.plan_file(track, row.chosen(services.suggest, shift).tags, policies)
                    plans.append(plan and services.check_plan(plan))
            return plans

        def each(plans: list[FilePlan | None], done: int) -> None:
            self.planned.emit([plan for plan in plans if plan is not None], done)

        def planned(ordered: list[Row]) -> None:
            desk.bridge.slices("plan", ordered, SLICE, work, each, lambda: self.complete.emit(reason), failed)

        def failed(error: Exception) -> None:
            desk.complain("The changes cannot be listed", error)

        reason = f"{services.card.title}, {services.scheme.title}"
        desk.bridge.ask("plan", lambda: sorted(rows, key=_by_folder), planned, failed)

    def drop_plan(self) -> None:
        """Nobody looks at it any more."""
        self._desk.bridge.forget("plan")

    def write(self, plan: Plan) -> None:
        """Do what the plan says."""
        desk = self._desk
        outcome = Outcome(desk.tracks)
        self.begun.emit()

        def make(cancel: threading.Event) -> Iterator[Any]:
            yield from with_refresh(desk.services, desk.services.apply(plan, cancel))

        def ended(error: Exception | None) -> None:
            if error is not None:
                desk.complain("Writing stopped", error)
            settled = {result.path for result in outcome.results} - {result.path for result in outcome.bad}
            rest = tuple(file for file in plan.files if file.path not in settled)
            outcome.close(job, "Wrote", lambda: self.again.emit([file.path for file in rest]))
            desk.result(job.outcome)
            self.written.emit(outcome.written, outcome.bad)

        if desk.bridge.lane_busy(FILES):
            number = words.plural(len(plan.files), "file")
            desk.say(
                "positive", f"{number} will be written as soon as the running work is done.", kind="wrote"
            )
        job = Job(
            WRITING,
            make,
            on_items=outcome.take,
            on_end=ended,
            total=len(plan.files),
            unit="file",
            counts=is_result,
            leave="The file under way is finished first; those after it stay as they are.",
        )
        desk.bridge.do(job)
