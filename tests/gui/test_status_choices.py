"""Device and model in the status bar lead to where they are changed, by mouse and by keyboard."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from mat_desktop.gui.widgets.job_bar import WAITING
from mat_desktop.gui.window import Window
from tests.gui.double import FakeServices


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Space])
def test_the_device_leads_to_its_setting(qtbot: QtBot, library: Window, key: Qt.Key) -> None:
    device = library.status.device
    assert device.focusPolicy() & Qt.FocusPolicy.TabFocus

    def is_there() -> bool:
        rows = library.preferences.page.rows
        return "listening.device" in rows and QApplication.focusWidget() is rows["listening.device"].control

    for _ in range(2):  # the page is made when it is first shown
        library.pages.show("library")
        device.setFocus()
        qtbot.keyClick(device, key)
        assert library.pages.shows(library.preferences.page)
        qtbot.waitUntil(is_there, timeout=10_000)


def test_the_model_leads_to_the_models(qtbot: QtBot, library: Window) -> None:
    qtbot.mouseClick(library.status.model, Qt.MouseButton.LeftButton)
    assert library.pages.current.name == "models"


def test_what_stops_work_stays_in_its_place_whatever_device_and_work_are_called(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    status = library.status
    services.hold.clear()
    for wide in (1440, 1000):
        library.resize(wide, 760)
        library.actions_["listen_all"].trigger()
        qtbot.waitUntil(status.cancel.isVisible)
        places = set()
        for device in (WAITING, "CPU, 2 cores", "NVIDIA GeForce RTX 4090 Laptop GPU"):
            for title in ("Scanning", "Listening to what has come since then (+3)"):
                status.set_device(device)
                status.title.setText(title)
                QApplication.processEvents()
                places.add(
                    (status.pause.mapTo(status, QPoint()).x(), status.cancel.mapTo(status, QPoint()).x())
                )
        assert len(places) == 1
        library.actions_["cancel"].trigger()
        qtbot.waitUntil(lambda: not library.bridge.busy)
    assert status.device.toolTip().startswith("GPU · NVIDIA GeForce RTX 4090 Laptop GPU")


def test_what_is_cut_is_whole_in_the_tool_tip(qtbot: QtBot, library: Window) -> None:
    model = library.status.model
    assert model.toolTip().endswith("Choose the model on the Models page")
    assert model.text() not in model.toolTip()
    model.say("A model with a name that is far too long for the bar of a window " * 4)
    qtbot.waitUntil(lambda: model.width() < model.sizeHint().width())
    assert model.toolTip().startswith(model.text())
