"""A switch: on or off, at once."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from mat_desktop.gui.theme import appearance, current, font
from mat_desktop.gui.widgets.fit import grown, tall
from mat_desktop.gui.widgets.painting import round_rect


def show_checked(button: QAbstractButton, checked: bool) -> None:
    """Show what is so already. ``toggled`` is left to users: mouse, key and screen readers all emit it, while
    ``clicked`` comes from mouse and key only.
    """
    before = button.blockSignals(True)
    button.setChecked(checked)
    button.blockSignals(before)


class Toggle(QAbstractButton):
    """A track of 28 x 16 with a knob, larger beside larger letters, and a word."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.setText(text)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        appearance.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """As wide as its parts."""
        words = QFontMetrics(font(13)).horizontalAdvance(self.text())
        beside = grown(28)
        return QSize(beside + 16 + words if words else beside + 8, max(tall(28), grown(16) + 8))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Track, knob, word, ring."""
        t = current()
        painter = QPainter(self)
        on = self.isChecked()
        wide, high = grown(28), grown(16)
        track = QRect(4, (self.height() - high) // 2, wide, high)
        round_rect(painter, track, high // 2, t.color("accent" if on else "raised"), t.color("control"))
        side = high - 6
        knob = QRect(track.x() + (wide - side - 3 if on else 3), track.y() + 3, side, side)
        round_rect(painter, knob, side // 2, t.color("on_accent" if on else "muted"))
        painter.setFont(font(13))
        painter.setPen(t.color("text"))
        box = self.rect().adjusted(wide + 12, 0, 0, 0)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, self.text())
        if self.hasFocus():
            round_rect(painter, self.rect(), 6, None, t.color("focus"), 2)
