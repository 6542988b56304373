"""Whose turn it is: the window's first, then that of those who work for it.

Python lets one thread run at a time. Painting asks for that at every cell, and beside a worker that computes,
each of these waits lasts a switch interval. So workers rest between two things while the window paints.
"""

from __future__ import annotations

import importlib
import logging
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from PySide6.QtCore import QObject, QTimer, Slot

BUSY = 0.05
"""Seconds for which the window may keep workers waiting in one go."""

SLICE, LONG_SLICE = 0.010, 0.025
"""Seconds of processor time, and by the clock, for which the window lets an import run."""

LONGEST = 2.0
"""Seconds after which it does not wait any longer for one module: standing still is better than a crash."""

REST_MS = 5
"""Between two slices."""

PATIENCE = 1.0
"""Seconds after which an import goes on without having been asked to, as the window may wait for it."""

FINISH = 3.0
"""Seconds for which a window that is closed, or needs it, waits for it."""

Done = Callable[[Any], None]
Failed = Callable[[Exception], None]

log = logging.getLogger(__name__)


class Turns:
    """Knows whether the UI thread is at work on something that workers should not disturb."""

    def __init__(self) -> None:
        self._free = threading.Event()
        self._free.set()
        self._since = 0.0
        self._depth = 0

    def __enter__(self) -> None:
        """The UI thread paints, or takes in what was done; may be nested."""
        self._depth += 1
        if self._depth == 1:
            self._since = time.monotonic()
            self._free.clear()

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if not self._depth:
            self._free.set()

    @property
    def busy(self) -> bool:
        """Whether it is."""
        return self._depth > 0

    def give_way(self) -> None:
        """In any other thread: wait until the UI thread is done, but not for long."""
        left = self._since + BUSY - time.monotonic()
        if left > 0:
            self._free.wait(left)


class InTurns(QObject):
    """Does one thing after another, each in a turn of the event loop of its own, so that it does not stand
    still for all of them together.
    """

    def __init__(self, parent: QObject, steps: Iterable[Callable[[], object]]) -> None:
        """:param parent: what they are for; without it there are no more turns"""
        super().__init__(parent)
        self._steps = deque(steps)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._turn)
        self._timer.start(REST_MS)  # for what was posted, and to paint

    @Slot()
    def _turn(self) -> None:
        step = self._steps.popleft()
        if not self._steps:
            self._timer.stop()
            self.deleteLater()
        step()


class Loader(QObject):
    """Imports modules while the window is shown, without it standing still and without a race inside Qt.

    They run in a thread, but only while the UI thread waits for it, a slice at a time, with a pause between
    two modules. Modules that make Qt classes must not run beside the UI thread: before Python 3.12, PySide6
    keeps its classes in one table, in which C++ looks up without the interpreter's lock what
    ``MetaObjectBuilder::update`` is then called on. A class made meanwhile can bring the process down.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wanted: deque[tuple[str, Done, Failed]] = deque()
        self._running: _Import | None = None
        self._closed = False
        self._timer = QTimer(self)
        self._timer.setInterval(REST_MS)
        self._timer.timeout.connect(self._turn)

    def load(self, name: str, done: Done, failed: Failed | None = None) -> None:
        """Import a module, after those that were asked for before.

        :param done: called with it, in the UI thread
        :param failed: called where it cannot be imported
        """
        self._wanted.append((name, done, failed or _log))
        if not self._closed:
            self._timer.start()

    def hasten(self) -> None:
        """The UI thread is about to import something itself: finish what is under way, which may be that."""
        if self._running is not None:
            self._running.finish()

    def close(self) -> None:
        """Import nothing any more, but for the rest of what is under way."""
        self._closed = True
        self._timer.stop()
        self.hasten()

    @Slot()
    def _turn(self) -> None:
        if self._running is None:
            self._running = _Import(self._wanted[0][0])
            self._running.start()
        self._running.go_on()
        if not self._running.over:
            return
        module, error, self._running = self._running.module, self._running.error, None
        _, done, failed = self._wanted.popleft()
        if not self._wanted:
            self._timer.stop()
        if error is not None:
            failed(error)
        else:
            done(module)


def _log(error: Exception) -> None:
    log.error("a part of the program is missing", exc_info=error)


class _Import(threading.Thread):
    """One import, and while it lasts the finder that every module of it passes."""

    def __init__(self, name: str) -> None:
        super().__init__(name=f"import {name}", daemon=True)
        self.module: ModuleType | None = None
        self.error: Exception | None = None
        self.over = False
        self._wanted = name
        self._turn = threading.Condition()
        self._mine = False
        self._used, self._until = 0.0, 0.0
        self._hurry = False

    def run(self) -> None:
        self._wait()
        sys.meta_path.insert(0, self)
        try:
            self.module = importlib.import_module(self._wanted)
        except Exception as caught:  # delivered to whoever asked
            self.error = caught
        finally:
            sys.meta_path.remove(self)
            self._give_back(over=True)

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find nothing, but rest before the next module where the slice is over."""
        if threading.get_ident() == self.ident and not self._hurry and self._is_used_up():
            self._give_back()
            self._wait()
        return None

    def _is_used_up(self) -> bool:
        return time.monotonic() > self._until or time.thread_time() > self._used + SLICE

    def _wait(self) -> None:
        with self._turn:
            if not self._turn.wait_for(lambda: self._mine or self._hurry, PATIENCE):
                self._hurry = True  # until it is asked to again: else each module would cost as long
        self._used = time.thread_time()

    def _give_back(self, *, over: bool = False) -> None:
        with self._turn:
            self._mine, self.over = False, over
            self._turn.notify_all()

    def go_on(self) -> None:
        """In the UI thread: let it run for a slice."""
        with self._turn:
            # A module that was waited for in vain before has its turn still, and goes on beside the window.
            if not self.over and not self._mine:
                self._hurry = False
                self._mine, self._until = True, time.monotonic() + LONG_SLICE
                self._turn.notify_all()
                self._turn.wait_for(lambda: not self._mine, LONGEST)

    def finish(self) -> None:
        """In the UI thread: wait for the rest. What is imported in part is of no use to a later import."""
        with self._turn:
            self._hurry = True
            self._turn.notify_all()
        self.join(FINISH)
