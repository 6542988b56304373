"""Numbers of things as they stand in a sentence."""

from __future__ import annotations


def count(number: int, noun: str) -> str:
    """ "1 file", "2 files", "1,234 files"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
