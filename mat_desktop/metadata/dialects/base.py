"""What all dialects have in common."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

from mat_desktop.domain.tags import Field

OWN_KEYS = {
    Field.MOOD: "MOOD",
    Field.INSTRUMENT: "INSTRUMENT",
    Field.VOICE: "VOICE",
    Field.MAT_TAGS: "MAT_TAGS",
    Field.MAT_SCORES: "MAT_SCORES",
    Field.MAT_MODEL: "MAT_MODEL",
}
"""Free-form keys of fields for which a container has no key of its own."""


class Dialect(Protocol):
    """The fields of one tag block, and all else in it, which is carried bit for bit."""

    @property
    def format(self) -> str:
        """Name for people: "ID3v2.3", "Vorbis comment", "MP4", "APEv2", "ASF"."""

    def get(self, field: Field) -> tuple[str, ...]:
        """The values of a field, each once, in the order in the tag; none if it is absent."""

    def set(self, field: Field, values: Sequence[str]) -> None:
        """Replace the values of a field; none removes it.

        :raises Refusal: the dialect cannot hold these values, or the tag forbids it
        """

    def foreign(self, fields: Collection[Field]) -> tuple[bytes, ...]:
        """Every raw item that belongs to none of these fields, in order."""

    def keys(self, field: Field) -> tuple[str, ...]:
        """Under which keys a second reader must find the field, as mutagen names them, case-folded."""


def unique(values: Iterable[str]) -> tuple[str, ...]:
    """Values without empty ones and repetitions, in order."""
    return tuple(dict.fromkeys(value for value in values if value))
