"""Settings in the window."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from mat_desktop.app.tag_file import Slip
from mat_desktop.domain.plan import Policy
from mat_desktop.domain.settings import SPECS
from mat_desktop.domain.tags import Field
from mat_desktop.errors import UsageFault
from mat_desktop.gui.models.row import State
from mat_desktop.gui.operations.settings import EARLIER
from mat_desktop.gui.theme import appearance
from mat_desktop.gui.views.settings import SettingsPage
from mat_desktop.gui.widgets.drop_down import Combo, DropDown
from mat_desktop.gui.widgets.slider import Slider
from mat_desktop.gui.widgets.toggle import Toggle
from mat_desktop.gui.window import Window
from tests.gui.double import FakeServices
from tests.gui.test_flow import listen


@pytest.fixture
def page(qtbot: QtBot, library: Window) -> SettingsPage:
    library.actions_["settings"].trigger()
    page = library.preferences.page
    qtbot.waitUntil(lambda: page._complete)
    qtbot.waitUntil(lambda: "double" in entries(page, "listening.model"))
    qtbot.waitUntil(lambda: "cuda" in entries(page, "listening.device"))
    return page


def entries(page: SettingsPage, key: str) -> list[str]:
    control = page.rows[key].control
    assert isinstance(control, DropDown)
    return [str(control.itemData(number)) for number in range(control.count())]


def pick(page: SettingsPage, key: str, value: str) -> None:
    """As the user does."""
    control = page.rows[key].control
    assert isinstance(control, DropDown)
    control.setCurrentIndex(control.findData(value))
    control.activated.emit(control.currentIndex())


def test_every_setting_has_a_control_that_counts_at_once(
    qtbot: QtBot, library: Window, page: SettingsPage, services: FakeServices
) -> None:
    assert set(page.rows) == set(SPECS)
    for key, row in page.rows.items():
        control, before = row.control, services.settings[key]
        assert control.accessibleName()
        if key in ("listening.model", "player.device"):
            continue
        if isinstance(control, Toggle):
            control.click()
        elif isinstance(control, Slider):
            control.setValue(30)
        else:
            pick(page, key, next(value for value in entries(page, key) if value != str(before)))
        assert services.settings[key] != before, key
    qtbot.waitUntil(lambda: len(services.kept_settings) == len(SPECS) - 2)
    assert services.kept_settings == {key: services.settings[key] for key in services.kept_settings}


def test_a_section_goes_back_to_its_defaults_and_again(
    qtbot: QtBot, library: Window, page: SettingsPage, services: FakeServices
) -> None:
    reset = page.resets["writing"]
    page.rows["writing.keep_time"].control.click()  # type: ignore[attr-defined]
    assert reset.isEnabled()
    before = services.settings
    reset.click()
    assert not services.settings.keep_time
    assert services.settings.genre == "fill-empty"
    assert not reset.isEnabled()
    assert page.rows["writing.genre"].meaning.text() == "Only where nothing of yours is."
    page.banners._shown["settings reset"].action.click()
    assert services.settings == before
    assert page.rows["writing.keep_time"].control.isChecked()  # type: ignore[attr-defined]


def test_a_reset_mends_what_in_the_file_cannot_be_used(
    qtbot: QtBot, library: Window, page: SettingsPage, services: FakeServices
) -> None:
    services.settings = services.settings.having({"listening.model": "gone"})
    services.model = "fcn2d"
    services.settings_slips = (
        Slip("listening.threads: many is not a whole number", "0 counts", "listening.threads"),
        Slip("there is no model 'gone'", "“fcn2d” listens", "listening.model"),
    )
    library.configure.warn()
    assert len(page.banners.texts()) == 1
    page.shown.emit()
    page.resets["listening"].click()
    kept = {"listening.threads": 0, "listening.model": "fcn2d"}
    qtbot.waitUntil(lambda: services.kept_settings == kept)
    assert page.banners.texts() == ["Listening: all as by default."]


def test_another_device_starts_the_model_anew_and_listening_goes_on(
    qtbot: QtBot, library: Window, page: SettingsPage, services: FakeServices
) -> None:
    services.hold.clear()
    library.actions_["library"].trigger()
    library.listen.to(library.listen.new())
    qtbot.waitUntil(lambda: any(row.state is State.LISTENING or row.waits for row in library.tracks.rows()))
    library.actions_["settings"].trigger()
    pick(page, "listening.device", "cuda")
    qtbot.waitUntil(lambda: services.device == "GPU, Double")
    services.hold.set()
    qtbot.waitUntil(lambda: sum(row.scores is not None for row in library.tracks.rows()) == 4)
    qtbot.waitUntil(lambda: page.rows["listening.device"].meaning.text() == "The model runs on GPU, Double.")


def test_a_device_that_does_not_work_is_said_and_the_model_goes_on(
    qtbot: QtBot, library: Window, page: SettingsPage, services: FakeServices
) -> None:
    services.engine_fault = "out of memory"
    pick(page, "listening.device", "cuda")
    qtbot.waitUntil(lambda: "The model goes on as before: out of memory" in page.banners.texts())
    assert services.device == "CPU, 2 cores"


def test_starting_anew_can_be_cancelled(
    qtbot: QtBot, library: Window, page: SettingsPage, services: FakeServices
) -> None:
    services.starting.clear()
    pick(page, "listening.device", "cuda")
    qtbot.waitUntil(library.actions_["cancel"].isEnabled)
    library.actions_["cancel"].trigger()
    qtbot.waitUntil(lambda: not library.bridge.busy)
    assert services.device == "CPU, 2 cores"
    assert page.banners.texts() == []


def test_another_model_is_used_as_on_its_page(
    qtbot: QtBot, library: Window, page: SettingsPage, services: FakeServices
) -> None:
    services.import_model(Path("other"))
    page.shown.emit()
    qtbot.waitUntil(lambda: "other" in entries(page, "listening.model"))
    pick(page, "listening.model", "other")
    qtbot.waitUntil(lambda: services.model == "other")


def test_the_window_looks_as_the_settings_say(library: Window, page: SettingsPage) -> None:
    table = library.library.table
    pick(page, "appearance.theme", "light")
    assert appearance.theme.name == "light"
    pick(page, "appearance.density", "comfortable")
    assert table.rowHeight(0) == 32
    pick(page, "appearance.density", "compact")
    assert table.rowHeight(0) == 28
    pick(page, "appearance.font", "system")
    assert page.rows["listening.device"].meaning.font().family() == appearance.family != "Inter"
    pick(page, "appearance.font", "inter")
    assert page.rows["listening.device"].meaning.font().family() == "Inter"
    pick(page, "appearance.contrast", "high")
    assert appearance.theme.name == "light, high contrast"
    pick(page, "appearance.contrast", "normal")
    pick(page, "appearance.text", "150")
    assert page.rows["listening.device"].meaning.font().pixelSize() == 18
    assert table.rowHeight(0) > 28
    pick(page, "appearance.text", "100")
    assert page.rows["listening.device"].meaning.font().pixelSize() == 12
    page.rows["appearance.motion"].control.click()  # type: ignore[attr-defined]
    assert not appearance.moves
    page.rows["appearance.motion"].control.click()  # type: ignore[attr-defined]
    pick(page, "appearance.theme", "system")
    pick(page, "appearance.contrast", "system")


def test_a_window_has_its_colours_from_the_start(
    qtbot: QtBot, qapp: QApplication, services: FakeServices
) -> None:
    qapp.setStyleSheet("")
    window = Window(services)
    qtbot.addWidget(window)
    assert appearance.theme.style_sheet() == qapp.styleSheet()
    window.quit()
    assert window.bridge.shut(5000)


def test_parts_of_a_new_window_hear_of_their_style_once(
    qtbot: QtBot, qapp: QApplication, services: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside a style sheet Qt tells them whenever what they lie in is put into something else."""
    heard: Counter[int] = Counter()

    def hear(combo: Combo, event: QEvent) -> None:
        heard[id(combo)] += event.type() is QEvent.Type.StyleChange
        QComboBox.changeEvent(combo, event)

    monkeypatch.setattr(Combo, "changeEvent", hear)
    qapp.setStyleSheet("")
    window = Window(services)
    qtbot.addWidget(window)
    assert heard
    assert max(heard.values()) == 1
    window.quit()
    assert window.bridge.shut(5000)


