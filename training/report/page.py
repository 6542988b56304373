"""The parts of a report, before it is known whether they become HTML or Markdown."""

from __future__ import annotations

from dataclasses import dataclass

DASH = "–"
"""Stands where there is no figure."""


@dataclass(frozen=True, slots=True)
class Cell:
    """:param strong: the best of its column, or printed bold by the paper
    :param quiet: less important than its neighbours
    :param bar: length of a bar beside the text, 0..1
    :param tick: position of a mark on that bar, 0..1
    """

    text: str
    strong: bool = False
    quiet: bool = False
    bar: float | None = None
    tick: float | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """:param group: heading above this and the neighbouring columns of the same group
    :param text: whether the cells are words, not figures
    """

    name: str
    group: str = ""
    text: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """The first cell of a row is its heading.

    :param bars: width of the bars in its cells
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    bars: int = 56


@dataclass(frozen=True, slots=True)
class Series:
    """A curve.

    :param points: x and y, in order of x
    :param label: empty for one of many that the legend does not name
    :param colour: number of a hue
    :param style: "solid", "dashed", "dotted", "dash-dotted" or "faint"
    :param ring: a point that is marked
    """

    points: tuple[tuple[float, float], ...]
    label: str
    colour: int = 0
    style: str = "solid"
    ring: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """A level to compare with: a horizontal line and its name; or, without a level, the diagonal."""

    label: str
    level: float | None


@dataclass(frozen=True, slots=True)
class Plot:
    """Curves on two axes.

    :param x: range; with y, None for that of the points
    """

    title: str
    detail: str
    series: tuple[Series, ...]
    x_label: str
    x: tuple[float, float] | None = None
    y: tuple[float, float] | None = None
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True)
class Dots:
    """One line a network: what the paper reports, and our macro and micro average.

    :param rows: label, the paper's figure, and pairs of ours
    """

    title: str
    detail: str
    rows: tuple[tuple[str, float, tuple[tuple[float | None, float | None], ...]], ...]


@dataclass(frozen=True, slots=True)
class Plots:
    """Plots side by side under one legend.

    :param legend: label, hue and style, as in :class:`Series`
    """

    plots: tuple[Plot | Dots, ...]
    legend: tuple[tuple[str, int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Paragraph:
    """:param points: a list after the text: what each is about, and a sentence"""

    text: str
    points: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure, large.

    :param beside: what it is to be compared with, in words
    """

    name: str
    figure: str
    beside: str


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, and what stands under it."""

    title: str
    blocks: tuple[Paragraph | Table | Plots, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """:param warnings: what stands on its face, above everything; a heading and a sentence each"""

    title: str
    lead: str
    warnings: tuple[tuple[str, str], ...]
    tiles: tuple[Tile, ...]
    sections: tuple[Section, ...]


def figure(value: float | None, digits: int = 4) -> str:
    """A figure with four decimals and a leading 0."""
    return DASH if value is None else f"{value:.{digits}f}"
