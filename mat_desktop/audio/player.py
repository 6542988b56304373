"""Plays one file at a time through the default output device.

A thread decodes with PyAV at the device's rate, in stereo, into a bounded queue; the sound card's callback
only copies out of it. Time is counted in frames that were played, not by a clock. Nothing here needs a sound
card to be imported: without one, or without PortAudio, the player says why it is silent.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from queue import Empty, Full, Queue
from types import ModuleType
from typing import Any

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from mat_desktop.audio.probe import cause_of

Block = NDArray[np.float32]

BLOCK = 2048
"""Frames in a block of the queue."""

AHEAD = 20
"""Blocks decoded ahead: just under a second at 44.1 kHz."""

FADE = 441
"""Frames over which sound comes in after a seek, against clicks."""

CHANNELS = 2


class Player:
    """Play, pause, seek. Every method may be called from one thread, and returns at once."""

    def __init__(self) -> None:
        self._sounddevice: ModuleType | None = None
        self._reason = ""
        self._looked = False
        self._rate = 44_100
        self._volume = 1.0
        self._lock = threading.Lock()
        self._stream: Any = None
        self._run: _Run | None = None
        self.path: Path | None = None

    # what there is

    @property
    def available(self) -> bool:
        """Whether there is a device to play on. The first look costs some 0.1 s."""
        if not self._looked:
            self.look_again()
        return self._sounddevice is not None

    @property
    def reason(self) -> str:
        """Why nothing can be played, in one sentence; empty where it can."""
        if not self._looked:
            self.look_again()
        return self._reason

    def look_again(self) -> bool:
        """Look for an output device anew."""
        self.stop()
        self._looked = True
        module, self._sounddevice = self._sounddevice, None
        try:
            import sounddevice
        except OSError:
            self._reason = "PortAudio is not installed (Debian, Ubuntu: libportaudio2)"
            return False
        except ImportError:
            self._reason = "The sounddevice package is not installed"
            return False
        try:
            if module is not None or self._reason:  # PortAudio keeps the list of devices of its start
                sounddevice._terminate()
                sounddevice._initialize()
            info = sounddevice.query_devices(kind="output")
            self._rate = int(info["default_samplerate"])
        except (sounddevice.PortAudioError, ValueError, KeyError, TypeError, OSError):
            self._reason = "No sound output device found"
            return False
        self._sounddevice = sounddevice
        self._reason = ""
        return True

    # what it does

    @property
    def playing(self) -> bool:
        """Whether sound is coming out, or about to."""
        run = self._run
        return run is not None and not run.paused and not run.over

    @property
    def ended(self) -> bool:
        """Whether the file was played to its end."""
        run = self._run
        return run is not None and run.over

    @property
    def position(self) -> float:
        """Seconds into the file of what is heard now."""
        run, stream = self._run, self._stream
        if run is None:
            return 0.0
        late = float(getattr(stream, "latency", 0.0) or 0.0)  # what was handed over but is not heard yet
        return max(run.start_at, run.position - late)

    @property
    def error(self) -> str:
        """Why the file stopped playing, empty where it did not."""
        run = self._run
        return run.error if run is not None else ""

    @property
    def volume(self) -> float:
        """0..1."""
        return self._volume

    @volume.setter
    def volume(self, value: float) -> None:
        self._volume = min(max(value, 0.0), 1.0)
        if self._run is not None:
            self._run.volume = self._volume

    def play(self, path: Path | None = None, at: float = 0.0) -> bool:
        """Start a file, or go on after a pause when no file is given. Returns whether there will be sound."""
        if not self.available:
            return False
        if path is None:
            if self._run is None or self._run.over:
                return self.play(self.path, 0.0) if self.path is not None else False
            self._run.paused = False
            return self._start_stream()
        self.stop()
        self.path = path
        self._run = _Run(path, self._rate, at, self._volume)
        self._run.start()
        return self._start_stream()

    def pause(self) -> None:
        """Silence; the place is kept, and the file closed only by :meth:`stop`."""
        if self._run is not None:
            self._run.paused = True

    def seek(self, seconds: float) -> None:
        """Go to a place in the file that is open."""
        run = self._run
        if run is None or self.path is None:
            return
        paused = run.paused and not run.over
        run.stop()
        self._run = _Run(self.path, self._rate, max(0.0, seconds), self._volume)
        self._run.paused = paused
        self._run.start()
        self._start_stream()

    def stop(self) -> None:
        """Silence, and the file is closed: it may be written now."""
        stream, self._stream = self._stream, None
        if stream is not None:
            with suppress(Exception):
                stream.abort()
            with suppress(Exception):
                stream.close()
        run, self._run = self._run, None
        if run is not None:
            run.stop()

    def close(self) -> None:
        """Stop for good."""
        self.stop()

    # inside

    def _start_stream(self) -> bool:
        assert self._sounddevice is not None
        if self._stream is not None:
            return True
        try:
            self._stream = self._sounddevice.OutputStream(
                samplerate=self._rate,
                channels=CHANNELS,
                dtype="float32",
                latency="high",
                callback=self._callback,
            )
            self._stream.start()
        except Exception as error:
            self._stream = None
            if self._run is not None:
                self._run.stop()
                self._run = None
            self._sounddevice = None
            self._reason = f"The sound device cannot be opened: {cause_of(error)}"
            return False
        return True

    def _callback(self, out: Block, frames: int, time: object, status: object) -> None:
        run = self._run
        if run is None:
            out.fill(0)
        else:
            run.fill(out)


class _Run:
    """One decoding of a file from one place on: a thread, a queue, and what was played of it."""

    def __init__(self, path: Path, rate: int, at: float, volume: float) -> None:
        self.paused = False
        self.over = False
        self.error = ""
        self.volume = volume
        self._path = path
        self._rate = rate
        self.start_at = at
        self._played = 0
        self._queue: Queue[Block | None] = Queue(AHEAD)
        self._halt = threading.Event()
        self._rest: Block | None = None
        self._used = 0
        self._thread = threading.Thread(target=self._decode, name="player", daemon=True)

    @property
    def position(self) -> float:
        return self.start_at + self._played / self._rate

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._halt.set()
        with suppress(Empty):
            while True:
                self._queue.get_nowait()
        self._thread.join(2.0)

    def fill(self, out: Block) -> None:
        """In the sound card's callback: copy what is there, silence for the rest."""
        done, wanted = 0, len(out)
        while done < wanted and not self.paused and not self.over:
            if self._rest is None:
                try:
                    self._rest = self._queue.get_nowait()
                except Empty:
                    break
                self._used = 0
                if self._rest is None:
                    self.over = True
                    break
            count = min(wanted - done, len(self._rest) - self._used)
            np.multiply(
                self._rest[self._used : self._used + count], self.volume, out=out[done : done + count]
            )
            done += count
            self._used += count
            self._played += count
            if self._used == len(self._rest):
                self._rest = None
        out[done:] = 0

    def _decode(self) -> None:
        try:
            with self._path.open("rb") as file, av.open(file, metadata_errors="replace") as container:
                if not container.streams.audio:
                    raise ValueError("no audio stream")
                first = True
                for block in _blocks(container, self._rate, self.start_at):
                    if first:
                        fade = min(FADE, len(block))
                        block[:fade] *= np.linspace(0, 1, fade, dtype=np.float32)[:, None]
                        first = False
                    if not self._put(block):
                        return
        except (FFmpegError, OSError, ValueError) as error:
            self.error = cause_of(error)
        self._put(None)

    def _put(self, block: Block | None) -> bool:
        while not self._halt.is_set():
            with suppress(Full):
                self._queue.put(block, timeout=0.1)
                return True
        return False


def _blocks(container: Any, rate: int, at: float) -> Iterator[Block]:
    """Blocks of at most :data:`BLOCK` stereo frames from a place in the file on."""
    stream = container.streams.audio[0]
    resampler = av.AudioResampler(format="flt", layout="stereo", rate=rate)
    if at > 0:
        with suppress(FFmpegError):  # what cannot be sought is decoded from its start and cut
            container.seek(int(at / stream.time_base) + (stream.start_time or 0), stream=stream)
    start = float((stream.start_time or 0) * stream.time_base)
    cut: int | None = None
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except FFmpegError:
            continue
        for frame in frames:
            if cut is None:
                here = frame.time - start if frame.time is not None else 0.0
                cut = max(0, round((at - here) * rate))
            for made in resampler.resample(frame):
                sound = made.to_ndarray().reshape(-1, CHANNELS)
                if cut:
                    skipped = min(cut, len(sound))
                    sound = sound[skipped:]
                    cut -= skipped
                for first in range(0, len(sound), BLOCK):
                    yield np.array(sound[first : first + BLOCK], np.float32)
