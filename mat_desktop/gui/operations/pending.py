"""Decisions on many tracks: worked out part by part in a worker, they land in the order they were made in."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from mat_desktop.gui.bridge import Bridge
from mat_desktop.gui.models.row import Row
from mat_desktop.gui.operations.decisions import VERDICTS

D = TypeVar("D")

SLICE = 500
"""Rows that are decided together."""


@dataclass(eq=False, slots=True)
class Wish(Generic[D]):
    """A decision.

    :param text: what is decided, as a message says it
    :param work: what is said of some of the rows; called in a worker
    :param land: takes what is said of all of them
    :param failed: told why it could not be worked out; those behind it are
    :param tell: told how many rows are worked out
    :param again: makes the same decision once more
    """

    text: str
    rows: Sequence[Row]
    work: Callable[[Sequence[Row]], list[D]]
    land: Callable[[list[D]], None]
    failed: Callable[[Exception], None]
    tell: Callable[[int], None]
    again: Callable[[], None]
    about: str = VERDICTS


class Pending(Generic[D]):
    """What comes of a row depends on what was said of it before: one decision is worked out at a time."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._line: deque[Wish[D] | Callable[[], None]] = deque()

    def __bool__(self) -> bool:
        return bool(self._line)

    def add(self, wish: Wish[D], *, at_once: bool) -> None:
        """One more decision.

        :param at_once: few rows: work it out here, unless others are before it
        """
        if at_once and not self._line:
            wish.land(wish.work(wish.rows))
            return
        self._line.append(wish)
        if len(self._line) == 1:
            self._go_on()

    def then(self, do: Callable[[], None]) -> None:
        """Do something when all that was decided so far has landed: now, where nothing waits."""
        if self._line:
            self._line.append(do)
        else:
            do()

    def drop_last(self) -> Wish[D] | None:
        """The decision that was made last is not to land. Returns it, None where none waits."""
        last = next((step for step in reversed(self._line) if isinstance(step, Wish)), None)
        if last is not None:
            self.drop(last)
        return last

    def drop(self, wish: Wish[D]) -> bool:
        """A decision is not to land; says whether it waits still."""
        if wish not in self._line:
            return False
        first = wish is self._line[0]
        self._line.remove(wish)
        if first:
            self._bridge.forget("decide")
            self._go_on()
        return True

    def finish(self) -> None:
        """Work out what waits here and now: the window closes."""
        self._bridge.forget("decide")
        while self._line:
            step = self._line.popleft()
            if isinstance(step, Wish):
                step.land(step.work(step.rows))

    def _go_on(self) -> None:
        """Begin with the first; what only waited for those before it is done."""
        while self._line and not isinstance(self._line[0], Wish):
            self._line.popleft()()  # type: ignore[operator]
        if self._line:
            self._work_out(self._line[0])  # type: ignore[arg-type]

    def _work_out(self, wish: Wish[D]) -> None:
        found: list[D] = []

        def end() -> None:
            self._line.popleft()
            wish.land(found)
            self._go_on()

        def failed(error: Exception) -> None:
            self._line.popleft()
            wish.failed(error)
            self._go_on()

        def each(part: list[D], done: int) -> None:
            found.extend(part)
            wish.tell(done)

        self._bridge.slices("decide", wish.rows, SLICE, wish.work, each, end, failed)
