"""A table, or what is said in its place while it has nothing to show."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from mat_desktop.gui.widgets.controls import Button, Panel, Text


class TableOrNote(QWidget):
    """``note`` is the text, ``clear`` a button that shows everything again."""

    def __init__(self, table: QWidget) -> None:
        super().__init__()
        self.setMinimumHeight(120)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(table)
        self._stack.addWidget(self._nothing())

    def _nothing(self) -> QWidget:
        box = Panel("surface")
        layout = QVBoxLayout(box)
        layout.addStretch(1)
        self.note = Text(token="muted")
        self.note.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self.note)
        layout.addSpacing(12)
        self.clear = Button("Show all tracks")
        layout.addWidget(self.clear, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(2)
        return box

    @property
    def shows_note(self) -> bool:
        """Whether the text stands in for the table."""
        return self._stack.currentIndex() == 1

    def show_note(self, on: bool) -> None:
        """Show the text, or the table."""
        self._stack.setCurrentIndex(1 if on else 0)
