"""Finds tracks in folders and reads the tags that they have."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event

from mat_desktop.app.session import Session
from mat_desktop.audio.probe import is_audio_name, probe
from mat_desktop.domain.track import FileStamp, Track
from mat_desktop.errors import DecodeError, FileFault, TagFault
from mat_desktop.metadata.files import read_tags

KEEP_EVERY = 200


def scan(session: Session, roots: Sequence[Path], cancel: Event) -> Iterator[Track | FileFault]:
    """Every track under some folders, in order of path; given files are looked at whatever their name.

    A file whose stamp is the one in the library is not opened again. What cannot be read is yielded as a
    fault and costs only itself.
    """
    absolute = [Path(os.path.abspath(root)) for root in roots]  # noqa: PTH100 - resolve() would follow links
    session.library.add_roots(root for root in absolute if root.exists())
    fresh: list[Track] = []
    try:
        for found in _files(absolute):
            if cancel.is_set():
                return
            if isinstance(found, FileFault):
                yield found
                continue
            try:
                track = _look(session, found, fresh)
            except FileFault as fault:
                yield fault
                continue
            if len(fresh) >= KEEP_EVERY:
                session.library.put_tracks(fresh)
                fresh.clear()
            yield track
    finally:
        session.library.put_tracks(fresh)


def refresh(session: Session, path: Path) -> Track:
    """Read one file's tags again. :raises FileFault: it cannot be read any more"""
    fresh: list[Track] = []
    track = _look(session, path, fresh, again=True)
    session.library.put_tracks(fresh)
    return track


def _files(roots: Sequence[Path]) -> Iterator[Path | FileFault]:
    seen: set[str] = set()
    for root in roots:
        if not root.is_dir():
            found: Iterator[Path | FileFault] = iter(
                [root if root.exists() else FileFault(root, "no such file")]
            )
        else:
            found = _walk(root)
        for item in found:
            if isinstance(item, FileFault):
                yield item
            elif (place := os.path.realpath(item)) not in seen:
                # A file and a link to it are one track, under the name that comes first.
                seen.add(place)
                yield item


def _walk(folder: Path) -> Iterator[Path | FileFault]:
    """Depth first, in order of name. Links to folders are not followed: they can form a circle."""
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
                yield from _walk(path)
        elif is_audio_name(path):
            yield path


def _look(session: Session, path: Path, fresh: list[Track], *, again: bool = False) -> Track:
    try:
        status = path.stat()
    except OSError as error:
        raise FileFault(path, error.strerror or str(error)) from error
    if not stat.S_ISREG(status.st_mode):
        raise FileFault(path, "not a regular file")  # a pipe would be waited for without end
    stamp = FileStamp.of(status)
    known = None if again else session.library.track(path)
    if known is not None and known.stamp == stamp:
        return known
    if stamp.size == 0:
        raise FileFault(path, "the file is empty")
    track = _read(path, stamp)
    fresh.append(track)
    return track


def _read(path: Path, stamp: FileStamp) -> Track:
    """Tags and length; a file is refused only if neither can be read."""
    try:
        duration = probe(path).duration
        fault: DecodeError | None = None
    except DecodeError as error:
        duration, fault = None, error
    try:
        return Track(path, stamp, duration, read_tags(path).tags)
    except TagFault:
        if fault is not None:
            raise fault from None
        return Track(path, stamp, duration)
