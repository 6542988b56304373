"""Plays one file at a time.

A thread decodes with PyAV at the device's rate, in stereo, into a bounded queue; the sound card's callback
only copies out of it. Time is counted in frames that were played, not by a clock. Nothing here needs a sound
card to be imported: without one, or without PortAudio, the player says why it is silent.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from queue import Empty, Full, Queue
from typing import Any

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from mat_desktop.audio.lending import Lending
from mat_desktop.audio.output import CHANNELS, Output
from mat_desktop.audio.probe import cause_of

Block = NDArray[np.float32]

BLOCK = 2048
"""Frames in a block of the queue."""

AHEAD = 20
"""Blocks decoded ahead: just under a second at 44.1 kHz."""

FADE = 441
"""Frames over which sound comes in after a seek, and goes at the end of a loop, against clicks."""

WARM_UP = 0.1
"""Seconds decoded before a place that is sought: frames of lossy codecs lean on those before them."""

Loop = tuple[float, float]
"""A part of a file that is played again and again: its start and end, seconds."""


class Player:
    """Play, pause, seek, loop. Every method but :meth:`look_again` returns at once."""

    def __init__(self) -> None:
        self._looked = False
        self._volume = 1.0
        self._loop: Loop | None = None
        self._lock = threading.RLock()
        self._lending = Lending()
        self._run: _Run | None = None
        self._output = Output(self._fill, self._opened)
        self.path: Path | None = None

    # what there is

    @property
    def available(self) -> bool:
        """Whether there is a device to play on. The first look costs some 0.1 s."""
        if not self._looked:
            self.look_again()
        return self._output.available

    @property
    def reason(self) -> str:
        """Why nothing can be played, in one sentence; empty where it can."""
        if not self._looked:
            self.look_again()
        return self._output.reason

    @property
    def devices(self) -> tuple[str, ...]:
        """Names of the devices that can be chosen."""
        return self._output.devices

    @property
    def device(self) -> str:
        """The device chosen; empty is the system's default."""
        return self._output.wish

    def choose(self, device: str) -> None:
        """Play on this device from now on, and go on there; empty is the system's default."""
        self._output.choose(device)

    def take_notice(self) -> str | None:
        """What became of the device while it played, once; empty when it is no longer so, None if nothing."""
        return self._output.take_notice()

    def look_again(self) -> bool:
        """Look for output devices anew."""
        self.stop()
        self._looked = True
        return self._output.look_again()

    # what it does

    @property
    def playing(self) -> bool:
        """Whether sound is coming out, or about to."""
        run = self._run
        return run is not None and not run.paused and not run.over and self._output.available

    @property
    def ended(self) -> bool:
        """Whether the file was played to its end."""
        run = self._run
        return run is not None and run.over

    @property
    def position(self) -> float:
        """Seconds into the file of what is heard now."""
        run = self._run
        if run is None:
            return 0.0
        late = self._output.latency  # what was handed over but is not heard yet
        return max(run.floor, run.position - late)

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

    @property
    def loop(self) -> Loop | None:
        """The part that is played again and again, None where all is played once."""
        return self._loop

    @loop.setter
    def loop(self, loop: Loop | None) -> None:
        with self._lock:
            self._loop = loop
            if self._run is not None and not self._run.over:
                here = self.position
                inside = loop is None or loop[0] <= here < loop[1]
                self.seek(here if inside or loop is None else loop[0])

    def play(self, path: Path | None = None, at: float = 0.0) -> bool:
        """Start a file, or go on after a pause when no file is given. Returns whether there may be sound."""
        if not self.available:
            return False
        with self._lock:
            if path is None:
                if self._run is None or self._run.over:
                    return self.play(self.path, 0.0) if self.path is not None else False
                self._run.paused = False
            else:
                self._begin(path, at, paused=False)
        self._output.want()
        return True

    def pause(self) -> None:
        """Silence; the place is kept, and the file closed only by :meth:`stop`."""
        if self._run is not None:
            self._run.paused = True
            self._output.rest(at_once=False)

    def seek(self, seconds: float) -> None:
        """Go to a place in the file that is open."""
        with self._lock:
            if self._run is not None and self.path is not None:
                paused = self._run.paused and not self._run.over
                self._begin(self.path, max(0.0, seconds), paused=paused)
                if not paused:
                    self._output.want()

    def stop(self) -> None:
        """Silence, and the file is closed: it may be written now."""
        with self._lock:
            run, self._run = self._run, None
        self._output.rest(at_once=True)
        if run is not None:
            run.halt()
            run.wait()

    def lend(self, path: Path) -> AbstractContextManager[None]:
        """A file is closed meanwhile, so that it can be replaced by one with the same sound.

        What is decoded of it plays on, for just under a second. Any thread may ask.
        """
        return self._lending.lent(path)

    def close(self) -> None:
        """Stop for good."""
        self.stop()
        self._output.close()

    # inside

    def _begin(self, path: Path, at: float, *, paused: bool) -> None:
        old = self._run
        if old is not None:
            old.halt()
        self.path = path
        self._run = _Run(path, self._output.rate, at, self._volume, self._loop, paused, self._lending)
        self._run.start()

    def _opened(self, rate: int) -> None:
        """In the output's thread: what is decoded for another rate is decoded anew."""
        with self._lock:
            run = self._run
            if run is not None and run.rate != rate and self.path is not None:
                self._begin(self.path, run.position, paused=run.paused)

    def _fill(self, out: Block) -> None:
        run = self._run
        if run is None:
            out.fill(0)
        else:
            run.fill(out)


