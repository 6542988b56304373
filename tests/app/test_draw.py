from __future__ import annotations

import numpy as np

from mat_desktop.app.draw import loudness


def test_loudness_follows_the_power_over_time() -> None:
    mel = np.zeros((96, 6000), np.uint8)
    mel[:, 3000:] = 255
    mel[:, 4500:] = 205  # 50 of 255 steps of 80 dB: 16 dB below, a sixth of the amplitude
    levels = loudness(mel, 80.0)
    assert levels.dtype == np.float32
    assert len(levels) == 1200
    assert levels[:600].max() < 0.001
    assert levels[600:900].min() == 1.0
    assert abs(float(levels[1000]) - 10 ** (-80 * 50 / 255 / 20)) < 0.001


def test_a_very_short_track_has_a_loudness_too() -> None:
    assert loudness(np.zeros((96, 0), np.uint8), 80.0).shape == (0,)
    assert loudness(np.full((96, 3), 255, np.uint8), 80.0).tolist() == [1.0, 1.0, 1.0]
