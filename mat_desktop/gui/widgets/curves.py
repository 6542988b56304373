"""Learning curves: loss, ROC-AUC and PR-AUC by epoch.

It imports pyqtgraph, and so is imported in a worker thread when the page is first shown, as ``spectrogram``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QObject, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from mat_desktop.app.training_runs import EpochFigures
from mat_desktop.gui.models.results import averaged
from mat_desktop.gui.theme import appearance, current, font, wider
from mat_desktop.gui.turns import InTurns
from mat_desktop.gui.widgets.controls import Panel, Text
from mat_desktop.gui.widgets.delegates import text_width
from mat_desktop.gui.widgets.fit import KeepTall, tall
from mat_desktop.gui.widgets.nesting import nest
from mat_desktop.gui.widgets.painting import round_rect

NARROWEST = 200
"""Of a plot beside others; where there is less room they stand under each other."""

LOWEST = 108
AXIS, LABEL = 22, 22
"""Heights of the axis below, and of the paper's words over its line."""
MARGIN = 4
LEFT = 44
GAP = 24
RING = 2
"""Round a plot, for that of the focus."""
Points = list[tuple[int, float]]


class _EpochAxis(pg.AxisItem):  # type: ignore[misc]
    """Whole epochs, the first with its word."""

    def __init__(self) -> None:
        super().__init__("bottom")
        self.setHeight(AXIS)

    def boundingRect(self) -> QRectF:
        """With room for half a word at both ends; what reaches out of it would not be drawn."""
        box: QRectF = super().boundingRect()
        return box.adjusted(-12, 0, 12, 0)

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """Four or five marks at round epochs."""
        span = max(1, round(high))
        step = next((s for s in (1, 2, 5, 10, 20, 25, 50, 100, 200, 500) if span / s <= 5), 1000)
        # The view may begin a hair behind 0, and a mark outside of it would not be drawn.
        return [(step, [max(float(n), low) for n in range(0, span + 1, step)])]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """``epoch 0``, ``25``."""
        return [f"epoch {value:.0f}" if value < 0.5 else f"{value:.0f}" for value in values]


