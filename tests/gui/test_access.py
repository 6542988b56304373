"""Every page and panel by keyboard and for screen readers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from mat_desktop.gui.models.row import State
from mat_desktop.gui.window import Window
from mat_desktop.gui.work import Work
from tests.gui.access import (
    by_arrows,
    controls,
    describe,
    faults,
    group_of,
    in_sight,
    looks_focused,
    tab_round,
    takes_focus,
)
from tests.gui.double import FakeServices
from tests.gui.resting import rests


@pytest.fixture
def full(qtbot: QtBot, library: Window, services: FakeServices) -> Window:
    """A window in which everything has something to show: heard tracks, a failure, a run."""
    library.actions_["listen_all"].trigger()
    qtbot.waitUntil(
        lambda: (
            any(row.state is State.TO_REVIEW for row in library.tracks.rows()) and not library.bridge.busy
        ),
        timeout=30_000,
    )
    library.library.table.selectRow(0)
    library.library.table.selectionModel().select(
        library.tracks.index(1, 0),
        QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows,
    )
    library.actions_["accept_all"].trigger()
    library.actions_["write"].trigger()
    qtbot.waitUntil(lambda: library.panels.write.write.isEnabled())
    library.panels.write.write.click()
    qtbot.waitUntil(lambda: bool(services.runs()) and not library.bridge.busy)
    library.library.select(2)
    return library


def look(qtbot: QtBot, root: QWidget) -> list[str]:
    qtbot.wait(50)  # layouts settle
    found = faults(root)
    wanted = [widget for widget in controls(root) if takes_focus(widget)]
    window = root.window()
    if window.focusWidget() is None:
        found.append("nothing has the focus")
        return found
    groups = {group for widget in wanted if (group := group_of(widget)) is not None}
    in_groups = {widget for group in groups for widget in by_arrows(group)}
    for key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
        try:
            reached = tab_round(window, key)
        except AssertionError as error:
            found.append(str(error))
            continue
        known = in_groups.union(reached)
        missed = [w for w in wanted if in_sight(w) and w.isEnabled() and w not in known]
        found += [f"{key.name} does not reach {describe(w)}" for w in missed]
        found += [f"{key.name} goes where nothing is seen: {describe(w)}" for w in reached if not in_sight(w)]
    found += [f"focus is not seen: {describe(w)}" for w in wanted if not looks_focused(w)]
    return found


def test_every_page(qtbot: QtBot, full: Window) -> None:
    found: list[str] = []
    for name in full.pages.names:
        full.pages.show(name)
        qtbot.waitUntil(lambda: rests(full))
        found += [f"{name}: {fault}" for fault in look(qtbot, full)]
    assert not found, "\n".join(["", *found])


def test_pages_with_nothing_in_them(qtbot: QtBot, library: Window) -> None:
    found: list[str] = []
    for name in library.pages.names:
        library.pages.show(name)
        qtbot.waitUntil(lambda: rests(library))
        found += [f"{name}: {fault}" for fault in look(qtbot, library)]
    assert not found, "\n".join(["", *found])


def in_order(window: Window, first: QWidget, *others: QWidget) -> list[str]:
    """What Tab reaches from the first one in another order than this."""
    first.setFocus()
    reached = tab_round(window)
    places = [reached.index(widget) if widget in reached else -1 for widget in others]
    return [describe(w) for w, at, before in zip(others, places, [-1, *places], strict=False) if at <= before]


def test_tab_follows_the_order_of_reading(qtbot: QtBot, full: Window) -> None:
    library, review = full.library, full.room.page
    dock = library.dock
    assert dock.plot is not None
    banner = full.pages.current.banners.show_message("warning", "Something is amiss", "Mend it", lambda: None)
    pictures = (dock.level_scale, dock.export, dock.plot, dock.player.next, dock.player.overview)
    qtbot.wait(50)
    for _ in range(2):
        full.pages.show("library")
        parts = (library.more, library.table, banner.action, banner.close_button, *pictures)
        pane = (library.pane.slider, library.pane.scores, library.pane.write, library.pane.undo)
        assert not in_order(full, library.sidebar, library.search, *parts, *pane)
        full.pages.show("review")
        qtbot.waitUntil(lambda: not full.bridge.busy)
        told = review.banners.show_message("warning", "Something is amiss", "Mend it", lambda: None)
        pictures_under = (told.action, told.close_button, *pictures)
        side = (review.question.scores, review.question.add.field, review.mark)
        assert not in_order(
            full, review.scope, review.go_on, review.back, review.next, *pictures_under, *side
        )


def test_tab_follows_the_order_of_reading_in_the_activity_panel(qtbot: QtBot, full: Window) -> None:
    full.activity.toggle()
    again = [card.retry for card in full.activity.past if card.retry is not None]
    assert again
    assert not in_order(full, full.activity.close_button, *again)
    assert not in_order(full, full.activity.clear, full.activity.close_button, again[0])
    around = tab_round(full)
    at = around.index(full.activity.close_button)
    assert (around * 2)[at + 1] is again[0], "and not what it lies over first"
    full.activity.dismiss()


def panels(window: Window) -> dict[str, Callable[[], object]]:
    a, library = window.actions_, window.library
    return {
        "write": a["write"].trigger,
        "problems": window.panels.open_problems,
        "teach": a["teach"].trigger,
        "taught": a["taught"].trigger,
        "mapping": a["mapping"].trigger,
        "keys": a["keys"].trigger,
        "about": a["about"].trigger,
        "activity": a["activity"].trigger,
        "similar": a["similar"].trigger,
        "banner": lambda: window.pages.say("warning", "Something is amiss", "Mend it", lambda: None),
        "nothing found": lambda: library.search.setText("no such song"),
        "wrong query": lambda: library.search.setText("guitar >"),
        "leaving": lambda: window.leave_bar.ask([Work("Listening")]),
    }


def back(window: Window) -> None:
    """As it was before a panel was opened."""
    window.pages.drop_sheet()
    window.leave_bar.hide()
    window.activity.hide()
    window.library.search.clear()
    if window.panels.is_open:
        window.panels.close()
    if window.school.is_open:
        window.school.close()
    window.rows.similar.back()
    window.pages.show("library")
    window.library.select(2)


def test_every_panel(qtbot: QtBot, full: Window) -> None:
    found: list[str] = []
    for name, open_it in panels(full).items():
        open_it()
        qtbot.wait(200)
        qtbot.waitUntil(lambda: not full.bridge.busy)
        found += [f"{name}: {fault}" for fault in look(qtbot, full)]
        back(full)
    assert not found, "\n".join(["", *found])


def test_the_range_of_the_spectrogram(qtbot: QtBot, full: Window) -> None:
    full.library.dock.level_scale.click()
    found = look(qtbot, full.library.dock.levels)
    assert not found, "\n".join(["", *found])
