"""The window's tests run without a display and without torch, on a double of the application layer."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import Shiboken

from mat_desktop.audio.player import Player
from mat_desktop.gui import theme
from mat_desktop.gui.operations import watch
from mat_desktop.gui.window import Window
from tests.gui.double import FakeServices
from tests.gui.silent_player import SilentCard

PATIENCE = 60_000
"""Longest wait in milliseconds: a thread may be loading something large on a busy computer."""


class Patient(QtBot):
    """Waits so long as a busy computer may need, unless told otherwise."""

    def waitUntil(self, callback: Callable[[], bool | None], *, timeout: int = PATIENCE) -> None:
        super().waitUntil(callback, timeout=timeout)

    def waitSignal(self, signal: Any, *, timeout: int = PATIENCE, **options: Any) -> Any:
        return super().waitSignal(signal, timeout=timeout, **options)


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    return Patient(request)


@pytest.fixture(autouse=True)
def _fonts(qapp: QApplication) -> None:
    qapp.setStyle("Fusion")
    theme.load_fonts()
    qapp.setFont(theme.font())


@pytest.fixture(autouse=True)
def _drives_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders that a test makes for the double are no drives that came."""
    monkeypatch.setattr(watch, "EVERY", 3600.0)


@pytest.fixture(autouse=True)
def _nothing_stays(qapp: QApplication) -> Iterator[None]:
    """Delete what belongs to no widget. Each window's would stay to the end, with 8 MB: what a signal calls
    holds its sender, and the sender holds, where Python does not see it, what it calls.
    """
    yield
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    for each in Shiboken.getAllValidWrappers():
        if (
            isinstance(each, QObject)
            and not isinstance(each, QWidget)
            and type(each).__module__.startswith("mat_desktop.")
            and each is not theme.appearance
            and Shiboken.isValid(each)
            and each.parent() is None
        ):
            Shiboken.delete(each)
    gc.collect()  # now, and not while Qt hands over a list of widgets, some of which it would delete


@pytest.fixture
def services(tmp_path: Path) -> FakeServices:
    return FakeServices(tmp_path)


@pytest.fixture
def window(qtbot: QtBot, services: FakeServices) -> Iterator[Window]:
    """A window that is shown and closed, without a player."""
    made = Window(services)
    qtbot.addWidget(made)
    made.resize(1440, 900)
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    yield made
    made.quit()
    # Where files were being written, it closes once the one under way is done, as it promises its user.
    qtbot.waitUntil(lambda: services.closed, timeout=PATIENCE)
    assert made.bridge.shut(PATIENCE), "a thread is still at work"


@pytest.fixture
def library(qtbot: QtBot, window: Window, services: FakeServices) -> Window:
    """The window with the double's tracks scanned."""
    window.begin([services.music])
    qtbot.waitUntil(lambda: len(window.tracks.rows()) == 6 and not window.bridge.busy, timeout=30_000)
    qtbot.waitUntil(lambda: window.library.dock.plot is not None, timeout=30_000)
    return window


@pytest.fixture
def card() -> SilentCard:
    return SilentCard()


@pytest.fixture
def sounding(qtbot: QtBot, services: FakeServices, card: SilentCard) -> Iterator[Window]:
    """A window with the double's tracks and a player that makes no sound."""
    window = Window(services, make_player=lambda: cast(Player, card))
    qtbot.addWidget(window)
    window.resize(1440, 900)
    window.show()
    window.begin([services.music])
    bar = window.library.dock.player
    qtbot.waitUntil(lambda: bar.play.isEnabled() and len(window.tracks.rows()) == 6)
    qtbot.waitUntil(lambda: window.library.dock.plot is not None, timeout=10000)
    qtbot.waitUntil(lambda: window.library.dock.picture is not None)
    window.library.table.setFocus()
    yield window
    window.close()
    assert window.bridge.shut(5000)
