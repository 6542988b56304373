"""What pointer and wheel do in a picture on the time axis of a track."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal


class TimeBox(pg.ViewBox):  # type: ignore[misc]
    """The wheel zooms at the pointer, with Shift it goes along; a drag marks, another button moves."""

    marked = Signal(float, float, bool)

    def mouseDragEvent(self, ev: Any, axis: int | None = None) -> None:
        """The left button marks a part of the track, the others move the view."""
        ev.accept()
        if ev.button() == Qt.MouseButton.LeftButton:
            start, end = self.mapToView(ev.buttonDownPos()).x(), self.mapToView(ev.pos()).x()
            self.marked.emit(min(start, end), max(start, end), ev.isFinish())
            return
        self.translateBy(x=self.mapToView(ev.lastPos()).x() - self.mapToView(ev.pos()).x())

    def wheelEvent(self, ev: Any, axis: int | None = None) -> None:
        """One notch zooms by a quarter, or goes an eighth of the view."""
        ev.accept()
        notches = ev.delta() / 120
        along = ev.orientation() == Qt.Orientation.Horizontal
        if along or ev.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            low, high = self.viewRange()[0]
            self.translateBy(x=-notches * (high - low) / 8)
        else:
            self.scaleBy(x=0.8**notches, center=self.mapToView(ev.pos()))
