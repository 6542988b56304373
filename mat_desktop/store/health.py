"""Looks at the databases without changing a byte, also while another process uses them."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from mat_desktop.errors import StoreFault, UnwritableStore
from mat_desktop.store import journal, library_tables
from mat_desktop.store.database import has_log, is_closed, reading

LIBRARY = {
    "folders": "SELECT count(*) FROM root",
    "tracks": "SELECT count(*) FROM track WHERE path NOT IN (SELECT path FROM gone)",
    "failed": "SELECT count(*) FROM track WHERE fault != '' AND path NOT IN (SELECT path FROM gone)",
    "heard": "SELECT count(*) FROM track WHERE track_id IN (SELECT track_id FROM score)"
    " AND path NOT IN (SELECT path FROM gone)",
    "decisions": "SELECT count(*) FROM verdict WHERE decided IN (SELECT id FROM decided WHERE NOT taken)",
    "waiting": "SELECT count(*) FROM queue",
}
JOURNAL = {
    "runs": "SELECT count(DISTINCT run) FROM entry WHERE state = 'written'",
    "files": "SELECT count(DISTINCT path) FROM entry WHERE state = 'written'",
    "interrupted": "SELECT count(*) FROM run WHERE NOT finished",
    "unfinished": "SELECT count(*) FROM entry WHERE state = 'intended'",
}


@dataclass(frozen=True, slots=True)
class Health:
    """One database.

    :param problem: what SQLite finds wrong in it, empty where all is well
    :param counts: rows by what they are; empty for a database that another version of the program made
    """

    size: int
    problem: str
    counts: dict[str, int]


def look_at_library(path: Path) -> Health | None:
    """The library, None where there is none yet.

    :raises UnwritableStore: what a crash left beside it can be read only where the folder can be written to
    :raises StoreFault: it cannot be read
    """
    return _look(path, "quick_check", library_tables.VERSION, LIBRARY)


def look_at_journal(path: Path) -> Health | None:
    """The journal, None where there is none yet. Raises as :func:`look_at_library` does.

    It is small and every undo rests on it, so its indices are gone through as well.
    """
    return _look(path, "integrity_check", journal.VERSION, JOURNAL)


def _look(path: Path, check: str, version: int, queries: dict[str, str]) -> Health | None:
    if not path.exists():
        return None
    quiet = not has_log(path)
    try:
        with closing(reading(path)) as db:
            lines = [str(row[0]) for row in db.execute(f"PRAGMA {check}(3)")]
            (made,) = db.execute("PRAGMA user_version").fetchone()
            if made > version:
                raise StoreFault("it was made by a newer version of this program")
            counts = {}
            if made == version:
                counts = {name: db.execute(query).fetchone()[0] for name, query in queries.items()}
            problem = "" if lines == ["ok"] else "; ".join(lines)
            if problem and quiet and has_log(path):
                return _look(path, check, version, queries)  # a process began to write to it meanwhile
            return Health(path.stat().st_size, problem.replace("\n", " "), counts)
    except (sqlite3.Error, OSError) as error:
        if has_log(path) and is_closed(error) and os.access(path, os.R_OK):
            raise UnwritableStore(
                "it was not looked at: a program that ended early left a log beside it, which is read only "
                "where the folder can be written to"
            ) from error
        raise StoreFault(f"it cannot be read: {error}") from error
