"""What is said of tags goes to the database in its order; what it refuses waits, and is tried again."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from mat_desktop.domain.scores import Said
from mat_desktop.gui import words
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.operations.pending import SLICE

UNKEPT = "unkept"
"""Kind of the message on decisions that are shown, but would be lost with the program."""

_Part = tuple[Sequence[Said], Callable[[int], None]]


class Keeping(QObject):
    """``settled`` names the kind of a message that is no longer so.

    A decision stands on those before it, and what the window shows is what is meant: so what could not be
    kept is not taken back, but kept before whatever is said next, or when the user asks for it.
    """

    settled = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._line: deque[_Part] = deque()
        self._landed: deque[_Part] = deque()
        self._failed = False

    def keep(self, said: Sequence[Said], kept: Callable[[int], None] = lambda tracks: None) -> None:
        """One more decision.

        :param kept: told of how many tracks it is in the database, part by part
        """
        for first in range(0, len(said), SLICE):
            self._try((said[first : first + SLICE], kept))

    def close(self) -> None:
        """The window closes: there may be room by now."""
        if self._failed:
            self._try()

    def _try(self, *more: _Part) -> None:
        keep, line, landed = self._desk.services.keep_said, self._line, self._landed

        def work() -> None:
            """In the worker, which does one after the other."""
            line.extend(more)
            while line:
                keep(line[0][0])
                landed.append(line.popleft())

        self._desk.bridge.keep(work, lambda _: self._kept(), self._refused)

    def _tell(self) -> None:
        while self._landed:
            said, kept = self._landed.popleft()
            kept(len(said))

    def _kept(self) -> None:
        self._tell()
        if self._failed and not self._line:
            self._failed = False
            self.settled.emit(UNKEPT)
            self._desk.result("What could not be kept before is kept now")

    def _refused(self, error: Exception) -> None:
        self._tell()
        self._failed = True
        tracks = words.plural(len({path for said, _ in list(self._line) for _, path, _, _ in said}), "track")
        self._desk.complain(
            f"Decisions on {tracks} are not kept yet, and tried again with the next one",
            error,
            "Try again",
            self._try,
            kind=UNKEPT,
        )
