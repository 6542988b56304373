"""One sitting at the real window, by keyboard: ``python -m tests.gui.keyboard_walk DATA_DIR FOLDER``.

Opens the folder, listens, reviews, writes, says so on standard output, waits for a line on standard input,
takes the write back, and ends. Each step waits for what the window shows, not for a time.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from mat_desktop.domain.scores import Verdict
from mat_desktop.gui.models.row import State
from mat_desktop.gui.window import Window
from tests.gui.real import CONTROL, SHIFT, press, start, wait


def tell(**facts: object) -> None:
    """A line for the test."""
    print(json.dumps(facts), flush=True)


def walk(data_dir: Path, folder: Path) -> None:
    """All of it."""
    window = start(data_dir)
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
    press(Qt.Key.Key_A, CONTROL)
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
    wait("the run is in the history", lambda: window.archive.undoing.last is not None)
    tell(written=count)
    sys.stdin.readline()
    press(Qt.Key.Key_Z, CONTROL)
    panel = window.archive.page.reversal
    wait("what that would do is shown", lambda: panel.isVisible() and panel.do.isEnabled())
    press(Qt.Key.Key_Return, CONTROL)
    wait("the run is taken back", lambda: window.archive.undoing.last is None)
    tell(undone=True)
    window.close()


def given(window: Window) -> set[Verdict]:
    """Verdicts on the tags in view."""
    return {suggestion.verdict for suggestion in window.room.question.suggestions}


if __name__ == "__main__":
    walk(Path(sys.argv[1]), Path(sys.argv[2]))
