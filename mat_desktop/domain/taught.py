"""Tags that the user teaches from examples: the marks, and what a network makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from mat_desktop.domain.scheme import TAUGHT, DisplayTag
from mat_desktop.domain.tags import Category, Field
from mat_desktop.domain.track import TrackId
from mat_desktop.errors import UsageFault

TAUGHT_FORMAT = 1
"""Version of the files that this program reads and writes."""

MOST_MARKS = 2000
"""Far more than a tag needs, though review may add to them for years; with more, learning takes too long."""

LONGEST_NAME = 60
MOST_CHANNELS = 1 << 16


@dataclass(frozen=True, slots=True)
class Marks:
    """What the user says of tracks.

    :param examples: those that have the tag
    :param counter_examples: those that do not
    """

    examples: tuple[TrackId, ...] = ()
    counter_examples: tuple[TrackId, ...] = ()

    def __len__(self) -> int:
        return len(self.examples) + len(self.counter_examples)

    @property
    def said(self) -> dict[TrackId, bool]:
        """Whether each of them has the tag."""
        return dict.fromkeys(self.examples, True) | dict.fromkeys(self.counter_examples, False)


@dataclass(frozen=True, slots=True)
class TaughtTag:
    """A linear function of a network's features, with all that is needed to teach the tag anew.

    :param model: digest of the weights whose features it was learned from
    :param model_name: for people
    :param weights: one for each channel of the features
    :param threshold: score in 0..1 from which on the tag counts as heard
    :param examples: tracks that have the tag
    :param counter_examples: tracks that do not
    :param right: examples and counter-examples that were judged rightly by what the others taught
    :param ranking: probability that a track with the tag scores above one without, measured the same way
    :param field: where it is written instead of its category's field
    :param trunk: digest of the network before its head and of its front end: whatever the head, it hears
        the same; empty in files of earlier versions
    """

    format: int
    name: str
    category: Category
    model: str
    model_name: str
    created: str
    weights: tuple[float, ...]
    bias: float
    threshold: float
    examples: tuple[TrackId, ...]
    counter_examples: tuple[TrackId, ...]
    right: int
    ranking: float
    field: Field | None = None
    trunk: str = ""

    def __post_init__(self) -> None:
        if self.format != TAUGHT_FORMAT:
            raise ValueError(f"format {self.format} is not {TAUGHT_FORMAT}")
        name = self.name
        if name != name.strip() or not name.isprintable() or not 0 < len(name) <= LONGEST_NAME:
            raise ValueError(f"{name!r} is no name for a tag: up to {LONGEST_NAME} printable characters")
        if not 0 < len(self.weights) <= MOST_CHANNELS:
            raise ValueError(f"{len(self.weights)} weights are not those of a network's features")
        if not all(map(isfinite, (*self.weights, self.bias, self.ranking))):
            raise ValueError("a weight is not a number")
        if not 0 < self.threshold < 1:
            raise ValueError(f"the threshold must lie between 0 and 1, not {self.threshold}")
        self.as_display_tag()

    @property
    def key(self) -> str:
        """Of its score, as raw tags have one."""
        return f"{TAUGHT}{self.name}"

    @property
    def marked(self) -> int:
        """Examples and counter-examples."""
        return len(self.examples) + len(self.counter_examples)

    def as_display_tag(self) -> DisplayTag:
        """As it is shown and written. :raises ValueError: the name cannot be written into files"""
        return DisplayTag(self.name, self.category, (self.key,), field=self.field)


class ForeignTag(UsageFault):
    """The tag is sound but was taught to another model; its examples can teach it to this one."""

    def __init__(self, tag: TaughtTag, model_name: str, model: str) -> None:
        super().__init__(
            f"“{tag.name}” was taught to another model ({tag.model_name}, {tag.model}), which hears "
            f"otherwise than {model_name} ({model})"
        )
        self.tag = tag
