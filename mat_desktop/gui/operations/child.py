"""A process of ``python -m training``, spoken to without ever waiting for it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

import mat_desktop

PROGRAM = (sys.executable, "-P", "-m", "training")
"""-P: a torch.py in the folder that the user stands in must not be imported."""

GRACE_MS = 1500
"""Until a process that was asked to stop is killed."""

LONGEST = 1 << 20
"""Bytes of a line; what is longer is no event, and is cut."""

KILLED, NOT_STARTED = -1, -2

POLITE = 5
"""How much a long training gives way to the window and to listening, as ``nice`` counts it."""


class Child(QObject):
    """One process, from its start to its end. What it starts itself rests with it, and ends with it.

    ``said`` hands over a line of its standard output, ``told`` one of standard error, and ``ended``, last,
    the exit status: 0 all went well, ``KILLED`` something ended it from outside, ``NOT_STARTED``.
    """

    said = Signal(str)
    told = Signal(str)
    ended = Signal(int)

    def __init__(
        self, arguments: Sequence[str], parent: QObject | None = None, *, polite: bool = False
    ) -> None:
        """Start it.

        :param polite: whether it lets others go first, where the system knows that
        """
        super().__init__(parent)
        self._over = False
        self._stopping = False
        self._paused = False
        self._pieces = dict.fromkeys(("said", "told"), b"")
        self._process = QProcess(self)
        self._process.setProcessEnvironment(_environment())
        self._process.readyReadStandardOutput.connect(lambda: self._read("said"))
        self._process.readyReadStandardError.connect(lambda: self._read("told"))
        self._process.finished.connect(self._finished)
        self._process.errorOccurred.connect(self._failed)
        if hasattr(self._process, "setUnixProcessParameters"):  # a session, and so a group, of its own
            self._process.setUnixProcessParameters(QProcess.UnixProcessFlag.CreateNewSession)
        if polite:
            self._process.started.connect(self._give_way)
        self._killing = QTimer(self)
        self._killing.setSingleShot(True)
        self._killing.setInterval(GRACE_MS)
        self._killing.timeout.connect(self._process.kill)
        self._process.start(PROGRAM[0], [*PROGRAM[1:], *arguments])
        self._group = self._process.processId()

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self._over

    @property
    def stopping(self) -> bool:
        """Whether it was asked to stop."""
        return self._stopping

    def stop(self) -> None:
        """Ask it to stop; it is killed where it does not within :data:`GRACE_MS`."""
        if self._over or self._stopping:
            return
        self._stopping = True
        if sys.platform == "win32":
            # There it would be asked through a window, and has none. What it writes is replaced as a whole.
            self._process.kill()
            return
        self._process.terminate()
        self.pause(False)  # afterwards: one that rests is to do nothing more but end
        self._killing.start()

    def pause(self, on: bool) -> None:
        """Let it rest in the middle of what it does, or go on; see :func:`can_pause`."""
        if can_pause() and on != self._paused and not self._over:
            self._paused = on
            self._tell_all(signal.SIGSTOP if on else signal.SIGCONT)

    def wait(self) -> None:
        """End it now, before the window goes."""
        if self._over:
            return
        self.stop()
        if not self._process.waitForFinished(GRACE_MS):
            self._process.kill()
            self._process.waitForFinished(1000)

    def _read(self, channel: str, *, last: bool = False) -> None:
        data = (
            self._process.readAllStandardOutput()
            if channel == "said"
            else self._process.readAllStandardError()
        )
        *lines, rest = (self._pieces[channel] + bytes(data.data())).split(b"\n")
        if len(rest) > LONGEST or (last and rest):
            lines, rest = [*lines, rest], b""
        self._pieces[channel] = rest
        say = self.said if channel == "said" else self.told
        for line in lines:
            say.emit(line[:LONGEST].decode("utf-8", "replace").rstrip("\r"))

    def _finished(self, status: int, kind: QProcess.ExitStatus) -> None:
        self._end(status if kind is QProcess.ExitStatus.NormalExit else KILLED)

    def _give_way(self) -> None:
        if hasattr(os, "setpriority"):
            with suppress(OSError):  # it has ended already
                os.setpriority(os.PRIO_PROCESS, self._process.processId(), POLITE)

    def _tell_all(self, number: int) -> None:
        """A signal for it and what it started."""
        if self._group > 0 and hasattr(os, "killpg"):
            with suppress(OSError):  # nobody is left, which Qt may not have heard yet
                os.killpg(self._group, number)

    def _failed(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self.told.emit(f"{Path(PROGRAM[0]).name} cannot be started: {self._process.errorString()}")
            self._end(NOT_STARTED)

    def _end(self, status: int) -> None:
        if self._over:
            return
        self._killing.stop()
        for channel in self._pieces:
            self._read(channel, last=True)
        self._tell_all(signal.SIGTERM)  # what it started must not work on for nobody
        self._over = True
        self.ended.emit(status)


def can_pause() -> bool:
    """Whether a process can be made to rest on this system."""
    return hasattr(signal, "SIGSTOP")


def _environment() -> QProcessEnvironment:
    environment = QProcessEnvironment.systemEnvironment()
    package = str(Path(mat_desktop.__file__).resolve().parent.parent)
    paths = [package, *filter(None, [environment.value("PYTHONPATH")])]
    environment.insert("PYTHONPATH", os.pathsep.join(paths))
    environment.insert("PYTHONIOENCODING", "utf-8")
    environment.insert("COLUMNS", "110")  # of what it prints for people; a small window's log has as many
    return environment
