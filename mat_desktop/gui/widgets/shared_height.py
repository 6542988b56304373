"""Two parts under each other that both stay in view, each scrolled by itself where it has no room for all."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from mat_desktop.gui.widgets.scrolled import UpAndDown

LOWER = 0.45
"""Share of the height that the lower part may take from an upper one that needs it."""

UPPER = 120
"""Pixels that the upper one keeps in any case."""


class SharedHeight(QWidget):
    """The lower part is as high as it needs, but takes no more than its share of what the upper one needs."""

    def __init__(self, upper: QWidget, lower: QWidget) -> None:
        super().__init__()
        self.top, self.bottom = UpAndDown(upper), UpAndDown(lower)
        self._parts = upper, lower
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.top, 1)
        layout.addWidget(self.bottom)
        for part in (upper, lower):
            part.installEventFilter(self)

    def show_lower(self, on: bool) -> None:
        """Whether there is a lower part."""
        self.bottom.setVisible(on)
        self._share()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another height to share."""
        super().resizeEvent(event)
        self._share()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """What is in a part needs another height."""
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Resize):
            self._share()
        return False

    def _share(self) -> None:
        upper, lower = (
            _height(part, area) for part, area in zip(self._parts, (self.top, self.bottom), strict=True)
        )
        needed, room = lower, max(round(self.height() * LOWER), self.height() - upper)
        room = min(room, self.height() - min(upper, UPPER))
        high = max(0, min(needed, room))
        if (self.bottom.minimumHeight(), self.bottom.maximumHeight()) != (high, high):
            self.bottom.setFixedHeight(high)


def _height(part: QWidget, area: QScrollArea) -> int:
    """That a part needs at this width."""
    layout = part.layout()
    if layout is not None and layout.hasHeightForWidth():
        return layout.totalHeightForWidth(area.viewport().width())
    return part.sizeHint().height()
