"""How alike tracks sound, by what the network heard in them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SMALLEST = 1e-3
"""Scores are kept this far from 0 and 1: beyond, differences mean nothing."""

PRIOR = 20
"""Tracks of spread 1 that are counted with the library's own, so that a few tracks do not decide it."""


def likeness(levels: NDArray[np.float32], index: int) -> NDArray[np.float32]:
    """Cosine of the angle between each track's scores and those of one of them.

    Scores count in logit space, centred on what is usual in the library and divided by their spread in it:
    a tag that all tracks share makes none of them alike, and a rare one counts as much as a common one.

    :param levels: [tracks, tags] in 0..1; NaN where a track has no score for a tag
    :param index: the track that the others are compared with
    :returns: [tracks] in -1..1
    """
    clipped = np.clip(levels, SMALLEST, 1 - SMALLEST)
    logits = np.log(clipped / (1 - clipped))
    count = np.maximum(np.isfinite(logits).sum(axis=0), 1)
    centre = np.nansum(logits, axis=0) / count
    moved = np.nan_to_num(logits - centre, nan=0.0)
    spread = np.sqrt(((moved**2).sum(axis=0) + PRIOR) / (count + PRIOR))
    moved = moved / spread
    lengths = np.linalg.norm(moved, axis=1)
    found = moved @ moved[index] / np.maximum(lengths * lengths[index], 1e-9)
    alike: NDArray[np.float32] = np.clip(found, -1.0, 1.0).astype(np.float32)
    return alike
