"""The two doors between the event loop and everything that takes time.

Jobs change things and run one after another in one thread. Questions only read; those that need the engine
have a thread of their own, so that its start holds nobody up, and an answer that nobody waits for any more is
dropped. All deliver in the UI thread, jobs at most 20 times a second.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from queue import SimpleQueue
from typing import Any, TypeVar

from PySide6.QtCore import QObject, QThread, QTimer, Signal

T = TypeVar("T")
R = TypeVar("R")

INTERVAL = 0.05
"""Least seconds between two deliveries."""

BUDGET = 0.012
"""Seconds after which a delivery lets the event loop have its turn."""

WAITING = 1000
"""Items that may wait for delivery; a worker that is ahead rests, and leaves the interpreter to the UI."""

SAY = 0.1
"""Least seconds between two words on a job's progress."""

CHUNK = 50
"""Items handed over together, between two looks at the clock."""

KEEP = "keep "
"""How the channels begin whose questions are answered even when the window closes."""

log = logging.getLogger(__name__)


class Job:
    """One operation that changes something.

    :param title: what it does, as the status bar says it: "Listening"
    :param make: called in the worker; yields what comes of it and looks at the event between two items
    :param on_items: called in the UI thread with each batch
    :param on_end: called in the UI thread, last, with the error that ended it or None
    :param total: expected number of items that count
    :param counts: whether an item is one of the total
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
    ) -> None:
        self.title = title
        self.unit = unit
        self.total = total
        self.done = 0
        self.cancel = threading.Event()
        self._make = make
        self._on_items = on_items
        self._on_end = on_end
        self._counts = counts
        self._marks: deque[tuple[float, int]] = deque(maxlen=200)

    @property
    def rate(self) -> float:
        """Items a second over the last ten seconds, 0 while unknown."""
        if len(self._marks) < 2:
            return 0.0
        (start, first), (end, last) = self._marks[0], self._marks[-1]
        return (last - first) / (end - start) if end > start else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Guess of the time left, None while unknown."""
        if self.total is None or not self.rate:
            return None
        return (self.total - self.done) / self.rate

    def run(self, keep: Callable[[Any], None]) -> None:
        """Do it, in the worker."""
        for item in self._make(self.cancel):
            keep(item)

    def deliver(self, items: list[Any]) -> None:
        """Hand a batch over, in the UI thread."""
        self.done += sum(1 for item in items if self._counts(item))
        now = time.monotonic()
        self._marks.append((now, self.done))
        while len(self._marks) > 2 and self._marks[0][0] < now - 10:
            self._marks.popleft()
        self._on_items(items)

    def end(self, error: Exception | None) -> None:
        """The last call, in the UI thread."""
        self._on_end(error)


