"""Pages that are only read, and the one of all keys."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractSlider,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from mat_desktop.gui.theme import wider
from mat_desktop.gui.widgets.bar import Bar
from mat_desktop.gui.widgets.controls import Button, Key, Panel, Text
from mat_desktop.gui.widgets.fit import KeepWide
from mat_desktop.gui.widgets.nesting import nest
from mat_desktop.gui.widgets.painting import key_text

_Action = QAbstractSlider.SliderAction
SCROLL = {
    Qt.Key.Key_Up: _Action.SliderSingleStepSub,
    Qt.Key.Key_Down: _Action.SliderSingleStepAdd,
    Qt.Key.Key_PageUp: _Action.SliderPageStepSub,
    Qt.Key.Key_PageDown: _Action.SliderPageStepAdd,
    Qt.Key.Key_Home: _Action.SliderToMinimum,
    Qt.Key.Key_End: _Action.SliderToMaximum,
}


class Sheet(Panel):
    """A page with a title that Escape closes."""

    closed = Signal()

    def __init__(self, title: str) -> None:
        super().__init__("surface")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        bar = Bar()
        head = bar.row
        head.addWidget(Text(title, size=16, weight=600), 1)
        self.close_button = Button(icon="x", kind="flat", tip="Back (Esc)")
        self.close_button.clicked.connect(self.closed)
        head.addWidget(self.close_button)
        layout.addWidget(bar)
        self.body = Panel("surface")
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(self.body)
        layout.addWidget(self._scroll, 1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape goes back, the keys of a list scroll."""
        bar = self._scroll.verticalScrollBar()
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        elif event.key() in SCROLL:
            bar.triggerAction(SCROLL[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)


COLUMN = 400
"""Pixels of a column at the usual size of letters."""

MOST_COLUMNS = 3

BETWEEN = 48
"""Pixels between two."""


class Shortcuts(Sheet):
    """Every key, by what it is for."""

    def __init__(self, groups: Sequence[tuple[str, Sequence[tuple[Sequence[str], str]]]]) -> None:
        """:param groups: title, and keys with what they do"""
        super().__init__("Keyboard shortcuts")
        outer = QHBoxLayout(self.body)
        outer.setContentsMargins(24, 16, 24, 24)
        outer.setSpacing(BETWEEN)
        self._groups = [_group(title, keys) for title, keys in groups]
        self._rows = [len(keys) + 2 for _, keys in groups]  # a title, and the room after the last
        self._columns: list[tuple[QWidget, QVBoxLayout]] = []
        for _ in range(MOST_COLUMNS):
            box = QWidget()
            column = QVBoxLayout(box)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(16)
            column.setAlignment(Qt.AlignmentFlag.AlignTop)
            self._columns.append((box, column))
            outer.addWidget(box)
        outer.addStretch(1)
        self.columns = 0
        self._arrange(1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As many columns as there is room for."""
        super().resizeEvent(event)
        room = event.size().width() - 2 * 24 + BETWEEN
        self._arrange(max(1, min(MOST_COLUMNS, room // (wider(COLUMN) + BETWEEN))))

    def _arrange(self, columns: int) -> None:
        if columns == self.columns:
            return
        self.columns = columns
        parts = in_columns(self._rows, columns)
        for number, (box, column) in enumerate(self._columns):
            for place in parts[number] if number < len(parts) else ():
                column.addWidget(self._groups[place])
            box.setVisible(number < len(parts))


def in_columns(heights: Sequence[int], columns: int) -> list[range]:
    """Places of things that stand one under the other, so that the highest column is as low as can be."""
    least = max(max(heights), -(-sum(heights) // columns))
    for most in range(least, sum(heights) + 1):
        parts, begin, high = [], 0, 0
        for place, height in enumerate(heights):
            if high + height > most:
                parts.append(range(begin, place))
                begin, high = place, 0
            high += height
        parts.append(range(begin, len(heights)))
        if len(parts) <= columns:
            return parts
    return [range(len(heights))]


def _group(title: str, keys: Sequence[tuple[Sequence[str], str]]) -> QWidget:
    box = QWidget()
    KeepWide(box, COLUMN)
    grid = QGridLayout(box)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(6)
    grid.setColumnMinimumWidth(0, 140)
    grid.setColumnStretch(1, 1)
    grid.addWidget(Text(title, weight=600), 0, 0, 1, 2)
    for row, (sequences, text) in enumerate(keys, 1):
        caps = QHBoxLayout()
        caps.setSpacing(4)
        for sequence in sequences:
            if sequence == "…":
                caps.addWidget(Text("to", size=12, token="muted"))
            else:
                caps.addWidget(Key(key_text(sequence)))
        caps.addStretch(1)
        nest(grid, caps, row, 0)
        grid.addWidget(Text(text, token="muted"), row, 1)
    return box
