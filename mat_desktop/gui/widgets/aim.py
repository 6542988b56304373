"""A click aimed at what stood there before the page moved does not land on what came in its place."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer
from PySide6.QtGui import QCursor, QMouseEvent
from PySide6.QtWidgets import QWidget

LATE_MS = 500
"""So long after the page moved a click may still be meant for what was there; browsers wait as long."""

NEAR = 6
"""Pixels by which the mouse moves while it is only held still."""

_PRESSES = (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick)


class Aim(QObject):
    """Watches a strip over a page: what lies under its upper edge moves as it grows and shrinks."""

    def __init__(self, strip: QWidget) -> None:
        super().__init__(strip)
        self._strip = strip
        self._at = QPoint()
        self._window: QObject | None = None
        self._held = False
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.setInterval(LATE_MS)
        self._late.timeout.connect(self._let_go)

    def moves(self) -> None:
        """The page moves now, and not because the user asked for that with the mouse there."""
        window = self._strip.window().windowHandle()
        page = self._strip.parentWidget()
        if window is None or page is None or not page.isVisible():
            return
        self._let_go()
        self._at, self._window = QCursor.pos(), window
        window.installEventFilter(self)
        self._late.start()

    def _let_go(self) -> None:
        if self._window is not None and not self._held:
            self._window.removeEventFilter(self)
            self._window = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Whoever moved the mouse since has seen where things are."""
        if not isinstance(event, QMouseEvent) or event.button() is not Qt.MouseButton.LeftButton:
            return False
        if event.type() in _PRESSES and self._late.isActive():
            self._held = self._is_aimed(event.globalPosition().toPoint())
            return self._held
        if event.type() is QEvent.Type.MouseButtonRelease and self._held:
            self._held = False
            if not self._late.isActive():
                self._let_go()
            return True
        return False

    def _is_aimed(self, point: QPoint) -> bool:
        page = self._strip.parentWidget()
        top = self._strip.mapToGlobal(QPoint(0, 0)).y()
        return (
            (point - self._at).manhattanLength() <= NEAR
            and point.y() >= top
            and page is not None
            and page.rect().contains(page.mapFromGlobal(point))
        )
