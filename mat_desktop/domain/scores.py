"""What a network heard in one track, and what that suggests."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mat_desktop.domain.scheme import DisplayTag
from mat_desktop.domain.track import TrackId


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of a whole track.

    :param model: digest of the card whose network heard it
    :param track_id: what was heard
    :param seconds: length of the decoded audio
    :param values: one score in 0..1 for each tag of the card, in its order
    :param silent: nothing but digital silence was heard; the values are zeros then
    """

    model: str
    track_id: TrackId
    seconds: float
    values: tuple[float, ...]
    silent: bool = False


class Verdict(StrEnum):
    """What the user said of a suggestion."""

    UNDECIDED = "undecided"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A display tag with its score for one track.

    :param score: in 0..1, over all raw tags that mean this tag
    :param threshold: in 0..1, combined the same way
    :param suggested: the score reaches the threshold, no contradicting tag is surer, and the category is
        not full
    :param left_out: why a tag above its threshold is not suggested, else empty
    """

    tag: DisplayTag
    score: float
    threshold: float
    suggested: bool
    left_out: str = ""
    verdict: Verdict = Verdict.UNDECIDED

    @property
    def chosen(self) -> bool:
        """Whether the tag would be written: accepted, or suggested and not rejected."""
        return self.verdict is Verdict.ACCEPTED or (self.suggested and self.verdict is not Verdict.REJECTED)
