"""Thresholds of single tags and the slider over all of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QRect, Qt
from pytestqt.qtbot import QtBot

from mat_desktop.domain.scores import Verdict
from mat_desktop.gui.widgets.banner import Banner
from mat_desktop.gui.widgets.score_list import mark, said_beside, value_width
from mat_desktop.gui.window import Window
from tests.gui.double import FakeServices
from tests.gui.reviewing import in_view, press
from tests.gui.test_flow import listen

Key = Qt.Key


@pytest.fixture
def heard(qtbot: QtBot, library: Window) -> Window:
    listen(qtbot, library)
    return library


def test_thresholds_of_single_tags(qtbot: QtBot, heard: Window, services: FakeServices) -> None:
    row = in_view(heard)
    scores = heard.library.pane.scores
    mellow = next(s for s in heard.tracks.suggestions(row) if s.tag.name == "mellow")
    menu = scores.menu(mellow)
    next(action for action in menu.actions() if action.text().startswith("Suggest from")).trigger()
    qtbot.waitUntil(lambda: services.thresholds.by_name == pytest.approx({"mellow": 0.3}, abs=0.001))
    rows = [r for r in heard.tracks.rows() if r.scores is not None]
    qtbot.waitUntil(lambda: all("mellow" in r.heard for r in rows))
    mellow = next(s for s in heard.tracks.suggestions(row) if s.tag.name == "mellow")
    assert mellow.own
    assert said_beside(mellow, room=200) == "own 0.30" and said_beside(mellow, room=60) == "own"
    tip = scores.tags.index(scores.tags.place("mellow")).data(Qt.ItemDataRole.ToolTipRole)
    assert "threshold 0.30 (own)" in tip
    assert mellow.suggested

    index = scores.tags.index(scores.tags.place("mellow"))
    rect = scores.visualRect(index)
    bar = scores.bar(rect)
    start = bar.center()
    start.setX(mark(bar, mellow.threshold))
    end = bar.center()
    end.setX(bar.right() - 10)
    viewport = scores.viewport()
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(viewport, end)
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=end)
    qtbot.waitUntil(lambda: services.thresholds.by_name["mellow"] > 0.9)
    qtbot.waitUntil(lambda: all("mellow" not in r.heard for r in rows))

    heard.room.weigh.set_threshold("mellow", None)
    qtbot.waitUntil(lambda: services.thresholds.by_name == {})


def test_a_tag_whose_threshold_is_dragged_above_its_score_stays_until_another_track_comes(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    heard.pages.show("review")
    scores, row = heard.room.page.question.scores, in_view(heard)
    qtbot.waitUntil(lambda: bool(scores.tags.listed_rows()))
    places = scores.tags.listed_rows()
    top = scores.tags.row(places[0])
    assert top is not None and top.suggestion is not None
    name = top.suggestion.tag.name
    scores.threshold_picked.emit(name, 0.99)
    qtbot.waitUntil(lambda: name not in row.heard)
    qtbot.waitUntil(lambda: len(scores.tags.listed_rows()) < len(places))
    assert scores.tags.place(name) == places[0]
    for _ in range(2):
        heard.room.page.question._toggle_fold()
        assert scores.tags.place(name) == places[0]
    heard.library.select(1)
    heard.library.select(0)
    qtbot.waitUntil(lambda: in_view(heard) is row)
    qtbot.waitUntil(lambda: scores.tags.place(name) != places[0])


def test_a_threshold_is_taken_back_where_it_is_said(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    services.set_threshold("mellow", 0.2)
    heard.room.weigh.set_threshold("mellow", 0.9)
    banners = heard.library.banners
    qtbot.waitUntil(lambda: services.thresholds.by_name == {"mellow": 0.9})
    qtbot.waitUntil(lambda: any("threshold of your own" in text for text in banners.texts()))
    (banner,) = [b for b in banners.findChildren(Banner) if not b.isHidden() and "mellow" in b.text]
    banner.action.click()
    qtbot.waitUntil(lambda: services.thresholds.by_name == {"mellow": 0.2})
    rows = [r for r in heard.tracks.rows() if r.scores is not None]
    qtbot.waitUntil(lambda: all("mellow" in r.heard for r in rows))


def test_undo_takes_back_thresholds_in_their_order_among_the_decisions(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    row, slider = in_view(heard), heard.library.pane.slider
    press(qtbot, heard, Key.Key_1)
    heard.room.weigh.set_threshold("mellow", 0.9)
    slider.setValue(7)
    qtbot.waitUntil(lambda: heard.tracks.shift == -0.7)
    slider.setValue(9)  # one movement of the hand
    qtbot.waitUntil(lambda: heard.tracks.shift == -0.9)
    press(qtbot, heard, Key.Key_2)
    assert len(row.verdicts) == 2
    qtbot.waitUntil(lambda: services.thresholds.by_name == {"mellow": 0.9})

    press(qtbot, heard, Key.Key_Z, control=True)
    assert row.verdicts == {"rock": Verdict.ACCEPTED}
    press(qtbot, heard, Key.Key_Z, control=True)
    assert (heard.tracks.shift, slider.value()) == (0.0, 0)
    press(qtbot, heard, Key.Key_Z, control=True)
    qtbot.waitUntil(lambda: services.thresholds.by_name == {})
    assert row.verdicts == {"rock": Verdict.ACCEPTED}
    press(qtbot, heard, Key.Key_Z, control=True)
    assert row.verdicts == {}
    qtbot.wait(50)  # the slider's own delay
    assert not heard.review.can_take_back()


def test_the_slider_stays_where_it_was_left(
    qtbot: QtBot, heard: Window, services: FakeServices, tmp_path: Path
) -> None:
    heard.library.pane.slider.setValue(7)
    qtbot.waitUntil(lambda: services.kept_settings == {"review.strictness": -7})
    other = FakeServices(tmp_path / "later")
    other.use_settings(services.kept_settings)
    later = Window(other)
    qtbot.addWidget(later)
    assert (later.tracks.shift, later.library.pane.slider.value()) == (-0.7, 7)
    assert not later.review.can_take_back()
    later.configure.put({"review.strictness": 5})  # on the page of settings
    assert (later.tracks.shift, later.library.pane.slider.value()) == (0.5, -5)
    later.quit()
    assert later.bridge.shut(5000)
    heard.undo()
    qtbot.waitUntil(lambda: services.kept_settings == {"review.strictness": 0})
    assert heard.library.pane.slider.value() == 0


def test_two_thresholds_set_at_once_are_taken_back_one_by_one(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    services.set_threshold("mellow", 0.2)
    heard.room.weigh.set_threshold("mellow", 0.5)
    heard.room.weigh.set_threshold("mellow", 0.9)  # before the first is kept
    qtbot.waitUntil(lambda: services.thresholds.by_name == {"mellow": 0.9})
    heard.undo()
    qtbot.waitUntil(lambda: services.thresholds.by_name == {"mellow": 0.5})
    heard.undo()
    qtbot.waitUntil(lambda: services.thresholds.by_name == {"mellow": 0.2})


def test_bars_have_one_length_and_a_scale_over_them(qtbot: QtBot, library: Window) -> None:
    listen(qtbot, library)
    library.library.select(1)
    question = library.library.pane.question
    scores = question.scores
    bar, buttons = scores.bar(QRect(0, 0, 384, 28)), scores.buttons(QRect(0, 0, 384, 28))
    assert bar.right() + 7 + value_width() < buttons[0].left(), "no row makes room for its buttons"
    place = scores.tags.tag_rows()[0]
    before = scores.bar(scores.visualRect(scores.tags.index(place)))
    scores.hover_row = place
    assert scores.bar(scores.visualRect(scores.tags.index(place))) == before
    large = library.room.page.question.scores
    assert large.buttons(QRect(0, 0, 376, 32))[1].right() < large.shape_.name
    assert question.axis.isVisible() and "odds" in question.axis.toolTip()
    library.library.table.selectAll()
    qtbot.waitUntil(lambda: bool(scores.tags.shares))
    assert not question.axis.isVisible(), "these bars are shares of tracks"
