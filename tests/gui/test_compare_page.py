"""Another model against the one in use, on the double."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, Qt
from pytestqt.qtbot import QtBot

from mat_desktop.app.models import Model
from mat_desktop.domain.scores import Verdict
from mat_desktop.domain.track import TrackId
from mat_desktop.gui.operations import compare as operation
from mat_desktop.gui.views.compare import ComparePage
from mat_desktop.gui.window import Window
from tests.gui.double import FakeServices
from tests.gui.double_model import CARD


@pytest.fixture
def heard(qtbot: QtBot, library: Window, services: FakeServices) -> Window:
    """Four tracks are heard, two decisions made, and there is another model."""
    services.kept[TrackId("0 song.flac")] = {"rock": Verdict.REJECTED, "guitar": Verdict.ACCEPTED}
    library.actions_["listen_all"].trigger()
    qtbot.waitUntil(lambda: library.tracks.tally().heard == 4 and not library.bridge.busy)
    services.other_models.append(Model("mine", Path("mine"), replace(CARD, name="mine"), bundled=False))
    library.pages.show("models")
    page = library.workshop.models_page
    qtbot.waitUntil(lambda: page.models.rowCount() == 2)
    page.look_at("mine")
    return library


def opened(qtbot: QtBot, window: Window) -> ComparePage:
    page = window.workshop.models_page
    page.compare_button.click()
    qtbot.waitUntil(lambda: page.compares and bool(page.comparison.offer.text()))
    return page.comparison


def choices(view: ComparePage) -> list[str]:
    return [view.scope.itemText(place) for place in range(view.scope.count())]


def texts(view: ComparePage) -> list[list[str]]:
    return [[cell.text for cell in row] for row in view.tracks.rows()]


def test_only_another_model_can_be_compared(qtbot: QtBot, heard: Window) -> None:
    page = heard.workshop.models_page
    assert page.compare_button.isEnabled()
    page.look_at("double")
    assert not page.compare_button.isEnabled()
    heard.workshop.compare.open("broken")
    qtbot.waitUntil(lambda: bool(page.banners.texts()))
    assert page.banners.texts() == ["“broken” cannot be compared: its card is damaged"]
    assert not page.compares


def test_what_stays_comes_and_goes_is_shown(qtbot: QtBot, heard: Window, services: FakeServices) -> None:
    view = opened(qtbot, heard)
    assert view.title.text() == "“mine” against “double”, which is in use"
    assert view.offer.text().startswith("“mine” listens to 4 tracks, in a process of its own.")
    assert choices(view)[0] == "All 4 tracks"
    assert view.notes.text() == "What has to be known."
    assert view.start_button.hasFocus()
    heard.tracks.shift = 0.25
    qtbot.keyClick(view.start_button, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: heard.workshop.compare.left == 0 and view.summary.isVisible())
    qtbot.waitUntil(lambda: not heard.bridge.busy)
    assert services.comparison.shifts == [0.25]
    assert view.summary.text() == (
        "On 3 tracks: 3 suggestions stay, 5 come, 3 go. Of your 2 decisions “double” agrees with 1, “mine” "
        "with 2. 1 track could not be compared; the activity panel says why."
    )
    assert view.conclusion.text() == (
        "Where they differ, “double” is right 0 times and “mine” 1 time: too close to say which one is "
        "better for your music. You judged mostly what “double” suggests; decide on some of the 5 that come "
        "before you rely on it."
    )
    assert view.table_says.text().startswith("For each tag: on how many tracks both models suggest it")
    rows = {row[0].text: [cell.text for cell in row[1:]] for row in view.tags.rows()}
    assert rows["rock"] == ["–", "–", "3", "1", "0", "1"]
    assert rows["guitar"] == ["3", "–", "–", "1", "1", "1"]
    assert view.listed.text() == "3 tracks with changes"
    assert texts(view)[-1] == ["Song 0 · The Late Ferries", "jazz", "rock"]  # the smallest change
    assert not view.going.isVisible()
    assert services.model == "double"


def test_a_tag_leads_to_its_tracks_and_a_track_to_the_library(qtbot: QtBot, heard: Window) -> None:
    view = opened(qtbot, heard)
    view.start_button.click()
    qtbot.waitUntil(lambda: len(view.tracks.rows()) == 3 and not heard.bridge.busy)
    names = [row[0].text for row in view.tags.rows()]
    view.tag_table.setCurrentIndex(view.tags.index(names.index("mellow"), 0))
    assert view.listed.text() == "2 tracks where “mellow” comes or goes"
    assert len(texts(view)) == 2
    heard.workshop.compare.added.emit()  # more came: the tag stays
    heard.workshop._renew()
    assert view.listed.text() == "2 tracks where “mellow” comes or goes"
    assert view.tag_table.currentIndex().row() == names.index("mellow")
    view.every.click()
    assert len(texts(view)) == 3
    assert not view.tag_table.currentIndex().isValid()
    place = next(n for n, row in enumerate(texts(view)) if row[0].startswith("Song 2"))
    view.track_table.setCurrentIndex(view.tracks.index(place, 0))
    qtbot.keyClick(view.track_table, Qt.Key.Key_Return)
    assert heard.pages.shows(heard.library)
    assert heard.library.row is not None
    assert heard.library.row.title == "Song 2"
    heard.pages.show("models")  # it is still there
    assert heard.workshop.models_page.compares
    assert view.back_button.hasFocus()
    view.back_button.click()
    assert not heard.workshop.models_page.compares
    assert heard.workshop.models_page.list.hasFocus()


def test_escape_leaves_the_comparison_wherever_the_focus_is(qtbot: QtBot, heard: Window) -> None:
    page = heard.workshop.models_page
    view = opened(qtbot, heard)
    for part in (view.back_button, view.start_button, view.scope, heard.rail.menu):
        part.setFocus()
        qtbot.keyClick(part, Qt.Key.Key_Escape)
        assert not page.compares and page.list.hasFocus()
        opened(qtbot, heard)
    for table in (view.tag_table, view.track_table):
        view.start_button.click()
        qtbot.waitUntil(lambda: view.tag_table.isVisible() and not heard.bridge.busy)
        table.setFocus()
        qtbot.keyClick(table, Qt.Key.Key_Escape)
        assert not page.compares and page.list.hasFocus()
        opened(qtbot, heard)


def test_it_stops_goes_on_and_rests(qtbot: QtBot, heard: Window, services: FakeServices) -> None:
    view = opened(qtbot, heard)
    services.hold.clear()
    view.start_button.setFocus()
    view.start_button.click()
    compare = heard.workshop.compare
    qtbot.waitUntil(lambda: compare.job is not None and heard.bridge.runs(compare.job))
    qtbot.waitUntil(view.going.isVisible)
    assert view.pace.text() == "Starting the other model…"
    job = compare.job
    assert job is not None
    heard.bridge.pause(job, True)
    heard.bridge.pause(job, False)
    assert services.comparison.held == [True, False]
    assert not view.start_button.isVisible()
    assert view.scope.hasFocus(), "not Stop: the key that started it would stop it at once"
    view.stop_button.setFocus()
    qtbot.keyClick(view.stop_button, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: compare.job is None)
    assert compare.left == 4
    assert view.start_button.isVisible()  # nothing was compared yet
    services.hold.set()
    view.start_button.click()
    qtbot.waitUntil(lambda: compare.left == 0 and not heard.bridge.busy)
    assert not view.going.isVisible()


def test_what_was_compared_stays_in_view_when_it_is_stopped(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    view = opened(qtbot, heard)
    compare = heard.workshop.compare
    services.rounds = 2
    view.start_button.setFocus()
    view.start_button.click()
    qtbot.waitUntil(lambda: compare.left == 2)
    view.stop_button.setFocus()
    view.stop_button.click()
    qtbot.waitUntil(lambda: compare.job is None and not heard.bridge.busy)
    assert view.summary.text().startswith("On 2 tracks: ")
    assert view.pace.text() == "2 tracks are left"
    assert view.go_on.hasFocus()
    services.rounds = 99
    qtbot.keyClick(view.go_on, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: compare.left == 0 and not heard.bridge.busy)
    assert not view.going.isVisible()
    assert view.tag_table.hasFocus()
    assert view.listed.text() == "3 tracks with changes"  # the focus alone looks at no tag
    qtbot.keyClick(view.tag_table, Qt.Key.Key_Return)
    assert "comes or goes" in view.listed.text()


def test_which_tracks_are_compared_is_said_whole_where_there_is_room(qtbot: QtBot, heard: Window) -> None:
    view = opened(qtbot, heard)
    qtbot.waitUntil(lambda: view.scope.width() >= view.scope.sizeHint().width())
    assert view.title.width() > view.title.fontMetrics().horizontalAdvance(view.title.text())


def test_what_was_heard_before_is_compared_at_once(
    qtbot: QtBot, heard: Window, services: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operation, "SAMPLE", 2)
    view = opened(qtbot, heard)
    assert choices(view)[0] == "A sample of 2 tracks"
    services.comparison.known.update(services.heard)
    view.scope.setCurrentIndex(view.scope.count() - 1)
    view.scope.activated.emit(view.scope.count() - 1)
    qtbot.waitUntil(lambda: len(texts(view)) == 3 and not heard.bridge.busy)
    heard.library.table.selectAll()
    view.scope.setCurrentIndex(view.scope.findData("sample"))
    view.scope.activated.emit(view.scope.currentIndex())
    qtbot.waitUntil(lambda: len(texts(view)) == 2 and not heard.bridge.busy)
    assert choices(view) == ["A sample of 2 tracks", "The 4 tracks selected", "All 4 tracks"]


def test_a_selection_that_became_one_track_is_all_tracks(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    heard.library.table.selectAll()
    view = opened(qtbot, heard)
    assert choices(view) == ["The 4 tracks selected", "All 4 tracks"]
    heard.library.select(0)
    view.scope.setCurrentIndex(0)
    view.scope.activated.emit(0)
    qtbot.waitUntil(lambda: choices(view) == ["All 4 tracks"])
    assert len(heard.workshop.compare.tracks) == 4
    assert "4 tracks" in view.offer.text()


def test_using_the_model_ends_the_comparison(qtbot: QtBot, heard: Window, services: FakeServices) -> None:
    view = opened(qtbot, heard)
    view.start_button.click()
    qtbot.waitUntil(lambda: len(texts(view)) == 3 and not heard.bridge.busy)
    view.use_button.click()
    qtbot.waitUntil(lambda: services.model == "mine" and not heard.bridge.busy)
    assert not heard.workshop.models_page.compares
    assert heard.workshop.compare.comparison is None


def test_nothing_heard_is_nothing_to_compare(qtbot: QtBot, library: Window, services: FakeServices) -> None:
    services.other_models.append(Model("mine", Path("mine"), replace(CARD, name="mine"), bundled=False))
    library.pages.show("models")
    page = library.workshop.models_page
    qtbot.waitUntil(lambda: page.models.rowCount() == 2)
    page.look_at("mine")
    view = opened(qtbot, library)
    assert view.offer.text() == "“double” has heard no track yet. Let it listen to some first."
    assert not view.start_button.isVisible()
    assert view.tag_table.currentIndex() == QModelIndex()


def agreed(view: ComparePage) -> dict[str, list[str]]:
    """Decisions on each tag, and with how many of them each model agrees."""
    return {row[0].text: [cell.text for cell in row[4:]] for row in view.tags.rows()}


def test_the_verdict_follows_the_decisions(qtbot: QtBot, heard: Window, services: FakeServices) -> None:
    view = opened(qtbot, heard)
    view.start_button.click()
    qtbot.waitUntil(lambda: len(texts(view)) == 3 and not heard.bridge.busy)
    assert "Of your 2 decisions “double” agrees with 1, “mine” with 2." in view.summary.text()
    heard.pages.show("review")
    rows = [heard.tracks.rows()[place] for place in range(3)]
    heard.room.review.decide(rows, {"rock": Verdict.ACCEPTED})
    heard.pages.show("models")
    qtbot.waitUntil(lambda: "Of your 4 decisions" in view.summary.text())
    assert "“double” agrees with 4, “mine” with 1." in view.summary.text()
    assert agreed(view)["rock"] == ["3", "3", "0"]
    assert len(services.comparison.shifts) == 1, "nothing is listened to again"
    assert heard.room.review.take_back()  # in view: at once
    qtbot.waitUntil(lambda: "Of your 2 decisions" in view.summary.text())
    assert agreed(view)["rock"] == ["1", "0", "1"]
    assert not view.going.isVisible()


def test_decisions_made_while_it_listens_count(qtbot: QtBot, heard: Window, services: FakeServices) -> None:
    view = opened(qtbot, heard)
    services.rounds = 2
    view.start_button.click()
    qtbot.waitUntil(lambda: heard.workshop.compare.left == 2)
    heard.pages.show("library")
    rows = [heard.tracks.rows()[place] for place in range(3)]
    heard.room.review.decide(rows, {"rock": Verdict.ACCEPTED})
    services.rounds = 99
    qtbot.waitUntil(lambda: heard.workshop.compare.left == 0 and not heard.bridge.busy)
    qtbot.waitUntil(lambda: "Of your 4 decisions" in view.summary.text())
    assert agreed(view)["rock"] == ["3", "3", "0"]


def test_the_slider_moves_both_models_of_a_comparison(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    view = opened(qtbot, heard)
    view.start_button.click()
    qtbot.waitUntil(lambda: len(texts(view)) == 3 and not heard.bridge.busy)
    heard.pages.show("library")
    heard.tracks.shift = 0.5
    heard.pages.show("models")
    qtbot.waitUntil(lambda: services.comparison.shifts == [0.0, 0.5])
    qtbot.waitUntil(lambda: heard.workshop.compare.left == 0 and not heard.bridge.busy)
