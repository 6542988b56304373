"""The tracks around the one in view, as small pictures in a row."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QFontMetrics, QHelpEvent, QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolTip, QWidget

from mat_desktop.gui import icons, words
from mat_desktop.gui.colors import Lut
from mat_desktop.gui.models.row import Row, State
from mat_desktop.gui.theme import appearance, current, font
from mat_desktop.gui.widgets.delegates import draw_state, elide
from mat_desktop.gui.widgets.fit import grown
from mat_desktop.gui.widgets.painting import round_rect

if TYPE_CHECKING:
    from mat_desktop.app.draw import Picture

CARD = 122
PICTURE = 28
LEFT = 96
"""Least pixels before the first card, where the place in the queue stands."""

KEPT = 60
"""Small pictures that are kept."""


class QueueStrip(QWidget):
    """``picked`` hands over the place of a track in the queue that was clicked."""

    picked = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._rows: Sequence[Row] = ()
        self._at = 0
        self._left: set[Path] = set()
        self._lut: Lut | None = None
        self._images: OrderedDict[Path, QImage] = OrderedDict()
        self._fit()
        self.setMouseTracking(True)
        self.setAccessibleName("Queue")
        appearance.changed.connect(self._fit)

    def _fit(self) -> None:
        """Three lines under a picture, however large their letters are."""
        self._line = max(17, QFontMetrics(font(12)).height() + 1)
        self.setFixedHeight(55 + 3 * self._line)
        self._make_room()

    def _make_room(self) -> None:
        """The place is whole, however large its letters and the queue are."""
        total = "".join("0" if sign.isdigit() else sign for sign in words.number(len(self._rows)))
        wide = max(
            QFontMetrics(font(12)).horizontalAdvance(text) for text in ("Queue", f"{total} of {total}")
        )
        self.start = max(LEFT, 16 + wide + 12)
        self.update()

    def show_queue(self, rows: Sequence[Row], at: int, left: set[Path]) -> None:
        """:param left: files of tracks that were passed without being reviewed"""
        self._rows, self._at, self._left = rows, at, left
        self._make_room()

    def set_lut(self, lut: Lut) -> None:
        """Colours of the spectrogram; pictures in others are drawn anew."""
        if self._lut is None or not np.array_equal(self._lut, lut):
            self._images.clear()
            self._lut = lut

    def has(self, path: Path) -> bool:
        """Whether a file has its small picture."""
        return path in self._images

    def set_picture(self, path: Path, picture: Picture) -> None:
        """A file was drawn; what is kept of it is as large as the card."""
        if self._lut is None:
            return
        bands, frames = picture.mel.shape
        columns = np.linspace(0, frames - 1, CARD - 10).astype(int)
        rows = np.linspace(bands - 1, 0, PICTURE).astype(int)
        colors = np.ascontiguousarray(self._lut[picture.mel[np.ix_(rows, columns)]][..., :3])
        tall, wide = colors.shape[:2]
        image = QImage(colors.tobytes(), wide, tall, 3 * wide, QImage.Format.Format_RGB888)
        self._images[path] = image.copy()
        while len(self._images) > KEPT:
            self._images.popitem(last=False)
        self.update()

    def places(self) -> range:
        """Places of the tracks that are shown."""
        room = max(1, (self.width() - self.start - 8) // CARD)
        first = max(0, min(self._at - room // 2, len(self._rows) - room))
        return range(first, min(len(self._rows), first + room))

    def _box(self, number: int) -> QRect:
        return QRect(self.start + number * CARD, 8, CARD - 2, self.height() - 16)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Cards; the one in view has the accent."""
        t = current()
        painter = QPainter(self)
        painter.fillRect(0, 0, self.width(), 1, t.color("border"))
        painter.setFont(font(12))
        painter.setPen(t.color("muted"))
        painter.drawText(QRect(16, 14, self.start - 20, self._line), Qt.AlignmentFlag.AlignVCenter, "Queue")
        if self._rows:
            text = f"{words.number(self._at + 1)} of {words.number(len(self._rows))}"
            painter.drawText(
                QRect(16, 14 + self._line, self.start - 20, self._line), Qt.AlignmentFlag.AlignVCenter, text
            )
        for number, place in enumerate(self.places()):
            self._card(painter, self._box(number), self._rows[place], place == self._at)

    def _card(self, painter: QPainter, box: QRect, row: Row, now: bool) -> None:
        t = current()
        if now:
            round_rect(painter, box, 6, t.color("selection"), t.color("accent"))
        picture = QRect(box.x() + 5, box.y() + 5, CARD - 12, PICTURE)
        image = self._images.get(row.path)
        if image is None:
            painter.fillRect(picture, t.color("raised"))
        else:
            painter.drawImage(picture, image)
        x, y, wide = box.x() + 6, box.y() + 36, CARD - 14
        painter.setFont(font(12, 600 if now else 400))
        painter.setPen(t.color("text"))
        line = self._line - 1
        box_of = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRect(x, y, wide, line), box_of, elide(row.title, wide, 12, 600 if now else 400))
        painter.setFont(font(12))
        painter.setPen(t.color("muted"))
        painter.drawText(QRect(x, y + self._line, wide, line), box_of, elide(row.artist, wide, 12))
        text, icon = self._standing(row, now)
        y += 2 * self._line
        if icon:
            size = grown(12)
            if row.standing is State.TO_REVIEW:
                icons.draw(painter, "clock", x, y + (line - size) // 2, size, t.color("muted"))
            else:
                painter.save()
                painter.translate(QPoint(x, y + (line - size) // 2))
                painter.scale(size / grown(16), size / grown(16))
                draw_state(painter, row.standing, 0, 0)
                painter.restore()
        painter.setFont(font(11))
        painter.setPen(t.color("accent" if now and not icon else "muted"))
        painter.drawText(QRect(x + (grown(12) + 6 if icon else 0), y, wide, line), box_of, text)

    def _standing(self, row: Row, now: bool) -> tuple[str, bool]:
        """What stands under a card, and whether an icon stands before it."""
        if row.standing is not State.TO_REVIEW:
            return row.standing.value, True
        if now:
            return "Now", False
        return ("Left for later", True) if row.path in self._left else ("", False)

    def _place(self, x: int) -> int | None:
        """The track whose card is there."""
        number, shown = (x - self.start) // CARD, self.places()
        return shown[number] if 0 <= number < len(shown) else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to a track."""
        place = self._place(event.position().toPoint().x())
        if event.button() is Qt.MouseButton.LeftButton and place is not None:
            self.picked.emit(place)

    def event(self, event: QEvent) -> bool:
        """What is cut on a card is whole in its tool tip."""
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            place = self._place(event.pos().x())
            row = self._rows[place] if place is not None else None
            text = "\n".join(part for part in (row.title, row.artist) if part) if row is not None else ""
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)
