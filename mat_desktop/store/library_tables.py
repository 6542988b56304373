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
)

VERSION = len(MIGRATIONS)
"""Of the tables."""
