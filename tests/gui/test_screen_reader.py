"""What a screen reader presses does what the mouse does, and what happens is said."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import QAbstractItemView, QApplication, QTableView, QWidget
from pytestqt.qtbot import QtBot

from mat_desktop.domain.scores import Verdict
from mat_desktop.domain.settings import SPECS
from mat_desktop.gui import review_queue
from mat_desktop.gui.models.row import State
from mat_desktop.gui.widgets import job_bar, question, score_list
from mat_desktop.gui.widgets.controls import Key as Cap
from mat_desktop.gui.widgets.player_bar import PlayerBar
from mat_desktop.gui.widgets.query_help import EXAMPLES
from mat_desktop.gui.widgets.toggle import Toggle
from mat_desktop.gui.window import Window
from tests.gui.double import FakeServices
from tests.gui.reviewing import decide_all, in_view
from tests.gui.test_flow import listen, press
from tests.gui.test_history import open_undo, written

Key = Qt.Key

__all__ = ["written"]
"""A fixture."""


def do(widget: QWidget, action: str = "Toggle") -> None:
    """What a screen reader asks a control to do."""
    acting = QAccessible.queryAccessibleInterface(widget).actionInterface()
    assert action in acting.actionNames()
    acting.doAction(action)


def cell(view: QAbstractItemView, row: int, column: int = 0) -> QAccessibleInterface:
    """A cell as a screen reader sees it; before those of a table come its headings."""
    seen = QAccessible.queryAccessibleInterface(view)
    model, place = view.model(), row
    if isinstance(view, QTableView):
        place = (row + 1) * (model.columnCount() + 1) + column + 1
    found, index = seen.child(place), model.index(row, column)
    text = index.data(Qt.ItemDataRole.AccessibleTextRole) or index.data()
    assert found.text(QAccessible.Text.Name) == text
    return found


def do_cell(view: QAbstractItemView, row: int, column: int = 0) -> None:
    """What it asks a cell to do."""
    acting = cell(view, row, column).actionInterface()
    assert acting.actionNames() == ["Toggle"]
    acting.doAction("Toggle")


def box(view: QAbstractItemView, row: int, column: int = 0) -> bool | None:
    """Whether a cell's box is checked, None where it has none."""
    state = cell(view, row, column).state()
    return bool(state.checked) if state.checkable else None


def test_every_switch_of_the_settings_counts(qtbot: QtBot, library: Window, services: FakeServices) -> None:
    library.actions_["settings"].trigger()
    page = library.preferences.page
    qtbot.waitUntil(lambda: page._complete)
    switches = {key: row.control for key, row in page.rows.items() if isinstance(row.control, Toggle)}
    assert set(switches) == {key for key, spec in SPECS.items() if isinstance(spec.default, bool)}
    for key, switch in switches.items():
        before = services.settings[key]
        do(switch)
        qtbot.waitUntil(lambda key=key, before=before: services.settings[key] is not before)
        assert switch.isChecked() is not before
        do(switch, "Press")
        qtbot.waitUntil(lambda key=key, before=before: services.settings[key] is before)
    before = services.settings["appearance.motion"]
    library.configure.put({"appearance.motion": not before})
    assert switches["appearance.motion"].isChecked() is not before  # type: ignore[union-attr]


@pytest.mark.parametrize("place", ["library", "review"])
def test_a_tag_is_accepted(qtbot: QtBot, library: Window, place: str) -> None:
    listen(qtbot, library)
    library.pages.show(place)
    row = in_view(library)
    scores = library.room.page.question.scores if place == "review" else library.library.pane.question.scores
    at = scores.tags.place("rock")
    assert box(scores, at) is False
    do_cell(scores, at)
    qtbot.waitUntil(lambda: row.verdicts.get("rock") is Verdict.ACCEPTED)
    assert scores.currentIndex().row() == at
    assert box(scores, at) is True
    do_cell(scores, at)
    qtbot.waitUntil(lambda: "rock" not in row.verdicts)
    assert not scores.selectionModel().hasSelection()


