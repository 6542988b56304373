"""The Training page on the double, with a stand-in for the process that trains."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mat_desktop.gui.operations import child
from mat_desktop.gui.views.training import TrainingPage
from mat_desktop.gui.window import Window
from tests.gui.training.runs import FAKE, PATIENCE


@pytest.fixture(autouse=True)
def _fake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "PROGRAM", (sys.executable, "-P", FAKE))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    return folder


@pytest.fixture
def page(qtbot: QtBot, window: Window) -> Iterator[TrainingPage]:
    """In view, with all that it asks for."""
    qtbot.waitUntil(window.isActiveWindow, timeout=PATIENCE)
    qtbot.keyClick(window.rail.menu, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    page = window.training.page
    assert window.pages.shows(page)
    qtbot.waitUntil(lambda: bool(page.form.settings.all) and page.run.plots is not None, timeout=PATIENCE)
    yield page
    window.training.close()
