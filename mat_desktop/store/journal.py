"""The journal: every write to a music file, durable before the file is touched, so that it can be undone.

Each entry keeps the changed fields and a reverse delta that rebuilds the old file byte for byte. Commits are
synchronous (WAL, FULL). Nothing is ever pruned unasked.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from mat_desktop.domain.plan import Change
from mat_desktop.domain.reversal import RunKind
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import TrackId
from mat_desktop.errors import StoreFault
from mat_desktop.mounts import identity, mount_point
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
    # Whether a field of an entry still counts was a state of the whole entry. Now each later write that takes
    # it back, or back again, is on record, and the newest of those that happened says.
    """
    ALTER TABLE run ADD COLUMN kind TEXT NOT NULL DEFAULT 'write';
    ALTER TABLE run ADD COLUMN planned INTEGER;
    ALTER TABLE run ADD COLUMN whole INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE entry ADD COLUMN known BLOB;
    CREATE INDEX entry_by_path ON entry (path, id);
    CREATE TABLE reversal (
        root INTEGER NOT NULL REFERENCES entry (id), field TEXT NOT NULL,
        entry INTEGER NOT NULL REFERENCES entry (id), counts INTEGER NOT NULL,
        PRIMARY KEY (root, field, entry)
    ) WITHOUT ROWID;
    CREATE INDEX reversal_by_entry ON reversal (entry);
    CREATE VIEW newest AS
        SELECT v.root, v.field, max(v.entry) AS entry FROM reversal v
        JOIN entry e ON e.id = v.entry AND e.state = 'written' GROUP BY v.root, v.field;
    CREATE VIEW reversed AS
        SELECT n.root AS entry, n.field FROM newest n JOIN reversal v USING (root, field, entry)
        WHERE NOT v.counts
        UNION
        SELECT v.entry, v.field FROM reversal v JOIN newest n USING (root, field) WHERE n.entry != v.entry;

    WITH RECURSIVE depth (run, depth) AS (
        SELECT id, 0 FROM run WHERE undo_of IS NULL
        UNION ALL SELECT r.id, d.depth + 1 FROM run r JOIN depth d ON r.undo_of = d.run
    )
    UPDATE run SET kind = (
        SELECT CASE WHEN depth = 0 THEN 'write' WHEN depth % 2 THEN 'undo' ELSE 'redo' END
        FROM depth WHERE depth.run = run.id
    );
    INSERT INTO reversal
    WITH RECURSIVE parent (child, entry) AS (
        SELECT u.id, max(t.id) FROM entry u JOIN run r ON r.id = u.run
        JOIN entry t ON t.run = r.undo_of AND t.path = u.path AND t.id < u.id
        AND t.state IN ('written', 'undone') GROUP BY u.id
    ),
    chain (entry, at, depth) AS (
        SELECT child, entry, 1 FROM parent
        UNION ALL SELECT c.entry, p.entry, c.depth + 1 FROM chain c JOIN parent p ON p.child = c.at
    )
    SELECT c.at, json_extract(j.value, '$[0]'), c.entry, c.depth % 2 = 0
    FROM chain c JOIN entry u ON u.id = c.entry, json_each(u.changes) j
    WHERE c.at NOT IN (SELECT child FROM parent);
    UPDATE entry SET state = 'written' WHERE state = 'undone';
    """,
    # An undo that was stopped half-way counted as one that tried all, and writes were given up for lost when
    # their files could not be read at that moment: both are looked at anew.
    """
    UPDATE run SET whole = 0 WHERE undo_of IS NOT NULL AND planned > (
        SELECT count(*) FROM entry WHERE entry.run = run.id AND state = 'written'
    );
    UPDATE entry SET state = 'intended' WHERE state = 'dropped';
    UPDATE run SET finished = 0 WHERE id IN (SELECT run FROM entry WHERE state = 'intended');
    """,
    # What a run left as it was is told with what it wrote.
    """
    CREATE TABLE IF NOT EXISTS refusal (
        run INTEGER NOT NULL REFERENCES run (id), path BLOB NOT NULL, reason TEXT NOT NULL
    );
    CREATE INDEX IF NOT EXISTS refusal_by_run ON refusal (run);
    """,
    # What came into a new tag beside the changes is on record with them.
    "ALTER TABLE entry ADD COLUMN copied TEXT NOT NULL DEFAULT '[]';",
    # Whether a run is to take back all of another one; of older ones that is not known.
    "ALTER TABLE run ADD COLUMN entire INTEGER NOT NULL DEFAULT 0;",
    # What sounds in a file tells it from another one that got its name; of older entries it is not known.
    "ALTER TABLE entry ADD COLUMN sound TEXT;",
    "CREATE INDEX entry_by_sound ON entry (sound);",
)

VERSION = len(_MIGRATIONS)
"""Of the tables."""

LAST = (1 << 63) - 1
"""Of all entries that there can be."""


TakenBack = Mapping[Path, Mapping[Field, Collection[tuple[str, ...]]]]
"""By file, as the library knows it, and field: values that this program wrote and that were taken back."""


class EntryState(StrEnum):
    """Where a journalled write stands."""

    INTENDED = "intended"
    WRITTEN = "written"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Song:
    """A file as it was written: where, and what sounded in it.

    :param place: links resolved
    :param known: as the library knew it
    :param sound: digest of its encoded audio; None where it was not noted
    :param entry: number of the write, as others may have been written there as well; None means the last
    """

    place: Path
    known: Path
    sound: TrackId | None = None
    entry: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of one run. Its reverse delta is read when it is needed.

    :param path: links resolved
    :param known: as the library knows the file
    :param temp: the new file, complete and verified, beside the old one; gone once it is in place
    :param copied: fields that came into a new tag with their values, then names of what else did; older ones
        did not note it
    :param sound: digest of the file's encoded audio; None where it was not noted
    """

    id: int
    run: int
    path: Path
    known: Path
    temp: Path
    before_sha256: str
    after_sha256: str
    changes: tuple[Change, ...]
    state: EntryState
    copied: tuple[str, ...] = ()
    sound: TrackId | None = None

    @property
    def song(self) -> Song:
        """The file that it is about."""
        return Song(self.path, self.known, self.sound, self.id)