class Curve(QWidget):
    """One figure over the epochs: validation, training where it is known, the paper's, and the kept epoch."""

    def __init__(self, title: str, *, share: bool) -> None:
        """:param share: whether it lies in 0..1"""
        super().__init__()
        self._share = share
        self._digits = 4
        self._points: Points = []
        self._large: tuple[int, float] | None = None
        self._paper: float | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(RING, RING, RING, RING)
        layout.setSpacing(2)
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 8, 0)
        head.setSpacing(8)
        head.addWidget(Text(title, weight=600))
        self.about = Text(size=12, token="muted", elide=True, figures=True)
        self.about.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._about: tuple[str, ...] = ()
        self._said: tuple[str, ...] = ()
        head.addWidget(self.about)
        head.addStretch(1)
        self.value = Text("–", size=16, weight=600, figures=True)
        head.addWidget(self.value)
        nest(layout, head)
        self._bottom = _EpochAxis()
        self.view = pg.PlotWidget(axisItems={"bottom": self._bottom}, enableMenu=False)
        self.setAccessibleName(f"{title} by epoch")
        self.view.setFrameShape(self.view.Shape.NoFrame)
        for part in (self.view, self.view.viewport()):
            part.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        self.plot = self.view.getPlotItem()
        self.plot.hideButtons()
        self.plot.setMouseEnabled(x=False, y=False)
        self.plot.getViewBox().enableAutoRange(enable=False)
        self.plot.getViewBox().setDefaultPadding(0)
        self.plot.getAxis("left").setZValue(-1000)  # its grid lies under what is drawn
        self.plot.setContentsMargins(0, MARGIN, 8, 0)
        self.training, self.validation = pg.PlotDataItem(antialias=True), pg.PlotDataItem(antialias=True)
        self.best, self.last = pg.ScatterPlotItem(antialias=True), pg.ScatterPlotItem(antialias=True)
        self.line = pg.InfiniteLine(angle=0)
        self.label = pg.TextItem(anchor=(1, 1))
        for item in (self.label, self.line, self.training, self.validation, self.last, self.best):
            self.plot.addItem(item, ignoreBounds=True)
        layout.addWidget(self.view, 1)
        self._moves = pg.SignalProxy(self.view.scene().sigMouseMoved, rateLimit=30, slot=self._moved)
        self.apply()

    def apply(self) -> None:
        """The colours of the theme in use."""
        t = current()
        self.view.setBackground(t.color("surface"))
        for name in ("left", "bottom"):
            axis = self.plot.getAxis(name)
            axis.setStyle(tickLength=0, tickTextOffset=8, tickFont=font(11), autoExpandTextSpace=False)
            axis.setStyle(maxTickLevel=0, hideOverlappingLabels=False)
            axis.setPen(pg.mkPen(None))
            axis.setTickPen(pg.mkPen(t.color("border"), width=1))
            axis.setTextPen(t.color("muted"))
        self._bottom.setHeight(_axis())
        self.plot.getAxis("left").setWidth(wider(LEFT))
        self.view.setMinimumHeight(_lowest())
        self.plot.getAxis("left").setGrid(255)
        dots = pg.mkPen(t.color("muted"), width=1.5)
        dots.setDashPattern([1, 2])
        dashes = pg.mkPen(t.color("warning"), width=1.5)
        dashes.setDashPattern([4, 3])
        self.training.setPen(dots)
        self.validation.setPen(pg.mkPen(t.color("accent"), width=2))
        self.line.setPen(dashes)
        self.label.setColor(t.color("warning"))
        self.label.fill = pg.mkBrush(t.color("surface"))  # no grid line through the words
        self.label.setFont(font(11))
        self.best.setPen(pg.mkPen(t.color("accent"), width=2))
        self.best.setBrush(pg.mkBrush(t.color("surface")))
        self.best.setSize(10)
        self.last.setPen(pg.mkPen(None))
        self.last.setBrush(pg.mkBrush(t.color("accent")))
        self.last.setSize(7)

    def show_points(
        self,
        points: Points,
        training: Points,
        of: int,
        best: int | None,
        paper: float | None,
        *,
        over: bool,
        digits: int,
    ) -> None:
        """All of it anew.

        :param points: epoch and figure on the validation split
        :param of: epochs that were asked for
        :param best: the epoch that is kept
        :param paper: what the paper prints
        :param over: whether the figure in large is that of the kept epoch; else it is the last one's
        :param digits: decimals of the figure
        """
        self._points, self._paper, self._digits = points, paper, digits
        kept = next((point for point in points if point[0] == best), None)
        self._large = kept if over and kept is not None else points[-1] if points else None
        if self._large is None:
            self.say("")
        else:
            where = f"epoch {self._large[0]}{', kept' if over and kept else ''}"
            self.say(f"validation, {where}", where)
        self.validation.setData(*_columns(points))
        self.training.setData(*_columns(training))
        self.last.setData(*_columns(points[-1:]))
        self.best.setData(*_columns([point for point in points if point[0] == best]))
        self.line.setVisible(paper is not None)
        self.label.setVisible(paper is not None)
        last = points[-1][0] if points else 0
        wide = max(of, last, 1)
        values = [value for _, value in (*points, *training)] + ([paper] if paper is not None else [])
        low, high = _range(values, share=self._share)
        if paper is not None:  # its words stand over its line
            words = tall(LABEL, 11) / (max(_lowest(), self.view.height()) - _axis() - MARGIN)
            high = max(high, paper + words * (paper - low) / (1 - words))
        self.plot.setXRange(0, wide * 1.02, padding=0)
        self.plot.setYRange(low, high, padding=0)
        if paper is not None:
            self.line.setValue(paper)
            self.label.setText(f"paper {paper:.4f}")
            self.label.setPos(wide * 1.02, paper)
        self._say_value(self._large)
        self.setAccessibleDescription(self._description(best))

    def say(self, about: str, short: str = "") -> None:
        """Other words beside the title.

        :param short: where there is no room for these
        """
        self._about = (about, short or about)
        self.value.setToolTip(about)
        self._say_about(*self._about)

    def _say_about(self, *choice: str) -> None:
        """The longest for which there is room: in full, or not at all."""
        self._said = choice
        room = self.width() - _least()
        text = next((text for text in choice if text_width(text, 12, 400) <= room), "")
        self.about.setText(text)
        self.about.setVisible(bool(text))

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ring of the focus."""
        if self.hasFocus():
            round_rect(QPainter(self), self.rect(), 4, None, current().color("focus"), RING)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More room for words, or less."""
        super().resizeEvent(event)
        self._say_about(*self._said)

    def _say_value(self, point: tuple[int, float] | None) -> None:
        self.value.setText(f"{point[1]:.{self._digits}f}" if point else "–")

    def _description(self, best: int | None) -> str:
        if not self._points:
            return "Nothing yet; the first point comes after the first epoch."
        number, value = self._points[-1]
        said = [f"epoch {number}: {value:.{self._digits}f}"]
        said += [f"best, epoch {n}: {v:.{self._digits}f}" for n, v in self._points if n == best]
        if self._paper is not None:
            said.append(f"paper: {self._paper:.4f}")
        return "; ".join(said)

    def _moved(self, args: tuple[QPointF]) -> None:
        box = self.plot.getViewBox()
        near: tuple[int, float] | None = None
        if self._points and box.sceneBoundingRect().contains(args[0]):
            at = box.mapSceneToView(args[0]).x()
            near = min(self._points, key=lambda point: abs(point[0] - at))
        self._say_about(*([f"epoch {near[0]}"] if near else self._about))
        self._say_value(near or self._large)

    def leaveEvent(self, event: Any) -> None:
        """The figure of before again."""
        super().leaveEvent(event)
        self._say_about(*self._about)
        self._say_value(self._large)


