"""A page as one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from importlib.resources import files
from itertools import groupby

from training.report.charts import bar, chart_style, draw, sample, width_of
from training.report.page import Cell, Column, Page, Paragraph, Plots, Section, Table, Tile

# Nothing may be loaded, even if a name of somebody's tag should get past the escaping.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def html(page: Page) -> str:
    """The whole file."""
    style = chart_style() + files(__package__ or __name__).joinpath("report.css").read_text(encoding="utf-8")
    warnings = "".join(
        f'<div class="warning" role="note"><strong>{escape(head)}</strong> {escape(text)}</div>\n'
        for head, text in page.warnings
    )
    tiles = f'<dl class="tiles">{"".join(map(_tile, page.tiles))}</dl>\n' if page.tiles else ""
    contents = "".join(
        f'<li><a href="#{_anchor(number)}">{escape(section.title)}</a></li>'
        for number, section in enumerate(page.sections)
    )
    sections = "\n".join(_section(number, section) for number, section in enumerate(page.sections))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(page.title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<header>\n{warnings}"
        f"<h1>{escape(page.title)}</h1>\n<p>{escape(page.lead)}</p>\n{tiles}"
        f'<nav aria-label="Sections"><ul>{contents}</ul></nav>\n</header>\n<main>\n{sections}\n</main>\n'
        "</body>\n</html>\n"
    )


def _section(number: int, section: Section) -> str:
    blocks = "\n".join(map(_block, section.blocks))
    title = f"<h2>{escape(section.title)}</h2>"
    return f'<section id="{_anchor(number)}">\n{title}\n{blocks}\n</section>'


def _anchor(number: int) -> str:
    return f"section-{number + 1}"


def _block(block: Paragraph | Table | Plots) -> str:
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Plots):
        return _plots(block)
    points = "".join(
        f"<div><dt>{escape(about)}</dt><dd>{escape(text)}</dd></div>" for about, text in block.points
    )
    text = f"<p>{escape(block.text)}</p>" if block.text else ""
    return text + (f'<dl class="points">{points}</dl>' if points else "")


def _tile(tile: Tile) -> str:
    return (
        f"<div><dt>{escape(tile.name)}</dt><dd><b>{escape(tile.figure)}</b>"
        f"<span>{escape(tile.beside)}</span></dd></div>"
    )


def _table(table: Table) -> str:
    rows = "".join(
        "<tr>"
        + "".join(
            _cell(cell, column, table.bars, head=index == 0)
            for index, (cell, column) in enumerate(zip(row, table.columns, strict=True))
        )
        + "</tr>\n"
        for row in table.rows
    )
    # A wide table scrolls by itself, with the keyboard too (tabindex); a short one stays on one sheet.
    # A long one scrolls under its head, on a screen.
    kind = "wide short" if len(table.rows) <= 14 else "wide long" if len(table.rows) > 30 else "wide"
    return (
        f'<div class="{kind}" role="region" aria-label="{escape(table.caption)}" tabindex="0">\n<table>\n'
        f"<caption>{escape(table.caption)}</caption>\n<thead>\n{_head(table.columns)}</thead>\n"
        f"<tbody>\n{rows}</tbody>\n</table>\n</div>"
    )


def _head(columns: Iterable[Column]) -> str:
    upper, lower = [], []
    grouped = [(group, list(members)) for group, members in groupby(columns, key=lambda column: column.group)]
    if not any(group for group, _ in grouped):
        return (
            "<tr>" + "".join(_heading(column, 1) for _, members in grouped for column in members) + "</tr>\n"
        )
    for group, members in grouped:
        if group:
            upper.append(f'<th scope="colgroup" colspan="{len(members)}" class="group">{escape(group)}</th>')
            lower += [_heading(column, 1, first=index == 0) for index, column in enumerate(members)]
        else:
            upper += [_heading(column, 2) for column in members]
    return f"<tr>{''.join(upper)}</tr>\n<tr>{''.join(lower)}</tr>\n"


def _heading(column: Column, rows: int, *, first: bool = False) -> str:
    classes = " ".join([*(["text"] if column.text else []), *(["first"] if first else [])])
    kind = f' class="{classes}"' if classes else ""
    span = f' rowspan="{rows}"' if rows > 1 else ""
    return f'<th scope="col"{span}{kind}>{escape(column.name)}</th>'


def _cell(cell: Cell, column: Column, bars: int, *, head: bool) -> str:
    text = escape(cell.text)
    if cell.strong:
        text = f"<b>{text}</b>"
    if cell.bar is not None:
        text = f"{bar(cell.bar, cell.tick, bars)} {text}"
    classes = [name for name, here in (("text", column.text), ("quiet", cell.quiet)) if here]
    kind = f' class="{" ".join(classes)}"' if classes else ""
    return f'<th scope="row"{kind}>{text}</th>' if head else f"<td{kind}>{text}</td>"


def _plots(block: Plots) -> str:
    figures = "".join(
        f"<figure><figcaption><b>{escape(chart.title)}</b> {escape(chart.detail)}</figcaption>"
        f"{draw(chart, width_of(block)).alone()}</figure>\n"
        for chart in block.plots
    )
    legend = "".join(
        f"<li>{sample(colour, style)} {escape(label)}</li>" for label, colour, style in block.legend
    )
    return f'<div class="plots">\n{figures}</div>' + (f'\n<ul class="legend">{legend}</ul>' if legend else "")
