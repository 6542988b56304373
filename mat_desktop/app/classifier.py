"""Learns one tag from a handful of examples: logistic regression on a network's features.

The rest of the library stands for what the tag is not. Some of it will have the tag, so all of it together
counts no more than twice as much as the examples do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]

LEAST_EXAMPLES = 3
LEAST_OTHERS = 3

PENALTY = 0.05
"""Of the squared weights, over features with mean 0 and deviation 1 divided by the root of their number."""

BACKGROUND = 600
"""Tracks that stand for the rest of the library."""

BACKGROUND_WEIGHT = 2.0
"""Of the rest together, for each example."""

REFERENCE = 4000
"""Tracks from which mean and deviation of the features are taken."""

STEPS = 25

AT_ONCE = 8192
"""Tracks that are scored together: all of a large library would need four times its memory."""

THRESHOLD = 0.7
"""Best F1 on held-out tracks, for 5 to 20 examples of tags that a tenth of the tracks have."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What was learned.

    :param weights: float32 [channels], for features as the network gives them
    :param threshold: score in 0..1
    :param margins: of the examples, then of the counter-examples: each one's distance from the threshold, in
        logits, as the others alone would have judged it
    :param ranking: probability that an example scores above what is none (ROC-AUC), judged the same way
    """

    weights: Matrix
    bias: float
    threshold: float
    margins: Matrix
    ranking: float

    def scores(self, features: NDArray[np.float16]) -> Matrix:
        """Of tracks, in 0..1. :param features: [tracks, channels]"""
        parts = [
            sigmoid(features[first : first + AT_ONCE].astype(np.float32) @ self.weights + self.bias)
            for first in range(0, len(features), AT_ONCE)
        ]
        return np.concatenate(parts).astype(np.float32) if parts else np.zeros(0, np.float32)


def learn(features: NDArray[np.float16], examples: Sequence[int], counter_examples: Sequence[int]) -> Lesson:
    """Learn a tag.

    :param features: [tracks, channels] of the whole library, none of them silent
    :param examples: rows that have the tag
    :param counter_examples: rows that do not
    :raises ValueError: there are too few of them
    """
    others = _background(len(features), [*examples, *counter_examples])
    if len(examples) < LEAST_EXAMPLES or len(counter_examples) + len(others) < LEAST_OTHERS:
        raise ValueError("too few examples")
    mean, deviation = _spread(features)
    rows = [*examples, *counter_examples, *others]
    channels = features.shape[1]
    scale = deviation * np.sqrt(channels)
    inputs = np.ones((len(rows), channels + 1))
    inputs[:, :-1] = (features[rows].astype(np.float64) - mean) / scale
    truth = np.zeros(len(rows))
    truth[: len(examples)] = 1
    marked = len(examples) + len(counter_examples)
    counts = np.ones(len(rows))
    counts[marked:] = BACKGROUND_WEIGHT * len(examples) / max(len(others), 1)
    weights, alone = _fit(inputs, truth, counts)
    slope, offset = _calibrate(alone, truth, counts)
    logits = slope * alone + offset
    learned = (slope * weights[:-1] / scale).astype(np.float32)
    return Lesson(
        learned,
        float(slope * weights[-1] + offset - learned.astype(np.float64) @ mean),
        THRESHOLD,
        (logits[:marked] - np.log(THRESHOLD / (1 - THRESHOLD))).astype(np.float32),
        _ranking(logits[: len(examples)], logits[len(examples) :], counts[len(examples) :]),
    )


def _background(tracks: int, marked: Sequence[int]) -> list[int]:
    """Some of the rest, always the same."""
    rest = np.setdiff1d(np.arange(tracks), marked)
    if len(rest) > BACKGROUND:
        rest = np.random.default_rng(0).choice(rest, BACKGROUND, replace=False)
    return [int(row) for row in rest]


def _spread(features: NDArray[np.float16]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and deviation of each channel; channels that hardly move are not blown up."""
    some = features[:: max(1, len(features) // REFERENCE)].astype(np.float64)
    deviation = some.std(axis=0)
    return some.mean(axis=0), deviation + 1e-3 * max(float(some.std()), 1e-6)


def _fit(
    inputs: NDArray[np.float64], truth: NDArray[np.float64], counts: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Newton's method.

    :returns: weights; and the logit of each row from weights that do not know it, by one more step without it
    """
    channels = inputs.shape[1]
    weights = np.zeros(channels)
    penalty = np.full(channels, PENALTY)
    penalty[-1] = 1e-6
    for _ in range(STEPS):
        chance = sigmoid(inputs @ weights)
        slope = inputs.T @ (counts * (chance - truth)) + penalty * weights
        curvature = counts * chance * (1 - chance)
        bend = (inputs * curvature[:, None]).T @ inputs + np.diag(penalty)
        step = np.linalg.solve(bend, slope)
        weights -= step
        if np.abs(step).max() < 1e-5:
            break
    chance = sigmoid(inputs @ weights)
    reach = np.einsum("ij,ij->i", inputs, np.linalg.solve(bend, inputs.T).T)
    own = np.minimum(counts * chance * (1 - chance) * reach, 0.99)
    return weights, inputs @ weights + reach * counts * (chance - truth) / (1 - own)


def _calibrate(
    logits: NDArray[np.float64], truth: NDArray[np.float64], counts: NDArray[np.float64]
) -> tuple[float, float]:
    """Slope and offset that make chances of logits (Platt 1999), with as much weight on either side."""
    yes, no = truth == 1, truth == 0
    aims = np.where(yes, (yes.sum() + 1) / (yes.sum() + 2), 1 / (counts[no].sum() + 2))
    shares = np.where(yes, 0.5 / counts[yes].sum(), 0.5 / counts[no].sum()) * counts
    spread = max(float(logits.std()), 1e-6)
    inputs = np.stack([logits / spread, np.ones_like(logits)], axis=1)

    def loss(values: NDArray[np.float64]) -> float:
        line = inputs @ values
        return float(np.sum(shares * (np.logaddexp(0, line) - aims * line)))

    values = np.array([1.0, 0.0])
    for _ in range(STEPS):
        chance = sigmoid(inputs @ values)
        slope = inputs.T @ (shares * (chance - aims))
        bend = (inputs * (shares * chance * (1 - chance))[:, None]).T @ inputs + 1e-6 * np.eye(2)
        step = np.linalg.solve(bend, slope)
        while loss(values - step) > loss(values) and np.abs(step).max() > 1e-6:
            step /= 2
        values = values - step
        if np.abs(step).max() < 1e-6:
            break
    # Examples that the others do not recognise would turn the scale round.
    return max(float(values[0]) / spread, 0.1), float(values[1])


def _ranking(yes: NDArray[np.float64], no: NDArray[np.float64], counts: NDArray[np.float64]) -> float:
    """Share of pairs in the right order, by the weight of the second."""
    above = (yes[:, None] > no[None]) + 0.5 * (yes[:, None] == no[None])
    return float(np.average(above.mean(axis=0), weights=counts))


def sigmoid(logits: NDArray[Any]) -> NDArray[Any]:
    """Chances of logits."""
    chances: NDArray[Any] = 1 / (1 + np.exp(-np.clip(logits, -60, 60)))
    return chances


def logit(chances: NDArray[Any]) -> NDArray[Any]:
    """Logits of chances, as far as they can be told from 0 and 1."""
    clipped = np.clip(chances, 1e-6, 1 - 1e-6)
    logits: NDArray[Any] = np.log(clipped / (1 - clipped))
    return logits