def test_settings_are_saved_loaded_and_taken_back(
    qtbot: QtBot,
    library: Window,
    page: SettingsPage,
    services: FakeServices,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    target = tmp_path / "mine.toml"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    page.save.click()
    qtbot.waitUntil(lambda: target.exists())
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(target), ""))
    page.load.click()
    qtbot.waitUntil(lambda: services.settings.genre == "skip")
    qtbot.waitUntil(lambda: any("“later.thing”; it is passed over" in t for t in page.banners.texts()))
    assert page.rows["writing.genre"].control.value == "skip"  # type: ignore[attr-defined]
    assert services.policies[Field.GENRE] is Policy.SKIP
    page.banners._shown["luggage"].action.click()
    qtbot.waitUntil(lambda: services.policies[Field.GENRE] is Policy.APPEND)
    qtbot.waitUntil(lambda: page.rows["writing.genre"].control.value == "append")  # type: ignore[attr-defined]
    for said in (f"The settings of {target} count now.", f"{target} changes nothing."):
        page.load.click()
        qtbot.waitUntil(lambda said=said: any(t.startswith(said) for t in page.banners.texts()))  # type: ignore[misc]
    assert not any("count now" in text for text in page.banners.texts())
    target.unlink()
    page.load.click()
    qtbot.waitUntil(lambda: any("there is no such file" in text for text in page.banners.texts()))


