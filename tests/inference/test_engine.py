from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, wait
from pathlib import Path

import numpy as np
import pytest

from mat_desktop.audio.decode import decode
from mat_desktop.audio.mel import log_mel
from mat_desktop.domain.melspec import MelSpec
from mat_desktop.errors import DecodeError, EngineFault, ModelFault
from mat_desktop.inference import client
from mat_desktop.inference.client import Engine
from tests.models import tiny_model
from tests.sounds import encode, tone


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp("tiny")
    tiny_model(folder)
    engine = Engine(folder, "cpu")
    yield engine
    engine.close()


def process_of(engine: Engine) -> int:
    assert engine._process is not None
    return engine._process.pid


def test_the_device_is_known_once_it_is_up(engine: Engine) -> None:
    assert engine.start().startswith("CPU")
    assert engine.device == engine.start()


def test_a_device_that_is_not_here_costs_only_the_wish_unless_it_is_insisted_on(tmp_path: Path) -> None:
    tiny_model(tmp_path)
    engine = Engine(tmp_path, "xpu", 1, insist=False)
    try:
        device = engine.start()
        assert "no xpu device" in engine.instead
        assert device in engine.devices.values()
        assert "cpu" in engine.devices
        assert "xpu" not in engine.devices
        assert engine._threads == 1
    finally:
        engine.close()
    engine = Engine(tmp_path, "xpu")
    try:
        with pytest.raises(ModelFault, match="no xpu device"):
            engine.start()
        assert engine.instead == ""
    finally:
        engine.close()


