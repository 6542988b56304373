from __future__ import annotations

import threading
from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from mat_desktop.app.diagnosis import Finding, State
from mat_desktop.app.doctor import Check
from mat_desktop.gui.views.about import About
from mat_desktop.gui.views.shortcuts import Shortcuts, in_columns
from mat_desktop.gui.widgets.controls import Text
from mat_desktop.gui.window import Window
from tests.gui.double import FakeServices


def open_about(window: Window) -> About:
    window.actions_["about"].trigger()
    sheet = window.pages.stack.currentWidget()
    assert isinstance(sheet, About)
    return sheet


def texts(sheet: About) -> list[str]:
    return [label.text() for label in sheet.findChildren(Text)]


def test_about_shows_the_diagnosis_and_copies_it(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    services.looks.append(
        Check(
            "Engine",
            lambda: iter([Finding("Engine", "start", State.FAULT, "it died", "start it again")]),
            slow=True,
        )
    )
    sheet = open_about(library)
    qtbot.waitUntil(lambda: sheet.verdict.text() == "1 fault")
    assert "it died\nstart it again" in texts(sheet)
    sheet.copy.click()
    copied = QGuiApplication.clipboard().text()
    assert "fault    start" in copied
    assert "-> start it again" in copied
    assert "Music is only counted" in copied

    services.looks.pop()
    sheet.look_again.click()
    qtbot.waitUntil(lambda: sheet.verdict.text() == "Everything is well")
    qtbot.waitUntil(lambda: "it died\nstart it again" not in texts(sheet))


def test_leaving_about_gives_the_look_up(qtbot: QtBot, library: Window, services: FakeServices) -> None:
    stopped = threading.Event()

    def look() -> Iterator[Finding]:
        assert stopped.wait(10)
        yield Finding("Engine", "start", State.OK, "late")

    services.looks = [Check("Engine", look, slow=True, stop=stopped.set)]
    sheet = open_about(library)
    assert sheet.verdict.text() == "Looking at: Engine…"
    assert not sheet.copy.isEnabled()
    QTest.keyClick(sheet, Qt.Key.Key_Escape)
    assert stopped.is_set()
    assert library.pages.shows(library.library)

    services.looks = [Check("A", lambda: iter([Finding("A", "b", State.WARNING, "c")]))]
    sheet = open_about(library)
    qtbot.waitUntil(lambda: sheet.verdict.text() == "1 warning")


def test_a_sheet_scrolls_by_keyboard(qtbot: QtBot, library: Window) -> None:
    library.resize(900, 450)
    library.actions_["keys"].trigger()
    sheet = library.pages.stack.currentWidget()
    assert sheet is not None
    bar = sheet._scroll.verticalScrollBar()  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    QTest.keyClick(library.focusWidget(), Qt.Key.Key_PageDown)
    assert bar.value() > 0
    QTest.keyClick(library.focusWidget(), Qt.Key.Key_Home)
    assert bar.value() == 0


def test_facts_and_findings_stand_in_the_same_columns(qtbot: QtBot, library: Window) -> None:
    sheet = open_about(library)
    qtbot.waitUntil(lambda: sheet.verdict.text() == "Everything is well")
    labels = {label.text(): label for label in sheet.findChildren(Text)}
    qtbot.waitUntil(lambda: labels["Program"].x() > 0)
    finding = labels["double"] if "double" in labels else labels["Typeface"]
    assert labels["Typeface"].x() == labels["Model"].x() == finding.x()
    marks = [label for label in sheet.findChildren(Text) if label.text() == "Program"]
    assert len({mark.x() for mark in marks if mark.font().weight() < 600}) == 1


def test_all_keys_are_in_view_where_there_is_room_for_three_columns(qtbot: QtBot, library: Window) -> None:
    library.actions_["keys"].trigger()
    sheet = library.pages.stack.currentWidget()
    assert isinstance(sheet, Shortcuts)
    qtbot.waitUntil(lambda: sheet.columns == 3)
    bar = sheet._scroll.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() == 0)
    library.resize(700, 900)
    qtbot.waitUntil(lambda: sheet.columns == 1)


def test_columns_are_as_even_as_their_order_allows() -> None:
    assert in_columns([3, 3, 3], 3) == [range(1), range(1, 2), range(2, 3)]
    assert in_columns([9, 1, 1, 7], 2) == [range(1), range(1, 4)]
    assert in_columns([1, 2], 1) == [range(2)]
    assert in_columns([5], 3) == [range(1)]
