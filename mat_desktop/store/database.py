"""One SQLite file: opened with the right durability, migrated forward, used from any thread."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path, PurePath
from typing import Any, Literal
from urllib.parse import quote_from_bytes

from mat_desktop.errors import StoreFault, UnwritableStore, printable

_UNWRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS)


class Database:
    """A connection behind a lock. All statements of one ``with`` block are one transaction."""

    def __init__(
        self,
        path: Path,
        migrations: Sequence[str],
        synchronous: Literal["NORMAL", "FULL"],
        *,
        read_only: bool = False,
    ) -> None:
        """Open or create.

        :param migrations: scripts; the n-th brings a database of version n - 1 to version n
        :param synchronous: FULL where a commit must survive a power cut, NORMAL where it may be lost
        :param read_only: nothing is written, so that the folder need not allow it; but a database of an
            earlier version is brought to this one first, and what a crash left in its log is taken over
        :raises UnwritableStore: file or folder is closed to writing, and has to be written to
        :raises StoreFault: the file is damaged, locked, or made by a newer version of the program
        """
        self.path = path
        self._lock = threading.RLock()
        only_read = read_only
        try:
            if read_only:
                self._connection = reading(path)
                if self._version(migrations) == len(migrations):
                    return
                self._connection.close()
            only_read = False
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                path, timeout=10, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute(f"PRAGMA synchronous = {synchronous}")
            self._connection.execute("PRAGMA foreign_keys = ON")
            self._migrate(migrations)
            # SQLite opens a file that is closed to writing all the same, and only the first write fails.
            if not os.access(path, os.W_OK):
                self._connection.close()
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        except (sqlite3.Error, OSError) as error:
            # A log without its index, as a crash or a copy leaves it, is read only where one can be made.
            if (not only_read or has_log(path)) and is_closed(error):
                raise UnwritableStore(
                    f"{printable(path.parent)} cannot be written to: {_cause(error)}"
                ) from error
            raise StoreFault(f"{printable(path)} cannot be opened: {_cause(error)}") from error

    def _version(self, migrations: Sequence[str]) -> int:
        """Of the file. :raises StoreFault: a newer one than this program knows"""
        version: int = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if version > len(migrations):
            self._connection.close()
            raise StoreFault(f"{self.path} was made by a newer version of this program; it is left untouched")
        return version

    def _migrate(self, migrations: Sequence[str]) -> None:
        if self._version(migrations) == len(migrations):
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


def is_closed(error: sqlite3.Error | OSError) -> bool:
    """Whether it is about the right to write."""
    if isinstance(error, OSError):
        return error.errno in _UNWRITABLE
    return _code(error).startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN"))


def _code(error: sqlite3.Error) -> str:
    """SQLite's name of it; empty where Python made the error."""
    return getattr(error, "sqlite_errorname", "")


def _cause(error: sqlite3.Error | OSError) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    if _code(error).startswith("SQLITE_CANTOPEN"):
        return "the system does not allow it"
    return "it is read-only" if _code(error).startswith("SQLITE_READONLY") else str(error)


def copy(path: Path, target: Path) -> None:
    """Copy a database, of which nothing is written, as it is at this moment.

    :raises StoreFault: it cannot be read, or there is no room for the copy
    """
    try:
        try:
            with closing(reading(path)) as source, closing(sqlite3.connect(target)) as made:
                source.backup(made)
        except sqlite3.OperationalError as error:
            if not (has_log(path) and is_closed(error)):
                raise
            # Nobody has it open, or the index of its log would be there: SQLite makes one beside the copy.
            shutil.copyfile(path, target)
            shutil.copyfile(_log(path), _log(target))
    except (sqlite3.Error, OSError) as error:
        raise StoreFault(f"{path} cannot be copied to {target.parent}: {_cause(error)}") from error


def reading(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing, not even which files lie beside the database.

    Where no log lies beside it nobody has it open, and SQLite need not make one to read it.
    """
    alone = "" if has_log(path) else "&immutable=1"
    return sqlite3.connect(
        f"{uri(path.absolute())}?mode=ro{alone}",
        uri=True,
        timeout=10,
        isolation_level=None,
        check_same_thread=False,
    )


def uri(path: PurePath) -> str:
    """The address of a file as SQLite reads it: on Windows a server is part of the path, and no host."""
    plain = path.as_posix()
    return "file://" + quote_from_bytes(os.fsencode(plain if plain.startswith("/") else f"/{plain}"))


def has_log(path: Path) -> bool:
    """Whether a process has a database open, or left it open."""
    return _log(path).exists()


def _log(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _statements(script: str) -> Iterator[str]:
    """The statements of a script, one by one: running it as a whole would commit what is open."""
    statement = ""
    for piece in script.split(";"):
        statement += f"{piece};"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
