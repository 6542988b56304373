"""From any audio file to mono float32 at one rate: PyAV (FFmpeg) first, soundfile where it fails.

Down-mixing comes before resampling (half the work for stereo), and resampling is soxr's HQ. Blocks are
streamed, so that memory does not depend on the length of the file.
"""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
import soundfile
import soxr
from av.error import FFmpegError
from numpy.typing import NDArray

from mat_desktop.audio.probe import cause_of, without_tags_behind
from mat_desktop.domain.track import TrackId
from mat_desktop.errors import DecodeError, tells_absence

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet

Samples = NDArray[np.float32]

BLOCK_SAMPLES = 1 << 16
"""Source samples that are down-mixed and resampled together: FFmpeg's frames are too small to be worth it."""

FULL_SCALE = {"u8": 128.0, "s16": 32768.0, "s32": 2147483648.0, "s64": 9223372036854775808.0}
"""The value that is 1.0, for FFmpeg's integer sample formats."""

EXACT_DURATION = ("flac", "aiff", "mov", "ape", "wv", "tta", "caf", "w64", "dsf")
"""Containers that state how long the audio is. Others only guess it, so a shortfall there says nothing."""

MISSING_SHARE = 0.02
MISSING_SECONDS = 1.5
"""A file that is shorter than it states by more than both of these ends early."""


class Decoding:
    """One file being decoded: iterate over it for blocks of samples, then ask what was found.

    >>> decoding = Decoding(path, 16_000)
    >>> clip = np.concatenate(list(decoding))
    >>> decoding.seconds, decoding.track_id
    """

    def __init__(self, path: Path, rate: int) -> None:
        """Nothing is opened before the iteration starts.

        :param rate: Hz of the samples that come out
        """
        self.path = path
        self.rate = rate
        self.samples = 0
        self.expected: float | None = None
        self.damage: FFmpegError | None = None
        self.track_id: TrackId | None = None

    @property
    def seconds(self) -> float:
        """Length of what was decoded so far."""
        return self.samples / self.rate

    def __iter__(self) -> Iterator[Samples]:
        """Blocks of mono float32 samples in -1..1 (louder where the file is), any length above 0.

        :raises DecodeError: no decoder reads the file, or it ends before its stated end
        """
        try:
            status = self.path.stat()
        except OSError as error:
            raise DecodeError(self.path, cause_of(error), absent=tells_absence(error)) from error
        if not stat.S_ISREG(status.st_mode):
            raise DecodeError(self.path, "not a regular file")
        if status.st_size == 0:
            raise DecodeError(self.path, "the file is empty")
        try:
            yield from self._count(_av_blocks(self))
        except DecodeError as first:
            if self.samples:
                raise
            try:
                yield from self._count(_soundfile_blocks(self))
            except DecodeError:
                raise first from None

    def _count(self, blocks: Iterator[Samples]) -> Iterator[Samples]:
        for block in blocks:
            if block.size:
                self.samples += block.size
                yield block
        if not self.samples:
            raise DecodeError(self.path, "no audio in the file")


def decode(path: Path, rate: int = 16_000) -> Samples:
    """The whole file as one array.

    :param rate: Hz
    :returns: float32 mono [samples]
    :raises DecodeError: no decoder reads the file, or it ends before its stated end
    """
    return np.concatenate(list(Decoding(path, rate)))


def _av_blocks(decoding: Decoding) -> Iterator[Samples]:
    path = decoding.path
    digest = hashlib.sha256()
    try:
        # A file object, not a name: FFmpeg would take "http:..." or "concat:..." as a protocol, and PyAV
        # cannot encode names that are not UTF-8.
        with (
            path.open("rb") as file,
            av.open(without_tags_behind(file), mode="r", metadata_errors="replace") as container,
        ):
            if not container.streams.audio:
                raise DecodeError(path, "no audio stream")
            mixer = _Mixer(decoding.rate)
            stream = container.streams.audio[0]
            decoding.expected = container.duration / 1e6 if container.duration else None
            stream.codec_context.thread_type = "NONE"  # parallel over files, where it scales
            for packet in _packets(decoding, container):
                if packet.size:
                    digest.update(packet)
                try:
                    frames = packet.decode()
                except FFmpegError as error:
                    decoding.damage = error
                    continue
                for frame in frames:
                    yield from mixer.add(_mono(frame), frame.sample_rate)
            yield from mixer.finish()
            if not mixer.seconds:
                raise DecodeError(
                    path, cause_of(decoding.damage) if decoding.damage else "no audio in the file"
                )
            stated = _stated_seconds(path, container)
            if stated and stated - mixer.seconds > max(MISSING_SECONDS, MISSING_SHARE * stated):
                raise DecodeError(path, f"the file ends early: {mixer.seconds:.0f} s of {stated:.0f} s")
            if "ogg" in container.format.name and _ends_inside_ogg_page(path):
                raise DecodeError(path, f"the file ends early: cut off after {mixer.seconds:.0f} s")
            decoding.track_id = TrackId(digest.hexdigest())
    except (FFmpegError, OSError, ValueError) as error:
        raise DecodeError(path, cause_of(error), absent=tells_absence(error)) from error


def _packets(decoding: Decoding, container: InputContainer) -> Iterator[Packet[AudioStream]]:
    """Encoded packets up to the end, or up to where the container is broken: what came before counts."""
    try:
        yield from container.demux(container.streams.audio[0])
    except FFmpegError as error:
        decoding.damage = error


