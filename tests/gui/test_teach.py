from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from mat_desktop.app.complete import SCORES as SCORES_OF
from mat_desktop.domain.scores import Scores, Verdict
from mat_desktop.domain.tags import Category, Field
from mat_desktop.domain.track import FileStamp, Track, TrackId
from mat_desktop.gui.models.row import State
from mat_desktop.gui.views.teach import TeachPanel
from mat_desktop.gui.widgets.banner import Banner
from mat_desktop.gui.window import Window
from tests.gui.double import FakeServices
from tests.gui.double_model import CARD, SCORES

TRACKS, TAGGED = 40, 12


@pytest.fixture
def heard(qtbot: QtBot, window: Window, services: FakeServices) -> Window:
    """Forty tracks that were listened to, of which the first twelve have something in common."""
    from mat_desktop.app.score import Heard

    rng = np.random.default_rng(0)
    features = rng.gamma(1.0, 1.0, (TRACKS, 32))
    features[:TAGGED] += 5 * rng.random(32)
    services.files.clear()
    for number in range(TRACKS):
        path = services.music / f"{number:02} song.flac"
        services.files[path] = Track(path, FileStamp(1, number, number), 200.0, {Field.TITLE: (path.stem,)})
        scores = Scores(CARD.digest, TrackId(path.name), 200.0, SCORES)
        services.heard[path] = Heard(path, scores)
        services.classroom.rows[TrackId(path.name)] = features[number].astype(np.float16)
    window.begin([services.music])
    qtbot.waitUntil(lambda: window.tracks.tally().heard == TRACKS and not window.bridge.busy)
    return window


def select(window: Window, *places: int) -> None:
    table = window.library.table
    table.clearSelection()
    for place in places:
        table.selectionModel().select(
            window.tracks.index(place, 0),
            table.selectionModel().SelectionFlag.Select | table.selectionModel().SelectionFlag.Rows,
        )


def panel(window: Window) -> TeachPanel:
    return window.school.panel


def answer(window: Window) -> None:
    """Click what the last banner offers."""
    banners = [banner for banner in window.library.banners.findChildren(Banner) if not banner.isHidden()]
    banners[-1].action.click()


def teach(qtbot: QtBot, window: Window, name: str = "dungeon synth") -> None:
    window.actions_["teach"].trigger()
    panel(window).name.setText(name)
    select(window, 0, 1, 2, 3, 4)
    window.actions_["has_it"].trigger()
    select(window, 30, 31)
    window.actions_["has_it_not"].trigger()
    qtbot.waitUntil(panel(window).save.isEnabled)
    panel(window).save.click()
    qtbot.waitUntil(lambda: not window.school.is_open)
    path = window.tracks.at(6).path
    qtbot.waitUntil(lambda: f"taught/{name}" in window.tracks.row(path).scores.taught)


def test_what_is_missing_is_said_before_anything_can_be_saved(qtbot: QtBot, heard: Window) -> None:
    heard.actions_["teach"].trigger()
    side = panel(heard)
    assert side.isVisible()
    assert not heard.library.pane.isVisible()
    assert side.name.hasFocus()
    qtbot.waitUntil(lambda: side.verdict.text() == "Mark 3 more tracks that have it")
    assert not side.save.isEnabled()
    select(heard, 0, 1)
    assert side.about.text() == "Marks the 2 selected tracks"
    qtbot.mouseClick(side.yes, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: side.verdict.text() == "Mark 1 more track that has it")
    select(heard, 2)
    qtbot.mouseClick(side.yes, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: side.verdict.text().startswith("Guesses "))
    assert not side.save.isEnabled()  # it has no name
    side.name.setText("rock")
    assert "already" in side.fault.text()
    assert not side.save.isEnabled()
    side.name.setText("dungeon synth")
    assert side.save.isEnabled()


def test_undo_takes_marks_back_and_no_write(qtbot: QtBot, heard: Window, services: FakeServices) -> None:
    select(heard, 5)
    heard.actions_["write"].trigger()
    qtbot.waitUntil(heard.panels.write.write.isEnabled)
    heard.panels.write.confirm()
    qtbot.waitUntil(lambda: heard.tracks.counts()[State.WRITTEN] == 1)
    qtbot.waitUntil(lambda: not heard.bridge.busy)
    heard.actions_["teach"].trigger()
    side = panel(heard)
    for place in (0, 1):
        select(heard, place)
        heard.actions_["has_it"].trigger()
    assert side.heading.text() == "2 have it, 0 do not"
    qtbot.waitUntil(heard.actions_["undo"].isEnabled)
    heard.actions_["undo"].trigger()
    qtbot.waitUntil(lambda: side.heading.text() == "1 has it, 0 do not")
    qtbot.waitUntil(heard.actions_["redo"].isEnabled)
    heard.actions_["redo"].trigger()
    qtbot.waitUntil(lambda: side.heading.text() == "2 have it, 0 do not")
    assert heard.tracks.counts()[State.WRITTEN] == 1
    heard.actions_["undo"].trigger()
    heard.school.close()
    assert not heard.room.take_back(), "that lesson is over"


