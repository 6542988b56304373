"""Two pictures of a track on one time axis: the mel-spectrogram, and which tag was heard when.

This is the only module that imports pyqtgraph, which takes longer than everything else in the window;
it is imported in a worker thread after the window is up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QLabel, QWidget

from mat_desktop.audio.mel import mel_frequencies
from mat_desktop.domain.melspec import MelSpec
from mat_desktop.domain.scores import Suggestion
from mat_desktop.gui import words
from mat_desktop.gui.scale import all_on_scale
from mat_desktop.gui.theme import appearance, current, font

if TYPE_CHECKING:
    from mat_desktop.app.draw import Picture

GUTTER = 96
RIGHT_GUTTER = 20
AXIS = 24
GAP = 6
HANDLE = 8
MARKS_HZ = ((200, "200"), (500, "500"), (1000, "1 k"), (2000, "2 k"), (4000, "4 k"), (8000, "8 kHz"))
SHORTEST = 2.0
"""Seconds that are shown at least when zoomed in."""


class _HertzAxis(pg.AxisItem):  # type: ignore[misc]
    """Marks at the places that frequencies have on the mel axis."""

    def __init__(self) -> None:
        super().__init__("left")
        self.setWidth(GUTTER)

    def set_bands(self, spec: MelSpec) -> None:
        """Other bands."""
        centres = mel_frequencies(spec)[1:-1]
        bands = np.arange(len(centres)) + 0.5
        self.setTicks([[(float(np.interp(hz, centres, bands)), text) for hz, text in MARKS_HZ]])


class _TimeAxis(pg.AxisItem):  # type: ignore[misc]
    """Minutes and seconds."""

    STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600)

    def __init__(self) -> None:
        super().__init__("bottom")
        self.setHeight(AXIS)

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


class _TagAxis(pg.AxisItem):  # type: ignore[misc]
    """Names of the rows, each with a square in its category's hue."""

    def __init__(self) -> None:
        super().__init__("left")
        self.setWidth(GUTTER)
        self.setTicks([[]])
        self.rows: tuple[Suggestion, ...] = ()
        self.lit = ""

    def paint(self, painter: QPainter, option: object, widget: QWidget | None = None) -> None:
        """Right-aligned at the plot."""
        if not self.rows:
            return
        t = current()
        box = self.rect()
        tall = box.height() / len(self.rows)
        for number, suggestion in enumerate(self.rows):
            strong = suggestion.tag.name == self.lit
            face = font(11, 600 if strong else 400)
            painter.setFont(face)
            metrics = QFontMetrics(face)
            name = metrics.elidedText(suggestion.tag.shown, Qt.TextElideMode.ElideRight, GUTTER - 24)
            y = box.top() + number * tall
            wide = metrics.horizontalAdvance(name)
            painter.setPen(t.color("text" if suggestion.chosen else "muted"))
            where = QRectF(box.left(), y, GUTTER - 8, tall)
            painter.drawText(where, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, name)
            square = QRectF(box.left() + GUTTER - 8 - wide - 12, y + tall / 2 - 3, 6, 6)
            painter.fillRect(square, t.category(suggestion.tag.category))


class _Rows(pg.GraphicsObject):  # type: ignore[misc]
    """Lines in the surface colour that part the rows of the taggram."""

    def __init__(self) -> None:
        super().__init__()
        self._count = 0
        self._seconds = 0.0

    def set(self, count: int, seconds: float) -> None:
        """Other rows."""
        self.prepareGeometryChange()
        self._count, self._seconds = count, seconds
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


class _Playhead(pg.InfiniteLine):  # type: ignore[misc]
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


