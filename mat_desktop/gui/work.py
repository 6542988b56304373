"""One piece of work that takes a while, as the status bar and the activity panel show it. Knows no Qt."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

SECONDS = 10
"""Over which the rate is taken."""

SHORTEST = 0.5
"""Seconds: over less, a rate says how things are handed over and not how they are done."""

FEW = 0.05
"""Share of what is left that does not matter for the time that it takes."""

Do = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Failure:
    """What could not be done, and why."""

    name: str
    reason: str


class Work:
    """Progress, failures, and how to stop it. The bridge's jobs are such.

    ``outcome``, ``failures`` and ``retry`` are what remains of it when it is over.

    :param title: what it does, as the status bar says it: "Listening"
    :param unit: of what is counted, in the singular
    :param total: how many there are, None while unknown
    :param done: how many are done; only the UI thread changes it
    :param leave: what the window says when it is closed meanwhile; it does not ask where this is empty
    ``quiet`` work is over before anybody could read of it, and is not shown; any thread may set it, as the
    total of work that did not know it at its begin. ``about``: the total may be a few more or less.
    ``known``: so many were there before, and most of these take no time; ``passed``: so many took none.
    ``lets_go``: whoever closes the window does not wait for what is under way.
    """

    def __init__(self, title: str, *, unit: str = "track", total: int | None = None, leave: str = "") -> None:
        self.title = title
        self.unit = unit
        self.total = total
        self.leave = leave
        self.quiet = self.about = self.lets_go = False
        self.done = self.known = self.passed = 0
        self.detail = ""
        self.outcome = ""
        self.failures: list[Failure] = []
        self.retry: Do | None = None
        self.ended: float | None = None
        self.cancel = threading.Event()
        self._going = threading.Event()
        self._going.set()
        self._parts: dict[Path, float] = {}
        self._marks: deque[tuple[float, float, int]] = deque(maxlen=200)

    # how far it is

    def inside(self, path: Path, share: float) -> None:
        """One of the counted files is that far, 0..1; any thread may say so. 1 forgets it."""
        if share >= 1:
            self._parts.pop(path, None)
        else:
            self._parts[path] = share

    @property
    def part(self) -> tuple[str, float] | None:
        """Name and share of what has been under way for longest, None where nothing said so."""
        return next(((path.name, share) for path, share in list(self._parts.items())), None)

    @property
    def amount(self) -> float:
        """What is done, parts included."""
        return self.done + sum(list(self._parts.values()))

    @property
    def share(self) -> float | None:
        """0..1, None while the total is unknown."""
        if self.total is None:
            return None
        return min(1.0, self.amount / self.total) if self.total else 1.0

    @property
    def rate(self) -> float:
        """Counted things a second over the last ten seconds, 0 while unknown."""
        return self._rate(passed=True)

    def _rate(self, *, passed: bool) -> float:
        if len(self._marks) < 2:
            return 0.0
        (start, first, before), (end, last, after) = self._marks[0], self._marks[-1]
        done = last - first - (0 if passed else after - before)
        return max(0.0, done) / (end - start) if end - start >= SHORTEST else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Guess of the time left, None while unknown."""
        if self.total is None or not self.rate or self.paused:
            return None
        left = max(0.0, self.total - self.amount)
        quick = min(left, max(0, self.known - self.passed))
        slow, rate = left - quick, self._rate(passed=False)
        if not rate and slow > left * FEW and self.passed:
            return None  # those that passed say nothing of how long one takes
        return quick / self.rate + slow / (rate or self.rate)

    def mark(self) -> None:
        """Look at the clock, for the rate."""
        now = time.monotonic()
        self._marks.append((now, self.amount, self.passed))
        while len(self._marks) > 2 and self._marks[0][0] < now - SECONDS:
            self._marks.popleft()

    # what can be done with it

    @property
    def can_pause(self) -> bool:
        """Whether it can rest and go on."""
        return True

    @property
    def paused(self) -> bool:
        """Whether it rests."""
        return not self._going.is_set()

    def pause(self, on: bool) -> None:
        """Rest, or go on."""
        self._marks.clear()
        if on:
            self._going.clear()
        else:
            self._going.set()

    def stop(self) -> None:
        """Ask it to end early."""
        self.cancel.set()
        self._going.set()

    @property
    def stopping(self) -> bool:
        """Whether it was asked to."""
        return self.cancel.is_set()

    def rest(self) -> None:
        """Called by the worker between two things: waits while the work rests."""
        while not self._going.wait(0.2) and not self.cancel.is_set():
            pass
