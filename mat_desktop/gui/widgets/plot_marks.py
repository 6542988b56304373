"""What lies over the two pictures: lines between rows, playhead, loop, and the outline of evidence."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from mat_desktop.gui.outline import Outline, Places
from mat_desktop.gui.theme import current

DIMMED = round(0.38 * 255)
"""How much darker it is outside of evidence."""

SHORTEST_LOOP = 0.2
"""Seconds."""


class Rows(pg.GraphicsObject):  # type: ignore[misc]
    """Lines in the surface colour that part the rows of the taggram."""

    def __init__(self) -> None:
        super().__init__()
        self._count = 0
        self._seconds = 0.0
        self._lit = -1

    def set(self, count: int, seconds: float, lit: int) -> None:
        """Other rows. :param lit: the row that is set off, -1 for none"""
        self.prepareGeometryChange()
        self._count, self._seconds, self._lit = count, seconds, lit
        self.update()

    def boundingRect(self) -> QRectF:
        """All of it."""
        return QRectF(0, 0, self._seconds, self._count)

    def paint(self, painter: QPainter, option: object, widget: QWidget | None = None) -> None:
        """1 px each."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        pen = QPen(current().color("surface"))
        pen.setCosmetic(True)
        painter.setPen(pen)
        for row in range(1, self._count):
            painter.drawLine(QPointF(0, row), QPointF(self._seconds, row))
        if 0 <= self._lit < self._count:
            pen.setColor(current().color("text"))
            painter.setPen(pen)
            for row in (self._lit, self._lit + 1):
                painter.drawLine(QPointF(0, row), QPointF(self._seconds, row))


class Playhead(pg.InfiniteLine):  # type: ignore[misc]
    """1 px white on 3 px of dark, seen on any colour map; the upper one has a handle."""

    def __init__(self) -> None:
        super().__init__(angle=90, movable=False)
        self.setZValue(50)
        self.hide()

    def paint(self, painter: QPainter, *args: object) -> None:
        """The line."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for color, width in ((QColor(0, 0, 0, 140), 3), (QColor("#FFFFFF"), 1)):
            pen = QPen(color, width)
            pen.setCosmetic(True)
            painter.setPen(pen)
            painter.drawLine(QPointF(self._endPoints[0], 0), QPointF(self._endPoints[1], 0))


class EvidenceMark:
    """Everything outside a region is dimmed, and a line of 1 px runs around it."""

    def __init__(self, plot: pg.PlotItem) -> None:
        self._dim = pg.ImageItem(axisOrder="row-major")
        self._dim.setLookupTable(np.array([[0, 0, 0, 0], [0, 0, 0, DIMMED]], np.uint8))
        self._dim.setZValue(20)
        self._line = _Line()
        self._line.setZValue(21)
        for item in (self._dim, self._line):
            plot.addItem(item, ignoreBounds=True)
            item.hide()

    @property
    def shown(self) -> bool:
        """Whether there is one."""
        return bool(self._dim.isVisible())

    def set(self, outline: Outline | None, bands: int) -> None:
        """Another region, None for none."""
        self._dim.setVisible(outline is not None)
        self._line.setVisible(outline is not None)
        if outline is None:
            self._dim.clear()
            return
        self._dim.setImage(outline.outside, levels=(0, 1), autoLevels=False)
        self._dim.setRect(QRectF(outline.start, 0, outline.end - outline.start, bands))
        self._line.set(outline.x, outline.y)


class _Line(pg.GraphicsObject):  # type: ignore[misc]
    """1 px white on 3 px of dark."""

    def __init__(self) -> None:
        super().__init__()
        self._x = self._y = np.zeros((0, 2))
        self._rect = QRectF()
        self.setFlag(self.GraphicsItemFlag.ItemUsesExtendedStyleOption)  # which says what is exposed

    def set(self, x: Places, y: Places) -> None:
        """:param x: seconds [2n]; each pair of places is a piece of the line
        :param y: bands [2n]
        """
        self.prepareGeometryChange()
        self._x, self._y = x.reshape(-1, 2), y.reshape(-1, 2)
        self._rect = QRectF(QPointF(x.min(), y.min()), QPointF(x.max(), y.max())) if x.size else QRectF()
        self.update()

    def boundingRect(self) -> QRectF:
        return self._rect

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """The pieces where something is to be painted: stroking all takes 20 ms, and the playhead passes over
        it thirty times a second. (Qt's cache of an item keeps parts of it from before a zoom.)
        """
        wide = 2 * self.pixelWidth()
        low, high = option.exposedRect.left() - wide, option.exposedRect.right() + wide
        near = (self._x.max(axis=1) >= low) & (self._x.min(axis=1) <= high)
        path = pg.arrayToQPath(self._x[near].ravel(), self._y[near].ravel(), connect="pairs")
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for color, width in ((QColor(0, 0, 0, 110), 3), (QColor("#FFFFFF"), 1)):
            pen = QPen(color, width)
            pen.setCosmetic(True)
            painter.setPen(pen)
            painter.drawPath(path)


class LoopMark(pg.GraphicsObject):  # type: ignore[misc]
    """One part of the track, marked in both plots; its edges and the whole of it can be moved.

    ``picked`` says that it was moved; it is not sent while it moves.
    """

    picked = Signal(float, float)

    def __init__(self, plots: tuple[pg.PlotItem, pg.PlotItem]) -> None:
        super().__init__()
        self._moving = False
        self._regions = tuple(
            pg.LinearRegionItem(
                brush=QColor(255, 255, 255, 28),
                hoverBrush=QColor(255, 255, 255, 44),
                pen=pg.mkPen(QColor("#FFFFFF"), width=1),
                hoverPen=pg.mkPen(QColor("#FFFFFF"), width=3),
            )
            for _ in plots
        )
        for region, plot in zip(self._regions, plots, strict=True):
            region.setZValue(30)
            region.hide()
            plot.addItem(region, ignoreBounds=True)
            region.sigRegionChanged.connect(self._moved)
            region.sigRegionChangeFinished.connect(self._let_go)

    @property
    def span(self) -> tuple[float, float] | None:
        """Start and end in seconds, None where nothing is marked."""
        if not self._regions[0].isVisible():
            return None
        low, high = self._regions[0].getRegion()
        return float(low), float(high)

    def set_length(self, seconds: float) -> None:
        """It stays within the track."""
        self._moving = True
        for region in self._regions:
            region.setBounds((0, seconds))
        self._moving = False

    def set(self, span: tuple[float, float] | None) -> None:
        """Mark another part, or none; nothing is sent."""
        self._moving = True
        for region in self._regions:
            region.setVisible(span is not None)
            if span is not None:
                region.setRegion(span)
        self._moving = False

    def set_faded(self, faded: bool) -> None:
        """Not seen for a moment, without losing its place."""
        for region in self._regions:
            region.setOpacity(0.0 if faded else 1.0)

    def boundingRect(self) -> QRectF:
        """It paints nothing itself."""
        return QRectF()

    def paint(self, *args: object) -> None:
        """Nothing."""

    def _moved(self, moved: pg.LinearRegionItem) -> None:
        if self._moving:
            return
        self._moving = True
        for region in self._regions:
            if region is not moved:
                region.setRegion(moved.getRegion())
        self._moving = False

    def _let_go(self) -> None:
        span = self.span
        if self._moving or span is None:
            return
        low, high = span
        if high - low < SHORTEST_LOOP:
            high = low + SHORTEST_LOOP
            self.set((low, high))
        self.picked.emit(low, high)
