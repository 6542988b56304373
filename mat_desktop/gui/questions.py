"""Questions, which only read, and the thread that answers them."""

from __future__ import annotations

from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from PySide6.QtCore import QThread, Signal

from mat_desktop.gui.turns import Turns

Question = tuple[str, int, Callable[[], Any], Callable[..., None], "Callable[[Exception], None] | None"]
"""Channel, token, what to do, whom to tell, whom to tell of an error."""


class Questions(QThread):
    """Answers questions in order of arrival; a question that was asked anew meanwhile is skipped."""

    answered = Signal(object)

    def __init__(self, name: str, latest: dict[str, int], turns: Turns) -> None:
        super().__init__()
        self.setObjectName(name)
        self._turns = turns
        self.queue: SimpleQueue[Question | None] = SimpleQueue()
        self.latest = latest
        self._asked = self._met = 0

    @property
    def rest(self) -> bool:
        """Whether no question waits or is being answered."""
        return self._asked == self._met

    def put(self, question: Question) -> None:
        """Ask it, after those that were asked before."""
        self._asked += 1
        self.queue.put(question)

    def run(self) -> None:
        """The thread: until it is told that nothing comes any more."""
        while (question := self.queue.get()) is not None:
            channel, token, work, done, failed = question
            self._turns.give_way()
            if self.latest.get(channel) != token:
                self._met += 1
                continue
            try:
                answer, error = work(), None
            except Exception as caught:  # delivered to whoever asked
                answer, error = None, caught
            self._met += 1
            self.answered.emit((channel, token, answer, error, done, failed))
