"""Work that changes something: a job, and the lane in which one job runs after another."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from queue import SimpleQueue
from typing import Any

from PySide6.QtCore import QThread, Signal

from mat_desktop.gui.turns import Turns
from mat_desktop.gui.work import Work

INTERVAL = 0.05
"""Least seconds between two deliveries."""

WAITING = 1000
"""Items that may wait for delivery; a worker that is ahead rests, and leaves the interpreter to the UI."""

FILES, LISTEN = "files", "listen"
"""Lanes."""

log = logging.getLogger(__name__)


class Job(Work):
    """One operation that changes something.

    :param make: called in the worker; yields what comes of it and looks at the event between two items
    :param on_items: called in the UI thread with each batch
    :param on_end: called in the UI thread, last, with the error that ended it or None
    :param counts: whether an item is one of the total
    :param passes: whether it is one that took no time
    :param lane: jobs of one lane run one after another
    ``claim`` is held by who came first: the worker that does it, or the UI thread that drops it.

    :param on_pause: called in the UI thread when the job rests or goes on, for those who work ahead of it
    """

    def __init__(
        self,
        title: str,
        make: Callable[[threading.Event], Iterator[Any]],
        *,
        on_items: Callable[[list[Any]], None],
        on_end: Callable[[Exception | None], None],
        unit: str = "track",
        total: int | None = None,
        counts: Callable[[Any], bool] = lambda item: True,
        passes: Callable[[Any], bool] = lambda item: False,
        lane: str = FILES,
        leave: str = "",
        on_pause: Callable[[bool], None] = lambda on: None,
    ) -> None:
        super().__init__(title, unit=unit, total=total, leave=leave)
        self.lane = lane
        self.dropped = False
        self.claim = threading.Lock()
        self._make = make
        self._on_items = on_items
        self._on_end = on_end
        self._counts, self._passes = counts, passes
        self._on_pause = on_pause

    def run(self, keep: Callable[[Any], None], between: Callable[[], None]) -> None:
        """Do it, in the worker; ``between`` is called between two items."""
        for item in self._make(self.cancel):
            keep(item)
            between()
            self.rest()

    def pause(self, on: bool) -> None:
        """Rest after the item at hand, or go on."""
        super().pause(on)
        self._on_pause(on)

    def stop(self) -> None:
        """End after the item at hand."""
        if self.paused:
            self.pause(False)
        super().stop()

    def deliver(self, items: list[Any]) -> None:
        """Hand a batch over, in the UI thread."""
        self.done += sum(1 for item in items if self._counts(item))
        self.passed += sum(1 for item in items if self._passes(item))
        self.mark()
        self._on_items(items)

    def end(self, error: Exception | None) -> None:
        """The last call, in the UI thread. One that rested and ended all the same leaves nobody resting."""
        if self.paused:
            self.pause(False)
        self._on_end(error)


class Lane(QThread):
    """Runs the jobs of a lane in order of arrival.

    ``running`` and ``inbox`` belong to the UI thread: what it knows to run, and what it has yet to hand over.
    """

    arrived = Signal()

    def __init__(self, name: str, turns: Turns) -> None:
        super().__init__()
        self.setObjectName(name)
        self._turns = turns
        self.running: Job | None = None
        self.waiting: list[Job] = []
        self.inbox: deque[tuple[Job, str, Any]] = deque()
        self.queue: SimpleQueue[Job | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._taken = threading.Condition(self._lock)
        self._out: list[tuple[Job, str, Any]] = []

    def run(self) -> None:
        """The thread: until it is told that nothing comes any more."""
        while (job := self.queue.get()) is not None:
            error: Exception | None = None
            if not job.cancel.is_set() and job.claim.acquire(blocking=False):
                self._put(job, "start", None)
                try:
                    job.run(partial(self._put, job, "item"), self._turns.give_way)
                except Exception as caught:  # a job must never take the thread with it
                    log.debug("%s ended with an error", job.title, exc_info=True)
                    error = caught
            self._put(job, "end", error)

    def _put(self, job: Job, kind: str, value: Any) -> None:
        with self._lock:
            while kind == "item" and len(self._out) >= WAITING and not job.cancel.is_set():
                self._taken.wait(INTERVAL)
            first = not self._out
            self._out.append((job, kind, value))
        if first:
            self.arrived.emit()

    @property
    def has_more(self) -> bool:
        """Whether something waits for :meth:`take`; it was said with ``arrived`` when it came."""
        return bool(self._out)

    def take(self) -> list[tuple[Job, str, Any]]:
        """In the UI thread: what came since the last time."""
        with self._lock:
            out, self._out = self._out, []
            self._taken.notify()
        return out
