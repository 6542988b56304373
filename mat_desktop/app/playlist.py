"""Playlists as extended M3U in UTF-8."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import Track
from mat_desktop.errors import FileFault
from mat_desktop.whole_file import whole_file


def write_playlist(path: Path, tracks: Iterable[tuple[Track, float | None]]) -> int:
    """Write tracks in order; the file is replaced in one step. Returns how many it lists.

    Paths are relative to the playlist where both lie under one folder, so that they can be moved together;
    a name with a line break cannot be listed and is left out.

    :param tracks: with their lengths in seconds, None where unknown
    :raises FileFault: the file cannot be written
    """
    lines = [b"#EXTM3U"]
    count = 0
    for track, seconds in tracks:
        place = _place(track.path, path.parent)
        if "\n" in place or "\r" in place:
            continue
        length = -1 if seconds is None else round(seconds)
        lines += [f"#EXTINF:{length},{_name(track)}".encode("utf-8", "replace"), os.fsencode(place)]
        count += 1
    try:
        with whole_file(path) as file:
            file.write(b"\n".join(lines) + b"\n")
    except OSError as error:
        raise FileFault(path, error.strerror or str(error)) from error
    return count


def _name(track: Track) -> str:
    artist = ", ".join(track.tags.get(Field.ARTIST, ()))
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
