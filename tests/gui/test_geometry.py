"""The window and its frame lie inside the screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMargins, QRect, QSettings
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from mat_desktop.gui.geometry import Placement, inside

FRAME = QMargins(1, 30, 1, 5)


@pytest.mark.parametrize(
    ("wish", "area", "expected"),
    [
        (QRect(0, 0, 1440, 900), QRect(0, 0, 1440, 900), QRect(1, 30, 1438, 865)),  # all of the screen
        (QRect(240, 90, 1440, 900), QRect(0, 0, 1920, 1080), QRect(240, 90, 1440, 900)),  # there is room
        (QRect(1500, 800, 1000, 700), QRect(0, 0, 1920, 1080), QRect(919, 375, 1000, 700)),  # too far out
        (QRect(-500, -500, 1000, 700), QRect(1920, 24, 1280, 696), QRect(1921, 54, 1000, 661)),  # elsewhere
    ],
)
def test_the_frame_lies_inside(wish: QRect, area: QRect, expected: QRect) -> None:
    rect = inside(wish, area, FRAME)
    assert rect == expected
    assert area.contains(rect.marginsAdded(FRAME))


def test_what_was_kept_on_a_larger_screen_is_made_to_fit(qtbot: QtBot, tmp_path: Path) -> None:
    settings = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    large = QWidget()
    qtbot.addWidget(large)
    large.setGeometry(100, 100, 3000, 2000)
    Placement(large, settings).save()
    window = QWidget()
    qtbot.addWidget(window)
    Placement(window, settings).restore()
    assert window.screen().availableGeometry().contains(window.geometry())