class _Jobs(QThread):
    """Runs jobs in order of arrival."""

    arrived = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("jobs")
        self.queue: SimpleQueue[Job | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._taken = threading.Condition(self._lock)
        self._out: list[tuple[Job, str, Any]] = []

    def run(self) -> None:
        while (job := self.queue.get()) is not None:
            error: Exception | None = None
            if not job.cancel.is_set():
                self._put(job, "start", None)
                try:
                    job.run(lambda item, job=job: self._put(job, "item", item))  # type: ignore[misc]
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
        with self._lock:
            out, self._out = self._out, []
            self._taken.notify()
        return out


_Question = tuple[str, int, Callable[[], Any], Callable[..., None], "Callable[[Exception], None] | None"]
"""Channel, token, what to do, whom to tell, whom to tell of an error."""


class _Questions(QThread):
    """Answers questions in order of arrival; a question that was asked anew meanwhile is skipped."""

    answered = Signal(object)

    def __init__(self, name: str, latest: dict[str, int]) -> None:
        super().__init__()
        self.setObjectName(name)
        self.queue: SimpleQueue[_Question | None] = SimpleQueue()
        self.latest = latest

    def run(self) -> None:
        while (question := self.queue.get()) is not None:
            channel, token, work, done, failed = question
            if self.latest.get(channel) != token:
                continue
            try:
                answer, error = work(), None
            except Exception as caught:  # delivered to whoever asked
                answer, error = None, caught
            self.answered.emit((channel, token, answer, error, done, failed))


class Bridge(QObject):
    """Both doors. ``changed`` says that the running job, or its progress, is another."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.job: Job | None = None
        self._waiting: list[Job] = []
        self._inbox: deque[tuple[Job, str, Any]] = deque()
        self._token = 0
        self._last = 0.0
        self._said = 0.0
        self._closed = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._deliver)
        self._jobs = _Jobs()
        self._jobs.arrived.connect(self._schedule)
        self._latest: dict[str, int] = {}
        self._reads = _Questions("reads", self._latest)
        self._engine = _Questions("engine", self._latest)
        for thread in (self._reads, self._engine):
            thread.answered.connect(self._answer)
            thread.start()
        self._jobs.start()

    @property
    def busy(self) -> bool:
        """Whether a job runs or waits."""
        return self.job is not None or bool(self._waiting)

    def do(self, job: Job) -> Job:
        """Queue a job."""
        self._waiting.append(job)
        self._jobs.queue.put(job)
        self.changed.emit()
        return job

    def cancel(self) -> None:
        """Ask the running job and those behind it to stop."""
        for job in (*([self.job] if self.job else []), *self._waiting):
            job.cancel.set()
        self.changed.emit()

    def ask(
        self,
        channel: str,
        work: Callable[[], T],
        done: Callable[[T], None],
        failed: Callable[[Exception], None] | None = None,
        *,
        engine: bool = False,
    ) -> None:
        """Read something; the answer comes back in the UI thread unless the channel was asked again.

        :param engine: whether the answer needs the engine, and may have to wait for its start
        """
        self._token += 1
        self._latest[channel] = self._token
        (self._engine if engine else self._reads).queue.put((channel, self._token, work, done, failed))

    def slices(
        self,
        channel: str,
        items: Sequence[T],
        size: int,
        work: Callable[[Sequence[T]], R],
        each: Callable[[R, int], None],
        end: Callable[[], None],
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        """Read much, some at a time, so that other questions come between and a new one replaces the rest.

        :param each: called in the UI thread with the answer to a slice and the number of items behind it
        :param end: called after the last
        """

        def ask(first: int) -> None:
            if first >= len(items):
                end()
                return
            part = items[first : first + size]

            def done(answer: R) -> None:
                each(answer, first + len(part))
                ask(first + size)

            self.ask(channel, lambda: work(part), done, failed)

        ask(0)

    def forget(self, channel: str) -> None:
        """Nobody waits for this channel's answer any more."""
        self._latest.pop(channel, None)

    def shut(self, milliseconds: int = 1000) -> bool:
        """Cancel everything and end the threads. Returns whether they ended in time."""
        if not self._closed:
            self._closed = True
            self.cancel()
            for channel in [name for name in self._latest if not name.startswith(KEEP)]:
                self._latest.pop(channel, None)
            for thread in (self._jobs, self._reads, self._engine):
                thread.queue.put(None)
        deadline = time.monotonic() + milliseconds / 1000
        ended = True
        for thread in (self._jobs, self._reads, self._engine):
            ended = thread.wait(max(1, int((deadline - time.monotonic()) * 1000))) and ended
        return ended

    def _schedule(self) -> None:
        if not self._timer.isActive():
            self._timer.start(max(0, int((self._last + INTERVAL - time.monotonic()) * 1000)))

    def _deliver(self) -> None:
        if self._closed:
            return
        self._last = time.monotonic()
        running = self.job
        if len(self._inbox) < CHUNK:
            self._inbox.extend(self._jobs.take())
        batch: list[Any] = []
        while self._inbox:
            if time.monotonic() - self._last > BUDGET:
                break
            job, kind, value = self._inbox.popleft()
            if kind == "item":
                batch.append(value)
                if len(batch) >= CHUNK:
                    job.deliver(batch)
                    batch = []
                continue
            if kind == "start":
                self.job = job
                if job in self._waiting:
                    self._waiting.remove(job)
                continue
            if batch:
                job.deliver(batch)
                batch = []
            if job in self._waiting:
                self._waiting.remove(job)
            self.job = None
            job.end(value)
        if batch and self.job is not None:
            self.job.deliver(batch)
        if self._inbox or self._jobs.has_more:
            self._timer.start(1)
        if self.job is not running or not self._inbox or self._last - self._said > SAY:
            self._said = self._last
            self.changed.emit()

    def _answer(self, answer: tuple[str, int, Any, Exception | None, Callable[..., None], Any]) -> None:
        channel, token, value, error, done, failed = answer
        if self._closed or self._latest.get(channel) != token:
            return
        if error is None:
            done(value)
        elif failed is not None:
            failed(error)
