"""Rows of a comparison of two models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mat_desktop.gui import words
from mat_desktop.gui.models.figures import UNKNOWN, Cell, Heading

if TYPE_CHECKING:
    from mat_desktop.app.compare import Compared, Differences, TagDifference

TAGS = (
    Heading("Tag"),
    Heading("Stays", 56, right=True),
    Heading("Comes", 64, right=True),
    Heading("Goes", 56, right=True),
    Heading("Decisions", 76, right=True),
    Heading("In use agrees", 96, right=True),
    Heading("Other agrees", 92, right=True),
)
TRACKS = (Heading("Track"), Heading("Comes"), Heading("Goes"))


@dataclass(frozen=True, slots=True)
class TagCell(Cell):
    """:param name: of the tag"""

    name: str = ""


@dataclass(frozen=True, slots=True)
class TrackCell(Cell):
    """:param path: of the track"""

    path: Path = Path()


def key_of(cell: object) -> str | Path:
    """What a row is about; empty where there is none."""
    if isinstance(cell, TagCell):
        return cell.name
    return cell.path if isinstance(cell, TrackCell) else ""


def tag_rows(lines: Sequence[TagDifference]) -> list[list[Cell]]:
    """A row for each tag; the model that agrees with more decisions on it stands out."""
    return [
        [
            TagCell(line.tag.shown, name=line.tag.name),
            _count(line.stay, "muted"),
            _count(line.come, "text"),
            _count(line.go, "text"),
            _count(line.decisions, "muted"),
            _right(line.present_right, line.other_right, line.decisions),
            _right(line.other_right, line.present_right, line.decisions),
        ]
        for line in lines
    ]


def track_rows(
    tracks: Sequence[Compared], differences: Differences, title: Callable[[Path], str]
) -> list[list[Cell]]:
    """A row for each track: what comes and what goes."""
    return [
        [
            TrackCell(title(track.path), path=track.path),
            _tags(differences.shown(track.come)),
            _tags(differences.shown(track.go)),
        ]
        for track in tracks
    ]


def _count(value: int, token: str) -> Cell:
    return Cell(words.number(value), value, token) if value else Cell(UNKNOWN, 0, "faint")


def _right(value: int, rival: int, decisions: int) -> Cell:
    if not decisions:
        return Cell(UNKNOWN, -1, "faint")
    return Cell(words.number(value), value, "positive" if value > rival else "text", strong=value > rival)


def _tags(names: Sequence[str]) -> Cell:
    return Cell(", ".join(names), len(names)) if names else Cell(UNKNOWN, 0, "faint")
