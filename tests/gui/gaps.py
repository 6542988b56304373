"""How long the event loop stands still with a big library.

``python -m tests.gui.gaps [TRACKS] [--profile STEP]``. No test, as its numbers depend on what else
the computer does. Prints for each step the longest gap between two turns of the event loop, as the
clock saw it and in processor time of the UI thread.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import FileStamp, Track
from mat_desktop.gui import main as gui_main
from mat_desktop.gui import theme
from mat_desktop.gui.window import Window
from tests.gui.double import FakeServices

TICK = 0.005


class Watch(QObject):
    """Looks at the clock whenever the event loop lets it."""

    def __init__(self) -> None:
        super().__init__()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(int(TICK * 1000))
        self._timer.timeout.connect(self._tick)
        self.reset()
        self._timer.start()

    def reset(self) -> None:
        """Begin a step."""
        self.longest = self.busiest = self.at = 0.0
        self._start = time.perf_counter()
        self._last, self._used = time.perf_counter(), time.thread_time()

    def _tick(self) -> None:
        now, used = time.perf_counter(), time.thread_time()
        if now - self._last - TICK > self.longest:
            self.longest, self.at = now - self._last - TICK, self._last - self._start
        self.busiest = max(self.busiest, used - self._used)
        self._last, self._used = now, used


def big(services: FakeServices, count: int) -> None:
    """Give the double many tracks, twelve in a folder."""
    for number in range(count):
        path = services.music / f"Artist {number // 120:04}" / f"Album {number // 12:05}" / f"{number}.flac"
        tags = {Field.TITLE: (f"Song {number}",), Field.ARTIST: (f"Artist {number // 120}",)}
        if number % 3 == 0:
            tags[Field.GENRE] = ("Rock",)
        services.files[path] = Track(path, FileStamp(1, number, number), 200.0 + number % 100, tags)


def main() -> None:
    """Walk through the steps."""
    parser = argparse.ArgumentParser()
    parser.add_argument("tracks", nargs="?", type=int, default=50_000)
    parser.add_argument("--profile", default="")
    wanted = parser.parse_args()
    app = QApplication([])
    app.setStyle("Fusion")
    theme.load_fonts()
    app.setFont(theme.font())
    gui_main.keep_turning()
    with tempfile.TemporaryDirectory() as folder:
        services = FakeServices(Path(folder))
        services.files.clear()
        big(services, wanted.tracks)
        window = Window(services)
        window.resize(1440, 900)
        window.show()
        watch = Watch()

        def until(ready: Callable[[], bool], limit: int = 300_000) -> None:
            clock = QElapsedTimer()
            clock.start()
            while not ready() and clock.elapsed() < limit:
                app.processEvents()
                time.sleep(0.0005)
            assert ready(), "took too long"

        def rest(seconds: float = 0.6) -> None:
            end = time.monotonic() + seconds
            until(lambda: time.monotonic() > end)

        def step(name: str, do: Callable[[], object], ready: Callable[[], bool]) -> None:
            rest(0.3)
            profile = cProfile.Profile() if wanted.profile == name else None
            watch.reset()
            start = time.perf_counter()
            if profile:
                profile.enable()
            QTimer.singleShot(0, do)
            rest(0.05)
            until(ready)
            took = time.perf_counter() - start
            rest()
            if profile:
                profile.disable()
                pstats.Stats(profile).sort_stats("cumtime").print_stats(45)
            print(
                f"{name:12} longest gap {watch.longest * 1000:5.0f} ms at {watch.at:5.2f} s, "
                f"busiest {watch.busiest * 1000:7.0f} ms, took {took:6.1f} s",
                flush=True,
            )

        library = window.library
        window.begin()
        until(lambda: library.dock.plot is not None)
        rest()

        def idle() -> bool:
            return not window.bridge.busy

        def planned() -> bool:
            return window.panels.write.write.isEnabled()

        step("scan", lambda: window.scan.open([services.music]), idle)
        step("listen", window.actions_["listen_all"].trigger, idle)
        some = wanted.tracks // 4

        def search(name: str, text: str, many: bool) -> None:
            step(
                name, lambda: library.search.setText(text), lambda: (library.tracks.rowCount() > some) is many
            )

        search("search", "song 31", False)
        search("search tag", "guitar", True)
        search("query", "genre:rock length > 4:50 or artist:31", False)
        search("query score", "guitar > 0.6 and not piano", True)
        step("show all", library.show_all, lambda: library.tracks.rowCount() == wanted.tracks + 1)
        step("select all", library.table.selectAll, lambda: True)
        step("sort", lambda: library.tracks.sort(1), lambda: True)
        step("similar", window.actions_["similar"].trigger, lambda: window.rows.similar.row is not None)
        step("back", window.rows.similar.back, lambda: True)
        step("sort artist", lambda: library.tracks.sort(2), lambda: True)
        step("write", window.actions_["write"].trigger, planned)
        step("toggle", lambda: window.panels.write.plan.toggle(1), planned)
        step("close", window.panels.close, lambda: True)
        window.close()
        window.bridge.shut(5000)


if __name__ == "__main__":
    main()
