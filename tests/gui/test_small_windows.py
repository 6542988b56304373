"""A window that is smaller than its pages, and letters that are larger."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from mat_desktop.gui.window import Window


def shrink(qtbot: QtBot, window: Window, wide: int, high: int) -> None:
    window.setMinimumSize(100, 100)
    window.resize(wide, high)
    qtbot.waitUntil(lambda: (window.width(), window.height()) == (wide, high))
    qtbot.wait(50)


def test_every_page_can_be_scrolled_to_its_ends(qtbot: QtBot, library: Window) -> None:
    shrink(qtbot, library, 720, 450)
    for name in library.pages.names:
        library.pages.show(name)
        qtbot.wait(50)
        page, view = library.pages.current.widget, library.pages.view
        needed = page.minimumSizeHint().expandedTo(page.minimumSize())
        room = view.viewport().size()
        assert page.width() >= needed.width(), name
        assert page.height() >= needed.height(), name
        assert view.horizontalScrollBar().maximum() == max(0, page.width() - room.width()), name
        assert view.verticalScrollBar().maximum() == max(0, page.height() - room.height()), name


def test_the_sides_of_the_library_go_and_come_with_the_room(qtbot: QtBot, library: Window) -> None:
    side, pane = library.library.sidebar, library.library.pane
    assert not side.isHidden()
    shrink(qtbot, library, 1000, 700)
    assert side.isHidden()
    assert not pane.isHidden()
    shrink(qtbot, library, 720, 450)
    assert pane.isHidden()
    assert not library.actions_["pane"].isChecked()

    library.actions_["pane"].trigger()
    assert not pane.isHidden(), "who wants it has it, and scrolls"
    shrink(qtbot, library, 700, 450)
    assert not pane.isHidden()

    shrink(qtbot, library, 1440, 900)
    assert not side.isHidden()


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