def _soundfile_blocks(decoding: Decoding) -> Iterator[Samples]:
    path = decoding.path
    try:
        with path.open("rb") as raw, soundfile.SoundFile(raw) as file:
            mixer = _Mixer(decoding.rate)
            for block in file.blocks(BLOCK_SAMPLES, dtype="float32", always_2d=True):
                yield from mixer.add(block.mean(axis=1, dtype=np.float32), file.samplerate)
            yield from mixer.finish()
            decoding.track_id = TrackId(hashlib.sha256(path.read_bytes()).hexdigest())
    except (soundfile.SoundFileError, OSError, ValueError, RuntimeError) as error:
        raise DecodeError(path, cause_of(error), absent=tells_absence(error)) from error


class _Mixer:
    """Collects mono samples at the source's rate and gives them back at ours; the rate may change midway."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.seconds = 0.0
        self._source_rate = 0
        self._resampler: soxr.ResampleStream | None = None
        self._waiting: list[Samples] = []
        self._waiting_samples = 0

    def add(self, mono: Samples, source_rate: int) -> Iterator[Samples]:
        if source_rate != self._source_rate:
            yield from self.finish()
            self._source_rate = source_rate
            if source_rate != self.rate:
                self._resampler = soxr.ResampleStream(
                    source_rate, self.rate, 1, dtype="float32", quality="HQ"
                )
        self._waiting.append(mono)
        self._waiting_samples += mono.size
        self.seconds += mono.size / source_rate
        if self._waiting_samples >= BLOCK_SAMPLES:
            yield self._resample(last=False)

    def finish(self) -> Iterator[Samples]:
        if self._source_rate:
            yield self._resample(last=True)
        self._resampler = None

    def _resample(self, *, last: bool) -> Samples:
        block = np.concatenate(self._waiting) if self._waiting else np.zeros(0, np.float32)
        self._waiting = []
        self._waiting_samples = 0
        if self._resampler is None:
            return block
        resampled: Samples = self._resampler.resample_chunk(block, last=last)
        return resampled


def _mono(frame: AudioFrame) -> Samples:
    """Mean over the channels; NaN and infinity of broken float files become silence."""
    array = frame.to_ndarray()
    if frame.format.is_planar:
        mono = array.mean(axis=0, dtype=np.float32) if array.shape[0] > 1 else array[0]
    else:
        mono = array.reshape(-1, frame.layout.nb_channels).mean(axis=1, dtype=np.float32)
    samples: Samples = np.asarray(mono, dtype=np.float32)
    name = frame.format.name.removesuffix("p")
    if name in FULL_SCALE:
        offset = np.float32(128 if name == "u8" else 0)
        return (samples - offset) / np.float32(FULL_SCALE[name])
    if not np.isfinite(samples).all():
        samples = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
    return samples


def _stated_seconds(path: Path, container: InputContainer) -> float | None:
    """How long the file says it is, None where it only guesses."""
    stream = container.streams.audio[0]
    names = container.format.name.split(",")
    if "wav" in names:
        return _seconds_in_riff(path)
    if "asf" in names:
        return _seconds_in_asf(path)
    exact = any(name in EXACT_DURATION for name in names) or ("mp3" in names and _has_frame_count(path))
    if not exact or stream.duration is None or stream.time_base is None:
        return None
    return float(stream.duration * stream.time_base)


_LINEAR = (0x0001, 0x0003, 0xFFFE)
"""WAVE formats PCM, IEEE float and extensible."""


def _seconds_in_riff(path: Path) -> float | None:
    """Length that a WAV's chunks state; FFmpeg would cut it to the file's size.

    None for a file written to a pipe (size 0 or 4 GiB) and for RF64, which has its sizes elsewhere.
    """
    with path.open("rb") as file:
        if file.read(4) != b"RIFF":
            return None
        file.seek(12)
        bytes_per_second = 0
        while len(head := file.read(8)) == 8:
            name, size = head[:4], int.from_bytes(head[4:], "little")
            if name == b"fmt " and size >= 16:
                head = file.read(16)
                # Only there is the rate exact; encoders of ADPCM and the like put in what they please.
                if int.from_bytes(head[:2], "little") in _LINEAR:
                    bytes_per_second = int.from_bytes(head[8:12], "little")
                file.seek(size - 16, 1)
            elif name == b"data":
                return size / bytes_per_second if bytes_per_second and 0 < size < 0xFFFFFF00 else None
            else:
                file.seek(size, 1)
            file.seek(size & 1, 1)
    return None


_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")


def _seconds_in_asf(path: Path) -> float | None:
    """Play duration less preroll in the File Properties Object (ASF specification, 3.2)."""
    with path.open("rb") as file:
        head = file.read(1 << 16)
    start = head.find(_FILE_PROPERTIES)
    if start < 0 or len(head) < start + 88:
        return None
    duration = int.from_bytes(head[start + 64 : start + 72], "little") / 1e7
    preroll = int.from_bytes(head[start + 80 : start + 88], "little") / 1e3
    return duration - preroll if duration > preroll else None


def _ends_inside_ogg_page(path: Path) -> bool:
    """Whether the last page (RFC 3533: at most 65,307 bytes) is longer than what is left of the file."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 65_536))
        tail = file.read()
    start = tail.rfind(b"OggS")
    if start < 0:
        return False
    table = tail[start + 27 : start + 27 + tail[start + 26]] if len(tail) > start + 26 else b""
    return len(tail) < start + 27 or len(tail) < start + 27 + len(table) + sum(table)


def _has_frame_count(path: Path) -> bool:
    """Whether an mp3 begins with a Xing or Info header, which counts its frames."""
    with path.open("rb") as file:
        head = file.read(10)
        if head[:3] == b"ID3" and len(head) == 10:
            size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
            file.seek(10 + size)
        else:
            file.seek(0)
        first = file.read(4096)
    return b"Xing" in first or b"Info" in first
