"""What start-up promises: no torch in the window's process, and a clear line where there is no display."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox

from mat_desktop.display import missing_display
from mat_desktop.errors import MatError, ModelFault, StoreFault
from mat_desktop.gui.no_start import WAY_OUT, ask_for_folder

SHOW = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from mat_desktop.gui.window import Window
from tests.gui.double import FakeServices
app = QApplication([])
window = Window(FakeServices(Path(sys.argv[1])))
window.show()
app.processEvents()
early = sorted({"torch", "pyqtgraph", "sounddevice", "librosa"} & set(sys.modules))
window.begin([Path(sys.argv[1])])
look = QTimer()
look.timeout.connect(
    lambda: len(window.tracks.rows()) == 6 and window.library.dock.plot is not None and window.quit()
)
look.start(20)
QTimer.singleShot(30_000, window.quit)
app.exec()
assert window.bridge.shut(5000)
print(early, "torch" in sys.modules, window.library.dock.plot is not None, len(window.tracks.rows()))
"""


BEFORE = """
import sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from mat_desktop.app.session import Session
from mat_desktop.gui.app_services import AppServices
from mat_desktop.gui.window import Window
app = QApplication([])
services = AppServices(Session(Path(sys.argv[1])))
window = Window(services)
window.show()
app.processEvents()
slow = {"torch", "pyqtgraph", "sounddevice", "soundfile", "librosa", "av", "mutagen", "importlib.metadata"}
print(sorted(slow & set(sys.modules)))
services.recover()
print("mat_desktop.app.plan" in sys.modules)
window.quit()
assert window.bridge.shut(5000)
"""


ASKED_TO_END = """
import signal
import sys
from pathlib import Path
from mat_desktop.gui.main import run
from mat_desktop.gui.window import Window
signal.signal(int(sys.argv[2]), signal.SIG_DFL)  # whoever runs the tests may ignore it
begin = Window.begin
def begin_and_end(window, *paths, **options):
    begin(window, *paths, **options)
    signal.raise_signal(int(sys.argv[2]))
    print("still open" if window.isVisible() else "closed in the middle of this", flush=True)
Window.begin = begin_and_end
run(Path(sys.argv[1]), [], False)
"""

ASKED_BEFORE = """
import signal
import sys
from pathlib import Path
from mat_desktop.app.session import Session
from mat_desktop.gui.main import run
signal.signal(int(sys.argv[2]), signal.SIG_DFL)
Session.__init__ = lambda *_: signal.raise_signal(int(sys.argv[2]))
run(Path(sys.argv[1]), [], False)
"""

NOT_SENT = pytest.mark.skipif(sys.platform == "win32", reason="not sent there")
ENDINGS = [
    signal.SIGINT,
    pytest.param(signal.SIGTERM, marks=NOT_SENT),
    pytest.param(getattr(signal, "SIGHUP", None), marks=NOT_SENT),
]


def _environment(**changes: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    return kept | changes


def _run(code: str, *words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, words)],
        env=_environment(QT_QPA_PLATFORM="offscreen"),
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_showing_the_window_imports_no_torch_and_nothing_slow_before(tmp_path: Path) -> None:
    done = _run(SHOW, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[0] == "[] False True 6"


def test_what_reads_and_writes_files_is_not_imported_before_the_window_shows(tmp_path: Path) -> None:
    done = _run(BEFORE, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:2] == ["[]", "True"], "and what the UI thread will ask for, by a worker"


@pytest.mark.parametrize("number", ENDINGS)
def test_a_signal_closes_the_window_as_its_button_does_once_what_is_being_done_is_done(
    tmp_path: Path, number: signal.Signals
) -> None:
    done = _run(ASKED_TO_END, tmp_path, number.value)
    assert (done.returncode, done.stdout, done.stderr) == (0, "still open\n", "")
    assert "geometry" in (tmp_path / "window.ini").read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="other exit statuses")
@pytest.mark.parametrize("number", ENDINGS)
def test_a_signal_before_there_is_a_window_ends_the_program_silently(
    tmp_path: Path, number: signal.Signals
) -> None:
    done = _run(ASKED_BEFORE, tmp_path, number.value)
    assert (done.returncode, done.stderr) == (-number.value, "")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a display")
def test_without_a_display_one_line_names_what_works(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from mat_desktop.gui.main import run;"
    done = subprocess.run(
        [sys.executable, "-c", f"{code} sys.exit(run(Path(sys.argv[1]), [], False))", str(tmp_path)],
        env=_environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "mat-desktop tag" in done.stderr
    assert "mat-desktop info" in done.stderr


def test_which_platforms_need_a_display(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert missing_display() == ""
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    assert missing_display()
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr("mat_desktop.display._connects", lambda name: False)
    assert "nothing answers at :0" in missing_display()
    monkeypatch.setattr("mat_desktop.display._connects", lambda name: True)
    assert missing_display() == ""
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.delenv("DISPLAY")
    assert missing_display() == ""


def test_where_the_data_folder_cannot_be_used_another_one_is_offered(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    picked: list[str] = ["", str(tmp_path)]
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: picked.pop(0))
    presses: list[str] = []

    def press() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        said = (box.text(), box.informativeText())
        assert "/closed" in said[0] and (WAY_OUT in said[1]) is named
        button = next(b for b in box.buttons() if b.text() == presses[0])
        presses.pop(0)
        if presses:
            QTimer.singleShot(0, press)
        button.click()

    def asked(fault: MatError, *buttons: str) -> Path | None:
        presses[:] = buttons
        QTimer.singleShot(0, press)
        return ask_for_folder(fault, Path("/closed"))

    fault, named = StoreFault("/closed cannot be written to: it is read-only"), True
    assert asked(fault, "Quit") is None
    assert asked(fault, "Try again") == Path("/closed")
    assert asked(fault, "Another folder…", "Another folder…") == tmp_path, (
        "asked again after a change of mind"
    )
    named = False
    assert asked(ModelFault("/closed/model is damaged"), "Quit") is None
