"""What the user says of tags: verdicts, policies, and how sure a suggestion has to be."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QSettings, Signal

from mat_desktop.domain.plan import Policy
from mat_desktop.domain.scores import Verdict
from mat_desktop.domain.tags import Field
from mat_desktop.gui.bridge import KEEP
from mat_desktop.gui.models.row import Chosen, Row
from mat_desktop.gui.operations.desk import Desk

REMEMBERED = 200
"""Decisions that can be taken back."""

SLICE = 200
"""Rows that are weighed together after the thresholds moved."""


class Review(QObject):
    """``policies_changed`` says that files would be written otherwise than before."""

    policies_changed = Signal()

    def __init__(self, desk: Desk, settings: QSettings) -> None:
        super().__init__()
        self._desk = desk
        self._settings = settings
        self._said: list[tuple[Row, dict[str, Verdict]]] = []

    # verdicts

    def decided(self, row: Row, before: dict[str, Verdict]) -> None:
        """The user said something; it is kept, and can be taken back."""
        self._said.append((row, before))
        del self._said[:-REMEMBERED]
        self._keep(row)

    @property
    def can_take_back(self) -> bool:
        """Whether something was decided since the last write."""
        return bool(self._said)

    def take_back(self) -> Row | None:
        """As if the last decision had not been made. Returns its row."""
        if not self._said:
            return None
        row, before = self._said.pop()
        self._desk.tracks.decide(row, before)
        self._keep(row)
        return row

    def settle(self) -> None:
        """Decisions are final: they were written."""
        self._said.clear()

    def _keep(self, row: Row) -> None:
        if row.scores is None:
            return
        track_id, said = row.scores.track_id, dict(row.verdicts)
        self._desk.bridge.ask(
            f"{KEEP}{track_id}",
            lambda: self._desk.services.keep_verdicts(track_id, said),
            lambda _: None,
            lambda error: self._desk.complain("The decision cannot be kept", error),
        )

    # thresholds

    def shift(self, shift: float) -> None:
        """Move all thresholds. What is in view follows at once, the rest of the library in the background."""
        tracks, suggest = self._desk.tracks, self._desk.services.suggest
        if shift == tracks.shift:
            return
        tracks.shift = shift
        rows = [row for row in tracks.rows() if row.scores is not None]

        def work(part: Sequence[Row]) -> list[tuple[Row, Chosen]]:
            return [(row, row.chosen(suggest, shift)) for row in part]

        self._desk.bridge.slices(
            "weigh", rows, SLICE, work, lambda weighed, _: tracks.weigh(weighed), lambda: None
        )

    # policies

    def set_policy(self, field: Field, policy: Policy) -> None:
        """What happens to values that a field already has."""
        self._desk.services.policies[field] = policy
        self._settings.setValue(f"policy/{field}", policy.value)
        self.policies_changed.emit()

    def restore_policies(self) -> None:
        """As they were left."""
        policies = self._desk.services.policies
        for field in list(policies):
            value = str(self._settings.value(f"policy/{field}", ""))
            if value in list(Policy):
                policies[field] = Policy(value)
        self.policies_changed.emit()
