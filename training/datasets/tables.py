"""Text files of public data sets: tab-separated tables, lists, vocabularies. Every fault names its line."""

from __future__ import annotations

import csv
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from reprlib import Repr

from mat_desktop.errors import printable
from training.datasets.dataset import DatasetFault

PACKED = (".gz", ".bz2", ".xz", ".zip")
GZIP = b"\x1f\x8b"
BYTE_ORDER_MARK = "\ufeff"
NAMED = 5
"""Names that a sentence has; of more it says how many."""

_short = Repr()
_short.maxlevel, _short.maxlist, _short.maxdict = 2, 3, 3
_short.maxstring = _short.maxlong = _short.maxother = 60


def excerpt(value: object) -> str:
    """A value out of a file as a message shows it, cut where it is long: all of a file may be one value."""
    return _short.repr(value)


def fault_at(path: Path, line: int, text: str) -> DatasetFault:
    """A fault in one line of a file, or one entry of a JSON file, counted from 1."""
    return DatasetFault(f"{printable(path)}: {_unit(path)} {line}: {text}")


def _unit(path: Path) -> str:
    return "entry" if path.suffix == ".json" else "line"


def require(path: Path, source: str) -> Path:
    """The path, if it is there, and not packed under the name of what is in it.

    :param source: where it is to be had, a sentence
    :raises DatasetFault: it is not
    """
    if path.exists():
        with suppress(OSError), path.open("rb") as file:  # who reads it says what stands against it
            if file.read(len(GZIP)) == GZIP:
                raise DatasetFault(f"{printable(path)}: packed with gzip; it is to be unpacked")
        return path
    if (archive := packed(path)) is not None:
        raise DatasetFault(f"{printable(path)} is missing: {archive.name}, beside it, is to be unpacked")
    raise DatasetFault(f"{printable(path)} is missing. {source}")


def packed(path: Path) -> Path | None:
    """The archive that lies where a file should, with the file's name and an ending of its own."""
    archives = (path.with_name(path.name + ending) for ending in PACKED)
    return next((archive for archive in archives if archive.exists()), None)


def read_rows(path: Path, source: str, *, quoted: bool) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of every row of a tab-separated file, the header first.

    :param quoted: cells may stand in double quotes; otherwise a quote is a character like any other
    :raises DatasetFault: the file is missing, empty, not UTF-8, or its quotes do not close
    """
    require(path, source)
    try:
        with path.open("rb") as file:
            lines = _decoded(path, file)
            if quoted:
                reader = csv.reader(lines, delimiter="\t", strict=True)
            else:
                reader = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
            while True:
                first = reader.line_num + 1
                try:
                    row = next(reader, None)
                except csv.Error as error:
                    text = f"not cells separated by tabs, with quotes that close: {error}"
                    raise fault_at(path, first, text) from error
                if row is None:
                    break
                yield reader.line_num, row
            if not reader.line_num:
                raise DatasetFault(f"{printable(path)} is empty. {source}")
    except OSError as error:
        raise DatasetFault(f"{printable(path)}: {error.strerror}") from error


def read_list(path: Path, source: str) -> list[tuple[int, str]]:
    """Line number and text of every line that is not blank."""
    rows = read_rows(path, source, quoted=False)
    return [(line, text) for line, row in rows if (text := "\t".join(row).strip())]


def _decoded(path: Path, lines: Iterable[bytes]) -> Iterator[str]:
    for number, raw in enumerate(lines, start=1):
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise fault_at(path, number, "not UTF-8") from error
        yield text.removeprefix(BYTE_ORDER_MARK) if number == 1 else text


def check_header(path: Path, header: Sequence[str], expected: Sequence[str]) -> None:
    """:raises DatasetFault: the columns are not these, in this order"""
    missing = [name for name in expected if name not in header]
    if missing:
        raise fault_at(path, 1, f"no column {', '.join(missing)}")
    if list(header) != list(expected):
        pairs = enumerate(zip_longest(header, expected, fillvalue=""), start=1)
        number, (found, right) = next((number, pair) for number, pair in pairs if pair[0] != pair[1])
        instead = f"not {excerpt(right)}" if right else "one too many"
        raise fault_at(path, 1, f"column {number} is {excerpt(found)}, {instead}")


def some(names: Sequence[str]) -> str:
    """The first few, and how many more."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def check_known(path: Path, line: int, tags: Sequence[str], known: Container[str]) -> None:
    """:raises DatasetFault: one of the tags is none of those known"""
    unknown = [excerpt(tag) for tag in tags if tag not in known]
    if unknown:
        raise fault_at(path, line, f"unknown tag {some(unknown)}")


@dataclass(slots=True)
class Unique:
    """Finds what stands twice, in one file or in several.

    :param what: the name of the thing, for the message
    """

    what: str
    _seen: dict[str, tuple[Path, int]] = field(default_factory=dict)

    def add(self, value: str, path: Path, line: int) -> None:
        """:raises DatasetFault: the value was added before"""
        if value in self._seen:
            before, at = self._seen[value]
            place = f"{_unit(before)} {at}" + ("" if before == path else f" of {before.name}")
            raise fault_at(path, line, f"{self.what} {excerpt(value)} stands in {place} already")
        self._seen[value] = (path, line)


def match(pattern: str, value: str, what: str, path: Path, line: int) -> str:
    """The value, if it has the form.

    :raises DatasetFault: it has not
    """
    if not re.fullmatch(pattern, value):
        raise fault_at(path, line, f"{what} {excerpt(value)} is not of the form {pattern}")
    return value


def vocabulary(name: str) -> tuple[str, ...]:
    """The published tags of a data set, in the order of its label vectors."""
    path = Path(__file__).with_name("vocabularies") / f"{name}.txt"
    return tuple(path.read_text(encoding="utf-8").splitlines())
