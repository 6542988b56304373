"""What all containers have in common."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol, runtime_checkable

from mat_desktop.domain.tags import MARKS, Field
from mat_desktop.metadata.dialects.base import Dialect
from mat_desktop.metadata.source import Piece


class Container(Protocol):
    """Where in a file the tag lies, and how the file looks with another one."""

    kind: str
    """Which second reader fits: "id3", "wav", "aiff", "dsf", "flac", "vorbis", "opus", "oggflac", "speex",
    "mp4", "apev2" or "asf"; Matroska has none, as it is not written."""

    obstacle: str
    """Why the file can be read but must not be written; empty if it can be."""

    is_new: bool
    """The file has no tag yet."""

    packets_end_with_tag: bool
    """FFmpeg counts the tag at the end as part of the last packet, so that packets differ with it."""

    @property
    def tag(self) -> Dialect:
        """The tag; changed in place."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know before the file is written."""

    def pieces(self) -> Iterable[Piece]:
        """The file with the tag as it is now.

        :raises Refusal: it cannot be written, as is found only on the way
        """

    def foreign(self, fields: Collection[Field]) -> tuple[bytes, ...]:
        """All content of the file but these fields and padding: what an edit must not change.

        Raw bytes where they are few, digests where they are many.
        """


@runtime_checkable
class Beside(Protocol):
    """A container whose files have other places for values than the tag, as ID3v1 behind the audio."""

    carried: tuple[str, ...]
    """What comes from there into a new tag and is none of our fields, by names for people."""

    kept: Mapping[str, Mapping[Field, tuple[str, ...]]]
    """The fields of those places that are never written, by the kind of tag: "ID3v1", "APEv2", "ID3v2"."""

    def beside(self) -> Mapping[Field, tuple[str, ...]]:
        """The values of our fields there."""


def present(container: Container, field: Field) -> tuple[str, ...]:
    """The values of a field in the file: of the tag, where it has none those that stand beside it.

    Not of our marks: they count only where they are written and removed.
    """
    values = container.tag.get(field)
    if values or field in MARKS or not isinstance(container, Beside):
        return values
    return container.beside().get(field, ())
