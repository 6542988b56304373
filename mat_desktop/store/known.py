"""Files of the library by the hundred, in the order in which they are shown: few queries for very many."""

from __future__ import annotations

import json
import os
from array import array
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from mat_desktop.domain.scores import Scores
from mat_desktop.domain.tags import MARKS, Field
from mat_desktop.domain.track import FileStamp, Track, TrackId
from mat_desktop.store.database import Database
from mat_desktop.store.decided import NOTHING, OfFile, of_places

_SELECT = (
    "SELECT t.path, t.size, t.mtime_ns, t.inode, t.duration, t.tags, t.fault, t.outside,"
    ' t.track_id, s.seconds, s."values", s.silent, f."values"'
)
_JOIN = (
    " LEFT JOIN score s ON s.track_id = t.track_id AND s.model = ?"
    " LEFT JOIN feature f ON ? AND f.track_id = s.track_id AND f.model = s.model"
)

_VALUES = msgspec.json.Decoder(list[float])
"""Very many of them are read at the start: ten times as fast as Python's own."""

MARKED = (
    "EXISTS (SELECT 1 FROM json_each(t.tags) j WHERE j.key IN"
    f" ({', '.join(repr(str(mark)) for mark in sorted(MARKS))}))"
)
"""A file ``t`` that carries marks of this program."""

UNDER = "(path = ? OR (path >= ? AND path < ?))"
"""A file or folder itself, and what is below it."""


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file as it was last read, with what a model heard in it and what the user said of that.

    :param scores: None where the model has not listened to this very file
    :param features: float16 [channels]; empty where they were not asked for, or are not kept
    """

    track: Track
    scores: Scores | None = None
    features: bytes = b""
    said: OfFile = NOTHING


def numbers(database: Database, roots: Iterable[Path]) -> list[int]:
    """Numbers of the files under some folders, and of given files, in order of path, folder by folder.

    Files that were not there any more when their folder was last looked through are left out.
    """
    places, wanted = _there(roots)
    # A folder comes before what is beside it and begins with its name.
    rows = database.rows(
        f"SELECT rowid FROM track WHERE {wanted} ORDER BY replace(CAST(path AS TEXT), ?, char(1))",
        [*places, os.sep],
    )
    return [number for (number,) in rows]


def count(database: Database, roots: Iterable[Path]) -> int:
    """How many files :func:`numbers` finds."""
    places, wanted = _there(roots)
    ((found,),) = database.rows(f"SELECT count(*) FROM track WHERE {wanted}", places)
    return int(found)


def _there(roots: Iterable[Path]) -> tuple[list[bytes], str]:
    """Parameters and condition of the files under some folders that are there as far as is known."""
    places = [place for root in roots for place in span(root)]
    under = " OR ".join([UNDER] * (len(places) // 3)) or "0"
    return places, f"({under}) AND path NOT IN (SELECT path FROM gone)"


def tracks(database: Database, paths: Sequence[Path]) -> dict[Path, Track]:
    """Files as they were last read, those of some that are known."""
    rows = database.rows(
        "SELECT path, size, mtime_ns, inode, duration, tags, fault, outside FROM track"
        f" WHERE path IN ({', '.join('?' * len(paths))})",
        [os.fsencode(path) for path in paths],
    )
    found = [track_of(path_of(path), row) for path, *row in rows]
    return {track.path: track for track in found}


def numbered(database: Database, wanted: Sequence[int], model: str, *, features: bool) -> list[KnownFile]:
    """Files by their numbers, in this order; one that went meanwhile is left out."""
    # Not JOIN alone: SQLite would be free to begin with the other table.
    query = f"{_SELECT} FROM json_each(?) j CROSS JOIN track t ON t.rowid = j.value{_JOIN}"
    return _files(database, database.rows(query, [json.dumps(wanted), model, features]), model)


def at(database: Database, paths: Sequence[Path], model: str, *, features: bool) -> list[KnownFile]:
    """Files by their paths, in any order; what is not known is left out."""
    query = f"{_SELECT} FROM track t{_JOIN} WHERE t.path IN ({', '.join('?' * len(paths))})"
    rows = database.rows(query, [model, features, *(os.fsencode(path) for path in paths)])
    return _files(database, rows, model)


def heirs(database: Database, gone: Iterable[Path]) -> list[Path]:
    """Files of which nothing was said, newer than what was said of their sound at some paths, or below."""
    found: dict[bytes, None] = {}
    for path in gone:
        rows = database.rows(
            "SELECT t.path FROM track g CROSS JOIN decided d ON d.track_id = g.track_id AND d.path = g.path"
            " AND NOT d.taken CROSS JOIN track t ON t.track_id = d.track_id"
            " AND t.found > d.changed"
            f" WHERE g.rowid IN (SELECT rowid FROM track WHERE {UNDER})"
            " AND t.path NOT IN (SELECT path FROM gone) AND NOT EXISTS (SELECT 1 FROM decided o"
            " WHERE o.track_id = t.track_id AND o.path = t.path AND NOT o.taken)",
            span(path),
        )
        found |= dict.fromkeys(place for (place,) in rows)
    return [path_of(place) for place in found]


def _files(database: Database, rows: Sequence[tuple[Any, ...]], model: str) -> list[KnownFile]:
    said = iter(of_places(database, [(row[8], row[0]) for row in rows if row[9] is not None]))
    found = []
    for path, *file, track_id, seconds, values, silent, features in rows:
        track = track_of(path_of(path), file)
        if seconds is None:
            found.append(KnownFile(track))
            continue
        scores = Scores(model, TrackId(track_id), seconds, array("d", _VALUES.decode(values)), bool(silent))
        found.append(KnownFile(track, scores, features or b"", next(said)))
    return found


def unheard(database: Database, sounds: Collection[TrackId]) -> list[Track]:
    """Files that are there as far as is known, of which it is not known what sounds in them, and that carry
    the program's marks or have the size of one with one of these sounds, in order of path."""
    rows = database.rows(
        "SELECT path, size, mtime_ns, inode, duration, tags, fault, outside FROM track t"
        f" WHERE track_id IS NULL AND path NOT IN (SELECT path FROM gone) AND ({MARKED} OR size IN"
        " (SELECT o.size FROM json_each(?) j CROSS JOIN track o ON o.track_id = j.value)) ORDER BY path",
        [json.dumps(list(sounds))],
    )
    return [track_of(path_of(path), row) for path, *row in rows]


def span(path: Path) -> tuple[bytes, bytes, bytes]:
    """A path itself, and between which all that is below it lies."""
    own, mark = os.fsencode(path), os.sep.encode()
    below = own.removesuffix(mark)
    return own, below + mark, below + bytes([mark[0] + 1])


# what the columns hold


def track_of(path: Path, row: Sequence[Any]) -> Track:
    """:param row: size, mtime_ns, inode, duration, tags, fault, outside"""
    size, mtime_ns, inode, duration, tags, fault, outside = row
    known = {Field(name): tuple(values) for name, values in json.loads(tags).items()}
    return Track(path, stamp_of(size, mtime_ns, inode), duration, known, fault, bool(outside))


def stamp_of(size: int, mtime_ns: int, inode: bytes) -> FileStamp:
    """Identity of a file's content."""
    return FileStamp(size, mtime_ns, int.from_bytes(inode, "big"))


def inode_of(stamp: FileStamp) -> bytes:
    """Windows' file numbers exceed SQLite's signed integers."""
    return stamp.inode.to_bytes(16, "big")


def path_of(value: bytes) -> Path:
    """As the system names it."""
    return Path(os.fsdecode(value))
