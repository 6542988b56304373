"""One window for a data folder, and command lines beside it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mat_desktop.gui.instance import Instance
from mat_desktop.gui.window import Window
from tests.gui.double import FakeServices

SECOND = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from mat_desktop.gui.instance import Instance
app = QCoreApplication([])
instance = Instance(Path(sys.argv[1]))
print(instance.start([Path(path) for path in sys.argv[2:]], False).name)
"""


@pytest.fixture
def first(tmp_path: Path, qtbot: QtBot) -> Iterator[Instance]:
    made = Instance(tmp_path / "data")
    assert made.claim()
    yield made
    made.close()


def second(data_dir: Path, *paths: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SECOND, str(data_dir), *map(str, paths)], stdout=subprocess.PIPE, text=True
    )


def test_a_second_start_hands_its_folders_to_the_first(qtbot: QtBot, first: Instance, tmp_path: Path) -> None:
    folder = tmp_path / "Müsik\udcff"
    with qtbot.waitSignal(first.asked, timeout=30_000) as asked:
        process = second(tmp_path / "data", folder)
    assert asked.args == [[folder], False]
    assert process.communicate(timeout=30)[0] == "HANDED_OVER\n"


def test_other_data_folders_have_windows_of_their_own(first: Instance, tmp_path: Path) -> None:
    other = Instance(tmp_path / "other")
    assert other.claim()
    other.close()


def test_a_window_that_was_closed_leaves_room(qtbot: QtBot, tmp_path: Path) -> None:
    before = Instance(tmp_path / "data")
    assert before.claim()
    before.close()
    after = Instance(tmp_path / "data")
    assert after.claim()
    after.close()


def test_a_start_while_the_window_is_being_closed_waits_for_it_to_be_gone(
    qtbot: QtBot, first: Instance, tmp_path: Path
) -> None:
    """It has connected already, and the window is held up by what it has to end."""
    met: list[None] = []
    first._server.newConnection.disconnect()
    first._server.newConnection.connect(lambda: met.append(None))
    process = second(tmp_path / "data", tmp_path)
    qtbot.waitUntil(lambda: bool(met), timeout=30_000)
    first.leave()
    assert first._lock.is_locked
    first.close()
    assert process.communicate(timeout=30)[0] == "MINE\n"


def test_a_window_that_is_being_closed_answers_nobody(library: Window) -> None:
    hidden: list[bool] = []
    library.closing.connect(lambda: hidden.append(library.isHidden()))
    library.quit()
    assert hidden == [False]  # the first that it does


def test_what_is_no_message_is_no_harm(qtbot: QtBot, first: Instance) -> None:
    heard: list[object] = []
    first.asked.connect(lambda *told: heard.append(told))
    for text in (b"nonsense\n", b"[]\n", b'{"paths": 3, "demo": 1}\n'):
        first._other.connectToServer(first._name)
        assert first._other.waitForConnected(1000)
        first._other.write(text)
        first._other.flush()
        qtbot.waitUntil(lambda: first._other.state() is first._other.LocalSocketState.UnconnectedState)
    assert heard == []


def test_the_window_comes_forward_and_opens_what_was_asked_for(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    library.showMinimized()
    library.come_forward([services.music / "more"])
    assert not library.windowState() & Qt.WindowState.WindowMinimized
    assert services.music / "more" in library.scan.roots
