"""What the player's bar shows follows the player."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from mat_desktop.audio import output
from mat_desktop.audio.player import Player
from mat_desktop.gui.theme import appearance
from mat_desktop.gui.widgets.player_bar import NARROWEST, PlayerBar
from tests.gui import silent_card


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Whose list of devices takes a while to be read anew."""
    monkeypatch.setitem(sys.modules, "sounddevice", ModuleType("sounddevice"))
    silent_card.plug_in()
    module: Any = sys.modules["sounddevice"]
    module._initialize = lambda: time.sleep(0.2)
    monkeypatch.setattr(output, "STALLED", 0.3)
    return module


@pytest.fixture
def player(card: Any) -> Iterator[Player]:
    made = Player()
    made.look_again()
    yield made
    made.close()


def test_the_wheel_over_the_volume_moves_it(qtbot: QtBot, player: Player) -> None:
    bar = PlayerBar()
    qtbot.addWidget(bar)
    bar.set_player(player)
    bar.resize(1200, 60)
    bar.show()
    qtbot.waitUntil(lambda: bar.volume.isVisible() and bar.volume.x() > 600)
    at = QPointF(bar.volume.mapTo(bar, bar.volume.rect().center()))
    QTest.wheelEvent(bar.windowHandle(), at, QPoint(0, -120))
    assert bar.volume.value() < 100


def test_a_bar_goes_on_when_a_device_that_stalled_plays_again(
    qtbot: QtBot, player: Player, tmp_path: Path
) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, np.zeros(30 * 8000, np.float32), 8000)
    bar = PlayerBar()
    qtbot.addWidget(bar)
    bar.set_player(player)
    bar.set_track(30.0)
    player.play(path)
    bar.started()
    said: list[str] = []
    bar.notice.connect(said.append)
    qtbot.waitUntil(lambda: bar.play.playing and player.position > 0.1)
    stream = player._output._stream
    stream._callback = lambda *_: None  # it goes on, but nobody hears of it
    qtbot.waitUntil(lambda: player._output._stream not in (None, stream))
    at = int(player.position)
    qtbot.waitUntil(lambda: bar.now.text() == f"0:0{at + 1}")
    assert bar.play.playing
    assert said == []


@pytest.mark.parametrize("wide", [NARROWEST, 460, 900])
def test_the_name_of_what_plays_out_of_view_pushes_nothing_out(
    qtbot: QtBot, player: Player, wide: int
) -> None:
    host, bar = QWidget(), PlayerBar()
    qtbot.addWidget(host)
    bar.setParent(host)
    bar.set_player(player)
    bar.be_about("A very long name of a track that nobody could ever show whole " * 3, 200.0)
    host.resize(wide, 52)
    host.show()
    bar.setGeometry(0, 0, wide, 52)
    qtbot.waitUntil(lambda: bar.name.isVisible() and bar.name.width() >= 36, timeout=3000)
    assert bar.devices.geometry().right() < wide
    parts = [part for part in (bar.now, bar.name, bar.overview, bar.loop) if part.isVisible()]
    assert all(a.geometry().right() < b.x() for a, b in pairwise(parts))


def test_a_narrow_bar_without_sound_has_room_for_a_way_out(qtbot: QtBot, player: Player) -> None:
    bar = PlayerBar()
    qtbot.addWidget(bar)
    bar.player = player
    bar.show_reason("No sound output device found")
    bar.set_track(200.0)
    bar.setMinimumWidth(NARROWEST)
    bar.resize(NARROWEST, 52)
    bar.show()
    qtbot.waitExposed(bar)
    link = bar.look_again
    assert link.isVisible() and link.geometry().right() < bar.width()
    qtbot.waitUntil(lambda: all(a.geometry().right() < b.x() for a, b in pairwise(in_sight(bar))))
    assert "No sound output device found" in link.toolTip()


def in_sight(bar: PlayerBar) -> list[QWidget]:
    children = bar.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
    return sorted((part for part in children if part.isVisible()), key=QWidget.x)


@pytest.mark.parametrize("elsewhere", [False, True], ids=["in view", "not in view"])
@pytest.mark.parametrize("letters", [100, 200])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_what_a_bar_shows_fits_at_any_width(
    qtbot: QtBot, player: Player, theme: str, letters: int, elsewhere: bool
) -> None:
    host, bar = QWidget(), PlayerBar()
    qtbot.addWidget(host)
    bar.setParent(host)
    bar.set_player(player)
    host.resize(1200, 100)
    host.show()
    narrowest = 294 if letters == 100 else 400
    try:
        appearance.use(theme)
        appearance.use_text(letters)
        for seconds in (200.0, 3723.0):
            bar.set_track(seconds)
            if elsewhere:
                bar.be_about("A long name of a track that nobody could show whole", seconds)
            for wide in range(narrowest, 900, 9):
                bar.setGeometry(0, 0, wide, 80)
                bar.show_position(0.0)
                bar.show_position(seconds)
                bar.layout().activate()
                parts = in_sight(bar)
                assert {bar.play, bar.next, bar.devices} <= set(parts)
                assert all(a.geometry().right() < b.x() for a, b in pairwise(parts)), wide
                assert parts[-1].geometry().right() < wide
                for text in (bar.now, bar.length):
                    assert not text.isVisible() or text.width() >= text.sizeHint().width(), wide
    finally:
        appearance.use_text(100)
        appearance.use("dark")
