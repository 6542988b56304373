"""Two pictures of a track on one time axis: the mel-spectrogram, and which tag was heard when.

Only this module and its parts, ``plots``, ``plot_axes``, ``plot_box`` and ``plot_marks``, import pyqtgraph.
That takes longer than everything else in the window; it is done in a worker thread after the window is up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QLabel

from mat_desktop.audio.mel import mel_frequencies
from mat_desktop.domain.melspec import MelSpec
from mat_desktop.domain.scores import Suggestion
from mat_desktop.gui import words
from mat_desktop.gui.colors import Lut
from mat_desktop.gui.scale import all_on_scale
from mat_desktop.gui.theme import appearance, current, font
from mat_desktop.gui.turns import InTurns
from mat_desktop.gui.widgets.plot_axes import HertzAxis, TagAxis, TimeAxis, axis_height, gutter
from mat_desktop.gui.widgets.plot_marks import SHORTEST_LOOP, EvidenceMark, LoopMark, Playhead, Rows
from mat_desktop.gui.widgets.plots import lower_plot, upper_plot
from mat_desktop.gui.widgets.views import ring

if TYPE_CHECKING:
    from mat_desktop.app.draw import Picture
    from mat_desktop.gui.outline import Outline

RIGHT_GUTTER = 20
GAP = 6
HANDLE = 8
TAUGHT = "taught by you: judged over the whole track, not over time"
GONE = 1.0
"""Seconds that the playhead moves at once only where somebody goes there."""

SHORTEST = 2.0
"""Seconds that are shown at least when zoomed in."""


class Spectrogram(pg.GraphicsLayoutWidget):  # type: ignore[misc]
    """Spectrogram and taggram with one playhead. A click asks to go there, a drag marks a loop."""

    seek = Signal(float)
    loop_picked = Signal(object)
    skip = Signal(float)
    pointed = Signal(str)
    tag_clicked = Signal(str)
    tag_named = Signal(str)
    lit = Signal(str)
    window_changed = Signal(float, float)

    def __init__(self, spec: MelSpec, upper: pg.PlotItem, lower: pg.PlotItem) -> None:
        """:param upper: as :func:`upper_plot` makes it, for the spectrogram
        :param lower: as :func:`lower_plot` makes it, for the taggram
        """
        super().__init__()
        self._spec = spec
        self._seconds = 0.0
        self._picture: Picture | None = None
        self._part = False
        self._rows: tuple[Suggestion, ...] = ()
        self._values: NDArray[np.float32] | None = None
        self._row_height, self._count = 16, 1
        self._lit = ""
        self._levels = (0.0, 255.0)
        self._map = lut("magma")
        self._head_at = 0.0
        self._pointer: QPointF | None = None
        for part in (self, self.viewport()):
            part.setAccessibleName("Spectrogram and taggram")
        self.setFrameShape(self.Shape.NoFrame)
        self.ci.setContentsMargins(0, HANDLE, RIGHT_GUTTER, 0)
        self.ci.layout.setVerticalSpacing(GAP)
        self.ci.layout.setHorizontalSpacing(0)
        self.upper, self.lower = upper, lower
        self._hertz: HertzAxis = upper.getAxis("left")
        self._names: TagAxis = lower.getAxis("left")
        self._time: TimeAxis = lower.getAxis("bottom")
        for row, plot in enumerate((upper, lower)):
            self.addItem(plot, row, 0)
            plot.getViewBox().marked.connect(self._mark)
        self.lower.setXLink(self.upper)
        self.lower.getViewBox().invertY(True)
        self.set_spec(spec)
        self.mel = pg.ImageItem(axisOrder="row-major", autoDownsample=True)
        self.tags = pg.ImageItem(axisOrder="row-major")
        self.upper.addItem(self.mel)
        self.lower.addItem(self.tags)
        self._parting = Rows()
        self._parting.setZValue(10)
        self.lower.addItem(self._parting)
        self._evidence = EvidenceMark(self.upper)
        self._loop = LoopMark((self.upper, self.lower))
        self._loop.picked.connect(lambda low, high: self.loop_picked.emit((low, high)))
        self._heads = (Playhead(), Playhead())
        self.upper.addItem(self._heads[0], ignoreBounds=True)
        self.lower.addItem(self._heads[1], ignoreBounds=True)
        self._note = QLabel(self)
        self._note.setFont(font(12))
        self._note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._lower_note = QLabel(self)
        self._lower_note.setFont(font(12))
        self._lower_note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._sign = QLabel(self)
        self._sign.setFont(font(12))
        for label in (self._note, self._lower_note, self._sign):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            label.hide()
        for label in (self._note, self._lower_note):
            label.setWordWrap(True)
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
        self.mel.setLookupTable(self._map)
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
        self._sign.setStyleSheet(
            f"color: {t.text}; background: {t.raised}; border: 1px solid {t.border_strong};"
            " border-radius: 4px; padding: 3px 8px;"
        )
        self._fit()
        self._names.update()
        self._parting.update()

    def set_spec(self, spec: MelSpec) -> None:
        """Bands and frequencies, as the model in use hears them."""
        self._spec = spec
        self._hertz.set_bands(spec)
        self.upper.setYRange(0, spec.n_mels, padding=0)

    def set_map(self, colours: Lut) -> None:
        """Other colours for the spectrogram."""
        self._map = colours
        self.mel.setLookupTable(colours)

    @property
    def colours(self) -> Lut:
        """Of the spectrogram."""
        return self._map

    def set_levels(self, low: float, high: float) -> None:
        """Levels that get the first and the last colour, 0..255 of the picture."""
        self._levels = (low, high)
        self.mel.setLevels(self._levels)

    # content

    def clear_track(self, note: str) -> None:
        """No picture yet; words stand where it will be."""
        self._picture, self._part = None, False
        self.mel.clear()
        self.set_outline(None)
        self._loop.set(None)
        self._heads[0].hide()
        self._heads[1].hide()
        self._say(self._note, note)

    @property
    def _is_shown(self) -> bool:
        """Whether there is a spectrogram, be it the first part of one."""
        return self._part or self._picture is not None

    def set_note(self, text: str) -> None:
        """Words in the place of the spectrogram."""
        self._say(self._note, text)

    def set_sign(self, text: str) -> None:
        """Words over the spectrogram: what is being worked out of it, or why there is nothing to see."""
        self._sign.setToolTip(text)
        self._say(self._sign, text)

    @property
    def sign(self) -> str:
        """What stands there."""
        return self._sign.text()

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
        self._loop.set_length(self._seconds)
        self.fit()

    def set_part(self, picture: Picture) -> None:
        """The spectrogram so far, from the left; the track can be gone through already."""
        bands, columns = picture.mel.shape
        seconds = columns / picture.frames_per_second
        if seconds > self._seconds:  # longer than was known
            self.set_length(seconds)
        self._part = True
        self.mel.setImage(picture.mel, autoLevels=False)
        self.mel.setRect(QRectF(0, 0, seconds, bands))
        self._say(self._note, "")

    def set_picture(self, picture: Picture) -> None:
        """The spectrogram."""
        seconds = picture.mel.shape[1] / picture.frames_per_second
        low, high = self.view
        zoomed = self._part and high - low < 0.98 * self._seconds  # meanwhile
        self._picture, self._part = picture, False
        self.set_length(seconds)
        if zoomed:
            self.upper.setXRange(low, min(high, seconds), padding=0)
        self.mel.setImage(picture.mel, levels=self._levels, autoLevels=False)
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
        :param count: rows that there is room for, which may be none
        """
        self._rows = tuple(rows)
        self._values = values
        self._row_height = row_height
        self._count = count
        self._fit()
        self._names.rows = self._rows
        self._names.update()
        if values is not None and values.size:
            self.tags.setImage((all_on_scale(values) * 255).astype(np.uint8), levels=(0, 255))
        else:
            self.tags.clear()
        self._place_rows()

    def _fit(self) -> None:
        """Rows and axes have the room that their words need."""
        self._time.setHeight(axis_height())
        for axis in (self._hertz, self._names):
            axis.setWidth(gutter())
        height = self._count * self._row_height + axis_height()
        if self.ci.layout.rowMaximumHeight(1) != height:
            self.ci.layout.setRowFixedHeight(1, height)
            # The rows of a higher window may have kept the plots from shrinking with this one.
            self.ci.layout.activate()
            self.ci.setGeometry(QRectF(self.viewport().rect()))

    def _place_rows(self) -> None:
        count = max(len(self._rows), 1)
        self.lower.setYRange(0, count, padding=0)
        if self._values is not None and self._values.size:
            self.tags.setRect(QRectF(0, 0, self._seconds, len(self._rows)))
            names = [suggestion.tag.name for suggestion in self._rows]
            lit = names.index(self._lit) if self._lit in names else -1
            self._parting.set(len(self._rows), self._seconds, lit)
        else:
            self._parting.set(0, 0.0, -1)

    def light(self, name: str) -> None:
        """Set off the row of a tag."""
        self._names.lit = self._lit = name
        self._names.update()
        self._place_rows()
        self.lit.emit(name)

    def fit(self) -> None:
        """The whole track."""
        self.upper.setXRange(0, max(self._seconds, 0.1), padding=0)

    @property
    def view(self) -> tuple[float, float]:
        """Start and end of what is in view, seconds."""
        low, high = self.upper.viewRange()[0]
        return max(0.0, float(low)), min(float(high), self._seconds)

    @property
    def pixels(self) -> int:
        """Width of the pictures."""
        return max(1, int(self.upper.getViewBox().width()))

    def zoom(self, factor: float) -> None:
        """Show less (below 1) or more, around the playhead if it is in view."""
        low, high = self.view
        middle = self._head_at if low <= self._head_at <= high and self._head_at > 0 else (low + high) / 2
        self.upper.getViewBox().scaleBy(x=factor, center=QPointF(middle, 0))

    def pan(self, share: float) -> None:
        """Go along by a share of the view."""
        low, high = self.view
        self.upper.getViewBox().translateBy(x=share * (high - low))

    def set_outline(self, outline: Outline | None) -> None:
        """Where the evidence for a tag lies; None shows all of the picture."""
        self._evidence.set(outline, self._spec.n_mels)

    @property
    def loop(self) -> tuple[float, float] | None:
        """The part of the track that is marked, seconds."""
        return self._loop.span

    def set_loop(self, span: tuple[float, float] | None) -> None:
        """Mark a part of the track, or none."""
        self._loop.set(span)

    def set_marks_visible(self, visible: bool) -> None:
        """Playhead and loop are no part of a picture that is kept."""
        for head in self._heads:
            head.setOpacity(1.0 if visible else 0.0)
        self._loop.set_faded(not visible)

    def move_to(self, seconds: float, *, shown: bool = True) -> None:
        """The playhead is here; the view follows if it was in view before."""
        self._paint_handle()
        for head in self._heads:
            head.setVisible(shown and self._is_shown)
            head.setPos(seconds)
        self._paint_handle()
        low, high = self.upper.viewRange()[0]
        was, self._head_at = self._head_at, seconds
        if abs(seconds - was) > GONE:
            self._describe()
        followed = low <= was <= high or seconds == 0
        if shown and followed and high - low < self._seconds * 0.99 and not low <= seconds <= high:
            self.upper.setXRange(seconds, min(seconds + high - low, self._seconds), padding=0)

    def _describe(self) -> None:
        """Screen readers hear where the playhead is: on coming here and after a jump, not while it plays."""
        at = f"Playhead at {words.clock(self._head_at)} of {words.clock(self._seconds)}"
        for part in (self, self.viewport()):
            part.setAccessibleDescription(f"{at}; Left and Right go 5 seconds")

    # events

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The place is said anew."""
        self._describe()
        super().focusInEvent(event)

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        """The handle over the playhead."""
        super().drawForeground(painter, rect)
        self._taught_rows(painter)
        head = self._heads[0]
        if not head.isVisible() or head.opacity() == 0:
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

    def _taught_rows(self, painter: QPainter) -> None:
        """In the rows of tags that have no score over time: why."""
        if self._values is None or not self._values.size:
            return
        area = self.lower.getViewBox().sceneBoundingRect()
        tall = area.height() / len(self._rows)
        painter.setFont(font(11))
        painter.setPen(current().color("muted"))
        for number, suggestion in enumerate(self._rows):
            if suggestion.tag.taught:
                row = QRectF(area.left() + 8, area.top() + number * tall, area.width() - 16, tall)
                painter.drawText(row, Qt.AlignmentFlag.AlignVCenter, TAUGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The pictures, then the ring."""
        super().paintEvent(event)
        ring(self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and Right go through the track, Page up and down move the view, Home shows all of it."""
        key = event.key()
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            far = 30.0 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 5.0
            self.skip.emit(far if key == Qt.Key.Key_Right else -far)
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self.pan(0.8 if key == Qt.Key.Key_PageDown else -0.8)
        elif key == Qt.Key.Key_Home:
            self.fit()
        elif key == Qt.Key.Key_Escape and self.loop is not None:
            self.loop_picked.emit(None)
        else:
            event.ignore()

    def resizeEvent(self, event: Any) -> None:
        """The words stay in the middle of the plots."""
        super().resizeEvent(event)
        if hasattr(self, "_lower_note"):
            self._arrange()

    def _arrange(self) -> None:
        left = gutter()
        wide = max(0, self.width() - left - RIGHT_GUTTER)
        lower = int(self.ci.layout.rowMaximumHeight(1))
        upper = max(0, self.height() - lower - GAP - HANDLE)
        self._note.setGeometry(left, HANDLE, wide, upper)
        self._lower_note.setGeometry(left, HANDLE + upper + GAP, wide, max(0, lower - axis_height()))
        hint = self._sign.sizeHint()
        self._sign.setGeometry(left + 8, HANDLE + 8, min(hint.width(), max(0, wide - 16)), hint.height())
        self._sign.raise_()

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

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is pointed at any more."""
        super().leaveEvent(event)
        self._slow_moves.flush()
        self._pointer = None
        self.pointed.emit("")

    def _moved(self, args: tuple[QPointF]) -> None:
        self._pointer = args[0]
        seconds, suggestion, value = self._at(args[0])
        name = self._name_at(args[0])
        if name:  # which may be longer than there is room for
            self.pointed.emit(next(row.tag.shown for row in self._rows if row.tag.name == name))
        elif seconds < 0 or self._picture is None:
            self.pointed.emit("")
        elif suggestion is not None and suggestion.tag.taught:
            self.pointed.emit(f"{suggestion.tag.shown}: {TAUGHT}")
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
        level = float(self._picture.mel[band, frame]) * scale - self._picture.range_db  # below the loudest
        text = f"{hertz:.0f} Hz" if hertz < 1000 else f"{hertz / 1000:.1f} kHz"
        return f"{text} at {words.clock(seconds)}, {level:.0f} dB".replace("-", "−")

    def _clicked(self, event: Any) -> None:
        if event.button() is not Qt.MouseButton.LeftButton or not self._is_shown:
            return
        if event.double():
            self.fit()
            return
        name = self._name_at(event.scenePos())
        if name:
            self.tag_named.emit(name)
            return
        seconds, suggestion, _ = self._at(event.scenePos())
        if seconds < 0:
            return
        loop = self.loop
        if loop is not None and not loop[0] <= seconds <= loop[1]:
            self.loop_picked.emit(None)
        self.seek.emit(seconds)
        if suggestion is not None:
            self.tag_clicked.emit(suggestion.tag.name)

    def _name_at(self, scene: QPointF) -> str:
        """The tag whose name at the left is under a point."""
        area = self._names.sceneBoundingRect()
        if not self._rows or not area.contains(scene):
            return ""
        row = int((scene.y() - area.top()) / area.height() * len(self._rows))
        return self._rows[min(row, len(self._rows) - 1)].tag.name

    def _mark(self, low: float, high: float, done: bool) -> None:
        """A drag marks a part of the track."""
        if not self._is_shown:
            return
        low, high = max(0.0, low), min(high, self._seconds)
        if high - low >= SHORTEST_LOOP:
            self._loop.set((low, high))
            if done:
                self.loop_picked.emit((low, high))

    def _paint_handle(self) -> None:
        """It is no item of the scene: nothing else paints its place anew."""
        at = self.upper.getViewBox().mapViewToScene(QPointF(self._heads[0].value(), 0)).x()
        self.viewport().update(round(at) - HANDLE, 0, 2 * HANDLE, HANDLE)

    def _ranged(self, *args: object) -> None:
        self.viewport().update(0, 0, self.width(), HANDLE)
        if self._seconds > 0:
            low, high = self.upper.viewRange()[0]
            self.window_changed.emit(low / self._seconds, high / self._seconds)
            if self._pointer is not None:  # which is over another place now
                self._moved((self._pointer,))


def lut(name: str) -> Lut:
    """The colours of a map: uint8 [256, 3]."""
    if name == "grey":
        return np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    colours: Lut = pg.colormap.get(name).getLookupTable(nPts=256, mode="byte")[:, :3]
    return colours


def make(spec: Callable[[], MelSpec], parent: QObject, done: Callable[[Spectrogram], None]) -> None:
    """Build it in several turns, as each plot takes a while.

    :param spec: asked in the last of them
    :param parent: whoever it is for
    """
    made: list[pg.PlotItem] = []
    plots = (lambda: made.append(upper_plot()), lambda: made.append(lower_plot()))
    InTurns(parent, [*plots, lambda: done(Spectrogram(spec(), *made))])
