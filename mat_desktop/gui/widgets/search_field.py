"""The field over the table."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit

from mat_desktop.gui import icons
from mat_desktop.gui.theme import appearance, current, font
from mat_desktop.gui.widgets.controls import draw_key, key_width


class SearchField(QLineEdit):
    """A field with a lens and the key that leads to it."""

    def __init__(self, placeholder: str, key: str = "") -> None:
        super().__init__()
        self._key = key
        self.setPlaceholderText(placeholder)
        self.setAccessibleName(placeholder)
        self.setFixedHeight(32)
        self.setFont(font(13))
        self.setTextMargins(24, 0, key_width(key) + 4 if key else 0, 0)
        self.setClearButtonEnabled(False)
        appearance.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The field, then lens and key over it."""
        super().paintEvent(event)
        t = current()
        painter = QPainter(self)
        icons.draw(painter, "search", 10, 8, 16, t.color("muted"))
        if self._key and not self.text():
            wide = key_width(self._key)
            box = self.rect().adjusted(self.width() - wide - 8, 7, -8, -7)
            draw_key(painter, box, self._key, t.color("muted"), t.color("border_strong"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape empties the field."""
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
            return
        super().keyPressEvent(event)
