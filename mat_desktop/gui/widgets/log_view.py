"""What a training said, line by line, in the system's fixed font."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QFontDatabase, QPaintEvent, QTextCharFormat, QTextCursor, QTextOption
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QSizePolicy, QVBoxLayout

from mat_desktop.gui.theme import appearance, current
from mat_desktop.gui.widgets.controls import Button, Panel, Text
from mat_desktop.gui.widgets.nesting import nest
from mat_desktop.gui.widgets.views import ring

LINES = 5000
"""That are kept."""

WARNINGS = ("skipped", "warning", "left out")
FAULTS = ("failed:", "error", "traceback")


class LogView(QPlainTextEdit):
    """Follows its end while the end is in view."""

    def __init__(self) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setAccessibleName("Log")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMaximumBlockCount(LINES)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)  # paths are long
        self.setTabChangesFocus(True)
        self.setViewportMargins(20, 0, 12, 4)
        self._text = ""
        self._apply()
        appearance.changed.connect(self._apply)

    def show_text(self, text: str) -> None:
        """Another log."""
        self.clear()
        for line in text.splitlines()[-LINES:]:
            self._append(line)
        self._to_end()

    def add(self, lines: Sequence[str]) -> None:
        """More lines."""
        bar = self.verticalScrollBar()
        follows = bar.value() >= bar.maximum() - 2
        for line in lines:
            self._append(line)
        if follows:
            self._to_end()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Lines, then the ring of the focus."""
        super().paintEvent(event)
        ring(self)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """The ring stays where it is."""
        super().scrollContentsBy(dx, dy)
        if self.hasFocus():
            self.viewport().update()

    def _append(self, line: str) -> None:
        look = QTextCharFormat()
        look.setForeground(current().color(_token(line)))
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        if not self.document().isEmpty():
            cursor.insertBlock()
        cursor.insertText(line, look)

    def _to_end(self) -> None:
        bar = self.verticalScrollBar()
        bar.setValue(bar.maximum())

    def _apply(self) -> None:
        t = current()
        fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        size = round(12 * appearance.text_scale)
        # In the style sheet: it would give the view back the size that it was made with.
        self.setStyleSheet(
            f"QPlainTextEdit {{ background: {t.bg}; color: {t.muted}; border: none; "
            f"font-family: '{fixed.family()}'; font-size: {size}px; }}"
        )
        text = self.toPlainText()
        if text:
            self.show_text(text)


class LogPanel(Panel):
    """The log, under its name and the button for the folder that it lies in."""

    def __init__(self) -> None:
        super().__init__("bg")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(24, 4, 16, 2)
        head.addWidget(Text("Log", weight=600))
        head.addStretch(1)
        self.folder = Button("Open run folder", "folder", height=28)
        head.addWidget(self.folder)
        nest(column, head)
        self.lines = LogView()
        self.lines.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        column.addWidget(self.lines, 1)


def _token(line: str) -> str:
    said = line[10:].casefold()
    if said.startswith(FAULTS):
        return "danger"
    if said.startswith(WARNINGS):
        return "warning"
    return "text" if said.startswith(("epoch ", "done", "started", "resumed")) else "muted"
