"""Review by keyboard alone, on the page for it and in the library."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from mat_desktop.app.tag_file import TagChange
from mat_desktop.domain.plan import Policy
from mat_desktop.domain.query import Word
from mat_desktop.domain.scores import Verdict
from mat_desktop.domain.tags import Category, Field
from mat_desktop.domain.track import FileStamp, Track, TrackId
from mat_desktop.gui import review_queue
from mat_desktop.gui.models.row import Row, State
from mat_desktop.gui.models.tracks import MANY
from mat_desktop.gui.operations import review
from mat_desktop.gui.theme import appearance
from mat_desktop.gui.widgets.add_tag import likest
from mat_desktop.gui.widgets.banner import Banner
from mat_desktop.gui.window import Window
from tests.gui.double import FakeServices
from tests.gui.test_flow import listen

Key = Qt.Key


@pytest.fixture
def heard(qtbot: QtBot, library: Window) -> Window:
    listen(qtbot, library)
    return library


def press(qtbot: QtBot, window: Window, key: Qt.Key, *, shift: bool = False, control: bool = False) -> None:
    widget: QWidget = window.room.page.question.scores if window.room.in_view else window.library.table
    modifier = Qt.KeyboardModifier.NoModifier
    if shift:
        modifier |= Qt.KeyboardModifier.ShiftModifier
    if control:
        modifier |= Qt.KeyboardModifier.ControlModifier
    qtbot.keyClick(widget, key, modifier)


def in_view(window: Window) -> Row:
    assert window.library.row is not None
    return window.library.row


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
    qtbot.waitUntil(lambda: TrackId(first.path.name) in services.marked, timeout=5000)
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
    qtbot.waitUntil(lambda: TrackId(first.path.name) not in services.marked, timeout=5000)

    press(qtbot, heard, Key.Key_Escape)
    assert heard.pages.shows(heard.library)
    assert heard.library.middle.indexOf(heard.library.dock) == 1
    assert not queue.is_open


def test_every_track_of_the_queue_gets_its_small_picture(qtbot: QtBot, heard: Window) -> None:
    heard.library.select(0)
    # Drawn before the page opens.
    qtbot.waitUntil(lambda: heard.library.dock.picture is not None, timeout=5000)
    heard.pages.show("review")
    strip = heard.room.page.strip
    paths = [row.path for row in heard.tracks.rows() if row.track is not None and row.scores is not None]
    qtbot.waitUntil(lambda: all(strip.has(path) for path in paths), timeout=5000)
    assert len(paths) == 4
    plot = heard.library.dock.plot
    assert plot is not None
    strip.set_lut(plot.mel.lut)
    assert all(strip.has(path) for path in paths), "the same colours"
    strip.set_lut(plot.mel.lut[::-1])
    assert not any(strip.has(path) for path in paths), "they are drawn anew in others"


def test_tags_have_room_beside_keys_and_changes_with_large_letters(qtbot: QtBot, heard: Window) -> None:
    heard.pages.show("review")
    page = heard.room.page
    page.keys.set_open(True)
    usual = round(100 * appearance.text_scale)
    try:
        appearance.use_text(150)
        row = page.question.scores.sizeHintForRow(0)
        qtbot.waitUntil(lambda: page.area.height() >= 5 * row, timeout=5000)
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
    qtbot.waitUntil(lambda: TrackId(row.path.name) in services.marked, timeout=5000)
    heard.library.shift_picked.emit(-2.0)  # many more are suggested
    assert len(heard.tracks.chosen(row)) > len(row.verdicts)
    assert row.state is State.REVIEWED
    heard.undo()  # the slider's move
    assert row.state is State.REVIEWED
    heard.undo()
    assert row.state is State.TO_REVIEW
    qtbot.waitUntil(lambda: TrackId(row.path.name) not in services.marked, timeout=5000)


def test_what_is_marked_as_reviewed_stays_so(qtbot: QtBot, heard: Window, services: FakeServices) -> None:
    press(qtbot, heard, Key.Key_M)
    row = in_view(heard)
    assert row.state is State.REVIEWED
    qtbot.waitUntil(lambda: services.marked.keys() == {TrackId(row.path.name)}, timeout=5000)
    heard.scan.read_again([row.path])
    qtbot.waitUntil(lambda: not heard.bridge.busy, timeout=5000)
    assert row.state is State.REVIEWED


def test_an_empty_queue_says_what_to_do(qtbot: QtBot, library: Window) -> None:
    library.actions_["review"].trigger()
    page = library.room.page
    assert page.nothing.text() == "Nothing to review yet"
    page.way_out.click()
    qtbot.waitUntil(lambda: page.title.text() == "Song 0", timeout=5000)
    for _ in range(4):
        press(qtbot, library, Key.Key_Return)
    assert page.pace.text() == "All reviewed"
    qtbot.waitUntil(lambda: library.rail.buttons["review"].accessibleName() == "Review", timeout=5000)


def test_tracks_that_are_being_read_are_not_said_to_be_missing(qtbot: QtBot, window: Window) -> None:
    window.pages.show("review")
    page = window.room.page
    assert page.nothing.text() == "No tracks yet"
    for reading, says in ((True, "Reading the library…"), (False, "No tracks yet")):
        window.room.queue.set_reading(reading)
        qtbot.waitUntil(lambda says=says: page.nothing.text() == says, timeout=5000)


def test_a_tag_typed_by_hand_is_kept_written_and_taken_back(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    row = in_view(heard)
    press(qtbot, heard, Key.Key_A)
    add = heard.library.pane.question.add
    assert add.field.hasFocus()
    qtbot.keyClicks(add.field, "a; b")
    assert "must not contain “;”" in add.fault.text()
    for text in ('music" > 0.5', "genre:rock", "“late”"):
        add.field.setText(text)
        assert "searches mean" in add.fault.text()
        qtbot.keyClick(add.field, Key.Key_Return)
    assert row.verdicts == {} and add.field.text() == "“late”"
    add.field.clear()
    qtbot.keyClicks(add.field, "shoegaze")
    add.kind.set_category(Category.GENRE)
    qtbot.keyClick(add.field, Key.Key_Return)
    qtbot.waitUntil(lambda: row.verdicts == {"shoegaze": Verdict.ACCEPTED}, timeout=5000)
    found = {s.tag.name: s for s in heard.tracks.suggestions(row)}
    assert found["shoegaze"].by_hand
    assert "Shoegaze" in heard.library.pane.changes.blocks[Field.GENRE].new.text()
    assert services.tag_changes()["shoegaze"].category is Category.GENRE
    heard.activateWindow()  # without a window manager the closed list of names still has the keyboard
    press(qtbot, heard, Key.Key_Z, control=True)
    assert row.verdicts == {}

    qtbot.keyClicks(add.field, "Mellow")  # one that the scheme has
    assert add.kind.category is Category.MOOD
    qtbot.keyClick(add.field, Key.Key_Return)
    assert row.verdicts == {"mellow": Verdict.ACCEPTED}


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


def test_thresholds_of_single_tags(qtbot: QtBot, heard: Window, services: FakeServices) -> None:
    row = in_view(heard)
    scores = heard.library.pane.scores
    mellow = next(s for s in heard.tracks.suggestions(row) if s.tag.name == "mellow")
    menu = scores.menu(mellow)
    next(action for action in menu.actions() if action.text().startswith("Suggest from")).trigger()
    qtbot.waitUntil(
        lambda: services.thresholds.by_name == pytest.approx({"mellow": 0.3}, abs=0.001), timeout=5000
    )
    rows = [r for r in heard.tracks.rows() if r.scores is not None]
    qtbot.waitUntil(lambda: all("mellow" in r.heard for r in rows), timeout=5000)
    mellow = next(s for s in heard.tracks.suggestions(row) if s.tag.name == "mellow")
    assert mellow.own
    assert mellow.suggested

    index = scores.tags.index(scores.tags.place("mellow"))
    rect = scores.visualRect(index)
    bar = scores.bar(rect, hover=True)
    from mat_desktop.gui.widgets.score_list import mark

    start = bar.center()
    start.setX(mark(bar, mellow.threshold))
    end = bar.center()
    end.setX(bar.right() - 10)
    viewport = scores.viewport()
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(viewport, end)
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=end)
    qtbot.waitUntil(lambda: services.thresholds.by_name["mellow"] > 0.9, timeout=5000)
    qtbot.waitUntil(lambda: all("mellow" not in r.heard for r in rows), timeout=5000)

    heard.room.weigh.set_threshold("mellow", None)
    qtbot.waitUntil(lambda: services.thresholds.by_name == {}, timeout=5000)


def test_a_tag_whose_threshold_is_dragged_above_its_score_stays_until_another_track_comes(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    heard.pages.show("review")
    scores, row = heard.room.page.question.scores, in_view(heard)
    qtbot.waitUntil(lambda: bool(scores.tags.listed_rows()), timeout=5000)
    places = scores.tags.listed_rows()
    top = scores.tags.row(places[0])
    assert top is not None and top.suggestion is not None
    name = top.suggestion.tag.name
    scores.threshold_picked.emit(name, 0.99)
    qtbot.waitUntil(lambda: name not in row.heard, timeout=5000)
    qtbot.waitUntil(lambda: len(scores.tags.listed_rows()) < len(places), timeout=5000)
    assert scores.tags.place(name) == places[0]
    for _ in range(2):
        heard.room.page.question._toggle_fold()
        assert scores.tags.place(name) == places[0]
    heard.library.select(1)
    heard.library.select(0)
    qtbot.waitUntil(lambda: in_view(heard) is row, timeout=5000)
    qtbot.waitUntil(lambda: scores.tags.place(name) != places[0], timeout=5000)


def test_a_threshold_is_taken_back_where_it_is_said(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    services.set_threshold("mellow", 0.2)
    heard.room.weigh.set_threshold("mellow", 0.9)
    banners = heard.library.banners
    qtbot.waitUntil(lambda: services.thresholds.by_name == {"mellow": 0.9}, timeout=5000)
    qtbot.waitUntil(lambda: any("threshold of your own" in text for text in banners.texts()), timeout=5000)
    (banner,) = [b for b in banners.findChildren(Banner) if not b.isHidden() and "mellow" in b.text]
    banner.action.click()
    qtbot.waitUntil(lambda: services.thresholds.by_name == {"mellow": 0.2}, timeout=5000)
    rows = [r for r in heard.tracks.rows() if r.scores is not None]
    qtbot.waitUntil(lambda: all("mellow" in r.heard for r in rows), timeout=5000)


def test_undo_takes_back_thresholds_in_their_order_among_the_decisions(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    row, slider = in_view(heard), heard.library.pane.slider
    press(qtbot, heard, Key.Key_1)
    heard.room.weigh.set_threshold("mellow", 0.9)
    slider.setValue(7)
    qtbot.waitUntil(lambda: heard.tracks.shift == -0.7, timeout=5000)
    slider.setValue(9)  # one movement of the hand
    qtbot.waitUntil(lambda: heard.tracks.shift == -0.9, timeout=5000)
    press(qtbot, heard, Key.Key_2)
    assert len(row.verdicts) == 2
    qtbot.waitUntil(lambda: services.thresholds.by_name == {"mellow": 0.9}, timeout=5000)

    press(qtbot, heard, Key.Key_Z, control=True)
    assert row.verdicts == {"rock": Verdict.ACCEPTED}
    press(qtbot, heard, Key.Key_Z, control=True)
    assert (heard.tracks.shift, slider.value()) == (0.0, 0)
    press(qtbot, heard, Key.Key_Z, control=True)
    qtbot.waitUntil(lambda: services.thresholds.by_name == {}, timeout=5000)
    assert row.verdicts == {"rock": Verdict.ACCEPTED}
    press(qtbot, heard, Key.Key_Z, control=True)
    assert row.verdicts == {}
    qtbot.wait(50)  # the slider's own delay
    assert not heard.review.can_take_back


def test_the_tags_most_like_what_is_typed_come_first() -> None:
    names = ["classic rock", "rococo", "rock", "baroque", "jazz", "Rock and roll"]
    assert likest(" Roc", names) == ["rock", "rococo", "Rock and roll", "classic rock"]
    assert likest("aroq", names) == ["baroque"]


def test_a_tag_is_typed_where_there_is_a_track_to_have_it(qtbot: QtBot, heard: Window) -> None:
    add = heard.library.pane.question.add
    heard.library.search.setText("state:conflict")
    qtbot.waitUntil(lambda: heard.library.row is None, timeout=5000)
    heard.library.table.setFocus()
    press(qtbot, heard, Key.Key_A)
    assert not add.field.hasFocus()
    assert heard.status.result.text() == "No track is selected"


def test_redo_makes_again_what_undo_took_back_in_its_order(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    def redo() -> None:
        modifiers = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        qtbot.keyClick(heard.library.table, Key.Key_Z, modifiers)

    row, slider, possible = in_view(heard), heard.library.pane.slider, heard.actions_["redo"]
    press(qtbot, heard, Key.Key_1)
    slider.setValue(7)
    qtbot.waitUntil(lambda: heard.tracks.shift == -0.7, timeout=5000)
    heard.room.weigh.set_threshold("mellow", 0.9)
    qtbot.waitUntil(lambda: services.thresholds.by_name == {"mellow": 0.9}, timeout=5000)
    press(qtbot, heard, Key.Key_M)
    marked = row.mark
    assert row.reviewed and not possible.isEnabled()
    for _ in range(4):
        press(qtbot, heard, Key.Key_Z, control=True)
    assert (row.verdicts, row.reviewed, heard.tracks.shift) == ({}, False, 0.0)
    qtbot.waitUntil(lambda: services.thresholds.by_name == {}, timeout=5000)

    redo()
    assert (row.verdicts, row.reviewed) == ({"rock": Verdict.ACCEPTED}, False)
    redo()
    assert (heard.tracks.shift, slider.value()) == (-0.7, 7)
    redo()
    qtbot.waitUntil(lambda: services.thresholds.by_name == {"mellow": 0.9}, timeout=5000)
    redo()
    assert (row.mark, possible.isEnabled()) == (marked, False)
    track = TrackId(row.path.name)
    qtbot.waitUntil(lambda: services.marked.get(track) == marked, timeout=5000)
    assert services.kept[track] == {"rock": Verdict.ACCEPTED}

    press(qtbot, heard, Key.Key_Z, control=True)
    assert possible.isEnabled()
    press(qtbot, heard, Key.Key_2)
    assert not possible.isEnabled(), "a new decision takes the place of what was taken back"


def test_the_slider_stays_where_it_was_left(
    qtbot: QtBot, heard: Window, services: FakeServices, tmp_path: Path
) -> None:
    heard.library.pane.slider.setValue(7)
    qtbot.waitUntil(lambda: services.kept_settings == {"review.strictness": -7}, timeout=5000)
    other = FakeServices(tmp_path / "later")
    other.use_settings(services.kept_settings)
    later = Window(other)
    qtbot.addWidget(later)
    assert (later.tracks.shift, later.library.pane.slider.value()) == (-0.7, 7)
    assert not later.review.can_take_back
    later.configure.put({"review.strictness": 5})  # on the page of settings
    assert (later.tracks.shift, later.library.pane.slider.value()) == (0.5, -5)
    later.quit()
    assert later.bridge.shut(5000)
    heard.undo()
    qtbot.waitUntil(lambda: services.kept_settings == {"review.strictness": 0}, timeout=5000)
    assert heard.library.pane.slider.value() == 0


def test_what_changes_nothing_costs_no_undo(qtbot: QtBot, heard: Window) -> None:
    row = in_view(heard)
    press(qtbot, heard, Key.Key_1)
    heard.library.pane.question.scores.go_to("indie")
    press(qtbot, heard, Key.Key_U)  # is undecided already
    press(qtbot, heard, Key.Key_Z, control=True)
    assert row.verdicts == {}


def test_a_policy_of_the_write_panel_is_for_that_write(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    before = services.policies[Field.GENRE]
    heard.actions_["write"].trigger()
    panel = heard.panels.write
    qtbot.waitUntil(panel.write.isEnabled, timeout=5000)
    card = panel.cards[Field.GENRE]
    assert card.note.isHidden()
    assert panel.plan.by_field[Field.GENRE]
    card.combo.setCurrentIndex(list(Policy).index(Policy.SKIP))
    card.combo.activated.emit(card.combo.currentIndex())
    assert card.note.text.text() == "This write only"
    assert services.policies[Field.GENRE] is before
    qtbot.waitUntil(panel.write.isEnabled, timeout=5000)
    assert not panel.plan.by_field[Field.GENRE]
    heard.panels.close()
    heard.actions_["write"].trigger()
    assert card.combo.policy is before, "the next one begins with the setting"
    card.combo.setCurrentIndex(list(Policy).index(Policy.REPLACE))
    card.combo.activated.emit(card.combo.currentIndex())
    card.note.link.click()
    assert services.policies[Field.GENRE] is Policy.REPLACE
    assert (card.note.text.text(), card.note.link.text()) == ("For all files from now on", "Undo")
    card.note.link.click()
    assert services.policies[Field.GENRE] is before
    assert (card.combo.policy, card.note.text.text()) == (Policy.REPLACE, "This write only")
    qtbot.waitUntil(panel.write.isEnabled, timeout=5000)
    card.note.link.click()
    heard.panels.close()
    heard.actions_["write"].trigger()
    assert card.combo.policy is Policy.REPLACE
    assert card.note.isHidden()


def test_a_policy_of_the_pane_says_that_it_is_the_setting_and_can_be_taken_back(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    before = services.policies[Field.GENRE]
    block = heard.library.pane.changes.blocks[Field.GENRE]
    assert block.combo is not None

    def pick(policy: Policy) -> None:
        block.combo.setCurrentIndex(list(Policy).index(policy))
        block.combo.activated.emit(block.combo.currentIndex())

    assert block.note.isHidden()
    for policy in (Policy.SKIP, Policy.REPLACE):
        pick(policy)
        assert services.policies[Field.GENRE] is policy
        assert block.note.text.text() == "For all files from now on"
    block.note.link.click()
    assert services.policies[Field.GENRE] is before
    assert block.combo.policy is before
    assert block.note.isHidden()
    assert heard.focusWidget() is block.combo

    pick(Policy.SKIP)
    pick(before)
    assert block.note.isHidden(), "as it was"
    pick(Policy.SKIP)
    heard.library.select(1)
    assert block.note.isHidden(), "of another track"
    assert services.policies[Field.GENRE] is Policy.SKIP


def test_a_decision_counts_for_all_selected_tracks(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    heard.library.select(0)
    for _ in range(2):
        press(qtbot, heard, Key.Key_Down, shift=True)
    pane = heard.library.pane
    qtbot.waitUntil(lambda: pane.title.text() == "3 tracks selected", timeout=5000)
    qtbot.waitUntil(lambda: "counting" not in pane.says.text(), timeout=5000)
    rows = heard.library.meant()
    assert len(rows) == 3
    place = pane.scores.tags.place("rock")
    assert "in 3 of 3 tracks" in pane.scores.tags.index(place).data(Qt.ItemDataRole.AccessibleTextRole)
    press(qtbot, heard, Key.Key_1, shift=True)
    assert all(row.verdicts == {"rock": Verdict.REJECTED} for row in rows)
    qtbot.waitUntil(lambda: len(services.kept) == 3, timeout=5000)
    press(qtbot, heard, Key.Key_P, shift=True)
    qtbot.waitUntil(lambda: all(row.state is State.REVIEWED for row in rows), timeout=5000)
    press(qtbot, heard, Key.Key_Z, control=True)
    press(qtbot, heard, Key.Key_Z, control=True)
    assert not any(row.verdicts for row in rows)
    heard.library.select(3)
    qtbot.waitUntil(lambda: pane.title.text() == "Song 3", timeout=5000)
    assert not pane.changes.isHidden()


def test_the_queue_can_be_the_selection(qtbot: QtBot, heard: Window) -> None:
    heard.library.select(1)
    press(qtbot, heard, Key.Key_Down, shift=True)
    qtbot.waitUntil(lambda: len(heard.library.meant()) == 2, timeout=5000)
    heard.actions_["review"].trigger()
    assert heard.room.page.place.text().endswith("of 2")
    assert heard.room.page.scope.value == "selected"


def test_policies_show_at_once_on_the_review_page(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    heard.actions_["review"].trigger()
    assert "Indie: not written" not in heard.room.page.written.fields.text()
    heard.review.set_policy(Field.GENRE, Policy.SKIP)
    assert "Indie: not written" in heard.room.page.written.fields.text()
    assert Path(services.data_dir).is_dir()


def test_review_says_which_tag_is_not_written_as_its_field_is_filled(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    services.policies[Field.GENRE] = Policy.FILL_EMPTY
    heard.actions_["review"].trigger()
    assert in_view(heard).title == "Song 0"  # with Rock as its genre
    text = heard.room.page.written.fields.text()
    assert "Indie: not written, as the field is filled" in text
    assert "Rock" not in text
    heard.review.set_policy(Field.GENRE, Policy.SKIP)
    text = heard.room.page.written.fields.text()
    assert "Indie: not written, as the field is left as it is" in text
    heard.review.set_policy(Field.GENRE, Policy.APPEND)
    assert "not written" not in heard.room.page.written.fields.text()


def test_decisions_on_selections_with_one_beginning_are_all_kept(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    first, second, third = [row for row in heard.tracks.rows() if row.scores is not None][:3]
    gate = threading.Event()
    heard.bridge.ask("long", lambda: gate.wait(5), lambda _: None)
    heard.review.decide([first, second], {"rock": Verdict.ACCEPTED})
    heard.review.decide([first, third], {"indie": Verdict.ACCEPTED})
    gate.set()
    ids = [row.scores.track_id for row in (first, second, third) if row.scores is not None]
    qtbot.waitUntil(lambda: ids[2] in services.kept, timeout=5000)
    assert [services.kept.get(i) for i in ids] == [
        {"rock": Verdict.ACCEPTED, "indie": Verdict.ACCEPTED},
        {"rock": Verdict.ACCEPTED},
        {"indie": Verdict.ACCEPTED},
    ]


def test_a_decision_on_very_many_tracks_lets_the_window_have_its_turn(
    qtbot: QtBot, heard: Window, services: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review, "PART", 1)
    rows = [row for row in heard.tracks.rows() if row.scores is not None]
    heard.review.mark(rows)
    assert [row.state for row in rows] == [State.REVIEWED, *[State.TO_REVIEW] * (len(rows) - 1)]
    qtbot.waitUntil(lambda: all(row.state is State.REVIEWED for row in rows), timeout=5000)
    qtbot.waitUntil(lambda: len(services.marked) == len(rows), timeout=5000)
    heard.review.take_back()
    heard.review.decide(rows[:1], {"rock": Verdict.ACCEPTED})  # waits for the rest of what is taken back
    assert {row.state for row in rows} == {State.TO_REVIEW}
    qtbot.waitUntil(lambda: not services.marked, timeout=5000)
    heard.review.take_back()
    assert not heard.review.can_take_back


def test_a_decision_is_taken_back_after_a_change_of_the_model(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    row = in_view(heard)
    assert row.scores is not None
    track_id = row.scores.track_id
    heard.review.decide([row], {"rock": Verdict.ACCEPTED})
    heard.review.mark([row])
    qtbot.waitUntil(lambda: track_id in services.marked, timeout=5000)
    heard.workshop.models.use("other")
    qtbot.waitUntil(lambda: services.model == "other" and not heard.bridge.busy, timeout=5000)
    assert row.scores is None
    assert heard.review.take_back()
    qtbot.waitUntil(lambda: track_id not in services.marked, timeout=5000)
    assert services.kept[track_id] == {"rock": Verdict.ACCEPTED}
    assert heard.review.take_back()
    qtbot.waitUntil(lambda: services.kept[track_id] == {}, timeout=5000)
    assert row.state is State.NEW
    assert not row.verdicts


def test_only_what_was_just_said_is_kept(qtbot: QtBot, heard: Window, services: FakeServices) -> None:
    """What a row knows of other tags may be old: teaching keeps its verdicts before the rows know of them."""
    row, keep = in_view(heard), services.keep_verdicts
    said: list[Mapping[str, Verdict]] = []

    def listen_in(track_id: TrackId, verdicts: Mapping[str, Verdict]) -> None:
        said.append(verdicts)
        keep(track_id, verdicts)

    services.keep_verdicts = listen_in  # type: ignore[method-assign]
    heard.review.decide([row], {"rock": Verdict.ACCEPTED})
    heard.review.decide([row], {"indie": Verdict.REJECTED})
    heard.review.take_back()
    qtbot.waitUntil(lambda: len(said) == 3, timeout=5000)
    assert said == [
        {"rock": Verdict.ACCEPTED},
        {"indie": Verdict.REJECTED},
        {"indie": Verdict.UNDECIDED},
    ]
    assert row.scores is not None
    assert services.kept[row.scores.track_id] == {"rock": Verdict.ACCEPTED}


def decide_all(qtbot: QtBot, window: Window) -> Row:
    """Every suggestion of the track in view; the pause before the next one begins."""
    window.pages.show("review")
    window.room.page.go_on.setChecked(True)
    row = in_view(window)
    press(qtbot, window, Key.Key_P, shift=True)
    return row


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
    qtbot.waitUntil(lambda: in_view(heard) is not first, timeout=5000)
    second = in_view(heard)
    press(qtbot, heard, Key.Key_Return)
    assert in_view(heard) is second
    assert not second.reviewed
    assert f"“{second.title}” came up by itself" in heard.status.result.text()
    press(qtbot, heard, Key.Key_Return)
    assert second.reviewed
    assert in_view(heard) is not second


@pytest.mark.parametrize("looked", ["a tag is decided", "time went by"])
def test_enter_marks_a_track_that_was_looked_at(
    qtbot: QtBot, heard: Window, monkeypatch: pytest.MonkeyPatch, looked: str
) -> None:
    decided = looked == "a tag is decided"
    monkeypatch.setattr(review_queue, "MEANT_BEFORE", 3600.0 if decided else 0.0)
    first = decide_all(qtbot, heard)
    qtbot.waitUntil(lambda: in_view(heard) is not first, timeout=5000)
    second = in_view(heard)
    if decided:
        press(qtbot, heard, Key.Key_1)
    press(qtbot, heard, Key.Key_Return)
    assert second.reviewed


def test_what_is_taken_back_in_the_pause_is_not_reviewed(qtbot: QtBot, heard: Window) -> None:
    first = decide_all(qtbot, heard)
    press(qtbot, heard, Key.Key_Z, control=True)
    assert first.verdicts == {}
    qtbot.wait(400)
    assert in_view(heard) is first
    assert not first.reviewed


def test_a_mark_that_is_taken_back_is_not_set_again(qtbot: QtBot, heard: Window) -> None:
    first = decide_all(qtbot, heard)
    qtbot.waitUntil(lambda: first.reviewed and in_view(heard) is not first, timeout=2000)
    press(qtbot, heard, Key.Key_Z, control=True)
    assert in_view(heard) is first
    qtbot.wait(400)  # all of it is decided still, and the user wants to see it
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


def test_a_row_in_which_another_sound_is_heard_by_now_does_not_show_what_is_taken_back(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    row = in_view(heard)
    assert row.scores is not None
    before = row.scores
    heard.review.decide([row], {"rock": Verdict.ACCEPTED})
    row.scores = replace(before, track_id=TrackId("another sound"))
    row.verdicts = {"rock": Verdict.REJECTED}
    heard.review.take_back()
    qtbot.waitUntil(lambda: services.kept.get(before.track_id) == {}, timeout=5000)
    assert row.verdicts == {"rock": Verdict.REJECTED}
    assert "another sound" not in services.kept


def test_many_rows_that_the_model_has_not_heard_stay_new_when_decisions_are_taken_back(
    heard: Window,
) -> None:
    rows = [Row.of(Track(Path(f"/m/{n}.flac"), FileStamp(1, n, n), 10.0, {})) for n in range(MANY + 2)]
    heard.tracks.add(rows)
    heard.tracks.decide([(row, {"rock": Verdict.UNDECIDED}, False) for row in rows])
    assert {row.state for row in rows} == {State.NEW}


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
    qtbot.waitUntil(lambda: row.reviewed, timeout=5000)

    def written() -> tuple[str, str]:
        heard.panels.open_write()
        qtbot.waitUntil(panel.write.isEnabled, timeout=5000)
        return str(panel.plan.files), panel.summary.text()

    first, summary = written()
    assert (panel.scope, "were not there" in summary) == ("reviewed", False)
    heard.panels.close()
    later = next(s for s in heard.tracks.suggestions(row) if not s.suggested and s.tag.write)
    heard.room.weigh.set_threshold(later.tag.name, 0.001)
    qtbot.waitUntil(lambda: later.tag.name in row.unseen(services.suggest, heard.tracks.shift), timeout=5000)
    assert later.tag.name not in before
    assert row.reviewed
    again, summary = written()
    assert again == first
    heard.panels.close()
    with qtbot.waitSignal(heard.archive.unwritten.counted, timeout=5000) as told:
        heard.archive.unwritten.count()
    assert told.args is not None
    assert told.args[0].unreviewed == 4  # of this one too a part
    again, summary = written()
    assert "Tags of 1 reviewed file that were not there when you reviewed it are left out. " in summary
    panel.scopes["all"].click()
    qtbot.waitUntil(panel.write.isEnabled, timeout=5000)
    assert later.tag.value in str([file for file in panel.plan.files if file.path == row.path])
    assert (
        "1 reviewed file now suggests tags that were not there when you reviewed it. " in panel.summary.text()
    )
    tags = heard.library.pane.question.scores.tags
    place = next(n for n in tags.tag_rows() if tags.row(n).suggestion.tag.name == later.tag.name)
    assert "new since your review" in tags.index(place).data(Qt.ItemDataRole.AccessibleTextRole)
    panel.scopes["reviewed"].click()
    qtbot.waitUntil(panel.write.isEnabled, timeout=5000)
    assert panel.look.text() == "Show it in Review"
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
    qtbot.waitUntil(lambda: later.tag.name in row.chosen(suggest, heard.tracks.shift).undecided, timeout=5000)
    assert row.unseen(suggest, heard.tracks.shift) == frozenset()
    heard.panels.open_write()
    qtbot.waitUntil(panel.write.isEnabled, timeout=5000)
    assert "were not there" not in panel.summary.text()


def test_two_thresholds_set_at_once_are_taken_back_one_by_one(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    services.set_threshold("mellow", 0.2)
    heard.room.weigh.set_threshold("mellow", 0.5)
    heard.room.weigh.set_threshold("mellow", 0.9)  # before the first is kept
    qtbot.waitUntil(lambda: services.thresholds.by_name == {"mellow": 0.9}, timeout=5000)
    heard.undo()
    qtbot.waitUntil(lambda: services.thresholds.by_name == {"mellow": 0.5}, timeout=5000)
    heard.undo()
    qtbot.waitUntil(lambda: services.thresholds.by_name == {"mellow": 0.2}, timeout=5000)


def test_write_says_that_the_selected_track_was_not_listened_to_and_offers_it(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    first, second = [row for row in library.tracks.rows() if row.track is not None][:2]
    library.listen.to([first])
    qtbot.waitUntil(lambda: first.scores is not None and not library.bridge.busy, timeout=5000)
    library.library.select(second.place)
    library.actions_["write"].trigger()
    panel = library.panels.write
    said = f"“{second.title}” has not been listened to: there is nothing to write yet."
    qtbot.waitUntil(lambda: panel.summary.text() == said, timeout=5000)
    assert not panel.write.isEnabled()
    panel.listen.click()
    assert panel.table.hasFocus()
    qtbot.waitUntil(lambda: panel.write.text() == "Write 1 file", timeout=5000)
    assert [file.path for file in panel.plan.files] == [second.path]
    assert panel.listen.isHidden()
    library.panels.close()
    library.tracks.filter(Word("no such track"))
    qtbot.waitUntil(lambda: not library.actions_["write"].isEnabled(), timeout=5000)


def test_write_from_the_review_page_is_for_the_track_in_view_whatever_the_filter_hides(
    qtbot: QtBot, heard: Window
) -> None:
    heard.tracks.filter(Word("song 0"))
    hidden = next(row for row in heard.tracks.rows() if row.scores is not None and row.place < 0)
    heard.pages.show("review")
    heard.library.look_at(hidden)
    heard.actions_["write"].trigger()
    panel = heard.panels.write
    qtbot.waitUntil(panel.write.isEnabled, timeout=5000)
    assert [file.path for file in panel.plan.files] == [hidden.path]


def test_a_decision_that_was_made_before_costs_no_undo_where_the_mark_is_old(
    qtbot: QtBot, heard: Window
) -> None:
    row = in_view(heard)
    heard.review.accept_suggested([row])
    said = dict(row.verdicts)
    heard.tracks.decide([(row, {}, True)])  # as an earlier version marked it
    heard.review.decide([row], said)
    heard.undo()
    assert said
    assert row.verdicts == {}


def test_left_and_right_seek_also_from_the_tags(qtbot: QtBot, heard: Window) -> None:
    heard.actions_["review"].trigger()
    scores = heard.room.page.question.scores
    scores.setFocus()
    qtbot.waitUntil(scores.hasFocus)
    for key, shift, seconds in ((Qt.Key.Key_Right, False, 5.0), (Qt.Key.Key_Left, True, -30.0)):
        with qtbot.waitSignal(heard.room.page.skip, timeout=5000) as asked:
            press(qtbot, heard, key, shift=shift)
        assert asked.args == [seconds]
