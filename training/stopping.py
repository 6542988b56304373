"""Stopping when asked, within a second, whatever the network is doing."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from types import FrameType

GRACE_SECONDS = 0.3
SAY_SECONDS = 0.1
EXIT_STATUS = 130
SHOW_CURSOR = "\x1b[?25h\n"


class Stopped(Exception):
    """The work was asked to stop and has stopped."""


class Stop:
    """Ctrl+C and SIGTERM become a wish, which is met between two steps, or two clips that are prepared.

    A step of a large network can take many seconds, in which Python runs no signal handler. So a thread waits
    for the signal itself and ends the process if it is still there after ``GRACE_SECONDS``. Nothing is
    lost but the time since the last checkpoint: files are only ever replaced as a whole.
    """

    def __init__(self) -> None:
        self.kept: Callable[[], str] = lambda: ""
        """What of the work is kept at this moment, a sentence for the user; of nothing it is empty."""
        self._asked = threading.Event()
        self._over = False

    def __call__(self) -> bool:
        """Whether somebody has asked."""
        return self._asked.is_set()

    def check(self) -> None:
        """:raises Stopped: somebody has asked"""
        if self._asked.is_set():
            raise Stopped

    @property
    def message(self) -> str:
        """What the user is told at the end."""
        return f"Stopped. {self.kept()}".strip()

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
            # Nobody may be reading what is said.
            threading.Timer(SAY_SECONDS, os._exit, (EXIT_STATUS,)).start()
            if sys.stderr.isatty():
                sys.stderr.write(SHOW_CURSOR)  # a bar that is not ended hides it
            if os.environ.get("RANK", "0") == "0":  # one of several processes says so
                print(self.message, file=sys.stderr, flush=True)
            os._exit(EXIT_STATUS)
