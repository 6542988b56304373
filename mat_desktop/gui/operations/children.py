"""Questions to a process of ``python -m training``: what can be trained, what a folder holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QTimer

from mat_desktop.gui.operations.child import Child
from mat_desktop.gui.operations.child_work import ChildWork
from mat_desktop.gui.operations.desk import Desk

SHOWN_MS = 1000
"""After which a question with a title is shown as work; most are answered before."""


class Children(QObject):
    """One process a channel."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._asked: dict[str, tuple[Child, ChildWork | None]] = {}
        self._closed = False

    def ask(
        self,
        channel: str,
        arguments: Sequence[str],
        done: Callable[[str, str], object],
        title: str = "",
        *,
        stopped: Callable[[], object] = lambda: None,
        polite: bool = False,
    ) -> None:
        """Ask a process of its own. Whoever asked on the channel before gets no answer any more.

        :param title: of what is shown as work, and can be cancelled
        :param done: told of its standard output, and of why it failed, empty where it did not
        :param stopped: called instead where the user cancelled it
        :param polite: whether it lets others go first
        """
        if self._closed:  # by a page that was still being built
            return
        self.drop(channel)
        child = Child(arguments, self, polite=polite)
        said: list[str] = []
        told: list[str] = []
        child.said.connect(said.append)
        child.told.connect(told.append)
        bridge = self._desk.bridge
        work = ChildWork(title, child) if title else None
        self._asked[channel] = child, work
        if work is not None:
            work.quiet = True
            bridge.take_on(work)
            QTimer.singleShot(SHOWN_MS, child, lambda: self._show(work))

        def ended(status: int) -> None:
            child.deleteLater()
            if work is not None:
                bridge.let_go(work)
            if self._asked.get(channel) != (child, work):
                return
            del self._asked[channel]
            if child.stopping:
                stopped()
                return
            words = [line for line in told if line.strip()]
            reason = "" if status == 0 else words[-1] if words else f"it ended with status {status}"
            done("\n".join(said), reason)

        child.ended.connect(ended)

    def drop(self, channel: str) -> None:
        """Nobody waits for the answer any more."""
        child, work = self._asked.pop(channel, (None, None))
        if work is not None:
            work.quiet = True
            work.stop()
        elif child is not None:
            child.stop()

    def close(self) -> None:
        """End them with the window; from now on nobody is asked."""
        self._closed = True
        self._asked.clear()
        for child in self.findChildren(Child):  # those that are ending already too
            child.wait()

    def _show(self, work: ChildWork) -> None:
        work.quiet = work.stopping
        self._desk.bridge.changed.emit()
