"""Where the focus goes by itself: never onto what arrow keys change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Event

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QSlider
from pytestqt.qtbot import QtBot

from mat_desktop.domain.track import Track
from mat_desktop.errors import FileFault
from mat_desktop.gui.focus import arrows_change
from mat_desktop.gui.widgets.controls import Button
from mat_desktop.gui.window import Window
from tests.gui.double import FakeServices

Key = Qt.Key


def press(*keys: Key) -> None:
    for key in keys:
        QTest.keyClick(QApplication.focusWidget(), key)


def test_arrow_keys_after_the_first_folder_go_through_its_tracks(
    qtbot: QtBot, window: Window, services: FakeServices
) -> None:
    go_on, walk = Event(), services.scan

    def slow(roots: Sequence[Path], cancel: Event) -> Iterator[Track | FileFault]:
        assert go_on.wait(30)
        yield from walk(roots, cancel)

    services.scan = slow  # type: ignore[method-assign, assignment]
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is window.opening.first.open)
    window.scan.open([services.music])
    view = window.library
    qtbot.waitUntil(view.listing.note.isVisible)
    press(Key.Key_Down, Key.Key_Down)
    go_on.set()
    qtbot.waitUntil(lambda: len(window.tracks.rows()) == 6 and not window.bridge.busy, timeout=30_000)
    assert QApplication.focusWidget() is view.table
    press(Key.Key_Down, Key.Key_Down)
    assert view.table.currentIndex().row() == 2
    assert view.pane.slider.value() == 0
    assert window.tracks.shift == 0


def test_the_table_has_the_focus_again_that_it_lost_to_a_query_without_tracks(
    qtbot: QtBot, library: Window
) -> None:
    view = library.library
    view.table.setFocus()
    view.search.setText("artist:nobody")
    qtbot.waitUntil(view.listing.note.isVisible)
    press(Key.Key_Down)
    view.search.clear()
    qtbot.waitUntil(view.table.isVisible)
    assert QApplication.focusWidget() is view.table
    assert view.pane.slider.value() == 0


LOST: dict[str, Callable[[Button], object]] = {
    "hidden": lambda button: button.hide(),
    "disabled": lambda button: button.setEnabled(False),
    "removed": lambda button: button.deleteLater(),
    "in what is disabled": lambda button: button.parentWidget().setEnabled(False),
}


@pytest.mark.parametrize("how", LOST)
def test_where_a_control_goes_from_under_the_focus_it_falls_to_the_table(
    qtbot: QtBot, library: Window, how: str
) -> None:
    view = library.library
    button = view.dock.player.next
    button.setFocus()
    assert QApplication.focusWidget() is button
    LOST[how](button)
    qtbot.waitUntil(lambda: QApplication.focusWidget() is view.table)


def test_elsewhere_it_falls_to_no_control_that_arrow_keys_change(qtbot: QtBot, library: Window) -> None:
    library.pages.show("settings")
    qtbot.waitUntil(lambda: bool(library.pages.current.widget.findChildren(QSlider)), timeout=30_000)
    qtbot.waitUntil(lambda: not library.bridge.busy, timeout=30_000)
    page = library.pages.current.widget
    parts = [
        part
        for part in page.findChildren(QAbstractButton)
        if part.isVisible() and part.isEnabled() and part.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]
    assert parts
    for part in parts:
        part.setFocus()
        part.setEnabled(False)
        assert not arrows_change(QApplication.focusWidget())
        part.setEnabled(True)


def test_tab_and_a_click_reach_the_slider(qtbot: QtBot, library: Window) -> None:
    view = library.library
    view.table.setFocus()
    for _ in range(60):
        press(Key.Key_Tab)
        if QApplication.focusWidget() is view.pane.slider:
            break
    assert QApplication.focusWidget() is view.pane.slider
    view.table.setFocus()
    qtbot.mouseClick(view.pane.slider, Qt.MouseButton.LeftButton)
    assert QApplication.focusWidget() is view.pane.slider


def test_a_wheel_over_a_slider_without_the_focus_changes_nothing(qtbot: QtBot, library: Window) -> None:
    slider = library.library.pane.slider

    def turn() -> None:
        middle = QPointF(slider.rect().center())
        QApplication.sendEvent(
            slider,
            QWheelEvent(
                middle,
                slider.mapToGlobal(middle),
                QPoint(),
                QPoint(0, 120),
                Qt.MouseButton.NoButton,
                Qt.KeyboardModifier.NoModifier,
                Qt.ScrollPhase.NoScrollPhase,
                False,
            ),
        )

    library.library.table.setFocus()
    turn()
    assert slider.value() == 0
    slider.setFocus(Qt.FocusReason.MouseFocusReason)
    turn()
    assert slider.value() != 0
