"""The training page, on the double, with a stand-in for the process that trains."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QCloseEvent, QFontInfo, QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from mat_desktop.app.models import Model
from mat_desktop.app.trainings import Ending, Order, Row, Task
from mat_desktop.domain.scores import Verdict
from mat_desktop.domain.track import TrackId
from mat_desktop.errors import StoreFault
from mat_desktop.gui import training_room
from mat_desktop.gui.models.pace import expected
from mat_desktop.gui.models.trainings import State
from mat_desktop.gui.operations import child, children
from mat_desktop.gui.operations.cut_off import look_back
from mat_desktop.gui.theme import appearance
from mat_desktop.gui.views.training import TrainingPage
from mat_desktop.gui.widgets.banner import Banner
from mat_desktop.gui.widgets.choice import Choice
from mat_desktop.gui.widgets.controls import Text
from mat_desktop.gui.widgets.data_picker import DataPicker, Wanted
from mat_desktop.gui.widgets.delegates import text_width
from mat_desktop.gui.widgets.job_bar import to_show
from mat_desktop.gui.window import Window
from tests.gui.double import FakeServices
from tests.gui.double_model import CARD
from tests.training.corpora import make_corpus

FAKE = str(Path(__file__).with_name("fake_training.py"))
PATIENCE = 20_000
REAL_PATIENCE = 120_000


@pytest.fixture(autouse=True)
def _fake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "PROGRAM", (sys.executable, "-P", FAKE))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    return folder


@pytest.fixture
def page(qtbot: QtBot, window: Window) -> Iterator[TrainingPage]:
    """In view, with all that it asks for."""
    qtbot.waitUntil(window.isActiveWindow, timeout=PATIENCE)
    qtbot.keyClick(window.rail.menu, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    page = window.training.page
    assert window.pages.shows(page)
    qtbot.waitUntil(lambda: bool(page.form.settings.all) and page.run.plots is not None, timeout=PATIENCE)
    yield page
    window.training.close()


def choose(qtbot: QtBot, page: TrainingPage, folder: Path) -> None:
    page.form.data.use(folder)
    qtbot.waitUntil(lambda: page.form.data.found is not None, timeout=PATIENCE)


def start(qtbot: QtBot, window: Window, page: TrainingPage, folder: Path) -> None:
    choose(qtbot, page, folder)
    assert page.form.begin.isEnabled(), page.form.problem
    page.form.begin.click()
    qtbot.waitUntil(lambda: window.training.trainer.running != "", timeout=PATIENCE)


def epochs(page: TrainingPage) -> int:
    entry = page.run.entry
    return len(entry.run.epochs) if entry is not None and entry.run is not None else 0


def over(qtbot: QtBot, window: Window, page: TrainingPage, state: State) -> None:
    def is_so() -> bool:
        entry = page.run.entry
        return not window.training.trainer.running and entry is not None and entry.state is state

    qtbot.waitUntil(is_so, timeout=PATIENCE)


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


def test_a_training_is_followed_and_stands_beside_its_figures(
    qtbot: QtBot, window: Window, page: TrainingPage, data: Path
) -> None:
    start(qtbot, window, page, data)
    qtbot.waitUntil(lambda: epochs(page) == 1, timeout=PATIENCE)
    assert page.stack.currentWidget() is page.run
    assert page.run.title.text() == "2D FCN, 5 layers"
    assert page.run.says.text() == "Epoch 2 of 3"
    assert page.run.plots.roc.value.text() == "0.6000"
    assert [row[0].text for row in page.run.tags.figures.rows()] == ["rock", "guitar"]
    assert page.form.why.text() == "A training runs; one runs at a time"
    (work,) = window.bridge.jobs
    assert (work.title, work.unit, work.done, work.total) == ("Training", "epoch", 1, 3)
    assert 40 < (work.seconds_left or 0) <= 50
    (data / "go1").touch()
    (data / "go2").touch()
    over(qtbot, window, page, State.DONE)
    qtbot.waitUntil(lambda: bool(page.run.results.results.rows()), timeout=PATIENCE)
    assert [cell.text for cell in page.run.results.results.rows()[1]] == [
        "Test",
        "4",
        "0.9500",
        "0.3000",
        "0.8000",
    ]
    assert [row[5].text for row in page.run.tags.figures.rows()] == ["0.30", "0.20"]
    entry = page.run.entry
    assert entry is not None
    assert entry.word == "0.8000"
    assert window.bridge.past[0].outcome == "2D FCN, 5 layers: trained"
    log = page.run.log.toPlainText()
    assert "epoch 3  train 0.3000  valid 0.4000  roc 0.8000  pr 0.3000" in log
    assert log.splitlines()[-1].endswith("done")
    assert entry.training is not None
    qtbot.waitUntil(lambda: window._services.trainings.log(entry.training.id) == log + "\n", timeout=PATIENCE)  # type: ignore[union-attr]


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


def test_stopped_and_resumed_where_it_was(
    qtbot: QtBot, window: Window, page: TrainingPage, data: Path
) -> None:
    start(qtbot, window, page, data)
    qtbot.waitUntil(lambda: epochs(page) == 1, timeout=PATIENCE)
    page.run.stop_button.click()
    over(qtbot, window, page, State.STOPPED)
    assert "--resume" not in page.run.log.toPlainText(), "here there is a button"
    assert epochs(page) == 1
    assert page.run.resume_button.isVisible()
    assert page.run.resume_button.text() == "Resume"
    assert not page.run.stop_button.isVisible()
    assert page.banners.texts() == []  # the user did it
    (data / "go1").touch()
    (data / "go2").touch()
    page.run.resume_button.click()
    over(qtbot, window, page, State.DONE)
    assert epochs(page) == 3
    assert "resumed" in page.run.log.toPlainText()


def test_it_stops_in_words_at_once(
    qtbot: QtBot, window: Window, page: TrainingPage, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); input()"
    monkeypatch.setattr(child, "PROGRAM", (sys.executable, "-c", deaf))
    order = Order(Task.NETWORK, "2D FCN, 5 layers", ("train",), data="Folder", name="fcn2d-5")
    page.form.start.emit(order)
    qtbot.waitUntil(page.run.stop_button.isVisible, timeout=PATIENCE)
    assert page.run.entry is not None
    assert page.run.entry.state is State.RUNNING
    page.run.stop_button.click()
    assert page.run.entry.state is State.STOPPING
    assert [entry.word for entry in map(page.runs.entry, range(2)) if entry and entry.training] == [
        "stopping"
    ]
    over(qtbot, window, page, State.STOPPED)


def test_a_resumed_run_shows_as_running_before_it_says_anything(
    qtbot: QtBot, window: Window, page: TrainingPage, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(qtbot, window, page, data)
    qtbot.waitUntil(lambda: epochs(page) == 1, timeout=PATIENCE)
    page.run.stop_button.click()
    over(qtbot, window, page, State.STOPPED)
    monkeypatch.setattr(child, "PROGRAM", (sys.executable, "-c", "input()"))  # silent for ever
    changed: list[str] = []
    window.training.trainer.changed.connect(changed.append)
    page.run.resume_button.click()
    qtbot.waitUntil(lambda: window.training.trainer.running != "", timeout=PATIENCE)
    assert changed == [window.training.trainer.running]
    qtbot.waitUntil(page.run.stop_button.isVisible, timeout=PATIENCE)
    assert page.run.entry is not None
    assert page.run.entry.state is State.RUNNING
    assert not page.run.resume_button.isVisible()
    window.closeEvent(QCloseEvent())
    assert window.leave_bar.text.text().startswith("Training. It can"), "nothing is counted yet"
    window.leave_bar.keep.click()


@pytest.mark.skipif(not child.can_pause(), reason="this system lets no process rest")
def test_paused_and_going_on(qtbot: QtBot, window: Window, page: TrainingPage, data: Path) -> None:
    start(qtbot, window, page, data)
    qtbot.waitUntil(lambda: epochs(page) == 1, timeout=PATIENCE)
    page.run.pause_button.click()
    assert page.run.pause_button.text() == "Go on"
    entry = page.runs.entry(1)
    assert entry is not None
    assert (entry.state, entry.word) == (State.PAUSED, "paused"), "in the list as on the run's chip"
    assert page.run.chip.accessibleName() == "Paused"
    (data / "go1").touch()
    (data / "go2").touch()
    assert window.bridge.jobs[0].paused
    window.bridge.stop(window.bridge.jobs[0])  # also while it rests
    over(qtbot, window, page, State.STOPPED)
    assert epochs(page) == 1
    page.run.resume_button.click()
    over(qtbot, window, page, State.DONE)


def test_one_that_dies_says_why_and_can_be_tried_again(
    qtbot: QtBot, window: Window, page: TrainingPage, data: Path
) -> None:
    (data / "dies").touch()
    start(qtbot, window, page, data)
    over(qtbot, window, page, State.FAILED)
    assert page.banners.texts() == ["2D FCN, 5 layers: disk: No space left on device"]
    assert page.run.outcome.text() == "It failed: disk: No space left on device"
    past = window.bridge.past[0]
    assert past.failures[0].reason == "disk: No space left on device"
    (data / "dies").unlink()
    (data / "killed").touch()
    assert past.retry is not None
    past.retry()
    qtbot.waitUntil(lambda: len(window.bridge.past) == 2, timeout=PATIENCE)
    assert "the process was killed" in window.bridge.past[0].failures[0].reason


def test_what_is_no_event_goes_to_the_log(
    qtbot: QtBot, window: Window, page: TrainingPage, data: Path
) -> None:
    for name in ("garbage", "go1", "go2"):
        (data / name).touch()
    start(qtbot, window, page, data)
    over(qtbot, window, page, State.DONE)
    assert epochs(page) == 3
    log = page.run.log.toPlainText()
    for text in ("warming up", "[1, 2]", '{"event": 7}', "\ufffd\ufffd"):
        assert text in log
    page.run.log.add(["12:00:00  left out: /music/" + "a long name without an end, " * 30])
    qtbot.wait(0)
    assert page.run.log.horizontalScrollBar().maximum() == 0


def test_closing_the_window_asks_and_the_run_can_be_resumed(
    qtbot: QtBot, window: Window, page: TrainingPage, data: Path, services: FakeServices
) -> None:
    start(qtbot, window, page, data)
    qtbot.waitUntil(lambda: epochs(page) == 1, timeout=PATIENCE)
    window.closeEvent(QCloseEvent())
    assert window.leave_bar.isVisible()
    assert "Training: 1 of 3 epochs" in window.leave_bar.text.text()
    window.leave_bar.keep.click()
    assert window.training.trainer.running
    window.quit()
    (kept,) = services.trainings.all()
    assert kept.ending is Ending.NONE, "nobody asked for the stop"
    assert kept.runs[0].has_checkpoint
    assert "stopped" in services.trainings.log(kept.id)


def test_deleted_with_a_way_back(qtbot: QtBot, window: Window, page: TrainingPage, data: Path) -> None:
    for name in ("go1", "go2"):
        (data / name).touch()
    start(qtbot, window, page, data)
    assert not page.run.delete_action.isEnabled()
    over(qtbot, window, page, State.DONE)
    page.list.setFocus()
    qtbot.keyClick(page.list, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: page.runs.rowCount() == 0, timeout=PATIENCE)
    assert page.stack.currentWidget() is page.form
    (banner,) = [b for b in page.banners._shown.values() if "is deleted" in b.text]
    banner.action.click()
    qtbot.waitUntil(lambda: page.runs.rowCount() == 2, timeout=PATIENCE)


def test_delete_that_is_pressed_twice_or_held_costs_one_run_and_never_its_way_back(
    qtbot: QtBot, window: Window, page: TrainingPage, data: Path, services: FakeServices
) -> None:
    for name in ("go1", "go2"):
        (data / name).touch()
    for _ in range(2):
        start(qtbot, window, page, data)
        over(qtbot, window, page, State.DONE)
        page.new.click()
    page.look_at(1)
    entry = page.run.entry
    assert entry is not None
    assert entry.training is not None
    name = entry.training.id
    for _ in range(2):
        qtbot.keyClick(page.list, Qt.Key.Key_Delete)
    held = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Delete, Qt.KeyboardModifier.NoModifier, "", True)
    QApplication.sendEvent(page.list, held)
    qtbot.waitUntil(lambda: page.runs.rowCount() == 2, timeout=PATIENCE)
    qtbot.keyClick(page.list, Qt.Key.Key_Delete)
    QApplication.sendEvent(page.list, held)
    assert page.stack.currentWidget() is page.form, "no other run is looked at"
    window.pages.show("library")
    window.pages.show("training")
    qtbot.waitUntil(lambda: len(services.trainings.all()) == 1, timeout=PATIENCE)
    (text,) = [text for text in page.banners.texts() if "delete" in text]
    assert text == "“2D FCN, 5 layers” is deleted."
    page.banners._shown[f"deleted {name}"].action.click()
    qtbot.waitUntil(lambda: page.runs.rowCount() == 3, timeout=PATIENCE)
    assert page.stack.currentWidget() is page.run
    assert page.run.entry is not None
    assert page.run.entry.key == entry.key


def test_a_held_delete_goes_no_further(
    qtbot: QtBot, window: Window, page: TrainingPage, data: Path, services: FakeServices
) -> None:
    for name in ("go1", "go2"):
        (data / name).touch()
    start(qtbot, window, page, data)
    over(qtbot, window, page, State.DONE)
    asked: list[object] = []
    page.run.remove.connect(asked.append)
    held = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Delete, Qt.KeyboardModifier.NoModifier, "", True)
    QApplication.sendEvent(page.list, held)
    assert not asked


def test_a_finished_row_shows_its_own_figures_while_the_table_goes_on(
    qtbot: QtBot, window: Window, page: TrainingPage, data: Path
) -> None:
    (data / "go1").touch()
    page.form.pick(Task.TABLE)
    start(qtbot, window, page, data)
    qtbot.waitUntil(lambda: epochs(page) == 2, timeout=PATIENCE)
    (data / "go1").unlink()
    (data / "go2").touch()

    def states() -> list[State]:
        entries = [page.runs.entry(place) for place in (1, 2)]
        return [entry.state for entry in entries if entry]

    qtbot.waitUntil(lambda: states() == [State.DONE, State.RUNNING], timeout=PATIENCE)
    page.look_at(1)
    window.bridge.changed.emit()
    assert page.run.says.text() == "3 of 3 epochs"
    assert page.run.use_button.isVisible()
    assert page.run.use_button.isEnabled()
    assert page.run.entry is not None
    assert page.run.entry.model_name == "table-2-1d-fcn-3-layers", "“Type A” alone would say nothing"
    assert not page.run.stop_button.isVisible()
    assert not page.run.delete_action.isEnabled()
    page.look_at(2)
    qtbot.waitUntil(lambda: page.run.says.text() == "Epoch 2 of 3", timeout=PATIENCE)
    assert page.run.stop_button.isVisible()
    assert not page.run.use_button.isVisible()
    page.run.stop_button.click()
    over(qtbot, window, page, State.STOPPED)
    assert page.run.resume_button.isVisible()
    page.look_at(1)
    assert page.run.entry.state is State.DONE
    assert not page.run.resume_button.isVisible(), "nothing of this row is left"


def test_a_table_is_shown_where_it_was_stopped_and_under_the_form_no_run_is_marked(
    qtbot: QtBot, window: Window, services: FakeServices
) -> None:
    rows = (Row("1D FCN C=3", "fcn1d", 3), Row("1D FCN C=4", "fcn1d", 4), Row("1D FCN C=5", "fcn1d", 5))
    made = services.trainings.create(Order(Task.TABLE, "Table 2", (), data="Corpus", table="2", rows=rows))
    for row in rows[:2]:
        run = made.folder / "runs" / f"run-{row.layers}"
        run.mkdir(parents=True)
        settings = {"network": row.network, "layers": row.layers}
        (run / "settings.json").write_text(json.dumps(settings))
        os.utime(run / "settings.json", (row.layers, row.layers))
    (made.folder / "runs" / "run-3" / "result.json").write_text('{"metrics": {"valid": {"clips": 4}}}')
    services.trainings.end(made.id, Ending.STOPPED)
    window.pages.show("training")
    page = window.training.page
    qtbot.waitUntil(lambda: page.runs.rowCount() == 4, timeout=PATIENCE)
    qtbot.waitUntil(lambda: page.stack.currentWidget() is page.run, timeout=PATIENCE)
    entry = page.run.entry
    assert entry is not None
    assert (entry.title, entry.state) == ("1D FCN, 4 layers", State.STOPPED)
    assert page.list.in_view
    page.show_form()
    assert not page.list.in_view
    page.form.left.emit()
    assert page.list.in_view
    assert page.run.entry is not None
    assert page.run.entry.title == "1D FCN, 4 layers"


def test_a_new_run_that_is_asked_for_first_shows_the_form(
    qtbot: QtBot, window: Window, services: FakeServices
) -> None:
    services.trainings.create(Order(Task.NETWORK, "Old", ("train", "--data", "/data")))
    window.training.new_run()
    page = window.training.page
    qtbot.waitUntil(lambda: page.runs.rowCount() == 2, timeout=PATIENCE)
    assert page.stack.currentWidget() is page.form


def test_rows_of_a_table_beside_the_papers(
    qtbot: QtBot, window: Window, page: TrainingPage, data: Path
) -> None:
    form = page.form
    form.pick(Task.TABLE)
    assert form.table.value == "2"
    form.budget.pick("smoke")
    start(qtbot, window, page, data)
    qtbot.waitUntil(lambda: epochs(page) == 1, timeout=PATIENCE)
    entries = [page.runs.entry(place) for place in range(page.runs.rowCount())]
    assert [entry.title for entry in entries if entry][:3] == [
        "Table 2, smoke · Small corpus",
        "1D FCN, 3 layers",
        "1D FCN, 4 layers",
    ]
    assert [entry.state for entry in entries if entry][1:3] == [State.RUNNING, State.WAITING]
    assert page.run.plots.roc._paper == 0.9018
    work = window.training.trainer.work
    assert work is not None
    assert 1750 < (work.seconds_left or 0) <= 1850, "eight networks come that take three times as long"
    work.mark()
    work.done += 1
    work.mark()
    assert 1750 < (work.seconds_left or 0) <= 1850, "epochs of other networks say nothing of them"
    work.done -= 1
    window.resize(1000, 720)  # the paper's figures are in view without a click, where only one table is
    tables = page.run._lower
    qtbot.waitUntil(tables._switch.isVisible, timeout=PATIENCE)
    assert (tables.tags.isVisible(), tables.results.isVisible()) == (False, True)
    assert page.run.results.title.text() == "Beside the paper, table 2: validation split"
    beside = page.run.results.beside_table
    window.resize(1000, 500)
    beside.mark(8)
    last = beside.figures.index(8, 0)
    qtbot.waitUntil(
        lambda: beside.viewport().rect().contains(beside.visualRect(last).center()), timeout=PATIENCE
    )
    tables._buttons[0].click()
    (data / "go1").touch()
    qtbot.waitUntil(lambda: epochs(page) == 2, timeout=PATIENCE)
    assert tables.tags.isVisible(), "what was chosen stays"
    assert "figures say nothing" in page.run.outcome.text()
    (data / "go1").touch()
    (data / "go2").touch()
    qtbot.waitUntil(lambda: not window.training.trainer.running, timeout=PATIENCE)
    rows = page.run.results.beside
    qtbot.waitUntil(lambda: rows.rows()[1][5].text == "0.8000", timeout=PATIENCE)
    assert [cell.text for cell in rows.rows()[0]] == [
        *("1D FCN, 3", "0.9500", "0.9443", "0.3000", "0.4779", "0.8000", "0.9018")
    ]
    assert rows.rows()[2][5].text == "–"


def test_the_papers_figures_are_remembered_from_the_last_time(
    qtbot: QtBot, window: Window, services: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children.Children, "ask", lambda *_, **__: None)  # nobody says it anew for now
    services.trainings.keep_description(Path(FAKE).with_name("described.json").read_text(encoding="utf-8"))
    row = Row("1D FCN C=3", "fcn1d", 3)
    services.trainings.create(Order(Task.TABLE, "Table 2, smoke", (), data="Corpus", table="2", rows=(row,)))
    window.pages.show("training")
    page = window.training.page
    qtbot.waitUntil(lambda: page.run.results.beside.rowCount() > 0, timeout=PATIENCE)
    assert page.run.results.beside.rows()[0][6].text == "0.9018"
    assert page.runs.data(page.runs.index(0), Qt.ItemDataRole.ToolTipRole) == "Table 2, smoke · Corpus"


def test_corrections_are_trained_on_once_there_are_some(
    qtbot: QtBot, window: Window, page: TrainingPage, services: FakeServices
) -> None:
    choice = page.form._tasks[-1]
    qtbot.waitUntil(lambda: "Nothing was accepted" in choice.about, timeout=PATIENCE)
    assert not choice.isEnabled()
    services.keep_verdicts(TrackId("0 song.flac"), {"rock": Verdict.ACCEPTED, "guitar": Verdict.REJECTED})
    window.pages.show("library")
    window.pages.show("training")
    qtbot.waitUntil(choice.isEnabled, timeout=PATIENCE)
    assert choice.about.startswith("2 decisions on 1 track")
    page.form.pick(Task.CORRECTIONS)
    assert page.form.order().title == "Your corrections, 2 decisions"
    assert not page.form.data.isVisible()
    page.form.begin.click()
    over(qtbot, window, page, State.DONE)
    folders = page.form.data.folder
    assert [folders.itemData(n) for n in range(folders.count())] == [], "corrections are no data to choose"
    assert "agrees with 100% of them; the one it comes from with 50%" in page.run.outcome.text()
    assert page.run.use_button.isEnabled()
    assert page.run.use_button.kind == "plain", "nobody knows whether it is better"
    log = page.run.log
    qtbot.waitUntil(lambda: "training the head, with tracks left out" in log.toPlainText(), timeout=PATIENCE)
    assert [[cell.text for cell in row] for row in page.run.tags.figures.rows()] == [
        ["rock", "Genre", "1", "3", "3 of 4", "–", "4 of 4"],
        ["guitar", "Instrument", "2", "0", "0 of 2", "–", "2 of 2"],
    ]
    assert page.run.tags.about.text() == "2 tags, your decisions that it agrees with; none held out"
    assert [[cell.text for cell in row] for row in page.run.results.results.rows()] == [
        ["On tracks left out", "–", "–", "–"],
        ["On tracks that it learned from", "6", "50%", "100%"],
    ]
    assert not page.run.results.report_button.isVisible()
    table = page.run.tags.table
    table.sortByColumn(4, Qt.SortOrder.AscendingOrder)
    assert page.run.tags.figures.rows()[0][0].text == "guitar", "by its share"


def test_figures_of_several_vocabularies_are_the_same_all_over_the_page(
    qtbot: QtBot, window: Window, page: TrainingPage, services: FakeServices, data: Path
) -> None:
    order = Order(Task.NETWORK, "2D FCN, 5 layers", ("train", "--data", str(data)), data="Small corpus")
    made = services.trainings.create(order)
    run = made.folder / "runs" / "fcn2d-5"
    run.mkdir(parents=True)
    (run / "settings.json").write_text('{"network": "fcn2d", "layers": 5, "epochs": 1}')
    valid = {"mtat": {"roc_auc": 0.9, "pr_auc": 0.5}, "msd": {"roc_auc": 0.7, "pr_auc": 0.3}}
    epoch = {"number": 1, "of": 1, "train_loss": 0.3, "valid_loss": 0.4, "valid": valid, "seconds": 2}
    (run / "epochs.jsonl").write_text(json.dumps(epoch))
    split = {
        "clips": 4,
        "tags": ["mtat/rock", "mtat/guitar", "msd/rock"],
        "roc_auc": {"macro": 0.8333, "tags": [0.95, 0.85, 0.7]},
        "pr_auc": {"macro": 0.4333, "tags": [0.6, 0.4, 0.3]},
        "at_half": {"accuracy": {"macro": 0.9, "tags": [0.95, 0.95, 0.8]}},
    }
    (run / "result.json").write_text(json.dumps({"metrics": {"valid": split}}))
    services.trainings.end(made.id, Ending.DONE)
    window.training.load()
    qtbot.waitUntil(lambda: page.runs.rowCount() == 2, timeout=PATIENCE)
    page.look_at(1)
    assert page.run.plots.roc.value.text() == "0.8000"
    assert page.run.plots.legend.areas == "areas: macro, mean of 2 vocabularies"
    entry = page.run.entry
    assert entry is not None
    assert entry.word == "0.8000", "in the list as on the curve"
    cells = [cell.text for cell in page.run.results.results.rows()[0]]
    assert cells[2:] == ["0.8750", "0.4000", "0.8000"]
    assert page.run.results.title.text() == "Results, epoch 1, kept, macro, mean of 2 vocabularies"
    assert "its figures are means over all tags" in page.run.results.report_button.toolTip()


def test_corrections_with_tracks_left_out_say_it_tag_by_tag(
    qtbot: QtBot, window: Window, page: TrainingPage, services: FakeServices, data: Path
) -> None:
    figures = {"verdicts": 9, "tracks": 9, "before": 0.5556, "after": 1.0, "held_out": 0.7778, "better": True}
    counts = {"verdicts": [9], "accepted": [4], "before": [5], "held_out": [7], "after": [9]}
    for by_tag in ({"tags": ["rock"], **counts}, None):  # one of before it was measured
        order = Order(Task.CORRECTIONS, "Your corrections, 9 decisions", ("finetune",), name="mine")
        made = services.trainings.create(order)
        services.trainings.end(made.id, Ending.DONE, figures=figures | ({"by_tag": by_tag} if by_tag else {}))
    order = Order(Task.NETWORK, "2D FCN, 5 layers", ("train", "--data", str(data)), data="Small corpus")
    run = services.trainings.create(order).folder / "runs" / "fcn2d-5"
    run.mkdir(parents=True)
    (run / "settings.json").write_text('{"network": "fcn2d", "layers": 5, "epochs": 3}')
    (run / "tags.json").write_text(
        '{"tags": ["mtat/rock"], "positives": [50], "roc_auc": [0.7], "pr_auc": [0.4]}'
    )
    window.training.load()
    qtbot.waitUntil(lambda: page.runs.rowCount() == 5, timeout=PATIENCE)
    shown: list[list[str]] = []
    for row in range(5):
        if (entry := page.runs.entry(row)) is not None and entry.training is not None:
            page.look_at(row)
            shown += [[cell.text for cell in cells] for cells in page.run.tags.figures.rows()]
            assert page.run._lower.isVisible()
    assert sorted(shown) == [
        ["rock", "Genre", "4", "5", "5 of 9", "7 of 9", "9 of 9"],
        ["rock", "Genre", "50", "0.7000", "0.4000", "–"],
    ]


def test_what_was_made_is_taken_into_use(
    qtbot: QtBot, window: Window, page: TrainingPage, data: Path, services: FakeServices
) -> None:
    for name in ("go1", "go2"):
        (data / name).touch()
    start(qtbot, window, page, data)
    over(qtbot, window, page, State.DONE)
    (data / "slow").touch()
    page.run.compare_button.setFocus()
    page.run.compare_button.click()
    assert not page.run.use_button.isEnabled(), "the press is answered at once"
    assert not page.run.compare_button.isEnabled()
    assert page.list.hasFocus()
    qtbot.waitUntil((data / "exports").exists, timeout=PATIENCE)
    (data / "slow").unlink()
    qtbot.waitUntil(lambda: window.workshop.models_page.compares, timeout=PATIENCE)
    window.workshop.models_page.comparison.back_button.click()
    assert window.pages.shows(page), "back where the user came from"
    page.run.compare_button.click()
    qtbot.waitUntil(lambda: window.workshop.models_page.compares, timeout=PATIENCE)
    window.pages.show("training")
    page.run.use_button.click()
    page.run.use_button.click()
    qtbot.waitUntil(lambda: services.model == "2d-fcn-5-layers" and not window.bridge.busy, timeout=PATIENCE)
    assert len((data / "exports").read_text().splitlines()) == 1, "it is made and measured once"
    qtbot.waitUntil(lambda: page.run.use_button.text() == "In use", timeout=PATIENCE)
    assert not page.run.use_button.isEnabled()
    assert not page.run.compare_button.isEnabled()


def test_a_smoke_run_is_used_only_after_a_question(
    qtbot: QtBot, window: Window, page: TrainingPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[str] = []
    monkeypatch.setattr(window.training.models, "use", lambda entry: used.append(entry.title))
    trainings = window._services.trainings
    for number, budget in enumerate(("short", "smoke")):
        arguments = ("table", "--data", "x", "--budget", budget)
        made = trainings.create(Order(Task.NETWORK, budget, arguments, name=f"m{number}"))
        trainings.end(made.id, Ending.DONE)
    window.training.load()
    qtbot.waitUntil(lambda: page.runs.rowCount() == 3, timeout=PATIENCE)
    entries = {entry.title: entry for row in (1, 2) if (entry := page.runs.entry(row)) is not None}
    page.run.use.emit(entries["short"])
    assert used == ["short"]
    page.run.use.emit(entries["smoke"])
    assert used == ["short"] and "32 clips only" in page.banners.texts()[0]
    qtbot.keyClick(page.list, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not page.banners.texts(), timeout=PATIENCE)
    page.run.use.emit(entries["smoke"])
    page.banners.findChildren(Banner)[-1].action.click()
    assert used == ["short", "smoke"]


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


def test_a_model_is_exported_and_a_report_made(
    qtbot: QtBot, window: Window, page: TrainingPage, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("go1", "go2"):
        (data / name).touch()
    start(qtbot, window, page, data)
    over(qtbot, window, page, State.DONE)
    target = data / "mine.zip"
    monkeypatch.setattr(training_room, "ask_target", lambda *_: target)
    page.run.export_action.trigger()
    qtbot.waitUntil(target.exists, timeout=PATIENCE)
    opened: list[str] = []
    monkeypatch.setattr(training_room, "open_place", lambda _, path: opened.append(str(path)))
    page.run.results.report_button.click()
    qtbot.waitUntil(lambda: bool(opened), timeout=PATIENCE)
    assert Path(opened[0]).name == "report.html"
    assert Path(opened[0]).exists()


def test_a_real_network_learns(
    qtbot: QtBot, window: Window, page: TrainingPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process itself, on a few synthetic clips: it takes as long as torch takes to come up."""
    monkeypatch.setattr(child, "PROGRAM", (sys.executable, "-P", "-m", "training"))
    data = make_corpus(tmp_path / "small")
    form = page.form
    form.network.pick("fcn1d")
    form.settings.take("recipe")
    for name, value in {"width": 0.1, "epochs": 2, "batch_size": 4, "crop_frames": 300}.items():
        form.settings.all[name].set(value)
    page.form.data.use(data)
    qtbot.waitUntil(lambda: form.data.found is not None, timeout=REAL_PATIENCE)
    assert "8 training, 8 validation and 8 test clips, 3 tags" in form.data.says.text()
    form.begin.click()
    qtbot.waitUntil(lambda: window.training.trainer.running != "", timeout=PATIENCE)
    qtbot.waitUntil(lambda: not window.training.trainer.running, timeout=REAL_PATIENCE)
    over(qtbot, window, page, State.DONE)
    assert epochs(page) == 2
    entry = page.run.entry
    assert entry is not None
    assert entry.figure is not None
    assert len(page.run.tags.figures.rows()) == 3
    assert [row[0].text for row in page.run.results.results.rows()] == ["Validation", "Test"]


