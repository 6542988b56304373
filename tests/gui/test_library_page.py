"""The library in use: queries, columns, similar tracks, playlists, dragging, watched folders."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from PySide6.QtCore import QPoint, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from mat_desktop.app.complete import SCORES
from mat_desktop.app.remembered import Remembered
from mat_desktop.app.tag_file import TagChange
from mat_desktop.domain.query import QueryError, Word
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import FileStamp, Track
from mat_desktop.errors import FileFault
from mat_desktop.gui import opening
from mat_desktop.gui.models import tracks as tracks_module
from mat_desktop.gui.models.columns import Column
from mat_desktop.gui.models.row import Row, State
from mat_desktop.gui.operations.watch import Watch
from mat_desktop.gui.save import ask_target
from mat_desktop.gui.widgets.delegates import text_width
from mat_desktop.gui.widgets.sidebar import ITEM_ROLE
from mat_desktop.gui.widgets.track_columns import TrackColumns
from mat_desktop.gui.window import Window
from tests.gui.double import FakeServices
from tests.gui.gaps import big
from tests.gui.test_flow import ask_to_write_all, listen

Key = Qt.Key


def titles(window: Window) -> list[str]:
    return [row.title for row in window.tracks.shown()]


def header_shows(window: Window) -> list[Column]:
    header = window.library.table.horizontalHeader()
    shown = [column for column in Column if not header.isSectionHidden(column)]
    return sorted(shown, key=header.visualIndex)


def test_a_query_filters_while_it_is_typed(qtbot: QtBot, library: Window) -> None:
    listen(qtbot, library)
    field = library.library.search
    library.actions_["search"].trigger()
    qtbot.keyClicks(field, "guitar > 0.9 genre:rock")
    qtbot.waitUntil(lambda: titles(library) == ["Song 0"], timeout=5000)
    qtbot.keyClicks(field, " or song 3")
    qtbot.waitUntil(lambda: titles(library) == ["Song 0", "Song 3"], timeout=5000)
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
    for query, before in (("song 1 state:fnord", "song 1 state:f"), ("song 2 gitar > 0.2", "song 2 gitar")):
        field.clear()
        qtbot.keyClicks(field, query)
        qtbot.waitUntil(problem.isVisible, timeout=3000)
        assert problem.instead.text() == f"The list still answers “{before}”"
        assert library.library.filter.asking.text == before
    field.setText("song " * 30)
    field.setText("song " * 30 + "polka > 0.5 rock")
    assert problem.instead.text() == f"The list still answers “{('song ' * 5)[:24]}…”"
    field.clear()
    field.setText("polka > 0.5 rock")
    assert problem.instead.text() == "The list is not searched"


def test_a_quote_that_is_still_open_is_told_once_the_user_rests(qtbot: QtBot, library: Window) -> None:
    field, problem = library.library.search, library.library.problem
    said: list[QueryError | None] = []
    library.library.filter.asking.wrong.connect(said.append)
    qtbot.keyClicks(field, 'title:"song 1')
    assert not any(said), "nobody is told while typing"
    qtbot.waitUntil(lambda: titles(library) == ["Song 1"], timeout=5000)
    field._popup.hide()
    qtbot.waitUntil(problem.isVisible, timeout=5000)
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
    qtbot.waitUntil(lambda: titles(library) == [], timeout=5000)
    said = "No track fits “jazz > 0.5 and song”. The highest score of jazz is 0.10."
    qtbot.waitUntil(lambda: library.library.listing.note.text() == said, timeout=5000)


def test_what_fits_nothing_is_said_in_the_words_that_stand_there(qtbot: QtBot, library: Window) -> None:
    nothing = library.library.listing.note
    library.library.search.setText("zzz state:n")
    qtbot.waitUntil(lambda: nothing.text().startswith("No track fits “zzz state:n”. "), timeout=5000)
    library.library.search.setText("zzz state:new")  # the same question in more words
    qtbot.waitUntil(lambda: nothing.text() == "No track fits “zzz state:new”.", timeout=5000)


def test_a_state_that_is_not_whole_is_named_with_all_there_are(qtbot: QtBot, library: Window) -> None:
    library.library.search.setText("state:review")
    states = ", ".join(state.value for state in State)
    said = f"No track fits “state:review”. The state was taken as To review or Reviewed. There are: {states}."
    qtbot.waitUntil(lambda: library.library.listing.note.text() == said, timeout=5000)
    library.library.search.clear()
    listen(qtbot, library)
    library.library.search.setText("state:review")
    qtbot.waitUntil(lambda: len(titles(library)) == 4, timeout=5000)


def test_scanning_again_leaves_the_focus_where_it_is(qtbot: QtBot, library: Window) -> None:
    listen(qtbot, library)
    library.actions_["write"].trigger()
    panel = library.panels.write
    qtbot.waitUntil(panel.write.isEnabled, timeout=5000)
    assert library.focusWidget() is panel.table
    with qtbot.waitSignal(library.scan.ended, timeout=5000):
        library.actions_["rescan"].trigger()
    assert panel.isVisible()
    assert library.focusWidget() is panel.table


def test_escape_closes_the_panel_wherever_the_focus_is(qtbot: QtBot, library: Window) -> None:
    listen(qtbot, library)
    library.actions_["write"].trigger()
    panel, sidebar = library.panels.write, library.library.sidebar
    qtbot.waitUntil(panel.write.isEnabled, timeout=5000)
    sidebar.setFocus()
    assert library.focusWidget() is sidebar
    qtbot.keyClick(sidebar, Qt.Key.Key_Escape)
    assert not panel.isVisible()
    assert library.focusWidget() is library.library.table


def test_a_folder_that_is_away_is_a_message_and_no_track(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    scan, music, messages = services.scan, services.music, library.library.banners.texts

    def away(roots: Sequence[Path], cancel: threading.Event) -> Iterator[Track | FileFault]:
        yield FileFault(music, "no such file")

    services.scan = away  # type: ignore[method-assign]
    with qtbot.waitSignal(library.scan.ended, timeout=5000):
        library.actions_["rescan"].trigger()
    assert f"{music} is not there: 6 tracks wait for it." in messages()
    assert library.tracks.row(music) is None
    assert library.tracks.tally().total == len(titles(library)) == 6
    services.scan = scan  # type: ignore[method-assign]
    with qtbot.waitSignal(library.scan.ended, timeout=5000):
        library.actions_["rescan"].trigger()
    assert not any("is not there" in text for text in messages())


def test_a_file_that_is_no_music_is_a_failed_track_and_no_folder_that_is_away(
    qtbot: QtBot, library: Window, services: FakeServices, tmp_path: Path
) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("no music")

    def scan(roots: Sequence[Path], cancel: threading.Event) -> Iterator[Track | FileFault]:
        yield FileFault(notes, "not audio, or damaged beyond reading")

    services.scan = scan  # type: ignore[method-assign]
    with qtbot.waitSignal(library.scan.ended, timeout=5000):
        library.scan.open([notes])
    row = library.tracks.row(notes)
    assert row is not None
    assert row.state is State.FAILED
    assert not any("looked into" in text for text in library.library.banners.texts())


def test_a_scan_that_is_stopped_leaves_the_message_on_a_folder_that_is_away(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    def away(roots: Sequence[Path], cancel: threading.Event) -> Iterator[Track | FileFault]:
        yield FileFault(services.music, "no such file")

    def stopped(roots: Sequence[Path], cancel: threading.Event) -> Iterator[Track | FileFault]:
        cancel.wait(10)
        yield from ()

    for scan in (away, stopped):
        services.scan = scan  # type: ignore[method-assign]
        with qtbot.waitSignal(library.scan.ended, timeout=5000):
            library.actions_["rescan"].trigger()
            if scan is stopped:
                library.bridge.cancel()
    assert any("is not there" in text for text in library.library.banners.texts())


def test_the_highest_score_is_said_of_what_is_shown(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    listen(qtbot, library)
    services.change_tags({"jazz": TagChange(label="swing")})
    library.library.search.setText("swing > 0.5")
    said = "No track fits “swing > 0.5”. The highest score of swing is 0.10."
    qtbot.waitUntil(lambda: library.library.listing.note.text() == said, timeout=5000)


def test_completion_forgets_scores_of_another_model(qtbot: QtBot, library: Window) -> None:
    listen(qtbot, library)
    asking = library.library.filter.asking
    asking.count_values()
    qtbot.waitUntil(lambda: f"{SCORES}jazz" in asking._values, timeout=5000)
    library.workshop.models.use("other")
    qtbot.waitUntil(lambda: f"{SCORES}jazz" not in asking._values, timeout=5000)
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
    qtbot.waitUntil(lambda: "artist" in library.library.filter.asking._values, timeout=5000)
    qtbot.keyClicks(field, "art")
    qtbot.keyClick(field, Key.Key_Tab)
    assert field.text() == "artist:"
    qtbot.wait(1000)
    assert library.library.problem.isHidden()  # as long as there is something to choose from
    qtbot.waitUntil(field._popup.isVisible, timeout=5000)
    qtbot.keyClick(field._popup, Key.Key_Down)
    qtbot.keyClick(field._popup, Key.Key_Return)
    assert field.text() == 'artist:"The Late Ferries" '
    assert field.hasFocus()
    qtbot.waitUntil(lambda: len(titles(library)) == 5, timeout=5000)
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
    qtbot.waitUntil(field._popup.isVisible, timeout=5000)
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


def test_similar_tracks_and_back(qtbot: QtBot, library: Window) -> None:
    listen(qtbot, library)
    view = library.library
    rows = [row for row in library.tracks.rows() if row.levels is not None]
    for number, row in enumerate(rows):  # the double hears the same in all
        assert row.levels is not None
        row.levels.values[0] = (0.1, 0.3, 0.5, 0.7)[number]
        row.levels.values[1] = (0.1, 0.9, 0.2, 0.3)[number]
    view.table.sortByColumn(Column.TITLE, Qt.SortOrder.DescendingOrder)
    view.select(rows[0].place)
    view.table.setFocus()
    qtbot.keyClick(view.table, Key.Key_S)
    qtbot.waitUntil(lambda: len(titles(library)) == 4, timeout=5000)
    assert titles(library)[0] == "Song 0"
    shown = [row.likeness for row in library.tracks.shown()]
    assert shown == sorted(shown, key=lambda value: -(value or 0.0))
    assert Column.LIKENESS in header_shows(library)
    assert library.tracks.cell(rows[0], Column.LIKENESS) == "1.00"
    assert "Song 0" in view.comparison.text.text()
    assert view.comparison.isVisible()
    view.table.setFocus()
    qtbot.keyClick(view.table, Key.Key_Escape)
    qtbot.waitUntil(lambda: len(titles(library)) == 6, timeout=5000)
    assert Column.LIKENESS not in header_shows(library)
    assert view.comparison.isHidden()
    assert titles(library)[-2] == "Song 0"  # sorted as before
    assert library.tracks.order == (Column.TITLE, Qt.SortOrder.DescendingOrder)


def test_columns_are_chosen_and_remembered(qtbot: QtBot, library: Window, tmp_path: Path) -> None:
    view = library.library
    assert Column.ALBUM not in header_shows(library)
    menu = view.columns.menu()
    texts = [action.text() for action in menu.actions() if action.isCheckable()]
    assert texts == ["Artist", "Album", "Year", "Genre in file", "Mood in file", "Suggested", "Length"]
    next(action for action in menu.actions() if action.text() == "Album").trigger()
    next(action for action in menu.actions() if action.text() == "Length").trigger()
    header = view.table.horizontalHeader()
    header.moveSection(header.visualIndex(Column.ALBUM), 1)
    header.resizeSection(Column.ALBUM, 90)
    header.setSortIndicator(Column.ARTIST, Qt.SortOrder.DescendingOrder)
    expected = header_shows(library)
    assert expected[:3] == [Column.STATE, Column.ALBUM, Column.TITLE]
    assert Column.LENGTH not in expected
    settings = QSettings(str(tmp_path / "kept.ini"), QSettings.Format.IniFormat)
    view.columns.save(settings)
    view.columns.reset()
    view.table.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
    assert Column.ALBUM not in header_shows(library)
    view.columns.restore(settings)
    assert header_shows(library) == expected
    assert header.sectionSize(Column.ALBUM) == 90
    assert library.tracks.order == (Column.ARTIST, Qt.SortOrder.DescendingOrder)
    settings.setValue("library/columns", '{"widths": 5}')
    view.columns.restore(settings)  # nonsense is left out


def test_columns_always_fit(library: Window) -> None:
    view = library.library
    for column in (Column.ALBUM, Column.MOOD, Column.YEAR):
        view.columns.pick(column, True)
    header = view.table.horizontalHeader()
    assert header.length() <= view.table.viewport().width()
    assert header.sectionSize(Column.TITLE) >= 100
    assert isinstance(view.columns, TrackColumns)


def test_the_hint_of_the_search_is_whole_in_a_usual_window(qtbot: QtBot, library: Window) -> None:
    library.resize(1440, 900)
    field = library.library.search
    qtbot.waitUntil(lambda: library.width() == 1440)
    margins = field.textMargins()
    room = field.width() - margins.left() - margins.right() - 24
    assert field.fontMetrics().horizontalAdvance(field.placeholderText()) <= room


def test_what_is_accepted_in_several_tracks_is_not_offered_again(qtbot: QtBot, library: Window) -> None:
    listen(qtbot, library)
    pane = library.library.pane
    library.library.table.selectAll()
    qtbot.waitUntil(lambda: pane.title.text().endswith("tracks selected"), timeout=5000)
    qtbot.waitUntil(lambda: "suggestion" in pane.says.text(), timeout=5000)
    offered, said = pane.accept_all.text().split()[-1], pane.says.text().split()[0]
    assert offered == said != "all"
    library.actions_["accept_all"].trigger()
    qtbot.waitUntil(lambda: pane.says.text().endswith("all decided"), timeout=5000)
    assert (pane.accept_all.text(), pane.accept_all.isEnabled()) == ("Accept all", False)
    model = pane.question.scores.tags
    spoken = [model.index(n).data(Qt.ItemDataRole.AccessibleTextRole) for n in range(model.rowCount())]
    assert any(", accepted, in" in text for text in spoken)
    assert not any(", suggested, in" in text for text in spoken)


def test_rows_are_dragged_as_files(library: Window, services: FakeServices) -> None:
    view = library.library
    view.table.selectAll()
    data = library.tracks.mimeData(view.table.selectionModel().selectedIndexes())
    files = [*services.files, services.broken]
    assert data.urls() == [QUrl.fromLocalFile(str(path)) for path in files]
    assert library.tracks.flags(library.tracks.index(0, 0)) & Qt.ItemFlag.ItemIsDragEnabled


def test_what_is_dropped_is_never_moved(qtbot: QtBot, library: Window, services: FakeServices) -> None:
    data = library.tracks.mimeData([library.tracks.index(0, 0)])
    copy, move, link = Qt.DropAction.CopyAction, Qt.DropAction.MoveAction, Qt.DropAction.LinkAction
    button, shift = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier  # Shift asks to move
    for offered, taken in ((copy | move | link, copy), (move | link, link), (move, None)):
        enter = QDragEnterEvent(QPoint(50, 50), offered, data, button, shift)
        library.dragEnterEvent(enter)
        drop = QDropEvent(QPointF(50, 50), offered, data, button, shift)
        drop.setAccepted(False)
        library.dropEvent(drop)
        for event in (enter, drop):
            assert (event.dropAction() if event.isAccepted() else None) == taken
        qtbot.waitUntil(lambda: not library.bridge.busy, timeout=5000)


def test_the_selected_row_stays_in_view_where_a_filter_goes(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    view, tracks = library.library, library.tracks
    track = next(row.track for row in tracks.rows() if row.track is not None)
    paths = [services.music / f"z {number:03}.flac" for number in range(300)]
    tracks.add([Row.of(replace(track, path=path)) for path in paths])
    tracks.settle()
    view.search.setFocus()
    qtbot.keyClicks(view.search, "z 250")
    qtbot.waitUntil(lambda: tracks.rowCount() == 1, timeout=5000)
    view.select(0)
    qtbot.keyClick(view.search, Key.Key_Escape)
    qtbot.waitUntil(lambda: tracks.rowCount() > 300, timeout=5000)
    row = tracks.row(paths[250])
    assert view.row is row
    shown = view.table.visualRect(tracks.index(tracks.place(paths[250]), 0))
    assert view.table.viewport().rect().contains(shown.center())


def test_numbers_in_titles_sort_by_their_value(library: Window, services: FakeServices) -> None:
    tracks = library.tracks
    track = next(row.track for row in tracks.rows() if row.track is not None)
    for title in ("Track 10", "track 2", "Track 100", "Track 0"):
        tags = {**track.tags, Field.TITLE: (title,)}
        tracks.add([Row.of(replace(track, path=services.music / f"{title}.flac", tags=tags))])
    tracks.sort(Column.TITLE)
    assert titles(library)[-4:] == ["Track 0", "track 2", "Track 10", "Track 100"]
    tracks.sort(Column.TITLE, Qt.SortOrder.DescendingOrder)
    assert titles(library)[:4] == ["Track 100", "Track 10", "track 2", "Track 0"]


def test_a_query_says_how_many_tracks_it_finds(qtbot: QtBot, library: Window) -> None:
    field = library.library.search
    qtbot.keyClicks(field, "song 3")
    qtbot.waitUntil(lambda: field.accessibleDescription() == "1 of 6 tracks", timeout=5000)
    field.clear()
    qtbot.waitUntil(lambda: field.accessibleDescription() == field.placeholderText(), timeout=5000)


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


def test_a_file_that_was_opened_alone_is_no_folder(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    side, file = library.library.sidebar.side, next(iter(services.files))
    library.scan.open([file])
    texts = lambda: [side.index(n).data() for n in range(side.rowCount())]  # noqa: E731
    qtbot.waitUntil(lambda: "Files" in texts(), timeout=5000)
    assert texts()[-4:] == ["Folders", services.music.name, "Files", file.name]


def test_from_another_page_digit_keys_are_in_order_again(qtbot: QtBot, library: Window) -> None:
    listen(qtbot, library)
    library.library.select(0)
    tags = library.library.pane.question.scores.tags
    tags._numbers = {name: 9 - key for name, key in tags._numbers.items()}
    library.actions_["history"].trigger()
    library.actions_["library"].trigger()
    rows = [row for place in tags.tag_rows() if (row := tags.row(place)) is not None and row.number]
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))


def test_playlist_of_the_selection_or_of_all_that_is_shown(
    qtbot: QtBot, library: Window, tmp_path: Path
) -> None:
    library.rows.export_playlist(tmp_path / "all")
    made = tmp_path / "all.m3u8"
    qtbot.waitUntil(made.exists, timeout=5000)
    lines = made.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 11  # the broken file is no track
    assert lines[1:3] == ["#EXTINF:200,The Late Ferries - Song 0", "music/0 song.flac"]
    qtbot.waitUntil(
        lambda: any("5 tracks listed" in t for t in library.library.banners.texts()), timeout=5000
    )
    library.library.table.selectRow(1)
    model = library.library.table.selectionModel()
    model.select(library.tracks.index(3, 0), model.SelectionFlag.Select | model.SelectionFlag.Rows)
    library.rows.export_playlist(tmp_path / "some.m3u8")
    qtbot.waitUntil((tmp_path / "some.m3u8").exists, timeout=5000)
    assert (tmp_path / "some.m3u8").read_text(encoding="utf-8").count("#EXTINF") == 2
    library.rows.export_playlist(tmp_path / "no folder" / "list.m3u8")
    qtbot.waitUntil(lambda: "no folder" in library.library.banners.texts()[-1], timeout=5000)


def test_paths_are_copied(library: Window, services: FakeServices) -> None:
    library.library.table.selectRow(0)
    library.actions_["copy_path"].trigger()
    assert QGuiApplication.clipboard().text() == str(next(iter(services.files)))


def test_changes_by_other_programs_show_without_a_scan(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    listen(qtbot, library)
    services.music.mkdir(exist_ok=True)
    fresh, changed, *_ = services.music / "9 new.flac", *services.files
    gone = list(services.files)[1]
    for path in services.files:
        path.touch()
    fresh.touch()
    gone.unlink()
    services.files[fresh] = Track(fresh, FileStamp(1, 9, 9), 100.0, {Field.TITLE: ("Just in",)})
    old = services.files[changed]
    services.files[changed] = replace(
        old, tags={Field.TITLE: ("Retitled",)}, stamp=FileStamp(2, 2, 2), outside=True
    )
    services.changes += [fresh, changed, gone]
    qtbot.waitUntil(lambda: "Just in" in titles(library) and "Song 1" not in titles(library), timeout=5000)
    qtbot.waitUntil(lambda: "Retitled" in titles(library), timeout=5000)
    qtbot.waitUntil(lambda: library.tracks.counts()[State.CHANGED] == 1, timeout=5000)
    row = library.tracks.row(fresh)
    assert row is not None
    assert row.state is State.NEW
    assert row.scores is None
    shown = library.tracks.row(changed)
    assert shown is not None
    qtbot.waitUntil(lambda: shown.scores is not None, timeout=5000)
    tip = library.tracks.index(shown.place, Column.STATE).data(Qt.ItemDataRole.ToolTipRole)
    assert tip == "Another program changed the file since"


def test_new_music_is_listened_to_where_that_is_wanted(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    library.configure.put({"listening.new_music": True})
    services.music.mkdir(exist_ok=True)
    fresh = services.music / "9 new.flac"
    fresh.touch()
    services.files[fresh] = Track(fresh, FileStamp(1, 9, 9), 100.0, {})
    services.changes.append(fresh)
    qtbot.waitUntil(lambda: fresh in services.heard, timeout=5000)
    qtbot.waitUntil(lambda: library.tracks.counts()[State.TO_REVIEW] == 1, timeout=5000)


def test_a_folder_that_is_not_there_keeps_its_tracks(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    assert not services.music.exists()  # as a volume that was taken out
    services.changes.append(next(iter(services.files)))
    qtbot.waitUntil(lambda: not services.changes, timeout=5000)
    qtbot.wait(200)
    assert len(library.tracks.rows()) == 6


def test_failed_stays_failed_after_a_scan_until_it_is_read_again(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    listen(qtbot, library)
    path = list(services.files)[4]
    row = library.tracks.row(path)
    assert row is not None
    assert (row.state, row.reason) == (State.FAILED, "the decoder gave up")
    pane = library.library.pane
    library.library.select(0)
    qtbot.waitUntil(lambda: pane.accept_all.text() != "Accept all", timeout=5000)
    library.library.select(row.place)
    qtbot.waitUntil(lambda: pane.accept_all.text() == "Accept all", timeout=5000)
    services.files[path] = replace(services.files[path], fault="the decoder gave up")
    library.actions_["rescan"].trigger()
    qtbot.waitUntil(lambda: not library.bridge.busy, timeout=5000)
    assert (row.state, row.reason) == (State.FAILED, "the decoder gave up")
    assert library.tracks.tally().new == 0  # "Listen to all new" does not try it for ever
    services.files[path] = replace(services.files[path], fault="")
    library.library.select(row.place)
    library.actions_["read_again"].trigger()
    qtbot.waitUntil(lambda: row.state is State.NEW, timeout=5000)


def test_home_and_end_go_to_the_first_and_the_last_track(qtbot: QtBot, library: Window) -> None:
    table = library.library.table
    library.library.select(2)
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_End)
    assert [row.place for row in library.library.selected()] == [5]
    qtbot.keyClick(table, Qt.Key.Key_Home, Qt.KeyboardModifier.ShiftModifier)
    assert [row.place for row in library.library.selected()] == [0, 1, 2, 3, 4, 5]
    qtbot.keyClick(table, Qt.Key.Key_End)
    assert [row.place for row in library.library.selected()] == [5]


def test_large_libraries_are_arranged_in_a_worker(qtbot: QtBot, library: Window) -> None:
    model = library.tracks
    model.work_with(lambda work, done: waiting.append((work, done)))
    waiting: list = []  # type: ignore[type-arg]
    before = tracks_module.AT_ONCE
    tracks_module.AT_ONCE = 2
    try:
        model.sort(Column.TITLE, Qt.SortOrder.DescendingOrder)
        assert titles(library)[0] == "Song 0"  # as long as no worker was at it
        model.filter(Word("song"))
        assert len(waiting) == 2
        work, done = waiting[1]  # the first was asked anew before it was answered
        answer = work()
        late = Row.of(Track(Path("/late/song.mp3"), FileStamp(1, 1, 1), 1.0, {Field.TITLE: ("Song late",)}))
        model.add([late, FileFault(Path("/late/other.mp3"), "broken")])
        first = next(row for row in model.shown() if row.title == "Song 2")
        model.forget_missing([first.path], set())
        done(answer)
        assert titles(library) == ["Song 4", "Song 3", "Song 1", "Song 0", "Song late"]
        assert [model.place(row.path) for row in model.shown()] == list(range(5))
        model.settle()
        work, done = waiting[-1]
        done(work())
        assert titles(library) == ["Song late", "Song 4", "Song 3", "Song 1", "Song 0"]
    finally:
        tracks_module.AT_ONCE = before


def gated_look(services: FakeServices) -> tuple[threading.Event, threading.Event]:
    """From now on a look begins, which the first event says, and waits for the second, or to be cancelled."""
    began, go_on, look = threading.Event(), threading.Event(), services.look

    def slowly(paths: Sequence[Path], cancel: threading.Event) -> Iterator[Track | FileFault]:
        if paths:
            began.set()
        while not go_on.wait(0.01):
            if cancel.is_set():
                return
        yield from look(paths, cancel)

    services.look = slowly  # type: ignore[method-assign]
    return began, go_on


def test_a_look_at_changed_files_and_a_write_never_run_at_once(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    listen(qtbot, library)
    first = next(iter(services.files))
    services.music.mkdir(exist_ok=True)
    first.touch()
    began, go_on = gated_look(services)
    library.watching.look([first])
    assert began.wait(5)
    ask_to_write_all(library)
    qtbot.waitUntil(library.panels.write.write.isEnabled, timeout=5000)
    library.panels.write.confirm()
    qtbot.wait(300)
    assert services.runs() == []  # what the look read before would replace what is known after
    go_on.set()
    qtbot.waitUntil(lambda: not library.bridge.busy, timeout=5000)
    assert services.runs()[0].files == 4
    row = library.tracks.row(first)
    assert row is not None
    assert row.track == services.files[first]
    assert row.state is State.WRITTEN


def test_a_folder_that_came_keeps_no_other_question_waiting_and_can_be_cancelled(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    folder = services.music / "new"
    folder.mkdir(parents=True)
    services.files[folder] = Track(folder / "song.flac", FileStamp(1, 9, 9), 100.0, {})
    began, go_on = gated_look(services)
    library.watching.look([folder])
    assert began.wait(5)
    answers: list[int] = []
    library.bridge.ask("other", lambda: 1, answers.append)
    qtbot.waitUntil(lambda: answers == [1], timeout=2000)
    qtbot.waitUntil(library.status.job.isVisible, timeout=2000)
    assert library.status.title.text() == "Looking at changes"
    library.status.cancel.click()
    qtbot.waitUntil(lambda: not library.bridge.busy, timeout=5000)
    work = library.bridge.past[0]
    assert work.outcome == "Stopped after 0 tracks that changed"
    assert work.retry is not None
    go_on.set()
    work.retry()
    qtbot.waitUntil(lambda: library.bridge.past[0].outcome == "Looked at 1 track that changed", timeout=5000)


def test_a_look_at_a_few_files_is_not_told_of_and_not_lost_when_work_is_cancelled(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    services.music.mkdir(exist_ok=True)
    fresh = services.music / "9 new.flac"
    fresh.touch()
    services.files[fresh] = Track(fresh, FileStamp(1, 9, 9), 100.0, {Field.TITLE: ("Just in",)})
    began, go_on = gated_look(services)
    library.watching.look([fresh])
    assert began.wait(5)
    qtbot.wait(700)
    assert library.status.job.isHidden()
    library.bridge.cancel()
    go_on.set()
    qtbot.waitUntil(lambda: "Just in" in titles(library), timeout=5000)
    assert [work.title for work in library.bridge.past] == ["Scanning"]


def test_a_folder_that_comes_back_and_a_watch_that_failed_are_taken_up_again(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    starts: list[int] = []
    watch, fail = services.watch, [True]

    def counted(roots: Sequence[Path], stop: threading.Event) -> Iterator[list[Path]]:
        starts.append(len(starts))
        if fail:
            raise OSError("too many folders")
        return watch(roots, stop)

    def scanned() -> None:
        with qtbot.waitSignal(library.scan.ended, timeout=5000):
            library.actions_["rescan"].trigger()
        qtbot.wait(200)

    services.watch = counted  # type: ignore[method-assign]
    services.music.mkdir()  # it was not there when the watch began
    scanned()
    assert len(starts) == 1
    assert "too many folders" in library.library.banners.texts()[-1]
    fail.clear()
    scanned()
    assert len(starts) == 2
    scanned()
    assert len(starts) == 2  # nothing came or went


def test_the_switch_for_listening_to_new_music_is_remembered(library: Window) -> None:
    action = library.actions_["listen_new"]
    assert action.isCheckable()
    assert not action.isChecked()
    action.trigger()
    assert library.configure.now.new_music
    assert action in next(m for m in library.menuBar().actions() if m.text() == "Tracks").menu().actions()
    Watch(library.desk, library.configure, lambda _: None).connect_actions(library.actions_)
    assert action.isChecked()
    library.configure.put({"listening.new_music": False})
    assert not action.isChecked()


def test_no_export_replaces_a_file_that_the_chooser_did_not_ask_about(
    qtbot: QtBot, library: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = {name: tmp_path / name for name in ("mine.m3u8", "mine.zip", "mine.tag.json")}
    for path in old.values():
        path.write_text("precious")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), ""))
    library.rows.choose_playlist()
    made = tmp_path / "mine (2).m3u8"
    qtbot.waitUntil(made.exists, timeout=5000)
    qtbot.waitUntil(lambda: any(str(made) in t for t in library.library.banners.texts()))
    for suffix in (".zip", ".tag.json"):
        assert ask_target(library, "", tmp_path, {suffix: ""}) == tmp_path / f"mine (2){suffix}"
    assert {path.read_text() for path in old.values()} == {"precious"}
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(old["mine.zip"]), ""))
    assert ask_target(library, "", tmp_path, {".zip": ""}) == old["mine.zip"]  # that one was asked about


def test_a_library_that_is_read_says_how_many_tracks_are_coming(
    qtbot: QtBot, window: Window, services: FakeServices
) -> None:
    services.library = list(services.files.values())
    go_on, known = Event(), services.remembered

    def remembered(roots: Sequence[Path]) -> Iterator[Remembered]:
        go_on.wait(10)
        yield from known(roots)

    services.remembered = remembered  # type: ignore[method-assign]
    window.begin([services.music])
    page, count = window.library, len(services.library)
    qtbot.waitUntil(
        lambda: page.listing.note.text() == f"Reading the library… 0 of {count} tracks", timeout=5000
    )
    assert page.listing.note.isVisible()
    assert not page.listing.clear.isVisible()
    (work,) = [work for work in window.bridge.jobs if work.title == "Reading the library"]
    assert work.total == count
    side = page.sidebar.side
    qtbot.waitUntil(lambda: side.index(0).data(ITEM_ROLE).number == "0…", timeout=5000)
    assert "so far" in side.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    go_on.set()
    qtbot.waitUntil(lambda: not window.bridge.busy, timeout=30_000)
    qtbot.waitUntil(
        lambda: side.index(0).data(ITEM_ROLE).number == str(len(window.tracks.rows())), timeout=5000
    )
    assert page.table.isVisible()


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
    qtbot.waitUntil(lambda: tracks.rowCount() == 1, timeout=5000)
    page.search.setText("state")
    page.filter.asking.insist()
    qtbot.waitUntil(lambda: tracks.rowCount() == 0, timeout=5000)


def test_the_track_that_came_first_is_in_view_once_all_are_sorted(
    qtbot: QtBot, window: Window, services: FakeServices
) -> None:
    big(services, 300)
    services.library = list(services.files.values())
    window.library.table.sortByColumn(Column.TITLE, Qt.SortOrder.DescendingOrder)
    window.begin([services.music])
    qtbot.waitUntil(lambda: len(window.tracks.rows()) > 300 and not window.bridge.busy, timeout=30_000)
    table, row = window.library.table, window.library.row
    assert row is not None
    assert row.place > 50
    qtbot.waitUntil(
        lambda: (
            table.viewport().rect().contains(table.visualRect(window.tracks.index(row.place, 0)).center())
        ),
        timeout=5000,
    )


def test_tracks_that_were_listened_to_are_not_offered_to_be_listened_to(
    qtbot: QtBot, library: Window
) -> None:
    listen(qtbot, library)
    page = library.library
    page.table.selectAll()
    left = [row for row in library.tracks.rows() if row.scores is None and row.track is not None]
    qtbot.waitUntil(
        lambda: page.listen.text() == f"Listen to {len(left)} of {library.tracks.rowCount()} selected",
        timeout=5000,
    )
    page.select_rows([row for row in library.tracks.rows() if row.scores is not None])
    qtbot.waitUntil(lambda: not library.actions_["listen"].isEnabled(), timeout=5000)


def test_a_folder_can_be_scanned_again_and_shown(
    qtbot: QtBot, library: Window, services: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[Path] = []
    monkeypatch.setattr(opening, "open_place", lambda desk, path: shown.append(path))
    sidebar = library.library.sidebar
    sidebar.shown.emit(services.music)
    assert shown == [services.music]
    sidebar.rescanned.emit(services.music)
    assert [work.title for work in library.bridge.jobs] == ["Scanning"]


def test_an_hour_is_shown_whole(library: Window) -> None:
    header = library.library.table.horizontalHeader()
    assert header.sectionSize(Column.LENGTH) >= text_width("10:00:00", 13, 400) + 24
