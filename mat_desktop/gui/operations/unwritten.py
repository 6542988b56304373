"""Which files would change, were all that is suggested or accepted written now.

What the user took back is no rest of anything: a file of which just that would be written anew does not wait.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from mat_desktop.domain.plan import FilePlan
from mat_desktop.domain.tags import MARKS, Field
from mat_desktop.gui.models.history import Waiting
from mat_desktop.gui.models.row import Row
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.operations.write import SLICE as FILES
from mat_desktop.gui.operations.write import heard

if TYPE_CHECKING:
    from mat_desktop.store.journal import TakenBack

SLICE = 200
"""Tracks that are looked at together."""

FEW = 500
"""Files that are opened, so that those that cannot be written do not wait for ever; more are not."""

Planned = tuple[FilePlan, Row, bool]

Count = tuple[int, Row, bool]
"""Changes of a file, and whether it is reviewed and suggests more by now."""


def is_taken_back(plan: FilePlan, back: Mapping[Field, Collection[tuple[str, ...]]]) -> bool:
    """Whether a plan says nothing but what was taken back in its file.

    :param back: what was taken back of each field there
    """
    changes = [change for change in plan.wanted if change.field not in MARKS] or plan.wanted
    return all(change.after in back.get(change.field, ()) for change in changes)


class Unwritten(QObject):
    """``counted`` hands over a :class:`Waiting`, None where nothing waits."""

    counted = Signal(object)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._taken_back = 0

    def count(self) -> None:
        """Look through all that was listened to."""
        self._desk.bridge.ask("unwritten", self._desk.services.taken_back, self._count)

    def _count(self, back: TakenBack) -> None:
        self._taken_back = 0
        services, shift = self._desk.services, self._desk.tracks.shift
        counts: list[Count] = []
        plans: list[Planned] = []

        def work(part: Sequence[Row]) -> tuple[list[Planned], int]:
            found, left = [], 0
            for row in part:
                track = row.track
                said = dict(row.verdicts)
                tags = row.chosen(services.suggest, shift).tags
                plan = track and services.plan_file(track, tags, verdicts=said)
                if plan and is_taken_back(plan, back.get(row.path, {})):
                    left += 1
                elif plan:
                    found.append((plan, row, bool(row.unseen(services.suggest, shift))))
            return found, left

        def each(part: tuple[list[Planned], int], _: int) -> None:
            found, left = part
            self._taken_back += left
            counts.extend((len(plan.wanted), row, grown) for plan, row, grown in found)
            if len(counts) <= FEW:
                plans.extend(found)

        def end() -> None:
            if len(counts) > FEW:
                self._tell(counts)
            else:
                self._check(plans)

        rows = heard(self._desk.tracks.rows())
        self._desk.bridge.slices("unwritten", rows, SLICE, work, each, end)

    def _check(self, plans: Sequence[Planned]) -> None:
        check = self._desk.services.check_plan
        possible: list[Count] = []

        def work(part: Sequence[Planned]) -> list[Count]:
            looked = [(check(plan), row, grown) for plan, row, grown in part]
            return [
                (len(plan.wanted), row, grown)
                for plan, row, grown in looked
                if plan is not None and not plan.fault
            ]

        self._desk.bridge.slices(
            "unwritten",
            plans,
            FILES,
            work,
            lambda part, _: possible.extend(part),
            lambda: self._tell(possible),
        )

    def _tell(self, counts: Sequence[Count]) -> None:
        """:param counts: those of each file"""
        if not counts:
            self.counted.emit(None)
            return
        artists = Counter(row.artist for _, row, _ in counts if row.artist)
        names = tuple(name for name, _ in artists.most_common())
        changes = sum(number for number, _, _ in counts)
        unreviewed = sum(not row.reviewed for _, row, _ in counts)
        grown = sum(more for _, _, more in counts)
        paths = tuple(row.path for _, row, _ in counts)
        self.counted.emit(Waiting(paths, changes, unreviewed, names, self._taken_back, grown))

    def drop(self) -> None:
        """Nobody looks at it any more."""
        self._desk.bridge.forget("unwritten")
