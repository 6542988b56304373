"""Decisions on many tracks: worked out part by part in a worker, they land in the order they were made in."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from mat_desktop.gui.bridge import Bridge
from mat_desktop.gui.models.row import Row

D = TypeVar("D")

SLICE = 200
"""Rows that are decided together."""


@dataclass(eq=False, slots=True)
class Wish(Generic[D]):
    """:param work: what is said of some of the rows; called in a worker"""

    rows: Sequence[Row]
    work: Callable[[Sequence[Row]], list[D]]


class Pending(Generic[D]):
    """What comes of a row depends on what was said of it before: one decision is worked out at a time.

    :param land: takes what a decision says of its rows
    :param failed: told why one could not be worked out; those behind it are
    """

    def __init__(
        self, bridge: Bridge, land: Callable[[list[D]], None], failed: Callable[[Exception], None]
    ) -> None:
        self._bridge, self._land, self._failed = bridge, land, failed
        self._line: deque[Wish[D] | Callable[[], None]] = deque()

    def __bool__(self) -> bool:
        return bool(self._line)

    def add(self, rows: Sequence[Row], work: Callable[[Sequence[Row]], list[D]], *, at_once: bool) -> None:
        """One more decision.

        :param work: what is said of some of the rows; called in a worker
        :param at_once: few rows: work it out here, unless others are before it
        """
        if at_once and not self._line:
            self._land(work(rows))
            return
        self._line.append(Wish(rows, work))
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
        for step in reversed(self._line):
            if isinstance(step, Wish):
                first = step is self._line[0]
                self._line.remove(step)
                if first:
                    self._bridge.forget("decide")
                    self._go_on()
                return step
        return None

    def finish(self) -> None:
        """Work out what waits here and now: the window closes."""
        self._bridge.forget("decide")
        while self._line:
            step = self._line.popleft()
            if isinstance(step, Wish):
                self._land(step.work(step.rows))

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
            self._land(found)
            self._go_on()

        def failed(error: Exception) -> None:
            self._line.popleft()
            self._failed(error)
            self._go_on()

        self._bridge.slices(
            "decide", wish.rows, SLICE, wish.work, lambda part, _: found.extend(part), end, failed
        )