def test_own_thresholds_are_listed_and_go_back_one_by_one_or_all(
    qtbot: QtBot, library: Window, page: SettingsPage, services: FakeServices
) -> None:
    listed = page.thresholds
    assert listed.head.meaning.text().startswith("None.")
    assert not listed.every.isEnabled()
    for name, value in (("mellow", 0.2), ("rock", 0.9), ("jazz", 0.4)):
        library.room.weigh.set_threshold(name, value)
    qtbot.waitUntil(lambda: list(listed.rows) == ["jazz", "mellow", "rock"])
    assert listed.rows["rock"].meaning.text().startswith("From 0.90 on; the model's is ")
    assert listed.rows["rock"].control.accessibleName() == "Reset the threshold of “rock”"
    listed.rows["mellow"].control.setFocus()
    listed.rows["mellow"].control.click()  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: list(listed.rows) == ["jazz", "rock"])
    assert listed.rows["rock"].control.hasFocus(), "the next one is under the finger"
    listed.every.click()
    qtbot.waitUntil(lambda: not listed.rows)
    assert services.thresholds.by_name == {}
    library.actions_["undo"].trigger()
    qtbot.waitUntil(lambda: services.thresholds.by_name == {"rock": 0.9, "jazz": 0.4})
    library.actions_["undo"].trigger()
    qtbot.waitUntil(lambda: list(listed.rows) == ["jazz", "mellow", "rock"])


def test_every_section_can_stand_at_the_top(qtbot: QtBot, page: SettingsPage) -> None:
    bar = page._scroll.verticalScrollBar()
    for number, box in list(enumerate(page._sections.values()))[1:]:
        page.list.setCurrentIndex(page.list.model().index(number, 0))
        qtbot.waitUntil(lambda box=box: bar.value() == box.y())


