"""A window that is smaller than its pages, and letters that are larger."""

from __future__ import annotations

import contextlib
from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QScrollArea, QSizePolicy, QWidget
from pytestqt.qtbot import QtBot

from mat_desktop.domain.tags import Field
from mat_desktop.gui import icons
from mat_desktop.gui.models.columns import HEADERS, Column
from mat_desktop.gui.theme import appearance, font
from mat_desktop.gui.widgets.box_header import box_size
from mat_desktop.gui.widgets.controls import Link, Text
from mat_desktop.gui.widgets.toggle import Toggle
from mat_desktop.gui.widgets.views import ListView
from mat_desktop.gui.window import Window
from tests.gui.resting import rests


def shrink(qtbot: QtBot, window: Window, wide: int, high: int) -> None:
    window.setMinimumSize(100, 100)
    window.resize(wide, high)
    qtbot.waitUntil(lambda: (window.width(), window.height()) == (wide, high))
    qtbot.wait(50)


def test_every_page_can_be_scrolled_to_its_ends(qtbot: QtBot, library: Window) -> None:
    shrink(qtbot, library, 720, 450)
    for name in library.pages.names:
        library.pages.show(name)
        qtbot.waitUntil(lambda: rests(library), timeout=30_000)
        qtbot.wait(50)
        page, view = library.pages.current.widget, library.pages.view
        needed = page.minimumSizeHint().expandedTo(page.minimumSize())
        room = view.viewport().size()
        assert page.width() >= needed.width(), name
        assert page.height() >= needed.height(), name
        assert view.horizontalScrollBar().maximum() == max(0, page.width() - room.width()), name
        assert view.verticalScrollBar().maximum() == max(0, page.height() - room.height()), name


SCREENS = {
    "1280x720 at a scale of two": (640, 340, 100),
    "1440x900 at a scale of two": (716, 410, 100),
    "1280x720": (1276, 690, 100),
    "1280x720, letters of 150 %": (1276, 690, 150),
    "1280x720, letters of 200 %": (1276, 690, 200),
    "1440x900, letters of 200 %": (1436, 866, 200),
}
"""Windows that fill a screen, less a frame, with the size of letters in per cent."""


def too_wide(library: Window) -> list[str]:
    """What has to be scrolled sideways to be seen, of the page in view; tables of figures may be."""
    found = []
    for area in library.findChildren(QScrollArea):
        if area.isVisible() and area.widget() is not None:
            needed, room = area.widget().minimumSizeHint().width(), area.viewport().width()
            if needed > room:
                found.append(f"{type(area.widget()).__name__} needs {needed} of {room}")
    return found


@pytest.mark.parametrize(("wide", "high", "letters"), SCREENS.values(), ids=SCREENS)
def test_nothing_is_scrolled_sideways(
    qtbot: QtBot, library: Window, wide: int, high: int, letters: int
) -> None:
    def fits(name: str) -> None:
        qtbot.waitUntil(lambda: rests(library), timeout=30_000)
        with contextlib.suppress(qtbot.TimeoutError):
            qtbot.waitUntil(lambda: not too_wide(library), timeout=2000)
        assert not too_wide(library), name

    library.actions_["listen_all"].trigger()
    qtbot.waitUntil(lambda: not library.bridge.busy, timeout=30_000)
    try:
        appearance.use_text(letters)
        shrink(qtbot, library, wide, high)
        for name in library.pages.names:
            library.pages.show(name)
            fits(name)
        library.pages.show("models")
        library.workshop.models_page.show_comparison(True)
        fits("compare")
        library.pages.show("library")
        library.actions_["mapping"].trigger()
        fits("mapping")
        library.pages.drop_sheet()
        library.actions_["write"].trigger()
        fits("write")
        library.panels.close()
        library.actions_["teach"].trigger()
        fits("teach")
    finally:
        appearance.use_text(100)


def test_pages_with_nothing_in_them_are_not_scrolled_sideways(qtbot: QtBot, library: Window) -> None:
    shrink(qtbot, library, 640, 340)
    for name in library.pages.names:
        library.pages.show(name)
        qtbot.waitUntil(lambda: rests(library), timeout=30_000)
        qtbot.wait(100)
        assert not too_wide(library), name


