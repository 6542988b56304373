"""Files that get other names on disk while they are reviewed: what was said of them goes along."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mat_desktop.domain.scores import Verdict
from mat_desktop.domain.track import Track
from mat_desktop.gui.window import Window
from tests.gui.double import FakeServices
from tests.gui.reviewing import in_view, press
from tests.gui.test_flow import listen

Key = Qt.Key


@pytest.fixture
def heard(qtbot: QtBot, library: Window, services: FakeServices) -> Window:
    services.music.mkdir(exist_ok=True)
    for path in services.files:
        path.touch()
    listen(qtbot, library)
    return library


def rename(qtbot: QtBot, window: Window, services: FakeServices, old: Path, name: str) -> Path:
    """As another program does, which watching notices."""
    new = old.rename(old.with_name(name))
    track, heard = services.files.pop(old), services.heard.pop(old)
    assert isinstance(track, Track)
    services.files[new] = replace(track, path=new)
    services.heard[new] = replace(heard, path=new)
    window.watching.look([old, new])
    qtbot.waitUntil(lambda: window.tracks.row(old) is None)
    qtbot.waitUntil(lambda: not window.bridge.busy)
    return new


@pytest.mark.parametrize("hidden", [False, True])
def test_review_stays_on_a_track_that_is_renamed_at_its_place(
    qtbot: QtBot, heard: Window, services: FakeServices, hidden: bool
) -> None:
    queue = heard.room.queue
    if hidden:  # the queue has them after those that the table shows
        heard.library.search.setText('"Song 0"')
        qtbot.waitUntil(lambda: heard.tracks.rowCount() == 1)
    press(qtbot, heard, Key.Key_2, control=True)
    heard.room.page.go_on.setChecked(False)
    press(qtbot, heard, Key.Key_J)
    press(qtbot, heard, Key.Key_1)
    row = in_view(heard)
    assert (row.place < 0) is hidden
    others = [one.path for one in queue._queue if one is not row]
    qtbot.waitUntil(lambda: bool(services.kept))
    new = rename(qtbot, heard, services, row.path, "zz renamed.flac")
    queue._counted()
    assert in_view(heard).path == new
    assert [one.path for one in queue._queue] == [others[0], new, *others[1:]]
    assert heard.room.page.place.text() == "2 of 4"
    first = next(iter(row.verdicts))
    assert in_view(heard).verdicts == {first: Verdict.ACCEPTED}
    press(qtbot, heard, Key.Key_2, shift=True)
    assert len(in_view(heard).verdicts) == 2
    press(qtbot, heard, Key.Key_J)
    assert in_view(heard).path == others[1]


def test_review_stays_on_its_track_when_others_that_are_selected_are_renamed(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    rows = [row for row in heard.tracks.rows() if row.scores is not None][:3]
    heard.library.select_rows(rows, rows[2])
    press(qtbot, heard, Key.Key_2, control=True)
    row, other = in_view(heard), heard.room.queue._queue[0]
    assert row is rows[2] and other is rows[0]
    new = rename(qtbot, heard, services, other.path, "zz renamed.flac")
    assert in_view(heard) is row
    assert new in [one.path for one in heard.library.selected()]
    assert heard.room.queue._queue[0].path == new


def test_decisions_on_a_file_that_is_renamed_are_taken_back_and_made_again_there(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    row = next(row for row in heard.tracks.rows() if row.scores is not None)
    heard.library.look_at(row)
    press(qtbot, heard, Key.Key_1)
    press(qtbot, heard, Key.Key_2)
    first, second = row.verdicts
    key = row.scores.track_id if row.scores is not None else None
    assert key is not None
    qtbot.waitUntil(lambda: len(services.kept.get(key, ())) == 2)
    new = rename(qtbot, heard, services, row.path, "zz renamed.flac")
    now = heard.tracks.row(new)
    assert now is not None and set(now.verdicts) == {first, second}

    for again, left in ((False, {first}), (False, set()), (True, {first})):
        press(qtbot, heard, Key.Key_Z, control=True, shift=again)
        assert in_view(heard) is now
        assert set(now.verdicts) == left
    qtbot.waitUntil(lambda: set(services.kept[key]) == {first})


def test_decisions_on_a_track_that_went_are_taken_back_only_when_it_is_there_again(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    row = next(row for row in heard.tracks.rows() if row.scores is not None)
    heard.library.look_at(row)
    press(qtbot, heard, Key.Key_1)
    (name,) = row.verdicts
    key = row.scores.track_id if row.scores is not None else None
    assert key is not None
    qtbot.waitUntil(lambda: bool(services.kept.get(key)))
    heard.tracks.forget([row.path])
    assert not heard.review.can_take_back()
    qtbot.waitUntil(lambda: not heard.actions_["undo"].isEnabled())
    with qtbot.waitSignal(heard.scan.ended):
        heard.actions_["rescan"].trigger()
    now = heard.tracks.row(row.path)
    assert now is not None and now is not row
    assert set(now.verdicts) == {name}
    qtbot.waitUntil(heard.actions_["undo"].isEnabled)
    press(qtbot, heard, Key.Key_Z, control=True)
    assert in_view(heard) is now
    assert now.verdicts == {}
    qtbot.waitUntil(lambda: services.kept[key] == {})
    press(qtbot, heard, Key.Key_Z, control=True, shift=True)
    heard.tracks.forget([row.path])
    assert not heard.review.take_back(), "there is nothing to see of it"