def test_sections_are_reached_by_keyboard(qtbot: QtBot, library: Window, page: SettingsPage) -> None:
    library.resize(1280, 720)
    assert page.list.hasFocus()
    qtbot.keyClick(page.list, Qt.Key.Key_Down)
    qtbot.keyClick(page.list, Qt.Key.Key_Down)
    assert page.list.currentIndex().data() == "Writing"
    assert page._scroll.verticalScrollBar().value() > 0
    qtbot.keyClick(page.list, Qt.Key.Key_Return)
    assert page.rows["writing.genre"].control.hasFocus()
    bar = page._scroll.verticalScrollBar()
    qtbot.waitUntil(lambda: not page._settling.isActive())
    bar.setValue(bar.maximum())
    assert page.list.currentIndex().data() == "Files of the program"
    bar.setValue(0)
    assert page.list.currentIndex().data() == "Listening"


def turn_wheel(widget: QWidget) -> None:
    """One notch down, with the pointer in its middle."""
    window = widget.window()
    at = widget.mapTo(window, widget.rect().center())
    QTest.wheelEvent(window.windowHandle(), QPointF(at), QPoint(0, -120))


def test_the_wheel_scrolls_over_a_slider_until_that_is_clicked(
    qtbot: QtBot, library: Window, page: SettingsPage, services: FakeServices
) -> None:
    library.resize(1280, 720)
    slider, bar = page.rows["review.strictness"].control, page._scroll.verticalScrollBar()
    assert isinstance(slider, Slider)
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    for reason in (Qt.FocusReason.NoFocusReason, Qt.FocusReason.TabFocusReason):
        slider.setFocus(reason)
        page._scroll.ensureWidgetVisible(slider, 0, 100)
        before = bar.value()
        turn_wheel(slider)
        assert slider.value() == 0 and bar.value() > before
    page.list.setFocus()
    page._scroll.ensureWidgetVisible(slider, 0, 100)
    qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=slider.rect().center())
    before, scrolled = slider.value(), bar.value()
    turn_wheel(slider)
    assert slider.value() < before and bar.value() == scrolled
    page.list.setFocus()
    before = slider.value()
    turn_wheel(slider)
    assert slider.value() == before


def test_the_section_in_view_stays_where_sizes_change(
    qtbot: QtBot, library: Window, page: SettingsPage
) -> None:
    library.resize(1400, 720)
    section, bar = page._sections["writing"], page._scroll.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > section.y())
    page.list.setCurrentIndex(page.list.model().index(2, 0))
    before = section.y()
    usual = round(100 * appearance.text_scale)
    try:
        appearance.use_text(150)
        qtbot.waitUntil(lambda: section.y() > before + 50 and bar.value() == section.y())
        assert page.list.currentIndex().data() == "Writing"
        bar.setValue(bar.maximum())
        assert page.list.currentIndex().data() == "Files of the program"
    finally:
        appearance.use_text(usual)


def test_no_line_of_text_is_wider_than_720(library: Window, page: SettingsPage) -> None:
    library.resize(1920, 1000)
    for row in page.rows.values():
        assert row.width() <= 720


