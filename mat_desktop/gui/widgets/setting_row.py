"""A setting as a row: what it is and what it does at the left, its control at the right."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from mat_desktop.gui import words
from mat_desktop.gui.theme import wider
from mat_desktop.gui.widgets.controls import Text

CONTROL = 248
"""Pixels that a control may be wide."""


class SettingRow(QWidget):
    """Control and words; screen readers read the words with the control."""

    def __init__(self, title: str, meaning: str, control: QWidget) -> None:
        super().__init__()
        self.control = control
        self._title = title
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 8, 0, 8)
        layout.setHorizontalSpacing(24)
        layout.setVerticalSpacing(2)
        layout.setColumnStretch(0, 1)
        layout.setColumnMinimumWidth(1, CONTROL)
        name = Text(title, weight=500)
        name.setWordWrap(True)
        name.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        layout.addWidget(name, 0, 0)
        self.meaning = Text(size=12, token="muted")
        self.meaning.setWordWrap(True)
        self.meaning.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        layout.addWidget(self.meaning, 1, 0)
        control.setMaximumWidth(CONTROL)
        side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop
        layout.addWidget(control, 0, 1, 2, 1, side)
        self._grid, self._under = layout, False
        if not control.accessibleName():
            control.setAccessibleName(title)
        self.say(meaning)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A narrow one has its control under the words."""
        super().resizeEvent(event)
        under = event.size().width() < CONTROL + wider(200)
        if under == self._under:
            return
        self._under = under
        self._grid.setColumnMinimumWidth(1, 0 if under else CONTROL)
        self._grid.setHorizontalSpacing(0 if under else 24)
        top = Qt.AlignmentFlag.AlignTop
        if under:
            self._grid.addWidget(self.control, 2, 0, 1, 2, Qt.AlignmentFlag.AlignLeft | top)
        else:
            self._grid.addWidget(self.control, 0, 1, 2, 1, Qt.AlignmentFlag.AlignRight | top)

    def say(self, meaning: str) -> None:
        """What it does now."""
        self.meaning.setText(words.breakable(meaning))
        self.meaning.setVisible(bool(meaning))
        self.control.setAccessibleDescription(meaning)
