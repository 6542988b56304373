"""Lucide icons drawn from SVG in any size and colour, with strokes of 1.5 pixels on screen."""

from __future__ import annotations

import re
from functools import lru_cache

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from mat_desktop.app.resources import resource
from mat_desktop.gui import theme

FILLED = frozenset({"play", "pause"})
"""Icons that are drawn solid."""


@lru_cache(maxsize=128)
def _source(name: str) -> str:
    return resource("icons", f"{name}.svg").read_text(encoding="utf-8")


@lru_cache(maxsize=1024)
def _pixmap(name: str, size: int, color: str, ratio: float) -> QPixmap:
    name, _, inner = name.partition("+")
    source = re.sub(r'stroke-width="[^"]*"', f'stroke-width="{36 / size:.3f}"', _source(name))
    source = source.replace("currentColor", color)
    if name in FILLED:
        source = source.replace('fill="none"', f'fill="{color}"', 1)
    if name == "contrast":
        source = source.replace('d="M12 18a6 6 0 0 0 0-12v12z"', f'd="M12 20a8 8 0 0 0 0-16z" fill="{color}"')
    if inner:
        source = source.replace('r="10"', f'r="10" fill="{color}"').replace(
            "<path", f'<path stroke="{inner}"'
        )
    pixmap = QPixmap(round(size * ratio), round(size * ratio))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(source.encode())).render(painter, QRectF(pixmap.rect()))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def pixmap(name: str, size: int, color: QColor, ratio: float = 1.0) -> QPixmap:
    """An icon as a picture, cached.

    :param size: logical pixels
    :param ratio: device pixels in a logical one
    """
    return _pixmap(name, size, color.name(), ratio)


def draw(painter: QPainter, name: str, x: int, y: int, size: int, color: QColor) -> None:
    """Paint an icon with its upper left corner at a point."""
    painter.drawPixmap(QPoint(x, y), pixmap(name, size, color, painter.device().devicePixelRatioF()))


def draw_filled(painter: QPainter, name: str, x: int, y: int, size: int, color: QColor, on: QColor) -> None:
    """Paint an icon in a circle with the circle filled and what is in it in another colour."""
    draw(painter, f"{name}+{on.name()}", x, y, size, color)


class _Engine(QIconEngine):
    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def clone(self) -> QIconEngine:
        return _Engine(self._name)

    def _token(self, mode: QIcon.Mode) -> QColor:
        return theme.current().color("disabled" if mode is QIcon.Mode.Disabled else "text")

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        size = min(rect.width(), rect.height())
        x = rect.x() + (rect.width() - size) // 2
        y = rect.y() + (rect.height() - size) // 2
        draw(painter, self._name, x, y, size, self._token(mode))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return pixmap(self._name, min(size.width(), size.height()), self._token(mode))

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        side = max(1, round(min(size.width(), size.height()) / scale))
        return pixmap(self._name, side, self._token(mode), scale)


def icon(name: str) -> QIcon:
    """An icon in the text colour of the theme in use, for menus."""
    return QIcon(_Engine(name))
