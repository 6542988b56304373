"""How a whole track is cut for a network, and which of the pieces hold anything to hear."""

from __future__ import annotations

SILENCE_DB = -70.0
"""A window whose loudest cell is below this holds nothing but dither: white noise at the last bit of 16-bit
audio lies near -84 dB in our log-mel."""


def windows(frames: int, length: int) -> list[int]:
    """First frames of the windows of a track: side by side, the last one moved back to end with the track."""
    starts = list(range(0, frames - length + 1, length))
    if frames % length:
        starts.append(frames - length)
    return starts


def weights(frames: int, length: int) -> list[float]:
    """What each of these windows counts: the share of it that no earlier one had."""
    shares = [1.0] * len(windows(frames, length))
    if frames % length:
        shares[-1] = frames % length / length
    return shares