def test_keys_mark_while_browsing_and_take_marks_back(qtbot: QtBot, heard: Window) -> None:
    heard.actions_["teach"].trigger()
    side, table = panel(heard), heard.library.table
    select(heard, 0)
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_Plus)
    assert side.heading.text() == "1 has it, 0 do not"
    qtbot.keyClick(table, Qt.Key.Key_Minus)
    assert side.heading.text() == "0 have it, 1 does not"
    qtbot.keyClick(table, Qt.Key.Key_Minus)
    assert side.heading.text() == "Nothing marked yet"
    heard.actions_["has_it"].trigger()
    side.marks.setFocus()
    side.marks.setCurrentIndex(side.marks.marks.index(0))
    qtbot.keyClick(side.marks, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: side.heading.text() == "Nothing marked yet")
    qtbot.keyClick(side.marks, Qt.Key.Key_Escape)
    assert not heard.school.is_open
    assert heard.library.pane.isVisible()
    assert not heard.actions_["has_it"].isEnabled()


def test_a_taught_tag_takes_part_like_any_other(qtbot: QtBot, heard: Window, services: FakeServices) -> None:
    teach(qtbot, heard)
    row, other = heard.tracks.at(8), heard.tracks.at(20)
    names = [s.tag.name for s in heard.tracks.chosen(row)]
    assert "dungeon synth" in names
    assert "dungeon synth" not in [s.tag.name for s in heard.tracks.chosen(other)]
    assert "“dungeon synth” is taught" in heard.library.banners.texts()[-1]
    # marks are verdicts
    assert heard.tracks.at(0).verdicts["dungeon synth"] is Verdict.ACCEPTED
    assert services.kept[TrackId("30 song.flac")]["dungeon synth"] is Verdict.REJECTED
    # in the pane, in search, and in the plan
    heard.library.select(8)
    assert "dungeon synth" in [s.tag.name for s in heard.library.pane.question.suggestions]
    plan = services.plan_file(row.track, heard.tracks.suggestions(row))
    assert "Dungeon synth" in {c.field: c.after for c in plan.changes}[Field.GENRE]
    heard.library.search.setText("dungeon")
    qtbot.waitUntil(lambda: 6 <= heard.tracks.rowCount() <= 12)


def test_tracks_dropped_on_a_button_are_marked(qtbot: QtBot, heard: Window) -> None:
    heard.actions_["teach"].trigger()
    side = panel(heard)
    data = heard.tracks.mimeData([heard.tracks.index(3, 0), heard.tracks.index(4, 1)])
    for button, said in ((side.yes, True), (side.no, False)):
        how = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(button, QDragEnterEvent(QPoint(5, 5), *how))
        QApplication.sendEvent(button, QDropEvent(QPointF(5, 5), *how))
        marks = heard.school.teach.marks
        assert [marks[row] for row in (heard.tracks.at(3), heard.tracks.at(4))] == [said, said]


def test_unsure_tracks_are_proposed_and_lead_to_the_table(qtbot: QtBot, heard: Window) -> None:
    heard.actions_["teach"].trigger()
    side = panel(heard)
    select(heard, 0, 1, 2, 3)
    heard.actions_["has_it"].trigger()
    qtbot.waitUntil(lambda: side.next.marks.rowCount() == 6)
    first = side.next.marks.mark(0)
    assert first is not None
    assert first.row not in heard.school.teach.marks
    side.next.chosen.emit(first.row)
    assert heard.library.row is first.row
    heard.actions_["has_it_not"].trigger()
    qtbot.waitUntil(lambda: side.next.marks.place(first.row) < 0)
    assert heard.school.teach.marks[first.row] is False


