"""From what the teacher hears to the corpus' tags: a ridge regression of the labels' log odds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

PENALTY = 1000.0
"""On the squared weights, the constant's too."""

LEAST = 1e-4
"""Labels are kept away from 0 and 1 by this before their log odds are taken."""


@dataclass(frozen=True, slots=True)
class Ridge:
    """:param mean: of each input over the clips it was fitted to; ``std`` likewise
    :param weights: [inputs + 1, tags], the constant last
    """

    mean: Array
    std: Array
    weights: Array

    def __call__(self, inputs: NDArray[np.floating]) -> Array:
        """Log odds [clips, tags] of inputs [clips, inputs]."""
        answer: Array = _standard(inputs, self.mean, self.std) @ self.weights
        return answer


def fit(inputs: NDArray[np.floating], labels: NDArray[np.floating], penalty: float = PENALTY) -> Ridge:
    """:param inputs: [clips, inputs]
    :param labels: [clips, tags] in 0..1
    """
    wide = inputs.astype(np.float64)
    mean, std = wide.mean(axis=0), wide.std(axis=0) + 1e-6
    known = _standard(wide, mean, std)
    normal = known.T @ known + penalty * np.eye(known.shape[1])
    weights = np.linalg.solve(normal, known.T @ log_odds(labels))
    return Ridge(mean, std, np.asarray(weights, np.float64))


def log_odds(labels: NDArray[np.floating]) -> Array:
    """Of labels in 0..1, any shape; finite."""
    kept = np.clip(labels.astype(np.float64), LEAST, 1 - LEAST)
    odds: Array = np.log(kept / (1 - kept))
    return odds


def _standard(inputs: NDArray[np.floating], mean: Array, std: Array) -> Array:
    return np.concatenate([(inputs - mean) / std, np.ones((len(inputs), 1))], axis=1)
