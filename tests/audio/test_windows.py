from __future__ import annotations

import numpy as np

from mat_desktop.audio.windows import MOST_RAISED_DB, raised

LENGTH = 100


def power_db(log_mel: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(10 ** (log_mel.astype(float) / 10))))


def noise(frames: int, level: float) -> np.ndarray:
    found = (np.random.default_rng(0).standard_normal((96, frames)) * 15).astype(np.float32)
    return found + np.float32(level - power_db(found))


def test_a_quiet_track_gets_to_the_level_as_a_whole() -> None:
    quiet = noise(250, -15.0)
    louder = raised(quiet, LENGTH, -5.0)
    assert np.allclose(louder - quiet, (louder - quiet)[0, 0], atol=1e-5)
    # by its windows, of which the last reaches back into the one before
    heard = np.concatenate([louder[:, 0:100], louder[:, 100:200], louder[:, 150:250]], axis=1)
    assert abs(power_db(heard) + 5.0) < 1e-3


def test_a_loud_track_and_one_without_a_level_stay() -> None:
    loud = noise(100, 3.0)
    assert raised(loud, LENGTH, -5.0) is loud
    quiet = noise(100, -15.0)
    assert raised(quiet, LENGTH, None) is quiet


def test_silence_does_not_make_a_track_quiet() -> None:
    pause = np.full((96, 300), -100, np.float32)
    half = np.concatenate([noise(100, -4.0), pause], axis=1)
    assert raised(half, LENGTH, -5.0) is half
    assert raised(pause, LENGTH, -5.0) is pause


def test_hiss_is_not_made_music() -> None:
    hiss = noise(100, -60.0)
    assert np.allclose(raised(hiss, LENGTH, -5.0) - hiss, MOST_RAISED_DB, atol=1e-4)
