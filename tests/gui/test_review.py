"""Review by keyboard alone, on the page for it and in the library."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QFontMetrics, QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from mat_desktop.app.tag_file import TagChange
from mat_desktop.domain.query import Word
from mat_desktop.domain.scheme import NO_SPLIT
from mat_desktop.domain.scores import Verdict
from mat_desktop.domain.tags import Category, Field
from mat_desktop.domain.track import TrackId
from mat_desktop.gui import review_queue
from mat_desktop.gui.models.columns import sentence
from mat_desktop.gui.models.row import State
from mat_desktop.gui.theme import appearance, font
from mat_desktop.gui.widgets.add_tag import likest
from mat_desktop.gui.widgets.queue_strip import CARD, QueueStrip
from mat_desktop.gui.window import Window
from tests.gui.double import FakeServices
from tests.gui.reviewing import decide_all, in_view, press
from tests.gui.test_flow import listen

Key = Qt.Key


@pytest.fixture
def heard(qtbot: QtBot, library: Window) -> Window:
    listen(qtbot, library)
    return library


def test_a_queue_is_reviewed_by_keyboard_and_every_decision_can_be_taken_back(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    page, queue = heard.room.page, heard.room.queue
    press(qtbot, heard, Key.Key_2, control=True)
    assert heard.room.in_view
    assert page.title.text() == "Song 0"
    assert page.place.text() == "1 of 4"
    assert page.after.text() == "Song 1"
    page.go_on.setChecked(False)

    first = in_view(heard)
    press(qtbot, heard, Key.Key_1)
    press(qtbot, heard, Key.Key_2, shift=True)
    assert first.verdicts == {"rock": Verdict.ACCEPTED, "indie": Verdict.REJECTED}
    assert page.decided.text() == "2 of 7 decided"
    assert "Indie" not in page.written.fields.text()
    press(qtbot, heard, Key.Key_Return)
    assert first.state is State.REVIEWED
    qtbot.waitUntil(lambda: TrackId(first.path.name) in services.marked)
    second = in_view(heard)
    assert second.title == "Song 1"

    press(qtbot, heard, Key.Key_P, shift=True)
    assert set(second.verdicts.values()) == {Verdict.ACCEPTED}
    press(qtbot, heard, Key.Key_J)
    assert in_view(heard).title == "Song 2"
    press(qtbot, heard, Key.Key_K)

    press(qtbot, heard, Key.Key_Z, control=True)
    assert second.verdicts == {}
    press(qtbot, heard, Key.Key_Z, control=True)
    assert in_view(heard) is first
    assert first.state is State.TO_REVIEW
    press(qtbot, heard, Key.Key_Z, control=True)
    press(qtbot, heard, Key.Key_Z, control=True)
    assert first.verdicts == {}
    qtbot.waitUntil(lambda: TrackId(first.path.name) not in services.marked)

    press(qtbot, heard, Key.Key_Escape)
    assert heard.pages.shows(heard.library)
    assert heard.library.middle.indexOf(heard.library.dock) == 1
    assert not queue.is_open


def test_every_track_of_the_queue_gets_its_small_picture(qtbot: QtBot, heard: Window) -> None:
    heard.library.select(0)
    # Drawn before the page opens.
    qtbot.waitUntil(lambda: heard.library.dock.picture is not None)
    heard.pages.show("review")
    strip = heard.room.page.strip
    paths = [row.path for row in heard.tracks.rows() if row.track is not None and row.scores is not None]
    qtbot.waitUntil(lambda: all(strip.has(path) for path in paths))
    assert len(paths) == 4
    plot = heard.library.dock.plot
    assert plot is not None
    strip.set_lut(plot.mel.lut)
    assert all(strip.has(path) for path in paths), "the same colours"
    strip.set_lut(plot.mel.lut[::-1])
    assert not any(strip.has(path) for path in paths), "they are drawn anew in others"


def test_a_name_that_is_cut_in_the_strip_is_whole_in_its_tool_tip(qtbot: QtBot, heard: Window) -> None:
    press(qtbot, heard, Key.Key_2, control=True)
    strip = heard.room.page.strip
    at = QPoint(strip.start + CARD + CARD // 2, 40)
    asked = QHelpEvent(QEvent.Type.ToolTip, at, strip.mapToGlobal(at))
    QApplication.sendEvent(strip, asked)
    row = heard.room.queue._queue[1]
    assert QToolTip.text() == f"{row.title}\n{row.artist}"


def test_the_place_in_the_queue_is_whole_with_large_letters(qtbot: QtBot, heard: Window) -> None:
    strip = QueueStrip()
    qtbot.addWidget(strip)
    usual = round(100 * appearance.text_scale)
    try:
        appearance.use_text(200)
        strip.show_queue([*heard.tracks.rows()] * 50, 187, set())
        assert strip.start - 20 >= QFontMetrics(font(12)).horizontalAdvance("188 of 200")
        assert strip._box(0).left() == strip.start
    finally:
        appearance.use_text(usual)


def test_tags_have_room_beside_keys_and_changes_with_large_letters(qtbot: QtBot, heard: Window) -> None:
    heard.pages.show("review")
    page = heard.room.page
    page.keys.set_open(True)
    usual = round(100 * appearance.text_scale)
    try:
        appearance.use_text(150)
        row = page.question.scores.sizeHintForRow(0)
        qtbot.waitUntil(lambda: page.area.height() >= 5 * row)
    finally:
        appearance.use_text(usual)


def test_the_next_track_comes_when_all_is_decided(qtbot: QtBot, heard: Window) -> None:
    heard.actions_["review"].trigger()
    heard.room.page.go_on.setChecked(True)
    first = in_view(heard)
    press(qtbot, heard, Key.Key_P, shift=True)
    assert in_view(heard) is first
    qtbot.waitUntil(lambda: in_view(heard) is not first, timeout=2000)
    assert first.reviewed
    qtbot.wait(400)
    assert in_view(heard).title == "Song 1"


def test_a_track_whose_tags_are_all_decided_stays_reviewed(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    row = in_view(heard)
    press(qtbot, heard, Key.Key_P, shift=True)
    assert row.state is State.REVIEWED
    qtbot.waitUntil(lambda: TrackId(row.path.name) in services.marked)
    heard.library.shift_picked.emit(-2.0)  # many more are suggested
    assert len(heard.tracks.chosen(row)) > len(row.verdicts)
    assert row.state is State.REVIEWED
    heard.undo()  # the slider's move
    assert row.state is State.REVIEWED
    heard.undo()
    assert row.state is State.TO_REVIEW
    qtbot.waitUntil(lambda: TrackId(row.path.name) not in services.marked)


def test_what_is_marked_as_reviewed_stays_so(qtbot: QtBot, heard: Window, services: FakeServices) -> None:
    press(qtbot, heard, Key.Key_M)
    row = in_view(heard)
    assert row.state is State.REVIEWED
    qtbot.waitUntil(lambda: services.marked.keys() == {TrackId(row.path.name)})
    heard.scan.read_again([row.path])
    qtbot.waitUntil(lambda: not heard.bridge.busy)
    assert row.state is State.REVIEWED


def test_an_empty_queue_says_what_to_do(qtbot: QtBot, library: Window) -> None:
    library.actions_["review"].trigger()
    page = library.room.page
    assert page.nothing.text() == "Nothing to review yet"
    page.way_out.click()
    qtbot.waitUntil(lambda: page.title.text() == "Song 0")
    for _ in range(4):
        press(qtbot, library, Key.Key_Return)
    assert page.pace.text() == "All reviewed"
    qtbot.waitUntil(lambda: library.rail.buttons["review"].accessibleName() == "Review")


def test_tracks_that_are_being_read_are_not_said_to_be_missing(qtbot: QtBot, window: Window) -> None:
    window.pages.show("review")
    page = window.room.page
    assert page.nothing.text() == "No tracks yet"
    for reading, says in ((True, "Reading the library…"), (False, "No tracks yet")):
        window.room.queue.set_reading(reading)
        qtbot.waitUntil(lambda says=says: page.nothing.text() == says)


def test_a_tag_typed_by_hand_is_kept_written_and_taken_back(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    row = in_view(heard)
    press(qtbot, heard, Key.Key_A)
    add = heard.library.pane.question.add
    assert add.field.hasFocus()
    qtbot.keyClicks(add.field, "a; b")
    assert add.fault.text() == f"A tag {NO_SPLIT}"
    for text in ('music" > 0.5', "genre:rock", "“late”"):
        add.field.setText(text)
        assert "searches mean" in add.fault.text()
        qtbot.keyClick(add.field, Key.Key_Return)
    assert row.verdicts == {} and add.field.text() == "“late”"
    add.field.clear()
    qtbot.keyClicks(add.field, "shoegaze")
    add.kind.set_category(Category.GENRE)
    qtbot.keyClick(add.field, Key.Key_Return)
    qtbot.waitUntil(lambda: row.verdicts == {"shoegaze": Verdict.ACCEPTED})
    found = {s.tag.name: s for s in heard.tracks.suggestions(row)}
    assert found["shoegaze"].by_hand
    assert "Shoegaze" in heard.library.pane.changes.blocks[Field.GENRE].new.text()
    assert services.tag_changes()["shoegaze"].category is Category.GENRE
    heard.activateWindow()  # without a window manager the closed list of names still has the keyboard
    press(qtbot, heard, Key.Key_Z, control=True)
    assert row.verdicts == {}
    qtbot.waitUntil(lambda: services.tag_changes() == {})
    press(qtbot, heard, Key.Key_Z, control=True, shift=True)
    assert row.verdicts == {"shoegaze": Verdict.ACCEPTED}
    qtbot.waitUntil(lambda: "shoegaze" in services.tag_changes())
    press(qtbot, heard, Key.Key_Z, control=True)
    qtbot.waitUntil(lambda: services.tag_changes() == {})

    qtbot.keyClicks(add.field, "Mellow")  # one that the scheme has
    assert add.kind.category is Category.MOOD
    qtbot.keyClick(add.field, Key.Key_Return)
    assert row.verdicts == {"mellow": Verdict.ACCEPTED}


def test_a_typed_instrument_goes_to_the_instruments_unless_another_kind_is_picked(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    in_view(heard)
    press(qtbot, heard, Key.Key_A)
    add = heard.library.pane.question.add
    qtbot.keyClicks(add.field, "mellow")
    assert add.kind.category is Category.MOOD
    add.field.clear()
    qtbot.keyClicks(add.field, "zither")
    assert add.kind.isVisible() and add.kind.isEnabled()
    assert add.kind.category is Category.INSTRUMENT
    assert add.kind.toolTip() == "Written into Instrument"
    qtbot.keyClick(add.field, Key.Key_Return)
    qtbot.waitUntil(lambda: "zither" in services.tag_changes())
    assert services.tag_changes()["zither"].category is Category.INSTRUMENT

    qtbot.keyClicks(add.field, "shoegaz")
    assert add.kind.category is Category.GENRE, "what is known by its name is no habit"
    add.kind.set_category(Category.MOOD)
    add.kind.picked.emit(Category.MOOD.value)
    qtbot.keyClicks(add.field, "e")
    assert add.kind.category is Category.MOOD, "as it was picked, though more was typed"
    qtbot.keyClick(add.field, Key.Key_Return)
    qtbot.waitUntil(lambda: "shoegaze" in services.tag_changes())
    assert services.tag_changes()["shoegaze"].category is Category.MOOD


def test_enter_in_the_field_adds_and_does_not_go_on(qtbot: QtBot, heard: Window) -> None:
    heard.actions_["review"].trigger()
    row = in_view(heard)
    add = heard.room.page.question.add
    press(qtbot, heard, Key.Key_A)
    qtbot.keyClicks(add.field, "mellow")
    qtbot.keyClick(add.field, Key.Key_Return)
    assert row.verdicts == {"mellow": Verdict.ACCEPTED}
    assert not row.reviewed
    assert in_view(heard) is row


def test_the_tags_most_like_what_is_typed_come_first() -> None:
    names = ["classic rock", "rococo", "rock", "baroque", "jazz", "Rock and roll"]
    assert likest(" Roc", names) == ["rock", "rococo", "Rock and roll", "classic rock"]
    assert likest("aroq", names) == ["baroque"]


def test_a_tag_is_typed_where_there_is_a_track_to_have_it(qtbot: QtBot, heard: Window) -> None:
    add = heard.library.pane.question.add
    heard.library.search.setText("state:conflict")
    qtbot.waitUntil(lambda: heard.library.row is None)
    heard.library.table.setFocus()
    press(qtbot, heard, Key.Key_A)
    assert not add.field.hasFocus()
    assert heard.library.pane.no_tag.fault.text() == "No track is selected"


def test_the_queue_can_be_the_selection(qtbot: QtBot, heard: Window) -> None:
    heard.library.select(1)
    press(qtbot, heard, Key.Key_Down, shift=True)
    qtbot.waitUntil(lambda: len(heard.library.meant()) == 2)
    heard.actions_["review"].trigger()
    assert heard.room.page.place.text().endswith("of 2")
    assert heard.room.page.scope.value == "selected"


def test_a_click_in_the_strip_in_the_pause_marks_no_other_track(qtbot: QtBot, heard: Window) -> None:
    first = decide_all(qtbot, heard)
    heard.room.page.strip.picked.emit(2)
    other = in_view(heard)
    assert other is not first
    qtbot.wait(400)
    assert in_view(heard) is other
    assert not other.reviewed
    assert other.state is State.TO_REVIEW


def test_enter_after_the_page_went_on_by_itself_marks_no_track_that_nobody_looked_at(
    qtbot: QtBot, heard: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review_queue, "MEANT_BEFORE", 3600.0)
    first = decide_all(qtbot, heard)
    qtbot.waitUntil(lambda: in_view(heard) is not first)
    second = in_view(heard)
    press(qtbot, heard, Key.Key_Return)
    assert in_view(heard) is second
    assert not second.reviewed
    assert f"“{second.title}” came up by itself" in heard.status.result.text()
    press(qtbot, heard, Key.Key_Return)
    assert second.reviewed
    assert in_view(heard) is not second
    assert "by itself" not in heard.status.result.text(), "that is not about this track"


@pytest.mark.parametrize("looked", ["a tag is decided", "time went by"])
def test_enter_marks_a_track_that_was_looked_at(
    qtbot: QtBot, heard: Window, monkeypatch: pytest.MonkeyPatch, looked: str
) -> None:
    decided = looked == "a tag is decided"
    monkeypatch.setattr(review_queue, "MEANT_BEFORE", 3600.0 if decided else 0.0)
    monkeypatch.setattr(review_queue, "SEEN_AFTER", 0.0)
    first = decide_all(qtbot, heard)
    qtbot.waitUntil(lambda: in_view(heard) is not first)
    second = in_view(heard)
    if decided:
        press(qtbot, heard, Key.Key_1)
    press(qtbot, heard, Key.Key_Return)
    assert second.reviewed


def test_a_key_that_was_meant_for_the_track_before_decides_nothing(
    qtbot: QtBot, heard: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review_queue, "SEEN_AFTER", 3600.0)
    first = decide_all(qtbot, heard)
    qtbot.waitUntil(lambda: in_view(heard) is not first)
    second = in_view(heard)
    for key in (Key.Key_1, Key.Key_P, Key.Key_X):
        press(qtbot, heard, key)
    press(qtbot, heard, Key.Key_P, shift=True)
    assert second.verdicts == {}
    assert f"“{second.title}” has only just come up" in heard.status.result.text()
    press(qtbot, heard, Key.Key_Escape)
    assert "only just" not in heard.status.result.text(), "the library shows it like any other"
    press(qtbot, heard, Key.Key_2, control=True)
    monkeypatch.setattr(review_queue, "SEEN_AFTER", 0.0)
    press(qtbot, heard, Key.Key_X)
    assert list(second.verdicts.values()) == [Verdict.REJECTED]


def test_undo_goes_to_the_tag_that_it_is_about(qtbot: QtBot, heard: Window) -> None:
    press(qtbot, heard, Key.Key_2, control=True)
    page = heard.room.page
    page.go_on.setChecked(False)
    scores = page.question.scores
    press(qtbot, heard, Key.Key_X)
    first = next(iter(in_view(heard).verdicts))
    for _ in range(8):
        press(qtbot, heard, Key.Key_Down)
    assert scores.current().tag.name != first
    press(qtbot, heard, Key.Key_Z, control=True)
    assert scores.current().tag.name == first
    press(qtbot, heard, Key.Key_J)
    press(qtbot, heard, Key.Key_Z, control=True, shift=True)
    assert first in in_view(heard).verdicts
    assert scores.current().tag.name == first


def test_what_is_taken_back_in_the_pause_is_not_reviewed(qtbot: QtBot, heard: Window) -> None:
    first = decide_all(qtbot, heard)
    press(qtbot, heard, Key.Key_Z, control=True)
    assert first.verdicts == {}
    qtbot.wait(400)
    assert in_view(heard) is first
    assert not first.reviewed


def test_rows_whose_file_is_gone_leave_the_queue(qtbot: QtBot, heard: Window) -> None:
    heard.pages.show("review")
    page = heard.room.page
    first, second = in_view(heard), heard.tracks.rows()[1]
    heard.tracks.forget([second.path])
    qtbot.waitUntil(lambda: page.after.text() == "Song 2", timeout=2000)
    assert page.place.text() == "1 of 3"
    heard.tracks.forget([first.path])
    qtbot.waitUntil(lambda: page.place.text() == "1 of 2", timeout=2000)
    assert page.title.text() == in_view(heard).title == "Song 2"
    last = heard.tracks.rows()[-2]  # listened to in vain, so not in the queue
    assert last.state is State.FAILED
    heard.tracks.forget([row.path for row in heard.tracks.rows() if row is not last])
    qtbot.waitUntil(lambda: not heard.room.queue._queue, timeout=2000)


def test_write_in_review_is_for_what_was_reviewed_now_else_for_all_that_is_reviewed(
    qtbot: QtBot, heard: Window
) -> None:
    rows, panel, queue = heard.tracks.rows()[:4], heard.panels.write, heard.room.queue
    heard.review.mark(rows[2:4])  # elsewhere, some time ago
    heard.tracks.filter(Word("song 0"))
    heard.pages.show("review")
    queue._fill("shown")
    assert queue._queue == rows[:1]

    def opens_at() -> tuple[str, str]:
        heard.actions_["write"].trigger()
        qtbot.waitUntil(panel.write.isEnabled)
        return panel.scope, panel.write.text()

    assert opens_at() == ("reviewed", "Write 2 files"), "whatever the table shows"
    assert (panel.scopes["now"].text(), panel.scopes["now"].isEnabled()) == ("Reviewed now 0", False)
    assert all(panel.isAncestorOf(button) for button in panel.scopes.values())
    assert panel.scopes["reviewed"].text() == "All reviewed 2"
    heard.panels._leave()
    assert (queue._scope, queue._queue) == ("shown", rows[:1]), "the queue is what it was"
    queue.done()
    assert opens_at() == ("now", "Write 1 file")
    assert [file.path for file in panel.plan.files] == [rows[0].path]
    assert "Only tracks that were reviewed since Review was opened. " in panel.summary.text()
    assert panel.scopes["now"].text() == "Reviewed now 1"
    assert panel.scopes["reviewed"].text() == "All reviewed 3"
    panel.scopes["reviewed"].click()
    qtbot.waitUntil(lambda: panel.write.text() == "Write 3 files")
    assert "Review was opened" not in panel.summary.text()
    heard.panels.close()
    heard.pages.show("library")
    heard.tracks.filter(None)
    heard.library.select(0)
    assert opens_at() == ("selected", "Write 1 file")
    assert panel.scopes["now"].isHidden()


def test_another_visit_of_review_writes_what_was_reviewed_in_it(qtbot: QtBot, heard: Window) -> None:
    panel, queue, rows = heard.panels.write, heard.room.queue, heard.tracks.rows()
    heard.pages.show("review")
    queue.done()
    heard.pages.show("library")
    heard.pages.show("review")
    assert queue._queue == rows[1:4]
    queue.done()
    heard.actions_["write"].trigger()
    qtbot.waitUntil(panel.write.isEnabled)
    assert [file.path for file in panel.plan.files] == [rows[1].path]
    assert panel.scopes["reviewed"].text() == "All reviewed 2"


@pytest.mark.parametrize("said", ["accepted", "marked as it is"])
def test_what_a_reviewed_track_suggests_later_is_not_written_as_reviewed(
    qtbot: QtBot, heard: Window, services: FakeServices, said: str
) -> None:
    row, panel = in_view(heard), heard.panels.write
    before = {s.tag.name for s in heard.tracks.suggestions(row) if s.chosen}
    if said == "accepted":
        heard.review.accept_suggested([row])
    else:
        heard.review.mark([row])
    qtbot.waitUntil(lambda: row.reviewed)

    def written() -> tuple[str, str]:
        heard.panels.open_write(reviewing=[row], now=[row])
        qtbot.waitUntil(panel.write.isEnabled)
        return str(panel.plan.files), panel.summary.text()

    first, summary = written()
    assert (panel.scope, "were not there" in summary) == ("now", False)
    heard.panels.close()
    later = next(s for s in heard.tracks.suggestions(row) if not s.suggested and s.tag.write)
    heard.room.weigh.set_threshold(later.tag.name, 0.001)
    qtbot.waitUntil(lambda: later.tag.name in row.unseen(services.suggest, heard.tracks.shift))
    assert later.tag.name not in before
    assert row.reviewed
    again, summary = written()
    assert again == first
    heard.panels.close()
    with qtbot.waitSignal(heard.archive.unwritten.counted) as told:
        heard.archive.unwritten.count()
    assert told.args is not None
    assert (told.args[0].unreviewed, told.args[0].grown) == (3, 1)
    again, summary = written()
    assert "Tags of 1 reviewed file that were not there when you reviewed it are left out. " in summary
    panel.scopes["all"].click()
    qtbot.waitUntil(panel.write.isEnabled)
    assert later.tag.value in str([file for file in panel.plan.files if file.path == row.path])
    assert (
        "1 reviewed file now suggests tags that were not there when you reviewed it. " in panel.summary.text()
    )
    tags = heard.library.pane.question.scores.tags
    place = next(n for n in tags.tag_rows() if tags.row(n).suggestion.tag.name == later.tag.name)
    assert "new since your review" in tags.index(place).data(Qt.ItemDataRole.AccessibleTextRole)
    panel.scopes["reviewed"].click()
    qtbot.waitUntil(panel.write.isEnabled)
    assert panel.look.text() == "Show it in Review"
    margin = panel.summary.x() + panel.summary.contentsMargins().left()
    assert panel.look.x() + 4 == margin, "its text stands under the others"
    panel.look.click()
    assert heard.room.in_view
    assert heard.room.queue._queue == [row]
    assert later.tag.name in heard.room.page.question.scores.tags.unseen
    heard.pages.show("library")
    heard.review.mark([row])
    assert "were not there" not in written()[1]
    assert later.tag.value in str(panel.plan.files)


def test_a_tag_that_is_never_written_is_not_said_to_be_left_out(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    row, panel = in_view(heard), heard.panels.write
    later = next(s for s in heard.tracks.suggestions(row) if not s.suggested and s.tag.write)
    services.change_tags({later.tag.name: TagChange(write=False)})
    heard.review.mark([row])
    heard.room.weigh.set_threshold(later.tag.name, 0.001)
    suggest = services.suggest
    qtbot.waitUntil(lambda: later.tag.name in row.chosen(suggest, heard.tracks.shift).undecided)
    assert row.unseen(suggest, heard.tracks.shift) == frozenset()
    heard.panels.open_write(reviewing=[row])
    qtbot.waitUntil(panel.write.isEnabled)
    assert "were not there" not in panel.summary.text()


def test_write_says_why_a_track_that_failed_has_nothing_to_write(qtbot: QtBot, heard: Window) -> None:
    failed = next(row for row in heard.tracks.rows() if row.state is State.FAILED and row.track is not None)
    heard.library.select(failed.place)
    heard.actions_["write"].trigger()
    panel = heard.panels.write
    said = f"“{failed.title}” has no tags to write: {sentence(failed.reason)}"
    qtbot.waitUntil(lambda: panel.summary.text() == said)
    assert panel.listen.isHidden()


def test_write_says_that_the_selected_track_was_not_listened_to_and_offers_it(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    first, second = [row for row in library.tracks.rows() if row.track is not None][:2]
    library.listen.to([first])
    qtbot.waitUntil(lambda: first.scores is not None and not library.bridge.busy)
    library.library.select(second.place)
    library.actions_["write"].trigger()
    panel = library.panels.write
    said = f"“{second.title}” has not been listened to: there is nothing to write yet."
    qtbot.waitUntil(lambda: panel.summary.text() == said)
    assert not panel.write.isEnabled()
    panel.listen.click()
    assert panel.table.hasFocus()
    qtbot.waitUntil(lambda: panel.write.text() == "Write 1 file")
    assert [file.path for file in panel.plan.files] == [second.path]
    assert panel.listen.isHidden()
    library.panels.close()
    library.tracks.filter(Word("no such track"))
    qtbot.waitUntil(lambda: not library.actions_["write"].isEnabled())


def test_write_from_the_review_page_is_for_the_track_in_view_whatever_the_filter_hides(
    qtbot: QtBot, heard: Window
) -> None:
    heard.tracks.filter(Word("song 0"))
    hidden = next(row for row in heard.tracks.rows() if row.scores is not None and row.place < 0)
    heard.pages.show("review")
    heard.library.look_at(hidden)
    heard.actions_["write"].trigger()
    panel = heard.panels.write
    qtbot.waitUntil(panel.write.isEnabled)
    assert [file.path for file in panel.plan.files] == [hidden.path]
    qtbot.keyClick(panel.table, Key.Key_Escape)
    assert heard.room.in_view, "back to where it was asked for"
    assert in_view(heard) is hidden


def test_the_library_shows_a_track_of_its_list_once_review_is_left(qtbot: QtBot, heard: Window) -> None:
    library, table = heard.library, heard.library.table
    heard.tracks.filter(Word("song 0"))
    heard.pages.show("review")
    heard.room.queue.step(1)
    hidden = in_view(heard)
    assert hidden.place < 0
    heard.pages.show("library")
    assert in_view(heard) is heard.tracks.at(table.currentIndex())
    assert library.selected() == [in_view(heard)]
    library.look_at(hidden)
    assert in_view(heard) is hidden is heard.tracks.at(table.currentIndex())


def test_left_and_right_seek_also_from_the_tags(qtbot: QtBot, heard: Window) -> None:
    heard.actions_["review"].trigger()
    scores = heard.room.page.question.scores
    scores.setFocus()
    qtbot.waitUntil(scores.hasFocus)
    for key, shift, seconds in ((Qt.Key.Key_Right, False, 5.0), (Qt.Key.Key_Left, True, -30.0)):
        with qtbot.waitSignal(heard.room.page.skip) as asked:
            press(qtbot, heard, key, shift=shift)
        assert asked.args == [seconds]


@pytest.mark.parametrize("key", ["P", "1", "M"])
def test_a_decision_in_review_is_about_the_track_in_view_whatever_is_selected(
    qtbot: QtBot, heard: Window, key: str
) -> None:
    heard.library.table.selectAll()
    rows = heard.library.meant()
    assert len(rows) > 1
    press(qtbot, heard, Key.Key_R)
    page = heard.room.page
    page.go_on.setChecked(False)
    row = in_view(heard)
    asked = page.decided.text()
    press(qtbot, heard, Key[f"Key_{key}"], shift=key == "P")
    others = [other for other in rows if other is not row]
    assert not any(other.verdicts or other.reviewed for other in others)
    assert row.reviewed or row.verdicts
    if key != "M":
        assert page.decided.text() != asked, "it is seen"
        press(qtbot, heard, Key.Key_Z, control=True)
        assert (row.verdicts, page.decided.text()) == ({}, asked)
        heard.room.page.question.added.emit("Sea shanty", Category.GENRE)
        qtbot.waitUntil(lambda: "Sea shanty" in row.verdicts)
        assert not any(other.verdicts for other in others)


def test_no_key_decides_on_a_track_that_an_empty_queue_does_not_show(qtbot: QtBot, heard: Window) -> None:
    press(qtbot, heard, Key.Key_2, control=True)  # its tags are asked
    press(qtbot, heard, Key.Key_Escape)
    heard.review.mark(heard.tracks.rows())
    press(qtbot, heard, Key.Key_2, control=True)
    assert heard.room.page.nothing.isVisible()
    for key in (Key.Key_1, Key.Key_P):
        qtbot.keyClick(heard.room.page, key)
    assert not any(row.verdicts for row in heard.tracks.rows())


def test_the_queue_stays_as_it_is_under_a_sheet(qtbot: QtBot, heard: Window) -> None:
    press(qtbot, heard, Key.Key_2, control=True)
    page = heard.room.page
    page.go_on.setChecked(False)
    press(qtbot, heard, Key.Key_Return)
    assert (page.place.text(), page.previous.isEnabled()) == ("2 of 4", True)
    press(qtbot, heard, Key.Key_F1)
    assert not heard.pages.shows(page)
    qtbot.keyClick(heard.pages.stack.currentWidget(), Key.Key_Escape)
    assert heard.pages.shows(page)
    assert (page.place.text(), page.previous.isEnabled()) == ("2 of 4", True)


def test_a_message_moves_neither_tags_nor_buttons(qtbot: QtBot, heard: Window) -> None:
    heard.pages.show("review")
    page, scores = heard.room.page, heard.room.page.question.scores
    player = heard.library.dock.player
    place = scores.tags.index(scores.tags.tag_rows()[0])

    def where() -> list[QPoint]:
        tag = scores.viewport().mapTo(page, scores.visualRect(place).topLeft())
        return [tag, *(part.mapTo(page, QPoint()) for part in (page.next, page.mark, player))]

    qtbot.waitUntil(lambda: where()[3].y() > page.height() / 2)
    before, stage = where(), page.stage.geometry()
    banner = page.banners.show_message("positive", "Done.")
    qtbot.waitUntil(lambda: page.stage.geometry() != stage)
    assert where() == before
    banner.dismiss()
    qtbot.waitUntil(lambda: page.stage.geometry() == stage)
    assert where() == before


def test_messages_are_seen_in_review_with_nothing_to_review(qtbot: QtBot, heard: Window) -> None:
    heard.pages.show("review")
    page = heard.room.page
    page.banners.show_message("danger", "No sound")
    for part in (1, 0, 1):
        page._show_part(part)
        qtbot.waitUntil(lambda: page.banners.isVisible() and page.banners.height() > 20)


def test_a_silent_track_takes_tags_by_hand_and_one_that_was_not_heard_says_why_it_does_not(
    qtbot: QtBot, heard: Window
) -> None:
    library, pane = heard.library, heard.library.pane
    silent = heard.tracks.rows()[1]
    assert silent.scores is not None
    silent.scores = replace(silent.scores, silent=True)
    for field in (pane.question.add.field, heard.room.page.question.add.field):
        library.look_at(silent)
        heard.tracks.tell_of([silent])
        assert pane.question.note.text() == "There is only silence in this track: nothing is suggested"
        press(qtbot, heard, Key.Key_A)
        assert QApplication.focusWidget() is field
        qtbot.keyClicks(field, "rock")
        qtbot.keyClick(field, Key.Key_Return)
        assert silent.verdicts == {"rock": Verdict.ACCEPTED}
        assert [s.tag.name for s in heard.room.question.suggestions] == ["rock"]
        heard.room.take_back()
        assert silent.verdicts.get("rock", Verdict.UNDECIDED) is Verdict.UNDECIDED
        if not heard.room.in_view:
            press(qtbot, heard, Key.Key_2, control=True)
    press(qtbot, heard, Key.Key_1, control=True)

    broken = heard.tracks.rows()[5]
    library.look_at(broken)
    press(qtbot, heard, Key.Key_A)
    field = pane.no_tag.field
    assert QApplication.focusWidget() is field
    assert broken.reason in pane.no_tag.fault.text()
    for key in (Key.Key_R, Key.Key_A, Key.Key_5, Key.Key_Space):
        qtbot.keyClick(field, key)
    assert field.text() == "" and not heard.room.in_view and not broken.reviewed
    qtbot.keyClick(field, Key.Key_Escape)
    assert QApplication.focusWidget() is library.table
    assert not pane.no_tag.isVisible()


def test_a_track_without_suggestions_says_so_and_not_that_it_came_up_just_now(
    qtbot: QtBot, heard: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review_queue, "SEEN_AFTER", 3600.0)
    first = decide_all(qtbot, heard)
    qtbot.waitUntil(lambda: in_view(heard) is not first)
    row = in_view(heard)
    monkeypatch.setattr(type(heard.room.question), "undecided", property(lambda _: []))
    press(qtbot, heard, Key.Key_P, shift=True)
    assert heard.status.result.text() == f"“{row.title}” has no suggested tag that is undecided"
