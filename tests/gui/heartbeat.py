"""How long an event loop stands still, beside one in another process that has nothing to do.

On a computer that others use as well every event loop waits at times. The idle one says for how long a loop
waits here that does nothing wrong, so that the difference is what the window itself costs.
"""

from __future__ import annotations

import struct
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer

TICK = 0.005
"""Seconds between two beats."""

LONG, SHORT = 0.1, 0.02
"""No gap should be longer than the first, and 99 % of them shorter than the second: seconds."""

_BEAT = struct.Struct("dd")


@dataclass(frozen=True, slots=True)
class Beat:
    """One turn of the loop.

    :param at: when the one before was, seconds of the monotonic clock
    :param gap: how much later than it should it came, seconds
    :param used: processor time of the thread since the one before, seconds
    """

    at: float
    gap: float
    used: float = 0.0


def said(times: Iterable[float]) -> str:
    """A line on some gaps."""
    gaps = sorted(times)
    if not gaps:
        return "no beat"
    short = sum(gap < SHORT for gap in gaps) / len(gaps)
    long = sum(gap > LONG for gap in gaps)
    return f"longest {gaps[-1] * 1000:5.0f} ms, {long:3} over 100 ms, {short:7.2%} below 20 ms"


class Heart(QObject):
    """Looks at the clock whenever the event loop lets it."""

    def __init__(self) -> None:
        super().__init__()
        self.beats: list[Beat] = []
        self._last, self._used = time.monotonic(), time.thread_time()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(int(TICK * 1000))
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def _tick(self) -> None:
        now, used = time.monotonic(), time.thread_time()
        self.beats.append(Beat(self._last, max(0.0, now - self._last - TICK), used - self._used))
        self._last, self._used = now, used

    def since(self, start: float) -> list[Beat]:
        """Beats that end from then on: what is done at the start is part of the first."""
        return [beat for beat in self.beats if beat.at + TICK + beat.gap >= start]


class Control:
    """An idle event loop in a process of its own, which writes its beats to a file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        file.touch()
        self._process = subprocess.Popen([sys.executable, "-m", "tests.gui.heartbeat", str(file)])

    def between(self, start: float, end: float) -> list[Beat]:
        """Its beats in that time."""
        data = self._file.read_bytes()
        pairs = _BEAT.iter_unpack(data[: len(data) // _BEAT.size * _BEAT.size])
        return [Beat(at, gap) for at, gap in pairs if start <= at <= end]

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()


def _idle(file: Path) -> None:
    app = QCoreApplication([])
    heart = Heart()

    def put() -> None:
        out.write(b"".join(_BEAT.pack(beat.at, beat.gap) for beat in heart.beats))
        heart.beats.clear()

    with file.open("ab", buffering=0) as out:
        timer = QTimer()
        timer.timeout.connect(put)
        timer.start(100)
        app.exec()


if __name__ == "__main__":
    _idle(Path(sys.argv[1]))
