"""The pictures of a page as SVG files, which Markdown shows beside its text.

They are the charts of the HTML page, with their titles and legends drawn in, as an image cannot share the
page's style sheet or its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from training.report.charts import Drawing, bar, chart_style, draw, sample, text, width_of
from training.report.page import Column, Page, Paragraph, Plots, Section, Table

GAP = 24
TITLE = 26
LINE = 20
LETTER = 6.6
"""Width of a letter of a chart's text, at most in the mean: an image knows no font."""

FIGURE = 52
"""Width of the figure beside a bar."""


@dataclass(frozen=True, slots=True)
class Picture:
    """:param name: of its file
    :param about: what it shows, in words
    """

    name: str
    about: str
    svg: str


def pictures(page: Page) -> dict[tuple[int, int], Picture]:
    """Of all plots, and of all tables with bars in their cells; by the places of section and block."""
    found: dict[tuple[int, int], Picture] = {}
    for place, section in enumerate(page.sections):
        drawings = {
            index: drawing for index, block in enumerate(section.blocks) if (drawing := _drawn(block))
        }
        for number, (index, drawing) in enumerate(drawings.items(), 1):
            name = f"report-{_slug(section)}-{number}.svg"
            found[place, index] = Picture(name, drawing.about, _file(drawing))
    return found


def _drawn(block: Paragraph | Table | Plots) -> Drawing | None:
    if isinstance(block, Plots):
        return _plots(block)
    if isinstance(block, Table) and any(cell.bar is not None for row in block.rows for cell in row):
        return _bars(block)
    return None


def _plots(block: Plots) -> Drawing:
    """Side by side, each under its title; the legend under all of them."""
    parts: list[str] = []
    left, bottom = 0, 0.0
    for chart in block.plots:
        drawing = draw(chart, width_of(block))
        title = f'<tspan class="name">{escape(chart.title)}</tspan> {escape(chart.detail)}'
        parts += [f'<text class="title" x="{left}" y="16">{title}</text>', drawing.at(left, TITLE)]
        left, bottom = left + drawing.width + GAP, max(bottom, TITLE + drawing.height)
    width = left - GAP
    parts += _legend(block.legend, width, bottom + GAP / 2)
    columns = _legend_columns(block.legend, width)
    height = bottom + GAP / 2 + LINE * -(-len(block.legend) // columns)
    about = "; ".join(f"{chart.title}, {chart.detail}" for chart in block.plots)
    return Drawing(width, height, about, "".join(parts))


def _legend(legend: Sequence[tuple[str, int, str]], width: int, top: float) -> Iterator[str]:
    columns = _legend_columns(legend, width)
    for index, (label, colour, style) in enumerate(legend):
        x, y = index % columns * (width / columns), top + index // columns * LINE
        entry = sample(colour, style) + text("tick", 30, 10, label)
        yield f'<g transform="translate({x:.0f} {y:.0f})">{entry}</g>'


def _legend_columns(legend: Sequence[tuple[str, int, str]], width: int) -> int:
    longest = max((len(label) for label, _, _ in legend), default=0)
    return max(1, int(width // (longest * LETTER + 30 + GAP)))


def _bars(table: Table) -> Drawing:
    """A line for each row: its heading, and every cell with a bar."""
    shown = [
        place for place in range(len(table.columns)) if any(row[place].bar is not None for row in table.rows)
    ]
    left = width = max(len(row[0].text) for row in table.rows) * LETTER + GAP
    parts: list[str] = []
    starts: list[float] = []
    for place in shown:
        heading = _heading(table.columns[place])
        parts.append(text("tick", width, 14, heading))
        starts.append(width)
        width += max(table.bars + FIGURE, len(heading) * LETTER) + GAP
    for line, row in enumerate(table.rows):
        base = TITLE + LINE * line + 12
        parts.append(text("label", left - GAP, base, row[0].text, "end"))
        for place, start in zip(shown, starts, strict=True):
            cell = row[place]
            if cell.bar is not None:
                drawn = bar(cell.bar, cell.tick, table.bars)
                parts.append(f'<g transform="translate({start:.0f} {base - 9})">{drawn}</g>')
            parts.append(text("tick", start + table.bars + 6, base, cell.text))
    return Drawing(int(width), TITLE + LINE * len(table.rows) + 6, table.caption, "".join(parts))


def _heading(column: Column) -> str:
    return f"{column.group}, {column.name}" if column.group else column.name


def _file(drawing: Drawing) -> str:
    width, height = drawing.width + 2 * GAP, round(drawing.height) + 2 * GAP
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-label="{escape(drawing.about)}">\n'
        f"<style>\n{chart_style()}</style>\n"
        f'<rect class="sheet" width="{width}" height="{height}"/>\n{drawing.at(GAP, GAP)}\n</svg>\n'
    )
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", svg)  # which no XML may have


def _slug(section: Section) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", section.title.lower()))
