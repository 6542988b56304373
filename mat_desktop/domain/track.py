"""A track: one audio file, its identity on disk, what its stream is, and the tags it carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from os import stat_result
from pathlib import Path
from typing import NewType

from mat_desktop.domain.tags import Field

TrackId = NewType("TrackId", str)
"""Hex digest of the encoded audio packets: stable when the file is retagged, renamed or moved."""

TagSet = Mapping[Field, tuple[str, ...]]
"""Present values by field; a field without values is absent."""


@dataclass(frozen=True, slots=True)
class FileStamp:
    """Identity of a file's content as the file system tells it; another stamp before a write is a Conflict.

    :param size: bytes
    :param mtime_ns: modification time, nanoseconds since 1970
    :param inode: file number on its volume, 0 where there is none
    """

    size: int
    mtime_ns: int
    inode: int

    @classmethod
    def of(cls, status: stat_result) -> FileStamp:
        """The stamp in an ``os.stat`` result."""
        return cls(status.st_size, status.st_mtime_ns, status.st_ino)


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What a file's audio stream is, read without decoding.

    :param container: FFmpeg's short name of the format ("flac", "mp3", "ogg", "mov,mp4,...")
    :param codec: FFmpeg's name of the codec ("aac", "alac", "vorbis")
    :param sample_rate: Hz
    :param channels: count
    :param duration: seconds, None where the container does not say
    """

    container: str
    codec: str
    sample_rate: int
    channels: int
    duration: float | None


@dataclass(frozen=True, slots=True)
class Track:
    """One audio file as the scan found it.

    :param fault: why this very file could not be listened to, else empty
    :param outside: another program changed it after it was listened to or written, and nobody looked since
    """

    path: Path
    stamp: FileStamp
    duration: float | None = None
    tags: TagSet = dataclass_field(default_factory=dict)
    fault: str = ""
    outside: bool = False

    def told(self, field: Field) -> tuple[str, ...]:
        """The values of a field that say something: none of blanks alone, which files have as well."""
        return tuple(value for value in self.tags.get(field, ()) if value.strip())

    def first(self, field: Field) -> str:
        """The first value of a field that says something, or an empty text."""
        return next(iter(self.told(field)), "")

    @property
    def title(self) -> str:
        """The title in the file, or its name without the extension."""
        return self.first(Field.TITLE) or self.path.stem
