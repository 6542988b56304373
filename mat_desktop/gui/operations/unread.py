"""What the library knows and does not show, as reading it was stopped."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from mat_desktop.gui import words
from mat_desktop.gui.models.arrange import under
from mat_desktop.gui.operations.desk import Desk

PARTIAL = "partial"
"""Kind of the message that not all tracks are shown."""


class Unread:
    """Folders of which not all tracks are shown; a scan brings the others as well."""

    def __init__(
        self, desk: Desk, read: Callable[[Sequence[Path]], object], back: Callable[[str], object]
    ) -> None:
        """:param read: shows what the library knows of folders
        :param back: told the kind of the message where it is no longer so
        """
        self._desk, self._read, self._back = desk, read, back
        self._roots: list[Path] = []

    def __bool__(self) -> bool:
        return bool(self._roots)

    def stopped(self, roots: Sequence[Path]) -> None:
        """Reading these was stopped."""
        self._roots += [root for root in roots if root not in self._roots]
        self.tell()

    def settle(self, roots: Collection[Path]) -> None:
        """All of these is shown, or they are in the library no more."""
        if any(root in self._roots for root in roots):
            self._roots = [root for root in self._roots if root not in roots]
            if not self._roots:
                self._back(PARTIAL)

    def tell(self, before: str = "") -> None:
        """Say how many of the tracks are shown.

        :param before: said before it in the status bar
        """
        desk, roots = self._desk, list(self._roots)

        def tell(known: int) -> None:
            rows = desk.tracks.rows()
            here = sum(row.track is not None for root in roots for row in under(rows, root))
            if roots != self._roots:
                return
            if here >= known:
                self.settle(roots)
                desk.result(f"{before}{words.plural(len(rows), 'track')} in the library")
                return
            tracks = words.plural(known, "track")
            text = f"Not all {tracks} in the library are shown, as reading it was stopped."
            desk.say("warning", text, "Read the rest", self._read_rest, kind=PARTIAL)
            desk.result(f"{before}{words.number(here)} of {tracks} in the library are shown")

        desk.bridge.ask("unread", lambda: desk.services.count_remembered(roots), tell)

    def _read_rest(self) -> None:
        roots, self._roots = self._roots, []
        self._read(roots)
