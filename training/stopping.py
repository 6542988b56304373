"""Stopping when asked, within a second, whatever the network is doing."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from types import FrameType

GRACE_SECONDS = 0.5
EXIT_STATUS = 130


class Stopped(Exception):
    """The run was asked to stop and has stopped. Its last checkpoint is kept."""


class Stop:
    """Ctrl+C and SIGTERM become a wish, which the loop meets between two steps.

    A step of a large network can take many seconds, in which Python runs no signal handler. So a thread waits
    for the signal itself and ends the process if the loop has not done so after ``GRACE_SECONDS``. Nothing is
    lost but the time since the last checkpoint: files are only ever replaced as a whole.
    """

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._over = False

    def __call__(self) -> bool:
        """Whether somebody has asked."""
        return self._asked.is_set()

    def __enter__(self) -> Stop:
        read, self._write = socket.socketpair()
        self._write.setblocking(False)
        self._before = {name: signal.signal(name, self._ask) for name in (signal.SIGINT, signal.SIGTERM)}
        self._fd = signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        threading.Thread(target=self._watch, args=(read,), name="stop", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        signal.set_wakeup_fd(self._fd)
        for name, handler in self._before.items():
            signal.signal(name, handler)
        self._write.close()  # ends the thread

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self._asked.set()

    def _watch(self, read: socket.socket) -> None:
        """Wakes up at the signal itself: Python writes its number into the socket at once."""
        numbers = read.recv(1)
        if numbers and not self._over:
            self._asked.set()
            timer = threading.Timer(GRACE_SECONDS, self._end)
            timer.daemon = True
            timer.start()
        read.close()

    def _end(self) -> None:
        if not self._over:
            print(
                "Stopped in the middle of a step. --resume goes on from the last checkpoint.", file=sys.stderr
            )
            sys.stderr.flush()
            os._exit(EXIT_STATUS)
