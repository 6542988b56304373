"""Opening folders and files in the system's own programs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from PySide6.QtCore import QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication

from mat_desktop.errors import printable
from mat_desktop.gui.operations.desk import Desk

LOOK = 100
"""Milliseconds between two looks at the process that finds a program."""

PATIENCE = 50
"""Looks after which it counts as well: some of them stay as long as what they opened."""


def open_place(desk: Desk, path: Path) -> None:
    """Open a folder or a file and say so, or that nothing here opens it."""

    def complain() -> None:
        desk.result(f"{printable(Path(path.name))} is not opened")
        text = f"No program here opens {printable(path)}"
        desk.say("warning", text, "Copy path", lambda: _copy(desk, path), kind="open")

    opener = shutil.which("xdg-open")
    if opener is None:
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            complain()
        return
    # Qt starts it too, but does not wait for what it says, so that nobody hears of a missing file manager.
    try:
        process = subprocess.Popen(
            [opener, str(path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:  # not a program, or no room for one more
        complain()
        return
    desk.result(f"Opening {printable(Path(path.name))}")
    timer = QTimer(desk.bridge)
    looks = 0

    def look() -> None:
        nonlocal looks
        looks += 1
        status = process.poll()
        if status is None and looks < PATIENCE:
            return
        timer.stop()
        timer.deleteLater()
        if status:
            complain()

    timer.timeout.connect(look)
    timer.start(LOOK)


def _copy(desk: Desk, path: Path) -> None:
    QGuiApplication.clipboard().setText(printable(path))
    desk.result("Copied the path")
