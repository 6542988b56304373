"""Decisions on one track and on many, taken back and made again."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from mat_desktop.domain.scores import Said, Verdict
from mat_desktop.domain.track import FileStamp, Track, TrackId
from mat_desktop.errors import StoreFault
from mat_desktop.gui.models.row import Row, State
from mat_desktop.gui.models.tracks import MANY
from mat_desktop.gui.operations import review
from mat_desktop.gui.window import Window
from tests.gui.double import FakeServices
from tests.gui.reviewing import decide_all, in_view, press
from tests.gui.test_flow import listen

Key = Qt.Key


@pytest.fixture
def heard(qtbot: QtBot, library: Window) -> Window:
    listen(qtbot, library)
    return library


def test_redo_makes_again_what_undo_took_back_in_its_order(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    def redo() -> None:
        modifiers = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        qtbot.keyClick(heard.library.table, Key.Key_Z, modifiers)

    row, slider, possible = in_view(heard), heard.library.pane.slider, heard.actions_["redo"]
    press(qtbot, heard, Key.Key_1)
    slider.setValue(7)
    qtbot.waitUntil(lambda: heard.tracks.shift == -0.7)
    heard.room.weigh.set_threshold("mellow", 0.9)
    qtbot.waitUntil(lambda: services.thresholds.by_name == {"mellow": 0.9})
    press(qtbot, heard, Key.Key_M)
    marked = row.mark
    assert row.reviewed and not possible.isEnabled()
    for _ in range(4):
        press(qtbot, heard, Key.Key_Z, control=True)
    assert (row.verdicts, row.reviewed, heard.tracks.shift) == ({}, False, 0.0)
    qtbot.waitUntil(lambda: services.thresholds.by_name == {})

    redo()
    assert (row.verdicts, row.reviewed) == ({"rock": Verdict.ACCEPTED}, False)
    redo()
    assert (heard.tracks.shift, slider.value()) == (-0.7, 7)
    redo()
    qtbot.waitUntil(lambda: services.thresholds.by_name == {"mellow": 0.9})
    redo()
    assert (row.mark, possible.isEnabled()) == (marked, False)
    track = TrackId(row.path.name)
    qtbot.waitUntil(lambda: services.marked.get(track) == marked)
    assert services.kept[track] == {"rock": Verdict.ACCEPTED}

    press(qtbot, heard, Key.Key_Z, control=True)
    assert possible.isEnabled()
    press(qtbot, heard, Key.Key_2)
    assert not possible.isEnabled(), "a new decision takes the place of what was taken back"


def test_what_changes_nothing_costs_no_undo(qtbot: QtBot, heard: Window) -> None:
    row = in_view(heard)
    press(qtbot, heard, Key.Key_1)
    heard.library.pane.question.scores.go_to("indie")
    press(qtbot, heard, Key.Key_U)  # is undecided already
    press(qtbot, heard, Key.Key_Z, control=True)
    assert row.verdicts == {}


def test_a_decision_counts_for_all_selected_tracks(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    heard.library.select(0)
    for _ in range(2):
        press(qtbot, heard, Key.Key_Down, shift=True)
    pane = heard.library.pane
    qtbot.waitUntil(lambda: pane.title.text() == "3 tracks selected")
    qtbot.waitUntil(lambda: "counting" not in pane.says.text())
    rows = heard.library.meant()
    assert len(rows) == 3
    place = pane.scores.tags.place("rock")
    assert "in 3 of 3 tracks" in pane.scores.tags.index(place).data(Qt.ItemDataRole.AccessibleTextRole)
    press(qtbot, heard, Key.Key_1, shift=True)
    assert all(row.verdicts == {"rock": Verdict.REJECTED} for row in rows)
    qtbot.waitUntil(lambda: len(services.kept) == 3)
    press(qtbot, heard, Key.Key_P, shift=True)
    qtbot.waitUntil(lambda: all(row.state is State.REVIEWED for row in rows))
    press(qtbot, heard, Key.Key_Z, control=True)
    press(qtbot, heard, Key.Key_Z, control=True)
    assert not any(row.verdicts for row in rows)
    heard.library.select(3)
    qtbot.waitUntil(lambda: pane.title.text() == "Song 3")
    assert not pane.changes.isHidden()


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
    qtbot.waitUntil(lambda: ids[2] in services.kept)
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
    qtbot.waitUntil(lambda: all(row.state is State.REVIEWED for row in rows))
    qtbot.waitUntil(lambda: len(services.marked) == len(rows))
    heard.review.take_back()
    heard.review.decide(rows[:1], {"rock": Verdict.ACCEPTED})  # waits for the rest of what is taken back
    assert {row.state for row in rows} == {State.TO_REVIEW}
    qtbot.waitUntil(lambda: not services.marked)
    heard.review.take_back()
    assert not heard.review.can_take_back()


def test_a_decision_is_taken_back_after_a_change_of_the_model(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    row = in_view(heard)
    assert row.scores is not None
    track_id = row.scores.track_id
    heard.review.decide([row], {"rock": Verdict.ACCEPTED})
    heard.review.mark([row])
    qtbot.waitUntil(lambda: track_id in services.marked)
    heard.workshop.models.use("other")
    qtbot.waitUntil(lambda: services.model == "other" and not heard.bridge.busy)
    assert row.scores is None
    assert heard.review.take_back()
    qtbot.waitUntil(lambda: track_id not in services.marked)
    assert services.kept[track_id] == {"rock": Verdict.ACCEPTED}
    assert heard.review.take_back()
    qtbot.waitUntil(lambda: services.kept[track_id] == {})
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
    qtbot.waitUntil(lambda: len(said) == 3)
    assert said == [
        {"rock": Verdict.ACCEPTED},
        {"indie": Verdict.REJECTED},
        {"indie": Verdict.UNDECIDED},
    ]
    assert row.scores is not None
    assert services.kept[row.scores.track_id] == {"rock": Verdict.ACCEPTED}


def test_copies_in_one_queue_are_decided_and_taken_back_each_by_itself(
    qtbot: QtBot, heard: Window, services: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[Said] = []
    monkeypatch.setattr(services, "keep_said", kept.extend)
    one, other = [row for row in heard.tracks.rows() if row.scores is not None][:2]
    assert one.scores is not None
    other.scores = one.scores
    sound = one.scores.track_id
    heard.review.decide([one], {"rock": Verdict.REJECTED})
    heard.review.mark([one])
    assert (other.verdicts, other.state, one.state) == ({}, State.TO_REVIEW, State.REVIEWED)
    heard.review.decide([other], {"rock": Verdict.ACCEPTED})
    heard.review.take_back()
    assert (one.verdicts, other.verdicts, one.reviewed) == ({"rock": Verdict.REJECTED}, {}, True)
    qtbot.waitUntil(lambda: len(kept) == 4)
    assert [(track_id, path, said) for track_id, path, said, _ in kept] == [
        (sound, one.path, {"rock": Verdict.REJECTED}),
        (sound, one.path, {}),
        (sound, other.path, {"rock": Verdict.ACCEPTED}),
        (sound, other.path, {"rock": Verdict.UNDECIDED}),
    ]


def test_a_mark_that_is_taken_back_is_not_set_again(qtbot: QtBot, heard: Window) -> None:
    first = decide_all(qtbot, heard)
    qtbot.waitUntil(lambda: first.reviewed and in_view(heard) is not first, timeout=2000)
    press(qtbot, heard, Key.Key_Z, control=True)
    assert in_view(heard) is first
    qtbot.wait(400)  # all of it is decided still, and the user wants to see it
    assert in_view(heard) is first
    assert not first.reviewed


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
    qtbot.waitUntil(lambda: services.kept.get(before.track_id) == {})
    assert row.verdicts == {"rock": Verdict.REJECTED}
    assert "another sound" not in services.kept


def test_many_rows_that_the_model_has_not_heard_stay_new_when_decisions_are_taken_back(
    heard: Window,
) -> None:
    rows = [Row.of(Track(Path(f"/m/{n}.flac"), FileStamp(1, n, n), 10.0, {})) for n in range(MANY + 2)]
    heard.tracks.add(rows)
    heard.tracks.decide([(row, {"rock": Verdict.UNDECIDED}, False) for row in rows])
    assert {row.state for row in rows} == {State.NEW}


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


def test_what_cannot_be_kept_is_said_and_kept_with_what_is_said_next(
    qtbot: QtBot, heard: Window, services: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, full = services.keep_said, StoreFault("the disk is full")

    def refuse(said: Sequence[Said]) -> None:
        raise full

    def unkept() -> list[str]:
        return [text for text in heard.library.banners.texts() if "not kept yet" in text]

    row = in_view(heard)
    track = TrackId(row.path.name)
    monkeypatch.setattr(services, "keep_said", refuse)
    press(qtbot, heard, Key.Key_1)
    press(qtbot, heard, Key.Key_2)
    text = "Decisions on 1 track are not kept yet, and tried again with the next one: the disk is full"
    qtbot.waitUntil(lambda: unkept() == [text])
    heard.library.select(1)
    press(qtbot, heard, Key.Key_M)
    qtbot.waitUntil(lambda: unkept() == [text.replace("1 track", "2 tracks")])
    assert services.kept == services.marked == {}

    monkeypatch.setattr(services, "keep_said", keep)
    heard.library.select(0)
    press(qtbot, heard, Key.Key_2)  # takes it back
    said = {"rock": Verdict.ACCEPTED}
    qtbot.waitUntil(lambda: services.kept.get(track) == said and not unkept())
    assert in_view(heard).verdicts == said
    assert len(services.marked) == 1

    monkeypatch.setattr(services, "keep_said", refuse)
    press(qtbot, heard, Key.Key_3)
    qtbot.waitUntil(lambda: bool(unkept()))
    monkeypatch.setattr(services, "keep_said", keep)
    button = next(b for b in heard.library.banners.findChildren(QAbstractButton) if b.text() == "Try again")
    button.click()
    qtbot.waitUntil(lambda: len(services.kept[track]) == 2)
    assert not unkept()

    monkeypatch.setattr(services, "keep_said", refuse)
    press(qtbot, heard, Key.Key_M)
    qtbot.waitUntil(lambda: bool(unkept()))
    monkeypatch.setattr(services, "keep_said", keep)
    heard.quit()
    qtbot.waitUntil(lambda: services.closed)
    assert len(services.marked) == 2, "there was room when the window closed"


def test_where_no_verdicts_are_to_be_seen_undo_leaves_them_alone(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    row, undo, redo = in_view(heard), heard.actions_["undo"], heard.actions_["redo"]
    said, title = heard.status.result.text, in_view(heard).title
    press(qtbot, heard, Key.Key_1)
    assert row.verdicts == {"rock": Verdict.ACCEPTED}
    for page in ("training", "models", "settings", "history"):
        heard.pages.show(page)
        qtbot.waitUntil(lambda: not undo.isEnabled())
        heard.undo()
    heard.pages.show("library")
    heard.actions_["keys"].trigger()
    assert not undo.isEnabled()
    heard.pages.drop_sheet()
    assert row.verdicts == {"rock": Verdict.ACCEPTED} and undo.isEnabled()
    undo.trigger()
    assert row.verdicts == {}
    assert said() == f"Taken back: “rock” accepted in “{title}”"
    heard.pages.show("models")
    assert not redo.isEnabled()
    heard.pages.show("review")
    redo.trigger()
    assert row.verdicts == {"rock": Verdict.ACCEPTED}
    assert said() == f"Made again: “rock” accepted in “{title}”"


def test_the_settings_take_back_thresholds_and_leave_verdicts(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    row = in_view(heard)
    heard.room.weigh.set_threshold("mellow", 0.9)
    qtbot.waitUntil(lambda: services.thresholds.by_name == {"mellow": 0.9})
    press(qtbot, heard, Key.Key_1)
    heard.pages.show("settings")
    heard.actions_["undo"].trigger()
    qtbot.waitUntil(lambda: services.thresholds.by_name == {})
    assert row.verdicts == {"rock": Verdict.ACCEPTED} and not heard.actions_["undo"].isEnabled()
    assert "“mellow” has a threshold of your own now" in heard.status.result.text()
