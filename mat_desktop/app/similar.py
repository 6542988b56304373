"""How alike tracks sound, by what the network heard in them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SMALLEST = 1e-3
"""Scores are kept this far from 0 and 1: beyond, differences mean nothing."""

CENTRED = 0.5
"""Share of the library's mean that is taken off. Measured on 496 clips, 238 of them with others by their
artist: the likest is one of these for 73 % with none or half of it, for 68 % with all of it, for 67 % where
scores are divided by their spread as well, and for 57 % with the scores as they are."""


def likeness(levels: NDArray[np.float32], index: int) -> NDArray[np.float32]:
    """Cosine of the angle between each track's scores and those of one of them, in logit space.

    What is usual in the library counts half, so that it does not make everything alike.

    :param levels: [tracks, tags] in 0..1; NaN where a track has no score for a tag
    :param index: the track that the others are compared with
    :returns: [tracks] in -1..1
    """
    clipped = np.clip(levels, SMALLEST, 1 - SMALLEST)
    logits = np.log(clipped / (1 - clipped))
    mean = np.nansum(logits, axis=0) / np.maximum(np.isfinite(logits).sum(axis=0), 1)
    moved = np.nan_to_num(logits - CENTRED * mean, nan=0.0)
    lengths = np.linalg.norm(moved, axis=1)
    found = moved @ moved[index] / np.maximum(lengths * lengths[index], 1e-9)
    alike: NDArray[np.float32] = np.clip(found, -1.0, 1.0).astype(np.float32)
    return alike
