"""Playlists as extended M3U in UTF-8."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import Track
from mat_desktop.errors import FileFault
from mat_desktop.whole_file import whole_file


@dataclass(frozen=True, slots=True)
class Listed:
    """:param count: tracks in the playlist
    :param broken: left out, as no line can hold a name with a line break
    :param lost: left out, as nothing is known of them and they are not there
    """

    count: int
    broken: int
    lost: int


def write_playlist(path: Path, tracks: Iterable[tuple[Track | Path, float | None]]) -> Listed:
    """Write tracks in order; the file is replaced in one step.

    Paths are relative to the playlist where both lie under one folder, so that they can be moved together.

    :param tracks: with their lengths in seconds, None where unknown; the path of a file that cannot be read
    :raises FileFault: the file cannot be written
    """
    lines = [b"#EXTM3U"]
    count = broken = lost = 0
    for track, seconds in tracks:
        own = track if isinstance(track, Path) else track.path
        place = _place(own, path.parent)
        if "\n" in place or "\r" in place:
            broken += 1
            continue
        if own is track and not own.exists():  # what is known may only be away
            lost += 1
            continue
        length = -1 if seconds is None else round(seconds)
        lines += [f"#EXTINF:{length},{_name(track)}".encode("utf-8", "replace"), os.fsencode(place)]
        count += 1
    try:
        with whole_file(path) as file:
            file.write(b"\n".join(lines) + b"\n")
    except OSError as error:
        raise FileFault(path, error.strerror or str(error)) from error
    return Listed(count, broken, lost)


def _name(track: Track | Path) -> str:
    if isinstance(track, Path):
        return " ".join(track.stem.split())
    artist = ", ".join(track.told(Field.ARTIST))
    name = f"{artist} - {track.title}" if artist else track.title
    return " ".join(name.split())


def _place(track: Path, folder: Path) -> str:
    own = os.fspath(track)
    try:
        common = os.path.commonpath([own, folder])
    except ValueError:  # other drives
        return own
    if common == track.anchor:
        return own
    place = os.path.relpath(own, folder)
    return f"./{place}" if place.startswith("#") else place
