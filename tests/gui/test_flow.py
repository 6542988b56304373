"""The way of a user through the window, by keyboard where there is a key."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import cast
from unittest.mock import Mock

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from mat_desktop.audio.player import Player
from mat_desktop.domain.plan import Policy
from mat_desktop.domain.query import Word
from mat_desktop.domain.scores import Verdict
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import TrackId
from mat_desktop.errors import ModelFault
from mat_desktop.gui.models.columns import Column
from mat_desktop.gui.models.row import State
from mat_desktop.gui.scale import on_scale
from mat_desktop.gui.widgets.banner import Banner
from mat_desktop.gui.widgets.painting import key_text
from mat_desktop.gui.widgets.sidebar import Item
from mat_desktop.gui.window import Window
from tests.gui.double import FakeServices
from tests.gui.silent_player import SilentCard

Key = Qt.Key


def ask_to_write_all(window: Window) -> None:
    """Show what would be written to all that was listened to."""
    window.actions_["write"].trigger()
    window.panels.write.scopes["all"].click()


def confirm_undo(qtbot: QtBot, window: Window) -> None:
    """Do what the panel shows that undo or redo of a run has opened."""
    page = window.archive.page
    qtbot.waitUntil(lambda: page.right.currentWidget() is page.reversal and page.reversal.do.isEnabled())
    qtbot.keyClick(page.reversal.table, Key.Key_Return, Qt.KeyboardModifier.ControlModifier)


def listen(qtbot: QtBot, window: Window) -> None:
    window.actions_["listen_all"].trigger()
    qtbot.waitUntil(lambda: not window.bridge.busy)
    qtbot.waitUntil(lambda: window.tracks.counts()[State.TO_REVIEW] == 4)


def press(qtbot: QtBot, window: Window, key: Qt.Key, shift: bool = False) -> None:
    widget: QWidget = window.library.table
    modifier = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
    qtbot.keyClick(widget, key, modifier)


def test_first_start_is_shown_and_only_true_things_stand_there(qtbot: QtBot, window: Window) -> None:
    window.begin()
    assert window.pages.stack.currentWidget().isAncestorOf(window.opening.first)
    qtbot.waitUntil(lambda: "CPU, 2 cores" in window.opening.first.device.text.text())
    assert window.opening.first.open.hasFocus()
    assert not window.library.dock.player.play.isEnabled()
    assert "Sound is off" in window.library.dock.player.why.text()


def test_open_shows_tracks_and_what_failed_with_its_reason(library: Window) -> None:
    assert library.pages.stack.currentWidget() is library.library
    row = library.tracks.rows()[-1]
    assert row.state is State.FAILED
    assert library.tracks.cell(row, Column.SUGGESTED) == "The file ends early"
    assert library.library.row is not None
    assert library.library.row.title == "Song 0"


def test_the_whole_way_to_the_file_and_back(qtbot: QtBot, library: Window, services: FakeServices) -> None:
    window = library
    listen(qtbot, window)
    path = next(iter(services.files))
    row = window.tracks.row(path)
    assert row is not None
    window.library.table.setFocus()
    press(qtbot, window, Key.Key_1)
    press(qtbot, window, Key.Key_2, shift=True)
    assert row.verdicts == {"rock": Verdict.ACCEPTED, "indie": Verdict.REJECTED}
    qtbot.keyClick(window.library.table, Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert row.verdicts == {"rock": Verdict.ACCEPTED}
    press(qtbot, window, Key.Key_P)  # the current tag is the one decided last: indie
    assert row.verdicts["indie"] is Verdict.ACCEPTED
    press(qtbot, window, Key.Key_X)
    assert row.verdicts["energetic"] is Verdict.REJECTED
    press(qtbot, window, Key.Key_P, shift=True)
    assert row.state is State.REVIEWED
    qtbot.waitUntil(lambda: len(services.kept) == 1)

    ask_to_write_all(window)
    panel = window.panels.write
    qtbot.waitUntil(lambda: len(panel.plan.files) == 4)
    assert panel.write.text() == "Write 4 files"
    assert window.library.right.currentWidget() is panel
    assert services.files[path].tags[Field.GENRE] == ("Rock",)  # nothing was written yet
    panel.plan.toggle(2)
    assert panel.write.text() == "Write 3 files"
    panel.plan.toggle(2)
    qtbot.keyClick(panel, Key.Key_Escape)
    assert window.library.right.currentIndex() == 0

    ask_to_write_all(window)
    qtbot.waitUntil(lambda: panel.write.isEnabled())
    qtbot.keyClick(panel.table, Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: window.tracks.counts()[State.WRITTEN] == 4)
    assert services.files[path].tags[Field.GENRE] == ("Rock", "Indie")
    qtbot.waitUntil(lambda: window.archive.undoing.last is not None)
    assert "4 files written" in window.library.banners.texts()[0]

    qtbot.waitUntil(lambda: len(window.archive.page.changes.files) == 4)
    assert window.archive.page.title.text() == "Wrote 4 files"

    qtbot.waitUntil(lambda: window.actions_["undo"].isEnabled())
    qtbot.keyClick(window.library.table, Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    confirm_undo(qtbot, window)
    qtbot.waitUntil(lambda: window.tracks.counts()[State.WRITTEN] == 0)
    assert window.pages.current.name == "library"
    assert services.files[path].tags[Field.GENRE] == ("Rock",)
    qtbot.waitUntil(lambda: window.archive.undoing.last is None)
    assert row.state is State.REVIEWED


def test_what_cannot_be_written_is_said_where_it_would_be_and_is_not_counted(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    first, second = list(services.files)[:2]
    services.refused[first] = "Matroska and WebM files are only read"
    listen(qtbot, library)
    refusal = library.library.pane.changes.refusal
    qtbot.waitUntil(refusal.isVisible)
    assert refusal.text.text() == "Cannot be written: Matroska and WebM files are only read"
    summary = library.library.pane.changes.summary
    assert not summary.isVisible()  # it counts fields that would be written
    library.library.select(1)
    assert not refusal.isVisible() and summary.isVisible()
    library.pages.show("review")
    assert not library.room.page.written.refusal.isVisible()
    library.library.select(0)
    qtbot.waitUntil(library.room.page.written.refusal.isVisible)
    assert not library.room.page.written.summary.isVisible()
    library.pages.show("library")

    ask_to_write_all(library)
    panel = library.panels.write
    qtbot.waitUntil(panel.write.isEnabled)
    assert panel.title.text() == "Write to 3 files"
    assert panel.write.text() == "Write 3 files"
    assert panel.note.text() == "1 file cannot be written (6 changes)"
    line = panel.plan.line(1)
    assert line is not None
    assert line.file is not None
    assert (line.file.path, line.stuck) == (first, True)
    assert line.why == "Matroska and WebM files are only read"
    panel.plan.toggle(1)
    assert panel.plan.picked_files == 3
    panel.filters[-1].click()
    assert {line.file.path for line in panel.plan._lines if line.file is not None} == {first}
    panel.filters[0].click()
    panel.confirm()
    qtbot.waitUntil(lambda: len(services.own_runs) == 1 and not library.bridge.busy)
    assert services.files[first].tags[Field.GENRE] == ("Rock",)
    assert Field.GENRE in services.files[second].tags


def test_a_plan_in_view_is_made_once_more_with_ctrl_s_and_on_coming_back_where_files_were_refused(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    first = next(iter(services.files))
    services.refused[first] = "no space left on the disk"
    listen(qtbot, library)
    ask_to_write_all(library)
    panel, active = library.panels.write, Qt.ApplicationState.ApplicationActive
    qtbot.waitUntil(lambda: panel.note.text() == "1 file cannot be written (6 changes)")
    del services.refused[first]
    qtbot.keyClick(panel.table, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: panel.write.text() == "Write 4 files")
    assert panel.note.text() == ""
    assert panel.scope == "all"
    services.refused[first] = "no space left on the disk"
    panel.came(active)  # nothing stood in the way: it stays as it is
    assert panel.is_complete
    library.actions_["write"].trigger()
    qtbot.waitUntil(lambda: panel.is_refused)
    del services.refused[first]
    panel.came(active)
    qtbot.waitUntil(lambda: panel.write.text() == "Write 4 files")


def test_listening_can_be_cancelled(qtbot: QtBot, library: Window, services: FakeServices) -> None:
    services.hold.clear()
    library.actions_["listen_all"].trigger()
    qtbot.waitUntil(lambda: library.bridge.job is not None)
    assert library.tracks.counts()[State.QUEUED] == 5
    library.actions_["cancel"].trigger()
    qtbot.waitUntil(lambda: not library.bridge.busy)
    assert library.tracks.counts()[State.NEW] == 5
    assert "Cancelled" in library.status.result.text()


def test_closing_while_listening_ends_the_threads(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    services.hold.clear()
    library.actions_["listen_all"].trigger()
    qtbot.waitUntil(lambda: library.bridge.job is not None)
    library.close()
    assert library.leave_bar.isVisible()
    library.close()
    assert library.bridge.shut(1000)
    assert services.closed


def test_an_engine_that_does_not_start_is_said_with_a_way_out(
    qtbot: QtBot, window: Window, services: FakeServices
) -> None:
    services.engine_fault = "no such device"
    window.begin([services.music])
    qtbot.waitUntil(lambda: len(window.tracks.rows()) == 6 and not window.bridge.busy)
    qtbot.waitUntil(lambda: "not running" in window.status.device.text())
    window.actions_["listen_all"].trigger()
    qtbot.waitUntil(lambda: not window.bridge.busy)
    assert any("no such device" in text for text in window.library.banners.texts())
    services.engine_fault = ""
    window.engine.start()
    qtbot.waitUntil(lambda: window.status.device.text() == "CPU, 2 cores")


def test_a_damaged_model_is_not_asked_to_listen(qtbot: QtBot, window: Window, services: FakeServices) -> None:
    window.begin([services.music])
    qtbot.waitUntil(lambda: len(window.tracks.rows()) == 6 and not window.bridge.busy)
    row = next(row for row in window.tracks.rows() if row.is_new)
    window.library.look_at(row)
    offers = (window.library.listen, window.library.pane.listen_button)
    actions = (window.actions_["listen"], window.actions_["listen_all"])
    assert all(offer.isEnabled() for offer in (*offers, *actions))
    window.engine.failed(ModelFault("its weights are damaged"))
    assert not any(offer.isEnabled() for offer in (*offers, *actions))
    assert "choose another" in window.library.listen.toolTip()
    window.actions_["similar"].trigger()
    assert "not listened to yet" in window.status.result.text()
    window.engine.start()
    qtbot.waitUntil(lambda: all(offer.isEnabled() for offer in (*offers, *actions)))


def test_a_file_that_another_program_changed_is_a_conflict(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    listen(qtbot, library)
    path = next(iter(services.files))
    services.conflict = path
    ask_to_write_all(library)
    qtbot.waitUntil(lambda: library.panels.write.write.isEnabled())
    library.panels.write.confirm()
    qtbot.waitUntil(lambda: library.tracks.counts()[State.WRITTEN] == 3)
    row = library.tracks.row(path)
    assert row is not None
    assert (row.state, row.reason) == (State.CONFLICT, "another program changed the file")
    library.panels.open_problems()
    assert library.panels.problems.problems.rowCount() == 3  # this one, and the two that were never readable
    library.panels.read_bad_again()
    qtbot.waitUntil(lambda: row.state is State.TO_REVIEW)


def test_show_problems_shows_the_file_that_was_left_as_long_as_it_has_one(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    listen(qtbot, library)
    path = list(services.files)[2]
    services.conflict = path
    banners, problems = library.library.banners, library.panels.problems

    def write() -> Banner:
        ask_to_write_all(library)
        qtbot.waitUntil(library.panels.write.write.isEnabled)
        library.panels.write.confirm()
        qtbot.waitUntil(lambda: any("left as it was" in text for text in banners.texts()))
        return next(b for b in banners.findChildren(Banner) if "left as it was" in b.text and b.isVisible())

    write()
    library.panels.read_bad_again()
    qtbot.waitUntil(lambda: not any("left as it was" in text for text in banners.texts()))
    row = library.tracks.row(path)
    assert row is not None
    assert row.state is State.TO_REVIEW
    write().action.click()
    qtbot.waitUntil(lambda: library.panels.is_open)
    assert [problem.path for problem in problems.problems.shown()] == [path], "and no other problem"
    library.panels.read_again.emit([path])
    qtbot.waitUntil(lambda: not library.panels.is_open)  # rather than an empty list
    assert library.status.result.text() == "None of these files has a problem any more"


def test_policies_decide_what_happens_to_old_values(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    listen(qtbot, library)
    block = library.library.pane.changes.blocks[Field.GENRE]
    assert "+&nbsp;Indie" in block.new.text()
    library.review.set_policy(Field.GENRE, Policy.FILL_EMPTY)
    assert services.policies[Field.GENRE] is Policy.FILL_EMPTY
    assert "kept" in block.new.text()
    assert library.panels.write.cards[Field.GENRE].combo.policy is Policy.FILL_EMPTY


def test_the_slider_asks_for_fewer_or_more(qtbot: QtBot, library: Window) -> None:
    listen(qtbot, library)
    row = library.library.row
    assert row is not None
    before = len(library.tracks.chosen(row))
    library.library.pane.slider.setValue(-15)
    qtbot.waitUntil(lambda: len(library.tracks.chosen(row)) < before)
    library.library.pane.slider.setValue(15)
    qtbot.waitUntil(lambda: len(library.tracks.chosen(row)) > before)
    assert "less sure" in library.library.pane.says.text()


def test_search_finds_by_title_and_by_suggested_tag(qtbot: QtBot, library: Window) -> None:
    listen(qtbot, library)
    library.actions_["search"].trigger()
    assert library.library.search.hasFocus()
    qtbot.keyClicks(library.library.search, "song 3")  # digits and letters go into the field
    qtbot.waitUntil(lambda: library.tracks.rowCount() == 1)
    assert not any(row.verdicts for row in library.tracks.rows())
    library.library.search.setText("guitar")
    qtbot.waitUntil(lambda: library.tracks.rowCount() == 4)
    library.library.search.setText("nothing like it")
    qtbot.waitUntil(lambda: library.tracks.rowCount() == 0)
    assert "nothing like it" in library.library.listing.note.text()
    library.library.filter.show_all()
    qtbot.waitUntil(lambda: library.tracks.rowCount() == 6)


def test_the_picture_arrives_and_a_click_in_it_moves_the_playhead(qtbot: QtBot, library: Window) -> None:
    dock = library.library.dock
    assert dock.plot is not None
    qtbot.waitUntil(lambda: dock._picture is not None)
    assert dock.player.length.text() == "/ 3:20"
    library.library.player.seek(100.0)
    assert dock.player.now.text() == "1:40"
    assert dock.plot._heads[0].value() == 100.0
    library.library.table.setFocus()
    press(qtbot, library, Key.Key_Right)
    assert dock.player.now.text() == "1:45"
    upper = dock.plot.upper.getViewBox().sceneBoundingRect()
    lower = dock.plot.lower.getViewBox().sceneBoundingRect()
    assert (upper.left(), upper.width()) == (lower.left(), lower.width())


def test_the_taggram_of_a_track_is_shown_once_it_was_heard(qtbot: QtBot, library: Window) -> None:
    dock = library.library.dock
    assert dock._taggram is None
    listen(qtbot, library)
    qtbot.waitUntil(lambda: dock._taggram is not None)
    assert dock._taggram is not None
    assert dock._taggram.shape == (9, 20)
    library.library.step(1)
    qtbot.waitUntil(lambda: dock._taggram is not None)
    assert len(library.library.look.taggrams) == 2


def test_pages_sheets_and_themes(qtbot: QtBot, library: Window) -> None:
    library.actions_["history"].trigger()
    assert library.pages.stack.currentWidget() is library.archive.page
    assert not library.actions_["accept"].isEnabled()
    library.actions_["keys"].trigger()
    sheet = library.pages.stack.currentWidget()
    assert sheet is not library.archive.page
    qtbot.keyClick(sheet, Key.Key_Escape)
    assert library.pages.stack.currentWidget() is library.archive.page
    library.actions_["about"].trigger()
    library.actions_["library"].trigger()
    assert library.pages.stack.currentWidget() is library.library
    for mode in ("light", "dark", "system"):
        library.set_appearance(mode)
        assert not library.grab().isNull()


def test_what_is_decided_survives(qtbot: QtBot, library: Window, services: FakeServices) -> None:
    path = next(iter(services.files))
    services.kept[TrackId(path.name)] = {"rock": Verdict.REJECTED}
    listen(qtbot, library)
    row = library.tracks.row(path)
    assert row is not None
    assert row.verdicts == {"rock": Verdict.REJECTED}


def test_custom_widgets_have_names_for_screen_readers(library: Window) -> None:
    pane, dock = library.library.pane, library.library.dock
    for widget in (
        library.library.table,
        library.library.sidebar,
        library.library.search,
        pane.scores,
        pane.slider,
        dock.player.play,
        dock.player.previous,
        dock.player.overview,
        dock.fit,
        dock.plot,
        library.rail.menu,
        library.status.cancel,
    ):
        assert widget is not None
        assert widget.accessibleName(), widget


def test_playing_follows_keys(qtbot: QtBot, services: FakeServices) -> None:
    card = SilentCard()
    window = Window(services, make_player=lambda: cast(Player, card))
    qtbot.addWidget(window)
    window.resize(1280, 720)
    window.show()
    window.begin([services.music])
    bar = window.library.dock.player
    qtbot.waitUntil(lambda: bar.play.isEnabled() and len(window.tracks.rows()) == 6)
    qtbot.waitUntil(lambda: bar.seconds == 200.0)
    window.library.player.seek(30.0)
    window.library.table.setFocus()
    qtbot.keyClick(window.library.table, Key.Key_Space)
    assert (card.playing, card.position) == (True, 30.0)
    card.position = 42.0
    qtbot.waitUntil(lambda: bar.now.text() == "0:42")
    qtbot.keyClick(window.library.table, Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert card.position == 72.0
    qtbot.keyClick(window.library.table, Key.Key_Space)
    assert not card.playing
    bar.play.click()
    assert card.playing
    qtbot.keyClick(window.library.table, Key.Key_J)
    assert window.library.row is not None
    assert window.library.row.title == "Song 1"
    assert (card.playing, card.path) == (True, window.library.row.path)  # what plays goes on with the next
    window.close()
    assert window.bridge.shut(5000)


def test_scores_have_one_scale() -> None:
    assert on_scale(0.5) == 0.5
    assert (on_scale(0.0), on_scale(1.0)) == pytest.approx((0.0, 1.0))
    steps = [on_scale(value) for value in (0.02, 0.1, 0.3, 0.6, 0.9)]
    assert steps == sorted(steps)


def test_write_is_for_what_is_selected_or_reviewed_and_never_for_all_unasked(
    qtbot: QtBot, library: Window
) -> None:
    listen(qtbot, library)
    panel = library.panels.write

    def opens_at() -> tuple[str, str]:
        library.actions_["write"].trigger()
        qtbot.waitUntil(panel.write.isEnabled)
        shown = (panel.scope, panel.write.text())
        library.panels.close()
        return shown

    library.library.select(0)
    assert opens_at() == ("selected", "Write 1 file")
    library.review.mark(library.tracks.rows()[2:4])
    assert opens_at() == ("selected", "Write 1 file"), "that one is not among them"
    library.actions_["review"].trigger()
    assert opens_at() == ("reviewed", "Write 2 files"), "nothing was reviewed since it was opened"
    library.actions_["library"].trigger()
    library.library.select(2)
    assert opens_at() == ("selected", "Write 1 file"), "as the pane of that one says"
    library.library.select(0)
    press(qtbot, library, Key.Key_Down, shift=True)
    assert opens_at() == ("selected", "Write 2 files")
    library.actions_["write"].trigger()
    panel.scopes["all"].click()
    qtbot.waitUntil(lambda: panel.write.text() == "Write 4 files")


def test_what_the_table_does_not_show_is_not_written(qtbot: QtBot, library: Window) -> None:
    listen(qtbot, library)
    panel = library.panels.write
    library.tracks.filter(Word("song 0"))
    ask_to_write_all(library)
    qtbot.waitUntil(panel.write.isEnabled)
    assert panel.write.text() == "Write 1 file"
    assert panel.scopes["all"].text() == "Listened to in view 1"


def test_a_write_can_be_for_what_is_reviewed_and_says_what_is_not(qtbot: QtBot, library: Window) -> None:
    listen(qtbot, library)
    panel = library.panels.write
    library.library.select(0)
    library.actions_["write"].trigger()
    qtbot.waitUntil(panel.write.isEnabled)
    assert panel.scopes["reviewed"].text() == "Reviewed 0"
    assert not panel.scopes["reviewed"].isEnabled()
    assert ". The file is not reviewed yet. Sound" in panel.summary.text()
    panel.scopes["all"].click()
    qtbot.waitUntil(panel.write.isEnabled)
    assert ". None of the files is reviewed yet. Sound" in panel.summary.text()
    library.panels.close()
    library.review.mark(library.library.selected())
    qtbot.waitUntil(lambda: library.tracks.counts()[State.REVIEWED] == 1)
    library.actions_["write"].trigger()
    qtbot.waitUntil(panel.write.isEnabled)
    assert panel.write.text() == "Write 1 file"
    assert (panel.scope, panel.scopes["reviewed"].text()) == ("selected", "Reviewed 1")
    assert "not reviewed" not in panel.summary.text()
    panel.scopes["all"].click()
    qtbot.waitUntil(panel.write.isEnabled)
    assert ". 3 of the files are not reviewed yet. Sound" in panel.summary.text()


def test_what_the_table_does_not_show_is_not_decided_on(qtbot: QtBot, library: Window) -> None:
    listen(qtbot, library)
    view = library.library
    view.select(0)
    row = view.row
    assert row is not None
    conflicts = Item("", state=State.CONFLICT)
    qtbot.waitUntil(lambda: view.sidebar.side.place(conflicts) > 0)
    view.sidebar.choose(conflicts)
    assert view.row is None
    assert view.pane.suggestions == ()
    library.actions_["accept_1"].trigger()
    view.filter.show_all()
    assert view.row is row
    view.sidebar.choose(conflicts)
    library.pages.show("review")  # goes through its own queue
    assert view.row is not None
    library.pages.show("library")
    assert view.row is None
    library.actions_["accept_1"].trigger()
    assert not any(row.verdicts for row in library.tracks.rows())


def test_of_several_tracks_those_that_the_table_hides_are_not_decided_on(
    qtbot: QtBot, library: Window
) -> None:
    listen(qtbot, library)
    view = library.library
    view.select(0)
    press(qtbot, library, Key.Key_Down, shift=True)
    press(qtbot, library, Key.Key_Down, shift=True)
    qtbot.waitUntil(lambda: len(view.meant()) == 3)
    shown = view.row
    assert shown is not None
    library.tracks.filter(Word(shown.title.lower()))
    assert view.meant() == [shown]


def test_a_folder_is_taken_out_of_the_library(qtbot: QtBot, library: Window, services: FakeServices) -> None:
    sidebar = library.library.sidebar
    qtbot.waitUntil(lambda: sidebar.side.place(Item("", folder=services.music)) > 0)
    sidebar.choose(Item("", folder=services.music))
    qtbot.keyClick(sidebar, Key.Key_Delete)
    assert library.tracks.rows() == []
    assert library.scan.roots == []
    qtbot.waitUntil(lambda: services.forgotten == [services.music])
    assert "no longer in the library" in library.library.banners.texts()[0]
    undo, redo = library.actions_["undo"], library.actions_["redo"]
    undo.trigger()
    assert library.scan.roots == [services.music]
    qtbot.waitUntil(lambda: len(library.tracks.rows()) == 6 and not library.bridge.busy)
    assert library.library.banners.texts() == []
    assert redo.isEnabled() and not library.review.can_take_back()
    redo.trigger()
    assert library.scan.roots == [] and "no longer in the library" in library.library.banners.texts()[0]
    library.scan.open([services.music])
    assert not library.review.can_take_back(), "it was opened again otherwise"


def test_a_folder_that_is_opened_again_at_once_stays_in_the_library(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    go = threading.Event()
    library.bridge.ask("something that takes a while", lambda: go.wait(20), lambda _: None)
    library.scan.forget(services.music)
    library.actions_["undo"].trigger()
    qtbot.waitUntil(lambda: len(library.tracks.rows()) == 6 and not library.bridge.busy)
    go.set()
    with qtbot.waitSignal(library.scan.ended):
        library.scan.again()
    assert services.forgotten == []


def test_undo_with_the_focus_in_a_field_is_the_windows_where_nothing_was_typed(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    field, undone = library.library.search, Mock()
    library.actions_["undo"].triggered.connect(undone)
    library.scan.forget(services.music)
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    qtbot.keyClick(field, Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert undone.call_count == 1
    qtbot.waitUntil(lambda: len(library.tracks.rows()) == 6 and not library.bridge.busy)
    field.setFocus()
    qtbot.keyClicks(field, "song")
    qtbot.keyClick(field, Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert undone.call_count == 1 and field.text() == ""


def test_where_the_folder_in_view_is_taken_out_all_tracks_are_shown(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    other, sidebar = services.music.parent / "other", library.library.sidebar
    path = other / "1 elsewhere.flac"
    services.files[path] = replace(next(iter(services.files.values())), path=path)
    library.scan.open([other])
    there = Item("", folder=other)
    qtbot.waitUntil(lambda: sidebar.side.place(there) > 0 and not library.bridge.busy)
    sidebar.choose(there)
    assert [row.path for row in library.tracks.shown()] == [path]
    qtbot.keyClick(sidebar, Key.Key_Delete)
    qtbot.waitUntil(lambda: len(library.tracks.shown()) == 6)
    assert sidebar.currentIndex().row() == 0
    assert library.library.row is library.tracks.at(0)
    assert library.status.result.text() == "6 tracks in the library"
    library.actions_["undo"].trigger()
    qtbot.waitUntil(lambda: library.tracks.row(path) is not None and not library.bridge.busy)
    assert library.library.row is library.tracks.row(path), "it was in view before"


def test_a_message_of_success_leaves_with_what_it_says(qtbot: QtBot, library: Window) -> None:
    listen(qtbot, library)
    ask_to_write_all(library)
    qtbot.waitUntil(library.panels.write.write.isEnabled)
    library.panels.write.confirm()
    qtbot.waitUntil(lambda: library.archive.undoing.last is not None)
    assert any("written" in text for text in library.library.banners.texts())
    library.pages.show("history")
    library.archive.undo_last_run()
    confirm_undo(qtbot, library)
    qtbot.waitUntil(lambda: library.archive.undoing.last is None)
    assert not any("written" in text for text in library.library.banners.texts())


def test_a_plus_is_a_key_too() -> None:
    assert (key_text("Ctrl++"), key_text("Ctrl+O"), key_text("+")) == ("Ctrl +", "Ctrl O", "+")


def test_moved_thresholds_reach_rows_that_are_not_in_view(qtbot: QtBot, library: Window) -> None:
    listen(qtbot, library)
    library.room.weigh.shift(-2.0)
    rows = [row for row in library.tracks.rows() if row.scores is not None]
    qtbot.waitUntil(lambda: all("mellow" in row.heard for row in rows))
    library.tracks.filter(Word("mellow"))
    assert library.tracks.rowCount() == 4


def test_write_is_for_what_the_pane_says_though_others_are_reviewed(qtbot: QtBot, library: Window) -> None:
    listen(qtbot, library)
    panel, rows = library.panels.write, library.tracks.rows()
    library.review.decide(
        rows[:1], {s.tag.name: Verdict.REJECTED for s in library.tracks.suggestions(rows[0])}
    )
    library.review.mark(rows[:3])
    library.library.select(0)
    library.actions_["write"].trigger()
    qtbot.waitUntil(lambda: "Nothing would change" in panel.summary.text())
    assert (panel.scope, len(panel.plan.files), panel.write.isEnabled()) == ("selected", 0, False)
    assert panel.scopes["reviewed"].text() == "Reviewed 3"


def test_write_in_review_is_for_the_track_in_view_where_none_is_reviewed(
    qtbot: QtBot, library: Window
) -> None:
    listen(qtbot, library)
    panel = library.panels.write
    library.library.table.selectAll()
    library.actions_["review"].trigger()
    row = library.library.row
    assert row is not None
    library.actions_["write"].trigger()
    qtbot.waitUntil(panel.write.isEnabled)
    assert panel.scopes["selected"].text() == "Selected 1"
    assert [file.path for file in panel.plan.files] == [row.path]
    library.panels.close()
    library.actions_["library"].trigger()
    library.actions_["write"].trigger()
    qtbot.waitUntil(panel.write.isEnabled)
    assert panel.write.text() == "Write 4 files"
