"""The spectrogram of the track in view: drawn as it is decoded, withdrawn, kept, and drawn ahead."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from mat_desktop.app.draw import Picture
from mat_desktop.domain.plan import FilePlan
from mat_desktop.errors import EngineFault, FileFault
from mat_desktop.gui.operations import look
from mat_desktop.gui.window import Window
from tests.gui.double import FakeServices
from tests.gui.test_flow import listen


def picture(columns: int) -> Picture:
    return Picture(np.zeros((96, columns), np.uint8), 31.25, 0.0, 96.0, np.zeros(10, np.float32))


class SlowEngine:
    """Draws what it is told to, when it is told to, one after another."""

    def __init__(self) -> None:
        self.asked: list[Path] = []
        self.tell: Callable[[Picture], None] = lambda part: None
        self.held: set[str] = set()
        self.go = threading.Event()
        self.stop = threading.Event()

    def draw(
        self,
        path: Path,
        tell: Callable[[Picture], None] = lambda part: None,
        wanted: Callable[[], bool] = lambda: True,
    ) -> Picture:
        self.stop.clear()
        self.asked.append(path)
        self.tell = tell
        while path.name in self.held and not self.go.is_set():
            if self.stop.wait(0.01) or not wanted():
                raise CancelledError
        return picture(6250)

    def stop_drawing(self) -> None:
        self.stop.set()


@pytest.fixture
def engine(
    qtbot: QtBot, library: Window, services: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SlowEngine]:
    made = SlowEngine()
    # The first track is in view, and its neighbour is drawn ahead: of both nothing may be asked any more.
    qtbot.waitUntil(lambda: len(library.library.look._kept) == 2 and library.bridge.engine_rests)
    monkeypatch.setattr(services, "draw", made.draw)
    monkeypatch.setattr(services, "stop_drawing", made.stop_drawing)
    library.library.look.forget()
    yield made
    made.go.set()


def names(engine: SlowEngine) -> list[str]:
    return [path.name for path in engine.asked]


def test_a_picture_fills_from_the_left_as_it_is_decoded(
    qtbot: QtBot, library: Window, engine: SlowEngine
) -> None:
    page, dock = library.library, library.library.dock
    qtbot.waitUntil(lambda: dock.plot is not None, timeout=10000)
    plot = dock.plot
    assert plot is not None
    engine.held = {page.tracks.rows()[3].path.name}
    page.select(3)
    qtbot.waitUntil(lambda: bool(engine.asked))
    assert plot._note.text() == "Reading…"
    assert plot._note.wordWrap()  # a cause that is long is not cut
    engine.tell(picture(3125))  # 100 of 203 s
    qtbot.waitUntil(lambda: plot.mel.image is not None)
    assert not plot._note.isVisible()
    assert plot.mel.mapRectToParent(plot.mel.boundingRect()).right() == pytest.approx(100)
    assert plot.view == pytest.approx((0, 203)), "all of it has its room"
    assert dock.picture is None, "only a part"
    plot.zoom(0.5)
    view = plot.view
    engine.go.set()
    qtbot.waitUntil(lambda: dock.picture is not None)
    assert plot.view == pytest.approx(view), "stays where somebody looks"


def test_what_nobody_looks_at_any_more_is_withdrawn(
    qtbot: QtBot, library: Window, engine: SlowEngine
) -> None:
    page = library.library
    first, second = (page.tracks.rows()[place].path.name for place in (2, 4))
    engine.held = {first}
    page.select(2)
    qtbot.waitUntil(lambda: first in names(engine))
    page.select(4)
    qtbot.waitUntil(lambda: page.dock.picture is not None)
    assert names(engine).index(second) > names(engine).index(first)


def test_the_tracks_beside_are_drawn_ahead_and_kept(
    qtbot: QtBot, library: Window, engine: SlowEngine
) -> None:
    page = library.library
    order = [row.path.name for row in page.tracks.rows()]
    page.select(3)
    qtbot.waitUntil(lambda: len(engine.asked) == 3)
    assert names(engine) == [order[3], order[4], order[2]]
    qtbot.waitUntil(lambda: library.bridge.engine_rests)
    qtbot.wait(50)
    page.select(4)
    assert page.dock.picture is not None, "at once"
    page.select(2)
    assert page.dock.picture is not None
    assert names(engine)[:3] == [order[3], order[4], order[2]]


def test_drawing_ahead_makes_way_and_goes_on_later(qtbot: QtBot, library: Window, engine: SlowEngine) -> None:
    page = library.library
    order = [row.path.name for row in page.tracks.rows()]
    engine.held = {order[4]}
    page.select(3)
    qtbot.waitUntil(lambda: names(engine) == [order[3], order[4]])
    answered: list[str] = []
    library.bridge.ask("evidence", lambda: "there", answered.append, engine=True)
    qtbot.waitUntil(lambda: answered == ["there"])
    qtbot.waitUntil(lambda: names(engine) == [order[3], order[4], order[4]])
    page.select(4)  # it is the one that is being drawn: nothing begins anew
    engine.go.set()
    qtbot.waitUntil(lambda: page.dock.picture is not None)
    assert names(engine)[:3] == [order[3], order[4], order[4]]
    assert names(engine).count(order[4]) == 2


def test_pictures_that_are_kept_have_a_limit(
    qtbot: QtBot, library: Window, engine: SlowEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look, "PICTURES", 2 * 96 * 6250)
    page = library.library
    page.select(3)
    qtbot.waitUntil(lambda: len(engine.asked) >= 3)
    qtbot.waitUntil(lambda: len(page.look._kept) == 2)


def test_in_review_the_next_of_the_queue_is_drawn_ahead(qtbot: QtBot, library: Window) -> None:
    listen(qtbot, library)
    library.pages.show("review")
    queue, next_to = library.room.queue._queue, library.library.look
    assert len(queue) == 4
    assert next_to.neighbours() == [queue[1]]
    library.room.step(1)
    assert next_to.neighbours() == [queue[2], queue[0]]
    library.pages.show("library")
    assert next_to.neighbours() == library.library._neighbours()


def test_what_was_not_drawn_as_its_file_was_away_is_drawn_after_a_look_at_the_folders(
    qtbot: QtBot, library: Window, services: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw, check, away = services.draw, services.check_plan, [True]

    def drawn(path: Path, *of: Any) -> Picture:
        if away[0]:
            raise FileFault(path, "its folder is not there", absent=True)
        return draw(path, *of)

    def checked(plan: FilePlan) -> FilePlan | None:
        return replace(plan, fault="its folder is not there") if away[0] else check(plan)

    monkeypatch.setattr(services, "draw", drawn)
    monkeypatch.setattr(services, "check_plan", checked)
    view = library.library
    away[0] = False
    listen(qtbot, library)
    away[0] = True
    view.look.forget()
    with qtbot.waitSignal(view.look.not_drawn):
        view.select(3)
    qtbot.waitUntil(lambda: view.pane.changes.refusal.isVisible())
    away[0] = False
    library.scan.ended.emit()
    assert view.dock._note == "Reading…", "and not that its folder is not there"
    qtbot.waitUntil(lambda: view.dock.picture is not None)
    qtbot.waitUntil(lambda: not view.pane.changes.refusal.isVisible())


def test_a_drawing_that_began_before_its_file_was_back_is_begun_anew(
    qtbot: QtBot, library: Window, services: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw, go, asked = services.draw, threading.Event(), []

    def drawn(path: Path, *of: Any) -> Picture:
        asked.append(path)
        if len(asked) == 1:
            go.wait(60)
            raise FileFault(path, "its drive is away", absent=True)
        return draw(path, *of)

    monkeypatch.setattr(services, "draw", drawn)
    view = library.library
    view.look.forget()
    view.select(3)
    qtbot.waitUntil(lambda: len(asked) == 1)
    library.scan.ended.emit()  # it is back
    go.set()
    qtbot.waitUntil(lambda: view.dock.picture is not None)


def test_what_could_not_be_read_is_drawn_once_it_can_be(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    path, view = list(services.files)[3], library.library
    track = services.files.pop(path)
    library.scan.read_again([path])
    row = library.tracks.row(path)
    assert row is not None
    qtbot.waitUntil(lambda: row.track is None)
    view.select(row.place)
    assert "the file ends early" in view.dock._note
    services.files[path] = track
    library.scan.read_again([path])
    qtbot.waitUntil(lambda: view.dock.picture is not None)
    assert not view.dock._note


def test_what_was_not_drawn_without_the_engine_is_drawn_once_it_works(
    qtbot: QtBot, library: Window, services: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw, down = services.draw, [True]

    def fail(*of: Any) -> Picture:
        if down[0]:
            raise EngineFault("it ended while starting")
        return draw(*of)

    monkeypatch.setattr(services, "draw", fail)
    view = library.library
    view.look.forget()
    with qtbot.waitSignal(view.look.not_drawn):
        view.select(3)
    library.engine.start()
    with qtbot.waitSignal(view.look.not_drawn):  # it does not go round and round
        pass
    asked = len(services.drawn)
    down[0] = False
    library.engine.start()
    qtbot.waitUntil(lambda: view.dock.picture is not None)
    assert services.drawn[asked] == view.tracks.rows()[3].path