def test_files_and_fields_of_plans_are_checked(qtbot: QtBot, written: Window) -> None:
    panel = open_undo(qtbot, written)
    table, model = panel.table, panel.model
    assert box(table, 1, 0) is box(table, 1, 1) is True
    assert box(table, 0) is box(table, 1, 2) is None
    do_cell(table, 1, 1)
    qtbot.waitUntil(lambda: model.partly == 1)
    assert box(table, 1, 1) is False
    assert box(table, 1, 0) is False
    assert table.currentIndex() == model.index(1, 1)
    do_cell(table, 0)
    qtbot.waitUntil(lambda: model.partly == 0)
    do_cell(table, 1)
    qtbot.waitUntil(lambda: model.picked_files == 3)
    assert not table.selectionModel().hasSelection()
    table.selectAll()
    assert not table.selectionModel().hasSelection()


def test_a_long_value_of_a_run_is_unfolded(qtbot: QtBot, written: Window) -> None:
    written.pages.show("history")
    page = written.archive.page
    qtbot.waitUntil(lambda: len(page.changes.files) == 4)
    assert box(page.table, 1) is None
    do_cell(page.table, 1)
    qtbot.waitUntil(lambda: page.table.unfolded == 1)


def test_lists_of_which_one_is_shown_follow(qtbot: QtBot, library: Window) -> None:
    listen(qtbot, library)
    sidebar = library.library.sidebar

    def found() -> list[int]:
        rows = range(sidebar.side.rowCount())
        return [row for row in rows if "ailed" in str(sidebar.side.index(row).data())]

    qtbot.waitUntil(lambda: len(found()) == 1)
    (failed,) = found()
    do_cell(sidebar, failed)
    qtbot.waitUntil(lambda: sidebar.currentIndex().row() == failed)
    assert {row.state for row in library.tracks.shown()} == {State.FAILED}
    library.pages.show("settings")
    page = library.preferences.page
    qtbot.waitUntil(lambda: page._complete)
    do_cell(page.list, 4)
    qtbot.waitUntil(lambda: page.list.currentIndex().row() == 4)


