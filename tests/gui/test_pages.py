"""The rail and the pages that it chooses among."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from mat_desktop.gui.actions import FOOT, PAGES, Actions
from mat_desktop.gui.widgets import rail
from mat_desktop.gui.window import Window


def test_every_button_of_the_rail_shows_its_page(library: Window) -> None:
    assert set(library.pages.names) == {*PAGES, *FOOT, "first"}
    for name, button in library.rail.buttons.items():
        button.click()
        assert library.pages.current.name == name
        assert button.isChecked()
        assert library.actions_[name].shortcut().toString().replace("+", " ") in button.toolTip()


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
