"""Pages that are only read, and the one of all keys."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractSlider,
    QBoxLayout,
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


class Shortcuts(Sheet):
    """Every key, by what it is for."""

    def __init__(self, groups: Sequence[tuple[str, Sequence[tuple[Sequence[str], str]]]]) -> None:
        """:param groups: title, and keys with what they do"""
        super().__init__("Keyboard shortcuts")
        self._columns = outer = QHBoxLayout(self.body)
        outer.setContentsMargins(24, 16, 24, 24)
        outer.setSpacing(48)
        half = (len(groups) + 1) // 2
        for part in (groups[:half], groups[half:]):
            column = QVBoxLayout()
            column.setSpacing(16)
            for title, keys in part:
                column.addWidget(_group(title, keys))
            column.addStretch(1)
            nest(outer, column, 0)
        outer.addStretch(1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """One column where there is no room for two."""
        super().resizeEvent(event)
        down, beside = QBoxLayout.Direction.TopToBottom, QBoxLayout.Direction.LeftToRight
        needed = 2 * wider(COLUMN) + 48 + 2 * 24
        self._columns.setDirection(beside if event.size().width() >= needed else down)


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
