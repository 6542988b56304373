"""Numeric genres of ID3: "(17)", "17", "(4)Eurodisco", "(RX)" mean names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mutagen.id3

_TCON: Any = mutagen.id3.TCON
NAMES: tuple[str, ...] = tuple(_TCON.GENRES)
"""The 192 names of ID3v1 with the Winamp extensions, by number."""
NO_GENRE = 255


def decoded(texts: Sequence[str]) -> list[str]:
    """Genre texts of a TCON frame as names."""
    return list(_TCON(encoding=3, text=list(texts)).genres)


def escaped(name: str) -> str:
    """A name as it is written, so that a bracket at its start is not taken for a number."""
    return "(" + name if name.startswith("(") else name


def v1_number(names: Sequence[str]) -> int:
    """The genre byte of an ID3v1 tag: of the first name that has a number, else 255."""
    return next((NAMES.index(name) for name in names if name in NAMES), NO_GENRE)


def name_of(number: int) -> str:
    """The name of an ID3v1 genre byte, empty if it has none."""
    return NAMES[number] if number < len(NAMES) else ""
