"""What a process does, as work that can be seen, paused and cancelled."""

from __future__ import annotations

import time

from mat_desktop.gui.operations.child import Child, can_pause
from mat_desktop.gui.work import Work


class ChildWork(Work):
    """What a process does, as the status bar and the activity panel show it."""

    def __init__(self, title: str, child: Child, *, unit: str = "clip", leave: str = "") -> None:
        super().__init__(title, unit=unit, leave=leave)
        self._child = child
        self._ends: float | None = None
        self._by_pace = True
        self._rested = 0.0

    @property
    def can_pause(self) -> bool:
        """Whether the system lets a process rest."""
        return can_pause()

    def pause(self, on: bool) -> None:
        """Let the process rest, or go on."""
        now = time.monotonic()
        if on and not self.paused:
            self._rested = now
        elif not on and self.paused and self._ends is not None:
            self._ends += now - self._rested
        super().pause(on)
        self._child.pause(on)

    def stop(self) -> None:
        """Ask the process to stop."""
        super().stop()
        self._child.stop()

    def new_pace(self) -> None:
        """What comes is of another kind than what was."""
        self._marks.clear()

    def ends_in(self, seconds: float | None) -> None:
        """What the process itself guesses; None where nobody knows."""
        self._by_pace = False
        self._ends = None if seconds is None else time.monotonic() + seconds

    def ends_by_pace(self) -> None:
        """What is left takes as long, piece by piece, as what is done."""
        self._by_pace, self._ends = True, None

    @property
    def seconds_left(self) -> float | None:
        """The process's own guess, or one from the pace."""
        if self._by_pace or self.paused:
            return super().seconds_left
        return None if self._ends is None else max(0.0, self._ends - time.monotonic())
