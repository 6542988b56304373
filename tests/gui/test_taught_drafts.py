"""Marks of a tag that is not saved outlive the list of tags, the panel and the program."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from pytestqt.qtbot import QtBot

from mat_desktop.domain.track import TrackId
from mat_desktop.gui.models.row import Arrived, Chosen, Row
from mat_desktop.gui.operations.drafts import DRAFTS, Drafts
from mat_desktop.gui.window import Window
from tests.gui.double import FakeServices
from tests.gui.test_teach import answer, heard, panel, select, teach

__all__ = ["heard"]
MARKED = "3 have it, 1 does not"


@pytest.fixture
def reading(qtbot: QtBot, heard: Window, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A saved tag with seven marks is open, and they are read once the test lets them."""
    go = threading.Event()
    teach(qtbot, heard)
    teacher = heard.school.teach.teacher
    load = teacher.load
    monkeypatch.setattr(teacher, "load", lambda: load() if go.wait(20) else None)
    heard.school.open("dungeon synth")
    assert panel(heard).heading.text() == "Reading…"
    yield go
    go.set()


def begin(qtbot: QtBot, window: Window) -> None:
    window.actions_["teach"].trigger()
    panel(window).name.setText("dungeon synth")
    select(window, 0, 1, 2)
    window.actions_["has_it"].trigger()
    select(window, 30)
    window.actions_["has_it_not"].trigger()
    qtbot.waitUntil(lambda: panel(window).heading.text() == MARKED)
    qtbot.waitUntil(lambda: not panel(window).discard.isHidden())


def is_back(qtbot: QtBot, window: Window) -> None:
    qtbot.waitUntil(lambda: panel(window).heading.text() == MARKED)
    assert panel(window).name.text() == "dungeon synth"
    assert not panel(window).discard.isHidden()


def test_the_list_of_tags_costs_no_marks(qtbot: QtBot, heard: Window) -> None:
    begin(qtbot, heard)
    side = panel(heard)
    side.all.click()
    assert side.taught.begun.text() == "Not saved yet: “dungeon synth”, 4 marks"
    side.taught.fresh.click()
    is_back(qtbot, heard)


def test_closing_the_panel_and_the_program_costs_no_marks(
    qtbot: QtBot,
    heard: Window,
    services: FakeServices,
) -> None:
    begin(qtbot, heard)
    qtbot.keyClick(panel(heard).marks, Qt.Key.Key_Escape)
    assert "Kept for later, not saved: “dungeon synth”, 4 marks" in heard.status.result.text()
    heard.actions_["teach"].trigger()
    is_back(qtbot, heard)

    heard.quit()
    state = QSettings(str(services.data_dir / "window.ini"), QSettings.Format.IniFormat)
    draft = Drafts(state).get("")
    assert draft is not None and draft.name == "dungeon synth"
    assert draft.said == {
        "00 song.flac": True,
        "01 song.flac": True,
        "02 song.flac": True,
        "30 song.flac": False,
    }


def test_what_is_discarded_comes_back(qtbot: QtBot, heard: Window) -> None:
    begin(qtbot, heard)
    side = panel(heard)
    side.discard.click()
    qtbot.waitUntil(lambda: side.heading.text() == "Nothing marked yet")
    assert side.name.text() == "" and side.discard.isHidden()
    answer(heard)
    is_back(qtbot, heard)


def test_marks_of_a_saved_tag_that_are_changed_stay_changed_and_end_with_saving(
    qtbot: QtBot,
    heard: Window,
) -> None:
    teach(qtbot, heard)
    side = panel(heard)
    heard.school.open("dungeon synth")
    qtbot.waitUntil(lambda: side.heading.text() == "5 have it, 2 do not")
    assert side.discard.isHidden(), "all of it is saved"
    select(heard, 0)
    heard.actions_["has_it"].trigger()  # takes the mark back
    select(heard, 5, 6)
    heard.actions_["has_it"].trigger()
    qtbot.waitUntil(lambda: side.heading.text() == "6 have it, 2 do not")
    side.all.click()
    assert side.taught.begun.text() == "Not saved yet: changes to “dungeon synth”"
    assert side.taught.fresh.text() == "Teach another"
    side.taught.fresh.click()
    qtbot.waitUntil(lambda: side.heading.text() == "Nothing marked yet")
    heard.school.open("dungeon synth")
    qtbot.waitUntil(lambda: side.heading.text() == "6 have it, 2 do not")
    assert heard.tracks.at(0) not in heard.school.teach.marks
    qtbot.waitUntil(side.save.isEnabled)
    side.save.click()
    qtbot.waitUntil(lambda: not heard.school.is_open)
    heard.school.open("dungeon synth")
    qtbot.waitUntil(lambda: side.heading.text() == "6 have it, 2 do not")
    assert side.discard.isHidden()


def test_marks_of_tracks_that_are_not_here_are_kept(
    qtbot: QtBot,
    heard: Window,
) -> None:
    said = {"away": True, "00 song.flac": True}
    draft = {"name": "x", "kind": "mood", "field": "", "said": said}
    heard._settings.setValue(DRAFTS, json.dumps({"": draft}))
    heard.school._drafts = Drafts(heard._settings)
    heard.actions_["teach"].trigger()
    text = "1 has it, 0 do not, 1 not in the library any more"
    qtbot.waitUntil(lambda: panel(heard).heading.text() == text)
    select(heard, 1)
    heard.actions_["has_it"].trigger()
    kept = heard.school._drafts.get("")
    assert kept is not None and kept.said == said | {"01 song.flac": True}
    row = heard.tracks.at(9)
    row.scores = replace(row.scores, track_id=TrackId("away"))
    heard.school.heard_more()
    qtbot.waitUntil(lambda: panel(heard).heading.text() == "3 have it, 0 do not")