class _Run:
    """One decoding of a file from one place on: a thread, a queue, and what was played of it."""

    def __init__(
        self,
        path: Path,
        rate: int,
        at: float,
        volume: float,
        loop: Loop | None,
        paused: bool,
        lending: Lending,
    ) -> None:
        self.paused = paused
        self.over = False
        self.error = ""
        self.volume = volume
        self.rate = rate
        self.floor = at if loop is None else min(at, loop[0])
        self.played = 0
        self._path = path
        self._start_at = at
        self._loop = loop
        self._lending = lending
        self._soft = True
        self._queue: Queue[tuple[Block, float] | None] = Queue(AHEAD)
        self._halt = threading.Event()
        self._rest: Block | None = None
        self._rest_at = at
        self._used = 0
        self._thread = threading.Thread(target=self._decode, name="player", daemon=True)

    @property
    def position(self) -> float:
        return self._rest_at + self._used / self.rate

    def start(self) -> None:
        self._thread.start()

    def halt(self) -> None:
        self._halt.set()
        with suppress(Empty):
            while True:
                self._queue.get_nowait()

    def wait(self) -> None:
        """Until the file is closed, two seconds at most."""
        self._thread.join(2.0)

    def fill(self, out: Block) -> None:
        """In the sound card's callback: copy what is there, silence for the rest."""
        done, wanted = 0, len(out)
        while done < wanted and not self.paused and not self.over:
            if self._rest is None:
                try:
                    item = self._queue.get_nowait()
                except Empty:
                    break
                if item is None:
                    self.over = True
                    break
                self._used = 0
                self._rest, self._rest_at = item
            count = min(wanted - done, len(self._rest) - self._used)
            np.multiply(
                self._rest[self._used : self._used + count], self.volume, out=out[done : done + count]
            )
            done += count
            self._used += count
            self.played += count
            if self._used == len(self._rest):
                self._rest = None
        out[done:] = 0

    def _decode(self) -> None:
        at: float | None = self._start_at
        try:
            while at is not None and not self._halt.is_set():
                with self._lending.reading(self._path, self._halt.is_set):
                    at = self._once(at)
        except (FFmpegError, OSError, ValueError) as error:
            self.error = cause_of(error)
        self._put(None)

    def _once(self, at: float) -> float | None:
        """From a place to the end of the file or loop, or until the file is wanted elsewhere.

        Returns where to go on, None where nowhere. Sound comes in softly at the start, and at that of a loop.
        """
        loop, here = self._loop, at
        if self._halt.is_set():
            return None
        with self._path.open("rb") as file, av.open(file, metadata_errors="replace") as container:
            if not container.streams.audio:
                raise ValueError("no audio stream")
            for block in _blocks(container, self.rate, at):
                ends = loop is not None and here < loop[1] <= here + len(block) / self.rate
                if ends and loop is not None:
                    block = block[: max(1, round((loop[1] - here) * self.rate))]
                    _ramp(block[-FADE:], 1, 0)
                if self._soft:
                    _ramp(block[:FADE], 0, 1)
                if not self._put((block, here)):
                    return here
                self._soft = False
                if ends:
                    break
                here += len(block) / self.rate
        if loop is None or self._soft:  # there was nothing
            return None
        self._soft = True
        return loop[0]

    def _put(self, item: tuple[Block, float] | None) -> bool:
        """Returns whether it was taken, and not the decoding halted or the file wanted."""
        while not self._halt.is_set() and not (item and self._lending.wanted(self._path)):
            with suppress(Full):
                self._queue.put(item, timeout=0.1)
                return True
        return False


def _ramp(block: Block, start: float, end: float) -> None:
    block *= np.linspace(start, end, len(block), dtype=np.float32)[:, None]


def _blocks(container: Any, rate: int, at: float) -> Iterator[Block]:
    """Blocks of at most :data:`BLOCK` stereo frames from a place in the file on."""
    stream = container.streams.audio[0]
    resampler = av.AudioResampler(format="flt", layout="stereo", rate=rate)
    if at > 0:
        with suppress(FFmpegError):  # what cannot be sought is decoded from its start and cut
            before = max(0.0, at - WARM_UP)
            container.seek(int(before / stream.time_base) + (stream.start_time or 0), stream=stream)
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
