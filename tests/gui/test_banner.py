from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from mat_desktop.gui.widgets.banner import Banners
from mat_desktop.gui.window import Window

PRESS, NO_MODIFIER = QEvent.Type.KeyPress, Qt.KeyboardModifier.NoModifier


def test_a_message_that_goes_gives_the_focus_back(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    layout = QVBoxLayout(window)
    layout.addWidget(QPushButton("first in order"))
    banners, working = Banners(), QLineEdit()
    layout.addWidget(banners)
    layout.addWidget(working)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    working.setFocus()
    qtbot.waitUntil(working.hasFocus)

    banner = banners.show_message("danger", "No sound", "Again", lambda: None)
    banner.action.setFocus()
    qtbot.keyClick(banner.action, Qt.Key.Key_Return)
    assert banner.isHidden()
    assert working.hasFocus()

    banner = banners.show_message("danger", "No sound")
    assert working.hasFocus()
    banner.dismiss()
    assert working.hasFocus(), "it never had the focus, and takes none"


def test_good_news_does_not_go_while_the_mouse_moves(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    banners = Banners()
    QVBoxLayout(window).addWidget(banners)
    window.show()
    qtbot.waitExposed(window)
    banner = banners.show_message("positive", "Done.")
    here = window.frameGeometry().center()
    monkeypatch.setattr("mat_desktop.gui.widgets.banner.QCursor.pos", lambda: here)
    banner.fade()
    assert not banner.isHidden(), "nobody knows yet whether it moves"
    banner.fade(here + QPoint(3, 0))
    assert not banner.isHidden(), "it moved"
    banner.fade(here)
    assert banner.isHidden()


def test_escape_closes_the_newest_message_that_leads_nowhere(qtbot: QtBot, window: Window) -> None:
    banners, rail = window.pages.current.banners, window.rail.menu
    banners.show_message("warning", "older")
    banners.show_message("danger", "newer")
    banners.show_message("warning", "led on", "Undo", lambda: None)
    qtbot.waitUntil(lambda: len(banners.texts()) == 3, timeout=5000)
    for left in (["older", "led on"], ["led on"], ["led on"]):
        press = [QKeyEvent(PRESS, Qt.Key.Key_Escape, NO_MODIFIER, "", held) for held in (False, True, True)]
        for event in press:
            QApplication.sendEvent(rail, event)
        assert banners.texts() == left


def test_good_news_gives_way_first_and_what_is_not_done_last(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    banners = Banners()
    QVBoxLayout(window).addWidget(banners)
    window.show()
    banners.show_message("warning", "5 files remain.", "Write the rest…", lambda: None, stays=True)
    for level, text in (("danger", "No sound"), ("positive", "Done."), ("danger", "No disk")):
        banners.show_message(level, text)
    qtbot.waitUntil(lambda: banners.texts() == ["5 files remain.", "No sound", "No disk"])  # laid out
    banners.show_message("danger", "No model")
    qtbot.waitUntil(lambda: banners.texts() == ["5 files remain.", "No disk", "No model"])
