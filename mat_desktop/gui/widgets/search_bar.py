"""What lies between the search field and the table: why a query is not understood, and what is compared."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from mat_desktop.domain.query import QueryError
from mat_desktop.gui.widgets.announce import announce
from mat_desktop.gui.widgets.controls import Icon, Key, Link, Panel, Text
from mat_desktop.gui.widgets.nesting import nest

MOST = 48
"""Characters of a query that are repeated."""


class QueryProblem(Panel):
    """Why a query is not understood, and what the table shows instead; hidden while it is understood."""

    def __init__(self) -> None:
        super().__init__("surface", edges="b")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 2, 16, 6)
        layout.setSpacing(8)
        layout.addWidget(Icon("circle-alert", 14, "danger"), 0, Qt.AlignmentFlag.AlignTop)
        lines = QVBoxLayout()
        lines.setSpacing(2)
        self.text = Text(size=12, token="danger")
        self.instead = Text(size=12, token="muted")
        for text in (self.text, self.instead):
            text.setWordWrap(True)  # it may name all states
            lines.addWidget(text)
        nest(layout, lines, 1)
        self.hide()

    def show_error(self, error: QueryError | None, before: str) -> None:
        """Say it, or nothing.

        :param before: the part of the query that the table answers, empty for none
        """
        text = str(error) if error is not None else ""
        before = before if len(before) <= MOST else f"{before[:MOST]}…"
        instead = f"Until then the list shows what “{before}” finds" if before else "The list is not searched"
        if error is not None and error.meant is not None:
            instead = "The list takes it as ending here"
        if text and (text, instead) != (self.text.text(), self.instead.text()):
            announce(self, f"{text}. {instead}.")
        self.text.setText(text)
        self.instead.setText(instead)
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

    def show_title(self, title: str, *, sorting: bool = False, aside: bool = False) -> None:
        """The track that others are compared with; an empty title hides it all.

        :param sorting: the likest are not the first yet
        :param aside: going back brings a filter back
        """
        begun, done = "Looking for tracks that sound like", "the likest first"
        text = f"{begun} “{title}”…" if sorting else f"Tracks that sound like “{title}”, {done}"
        self.text.setText(text if title else "")
        self.back.setText("Back to what was shown" if aside else "Back to all tracks")
        self.setVisible(bool(title))
        if title:
            announce(self, self.text.text())
