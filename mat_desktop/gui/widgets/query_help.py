"""What can be asked in the search field, with examples that can be tried."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from mat_desktop.gui.theme import current
from mat_desktop.gui.widgets.controls import Link, Text
from mat_desktop.gui.widgets.overlay import MARGIN, Overlay
from mat_desktop.gui.widgets.painting import round_rect

EXAMPLES = (
    ("night drive", "Both words, in title, artist, album, genre, mood, file name or suggested tags"),
    ('"night drive"', "These words beside each other; a quote inside is written twice"),
    (
        "guitar > 0.2 and not vocals",
        "Score of a tag (no probability: many are low), and what must not be there",
    ),
    ("female vocals > 10% or choir > 10%", "One of two; parentheses ( ) group"),
    ("genre:rock state:new", "Within a field: title, artist, album, genre, mood, path, state"),
    ('artist="Queen"', "The whole value of a field, and not a part of one"),
    ("tag:jazz -tag:piano", "Suggested by its own threshold, or accepted; a minus leaves out"),
    ("accepted:rock or rejected:rock", "What you said of a tag"),
    ("missing:mood length > 5:00", "Fields that are empty; length and year"),
)


class QueryHelp(Overlay):
    """Lies under the field. ``picked`` hands over an example to try."""

    picked = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName("What can be asked")
        grid = QGridLayout(self)
        grid.setContentsMargins(16, 12, 16, 12)
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(6)
        self.links: list[Link] = []
        self._meanings: list[Text] = []
        for number, (example, meaning) in enumerate(EXAMPLES):
            link = Link(example)
            link.setAccessibleDescription(meaning)
            link.clicked.connect(partial(self._pick, example))
            self.links.append(link)
            grid.addWidget(link, number, 0, Qt.AlignmentFlag.AlignLeft)
            text = Text(meaning, size=12, token="muted")
            self._meanings.append(text)
            grid.addWidget(text, number, 1)
        grid.setColumnStretch(1, 1)

    def open_under(self, field: QWidget) -> None:
        """Show it under the field, with the first example in focus."""
        window = field.window()
        for text in self._meanings:
            text.setWordWrap(False)
        wide, room = self.sizeHint().width(), window.width() - 2 * MARGIN
        for text in self._meanings:
            text.setWordWrap(wide > room)
        self.resize(min(wide, room), self.heightForWidth(room) if wide > room else self.sizeHint().height())
        self.open_over(window, field.mapTo(window, QPoint(0, field.height() + 4)), self.links[0])

    def _pick(self, example: str) -> None:
        self.close()
        self.picked.emit(example)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and Down go through the examples."""
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            here = next((n for n, link in enumerate(self.links) if link.hasFocus()), -1)
            step = 1 if event.key() == Qt.Key.Key_Down else -1
            self.links[(here + step) % len(self.links)].setFocus(Qt.FocusReason.TabFocusReason)
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A raised sheet."""
        t = current()
        painter = QPainter(self)
        painter.fillRect(self.rect(), t.color("raised"))
        round_rect(painter, self.rect(), 0, None, t.color("border_strong"))
