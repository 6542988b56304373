"""Writing: first a plan of all that would change, then the files."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from mat_desktop.domain.plan import FilePlan, Plan, Policy, WriteResult, reason_of
from mat_desktop.domain.reversal import RunKind
from mat_desktop.domain.tags import Field
from mat_desktop.errors import MatError
from mat_desktop.gui import words
from mat_desktop.gui.jobs import FILES, Job
from mat_desktop.gui.models.row import Row
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.operations.files import Outcome, as_they_were, is_result, told, with_refresh
from mat_desktop.gui.operations.undo import DONE, WRITING

SLICE = 20
"""Files whose changes are worked out together: each that would change is opened."""

MOST = 500
"""The same where that is quick: the table of the changes is painted anew for each slice."""


def heard(rows: Iterable[Row]) -> list[Row]:
    """Those that there is something to write for."""
    return [row for row in rows if row.scores is not None and row.track is not None]


def _by_folder(row: Row) -> tuple[str, str, str]:
    return row.order.rpartition("\0")


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asked to be written, so that the rest of it can be asked for again.

    :param scope: "selected", "reviewed" or "all", as the panel names it
    :param policies: of some fields, for this write alone
    """

    scope: str = "selected"
    policies: Mapping[Field, Policy] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a write ended.

    :param total: files that were to be written
    :param count: those that were
    :param settled: paths of those that are as they should be
    :param bad: those that were left as they were
    :param rest: paths of these, and of files that it did not get to
    :param work: that did it
    :param error: what ended it, None where nothing but the user did
    :param stopped: before it came to all files
    """

    total: int
    count: int
    settled: Set[Path]
    bad: Sequence[WriteResult]
    rest: Sequence[Path]
    wish: Wish
    work: Job
    error: Exception | None = None
    stopped: bool = True

    def says(self) -> str:
        """What was written and what was not, and why."""
        said, bad = [], self.bad
        if self.count:
            said.append(f"{words.number(self.count)} of {words.plural(self.total, 'file')} written.")
        if bad:
            said.append(f"{as_they_were(len(bad))}: {told(bad)}.")
        if self.error is not None:
            cause = self.error if isinstance(self.error, MatError) else repr(self.error)
            said.append(f"Writing stopped: {cause}.")
        if unreached := len(self.rest) - len(bad):
            why = "Writing was stopped: " if self.stopped and self.error is None else ""
            remain = "remains" if unreached == 1 else "remain"
            said.append(f"{why}{words.plural(unreached, 'file')} {remain}.")
        return " ".join(said)


class Write(QObject):
    """``planned`` hands over changes some files at a time, ``complete`` says that there are no more;
    ``unseen`` paths of some reviewed files that suggest tags which they did not suggest at their review.

    ``begun`` hands over the job that is going to write files, the wish, and their paths in that order.
    ``written`` comes last and hands over how it :class:`Ended`; ``again`` asks for another plan for files
    that remain of a wish.
    """

    planned = Signal(object, int)
    complete = Signal(str)
    begun = Signal(object, object, object)
    unseen = Signal(object)
    written = Signal(object)
    again = Signal(object, object)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk

    def plan(
        self, rows: Sequence[Row], policies: Mapping[Field, Policy] = {}, *, seen_only: bool = False
    ) -> None:
        """Work out what would change; a plan that is being made is dropped.

        :param policies: of some fields, for this plan alone
        :param seen_only: leave out what reviewed tracks did not suggest yet when they were reviewed
        """
        desk, services = self._desk, self._desk.services
        shift = desk.tracks.shift

        def work(part: Sequence[Row]) -> list[tuple[Path, FilePlan | None, bool]]:
            plans = []
            for row in part:
                track = row.track
                if track is not None:
                    unseen = row.unseen(services.suggest, shift)
                    tags = row.chosen(services.suggest, shift).tags
                    if seen_only:
                        tags = tuple(s for s in tags if s.tag.name not in unseen)
                    plan = services.plan_file(track, tags, policies, dict(row.verdicts))
                    plans.append((row.path, plan and services.check_plan(plan), bool(unseen)))
            return plans

        def each(plans: list[tuple[Path, FilePlan | None, bool]], done: int) -> None:
            self.unseen.emit([path for path, _, unseen in plans if unseen])
            self.planned.emit([plan for _, plan, _ in plans if plan is not None], done)

        def planned(ordered: list[Row]) -> None:
            desk.bridge.slices(
                "plan", ordered, SLICE, work, each, lambda: self.complete.emit(reason), failed, most=MOST
            )

        def failed(error: Exception) -> None:
            desk.complain("The changes cannot be listed", error)

        reason = reason_of(services.card, services.scheme)
        desk.bridge.ask("plan", lambda: sorted(rows, key=_by_folder), planned, failed)

    def drop_plan(self) -> None:
        """Nobody looks at it any more."""
        self._desk.bridge.forget("plan")

    def write(self, plan: Plan, wish: Wish | None = None) -> None:
        """Do what the plan says."""
        desk = self._desk
        outcome = Outcome(desk.tracks)
        wish = wish or Wish()

        def make(cancel: threading.Event) -> Iterator[Any]:
            yield from with_refresh(desk.services, desk.services.apply(plan, cancel))

        def ended(error: Exception | None) -> None:
            settled = {result.path for result in outcome.results} - {result.path for result in outcome.bad}
            rest = [file.path for file in plan.files if file.path not in settled]
            outcome.close(job, DONE[RunKind.WRITE], lambda: self.again.emit(rest, wish))
            desk.result(job.outcome)
            total, bad = len(plan.files), outcome.bad
            stopped = len(outcome.results) < total
            self.written.emit(Ended(total, outcome.written, settled, bad, rest, wish, job, error, stopped))

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
        self.begun.emit(job, wish, [file.path for file in plan.files])
        desk.bridge.do(job)