def test_buttons_that_stay_down(qtbot: QtBot, library: Window) -> None:
    bar = library.library.dock.player
    before = bar.mute.isChecked()
    do(bar.mute)
    assert bar._muted is not before
    assert bar.mute.isChecked() is not before
    do(bar.mute)
    assert bar._muted is before


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What screen readers are told."""
    told: list[str] = []
    for module in (question, job_bar, score_list, review_queue):
        monkeypatch.setattr(module, "announce", lambda _, text: told.append(text))
    return told


def test_decisions_by_key_are_told(qtbot: QtBot, said: list[str], library: Window) -> None:
    listen(qtbot, library)
    assert any("4 tracks" in text for text in said), "the end of listening"
    qtbot.waitUntil(lambda: "2 problems" in said)
    library.library.table.setFocus()
    library.library.pane.question.scores.go_to("rock")
    for key, text in (
        (Key.Key_P, "rock accepted"),
        (Key.Key_1, "rock undecided"),
        (Key.Key_X, "indie rejected"),
    ):
        if key is Key.Key_X:
            library.library.pane.question.scores.go_to("indie")
        press(qtbot, library, key)
        qtbot.waitUntil(lambda text=text: said[-1] == text)
    library.actions_["undo"].trigger()
    qtbot.waitUntil(lambda: any(text.startswith("indie, suggested") for text in said[-2:]))
    qtbot.waitUntil(lambda: "Taken back: “indie” rejected in “Song 0”" in said)


def test_another_track_in_review_is_told_with_its_place(
    qtbot: QtBot, said: list[str], library: Window
) -> None:
    listen(qtbot, library)
    qtbot.waitUntil(lambda: "2 problems" in said)  # told a while later, it would be the last that is told
    library.pages.show("review")

    def told(place: int) -> bool:
        row = library.library.row
        return row is not None and said[-1] == f"{row.title}, {row.artist}, {place} of 4".replace(", ,", ",")

    qtbot.waitUntil(lambda: told(1))
    for key, place in ((Key.Key_J, 2), (Key.Key_J, 3), (Key.Key_K, 2)):
        press(qtbot, library, key)
        qtbot.waitUntil(lambda place=place: told(place))
    times = len(said)
    press(qtbot, library, Key.Key_P)
    qtbot.waitUntil(lambda: said[-1].endswith("accepted"))
    assert not any(text.endswith("of 4") for text in said[times:])
    decide_all(qtbot, library)
    qtbot.waitUntil(lambda: told(3))


def test_alternatives_say_which_is_chosen(qtbot: QtBot, written: Window) -> None:
    panel = written.archive.page.reversal
    every, changed, _ = panel.filters
    open_undo(qtbot, written)
    changed.setEnabled(True)
    states = [QAccessible.queryAccessibleInterface(button).state() for button in (every, changed)]
    assert [(state.checkable, state.checked) for state in states] == [(1, 1), (1, 0)]
    do(changed)
    assert (every.chosen, changed.chosen) == (every.isChecked(), changed.isChecked()) == (False, True)
    assert panel.model.rowCount() == 0
    do(changed)
    assert changed.isChecked(), "one always is"
    every.click()
    assert every.isChecked()
    assert not changed.isChecked()
    assert panel.model.rowCount() > 0


def test_keys_have_names(qtbot: QtBot, library: Window) -> None:
    library.actions_["keys"].trigger()
    for root in (library.pages.current.widget, library.room.page):
        caps = root.findChildren(Cap)
        assert caps
        for cap in caps:
            seen = QAccessible.queryAccessibleInterface(cap)
            assert seen.role() is QAccessible.Role.StaticText
            assert seen.text(QAccessible.Text.Name)
    names = [cap.accessibleName() for cap in library.room.page.findChildren(Cap)]
    assert "Shift 1" in names


def test_the_overview_is_a_slider_of_seconds(qtbot: QtBot) -> None:
    bar = PlayerBar()
    qtbot.addWidget(bar)
    gone: list[float] = []
    bar.overview.seek.connect(gone.append)
    bar.set_track(200.0)
    bar.overview.set_share(0.25)
    seen = QAccessible.queryAccessibleInterface(bar.overview)
    assert seen.role() is QAccessible.Role.Slider
    value = seen.valueInterface()
    assert (value.minimumValue(), value.currentValue(), value.maximumValue()) == (0, 50, 200)
    assert not gone
    value.setCurrentValue(100)
    assert gone == [0.5]
    bar.set_track(None)
    assert value.maximumValue() == 0


def test_examples_of_queries_are_explained(library: Window) -> None:
    for link, (example, meaning) in zip(library.library.filter.help.links, EXAMPLES, strict=True):
        seen = QAccessible.queryAccessibleInterface(link)
        assert seen.text(QAccessible.Text.Name) == example
        assert seen.text(QAccessible.Text.Description) == meaning


def held(window: QWidget) -> set[object]:
    """What a screen reader finds in a window."""
    seen = [QAccessible.queryAccessibleInterface(window)]
    found: set[object] = set()
    while seen:
        part = seen.pop()
        found.add(part.object())
        if part.object() is None or not isinstance(part.object(), QAbstractItemView):
            seen += [part.child(number) for number in range(part.childCount())]
    return found


def test_what_opens_over_the_window_is_a_part_of_it(qtbot: QtBot, library: Window) -> None:
    listen(qtbot, library)
    view, row = library.library, in_view(library)
    for open_it, overlay in (
        (view.search.help.click, view.filter.help),
        (view.dock.level_scale.click, view.dock.levels),
    ):
        view.table.setFocus()
        open_it()
        assert overlay.isVisible()
        assert overlay in held(library)
        stops = set()
        for key in [Key.Key_Tab] * 12 + [Key.Key_Backtab]:
            focus = QApplication.focusWidget()
            assert focus is not None and overlay.isAncestorOf(focus)
            stops.add(focus)
            qtbot.keyClick(focus, key)
        assert len(stops) > 3
        focus = QApplication.focusWidget()
        assert focus is not None
        qtbot.keyClick(focus, Key.Key_P)
        assert not row.verdicts, "keys mean nothing under it"
        qtbot.keyClick(focus, Key.Key_Escape)
        assert not overlay.isVisible()
        assert view.table.hasFocus()
        open_it()
        qtbot.mouseClick(overlay._ground, Qt.MouseButton.LeftButton)
        assert not overlay.isVisible()
        open_it()
        library.pages.show("history")
        qtbot.waitUntil(lambda overlay=overlay: not overlay.isVisible())
        library.pages.show("library")


def test_the_picture_says_where_the_playhead_is(qtbot: QtBot, library: Window) -> None:
    qtbot.waitUntil(lambda: library.library.dock.plot is not None, timeout=20_000)
    plot = library.library.dock.plot
    assert plot is not None
    plot.set_length(200.0)
    plot.move_to(65.0)
    assert plot.accessibleDescription().startswith("Playhead at 1:05 of 3:20")