def test_old_against_new_on_the_users_own_library(
    qtbot: QtBot, window: Window, page: TrainingPage, data: Path, services: FakeServices
) -> None:
    for name in ("go1", "go2"):
        (data / name).touch()
    start(qtbot, window, page, data)
    over(qtbot, window, page, State.DONE)
    page.run.compare_button.click()
    qtbot.waitUntil(lambda: window.workshop.models_page.compares, timeout=PATIENCE)
    assert window.pages.shows(window.workshop.models_page)
    assert services.model == "double"  # nothing else listens yet


def test_a_model_gets_a_new_head_or_is_trained_as_a_whole(
    qtbot: QtBot, window: Window, page: TrainingPage, data: Path
) -> None:
    form = page.form
    choose(qtbot, page, data)
    form.pick(Task.FINETUNE)
    assert not form.settings.isVisible()
    qtbot.waitUntil(lambda: form.model.count() == 1, timeout=PATIENCE)
    form.whole.click()
    assert form.settings.isVisible()
    assert form.settings.all["learning_rate"].value == 1e-4
    assert not form.settings.all["width"].field.isVisible()  # the model has it
    form.settings.all["epochs"].set(2)
    words = form.order().arguments
    assert words[:2] == ("finetune", "--model")
    assert words[words.index("--whole") :] == ("--whole", "--epochs", "2")
    form.whole.click()
    assert "--whole" not in form.order().arguments
    form.begin.click()
    over(qtbot, window, page, State.DONE)
    entry = page.run.entry
    assert entry is not None
    assert entry.title == "double, new head", "short enough for the list"
    assert entry.training is not None
    begun = datetime.fromtimestamp(entry.training.started).astimezone()
    assert f"started {begun:%Y-%m-%d %H:%M}" in page.about.text()
    assert entry.word == "0.8000", "of the validation split, as the list says"
    assert page.run.outcome.text() == "A new head learns in one go, so that there are no curves."
    assert page.run.results.report_button.isHidden(), "a report is on runs, and here is none"
    valid, test = page.run.results.results.rows()
    assert [cell.text for cell in valid] == ["Validation, MagnaTagATune", "4", "–", "0.4000", "0.8000"]
    assert [cell.text for cell in test] == ["Test, MagnaTagATune", "4", "–", "0.5000", "0.9000"]
    (tag,) = page.run.tags.figures.rows()
    assert (tag[0].text, tag[2].text, tag[5].text) == ("rock", "50", "0.30")
    assert page.run.use_button.kind == "primary"


