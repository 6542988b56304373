"""The state of a training as icon and word."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from mat_desktop.gui import icons
from mat_desktop.gui.models.trainings import State
from mat_desktop.gui.theme import appearance, current, font
from mat_desktop.gui.widgets.delegates import text_width
from mat_desktop.gui.widgets.fit import grown, tall
from mat_desktop.gui.widgets.painting import round_rect

LOOKS = {
    State.RUNNING: ("play", "accent", "selection"),
    State.PAUSED: ("pause", "accent", "selection"),
    State.STOPPING: ("square", "muted", "raised"),
    State.WAITING: ("clock", "muted", "raised"),
    State.OPEN: ("circle-dashed", "muted", "raised"),
    State.DONE: ("circle-check", "positive", "positive_fill"),
    State.STOPPED: ("pause", "muted", "raised"),
    State.FAILED: ("circle-alert", "danger", "danger_fill"),
}
"""Icon, ink and fill by state; the word always stands beside them."""


class StateChip(QWidget):
    """A state's icon and word on its fill."""

    def __init__(self) -> None:
        super().__init__()
        self._state, self._text = State.WAITING, ""
        appearance.changed.connect(self._fit)

    def show_state(self, state: State, text: str) -> None:
        """Another one."""
        self._state, self._text = state, text
        self.setAccessibleName(text)
        self._fit()

    def _fit(self) -> None:
        self.setFixedSize(self.sizeHint())
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as its word."""
        return QSize(20 + grown(14) + text_width(self._text, 12, 500), tall(22, 12, 2))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Fill, icon, word."""
        t = current()
        icon, ink, fill = LOOKS[self._state]
        painter = QPainter(self)
        round_rect(painter, self.rect(), 4, t.color(fill))
        size = grown(14)
        icons.draw(painter, icon, 7, (self.height() - size) // 2, size, t.color(ink))
        painter.setFont(font(12, 500))
        painter.setPen(t.color(ink))
        painter.drawText(self.rect().adjusted(12 + size, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self._text)
