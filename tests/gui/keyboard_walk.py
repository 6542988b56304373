"""One sitting at the real window, by keyboard: ``python -m tests.gui.keyboard_walk DATA_DIR FOLDER``.

Opens the folder, listens, reviews, writes, says so on standard output, waits for a line on standard input,
takes the write back, and ends. Each step waits for what the window shows, not for a time.
"""

from __future__ import annotations

import json
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
from mat_desktop.domain.scores import Verdict
from mat_desktop.gui import main, theme
from mat_desktop.gui.app_services import AppServices
from mat_desktop.gui.models.row import State
from mat_desktop.gui.window import Window

PATIENCE = 60.0
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def press(key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """A key for whatever has the focus, as the keyboard sends it."""
    QTest.keyClick(QGuiApplication.focusWindow(), key, modifier)  # type: ignore[call-overload]


def wait(what: str, is_so: Callable[[], bool]) -> None:
    """Let the window work until it shows something."""
    patience = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > patience:
            print(f"waited in vain: {what}", file=sys.stderr, flush=True)
            os._exit(1)
        QTest.qWait(10)


def tell(**facts: object) -> None:
    """A line for the test."""
    print(json.dumps(facts), flush=True)


def walk(data_dir: Path, folder: Path) -> None:
    """All of it."""
    main.keep_turning()
    app = QApplication(["mat-desktop"])
    app.setStyle("Fusion")
    theme.load_fonts()
    app.setFont(theme.font())
    window = Window(AppServices(Session(data_dir)))
    window.show()
    window.activateWindow()
    window.begin([folder])
    wait("the window has the keyboard", lambda: QGuiApplication.focusWindow() is not None)

    count = len(list(folder.iterdir()))
    rows = window.tracks.rows
    wait("every file is listed", lambda: len(rows()) == count and not window.bridge.busy)
    wait("the model is up", lambda: window.engine.device is not None)
    wait("listening is offered", lambda: window.actions_["listen_all"].isEnabled())
    press(Qt.Key.Key_L, SHIFT)
    wait("every file is heard", lambda: all(row.state is State.TO_REVIEW for row in rows()))

    press(Qt.Key.Key_2, CONTROL)
    wait("the review page", lambda: window.room.in_view and bool(window.room.question.suggestions))
    for done in range(count):
        wait("a track to review", lambda: bool(window.room.question.undecided))
        if done == 0:
            press(Qt.Key.Key_1, SHIFT)  # reject the first tag, take it back, accept all that are shown
            wait("a rejected tag", lambda: Verdict.REJECTED in given(window))
            press(Qt.Key.Key_Z, CONTROL)
            wait("no rejected tag", lambda: Verdict.REJECTED not in given(window))
        press(Qt.Key.Key_P, SHIFT)
        press(Qt.Key.Key_Return)
        wait("one more is reviewed", lambda: sum(r.state is State.REVIEWED for r in rows()) == done + 1)  # noqa: B023

    press(Qt.Key.Key_1, CONTROL)
    wait("writing is offered", lambda: window.actions_["write"].isEnabled())
    press(Qt.Key.Key_S, CONTROL)
    wait("the plan is there", lambda: window.panels.write.write.isEnabled())
    tell(
        accepted={
            row.path.name: [n for n, v in row.verdicts.items() if v is Verdict.ACCEPTED] for row in rows()
        }
    )
    press(Qt.Key.Key_Return, CONTROL)
    wait("every file is written", lambda: all(row.state is State.WRITTEN for row in rows()))
    wait("the run is in the history", lambda: window.undoing.last is not None)
    tell(written=count)
    sys.stdin.readline()
    press(Qt.Key.Key_Z, CONTROL)
    wait("the run is taken back", lambda: window.undoing.last is None)
    tell(undone=True)
    window.close()


def given(window: Window) -> set[Verdict]:
    """Verdicts on the tags in view."""
    return {suggestion.verdict for suggestion in window.room.question.suggestions}


if __name__ == "__main__":
    walk(Path(sys.argv[1]), Path(sys.argv[2]))
