"""Finds tracks in folders and reads the tags that they have."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path
from threading import Event

from mat_desktop.app.session import Session
from mat_desktop.audio.names import is_audio_name
from mat_desktop.audio.probe import packets_digest, probe
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import FileStamp, Track, TrackId
from mat_desktop.errors import DecodeError, FileFault, TagFault, tells_absence
from mat_desktop.metadata.files import read_tags

KEEP_EVERY = 200

AT_ONCE = 50
"""Files of which is looked up together what is known: each question lets other threads have their turn."""


def scan(
    session: Session, roots: Sequence[Path], cancel: Event, *, remember: bool = False
) -> Iterator[Track | FileFault]:
    """Every track under some folders, in order of path; given files are looked at whatever their name.

    A file whose stamp is the one in the library is not opened again. What cannot be read is yielded as a
    fault and costs only itself.

    :param remember: the folders belong to the library from now on, which the window opens at its start
    """
    absolute = [Path(os.path.abspath(root)) for root in roots]  # noqa: PTH100 - resolve() would follow links
    if remember:
        session.library.add_roots(root for root in absolute if _missing(root) is None)
    yield from look(session, absolute, cancel)


def count(roots: Sequence[Path], enough: Event) -> Iterator[int]:
    """How many files a scan comes to, growing folder by folder; none is opened.

    :param enough: nobody wants to know any more
    """
    number, folder = 0, None
    absolute = [Path(os.path.abspath(root)) for root in roots]  # noqa: PTH100 - as above
    for found in files_under(absolute, enough):
        if enough.is_set():
            return
        number += 1
        if not isinstance(found, FileFault) and found.parent != folder:
            folder = found.parent
            yield number
    if not enough.is_set():
        yield number


def look(session: Session, paths: Sequence[Path], cancel: Event) -> Iterator[Track | FileFault]:
    """As :func:`scan`, for parts of folders that were opened before.

    :param paths: absolute
    """
    fresh = _Fresh(session)
    try:
        every = files_under(paths, cancel)
        while batch := list(islice(every, AT_ONCE)):
            known = session.library.tracks([path for path in batch if not isinstance(path, FileFault)])
            for found in batch:
                if cancel.is_set():
                    return
                if isinstance(found, FileFault):
                    yield found
                    continue
                try:
                    track = _look(session, found, fresh, known.get(found))
                except FileFault as fault:
                    yield fault
                    continue
                if fresh.is_full:
                    fresh.keep()
                yield track
    finally:
        fresh.keep()


def refresh(session: Session, path: Path, *, seen: bool = True) -> Track:
    """Read one file's tags again: what failed may be tried anew.

    :param seen: somebody wants to see them, so that what another program did to the file is told no more
    :raises FileFault: it cannot be read any more
    """
    fresh = _Fresh(session)
    track = _look(session, path, fresh, session.library.track(path), again=True, seen=seen)
    fresh.keep()
    return track


def is_as_known(track: Track) -> bool:
    """Whether a file is there and was not changed since it was looked at."""
    try:
        return FileStamp.of(track.path.stat()) == track.stamp
    except OSError:
        return False


def forget_missing(session: Session, roots: Sequence[Path], found: Collection[str]) -> None:
    """Whole scans of these folders found these files: others in them are not remembered at the next start."""
    absolute = [Path(os.path.abspath(root)) for root in roots]  # noqa: PTH100 - as above
    session.library.put_found(absolute, found)


class _Fresh:
    """Files that were just read, and the identities of those whose sound is as it was."""

    def __init__(self, session: Session) -> None:
        self._library = session.library
        self._gone = session.library.gone()
        self._back: list[Path] = []
        self.tracks: list[Track] = []
        self.same: dict[Path, TrackId] = {}

    def is_as_before(self, path: Path) -> None:
        """It is known, but may have been away."""
        if path in self._gone:
            self._back.append(path)

    @property
    def is_full(self) -> bool:
        """Whether it is time to keep them."""
        return len(self.tracks) + len(self._back) >= KEEP_EVERY

    def keep(self) -> None:
        """Into the library."""
        if self.tracks:
            self._library.put_tracks(self.tracks, self.same)
        if self._back:
            self._library.put_back(self._back)
        self._back, self.tracks, self.same = [], [], {}


def files_under(roots: Sequence[Path], cancel: Event) -> Iterator[Path | FileFault]:
    """The music files in folders, in order of name, and given files whatever their name; each once."""
    seen: set[str] = set()
    folder: Path | None = None
    real = ""
    for root in roots:
        fault = _missing(root)
        if fault is not None:
            found: Iterator[Path | FileFault] = iter([fault])
        else:
            found = _walk(root, cancel) if root.is_dir() else iter([root])
        for item in found:
            if isinstance(item, FileFault):
                yield item
                continue
            if item.parent != folder:  # files of a folder come together
                folder = item.parent
                real = os.path.realpath(folder).rstrip(os.sep)
            # A file and a link to it are one track, under the name that comes first.
            place = os.path.realpath(item) if item.is_symlink() else f"{real}{os.sep}{item.name}"
            if place not in seen:
                seen.add(place)
                yield item


def _missing(path: Path) -> FileFault | None:
    """Why there is nothing to look at, None where there is."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return FileFault(path, "no such file", absent=True)
    except (OSError, ValueError) as error:  # ValueError: a name with a NUL
        cause = getattr(error, "strerror", None) or str(error)
        return FileFault(path, cause, absent=tells_absence(error))
    return None


