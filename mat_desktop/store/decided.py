"""What the user said of files, by their sound and their path: verdicts on tags, and marks of reviewed ones.

A path alone would lose all with a rename, the sound alone would say it of every copy. So what was said of a
file that is no more at its path waits for another with the same sound, which takes it over. It stays with the
path as well, as taken, in case the file comes back, as with a drive that was only thought to be there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from sqlite3 import Connection
from time import time_ns

from mat_desktop.domain.scores import Mark, Said, Verdict
from mat_desktop.domain.track import TrackId
from mat_desktop.store.database import Database

NOWHERE = b""
"""Path of what is said of a sound that no known file has: any that comes has it, until it has its own."""

_NEWEST = (
    "SELECT d.track_id, v.tag, v.verdict, max(v.said) FROM verdict v JOIN decided d ON d.id = v.decided"
    " WHERE NOT d.taken"
)
"""SQLite takes the other columns from the row of the maximum."""


@dataclass(frozen=True, slots=True)
class Left:
    """What was said of the same sound at another path.

    :param number: of it
    :param path: where it was
    :param vacated: whether the library knows that no file with this sound is there any more
    :param beside: whether the other file was there already when it was said: only where both are one has it
        anything to take over
    """

    number: int
    path: Path
    vacated: bool
    beside: bool


@dataclass(frozen=True, slots=True)
class OfFile:
    """What the user said of a file.

    :param left: where it may have been before, the newest first; empty where something was said of it itself
    """

    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    mark: Mark = False
    left: tuple[Left, ...] = ()


NOTHING = OfFile()


_VERDICTS = {verdict.value: verdict for verdict in Verdict}
"""Very many are read at the start: five times as fast as Verdict()."""

_Row = tuple[int, bytes, int, str | None, int, int]
"""Number, path, whether it is reviewed, what was seen then, whether it was taken over, and since when."""


def of_files(database: Database, files: Sequence[tuple[TrackId, Path]]) -> list[OfFile]:
    """What was said of some files, by what is heard in them and their paths; in their order."""
    return of_places(database, [(track_id, os.fsencode(path)) for track_id, path in files])


def of_places(database: Database, files: Sequence[tuple[str, bytes]]) -> list[OfFile]:
    """The same by paths as they are kept."""
    by_sound: dict[str, list[_Row]] = {}
    numbers: list[int] = []
    for track_id, *row in database.rows(
        "SELECT track_id, id, path, reviewed, seen, taken, changed FROM decided"
        " WHERE track_id IN (SELECT value FROM json_each(?))",
        [json.dumps([track_id for track_id, _ in files])],
    ):
        by_sound.setdefault(track_id, []).append(tuple(row))
        numbers.append(row[0])
    if not numbers:
        return [NOTHING] * len(files)
    verdicts: dict[int, dict[str, Verdict]] = {}
    for number, tag, verdict in database.rows(
        "SELECT decided, tag, verdict FROM verdict WHERE decided IN (SELECT value FROM json_each(?))",
        [json.dumps(numbers)],
    ):
        verdicts.setdefault(number, {})[tag] = _VERDICTS[verdict]
    found = []
    for track_id, path in files:
        rows = by_sound.get(track_id, ())
        said: Mapping[str, Verdict] = {}
        mark: Mark = False
        fresh = True
        for number, place, reviewed, seen, taken, _ in rows:
            if place == path:
                said, mark, fresh = verdicts.get(number, {}), bool(reviewed) and _mark_of(seen), bool(taken)
        left: tuple[Left, ...] = ()
        if rows and fresh:
            others = [row for row in rows if row[1] != path and (not row[4] or row[1] == NOWHERE)]
            left = _left(database, others, path)
        found.append(OfFile(said, mark, left) if rows else NOTHING)
    return found


def _left(database: Database, rows: Sequence[_Row], heir: bytes) -> tuple[Left, ...]:
    """Without what was said of a file that is known to be at a third path by now."""
    if not rows:
        return ()
    how = {
        number: (bool(vacated), bool(beside))
        for number, vacated, beside in database.rows(
            "SELECT d.id, d.path = ? OR g.path IS NOT NULL"
            " OR (t.path IS NOT NULL AND t.track_id IS NOT d.track_id),"
            # One that goes back to where it was is found by its stamp.
            " d.path != ? AND EXISTS (SELECT 1 FROM track h WHERE h.path = ? AND h.found <= d.changed"
            " AND NOT (t.path IS NOT NULL"
            " AND h.size = t.size AND h.mtime_ns = t.mtime_ns AND h.inode = t.inode))"
            " FROM decided d LEFT JOIN gone g ON g.path = d.path LEFT JOIN track t ON t.path = d.path"
            " WHERE d.id IN (SELECT value FROM json_each(?)) AND NOT EXISTS ("
            " SELECT 1 FROM track o WHERE o.size = t.size AND o.mtime_ns = t.mtime_ns AND o.inode = t.inode"
            " AND o.path NOT IN (t.path, ?) AND o.track_id = d.track_id"
            " AND o.path NOT IN (SELECT path FROM gone)"
            " AND NOT EXISTS (SELECT 1 FROM track h WHERE h.path = ?"
            " AND h.size = t.size AND h.mtime_ns = t.mtime_ns AND h.inode = t.inode))",
            [NOWHERE, NOWHERE, heir, json.dumps([row[0] for row in rows]), heir, heir],
        )
    }
    waiting = sorted((row for row in rows if row[0] in how), key=lambda row: -row[5])
    return tuple(Left(row[0], Path(os.fsdecode(row[1])), *how[row[0]]) for row in waiting)


def take_over(db: Connection, heirs: Iterable[tuple[Left, Path]]) -> None:
    """Files are where others were; what was said of those is said of them.

    One of which something was said meanwhile keeps that, and one file cannot become two.
    """
    for left, path in heirs:
        place = os.fsencode(path)
        (done,) = db.execute(
            "SELECT count(*) FROM decided f WHERE f.id = ? AND (NOT f.taken OR f.path = ?) AND NOT EXISTS ("
            " SELECT 1 FROM decided o WHERE o.track_id = f.track_id AND o.path = ? AND NOT o.taken)",
            (left.number, NOWHERE, place),
        ).fetchone()
        if not done:
            continue
        db.execute(
            "INSERT OR REPLACE INTO decided (id, track_id, path, reviewed, seen, changed)"
            " SELECT o.id, f.track_id, ?, f.reviewed, f.seen, f.changed FROM decided f"
            " LEFT JOIN decided o ON o.track_id = f.track_id AND o.path = ? WHERE f.id = ?",
            (place, place, left.number),
        )
        (own,) = db.execute(
            "SELECT o.id FROM decided f JOIN decided o ON o.track_id = f.track_id AND o.path = ?"
            " WHERE f.id = ?",
            (place, left.number),
        ).fetchone()
        db.execute("DELETE FROM verdict WHERE decided = ?", (own,))
        db.execute(
            "INSERT INTO verdict SELECT ?, tag, verdict, said FROM verdict WHERE decided = ?",
            (own, left.number),
        )
        db.execute("UPDATE decided SET taken = 1 WHERE id = ?", (left.number,))


def put(db: Connection, said: Sequence[Said]) -> None:
    """Say something of some tags of several files, and whether they are done with."""
    now = time_ns()
    files = [(track_id, os.fsencode(path)) for track_id, path, _, _ in said]
    db.executemany("UPDATE track SET outside = 0 WHERE track_id = ? AND path = ?", files)
    _add(db, files, now)
    db.executemany(
        "INSERT OR REPLACE INTO verdict SELECT id, ?, ?, ? FROM decided WHERE track_id = ? AND path = ?",
        [
            (tag, verdict, now, *file)
            for file, (_, _, verdicts, _) in zip(files, said, strict=True)
            for tag, verdict in verdicts.items()
            if verdict is not Verdict.UNDECIDED
        ],
    )
    db.executemany(
        "DELETE FROM verdict WHERE tag = ? AND decided ="
        " (SELECT id FROM decided WHERE track_id = ? AND path = ?)",
        [
            (tag, *file)
            for file, (_, _, verdicts, _) in zip(files, said, strict=True)
            for tag, verdict in verdicts.items()
            if verdict is Verdict.UNDECIDED
        ],
    )
    db.executemany(
        "UPDATE decided SET reviewed = ?, seen = ? WHERE track_id = ? AND path = ?",
        [
            (mark is not False, None if isinstance(mark, bool) else json.dumps(sorted(mark)), *file)
            for file, (*_, mark) in zip(files, said, strict=True)
            if mark is not None
        ],
    )


def _add(db: Connection, files: Iterable[tuple[TrackId, bytes]], now: int) -> None:
    """From now on something is said of these files themselves."""
    db.executemany(
        "INSERT INTO decided (track_id, path, changed) VALUES (?, ?, ?)"
        " ON CONFLICT (track_id, path) DO UPDATE SET taken = 0, changed = excluded.changed",
        [(*file, now) for file in files],
    )


def of_sounds(database: Database) -> list[tuple[TrackId, str, Verdict]]:
    """What the user said of all sounds: of several files with one the newest counts."""
    rows = database.rows(f"{_NEWEST} GROUP BY d.track_id, v.tag ORDER BY d.track_id, v.tag")
    return [(TrackId(track_id), tag, Verdict(verdict)) for track_id, tag, verdict, _ in rows]


def on_tag(database: Database, tag: str) -> dict[TrackId, Verdict]:
    """The same of one tag."""
    rows = database.rows(f"{_NEWEST} AND v.tag = ? GROUP BY d.track_id ORDER BY d.track_id", (tag,))
    return {TrackId(track_id): Verdict(verdict) for track_id, _, verdict, _ in rows}


def files_on_tag(database: Database, tag: str) -> list[tuple[TrackId, Path, Verdict]]:
    """What the user said of one tag, file by file, the oldest first."""
    rows = database.rows(
        "SELECT d.track_id, d.path, v.verdict FROM verdict v JOIN decided d ON d.id = v.decided"
        " WHERE v.tag = ? AND NOT d.taken ORDER BY v.said",
        (tag,),
    )
    return [(TrackId(i), Path(os.fsdecode(path)), Verdict(verdict)) for i, path, verdict in rows]


def put_on_files(db: Connection, tag: str, said: Sequence[tuple[TrackId, Path, Verdict]]) -> None:
    """Say something of one tag of several files; the oldest first."""
    now = time_ns()
    files = [(track_id, os.fsencode(path)) for track_id, path, _ in said]
    _add(db, files, now)
    db.executemany(
        "INSERT OR REPLACE INTO verdict SELECT id, ?, ?, ? FROM decided WHERE track_id = ? AND path = ?",
        [
            (tag, verdict, now + place, *file)
            for place, (file, (_, _, verdict)) in enumerate(zip(files, said, strict=True))
        ],
    )


def put_on_sounds(database: Database, db: Connection, tag: str, said: Mapping[TrackId, Verdict]) -> None:
    """Say something of one tag of all files that have some sounds.

    Where the newest that was said of a sound is that already, files of which something else is said keep it.
    """
    now = time_ns()
    db.execute(
        "CREATE TEMP TABLE IF NOT EXISTS given"
        " (track_id TEXT PRIMARY KEY, verdict TEXT NOT NULL) WITHOUT ROWID"
    )
    db.execute("DELETE FROM given")
    db.executemany("INSERT INTO given VALUES (?, ?)", list(said.items()))
    as_given = [(i,) for i, verdict in on_tag(database, tag).items() if said.get(i) is verdict]
    db.executemany("DELETE FROM given WHERE track_id = ?", as_given)
    there = "FROM given n JOIN track t ON t.track_id = n.track_id AND t.path NOT IN (SELECT path FROM gone)"
    heirs = db.execute(
        f"SELECT t.track_id, t.path {there} JOIN decided d ON d.track_id = t.track_id GROUP BY t.path"
        " HAVING NOT max(d.path = t.path AND NOT d.taken)"
    ).fetchall()
    files = [(TrackId(track_id), Path(os.fsdecode(path))) for track_id, path in heirs]
    for (_, path), one in zip(files, of_files(database, files), strict=True):
        take_over(db, [(left, path) for left in one.left if left.vacated and not left.beside][:1])
    db.execute(
        f"INSERT OR IGNORE INTO decided (track_id, path, changed) SELECT t.track_id, t.path, ? {there}",
        (now,),
    )
    db.execute(
        "INSERT INTO decided (track_id, path, changed) SELECT n.track_id, ?, ? FROM given n"
        " WHERE NOT EXISTS (SELECT 1 FROM decided d WHERE d.track_id = n.track_id)",
        (NOWHERE, now),
    )
    db.execute(
        "INSERT OR REPLACE INTO verdict SELECT d.id, ?, n.verdict, ? FROM given n"
        " JOIN decided d ON d.track_id = n.track_id",
        (tag, now),
    )


def take_back(db: Connection, tag: str, sounds: Iterable[TrackId]) -> None:
    """Nothing is said any more of one tag of all files that have some sounds."""
    db.executemany(
        "DELETE FROM verdict WHERE tag = ? AND decided IN (SELECT id FROM decided WHERE track_id = ?)",
        [(tag, track_id) for track_id in sounds],
    )


def _mark_of(seen: str | None) -> Mark:
    """Of a track that is reviewed. :param seen: a list of names, None in marks of earlier versions"""
    return True if seen is None else frozenset(json.loads(seen))
