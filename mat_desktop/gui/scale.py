"""The scale on which scores are drawn: the logarithm of the odds, from 1 % to 99 %.

Tags differ widely in how common they are, and with it in the scores that mean something: 0.1 is a lot for a
rare tag and nothing for a common one. On this scale a rare tag's threshold is not squeezed into a corner.
"""

from __future__ import annotations

from math import exp, log

import numpy as np
from numpy.typing import NDArray

LOWEST = 0.01
HIGHEST = 1 - LOWEST
_END = log(HIGHEST / LOWEST)
MARKS = (0.1, 0.5, 0.9)
"""Scores that are named on the scale."""
SAYS = (
    "Bars show scores by their odds, from 0.01 at the left over 0.5 in the middle to 0.99 at the right, "
    "so that rare tags have room too. The upright mark is the threshold. A score is "
    "no probability: how many such scores were right is said beside each tag, where that is known."
)


def log_odds(score: float) -> float:
    """Of a score, without the ends of the scale."""
    clipped = min(max(score, 1e-6), 1 - 1e-6)
    return log(clipped / (1 - clipped))


def on_scale(score: float) -> float:
    """Where a score lies, 0..1; a half lies in the middle."""
    return log_odds(min(max(score, LOWEST), HIGHEST)) / (2 * _END) + 0.5


def from_scale(place: float) -> float:
    """The score that lies there: inverse of :func:`on_scale`."""
    return 1 / (1 + exp(-(place - 0.5) * 2 * _END))


def all_on_scale(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same for many."""
    clipped = np.clip(scores, LOWEST, HIGHEST)
    places: NDArray[np.float32] = (np.log(clipped / (1 - clipped)) / (2 * _END) + 0.5).astype(np.float32)
    return places
