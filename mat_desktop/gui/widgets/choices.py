"""The list of what a text may go on to, under the field that it is typed in."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QListView

from mat_desktop.gui.theme import appearance, current, font


class Choices(QListView):
    """A sheet with an outline for a completer. ``gone`` says that it was closed."""

    gone = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("completions")
        self.setFont(font(13))
        appearance.changed.connect(self._recolor)
        self._recolor()

    def _recolor(self) -> None:
        t = current()
        self.setStyleSheet(
            f"#completions {{ background: {t.raised}; color: {t.text};"
            f" border: 1px solid {t.border_strong}; }}"
            f" #completions::item {{ padding: 4px 8px; border-radius: 4px; }}"
            f" #completions::item:selected {{ background: {t.selection}; color: {t.text}; }}"
        )

    def hideEvent(self, event: QHideEvent) -> None:
        """Say so."""
        super().hideEvent(event)
        self.gone.emit()