@pytest.mark.parametrize("counted", [True, False])  # a card of before has no counts
def test_a_new_head_that_few_clips_judge_is_not_advised(
    qtbot: QtBot, window: Window, page: TrainingPage, services: FakeServices, counted: bool
) -> None:
    order = Order(
        Task.FINETUNE, "double, new head", ("finetune",), data="Mine", clips={"valid": 3, "test": 3}
    )
    made = services.trainings.create(order)
    folder = made.folder / "model" / order.name
    folder.mkdir(parents=True)
    figures = {"roc_auc": 0.0, "pr_auc": 0.3333} | ({"positives": 1.0} if counted else {})
    tag = {"name": "Rock", "vocabulary": "genre", "threshold": 0.01, "metrics": figures}
    split = {"genre": {"roc_auc": 0.6667, "pr_auc": 0.5}}
    metrics = {"valid": split, "test": split} | ({"clips": {"valid": 3, "test": 3}} if counted else {})
    (folder / "card.json").write_text(json.dumps({"tags": [tag], "metrics": metrics}))
    services.trainings.end(made.id, Ending.DONE)
    window.training.load()
    qtbot.waitUntil(lambda: page.runs.rowCount() == 2, timeout=PATIENCE)
    page.look_at(1)
    rows = [[cell.text for cell in row] for row in page.run.results.results.rows()]
    assert [row[1:] for row in rows] == [["3", "–", "0.50", "0.67"]] * 2
    (shown,) = page.run.tags.figures.rows()
    assert [cell.text for cell in shown[2:5]] == ["1" if counted else "–", "0.00", "0.33"]
    assert page.run.outcome.text().endswith("Few positive clips to validate with: the figures are rough.")
    assert page.run.use_button.kind == "plain"
    assert page.run.entry is not None
    assert page.run.entry.word == "0.67"


