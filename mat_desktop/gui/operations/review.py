"""What the user says of tags: verdicts, tags added by hand, marks of reviewed tracks, and policies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, QSettings, Signal

from mat_desktop.app.tag_file import TagChange
from mat_desktop.domain.plan import Policy
from mat_desktop.domain.scheme import TagScheme
from mat_desktop.domain.scores import Suggestion, Verdict
from mat_desktop.domain.tags import Category, Field
from mat_desktop.gui.bridge import KEEP
from mat_desktop.gui.models.row import Row
from mat_desktop.gui.models.tracks import MANY
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.operations.weigh import Weigh

REMEMBERED = 1000
"""Decisions that can be taken back."""

SLICE = 200
"""Rows that are decided together."""

Said = Callable[[Sequence[Suggestion]], Mapping[str, Verdict]]
"""What is said of a track, given its tags."""


@dataclass(frozen=True, slots=True)
class _Before:
    """How a row was before a decision: the verdicts that it changed, and the mark."""

    row: Row
    verdicts: dict[str, Verdict]
    reviewed: bool


class Review(QObject):
    """``decided`` says that verdicts or marks are others, ``policies_changed`` that files would be written
    otherwise than before, ``scheme_changed`` that there is a new tag.
    """

    decided = Signal()
    policies_changed = Signal()
    scheme_changed = Signal()

    def __init__(self, desk: Desk, settings: QSettings, weigh: Weigh) -> None:
        super().__init__()
        self._weigh = weigh
        self._desk = desk
        self._settings = settings
        self._said: list[list[_Before]] = []

    # verdicts

    def decide(self, rows: Sequence[Row], verdicts: Mapping[str, Verdict]) -> None:
        """The user said something of tags, of one track or of several at once."""
        rows = [row for row in rows if row.scores is not None]
        self._remember([_before(row, verdicts) for row in rows])
        if len(rows) == 1:
            self._desk.tracks.decide(rows[0], verdicts)
            self._keep(rows)
        else:
            self._decide_many([(row, dict(verdicts), None) for row in rows])
        self.decided.emit()

    def accept_suggested(self, rows: Sequence[Row]) -> None:
        """Accept in each of several tracks what is suggested in it and undecided."""
        tracks, suggest = self._desk.tracks, self._desk.services.suggest
        shift = tracks.shift
        found: list[tuple[Row, dict[str, Verdict]]] = []

        def work(part: Sequence[Row]) -> list[tuple[Row, dict[str, Verdict]]]:
            return [
                (
                    row,
                    {
                        s.tag.name: Verdict.ACCEPTED
                        for s in row.chosen(suggest, shift).tags
                        if s.verdict is Verdict.UNDECIDED
                    },
                )
                for row in part
            ]

        def end() -> None:
            self._remember([_before(row, said) for row, said in found if said])
            self._decide_many([(row, said, None) for row, said in found if said])
            self.decided.emit()

        heard = [row for row in rows if row.scores is not None]
        self._desk.bridge.slices("accept", heard, SLICE, work, lambda part, _: found.extend(part), end)

    def mark(self, rows: Sequence[Row]) -> None:
        """Tracks are done with, whatever is still undecided."""
        rows = [row for row in rows if row.scores is not None and not row.reviewed]
        if rows:
            self._remember([_before(row, {}) for row in rows])
            self._decide_many([(row, {}, True) for row in rows])
            self.decided.emit()

    def _remember(self, before: list[_Before]) -> None:
        if before:
            self._said.append(before)
            del self._said[:-REMEMBERED]

    def _decide_many(self, many: Sequence[tuple[Row, dict[str, Verdict], bool | None]]) -> None:
        self._desk.tracks.decide_many(many)
        rows = [row for row, _, _ in many]
        for first in range(0, len(rows), SLICE):
            self._keep(rows[first : first + SLICE])
        if len(rows) > MANY:
            self._weigh.these(rows, "weigh decided")

    @property
    def can_take_back(self) -> bool:
        """Whether something was decided since the last write."""
        return bool(self._said)

    def take_back(self) -> Row | None:
        """As if the last decision had not been made. Returns its row, or the first of several."""
        if not self._said:
            return None
        before = self._said.pop()
        self._decide_many([(b.row, b.verdicts, b.reviewed) for b in before])
        return before[0].row

    def settle(self) -> None:
        """Decisions are final: they were written."""
        self._said.clear()

    def _keep(self, rows: Sequence[Row]) -> None:
        services = self._desk.services
        said = [(row.scores.track_id, dict(row.verdicts), row.reviewed) for row in rows if row.scores]

        def keep() -> None:
            for track_id, verdicts, reviewed in said:
                services.keep_verdicts(track_id, verdicts)
                services.keep_reviewed(track_id, reviewed)

        if said:
            self._desk.bridge.ask(
                f"{KEEP}{said[0][0]} {len(said)}",
                keep,
                lambda _: None,
                lambda error: self._desk.complain("The decision cannot be kept", error),
            )

    # tags by hand

    def add_tag(self, rows: Sequence[Row], text: str, category: Category) -> None:
        """A tag that the user typed; one that the scheme does not have yet becomes part of it."""
        desk, services = self._desk, self._desk.services
        known = services.scheme.find(text)
        if known is not None:
            self.decide(rows, {known.name: Verdict.ACCEPTED})
            return

        def done(_: TagScheme) -> None:
            self.scheme_changed.emit()
            self.decide(rows, {text: Verdict.ACCEPTED})

        desk.bridge.ask(
            f"{KEEP}tag {text}",
            lambda: services.change_tags({text: TagChange(category=category)}),
            done,
            lambda error: desk.complain(f"“{text}” cannot be added", error),
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


def _before(row: Row, verdicts: Mapping[str, Verdict]) -> _Before:
    said = {name: row.verdicts.get(name, Verdict.UNDECIDED) for name in verdicts}
    return _Before(row, said, row.reviewed)