def test_a_wrong_mark_stands_out(qtbot: QtBot, heard: Window) -> None:
    heard.actions_["teach"].trigger()
    select(heard, 0, 1, 2, 3, 4, 5, 6, 25)
    heard.actions_["has_it"].trigger()
    marks = panel(heard).marks.marks
    wrong = heard.tracks.at(25)
    qtbot.waitUntil(lambda: (m := marks.mark(marks.place(wrong))) is not None and m.odd)
    assert "Guessed wrong" in marks.mark(marks.place(wrong)).phrase


def test_edited_with_what_review_said_since_then_removed_and_put_back(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    teach(qtbot, heard)
    row = heard.tracks.at(7)
    heard.review.decide([row], {"dungeon synth": Verdict.ACCEPTED})
    qtbot.waitUntil(lambda: "dungeon synth" in services.kept.get(TrackId("07 song.flac"), {}))
    heard.actions_["taught"].trigger()
    side = panel(heard)
    assert side.taught.tags.current().name == "dungeon synth"
    side.taught.edit.click()
    qtbot.waitUntil(lambda: side.heading.text() == "6 have it, 2 do not")
    assert side.title.text() == "Teach “dungeon synth”"
    qtbot.waitUntil(side.save.isEnabled)
    side.name.setText("crypt")
    side.kind.set_category(Category.MOOD)
    side.save.click()
    qtbot.waitUntil(lambda: [tag.name for tag in services.teacher.tags] == ["crypt"])
    qtbot.waitUntil(lambda: "taught/crypt" in row.scores.taught)
    assert row.verdicts == {"crypt": Verdict.ACCEPTED}

    heard.actions_["taught"].trigger()
    side.taught.remove.click()
    qtbot.waitUntil(lambda: services.teacher.tags == ())
    qtbot.waitUntil(lambda: "crypt" not in [s.tag.name for s in heard.tracks.suggestions(row)])
    qtbot.waitUntil(lambda: "crypt" not in row.verdicts)
    answer(heard)
    qtbot.waitUntil(lambda: len(services.teacher.tags) == 1)
    qtbot.waitUntil(lambda: row.verdicts.get("crypt") is Verdict.ACCEPTED)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("And", "must not be called “and”"),
        ("not", "must not be called “not”"),
        ("not loud", "must not begin with “not”"),
        ("x" * 200, "up to 60 letters; these are 200"),
        ("drum and bass", ""),
        ("genre", ""),
    ],
)
def test_names_that_a_search_takes_for_something_else_are_refused(heard: Window, name: str, why: str) -> None:
    heard.actions_["teach"].trigger()
    panel(heard).name.setText(name)
    assert panel(heard).name.text() == name
    assert why in panel(heard).fault.text()
    assert bool(panel(heard).fault.text()) is bool(why)


