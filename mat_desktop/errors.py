"""What can go wrong: faults of the world (a file, a model, a store), and bugs of ours.

Every fault composes its own one-line sentence, so that a shell only prints it.
"""

from __future__ import annotations

import errno
from os import fspath
from pathlib import Path
from unicodedata import category


class MatError(Exception):
    """Base of everything that this program raises on purpose."""


class FileFault(MatError):
    """A user's file cannot be read, decoded or written. Carries the path and the cause as fields.

    :param absent: only that it is not there: its drive may come back
    """

    def __init__(self, path: Path, cause: str, *, absent: bool = False) -> None:
        super().__init__(path, cause)
        self.path = path
        self.cause = cause
        self.absent = absent

    def __str__(self) -> str:
        return f"{printable(self.path)}: {self.cause}"


_ABSENT = frozenset(
    {errno.ENOENT, errno.ENOTDIR, errno.ENODEV, errno.ENXIO, errno.ESTALE, errno.ENOTCONN, errno.EHOSTDOWN}
)


def tells_absence(error: BaseException) -> bool:
    """Whether the system says that a file is not there, or its drive is not."""
    return isinstance(error, OSError) and error.errno in _ABSENT


class DecodeError(FileFault):
    """The file holds no audio that any of our decoders can read."""


class TagFault(FileFault):
    """The file's tags cannot be read, or cannot be written without loss."""


class Conflict(FileFault):
    """The file is no longer the one that was looked at: another program changed or replaced it."""


class ModelFault(MatError):
    """A model folder is broken, foreign or does not fit this program."""


class EngineFault(MatError):
    """The engine process could not be started, or died."""


class StoreFault(MatError):
    """A database of ours cannot be opened or is damaged, or the disk refuses another file of ours."""


class UnwritableStore(StoreFault):
    """A database of ours lies where this user may not write; it may still be readable."""


class UsageFault(MatError):
    """The user asked for something that does not exist (a path, a run, a model name)."""


def printable(path: Path | str) -> str:
    """The path as text that any terminal takes: undecodable bytes and control characters escaped."""
    return "".join(c if c.isprintable() else _escaped(c) for c in fspath(path))


def harmless(text: str) -> str:
    """Text out of a file, on one line that does nothing to a terminal: only what could is escaped."""
    return "".join(_escaped(c) if category(c) in ("Cc", "Cs", "Zl", "Zp") else c for c in text)


def _escaped(letter: str) -> str:
    if "\udc80" <= letter <= "\udcff":  # a byte that is no UTF-8 (PEP 383)
        return f"\\x{ord(letter) - 0xDC00:02x}"
    return letter.encode("unicode_escape").decode("ascii")
