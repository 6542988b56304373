"""What the library knows shows before any file is looked at; then the files are compared with it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QAbstractSlider
from pytestqt.qtbot import QtBot

from mat_desktop.app.decide import Choice
from mat_desktop.app.remembered import Remembered
from mat_desktop.domain.scores import Scores, Verdict
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import FileStamp, Track, TrackId
from mat_desktop.errors import FileFault
from mat_desktop.gui.models.columns import Column
from mat_desktop.gui.models.row import State
from mat_desktop.gui.widgets.banner import Banner
from mat_desktop.gui.window import Window
from tests.gui.double import FakeServices
from tests.gui.double_model import SCORES


class Gate:
    """A walk over the files that waits to be let go."""

    def __init__(self, services: FakeServices) -> None:
        self._walk, self._open, self.reached = services.scan, threading.Event(), threading.Event()
        services.scan = self.scan  # type: ignore[method-assign]

    def scan(self, roots: Sequence[Path], cancel: threading.Event) -> Iterator[Track | FileFault]:
        self.reached.set()
        while not self._open.wait(0.01) and not cancel.is_set():
            pass
        yield from self._walk(roots, cancel)

    def open(self) -> None:
        self._open.set()


@pytest.fixture
def known(services: FakeServices) -> FakeServices:
    """Five tracks that the library knows and the double has; three were heard, one is reviewed."""
    services.library = list(services.files.values())
    services.music.mkdir()
    for track in services.library[:3]:
        services.hears(track)
    services.kept[TrackId("1 song.flac")] = {"rock": Verdict.ACCEPTED}
    services.marked[TrackId("1 song.flac")] = True
    return services


def shown(window: Window) -> list[str]:
    return [row.path.name for row in window.tracks.shown()]


def begin(qtbot: QtBot, window: Window, services: FakeServices, gate: Gate, count: int = 5) -> None:
    window.begin([services.music])
    qtbot.waitUntil(lambda: len(window.tracks.rows()) == count and gate.reached.is_set(), timeout=30_000)


def end(qtbot: QtBot, window: Window, gate: Gate) -> None:
    gate.open()
    qtbot.waitUntil(lambda: not window.bridge.busy, timeout=30_000)


def test_rows_come_before_a_file_is_looked_at(qtbot: QtBot, known: FakeServices, window: Window) -> None:
    gate = Gate(known)
    begin(qtbot, window, known, gate)
    assert shown(window) == [f"{number} song.flac" for number in range(5)]
    states = [row.state for row in window.tracks.shown()]
    assert states == [State.TO_REVIEW, State.REVIEWED, State.TO_REVIEW, State.NEW, State.NEW]
    assert window.tracks.tally().heard == 3
    second = window.tracks.shown()[1]
    assert second.verdicts == {"rock": Verdict.ACCEPTED}
    qtbot.waitUntil(lambda: second.last_chosen is not None)
    assert second.level("rock") == pytest.approx(SCORES[0])
    window.library.search.setText("guitar > 0.9")
    qtbot.waitUntil(lambda: window.tracks.rowCount() == 3)
    end(qtbot, window, gate)


def test_the_walk_finds_what_is_new_changed_or_gone(
    qtbot: QtBot, known: FakeServices, window: Window
) -> None:
    gate = Gate(known)
    gone, changed, *_ = known.library
    del known.files[gone.path]
    retagged = replace(changed, stamp=FileStamp(2, 2, 2), tags={Field.TITLE: ("Another",)})
    known.files[changed.path] = retagged
    new = Track(known.music / "0 new.flac", FileStamp(3, 3, 3), 10.0)
    known.files[new.path] = new
    begin(qtbot, window, known, gate)
    row = window.tracks.row(changed.path)
    assert row is not None
    assert row.title == "Song 1"
    kept = window.tracks.row(known.library[2].path)
    assert kept is not None
    window.library.select(kept.place)
    end(qtbot, window, gate)
    assert shown(window) == [
        "0 new.flac",
        "1 song.flac",
        "2 song.flac",
        "3 song.flac",
        "4 song.flac",
        "5 broken.ape",
    ]
    assert window.tracks.row(changed.path) is row
    assert row.title == "Another"
    assert row.scores is not None  # the double says that its sound is as it was
    assert window.tracks.row(kept.path) is kept is window.library.row
    assert known.missing == [gone.path]


def test_what_is_as_the_library_says_is_not_looked_up_again(
    qtbot: QtBot, known: FakeServices, window: Window
) -> None:
    asked: list[Path] = []
    look_up = known.known

    def ask(tracks: Sequence[Track]) -> Iterator[object]:
        asked.extend(track.path for track in tracks)
        return look_up(tracks)

    known.known = ask  # type: ignore[method-assign, assignment]
    gate = Gate(known)
    begin(qtbot, window, known, gate)
    window.tracks.row(known.library[0].path).verdicts["jazz"] = Verdict.REJECTED  # type: ignore[union-attr]
    end(qtbot, window, gate)
    assert [path.name for path in asked] == ["3 song.flac", "4 song.flac"]
    assert window.tracks.row(known.library[0].path).verdicts == {"jazz": Verdict.REJECTED}  # type: ignore[union-attr]
    assert window.bridge.past[0].outcome == "Scanned 6 tracks"


def test_a_library_that_is_known_is_seen_at_once_and_never_the_page_for_a_first_start(
    qtbot: QtBot, known: FakeServices
) -> None:
    known.roots = lambda: [known.music]  # type: ignore[method-assign]
    gate = Gate(known)
    state = QSettings(str(known.data_dir / "window.ini"), QSettings.Format.IniFormat)
    state.setValue("library/track", str(known.library[3].path))
    window = Window(known, settings=state)
    qtbot.addWidget(window)
    seen: list[str] = []
    window.pages.shown.connect(seen.append)
    page, side = window.library, window.library.sidebar.side

    def first_look() -> tuple[str, bool, list[str], bool]:
        lines = [side.index(line).data() for line in range(side.rowCount())]
        undo = window.actions_["undo"].isEnabled()
        return window.pages.current.name, page.listing.shows_note, lines, undo

    before = first_look()
    assert page.listing.note.text() == "Reading the library…"
    assert before[:2] == ("library", True)
    assert before[2][-2:] == ["Folders", "music"], "nothing comes beside it later"
    assert not before[3]
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    qtbot.waitUntil(page.listing.nothing.hasFocus)
    window.begin()
    assert first_look() == before
    assert page.listing.note.text().startswith("Reading the library…")
    qtbot.waitUntil(lambda: len(window.tracks.rows()) == 5)
    qtbot.waitUntil(gate.reached.is_set)
    assert page.row is window.tracks.row(known.library[3].path), "in view as before"
    assert page.selected() == [page.row]
    assert not page.listing.shows_note
    assert page.table.hasFocus()
    gate.open()
    qtbot.waitUntil(lambda: not window.scan.reading)
    assert seen == []
    window.quit()
    assert window.bridge.shut(5000)


def test_what_is_opened_at_a_first_start_is_seen_without_its_page(
    qtbot: QtBot, services: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = Window(services)
    qtbot.addWidget(window)
    window.opening.expect()
    page = window.library
    assert window.pages.current.name == "library"
    assert page.listing.shows_note and page.listing.note.text() == "Reading the library…"
    window.show()
    qtbot.waitExposed(window)
    seen: list[str] = []
    window.pages.shown.connect(seen.append)
    with monkeypatch.context() as broken:
        broken.setattr(services, "demo_folder", Mock(side_effect=FileFault(services.music, "no room")))
        window.begin(demo=True)
        qtbot.waitUntil(lambda: any("cannot be copied" in text for text in page.banners.texts()))
    assert not window.scan.reading
    window.opening.open_demo()
    qtbot.waitUntil(lambda: len(window.tracks.rows()) == 6 and not window.bridge.busy)
    assert seen == [] and page.row is not None
    window.quit()
    assert window.bridge.shut(5000)


def test_listening_goes_on_before_the_walk_with_what_is_as_the_library_knows_it(
    qtbot: QtBot, known: FakeServices, window: Window
) -> None:
    same, changed = known.library[3:]
    known.files[changed.path] = replace(changed, stamp=FileStamp(9, 9, 9))
    known.put_queue([same.path, changed.path])
    gate = Gate(known)
    begin(qtbot, window, known, gate)
    qtbot.waitUntil(lambda: known.queue() == [changed.path])
    row, other = window.tracks.row(same.path), window.tracks.row(changed.path)
    assert row is not None and other is not None
    qtbot.waitUntil(lambda: row.scores is not None)
    assert window.scan.reading, "the walk is not over"
    assert other.scores is None
    gate.open()
    qtbot.waitUntil(lambda: known.queue() == [])
    qtbot.waitUntil(lambda: other.scores is not None)


def test_a_folder_that_is_away_keeps_its_tracks_and_its_message(
    qtbot: QtBot, known: FakeServices, window: Window
) -> None:
    music = known.music
    music.rmdir()

    def away(roots: Sequence[Path], cancel: threading.Event) -> Iterator[Track | FileFault]:
        yield FileFault(music, "no such file", absent=True)

    known.scan = away  # type: ignore[method-assign]
    window.begin([music])
    said = f"{music} is not there: 5 tracks wait for it."
    qtbot.waitUntil(lambda: said in window.library.banners.texts(), timeout=30_000)
    assert len(shown(window)) == 5
    assert known.missing == []


def test_scores_of_a_model_that_is_not_in_use_any_more_are_not_shown(
    qtbot: QtBot, known: FakeServices, window: Window
) -> None:
    first = known.library[0].path
    known.heard[first] = replace(
        known.heard[first], scores=Scores("another", TrackId("0 song.flac"), 1.0, SCORES)
    )
    gate = Gate(known)
    begin(qtbot, window, known, gate)
    row = window.tracks.row(first)
    assert row is not None
    assert row.scores is None
    assert row.state is State.NEW
    end(qtbot, window, gate)


def test_a_table_that_is_sorted_is_so_before_a_file_is_looked_at(
    qtbot: QtBot, known: FakeServices, window: Window
) -> None:
    known.library = [replace(t, tags={Field.TITLE: (f"{9 - n}",)}) for n, t in enumerate(known.library)]
    window.tracks.sort(Column.TITLE)
    gate = Gate(known)
    begin(qtbot, window, known, gate)
    qtbot.waitUntil(lambda: [row.title for row in window.tracks.shown()] == list("56789"))
    end(qtbot, window, gate)


def test_the_end_of_the_walk_leaves_the_view_where_it_is(
    qtbot: QtBot, known: FakeServices, window: Window
) -> None:
    for number in range(200):
        path = known.music / f"6 {number:03}.flac"
        known.files[path] = Track(path, FileStamp(1, number, number), 10.0)
    known.library = list(known.files.values())
    gate = Gate(known)
    begin(qtbot, window, known, gate, 205)
    window.library.select(0)
    bar = window.library.table.verticalScrollBar()
    bar.triggerAction(QAbstractSlider.SliderAction.SliderToMaximum)  # as a drag or the wheel does
    place = bar.value()
    assert place > 0
    end(qtbot, window, gate)
    assert bar.value() == place


def test_what_finds_nothing_yet_says_so(qtbot: QtBot, known: FakeServices, window: Window) -> None:
    gate = Gate(known)
    known.files[known.music / "9 new.flac"] = Track(
        known.music / "9 new.flac", FileStamp(3, 3, 3), 10.0, {Field.ARTIST: ("Band 400",)}
    )
    begin(qtbot, window, known, gate)
    window.library.search.setText('artist:"Band 400"')
    text = window.library.listing.note.text
    said = 'No track fits “artist:"Band 400"” so far: the library is still being read.'
    qtbot.waitUntil(lambda: text() == said and window.library.listing.note.isVisible())
    gate.open()
    qtbot.waitUntil(lambda: shown(window) == ["9 new.flac"])
    qtbot.waitUntil(lambda: not window.bridge.busy and not window.library.listing.note.isVisible())
    window.library.search.setText("artist:nobody")
    qtbot.waitUntil(lambda: text() == "No track fits “artist:nobody”.")


def test_tags_that_are_still_worked_out_bring_their_tracks(
    qtbot: QtBot, known: FakeServices, window: Window
) -> None:
    go_on, choose = threading.Event(), known.choose

    def held(*given: Any) -> list[Choice]:
        assert go_on.wait(30)
        return choose(*given)

    known.choose = held  # type: ignore[method-assign]
    window.library.search.setText("guitar > 0.9")  # before any is in view, whose tags are made at once
    qtbot.waitUntil(lambda: window.tracks.filtered)
    window.begin([known.music])
    text = window.library.listing.note.text
    qtbot.waitUntil(lambda: len(window.tracks.rows()) == 6 and not window.scan.reading, timeout=30_000)
    said = "No track fits “guitar > 0.9” so far: the tags of some tracks are still being worked out."
    qtbot.waitUntil(lambda: text() == said)
    window.library.search.setText("artist:nobody")
    qtbot.waitUntil(lambda: text() == "No track fits “artist:nobody”.")
    window.library.search.setText("guitar > 0.9")
    qtbot.waitUntil(lambda: text() == said)
    go_on.set()
    qtbot.waitUntil(lambda: len(shown(window)) == 3)
    assert not window.room.weigh.busy
    window.library.search.setText("guitar > 0.99")
    qtbot.waitUntil(lambda: text().endswith("The highest score of guitar is 0.96; try tag:guitar."))


def test_what_a_search_leaves_out_goes_once_its_tags_are_known(
    qtbot: QtBot, known: FakeServices, window: Window
) -> None:
    go_on, choose = threading.Event(), known.choose

    def held(*given: Any) -> list[Choice]:
        assert go_on.wait(30)
        return choose(*given)

    known.choose = held  # type: ignore[method-assign]
    window.library.search.setText("not guitar > 0.9")
    qtbot.waitUntil(lambda: window.tracks.filtered)
    window.begin([known.music])
    qtbot.waitUntil(lambda: len(window.tracks.rows()) == 6 and not window.scan.reading, timeout=30_000)
    go_on.set()
    qtbot.waitUntil(lambda: shown(window) == ["3 song.flac", "4 song.flac", "5 broken.ape"])


def test_reading_the_library_that_is_stopped_says_what_is_not_shown_and_goes_on(
    qtbot: QtBot, known: FakeServices, window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, go_on, reached = known.remembered, threading.Event(), threading.Event()

    def slowly(roots: Sequence[Path]) -> Iterator[Remembered]:
        for number, item in enumerate(read(roots)):
            if number == 2:
                go_on.wait(10)
            yield item

    def stopped(roots: Sequence[Path], cancel: threading.Event) -> Iterator[Track | FileFault]:
        reached.set()
        cancel.wait(10)
        return iter(())

    monkeypatch.setattr(known, "remembered", slowly)
    monkeypatch.setattr(known, "scan", stopped)
    window.begin([known.music])
    qtbot.waitUntil(lambda: len(window.tracks.rows()) == 2)
    told, said = window.library.banners.texts, window.status.result.text
    window.actions_["cancel"].trigger()
    go_on.set()
    text = "2 of 5 tracks in the library are shown"
    part = "Not all 5 tracks in the library are shown, as reading it was stopped."
    qtbot.waitUntil(lambda: told() == [part])
    qtbot.waitUntil(reached.is_set)
    window.actions_["cancel"].trigger()  # the scan that follows
    qtbot.waitUntil(lambda: not window.bridge.busy and text in said())
    assert said().startswith("Scan stopped after ")
    assert len(window.tracks.rows()) == 2
    banner = window.library.banners.findChild(Banner)
    assert isinstance(banner, Banner)
    banner.action.click()
    qtbot.waitUntil(lambda: len(window.tracks.rows()) == 5 and not window.bridge.busy)
    assert told() == []
    qtbot.waitUntil(lambda: said() == "5 tracks in the library")


def test_a_whole_scan_shows_what_was_not_read(
    qtbot: QtBot, known: FakeServices, window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, read, go_on = Gate(known), known.remembered, threading.Event()

    def slowly(roots: Sequence[Path]) -> Iterator[Remembered]:
        for number, item in enumerate(read(roots)):
            if number == 2:
                go_on.wait(10)
            yield item

    monkeypatch.setattr(known, "remembered", slowly)
    window.begin([known.music])
    qtbot.waitUntil(lambda: len(window.tracks.rows()) == 2)
    window.actions_["cancel"].trigger()
    go_on.set()
    qtbot.waitUntil(lambda: window.library.banners.texts() != [])
    end(qtbot, window, gate)
    qtbot.waitUntil(lambda: window.library.banners.texts() == [])
    assert len(window.tracks.rows()) == 6
    assert window.status.result.text() == "6 tracks in the library"