def test_in_a_narrow_window_one_table_is_shown_by_choice(
    qtbot: QtBot, window: Window, page: TrainingPage, data: Path
) -> None:
    start(qtbot, window, page, data)
    tables = page.run._lower
    assert tables.tags.isVisible()
    assert tables.results.isVisible()
    assert not tables._switch.isVisible()
    window.resize(1000, 720)
    qtbot.waitUntil(tables._switch.isVisible, timeout=PATIENCE)
    assert (tables.tags.isVisible(), tables.results.isVisible()) == (True, False)
    tables._buttons[1].click()
    assert (tables.tags.isVisible(), tables.results.isVisible()) == (False, True)


def test_what_a_training_achieved_is_whole_in_a_small_window(
    qtbot: QtBot, window: Window, page: TrainingPage, services: FakeServices
) -> None:
    figures = {"verdicts": 36, "tracks": 20, "before": 0.67, "after": 1.0, "tags": ["a long name"] * 9}
    made = services.trainings.create(Order(Task.CORRECTIONS, "Your corrections", ("finetune",), name="mine"))
    services.trainings.end(made.id, Ending.DONE, figures=figures)
    made_run(services, positives=2)
    window.resize(720, 450)
    window.training.load()
    qtbot.waitUntil(lambda: page.runs.rowCount() == 4, timeout=PATIENCE)
    outcome = page.run.outcome
    whole = []
    for row in (row for row in range(4) if page.runs.flags(page.runs.index(row)) & Qt.ItemFlag.ItemIsEnabled):
        page.look_at(row)
        qtbot.waitUntil(lambda: outcome.height() == outcome.heightForWidth(outcome.width()), timeout=PATIENCE)
        whole.append(outcome.height())
    assert len(set(whole)) == 2, "no higher than its text"
    assert page.run.chip.parentWidget() is page.run.title.parentWidget()
    assert page.run.chip.y() > page.run.title.y()


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


