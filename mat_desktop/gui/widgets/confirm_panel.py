"""What the panels have in common that show changes to files before they are made."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout

from mat_desktop.gui.widgets.controls import Button, Icon, Panel, Text

LOW = 440
"""Pixels of a window under which all that is not the table has little room."""


class ConfirmPanel(Panel):
    """Escape goes back, Ctrl+Enter does what is checked."""

    closed = Signal()

    def __init__(self) -> None:
        super().__init__("surface")
        self.note_icon = Icon("triangle-alert", 16, "warning")
        self.note_icon.hide()
        self.note = Text(token="muted", elide=True)
        self.note.setMinimumHeight(20)
        self._foot = Panel("surface", edges="t")

    @property
    def low(self) -> bool:
        """Whether its window is so low that the table has most of it."""
        return self.window().height() < LOW

    def make_foot(self, do: Button) -> Panel:
        """:param do: does what is checked"""
        buttons = QHBoxLayout(self._foot)
        buttons.setContentsMargins(24, 0, 20, 0)
        buttons.setSpacing(8)
        buttons.addWidget(self.note_icon)
        buttons.addWidget(self.note, 1)
        cancel = Button("Cancel", key="Esc")
        cancel.clicked.connect(self.closed)
        do.clicked.connect(self.confirm)
        buttons.addWidget(cancel)
        buttons.addWidget(do)
        self._fit_foot()
        return self._foot

    def _fit_foot(self) -> None:
        self._foot.setFixedHeight(48 if self.low else 64)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another size."""
        super().resizeEvent(event)
        self._fit_foot()

    def confirm(self) -> None:
        """Do what is checked."""
        raise NotImplementedError

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The two keys."""
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and (
            event.modifiers() & Qt.KeyboardModifier.ControlModifier
        ):
            self.confirm()
        else:
            super().keyPressEvent(event)