def _walk(folder: Path, cancel: Event) -> Iterator[Path | FileFault]:
    """Depth first, in order of name. Links to folders are not followed: they can form a circle."""
    if cancel.is_set():  # there may be no music at all to stop at
        return
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        yield FileFault(folder, error.strerror or str(error))
        return
    for entry in entries:
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            if not entry.name.startswith("."):
                yield from _walk(path, cancel)
        elif is_audio_name(path):
            yield path


def _look(
    session: Session,
    path: Path,
    fresh: _Fresh,
    known: Track | None,
    *,
    again: bool = False,
    seen: bool = False,
) -> Track:
    try:
        status = path.stat()
    except OSError as error:
        raise FileFault(path, error.strerror or str(error), absent=tells_absence(error)) from error
    if not stat.S_ISREG(status.st_mode):
        raise FileFault(path, "not a regular file")  # a pipe would be waited for without end
    stamp = FileStamp.of(status)
    if known is not None and known.stamp != stamp:
        known = session.library.track(path)  # this program may have written it since it was looked up
    if known is not None and known.stamp == stamp and not again:
        fresh.is_as_before(path)
        return known
    if stamp.size == 0:
        raise FileFault(path, "the file is empty")
    track = _read(path, stamp)
    if known is None:
        moved = session.library.moved(stamp)
        if moved is not None:
            fresh.same[path] = moved
    elif known.stamp != stamp:
        track = _changed(session, known, track, fresh, seen=seen)
    else:
        track = replace(track, outside=known.outside and not seen)
    fresh.tracks.append(track)
    return track


def _changed(session: Session, known: Track, track: Track, fresh: _Fresh, *, seen: bool) -> Track:
    """A file is not as it was known. Where only its tags are others, what was heard in it still holds, and
    where another one has its name, as after tracks were numbered anew, what was heard in that; where its tags
    and its sound are as before, as after a copy, no other program is said to have changed it.

    :param seen: whether the user looks at it just now
    """
    heard = session.library.identity(track.path)
    if heard is not None:
        with suppress(DecodeError):
            fresh.same[track.path] = packets_digest(track.path)
    ours = heard is not None or bool(known.tags.get(Field.MAT_TAGS))
    equal = track.tags == known.tags and fresh.same.get(track.path) == heard
    return replace(track, outside=(known.outside if equal else ours) and not seen)


def _read(path: Path, stamp: FileStamp) -> Track:
    """Tags and length; a file is refused only if neither can be read, or the system does not give it out: a
    drive that goes in between must not leave a track without its tags.
    """
    try:
        duration = probe(path).duration
        fault: DecodeError | None = None
    except DecodeError as error:
        duration, fault = None, error
    try:
        return Track(path, stamp, duration, read_tags(path).tags)
    except TagFault as refused:
        if isinstance(refused.__cause__, OSError):
            raise
        if fault is not None:
            raise fault from None
        return Track(path, stamp, duration)