def test_only_one_training_is_begun_and_one_that_failed_keeps_its_reason(
    qtbot: QtBot, window: Window, page: TrainingPage, data: Path, services: FakeServices
) -> None:
    (data / "dies").touch()
    start(qtbot, window, page, data)
    over(qtbot, window, page, State.FAILED)
    (data / "dies").unlink()
    (failed,) = services.trainings.all()
    page.new.click()
    choose(qtbot, page, data)
    order, trainer = page.form.order(), window.training.trainer
    page.form.begin.click()
    assert not page.form.begin.isEnabled()
    window.training._show()  # an answer that comes meanwhile
    assert not page.form.begin.isEnabled()
    begun: list[object] = []
    trainer.begin(order, begun.append)
    qtbot.waitUntil(lambda: trainer.running != "", timeout=PATIENCE)
    (past,) = window.bridge.past
    window.activity._retry(past)
    assert list(window.bridge.past) == [past]
    assert past.retry is not None
    assert "A training runs already; one runs at a time." in page.banners.texts()
    trainer.resume(failed.id)
    qtbot.waitUntil(lambda: epochs(page) == 1, timeout=PATIENCE)
    assert not begun
    kept = {training.id: training for training in services.trainings.all()}
    assert len(kept) == 2
    assert (kept[failed.id].ending, kept[failed.id].reason) == (Ending.FAILED, failed.reason)


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


