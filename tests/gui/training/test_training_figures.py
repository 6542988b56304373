"""What a training has made: its figures, what they rest on, and what is done with the model."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mat_desktop.app.trainings import Ending, Order, Task
from mat_desktop.domain.scores import Verdict
from mat_desktop.domain.track import TrackId
from mat_desktop.gui import training_room
from mat_desktop.gui.models.trainings import State
from mat_desktop.gui.views.training import TrainingPage
from mat_desktop.gui.widgets.banner import Banner
from mat_desktop.gui.window import Window
from tests.gui.double import FakeServices
from tests.gui.training.runs import PATIENCE, choose, made_run, over, start


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
    assert "by its threshold alone; a comparison counts what is suggested" in page.run.outcome.text()
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


def test_a_run_without_a_finished_epoch_says_so_and_shows_no_empty_plots(
    qtbot: QtBot, window: Window, page: TrainingPage, services: FakeServices, data: Path
) -> None:
    order = Order(Task.NETWORK, "2D FCN, 5 layers", ("train", "--data", str(data)), data="Small corpus")
    made = services.trainings.create(order)
    run = made.folder / "runs" / "fcn2d-5"
    run.mkdir(parents=True)
    (run / "settings.json").write_text('{"network": "fcn2d", "layers": 5, "epochs": 4}')
    services.trainings.end(made.id, Ending.STOPPED)
    window.training.load()
    qtbot.waitUntil(lambda: page.runs.rowCount() == 2, timeout=PATIENCE)
    page.look_at(1)
    plots = page.run.plots
    qtbot.waitUntil(plots.nothing.isVisible)
    assert plots.nothing.text() == "Nothing was measured: this run ended before its first epoch did."
    assert not any(curve.isVisible() for curve in plots.each)
    entry = page.run.entry
    assert entry is not None
    going = replace(entry, state=State.RUNNING)
    assert going.unmeasured.endswith("the first figures come after the first epoch.")
    assert replace(entry, state=State.WAITING).unmeasured.endswith("has not begun.")
    epoch = {"number": 1, "of": 4, "train_loss": 0.3, "valid_loss": 0.4, "seconds": 2}
    (run / "epochs.jsonl").write_text(json.dumps(epoch))
    window.training.load()
    qtbot.waitUntil(plots.loss.isVisible)
    assert plots.roc.isVisible() and not plots.nothing.isVisible()


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


def test_curves_that_cannot_be_drawn_are_said(
    qtbot: QtBot, window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mat_desktop.gui.widgets.curves", None)
    window.pages.show("training")
    banners = window.training.page.banners
    qtbot.waitUntil(lambda: "curves cannot be drawn" in " ".join(banners.texts()), timeout=PATIENCE)


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


def test_what_a_correction_changes_elsewhere_is_counted_and_advice_against_it_stands_out(
    qtbot: QtBot, window: Window, page: TrainingPage, services: FakeServices
) -> None:
    figures = {"verdicts": 9, "tracks": 9, "before": 0.5, "after": 1.0, "held_out": 0.4, "better": False}
    order = Order(Task.CORRECTIONS, "Your corrections, 9 decisions", ("finetune",), name="mine")
    made = services.trainings.create(order)
    moved = {"harm": 0.1, "come": 463, "go": 53}
    services.trainings.end(made.id, Ending.DONE, figures=figures | moved)
    window.training.load()
    qtbot.waitUntil(lambda: page.runs.first() >= 0, timeout=PATIENCE)
    page.look_at(page.runs.first())
    text = page.run.outcome.text()
    assert "463 of these tags come above their thresholds and 53 go below" in text
    assert page.run.outcome._token == "warning"