@dataclass(frozen=True, slots=True)
class Run:
    """One run for the history.

    :param files: files that it wrote
    :param changes: fields that it changed in them, each file's by itself
    :param reverted: how many of these changes were taken back since, or back again
    :param planned: files that it was to write; None where an older version did not note it
    :param fields: that it changed, in the order in which the program knows them
    :param undo_of: the run that it took back
    :param entire: it was to take back all of that run
    :param tried: when the last undo of all of it that got to its end, and stands, began; what still counts of
        it is to stay. None where there was none
    :param refused: files that it left as they were
    :param again: how many of the changes that a redo would make are there already, as a later run made them
    """

    id: int
    started: datetime
    reason: str
    files: int
    changes: int
    kind: RunKind = RunKind.WRITE
    reverted: int = 0
    planned: int | None = None
    fields: tuple[Field, ...] = ()
    undo_of: int | None = None
    entire: bool = False
    tried: datetime | None = None
    refused: int = 0
    again: int = 0

    @property
    def undone(self) -> bool:
        """Nothing of it counts any more."""
        return self.reverted >= self.changes


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
    """Append-only but for the state of an entry.

    A write that takes others back refers to them, field by field, so that what counts can always be told.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """:raises StoreFault: the database cannot be opened"""
        self._database = Database(path, _MIGRATIONS, synchronous="FULL", read_only=read_only)
        self._lock = _write_lock(path.parent)
        self._listed: tuple[tuple[int, int], list[Run]] | None = None
        self.own: list[int] = []
        """Runs that this process made, the oldest first."""

    @property
    def state(self) -> tuple[int, int]:
        """Another one after every change, whoever made it."""
        return self._database.state

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
    def run(
        self,
        reason: str,
        files: Sequence[Path],
        kind: RunKind = RunKind.WRITE,
        undo_of: int | None = None,
        *,
        entire: bool = False,
    ) -> Iterator[int]:
        """A new run, from before its first file is prepared until after its last is settled; its number.

        :param files: that it is going to write: what a crash leaves behind lies in their folders
        :param undo_of: the run that it takes back
        :param entire: all of that run
        """
        folders = sorted({path.parent for path in files})
        before = [identity(folder) for folder in folders]
        drives = {os.fspath(folder): os.fspath(mount_point(folder)) for folder in folders}
        started = datetime.now(UTC).isoformat(timespec="seconds")
        with self._database.transaction() as db:
            cursor = db.execute(
                "INSERT INTO run (started, reason, kind, undo_of, entire, whole, folders, planned)"
                " VALUES (?, ?, ?, ?, ?, 0, ?, ?)",
                (started, reason, kind, undo_of, entire, json.dumps(drives), len(files)),
            )
            assert cursor.lastrowid is not None
            number = cursor.lastrowid
        self.own.append(number)
        try:
            yield number
        finally:
            # A drive that went away may hold a half-made copy: who looks once it is back removes it.
            # Where it was mounted stands an empty folder then, which is another.
            if None not in before and [identity(folder) for folder in folders] == before:
                self._finish(number)

    def began(self, run: int) -> datetime:
        """When a run began."""
        ((started,),) = self._database.rows("SELECT started FROM run WHERE id = ?", (run,))
        return datetime.fromisoformat(started)

    def tried(self, run: int) -> None:
        """A reversal got to the end of the run that it takes back: what it left there is to stay.

        Not so while a write of that run is unsettled, which nobody can take back yet.
        """
        with self._database.transaction() as db:
            db.execute(
                "UPDATE run SET whole = NOT EXISTS"
                " (SELECT 1 FROM entry e WHERE e.run = run.undo_of AND e.state = 'intended') WHERE id = ?",
                (run,),
            )

    def interrupted(self) -> list[tuple[int, tuple[Path, ...]]]:
        """Runs that died on their way, with the folders in which they may have left something."""
        rows = self._database.rows("SELECT id, folders FROM run WHERE NOT finished ORDER BY id")
        return [(number, tuple(map(Path, json.loads(folders)))) for number, folders in rows]

    def drives(self, run: int) -> dict[Path, Path]:
        """Where the drives of a run's folders were mounted, as far as it was noted."""
        rows = self._database.rows("SELECT folders FROM run WHERE id = ?", (run,))
        found = json.loads(rows[0][0]) if rows else {}
        # Older versions noted the folders alone.
        return {Path(f): Path(point) for f, point in found.items()} if isinstance(found, dict) else {}

    def close_interrupted(self, run: int, left: Sequence[Path]) -> None:
        """What a run that died left was looked at; it is closed once all its writes are settled.

        :param left: folders that could not be looked at; the run stays open for them
        """
        drives = self.drives(run)
        kept = {os.fspath(folder): os.fspath(drives[folder]) for folder in left if folder in drives}
        noted = json.dumps(kept if len(kept) == len(left) else [*map(os.fspath, left)])
        with self._database.transaction() as db:
            db.execute("UPDATE run SET folders = ? WHERE id = ?", (noted, run))
        if not left:
            self._finish(run)

    def _finish(self, run: int) -> None:
        """Close a run, unless it is not known of one of its writes whether it happened."""
        with self._database.transaction() as db:
            db.execute(
                "UPDATE run SET finished = 1 WHERE id = ? AND NOT EXISTS"
                " (SELECT 1 FROM entry WHERE run = run.id AND state = 'intended')",
                (run,),
            )

    def intend(
        self,
        run: int,
        path: Path,
        temp: Path,
        before_sha256: str,
        after_sha256: str,
        delta: bytes,
        changes: Sequence[Change],
        *,
        known: Path | None = None,
        reverses: Mapping[Field, Collection[int]] = {},
        copied: Sequence[str] = (),
        sound: TrackId | None = None,
        state: EntryState = EntryState.INTENDED,
    ) -> int:
        """Make a write durable that has not happened yet. Returns the entry's number.

        :param known: the path as the library knows it, where that is another
        :param reverses: entries whose change of a field this write takes back
        :param copied: fields that come into a new tag with their values
        :param sound: digest of the file's encoded audio, as far as it is known
        :param state: written where nothing has to happen, as all is so already
        """
        with self._database.transaction() as db:
            cursor = db.execute(
                "INSERT INTO entry"
                " (run, path, known, temp, before_sha256, after_sha256, delta, changes, state, copied, sound)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    run,
                    os.fsencode(path),
                    None if known is None or known == path else os.fsencode(known),
                    os.fsencode(temp),
                    before_sha256,
                    after_sha256,
                    delta,
                    json.dumps([[c.field, c.before, c.after] for c in changes]),
                    state,
                    json.dumps(copied),
                    sound,
                ),
            )
            assert cursor.lastrowid is not None
            number = cursor.lastrowid
            for field, entries in reverses.items():
                for entry in entries:
                    roots = db.execute(
                        "SELECT root, counts FROM reversal WHERE entry = ? AND field = ?", (entry, field)
                    ).fetchall()
                    db.executemany(
                        "INSERT OR REPLACE INTO reversal VALUES (?, ?, ?, ?)",
                        [(root, field, number, not counts) for root, counts in roots or [(entry, True)]],
                    )
            return number

    def stands(
        self,
        run: int,
        path: Path,
        digest: str,
        changes: Sequence[Change],
        back: Mapping[Field, Collection[int]],
        known: Path,
        sound: TrackId | None,
    ) -> None:
        """Note that a file is as an earlier entry left it, though that was taken back since.

        :param digest: SHA-256 of the file, hex
        :param changes: to its values, from those that it had by the journal
        :param back: entries whose change of a field counts again
        :param known: the path as the library knows it
        :param sound: digest of its encoded audio, as far as it is known
        """
        number = self.intend(
            run,
            path,
            Path(),
            digest,
            digest,
            b"",
            changes,
            known=known,
            sound=sound,
            state=EntryState.WRITTEN,
        )
        with self._database.transaction() as db:
            db.executemany(
                "INSERT INTO reversal VALUES (?, ?, ?, 1)",
                [(entry, field, number) for field, entries in back.items() for entry in entries],
            )

    def settle(self, entry: int, state: EntryState) -> None:
        """Say how an intended write ended."""
        with self._database.transaction() as db:
            db.execute("UPDATE entry SET state = ? WHERE id = ?", (state, entry))

    def refuse(self, run: int, path: Path, reason: str) -> None:
        """Note a file that a run left as it was, and why.

        :param path: as the library knows the file
        """
        with self._database.transaction() as db:
            db.execute("INSERT INTO refusal VALUES (?, ?, ?)", (run, os.fsencode(path), reason))

    def refused(self, run: int) -> list[tuple[Path, str]]:
        """Files that a run left as they were, each with the reason; older versions did not note them."""
        rows = self._database.rows("SELECT path, reason FROM refusal WHERE run = ? ORDER BY rowid", (run,))
        return [(Path(os.fsdecode(path)), reason) for path, reason in rows]

    def unfinished(self) -> list[Entry]:
        """Writes that were intended and neither happened nor were dropped, as far as the journal knows."""
        return self._entries("state = ?", (EntryState.INTENDED,))

    def next_to(self, entry: Entry) -> Entry | None:
        """The entry after this one of the same file; what was in the file before it is what this one left."""
        found = self._entries(
            "id = (SELECT min(id) FROM entry WHERE path = ? AND id > ?"
            " AND (? IS NULL OR sound IS NULL OR sound = ?))",
            (os.fsencode(entry.path), entry.id, entry.sound, entry.sound),
        )
        return found[0] if found else None

    def went_on(self, entry: Entry) -> bool:
        """Whether the very file that an entry was about to replace was written to later."""
        rows = self._database.rows(
            "SELECT 1 FROM entry WHERE sound = ? AND before_sha256 = ? AND id > ? AND state = 'written'",
            (entry.sound, entry.before_sha256, entry.id),
        )
        return bool(rows)

    def written(self, run: int) -> list[Entry]:
        """What a run wrote, the first file first, taken back since or not."""
        return self._entries("run = ? AND state = ?", (run, EntryState.WRITTEN))

    def written_to(self, paths: Collection[Path]) -> list[Entry]:
        """What was ever written to a file, the oldest first.

        :param paths: where it was and is, links resolved
        """
        places = ", ".join("?" for _ in paths)
        return self._entries(
            f"path IN ({places}) AND state = ?", (*map(os.fsencode, paths), EntryState.WRITTEN)
        )

    def songs(self) -> list[Song]:
        """Every file that was ever written to, in order of path."""
        rows = self._database.rows(
            "SELECT path, coalesce(known, path), sound, max(id) FROM entry WHERE state = 'written'"
            " GROUP BY path, sound ORDER BY path"
        )
        return [
            Song(Path(os.fsdecode(path)), Path(os.fsdecode(known)), sound) for path, known, sound, _ in rows
        ]

    def places(self, sound: TrackId) -> dict[Path, Path]:
        """Where files with a sound were written, by path with links resolved, as the library knew it."""
        rows = self._database.rows(
            "SELECT path, coalesce(known, path), max(id) FROM entry WHERE sound = ? AND state = 'written'"
            " GROUP BY path ORDER BY path",
            (sound,),
        )
        return {Path(os.fsdecode(path)): Path(os.fsdecode(known)) for path, known, _ in rows}

    def reverted(self, entries: Collection[int], until: int = LAST) -> set[tuple[int, Field]]:
        """Which fields of some entries do not count any more, as a later write took them back.

        :param until: as it was right after this entry
        """
        rows = self._database.rows(
            # CROSS JOIN keeps SQLite to this order: from the few that are asked for to the many.
            "WITH wanted (id) AS MATERIALIZED (SELECT value FROM json_each(?)),"
            " touched AS MATERIALIZED ("
            "  SELECT v.root, v.field FROM wanted w CROSS JOIN reversal v ON v.root = w.id"
            "  UNION SELECT v.root, v.field FROM wanted w CROSS JOIN reversal v ON v.entry = w.id),"
            " latest AS MATERIALIZED ("
            "  SELECT t.root, t.field, max(v.entry) AS entry FROM touched t"
            "  CROSS JOIN reversal v ON v.root = t.root AND v.field = t.field"
            "  CROSS JOIN entry e ON e.id = v.entry AND e.state = 'written' AND e.id <= ?"
            "  GROUP BY t.root, t.field)"
            " SELECT n.root, n.field FROM latest n"
            " CROSS JOIN reversal v ON v.root = n.root AND v.field = n.field AND v.entry = n.entry"
            " WHERE NOT v.counts AND n.root IN (SELECT id FROM wanted)"
            " UNION"
            " SELECT v.entry, v.field FROM latest n"
            " CROSS JOIN reversal v ON v.root = n.root AND v.field = n.field AND v.entry != n.entry"
            " WHERE +v.entry IN (SELECT id FROM wanted)",
            (json.dumps(list(entries)), until),
        )
        return {(entry, Field(field)) for entry, field in rows}

    def reverted_by(self, entry: int, field: Field) -> Entry | None:
        """The entry that took a change back, or back again, and still counts."""
        found = self._entries(
            "id = (SELECT max(v.entry) FROM"
            " (SELECT root FROM reversal WHERE entry = ? AND field = ? UNION SELECT ?) r"
            " CROSS JOIN reversal v ON v.root = r.root AND v.field = ?"
            " CROSS JOIN entry e ON e.id = v.entry AND e.state = 'written') AND id != ?",
            (entry, field, entry, field, entry),
        )
        return found[0] if found else None

    def taking_back(self, entries: Collection[int]) -> set[tuple[int, Field]]:
        """Which fields of some entries only took back what an entry before them had written."""
        rows = self._database.rows(
            "SELECT DISTINCT entry, field FROM reversal WHERE NOT counts"
            " AND entry IN (SELECT value FROM json_each(?))",
            (json.dumps(list(entries)),),
        )
        return {(entry, Field(field)) for entry, field in rows}

    def taken_back(self) -> TakenBack:
        """Of all files: what was taken back and not written again since."""
        rows = self._database.rows(
            "SELECT coalesce(e.known, e.path), e.changes, r.kind FROM entry e JOIN run r ON r.id = e.run"
            " WHERE e.state = 'written' AND e.path IN ("
            "  SELECT b.path FROM run t JOIN entry b ON b.run = t.id AND b.state = 'written'"
            "  WHERE t.kind IN ('undo', 'remove')) ORDER BY e.id"
        )
        files: dict[Path, dict[Field, set[tuple[str, ...]]]] = {}
        for known, changes, kind in rows:
            fields = files.setdefault(Path(os.fsdecode(known)), {})
            for field, before, after in json.loads(changes):
                if kind in (RunKind.UNDO, RunKind.REMOVE):
                    fields.setdefault(Field(field), set()).update([tuple(before)] * (before != after))
                else:
                    fields.pop(Field(field), None)
        return {path: fields for path, fields in files.items() if fields}

    def roots(self, entries: Collection[int]) -> set[int]:
        """The writes that some entries took back, or back again; one that did neither is its own."""
        rows = self._database.rows(
            "SELECT value, coalesce(v.root, value) FROM json_each(?) LEFT JOIN reversal v ON v.entry = value",
            (json.dumps(list(entries)),),
        )
        return {root for _, root in rows}

    def delta(self, entry: int) -> bytes:
        """What rebuilds the file as it was before an entry from what that entry left."""
        ((delta,),) = self._database.rows("SELECT delta FROM entry WHERE id = ?", (entry,))
        return bytes(delta)

    def runs(self) -> list[Run]:
        """All runs that wrote something, the newest first."""
        state = self._database.state
        if self._listed is None or self._listed[0] != state:
            self._listed = (state, self._runs())
        return self._listed[1][:]

    def _runs(self) -> list[Run]:
        # A field that was as it should be already is settled and no change. A list of tags that only follows
        # the fields that are taken back counts with the run that takes back the last of them.
        # A redo puts back what was taken back; of an undo, what that took back.
        counts: dict[int, tuple[int, int, int, int]] = {
            run: (files, changes, reverted, again)
            for run, files, changes, reverted, again in self._database.rows(
                "SELECT e.run, count(DISTINCT e.id), count(*), count(v.entry),"
                " sum(CASE WHEN (v.entry IS NULL) = (r.kind = ?) THEN"
                "  json_extract(j.value, iif(v.entry IS NULL, '$[1]', '$[2]')) IS ("
                "   SELECT json_extract(k.value, '$[2]') FROM entry n, json_each(n.changes) k"
                "   WHERE n.path = e.path AND n.sound IS e.sound AND n.state = 'written'"
                "   AND json_extract(k.value, '$[0]') = json_extract(j.value, '$[0]')"
                "   ORDER BY n.id DESC LIMIT 1) ELSE 0 END)"
                " FROM entry e JOIN run r ON r.id = e.run, json_each(e.changes) j"
                " LEFT JOIN reversed v ON v.entry = e.id AND v.field = json_extract(j.value, '$[0]')"
                " WHERE e.state = 'written' AND r.kind != ?"
                " AND json_extract(j.value, '$[1]') != json_extract(j.value, '$[2]')"
                " AND NOT (json_extract(j.value, '$[0]') = ? AND EXISTS ("
                "  SELECT 1 FROM reversal b, json_each(e.changes) k WHERE b.entry = e.id"
                "  AND b.field = json_extract(k.value, '$[0]')"
                "  AND json_extract(k.value, '$[1]') != json_extract(k.value, '$[2]'))"
                " AND NOT EXISTS (SELECT 1 FROM reversal b WHERE b.entry = e.id"
                "  AND b.field = json_extract(j.value, '$[0]')))"
                " GROUP BY e.run",
                (RunKind.UNDO, RunKind.FOUND, Field.MAT_TAGS),
            )
        }
        tried = {
            run: datetime.fromisoformat(started)
            for run, started in self._database.rows(
                # One that was taken back itself, in whole or in part, is none.
                "SELECT undo_of, max(started) FROM run WHERE undo_of IS NOT NULL AND whole AND id NOT IN ("
                " SELECT e.run FROM newest n JOIN reversal now USING (root, field, entry)"
                " JOIN reversal v ON v.root = n.root AND v.field = n.field AND v.counts != now.counts"
                " JOIN entry e ON e.id = v.entry AND e.state = 'written') GROUP BY undo_of"
            )
        }
        refused: dict[int, int] = dict(
            self._database.rows("SELECT run, count(DISTINCT path) FROM refusal GROUP BY run")
        )
        fields: dict[int, set[str]] = {}
        for run, field in self._database.rows(
            "SELECT DISTINCT e.run, json_extract(j.value, '$[0]') FROM entry e, json_each(e.changes) j"
            " WHERE e.state = 'written'"
            " AND json_extract(j.value, '$[1]') != json_extract(j.value, '$[2]')"
        ):
            fields.setdefault(run, set()).add(field)
        rows = self._database.rows(
            "SELECT id, started, reason, kind, planned, undo_of, entire FROM run ORDER BY id DESC"
        )
        return [
            Run(
                number,
                datetime.fromisoformat(started),
                reason,
                counts[number][0],
                counts[number][1],
                RunKind(kind),
                counts[number][2],
                planned,
                tuple(field for field in Field if field in fields.get(number, ())),
                undo_of,
                bool(entire),
                tried.get(number),
                refused.get(number, 0),
                counts[number][3],
            )
            for number, started, reason, kind, planned, undo_of, entire in rows
            if number in counts
        ]

    def _entries(self, where: str, parameters: Sequence[Any]) -> list[Entry]:
        rows = self._database.rows(
            "SELECT id, run, path, known, temp, before_sha256, after_sha256, changes, state, copied, sound"
            f" FROM entry WHERE {where} ORDER BY id",
            parameters,
        )
        return [
            Entry(
                number,
                run,
                Path(os.fsdecode(path)),
                Path(os.fsdecode(known or path)),
                Path(os.fsdecode(temp)),
                before,
                after,
                tuple(Change(Field(f), tuple(b), tuple(a)) for f, b, a in json.loads(changes)),
                EntryState(state),
                tuple(json.loads(copied)),
                sound,
            )
            for number, run, path, known, temp, before, after, changes, state, copied, sound in rows
        ]
