"""Workers let the window go first, and modules are imported while it goes on."""

from __future__ import annotations

import importlib
import sys
import threading
from pathlib import Path
from types import ModuleType

import pytest
from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from mat_desktop.gui.turns import InTurns, Loader, Turns, _Import
from mat_desktop.gui.window import Window
from tests.gui.conftest import PATIENCE


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
    qtbot.waitUntil(lambda: bool(part.busy), timeout=PATIENCE)
    part.update()
    qtbot.waitUntil(lambda: part.busy[-1], timeout=PATIENCE)
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
    qtbot.waitUntil(lambda: bool(got), timeout=PATIENCE)
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
    qtbot.waitUntil(lambda: bool(got), timeout=PATIENCE)
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
    qtbot.waitUntil(lambda: "left.parts" in sys.modules, timeout=PATIENCE)
    loader.close()
    assert hasattr(sys.modules["left"], "part19")  # a later import finds it whole
    assert not [thread for thread in threading.enumerate() if thread.name == "import left"]
    qtbot.wait(50)
    assert "never" not in sys.modules
    assert not [module for module in got if module.__name__ == "never"]


def test_a_window_that_needs_a_module_under_way_does_not_wait_at_each_part_of_it(
    qtbot: QtBot, parent: QObject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _package(tmp_path, "needed", "".join(f"import needed.part{number}\n" for number in range(20)), 20)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("mat_desktop.gui.turns.PATIENCE", 0.1)
    waits = [0]
    wait = _Import._wait

    def counted(thread: _Import) -> None:
        waits[0] += 1
        wait(thread)

    monkeypatch.setattr(_Import, "_wait", counted)
    Loader(parent).load("needed", lambda _: None)
    qtbot.waitUntil(lambda: "needed.parts" in sys.modules, timeout=PATIENCE)
    before = waits[0]
    module = importlib.import_module("needed")
    assert hasattr(module, "part19")
    assert waits[0] <= before + 1


def test_a_module_that_the_window_needs_is_finished_and_the_next_ones_come_as_before(
    qtbot: QtBot, parent: QObject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _package(tmp_path, "hastened", "".join(f"import hastened.part{number}\n" for number in range(20)), 20)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("mat_desktop.gui.turns.PATIENCE", 60.0)
    monkeypatch.setattr("mat_desktop.gui.turns.FINISH", 30.0)  # the computer may be busy
    got: list[str] = []
    loader = Loader(parent)
    for name in ("hastened", "json"):
        loader.load(name, lambda module: got.append(module.__name__))
    qtbot.waitUntil(lambda: "hastened.parts" in sys.modules, timeout=PATIENCE)
    loader.hasten()
    assert hasattr(sys.modules["hastened"], "part19")
    qtbot.waitUntil(lambda: got == ["hastened", "json"], timeout=PATIENCE)


def test_a_module_that_hangs_keeps_the_window_once(
    qtbot: QtBot, parent: QObject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    monkeypatch.setattr(threading, "go_on", go_on, raising=False)
    _package(tmp_path, "hangs", "import threading\nthreading.go_on.wait(60)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("mat_desktop.gui.turns.LONGEST", 0.2)
    got: list[ModuleType] = []
    waits: list[object] = []
    loader = Loader(parent)
    loader.load("hangs", got.append)
    loader._turn()
    assert loader._running is not None
    with monkeypatch.context() as patch:
        patch.setattr(loader._running._turn, "wait_for", lambda *_: waits.append(_))
        loader._turn()
    assert not waits
    go_on.set()
    qtbot.waitUntil(lambda: bool(got), timeout=PATIENCE)


def test_the_loop_turns_between_two_things(qtbot: QtBot) -> None:
    """Each thing has a turn of its own, and without those that they are for there are none."""
    said: list[str] = []
    owner = QObject()
    InTurns(owner, [lambda: said.append("one"), lambda: said.append("two"), owner.deleteLater])
    gone = QObject()
    InTurns(gone, [lambda: said.append("never")])
    gone.deleteLater()
    QTimer.singleShot(0, lambda: said.append("the loop"))
    assert said == []
    qtbot.waitUntil(lambda: not isValid(owner), timeout=PATIENCE)
    assert sorted(said) == ["one", "the loop", "two"]
    assert said.index("the loop") < said.index("two")
