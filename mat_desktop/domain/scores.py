"""What a network heard in one track, and what that suggests."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import exp
from pathlib import Path

from mat_desktop.domain.scheme import DisplayTag
from mat_desktop.domain.track import TrackId


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of a whole track.

    :param model: digest of the card whose network heard it
    :param track_id: what was heard
    :param seconds: length of the decoded audio
    :param values: one score in 0..1 for each tag of the card, in its order; an array, as a tuple of floats
        takes four times the room, and a window keeps those of every track
    :param silent: nothing but digital silence was heard; the values are zeros then
    :param taught: scores of tags that the user taught, by key
    """

    model: str
    track_id: TrackId
    seconds: float
    values: Sequence[float]
    silent: bool = False
    taught: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.values, array):
            object.__setattr__(self, "values", array("d", self.values))


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Thresholds that the user set, as they are where the slider moves none.

    :param every: for every display tag that has none of its own, 0..1; None keeps the model's
    :param by_name: for single display tags, 0..1
    :param exact: names of those that no slider moves
    """

    every: float | None = None
    by_name: Mapping[str, float] = field(default_factory=dict)
    exact: frozenset[str] = frozenset()

    def of(self, tag: DisplayTag) -> float | None:
        """The threshold of a display tag, None where the model's counts."""
        return self.by_name.get(tag.name, self.every)


@dataclass(frozen=True, slots=True)
class OwnThreshold:
    """A threshold that the user set.

    :param shown: as the tag is called on screen
    :param measured: the model's own; None where there is no such tag for it at the moment
    :param dropped: the user chose that the tag is never shown
    """

    name: str
    shown: str
    value: float
    measured: float | None
    dropped: bool = False


Mark = bool | frozenset[str]
"""Whether a track is reviewed; where it is, tags that were suggested and undecided then, True if unknown."""


Said = tuple[TrackId, Path, "Mapping[str, Verdict]", Mark | None]
"""What the user says of some tags of a file, and whether it is done with; None where that stays as it is."""


class Verdict(StrEnum):
    """What the user said of a suggestion."""

    UNDECIDED = "undecided"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


LIKELY = 1 / 3
"""Chance from which on a tag is called likely, and is written unasked."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A display tag with its score for one track.

    :param score: in 0..1, over all raw tags that mean this tag; below 0 where the model knows none of them
    :param threshold: in 0..1, combined the same way
    :param suggested: the score reaches the threshold, no contradicting tag is surer, and the category is
        not full
    :param left_out: why a tag above its threshold is not suggested, else empty
    :param own: the threshold is the user's, not the model's
    :param chance: that the tag is right, after the calibration on music that the model did not learn from;
        None where unknown
    :param move: how far the wish for fewer or more suggestions has moved the threshold, in log odds
    """

    tag: DisplayTag
    score: float
    threshold: float
    suggested: bool
    left_out: str = ""
    verdict: Verdict = Verdict.UNDECIDED
    own: bool = False
    chance: float | None = None
    move: float = 0.0

    def at_rest(self, threshold: float) -> float:
        """What a threshold in 0..1 that is wished for now is without that move."""
        inside = min(max(threshold, 1e-4), 1 - 1e-4)
        odds = inside / (1 - inside) * exp(-self.move)
        return odds / (1 + odds)

    @property
    def by_hand(self) -> bool:
        """Whether the model has no word in it: the user added it."""
        return self.score < 0

    @property
    def chosen(self) -> bool:
        """Whether the tag is taken for the track's: accepted, or suggested and not rejected."""
        return self.verdict is Verdict.ACCEPTED or (self.suggested and self.verdict is not Verdict.REJECTED)

    @property
    def unlikely(self) -> bool:
        """Whether it is known that the tag is seldom right at such a score."""
        return self.chance is not None and self.chance < LIKELY

    @property
    def unasked(self) -> bool:
        """Whether it is written without being accepted; beyond the user's own threshold it is wished for."""
        return self.tag.write and (self.own or not self.unlikely)

    @property
    def written(self) -> bool:
        """Whether it would be written: some tags are only once they are accepted."""
        return self.chosen and (self.unasked or self.verdict is Verdict.ACCEPTED)
