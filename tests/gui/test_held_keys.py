"""A key that is held decides once; only what moves goes on."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from mat_desktop.domain.tags import Category
from mat_desktop.domain.taught import TaughtTag
from mat_desktop.gui.actions import SPECS
from mat_desktop.gui.models.row import State
from mat_desktop.gui.widgets.taught_list import TaughtList
from mat_desktop.gui.window import Window
from tests.gui.test_flow import listen


def hold(widget: QWidget, key: Qt.Key, text: str = "") -> None:
    """A press and two repeats, as the keyboard sends them."""
    for repeats in (False, True, True):
        press = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier, text, repeats)
        QCoreApplication.sendEvent(widget, press)


@pytest.mark.parametrize("where", ["tags", "page"])
def test_enter_marks_the_track_in_view_and_not_the_next_ones(
    qtbot: QtBot, library: Window, where: str
) -> None:
    listen(qtbot, library)
    library.pages.show("review")
    page = library.room.page
    first = library.library.row
    assert first is not None
    hold(page.question.scores if where == "tags" else page, Qt.Key.Key_Return, "\r")
    assert [row.title for row in library.tracks.rows() if row.reviewed] == [first.title]
    second = library.library.row
    assert second is not None and second is not first and second.state is State.TO_REVIEW
    hold(page.question.scores, Qt.Key.Key_Return, "\r")  # let go and pressed anew
    assert sum(row.reviewed for row in library.tracks.rows()) == 2


def test_actions_repeat_only_where_they_move(library: Window) -> None:
    repeated = {spec.name for spec in SPECS if library.actions_[spec.name].autoRepeat()}
    assert repeated == {"next", "previous", "zoom_in", "zoom_out", "next_pane"}


def test_delete_removes_one_taught_tag(qtbot: QtBot) -> None:
    taught = TaughtList()
    qtbot.addWidget(taught)
    removed: list[str] = []

    def remove(name: str) -> None:
        removed.append(name)
        taught.show_tags([tag for tag in tags if tag.name not in removed])

    tags = [_tag(name) for name in ("one", "two", "three")]
    taught.removed.connect(remove)
    taught.show_tags(tags)
    hold(taught, Qt.Key.Key_Delete)
    assert removed == ["one"]


def _tag(name: str) -> TaughtTag:
    return TaughtTag(
        1,
        name,
        Category.GENRE,
        "digest",
        "fcn2d",
        "2026-01-01",
        (1.0,),
        0.0,
        0.5,
        (),
        (),
        right=0,
        ranking=0.5,
    )
