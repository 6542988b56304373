"""What the panels have in common that show changes to files before they are made."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent

from mat_desktop.gui.widgets.controls import Panel


class ConfirmPanel(Panel):
    """Escape goes back, Ctrl+Enter does what is checked."""

    closed = Signal()

    def __init__(self) -> None:
        super().__init__("surface")

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
