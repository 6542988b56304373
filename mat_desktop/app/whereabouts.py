"""Finds files again that were moved or renamed after they were written, by what was heard in them.

Another copy of the same sound, whose values are the user's own, must not be taken for such a file: the marks
that were left in it, and when which of the two was written, tell them apart. Where several copies were
written and moved, each file is one of them alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from mat_desktop.app.scan import is_as_known
from mat_desktop.app.session import Session
from mat_desktop.domain.plan import Change
from mat_desktop.domain.tags import MARKS, Field
from mat_desktop.domain.track import TrackId
from mat_desktop.errors import FileFault
from mat_desktop.metadata.files import read_tags
from mat_desktop.metadata.verify import sound_of
from mat_desktop.store.journal import Entry


def now_at(session: Session, path: Path, place: Path) -> tuple[Path, Path]:
    """Where a file is that was written at a place: as the library knows it, and with links resolved.

    It is there still, or at a place at which the library knows the same sound. Where that cannot be said it
    is taken to be there.

    :param path: as the library knew it then
    :param place: the same with links resolved
    """
    if not place.exists():
        here = _moved(session, place, [path, *session.library.same_sound(path)]).get(place)
        if here is not None:
            return here, here.resolve()
    return path, place


def was_at(session: Session, path: Path) -> list[Path]:
    """Places at which a file was written: its own, and those from which it was moved, as far as can be said.

    :param path: as the library knows it
    """
    place = path.resolve()
    others = session.library.same_sound(path)
    if all(other.exists() for other in others):
        return [place]
    return [place, *(gone for gone, here in _moved(session, place, [path, *others]).items() if here == path)]


def written_to(session: Session, path: Path) -> list[Entry]:
    """What was ever written to a file, the oldest first, what was written before it was moved among it.

    :param path: as the library knows it
    """
    ours, _ = told_apart(session, path)
    return ours


def told_apart(session: Session, path: Path) -> tuple[list[Entry], list[Entry]]:
    """What was ever written to a file, and what was written under its name to others that sound otherwise.

    :param path: as the library knows it
    :returns: the oldest first
    """
    entries = session.journal.written_to(was_at(session, path))
    if not path.exists() or not any(entry.sound for entry in entries):
        return entries, []
    sound = _sound(session, path)
    return (
        [entry for entry in entries if entry.sound in (None, sound)],
        [entry for entry in entries if entry.sound not in (None, sound)],
    )


def _sound(session: Session, path: Path) -> TrackId | None:
    """What sounds in a file now: as the library knows it, where the file is as it was then."""
    track = session.library.track(path)
    heard = session.library.identity(path) if track is not None and is_as_known(track) else None
    return heard or sound_of(path)


def _moved(session: Session, place: Path, paths: Sequence[Path]) -> dict[Path, Path]:
    """Which of the files that are gone is which of those that are there: each is one of them alone.

    What is surest decides first. Files that nothing tells apart, and to which the same was done, are taken in
    order of path; of others nothing is said.

    :param place: of the first path, links resolved
    :param paths: of files with one sound, as the library knows them
    :returns: files that are there, by the places at which they were
    """
    places = {place: paths[0], **{path.resolve(): path for path in paths[1:]}}
    gone = {place: path for place, path in places.items() if not place.exists()}
    there = sorted(path for path in places.values() if path.is_file())
    may = {place: [path for path in there if _may_be(session, path, place)] for place in gone}
    found: dict[Path, Path] = {}

    def settle(place: Path, path: Path) -> None:
        found[place] = path
        for other in rivals(place):
            may[other] = [one for one in may[other] if one != path]

    def rivals(place: Path) -> list[Path]:
        """Others that may be at the same places, and were not the same file at another time."""
        return [
            other
            for other in gone.keys() - found.keys() - {place}
            if not {*may[other]}.isdisjoint(may[place])
            and not _may_be(session, gone[other], place)
            and not _may_be(session, gone[place], other)
        ]

    for is_it in (_was_taken_back, _is_untouched, _is_as_left):
        doubtful = [place for place in gone if place not in found and (len(may[place]) > 1 or rivals(place))]
        sure = {
            place: [path for path in may[place] if is_it(session, path, place, gone[place])]
            for place in doubtful
        }
        for place, paths_of_it in sure.items():
            if len(paths_of_it) == 1 and not any(paths_of_it[0] in sure.get(r, ()) for r in rivals(place)):
                settle(place, paths_of_it[0])
    for place in sorted(gone.keys() - found.keys()):
        others = rivals(place)
        alike = all(_done(session, other) == _done(session, place) for other in others)
        if may[place] and alike and len(may[place]) <= 1 + len(others):
            settle(place, may[place][0])
    return found


def _was_taken_back(session: Session, path: Path, place: Path, known: Path) -> bool:
    """Whether what was written at a place was taken back from a file since."""
    own, theirs = (session.journal.written_to([one]) for one in (path.resolve(), place))
    return not session.journal.roots([entry.id for entry in own]).isdisjoint(entry.id for entry in theirs)


def _is_untouched(session: Session, path: Path, place: Path, known: Path) -> bool:
    """Whether a file has the very stamp of the one that was known at a place."""
    now, then = session.library.track(path), session.library.track(known)
    return now is not None and then is not None and now.stamp == then.stamp and bool(now.stamp.inode)


def _is_as_left(session: Session, path: Path, place: Path, known: Path) -> bool:
    """Whether a file is byte for byte what was left at a place, or was so before it was written to."""
    theirs = session.journal.written_to([place])
    if not theirs:
        return False
    later = [entry for entry in session.journal.written_to([path.resolve()]) if entry.id > theirs[-1].id]
    try:
        return theirs[-1].after_sha256 == (later[0].before_sha256 if later else content_digest(path))
    except OSError:
        return False


def content_digest(path: Path) -> str:
    """SHA-256 of a file, hex.

    :raises OSError: it is not there, or cannot be read
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _done(session: Session, place: Path) -> list[Sequence[Change]]:
    """What was done to the file at a place."""
    return [entry.changes for entry in session.journal.written_to([place])]


def _may_be(session: Session, path: Path, place: Path) -> bool:
    """Whether a file can be the one that is gone from a place, and is not another copy of the same sound.

    :param path: as the library knows it
    """
    theirs = session.journal.written_to([place])
    if not theirs:
        return True
    own = session.journal.written_to([path.resolve()])
    if not {entry.run for entry in own}.isdisjoint(entry.run for entry in theirs):
        return False  # a run writes a file once
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
