"""The tags of one track as a list: a heading per category, then its tags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from mat_desktop.domain.scores import Suggestion, Verdict
from mat_desktop.domain.tags import Category
from mat_desktop.gui import words
from mat_desktop.gui.models.together import Share

Index = QModelIndex | QPersistentModelIndex

TAG_ROLE = Qt.ItemDataRole.UserRole + 1
"""The :class:`TagRow` behind an index."""

KEYS = range(1, 10)
"""Digit keys."""

NEAREST = 2
"""Tags below their threshold that are shown in each category without unfolding."""

_NO_INDEX = QModelIndex()


@dataclass(frozen=True, slots=True)
class TagRow:
    """A heading (no suggestion) or a tag.

    :param number: the digit key that accepts it, 0 where it has none
    :param left_out: of a heading, names of tags above their thresholds that are not suggested, by reason
    :param unlikely: of a heading, those of them that are seldom right at such scores
    """

    category: Category
    suggestion: Suggestion | None = None
    number: int = 0
    left_out: Mapping[str, Sequence[str]] = field(default_factory=dict)
    unlikely: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def notes(self) -> list[str]:
        """What stands beside a heading, from all words down to the fewest; none where nothing does.

        ``likely too, but at most 3 are suggested: indie, pop``, then ``indie and 1 more are likely too``.
        """
        if not self.left_out and not self.unlikely:
            return []
        whole = [f"likely too, but {reason}: {', '.join(names)}" for reason, names in self.left_out.items()]
        whole += [f"left out, as {reason}: {', '.join(names)}" for reason, names in self.unlikely.items()]
        names = [name for some in self.left_out.values() for name in some]
        if names:
            return ["; ".join(whole), *(_likely_too(names, most) for most in range(len(names), -1, -1))]
        more = sum(map(len, self.unlikely.values()))
        return ["; ".join(whole), f"{words.number(more)} more {'is' if more == 1 else 'are'} left out"]


def _likely_too(names: Sequence[str], most: int) -> str:
    """:param most: names that are told"""
    more = len(names) - most
    told = [", ".join(names[:most])] if most else []
    told += [f"{words.number(more)} more"] if more else []
    return f"{' and '.join(told)} {'is' if len(names) == 1 else 'are'} likely too"


def listed(suggestion: Suggestion) -> bool:
    """Whether a tag is part of the question: suggested, or decided already."""
    return suggestion.suggested or suggestion.verdict is not Verdict.UNDECIDED


class TagsModel(QAbstractListModel):
    """Headings and tags of the track in view."""

    def __init__(self, parent: QObject | None = None, nearest: int = NEAREST) -> None:
        super().__init__(parent)
        self._nearest = nearest
        self._suggestions: tuple[Suggestion, ...] = ()
        self._rows: list[TagRow] = []
        self._unfolded = False
        self._held: tuple[str, Verdict] | None = None
        self._before: dict[str, Verdict] = {}
        self.unseen: frozenset[str] = frozenset()
        """Tags that the track, which is reviewed, did not suggest yet at its review."""
        self.hidden = 0
        self.shares: dict[str, Share] = {}
        self._moved: set[str] = set()

    def keep(self, name: str) -> None:
        """A tag whose threshold is moved by hand stays under the pointer until another track comes."""
        self._moved.add(name)

    def show(
        self,
        suggestions: Sequence[Suggestion],
        unfolded: bool,
        shares: Mapping[str, Share] | None = None,
        *,
        new_track: bool = True,
    ) -> None:
        """Another track, or another state of the same.

        :param shares: where several tracks are shown, how many of them have a tag
        :param new_track: else what was just decided keeps its row and its key
        """
        self.shares = dict(shares or {})
        before = {s.tag.name: s.threshold for s in self._suggestions if not s.by_hand}
        now = {s.tag.name: s.threshold for s in suggestions if not s.by_hand}
        moved = before.keys() != now.keys() or any(abs(before[name] - now[name]) > 1e-5 for name in now)
        self._suggestions = tuple(suggestions)
        self._unfolded = unfolded
        rows: list[TagRow] = []
        self.hidden = 0
        if new_track:
            self._moved.clear()
        names = [row.suggestion.tag.name for row in self._rows if row.suggestion is not None]
        stay = self._stay(None if new_track or moved else self._held)
        order = {name: place for place, name in enumerate(names)} if self._moved or self._held else {}
        asked: list[str] = []
        for category in Category:
            tags = [s for s in self._suggestions if s.tag.category is category]
            first: list[Suggestion] = []
            rest: list[Suggestion] = []
            for s in tags:
                (first if listed(s) or s.tag.name in {*self._moved, *stay} else rest).append(s)
            first.sort(key=lambda s: order.get(s.tag.name, len(order)))
            shown = rest if unfolded else rest[: self._nearest]
            self.hidden += max(0, len(rest) - self._nearest)
            if not first and not shown:
                continue
            asked += [s.tag.name for s in first if listed(s) or s.tag.name in stay]
            likely = [s for s in rest if not s.unlikely]
            unlikely = [s for s in rest if s.unlikely]
            rows.append(TagRow(category, left_out=_left_out(likely), unlikely=_left_out(unlikely)))
            rows += [TagRow(category, s) for s in (*first, *shown)]
        numbers = dict(zip(asked, KEYS, strict=False))
        rows = [
            replace(row, number=numbers.get(row.suggestion.tag.name, 0)) if row.suggestion else row
            for row in rows
        ]
        same = [(r.category, r.suggestion and r.suggestion.tag.name) for r in rows] == [
            (r.category, r.suggestion and r.suggestion.tag.name) for r in self._rows
        ]
        if same:
            self._rows = rows
            if rows:
                self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
        else:
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()

    def hold(self, name: str, verdict: Verdict) -> None:
        """The user says this of a tag: it keeps its row and its key while that holds; a finger is over it."""
        self._held = (name, verdict)

    def _stay(self, held: tuple[str, Verdict] | None) -> list[str]:
        """Names of the tags with a key down to the one that is held; all others are dealt anew.

        :param held: with what was said of it, until that is taken back or something is said of another
        """
        now = _said(self._suggestions)
        others = [{**said, held[0]: None} if held else said for said in (self._before, now)]
        same = held is not None and now.get(held[0], Verdict.UNDECIDED) is held[1] and others[0] == others[1]
        self._before, self._held = now, held if same else None
        names = [row.suggestion.tag.name for row in self._rows if row.suggestion is not None and row.number]
        known = self._held is not None and self._held[0] in names
        return names[: names.index(self._held[0]) + 1] if self._held is not None and known else []

    def number_anew(self) -> None:
        """The track is newly shown: its tags have the keys from 1 on again."""
        self.show(self._suggestions, self._unfolded, self.shares)

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        """Headings and tags."""
        return 0 if parent.isValid() else len(self._rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Headings cannot be selected."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        if self._rows[index.row()].suggestion is None:
            return Qt.ItemFlag.ItemIsEnabled
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsUserCheckable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Names, and full phrases for screen readers."""
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row = self._rows[index.row()]
        if role == TAG_ROLE:
            return row
        suggestion = row.suggestion
        if suggestion is None:
            text = words.CATEGORY_WORDS[row.category]
            if role == Qt.ItemDataRole.AccessibleTextRole:
                return ", ".join([text, *row.notes[:1]])
            if role == Qt.ItemDataRole.ToolTipRole:
                return next(iter(row.notes), None)
            return text if role == Qt.ItemDataRole.DisplayRole else None
        if role == Qt.ItemDataRole.DisplayRole:
            return suggestion.tag.shown
        if role == Qt.ItemDataRole.CheckStateRole:  # for screen readers, as the rows are painted
            share = self.shares.get(suggestion.tag.name)
            said = share.said if share else suggestion.verdict
            return Qt.CheckState.Checked if said is Verdict.ACCEPTED else Qt.CheckState.Unchecked
        if role == Qt.ItemDataRole.AccessibleTextRole:
            key = f", key {row.number}" if row.number else ""
            share = self.shares.get(suggestion.tag.name)
            told = share.words if share else score_words(suggestion)
            unseen = ", new since your review" if suggestion.tag.name in self.unseen else ""
            return f"{suggestion.tag.shown}, {meaning(suggestion, share)}{unseen}{told and ', ' + told}{key}"
        if role == Qt.ItemDataRole.ToolTipRole:
            if suggestion.tag.name in self.shares:
                return f"{suggestion.tag.shown}: {self.shares[suggestion.tag.name].words}"
            text = f"{suggestion.tag.shown}: {meaning(suggestion)}"
            if suggestion.by_hand:
                return text
            if suggestion.chance is not None:
                text += f"; {in_ten(suggestion.chance)} such scores were right where the model was measured"
            text += f"; {score_words(suggestion)}, threshold {suggestion.threshold:.2f}"
            if suggestion.own:
                rest = suggestion.at_rest(suggestion.threshold)
                text += f" (own, {rest:.2f} with the slider in the middle)" if suggestion.move else " (own)"
            if suggestion.tag.name in self.unseen:
                text += "; new since your review, and left out where reviewed tracks are written"
            return text
        return None

    def row(self, number: int) -> TagRow | None:
        """A row by its place."""
        return self._rows[number] if 0 <= number < len(self._rows) else None

    def tag_rows(self) -> list[int]:
        """Places of the tags, without the headings."""
        return [place for place, row in enumerate(self._rows) if row.suggestion is not None]

    def listed_rows(self) -> list[int]:
        """Places of the tags that are suggested or decided."""
        return [
            p for p, row in enumerate(self._rows) if row.suggestion is not None and listed(row.suggestion)
        ]

    def place(self, name: str) -> int:
        """Where a tag stands, -1 where it is folded away."""
        for place, row in enumerate(self._rows):
            if row.suggestion is not None and row.suggestion.tag.name == name:
                return place
        return -1

    def numbered(self, number: int) -> Suggestion | None:
        """The tag that a digit key means."""
        for row in self._rows:
            if row.number == number:
                return row.suggestion
        return None


