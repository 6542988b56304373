"""The tables of the library, and how those of an earlier version become them."""

from __future__ import annotations

MIGRATIONS = (
    """
    CREATE TABLE root (path BLOB PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE track (
        path BLOB PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, inode BLOB NOT NULL,
        duration REAL, tags TEXT NOT NULL, track_id TEXT
    );
    CREATE INDEX track_by_id ON track (track_id);
    CREATE TABLE score (
        track_id TEXT NOT NULL, model TEXT NOT NULL, seconds REAL NOT NULL, silent INTEGER NOT NULL,
        "values" TEXT NOT NULL, taggram BLOB NOT NULL, positions INTEGER NOT NULL,
        PRIMARY KEY (track_id, model)
    );
    CREATE TABLE verdict (
        track_id TEXT NOT NULL, tag TEXT NOT NULL, verdict TEXT NOT NULL, PRIMARY KEY (track_id, tag)
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE reviewed (track_id TEXT PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE threshold (
        model TEXT NOT NULL, tag TEXT NOT NULL, value REAL NOT NULL, PRIMARY KEY (model, tag)
    ) WITHOUT ROWID;
    """,
    # Apart from the scores: all of them are read at once, and taggrams are twenty times as large.
    """
    CREATE TABLE feature (
        track_id TEXT NOT NULL, model TEXT NOT NULL, "values" BLOB NOT NULL, PRIMARY KEY (track_id, model)
    );
    """,
    """
    ALTER TABLE track ADD COLUMN fault TEXT NOT NULL DEFAULT '';
    ALTER TABLE track ADD COLUMN outside INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX track_by_stamp ON track (size, mtime_ns, inode);
    """,
    """
    CREATE TABLE queue (place INTEGER PRIMARY KEY AUTOINCREMENT, path BLOB NOT NULL UNIQUE);
    """,
    # What was suggested and undecided then, as a list of names; NULL where the mark is older than this.
    """
    ALTER TABLE reviewed ADD COLUMN seen TEXT;
    """,
    # Files that are known and were not there any more when their folder was last looked through.
    """
    CREATE TABLE gone (path BLOB PRIMARY KEY) WITHOUT ROWID;
    """,
    # What was said of a sound was said of all its copies. Each that is known has it as its own from here on,
    # as it was shown with each; an empty path stands for sounds that no known file has.
    """
    ALTER TABLE verdict RENAME TO verdict_on_sound;
    ALTER TABLE reviewed RENAME TO reviewed_sound;
    CREATE TABLE decided (
        id INTEGER PRIMARY KEY, track_id TEXT NOT NULL, path BLOB NOT NULL,
        reviewed INTEGER NOT NULL DEFAULT 0, seen TEXT, changed INTEGER NOT NULL,
        taken INTEGER NOT NULL DEFAULT 0, UNIQUE (track_id, path)
    );
    CREATE TABLE verdict (
        decided INTEGER NOT NULL, tag TEXT NOT NULL, verdict TEXT NOT NULL, said INTEGER NOT NULL,
        PRIMARY KEY (decided, tag)
    ) WITHOUT ROWID;
    INSERT INTO decided (track_id, path, reviewed, seen, changed)
        SELECT s.track_id, coalesce(t.path, x''), r.track_id IS NOT NULL, r.seen, 0
        FROM (SELECT track_id FROM verdict_on_sound UNION SELECT track_id FROM reviewed_sound) s
        LEFT JOIN track t ON t.track_id = s.track_id AND t.path NOT IN (SELECT path FROM gone)
        LEFT JOIN reviewed_sound r ON r.track_id = s.track_id;
    INSERT INTO verdict
        SELECT d.id, v.tag, v.verdict, 0 FROM decided d JOIN verdict_on_sound v ON v.track_id = d.track_id;
    DROP TABLE verdict_on_sound;
    DROP TABLE reviewed_sound;
    """,
    # Folders with music at which another volume was mounted.
    """
    CREATE TABLE mount (path BLOB PRIMARY KEY) WITHOUT ROWID;
    """,
    # Since when, in nanoseconds, a file with this sound is known at this path; 0 where it was before this.
    """
    ALTER TABLE track ADD COLUMN found INTEGER NOT NULL DEFAULT 0;
    """,
    # A file that was away when it was to be listened to did not fail, though this was kept as its fault.
    """
    UPDATE track SET fault = '' WHERE fault = 'No such file or directory';
    """,
)

VERSION = len(MIGRATIONS)
"""Of the tables."""
