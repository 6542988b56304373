"""One training from its start to its end: followed, stopped, paused, resumed, failed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QCloseEvent, QFontMetrics
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from mat_desktop.app.trainings import Ending, Order, Task
from mat_desktop.errors import StoreFault
from mat_desktop.gui.models.trainings import State
from mat_desktop.gui.operations import child
from mat_desktop.gui.operations.cut_off import look_back
from mat_desktop.gui.views.training import TrainingPage
from mat_desktop.gui.widgets.banner import Banner
from mat_desktop.gui.widgets.training_tables import Part
from mat_desktop.gui.window import Window
from tests.gui.double import FakeServices
from tests.gui.training.runs import PATIENCE, choose, epochs, over, start
from tests.training.corpora import make_corpus

REAL_PATIENCE = 120_000


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


def test_in_a_low_window_one_part_at_a_time_is_shown_under_what_stops_it(
    qtbot: QtBot, window: Window, page: TrainingPage, data: Path
) -> None:
    start(qtbot, window, page, data)
    qtbot.waitUntil(lambda: epochs(page) == 1, timeout=PATIENCE)
    run, view = page.run, window.pages.view

    def seen(part: QWidget) -> bool:
        place = QRect(part.mapTo(view.viewport(), QPoint(0, 0)), part.size())
        return part.isVisible() and view.viewport().rect().contains(place)

    def parts() -> list[bool]:
        return [part.isVisible() for part in (run.plots, run.tags.table, run.results.results_table, run.log)]

    window.setMinimumSize(100, 100)
    window.resize(640, 340)
    bars = view.horizontalScrollBar(), view.verticalScrollBar()
    qtbot.waitUntil(lambda: [bar.maximum() for bar in bars] == [0, 0])
    buttons = run._lower.buttons
    assert all(map(seen, (run.pause_button, run.stop_button, *buttons.values())))
    assert parts() == [True, False, False, False]
    buttons[Part.CURVES].setFocus()
    for _ in range(6):
        qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Tab)
    assert window.focusWidget() is run.plots.pr
    qtbot.waitUntil(lambda: seen(run.plots.pr))
    for number, part in enumerate((Part.TAGS, Part.RESULTS, Part.LOG), 1):
        buttons[part].click()
        assert parts() == [n == number for n in range(4)]
        qtbot.wait(100)  # layouts settle
        assert [bar.maximum() for bar in bars] == [0, 0]
    tables = run.tags.table, run.results.results_table
    assert [table.horizontalScrollBar().maximum() for table in tables] == [0, 0]
    line = QFontMetrics(run.log.font()).height()
    qtbot.waitUntil(lambda: seen(run.log) and run.log.viewport().height() >= 5 * line)

    (data / "dies").touch()
    (data / "go1").touch()
    over(qtbot, window, page, State.FAILED)
    assert "No space left" in run.outcome.text()
    qtbot.waitUntil(
        lambda: seen(run.outcome) and run.outcome.height() >= run.outcome.heightForWidth(run.outcome.width())
    )
    window.resize(1440, 900)
    qtbot.waitUntil(lambda: parts() == [True] * 4)
    assert run.plots.pr.focusPolicy() is Qt.FocusPolicy.NoFocus, "nothing is scrolled"


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


def test_that_it_can_be_gone_on_with_is_said_once_there_is_a_checkpoint(
    qtbot: QtBot, window: Window, page: TrainingPage, data: Path
) -> None:
    (data / "reads").touch()
    start(qtbot, window, page, data)
    qtbot.waitUntil(page.run.stop_button.isVisible, timeout=PATIENCE)
    assert "gone on with" not in page.run.stop_button.toolTip()
    window.closeEvent(QCloseEvent())
    assert "It has no checkpoint yet, and may begin anew." in window.leave_bar.text.text()
    (data / "go1").touch()
    (data / "reads").unlink()
    qtbot.waitUntil(lambda: epochs(page) == 2, timeout=PATIENCE)
    qtbot.waitUntil(lambda: "from its last checkpoint" in window.leave_bar.text.text(), timeout=PATIENCE)
    assert "gone on with" in page.run.stop_button.toolTip()
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
    qtbot: QtBot, window: Window, page: TrainingPage, data: Path, services: FakeServices
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
    assert len(page.banners.texts()) == 1
    (data / "killed").unlink()
    for name in ("go1", "go2"):
        (data / name).touch()
    over(qtbot, window, page, State.FAILED)
    window.training.trainer.resume(services.trainings.all()[0].id)
    over(qtbot, window, page, State.DONE)
    assert not page.banners.texts(), "another one began since"


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
