"""Combos that look like the rest of the window."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QComboBox, QLabel, QStyledItemDelegate, QStyleOptionComboBox

from mat_desktop.gui import icons
from mat_desktop.gui.theme import current, font
from mat_desktop.gui.widgets.fit import grown


class Combo(QComboBox):
    """A combo in the theme's colours.

    On Linux Qt tells screen readers the chosen entry as its name, and what it is called only by a label
    beside it that has it as its buddy. So each has one that is never seen and says the accessible name.
    """

    def __init__(self) -> None:
        super().__init__()
        self._spoken = QLabel()
        self._spoken.setTextFormat(Qt.TextFormat.PlainText)
        self._spoken.setBuddy(self)
        self.destroyed.connect(self._spoken.deleteLater)
        self.setFont(font(13))
        self.setItemDelegate(QStyledItemDelegate(self))  # Qt's own for combos knows no style sheet
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def setAccessibleName(self, name: str) -> None:
        """What it is called."""
        super().setAccessibleName(name)
        self._spoken.setText(name)

    def event(self, event: QEvent) -> bool:
        """The label goes where the combo goes."""
        if event.type() is QEvent.Type.ParentChange:
            self._spoken.setParent(self.parentWidget())
            self._spoken.hide()
        return super().event(event)

    def changeEvent(self, event: QEvent) -> None:
        """Qt keeps how small it can get with the letters of before, but not beside another style."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            super().changeEvent(QEvent(QEvent.Type.StyleChange))

    def paintEvent(self, event: QPaintEvent) -> None:
        """The combo, and the arrow that a style sheet cannot draw in the theme's colour."""
        super().paintEvent(event)
        token = "muted" if self.isEnabled() else "disabled"
        size = grown(14)
        x, y = self.width() - 15 - size // 2, (self.height() - size) // 2
        icons.draw(QPainter(self), "chevron-down", x, y, size, current().color(token))

    def initStyleOption(self, option: QStyleOptionComboBox) -> None:
        """What there is no room for ends in dots."""
        super().initStyleOption(option)
        room = self.width() - 10 - 26
        option.currentText = self.fontMetrics().elidedText(
            self.currentText(), Qt.TextElideMode.ElideRight, room
        )

    def wheelEvent(self, event: QWheelEvent) -> None:
        """A wheel over it scrolls the page, never changes the choice."""
        event.ignore()


class DropDown(Combo):
    """``picked`` hands over the value that the user chose."""

    picked = Signal(str)

    def __init__(self, entries: Sequence[tuple[str, str]]) -> None:
        """:param entries: values and what is shown of them"""
        super().__init__()
        for value, text in entries:
            self.addItem(text, value)
        self.activated.connect(lambda _: self.picked.emit(self.value))

    @property
    def value(self) -> str:
        """The chosen one."""
        return str(self.currentData())

    def pick(self, value: str) -> None:
        """Choose another one."""
        self.setCurrentIndex(self.findData(value))
