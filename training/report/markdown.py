"""A page as Markdown (GitHub's, for its tables). Curves are left to the HTML page beside it."""

from __future__ import annotations

import re

from training.report.page import Cell, Column, Page, Paragraph, Plots, Section, Table


def markdown(page: Page, beside: str) -> str:
    """The whole file.

    :param beside: name of the HTML file
    """
    parts = [f"# {plain(page.title)}"]
    parts += [f"> **{plain(head)}** {plain(text)}" for head, text in page.warnings]
    parts.append(plain(page.lead))
    if page.tiles:
        parts.append(
            "\n".join(f"- {plain(t.name)}: **{plain(t.figure)}** ({plain(t.beside)})" for t in page.tiles)
        )
    parts.append(f"The curves are in [{plain(beside)}]({beside}).")
    parts += [text for section in page.sections if (text := _section(section))]
    return "\n\n".join(parts) + "\n"


def plain(text: str) -> str:
    """Text that Markdown takes for nothing but text, on one line."""
    line = " ".join(text.split())
    line = re.sub(r"([\\`*_\[\]|~#])", r"\\\1", line)
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _section(section: Section) -> str:
    blocks = [text for block in section.blocks if (text := _block(block))]
    return "\n\n".join([f"## {plain(section.title)}", *blocks]) if blocks else ""


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
