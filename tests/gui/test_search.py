"""What the search field asks for, offers and says."""

from __future__ import annotations

from unittest.mock import Mock

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mat_desktop.app.complete import SCORES
from mat_desktop.app.tag_file import TagChange
from mat_desktop.domain.query import QueryError
from mat_desktop.gui.models.row import State
from mat_desktop.gui.widgets.sidebar import Item
from mat_desktop.gui.window import Window
from tests.gui.double import FakeServices
from tests.gui.shown import titles
from tests.gui.test_flow import listen

Key = Qt.Key


def test_a_query_filters_while_it_is_typed(qtbot: QtBot, library: Window) -> None:
    listen(qtbot, library)
    field = library.library.search
    library.actions_["search"].trigger()
    qtbot.keyClicks(field, "guitar > 0.9 genre:rock")
    qtbot.waitUntil(lambda: titles(library) == ["Song 0"])
    qtbot.keyClicks(field, " or song 3")
    qtbot.waitUntil(lambda: titles(library) == ["Song 0", "Song 3"])
    assert library.library.problem.isHidden()


def test_what_cannot_be_understood_is_said_and_marked(qtbot: QtBot, library: Window) -> None:
    field, problem = library.library.search, library.library.problem
    field.setText("polka > 0.5 rock")
    assert problem.isVisible()
    assert problem.text.text() == "No tag is called “polka”"
    assert isinstance(field._error, QueryError)
    assert (field._error.start, field._error.end) == (0, 5)
    assert len(titles(library)) == 6  # the table stays as it is
    assert problem.instead.text() == "The list is not searched"
    field.setText("guitar >")  # may go on: only after a pause
    assert problem.isHidden()
    qtbot.waitUntil(problem.isVisible, timeout=3000)
    assert problem.text.text() == "Expected a number after >"
    field.setText("song")
    assert problem.isHidden()
    assert field._error is None


def test_a_wrong_query_says_which_one_the_list_answers(qtbot: QtBot, library: Window) -> None:
    field, problem = library.library.search, library.library.problem
    for query, before in (
        ("song 1 state:fnord", "song 1"),
        ("song 2 gitar > 0.2", "song 2"),
        ("song 2 rock > 0 and", "song 2 rock > 0"),
        ("song 3 rock >", "song 3 rock"),
    ):
        field.clear()
        qtbot.keyClicks(field, query)
        field._popup.hide()
        qtbot.waitUntil(problem.isVisible, timeout=3000)
        assert problem.instead.text() == f"Until then the list shows what “{before}” finds"
        assert library.library.filter.asking.text == before
    field.setText("song " * 30)
    field.setText("song " * 30 + "polka > 0.5 rock")
    assert problem.instead.text() == f"Until then the list shows what “{('song ' * 10)[:48]}…” finds"
    field.clear()
    field.setText("polka > 0.5 rock")
    assert problem.instead.text() == "The list is not searched"


