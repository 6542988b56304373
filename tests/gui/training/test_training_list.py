"""The list of runs, the rows of a table among them, and the page around them."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFontInfo, QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from mat_desktop.app.trainings import Ending, Order, Row, Task
from mat_desktop.gui import training_room
from mat_desktop.gui.models.trainings import State
from mat_desktop.gui.operations import children
from mat_desktop.gui.theme import appearance
from mat_desktop.gui.views.training import TrainingPage, _cut
from mat_desktop.gui.widgets.controls import Text
from mat_desktop.gui.widgets.delegates import text_width
from mat_desktop.gui.widgets.training_tables import Part
from mat_desktop.gui.window import Window
from tests.gui.double import FakeServices
from tests.gui.training.runs import FAKE, PATIENCE, epochs, made_run, over, start


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


def test_a_run_that_was_deleted_by_another_program_leaves_the_list_once_it_is_asked_for(
    qtbot: QtBot, window: Window, page: TrainingPage, data: Path, services: FakeServices
) -> None:
    for name in ("go1", "go2"):
        (data / name).touch()
    start(qtbot, window, page, data)
    over(qtbot, window, page, State.DONE)
    (folder,) = services.trainings.folder.iterdir()
    shutil.rmtree(folder)
    page.run.use_button.click()
    qtbot.waitUntil(lambda: page.runs.rowCount() == 0, timeout=PATIENCE)
    assert page.stack.currentWidget() is page.form
    assert any("not there any more" in text for text in page.banners.texts())


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
    qtbot.waitUntil(tables.switch.isVisible, timeout=PATIENCE)
    assert (tables.tags.isVisible(), tables.results.isVisible()) == (False, True)
    assert page.run.results.title.text() == "Beside the paper, table 2: validation split"
    beside = page.run.results.beside_table
    window.resize(1000, 500)
    beside.mark(8)
    last = beside.figures.index(8, 0)
    qtbot.waitUntil(
        lambda: beside.viewport().rect().contains(beside.visualRect(last).center()), timeout=PATIENCE
    )
    tables.buttons[Part.TAGS].click()
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


def test_in_a_narrow_window_one_table_is_shown_by_choice(
    qtbot: QtBot, window: Window, page: TrainingPage, data: Path
) -> None:
    start(qtbot, window, page, data)
    tables = page.run._lower
    assert tables.tags.isVisible()
    assert tables.results.isVisible()
    assert not tables.switch.isVisible()
    window.resize(1000, 720)
    qtbot.waitUntil(tables.switch.isVisible, timeout=PATIENCE)
    assert (tables.tags.isVisible(), tables.results.isVisible()) == (True, False)
    tables.buttons[Part.RESULTS].click()
    assert (tables.tags.isVisible(), tables.results.isVisible()) == (False, True)


def test_the_folder_of_a_run_is_opened_as_all_places_are(
    qtbot: QtBot, window: Window, page: TrainingPage, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(training_room, "open_place", lambda _, path: opened.append(path))
    start(qtbot, window, page, data)
    qtbot.waitUntil(lambda: epochs(page) == 1, timeout=PATIENCE)
    page.run.folder.click()
    assert [path.name for path in opened] == ["fcn2d-5"]


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


def test_a_run_in_little_room_keeps_the_time_that_tells_it_apart(qtbot: QtBot) -> None:
    note = "learning rate 0.002, width 0.25, began today at 12:34"
    cut = _cut(note, 160, 12)
    assert cut != note
    assert cut.endswith("12:34")
