"""Settings in the window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from mat_desktop.app.tag_file import Slip
from mat_desktop.domain.plan import Policy
from mat_desktop.domain.tags import Field
from mat_desktop.errors import UsageFault
from mat_desktop.gui.window import Window
from tests.gui.double import FakeServices


def test_a_policy_set_in_the_window_is_written_down(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    library.review.set_policy(Field.GENRE, Policy.SKIP)
    library.review.set_policy(Field.GENRE, Policy.REPLACE)
    assert services.policies[Field.GENRE] is Policy.REPLACE
    qtbot.waitUntil(lambda: services.kept_settings == {"writing.genre": "replace"}, timeout=5000)


def test_what_an_earlier_version_kept_elsewhere_is_taken_over_once(
    qtbot: QtBot, services: FakeServices, tmp_path: Path
) -> None:
    state = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    for name, value in {
        "appearance": "light",
        "library/volume": 35,
        "player/device": "Headphones",
        "watch/listen": True,
        "policy/genre": "skip",  # what the file says counts more
        "policy/mood": "nonsense",
        "folder": "/music",
    }.items():
        state.setValue(name, value)
    services.use_settings({"writing.genre": "replace"})
    window = Window(services, settings=state)
    qtbot.addWidget(window)
    expected = {
        "appearance.theme": "light",
        "player.volume": 35,
        "player.device": "Headphones",
        "listening.new_music": True,
    }
    assert all(services.settings[key] == value for key, value in expected.items())
    assert services.settings.genre == "replace"
    assert window.actions_["listen_new"].isChecked()
    assert window.library.dock.player.volume.value() == 35
    assert window.library.player.device == "Headphones"
    assert state.allKeys() == ["folder"]
    window.quit()
    assert window.bridge.shut(5000)
    assert services.kept_settings == expected


def test_a_file_that_cannot_be_used_is_said_and_set_aside_on_demand(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    services.settings_fault = UsageFault("settings.toml is not usable: line 3")
    services.settings_slips = (Slip(str(services.settings_fault), "all settings are as by default"),)
    library.configure.warn()
    assert "line 3; all settings are as by default." in library.library.banners.texts()[-1]
    library.configure.put({"player.volume": 12})
    assert library.library.dock.player.volume.value() == 12
    qtbot.waitUntil(lambda: "cannot be kept" in library.library.banners.texts()[-1], timeout=5000)
    library.library.banners._shown[list(library.library.banners._shown)[-1]].action.click()
    qtbot.waitUntil(lambda: services.kept_settings == {"player.volume": 12}, timeout=5000)


def test_a_device_that_is_not_here_is_said(qtbot: QtBot, library: Window, services: FakeServices) -> None:
    services.instead = "there is no cuda device on this computer"
    library.engine.start()
    qtbot.waitUntil(
        lambda: (
            "There is no cuda device on this computer. The model runs on CPU, 2 cores."
            in library.library.banners.texts()
        ),
        timeout=5000,
    )
