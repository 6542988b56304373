"""Mixes: one to three training clips at other speeds, one over the other, at times with a tilted spectrum."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

Samples = NDArray[np.float32]

RATE = 16_000
LENGTH = RATE * 59 // 2
"""Samples of a mix: 29.5 s, a little more than a network hears at once."""

ALONE, PAIRS = 0.25, 0.85
"""Shares of single clips, and of at most two among the others."""

SPEED = 0.16
"""Speeds lie within e to the power of this."""

SOFTER_DB = 14.0
"""The second and third clip are softer than the first by up to this."""

TILTED, TILT = 0.3, 0.5
"""Share of mixes with a tilt, and its largest coefficient: ``y[n] + a y[n - 1]``."""

LEVEL, LEVEL_DB = 0.1, 6.0
"""Root of the mean square of a mix, and how far it varies."""


@dataclass(frozen=True, slots=True)
class Mix:
    """:param samples: float32 mono [LENGTH] in -1..1
    :param sources: positions of the clips
    :param told: of each clip its speed and factor, for a table
    """

    samples: Samples
    sources: tuple[int, ...]
    told: tuple[str, ...]


def mix(seed: int, clips: int, decode: Callable[[int], Samples]) -> Mix:
    """The same one for the same seed and clips.

    :param clips: how many there are to choose from
    :param decode: samples of one of them, float32 mono at :data:`RATE`
    """
    random = np.random.default_rng(seed)
    count = 1 if random.random() < ALONE else 2 if random.random() < PAIRS else 3
    mixed = np.zeros(LENGTH, np.float32)
    sources, told = [], []
    for position in range(count):
        source = int(random.integers(clips))
        clip = decode(source)
        speed = float(np.exp(random.uniform(-SPEED, SPEED)))
        clip = soxr.resample(clip, RATE * speed, RATE, "LQ")
        clip = np.tile(clip, -(-LENGTH // len(clip)))
        clip = np.roll(clip, int(random.integers(len(clip))))[:LENGTH]
        gain = 10 ** (-(random.uniform(0, SOFTER_DB) if position else 0.0) / 20)
        mixed += np.float32(gain) * clip / (_level(clip) + np.float32(1e-6))
        sources.append(source)
        told.append(f"{speed:.3f}:{gain:.2f}")
    if random.random() < TILTED:
        mixed[1:] += np.float32(random.uniform(-TILT, TILT)) * mixed[:-1]
    level = LEVEL * 10 ** (random.uniform(-LEVEL_DB, LEVEL_DB) / 20)
    mixed = np.clip(mixed * np.float32(level) / (_level(mixed) + np.float32(1e-9)), -1, 1)
    return Mix(mixed, tuple(sources), tuple(told))


def as_flac(samples: Samples, comment: str) -> bytes:
    """A FLAC file of 16 bits."""
    content = io.BytesIO()
    with soundfile.SoundFile(content, "w", RATE, 1, "PCM_16", format="FLAC") as file:
        file.comment = comment
        file.write(samples)
    return content.getvalue()


def _level(samples: Samples) -> np.float32:
    """Root of the mean square."""
    return np.float32(np.sqrt((samples**2).mean()))
