"""Platt scaling, reliability and thresholds of a wanted precision, on data whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from training.calibration import RIDGE, fit_platt, reliability, threshold_for_precision
from training.display import logit


def drawn(clips: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores whose log odds are half of the true ones, less one; and what happened."""
    random = np.random.default_rng(5)
    odds = random.normal(-1, 2, (clips, 3))
    happened = random.random((clips, 3)) < 1 / (1 + np.exp(-odds))
    return (1 / (1 + np.exp(-(odds / 2 - 1)))).astype(np.float32), happened


def test_platt_scaling_finds_what_the_scores_mean() -> None:
    scores, happened = drawn(4000)
    platt = fit_platt(scores, happened)
    np.testing.assert_allclose(platt.slope, 2, atol=0.2)
    np.testing.assert_allclose(platt.shift, 2, atol=0.25)
    assert reliability(platt(scores), happened).error < 0.02 < reliability(scores, happened).error
    odds = np.log(scores / (1 - scores))
    for tag in range(3):
        one = LogisticRegression(C=1e6).fit(odds[:, [tag]], happened[:, tag])
        assert platt.slope[tag] == pytest.approx(one.coef_.item(), rel=0.02)


def test_few_positives_far_from_the_rest_are_fitted_too() -> None:
    random = np.random.default_rng(2)
    odds = np.concatenate([random.normal(-7, 1, 219), random.normal(-3, 0.3, 4)])[:, None]
    happened = np.arange(223)[:, None] >= 219
    scores = (1 / (1 + np.exp(-odds))).astype(np.float32)
    platt = fit_platt(scores, happened)
    # Where the cross-entropy with Platt's smoothed targets and the penalty is least, its slope is none.
    surplus = platt(scores)[:, 0] - np.where(happened[:, 0], 5 / 6, 1 / 221)
    assert logit(scores)[:, 0] @ surplus == pytest.approx(-RIDGE * platt.slope[0], abs=1e-5)
    assert surplus.sum() == pytest.approx(-RIDGE * platt.shift[0], abs=1e-5)


def test_tags_without_positives_are_left_out_and_clear_cut_ones_stay_finite() -> None:
    scores = np.repeat(np.array([[0.1], [0.2], [0.3], [0.7], [0.8], [0.9]], np.float32), 2, axis=1)
    happened = np.array([[0, 0], [0, 0], [0, 0], [0, 1], [0, 1], [0, 1]], bool)
    platt = fit_platt(scores, happened)
    assert np.isnan(platt.slope[0]) and np.isnan(platt(scores)[:, 0]).all()
    assert 0 < platt.slope[1] < 20
    assert reliability(platt(scores), happened).count.sum() == 6


def test_reliability_by_hand() -> None:
    found = reliability(
        np.array([[0.11, 0.19, 0.95, 1.0, np.nan]]), np.array([[False, True, True, True, True]])
    )
    np.testing.assert_allclose(found.predicted, [0.15, 0.975])
    np.testing.assert_allclose(found.happened, [0.5, 1.0])
    assert found.count.tolist() == [2, 2]
    assert found.error == pytest.approx((0.35 + 0.025) / 2)


def test_the_lowest_threshold_of_a_precision() -> None:
    scores = np.array([[0.9], [0.8], [0.7], [0.6], [0.5], [0.5], [0.1]], np.float32)
    happened = np.array([[1], [1], [0], [1], [1], [0], [1]], bool)
    threshold, recall = threshold_for_precision(scores, happened, 0.75)
    assert (threshold.item(), recall.item()) == (pytest.approx(0.6), pytest.approx(3 / 5))
    assert np.isnan(threshold_for_precision(scores, happened, 0.9)[0]).all()