def _said(suggestions: Iterable[Suggestion]) -> dict[str, Verdict]:
    """What the user decided, by name of the tag."""
    return {s.tag.name: s.verdict for s in suggestions if s.verdict is not Verdict.UNDECIDED}


def _left_out(tags: Sequence[Suggestion]) -> dict[str, list[str]]:
    """What tags are called that are not suggested though they are above their thresholds, by reason."""
    reasons: dict[str, list[str]] = {}
    for s in tags:
        if s.left_out:
            reasons.setdefault(s.left_out, []).append(s.tag.shown)
    return reasons


def score_words(suggestion: Suggestion) -> str:
    """The score, where there is one."""
    return "" if suggestion.by_hand else f"score {suggestion.score:.2f}"


def in_ten(share: float) -> str:
    """``about 8 in 10``; nearly all is not all, and hardly any is not none."""
    tenths = round(share * 10)
    return {0: "hardly any", 10: "nearly all"}.get(tenths, f"about {tenths} in 10")


def meaning(suggestion: Suggestion, share: Share | None = None) -> str:
    """What stands beside a tag, in words."""
    if suggestion.by_hand:
        return "added by hand"
    verdict = share.said if share is not None else suggestion.verdict
    if verdict is Verdict.ACCEPTED:
        return "accepted"
    if verdict is Verdict.REJECTED:
        return "rejected"
    if suggestion.suggested:
        return "suggested" if suggestion.unasked else "suggested, written only when you accept it"
    return f"left out, as {suggestion.left_out}" if suggestion.left_out else "below its threshold"
