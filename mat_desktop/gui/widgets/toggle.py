"""A switch: on or off, at once."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from mat_desktop.gui.theme import appearance, current, font
from mat_desktop.gui.widgets.fit import tall
from mat_desktop.gui.widgets.painting import round_rect


class Toggle(QAbstractButton):
    """A track of 28 x 16 with a knob, and a word."""

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
        return QSize(44 + words if words else 36, tall(28) if words else 28)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Track, knob, word, ring."""
        t = current()
        painter = QPainter(self)
        on = self.isChecked()
        track = QRect(4, self.height() // 2 - 8, 28, 16)
        round_rect(painter, track, 8, t.color("accent" if on else "raised"), t.color("control"))
        knob = QRect(track.x() + (15 if on else 3), track.y() + 3, 10, 10)
        round_rect(painter, knob, 5, t.color("on_accent" if on else "muted"))
        painter.setFont(font(13))
        painter.setPen(t.color("text"))
        box = QRect(40, 0, self.width() - 40, self.height())
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, self.text())
        if self.hasFocus():
            round_rect(painter, self.rect(), 6, None, t.color("focus"), 2)
