"""Small TOML files of the program's own: written whole, by one process at a time."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, time
from pathlib import Path

from filelock import FileLock, Timeout

from mat_desktop.errors import StoreFault, UsageFault, printable
from mat_desktop.whole_file import whole_file

PATIENCE = 5
"""Seconds that another process may take to change the file."""


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """No other process changes the file meanwhile. :raises StoreFault: one does, or the disk refuses"""
    lock = FileLock(path.with_suffix(".lock"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=PATIENCE)
    except Timeout:
        raise StoreFault(f"{printable(path)} is being changed by another mat-desktop; try again") from None
    except OSError as error:
        raise _refusal(path, error) from error
    try:
        yield
    finally:
        lock.release()


def put(path: Path, content: str | bytes) -> None:
    """Replace the file as a whole; a link to it stays one, and its folder is made where there is none.

    :raises StoreFault: it cannot be written and is as it was
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as file:
            file.write(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise _refusal(path, error) from error


def put_aside(path: Path) -> Path:
    """Rename an unusable file; returns its new name. :raises StoreFault: it cannot be renamed"""
    with alone(path):
        aside = path.with_suffix(f"{path.suffix}.old")
        number = 1
        while aside.exists():  # one that was put aside before
            number += 1
            aside = path.with_suffix(f"{path.suffix}.old{number}")
        try:
            path.replace(aside)
        except OSError as error:
            raise _refusal(path, error) from error
    return aside


def spare(path: Path, read: Callable[[Path], object]) -> None:
    """Refuse a place for something that is written for the user, unless it is free or holds the same kind.

    :param read: raises UsageFault for a file of another kind
    :raises UsageFault: there is something else, or there is no such folder; it stays as it is
    :raises StoreFault: it cannot be looked at
    """
    where = Path(os.path.realpath(path))
    try:
        if where.is_dir():
            raise UsageFault(f"{printable(path)} is a folder")
        if not where.parent.is_dir():
            raise UsageFault(
                f"{printable(path)} cannot be written: there is no folder {printable(where.parent)}"
            )
        taken = where.exists()
    except OSError as error:
        raise _refusal(path, error) from error
    if taken:
        try:
            read(path)
        except UsageFault as fault:
            raise UsageFault(f"{fault}; it is there already and stays as it is") from fault


def _refusal(path: Path, error: OSError) -> StoreFault:
    return StoreFault(f"{printable(path)} cannot be written: {error.strerror or error}")


def toml(value: object) -> str:
    """A value that was read from TOML, or could be, on one line."""
    match value:
        case bool() | str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case Mapping():
            return "{" + ", ".join(f"{toml(str(key))} = {toml(item)}" for key, item in value.items()) + "}"
        case list() | tuple():
            return f"[{', '.join(toml(item) for item in value)}]"
        case date() | time():
            return value.isoformat()
    return str(value)
