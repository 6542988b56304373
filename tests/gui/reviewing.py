"""What tests of decisions do: keys where the tags are, and the track in view."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from mat_desktop.gui.models.row import Row
from mat_desktop.gui.window import Window


def press(qtbot: QtBot, window: Window, key: Qt.Key, *, shift: bool = False, control: bool = False) -> None:
    widget: QWidget = window.room.page.question.scores if window.room.in_view else window.library.table
    modifier = Qt.KeyboardModifier.NoModifier
    if shift:
        modifier |= Qt.KeyboardModifier.ShiftModifier
    if control:
        modifier |= Qt.KeyboardModifier.ControlModifier
    qtbot.keyClick(widget, key, modifier)


def in_view(window: Window) -> Row:
    assert window.library.row is not None
    return window.library.row


def decide_all(qtbot: QtBot, window: Window) -> Row:
    """Every suggestion of the track in view; the pause before the next one begins."""
    window.pages.show("review")
    window.room.page.go_on.setChecked(True)
    row = in_view(window)
    press(qtbot, window, Qt.Key.Key_P, shift=True)
    return row
