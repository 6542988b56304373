"""The player on a sound card that only exists here: it calls back when told to."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import soundfile

from mat_desktop.audio import output
from mat_desktop.audio.player import BLOCK, Player

RATE = 48_000


class PortAudioError(Exception):
    pass


class FakeStream:
    def __init__(self, module: Any, callback: Callable[..., None], **settings: Any) -> None:
        if module.fault or settings["device"] in module.refuse:
            raise PortAudioError(module.fault or "busy")
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

    def run(self) -> None:
        """The card's clock: calls back until the device is pulled out."""

        def tick() -> None:
            while self.active:
                self.pull(256)
                time.sleep(0.005)

        threading.Thread(target=tick, daemon=True).start()


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Any:
    module: Any = ModuleType("sounddevice")
    module.PortAudioError = PortAudioError
    module.streams, module.fault, module.refuse = [], "", set()
    module.default = 1
    module.devices = [
        {"name": "Microphone", "hostapi": 0, "max_output_channels": 0, "default_samplerate": 8_000.0},
        {"name": "Speakers", "hostapi": 0, "max_output_channels": 2, "default_samplerate": float(RATE)},
        {"name": "Headphones", "hostapi": 0, "max_output_channels": 2, "default_samplerate": 44_100.0},
        {"name": "Speakers", "hostapi": 1, "max_output_channels": 2, "default_samplerate": float(RATE)},
    ]
    module.restarts = 0

    def query(number: int | None = None, kind: str | None = None) -> Any:
        if kind is None:
            return module.devices
        if not module.devices:
            raise PortAudioError("no device")
        return module.devices[module.default if number is None else number]

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


