"""The tags of several tracks as one question."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mat_desktop.domain.scores import Suggestion, Verdict
from mat_desktop.domain.tags import Category

if TYPE_CHECKING:
    from mat_desktop.app.decide import TagSum


@dataclass(frozen=True, slots=True)
class Share:
    """How many of several tracks have a tag.

    :param said: what was decided where it is suggested; undecided as long as one of these tracks is
    """

    have: int
    of: int
    said: Verdict = Verdict.UNDECIDED

    @property
    def part(self) -> float:
        """In 0..1."""
        return self.have / self.of

    @property
    def short(self) -> str:
        """``in 12 of 40``; of very many ``in 30 %``, where some is not none, and most not all."""
        if self.of < 1000:
            return f"in {self.have} of {self.of}"
        if 0 < self.have < self.of:
            return f"in {min(max(round(100 * self.part), 1), 99)} %"
        return "in all" if self.have else "in none"

    @property
    def words(self) -> str:
        """As a sentence goes on."""
        return f"in {self.have} of {self.of} tracks"


@dataclass(frozen=True, slots=True)
class Together:
    """:param tracks: how many
    :param suggested: suggestions over all of them
    :param undecided: how many of these nothing was said of
    :param suggestions: means of the scores; suggested where any track has it, and decided where all agree
    :param shares: by name of the tag
    """

    tracks: int
    suggested: int
    undecided: int
    suggestions: tuple[Suggestion, ...]
    shares: Mapping[str, Share]


class Sums:
    """Takes in some tracks after the others, in any thread."""

    def __init__(self) -> None:
        self.tracks = 0
        self._by_name: dict[str, TagSum] = {}

    def add(self, tracks: int, sums: Iterable[TagSum]) -> None:
        """More tracks, and what is suggested in them."""
        self.tracks += tracks
        for some in sums:
            entry = self._by_name.setdefault(some.first.tag.name, some)
            if entry is not some:
                entry.tracks += some.tracks
                entry.score += some.score
                entry.suggested += some.suggested
                entry.undecided += some.undecided
                entry.chosen += some.chosen
                entry.accepted += some.accepted
                entry.rejected += some.rejected

    def together(self) -> Together:
        """All of them, by category, those that most tracks have first."""
        order = list(Category)
        entries = sorted(
            self._by_name.values(),
            key=lambda e: (order.index(e.first.tag.category), -e.chosen, -e.score / e.tracks),
        )
        shares = {e.first.tag.name: Share(e.chosen, self.tracks, e.said) for e in entries}
        return Together(
            self.tracks,
            sum(entry.suggested for entry in entries),
            sum(entry.undecided for entry in entries),
            tuple(self._one(entry) for entry in entries),
            shares,
        )

    def _one(self, entry: TagSum) -> Suggestion:
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
