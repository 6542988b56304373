"""How a whole track is cut for a network, and which of the pieces hold anything to hear."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LogMel = NDArray[np.float32]

SILENCE_DB = -70.0
"""A window whose loudest cell is below this holds nothing but dither: white noise at the last bit of 16-bit
audio lies near -84 dB in our log-mel."""

MOST_RAISED_DB = 20.0
"""What is quieter still is hiss or hum rather than music."""


def windows(frames: int, length: int) -> list[int]:
    """First frames of the windows of a track: side by side, the last one moved back to end with the track.

    :param frames: of the track, at least ``length``
    :param length: frames of a window
    """
    starts = list(range(0, frames - length + 1, length))
    if frames % length:
        starts.append(frames - length)
    return starts


def weights(frames: int, length: int) -> list[float]:
    """What each of :func:`windows` counts: the share of it, above 0 up to 1, that no earlier one had."""
    shares = [1.0] * len(windows(frames, length))
    if frames % length:
        shares[-1] = frames % length / length
    return shares


def raised(log_mel: LogMel, length: int, level: float | None) -> LogMel:
    """A track that is quieter than a level, raised to it as a whole; any other as it is.

    Thresholds belong to scores of music at usual levels: the same recording 12 dB quieter ranks tags alike,
    with lower scores.

    :param log_mel: dB [mel, frames]
    :param length: frames of a window; windows of silence do not count
    :param level: mean power of the cells in dB; None: every track stays as it is
    """
    if level is None:
        return log_mel
    cuts = [log_mel[:, start : start + length] for start in windows(log_mel.shape[1], length)]
    powers = [float(np.mean(np.exp(cut * np.float32(np.log(10) / 10)))) for cut in cuts if is_heard(cut)]
    if not powers:
        return log_mel
    gain = min(level - 10 * np.log10(np.mean(powers)), MOST_RAISED_DB)
    return log_mel + np.float32(gain) if gain > 0 else log_mel


def is_heard(cut: LogMel) -> bool:
    """Whether a window, log-mel in dB [mel, frames], holds anything to hear."""
    return bool(cut.max() > SILENCE_DB)
