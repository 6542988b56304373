"""A page as Markdown (GitHub's, for its tables), with its charts as pictures beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from training.report.page import Cell, Column, Page, Paragraph, Plots, Section, Table
from training.report.pictures import Picture


def markdown(page: Page, beside: str, pictures: Mapping[tuple[int, int], Picture]) -> str:
    """The whole file.

    :param beside: name of the HTML file
    :param pictures: that lie beside it, by the places of section and block
    """
    parts = [f"# {plain(page.title)}"]
    parts += [f"> **{plain(head)}** {plain(text)}" for head, text in page.warnings]
    parts.append(plain(page.lead))
    if page.tiles:
        parts.append(
            "\n".join(f"- {plain(t.name)}: **{plain(t.figure)}** ({plain(t.beside)})" for t in page.tiles)
        )
    parts.append(f"The same as one page: [{plain(beside)}]({beside}).")
    for place, section in enumerate(page.sections):
        shown = {index: picture for (of, index), picture in pictures.items() if of == place}
        if text := _section(section, shown):
            parts.append(text)
    return "\n\n".join(parts) + "\n"


def plain(text: str) -> str:
    """Text that Markdown takes for nothing but text, on one line."""
    line = " ".join(text.split())
    line = re.sub(r"([\\`*_\[\]|~#])", r"\\\1", line)
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _section(section: Section, pictures: Mapping[int, Picture]) -> str:
    blocks = [
        text
        for index, block in enumerate(section.blocks)
        for text in (_picture(pictures.get(index)), _block(block))
        if text
    ]
    return "\n\n".join([f"## {plain(section.title)}", *blocks]) if blocks else ""


def _picture(picture: Picture | None) -> str:
    return f"![{plain(picture.about)}]({picture.name})" if picture else ""


def _block(block: Paragraph | Table | Plots) -> str:
    if isinstance(block, Plots):
        return ""
    if isinstance(block, Table):
        return _table(block)
    points = "\n".join(f"- **{plain(about)}.** {plain(text)}" for about, text in block.points)
    return "\n\n".join(part for part in (plain(block.text), points) if part)


def _table(table: Table) -> str:
    lines = [
        _row([plain(_name(column)) for column in table.columns]),
        _row([":--" if column.text else "--:" for column in table.columns]),
        *(_row([_cell(cell) for cell in row]) for row in table.rows),
    ]
    return f"**{plain(table.caption)}**\n\n" + "\n".join(lines)


def _name(column: Column) -> str:
    return f"{column.group}, {column.name}" if column.group else column.name


def _cell(cell: Cell) -> str:
    return f"**{plain(cell.text)}**" if cell.strong else plain(cell.text)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
