"""A decision on very many tracks, as the status bar and the activity panel show it."""

from __future__ import annotations

from collections.abc import Callable

from mat_desktop.gui.work import Work

LARGE = 1000
"""A decision on more tracks than this shows how far it is, and says what came of it."""


class Large(Work):
    """First what it says of each track is worked out, then that is kept: each is half of it.

    :param withdraw: called when the user stops it
    """

    def __init__(self, title: str, tracks: int, withdraw: Callable[[], None]) -> None:
        super().__init__(title, total=tracks)
        self._tracks, self._withdraw = tracks, withdraw
        self._worked = self._kept = self._changed = 0

    @property
    def can_pause(self) -> bool:
        """It is over before anybody wishes that."""
        return False

    def stop(self) -> None:
        """Nothing of it is to stay."""
        super().stop()
        self._withdraw()

    def work(self, tracks: int) -> None:
        """So many are worked out."""
        self._worked = tracks
        self._count()

    def land(self, changed: int) -> None:
        """All are worked out, and of so many something is to be kept."""
        self._changed = changed
        self.work(self._tracks)

    def keep(self, tracks: int) -> bool:
        """So many more are kept; says whether these were the last."""
        self._kept += tracks
        self._count()
        return self._kept >= self._changed

    def _count(self) -> None:
        kept = self._kept * self._tracks // self._changed if self._changed else 0
        self.done = (self._worked + kept) // 2
        self.mark()
