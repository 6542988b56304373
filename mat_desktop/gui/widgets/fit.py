"""Sizes of controls that grow with the letters in them."""

from __future__ import annotations

from PySide6.QtCore import QObject, QRect
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QWidget

from mat_desktop.gui.theme import BODY, appearance, font, wider


def tall(least: int, size: int = BODY, room: int = 6) -> int:
    """Pixels that a control of one line needs.

    :param least: pixels at the usual size of letters
    :param size: of the letters, pixels at 100 %
    :param room: above and below them, together
    """
    return max(least, QFontMetrics(font(size)).height() + room)


def grown(pixels: int) -> int:
    """An icon's size: even, and half as much larger as the letters beside it, which have lines to spare."""
    return 2 * round(pixels * (1 + max(0.0, appearance.text_scale - 1) / 2) / 2)


def two_line_row(least: int) -> int:
    """Pixels of a row of a list with two lines.

    :param least: at the usual size of letters
    """
    return max(least, sum(_lines()) + 14)


def more_lines(lines: int) -> int:
    """Pixels of the lines behind the first two."""
    return max(0, lines - 2) * _lines()[1]


def two_lines(rect: QRect, left: int, wide: int) -> tuple[QRect, QRect]:
    """Where the lines of such a row are: the first of body text, the second of 12 pixels at 100 %.

    :param left: from the row's left edge
    """
    first, second = _lines()
    y = rect.y() + (rect.height() - first - second) // 2
    return QRect(rect.x() + left, y, wide, first), QRect(rect.x() + left, y + first, wide, second)


def _lines() -> tuple[int, int]:
    return tall(20, BODY, 2), tall(18, 12, 2)


class KeepTall(QObject):
    """Keeps a widget as high as that, whatever becomes of the letters."""

    def __init__(self, widget: QWidget, least: int, size: int = BODY, room: int = 6) -> None:
        super().__init__(widget)
        self._widget, self._wish = widget, (least, size, room)
        appearance.changed.connect(self._fit)
        self._fit()

    def _fit(self) -> None:
        self._widget.setFixedHeight(tall(*self._wish))


class KeepWithin(QObject):
    """Keeps a widget no wider than that many pixels at 100 %, whatever becomes of the letters."""

    def __init__(self, widget: QWidget, pixels: int) -> None:
        super().__init__(widget)
        self._widget, self._pixels = widget, pixels
        appearance.changed.connect(self._fit)
        self._fit()

    def _fit(self) -> None:
        self._widget.setMaximumWidth(wider(self._pixels))


class KeepWide(QObject):
    """Keeps a widget as wide as words need that would need so many pixels at 100 %."""

    def __init__(self, widget: QWidget, pixels: int) -> None:
        super().__init__(widget)
        self._widget, self._pixels = widget, pixels
        appearance.changed.connect(self._fit)
        self._fit()

    def _fit(self) -> None:
        self._widget.setFixedWidth(wider(self._pixels))
