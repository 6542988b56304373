"""The two doors between the event loop and everything that takes time.

Jobs change things. Those of a lane run one after another in a thread: files are scanned and written in one,
listened to in the other, so that nobody waits for hours to write. Questions only read; those that need the
engine have a thread of their own, so that its start holds nobody up, and so have searches that take minutes.
An answer that nobody waits for any more is dropped. All deliver in the UI thread, jobs at most 20 times a
second.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from mat_desktop.gui.jobs import FILES, INTERVAL, LISTEN, Job, Lane
from mat_desktop.gui.questions import Questions
from mat_desktop.gui.turns import Loader, Turns
from mat_desktop.gui.work import Work

T = TypeVar("T")
R = TypeVar("R")

BUDGET = 0.012
"""Seconds after which a delivery lets the event loop have its turn."""

MOMENT = 0.1
"""Seconds that a slice of much work may take, where its size is not fixed."""

SAY = 0.1
"""Least seconds between two words on a job's progress."""

PULSE = 500
"""Milliseconds between two words on it where nothing is delivered, as within one long file."""

PAST = 20
"""Pieces of work that are remembered when they are over."""

CHUNK = 50
"""Items handed over together, between two looks at the clock."""

SOUND = "sound"
"""The channel of what is asked of the sound system, which may never answer: nothing else waits for it."""

SEARCH = "search "
"""How the channels begin whose questions may take minutes: nothing else waits for them."""

KEEP = "keep "
"""How the channels begin whose questions are answered even when the window closes."""

log = logging.getLogger(__name__)


_Wish = tuple[Callable[[], Any], Callable[[Any], None], "Callable[[Exception], None] | None"]
"""What is to be written down, whom to tell, whom to tell of an error."""


