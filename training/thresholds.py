"""A threshold for every tag, so that rare tags with modest scores are suggested too."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.metrics import FEWEST_POSITIVES, decision_positives, sure_positives

Array = NDArray[np.float32]

SMOOTHING = 5
"""Neighbouring thresholds over which F1 and precision are averaged: a single clip must not decide."""

LEAST_PRECISION = 0.5
"""A suggestion should be right more often than wrong, whatever F1 says of a rare tag."""

SHARE_OF_RARE = 0.015
"""Share of clips for which a tag is suggested that has fewer sure positives than the highest 3 %."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """:param values: score from which on each tag should be suggested [tags]
    :param precision: reached there [tags], NaN where a tag has too few positives
    :param recall: likewise
    """

    values: Array
    precision: Array
    recall: Array


def best_thresholds(scores: Array, labels: Array) -> Thresholds:
    """The threshold of best F1 for each tag, among those where at least half of the suggestions are right.

    Where there are none, the one of best precision. A tag whose labels are low throughout is suggested for
    the clips that score highest, since it is not known which of its labels are true. One with too few
    positives gets the highest score seen as its threshold: it is suggested only beyond anything known.

    :param scores: [clips, tags] in 0..1
    :param labels: soft labels [clips, tags] in 0..1
    """
    marked = decision_positives(labels)
    rare = sure_positives(labels).sum(axis=0) < marked.sum(axis=0)
    tags = labels.shape[1]
    values = np.empty(tags, np.float32)
    precision, recall = np.full(tags, np.nan, np.float32), np.full(tags, np.nan, np.float32)
    for tag in range(tags):
        positive = marked[:, tag]
        if positive.sum() < FEWEST_POSITIVES:
            values[tag] = scores[:, tag].max()
        elif rare[tag]:
            values[tag] = np.quantile(scores[:, tag], 1 - SHARE_OF_RARE)
            found = positive[scores[:, tag] >= values[tag]]
            precision[tag], recall[tag] = found.mean(), found.sum() / positive.sum()
        else:
            values[tag], precision[tag], recall[tag] = _best(scores[:, tag], positive)
    return Thresholds(np.clip(values, 0.01, 0.99), precision, recall)


def _best(scores: Array, positive: NDArray[np.bool_]) -> tuple[float, float, float]:
    order = np.argsort(-scores)
    hits = np.cumsum(positive[order])
    precision = hits / np.arange(1, len(order) + 1)
    recall = hits / positive.sum()
    curve = 2 * precision * recall / np.maximum(precision + recall, 1e-9)
    precise = _smooth(precision)
    good = precise >= LEAST_PRECISION
    best = int(np.where(good, _smooth(curve), -1).argmax() if good.any() else precise.argmax())
    upper, lower = scores[order[best]], scores[order[min(best + 1, len(order) - 1)]]
    return float(upper + lower) / 2, float(precision[best]), float(recall[best])


def _smooth(curve: NDArray[np.float64]) -> NDArray[np.float64]:
    kernel = np.ones(min(SMOOTHING, len(curve)))  # longer than the curve, it would lengthen it
    mean: NDArray[np.float64] = np.convolve(curve, kernel, mode="same")
    return mean / np.convolve(np.ones_like(curve), kernel, mode="same")
