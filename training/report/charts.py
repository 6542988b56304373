"""Charts as SVG, coloured by a style sheet of their own (``charts.css``).

Our own few lines and not matplotlib's: text stays text in the page's font, and one picture serves light, dark
and paper, which a picture with its colours written in cannot.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from importlib.resources import files

from training.report.page import Dots, Plot, Plots, Reference, figure

LEFT, RIGHT, TOP, BOTTOM = 48, 12, 12, 34

Place = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Drawing:
    """:param about: what it shows, in words
    :param inside: its elements, without an ``svg`` around them
    """

    width: int
    height: float
    about: str
    inside: str

    def alone(self) -> str:
        """As wide as there is room for."""
        return (
            f'<svg class="chart" viewBox="0 0 {self.width} {self.height:.0f}" role="img" '
            f'aria-label="{escape(self.about)}">{self.inside}</svg>'
        )

    def at(self, x: float, y: float) -> str:
        """In another drawing, at its own size."""
        return f'<g transform="translate({x:g} {y:g})">{self.inside}</g>'


def chart_style() -> str:
    """The style sheet of all charts."""
    return files(__package__ or __name__).joinpath("charts.css").read_text(encoding="utf-8")


def width_of(block: Plots) -> int:
    """Of each chart: two side by side are drawn wider than three, so that text has one size everywhere."""
    return 380 if len(block.plots) > 2 else 560


def draw(chart: Plot | Dots, width: int) -> Drawing:
    """Either kind of chart."""
    return _dots(chart, width) if isinstance(chart, Dots) else _plot(chart, width)


def _plot(chart: Plot, width: int) -> Drawing:
    """Curves on two axes."""
    height = 150 + width // 4
    right, bottom = width - RIGHT, height - BOTTOM
    points = [point for series in chart.series for point in series.points]
    levels = [reference.level for reference in chart.references if reference.level is not None]
    x_low, x_high = chart.x or _span(x for x, _ in points)
    if x_low == x_high:  # a single epoch stands in the middle
        x_low, x_high = x_low - 0.5, x_high + 0.5
    y_low, y_high = chart.y or _padded(*_span([*(y for _, y in points), *levels]))
    x = _scale(x_low, x_high, LEFT, right)
    y = _scale(y_low, y_high, bottom, TOP)
    parts = _axes(x, y, ticks(x_low, x_high, 5, chart.x is None), ticks(y_low, y_high, 5), right, bottom)
    parts.append(text("tick", (LEFT + right) / 2, height - 3, chart.x_label, "middle"))
    for series in sorted(chart.series, key=lambda series: series.style != "faint"):
        line = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in series.points)
        hue = f"s{series.colour % 8}"
        if len(series.points) == 1:
            parts.append(_circle(x(series.points[0][0]), y(series.points[0][1]), 3, f"dot {hue}"))
        elif series.points:
            parts.append(f'<polyline class="curve {series.style} {hue}" points="{line}"/>')
        if series.ring:
            parts.append(_circle(x(series.ring[0]), y(series.ring[1]), 4, f"ring {hue}"))
    parts += [_reference(reference, x, y, (x_low, x_high, y_low, y_high)) for reference in chart.references]
    return Drawing(width, height, f"{chart.title}, {chart.detail}", "".join(parts))


def _dots(chart: Dots, width: int) -> Drawing:
    """One line a row, with the paper's figure and ours on a common axis."""
    row_height, left = 24, 92
    height = TOP + row_height * len(chart.rows) + BOTTOM
    values = [value for _, paper, ours in chart.rows for value in (paper, *_flat(ours))]
    low, high = _padded(*_span(values))
    x = _scale(low, high, left, width - RIGHT)
    bottom = height - BOTTOM
    parts = [f'<path class="grid" d="M{x(tick):.1f} {TOP}V{bottom}"/>' for tick in ticks(low, high, 5)]
    parts += [text("tick", x(tick), bottom + 16, _tick(tick), "middle") for tick in ticks(low, high, 5)]
    for index, (label, paper, ours) in enumerate(chart.rows):
        middle = TOP + row_height * (index + 0.5)
        parts.append(text("label", left - 10, middle + 4, label, "end"))
        known = [paper, *_flat(ours)]
        if len(known) > 1:
            parts.append(f'<path class="rail" d="M{x(min(known)):.1f} {middle}H{x(max(known)):.1f}"/>')
        parts.append(
            f'<path class="paper-mark" d="M{x(paper):.1f} {middle - 5.5}l5.5 5.5l-5.5 5.5l-5.5 -5.5z"/>'
        )
        for macro, micro in ours:
            if micro is not None:
                parts.append(_circle(x(micro), middle, 4, "ring s0"))
            if macro is not None:
                parts.append(_circle(x(macro), middle, 4.5, "dot s0"))
    return Drawing(width, height, f"{chart.title}, {chart.detail}", "".join(parts))


