"""What plays while one looks at other tracks, and in Review."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from mat_desktop.gui.models.columns import Column
from mat_desktop.gui.models.row import Row
from mat_desktop.gui.window import Window
from tests.gui.reviewing import in_view, press
from tests.gui.silent_player import SilentCard
from tests.gui.test_flow import listen

Key = Qt.Key


def playing(card: SilentCard) -> str:
    """Name of the file that plays, empty where none does."""
    return card.path.name if card.path is not None and card.playing else ""


def play_first(qtbot: QtBot, window: Window, card: SilentCard) -> None:
    window.library.select(0)
    window.library.table.setFocus()
    qtbot.keyClick(window.library.table, Key.Key_Space)
    card.position = 42.0
    qtbot.waitUntil(lambda: window.library.dock.player.now.text() == "0:42")


def test_what_plays_plays_on_whatever_is_looked_at(qtbot: QtBot, sounding: Window, card: SilentCard) -> None:
    page, bar = sounding.library, sounding.library.dock.player
    plot = page.dock.plot
    assert plot is not None
    play_first(qtbot, sounding, card)
    assert not bar.name.isVisible()
    levels = bar.overview._levels
    qtbot.keyClick(page.table, Key.Key_Down)
    page.select(3)
    assert (playing(card), card.position) == ("0 song.flac", 42.0)
    assert bar.name.isVisible() and "Song 0" in bar.name.text()
    assert "Song 0" in bar.play.toolTip()
    assert (bar.seconds, bar.now.text()) == (200.0, "0:42"), "the bar is about what plays"
    qtbot.waitUntil(lambda: page.dock.picture is not None)
    assert bar.overview._levels is levels
    assert plot._head_at == 0, "the picture is about what is looked at"
    page.search.setText("nothing has this")
    qtbot.waitUntil(lambda: page.row is None)
    assert playing(card) == "0 song.flac"
    page.search.setText("")
    qtbot.waitUntil(lambda: page.tracks.rowCount() == 6)
    bar.name.click()
    assert page.row is not None and page.row.title == "Song 0"
    assert not bar.name.isVisible()
    qtbot.waitUntil(lambda: plot._head_at == 42.0)


def test_space_is_for_what_the_bar_names(qtbot: QtBot, sounding: Window, card: SilentCard) -> None:
    page, bar = sounding.library, sounding.library.dock.player
    play_first(qtbot, sounding, card)
    page.select(3)
    qtbot.keyClick(page.table, Key.Key_Space)
    assert not card.playing
    qtbot.keyClick(page.table, Key.Key_Space)
    assert (playing(card), card.position) == ("0 song.flac", 42.0)
    qtbot.keyClick(page.table, Key.Key_Right)
    assert card.position == 47.0
    qtbot.keyClick(page.table, Key.Key_Space)
    page.select(4)  # while it is silent, the one that is looked at is meant
    assert not bar.name.isVisible()
    assert (bar.seconds, bar.now.text()) == (204.0, "0:00")
    page.select(0)
    assert bar.now.text() == "0:47", "the place of a pause is kept"
    page.select(4)
    qtbot.keyClick(page.table, Key.Key_Space)
    assert (playing(card), card.position) == ("4 song.flac", 0.0)


def test_enter_a_double_click_and_the_menu_play_the_selected_track(
    qtbot: QtBot, sounding: Window, card: SilentCard
) -> None:
    page, bar = sounding.library, sounding.library.dock.player
    play_first(qtbot, sounding, card)
    page.select(2)
    qtbot.keyClick(page.table, Key.Key_Return)
    assert playing(card) == "2 song.flac"
    assert not bar.name.isVisible()
    at = page.table.visualRect(page.tracks.index(4, 1)).center()
    qtbot.mouseClick(page.table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert playing(card) == "2 song.flac"
    qtbot.mouseDClick(page.table.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(at))
    assert playing(card) == "4 song.flac"
    page.select(1)
    sounding.actions_["play_selected"].trigger()
    assert playing(card) == "1 song.flac"
    page.select(5)  # it cannot be read
    qtbot.keyClick(page.table, Key.Key_Return)
    assert playing(card) == "1 song.flac"
    qtbot.keyClick(page.table, Key.Key_Space)
    page.select(3)
    page.select(2)
    qtbot.keyClick(page.table, Key.Key_Return)
    assert (playing(card), card.position) == ("2 song.flac", 0.0)
    page.select(3)
    page.player.seek(20.0)  # a click in its picture
    assert (playing(card), card.position) == ("3 song.flac", 20.0)


def test_the_next_track_follows_what_plays_and_leaves_the_view_alone(
    qtbot: QtBot, sounding: Window, card: SilentCard
) -> None:
    page, bar = sounding.library, sounding.library.dock.player
    play_first(qtbot, sounding, card)
    page.select(4)
    card.playing, card.ended = False, True
    qtbot.waitUntil(lambda: playing(card) == "1 song.flac")
    assert page.row is not None and page.row.title == "Song 4"
    assert bar.name.isVisible() and "Song 1" in bar.name.text()
    bar.next.click()
    assert playing(card) == "2 song.flac"
    assert page.row.title == "Song 4"
    qtbot.keyClick(page.table, Key.Key_K)
    assert page.row.title == "Song 3", "the key goes on from what is looked at"
    assert playing(card) == "3 song.flac"


def test_in_review_the_track_in_view_plays_as_long_as_sound_is_on(
    qtbot: QtBot, sounding: Window, card: SilentCard
) -> None:
    listen(qtbot, sounding)
    play_first(qtbot, sounding, card)
    sounding.library.select(1)
    press(qtbot, sounding, Key.Key_2, control=True)
    assert sounding.room.in_view
    assert in_view(sounding).title == "Song 1"
    assert playing(card) == "1 song.flac"
    assert not sounding.library.dock.player.name.isVisible()
    press(qtbot, sounding, Key.Key_Return)
    assert (in_view(sounding).title, playing(card)) == ("Song 2", "2 song.flac")
    card.playing, card.ended = False, True
    qtbot.waitUntil(lambda: not card.ended)
    assert (in_view(sounding).title, playing(card)) == ("Song 2", ""), "the end moves no view"
    press(qtbot, sounding, Key.Key_P, shift=True)  # all is decided: it goes on by itself
    qtbot.waitUntil(lambda: in_view(sounding).title == "Song 3")
    assert playing(card) == "3 song.flac", "it was over, and not turned off"
    press(qtbot, sounding, Key.Key_Space)
    press(qtbot, sounding, Key.Key_K)
    assert playing(card) == "", "it was turned off"


@pytest.mark.parametrize("backwards", [False, True])
def test_next_goes_on_from_where_a_track_was_whose_file_was_deleted(
    qtbot: QtBot, sounding: Window, card: SilentCard, backwards: bool
) -> None:
    page, bar = sounding.library, sounding.library.dock.player
    if backwards:
        page.tracks.sort(list(Column).index(Column.TITLE), Qt.SortOrder.DescendingOrder)
        qtbot.waitUntil(lambda: page.tracks.in_order)
    page.look_at(next(row for row in page.tracks.rows() if row.title == "Song 2"))
    page.table.setFocus()
    qtbot.keyClick(page.table, Key.Key_Space)
    assert playing(card) == "2 song.flac" and card.path is not None
    page.tracks.forget([card.path])
    assert playing(card) == "2 song.flac" and "Song 2" in bar.name.text()
    bar.next.click()
    assert playing(card) == ("1 song.flac" if backwards else "3 song.flac")
    bar.previous.click()
    assert playing(card) == ("3 song.flac" if backwards else "1 song.flac")


def test_what_plays_and_is_renamed_is_still_the_track_in_view(
    qtbot: QtBot, sounding: Window, card: SilentCard
) -> None:
    page, bar = sounding.library, sounding.library.dock.player
    play_first(qtbot, sounding, card)
    old = in_view(sounding)
    assert old.track is not None
    new = Row.of(replace(old.track, path=old.path.with_name("0b song.flac")))
    page.tracks.add([new])
    sounding.watching.renamed.emit({old: new})
    page.tracks.forget([old.path])
    assert page.row is new and not bar.name.isVisible()
    assert (playing(card), card.position) == ("0b song.flac", 42.0)
    page.select(3)  # and out of view
    newer = Row.of(replace(old.track, path=old.path.with_name("0c song.flac")))
    page.tracks.add([newer])
    sounding.watching.renamed.emit({new: newer})
    page.tracks.forget([new.path])
    page.tracks.settle()
    qtbot.waitUntil(lambda: page.tracks.in_order)
    bar.next.click()
    assert playing(card) == "1 song.flac"


def test_what_cannot_be_played_is_named(qtbot: QtBot, sounding: Window, card: SilentCard) -> None:
    listen(qtbot, sounding)
    play_first(qtbot, sounding, card)
    sounding.library.select(3)
    sounding.pages.show("review")
    name = playing(card)
    assert name
    card.playing, card.ended, card.error = False, True, "No such file or directory"
    told = sounding.room.page.banners.texts
    qtbot.waitUntil(lambda: f"Cannot play {name}: No such file or directory" in told())


def test_shift_and_space_stop_what_plays_where_a_button_has_the_focus(
    qtbot: QtBot, sounding: Window, card: SilentCard
) -> None:
    bar = sounding.library.dock.player
    play_first(qtbot, sounding, card)
    qtbot.mouseClick(bar.next, Qt.MouseButton.LeftButton)
    assert playing(card) == "1 song.flac"
    bar.next.setFocus()
    qtbot.keyClick(bar.next, Key.Key_Space, Qt.KeyboardModifier.ShiftModifier)
    assert playing(card) == "" and in_view(sounding).title == "Song 1"
    for scale in (sounding.library.dock.level_scale, sounding.library.pane.slider):
        scale.setFocus()
        sounding.actions_["play"].trigger()
        qtbot.keyClick(scale, Key.Key_Space, Qt.KeyboardModifier.ShiftModifier)
        assert playing(card) == "" and not sounding.library.dock.levels.isVisible()
    bar.next.setFocus()
    qtbot.keyClick(bar.next, Key.Key_Space)
    assert in_view(sounding).title == "Song 2", "the key alone presses the button"