@pytest.mark.skipif(not child.can_pause(), reason="there are no groups of processes on this system")
def test_what_a_process_starts_ends_with_it(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import subprocess, sys\n"
        "other = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(other.pid, flush=True)\n"
        "other.wait()\n"
    )
    monkeypatch.setattr(child, "PROGRAM", (sys.executable, str(script)))
    said: list[str] = []
    made = child.Child([])
    made.said.connect(said.append)
    qtbot.waitUntil(lambda: bool(said), timeout=PATIENCE)
    other = Path("/proc", said[0])
    if not other.exists():
        pytest.skip("there is no /proc on this system")

    def state() -> str:
        try:
            return (other / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return "gone"

    made.pause(True)
    qtbot.waitUntil(lambda: state() == "T", timeout=PATIENCE)
    made.pause(False)
    with qtbot.waitSignal(made.ended, timeout=PATIENCE):
        made.stop()
    qtbot.waitUntil(lambda: state() in ("gone", "Z"), timeout=PATIENCE)


def test_where_nothing_can_be_asked_to_stop_it_is_ended_at_once(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Windows a process without a window hears of no wish; waiting for it would be in vain."""
    monkeypatch.setattr(child, "PROGRAM", (sys.executable, "-c", "input()"))
    monkeypatch.setattr(child, "GRACE_MS", 10 * PATIENCE)
    monkeypatch.setattr(child.QProcess, "terminate", lambda self: None)
    monkeypatch.setattr(child.sys, "platform", "win32")
    made = child.Child([])
    with qtbot.waitSignal(made.ended, timeout=PATIENCE) as ended:
        made.stop()
    assert made.stopping
    assert ended.args == [child.KILLED]


def test_a_process_that_is_gone_already_is_neither_paused_nor_a_reason_to_fall(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise ProcessLookupError

    made = child.Child(["describe"])
    with monkeypatch.context() as patched:
        for name in ("kill", "killpg"):
            patched.setattr(os, name, gone, raising=False)
        made.pause(True)
        made.pause(False)
    with qtbot.waitSignal(made.ended, timeout=PATIENCE):
        made.stop()


def test_an_ending_that_cannot_be_noted_is_said(
    qtbot: QtBot,
    window: Window,
    page: TrainingPage,
    data: Path,
    services: FakeServices,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: object) -> None:
        raise StoreFault("job.json: No space left on device")

    (data / "dies").touch()
    monkeypatch.setattr(services.trainings, "end", full)
    start(qtbot, window, page, data)
    text = "How “2D FCN, 5 layers” ended could not be noted: job.json: No space left on device"
    qtbot.waitUntil(lambda: text in page.banners.texts(), timeout=PATIENCE)


def test_curves_that_cannot_be_drawn_are_said(
    qtbot: QtBot, window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mat_desktop.gui.widgets.curves", None)
    window.pages.show("training")
    banners = window.training.page.banners
    qtbot.waitUntil(lambda: "curves cannot be drawn" in " ".join(banners.texts()), timeout=PATIENCE)


def test_the_folder_of_a_run_is_opened_as_all_places_are(
    qtbot: QtBot, window: Window, page: TrainingPage, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(training_room, "open_place", lambda _, path: opened.append(path))
    start(qtbot, window, page, data)
    qtbot.waitUntil(lambda: epochs(page) == 1, timeout=PATIENCE)
    page.run.folder.click()
    assert [path.name for path in opened] == ["fcn2d-5"]


def test_the_focus_goes_from_stop_to_resume_and_from_there_not_to_stop(
    qtbot: QtBot, window: Window, page: TrainingPage, data: Path
) -> None:
    start(qtbot, window, page, data)
    qtbot.waitUntil(lambda: epochs(page) == 1, timeout=PATIENCE)
    page.run.stop_button.setFocus()
    page.run.stop_button.click()
    over(qtbot, window, page, State.STOPPED)
    assert page.run.resume_button.hasFocus()
    page.run.resume_button.click()
    qtbot.waitUntil(page.run.stop_button.isVisible, timeout=PATIENCE)
    assert page.list.hasFocus(), "the key that resumed it would stop it at once"


def test_a_training_that_quitting_cut_off_is_told_of_until_it_goes_on_or_that_is_closed(
    qtbot: QtBot, window: Window, data: Path, services: FakeServices
) -> None:
    order = Order(Task.NETWORK, "2D FCN, 5 layers", ("train", "--data", str(data)), data="Small corpus")
    folder = services.trainings.create(order).folder / "runs" / "fcn2d-5"
    folder.mkdir(parents=True)
    (folder / "settings.json").write_text('{"network": "fcn2d", "layers": 5, "epochs": 3}')
    (folder / "last.pt").touch()
    for name in ("go1", "go2"):
        (data / name).touch()
    said = "Training “2D FCN, 5 layers” was stopped in epoch 1 of 3 when the program ended."
    window.begin([])
    banners = window.pages.current.banners
    qtbot.waitUntil(lambda: said in banners.texts(), timeout=PATIENCE)
    for other in "abc":
        window.pages.say("warning", other)
    assert said in banners.texts(), "what else is said at the start leaves it its place"

    def ending() -> Ending:
        return services.trainings.all()[0].ending

    def banner() -> Banner:
        shown = [banner for banner in banners.findChildren(Banner) if not banner.isHidden()]
        return next(banner for banner in shown if banner.text == said)

    assert ending() is Ending.NONE, "another start would say it again"
    banner().close_button.click()
    qtbot.waitUntil(lambda: ending() is Ending.STOPPED, timeout=PATIENCE)
    services.trainings.end(services.trainings.all()[0].id, Ending.NONE)
    look_back(window.desk, lambda name: window.training.resume(name))
    qtbot.waitUntil(lambda: said in banners.texts(), timeout=PATIENCE)
    banner().action.click()
    assert window.pages.shows(window.training.page)
    qtbot.waitUntil(lambda: ending() is Ending.DONE, timeout=PATIENCE)
    assert said not in banners.texts()
    window.training.close()


def test_f6_goes_through_the_parts_of_a_page(
    qtbot: QtBot, window: Window, page: TrainingPage, services: FakeServices
) -> None:
    made_run(services, positives=50)
    window.training.load()
    qtbot.waitUntil(lambda: page.runs.rowCount() == 2, timeout=PATIENCE)

    def parts(number: int) -> list[QWidget | None]:
        seen = []
        for _ in range(number):
            qtbot.keyClick(window, Qt.Key.Key_F6)
            seen.append(QApplication.focusWidget())
        return seen

    page.look_at(1)
    run = page.run
    rest: list[QWidget | None] = [run.tags.table, run.results.results_table, run.log, page.list]
    assert parts(4) == rest
    page.show_form()
    assert {*parts(2)} == {page.list, page.form._tasks[0]}
    models = window.workshop.models_page
    window.pages.show("models")
    qtbot.waitUntil(models.tags_table.isVisible, timeout=PATIENCE)
    window.pages.say("warning", "something", "Do it", lambda: None)
    assert models.tags_table in parts(5)
    assert models.banners.isAncestorOf(QApplication.focusWidget()) or models.list.hasFocus()


def test_the_heading_is_whole_with_large_letters(qtbot: QtBot, page: TrainingPage) -> None:
    usual = round(100 * appearance.text_scale)
    heading = next(text for text in page.findChildren(Text) if text.text() == "Training")
    try:
        appearance.use_text(150)
        qtbot.waitUntil(lambda: heading.width() >= text_width("Training", 16, 600), timeout=PATIENCE)
        assert page.new.accessibleName() == "New run…"
    finally:
        appearance.use_text(usual)


def test_runs_of_one_title_are_told_apart_and_say_the_clips_they_use(
    qtbot: QtBot, window: Window, page: TrainingPage, services: FakeServices
) -> None:
    told = ("train", "--data", "/corpus", "--network", "fcn2d", "--width")
    clips = {"train": 1662, "valid": 223, "test": 8}
    for more in (("0.1", "--epochs", "4", "--clips", "16"), ("0.5", "--epochs", "4")):
        made = services.trainings.create(
            Order(Task.NETWORK, "2D FCN, 5 layers", (*told, *more), data="Small corpus", clips=clips)
        )
        job = json.loads((made.folder / "job.json").read_text())
        job["started"] = 1_795_896_000 + len(more)  # within one minute
        (made.folder / "job.json").write_text(json.dumps(job))
    window.training.load()
    qtbot.waitUntil(lambda: page.runs.rowCount() == 3, timeout=PATIENCE)
    lines = [page.runs.entry(row) for row in (1, 2)]
    notes = {entry.note.rpartition(", ")[0] for entry in lines if entry is not None}
    assert notes == {"width 0.1, 16 clips", "width 0.5"}
    starts = {entry.note.rpartition(", ")[2] for entry in lines if entry is not None}
    assert all(len(start) == len("2026-11-28 14:05:07") for start in starts)
    for row, entry in zip((1, 2), lines, strict=True):
        page.look_at(row)
        limited = entry is not None and "16" in entry.note.rpartition(", ")[0]
        used = "16 of 1662 train · 16 of 223 validation\n8 test" if limited else "1662 train · 223 validation"
        assert used in page.about.text()


def made_run(
    services: FakeServices, positives: int, *, task: Task = Task.NETWORK, title: str = "2D FCN, 5 layers"
) -> None:
    """A finished run of three epochs, of which the second is kept."""
    order = Order(task, title, ("train", "--data", "/data"), data="Small corpus", clips={"train": 8})
    made = services.trainings.create(order)
    run = made.folder / "runs" / "fcn2d-5"
    run.mkdir(parents=True)
    settings = {"network": "fcn2d", "layers": 5, "epochs": 3, "width": 1.0, "crop_frames": 0}
    (run / "settings.json").write_text(json.dumps(settings))
    lines = [
        {
            "number": n,
            "of": 3,
            "valid_loss": 0.4,
            "valid": {"mtat": {"roc_auc": roc, "pr_auc": roc}},
            "seconds": 40,
        }
        for n, roc in ((1, 0.5), (2, 0.7), (3, 0.35))
    ]
    (run / "epochs.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    split = {
        "clips": 5,
        "tags": ["mtat/rock", "mtat/guitar"],
        "positives": [positives, positives],
        "roc_auc": {"macro": 0.7, "tags": [1.0, 0.4]},
        "pr_auc": {"macro": 0.7, "tags": [1.0, 0.4]},
        "at_half": {"accuracy": {"macro": 0.9}},
        "at_best": {"thresholds": [0.5, 0.5]},
    }
    (run / "result.json").write_text(json.dumps({"metrics": {"valid": split}}))
    services.trainings.end(made.id, Ending.DONE)


def test_the_figures_of_a_finished_run_are_those_of_the_kept_epoch(
    qtbot: QtBot, window: Window, page: TrainingPage, services: FakeServices
) -> None:
    made_run(services, positives=50)
    window.training.load()
    qtbot.waitUntil(lambda: page.runs.rowCount() == 2, timeout=PATIENCE)
    page.look_at(1)
    for curve in (page.run.plots.roc, page.run.plots.pr):
        assert curve.value.text() == "0.7000"
        assert curve.about.text() in ("validation, epoch 2, kept", "epoch 2, kept")
        assert curve.value.toolTip() == "validation, epoch 2, kept"
    assert page.run.tags.about.text() == "2 tags, validation, epoch 2, kept"
    assert page.run.results.title.text() == "Results, epoch 2, kept"
    entry = page.run.entry
    assert entry is not None
    assert entry.word == "0.7000"
    assert page.run.facts.text().startswith("Kept: epoch 2")
    assert page.run.outcome.isHidden()


def test_figures_that_rest_on_few_positives_say_so_and_have_two_decimals(
    qtbot: QtBot, window: Window, page: TrainingPage, services: FakeServices
) -> None:
    made_run(services, positives=1)
    window.training.load()
    qtbot.waitUntil(lambda: page.runs.rowCount() == 2, timeout=PATIENCE)
    page.look_at(1)
    assert page.run.outcome.text() == "Few positive clips to validate with: the figures are rough."
    assert page.run.outcome.isVisible()
    assert page.run.plots.roc.value.text() == "0.70"
    assert [cell.text for cell in page.run.tags.figures.rows()[0]][2:5] == ["1", "1.00", "1.00"]
    assert [cell.text for cell in page.run.results.results.rows()[0]][2:] == ["0.90", "0.70", "0.70"]
    entry = page.run.entry
    assert entry is not None
    assert entry.word == "0.70"


def test_runs_are_being_read_until_they_are_there(qtbot: QtBot) -> None:
    page = TrainingPage()
    qtbot.addWidget(page)
    assert page.empty.text() == "Reading runs…"
    page.show_runs([])
    assert page.empty.text() == "No runs yet"


def test_a_table_is_followed_from_row_to_row_unless_another_is_looked_at(
    qtbot: QtBot, window: Window, page: TrainingPage, data: Path
) -> None:
    for name in ("go1", "go2"):
        (data / name).touch()
    page.form.pick(Task.TABLE)
    (data / "go2").unlink()
    start(qtbot, window, page, data)
    qtbot.waitUntil(lambda: epochs(page) == 2, timeout=PATIENCE)
    entry = page.run.entry
    assert entry is not None
    assert entry.title == "1D FCN, 3 layers"
    (data / "go1").unlink()
    (data / "go2").touch()

    def second() -> bool:
        entry = page.run.entry
        return entry is not None and entry.title == "1D FCN, 4 layers" and entry.state is State.RUNNING

    qtbot.waitUntil(second, timeout=PATIENCE)
    assert page.run.stop_button.isVisible()
    assert page.list.currentIndex().row() == 2
    page.look_at(1)  # the user's choice stays
    (data / "go1").touch()
    qtbot.waitUntil(lambda: not window.training.trainer.running, timeout=PATIENCE)
    assert page.list.currentIndex().row() == 1


def test_large_letters_and_a_small_window_show_whole_runs_and_tables(
    qtbot: QtBot, window: Window, page: TrainingPage, services: FakeServices
) -> None:
    made_run(services, positives=50)
    made_run(services, positives=50, title="2D FCN, 4 layers")
    window.training.load()
    qtbot.waitUntil(lambda: page.runs.rowCount() == 3, timeout=PATIENCE)
    page.look_at(1)
    window.setMinimumSize(100, 100)
    window.resize(1280, 720)
    run = page.run
    try:
        for percent in (100, 200):
            appearance.use_text(percent)
            qtbot.wait(100)
            table = run.tags.table
            assert table.horizontalScrollBar().maximum() == 0, percent
            assert table.viewport().height() >= 2 * appearance.row, percent
            assert run._area.verticalScrollBar().maximum() == 0, "all three plots are in view"
            assert run.plots.legend.isVisible()
            assert QFontInfo(run.log.font()).pixelSize() == 12 * percent // 100
            wide = page.list.viewport().width()
            assert page.list.visualRect(page.runs.index(1)).width() <= wide
        assert page.list.sizeHintForRow(1) > page.list.sizeHintForRow(0), "its figure stands under its title"
        appearance.use_text(100)
        assert table.horizontalHeader().viewport().font().pixelSize() == 12
    finally:
        appearance.use_text(100)


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


def test_what_is_done_before_the_first_step_is_said(
    qtbot: QtBot, window: Window, page: TrainingPage, data: Path
) -> None:
    (data / "reads").touch()
    start(qtbot, window, page, data)
    qtbot.waitUntil(lambda: page.run.says.text() == "Reading tags of files: 4 of 16", timeout=PATIENCE)
    assert page.run.bar.isVisible()
    (data / "reads").unlink()
    qtbot.waitUntil(lambda: epochs(page) == 1, timeout=PATIENCE)
    assert "reading the data" in page.run.log.toPlainText()