def until(true: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def pull(card: Any, player: Player, frames: int) -> np.ndarray[Any, Any]:
    """Sound of so many frames, as the decoder delivers it."""
    until(lambda: card.streams and card.streams[-1].active)
    stream = card.streams[-1]
    parts: list[np.ndarray[Any, Any]] = []
    deadline = time.monotonic() + 10
    while sum(map(len, parts)) < frames and time.monotonic() < deadline:
        before = player._run.played if player._run is not None else 0
        part = stream.pull(min(512, frames - sum(map(len, parts))))
        after = player._run.played if player._run is not None else 0
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
    assert card.streams[0].settings["latency"] == 0.2, "a busy computer does not call back more often"


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
    until(lambda: card.streams and card.streams[0].active)
    player.stop()
    assert not run._thread.is_alive()
    assert player.position == 0
    until(lambda: not card.streams[0].active)
    tone.unlink()


@pytest.mark.parametrize("paused", [False, True])
def test_a_file_is_let_go_while_it_is_replaced_and_its_sound_goes_on(
    card: Any, player: Player, tone: Path, paused: bool
) -> None:
    player.play(tone)
    heard = [pull(card, player, 9600)]
    if paused:
        player.pause()
    fresh = tone.with_name("fresh.wav")
    fresh.write_bytes(tone.read_bytes())
    with player.lend(tone):
        assert not player._lending._read, "some systems replace no file that is open"
        heard.append(np.zeros((0, 2), np.float32) if paused else pull(card, player, 4800))
        fresh.replace(tone)
    assert player.playing is not paused
    player.play()
    heard.append(pull(card, player, 3 * RATE))
    sound = np.concatenate(heard)[:, 0]
    assert len(sound) == 2 * RATE
    assert np.abs(np.diff(sound[441:])).max() < 2e-5, "each sample follows the one before it"


def test_a_place_that_is_sought_meanwhile_is_played_once_the_file_is_back(
    card: Any, player: Player, tone: Path
) -> None:
    player.play(tone)
    pull(card, player, 480)
    with player.lend(tone):
        player.seek(1.0)
        assert not player._lending._read
    assert pull(card, player, 4800)[-1, 0] == pytest.approx(0.5 * 1.1 / 2, abs=0.001)


def test_a_file_that_is_no_music_says_why(card: Any, player: Player, tmp_path: Path) -> None:
    path = tmp_path / "no.mp3"
    path.write_bytes(b"not music at all")
    player.play(path)
    pull(card, player, 64)
    assert player.ended
    assert player.error


def test_no_device(card: Any, player: Player, tone: Path) -> None:
    devices, card.devices = card.devices, []
    assert not player.available
    assert player.reason == "No sound output device found"
    assert not player.play(tone)
    card.devices = devices
    assert player.look_again()
    assert player.reason == ""
    assert card.restarts == 1


def test_a_device_that_refuses(card: Any, player: Player, tone: Path) -> None:
    card.fault = "Device unavailable"
    assert player.available
    player.play(tone)
    until(lambda: "Device unavailable" in player.reason)
    assert not player.playing
    assert not player.play(tone)


def test_a_device_can_be_chosen_while_it_plays(card: Any, player: Player, tone: Path) -> None:
    assert player.available
    assert player.devices == ("Speakers", "Headphones")
    player.play(tone, at=0.5)
    pull(card, player, 4800)
    player.choose("Headphones")
    until(lambda: len(card.streams) == 2 and card.streams[1].active)
    assert not card.streams[0].active
    assert (card.streams[1].settings["device"], card.streams[1].settings["samplerate"]) == (2, 44_100)
    assert player.playing
    assert player.position == pytest.approx(0.6, abs=0.001)
    sound = pull(card, player, 4410)  # decoded anew, at the other device's rate
    assert player.position == pytest.approx(0.7, abs=0.001)
    assert sound[-1, 0] == pytest.approx(0.5 * 0.7 / 2, abs=0.001)


def test_a_device_that_vanishes_gives_way_to_the_default(card: Any, player: Player, tone: Path) -> None:
    assert player.available
    player.choose("Headphones")
    player.play(tone)
    until(lambda: card.streams and card.streams[-1].active)
    card.streams[-1].run()
    until(lambda: player.position > 0.2)
    gone = card.devices.pop(2)
    card.streams[-1].active = False  # its clock stands still; nobody is told
    until(lambda: len(card.streams) == 2 and card.streams[1].active)
    assert card.streams[1].settings["device"] is None
    assert player.playing
    assert player.position > 0.2
    assert "“Headphones” is gone" in (player.take_notice() or "")
    assert player.take_notice() is None
    assert gone["name"] not in player.devices


def test_a_device_that_stalls_is_opened_anew_and_plays_on(
    card: Any, player: Player, tone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "STALLED", 0.3)
    seen: list[bool] = []
    player.choose("Headphones")
    player.play(tone)
    until(lambda: card.streams and card.streams[-1].active)
    card._initialize = lambda: seen.append(player.playing)
    until(lambda: len(card.streams) == 2)  # it says it is active and does not call back
    until(lambda: card.streams[1].active)
    assert seen == [True], "while devices are looked for, it still means to play"
    assert card.streams[1].settings["device"] == 2
    assert len(pull(card, player, 480)) == 480
    assert player.take_notice() is None, "it was not gone"


def test_a_device_that_takes_no_sound_is_told_until_it_does(
    card: Any, player: Player, tone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "STALLED", 0.1)
    told: list[str] = []

    def notice() -> str:
        new = player.take_notice()
        told.extend([] if new is None else [new])
        return told[-1] if told else ""

    player.choose("Headphones")
    player.play(tone)
    until(lambda: notice() == "“Headphones” takes no sound. Playing on the system default")
    until(lambda: notice() == "The sound device takes no sound")
    until(lambda: card.streams[-1].pull(64) is not None and notice() == "")
    assert player.playing


def test_a_sound_server_that_hangs_is_told_while_it_does(
    card: Any, player: Player, tone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "STALLED", 0.1)
    monkeypatch.setattr(output, "HANGS", 0.3)
    back = threading.Event()
    abort = FakeStream.abort
    player.play(tone)
    pull(card, player, 480)
    monkeypatch.setattr(FakeStream, "abort", lambda stream: (back.wait(10), abort(stream)))
    said: list[str] = []
    until(lambda: said.append(player.take_notice() or "") or said[-1] == "The sound device does not answer")
    player.pause()
    assert player.take_notice() == "", "nobody waits for it"
    player.play()
    until(lambda: player.take_notice() == "The sound device does not answer")
    back.set()
    until(lambda: len(card.streams) > 1 and card.streams[-1].pull(64) is not None)
    assert player.take_notice() == ""
    assert player.playing


def test_a_look_for_devices_ends_while_a_sound_server_hangs_and_playing_goes_on_once_it_is_back(
    card: Any, player: Player, tone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "STALLED", 0.1)
    monkeypatch.setattr(output, "HANGS", 0.3)
    hangs, back, abort = threading.Event(), threading.Event(), FakeStream.abort
    player.play(tone)
    pull(card, player, 480)
    monkeypatch.setattr(FakeStream, "abort", lambda stream: (hangs.set(), back.wait(10), abort(stream)))
    assert hangs.wait(5)
    assert not player.look_again()
    assert player.reason == "The sound device does not answer"
    player.play(tone)
    back.set()
    until(lambda: len(card.streams) > 1 and card.streams[-1].pull(64) is not None)
    assert player.playing and player.reason == ""


def test_the_last_device_that_vanishes_leaves_a_reason_and_the_way_back(
    card: Any, player: Player, tone: Path
) -> None:
    player.play(tone)
    pull(card, player, 9600)
    devices, card.devices = card.devices, []
    card.streams[-1].active = False
    until(lambda: "there is no other" in player.reason)
    assert not player.playing
    card.devices = devices
    assert player.look_again()
    assert player.play(tone, at=1.0)
    assert pull(card, player, 4800)[-1, 0] == pytest.approx(0.5 * 1.1 / 2, abs=0.001)


def test_a_chosen_device_that_is_busy_gives_way(card: Any, player: Player, tone: Path) -> None:
    assert player.available
    card.refuse.add(2)
    player.choose("Headphones")
    player.play(tone)
    until(lambda: card.streams and card.streams[-1].active)
    assert card.streams[-1].settings["device"] is None
    until(lambda: "“Headphones” cannot be opened" in (player.take_notice() or ""))


def test_where_nothing_opens_that_alone_is_said(card: Any, player: Player, tone: Path) -> None:
    assert player.available
    card.refuse.update((2, None))
    player.choose("Headphones")
    player.play(tone)
    until(lambda: bool(player.reason))
    assert player.reason.startswith("No sound device can be opened: ")
    assert "Error opening" not in player.reason
    assert not player.take_notice()


def test_a_loop_is_played_again_and_again(card: Any, player: Player, tone: Path) -> None:
    player.loop = (0.5, 0.7)
    player.play(tone, at=0.6)
    sound = pull(card, player, round(0.5 * RATE))[:, 0]
    middle = sound[round(0.02 * RATE)]
    assert middle == pytest.approx(0.5 * 0.62 / 2, abs=0.001)
    for again in (0, 1):  # the same place, a loop's length on; the first pass had half of it
        at = round((0.1 + again * 0.2 + 0.12) * RATE)
        assert sound[at] == pytest.approx(0.5 * 0.62 / 2, abs=0.001)
    assert player.position == pytest.approx(0.5, abs=0.21)
    assert sound.max() <= 0.5 * 0.7 / 2 + 0.001
    player.loop = None
    pull(card, player, 3 * RATE)
    assert player.ended


def test_setting_a_loop_elsewhere_goes_there(card: Any, player: Player, tone: Path) -> None:
    player.play(tone)
    pull(card, player, 4800)
    player.loop = (1.0, 1.5)
    assert pull(card, player, 4800)[-1, 0] == pytest.approx(0.5 * 1.1 / 2, abs=0.001)


def test_a_loop_to_the_end_of_the_file(card: Any, player: Player, tone: Path) -> None:
    player.loop = (1.9, 2.5)
    player.play(tone, at=1.9)
    sound = pull(card, player, RATE)
    assert len(sound) == RATE
    assert not player.ended


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


def test_a_device_that_only_raises_is_lost_like_any_other(card: Any, player: Player, tone: Path) -> None:
    class Raising(FakeStream):
        @property
        def active(self) -> bool:
            raise PortAudioError("Unanticipated host error")

        @active.setter
        def active(self, value: bool) -> None:
            pass

    player.play(tone)
    until(lambda: card.streams and card.streams[-1].active)
    card.streams[-1].__class__ = Raising
    until(lambda: len(card.streams) == 2 and card.streams[-1].active)
    assert player.playing
