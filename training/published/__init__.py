"""What others report: the paper's Tables 1 to 3, and figures of the systems around it with their sources."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal, TypeVar

import msgspec

from mat_desktop.domain.card import NetworkSpec
from mat_desktop.networks.registry import names

Item = TypeVar("Item")

TableNumber = Literal["1", "2", "3"]


@dataclass(frozen=True, slots=True)
class PaperRow:
    """One network in a table of the paper.

    :param key: "Control", "Type A" ... "Type G" in Table 1, "2D FCN C=5" and so on in Tables 2 and 3
    :param settings: the columns of Table 1 that say what the network is; empty in the others
    :param bold: names of the figures that are printed bold
    :param note: what must be known when reading the row
    """

    key: str
    accuracy: float
    pr_auc: float
    roc_auc: float
    settings: dict[str, int] = field(default_factory=dict)
    bold: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class PaperTable:
    """A table of results as the paper prints it.

    :param split: "valid" or "test"
    :param note: how it is read where it contradicts itself
    """

    number: TableNumber
    caption: str
    split: Literal["valid", "test"]
    rows: tuple[PaperRow, ...]
    note: str = ""

    def row(self, key: str) -> PaperRow | None:
        """The row with this key, if there is one."""
        return next((row for row in self.rows if row.key == key), None)


@dataclass(frozen=True, slots=True)
class PublishedResult:
    """Macro averages that somebody reports for a system on the test split of a data set.

    :param data: full name of the data set
    :param split: as far as the source states it, with clips in each split
    :param pr_auc: None where it is not reported
    :param parameters: as the source words them; empty where it does not
    :param checked: whether the figure was read in its source; otherwise it is quoted from memory
    """

    system: str
    data: str
    split: str
    roc_auc: float
    pr_auc: float | None
    source: str
    checked: bool
    parameters: str = ""
    note: str = ""


@cache
def paper_tables() -> tuple[PaperTable, ...]:
    """Tables 1, 2 and 3."""
    return _read("tables.json", tuple[PaperTable, ...])


def paper_table(number: str) -> PaperTable:
    """Table "1", "2" or "3". :raises KeyError: there is no such table"""
    return {table.number: table for table in paper_tables()}[number]  # type: ignore[index]


@cache
def published_results() -> tuple[PublishedResult, ...]:
    """Figures of other systems, in no particular order."""
    return _read("systems.json", tuple[PublishedResult, ...])


def row_of(network: NetworkSpec) -> tuple[TableNumber, str] | None:
    """Table and key of the row that reports this network; None for other networks, widths and options.

    A network of Table 3 stands in Table 2 too and is named by that one.
    """
    entry = names().get(network.name)
    if entry is None or network.width != 1:
        return None
    if any(value != entry.options[name].default for name, value in network.options.items()):
        return None
    family, _, kind = network.name.partition("_")
    if family == "experiment1":
        key = "Control" if kind == "control" else f"Type {kind.upper()}"
        return ("1", key) if paper_table("1").row(key) else None
    title = {"fcn1d": "1D FCN", "fcn2d": "2D FCN", "crnn2d": "2D CRNN"}.get(network.name)
    key = f"{title} C={network.layers or 5}"
    return ("2", key) if paper_table("2").row(key) else None


def _read(name: str, kind: type[Item]) -> Item:
    data: Any = files(__name__).joinpath(name).read_bytes()
    return msgspec.json.decode(data, type=kind)