def bar(length: float, tick: float | None, width: int) -> str:
    """A small bar for a table's cell; the figure stands beside it as text."""
    mark = "" if tick is None else f'<path class="chance" d="M{_clamped(tick) * width:.1f} 0V10"/>'
    return (
        f'<svg class="bar" width="{width}" height="10" viewBox="0 0 {width} 10" aria-hidden="true">'
        f'<rect class="groove" x="0" y="2" width="{width}" height="6" rx="1.5"/>'
        f'<rect class="fill" x="0" y="2" width="{_clamped(length) * width:.1f}" height="6" rx="1.5"/>'
        f"{mark}</svg>"
    )


def sample(colour: int, style: str) -> str:
    """What a legend shows before a label."""
    if style == "paper":
        inner = '<path class="paper-mark" d="M12 1l5 5l-5 5l-5 -5z"/>'
    elif style in ("dot", "ring"):
        inner = _circle(12, 6, 4, f"{style} s{colour % 8}")
    elif style == "reference":
        inner = '<path class="reference" d="M1 6H23"/>'
    elif style == "chance":
        inner = '<path class="chance" d="M12 1V11"/>'
    else:
        inner = f'<path class="curve {style} s{colour % 8}" d="M1 6H23"/>'
    return f'<svg width="24" height="12" viewBox="0 0 24 12" aria-hidden="true">{inner}</svg>'


def ticks(low: float, high: float, about: int, whole: bool = False) -> list[float]:
    """Round numbers between two others, about so many.

    :param whole: whole numbers only
    """
    raw = (high - low) / max(about, 1)
    if raw <= 0 or not math.isfinite(raw):
        return [low]
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= raw * 0.999)
    if whole:
        step = max(1.0, float(round(step)))
    first = math.ceil(low / step - 1e-9)
    return [index * step for index in range(first, math.floor(high / step + 1e-9) + 1)]


def _axes(
    x: Place, y: Place, x_ticks: list[float], y_ticks: list[float], right: int, bottom: int
) -> list[str]:
    return [
        *(f'<path class="grid" d="M{LEFT} {y(tick):.1f}H{right}"/>' for tick in y_ticks),
        *(text("tick", LEFT - 6, y(tick) + 4, _tick(tick), "end") for tick in y_ticks),
        *(text("tick", x(tick), bottom + 16, _tick(tick), "middle") for tick in x_ticks),
        f'<path class="axis" d="M{LEFT} {bottom}H{right}"/>',
    ]


def _reference(reference: Reference, x: Place, y: Place, ends: tuple[float, float, float, float]) -> str:
    x_low, x_high, y_low, y_high = ends
    if reference.level is None:
        start, end = (f"{x(a):.1f} {y(b):.1f}" for a, b in ((x_low, y_low), (x_high, y_high)))
        return f'<path class="chance-line" d="M{start}L{end}"/>'
    level = y(reference.level)
    # The name stands above the line, or below it where there is no room.
    base = level - 5 if level - 5 > TOP + 8 else level + 13
    name = f"{reference.label} {figure(reference.level)}"
    line = f'<path class="reference" d="M{x(x_low):.1f} {level:.1f}H{x(x_high):.1f}"/>'
    return line + text("reference-name", x(x_high) - 2, base, name, "end")


def text(kind: str, x: float, y: float, words: str, anchor: str = "start") -> str:
    """Words at a place; which part of them is there, the anchor says."""
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _circle(x: float, y: float, radius: float, classes: str) -> str:
    return f'<circle class="{classes}" cx="{x:.1f}" cy="{y:.1f}" r="{radius}"/>'


def _scale(low: float, high: float, start: float, end: float) -> Place:
    size = (high - low) or 1.0
    return lambda value: start + (value - low) / size * (end - start)


def _span(values: Iterable[float]) -> tuple[float, float]:
    known = list(values)
    return (min(known), max(known)) if known else (0.0, 1.0)


def _padded(low: float, high: float) -> tuple[float, float]:
    margin = (high - low) * 0.08 or 0.05
    return max(0.0, low - margin), high + margin


def _flat(pairs: Iterable[tuple[float | None, float | None]]) -> list[float]:
    return [value for pair in pairs for value in pair if value is not None]


def _tick(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".") if value else "0"


def _clamped(value: float) -> float:
    return min(max(value, 0.0), 1.0)
