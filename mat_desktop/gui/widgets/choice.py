"""One of several ways: a ring with a dot, a title, and a line that says what it means."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from mat_desktop.gui.theme import appearance, current, font
from mat_desktop.gui.widgets.delegates import elide
from mat_desktop.gui.widgets.painting import round_rect


class Choice(QAbstractButton):
    """Put several into a ``QButtonGroup``; arrow keys then go from one to the next."""

    def __init__(self, title: str, about: str) -> None:
        super().__init__()
        self.setText(title)
        self.setAccessibleName(title)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_about(about)
        appearance.changed.connect(self.update)

    def set_about(self, about: str) -> None:
        """Another line under the title."""
        self._about = about
        self.setAccessibleDescription(about)
        self.setToolTip(about)
        self.update()

    @property
    def about(self) -> str:
        """The line under the title."""
        return self._about

    def sizeHint(self) -> QSize:
        """Two lines."""
        return QSize(240, 52)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Card, ring, words."""
        t = current()
        painter = QPainter(self)
        on, able = self.isChecked(), self.isEnabled()
        fill = t.color("selection" if on else "hover" if self.underMouse() and able else "surface")
        round_rect(painter, self.rect(), 6, fill, t.color("accent" if on else "border_strong"))
        ring = QRect(14, 11, 14, 14)
        round_rect(
            painter, ring, 7, None, t.color("accent" if on else "control" if able else "border_strong")
        )
        if on:
            round_rect(painter, ring.adjusted(4, 4, -4, -4), 3, t.color("accent"))
        wide = self.width() - 40 - 12
        painter.setFont(font(13, 500))
        painter.setPen(t.color("text" if able else "faint"))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRect(40, 7, wide, 20), middle, elide(self.text(), wide, 13, 500))
        painter.setFont(font(12))
        painter.setPen(t.color("muted" if able else "faint"))
        painter.drawText(QRect(40, 27, wide, 18), middle, elide(self._about, wide, 12))
        if self.hasFocus():
            round_rect(painter, self.rect(), 6, None, t.color("focus"), 2)
