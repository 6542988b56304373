"""One SQLite file: opened with the right durability, migrated forward, used from any thread."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from mat_desktop.errors import StoreFault


class Database:
    """A connection behind a lock. All statements of one ``with`` block are one transaction."""

    def __init__(self, path: Path, migrations: Sequence[str], synchronous: Literal["NORMAL", "FULL"]) -> None:
        """Open or create.

        :param migrations: scripts; the n-th brings a database of version n - 1 to version n
        :param synchronous: FULL where a commit must survive a power cut, NORMAL where it may be lost
        :raises StoreFault: the file is damaged, locked, or made by a newer version of the program
        """
        self.path = path
        self._lock = threading.RLock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                path, timeout=10, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute(f"PRAGMA synchronous = {synchronous}")
            self._connection.execute("PRAGMA foreign_keys = ON")
            self._migrate(migrations)
        except (sqlite3.Error, OSError) as error:
            raise StoreFault(f"{path} cannot be opened: {error}") from error

    def _migrate(self, migrations: Sequence[str]) -> None:
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version > len(migrations):
            raise StoreFault(f"{self.path} was made by a newer version of this program; it is left untouched")
        if version == len(migrations):
            return
        # Another process may be at it at this moment: whoever waited finds it done.
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            (version,) = self._connection.execute("PRAGMA user_version").fetchone()
            for number in range(version, len(migrations)):
                for statement in _statements(migrations[number]):
                    self._connection.execute(statement)
                self._connection.execute(f"PRAGMA user_version = {number + 1}")
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Commit at the end of the block, roll back when it raises.

        :raises StoreFault: SQLite refused (disk full, damaged, locked)
        """
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                except BaseException:
                    self._connection.execute("ROLLBACK")
                    raise
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                raise StoreFault(f"{self.path}: {error}") from error

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query. :raises StoreFault: SQLite refused."""
        with self._lock:
            try:
                return self._connection.execute(query, parameters).fetchall()
            except sqlite3.Error as error:
                raise StoreFault(f"{self.path}: {error}") from error

    @property
    def state(self) -> tuple[int, int]:
        """Another one after every change, whoever made it. :raises StoreFault: SQLite refused"""
        ((version,),) = self.rows("PRAGMA data_version")
        return version, self._connection.total_changes

    def close(self) -> None:
        """Close the file. Nothing may be asked afterwards."""
        with self._lock:
            self._connection.close()


def _statements(script: str) -> Iterator[str]:
    """The statements of a script, one by one: running it as a whole would commit what is open."""
    statement = ""
    for piece in script.split(";"):
        statement += f"{piece};"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