@pytest.mark.parametrize("page", ["library", "review"])
def test_on_a_small_screen_with_large_pixels_the_spectrogram_is_seen(
    qtbot: QtBot, library: Window, page: str
) -> None:
    library.actions_["listen_all"].trigger()
    qtbot.waitUntil(lambda: not library.bridge.busy, timeout=30_000)
    shrink(qtbot, library, 640, 340)
    library.pages.show(page)
    plot = library.library.dock.plot
    assert plot is not None
    qtbot.waitUntil(lambda: plot.upper.getViewBox().height() >= 48)
    qtbot.waitUntil(lambda: library.pages.view.verticalScrollBar().maximum() == 0)
    shrink(qtbot, library, 1440, 900)
    qtbot.waitUntil(lambda: plot.lower.getViewBox().height() >= 4 * 14)


def test_on_a_small_screen_with_large_pixels_a_tag_can_be_taught(qtbot: QtBot, library: Window) -> None:
    library.actions_["listen_all"].trigger()
    qtbot.waitUntil(lambda: not library.bridge.busy, timeout=30_000)
    shrink(qtbot, library, 640, 340)
    library.library.select(0)
    library.actions_["teach"].trigger()
    panel, view = library.school.panel, library.pages.view

    def seen(part: QWidget) -> bool:
        place = QRect(part.mapTo(view.viewport(), QPoint(0, 0)), part.size())
        return view.viewport().rect().contains(place)

    qtbot.waitUntil(lambda: seen(panel.save) and seen(panel.name))
    qtbot.waitUntil(
        lambda: (view.verticalScrollBar().maximum(), view.horizontalScrollBar().maximum()) == (0, 0)
    )
    shrink(qtbot, library, 1440, 900)  # the tags come back for windows of this size, but not beside it
    assert library.actions_["pane"].isChecked()
    assert not library.library.pane.isVisible()
    library.school.close()
    assert library.library.pane.isVisible()


def test_the_rail_has_words_where_there_is_room(qtbot: QtBot, library: Window) -> None:
    rail = library.rail
    wide = rail.width()
    shrink(qtbot, library, 640, 340)
    assert rail.width() < wide
    qtbot.waitUntil(lambda: rail.rect().contains(rail.buttons["settings"].geometry()))
    parts = sorted((button.geometry() for button in rail.buttons.values()), key=QRect.y)
    assert all(above.bottom() < below.y() for above, below in pairwise(parts))
    shrink(qtbot, library, 1280, 720)
    assert rail.width() == wide


LARGE = 200
"""Per cent."""


def cut(root: QWidget) -> list[str]:
    """Words of buttons, links and labels in sight for which there is too little room."""
    found = []
    for part in root.findChildren(QWidget):
        if not isinstance(part, (Link, Toggle, Text)) or not part.isVisible() or not part.text():
            continue
        wanted = part.minimumSizeHint() if isinstance(part, Text) else part.sizeHint()
        wide = isinstance(part, Text) and (
            part.wordWrap() or part.sizePolicy().horizontalPolicy() in CAN_END_IN_DOTS
        )
        if part.height() < min(wanted.height(), 40) or (not wide and part.width() < wanted.width()):
            found.append(
                f"{part.text()!r} has {part.width()}x{part.height()} of {wanted.width()}x{wanted.height()}"
            )
    return found


CAN_END_IN_DOTS = (QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Maximum)


@pytest.mark.parametrize("first", [False, True], ids=["while it is shown", "from the start"])
def test_large_letters_are_not_cut(qtbot: QtBot, library: Window, first: bool) -> None:
    """Whether they were large when the page was made, or become so while it is shown."""
    library.actions_["listen_all"].trigger()
    qtbot.waitUntil(lambda: not library.bridge.busy, timeout=30_000)
    try:
        if first:
            appearance.use_text(LARGE)
        for name in library.pages.names:
            library.pages.show(name)
            qtbot.waitUntil(lambda: rests(library), timeout=30_000)
        appearance.use_text(LARGE)
        for name in library.pages.names:
            library.pages.show(name)
            with contextlib.suppress(qtbot.TimeoutError):
                qtbot.waitUntil(lambda: not cut(library), timeout=2000)
            assert not cut(library), name
    finally:
        appearance.use_text(100)


