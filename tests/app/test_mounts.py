from __future__ import annotations

import os
from pathlib import Path

import pytest

from mat_desktop.app.mounts import note_mounts, unmounted
from mat_desktop.app.session import Session


def test_a_volume_inside_a_folder_is_remembered_until_it_is_back(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, usb = tmp_path / "music", tmp_path / "music" / "usb"
    mounted = {os.fspath(usb), os.fspath(tmp_path)}
    monkeypatch.setattr(os.path, "ismount", lambda place: os.fspath(place) in mounted)
    files = {os.fspath(usb / "album" / name) for name in ("a.flac", "b.flac")} | {os.fspath(root / "c.flac")}
    note_mounts(session, [root], files)
    assert session.library.mounts() == [usb], "what lies over the folder is none inside it"
    assert unmounted(session) == []
    mounted.clear()
    note_mounts(session, [root], {os.fspath(root / "c.flac")})
    assert unmounted(session) == [usb]
    mounted.add(os.fspath(usb))
    assert unmounted(session) == []