def test_a_tag_that_has_such_a_name_already_can_keep_it(
    qtbot: QtBot, heard: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("mat_desktop.gui.views.teach.odd_name", lambda _: "")
        teach(qtbot, heard, "and")
    heard.school.open("and")
    side = panel(heard)
    qtbot.waitUntil(side.save.isEnabled)
    side.name.setText("or")
    assert "must not be called" in side.fault.text()


def test_while_marks_are_read_none_are_said_to_be_missing(qtbot: QtBot, heard: Window) -> None:
    teach(qtbot, heard)
    heard.school.open("dungeon synth")
    side = panel(heard)
    assert side.verdict.text() == "Reading the marks…"
    heard.school.mark(True)
    assert side.verdict.text() == "Reading the marks…"
    qtbot.waitUntil(lambda: side.verdict.text().startswith("Guesses"))


def test_a_mark_taken_back_is_nothing_said(qtbot: QtBot, heard: Window, services: FakeServices) -> None:
    teach(qtbot, heard)
    row, gone = heard.tracks.at(4), TrackId("on another drive")
    services.kept[gone] = {"dungeon synth": Verdict.ACCEPTED}
    gone_too = ", 1 not in the library any more"
    heard.school.open("dungeon synth")
    side = panel(heard)
    qtbot.waitUntil(lambda: side.heading.text() == f"5 have it, 2 do not{gone_too}")
    heard.school.teach.unmark([row])
    qtbot.waitUntil(lambda: side.heading.text() == f"4 have it, 2 do not{gone_too}")
    qtbot.waitUntil(lambda: len(heard.school.teach.study.marks) == 6)
    side.save.click()
    qtbot.waitUntil(lambda: "dungeon synth" not in row.verdicts)
    assert "dungeon synth" not in services.kept[TrackId("04 song.flac")]
    assert services.kept[gone] == {"dungeon synth": Verdict.ACCEPTED}


def test_a_rename_keeps_what_was_said_of_unmarked_tracks(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    teach(qtbot, heard)
    heard.school.open("dungeon synth")
    side = panel(heard)
    qtbot.waitUntil(lambda: side.heading.text() == "5 have it, 2 do not")
    row = heard.tracks.at(9)
    heard.review.decide([row], {"dungeon synth": Verdict.ACCEPTED})
    qtbot.waitUntil(lambda: "dungeon synth" in services.kept.get(TrackId("09 song.flac"), {}))
    side.name.setText("crypt")
    qtbot.waitUntil(side.save.isEnabled)
    side.save.click()
    qtbot.waitUntil(lambda: row.verdicts == {"crypt": Verdict.ACCEPTED})
    assert services.kept[TrackId("09 song.flac")] == {"crypt": Verdict.ACCEPTED}


def test_tracks_heard_after_teaching_keep_their_score(
    qtbot: QtBot, heard: Window, services: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    teach(qtbot, heard)
    row = heard.tracks.at(3)
    score = row.scores.taught["taught/dungeon synth"]
    table = services.teacher.scores()
    late = {track_id: scores for track_id, scores in table.items() if track_id != row.scores.track_id}
    monkeypatch.setattr(services.teacher, "scores", lambda: late)
    with qtbot.waitSignal(heard.school.teach.rescored):
        heard.school.teach.score("taught/dungeon synth")
    assert row.scores.taught == {"taught/dungeon synth": score}


def test_completion_forgets_scores_from_before_teaching(qtbot: QtBot, heard: Window) -> None:
    asking = heard.library.filter.asking
    asking.count_values()
    qtbot.waitUntil(lambda: f"{SCORES_OF}jazz" in asking._values)
    teach(qtbot, heard)
    qtbot.waitUntil(lambda: f"{SCORES_OF}jazz" not in asking._values)
    asking.count_values()
    qtbot.waitUntil(lambda: f"{SCORES_OF}dungeon synth" in asking._values)


def test_exported_imported_and_refused_for_another_model(
    qtbot: QtBot, heard: Window, services: FakeServices, tmp_path: Path
) -> None:
    teach(qtbot, heard)
    target = tmp_path / "out.tag.json"
    panel(heard).taught.sent.emit("dungeon synth", target)
    qtbot.waitUntil(target.is_file)
    heard.school.teach.remove("dungeon synth")
    qtbot.waitUntil(lambda: services.teacher.tags == ())
    foreign = {**msgspec.json.decode(target.read_bytes()), "model": "0123456789ab", "trunk": ""}
    target.write_bytes(msgspec.json.encode(foreign))
    panel(heard).taught.taken.emit(target)
    qtbot.waitUntil(lambda: "another model" in heard.library.banners.texts()[-1])
    assert "7 marked tracks, which can teach it" in heard.library.banners.texts()[-1]
    assert services.teacher.tags == ()
    answer(heard)
    side = panel(heard)
    qtbot.waitUntil(lambda: side.heading.text() == "5 have it, 2 do not")
    assert side.name.text() == "dungeon synth"
    qtbot.waitUntil(side.save.isEnabled)
    side.save.click()
    qtbot.waitUntil(lambda: [tag.model for tag in services.teacher.tags] == [CARD.digest])


def test_tags_that_another_model_was_not_taught_are_told_of_and_learned_anew(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    teach(qtbot, heard)
    heard.workshop.models.use("other")
    said = heard.library.banners.texts
    qtbot.waitUntil(lambda: any("1 taught tag not known to this model" in text for text in said()))
    heard.school.open_list()
    taught = panel(heard).taught
    assert "“dungeon synth”" in taught.elsewhere.text()
    assert taught.other.isVisible()
    taught.learn.click()
    qtbot.waitUntil(lambda: any("“dungeon synth” is learned anew" in text for text in said()))
    assert not taught.other.isVisible()
    assert [tag.name for tag in services.teacher.tags] == ["dungeon synth"]
    assert not any("not known to this model" in text for text in said())


def test_a_tag_that_was_put_away_comes_back_with_its_decisions(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    teach(qtbot, heard)

    def said() -> list[Verdict]:
        return [
            row.verdicts["dungeon synth"]
            for row in heard.library.tracks.rows()
            if row.verdicts.get("dungeon synth", Verdict.UNDECIDED) is not Verdict.UNDECIDED
        ]

    qtbot.waitUntil(lambda: len(said()) == 7)
    before = said()
    heard.school.teach.remove("dungeon synth")
    qtbot.waitUntil(lambda: said() == [])
    (away,) = (services.classroom.taught.base / "removed").iterdir()
    panel(heard).taught.taken.emit(away)
    qtbot.waitUntil(lambda: said() == before)


def test_undo_puts_a_removed_tag_back_and_redo_removes_it_again(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    teach(qtbot, heard)
    banners = heard.library.banners

    def there() -> list[str]:
        return [tag.name for tag in services.teacher.tags]

    def has(text: str) -> Callable[[], bool]:
        return lambda: any(text in shown for shown in banners.texts())

    heard.school.teach.remove("dungeon synth")
    qtbot.waitUntil(has("is removed, with 7 decisions"))
    assert there() == []
    heard.undo()
    qtbot.waitUntil(has("is there again, with 7 decisions"))
    assert (there(), has("is removed")()) == (["dungeon synth"], False)
    assert not heard.pages.shows(heard.archive.page)
    heard.redo()
    qtbot.waitUntil(has("is removed, with 7 decisions"))
    assert there() == []
    answer(heard)
    qtbot.waitUntil(has("is there again"))
    heard.undo()
    kept: list[None] = []
    heard.bridge.keep(lambda: None, kept.append)
    qtbot.waitUntil(lambda: bool(kept))
    assert not has("was not put back")(), "that was taken back already"
    assert there() == ["dungeon synth"]


def test_tracks_heard_without_features_are_counted(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    for number in range(5):
        del services.classroom.rows[TrackId(f"{number:02} song.flac")]
    heard.actions_["teach"].trigger()
    side = panel(heard)
    qtbot.waitUntil(side.hear_old.isVisible)
    assert side.hear_old.text() == "Listen to 5 tracks once more"
    select(heard, 0, 6)
    heard.actions_["has_it"].trigger()
    assert side.hear.text() == "Listen to 1 marked track first"
    assert services.classroom.teaching
    heard.school.close()
    qtbot.waitUntil(lambda: not services.classroom.teaching)


def test_nobody_marks_half_a_library(qtbot: QtBot, heard: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mat_desktop.gui.operations.teach.MOST_MARKS", 30)
    heard.actions_["teach"].trigger()
    heard.library.table.selectAll()
    heard.actions_["has_it"].trigger()
    assert heard.school.teach.marks == {}
    assert "learns from up to 30 tracks" in heard.library.banners.texts()[-1]


def test_what_cannot_be_read_teaches_nothing(qtbot: QtBot, heard: Window) -> None:
    heard.actions_["teach"].trigger()
    side, row = panel(heard), heard.tracks.at(3)
    row.scores, row.state = None, State.FAILED
    select(heard, 3)
    assert not side.yes.isEnabled()
    heard.actions_["has_it"].trigger()
    assert side.heading.text() == "Nothing marked yet"
    assert "“03 song” cannot be read" in heard.library.banners.texts()[-1]
    select(heard, 3, 4)
    heard.actions_["has_it"].trigger()
    assert side.heading.text() == "1 has it, 0 do not"
    assert side.hear.isHidden()


def test_learning_that_takes_a_while_is_told(
    qtbot: QtBot, heard: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    teacher, go = heard.school.teach.teacher, threading.Event()
    study = teacher.study
    monkeypatch.setattr(teacher, "study", lambda marks: go.wait(20) and study(marks))
    heard.actions_["teach"].trigger()
    side = panel(heard)
    side.name.setText("dungeon synth")
    select(heard, 0, 1, 2)
    heard.actions_["has_it"].trigger()
    qtbot.waitUntil(lambda: side.verdict.text() == "Learning…")
    go.set()
    qtbot.waitUntil(side.save.isEnabled)
    assert side.verdict.text().startswith("Guesses ")
    go.clear()
    select(heard, 30)
    heard.actions_["has_it_not"].trigger()
    assert not side.save.isEnabled(), "what would be saved knows nothing of the last mark"
    go.set()
    qtbot.waitUntil(side.save.isEnabled)


def test_a_query_for_a_tag_that_is_removed_finds_nothing(qtbot: QtBot, heard: Window) -> None:
    teach(qtbot, heard)
    library = heard.library
    library.search.setText("dungeon synth > 0.5")
    qtbot.waitUntil(lambda: 6 <= heard.tracks.rowCount() <= 12)
    heard.school.teach.remove("dungeon synth")
    qtbot.waitUntil(lambda: heard.tracks.rowCount() == 0)
    assert "No tag is called" in library.problem.text.text()
    answer(heard)
    qtbot.waitUntil(lambda: 6 <= heard.tracks.rowCount() <= 12)
    assert library.problem.isHidden()


def test_the_panel_gives_its_room_back(qtbot: QtBot, heard: Window) -> None:
    before = heard.library.inner.sizes()
    heard.actions_["teach"].trigger()
    assert heard.school.panel.width() >= 320
    heard.school.close()
    assert heard.library.inner.sizes() == before
    heard.actions_["pane"].trigger()
    heard.actions_["teach"].trigger()
    assert heard.school.panel.width() >= 320
    heard.school.close()
    assert not heard.library.pane.isVisible()


def test_f6_goes_to_the_panel_and_on(qtbot: QtBot, heard: Window) -> None:
    heard.actions_["teach"].trigger()
    side = panel(heard)
    heard.library.sidebar.setFocus()
    seen: list[QWidget | None] = []
    for _ in range(4):
        heard.actions_["next_pane"].trigger()
        seen.append(QApplication.focusWidget())
    assert side.name in seen and heard.library.table in seen
    heard.actions_["taught"].trigger()
    side.taught.import_.setFocus()
    heard.actions_["next_pane"].trigger()
    assert heard.library.sidebar.hasFocus()


def test_copies_are_marked_together_and_count_once(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    first, second = heard.tracks.at(0), heard.tracks.at(1)
    second.scores = replace(second.scores, track_id=first.scores.track_id)
    side = panel(heard)
    heard.actions_["teach"].trigger()
    qtbot.waitUntil(lambda: heard.school.teach.ready)
    select(heard, 0, 1, 2)
    heard.actions_["has_it"].trigger()
    qtbot.waitUntil(lambda: side.verdict.text() == "Mark 1 more track that has it")
    assert side.heading.text() == "2 have it, 0 do not, and 1 copy"
    notes = {mark.row.title: mark.note for mark in map(side.marks.marks.mark, range(3)) if mark is not None}
    assert sorted(notes.values()) == ["", "", f"Copy of “{first.title}”"]
    select(heard, 1)
    heard.actions_["has_it_not"].trigger()
    assert heard.school.teach.marks[first] is False
    qtbot.waitUntil(lambda: side.heading.text() == "1 has it, 1 does not, and 1 copy")


def test_what_was_learned_anew_from_another_page_is_not_offered_any_more(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    teach(qtbot, heard)
    heard.workshop.models.use("other")
    banners = heard.library.banners
    qtbot.waitUntil(lambda: any("1 taught tag not known" in text for text in banners.texts()))
    heard.school.teach.learn_anew()
    heard.pages.show("models")
    there = heard.pages.current.banners
    qtbot.waitUntil(lambda: any("“dungeon synth” is learned anew" in text for text in there.texts()))
    assert not any("not known" in text for text in banners.texts())
    heard.school.teach.learn_anew()
    qtbot.waitUntil(lambda: any("nothing was to be learned" in text for text in there.texts()))


def test_it_says_why_fewer_tracks_count_than_were_listened_to(qtbot: QtBot, heard: Window) -> None:
    side = panel(heard)
    heard.actions_["teach"].trigger()
    select(heard, 0, 1, 2, 3, 4)
    heard.actions_["has_it"].trigger()
    qtbot.waitUntil(lambda: side.more.text().endswith(" tracks."))
    teach = heard.school.teach
    assert teach.study is not None
    side.show_study(teach.marks, teach.study, {}, 0, 0, 0, heard=teach.study.tracks + 2)
    assert side.more.text().endswith(" tracks: copies count once, silent tracks do not.")


def test_a_query_is_asked_anew_of_another_model(qtbot: QtBot, heard: Window, services: FakeServices) -> None:
    teach(qtbot, heard)
    library = heard.library
    library.search.setText("dungeon synth > 0.5")
    qtbot.waitUntil(lambda: 6 <= heard.tracks.rowCount() <= 12)
    heard.workshop.models.use("other")
    qtbot.waitUntil(lambda: "No tag is called" in library.problem.text.text())
    qtbot.waitUntil(lambda: heard.tracks.rowCount() == 0)


def test_a_query_that_another_model_understands_too_finds_what_that_hears(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    heard.library.search.setText("rock > 0.01")
    asking = heard.library.filter.asking
    qtbot.waitUntil(lambda: asking.query is not None)
    asked: list[bool] = []
    asking.asked.connect(lambda: asked.append(True))
    with qtbot.waitSignal(asking.asked):
        heard.workshop.models.use("other")
