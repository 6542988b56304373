"""One of several ways: a ring with a dot, a title, and words that say what it means."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from mat_desktop.gui.theme import appearance, current, font
from mat_desktop.gui.widgets.delegates import elide
from mat_desktop.gui.widgets.fit import grown
from mat_desktop.gui.widgets.painting import round_rect

RIGHT = 12
"""Beside the words."""


def _left() -> int:
    """Beside the words, with the ring."""
    return 26 + grown(14)


class Choice(QAbstractButton):
    """Put several into a ``QButtonGroup``; arrow keys then go from one to the next."""

    def __init__(self, title: str, about: str) -> None:
        super().__init__()
        self.setText(title)
        self.setAccessibleName(title)
        self.setCheckable(True)
        self.setAutoExclusive(True)  # else screen readers call it a check box
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.set_about(about)
        appearance.changed.connect(self.updateGeometry)
        appearance.changed.connect(self.update)

    def set_about(self, about: str) -> None:
        """Other words under the title."""
        self._about = about
        self.setAccessibleDescription(about)
        self.setToolTip(about)
        self.updateGeometry()
        self.update()

    @property
    def about(self) -> str:
        """The words under the title."""
        return self._about

    def sizeHint(self) -> QSize:
        """Two lines."""
        return QSize(240, self.heightForWidth(10_000))

    def heightForWidth(self, wide: int) -> int:
        """As many lines as the words need."""
        room = QRect(0, 0, wide - _left() - RIGHT, 10_000)
        words = QFontMetrics(font(12)).boundingRect(room, Qt.TextFlag.TextWordWrap, self._about)
        return 14 + _title_height() + max(words.height(), QFontMetrics(font(12)).height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Card, ring, words."""
        t = current()
        painter = QPainter(self)
        on, able = self.isChecked(), self.isEnabled()
        fill = t.color("selection" if on else "hover" if self.underMouse() and able else "surface")
        round_rect(painter, self.rect(), 6, fill, t.color("accent" if on else "border_strong"))
        side = grown(14)
        ring = QRect(14, 7 + (_title_height() - side) // 2, side, side)
        line = t.color("accent" if on else "control" if able else "border_strong")
        round_rect(painter, ring, side // 2, None, line)
        if on:
            gap = side * 2 // 7
            round_rect(painter, ring.adjusted(gap, gap, -gap, -gap), side // 2 - gap, t.color("accent"))
        left = _left()
        wide = self.width() - left - RIGHT
        painter.setFont(font(13, 500))
        painter.setPen(t.color("text" if able else "disabled"))
        middle = Qt.AlignmentFlag.AlignVCenter
        tall = _title_height()
        painter.drawText(QRect(left, 7, wide, tall), middle, elide(self.text(), wide, 13, 500))
        painter.setFont(font(12))
        painter.setPen(t.color("muted" if able else "faint"))
        below = QRect(left, 7 + tall, wide, self.height() - tall - 14)
        painter.drawText(below, Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap, self._about)
        if self.hasFocus():
            round_rect(painter, self.rect(), 6, None, t.color("focus"), 2)


def _title_height() -> int:
    return max(20, QFontMetrics(font(13, 500)).height() + 2)
