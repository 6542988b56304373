from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from mat_desktop.gui.theme import appearance
from mat_desktop.gui.widgets.banner import Banners
from mat_desktop.gui.window import Window
from tests.gui.resting import rests

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
    qtbot.waitUntil(lambda: len(banners.texts()) == 3)
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


def test_a_click_for_what_stood_there_before_does_nothing(qtbot: QtBot, window: Window) -> None:
    pressed: list[str] = []
    banner = window.pages.current.banners.show_message("danger", "No", "Again", lambda: pressed.append("a"))
    qtbot.waitUntil(lambda: banner.action.height() > 10 and banner.action.width() > 10)

    def click() -> None:
        place = banner.action.mapTo(window, banner.action.rect().center())
        handle = window.windowHandle()
        QTest.mouseClick(handle, Qt.MouseButton.LeftButton, NO_MODIFIER, place)

    click()
    assert not pressed, "it has only just come"
    through = Qt.WidgetAttribute.WA_TransparentForMouseEvents
    qtbot.waitUntil(lambda: not banner.testAttribute(through))
    click()
    assert pressed == ["a"]


LONG = (
    "Writing stopped in the middle: 12 of 40 files are written, and 28 files remain as they were before.",
    "The sound device has gone away, so that nothing is heard until another one is chosen in your system.",
    "The folder of the music cannot be read any more: the drive that it lies on is away, or was closed.",
)


def test_long_messages_in_large_letters_push_nothing_out(qtbot: QtBot, library: Window) -> None:
    library.actions_["listen_all"].trigger()
    qtbot.waitUntil(lambda: not library.bridge.busy, timeout=30_000)
    try:
        appearance.use_text(200)
        library.setMinimumSize(100, 100)
        library.resize(1280, 720)
        for name in library.pages.names:
            library.pages.show(name)
            qtbot.waitUntil(lambda: rests(library), timeout=30_000)
            banners = library.pages.current.banners
            for text in LONG:
                newest = banners.show_message("danger", text, "Write the rest…", lambda: None)
            qtbot.waitUntil(lambda newest=newest: newest.y() < 20 < newest.height())
            qtbot.wait(50)
            view = library.pages.view
            assert view.verticalScrollBar().maximum() == 0, name
            for part in (library.library.dock.player, banners):
                if part.isVisible():
                    low = part.mapTo(view.viewport(), part.rect().bottomLeft()).y()
                    assert low < view.viewport().height(), (name, part)
            lines = newest.fontMetrics().height()
            assert banners.viewport().height() >= 2 * lines, name
    finally:
        appearance.use_text(100)


def test_a_message_leaves_the_current_row_in_view(qtbot: QtBot, library: Window) -> None:
    table, banners = library.library.table, library.library.banners
    bar = table.verticalScrollBar()
    library.setMinimumSize(100, 100)
    library.resize(1280, 640)
    library.library.middle.setSizes([200, 400])
    qtbot.waitUntil(lambda: bar.maximum() > 20)

    high = table.viewport().height()

    def message() -> None:
        banners.show_message("danger", "No sound")
        qtbot.waitUntil(lambda: table.viewport().height() < high)

    library.library.select(0)
    message()
    assert bar.value() == 0, "what is in view stays where it is"
    banners.clear("No sound")
    qtbot.waitUntil(lambda: table.viewport().height() == high)
    library.library.select(table.rowAt(table.viewport().height() - 1))
    at = bar.value()
    message()
    assert bar.value() > at
    assert table.visualRect(table.currentIndex()).bottom() < table.viewport().height()
