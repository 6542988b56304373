"""Workers let the window go first, and modules are imported while it goes on."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from types import ModuleType

import pytest
from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from mat_desktop.gui.turns import Loader, Turns
from mat_desktop.gui.window import Window


@pytest.fixture
def parent(qtbot: QtBot) -> QObject:
    return QObject()


def test_a_worker_waits_while_the_window_paints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mat_desktop.gui.turns.BUSY", 30.0)  # the computer may be busy
    turns = Turns()
    order: list[str] = []

    def worker() -> None:
        turns.give_way()
        order.append("worker")

    thread = threading.Thread(target=worker)
    with turns:
        with turns:
            thread.start()
        thread.join(0.01)
        order.append("window")
    thread.join()
    assert order == ["window", "worker"]


def test_a_window_that_paints_for_long_holds_nobody_up() -> None:
    turns = Turns()
    thread = threading.Thread(target=turns.give_way)
    with turns:
        thread.start()
        thread.join(10)
        assert not thread.is_alive()


class _Part(QWidget):
    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.busy: list[bool] = []
        self._turns = window.bridge.turns
        self.resize(20, 20)
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        self.busy.append(self._turns.busy)


def test_workers_rest_while_the_window_is_painted(qtbot: QtBot, window: Window) -> None:
    part = _Part(window)
    qtbot.waitUntil(lambda: bool(part.busy))
    part.update()
    qtbot.waitUntil(lambda: part.busy[-1])
    assert not window.bridge.turns.busy


def _package(folder: Path, name: str, text: str, count: int = 5) -> None:
    """Modules that import one another and note whether the UI thread runs beside them."""
    (folder / name).mkdir()
    (folder / name / "parts.py").write_text("import threading\nthreads, beside = [], []\nat_work = [0]\n")
    for number in range(count):
        (folder / name / f"part{number}.py").write_text(
            f"import threading, time\nfrom {name}.parts import threads, beside, at_work\n"
            "threads.append(threading.current_thread())\nbefore = at_work[0]\ntime.sleep(0.01)\n"
            "beside.append(at_work[0] - before)\n"
        )
    (folder / name / "__init__.py").write_text(text)


def test_an_import_runs_in_a_thread_and_never_beside_the_window(
    qtbot: QtBot, parent: QObject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _package(tmp_path, "sliced", "".join(f"import sliced.part{number}\n" for number in range(5)))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("mat_desktop.gui.turns.LONGEST", 30.0)  # the computer may be busy
    got: list[ModuleType] = []
    turns = [0]

    def count() -> None:
        turns[0] += 1
        if "sliced.parts" in sys.modules:
            sys.modules["sliced.parts"].at_work[0] += 1

    ticking = QTimer(parent)
    ticking.timeout.connect(count)
    ticking.start(1)
    loader = Loader(parent)
    loader.load("sliced", got.append)
    qtbot.waitUntil(lambda: bool(got))
    parts = sys.modules["sliced.parts"]
    assert got == [sys.modules["sliced"]]
    assert threading.main_thread() not in parts.threads
    assert parts.beside == [0] * 5
    assert parts.at_work[0] > 0  # between two modules the window went on
    assert not [finder for finder in sys.meta_path if isinstance(finder, threading.Thread)]


def test_what_cannot_be_imported_is_said_and_what_comes_after_is_imported(
    qtbot: QtBot, parent: QObject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _package(tmp_path, "broken", "raise ValueError('no')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    got: list[ModuleType] = []
    errors: list[Exception] = []
    loader = Loader(parent)
    loader.load("broken", got.append, errors.append)
    loader.load("json", got.append)
    qtbot.waitUntil(lambda: bool(got))
    assert [str(error) for error in errors] == ["no"]
    assert got == [sys.modules["json"]]


def test_closing_finishes_an_import_and_begins_no_other(
    qtbot: QtBot, parent: QObject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _package(tmp_path, "left", "".join(f"import left.part{number}\n" for number in range(20)), 20)
    _package(tmp_path, "never", "")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("mat_desktop.gui.turns.FINISH", 30.0)  # the computer may be busy
    got: list[ModuleType] = []
    loader = Loader(parent)
    loader.load("left", got.append)
    loader.load("never", got.append)
    qtbot.waitUntil(lambda: "left.parts" in sys.modules)
    loader.close()
    assert hasattr(sys.modules["left"], "part19")  # a later import finds it whole
    assert not [thread for thread in threading.enumerate() if thread.name == "import left"]
    qtbot.wait(50)
    assert "never" not in sys.modules
    assert not [module for module in got if module.__name__ == "never"]