def test_a_policy_set_in_the_window_is_written_down(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    library.review.set_policy(Field.GENRE, Policy.SKIP)
    library.review.set_policy(Field.GENRE, Policy.REPLACE)
    assert services.policies[Field.GENRE] is Policy.REPLACE
    qtbot.waitUntil(lambda: services.kept_settings == {"writing.genre": "replace"})


def test_a_plan_and_the_preview_follow_the_settings_that_they_depend_on(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    listen(qtbot, library)
    panel, marks = library.panels.write, library.library.pane.changes._mark_label
    qtbot.waitUntil(lambda: "MAT_TAGS" in marks.text())
    library.actions_["write"].trigger()
    qtbot.waitUntil(panel.write.isEnabled)

    def fields() -> set[Field]:
        return {change.field for file in panel.plan.files for change in file.changes}

    assert {Field.MAT_TAGS, Field.MAT_MODEL} <= fields()
    library.pages.show("settings")
    page = library.preferences.page
    qtbot.waitUntil(lambda: "writing.mat_tags" in page.rows)
    toggle = page.rows["writing.mat_tags"].control
    assert isinstance(toggle, Toggle)
    toggle.click()
    library.pages.show("library")
    qtbot.waitUntil(lambda: panel.write.isEnabled() and Field.MAT_TAGS not in fields())
    library.configure.put({"writing.mat_model": False})
    qtbot.waitUntil(lambda: panel.write.isEnabled() and Field.MAT_MODEL not in fields())
    assert not marks.text()


def test_what_an_earlier_version_kept_elsewhere_is_taken_over_once(
    qtbot: QtBot, services: FakeServices, tmp_path: Path
) -> None:
    state = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    for name, value in {
        "appearance": "light",
        "library/volume": 35,
        "player/device": "Headphones",
        "watch/listen": True,
        "review/go_on": False,
        "picture/map": "grey",
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
        "review.go_on": False,
        "appearance.spectrogram": "grey",
    }
    assert all(services.settings[key] == value for key, value in expected.items())
    assert services.settings.genre == "replace"
    assert window.actions_["listen_new"].isChecked()
    assert window.library.dock.player.volume.value() == 35
    assert window.library.player.device == "Headphones"
    assert window.library.dock.levels.map == "grey"
    assert not window.room.page.go_on.isChecked()
    assert not {*EARLIER} & {*state.allKeys()}
    assert state.value("folder") == "/music"
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
    qtbot.waitUntil(lambda: "cannot be kept" in library.library.banners.texts()[-1])
    assert len(library.library.banners.texts()) == 1, "of one file there is one message"
    library.pages.show("settings")
    library.configure.put({"player.volume": 13})
    banners = library.pages.current.banners
    qtbot.waitUntil(lambda: banners.texts() != [])
    banners._shown["settings"].action.click()
    qtbot.waitUntil(lambda: services.kept_settings == {"player.volume": 13})
    qtbot.waitUntil(lambda: library.library.banners.texts() == [])
    assert library.status.result.text() == "The file is now called settings.toml.old"


def test_a_file_that_was_mended_meanwhile_is_not_set_aside_and_nothing_is_said_of_it_any_more(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    def fail() -> None:
        services.settings_mended = False
        services.settings_fault = UsageFault("settings.toml is not usable: line 3")
        services.settings_slips = (Slip(str(services.settings_fault), "all settings are as by default"),)
        library.configure.warn()

    fail()
    services.settings_mended = True
    library.library.banners._shown["settings"].action.click()
    text = "The settings file can be used again, from the next start on"
    qtbot.waitUntil(lambda: library.status.result.text() == text)
    fail()
    services.settings_mended = True
    library.pages.show("settings")
    qtbot.waitUntil(lambda: library.library.banners.texts() == [])


def test_what_cannot_be_used_is_said_in_sentences(library: Window, services: FakeServices) -> None:
    services.settings_slips = (
        Slip("the model “gone” is not on this computer", "“fcn2d” listens", "listening.model"),
        Slip("/settings.toml: there is no section “later”", "it is passed over"),
    )
    library.configure.warn()
    assert library.library.banners.texts()[-1] == (
        "The model “gone” is not on this computer; “fcn2d” listens. "
        "/settings.toml: there is no section “later”; it is passed over."
    )


def test_a_device_that_is_not_here_is_said(qtbot: QtBot, library: Window, services: FakeServices) -> None:
    services.instead = "there is no cuda device on this computer"
    library.engine.start()
    qtbot.waitUntil(
        lambda: (
            "There is no cuda device on this computer. The model runs on CPU, 2 cores."
            in library.library.banners.texts()
        ),
    )