KEPT = "best PR-AUC, kept"


class Legend(QWidget):
    """What the lines mean, once for all plots."""

    def __init__(self) -> None:
        super().__init__()
        self.paper = self.empty = False
        self.kept, self.areas = KEPT, ""
        KeepTall(self, 24, 12)
        self.setAccessibleName(
            "Validation solid, training dotted, the paper dashed, a ring on the kept epoch"
        )
        appearance.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Short pieces of the lines, with words."""
        t = current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(12))
        x, y = self.contentsRect().x(), self.height() // 2
        for token, text in self._parts():
            wide = QFontMetrics(font(12)).horizontalAdvance(text)
            if token == "ring":
                painter.setPen(QPen(t.color("accent"), 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(QPointF(x + 5, y), 4, 4)
                x += 16
            elif token:
                pen = QPen(t.color(token), 2 if token == "accent" else 1.5)
                if token != "accent":
                    pen.setDashPattern([1, 2] if token == "muted" else [4, 3])
                painter.setPen(pen)
                painter.drawLine(x, y, x + 16, y)
                x += 24
            painter.setPen(t.color("muted"))
            painter.drawText(x, 0, wide + 2, self.height(), int(Qt.AlignmentFlag.AlignVCenter), text)
            x += wide + 24

    def _parts(self) -> list[tuple[str, str]]:
        """As much as there is room for; nothing where there are no lines."""
        if self.empty:
            return []
        paper, more = "printed in the paper", " (its averaging is not stated)"
        ring = [("ring", self.kept)]
        lines = [("accent", "validation"), ("muted", "training")]
        areas = [("", self.areas)] if self.areas else []
        if not self.paper:
            fuller = [[*lines, *ring, *areas]]
        else:
            fuller = [
                [*lines, ("warning", paper + more), *ring, *areas],
                [*lines, ("warning", paper), *ring, *areas],
                [*lines, ("warning", "paper"), *ring, *areas],
            ]
            lines.append(("warning", "paper"))
        metrics, room = QFontMetrics(font(12)), self.contentsRect().width()
        signs = {"": 0, "ring": 16}

        def wide(parts: list[tuple[str, str]]) -> int:
            signed = sum(signs.get(sign, 24) for sign, _ in parts)
            return signed + sum(metrics.horizontalAdvance(text) for _, text in parts) + 24 * (len(parts) - 1)

        return next((parts for parts in fuller if wide(parts) <= room), [*lines, *ring])


class Curves(Panel):
    """The three plots. Their legend is for whoever shows them: it stays in view where they are scrolled."""

    def __init__(self, loss: Curve, roc: Curve, pr: Curve) -> None:
        super().__init__("surface")
        self.loss, self.roc, self.pr = self.each = loss, roc, pr
        self.legend = Legend()
        self.legend.setContentsMargins(24, 0, 16, 0)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(24 - RING, 12 - RING, 16 - RING, 0)
        self._grid.setHorizontalSpacing(GAP - 2 * RING)
        self._grid.setVerticalSpacing(4)
        self.nothing = Text(token="muted")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.setWordWrap(True)
        self._columns = 0
        self._arrange()
        appearance.changed.connect(self.apply)

    def apply(self) -> None:
        """The colours of the theme in use."""
        for curve in self.each:
            curve.apply()
        self._arrange()

    def take_focus(self, area: QScrollArea) -> None:
        """Tab goes to each plot, which brings it into view, while they are scrolled there."""

        def fit(_: int, most: int) -> None:
            for curve in self.each:
                curve.setFocusPolicy(Qt.FocusPolicy.TabFocus if most else Qt.FocusPolicy.NoFocus)

        area.verticalScrollBar().rangeChanged.connect(fit)

    def show_epochs(
        self,
        epochs: Sequence[EpochFigures],
        best: EpochFigures | None,
        paper: tuple[float | None, float | None] = (None, None),
        of: int = 0,
        *,
        nothing: str = "",
        over: bool = False,
        digits: int = 4,
    ) -> None:
        """The curves of a run.

        :param paper: ROC-AUC and PR-AUC that the paper prints for this network
        :param of: epochs that were asked for, where none is done yet
        :param nothing: said in the place of the plots where none is
        :param over: whether no more epochs come for now, so that the kept one is what counts
        :param digits: decimals of the figures
        """
        of = epochs[-1].of if epochs else of
        kept = best.number if best is not None else None
        few = bool(epochs) and all(epoch.roc_auc is None for epoch in epochs)
        parts = epochs[-1].vocabularies if epochs else 1
        for curve, name, training, line in (
            (self.loss, "valid_loss", _points(epochs, "train_loss"), None),
            (self.roc, "roc_auc", [], paper[0]),
            (self.pr, "pr_auc", [], paper[1]),
        ):
            points = _points(epochs, name)
            curve.show_points(points, training, of, kept, line, over=over, digits=digits)
        if few:
            for curve in (self.roc, self.pr):
                curve.say("too few positives to measure")
        self.legend.areas = "" if few else f"areas: {averaged(parts)}"
        self.legend.kept = "lowest loss, kept" if few else KEPT
        self.legend.paper = paper != (None, None)
        self.legend.update()
        self.nothing.setText(nothing)
        self.legend.empty = not epochs
        for curve in self.each:
            curve.setVisible(bool(epochs))
        self.nothing.setVisible(not epochs)
        self.setMinimumHeight(self.minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Beside each other where there is room."""
        super().resizeEvent(event)
        self._arrange()

    def minimumSizeHint(self) -> QSize:
        """As high as the plots under each other, where they are."""
        one = tall(24, 16, 2) + _lowest() + 8
        under = 3 if self._columns == 1 and not self.legend.empty else 1
        return QSize(NARROWEST, one * under + 12)

    def sizeHint(self) -> QSize:
        """No more: where they are scrolled with a text of several lines, Qt makes them as high as this."""
        return self.minimumSizeHint()

    def _arrange(self) -> None:
        columns = 3 if self.width() >= 3 * max(NARROWEST, _least()) + 2 * GAP + 40 else 1
        if columns != self._columns:
            self._columns = columns
            for number, curve in enumerate(self.each):
                self._grid.addWidget(curve, number // columns, number % columns)
            self._grid.addWidget(self.nothing, 3, 0, 1, 3)
            for column in range(3):
                self._grid.setColumnStretch(column, 1 if column < columns else 0)
        self.setMinimumHeight(self.minimumSizeHint().height())


def _axis() -> int:
    """Height of the axis below."""
    return tall(AXIS, 11)


def _lowest() -> int:
    """Height of a plot below which it says nothing."""
    return LOWEST - AXIS + _axis()


def _least() -> int:
    """Width of a plot's title and its figure."""
    return text_width("ROC-AUC", 13, 600) + text_width("0.0000", 16, 600) + 12


def _points(epochs: Sequence[EpochFigures], name: str) -> Points:
    return [(epoch.number, value) for epoch in epochs if (value := getattr(epoch, name)) is not None]


def _columns(points: Points) -> tuple[list[int], list[float]]:
    return [number for number, _ in points], [value for _, value in points]


def _range(values: Sequence[float], *, share: bool) -> tuple[float, float]:
    """A little more than what is there; of shares no more above 1 than the ring of the kept epoch takes."""
    if not values:
        return (0.0, 1.0)
    low, high = min(values), max(values)
    room = max((high - low) * 0.12, 0.02 if share else high * 0.05, 1e-6)
    low, high = low - room, high + room
    return (max(0.0, low), min(1 + (1 - low) * 0.06, high) if share else high)


def make(parent: QObject, done: Callable[[Curves], None]) -> None:
    """Build it, each plot in a turn of its own.

    :param parent: whoever it is for
    """
    made: list[Curve] = []

    def plot(title: str, share: bool) -> None:
        made.append(Curve(title, share=share))

    InTurns(
        parent,
        [
            lambda: plot("Loss", False),
            lambda: plot("ROC-AUC", True),
            lambda: plot("PR-AUC", True),
            lambda: done(Curves(*made)),
        ],
    )
