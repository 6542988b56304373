"""Scores as probabilities: Platt scaling of every tag, and how well it holds.

A network that learned soft labels answers with soft labels: a score of 0.2 of a rare tag may mean that it is
surely heard. Platt's logistic regression (1999) on the log odds of the score gives the probability that a
clip counts as a positive of the tag.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.display import logit
from training.metrics import FEWEST_POSITIVES

Array = NDArray[np.float32]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

ITERATIONS, TOLERANCE = 100, 1e-8
RIDGE = 1e-3
"""On the squared slope and shift; keeps them finite where positives and negatives are apart."""

BINS = 10


@dataclass(frozen=True, slots=True)
class Platt:
    """The probability of each tag is ``sigmoid(slope * log odds of the score + shift)``.

    :param slope: [tags], NaN where a tag has too few positives
    :param shift: likewise
    """

    slope: Floats
    shift: Floats

    def __call__(self, scores: Array) -> Floats:
        """Probabilities [clips, tags]; NaN for tags that could not be calibrated."""
        found: Floats = 1 / (1 + np.exp(-(self.slope * logit(scores) + self.shift)))
        return found


@dataclass(frozen=True, slots=True)
class Reliability:
    """What came of predictions, sorted into bins of equal width.

    :param predicted: mean probability in each bin that holds any
    :param happened: share of positives in it
    :param count: of predictions in it
    """

    predicted: Floats
    happened: Floats
    count: NDArray[np.int64]

    @property
    def error(self) -> float:
        """Expected calibration error: mean distance of the two, every prediction counting alike."""
        return float(np.average(np.abs(self.predicted - self.happened), weights=self.count))


def fit_platt(scores: Array, positives: Bools) -> Platt:
    """Calibrate each tag, with Platt's smoothed targets.

    :param scores: of a split that the network was not trained on [clips, tags] in 0..1
    :param positives: [clips, tags]
    """
    tags = scores.shape[1]
    odds = logit(scores).astype(np.float64)
    slope, shift = np.full(tags, np.nan), np.full(tags, np.nan)
    for tag in range(tags):
        count = int(positives[:, tag].sum())
        if FEWEST_POSITIVES <= count < len(scores):
            slope[tag], shift[tag] = _fit(odds[:, tag], positives[:, tag])
    return Platt(slope, shift)


def reliability(probabilities: NDArray[np.floating], positives: Bools) -> Reliability:
    """Over all cells given; those that are no numbers are left out."""
    known = np.isfinite(probabilities)
    values, truth = probabilities[known].astype(np.float64), positives[known]
    places = np.minimum((values * BINS).astype(int), BINS - 1)
    count = np.bincount(places, minlength=BINS)
    held = count > 0
    predicted = np.bincount(places, values, BINS)[held] / count[held]
    happened = np.bincount(places, truth.astype(np.float64), BINS)[held] / count[held]
    return Reliability(predicted, happened, count[held])


def threshold_for_precision(scores: Array, positives: Bools, wanted: float) -> tuple[Floats, Floats]:
    """The lowest threshold of each tag from which on precision is as wanted, and the recall there.

    NaN where no threshold with three right clips or more reaches it.

    :param scores: [clips, tags] in 0..1
    :param positives: bool [clips, tags]
    :param wanted: precision, 0..1
    :returns: thresholds and recalls, each float64 [tags]
    """
    tags = scores.shape[1]
    thresholds, recalls = np.full(tags, np.nan), np.full(tags, np.nan)
    for tag in range(tags):
        order = np.argsort(-scores[:, tag], kind="stable")
        hits = np.cumsum(positives[order, tag])
        precise = hits / np.arange(1, len(order) + 1) >= wanted
        ordered = scores[order, tag]
        last_of_its_score = np.append(ordered[1:] != ordered[:-1], True)
        reached = np.flatnonzero(precise & last_of_its_score & (hits >= FEWEST_POSITIVES))
        if reached.size:
            thresholds[tag], recalls[tag] = ordered[reached[-1]], hits[reached[-1]] / hits[-1]
    return thresholds, recalls


def _fit(odds: Floats, positive: Bools) -> tuple[float, float]:
    from sklearn.linear_model import LogisticRegression  # a second that other commands need not wait for

    right, wrong = positive.sum(), (~positive).sum()
    target = np.where(positive, (right + 1) / (right + 2), 1 / (wrong + 2))
    inputs = np.stack([odds, np.ones_like(odds)], axis=1)
    # scikit-learn takes no shares for answers: so each clip is there with both answers, weighed by its share.
    # As a column of the inputs the shift has a penalty too, and both stay finite.
    regression = LogisticRegression(
        C=1 / RIDGE, fit_intercept=False, solver="newton-cholesky", tol=TOLERANCE, max_iter=ITERATIONS
    ).fit(
        np.concatenate([inputs, inputs]),
        np.repeat([1, 0], len(odds)),
        np.concatenate([target, 1 - target]),
    )
    slope, shift = regression.coef_[0].tolist()
    return slope, shift
