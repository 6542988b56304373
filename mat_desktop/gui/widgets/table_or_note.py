"""A table, or what is said in its place while it has nothing to show."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QStackedLayout, QVBoxLayout, QWidget

from mat_desktop.gui.theme import current
from mat_desktop.gui.widgets.controls import Button, Panel, Text
from mat_desktop.gui.widgets.painting import round_rect


class _Nothing(Panel):
    """Has the focus in the place of the table, so that it does not go to a control elsewhere."""

    def __init__(self) -> None:
        super().__init__("surface")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def paintEvent(self, event: QPaintEvent) -> None:
        """With a ring where it has the focus."""
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self)
            round_rect(painter, self.rect(), 2, None, current().color("focus"), 2)


class TableOrNote(QWidget):
    """What takes the place of what had the focus gets it. ``clear`` is a button that shows all again."""

    def __init__(self, table: QWidget) -> None:
        super().__init__()
        self.setMinimumHeight(120)
        self._stack = QStackedLayout(self)
        self._table = table
        self._stack.addWidget(table)
        self.nothing = _Nothing()
        self._stack.addWidget(self.nothing)
        layout = QVBoxLayout(self.nothing)
        layout.addStretch(1)
        self.note = Text(token="muted")
        self.note.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.note.setWordWrap(True)  # it may repeat a query and name all states
        self.note.setContentsMargins(24, 0, 24, 0)
        layout.addWidget(self.note)
        layout.addSpacing(12)
        self.clear = Button("Show all tracks")
        layout.addWidget(self.clear, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(2)

    def say(self, text: str) -> None:
        """What is said in the place of the table."""
        self.note.setText(text)
        self.nothing.setAccessibleName(text)

    @property
    def shows_note(self) -> bool:
        """Whether the text stands in for the table."""
        return self._stack.currentIndex() == 1

    def show_note(self, on: bool) -> None:
        """Show the text, or the table."""
        if on is self.shows_note:
            return
        focus, part = QApplication.focusWidget(), self.nothing if on else self._table
        had = focus is not None and self.isAncestorOf(focus)
        self._stack.setCurrentWidget(part)
        if had:
            part.setFocus()
