"""Says that what is held over the window may be dropped there."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from mat_desktop.gui import icons
from mat_desktop.gui.theme import current, font
from mat_desktop.gui.widgets.fit import grown
from mat_desktop.gui.widgets.painting import round_rect

TEXT = "Drop to open"


class DropSign(QWidget):
    """A frame and words over all of its parent, shown only for as long; the mouse does not see it."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self._over = over
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName(TEXT)
        self.hide()

    def set_shown(self, shown: bool) -> None:
        """Show it over all that is there now, or hide it."""
        if shown:
            self.setGeometry(self._over.rect())
            self.raise_()
        self.setVisible(shown)

    def paintEvent(self, event: QPaintEvent) -> None:
        """What is under it stays in sight, but for the words' box."""
        t = current()
        painter = QPainter(self)
        veil = QColor(t.color("bg"))  # the theme's own stays as it is
        veil.setAlphaF(0.6)
        painter.fillRect(self.rect(), veil)
        round_rect(painter, self.rect().adjusted(4, 4, -4, -4), 8, None, t.color("accent"), 2)
        face = font(16, 600)
        metrics = QFontMetrics(face)
        size = grown(20)
        box = QRect(0, 0, metrics.horizontalAdvance(TEXT) + 56 + size, metrics.height() + 28)
        box.moveCenter(self.rect().center())
        round_rect(painter, box, 8, t.color("selection"), t.color("accent"))
        icons.draw(painter, "folder", box.x() + 20, box.center().y() - size // 2 + 1, size, t.color("accent"))
        painter.setFont(face)
        painter.setPen(t.color("text"))
        painter.drawText(box.adjusted(32 + size, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, TEXT)
