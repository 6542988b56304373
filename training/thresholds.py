"""A threshold for every tag, so that rare tags with modest scores are suggested too."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.metrics import FEWEST_POSITIVES, LOWEST_POSITIVE, QUANTILE

Array = NDArray[np.float32]

SURELY_POSITIVE = 0.35
"""A soft label from here on is a positive whatever the quantile: common tags are true of more than 7 %."""

SMOOTHING = 5
"""Neighbouring thresholds over which F1 is averaged: a single clip must not decide."""


def best_f1_thresholds(scores: Array, labels: Array) -> tuple[Array, Array]:
    """For each tag the score from which on it should be suggested, and the F1 reached.

    :param scores: [clips, tags] in 0..1
    :param labels: soft labels [clips, tags] in 0..1
    :returns: thresholds [tags] and F1 [tags] (NaN where there are too few positives; the threshold is then
        the highest score seen, so that such a tag is suggested only beyond anything known)
    """
    cut = np.clip(np.quantile(labels, QUANTILE, axis=0), LOWEST_POSITIVE, SURELY_POSITIVE)
    thresholds = np.empty(labels.shape[1], np.float32)
    f1 = np.full(labels.shape[1], np.nan, np.float32)
    for tag in range(labels.shape[1]):
        positive = labels[:, tag] >= cut[tag]
        if positive.sum() < FEWEST_POSITIVES:
            thresholds[tag] = scores[:, tag].max()
        else:
            thresholds[tag], f1[tag] = _best_f1(scores[:, tag], positive)
    return np.clip(thresholds, 0.01, 0.99), f1


def _best_f1(scores: Array, positive: NDArray[np.bool_]) -> tuple[float, float]:
    order = np.argsort(-scores)
    hits = np.cumsum(positive[order])
    curve = 2 * hits / (np.arange(1, len(order) + 1) + positive.sum())
    kernel = np.ones(SMOOTHING)
    smooth = np.convolve(curve, kernel, mode="same") / np.convolve(np.ones_like(curve), kernel, mode="same")
    best = int(smooth.argmax())
    upper = scores[order[best]]
    lower = scores[order[min(best + 1, len(order) - 1)]]
    return float(upper + lower) / 2, float(curve[best])
