from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from mat_desktop.app.classifier import Lesson, learn, logit

TAGGED = 60


def library(strength: float, tracks: int = 400, channels: int = 64) -> NDArray[np.float16]:
    """Features of which the first 60 rows have something in common."""
    rng = np.random.default_rng(3)
    features = rng.gamma(1.0, 1.0, (tracks, channels))
    features[:TAGGED] += strength * rng.random(channels)
    return features.astype(np.float16)


def auc(lesson: Lesson, features: NDArray[np.float16], without: Sequence[int]) -> float:
    scores = lesson.scores(features)
    rows = np.setdiff1d(np.arange(len(features)), without)
    yes, no = scores[rows[rows < TAGGED]], scores[rows[rows >= TAGGED]]
    return float((yes[:, None] > no[None]).mean())


def test_a_handful_of_examples_finds_the_rest() -> None:
    features = library(2.0)
    examples, others = list(range(8)), [100, 200, 300]
    lesson = learn(features, examples, others)
    assert auc(lesson, features, examples + others) > 0.97
    assert lesson.scores(features[20:60]).mean() > 0.6
    assert lesson.scores(features[100:]).mean() < 0.3


def test_more_examples_teach_better() -> None:
    features = library(0.7)
    few, many = learn(features, [0, 1, 2], []), learn(features, list(range(20)), list(range(70, 80)))
    marked = [*range(20), *range(70, 80)]
    assert auc(many, features, marked) > auc(few, features, marked) + 0.02


def test_the_estimate_does_not_flatter() -> None:
    """Where there is nothing to learn, the examples do not recognise each other."""
    hopeless = learn(library(0.0), list(range(12)), list(range(70, 82)))
    assert hopeless.ranking < 0.7
    assert (hopeless.margins[:12] >= 0).mean() < 0.4
    clear = learn(library(3.0), list(range(12)), list(range(70, 82)))
    assert clear.ranking > 0.93
    assert (clear.margins[:12] >= 0).mean() > 0.8


def test_judging_an_example_without_it_is_as_good_as_leaving_it_out() -> None:
    features = library(0.7, tracks=120)
    examples, others = list(range(8)), list(range(70, 78))
    whole = learn(features, examples, others)
    for place in (0, 3, 7):
        kept = [row for row in range(120) if row != examples[place]]
        rows = [kept.index(row) for row in examples if row != examples[place]]
        without = learn(features[kept], rows, [kept.index(row) for row in others])
        alone = logit(without.scores(features[examples[place]][None])) - np.log(0.7 / 0.3)
        assert whole.margins[place] == pytest.approx(float(alone[0]), abs=0.5)


def test_a_channel_that_never_moves_does_no_harm() -> None:
    features = library(2.0)
    features[:, 5] = 0
    lesson = learn(features, [0, 1, 2], [])
    assert np.isfinite(lesson.weights).all()
    assert np.isfinite(lesson.scores(features)).all()


def test_too_little_to_learn_from() -> None:
    features = library(1.0)
    with pytest.raises(ValueError, match="too few"):
        learn(features, [0, 1], [100])
    with pytest.raises(ValueError, match="too few"):
        learn(features[:5], [0, 1, 2], [3])