class Spectrogram(pg.GraphicsLayoutWidget):  # type: ignore[misc]
    """Spectrogram and taggram with one playhead. A click asks to go there."""

    seek = Signal(float)
    skip = Signal(float)
    pointed = Signal(str)
    tag_clicked = Signal(str)
    window_changed = Signal(float, float)

    def __init__(self, spec: MelSpec) -> None:
        super().__init__()
        self._spec = spec
        self._seconds = 0.0
        self._picture: Picture | None = None
        self._rows: tuple[Suggestion, ...] = ()
        self._values: NDArray[np.float32] | None = None
        self._row_height = 16
        self.setAccessibleName("Spectrogram and taggram")
        self.setFrameShape(self.Shape.NoFrame)
        self.ci.setContentsMargins(0, HANDLE, RIGHT_GUTTER, 0)
        self.ci.layout.setVerticalSpacing(GAP)
        self.ci.layout.setHorizontalSpacing(0)
        self._hertz = _HertzAxis()
        self._hertz.set_bands(spec)
        self._names = _TagAxis()
        self._time = _TimeAxis()
        self.upper = self.addPlot(0, 0, axisItems={"left": self._hertz})
        self.lower = self.addPlot(1, 0, axisItems={"left": self._names, "bottom": self._time})
        self.upper.hideAxis("bottom")
        for plot in (self.upper, self.lower):
            plot.hideButtons()
            plot.setMenuEnabled(False)
            plot.setMouseEnabled(x=True, y=False)
            plot.setContentsMargins(0, 0, 0, 0)
            plot.layout.setContentsMargins(0, 0, 0, 0)
            plot.getViewBox().setDefaultPadding(0)
            plot.getViewBox().enableAutoRange(enable=False)
        self.lower.setXLink(self.upper)
        self.lower.getViewBox().invertY(True)
        self.upper.setYRange(0, spec.n_mels, padding=0)
        self.mel = pg.ImageItem(axisOrder="row-major", autoDownsample=True)
        self.tags = pg.ImageItem(axisOrder="row-major")
        self.upper.addItem(self.mel)
        self.lower.addItem(self.tags)
        self._parting = _Rows()
        self._parting.setZValue(10)
        self.lower.addItem(self._parting)
        self._heads = (_Playhead(), _Playhead())
        self.upper.addItem(self._heads[0], ignoreBounds=True)
        self.lower.addItem(self._heads[1], ignoreBounds=True)
        self._note = QLabel(self)
        self._note.setFont(font(12))
        self._note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._lower_note = QLabel(self)
        self._lower_note.setFont(font(12))
        self._lower_note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for label in (self._note, self._lower_note):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            label.hide()
        self._slow_moves = pg.SignalProxy(self.scene().sigMouseMoved, rateLimit=30, slot=self._moved)
        self.scene().sigMouseClicked.connect(self._clicked)
        self.upper.getViewBox().sigXRangeChanged.connect(self._ranged)
        self.set_rows((), None, 8, 16)
        self.apply()
        appearance.changed.connect(self.apply)

    # looks

    def apply(self) -> None:
        """Take on the colours of the theme in use."""
        t = current()
        self.setBackground(t.color("surface"))
        self.mel.setLookupTable(pg.colormap.get("magma").getLookupTable(nPts=256, mode="byte"))
        self.tags.setLookupTable(t.taggram_lut())
        pen = pg.mkPen(t.color("control"), width=1)
        none = pg.mkPen(None)
        for axis in (self._hertz, self._time, self._names):
            axis.setStyle(
                tickLength=5,
                tickTextOffset=6,
                tickFont=font(11),
                autoExpandTextSpace=False,
                hideOverlappingLabels=False,
            )
            axis.setPen(none)
            axis.setTickPen(pen)
            axis.setTextPen(t.color("muted"))
            axis.setStyle(maxTickLevel=0)
        for label in (self._note, self._lower_note):
            label.setStyleSheet(f"color: {t.faint}; background: transparent;")
        self._names.update()
        self._parting.update()

    # content

    def clear_track(self, note: str) -> None:
        """No picture yet; words stand where it will be."""
        self._picture = None
        self.mel.clear()
        self._heads[0].hide()
        self._heads[1].hide()
        self._say(self._note, note)

    def set_note(self, text: str) -> None:
        """Words in the place of the spectrogram."""
        self._say(self._note, text)

    def set_lower_note(self, text: str) -> None:
        """Words in the place of the taggram."""
        self._say(self._lower_note, text)

    def set_length(self, seconds: float) -> None:
        """Length of the track; the whole of it is shown."""
        self._seconds = max(seconds, 0.1)
        box = self.upper.getViewBox()
        box.setLimits(
            xMin=0, xMax=self._seconds, minXRange=min(SHORTEST, self._seconds), maxXRange=self._seconds
        )
        self.lower.getViewBox().setLimits(xMin=0, xMax=self._seconds)
        self.fit()

    def set_picture(self, picture: Picture) -> None:
        """The spectrogram."""
        self._picture = picture
        seconds = picture.mel.shape[1] / picture.frames_per_second
        self.set_length(seconds)
        self.mel.setImage(picture.mel, levels=(0, 255))
        self.mel.setRect(QRectF(0, 0, seconds, picture.mel.shape[0]))
        self._say(self._note, "")
        self._place_rows()

    def set_rows(
        self,
        rows: Sequence[Suggestion],
        values: NDArray[np.float32] | None,
        count: int,
        row_height: int,
    ) -> None:
        """The taggram.

        :param values: [rows, positions] in 0..1
        :param count: rows that there is room for
        """
        self._rows = tuple(rows)
        self._values = values
        self._row_height = row_height
        height = max(count, 1) * row_height
        if self.ci.layout.rowMaximumHeight(1) != height + AXIS:
            self.ci.layout.setRowFixedHeight(1, height + AXIS)
            # The rows of a higher window may have kept the plots from shrinking with this one.
            self.ci.layout.activate()
            self.ci.setGeometry(QRectF(self.viewport().rect()))
        self._names.rows = self._rows
        self._names.update()
        if values is not None and values.size:
            self.tags.setImage((all_on_scale(values) * 255).astype(np.uint8), levels=(0, 255))
        else:
            self.tags.clear()
        self._place_rows()

    def _place_rows(self) -> None:
        count = max(len(self._rows), 1)
        self.lower.setYRange(0, count, padding=0)
        if self._values is not None and self._values.size:
            self.tags.setRect(QRectF(0, 0, self._seconds, len(self._rows)))
            self._parting.set(len(self._rows), self._seconds)
        else:
            self._parting.set(0, 0.0)

    def light(self, name: str) -> None:
        """Set off the row of a tag."""
        self._names.lit = name
        self._names.update()

    def fit(self) -> None:
        """The whole track."""
        self.upper.setXRange(0, max(self._seconds, 0.1), padding=0)

    def move_to(self, seconds: float, *, shown: bool = True) -> None:
        """The playhead is here."""
        for head in self._heads:
            head.setVisible(shown and self._picture is not None)
            head.setPos(seconds)
        self.viewport().update(0, 0, self.width(), HANDLE)
        low, high = self.upper.viewRange()[0]
        if shown and high - low < self._seconds * 0.99 and not low <= seconds <= high:
            self.upper.setXRange(seconds, min(seconds + high - low, self._seconds), padding=0)

    # events

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        """The handle over the playhead."""
        super().drawForeground(painter, rect)
        head = self._heads[0]
        if not head.isVisible():
            return
        box = self.upper.getViewBox()
        at = box.mapViewToScene(QPointF(head.value(), 0)).x()
        area = box.sceneBoundingRect()
        if not area.left() - 1 <= at <= area.right() + 1:
            return
        top = area.top()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(current().color("text"))
        painter.drawPolygon(
            QPolygonF([QPointF(at - 5, top - 7), QPointF(at + 5, top - 7), QPointF(at, top - 1)])
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and Right go through the track."""
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            far = 30.0 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 5.0
            self.skip.emit(far if event.key() == Qt.Key.Key_Right else -far)
            return
        event.ignore()

    def resizeEvent(self, event: Any) -> None:
        """The words stay in the middle of the plots."""
        super().resizeEvent(event)
        if hasattr(self, "_lower_note"):
            self._arrange()

    def _arrange(self) -> None:
        wide = max(0, self.width() - GUTTER - RIGHT_GUTTER)
        lower = int(self.ci.layout.rowMaximumHeight(1))
        upper = max(0, self.height() - lower - GAP - HANDLE)
        self._note.setGeometry(GUTTER, HANDLE, wide, upper)
        self._lower_note.setGeometry(GUTTER, HANDLE + upper + GAP, wide, max(0, lower - AXIS))

    def _say(self, label: QLabel, text: str) -> None:
        label.setText(text)
        label.setVisible(bool(text))
        self._arrange()

    def _at(self, scene: QPointF) -> tuple[float, Suggestion | None, float | None]:
        """Seconds, and the tag and score of the taggram's cell under a point."""
        for plot in (self.upper, self.lower):
            box = plot.getViewBox()
            if box.sceneBoundingRect().contains(scene):
                point = box.mapSceneToView(scene)
                seconds = min(max(point.x(), 0.0), self._seconds)
                row = int(point.y())
                if plot is self.lower and self._values is not None and 0 <= row < len(self._rows):
                    columns = self._values.shape[1]
                    column = min(int(seconds / self._seconds * columns), columns - 1)
                    return seconds, self._rows[row], float(self._values[row, column])
                return seconds, None, None
        return -1.0, None, None

    def _moved(self, args: tuple[QPointF]) -> None:
        seconds, suggestion, value = self._at(args[0])
        if seconds < 0 or self._picture is None:
            self.pointed.emit("")
        elif suggestion is not None:
            self.pointed.emit(f"{suggestion.tag.shown} at {words.clock(seconds)}, score {value:.2f}")
        else:
            self.pointed.emit(self._level_at(args[0], seconds))

    def _level_at(self, scene: QPointF, seconds: float) -> str:
        assert self._picture is not None
        box = self.upper.getViewBox()
        if not box.sceneBoundingRect().contains(scene):
            return ""
        bands, frames = self._picture.mel.shape
        band = min(max(int(box.mapSceneToView(scene).y()), 0), bands - 1)
        frame = min(int(seconds * self._picture.frames_per_second), frames - 1)
        hertz = float(mel_frequencies(self._spec)[band + 1])
        scale = self._picture.range_db / 255
        level = self._picture.top_db - self._picture.range_db + float(self._picture.mel[band, frame]) * scale
        text = f"{hertz:.0f} Hz" if hertz < 1000 else f"{hertz / 1000:.1f} kHz"
        return f"{text} at {words.clock(seconds)}, {level:.0f} dB".replace("-", "−")

    def _clicked(self, event: Any) -> None:
        if event.button() is not Qt.MouseButton.LeftButton or self._picture is None:
            return
        seconds, suggestion, _ = self._at(event.scenePos())
        if seconds >= 0:
            self.seek.emit(seconds)
            if suggestion is not None:
                self.tag_clicked.emit(suggestion.tag.name)
        if event.double():
            self.fit()

    def _ranged(self, *args: object) -> None:
        if self._seconds > 0:
            low, high = self.upper.viewRange()[0]
            self.window_changed.emit(low / self._seconds, high / self._seconds)


def make(spec: MelSpec) -> Spectrogram:
    """Build it; a function, so that whoever imports this module late needs only one name."""
    return Spectrogram(spec)
