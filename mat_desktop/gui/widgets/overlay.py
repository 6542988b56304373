"""What opens at a control and lies over the window until it is closed."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QCloseEvent, QHideEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QFrame, QWidget
from shiboken6 import isValid

MARGIN = 8
"""Pixels to the edges of the window at least."""


class _Ground(QWidget):
    """All of the window under it."""

    pressed = Signal()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Close what lies over it."""
        self.pressed.emit()


class Overlay(QFrame):
    """Escape, a press elsewhere, or the focus going elsewhere closes it; Tab stays in it.

    It is a part of the window: of the system's popups screen readers find nothing.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._came_from: QWidget | None = None
        self._open = False
        self._ground = _Ground(parent)
        self._ground.pressed.connect(self.close)
        self._ground.hide()
        self.hide()

    def open_over(self, window: QWidget, place: QPoint, first: QWidget) -> None:
        """:param place: its upper left corner in the window, if there is room
        :param first: gets the focus
        """
        self.hide()
        self._open, self._came_from = True, QApplication.focusWidget()
        for part in (self._ground, self):
            part.setParent(window)
        self._ground.setGeometry(window.rect())
        most = window.rect().bottomRight() - self.rect().bottomRight() - QPoint(MARGIN, MARGIN)
        self.move(max(MARGIN, min(place.x(), most.x())), max(MARGIN, min(place.y(), most.y())))
        for part in (self._ground, self):
            part.show()
            part.raise_()
        window.installEventFilter(self)
        first.setFocus(Qt.FocusReason.PopupFocusReason)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._focus_moved)

    def _holds(self, widget: QWidget | None) -> bool:
        """Whether a widget is in it, or in the list of one of its combos."""
        while widget is not None and widget is not self:
            widget = widget.parentWidget()
        return widget is self

    def _focus_moved(self, _: QWidget | None, now: QWidget | None) -> None:
        if now is not None and not self._holds(now):
            self.hide()

    def closeEvent(self, event: QCloseEvent) -> None:
        """The focus goes back to where it was."""
        back = self._came_from
        if back is not None and isValid(back) and self._holds(QApplication.focusWidget()):
            back.setFocus(Qt.FocusReason.PopupFocusReason)
        super().closeEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """The window is free again."""
        super().hideEvent(event)
        self._ground.hide()
        parent, app = self.parentWidget(), QApplication.instance()
        if self._open and parent is not None and isinstance(app, QApplication):
            parent.removeEventFilter(self)
            app.focusChanged.disconnect(self._focus_moved)
        self._open, self._came_from = False, None

    def focusNextPrevChild(self, on: bool) -> bool:
        """Tab goes round in it."""
        stops = [
            widget
            for widget in self.findChildren(QWidget)
            if widget.isVisible() and widget.isEnabled() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        ]
        stops.sort(key=lambda widget: (widget.mapTo(self, QPoint(0, 0)).y(), widget.x()))
        here = QApplication.focusWidget()
        if stops:
            at = stops.index(here) if here in stops else -1 if on else 0
            reason = Qt.FocusReason.TabFocusReason if on else Qt.FocusReason.BacktabFocusReason
            stops[(at + (1 if on else -1)) % len(stops)].setFocus(reason)
        return bool(stops)

    def event(self, event: QEvent) -> bool:
        """No key is meant for what is under it."""
        if event.type() is QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape closes it."""
        if event.key() == Qt.Key.Key_Escape:
            self.close()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """In a window of another size its place is another."""
        if event.type() is QEvent.Type.Resize:
            self.close()
        return False
