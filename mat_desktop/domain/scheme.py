"""TagScheme: from the raw tags of a network to the tags that people see and files carry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mat_desktop.domain.tags import TAG_FIELDS, Category, Field

TAUGHT = "taught/"
"""How the sources of taught tags begin, in place of a vocabulary."""

SPLIT = ";/,"
"""Media servers split genre and mood at these characters (Navidrome, Jellyfin, LMS)."""

NO_SPLIT = "must not contain “;”, “/” or “,”: players would split it"
"""What is said of a tag that does."""


@dataclass(frozen=True, slots=True)
class DisplayTag:
    """One tag as it is shown and written.

    :param name: as shown, lower case unless a name: "hip-hop", "female vocals"
    :param sources: raw tags that mean the same thing, as ``vocabulary/name``
    :param written: as written into files: "Hip-Hop"; the name with a capital by default
    :param write: whether it is written when nothing else is said
    :param label: as shown where that is another word than the name, which decisions are kept by
    :param field: where it is written instead of its category's field; MAT_TAGS: nowhere else
    :param own: made by the user; without a source it is only ever added by hand
    """

    name: str
    category: Category
    sources: tuple[str, ...]
    written: str = ""
    write: bool = True
    label: str = ""
    field: Field | None = None
    own: bool = False

    def __post_init__(self) -> None:
        if not self.name or not (self.sources or self.own):
            raise ValueError("a display tag needs a name and at least one source")
        if self.field is not None and self.field not in TAG_FIELDS:
            raise ValueError(f"the tag {self.name!r} cannot be written into {self.field}")
        if any(mark in self.value for mark in SPLIT):
            raise ValueError(f"the tag {self.value!r} {NO_SPLIT}")

    @property
    def taught(self) -> bool:
        """Whether the user taught it: it has one score a track, and none over time."""
        return bool(self.sources) and self.sources[0].startswith(TAUGHT)

    @property
    def value(self) -> str:
        """The text that goes into a file."""
        return self.written or self.shown[:1].upper() + self.shown[1:]

    @property
    def shown(self) -> str:
        """The text on screen."""
        return self.label or self.name

    @property
    def key(self) -> str:
        """As in the MAT_TAGS field: ``category:name``."""
        return f"{self.category}:{self.name}"


@dataclass(frozen=True, slots=True)
class TagScheme:
    """How raw tags are merged, grouped, limited and written.

    :param tags: display tags, each name once
    :param exclusive: groups of names of which at most one can be true; the surest one stays
    :param seldom_both: groups of names of which several are seldom true, as in a duet: the surest one stays,
        and what is far above its threshold
    :param limits: most tags of a category that are suggested, those that the user taught not counted
    :param fields: field into which a category is written; a category that is absent is not written
    :param taught: thresholds of sources that the user taught, which no model's card knows, by key
    """

    name: str
    title: str
    tags: tuple[DisplayTag, ...]
    exclusive: tuple[tuple[str, ...], ...] = ()
    seldom_both: tuple[tuple[str, ...], ...] = ()
    limits: Mapping[Category, int] = field(default_factory=dict)
    fields: Mapping[Category, Field] = field(default_factory=dict)
    taught: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [tag.name for tag in self.tags]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"display tags stand twice: {', '.join(sorted(twice))}")
        sources = [source for tag in self.tags for source in tag.sources]
        shared = {source for source in sources if sources.count(source) > 1}
        if shared:
            raise ValueError(f"raw tags belong to two display tags: {', '.join(sorted(shared))}")
        unknown = {name for group in (*self.exclusive, *self.seldom_both) for name in group} - set(names)
        if unknown:
            raise ValueError(f"unknown names in an exclusive group: {', '.join(sorted(unknown))}")

    def field_of(self, tag: DisplayTag) -> Field | None:
        """Where a tag is written, None where MAT_TAGS alone has it."""
        target = tag.field or self.fields.get(tag.category)
        return None if target is Field.MAT_TAGS else target

    @property
    def targets(self) -> tuple[Field, ...]:
        """Fields that some tag may be written into."""
        own = [tag.field for tag in self.tags if tag.field not in (None, Field.MAT_TAGS)]
        return tuple(dict.fromkeys([*self.fields.values(), *(field for field in own if field is not None)]))

    def find(self, text: str) -> DisplayTag | None:
        """The tag that a text means: its name, or what is shown or written of it, in any case."""
        wanted = text.strip().casefold()
        for tag in self.tags:
            if wanted in (tag.name.casefold(), tag.shown.casefold(), tag.value.casefold()):
                return tag
        return None