def test_signs_and_boxes_grow_with_letters(
    qtbot: QtBot, library: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half as much as these, which have lines to spare."""
    library.actions_["listen_all"].trigger()
    qtbot.waitUntil(lambda: not library.bridge.busy, timeout=30_000)
    drawn: dict[str, int] = {}
    draw = icons.draw

    def see(painter: QPainter, name: str, x: int, y: int, size: int, color: QColor) -> None:
        drawn[name] = min(size, drawn.get(name, size))
        draw(painter, name, x, y, size, color)

    monkeypatch.setattr(icons, "draw", see)
    try:
        appearance.use_text(LARGE)
        for name in library.pages.names:
            library.pages.show(name)
            qtbot.waitUntil(lambda: rests(library), timeout=30_000)
            library.grab()
        library.pages.show("library")
        library.library.table.selectAll()
        library.actions_["write"].trigger()
        qtbot.waitUntil(library.panels.write.write.isEnabled)
        library.grab()
        drawn.pop("circle", None)  # the dot of what is new is half as large as other states
        assert len(drawn) > 20
        assert {name: size for name, size in drawn.items() if size < 18} == {}
        assert box_size() > 16
    finally:
        appearance.use_text(100)


def test_the_sides_of_the_library_go_and_come_with_the_room(qtbot: QtBot, library: Window) -> None:
    side, pane = library.library.sidebar, library.library.pane
    assert not side.isHidden()
    shrink(qtbot, library, 1000, 700)
    assert side.isHidden()
    assert not pane.isHidden()
    shrink(qtbot, library, 720, 450)
    assert pane.isHidden()
    assert not library.actions_["pane"].isChecked()

    assert library.library.to_sidebar.isVisible()
    library.library.to_pane.click()
    assert not pane.isHidden(), "who wants it has it, and scrolls"
    assert library.library.to_pane.isHidden()
    assert library.focusWidget() is pane.scores
    shrink(qtbot, library, 700, 450)
    assert not pane.isHidden()

    shrink(qtbot, library, 1440, 900)
    assert not side.isHidden()
    assert library.library.to_sidebar.isHidden()


def test_what_gets_the_focus_is_scrolled_into_view(qtbot: QtBot, library: Window) -> None:
    shrink(qtbot, library, 720, 450)
    library.library.select(0)
    QTest.keyClick(library.library.table, Qt.Key.Key_T)
    name = library.school.panel.name
    assert library.focusWidget() is name
    view = library.pages.view.viewport()

    def seen() -> bool:
        place = name.mapTo(view, name.rect().center())
        return view.rect().contains(place)

    qtbot.waitUntil(seen)


def test_with_large_letters_changes_are_seen_before_they_are_written(qtbot: QtBot, library: Window) -> None:
    library.actions_["listen_all"].trigger()
    qtbot.waitUntil(lambda: not library.bridge.busy, timeout=30_000)
    try:
        appearance.use_text(LARGE)
        shrink(qtbot, library, 1280, 720)
        library.library.table.selectAll()
        library.actions_["write"].trigger()
        panel, view = library.panels.write, library.pages.view
        qtbot.waitUntil(panel.write.isEnabled)
        qtbot.waitUntil(lambda: view.verticalScrollBar().maximum() == 0)
        assert panel.table.viewport().height() >= 3 * appearance.row
        low = panel.write.mapTo(view.viewport(), panel.write.rect().bottomRight())
        assert view.viewport().rect().contains(low)
        combo = next(iter(panel.cards.values())).combo
        assert combo.toolTip(), "what the line under it said"
    finally:
        appearance.use_text(100)


def test_in_a_very_low_window_the_plan_is_whole_and_policies_come_when_asked_for(
    qtbot: QtBot, library: Window
) -> None:
    library.actions_["listen_all"].trigger()
    qtbot.waitUntil(lambda: not library.bridge.busy, timeout=30_000)
    shrink(qtbot, library, 640, 360)
    library.actions_["write"].trigger()
    panel, view = library.panels.write, library.pages.view
    qtbot.waitUntil(panel.write.isEnabled)
    qtbot.waitUntil(lambda: view.verticalScrollBar().maximum() == 0)
    for part in (panel.title, panel.write, panel.table):
        assert view.viewport().rect().contains(part.mapTo(view.viewport(), part.rect().bottomRight())), part
    assert panel.table.viewport().height() >= 2.5 * appearance.row
    card = panel.cards[Field.GENRE]
    assert not card.isVisible()
    panel.policies.click()
    assert card.isVisible()
    library.resize(1280, 720)
    qtbot.waitUntil(panel.policies.isHidden)
    assert card.isVisible()


def test_in_a_small_window_what_undo_would_do_has_all_of_the_page(qtbot: QtBot, library: Window) -> None:
    library.actions_["listen_all"].trigger()
    qtbot.waitUntil(lambda: not library.bridge.busy, timeout=30_000)
    library.library.table.selectAll()
    library.actions_["write"].trigger()
    panel, view = library.panels.write, library.pages.view
    qtbot.waitUntil(panel.write.isEnabled)
    panel.confirm()
    qtbot.waitUntil(lambda: library.archive.undoing.last is not None)
    shrink(qtbot, library, 640, 340)
    page = library.archive.page
    library.pages.show("history")
    library.archive.show_undo(1)
    qtbot.waitUntil(page.reversal.do.isEnabled)
    bars = view.horizontalScrollBar(), view.verticalScrollBar()
    qtbot.waitUntil(lambda: [bar.maximum() for bar in bars] == [0, 0])
    assert not page.list.isVisible()
    assert page.reversal.table.viewport().height() >= 2 * page.reversal.table.high
    assert page.reversal.summary.height() >= page.reversal.summary.heightForWidth(page.reversal.width())
    shrink(qtbot, library, 1440, 900)
    assert page.list.isVisible(), "there is room for both"
    shrink(qtbot, library, 640, 340)
    page.reversal.closed.emit()
    assert page.list.isVisible()


def test_with_large_letters_no_column_is_out_of_sight(qtbot: QtBot, library: Window) -> None:
    library.actions_["listen_all"].trigger()
    qtbot.waitUntil(lambda: not library.bridge.busy, timeout=30_000)
    table = library.library.table
    try:
        appearance.use_text(LARGE)
        shrink(qtbot, library, 1280, 720)
        library.actions_["pane"].setChecked(True)  # the pictures have the rest of the room
        qtbot.waitUntil(lambda: table.horizontalHeader().length() <= table.viewport().width())
        assert not table.isColumnHidden(Column.SUGGESTED)
        header = table.horizontalHeader()
        for column in Column:
            if not table.isColumnHidden(column):
                words = header.fontMetrics().horizontalAdvance(HEADERS[column])
                assert header.sectionSize(column) >= words + 16, HEADERS[column]
        table.selectAll()
        pane = library.library.pane
        qtbot.waitUntil(pane.many.isVisible)
        assert pane.all_changes.mapTo(pane, pane.all_changes.rect().topRight()).x() < pane.width()
        assert pane.minimumSizeHint().width() <= pane.width()
    finally:
        appearance.use_text(100)


def test_with_large_letters_the_button_of_review_is_whole(qtbot: QtBot, library: Window) -> None:
    library.actions_["listen_all"].trigger()
    qtbot.waitUntil(lambda: not library.bridge.busy, timeout=30_000)
    page = library.room.page
    try:
        appearance.use_text(LARGE)
        shrink(qtbot, library, 1280, 720)
        library.pages.show("review")
        qtbot.waitUntil(lambda: rests(library), timeout=30_000)
        qtbot.waitUntil(lambda: page.mark.width() >= page.mark.sizeHint().width())
        assert page.undo.accessibleName() == "Undo"
        assert page.undo.width() >= page.undo.sizeHint().width()
    finally:
        appearance.use_text(100)


def test_the_player_is_in_view_on_a_small_screen_with_large_pixels(qtbot: QtBot, library: Window) -> None:
    library.actions_["listen_all"].trigger()
    qtbot.waitUntil(lambda: not library.bridge.busy, timeout=30_000)
    shrink(qtbot, library, 640, 340)  # 1280 by 720 at a scale of two, less a title bar
    dock, view = library.library.dock, library.pages.view

    def low() -> bool:
        place = dock.player.mapTo(view.viewport(), dock.player.rect().bottomLeft())
        seen = dock.player.isVisible() and view.viewport().rect().contains(place)
        return seen and view.verticalScrollBar().maximum() == 0

    qtbot.waitUntil(low)
    library.pages.say("danger", "The sound device has gone away, so that nothing is heard any more.")
    qtbot.waitUntil(lambda: library.library.banners.viewport().height() > 30)
    qtbot.waitUntil(low)
    library.pages.show("review")
    qtbot.waitUntil(low)
    library.pages.show("library")
    shrink(qtbot, library, 1280, 720)
    qtbot.waitUntil(lambda: dock.height() >= 300)


def test_a_message_in_a_very_low_window_leaves_tracks_in_view(qtbot: QtBot, library: Window) -> None:
    library.actions_["listen_all"].trigger()
    qtbot.waitUntil(lambda: not library.bridge.busy, timeout=30_000)
    shrink(qtbot, library, 640, 340)
    page = library.library
    dock, table = page.dock, page.table
    plot = dock.plot
    assert plot is not None
    qtbot.waitUntil(lambda: plot.upper.getViewBox().height() >= 48)
    before = page.middle.sizes()
    library.pages.say(
        "warning", "The folder is empty, or its drive is not there: 8 tracks wait.", kind="away"
    )
    qtbot.waitUntil(lambda: table.viewport().height() >= 3 * appearance.row)
    assert not plot.isVisible() and dock.player.isVisible()
    library.pages.show("review")
    qtbot.waitUntil(plot.isVisible)
    library.pages.show("library")
    qtbot.waitUntil(lambda: not plot.isVisible())
    library.pages.clear_message("away")
    qtbot.waitUntil(plot.isVisible)
    qtbot.waitUntil(lambda: page.middle.sizes() == before)
    library.pages.say(
        "warning", "The folder is empty, or its drive is not there: 8 tracks wait.", kind="away"
    )
    qtbot.waitUntil(lambda: not plot.isVisible())
    shrink(qtbot, library, 1280, 720)
    qtbot.waitUntil(lambda: plot.isVisible() and dock.height() >= 300)


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("page", ["library", "review"])
def test_the_player_fits_on_a_small_screen_with_large_pixels(
    qtbot: QtBot, library: Window, page: str, theme: str
) -> None:
    library.actions_["listen_all"].trigger()
    qtbot.waitUntil(lambda: not library.bridge.busy, timeout=30_000)
    bar = library.library.dock.player
    bar.show_reason("")
    try:
        appearance.use(theme)
        shrink(qtbot, library, 640, 340)
        library.pages.show(page)
        qtbot.waitUntil(lambda: bar.isVisible() and bar.width() < (600 if page == "library" else 300))
        qtbot.waitUntil(lambda: bar.now.width() >= bar.now.sizeHint().width())
        children = bar.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
        parts = sorted((part for part in children if part.isVisible()), key=QWidget.x)
        assert {bar.play, bar.now, bar.next} <= set(parts)
        assert all(left.geometry().right() < right.x() for left, right in pairwise(parts))
        assert parts[-1].geometry().right() < bar.width()
    finally:
        appearance.use("dark")


def test_large_letters_are_not_cut_in_the_list_of_how_tags_are_written(qtbot: QtBot, library: Window) -> None:
    library.actions_["mapping"].trigger()
    view = next(
        part for part in library.findChildren(ListView) if part.accessibleName().startswith("Tags and")
    )
    qtbot.waitUntil(lambda: view.model().rowCount() > 0)
    try:
        appearance.use_text(LARGE)
        high = QFontMetrics(font()).height()
        qtbot.waitUntil(lambda: view.visualRect(view.model().index(0, 0)).height() >= high)
    finally:
        appearance.use_text(100)
