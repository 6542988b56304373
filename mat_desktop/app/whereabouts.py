"""Finds files again that were moved or renamed after they were written, by what was heard in them."""

from __future__ import annotations

from pathlib import Path

from mat_desktop.app.session import Session
from mat_desktop.store.journal import Entry


def now_at(session: Session, path: Path, place: Path) -> tuple[Path, Path]:
    """Where a file is that was written at a place: as the library knows it, and with links resolved.

    It is there still, or at the only place at which the library knows the same sound. Where that cannot be
    said it is taken to be there.

    :param path: as the library knew it then
    :param place: the same with links resolved
    """
    if not place.exists():
        found = [other for other in session.library.same_sound(path) if other.is_file()]
        if len(found) == 1:
            return found[0], found[0].resolve()
    return path, place


def was_at(session: Session, path: Path) -> list[Path]:
    """Places at which a file may have been written: its own, and those from which the same sound is gone.

    :param path: as the library knows it
    """
    gone = [other.resolve() for other in session.library.same_sound(path) if not other.exists()]
    return [path.resolve(), *gone]


def written_to(session: Session, path: Path) -> list[Entry]:
    """What was ever written to a file, the oldest first, beginning with what was written before it was moved.

    :param path: as the library knows it
    """
    here = path.resolve()
    entries = session.journal.written_to(was_at(session, path))
    return sorted(entries, key=lambda entry: (entry.path == here, entry.id))
