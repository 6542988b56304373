"""What is trained, on what data and with which settings: the form."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from mat_desktop.app.models import Model
from mat_desktop.app.trainings import Order, Task
from mat_desktop.gui.models.pace import expected
from mat_desktop.gui.operations import child, children
from mat_desktop.gui.views.training import TrainingPage
from mat_desktop.gui.widgets.choice import Choice
from mat_desktop.gui.widgets.data_picker import DataPicker, Wanted
from mat_desktop.gui.widgets.job_bar import to_show
from mat_desktop.gui.widgets.training_settings import TrainingSettings
from mat_desktop.gui.window import Window
from tests.gui.double import FakeServices
from tests.gui.double_model import CARD
from tests.gui.training.runs import FAKE, PATIENCE, choose, epochs, made_run, start

DESCRIBED = Path(__file__).parents[1] / "described.json"


def test_without_runs_the_form_says_what_to_do(qtbot: QtBot, page: TrainingPage, data: Path) -> None:
    form = page.form
    assert page.stack.currentWidget() is form
    assert not form.begin.isEnabled()
    assert form.why.text() == "Choose the data first"
    choose(qtbot, page, data)
    assert (
        "Small corpus: 8 training, 4 validation and 4 test clips, 2 tags (rock, guitar)"
        in form.data.says.text()
    )
    assert form.data.says.text().endswith("5 clips left out (4: no value in genre; 1: the file is empty)")
    assert form.begin.isEnabled()
    place = form.network.mapTo(form, QPoint(0, 0))
    (data / "empty").touch()
    choose(qtbot, page, data)
    assert form.data.says.text() == "no lists"
    assert form.network.mapTo(form, QPoint(0, 0)) == place, "a short message moves nothing"
    assert form.why.text() == "These data cannot be used"
    choose(qtbot, page, data / "gone")
    assert form.data.says.text().endswith("gone is not a folder")


def test_all_settings_are_offered_once_it_is_known_which_there_are(qtbot: QtBot) -> None:
    settings = TrainingSettings()
    qtbot.addWidget(settings)
    assert not settings.more.isEnabled()
    settings.describe(json.loads(DESCRIBED.read_text())["settings"], {})
    assert settings.more.isEnabled()


def test_tab_goes_through_the_form_as_the_eye_does(qtbot: QtBot, page: TrainingPage, data: Path) -> None:
    choose(qtbot, page, data)
    form = page.form
    assert form.begin.isEnabled()
    form.settings.more.click()  # all of them
    form.network.setFocus()
    reached, places = [], []
    while form.begin not in reached and len(reached) < 100:
        part = QApplication.focusWidget()
        assert part is not None
        reached.append(part)
        inside = part is not form.begin
        places.append(part.mapTo(form.settings.parentWidget() if inside else form, QPoint(0, 0)).y())
        qtbot.keyClick(part, Qt.Key.Key_Tab)
    assert form.layers in reached
    assert {setting.field for setting in form.settings.all.values()} < set(reached)
    assert places[:-1] == sorted(places[:-1])


def test_settings_begin_as_in_the_paper_and_bad_ones_are_refused_in_place(
    qtbot: QtBot, page: TrainingPage, data: Path
) -> None:
    form, settings = page.form, page.form.settings
    choose(qtbot, page, data)
    shown = {name: settings.all[name].value for name in ("width", "epochs", "batch_size", "learning_rate")}
    assert shown == {"width": 1.0, "epochs": 100, "batch_size": 32, "learning_rate": 0.001}
    line = settings.all["epochs"].line
    assert line is not None
    line.clear()
    qtbot.keyClicks(line, "many")
    assert settings.all["epochs"].note.text() == "Epochs must be a whole number from 1 on"
    assert form.why.text() == "Epochs must be a whole number from 1 on"
    mix = settings.all["mix"].line
    assert mix is not None
    settings.all["epochs"].set(7)
    mix.clear()
    qtbot.keyClicks(mix, "2")
    assert settings.all["mix"].note.text() == "Mixup must be a number from 0 to 1"
    assert not mix.isVisible()
    form.begin.click()  # leads to it
    assert mix.isVisible()
    assert mix.hasFocus()
    settings.all["mix"].set(0.25)
    settings.changed.emit()
    arguments = form.order().arguments
    assert arguments[arguments.index("--epochs") + 1] == "7"
    assert arguments[arguments.index("--mix") + 1] == "0.25"
    settings.take("recipe")
    crop = settings.all["crop_frames"]
    assert crop.text == "auto"
    assert crop.value == -1
    assert "--crop-frames" not in form.order().arguments
    crop.put_text("-2")
    assert crop.problem == "Crop, frames must be auto, or a whole number from 0 on"
    settings.take("recipe")
    assert form.order().arguments[-2:] == ("--layers", "5")  # the command's own settings are not repeated


def test_the_users_own_library_is_chosen_first(qtbot: QtBot, tmp_path: Path) -> None:
    picker = DataPicker()
    qtbot.addWidget(picker)
    asked: list[Wanted] = []
    picker.asked.connect(asked.append)
    picker.offer([], [tmp_path / "before"])
    picker.offer([tmp_path / "music"], [tmp_path / "before"])
    assert picker.folder.value == str(tmp_path / "music")
    assert not asked, "a large library is looked at only where somebody sees the form"
    picker.show()
    assert [(wanted.folder, wanted.kind) for wanted in asked] == [(tmp_path / "music", "folder")]
    picker.hide()
    picker.show()
    assert len(asked) == 1
    picker.use(tmp_path / "before")
    picker.offer([tmp_path / "music"], [tmp_path / "before"])
    assert picker.folder.value == str(tmp_path / "before"), "what was chosen stays"


def test_what_a_way_means_is_never_cut(qtbot: QtBot) -> None:
    choice = Choice(
        "Train a network", "From random weights, on a data set or on the tags of your own library"
    )
    qtbot.addWidget(choice)
    one_line = choice.heightForWidth(1000)
    assert one_line == choice.sizeHint().height()
    assert choice.heightForWidth(260) > one_line


def test_a_network_is_named_in_full(page: TrainingPage) -> None:
    network = page.form.network
    assert network.width() >= network.fontMetrics().horizontalAdvance(network.currentText())


def test_escape_leaves_the_form_for_the_run_that_was_looked_at(
    qtbot: QtBot, window: Window, page: TrainingPage, data: Path
) -> None:
    page.form.first.setFocus()
    qtbot.keyClick(page.form.first, Qt.Key.Key_Escape)
    assert page.stack.currentWidget() is page.form, "there is no run"
    start(qtbot, window, page, data)
    qtbot.waitUntil(lambda: epochs(page) == 1, timeout=PATIENCE)
    places = (page.form.first, page.form.begin, page.form.network, *page.form.findChildren(QLineEdit)[:1])
    for part in places:
        page.new.click()
        part.setFocus()
        qtbot.keyClick(part, Qt.Key.Key_Escape)
        assert page.stack.currentWidget() is page.run and page.list.hasFocus()


def test_a_new_run_that_is_asked_for_first_shows_the_form(
    qtbot: QtBot, window: Window, services: FakeServices
) -> None:
    services.trainings.create(Order(Task.NETWORK, "Old", ("train", "--data", "/data")))
    window.training.new_run()
    page = window.training.page
    qtbot.waitUntil(lambda: page.runs.rowCount() == 2, timeout=PATIENCE)
    assert page.stack.currentWidget() is page.form


def test_what_is_missing_on_this_computer_is_said_with_the_way_out(
    qtbot: QtBot, window: Window, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = tmp_path / "lacking.py"
    script.write_text("import sys; sys.exit('lightning is missing: pip install -c constraints.txt .[train]')")
    monkeypatch.setattr(child, "PROGRAM", (sys.executable, "-P", str(script)))
    window.pages.show("training")
    page = window.training.page
    qtbot.waitUntil(lambda: page.stack.currentWidget() is page.missing, timeout=PATIENCE)
    assert "pip install" in page.lacks.text()
    monkeypatch.setattr(child, "PROGRAM", (sys.executable, "-P", FAKE))
    page.again.emit()
    qtbot.waitUntil(lambda: page.stack.currentWidget() is page.form, timeout=PATIENCE)


def test_a_library_is_asked_how_many_tracks_a_tag_needs_and_lists_where_their_audio_is(
    qtbot: QtBot, page: TrainingPage, data: Path, tmp_path: Path
) -> None:
    picker = page.form.data
    choose(qtbot, page, data)
    assert not picker.tracks.field.isVisible()
    assert not picker.audio.isVisible()
    picker.offer([tmp_path / "music"], [data])
    (tmp_path / "music").mkdir()
    choose(qtbot, page, tmp_path / "music")  # of the library, and so read as music
    assert picker.kind.value == "folder"
    assert picker.tracks.line is not None
    picker.tracks.line.clear()
    qtbot.keyClicks(picker.tracks.line, "0")
    assert page.form.why.text() == "Tracks of a tag must be a whole number from 1 on"
    picker.tracks.line.clear()
    qtbot.keyClicks(picker.tracks.line, "5")
    qtbot.waitUntil(lambda: page.form.begin.isEnabled(), timeout=PATIENCE)
    words = page.form.order().arguments
    assert words[words.index("--reader") :][:3] == ("--reader", "min_tracks=5", "min_artists=3")
    picker.kind.pick("msd")
    picker.use_audio(tmp_path / "previews")
    wanted = picker.wanted
    assert wanted is not None
    assert wanted.words[-2:] == ["--reader", f"audio={tmp_path / 'previews'}"]


def test_the_model_in_use_is_fine_tuned_unless_another_is_picked(page: TrainingPage) -> None:
    form = page.form
    models = [
        Model(name, Path(name), replace(CARD, name=name), bundled=True) for name in ("one", "two", "three")
    ]
    form.offer(models, "one", (), ())
    form.offer(models, "two", (), ())
    assert form.model.value == "two"
    form.model.pick("three")
    form.model.picked.emit("three")
    form.offer(models, "one", (), ())
    assert form.model.value == "three"
    form.offer(models[:2], "one", (), ())  # it was deleted
    assert form.model.value == "one"


def test_settings_that_were_typed_survive_a_look_at_another_way(
    qtbot: QtBot, page: TrainingPage, data: Path
) -> None:
    form, settings = page.form, page.form.settings
    choose(qtbot, page, data)
    for name, text in {"epochs": "7", "mix": "two"}.items():
        line = settings.all[name].line
        assert line is not None
        line.clear()
        qtbot.keyClicks(line, text)
    form.pick(Task.FINETUNE)
    form.whole.click()
    assert settings.all["learning_rate"].value == 1e-4
    settings.all["epochs"].set(3)
    form.pick(Task.TABLE)
    form.pick(Task.NETWORK)
    assert (settings.all["epochs"].text, settings.all["mix"].text) == ("7", "two")
    assert settings.all["learning_rate"].value == 0.001
    assert form.why.text() == "Mixup must be a number from 0 to 1"
    form.pick(Task.FINETUNE)
    assert settings.all["epochs"].value == 3


def test_a_look_at_a_folder_can_be_cancelled_and_an_old_answer_does_not_count(
    qtbot: QtBot, window: Window, page: TrainingPage, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "SHOWN_MS", 1)
    picker = page.form.data
    (data / "slow").touch()
    picker.use(data)
    qtbot.waitUntil(lambda: bool(to_show(window.bridge)), timeout=PATIENCE)
    (work,) = to_show(window.bridge)
    assert work.title == "Looking at the folder"
    window.bridge.stop(work)
    qtbot.waitUntil(picker.again.isVisible, timeout=PATIENCE)
    assert page.form.why.text() == "The folder has to be looked at first"
    (data / "slow").unlink()
    picker.again.click()
    qtbot.waitUntil(page.form.begin.isEnabled, timeout=PATIENCE)
    wanted = picker.wanted
    assert wanted is not None
    picker.kind.pick("folder")
    picker._look()
    picker.show_found(wanted, {"title": "other"})
    assert picker.found is None
    qtbot.waitUntil(page.form.begin.isEnabled, timeout=PATIENCE)
    assert picker.tracks.line is not None
    (data / "slow").touch()
    picker._look()
    picker._look()  # what nobody waits for any more is not shown beside it
    qtbot.waitUntil(lambda: len(to_show(window.bridge)) == 1, timeout=PATIENCE)
    asked = picker.wanted
    picker.tracks.line.clear()
    qtbot.keyClicks(picker.tracks.line, "0")
    assert asked is not None
    picker.show_found(asked, {"title": "other"})
    assert not page.form.begin.isEnabled()
    qtbot.waitUntil(lambda: not window.bridge.jobs, timeout=PATIENCE)  # nobody waits for it


def test_before_a_start_an_earlier_run_says_how_long_it_takes(
    qtbot: QtBot, window: Window, page: TrainingPage, services: FakeServices, data: Path
) -> None:
    made_run(services, positives=50)
    form = page.form
    form.settings.all["epochs"].set(90)
    choose(qtbot, page, data)
    form.network.pick("fcn2d")
    form.layers.setCurrentIndex(form.layers.findData(5))
    form.refresh()
    assert form.why.text() == ""
    window.training.load()
    qtbot.waitUntil(lambda: page.runs.rowCount() == 2, timeout=PATIENCE)
    page.show_form()
    form.settings.all["crop_frames"].set(0)
    form.refresh()
    assert form.why.text() == "About 60 min if all 90 epochs are needed, as an earlier run went here"
    form.settings.all["width"].set(0.5)
    form.refresh()
    assert form.why.text() == ""


def test_on_a_processor_a_long_training_says_that_it_takes_hours() -> None:
    told = {"network": "fcn2d", "epochs": 100}
    assert "takes hours" in expected([], told, 1000, processor=True)
    assert expected([], told, 1000, processor=False) == ""
    assert expected([], told | {"epochs": 3}, 1000, processor=True) == ""
