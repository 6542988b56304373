"""Panes whose edges can be moved."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter, QPaintEvent
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

    def createHandle(self) -> QSplitterHandle:
        """Our handle."""
        return _Handle(self.orientation(), self)
