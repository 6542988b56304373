"""What the system's other programs are asked for, and what is said where they are not there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from mat_desktop.gui.operations.places import open_place
from mat_desktop.gui.window import Window

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="xdg-open is a script here")


def opener(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    folder.mkdir()
    (folder / "xdg-open").write_text(f"#!/bin/sh\n{text}\n")
    (folder / "xdg-open").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


def test_a_folder_is_opened(
    qtbot: QtBot, library: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opener(tmp_path / "bin", monkeypatch, f'printf %s "$1" > {tmp_path}/opened')
    open_place(library.desk, tmp_path / "music")
    opened = tmp_path / "opened"
    qtbot.waitUntil(lambda: opened.exists() and opened.read_text() == str(tmp_path / "music"), timeout=10_000)
    qtbot.wait(300)
    assert library.pages.current.banners.texts() == []


def test_nothing_that_opens_folders_is_said(
    qtbot: QtBot, library: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opener(tmp_path / "bin", monkeypatch, "exit 3")
    library.library.select(0)
    library.actions_["show_folder"].trigger()
    banners = library.pages.current.banners
    qtbot.waitUntil(
        lambda: banners.texts() == [f"No program here opens {tmp_path / 'music'}"], timeout=10_000
    )
    assert library.status.result.text() == "music is not opened"
    banners._shown["open"].action.click()
    assert QGuiApplication.clipboard().text() == str(tmp_path / "music")


def test_an_opener_that_cannot_be_started_is_said(
    library: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opener(tmp_path / "bin", monkeypatch, "")
    (tmp_path / "bin" / "xdg-open").write_text("#!/no/such/shell\n")
    open_place(library.desk, tmp_path / "music")
    assert library.pages.current.banners.texts() == [f"No program here opens {tmp_path / 'music'}"]


def test_playing_without_sound_says_why(qtbot: QtBot, library: Window) -> None:
    library.library.select(0)
    library.actions_["play"].trigger()
    assert library.pages.current.banners.texts() == ["Nothing can be played: Sound is off"]
