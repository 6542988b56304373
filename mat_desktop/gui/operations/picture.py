"""A picture of the track in view, for papers and posts: spectrogram, taggram, axes, scores, title."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, QRect, QRectF, QSettings, QSize, Qt
from PySide6.QtGui import QFontMetrics, QImage, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QWidget

from mat_desktop.domain.scores import Suggestion, Verdict
from mat_desktop.domain.tags import Field
from mat_desktop.errors import printable
from mat_desktop.gui.colors import Lut
from mat_desktop.gui.models.row import Row
from mat_desktop.gui.models.tags import listed
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.save import ask_target
from mat_desktop.gui.scale import MARKS, on_scale
from mat_desktop.gui.theme import current, font
from mat_desktop.gui.widgets.painting import round_rect
from mat_desktop.whole_file import whole_file

if TYPE_CHECKING:
    from mat_desktop.gui.widgets.dock import Dock
    from mat_desktop.gui.widgets.spectrogram import Spectrogram

KINDS = {".png": "PNG picture (*.png)", ".svg": "SVG picture (*.svg)"}

TITLE = 64
MARGIN = 16
SCORES = 264
BAR_AT, BAR = 116, 100
"""Where the bar of a score begins, and how wide it is."""
LINE = 22
LEAST_WIDTH = 2400
"""Pixels of a PNG at least."""


class ExportPicture(QObject):
    """Asks for a file and writes what the dock shows, as it is zoomed, into it."""

    def __init__(self, desk: Desk, dock: Dock, settings: QSettings) -> None:
        super().__init__()
        self._desk, self._dock, self._settings = desk, dock, settings

    def ask(self, parent: QWidget, row: Row | None) -> None:
        """Choose a file; one that is there is replaced only if the user says so."""
        if row is None or self._dock.plot is None or self._dock.picture is None:
            self._desk.say("warning", "There is no picture yet. Select a track first.", kind="picture")
            return
        folder = Path(str(self._settings.value("picture/folder", str(Path.home()))))
        name = re.sub(r'[\\/:*?"<>|\x00-\x1f]', "_", row.title).strip(" .") or "picture"
        path = ask_target(parent, "Export picture", folder / f"{name}.png", KINDS)
        if path is not None:
            self._settings.setValue("picture/folder", str(path.parent))
            self.save(path, row)

    def save(self, path: Path, row: Row) -> None:
        """Paint now, encode and write in a worker."""
        plot = self._dock.plot
        if plot is None:
            return
        desk = self._desk
        title, about = words_of(row, desk.services.card.title)
        suggestions = [s for s in self._dock.suggestions if listed(s)]
        if path.suffix.lower() == ".svg":
            data = svg(plot, self._dock.level_range, title, about, suggestions)
            work = lambda: write(path, data)  # noqa: E731 - one of two
        else:
            image = picture(plot, self._dock.level_range, title, about, suggestions)
            work = lambda: write(path, encoded(image))  # noqa: E731

        desk.bridge.ask(
            "keep picture",
            work,
            lambda _: desk.say("positive", f"The picture is saved as {printable(path)}.", kind="picture"),
            lambda error: desk.complain(f"{printable(path)} cannot be written", _plain(error)),
        )


def words_of(row: Row, model: str) -> tuple[str, str]:
    """Title, and the line under it."""
    track, fields = row.track, (Field.ARTIST, Field.ALBUM)
    parts = ["; ".join(track.told(field)) if track is not None else "" for field in fields] + [model]
    return row.title, " · ".join(part for part in parts if part)


def picture(
    plot: Spectrogram, levels: tuple[float, float], title: str, about: str, suggestions: list[Suggestion]
) -> QImage:
    """In the theme's colours, at least :data:`LEAST_WIDTH` pixels wide."""
    size = _size(plot, suggestions)
    ratio = max(2.0, LEAST_WIDTH / size.width())
    image = QImage(size * ratio, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    painter = QPainter(image)
    _paint(painter, size, plot, levels, title, about, suggestions)
    painter.end()
    return image


def svg(
    plot: Spectrogram, levels: tuple[float, float], title: str, about: str, suggestions: list[Suggestion]
) -> bytes:
    """Axes and words as shapes; the two pictures are pixels inside of it."""
    size = _size(plot, suggestions)
    held = QByteArray()
    buffer = QBuffer(held)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(size)
    generator.setViewBox(QRect(0, 0, size.width(), size.height()))
    generator.setTitle(title)
    generator.setDescription(about)
    painter = QPainter(generator)
    _paint(painter, size, plot, levels, title, about, suggestions)
    painter.end()
    return bytes(held.data())


def encoded(image: QImage) -> bytes:
    """As PNG. :raises OSError: it cannot be encoded."""
    held = QByteArray()
    buffer = QBuffer(held)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not image.save(buffer, "PNG"):  # type: ignore[call-overload]
        raise OSError("the picture cannot be encoded")
    return bytes(held.data())


def write(path: Path, data: bytes) -> None:
    """All of it or nothing. :raises OSError: the folder cannot be written."""
    with whole_file(path) as file:
        file.write(data)


def _size(plot: Spectrogram, suggestions: list[Suggestion]) -> QSize:
    return QSize(plot.width() + (SCORES if suggestions else 0) + MARGIN, plot.height() + TITLE + MARGIN)


def _paint(
    painter: QPainter,
    size: QSize,
    plot: Spectrogram,
    levels: tuple[float, float],
    title: str,
    about: str,
    suggestions: list[Suggestion],
) -> None:
    t = current()
    painter.fillRect(QRect(0, 0, size.width(), size.height()), t.color("surface"))
    x = size.width() - MARGIN
    x = _scale(painter, x, ("0.01", "0.99"), "score", t.taggram_lut())
    low, high = (f"{level:.0f}".replace("-", "−") for level in levels)
    x = _scale(painter, x - 24, (low, f"{high} dB"), "", plot.colours)
    room = x - 24 - MARGIN
    for text, y, size_, weight, token in ((title, 12, 16, 600, "text"), (about, 32, 12, 400, "muted")):
        face = font(size_, weight)
        painter.setFont(face)
        painter.setPen(t.color(token))
        shown = QFontMetrics(face).elidedText(text, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRect(MARGIN, y, room, 24), Qt.AlignmentFlag.AlignVCenter, shown)
    plot.set_marks_visible(False)
    try:
        source = plot.viewport().rect()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        above = 6  # the highest label reaches over the edge
        target = QRectF(0, TITLE - above, source.width(), source.height() + above)
        plot.render(painter, target, source.adjusted(0, -above, 0, 0))
    finally:
        plot.set_marks_visible(True)
    x, y = plot.width(), TITLE + 8
    if any(not suggestion.by_hand for suggestion in suggestions):
        _axis(painter, QRect(x + BAR_AT, y - LINE, BAR, LINE))
    for suggestion in suggestions[: max(0, (plot.height() - 8) // LINE)]:
        _score(painter, QRect(x, y, SCORES, LINE), suggestion)
        y += LINE


def _scale(painter: QPainter, right: int, ends: tuple[str, str], name: str, colours: Lut) -> int:
    """A colour map with its ends, to the left of a place; returns where it begins."""
    t = current()
    face = font(11)
    painter.setFont(face)
    painter.setPen(t.color("muted"))
    wide = QFontMetrics(face).horizontalAdvance
    low, high = f"{name} {ends[0]}".strip(), ends[1]
    image = QImage(np.ascontiguousarray(colours).tobytes(), len(colours), 1, QImage.Format.Format_RGB888)
    x = right - wide(high)
    painter.drawText(QRect(x, 12, wide(high) + 2, 24), Qt.AlignmentFlag.AlignVCenter, high)
    x -= 64 + 6
    painter.drawImage(QRect(x, 19, 64, 10), image.copy())
    x -= wide(low) + 6
    painter.drawText(QRect(x, 12, wide(low) + 2, 24), Qt.AlignmentFlag.AlignVCenter, low)
    return x


def _axis(painter: QPainter, rect: QRect) -> None:
    """Some scores over the bars, which are not drawn in proportion."""
    painter.setFont(font(10, figures=True))
    painter.setPen(current().color("muted"))
    for score in MARKS:
        at = rect.x() + round(rect.width() * on_scale(score))
        below = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom
        painter.drawText(QRect(at - 16, rect.y(), 32, rect.height()), below, f"{score:g}")


def _score(painter: QPainter, rect: QRect, suggestion: Suggestion) -> None:
    """Name, bar with the threshold's mark, score."""
    t = current()
    rejected = suggestion.verdict is Verdict.REJECTED
    face = font(12, strike=rejected)
    painter.setFont(face)
    painter.setPen(t.color("muted" if rejected else "text"))
    middle = Qt.AlignmentFlag.AlignVCenter
    name = QFontMetrics(face).elidedText(suggestion.tag.shown, Qt.TextElideMode.ElideRight, 108)
    painter.drawText(QRect(rect.x(), rect.y(), 112, rect.height()), middle, name)
    if suggestion.by_hand:
        painter.setPen(t.color("muted"))
        painter.drawText(QRect(rect.x() + BAR_AT, rect.y(), 120, rect.height()), middle, "by hand")
        return
    bar = QRect(rect.x() + BAR_AT, rect.y() + (rect.height() - 8) // 2, BAR, 8)
    painter.fillRect(bar, t.color("border"))
    wide = max(2, round(bar.width() * on_scale(suggestion.score)))
    filled, hue = QRect(bar.x(), bar.y(), wide, 8), t.category_bar(suggestion.tag.category)
    if rejected:
        round_rect(painter, filled, 0, None, hue)
        painter.setPen(t.color("muted"))
    else:
        painter.fillRect(filled, hue)
    tick = bar.x() + round(bar.width() * on_scale(suggestion.threshold))
    painter.fillRect(QRect(tick - 1, bar.y() - 3, 2, 14), t.color("text"))
    painter.setFont(font(12, figures=True))
    painter.drawText(QRect(bar.right() + 8, rect.y(), 36, rect.height()), middle, f"{suggestion.score:.2f}")


def _plain(error: Exception) -> Exception:
    """An operating system's error without its number."""
    return OSError(error.strerror) if isinstance(error, OSError) and error.strerror else error
