"""A slider, painted from the theme."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFocusEvent, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QSlider

from mat_desktop.gui.theme import appearance, current
from mat_desktop.gui.widgets.painting import round_rect

KEPT_BY = (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason)
"""The focus comes back as it was, from another window or a menu."""


class Slider(QSlider):
    """A horizontal slider: groove 4 px, round handle; ``from_middle`` fills from the middle."""

    def __init__(self, *, from_middle: bool = False, handle: int = 14, wheel: bool = False) -> None:
        """:param wheel: moves with the wheel also where it was not clicked before"""
        super().__init__(Qt.Orientation.Horizontal)
        self._handle = handle
        self._from_middle = from_middle
        self._wheel, self._clicked = wheel, False
        self.setMinimumHeight(24)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        appearance.changed.connect(self.update)

    def _x(self, value: float) -> float:
        span = self.maximum() - self.minimum()
        share = (value - self.minimum()) / span if span else 0
        room = self.width() - self._handle - 6
        return 3 + self._handle / 2 + share * room

    def paintEvent(self, event: QPaintEvent) -> None:
        """Groove, fill, handle."""
        t = current()
        painter = QPainter(self)
        middle = self.height() // 2
        left, right = self._x(self.minimum()), self._x(self.maximum())
        at = self._x(self.value())
        accent = t.color("accent" if self.isEnabled() else "disabled")
        groove = QRect(round(left), middle - 2, round(right - left), 4)
        round_rect(painter, groove, 2, t.color("border_strong"))
        start = self._x((self.minimum() + self.maximum()) / 2) if self._from_middle else left
        low, high = sorted((start, at))
        round_rect(painter, QRect(round(low), middle - 2, round(high - low), 4), 2, accent)
        if self._from_middle:
            painter.fillRect(QRect(round(start), middle - 5, 1, 10), t.color("control"))
        size = self._handle
        knob = QRect(round(at - size / 2), middle - size // 2, size, size)
        round_rect(painter, knob, size // 2, accent)
        if self.hasFocus():
            ring = knob.adjusted(-3, -3, 3, 3)
            round_rect(painter, ring, ring.width() // 2, None, t.color("focus"), 2)
        elif self.underMouse() and self.isEnabled():
            round_rect(painter, knob.adjusted(3, 3, -3, -3), size // 2 - 3, t.color("on_accent"))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """By a click or otherwise."""
        if event.reason() not in KEPT_BY:
            self._clicked = event.reason() is Qt.FocusReason.MouseFocusReason
        super().focusInEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """A wheel that comes by scrolls the page; it moves the slider where a click gave it the focus."""
        if self._wheel or (self._clicked and self.hasFocus()):
            super().wheelEvent(event)
        else:
            event.ignore()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click moves the handle there."""
        if event.button() is Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._to(event.position().x())
            event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follows the pointer."""
        if self.isSliderDown():
            self._to(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Lets go."""
        self.setSliderDown(False)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Back to the middle, where that is the neutral place."""
        if self._from_middle:
            self.setValue((self.minimum() + self.maximum()) // 2)

    def _to(self, x: float) -> None:
        left, right = self._x(self.minimum()), self._x(self.maximum())
        share = (x - left) / (right - left) if right > left else 0
        self.setValue(round(self.minimum() + min(max(share, 0), 1) * (self.maximum() - self.minimum())))
