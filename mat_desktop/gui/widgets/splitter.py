"""Panes whose edges can be moved."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSplitter, QSplitterHandle

from mat_desktop.gui.theme import current
from mat_desktop.gui.widgets.painting import round_rect


class _Handle(QSplitterHandle):
    def paintEvent(self, event: QPaintEvent) -> None:
        t = current()
        painter = QPainter(self)
        w, h = self.width(), self.height()
        painter.fillRect(self.rect(), t.color("surface"))
        if self.orientation() is Qt.Orientation.Horizontal:
            painter.fillRect(QRect(w // 2, 0, 1, h), t.color("border"))
        else:
            painter.fillRect(QRect(0, h // 2, w, 1), t.color("border"))
            round_rect(painter, QRect(w // 2 - 12, h // 2 - 1, 24, 4), 2, t.color("border_strong"))


class Splitter(QSplitter):
    """Panes with a 1 px line between them that can be grabbed 7 px wide."""

    def __init__(self, orientation: Qt.Orientation) -> None:
        super().__init__(orientation)
        self.setHandleWidth(1 if orientation is Qt.Orientation.Horizontal else 7)
        self.setChildrenCollapsible(False)
        self._first = 0, 1.0

    def beside(self, wide: int, most: float) -> None:
        """What is at the left is a list for what is at the right, until the user moves the edge.

        :param wide: pixels of the list where there is room
        :param most: its share of a narrow page
        """
        self._first = wide, most
        self.splitterMoved.connect(self._moved)

    def _moved(self) -> None:
        self._first = 0, 1.0

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A list gives way to what it is for."""
        super().resizeEvent(event)
        wide, most = self._first
        if wide:
            left = min(wide, round(most * self.width()))
            self.setSizes([left, self.width() - left])

    def createHandle(self) -> QSplitterHandle:
        """Our handle."""
        return _Handle(self.orientation(), self)
