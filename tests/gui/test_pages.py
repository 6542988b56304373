"""The rail and the pages that it chooses among."""

from __future__ import annotations

import pytest
import shiboken6
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAccessible, QGuiApplication
from PySide6.QtWidgets import QApplication, QLayout, QLayoutItem, QSpacerItem, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import Shiboken

from mat_desktop.gui.actions import FOOT, PAGES, Actions
from mat_desktop.gui.theme import appearance
from mat_desktop.gui.widgets import rail
from mat_desktop.gui.window import Window
from tests.gui.access import role
from tests.gui.double import FakeServices
from tests.gui.resting import rests


def test_every_button_of_the_rail_shows_its_page(library: Window) -> None:
    assert set(library.pages.names) == {*PAGES, *FOOT, "first"}
    for name, button in library.rail.buttons.items():
        button.click()
        assert library.pages.current.name == name
        assert [each for each, other in library.rail.buttons.items() if other.on] == [name]
        assert role(button) is QAccessible.Role.PushButton
        assert library.actions_[name].shortcut().toString().replace("+", " ") in button.toolTip()


def test_a_page_that_is_made_later_is_there_when_it_is_asked_for(window: Window) -> None:
    assert "training" not in vars(window)
    assert "page" not in vars(window.preferences)
    window.actions_["settings"].trigger()
    assert window.pages.shows(window.preferences.page)
    window.actions_["new_run"].trigger()
    assert window.pages.shows(window.training.page)
    assert len(window.pages.names) == len(set(window.pages.names))


def test_settings_count_before_their_page_is_made(window: Window) -> None:
    before = appearance.text_scale
    window.configure.put({"appearance.text": "125"})
    assert appearance.text_scale > before
    assert "page" not in vars(window.preferences)
    window.configure.put({"appearance.text": "100"})


def test_pages_of_the_foot_stand_at_the_bottom(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rail, "PAGES", ("library", "history"))
    monkeypatch.setattr(rail, "FOOT", ("models",))
    parent = QWidget()
    qtbot.addWidget(parent)
    shown = rail.Rail(Actions(parent))
    shown.setParent(parent)
    shown.resize(72, 700)
    parent.show()
    buttons = shown.buttons
    assert list(buttons) == ["library", "history", "models"]
    assert buttons["library"].y() < buttons["history"].y() < 200
    assert buttons["models"].geometry().bottom() > 680


def test_what_takes_long_to_build_is_built_in_turns(qtbot: QtBot, window: Window) -> None:
    window.pages.show("settings")
    settings = window.preferences.page
    assert not settings.rows, "nothing at once"
    window.training.new_run()
    training = window.training.page
    assert not {"form", "run"} & training.__dict__.keys()
    qtbot.waitUntil(lambda: rests(window), timeout=30_000)
    assert {"listening.device", "appearance.font"} <= settings.rows.keys(), "also out of sight"
    assert {"form", "run"} <= training.__dict__.keys()
    assert training.stack.currentWidget() is training.form, "what was asked for meanwhile"


class Windows(QObject):
    """Notes what is shown as a window of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.seen.append(type(watched).__name__)
        return False


def test_no_part_of_the_window_is_ever_a_window(
    qtbot: QtBot, qapp: QApplication, request: pytest.FixtureRequest
) -> None:
    windows = Windows()
    qapp.installEventFilter(windows)
    try:
        window: Window = request.getfixturevalue("library")
        for name in window.pages.names:
            window.pages.show(name)
            qtbot.waitUntil(lambda: rests(window), timeout=30_000)
        for name in ("mapping", "about", "keys", "teach", "taught"):
            window.actions_[name].trigger()
    finally:
        qapp.removeEventFilter(windows)
    assert windows.seen == ["Window"]


def test_no_item_of_a_layout_is_known_to_python(qtbot: QtBot, library: Window) -> None:
    """What it was told of would be forgotten by Qt alone; see :func:`nesting.nest`."""
    for name in library.pages.names:
        library.pages.show(name)
        qtbot.waitUntil(lambda: rests(library))
    for name in ("mapping", "about", "keys", "teach", "taught", "activity"):
        library.actions_[name].trigger()
    known = [
        each
        for each in Shiboken.getAllValidWrappers()
        if isinstance(each, QLayoutItem) and not isinstance(each, QLayout | QSpacerItem)
    ]
    assert not known


def test_a_page_that_was_lent_is_given_back_unless_the_user_went_elsewhere(library: Window) -> None:
    pages = library.pages
    pages.show("history")
    pages.borrow("library")
    pages.borrow("library")  # one panel over another
    pages.give_back()
    assert pages.current.name == "history"
    pages.borrow("library")
    pages.show("models")
    pages.show("library")
    pages.give_back()
    assert pages.current.name == "library"


def test_a_window_that_is_gone_hears_nothing_of_the_user_coming_back(
    qtbot: QtBot, services: FakeServices
) -> None:
    window = Window(services)
    panels = window.panels  # as an exception or a cycle may keep it
    window.quit()
    qtbot.waitUntil(lambda: services.closed, timeout=30_000)
    shiboken6.delete(window)
    app = QGuiApplication.instance()
    assert isinstance(app, QGuiApplication)
    app.applicationStateChanged.emit(Qt.ApplicationState.ApplicationActive)
    assert not shiboken6.isValid(panels)
