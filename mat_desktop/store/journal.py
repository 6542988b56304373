"""The journal: every write to a music file, durable before the file is touched, so that it can be undone.

Each entry keeps the changed fields and a reverse delta that rebuilds the old file byte for byte. Commits are
synchronous (WAL, FULL). Nothing is ever pruned unasked.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from mat_desktop.domain.plan import Change
from mat_desktop.domain.tags import Field
from mat_desktop.errors import StoreFault
from mat_desktop.store.database import Database

_MIGRATIONS = (
    """
    CREATE TABLE run (
        id INTEGER PRIMARY KEY AUTOINCREMENT, started TEXT NOT NULL, reason TEXT NOT NULL,
        undo_of INTEGER REFERENCES run (id), folders TEXT NOT NULL, finished INTEGER NOT NULL DEFAULT 0
    );
    CREATE TABLE entry (
        id INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL REFERENCES run (id), path BLOB NOT NULL,
        temp BLOB NOT NULL, before_sha256 TEXT NOT NULL, after_sha256 TEXT NOT NULL, delta BLOB NOT NULL,
        changes TEXT NOT NULL, state TEXT NOT NULL
    );
    CREATE INDEX entry_by_run ON entry (run);
    CREATE INDEX entry_by_state ON entry (state);
    """,
)

VERSION = len(_MIGRATIONS)
"""Of the tables."""


class EntryState(StrEnum):
    """Where a journalled write stands."""

    INTENDED = "intended"
    WRITTEN = "written"
    DROPPED = "dropped"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of one run.

    :param temp: the new file, complete and verified, beside the old one; gone once it is in place
    :param delta: rebuilds the old file from the new one
    """

    id: int
    run: int
    path: Path
    temp: Path
    before_sha256: str
    after_sha256: str
    delta: bytes
    changes: tuple[Change, ...]
    state: EntryState


@dataclass(frozen=True, slots=True)
class Run:
    """One run for the history.

    :param files: files that it wrote
    :param changes: fields that it changed in them
    :param undone: every one of its files was taken back
    :param undo_of: the run that it took back, None for a write
    """

    id: int
    started: datetime
    reason: str
    files: int
    changes: int
    undone: bool
    undo_of: int | None


def being_written(data_dir: Path) -> bool:
    """Whether a process changes music files at this moment."""
    try:
        with _write_lock(data_dir).acquire(timeout=0):
            return False
    except Timeout:
        return True


def _write_lock(data_dir: Path) -> FileLock:
    return FileLock(data_dir / "write.lock")


class Journal:
    """Append-only but for the state of an entry."""

    def __init__(self, path: Path) -> None:
        """:raises StoreFault: the database cannot be opened"""
        self._database = Database(path, _MIGRATIONS, synchronous="FULL")
        self._lock = _write_lock(path.parent)

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the right to change music files: one process at a time.

        :raises StoreFault: another process holds it
        """
        try:
            with self._lock.acquire(timeout=0):
                yield
        except Timeout:
            raise StoreFault(
                "another mat-desktop is writing files at this moment; try again after it"
            ) from None

    @contextmanager
    def run(self, reason: str, files: Sequence[Path], undo_of: int | None = None) -> Iterator[int]:
        """A new run, from before its first file is prepared until after its last is settled; its number.

        :param files: that it is going to write: what a crash leaves behind lies in their folders
        """
        folders = sorted({os.fspath(path.parent) for path in files})
        with self._database.transaction() as db:
            cursor = db.execute(
                "INSERT INTO run (started, reason, undo_of, folders) VALUES (?, ?, ?, ?)",
                (datetime.now(UTC).isoformat(timespec="seconds"), reason, undo_of, json.dumps(folders)),
            )
            assert cursor.lastrowid is not None
            number = cursor.lastrowid
        try:
            yield number
        finally:
            self._finish([number])

    def interrupted(self) -> list[tuple[int, tuple[Path, ...]]]:
        """Runs that died on their way, with the folders that they were writing in."""
        rows = self._database.rows("SELECT id, folders FROM run WHERE NOT finished ORDER BY id")
        return [(number, tuple(map(Path, json.loads(folders)))) for number, folders in rows]

    def close_interrupted(self) -> None:
        """Everything that died runs left was looked at."""
        self._finish([number for number, _ in self.interrupted()])

    def _finish(self, runs: Sequence[int]) -> None:
        with self._database.transaction() as db:
            db.executemany("UPDATE run SET finished = 1 WHERE id = ?", [(number,) for number in runs])

    def intend(
        self,
        run: int,
        path: Path,
        temp: Path,
        before_sha256: str,
        after_sha256: str,
        delta: bytes,
        changes: Sequence[Change],
    ) -> int:
        """Make a write durable that has not happened yet. Returns the entry's number."""
        with self._database.transaction() as db:
            cursor = db.execute(
                "INSERT INTO entry (run, path, temp, before_sha256, after_sha256, delta, changes, state)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    run,
                    os.fsencode(path),
                    os.fsencode(temp),
                    before_sha256,
                    after_sha256,
                    delta,
                    json.dumps([[c.field, c.before, c.after] for c in changes]),
                    EntryState.INTENDED,
                ),
            )
            assert cursor.lastrowid is not None
            return cursor.lastrowid

    def settle(self, entry: int, state: EntryState) -> None:
        """Say how an intended write ended, or that a written one was undone."""
        with self._database.transaction() as db:
            db.execute("UPDATE entry SET state = ? WHERE id = ?", (state, entry))

    def settle_undo(self, undoing: int, undone: int) -> None:
        """An undo is in place: its own entry is written and the one it took back is undone, in one commit."""
        with self._database.transaction() as db:
            db.execute("UPDATE entry SET state = ? WHERE id = ?", (EntryState.WRITTEN, undoing))
            db.execute("UPDATE entry SET state = ? WHERE id = ?", (EntryState.UNDONE, undone))

    def unfinished(self) -> list[Entry]:
        """Writes that were intended and neither happened nor were dropped, as far as the journal knows."""
        return self._entries("state = ?", (EntryState.INTENDED,))

    def written(self, run: int) -> list[Entry]:
        """Files of a run that are as it left them, as far as the journal knows; the last one first."""
        return self._entries("run = ? AND state = ?", (run, EntryState.WRITTEN))[::-1]

    def runs(self) -> list[Run]:
        """All runs that wrote something, the newest first."""
        rows = self._database.rows(
            "SELECT r.id, r.started, r.reason, r.undo_of, count(e.id),"
            " sum(json_array_length(e.changes)), min(e.state = 'undone')"
            " FROM run r JOIN entry e ON e.run = r.id AND e.state IN ('written', 'undone')"
            " GROUP BY r.id ORDER BY r.id DESC"
        )
        return [
            Run(number, datetime.fromisoformat(started), reason, files, changes, bool(undone), undo_of)
            for number, started, reason, undo_of, files, changes, undone in rows
        ]

    def _entries(self, where: str, parameters: Sequence[Any]) -> list[Entry]:
        rows = self._database.rows(
            "SELECT id, run, path, temp, before_sha256, after_sha256, delta, changes, state"
            f" FROM entry WHERE {where} ORDER BY id",
            parameters,
        )
        return [
            Entry(
                number,
                run,
                Path(os.fsdecode(path)),
                Path(os.fsdecode(temp)),
                before,
                after,
                delta,
                tuple(Change(Field(f), tuple(b), tuple(a)) for f, b, a in json.loads(changes)),
                EntryState(state),
            )
            for number, run, path, temp, before, after, delta, changes, state in rows
        ]
