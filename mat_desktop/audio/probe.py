"""Looks at a file's audio stream without decoding it."""

from __future__ import annotations

import hashlib
import os
import struct
from pathlib import Path
from typing import BinaryIO

import av
from av.error import EOFError, FFmpegError, InvalidDataError

from mat_desktop.domain.track import StreamInfo, TrackId
from mat_desktop.errors import DecodeError, tells_absence

_TAGS = (b"APETAGEX", b"ID3", b"TAG")
"""How tags begin that may follow the blocks of WavPack."""
_DESCRIPTOR = struct.Struct("<4sH2x4IQI")
"""Of Monkey's Audio: magic, version, then how many bytes descriptor, header, seek table, the original file's
header, the frames, and what followed the sound in the original file have."""
_DESCRIBED = 3980
"""The first version that has it."""


def cause_of(error: Exception) -> str:
    """An FFmpeg or system error as a short cause without numbers and paths."""
    if isinstance(error, (InvalidDataError, EOFError)):
        return "not audio, or damaged beyond reading"
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text).strip().rstrip(".")


def probe(path: Path) -> StreamInfo:
    """What the first audio stream is.

    :raises DecodeError: the file cannot be opened or has no audio stream
    """
    try:
        with av.open(str(path), metadata_errors="replace") as container:
            if not container.streams.audio:
                raise DecodeError(path, "no audio stream")
            stream = container.streams.audio[0]
            duration: float | None = None
            if stream.duration is not None and stream.time_base is not None:
                duration = float(stream.duration * stream.time_base)
            elif container.duration is not None:
                duration = container.duration / 1_000_000
            context = stream.codec_context
            return StreamInfo(
                container.format.name, context.name, context.sample_rate or 0, context.channels, duration
            )
    except (FFmpegError, OSError, ValueError) as error:
        raise DecodeError(path, cause_of(error), absent=tells_absence(error)) from error


def packets_digest(path: Path) -> TrackId:
    """SHA-256 over the payload of every packet of the first audio stream, hex.

    It does not depend on tags, pictures, padding or where in the file the packets lie; it is what
    ``ffmpeg -i FILE -map 0:a:0 -c copy -f hash -`` hashes, of Monkey's Audio without tags behind it.

    :raises DecodeError: the file cannot be demultiplexed
    """
    try:
        with path.open("rb") as file:
            try:
                return _digest(path, without_tags_behind(file))
            except InvalidDataError:
                # As that of WavPack, which takes an ID3 tag behind the audio for a damaged block.
                end = end_of_wavpack(file)
                file.seek(end)
                if not file.read(8).startswith(_TAGS):
                    raise
                return _digest(path, Front(file, end))
    except (FFmpegError, OSError, ValueError) as error:
        raise DecodeError(path, cause_of(error), absent=tells_absence(error)) from error


def _digest(path: Path, opened: BinaryIO | Front) -> TrackId:
    digest = hashlib.sha256()
    with av.open(opened, mode="r", metadata_errors="replace") as container:
        if not container.streams.audio:
            raise DecodeError(path, "no audio stream")
        for packet in container.demux(container.streams.audio[0]):
            if packet.size:
                digest.update(packet)
    return TrackId(digest.hexdigest())


def end_of_wavpack(file: BinaryIO) -> int:
    """Where the blocks of a WavPack file end, 0 where it has none."""
    first = place = _start(file)
    while True:
        file.seek(place)
        head = file.read(8)
        if len(head) < 8 or not head.startswith(b"wvpk"):
            return place if place > first else 0
        place += 8 + int.from_bytes(head[4:], "little")


def end_of_monkeys_audio(file: BinaryIO) -> int:
    """Where the audio of a file of Monkey's Audio ends; 0 where it is none, is cut off, or is of a version
    (before 3.98) that does not say."""
    start = _start(file)
    file.seek(start)
    head = file.read(_DESCRIPTOR.size)
    if len(head) < _DESCRIPTOR.size or not head.startswith(b"MAC "):
        return 0
    _, version, *sizes = _DESCRIPTOR.unpack(head)
    end = start + sum(sizes)
    return end if version >= _DESCRIBED and end <= file.seek(0, os.SEEK_END) else 0


def without_tags_behind(file: BinaryIO) -> BinaryIO | Front:
    """A file as FFmpeg is to read it: in Monkey's Audio it counts tags as a part of the last packet."""
    end = end_of_monkeys_audio(file)
    file.seek(0)
    return Front(file, end) if end else file


def _start(file: BinaryIO) -> int:
    """Where a file begins behind an ID3v2 tag."""
    file.seek(0)
    head = file.read(10)
    if not head.startswith(b"ID3") or len(head) < 10:
        return 0
    return 10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9])


class Front:
    """The first bytes of a file as a file of its own, for FFmpeg."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._size = file, size
        file.seek(0)

    def read(self, count: int) -> bytes:
        """Up to so many bytes."""
        return self._file.read(max(0, min(count, self._size - self._file.tell())))

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place, and return it."""
        if whence == os.SEEK_END:
            offset, whence = self._size + offset, os.SEEK_SET
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """The place at hand."""
        return self._file.tell()
