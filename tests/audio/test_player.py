"""The player on a sound card that only exists here: it calls back when told to."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import soundfile

from mat_desktop.audio.player import BLOCK, Player

RATE = 48_000


class PortAudioError(Exception):
    pass


class FakeStream:
    def __init__(self, module: Any, callback: Callable[..., None], **settings: Any) -> None:
        if module.fault:
            raise PortAudioError(module.fault)
        module.streams.append(self)
        self.callback, self.settings = callback, settings
        self.latency = 0.0
        self.active = False

    def start(self) -> None:
        self.active = True

    def abort(self) -> None:
        self.active = False

    def close(self) -> None:
        self.active = False

    def pull(self, frames: int) -> np.ndarray[Any, Any]:
        out = np.full((frames, 2), 9.0, np.float32)
        self.callback(out, frames, None, None)
        return out


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Any:
    module: Any = ModuleType("sounddevice")
    module.PortAudioError = PortAudioError
    module.streams, module.fault, module.device = [], "", {"default_samplerate": float(RATE)}
    module.restarts = 0

    def query(kind: str) -> dict[str, float]:
        if module.device is None:
            raise PortAudioError("no device")
        return dict(module.device)

    def restart() -> None:
        module.restarts += 1

    module.query_devices = query
    module._terminate = restart
    module._initialize = lambda: None
    module.OutputStream = lambda **settings: FakeStream(module, **settings)
    monkeypatch.setitem(sys.modules, "sounddevice", module)
    return module


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    """Two seconds; the left channel says where one is: it rises from 0 to 0.5."""
    path = tmp_path / "tone.wav"
    ramp = np.linspace(0, 0.5, 2 * RATE, dtype=np.float32)
    soundfile.write(path, np.stack([ramp, np.zeros_like(ramp)], axis=1), RATE, subtype="FLOAT")
    return path


@pytest.fixture
def player(card: Any) -> Iterator[Player]:
    made = Player()
    yield made
    made.close()


def pull(card: Any, player: Player, frames: int) -> np.ndarray[Any, Any]:
    """Sound of so many frames, as the decoder delivers it."""
    stream = card.streams[-1]
    parts: list[np.ndarray[Any, Any]] = []
    deadline = time.monotonic() + 10
    while sum(map(len, parts)) < frames and time.monotonic() < deadline:
        before = player._run._played if player._run is not None else 0
        part = stream.pull(min(512, frames - sum(map(len, parts))))
        after = player._run._played if player._run is not None else 0
        parts.append(part[: after - before])
        if after == before:
            if player.ended:
                break
            time.sleep(0.002)
    return np.concatenate(parts)


def test_plays_a_file_from_its_start(card: Any, player: Player, tone: Path) -> None:
    assert player.available
    assert player.play(tone)
    assert player.playing
    sound = pull(card, player, RATE)
    assert player.position == pytest.approx(1.0, abs=0.001)
    assert sound[-1, 0] == pytest.approx(0.25, abs=0.001)
    assert not sound[:, 1].any()
    assert card.streams[0].settings["samplerate"] == RATE
    assert card.streams[0].settings["channels"] == 2


def test_ends_by_itself(card: Any, player: Player, tone: Path) -> None:
    player.play(tone)
    sound = pull(card, player, 3 * RATE)
    assert len(sound) == 2 * RATE
    assert player.ended
    assert not player.playing
    assert not player.error
    assert not card.streams[0].pull(64).any()
    assert player.play()  # once more
    assert player.position == 0


def test_seeks_to_the_sample(card: Any, player: Player, tone: Path) -> None:
    player.play(tone)
    pull(card, player, BLOCK)
    player.seek(1.5)
    assert player.position == 1.5
    sound = pull(card, player, RATE // 4)
    assert sound[-1, 0] == pytest.approx(0.5 * 1.75 / 2, abs=0.001)
    player.pause()
    player.seek(0.5)
    assert not player.playing
    assert not card.streams[-1].pull(64).any()
    player.play()
    assert pull(card, player, RATE // 4)[-1, 0] == pytest.approx(0.5 * 0.75 / 2, abs=0.001)


def test_starts_in_the_middle_and_pauses(card: Any, player: Player, tone: Path) -> None:
    player.play(tone, at=1.0)
    pull(card, player, 4800)
    player.pause()
    where = player.position
    assert not card.streams[0].pull(512).any()
    assert player.position == where
    player.play()
    assert player.playing


def test_volume(card: Any, player: Player, tone: Path) -> None:
    player.volume = 0.5
    player.play(tone, at=1.0)
    assert pull(card, player, 4800)[-1, 0] == pytest.approx(0.5 * 0.5 * 1.1 / 2, abs=0.002)
    player.volume = 7
    assert player.volume == 1.0


def test_stop_closes_the_file(card: Any, player: Player, tone: Path) -> None:
    player.play(tone)
    run = player._run
    assert run is not None
    player.stop()
    assert not run._thread.is_alive()
    assert player.position == 0
    assert not card.streams[0].active
    tone.unlink()


def test_a_file_that_is_no_music_says_why(card: Any, player: Player, tmp_path: Path) -> None:
    path = tmp_path / "no.mp3"
    path.write_bytes(b"not music at all")
    player.play(path)
    pull(card, player, 64)
    assert player.ended
    assert player.error


def test_no_device(card: Any, player: Player, tone: Path) -> None:
    card.device = None
    assert not player.available
    assert player.reason == "No sound output device found"
    assert not player.play(tone)
    card.device = {"default_samplerate": 44_100.0}
    assert player.look_again()
    assert player.reason == ""
    assert card.restarts == 1


def test_a_device_that_refuses(card: Any, player: Player, tone: Path) -> None:
    card.fault = "Device unavailable"
    assert player.available
    assert not player.play(tone)
    assert "Device unavailable" in player.reason
    assert not player.playing


def test_no_portaudio(monkeypatch: pytest.MonkeyPatch) -> None:
    class Finder:
        def find_spec(self, name: str, path: object = None, target: object = None) -> None:
            if name == "sounddevice":
                raise OSError("PortAudio library not found")

    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
    player = Player()
    assert not player.available
    assert "libportaudio2" in player.reason
