"""The tags of several tracks as one question."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from mat_desktop.domain.scores import Suggestion, Verdict
from mat_desktop.domain.tags import Category


@dataclass(frozen=True, slots=True)
class Together:
    """:param tracks: how many
    :param suggested: suggestions over all of them
    :param suggestions: means of the scores; suggested where any track has it, and decided where all agree
    :param shares: by name, how many tracks have the tag, in short and in words
    """

    tracks: int
    suggested: int
    suggestions: tuple[Suggestion, ...]
    shares: Mapping[str, tuple[str, str]]


class _Sum:
    def __init__(self, first: Suggestion) -> None:
        self.first = first
        self.tracks = self.suggested = self.chosen = self.accepted = self.rejected = 0
        self.score = 0.0

    def add(self, s: Suggestion) -> None:
        self.tracks += 1
        self.score += s.score
        self.suggested += s.suggested
        self.chosen += s.chosen
        self.accepted += s.verdict is Verdict.ACCEPTED
        self.rejected += s.verdict is Verdict.REJECTED


class Sums:
    """Takes in one track after the other, in any thread."""

    def __init__(self) -> None:
        self.tracks = 0
        self._by_name: dict[str, _Sum] = {}

    def add(self, suggestions: Iterable[Suggestion]) -> None:
        """One more track."""
        self.tracks += 1
        for suggestion in suggestions:
            entry = self._by_name.get(suggestion.tag.name)
            if entry is None:
                entry = self._by_name[suggestion.tag.name] = _Sum(suggestion)
            entry.add(suggestion)

    def together(self) -> Together:
        """All of them, by category, those that most tracks have first."""
        order = list(Category)
        entries = sorted(
            self._by_name.values(),
            key=lambda e: (order.index(e.first.tag.category), -e.chosen, -e.score / e.tracks),
        )
        shares: dict[str, tuple[str, str]] = {}
        for entry in entries:
            share = f"{100 * entry.chosen / self.tracks:.0f} %"
            shares[entry.first.tag.name] = (share, f"in {entry.chosen} of {self.tracks} tracks")
        return Together(
            self.tracks,
            sum(entry.suggested for entry in entries),
            tuple(self._one(entry) for entry in entries),
            shares,
        )

    def _one(self, entry: _Sum) -> Suggestion:
        verdict = Verdict.UNDECIDED
        if entry.accepted == self.tracks:
            verdict = Verdict.ACCEPTED
        elif entry.rejected == self.tracks:
            verdict = Verdict.REJECTED
        return replace(
            entry.first,
            score=entry.score / entry.tracks,
            suggested=entry.suggested > 0 or entry.chosen > 0,
            left_out="",
            verdict=verdict,
        )
