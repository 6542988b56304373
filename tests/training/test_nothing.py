"""Sounds without music: what is made, that it is the same each time, and what is said where it cannot be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from training.__main__ import main
from training.nothing import folder, noises, speech


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few of each, and a voice that needs no program."""
    amounts = {"train": folder.Amount(1, 1, 6), "test": folder.Amount(1, 1, 2)}
    monkeypatch.setattr(folder, "AMOUNTS", amounts)

    def say(text: str, voice: str, speed: int, pitch: int) -> noises.Samples:
        tone = np.sin(np.arange(16_000 + 10 * len(text)) * (0.05 + pitch / 1000))
        return tone.astype(np.float32)

    monkeypatch.setattr(speech, "_say", say)


def recordings(place: Path, *voices: str) -> Path:
    for number, voice in enumerate(voices):
        (place / voice / "digits").mkdir(parents=True)
        tone = 0.3 * np.sin(np.arange(8_000) * (0.05 + 0.05 * number))
        soundfile.write(place / voice / "digits" / "1.wav", tone, 8_000)
    return place


def test_both_splits_with_languages_and_voices_of_their_own(tmp_path: Path, small: None) -> None:
    voices = recordings(tmp_path / "voices", "ann", "bob", "cem", "dora")
    assert main(["nothing", str(tmp_path / "out"), "--speech", str(voices)]) == 0
    found = {
        split: {path.stem for path in (tmp_path / "out" / split).iterdir()} for split in ("train", "test")
    }
    assert len(found["train"]) == 11 + 2 + 6
    assert len(found["test"]) == 6 + 2 + 2
    assert {"recorded-ann-0", "recorded-bob-0", "spoken-en-0", "noise-05"} <= found["train"]
    assert {"recorded-cem-0", "recorded-dora-0", "spoken-ru-0"} <= found["test"]
    spoken = {split: {name for name in names if name.startswith("spoken")} for split, names in found.items()}
    assert not spoken["train"] & spoken["test"]
    samples, rate = soundfile.read(tmp_path / "out" / "train" / "spoken-en-0.flac")
    assert (rate, samples.shape) == (16_000, (16_000 * 59 // 2,))
    assert 0.01 < np.sqrt((samples**2).mean()) < 0.2


def test_the_same_each_time_and_what_is_there_is_kept(tmp_path: Path, small: None) -> None:
    for out in ("a", "b"):
        assert main(["nothing", str(tmp_path / out)]) == 0
    first, second = ({p.name: p.read_bytes() for p in (tmp_path / out).rglob("*.flac")} for out in ("a", "b"))
    assert first == second
    assert len(set(first.values())) == len(first)
    kept = tmp_path / "a" / "train" / "noise-00.flac"
    kept.write_bytes(b"here")
    (tmp_path / "a" / "train" / "noise-01.flac").unlink()
    assert main(["nothing", str(tmp_path / "a")]) == 0
    assert kept.read_bytes() == b"here"
    assert (tmp_path / "a" / "train" / "noise-01.flac").exists()


@pytest.mark.parametrize("number", range(6))
def test_noises_are_of_full_length_and_within_full_scale(number: int) -> None:
    sound = noises.noise(number, np.random.default_rng(1))
    assert sound.shape == (noises.LENGTH,)
    assert sound.dtype == np.float32
    assert np.isfinite(sound).all()
    assert 0 < np.abs(sound).max() <= 1


def test_steady_noise_has_its_power_where_its_colour_says() -> None:
    random = np.random.default_rng(2)
    low, high = np.split(np.abs(np.fft.rfft(noises.coloured(random, 2.0)))[1:], 2)
    assert (low**2).sum() > 100 * (high**2).sum()
    band = np.abs(np.fft.rfft(noises.coloured(random, 0.0, 1000, 2000)))
    frequencies = np.fft.rfftfreq(noises.LENGTH, 1 / noises.RATE)
    assert (band[(frequencies > 1000) & (frequencies < 2000)] ** 2).sum() > 0.999 * (band**2).sum()


@pytest.mark.parametrize("seed", range(4))
def test_silence_is_next_to_it(seed: int) -> None:
    sound = noises.noise(5, np.random.default_rng(seed))
    assert -97 < 10 * np.log10((sound.astype(np.float64) ** 2).mean()) < -54


def test_without_the_program_it_says_which(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd) -> None:
    monkeypatch.setattr(speech, "PROGRAM", "no-such-program")
    assert main(["nothing", str(tmp_path / "out")]) == 1
    assert "no-such-program is missing" in capfd.readouterr().err


def test_recordings_of_one_voice_do_not_do(tmp_path: Path, small: None, capfd) -> None:
    voices = recordings(tmp_path / "voices", "ann")
    assert main(["nothing", str(tmp_path / "out"), "--speech", str(voices)]) == 1
    assert "two voices at least are needed" in capfd.readouterr().err
    assert main(["nothing", str(tmp_path / "out"), "--speech", str(tmp_path / "none")]) == 1
    assert "is no folder" in capfd.readouterr().err