def test_a_file_is_scored_whole(engine: Engine, tmp_path: Path) -> None:
    scored = engine.score(encode(tmp_path / "a.flac", tone(70.0, 16_000), 16_000)).result(60)
    assert scored.seconds == pytest.approx(70, abs=0.01)
    assert len(scored.values) == 5
    assert all(0 < value < 1 for value in scored.values)
    assert scored.positions == round((1 + 70 * 16_000 // 512) / 911 * 8)
    assert len(scored.taggram) == 5 * scored.positions * 2
    assert len(scored.features) == 41 * 2  # 2048 channels at width 0.02


def test_a_short_file_is_repeated_to_fill_a_window(engine: Engine, tmp_path: Path) -> None:
    short = tone(4.0, 16_000, channels=1)
    looped = np.resize(short, (1, 465_920))
    a = engine.score(encode(tmp_path / "a.wav", short, 16_000)).result(60)
    b = engine.score(encode(tmp_path / "b.wav", looped, 16_000)).result(60)
    assert a.seconds == pytest.approx(4)
    assert np.allclose(a.values, b.values, atol=1e-4)


def test_silence_is_said(engine: Engine, tmp_path: Path) -> None:
    scored = engine.score(encode(tmp_path / "a.flac", np.zeros((1, 16_000 * 5), np.float32), 16_000)).result(
        60
    )
    assert scored.silent
    assert not any(scored.values)


def test_a_picture_is_the_front_ends_log_mel(engine: Engine, tmp_path: Path) -> None:
    path = encode(tmp_path / "a.flac", tone(5.0))
    drawn = engine.draw(path).result(60)
    picture = np.frombuffer(drawn.picture, np.uint8).reshape(drawn.bands, drawn.frames)
    expected = log_mel(decode(path), MelSpec())
    assert picture.shape == expected.shape
    assert drawn.frames_per_second == 31.25
    decibel = drawn.top_db - drawn.range_db + picture * (drawn.range_db / 255)
    loud = expected > drawn.top_db - drawn.range_db + 1
    assert np.abs(decibel - expected)[loud].max() < 0.4


def test_evidence_covers_the_picture(engine: Engine, tmp_path: Path) -> None:
    for seconds in (4.0, 70.0):
        path = encode(tmp_path / f"{seconds}.flac", tone(seconds))
        frames = engine.draw(path).result(60).frames
        found = engine.find_evidence(path, [0, 3]).result(60)
        assert (found.rows, found.columns) == (24, -(-frames // 4))
        assert len(found.evidence) == found.rows * found.columns


def test_evidence_can_be_withdrawn_while_files_are_scored(engine: Engine, tmp_path: Path) -> None:
    path = encode(tmp_path / "long.flac", tone(240.0))
    scored = engine.score(path)
    futures = [engine.find_evidence(path, [n % 5]) for n in range(20)]
    started = time.monotonic()
    engine.cancel_evidence()
    with pytest.raises(CancelledError):
        futures[-1].result(0)
    assert engine.find_evidence(path, [0]).result(60).columns > 1_000
    assert time.monotonic() - started < 20  # twenty of them would take longer
    assert scored.result(60).seconds == pytest.approx(240, abs=0.1)


def test_evidence_of_a_broken_file_says_why(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(DecodeError):
        engine.find_evidence(tmp_path / "gone.flac", [0]).result(60)


def test_a_broken_file_costs_only_itself(engine: Engine, tmp_path: Path) -> None:
    bad = tmp_path / "bad.mp3"
    bad.write_bytes(b"nothing" * 500)
    good = encode(tmp_path / "good.flac", tone(1.0))
    first, second = engine.score(bad), engine.score(good)
    with pytest.raises(DecodeError) as caught:
        first.result(60)
    assert caught.value.path == bad
    assert second.result(60).seconds == pytest.approx(1, abs=0.1)


def test_cancelling_is_quick_and_leaves_the_engine_usable(engine: Engine, tmp_path: Path) -> None:
    path = encode(tmp_path / "long.flac", tone(120.0))
    futures = [engine.score(path) for _ in range(30)]
    picture = engine.draw(path)
    started = time.monotonic()
    engine.cancel_scoring()
    assert time.monotonic() - started < 1
    with pytest.raises(CancelledError):
        futures[-1].result(0)
    assert picture.result(60).frames > 3_000
    assert engine.score(path).result(60).seconds == pytest.approx(120, abs=0.1)


@pytest.mark.skipif(os.name == "nt", reason="kills by POSIX signal")
def test_after_a_crash_everything_else_is_scored(engine: Engine, tmp_path: Path) -> None:
    files = [encode(tmp_path / f"{n}.flac", tone(30.0)) for n in range(4)]
    futures = [engine.score(path) for path in files]
    os.kill(process_of(engine), signal.SIGKILL)
    assert [future.result(60).seconds for future in futures] == pytest.approx([30] * 4, abs=0.1)


@pytest.mark.skipif(os.name == "nt", reason="kills by POSIX signal")
def test_the_file_that_kills_the_engine_twice_is_named(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison = encode(tmp_path / "poison.flac", tone(1.0))
    good = [encode(tmp_path / f"{n}.flac", tone(1.0)) for n in range(3)]
    send = client.send

    def send_or_kill(pipe: object, message: object) -> None:
        if getattr(message, "path", b"") == os.fsencode(poison):
            os.kill(process_of(engine), signal.SIGKILL)
        send(pipe, message)  # type: ignore[arg-type]

    monkeypatch.setattr(client, "send", send_or_kill)
    futures = [engine.score(path) for path in (good[0], poison, *good[1:])]
    with pytest.raises(DecodeError, match="crashed on this file"):
        futures[1].result(120)
    assert [f.result(60).seconds for f in (futures[0], *futures[2:])] == pytest.approx([1] * 3, abs=0.1)


def test_a_broken_model_is_named(tmp_path: Path) -> None:
    tiny_model(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"")
    engine = Engine(tmp_path, "cpu")
    with pytest.raises(ModelFault, match="bytes, the card says"):
        engine.start()
    engine.close()


def test_an_engine_that_cannot_run_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('this torch is broken')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(client.mat_desktop, "__file__", str(tmp_path / "nowhere" / "x" / "__init__.py"))
    engine = Engine(tmp_path, "cpu")
    with pytest.raises(EngineFault, match="ended while starting"):
        engine.start()
    engine.close()


def test_a_closed_engine_stays_closed(tmp_path: Path) -> None:
    engine = Engine(tmp_path, "cpu")
    engine.close()
    with pytest.raises(EngineFault, match="closed"):
        engine.score(tmp_path / "a.flac")


def test_whoever_waits_for_what_is_withdrawn_is_woken(engine: Engine, tmp_path: Path) -> None:
    path = encode(tmp_path / "long.flac", tone(120.0))
    futures = [engine.score(path) for _ in range(8)]
    engine.cancel_scoring()
    assert wait(futures, timeout=5).done == set(futures)


def test_nothing_is_taken_on_while_the_engine_closes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny_model(tmp_path / "model")
    engine = Engine(tmp_path / "model", "cpu")
    engine.start()
    monkeypatch.setattr(engine, "start", engine.close)  # closed between the start and the request
    with pytest.raises(EngineFault, match="closed"):
        engine.score(tmp_path / "a.flac")


@pytest.mark.parametrize("count", [1, 2])
def test_a_closed_engine_blames_no_file(tmp_path: Path, count: int) -> None:
    """The process may end before what it was asked for is withdrawn."""
    tiny_model(tmp_path / "model")
    engine = Engine(tmp_path / "model", "cpu")
    engine.start()
    engine.hold(True)
    path = encode(tmp_path / "a.flac", tone(5.0))
    futures = [engine.score(path) for _ in range(count)]
    engine._closed = True
    engine._kill()
    assert wait(futures, timeout=10).done == set(futures)
    assert all(future.cancelled() for future in futures)
