"""Finds files again that were moved or renamed after they were written, by what was heard in them.

Another copy of the same sound, whose values are the user's own, must not be taken for such a file: the marks
that were left in it, and when which of the two was written, tell them apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mat_desktop.app.session import Session
from mat_desktop.domain.tags import MARKS, Field
from mat_desktop.errors import FileFault
from mat_desktop.metadata.files import read_tags
from mat_desktop.store.journal import Entry


def now_at(session: Session, path: Path, place: Path) -> tuple[Path, Path]:
    """Where a file is that was written at a place: as the library knows it, and with links resolved.

    It is there still, or at the only place at which the library knows the same sound. Where that cannot be
    said it is taken to be there.

    :param path: as the library knew it then
    :param place: the same with links resolved
    """
    if not place.exists():
        others = session.library.same_sound(path)
        found = [other for other in others if other.is_file() and _may_be(session, other, place)]
        if len(found) == 1:
            return found[0], found[0].resolve()
    return path, place


def was_at(session: Session, path: Path) -> list[Path]:
    """Places at which a file may have been written: its own, and those from which the same sound is gone.

    :param path: as the library knows it
    """
    gone = [other.resolve() for other in session.library.same_sound(path) if not other.exists()]
    return [path.resolve(), *(place for place in gone if _may_be(session, path, place))]


def written_to(session: Session, path: Path) -> list[Entry]:
    """What was ever written to a file, the oldest first, what was written before it was moved among it.

    :param path: as the library knows it
    """
    return session.journal.written_to(was_at(session, path))


def _may_be(session: Session, path: Path, place: Path) -> bool:
    """Whether a file can be the one that is gone from a place, and is not another copy of the same sound.

    :param path: as the library knows it
    """
    theirs = session.journal.written_to([place])
    if not theirs:
        return True
    own = session.journal.written_to([path.resolve()])
    earlier = [entry for entry in own if entry.id < theirs[0].id]
    if earlier:  # it was here before: then it went there just as it was left, and came back as it was then
        if earlier[-1].after_sha256 != theirs[0].before_sha256:
            return False
        return _came_back(path, own[len(earlier) :], earlier, theirs)
    if own and own[0].id < theirs[-1].id:
        return False  # both were written at one time
    left = {field: values for field, values in _left(theirs).items() if field in MARKS}
    if not any(left.values()):
        return True
    track = session.library.track(path)
    came = dict(track.tags) if track is not None else {}
    for entry in reversed(own):
        came |= {change.field: change.before for change in entry.changes}
    return any(came.get(field) for field in left)


def _came_back(path: Path, later: Sequence[Entry], earlier: Sequence[Entry], theirs: Sequence[Entry]) -> bool:
    """Whether a file has what was written there, where it may as well be what was left here, there a copy.

    :param later: what was written here after all that was written here before it went
    """
    if earlier[-1].after_sha256 == theirs[-1].after_sha256:
        return True
    if later:
        return later[0].id > theirs[-1].id and later[0].before_sha256 != earlier[-1].after_sha256
    try:
        now = read_tags(path).tags
    except FileFault:
        return True
    left, there = _left(earlier), _left(theirs)
    moved = {field for field, values in left.items() if there.get(field, values) != values}
    return not moved or any(now.get(field, ()) != left[field] for field in moved)


def _left(entries: Sequence[Entry]) -> dict[Field, tuple[str, ...]]:
    """Values of the fields that were written, as they were left."""
    return {change.field: change.after for entry in entries for change in entry.changes}
