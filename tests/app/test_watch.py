"""Watching real folders."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from threading import Event, Thread

import pytest

from mat_desktop.app import watch as watch_module
from mat_desktop.app.watch import watch

Batches = Queue[list[Path]]


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[tuple[Path, Batches]]:
    """A folder with a song, and what is said of it."""
    folder = tmp_path / "music"
    folder.mkdir()
    (folder / "a.mp3").write_bytes(b"a")
    stop, ready = Event(), Event()
    batches: Batches = Queue()

    def run() -> None:
        found = watch([folder, tmp_path / "not there"], stop)
        ready.set()
        for batch in found:
            batches.put(batch)

    thread = Thread(target=run)
    thread.start()
    ready.wait(5)
    (folder / "ready.mp3").touch()  # the watch stands once it says something
    while True:
        try:
            batches.get(timeout=1)
            break
        except Exception:
            (folder / "ready.mp3").write_bytes(b"r")
    yield folder, batches
    stop.set()
    thread.join(5)
    assert not thread.is_alive()


def said(batches: Batches, *wanted: Path) -> set[Path]:
    """All that is said until every wanted path was."""
    found: set[Path] = set()
    while not set(wanted) <= found:
        found |= set(batches.get(timeout=10))
    return found


def test_new_changed_and_gone(watched: tuple[Path, Batches], tmp_path: Path) -> None:
    folder, batches = watched
    song = folder / "a.mp3"
    with song.open("r+b") as file:
        file.write(b"changed in place")
    said(batches, song)
    (folder / "cover.jpg").write_bytes(b"no music")
    (folder / ".mat-0123456789.tmp").write_bytes(b"ours")
    (folder / "b.flac").write_bytes(b"b")
    assert said(batches, folder / "b.flac") == {folder / "b.flac"}
    song.unlink()
    said(batches, song)
    album = tmp_path / "album"
    album.mkdir()
    (album / "c.ogg").write_bytes(b"c")
    shutil.move(album, folder / "album")
    said(batches, folder / "album")


def test_nothing_to_watch(tmp_path: Path) -> None:
    assert list(watch([tmp_path / "not there"], Event())) == []


def test_one_that_still_looks_through_its_folders_ends_when_told_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_module, "PROGRAM", (sys.executable, "-c", "input()"))
    stop = Event()
    thread = Thread(target=lambda: list(watch([tmp_path], stop)))
    thread.start()
    stop.set()
    thread.join(20)
    assert not thread.is_alive()


def test_a_watch_that_ends_by_itself_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_module, "PROGRAM", (sys.executable, "-c", "pass"))
    with pytest.raises(OSError, match="ended"):
        list(watch([tmp_path], Event()))


def test_why_folders_cannot_be_watched_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    says = 'print(\'{"error": "no room"}\')'
    monkeypatch.setattr(watch_module, "PROGRAM", (sys.executable, "-c", says))
    with pytest.raises(OSError, match="no room"):
        list(watch([tmp_path], Event()))
