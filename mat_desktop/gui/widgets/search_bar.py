"""What lies between the search field and the table: why a query is not understood, and what is compared."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout

from mat_desktop.domain.query import QueryError
from mat_desktop.gui.widgets.announce import announce
from mat_desktop.gui.widgets.controls import Icon, Key, Link, Panel, Text


class QueryProblem(Panel):
    """Why a query is not understood; hidden while it is."""

    def __init__(self) -> None:
        super().__init__("surface", edges="b")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 2, 16, 6)
        layout.setSpacing(8)
        layout.addWidget(Icon("circle-alert", 14, "danger"))
        self.text = Text(size=12, token="danger", elide=True)
        layout.addWidget(self.text, 1)
        self.hide()

    def show_error(self, error: QueryError | None) -> None:
        """Say it, or nothing."""
        text = str(error) if error is not None else ""
        if text and text != self.text.text():
            announce(self, text)
        self.text.setText(text)
        self.setVisible(bool(text))


class Comparison(Panel):
    """That the table shows tracks like one; hidden while it does not. ``left`` asks to go back."""

    left = Signal()

    def __init__(self) -> None:
        super().__init__("surface", edges="b")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 6, 16, 7)
        layout.setSpacing(8)
        layout.addWidget(Icon("audio-lines", 16, "accent"))
        self.text = Text(weight=600, elide=True)
        layout.addWidget(self.text, 1)
        self.back = Link("Back to all tracks")
        self.back.clicked.connect(self.left)
        layout.addWidget(self.back)
        layout.addWidget(Key("Esc"))
        self.hide()

    def show_title(self, title: str) -> None:
        """The track that others are compared with; an empty title hides it all."""
        self.text.setText(f"Tracks that sound like “{title}”, the likest first" if title else "")
        self.setVisible(bool(title))
        if title:
            announce(self, self.text.text())
