from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mat_desktop.audio.mel import log_mel, log_mel_stream, mel_filterbank, mel_frequencies
from mat_desktop.domain.melspec import MelSpec

SPEC = MelSpec()


def music(samples: int, seed: int = 0) -> np.ndarray:
    """Harmonics with a spectrum that falls as music's does, over a little noise."""
    time = np.arange(samples) / SPEC.sample_rate
    tones = sum(np.sin(2 * np.pi * 110 * k * time) / k for k in range(1, 60))
    noise = np.random.default_rng(seed).standard_normal(samples)
    return (0.1 * tones + 0.01 * noise).astype(np.float32)


def librosa_log_mel(clip: np.ndarray) -> np.ndarray:
    import librosa

    power = librosa.feature.melspectrogram(
        y=clip, sr=16_000, n_fft=1024, hop_length=512, n_mels=96, pad_mode="reflect"
    )
    return librosa.power_to_db(power, ref=1.0, amin=1e-10, top_db=None)


def test_the_papers_input_is_96_by_911() -> None:
    assert SPEC.window_samples == 465_920
    assert SPEC.window_seconds == pytest.approx(29.12)
    assert log_mel(music(SPEC.window_samples), SPEC).shape == (96, 911)


@pytest.mark.parametrize("samples", [465_920, 100_001, 16_000, 1_500])
def test_equal_to_librosa(samples: int) -> None:
    clip = music(samples)
    ours, theirs = log_mel(clip, SPEC), librosa_log_mel(clip)
    assert ours.shape == theirs.shape
    loud = theirs > theirs.max() - 80
    assert np.abs(ours - theirs)[loud].max() < 1e-3


def test_the_filterbank_is_librosas() -> None:
    import librosa

    assert np.abs(mel_filterbank(SPEC) - librosa.filters.mel(sr=16_000, n_fft=1024, n_mels=96)).max() < 1e-7
    edges = librosa.mel_frequencies(n_mels=98, fmin=0, fmax=8000)
    assert np.abs(mel_frequencies(SPEC) - edges).max() < 1e-6


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 300_000), st.lists(st.integers(0, 300_000), max_size=8))
def test_a_stream_gives_what_the_whole_gives(samples: int, cuts: list[int]) -> None:
    clip = music(samples)
    blocks = np.split(clip, sorted(min(cut, samples) for cut in cuts))
    streamed = log_mel_stream(blocks, SPEC)
    assert streamed.shape == (96, SPEC.frames(samples))
    assert (
        np.array_equal(streamed, log_mel(clip, SPEC)) or np.abs(streamed - log_mel(clip, SPEC)).max() < 1e-3
    )


def test_silence_is_the_floor_and_nothing_warns() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        quiet = log_mel(np.zeros(20_000, np.float32), SPEC)
    assert quiet.min() == quiet.max() == pytest.approx(-100)


def test_no_sample_at_all() -> None:
    with pytest.raises(ValueError, match="at least one sample"):
        log_mel(np.zeros(0, np.float32), SPEC)


def test_a_tone_lights_the_band_of_its_frequency() -> None:
    time = np.arange(32_000) / 16_000
    picture = log_mel(np.sin(2 * np.pi * 2_000 * time).astype(np.float32), SPEC)
    band = int(picture.mean(axis=1).argmax())
    assert mel_frequencies(SPEC)[1:-1][band] == pytest.approx(2_000, rel=0.03)


@pytest.mark.parametrize(
    ("field", "value"), [("sample_rate", 0), ("hop_length", -1), ("f_max", 9_000.0), ("amin", 0.0)]
)
def test_impossible_settings_are_refused(field: str, value: float) -> None:
    with pytest.raises(ValueError, match="MelSpec"):
        MelSpec(**{field: value})  # type: ignore[arg-type]


def test_the_digest_changes_with_any_setting() -> None:
    assert MelSpec().digest() == SPEC.digest()
    assert MelSpec(hop_length=256).digest() != SPEC.digest()
