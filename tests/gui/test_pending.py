"""Decisions on many tracks, which are worked out in a worker: none is lost, and they land in their order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from pytestqt.qtbot import QtBot

from mat_desktop.domain.scores import Verdict
from mat_desktop.gui.models.row import Row
from mat_desktop.gui.operations import review
from mat_desktop.gui.window import Window
from tests.gui.double import FakeServices
from tests.gui.test_flow import listen

ACCEPTED, REJECTED = Verdict.ACCEPTED, Verdict.REJECTED


@pytest.fixture
def heard(qtbot: QtBot, library: Window, monkeypatch: pytest.MonkeyPatch) -> Window:
    monkeypatch.setattr(review, "MANY", 1)
    listen(qtbot, library)
    return library


@pytest.fixture
def hold(heard: Window) -> Iterator[Callable[[], None]]:
    """Nothing is worked out until it is called."""
    gate = threading.Event()
    heard.bridge.ask("long", lambda: gate.wait(10), lambda _: None)
    yield gate.set
    gate.set()


def rows_of(window: Window) -> list[Row]:
    return [row for row in window.tracks.rows() if row.scores is not None]


def test_two_decisions_in_a_row_on_many_tracks_both_count(
    qtbot: QtBot, heard: Window, hold: Callable[[], None], services: FakeServices
) -> None:
    rows = rows_of(heard)
    heard.review.decide(rows, {"guitar": ACCEPTED})
    heard.review.decide(rows, {"rock": ACCEPTED})
    heard.review.decide(rows[:1], {"rock": REJECTED})  # one track alone does not overtake the many
    assert not any(row.verdicts for row in rows)
    hold()
    both = {"guitar": ACCEPTED, "rock": ACCEPTED}
    qtbot.waitUntil(lambda: rows[0].verdicts == {**both, "rock": REJECTED})
    assert [row.verdicts for row in rows[1:]] == [both] * (len(rows) - 1)
    qtbot.waitUntil(lambda: services.kept.get(rows[-1].scores.track_id) == both)  # type: ignore[union-attr]


def test_accepting_what_is_suggested_leaves_out_what_was_rejected_just_before(
    qtbot: QtBot, heard: Window, hold: Callable[[], None]
) -> None:
    rows = rows_of(heard)
    heard.review.decide(rows, {"rock": REJECTED})
    heard.review.accept_suggested(rows)
    hold()
    qtbot.waitUntil(lambda: all(len(row.verdicts) > 1 for row in rows))
    assert all(row.verdicts["rock"] is REJECTED for row in rows)
    assert all(row.verdicts["guitar"] is ACCEPTED for row in rows)


def test_undo_takes_back_the_decision_that_is_being_worked_out_and_not_the_one_before(
    qtbot: QtBot, heard: Window, hold: Callable[[], None]
) -> None:
    rows, undo = rows_of(heard), heard.actions_["undo"]
    assert not undo.isEnabled()
    heard.review.decide(rows, {"guitar": ACCEPTED})
    assert undo.isEnabled()
    heard.review.decide(rows, {"rock": ACCEPTED})
    undo.trigger()
    hold()
    qtbot.waitUntil(lambda: all(row.verdicts == {"guitar": ACCEPTED} for row in rows))
    undo.trigger()
    qtbot.waitUntil(lambda: not any(row.verdicts for row in rows))
    heard.review.decide(rows, {"rock": ACCEPTED})
    undo.trigger()
    assert not heard.review.can_take_back()
    heard.review.decide(rows, {"drums": ACCEPTED})
    qtbot.waitUntil(lambda: all(row.verdicts == {"drums": ACCEPTED} for row in rows))


def test_a_plan_waits_for_the_decision_that_it_is_about(
    qtbot: QtBot, heard: Window, hold: Callable[[], None], services: FakeServices
) -> None:
    rows = rows_of(heard)
    heard.library.select(1)
    heard.review.decide(rows, {"jazz": ACCEPTED})
    heard.library.table.selectAll()
    heard.actions_["write"].trigger()
    assert not heard.panels.is_open
    hold()
    panel = heard.panels.write
    qtbot.waitUntil(lambda: heard.panels.is_open and panel.write.isEnabled())
    panel.confirm()
    qtbot.waitUntil(lambda: len(services.own_runs) == 1 and not heard.bridge.busy)
    assert all("Jazz" in str(services.files[row.path].tags) for row in rows)
    assert not heard.review.can_take_back()


def test_an_open_plan_is_made_anew_after_a_decision(qtbot: QtBot, heard: Window) -> None:
    heard.actions_["write"].trigger()
    panel = heard.panels.write
    qtbot.waitUntil(panel.write.isEnabled)
    heard.pages.show("review")
    heard.review.decide(rows_of(heard), {"jazz": ACCEPTED})
    qtbot.waitUntil(lambda: all(row.verdicts for row in rows_of(heard)))
    heard.pages.show("library")
    assert not panel.write.isEnabled()
    qtbot.waitUntil(panel.write.isEnabled)
    assert "Jazz" in str([file.changes for file in panel.plan.files])


def test_a_decision_that_cannot_be_worked_out_costs_only_itself(
    qtbot: QtBot, heard: Window, hold: Callable[[], None], services: FakeServices
) -> None:
    rows, choose = rows_of(heard), services.choose
    fails = iter([True])
    services.choose = lambda *args: 1 / 0 if next(fails, False) else choose(*args)  # type: ignore[method-assign,assignment,return-value]
    heard.review.decide(rows, {"guitar": ACCEPTED})
    heard.review.decide(rows, {"rock": ACCEPTED})
    hold()
    qtbot.waitUntil(lambda: all(row.verdicts == {"rock": ACCEPTED} for row in rows))
    assert "cannot be worked out" in str(heard.library.banners.texts())


def test_what_waits_when_the_window_closes_is_kept(
    qtbot: QtBot, heard: Window, hold: Callable[[], None], services: FakeServices
) -> None:
    rows = rows_of(heard)
    heard.review.decide(rows, {"guitar": ACCEPTED})
    hold()
    heard.quit()
    assert heard.bridge.shut(5000)
    assert list(services.kept.values()) == [{"guitar": ACCEPTED}] * len(rows)


def test_a_decision_on_very_many_shows_how_far_it_is_and_can_be_taken_back(
    qtbot: QtBot,
    heard: Window,
    hold: Callable[[], None],
    services: FakeServices,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(review, "LARGE", 2)
    heard.library.table.selectAll()
    pane = heard.library.pane
    qtbot.waitUntil(lambda: pane.title.text() == "6 tracks selected")
    assert pane.says.text().startswith("counting…")
    assert pane.accept_all.isEnabled()
    heard.actions_["accept_all"].trigger()
    (work,) = heard.bridge.jobs
    assert (work.title, work.total, work.done) == ("Accepting", 4, 0)
    heard.bridge.stop(work)
    assert not heard.bridge.jobs
    assert not heard.review.can_take_back()
    heard.actions_["accept_all"].trigger()
    hold()
    qtbot.waitUntil(lambda: not heard.bridge.jobs)
    assert heard.bridge.past[0].outcome == "What is suggested is accepted in 4 tracks"
    assert len(services.marked) == 4
    banners = heard.library.banners
    assert "What is suggested is accepted in 4 tracks." in str(banners.texts())
    heard.actions_["undo"].trigger()
    qtbot.waitUntil(lambda: not services.marked and not any(services.kept.values()))
    assert "accepted" not in str(banners.texts())
    heard.actions_["mark"].trigger()
    qtbot.waitUntil(lambda: "4 tracks marked as reviewed." in str(banners.texts()))


def test_keys_that_are_quicker_than_the_pane_are_for_what_is_selected(
    qtbot: QtBot, heard: Window, hold: Callable[[], None]
) -> None:
    heard.library.table.selectAll()
    heard.actions_["accept_all"].trigger()
    hold()
    rows = rows_of(heard)
    qtbot.waitUntil(lambda: all(row.verdicts for row in rows))


def test_what_is_suggested_needs_not_be_worked_out_again_after_a_decision(
    qtbot: QtBot, heard: Window
) -> None:
    rows = rows_of(heard)
    heard.review.decide(rows, {"rock": REJECTED})
    qtbot.waitUntil(lambda: all(row.verdicts for row in rows))
    assert all(row.is_weighed(heard.tracks.shift) for row in rows)
    heard.review.accept_suggested(rows)
    qtbot.waitUntil(lambda: all(row.reviewed for row in rows))
    for row in rows:
        assert row.last_chosen is not None
        made = heard.tracks.suggestions(row)
        assert row.last_chosen.tags == tuple(s for s in made if s.chosen)
