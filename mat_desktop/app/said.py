"""What the user said of a file, also while it was at another place: moved and renamed files take it along."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from mat_desktop.app.session import Session
from mat_desktop.domain.track import Track, TrackId
from mat_desktop.store.decided import Left, OfFile

MOUNTS = frozenset(map(Path, ("/media", "/run/media", "/mnt", "/Volumes")))
"""Folders in which, or one below which, systems make a folder for each drive."""

AT_ONCE = 200
"""Files that are looked up together."""


def said_of(session: Session, track_id: TrackId, path: Path) -> OfFile:
    """What the user said of one file.

    :param track_id: what is heard in it
    """
    files = [(track_id, path)]
    return with_left(session, files, session.library.said(files))[0]


def with_left(
    session: Session, files: Sequence[tuple[TrackId, Path]], said: Sequence[OfFile], *, look: bool = True
) -> Sequence[OfFile]:
    """What the user said of some files, with what was said where they were before.

    :param said: of them as the library has it
    :param look: on the disk, and not only in the library, whether a file is still where it was
    """
    heirs: list[tuple[Left, Path]] = []
    roots: list[Path] | None = None
    for (_, path), one in zip(files, said, strict=True):
        for left in one.left:
            if left.beside:
                is_heir = look and _is_same(left.path, path)
            else:
                if look and not left.vacated and roots is None:
                    roots = session.library.roots()
                is_heir = left.vacated or (look and _is_or_was(left.path, path, roots or []))
            if is_heir:
                heirs.append((left, path))
                break
    if not heirs:
        return said
    session.library.take_over(heirs)
    return session.library.said(files)


def heirs(session: Session, gone: Sequence[Path]) -> list[Track]:
    """Files that were found before others went, as where they were moved to another drive. What was there
    already when something was said of the others is no such file.

    :param gone: files, or folders with all in them, that the library was told of
    """
    paths, found = session.library.heirs(gone), list[Track]()
    for first in range(0, len(paths), AT_ONCE):
        found += session.library.tracks(paths[first : first + AT_ONCE]).values()
    return found


def _is_or_was(before: Path, path: Path, roots: Sequence[Path]) -> bool:
    """Whether a path is another name of a file, or one at which it may have been."""
    return _is_same(before, path) or is_gone(before, roots)


def _is_same(one: Path, other: Path) -> bool:
    """Two paths of one file: through a link, or in letters that the file system takes for the same.

    Two hard links are two files, which part with the first write.
    """
    if os.path.realpath(one) == os.path.realpath(other):
        return True
    try:
        return str(one).casefold() == str(other).casefold() and one.samefile(other)
    except OSError:
        return False


def is_gone(path: Path, roots: Sequence[Path]) -> bool:
    """Whether there is no file at a path, although its drive is there: else the file is only away with it.

    :param roots: folders of the library. A drive that is not mounted leaves an empty folder, or none
    """
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError:  # it cannot be said
        return False
    else:
        return False
    there = path.parent
    while not there.is_dir():
        if there == there.parent:
            return False
        there = there.parent
    if any(path.is_relative_to(root) and not there.is_relative_to(root) for root in roots):
        return False
    if (there in MOUNTS or there.parent in MOUNTS) and not there.is_mount():
        return False
    try:
        is_empty = not any(there.iterdir())
    except OSError:
        return False
    return not is_empty or (there == path.parent and there not in roots)