class Bridge(QObject):
    """Both doors.

    ``changed`` says that the running job, or its progress, is another; ``over`` hands over what just ended,
    before that; ``engine_asked`` names the channel of a question that needs the engine, before it is asked.
    ``leaving``: work is stopped only because the window closes.
    """

    changed = Signal()
    over = Signal(object)
    engine_asked = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.turns = turns = Turns()
        self._loader = Loader(self)
        self.past: deque[Work] = deque(maxlen=PAST)
        self._token = 0
        self._last = 0.0
        self._said = 0.0
        self._ends = 0
        self.leaving = False
        self._closed = False
        self._outside: list[Work] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._deliver)
        self._pulse = QTimer(self)
        self._pulse.setInterval(PULSE)
        self._pulse.timeout.connect(self._beat)
        self._lanes = {name: Lane(name, turns) for name in (FILES, LISTEN)}
        for lane in self._lanes.values():
            lane.arrived.connect(self._schedule)
            lane.start()
        self._latest: dict[str, int] = {}
        self._to_keep: deque[_Wish] = deque()
        self._reads = Questions("reads", self._latest, turns)
        self._engine = Questions("engine", self._latest, turns)
        self._sound = Questions("sound", self._latest, turns)
        self._searches = Questions("searches", self._latest, turns)
        for questions in (self._reads, self._engine, self._sound, self._searches):
            questions.answered.connect(self._answer)
            questions.start()
        self._threads: list[Lane | Questions] = [
            *self._lanes.values(),
            self._reads,
            self._engine,
            self._sound,
            self._searches,
        ]

    @property
    def job(self) -> Job | None:
        """A running job; where there are two, the one that changes files."""
        return next((lane.running for lane in self._lanes.values() if lane.running), None)

    @property
    def busy(self) -> bool:
        """Whether a job runs or waits."""
        return bool(self.jobs)

    def lane_busy(self, lane: str) -> bool:
        """Whether a job of a lane would have to wait, and not only for a moment."""
        return any(not job.quiet for job in self.of_lane(lane))

    def of_lane(self, lane: str) -> list[Job]:
        """The jobs of a lane: the one that runs, then those that wait."""
        found = self._lanes[lane]
        return [*([found.running] if found.running else []), *found.waiting]

    def do(self, job: Job) -> Job:
        """Queue a job."""
        self._lanes[job.lane].waiting.append(job)
        self._lanes[job.lane].queue.put(job)
        self.changed.emit()
        return job

    def cancel(self) -> None:
        """Ask the running job and those behind it to stop."""
        for job in reversed(self.jobs):
            self._stop(job)
        self.changed.emit()

    # what the activity panel shows

    @property
    def jobs(self) -> list[Work]:
        """Those that run, then those that wait for them."""
        lanes = self._lanes.values()
        running = [lane.running for lane in lanes if lane.running]
        return [*running, *self._outside, *(job for lane in lanes for job in lane.waiting)]

    def runs(self, work: Work) -> bool:
        """Whether its turn has come."""
        return work in self._outside or any(lane.running is work for lane in self._lanes.values())

    def take_on(self, work: Work) -> None:
        """Show work of another process among the jobs; it waits for none of them, and none for it."""
        self._outside.append(work)
        self._pulse.start()
        self.changed.emit()

    def let_go(self, work: Work) -> None:
        """The other process has ended."""
        self._outside.remove(work)
        self._remember(work)
        self.changed.emit()

    def stop(self, work: Work) -> None:
        """Ask one piece of work to stop."""
        self._stop(work)
        self.changed.emit()

    def _stop(self, work: Work) -> None:
        work.stop()
        if not isinstance(work, Job) or work not in self._lanes[work.lane].waiting or self._closed:
            return
        if work.claim.acquire(blocking=False):
            # Its turn never comes, so its end is said now.
            self._lanes[work.lane].waiting.remove(work)
            work.dropped = True
            work.end(None)
            self._remember(work)

    def pause(self, work: Work, on: bool) -> None:
        """Let one piece of work rest, or go on."""
        work.pause(on)
        self.changed.emit()

    def forget_past(self) -> None:
        """What is over is of no interest any more."""
        self.past.clear()
        self.changed.emit()

    def _remember(self, work: Work) -> None:
        work.ended = time.time()
        self._ends += 1
        if work.outcome or work.failures:
            self.past.appendleft(work)
        self.over.emit(work)

    @Slot()
    def _beat(self) -> None:
        if not self.jobs:
            self._pulse.stop()
            return
        for work in self.jobs:
            if self.runs(work) and not work.paused:
                work.mark()
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
        if engine:
            self.engine_asked.emit(channel)
        self._token += 1
        self._latest[channel] = self._token
        questions = self._engine if engine else self._reads
        if channel == SOUND:
            questions = self._sound
        elif channel.startswith(SEARCH):
            questions = self._searches
        questions.put((channel, self._token, work, done, failed))

    @property
    def closed(self) -> bool:
        """Whether nothing is answered any more."""
        return self._closed

    @property
    def engine_rests(self) -> bool:
        """Whether no question that needs the engine waits or is being answered."""
        return self._engine.rest

    def keep(
        self,
        work: Callable[[], T],
        done: Callable[[T], None] = lambda _: None,
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        """Write something down. Every call is met, in order, also when the window closes meanwhile.

        The next one is begun when one is done, so that questions come between very many.
        """
        self._to_keep.append((work, done, failed))
        if len(self._to_keep) == 1:
            self._keep_next()

    def _keep_next(self) -> None:
        work, done, failed = self._to_keep[0]

        def kept(value: Any) -> None:
            self._go_on_keeping()
            done(value)

        def refused(error: Exception) -> None:
            self._go_on_keeping()
            if failed is not None:
                failed(error)
            else:
                log.error("something cannot be kept", exc_info=error)

        self.ask(f"{KEEP}{self._token}", work, kept, refused)

    def _go_on_keeping(self) -> None:
        self._to_keep.popleft()
        if self._to_keep:
            self._keep_next()

    def load(
        self,
        module: str,
        done: Callable[[Any], None] = lambda _: None,
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        """Import a module while the window goes on, and hand it over in the UI thread."""
        self._loader.load(module, done, failed)

    def hasten(self) -> None:
        """The UI thread is about to import what may be under way: finish that first."""
        self._loader.hasten()

    def slices(
        self,
        channel: str,
        items: Sequence[T],
        size: int,
        work: Callable[[Sequence[T]], R],
        each: Callable[[R, int], None],
        end: Callable[[], None],
        failed: Callable[[Exception], None] | None = None,
        *,
        most: int = 0,
    ) -> None:
        """Read much, some at a time, so that other questions come between and a new one replaces the rest.

        :param size: of a slice
        :param most: slices grow up to this where they take no longer than a moment; 0 leaves them as they are
        :param each: called in the UI thread with the answer to a slice and the number of items behind it
        :param end: called after the last
        """

        def ask(first: int, size: int) -> None:
            if first >= len(items):
                end()
                return
            part = items[first : first + size]

            def timed() -> tuple[R, float]:
                start = time.monotonic()
                return work(part), time.monotonic() - start

            def done(outcome: tuple[R, float]) -> None:
                answer, took = outcome
                each(answer, first + len(part))
                ask(first + len(part), next_size(size, took))

            self.ask(channel, timed, done, failed)

        def next_size(now: int, took: float) -> int:
            if took > MOMENT:
                return max(now // 2, size)
            return min(now * 2, max(most, size)) if took < MOMENT / 2 else now

        ask(0, size)

    def forget(self, channel: str) -> None:
        """Nobody waits for this channel's answer any more."""
        self._latest.pop(channel, None)

    def shut(self, milliseconds: int = 1000) -> bool:
        """Cancel everything and end the threads. Returns whether they ended in time."""
        if not self._closed:
            self._closed = True
            self._loader.close()
            self.cancel()
            for channel in [name for name in self._latest if not name.startswith(KEEP)]:
                self._latest.pop(channel, None)
            for work, done, failed in list(self._to_keep)[1:]:  # the first is under way
                self.ask(f"{KEEP}{self._token}", work, done, failed)
            for thread in self._threads:
                thread.queue.put(None)
        deadline = time.monotonic() + milliseconds / 1000
        ended = True
        for thread in self._threads:
            ended = thread.wait(max(1, int((deadline - time.monotonic()) * 1000))) and ended
        return ended

    @Slot()
    def _schedule(self) -> None:
        if not self._timer.isActive():
            self._timer.start(max(0, int((self._last + INTERVAL - time.monotonic()) * 1000)))

    @Slot()
    def _deliver(self) -> None:
        if self._closed:
            return
        with self.turns:
            self._last = time.monotonic()
            lanes = list(self._lanes.values())
            before = [self._ends, *(lane.running for lane in lanes)]
            for number, lane in enumerate(lanes, 1):
                self._hand_over(lane, self._last + BUDGET * number / len(lanes))
            if any(lane.inbox or lane.has_more for lane in lanes):
                self._timer.start(1)
            # A job that begins and ends in one turn leaves all as one that never was, but for the count.
            now = [self._ends, *(lane.running for lane in lanes)]
            if now != before or self._last - self._said > SAY:
                self._said = self._last
                self.changed.emit()

    def _hand_over(self, lane: Lane, until: float) -> None:
        """What came from a lane, as far as there is time."""
        if len(lane.inbox) < CHUNK:
            lane.inbox.extend(lane.take())
        batch: list[Any] = []
        while lane.inbox and time.monotonic() < until:
            job, kind, value = lane.inbox.popleft()
            if kind == "item":
                batch.append(value)
                if len(batch) >= CHUNK:
                    job.deliver(batch)
                    batch = []
                continue
            if kind == "start":
                lane.running = job
                self._pulse.start()
                if job in lane.waiting:
                    lane.waiting.remove(job)
                continue
            if batch:
                job.deliver(batch)
                batch = []
            if job in lane.waiting:
                lane.waiting.remove(job)
            lane.running = None
            if not job.dropped:
                job.end(value)
                self._remember(job)
        if batch and lane.running is not None:
            lane.running.deliver(batch)

    @Slot(object)
    def _answer(self, answer: tuple[str, int, Any, Exception | None, Callable[..., None], Any]) -> None:
        channel, token, value, error, done, failed = answer
        if self._closed or self._latest.get(channel) != token:
            return
        if channel.startswith(KEEP):
            self._latest.pop(channel)
        with self.turns:
            if error is None:
                done(value)
            elif failed is not None:
                failed(error)
            else:
                log.error("%s was not answered", channel, exc_info=error)
