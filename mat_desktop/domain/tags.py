"""Fields of a music file that this program reads or writes, named the same for every container."""

from __future__ import annotations

from enum import StrEnum


class Field(StrEnum):
    """A metadata field. Each container's dialect knows under which key it is kept."""

    __hash__ = str.__hash__  # tables look fields up by the hundred thousand, and Enum's own is slow

    TITLE = "title"
    ARTIST = "artist"
    ALBUM = "album"
    DATE = "date"
    GENRE = "genre"
    MOOD = "mood"
    GROUPING = "grouping"
    INSTRUMENT = "instrument"
    VOICE = "voice"
    MAT_TAGS = "mat_tags"
    MAT_SCORES = "mat_scores"
    MAT_MODEL = "mat_model"


WRITABLE = frozenset(
    {
        Field.GENRE,
        Field.MOOD,
        Field.GROUPING,
        Field.INSTRUMENT,
        Field.VOICE,
        Field.MAT_TAGS,
        Field.MAT_SCORES,
        Field.MAT_MODEL,
    }
)
"""Fields that this program may change; the others are only shown."""

TAG_FIELDS = (Field.GENRE, Field.MOOD, Field.INSTRUMENT, Field.VOICE, Field.GROUPING, Field.MAT_TAGS)
"""Fields that a tag can be written into."""


MARKS = frozenset({Field.MAT_TAGS, Field.MAT_SCORES, Field.MAT_MODEL})
"""Fields that are this program's own and that no other writes."""


class Category(StrEnum):
    """What kind of thing a tag says, in the order in which it is shown."""

    GENRE = "genre"
    MOOD = "mood"
    INSTRUMENT = "instrument"
    VOICE = "voice"
    CHARACTER = "character"
