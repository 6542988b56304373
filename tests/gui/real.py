"""The real window on a real session, for what is more than a test of one part."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from mat_desktop.app.session import Session
from mat_desktop.audio.player import Player
from mat_desktop.gui import main, theme
from mat_desktop.gui.app_services import AppServices
from mat_desktop.gui.window import Window

PATIENCE = 120.0
"""Seconds in which no work of the window gets on: a busy computer may take any time for all of it."""

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def start(data_dir: Path, make_player: Callable[[], Player] | None = None) -> Window:
    """A window that is shown, as the program itself makes it; without sound where no player is made."""
    main.keep_turning()
    app = QApplication(["mat-desktop"])
    app.setStyle("Fusion")
    theme.load_fonts()
    app.setFont(theme.font())
    window = Window(AppServices(Session(data_dir)), make_player=make_player)
    window.resize(1440, 900)
    window.show()
    window.activateWindow()
    return window


def press(key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """A key for whatever has the focus, as the keyboard sends it."""
    QTest.keyClick(QGuiApplication.focusWindow(), key, modifier)  # type: ignore[call-overload]


def wait(what: str, is_so: Callable[[], bool]) -> None:
    """Let the window work until it shows something, as long as its work gets on."""
    patience, before = time.monotonic() + PATIENCE, _progress()
    while not is_so():
        if (now := _progress()) != before:
            patience, before = time.monotonic() + PATIENCE, now
        elif time.monotonic() > patience:
            print(f"waited in vain: {what}", file=sys.stderr, flush=True)
            os._exit(1)
        QTest.qWait(10)


def _progress() -> list[tuple[str, int]]:
    """How far each work is that was begun in a window."""
    windows = [widget for widget in QApplication.topLevelWidgets() if isinstance(widget, Window)]
    works = [work for window in windows for work in (*window.bridge.jobs, *window.bridge.past)]
    return [(work.title, work.done) for work in works]
