"""The library in use: columns, sorting, similar tracks, playlists, dragging."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from PySide6.QtCore import QPoint, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from mat_desktop.app.remembered import Remembered
from mat_desktop.domain.query import Word
from mat_desktop.domain.scores import Verdict
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import FileStamp, Track
from mat_desktop.errors import FileFault
from mat_desktop.gui.models import tracks as tracks_module
from mat_desktop.gui.models.columns import Column
from mat_desktop.gui.models.row import Row
from mat_desktop.gui.save import ask_target
from mat_desktop.gui.theme import appearance, current
from mat_desktop.gui.widgets.delegates import text_width
from mat_desktop.gui.widgets.sidebar import ITEM_ROLE
from mat_desktop.gui.widgets.track_columns import TrackColumns
from mat_desktop.gui.window import Window
from tests.gui.double import FakeServices
from tests.gui.gaps import big
from tests.gui.shown import titles
from tests.gui.test_flow import listen

Key = Qt.Key


def header_shows(window: Window) -> list[Column]:
    header = window.library.table.horizontalHeader()
    shown = [column for column in Column if not header.isSectionHidden(column)]
    return sorted(shown, key=header.visualIndex)


def test_escape_closes_the_panel_wherever_the_focus_is(qtbot: QtBot, library: Window) -> None:
    listen(qtbot, library)
    library.actions_["write"].trigger()
    panel, sidebar = library.panels.write, library.library.sidebar
    qtbot.waitUntil(panel.write.isEnabled)
    sidebar.setFocus()
    assert library.focusWidget() is sidebar
    qtbot.keyClick(sidebar, Qt.Key.Key_Escape)
    assert not panel.isVisible()
    assert library.focusWidget() is library.library.table


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
    qtbot.waitUntil(lambda: len(titles(library)) == 4)
    assert titles(library)[0] == "Song 0"
    shown = [row.likeness for row in library.tracks.shown()]
    assert shown == sorted(shown, key=lambda value: -(value or 0.0))
    assert Column.LIKENESS in header_shows(library)
    assert library.tracks.cell(rows[0], Column.LIKENESS) == "1.00"
    assert "Song 0" in view.comparison.text.text()
    assert view.comparison.isVisible()
    view.table.setFocus()
    qtbot.keyClick(view.table, Key.Key_Escape)
    qtbot.waitUntil(lambda: len(titles(library)) == 6)
    assert Column.LIKENESS not in header_shows(library)
    assert view.comparison.isHidden()
    assert titles(library)[-2] == "Song 0"  # sorted as before
    assert library.tracks.order == (Column.TITLE, Qt.SortOrder.DescendingOrder)


def test_silent_tracks_are_like_no_other(qtbot: QtBot, library: Window) -> None:
    listen(qtbot, library)
    view = library.library
    rows = [row for row in library.tracks.rows() if row.levels is not None]
    assert rows[0].scores is not None
    rows[0].scores = replace(rows[0].scores, silent=True)
    view.select(rows[0].place)
    view.table.setFocus()
    qtbot.keyClick(view.table, Key.Key_S)
    assert "only silence in “Song 0”" in view.banners.texts()[-1]
    view.select(rows[1].place)
    qtbot.keyClick(view.table, Key.Key_S)
    qtbot.waitUntil(view.comparison.isVisible)
    qtbot.waitUntil(lambda: len(titles(library)) == 3)
    assert "Song 0" not in titles(library)


def test_letters_without_a_meaning_jump_to_no_track(qtbot: QtBot, library: Window) -> None:
    listen(qtbot, library)
    table = library.library.table
    table.setFocus()
    for column in (Column.STATE, Column.TITLE):
        table.setCurrentIndex(library.tracks.index(1, column))
        letter = str(table.currentIndex().data())[0]  # other rows begin with it as well
        table.keyboardSearch(letter)
        assert table.currentIndex().row() == 1


def test_similar_tracks_begin_with_the_likest_also_where_copies_stand_before_the_track(
    qtbot: QtBot, library: Window
) -> None:
    listen(qtbot, library)  # the double hears the same in all: they are as alike as the track itself
    view = library.library
    view.table.setFixedHeight(70)
    view.select(next(row.place for row in library.tracks.rows() if row.title == "Song 3"))
    qtbot.waitUntil(lambda: view.table.verticalScrollBar().value() > 0)
    view.table.setFocus()
    qtbot.keyClick(view.table, Key.Key_S)
    qtbot.waitUntil(lambda: len(titles(library)) == 4)
    assert view.row is not None and view.row.place > 0
    assert view.table.rowAt(0) == 0


def test_similar_tracks_are_looked_for_in_all_whatever_the_search_shows(
    qtbot: QtBot, library: Window
) -> None:
    listen(qtbot, library)
    view = library.library
    view.search.setText('title="Song 0"')
    qtbot.waitUntil(lambda: titles(library) == ["Song 0"])
    view.table.setFocus()
    qtbot.keyClick(view.table, Key.Key_S)
    qtbot.waitUntil(lambda: len(titles(library)) == 4)
    assert view.search.text() == ""
    assert view.comparison.back.text() == "Back to what was shown"
    qtbot.keyClick(view.table, Key.Key_Escape)
    qtbot.waitUntil(lambda: titles(library) == ["Song 0"])
    assert view.search.text() == 'title="Song 0"'


def test_the_likest_are_said_to_be_first_once_they_are(
    qtbot: QtBot, library: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    listen(qtbot, library)
    view = library.library
    view.select(0)
    view.search.setText("song")
    qtbot.waitUntil(lambda: library.tracks.filtered)
    waiting: list = []  # type: ignore[type-arg]
    library.tracks.work_with(lambda work, done: waiting.append((work, done)))
    monkeypatch.setattr(tracks_module, "AT_ONCE", 2)
    library.actions_["similar"].trigger()
    qtbot.waitUntil(view.comparison.isVisible)
    assert view.comparison.text.text() == "Looking for tracks that sound like “Song 0”…"
    work, done = waiting[-1]
    done(work())
    assert view.comparison.text.text() == "Tracks that sound like “Song 0”, the likest first"
    view.search.setText("ferries")
    qtbot.waitUntil(lambda: view.search._found.startswith("… of"))
    work, done = waiting[-1]
    done(work())
    assert not view.search._found.startswith("…")


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


def test_titles_have_most_of_the_usual_window(qtbot: QtBot, library: Window) -> None:
    library.resize(1440, 900)
    header = library.library.table.horizontalHeader()
    qtbot.waitUntil(lambda: header.sectionSize(Column.TITLE) >= 180)
    others = [header.sectionSize(column) for column in Column if not header.isSectionHidden(column)]
    assert header.sectionSize(Column.TITLE) == max(others)


def test_columns_always_fit(library: Window) -> None:
    view = library.library
    for column in (Column.ALBUM, Column.MOOD, Column.YEAR):
        view.columns.pick(column, True)
    header = view.table.horizontalHeader()
    assert header.length() <= view.table.viewport().width()
    assert header.sectionSize(Column.TITLE) >= 100
    assert isinstance(view.columns, TrackColumns)


def test_what_is_accepted_in_several_tracks_is_not_offered_again(qtbot: QtBot, library: Window) -> None:
    listen(qtbot, library)
    pane = library.library.pane
    library.library.table.selectAll()
    qtbot.waitUntil(lambda: pane.title.text().endswith("tracks selected"))
    qtbot.waitUntil(lambda: "suggestion" in pane.says.text())
    offered, said = pane.accept_all.text().split()[-1], pane.says.text().split()[0]
    assert offered == said != "all"
    library.actions_["accept_all"].trigger()
    qtbot.waitUntil(lambda: pane.says.text().endswith("all decided"))
    assert (pane.accept_all.text(), pane.accept_all.isEnabled()) == ("Accept all", False)
    model = pane.question.scores.tags
    spoken = [model.index(n).data(Qt.ItemDataRole.AccessibleTextRole) for n in range(model.rowCount())]
    assert any(", accepted, in" in text for text in spoken)
    assert not any(", suggested, in" in text for text in spoken)


def test_rows_stay_together_when_one_of_them_is_pressed_to_drag_them(qtbot: QtBot, library: Window) -> None:
    listen(qtbot, library)
    view, table = library.library, library.library.table
    heard = [row for row in library.tracks.rows() if row.levels is not None][:3]
    view.select_rows(heard)
    qtbot.waitUntil(lambda: view.pane.title.text() == "3 tracks selected")
    at = table.visualRect(library.tracks.index(heard[1].place, Column.TITLE)).center()
    qtbot.mousePress(table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert view.row is heard[1]  # the program that they are dragged to has the pointer from here on
    assert view.meant() == heard == view.selected()
    qtbot.waitUntil(lambda: view.pane.title.text() == "3 tracks selected")
    qtbot.keyClick(table, Key.Key_Down, Qt.KeyboardModifier.ControlModifier)
    assert view.meant() == heard == view.selected()
    qtbot.waitUntil(lambda: view.pane.title.text() == "3 tracks selected")


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
        qtbot.waitUntil(lambda: not library.bridge.busy)


def test_files_that_are_held_over_the_window_are_welcomed(qtbot: QtBot, library: Window) -> None:
    data, sign = library.tracks.mimeData([library.tracks.index(0, 0)]), library.opening.drop_sign
    no_key = Qt.KeyboardModifier.NoModifier
    copy, move = Qt.DropAction.CopyAction, Qt.DropAction.MoveAction

    def enter(offered: Qt.DropAction) -> None:
        event = QDragEnterEvent(QPoint(50, 50), offered, data, Qt.MouseButton.LeftButton, no_key)
        library.dragEnterEvent(event)

    enter(move)  # which would delete them where they come from
    assert not sign.isVisible()
    enter(copy)
    assert sign.isVisible()
    assert sign.geometry() == library.pages.view.rect()
    sign.grab()
    assert current().color("bg").alpha() == 255
    library.dragLeaveEvent(QDragLeaveEvent())
    assert not sign.isVisible()
    enter(copy)
    library.dropEvent(QDropEvent(QPointF(50, 50), copy, data, Qt.MouseButton.LeftButton, no_key))
    assert not sign.isVisible()
    qtbot.waitUntil(lambda: not library.bridge.busy)


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
    qtbot.waitUntil(lambda: tracks.rowCount() == 1)
    view.select(0)
    qtbot.keyClick(view.search, Key.Key_Escape)
    qtbot.waitUntil(lambda: tracks.rowCount() > 300)
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


def test_a_table_is_sorted_by_keys_alone(qtbot: QtBot, library: Window) -> None:
    table, tracks = library.library.table, library.tracks
    table.setFocus()

    def press(*keys: Key) -> None:
        library.actions_["sort"].trigger()
        qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None)
        for key in keys:
            qtbot.keyClick(QApplication.activePopupWidget(), key)
        qtbot.waitUntil(lambda: QApplication.activePopupWidget() is None)

    press(Key.Key_Down, Key.Key_Down, Key.Key_Return)  # round from the end to the second column
    assert tracks.order == (Column.TITLE, Qt.SortOrder.AscendingOrder)
    press(Key.Key_Up, Key.Key_Up, Key.Key_Return)
    assert tracks.order == (Column.TITLE, Qt.SortOrder.DescendingOrder)
    assert titles(library) == sorted(titles(library), reverse=True)
    press(Key.Key_Down, Key.Key_Return)  # it opens at the column that is sorted by
    assert tracks.order == (Column.ARTIST, Qt.SortOrder.DescendingOrder)
    header = table.horizontalHeader()
    assert (header.sortIndicatorSection(), header.sortIndicatorOrder()) == tracks.order
    assert table.hasFocus()
    library.actions_["history"].trigger()
    library.actions_["sort"].trigger()
    assert QApplication.activePopupWidget() is None


@pytest.mark.parametrize("part", [0.0, 0.5, 1.0], ids=["top", "middle", "end"])
def test_what_is_under_the_mouse_stays_there_when_messages_come_and_go(
    qtbot: QtBot, library: Window, part: float
) -> None:
    library.setMinimumSize(100, 100)
    library.resize(1280, 640)
    view, table = library.library, library.library.table
    view.middle.setSizes([200, 400])
    qtbot.waitUntil(lambda: table.verticalScrollBar().maximum() > 20)
    banners, bar = view.banners, table.verticalScrollBar()
    mouse = table.viewport().mapToGlobal(QPoint(60, 20))

    def row() -> int:
        return table.rowAt(table.viewport().mapFromGlobal(mouse).y())

    def settled() -> None:
        qtbot.waitUntil(lambda: not table._keeping.isActive())

    bar.setValue(round(part * bar.maximum()))
    before = row()
    high = table.viewport().height()
    first = banners.show_message("warning", "Two files were left as they were.")
    qtbot.waitUntil(lambda: table.viewport().height() < high)
    assert row() == before
    second = banners.show_message("danger", "No sound")
    settled()
    assert row() == before
    bar.setValue(round(part * bar.maximum()))
    before = row()
    second.dismiss()
    settled()
    assert row() == before
    first.dismiss()
    qtbot.waitUntil(lambda: table.viewport().height() == high)
    settled()
    assert row() == before
    bar.setValue(0)
    assert row() == 0


def test_a_row_stays_in_view_when_a_message_comes_while_another_page_is_open(
    qtbot: QtBot, library: Window
) -> None:
    view, table = library.library, library.library.table
    library.setMinimumSize(100, 100)
    library.resize(1280, 640)
    view.middle.setSizes([200, 400])
    qtbot.waitUntil(lambda: table.verticalScrollBar().maximum() > 20)
    table.verticalScrollBar().setValue(0)
    place = table.rowAt(table.viewport().height() - appearance.row // 2)
    view.select(place)
    high = table.viewport().height()
    library.pages.show("history")
    view.banners.show_message("warning", "Two files were left as they were.")
    view.banners.show_message("danger", "No sound")
    qtbot.wait(100)
    library.pages.show("library")
    qtbot.waitUntil(lambda: table.viewport().height() < high - appearance.row)
    qtbot.waitUntil(
        lambda: table.viewport().rect().contains(table.visualRect(table.currentIndex()).center()),
        timeout=2000,
    )


def test_from_another_page_and_of_a_row_that_is_chosen_again_digit_keys_are_in_order_again(
    qtbot: QtBot, library: Window
) -> None:
    listen(qtbot, library)
    library.library.select(0)
    tags = library.library.pane.question.scores.tags
    table = library.library.table

    def click() -> None:
        at = table.visualRect(library.tracks.index(0, 1)).center()
        QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=at)

    def come_back() -> None:
        library.actions_["history"].trigger()
        library.actions_["library"].trigger()

    for show in (come_back, click):
        tags._rows = [replace(row, number=row.number and 9 - row.number) for row in tags._rows]
        show()
        rows = [row for place in tags.tag_rows() if (row := tags.row(place)) is not None and row.number]
        assert [row.number for row in rows] == list(range(1, len(rows) + 1))


def test_playlist_of_the_selection_or_of_all_that_is_shown(
    qtbot: QtBot, library: Window, tmp_path: Path
) -> None:
    library.rows.export_playlist(tmp_path / "all")
    made = tmp_path / "all.m3u8"
    qtbot.waitUntil(made.exists)
    lines = made.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 11  # the broken file is not there
    assert lines[1:3] == ["#EXTINF:200,The Late Ferries - Song 0", "music/0 song.flac"]
    qtbot.waitUntil(
        lambda: any(
            "5 of 6 tracks listed" in t and "Not there: 1 file" in t for t in library.library.banners.texts()
        )
    )
    library.library.table.selectRow(1)
    model = library.library.table.selectionModel()
    model.select(library.tracks.index(3, 0), model.SelectionFlag.Select | model.SelectionFlag.Rows)
    library.rows.export_playlist(tmp_path / "some.m3u8")
    qtbot.waitUntil((tmp_path / "some.m3u8").exists)
    assert (tmp_path / "some.m3u8").read_text(encoding="utf-8").count("#EXTINF") == 2
    library.rows.export_playlist(tmp_path / "no folder" / "list.m3u8")
    qtbot.waitUntil(lambda: "no folder" in library.library.banners.texts()[-1])


def test_paths_are_copied(library: Window, services: FakeServices) -> None:
    library.library.table.selectRow(0)
    library.actions_["copy_path"].trigger()
    assert QGuiApplication.clipboard().text() == str(next(iter(services.files)))


def test_the_track_that_was_in_view_at_the_end_is_in_view_at_the_next_start(
    qtbot: QtBot, window: Window, services: FakeServices, tmp_path: Path
) -> None:
    big(services, 300)
    services.library = list(services.files.values())
    last = services.library[250]
    settings = QSettings(str(tmp_path / "kept.ini"), QSettings.Format.IniFormat)
    settings.setValue("library/track", str(last.path))
    view = window.library
    view.restore(settings)
    view.table.sortByColumn(Column.TITLE, Qt.SortOrder.DescendingOrder)
    seen: list[Path] = []
    view.tags_shown.connect(lambda _: seen.extend([view.row.path] if view.row is not None else []))
    window.begin([services.music])
    qtbot.waitUntil(lambda: len(window.tracks.rows()) > 300 and not window.bridge.busy, timeout=30_000)
    assert view.row is not None
    assert view.row.path == last.path
    assert set(seen) == {last.path} == set(services.drawn[:1]), "no other is shown before it"
    assert [row.path for row in view.selected()] == [last.path]
    place = view.table.visualRect(window.tracks.index(view.row.place, Column.TITLE))
    assert view.table.viewport().rect().contains(place.center())
    view.select(3)
    chosen = view.row
    view.save(settings)
    assert settings.value("library/track") == str(chosen.path)


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


def test_the_track_in_view_is_selected_after_a_search_that_found_none_and_where_others_go(
    qtbot: QtBot, library: Window
) -> None:
    page, rows = library.library, library.tracks.shown()
    page.table.setFocus()
    page.search.setText("artist:nobody")
    qtbot.waitUntil(lambda: page.listing.shows_note)
    page.listing.clear.setFocus()
    page.listing.clear.click()
    qtbot.waitUntil(page.table.hasFocus)
    assert page.row is rows[0]
    assert page.selected() == [rows[0]]
    page.select_rows([rows[0], rows[2], rows[3]], rows[2])
    library.tracks.forget([rows[2].path])
    assert page.row is rows[3], "the nearest of those that are still selected"
    assert page.selected() == [rows[0], rows[3]]
    page.select(library.tracks.place(rows[3].path))
    library.tracks.forget([rows[3].path])
    assert page.row is rows[1]
    assert page.selected() == [rows[1]]
    page.select(0)
    library.tracks.forget([rows[0].path])
    assert page.row is rows[1]
    assert page.selected() == [rows[1]]
    page.table.clearSelection()
    library.tracks.forget([rows[1].path])
    assert page.row is rows[4]
    assert page.selected() == [], "as the user left it"


def test_the_track_that_was_in_view_comes_back_into_view_once_it_is_in_the_library_again(
    qtbot: QtBot, library: Window
) -> None:
    page, tracks = library.library, library.tracks
    rows = list(tracks.shown())
    page.select(2)
    for gone in (rows[2:4], rows[:5], rows):
        tracks.forget([row.path for row in gone])
        assert page.row not in gone
        tracks.add(gone)
        tracks.settle()
        assert page.row is rows[2], "however many of those that came in its place went too"
        assert page.selected() == [rows[2]]
    tracks.forget([rows[2].path])
    page.select(0)
    tracks.add([rows[2]])
    assert page.row is rows[0], "the user chose another"
    page.select(rows[2].place)
    tracks.forget([rows[2].path])
    row = page.row
    assert row is not None
    page.pane.question.decided.emit({"guitar": Verdict.ACCEPTED})
    tracks.add([rows[2]])
    assert page.row is row, "the user works on it"


def test_where_a_search_found_nothing_the_track_before_it_is_in_view_again(
    qtbot: QtBot, library: Window
) -> None:
    page, tracks = library.library, library.tracks
    rows = list(tracks.shown())

    def search(text: str, count: int) -> None:
        page.search.setText(text)
        qtbot.waitUntil(lambda: tracks.rowCount() == count)

    def end(row: Row) -> None:
        search("zzzz", 0)
        assert page.row is None
        search("", 6)
        assert page.row is row
        assert page.selected() == [row]

    page.select(3)
    search("song 1", 1)
    end(rows[3])  # whatever came into view while it was typed
    search("song 1", 1)
    found = page.row
    assert found is not None
    search("", 6)
    assert page.row is found, "to be seen among others"
    end(found)
    page.select(3)
    for work in (
        lambda: page.table.clicked.emit(tracks.index(0, 0)),
        lambda: page.player.moved.emit(0.5),
        lambda: page.pane.question.decided.emit({"guitar": Verdict.ACCEPTED}),
    ):
        search("song 2", 1)
        work()
        worked_on = page.row
        assert worked_on is not None
        end(worked_on)
        page.select(3)


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


def test_no_export_replaces_a_file_that_the_chooser_did_not_ask_about(
    qtbot: QtBot, library: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = {name: tmp_path / name for name in ("mine.m3u8", "mine.zip", "mine.tag.json")}
    for path in old.values():
        path.write_text("precious")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), ""))
    library.rows.choose_playlist()
    made = tmp_path / "mine (2).m3u8"
    qtbot.waitUntil(made.exists)
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
    qtbot.waitUntil(lambda: page.listing.note.text() == f"Reading the library… 0 of {count} tracks")
    assert page.listing.note.isVisible()
    assert not page.listing.clear.isVisible()
    (work,) = [work for work in window.bridge.jobs if work.title == "Reading the library"]
    assert work.total == count
    side = page.sidebar.side
    qtbot.waitUntil(lambda: side.index(0).data(ITEM_ROLE).number == "0…")
    assert "so far" in side.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    go_on.set()
    qtbot.waitUntil(lambda: not window.bridge.busy, timeout=30_000)
    qtbot.waitUntil(lambda: side.index(0).data(ITEM_ROLE).number == str(len(window.tracks.rows())))
    assert page.table.isVisible()


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
    )
    bar = table.verticalScrollBar()
    bar.setValue(0)  # as Qt does where it lays out rows that came
    window.tracks.arranged.emit(False)
    assert bar.value() > 0
    bar.triggerAction(bar.SliderAction.SliderToMinimum)  # as the user does
    window.tracks.arranged.emit(False)
    assert bar.value() == 0


def test_tracks_that_were_listened_to_are_not_offered_to_be_listened_to(
    qtbot: QtBot, library: Window
) -> None:
    listen(qtbot, library)
    page = library.library
    page.table.selectAll()
    left = [row for row in library.tracks.rows() if row.scores is None and row.track is not None]
    qtbot.waitUntil(
        lambda: page.listen.text() == f"Listen to {len(left)} of {library.tracks.rowCount()} selected",
    )
    page.select_rows([row for row in library.tracks.rows() if row.scores is not None])
    qtbot.waitUntil(lambda: not library.actions_["listen"].isEnabled())


def test_an_hour_is_shown_whole(library: Window) -> None:
    header = library.library.table.horizontalHeader()
    assert header.sectionSize(Column.LENGTH) >= text_width("10:00:00", 13, 400) + 24


def test_the_arrow_stands_over_rows_that_are_sorted(
    library: Window, services: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, header = library.tracks, library.library.table.horizontalHeader()
    header.setSortIndicator(Column.TITLE, Qt.SortOrder.DescendingOrder)
    assert header.isSortIndicatorShown()
    first = next(row.track for row in model.rows() if row.track is not None)
    model.add([replace(first, path=services.music / "new.flac")])
    assert not header.isSortIndicatorShown(), "the new row stands at the end"
    model.settle()
    assert header.isSortIndicatorShown()

    waiting: list = []  # type: ignore[type-arg]
    model.work_with(lambda work, done: waiting.append((work, done)))
    monkeypatch.setattr(tracks_module, "AT_ONCE", 2)
    header.setSortIndicator(Column.TITLE, Qt.SortOrder.AscendingOrder)
    assert not header.isSortIndicatorShown(), "a worker sorts them"
    model.add([replace(first, path=services.music / "newer.flac")])
    work, done = waiting.pop()
    done(work())
    assert not header.isSortIndicatorShown(), "one came meanwhile"
    model.settle()
    work, done = waiting.pop()
    done(work())
    assert header.isSortIndicatorShown()


def test_all_that_a_query_finds_is_selected_while_it_is_being_answered(
    library: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, tracks = library.library.table, library.tracks
    answers: list[Callable[[], None]] = []
    monkeypatch.setattr("mat_desktop.gui.models.tracks.AT_ONCE", 0)
    tracks.work_with(lambda work, done: answers.append(lambda: done(work())))
    tracks.filter(Word("song"))
    answers.pop()()
    assert tracks.rowCount() == 5
    for other in (False, True):
        tracks.filter(None)
        table.selectAll()
        if other:
            library.library.select(0)
        answers.pop()()
        assert len(table.selected_rows()) == (1 if other else 6)
        tracks.filter(Word("song"))
        answers.pop()()
