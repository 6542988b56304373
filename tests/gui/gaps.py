"""How long the event loop stands still.

``python -m tests.gui.gaps [TRACKS] [--profile STEP]`` with a big library that is made up;
``python -m tests.gui.gaps --folder FOLDER`` with real files and the real model: they are scanned and listened
to while one of them plays and the user walks through the table.

No test, as its numbers depend on what else the computer does. Prints for each step the gaps between two turns
of the event loop, those of an idle loop in another process meanwhile, and the processor time of the UI thread
between two turns: the gaps that there would be if nobody else wanted the processor.
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

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from mat_desktop.audio.player import Player
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import FileStamp, Track
from mat_desktop.gui import main as gui_main
from mat_desktop.gui import theme
from mat_desktop.gui.window import Window
from tests.gui import real, silent_card
from tests.gui.double import FakeServices
from tests.gui.heartbeat import Control, Heart, said


def big(services: FakeServices, count: int) -> None:
    """Give the double many tracks, twelve in a folder."""
    for number in range(count):
        path = services.music / f"Artist {number // 120:04}" / f"Album {number // 12:05}" / f"{number}.flac"
        tags = {Field.TITLE: (f"Song {number}",), Field.ARTIST: (f"Artist {number // 120}",)}
        if number % 3 == 0:
            tags[Field.GENRE] = ("Rock",)
        services.files[path] = Track(path, FileStamp(1, number, number), 200.0 + number % 100, tags)


class Steps:
    """What is done, one after another, with what it cost the event loop."""

    def __init__(self, folder: Path, profile: str) -> None:
        self._profile = profile
        self._heart = Heart()
        self._control = Control(folder / "control")

    def until(self, ready: Callable[[], bool], limit: float = 900.0) -> None:
        """Let the loop turn until something is so."""
        app, end = QApplication.instance(), time.monotonic() + limit
        assert app is not None
        while not ready():
            assert time.monotonic() < end, "took too long"
            app.processEvents()
            time.sleep(0.0005)

    def rest(self, seconds: float = 0.6) -> None:
        """Let it turn for a while."""
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() > end)

    def step(self, name: str, do: Callable[[], object], ready: Callable[[], bool]) -> None:
        """Do something, wait until it is done, and say what it cost."""
        self.rest(0.3)
        profile = cProfile.Profile() if self._profile == name else None
        start = time.monotonic()
        if profile:
            profile.enable()
        QTimer.singleShot(0, do)
        self.rest(0.05)
        self.until(ready)
        took = time.monotonic() - start
        self.rest()
        if profile:
            profile.disable()
            pstats.Stats(profile).sort_stats("cumtime").print_stats(45)
        ours = self._heart.since(start)
        idle = self._control.between(start, time.monotonic())
        longest, busiest = max(ours, key=lambda beat: beat.gap), max(ours, key=lambda beat: beat.used)
        print(
            f"{name}: took {took:.1f} s; longest gap at {longest.at - start:.2f} s,"
            f" busiest at {busiest.at - start:.2f} s",
            f"  by the clock        {said(beat.gap for beat in ours)}",
            f"  idle loop meanwhile {said(beat.gap for beat in idle)}",
            f"  processor time      {said(beat.used for beat in ours)}",
            sep="\n",
            flush=True,
        )

    def close(self) -> None:
        """No more steps."""
        self._control.close()


def main() -> None:
    """Walk through the steps."""
    parser = argparse.ArgumentParser()
    parser.add_argument("tracks", nargs="?", type=int, default=50_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--profile", default="")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if wanted.folder is not None:
            listen_to(wanted.folder, Path(folder), wanted.profile)
        else:
            make_up(wanted.tracks, Path(folder), wanted.profile)


def memory() -> float:
    """Of this process now, in MB."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def listen_to(music: Path, folder: Path, profile: str) -> None:
    """Real files, the real model, and a player."""
    silent_card.plug_in()
    window = real.start(folder, make_player=Player)
    steps = Steps(folder, profile)
    library = window.library
    window.begin()
    steps.until(lambda: library.dock.plot is not None and library.dock.player.player is not None)
    steps.step("start", lambda: None, lambda: window.desk.services.device is not None)
    steps.step("scan", lambda: window.scan.open([music]), lambda: not window.bridge.busy)
    count = window.tracks.tally().new
    window.actions_["listen_all"].trigger()
    library.select(0)
    steps.rest(1)
    window.actions_["play"].trigger()

    def heard(share: float) -> Callable[[], bool]:
        return lambda: window.tracks.tally().heard >= share * count or not window.bridge.busy

    steps.step("tag and play", lambda: None, heard(0.2))
    walk = QTimer()
    walk.timeout.connect(lambda: library.step(1) if window.tracks.rowCount() else None)
    walk.start(700)
    steps.step("walk as well", lambda: None, heard(0.5))
    walk.stop()
    steps.step("all of it", lambda: None, lambda: not window.bridge.busy)
    print(f"{window.tracks.tally().heard} of {count} tracks heard, {memory():.0f} MB")
    window.quit()
    steps.close()


def make_up(count: int, folder: Path, profile: str) -> None:
    """Very many files that are not there."""
    app = QApplication([])
    app.setStyle("Fusion")
    theme.load_fonts()
    app.setFont(theme.font())
    gui_main.keep_turning()
    services = FakeServices(folder)
    services.files.clear()
    big(services, count)
    window = Window(services)
    window.resize(1440, 900)
    window.show()
    steps = Steps(folder, profile)
    step = steps.step
    library = window.library
    window.begin()
    steps.until(lambda: library.dock.plot is not None)
    steps.rest()
    print(f"{memory():.0f} MB without tracks")

    def idle() -> bool:
        return not window.bridge.busy

    def planned() -> bool:
        return window.panels.write.write.isEnabled()

    step("scan", lambda: window.scan.open([services.music]), idle)
    print(f"{memory():.0f} MB after the scan")
    step("listen", window.actions_["listen_all"].trigger, idle)
    print(f"{memory():.0f} MB when all was heard")
    some = count // 4

    def search(name: str, text: str, many: bool) -> None:
        step(name, lambda: library.search.setText(text), lambda: (library.tracks.rowCount() > some) is many)

    search("search", "song 31", False)
    search("search tag", "guitar", True)
    search("query", "genre:rock length > 4:50 or artist:31", False)
    search("query score", "guitar > 0.6 and not piano", True)
    step("show all", library.filter.show_all, lambda: library.tracks.rowCount() == count + 1)
    step("sort", lambda: library.tracks.sort(1), lambda: True)
    step("similar", window.actions_["similar"].trigger, lambda: window.rows.similar.row is not None)
    step("back", window.rows.similar.back, lambda: True)
    step("sort artist", lambda: library.tracks.sort(2), lambda: True)
    step("slider", lambda: library.pane.slider.setValue(15), lambda: True)
    step("select all", library.table.selectAll, lambda: True)
    step("write", window.actions_["write"].trigger, planned)
    step("toggle", lambda: window.panels.write.plan.toggle(1), planned)
    step("close", window.panels.close, lambda: True)
    window.close()
    window.bridge.shut(5000)
    steps.close()


if __name__ == "__main__":
    main()
