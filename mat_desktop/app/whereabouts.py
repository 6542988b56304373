"""Finds files again that were moved, renamed or numbered anew since they were written, by their sound."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Sequence
from pathlib import Path
from threading import Event
from weakref import WeakKeyDictionary

from mat_desktop.app.copies import Copies, Source, sound_at
from mat_desktop.app.scan import look
from mat_desktop.app.session import Session
from mat_desktop.domain.counting import count
from mat_desktop.domain.reversal import ANOTHER
from mat_desktop.domain.track import Track, TrackId
from mat_desktop.errors import printable
from mat_desktop.mounts import absence
from mat_desktop.store.journal import Entry, Song

Tell = Callable[[Path], None]
"""Is told, in the thread that searches, of each file that it looked at; how many there are nobody knows."""


NAMED = 3
"""Files that a sentence names at most, of those that may be meant."""


def tell_nobody(path: Path) -> None:
    """Nobody follows the search."""


def now_at(session: Session, song: Song) -> tuple[Path, Path] | None:
    """Where a file is that was written: as the library knows it, and with links resolved.

    It is at its place still, or at one at which the library or the journal knows the same sound. None where
    that cannot be said, or it is gone. Where its sound was not noted, what is at its place is taken for it.
    """
    there = song.place.exists()
    if there and song.sound is None:
        return song.known, song.place
    sound = song.sound or session.library.identity(song.known)
    if sound is None:
        return None
    copies = _copies(session, sound, song.place, song.known)
    here = copies.home(song)
    return (copies.known_as(here), here) if here is not None else None


def seek(
    session: Session,
    songs: Collection[Song],
    cancel: Event,
    under: Collection[Path] = (),
    tell: Tell = tell_nobody,
) -> None:
    """Look for files that are not where they were in their folders, or around one that is gone, and among the
    tracks of the library in which nothing was heard yet and that may be some; where that does not find all,
    in the folders of all that was ever written. What is found there the library knows from then on. A file
    that only sounds as one that was written is looked past: it may be a copy that got its name.

    :param under: files and folders in which they may be as well
    """
    lost: list[Song] = []
    for song in songs:
        if cancel.is_set():
            return
        if not _is_found(session, song):
            lost.append(song)
        tell(song.known)
    folders = {*under, *(song.place.parent for song in lost)}
    _search(session, lost, folders, cancel, tell)
    if not cancel.is_set() and not all(_is_found(session, song) for song in lost):
        others = {song.place.parent for song in session.journal.songs()} - folders
        _search(session, lost, others, cancel, tell)


def look_in(session: Session, places: Collection[Path], cancel: Event, tell: Tell = tell_nobody) -> None:
    """Look at folders and files as far as they are there; what is found the library knows from then on."""
    outer = [place for place in places if place.exists() and not any(up in places for up in place.parents)]
    for item in look(session, sorted(outer), cancel):
        tell(item.path)


def _around(folder: Path) -> Path:
    """A folder; where it is gone what it was in, as it may have another name there by now. Not all of the
    user's own folder, or of a disk.
    """
    if folder.exists() or folder.parent in (Path.home(), Path(folder.anchor)):
        return folder
    return folder.parent


def _search(
    session: Session, lost: Sequence[Song], folders: Collection[Path], cancel: Event, tell: Tell
) -> None:
    sounds = {song.sound for song in lost if song.sound is not None}
    if not sounds:
        return
    look_in(session, {_around(folder) for folder in folders}, cancel, tell)
    for track in session.library.unheard(sounds):
        if cancel.is_set():
            return
        hear(session, track, sounds)
        tell(track.path)


def hear(session: Session, track: Track, wanted: Container[TrackId] | None = None) -> None:
    """Let the library know what sounds in a file in which nothing was heard yet.

    :param wanted: only where it is one of these; None means any
    """
    sound = sound_at(session, track.path)
    if sound is not None and (wanted is None or sound in wanted):
        session.library.put_tracks([track], {track.path: sound})


def _is_found(session: Session, song: Song) -> bool:
    home = now_at(session, song)
    if song.sound is None:
        return True  # what is at its place counts
    if home is None or home[1] != song.place:
        return home is not None
    return _copies(session, song.sound, song.place, song.known).is_proved(song.place)


_COPIES: WeakKeyDictionary[Session, tuple[TrackId, Copies]] = WeakKeyDictionary()
"""The last that were told apart: many songs of a run may be copies of one."""


def _copies(session: Session, sound: TrackId, place: Path, known: Path) -> Copies:
    """Files with a sound.

    :param place: at which one of them is or was, links resolved
    :param known: the same as the library knows it
    """
    last, copies = _COPIES.get(session, (None, None))
    if last != sound or copies is None or place not in copies or not copies.holds:
        copies = Copies(session, sound, {place: known})
        _COPIES[session] = sound, copies
    return copies


def could_be(session: Session, song: Song) -> list[Path]:
    """Places of files, links resolved, of which each may be one that is gone, and nothing tells which."""
    if song.sound is None:
        return []
    return _copies(session, song.sound, song.place, song.known).could_be(song)


def why_lost(session: Session, song: Song) -> str:
    """Why a file is not found, and which others may be it, as a sentence without its stop."""
    why = ANOTHER if song.place.exists() else absence(song.place, song.known)
    sound = song.sound or session.library.identity(song.known)
    if sound is None:
        return why
    copies = _copies(session, sound, song.place, song.known)
    back = "it is known again once it is moved back to its place"
    could = [copies.known_as(file) for file in copies.could_be(song)]
    helps = back if copies.is_known_once_back(song) else "what was in it before is in the run's history"
    if len(could) > 1:
        files = f"several files are what it was, and nothing tells which is it: {_named(could)}"
        clears = ", and removing all that was written clears each of them"
        return f"{files}; {helps}{clears if copies.is_copy_alone(song) else ''}"
    if could:
        return f"{_named(could)} is what it was, and as much another file that is gone; {helps}"
    so = [copies.known_as(file) for file in copies.sounding_so(song)]
    if so:
        sounds = "sounds" if len(so) == 1 else "sound"
        return f"{why}, or was moved and changed since: {_named(so)} {sounds} the same; {back}"
    return why


def stays_behind(session: Session, was: Path, place: Path) -> bool:
    """Whether one that only sounds so stands where a file was that is elsewhere now, and is left as it is.

    :param was: as the library knows it
    :param place: where that file is now, links resolved
    """
    before = was.resolve()
    sound = sound_at(session, was)
    if sound is None or before == place or sound_at(session, place) != sound:
        return False
    copies = _copies(session, sound, before, was)
    return copies.is_free(before) and not copies.sources(before)


def _named(paths: Sequence[Path]) -> str:
    names = ", ".join(printable(path) for path in paths[:NAMED])
    more = len(paths) - NAMED
    return names if more <= 0 else f"{names} and {count(more, 'more file')}"


def written_to(session: Session, path: Path) -> list[Entry]:
    """What was ever written to a file, the oldest first, what was written before it was moved among it.

    :param path: as the library knows it
    """
    ours, _ = told_apart(session, path)
    return ours


def states_of(session: Session, path: Path) -> list[Entry]:
    """Writes that may lead back from what a file holds: to it, and to those that it may be a copy of.

    :param path: as the library knows it
    :returns: its own last
    """
    own = written_to(session, path)
    every = [entry for copies in _with(session, path, path.resolve()) for entry in copies.every]
    numbers = {entry.id for entry in own}
    return [*(entry for entry in every if entry.id not in numbers), *own]


def _with(session: Session, path: Path, place: Path) -> list[Copies]:
    """Files with the sound of one; then those with sounds that were written at its place before, as it may be
    one of these that was encoded anew.

    :param path: as the library knows it
    :param place: the same with links resolved
    """
    sound = sound_at(session, path)
    if sound is None:
        return []
    copies = _copies(session, sound, place, path)
    return [copies, *(_copies(session, other, place, path) for other in copies.sounded(place))]


def copied_from(session: Session, path: Path) -> list[Source]:
    """What was written to other files before this one was made as a copy of them, as far as that is shown.

    :param path: as the library knows it
    """
    sound = sound_at(session, path)
    return _copies(session, sound, path.resolve(), path).sources(path.resolve()) if sound is not None else []


def is_doubtful(session: Session, path: Path) -> bool:
    """Whether a file has not the marks of this program that were left where it is: it may be another copy.

    :param path: as the library knows it
    """
    place = path.resolve()
    return any(copies.is_doubtful(place) for copies in _with(session, path, place))


def is_marked_alike(session: Session, path: Path) -> bool:
    """Whether a file to which nothing was written has the marks that were left in another with its sound.

    :param path: as the library knows it
    """
    sound, place = sound_at(session, path), path.resolve()
    return sound is not None and _copies(session, sound, place, path).is_marked_alike(place)


def written_at(session: Session, song: Song) -> list[Song]:
    """Files that were written at a place with a sound, which may be others by turns."""
    if song.sound is None:
        return [song]
    return _copies(session, song.sound, song.place, song.known).at(song.place)


def carrying(session: Session, song: Song) -> tuple[list[Path], list[Path]]:
    """Files to which nothing was written, and that carry what was written to others with their sound; then
    those of them of which each may be this very one, as nothing tells which.

    :returns: places, links resolved
    """
    if song.sound is None:
        return [], []
    copies = _copies(session, song.sound, song.place, song.known)
    could = copies.could_be(song)
    carriers = copies.carriers
    return carriers, could if copies.is_copy_alone(song) and set(could) <= set(carriers) else []


def known_as(session: Session, sound: TrackId, place: Path) -> Path:
    """A place, links resolved, as the library knows it.

    :param sound: of what is or was there
    """
    return _copies(session, sound, place, place).known_as(place)


def told_apart(session: Session, path: Path) -> tuple[list[Entry], list[Entry]]:
    """What was ever written to a file, and what was written under its name to others, which are others now.

    :param path: as the library knows it
    :returns: the oldest first
    """
    place = path.resolve()
    here = session.journal.written_to([place])
    if not place.exists():
        return here, []
    if every := _with(session, path, place):
        found = {entry.id: entry for copies in every for entry in copies.written(place)}
        ours = [found[number] for number in sorted(found)]
    else:
        ours = [entry for entry in here if entry.sound is None]
    numbers = {entry.id for entry in ours}
    return ours, [entry for entry in here if entry.id not in numbers]
