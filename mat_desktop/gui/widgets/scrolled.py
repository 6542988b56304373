"""A part of a page that is scrolled up and down where it has no room, and never sideways."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSplitter, QWidget

BAR = 12
"""Pixels of the scroll bar."""


class UpAndDown(QScrollArea):
    """Never scrolls sideways: Left and Right are for what is around it."""

    def __init__(self, part: QWidget) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(part)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt's own swallows them."""
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            event.ignore()
        else:
            super().keyPressEvent(event)


class Scrolled(UpAndDown):
    """As wide as its content needs at least, so that no text of it is cut."""

    def __init__(self, part: QWidget) -> None:
        self._part = part
        super().__init__(part)

    def minimumSizeHint(self) -> QSize:
        """The content's width."""
        return QSize(self._part.minimumSizeHint().width() + BAR, super().minimumSizeHint().height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The content may need another width."""
        if watched is self._part and event.type() is QEvent.Type.LayoutRequest:
            self.updateGeometry()
            around = self.parentWidget()
            if isinstance(around, QSplitter):  # does not hand it on
                around.updateGeometry()
        return super().eventFilter(watched, event)
