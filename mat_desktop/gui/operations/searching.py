"""A search for files that were moved, as the status bar and the activity panel show it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from mat_desktop.gui.work import Work

SHOWN_AFTER = 0.4
"""Seconds: a search that ends sooner is not told of."""


class Searching(Work):
    """Nobody knows how many files it comes to.

    :param tell: told how many it has looked at, while it is shown
    :param withdraw: called when the user stops it
    """

    def __init__(self, tell: Callable[[int], None], withdraw: Callable[[], None]) -> None:
        super().__init__("Searching for moved files", unit="file")
        self._tell, self._withdraw = tell, withdraw
        self._begun = time.monotonic()
        self._looked = 0
        self.quiet = True

    @property
    def can_pause(self) -> bool:
        """It only reads."""
        return False

    def look(self, _: Path) -> None:
        """In the worker: one more file was looked at."""
        self._looked += 1

    def mark(self) -> None:
        """What was looked at so far is shown, once it lasts."""
        self.done = self._looked
        self.quiet = self.quiet and time.monotonic() - self._begun < SHOWN_AFTER
        super().mark()
        if not self.quiet:
            self._tell(self.done)

    def stop(self) -> None:
        """Nothing of it counts."""
        super().stop()
        self._withdraw()
