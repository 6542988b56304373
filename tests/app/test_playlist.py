"""Playlists that other programs can read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mat_desktop.app.playlist import Listed, write_playlist
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import FileStamp, Track
from mat_desktop.errors import FileFault


def track(path: Path, **tags: str) -> Track:
    return Track(path, FileStamp(1, 1, 1), None, {Field(name): (value,) for name, value in tags.items()})


def test_lines(tmp_path: Path) -> None:
    music = tmp_path / "music"
    odd = Path(os.fsdecode(os.fsencode(music) + b"/caf\xe9.mp3"))
    listed = [
        (track(music / "a.flac", title="Ä\nb", artist="Björk"), 200.6),
        (track(tmp_path / "b.mp3"), None),
        (track(odd), 1.0),
        (track(music / "#c.mp3"), 2.0),
        (track(music / "line\nbreak.mp3"), 3.0),
        (track(Path("/elsewhere/d.mp3")), 4.0),
    ]
    music.mkdir()
    assert write_playlist(music / "list.m3u8", listed) == Listed(5, 1, 0)
    lines = (music / "list.m3u8").read_bytes().splitlines()
    assert lines[0] == b"#EXTM3U"
    assert lines[1::2] == [
        "#EXTINF:201,Björk - Ä b".encode(),
        b"#EXTINF:-1,b",
        b"#EXTINF:1,caf?",
        b"#EXTINF:2,#c",
        b"#EXTINF:4,d",
    ]
    assert lines[2::2] == [b"a.flac", b"../b.mp3", b"caf\xe9.mp3", b"./#c.mp3", b"/elsewhere/d.mp3"]
    assert [path.name for path in music.iterdir()] == ["list.m3u8"]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileFault) as caught:
        write_playlist(tmp_path / "no" / "list.m3u8", [])
    assert str(tmp_path / "no" / "list.m3u8") in str(caught.value)


def test_a_file_that_cannot_be_read_is_listed_while_it_is_there(tmp_path: Path) -> None:
    (odd := tmp_path / "odd one.mp3").write_bytes(b"no sound")
    made = tmp_path / "list.m3u8"
    assert write_playlist(made, [(odd, None), (tmp_path / "lost.mp3", None)]) == Listed(1, 0, 1)
    assert made.read_text().splitlines()[1:] == ["#EXTINF:-1,odd one", "odd one.mp3"]
