"""The axes of the two pictures: frequency, time, and names of tags."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QWidget

from mat_desktop.audio.mel import mel_frequencies
from mat_desktop.domain.melspec import MelSpec
from mat_desktop.domain.scores import Suggestion
from mat_desktop.gui import words
from mat_desktop.gui.theme import current, font, wider

MARKS_HZ = (200, 500, 1000, 2000, 4000, 8000, 16_000)


def gutter() -> int:
    """Pixels beside the pictures: the names of all tags that come with the program have room."""
    return wider(116)


def axis_height() -> int:
    """Pixels under the pictures, for times."""
    return max(24, QFontMetrics(font(11)).height() + 11)


class HertzAxis(pg.AxisItem):  # type: ignore[misc]
    """Marks at the places that frequencies have on the mel axis."""

    def __init__(self) -> None:
        super().__init__("left")
        self._marks: list[tuple[float, str]] = []
        self.setWidth(gutter())

    def set_bands(self, spec: MelSpec) -> None:
        """Other bands."""
        centres = mel_frequencies(spec)[1:-1]
        bands = np.arange(len(centres)) + 0.5
        marks = [hz for hz in MARKS_HZ if hz <= spec.f_max]
        self._marks = [
            (float(np.interp(hz, centres, bands)), _hertz(hz, with_unit=hz == marks[-1])) for hz in marks
        ]
        self.picture = None
        self.update()

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """From the top, those that do not stand on one another."""
        apart = QFontMetrics(font(11)).height() * (high - low) / max(1.0, size)
        kept: list[float] = []
        for place, _ in reversed(self._marks):
            if low <= place <= high and (not kept or kept[-1] - place >= apart):
                kept.append(place)
        return [(1.0, kept)]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """The words of those marks."""
        words_of = dict(self._marks)
        return [words_of.get(value, "") for value in values]


def _hertz(hz: int, *, with_unit: bool) -> str:
    """``200``, ``4 k``, and at the top ``8 kHz``."""
    if hz < 1000:
        return f"{hz} Hz" if with_unit else str(hz)
    return f"{hz // 1000} {'kHz' if with_unit else 'k'}"


class TimeAxis(pg.AxisItem):  # type: ignore[misc]
    """Minutes and seconds."""

    STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600)

    def __init__(self) -> None:
        super().__init__("bottom")
        self.setHeight(axis_height())

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """One mark per 80 pixels at most, at round times."""
        span = high - low
        if span <= 0 or size <= 0:
            return []
        wish = span / max(1.0, size / 84)
        step = next((s for s in self.STEPS if s >= wish), self.STEPS[-1])
        # A view that begins at the start may do so a hair behind it; a mark outside of it would not be drawn.
        first, last = int(np.ceil(low / step - 0.001)), int(np.floor(high / step + 0.001))
        return [(step, [min(max(float(n * step), low), high) for n in range(first, last + 1)])]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """``1:30``."""
        return [words.clock(value + 0.001) for value in values]


class TagAxis(pg.AxisItem):  # type: ignore[misc]
    """Names of the rows, each with a square in its category's hue."""

    def __init__(self) -> None:
        super().__init__("left")
        self.setWidth(gutter())
        self.setTicks([[]])
        self.rows: tuple[Suggestion, ...] = ()
        self.lit = ""

    def paint(self, painter: QPainter, option: object, widget: QWidget | None = None) -> None:
        """Right-aligned at the plot."""
        if not self.rows:
            return
        t = current()
        box, room = self.rect(), gutter()
        tall = box.height() / len(self.rows)
        for number, suggestion in enumerate(self.rows):
            strong = suggestion.tag.name == self.lit
            face = font(11, 600 if strong else 400)
            painter.setFont(face)
            metrics = QFontMetrics(face)
            name = metrics.elidedText(suggestion.tag.shown, Qt.TextElideMode.ElideRight, room - 24)
            y = box.top() + number * tall
            wide = metrics.horizontalAdvance(name)
            painter.setPen(t.color("text" if suggestion.chosen else "muted"))
            where = QRectF(box.left(), y, room - 8, tall)
            painter.drawText(where, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, name)
            square = QRectF(box.left() + room - 8 - wide - 12, y + tall / 2 - 3, 6, 6)
            painter.fillRect(square, t.category_bar(suggestion.tag.category))