def test_a_query_about_a_tag_that_is_gone_is_not_answered_any_more(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    listen(qtbot, library)
    library.library.search.setText("guitar > 1")
    qtbot.waitUntil(lambda: titles(library) == [])
    services.change_tags({"guitar": TagChange(drop=True)})
    library.library.filter.asking.renew()
    problem = library.library.problem
    assert problem.text.text().startswith("No tag is called “guitar”")
    assert problem.instead.text() == "The list is not searched"
    qtbot.waitUntil(lambda: len(titles(library)) == 6)


def test_a_quote_that_is_still_open_is_told_once_the_user_rests(qtbot: QtBot, library: Window) -> None:
    field, problem = library.library.search, library.library.problem
    said: list[QueryError | None] = []
    library.library.filter.asking.wrong.connect(said.append)
    qtbot.keyClicks(field, 'title:"song 1')
    assert not any(said), "nobody is told while typing"
    qtbot.waitUntil(lambda: titles(library) == ["Song 1"])
    field._popup.hide()
    qtbot.waitUntil(problem.isVisible)
    assert problem.text.text() == 'The closing " is missing'
    assert problem.instead.text() == "The list takes it as ending here"
    said.clear()
    qtbot.keyClicks(field, "00")
    assert all(said), "it does not come and go with each key"
    assert field._error is not None and field._error.end == len(field.text())
    qtbot.keyClicks(field, '"')
    assert problem.isHidden() and field._error is None


def test_where_no_score_is_high_enough_the_highest_is_said(qtbot: QtBot, library: Window) -> None:
    listen(qtbot, library)
    library.library.search.setText("jazz > 0.5 song")
    qtbot.wait(100)
    library.library.search.setText("jazz > 0.5 and song")
    qtbot.waitUntil(lambda: titles(library) == [])
    said = "No track fits “jazz > 0.5 and song”. The highest score of jazz is 0.10; try tag:jazz."
    qtbot.waitUntil(lambda: library.library.listing.note.text() == said)


def test_what_fits_nothing_is_said_in_the_words_that_stand_there(qtbot: QtBot, library: Window) -> None:
    nothing = library.library.listing.note
    library.library.search.setText("zzz state:n")
    qtbot.waitUntil(lambda: nothing.text().startswith("No track fits “zzz state:n”. "))
    library.library.search.setText("zzz state:new")  # the same question in more words
    qtbot.waitUntil(lambda: nothing.text() == "No track fits “zzz state:new”.")


def test_where_nothing_fits_the_state_or_folder_that_is_chosen_is_named_as_well(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    page, note = library.library, library.library.listing.note
    qtbot.waitUntil(lambda: page.sidebar.side.place(Item("", folder=services.music)) > 0)
    page.search.setText("zzz")
    qtbot.waitUntil(lambda: note.isVisible() and note.text() == "No track fits “zzz”.")
    page.sidebar.choose(Item("Queued", state=State.QUEUED))
    qtbot.waitUntil(lambda: note.text() == "No track with the state Queued fits “zzz”.")
    page.search.setText("song")
    qtbot.waitUntil(lambda: note.text() == "No track with the state Queued fits “song”.")
    page.search.clear()
    qtbot.waitUntil(lambda: note.text() == "No track with the state Queued")
    page.sidebar.choose(Item("", folder=services.music))
    page.search.setText("zzz")
    qtbot.waitUntil(lambda: note.text() == f"No track in {services.music} fits “zzz”.")
    assert page.listing.clear.text() == "Show all tracks"
    page.listing.clear.click()
    qtbot.waitUntil(lambda: len(titles(library)) == 6)
    assert page.search.text() == "" and page.sidebar.currentIndex().row() == 0


def test_a_state_that_is_not_whole_is_named_with_all_there_are(qtbot: QtBot, library: Window) -> None:
    library.library.search.setText("state:review")
    states = ", ".join(state.value for state in State)
    said = f"No track fits “state:review”. The state was taken as To review or Reviewed. There are: {states}."
    note = library.library.listing.note
    qtbot.waitUntil(lambda: note.text() == said)
    library.resize(1100, 800)
    qtbot.waitUntil(lambda: note.height() >= note.heightForWidth(note.width()) > 0)
    assert note.height() > 1.5 * note.fontMetrics().height(), "it has more lines than one: nothing is cut"
    library.library.search.clear()
    listen(qtbot, library)
    library.library.search.setText("state:review")
    qtbot.waitUntil(lambda: len(titles(library)) == 4)


def test_the_highest_score_is_said_of_what_is_shown(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    listen(qtbot, library)
    services.change_tags({"jazz": TagChange(label="swing")})
    library.library.search.setText("swing > 0.5")
    said = "No track fits “swing > 0.5”. The highest score of swing is 0.10; try tag:swing."
    qtbot.waitUntil(lambda: library.library.listing.note.text() == said)


def test_completion_forgets_scores_of_another_model(qtbot: QtBot, library: Window) -> None:
    listen(qtbot, library)
    asking = library.library.filter.asking
    asking.count_values()
    qtbot.waitUntil(lambda: f"{SCORES}jazz" in asking._values)
    library.workshop.models.use("other")
    qtbot.waitUntil(lambda: f"{SCORES}jazz" not in asking._values)
    assert "artist" in asking._values


def test_escape_empties_the_search_field_and_then_leaves_it(qtbot: QtBot, library: Window) -> None:
    field = library.library.search
    library.actions_["search"].trigger()
    qtbot.keyClicks(field, "zzz")
    qtbot.keyClick(field, Key.Key_Escape)
    field._popup.hide()
    qtbot.keyClick(field, Key.Key_Escape)
    assert (field.text(), field.hasFocus()) == ("", False)
    assert library.library.table.hasFocus()


def test_completion_by_keyboard(qtbot: QtBot, library: Window) -> None:
    field = library.library.search
    library.actions_["search"].trigger()
    qtbot.waitUntil(lambda: "artist" in library.library.filter.asking._values)
    qtbot.keyClicks(field, "art")
    qtbot.keyClick(field, Key.Key_Tab)
    assert field.text() == "artist:"
    qtbot.wait(1000)
    assert library.library.problem.isHidden()  # as long as there is something to choose from
    qtbot.waitUntil(field._popup.isVisible)
    qtbot.keyClick(field._popup, Key.Key_Down)
    qtbot.keyClick(field._popup, Key.Key_Return)
    assert field.text() == 'artist:"The Late Ferries" '
    assert field.hasFocus()
    qtbot.waitUntil(lambda: len(titles(library)) == 5)
    qtbot.keyClicks(field, "-so")
    qtbot.keyClick(field, Key.Key_Escape)
    field._popup.hide()
    qtbot.keyClick(field, Key.Key_Escape)
    assert field.text() == ""


def test_enter_leads_to_the_tracks_only_where_the_query_is_whole_and_right(
    qtbot: QtBot, library: Window
) -> None:
    field, table = library.library.search, library.library.table
    library.actions_["search"].trigger()
    qtbot.keyClicks(field, "roc")
    qtbot.waitUntil(field._popup.isVisible)
    qtbot.keyClick(field, Key.Key_Return)
    assert (field._popup.isVisible(), field.hasFocus(), field.text()) == (False, True, "roc")
    field.setText('"sofa')
    qtbot.keyClick(field, Key.Key_Return)
    assert field.hasFocus() and not library.library.problem.isHidden(), "it is said without a pause"
    field.setText("rock > 0.5")
    qtbot.keyClick(field, Key.Key_Return)
    assert table.hasFocus()


def test_help_offers_examples_that_are_understood(qtbot: QtBot, library: Window) -> None:
    view = library.library
    library.actions_["search"].trigger()
    qtbot.keyClick(view.search, Key.Key_Down)
    assert view.filter.help.isVisible()
    known = {"choir", "piano", "vocals"}
    for link in list(view.filter.help.links):
        link.click()
        assert view.search.text() == link.text()
        error = view.filter.asking._error
        assert error is None or any(f"“{name}”" in str(error) for name in known)  # the double has few tags
    assert not view.filter.help.isVisible()


def test_the_hint_of_the_search_is_whole_in_a_usual_window(qtbot: QtBot, library: Window) -> None:
    library.resize(1440, 900)
    field = library.library.search
    qtbot.waitUntil(lambda: library.width() == 1440)
    margins = field.textMargins()
    room = field.width() - margins.left() - margins.right() - 24
    assert field.fontMetrics().horizontalAdvance(field.placeholderText()) <= room


def test_a_query_says_how_many_tracks_it_finds(qtbot: QtBot, library: Window) -> None:
    field = library.library.search
    qtbot.keyClicks(field, "song 3")
    qtbot.waitUntil(lambda: field.accessibleDescription() == "1 of 6 tracks")
    field.clear()
    qtbot.waitUntil(lambda: field.accessibleDescription() == field.placeholderText())


def test_choices_do_not_cover_why_a_query_is_not_understood(qtbot: QtBot, library: Window) -> None:
    listen(qtbot, library)
    view = library.library
    field, problem, popup = view.search, view.problem, view.search._popup
    library.actions_["search"].trigger()
    view.filter.asking._values = {f"{SCORES}guitar": ["0.50"]}
    view.filter.asking._pause.setInterval(100)
    qtbot.keyClicks(field, "guitar >")
    assert popup.isVisible()
    qtbot.wait(200)
    assert problem.isHidden(), "there is something to choose from"
    popup.hide()
    qtbot.waitUntil(problem.isVisible, timeout=3000)
    field.clear()
    qtbot.keyClicks(field, "polka > 0.5 gui")
    assert popup.isVisible() and problem.isVisible()
    qtbot.waitUntil(lambda: problem.height() > 10, timeout=3000)
    assert popup.y() >= problem.mapToGlobal(problem.rect().bottomLeft()).y()
    popup.hide()


def test_a_word_that_begins_a_field_and_is_found_nowhere_leaves_the_list_until_it_is_meant(
    qtbot: QtBot, library: Window
) -> None:
    page, tracks = library.library, library.tracks
    every = tracks.rowCount()
    for text in ("state", "state:"):
        page.search.setText(text)
        qtbot.wait(150)
        assert tracks.rowCount() == every, text
    page.search.setText("state:failed")
    qtbot.waitUntil(lambda: tracks.rowCount() == 1)
    page.search.setText("state")
    page.filter.asking.insist()
    qtbot.waitUntil(lambda: tracks.rowCount() == 0)


def test_keys_that_the_button_in_the_field_has_no_use_for_are_not_typed(
    qtbot: QtBot, library: Window
) -> None:
    search, pressed = library.library.search, Mock()
    library.actions_["next"].triggered.connect(pressed)
    search.help.setFocus()
    search.help.click()
    overlay = library.library.filter.help
    qtbot.keyClick(overlay, Qt.Key.Key_Escape)
    qtbot.waitUntil(search.help.hasFocus)
    qtbot.keyClick(search.help, Qt.Key.Key_J)
    assert search.text() == "" and pressed.call_count == 1