def test_no_key_decides_on_tags_that_are_not_in_view(qtbot: QtBot, heard: Window) -> None:
    heard.actions_["taught"].trigger()
    side = panel(heard)
    select(heard, 0)
    for key in (Qt.Key.Key_P, Qt.Key.Key_1, Qt.Key.Key_X, Qt.Key.Key_M):
        qtbot.keyClick(side.taught.fresh, key)
    assert heard.tracks.at(0).verdicts == {} and not heard.tracks.at(0).reviewed
    qtbot.keyClick(side.taught.fresh, Qt.Key.Key_T)
    assert side.isVisible() and side.name.hasFocus()
    heard.library.table.setFocus()
    qtbot.keyClick(heard.library.table, Qt.Key.Key_T)
    assert side.isVisible() and side.name.hasFocus()
    heard.school.close()
    heard.library.select(0)
    qtbot.keyClick(heard.library.table, Qt.Key.Key_1)
    assert heard.tracks.at(0).verdicts


def test_tracks_that_come_while_marks_are_read_do_not_cost_them(qtbot: QtBot, heard: Window) -> None:
    begin(qtbot, heard)
    heard.school.close()
    heard.actions_["teach"].trigger()
    heard.school.heard_more()
    is_back(qtbot, heard)


def test_a_mark_goes_with_its_file_and_waits_where_that_is_forgotten(qtbot: QtBot, heard: Window) -> None:
    begin(qtbot, heard)
    side, row = panel(heard), heard.tracks.at(1)
    assert row.track is not None and row.scores is not None
    new = replace(row.track, path=row.path.with_name("zz.flac"))
    heard.tracks.add([Row.of(new)])
    heard.tracks.hear([Arrived(new.path, row.scores, {}, Chosen(0.0, ()))])
    heard.tracks.forget([row.path])

    def listed() -> list[Path]:
        return [
            mark.row.path for mark in map(side.marks.marks.mark, range(side.marks.marks.rowCount())) if mark
        ]

    qtbot.waitUntil(lambda: new.path in listed())
    assert side.heading.text() == MARKED
    assert len(listed()) == 4 and row.path not in listed()
    heard.tracks.forget([new.path])
    text = "2 have it, 1 does not, 1 not in the library any more"
    qtbot.waitUntil(lambda: side.heading.text() == text)
    heard.tracks.add([row])
    heard.scan.ended.emit()
    qtbot.waitUntil(lambda: side.heading.text() == MARKED)
    there = {row.path for row in heard.tracks.rows()}
    offered = [side.next.marks.mark(place) for place in range(side.next.marks.rowCount())]
    assert all(mark is not None and mark.row.path in there for mark in offered)


def test_a_mark_counts_again_once_its_file_is_back_in_the_folder(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    services.music.mkdir()
    begin(qtbot, heard)
    side, row = panel(heard), heard.tracks.at(1)
    heard.watching.look([row.path])
    text = "2 have it, 1 does not, 1 not in the library any more"
    qtbot.waitUntil(lambda: side.heading.text() == text)
    row.path.touch()
    heard.watching.look([row.path])
    qtbot.waitUntil(lambda: side.heading.text() == MARKED)
    back = heard.tracks.row(row.path)
    assert back is not None and back is not row
    assert heard.school.teach.marks[back] is True
    assert not heard.school.teach.lost


def test_what_is_marked_while_the_marks_are_read_is_taken_back_alone(
    qtbot: QtBot, heard: Window, reading: threading.Event
) -> None:
    side, marks = panel(heard), heard.school.teach
    select(heard, 5)
    heard.actions_["has_it"].trigger()
    assert list(marks.marks) == [heard.tracks.at(5)]
    assert not side.save.isEnabled(), "the others would not be learned from"
    reading.set()
    qtbot.waitUntil(lambda: side.heading.text() == "6 have it, 2 do not")
    heard.actions_["undo"].trigger()
    qtbot.waitUntil(lambda: side.heading.text() == "5 have it, 2 do not")
    assert side.discard.isHidden(), "all of it is saved"
    heard.actions_["redo"].trigger()
    qtbot.waitUntil(lambda: side.heading.text() == "6 have it, 2 do not")


def test_what_is_marked_while_the_marks_are_read_counts_for_copies_that_were_marked(
    qtbot: QtBot, heard: Window, reading: threading.Event
) -> None:
    first, copy = heard.tracks.at(0), heard.tracks.at(20)
    assert first.scores is not None and copy.scores is not None
    copy.scores = replace(copy.scores, track_id=first.scores.track_id)
    select(heard, 20)
    heard.actions_["has_it_not"].trigger()
    reading.set()
    qtbot.waitUntil(lambda: heard.school.teach.ready)
    marks = heard.school.teach.marks
    assert [marks[row] for row in marks if row in (first, copy)] in ([False], [False, False])
    assert panel(heard).heading.text().startswith("4 have it, 3 do not")


def test_what_is_marked_while_the_marks_are_read_outlives_the_panel_and_tracks_that_go(
    qtbot: QtBot, heard: Window, reading: threading.Event
) -> None:
    side = panel(heard)
    select(heard, 5)
    heard.actions_["has_it"].trigger()
    heard.tracks.forget([heard.tracks.at(39).path])
    select(heard, 6)
    heard.actions_["has_it"].trigger()
    heard.tracks.forget([heard.tracks.at(38).path])
    heard.school.close()
    assert "Kept for later, not saved: “dungeon synth”, 2 marks" in heard.status.result.text()
    heard.school.open("dungeon synth")
    reading.set()
    qtbot.waitUntil(lambda: side.heading.text() == "7 have it, 2 do not")
    assert not side.discard.isHidden()
