"""Precision along a tag's curve."""

from __future__ import annotations

import pytest

from mat_desktop.app.curves import FARTHEST, curve_of, move_for
from mat_desktop.app.decide import suggest
from mat_desktop.app.resources import resource
from mat_desktop.domain.card import TagSpec
from mat_desktop.domain.scheme import DisplayTag, TagScheme
from mat_desktop.domain.scores import Scores, Verdict
from mat_desktop.domain.tags import Category
from mat_desktop.domain.track import TrackId
from mat_desktop.inference.cards import open_card
from tests.models import tiny_card


def precision_at(spec: TagSpec, move: float) -> float | None:
    curve = curve_of(spec)
    return curve.precision(move) if curve else None


TAG = TagSpec("guitar", "mtat", 0.29, {"precision": 0.6765, "recall": 0.8519, "roc_auc": 0.971})
BARE = TagSpec("guitar", "mtat", 0.29)


def test_the_measured_precision_is_on_the_curve() -> None:
    assert precision_at(TAG, 0.0) == pytest.approx(0.6765)
    assert precision_at(BARE, 0.0) is None


def test_a_higher_threshold_is_more_precise() -> None:
    found = [precision_at(TAG, move) or 0 for move in (-4, -2, 0, 2, 4)]
    assert found == sorted(found)
    assert found[0] < 0.3
    assert found[-1] > 0.95


def test_a_threshold_that_nothing_passes_has_a_precision_too() -> None:
    assert precision_at(TAG, 1e3) == 1.0
    assert precision_at(TAG, -1e3) is not None


def test_all_tags_move_to_the_same_odds() -> None:
    worse = TagSpec("loud", "mtat", 0.4, {"precision": 0.5, "recall": 0.6, "roc_auc": 0.8})
    for tag, wanted in ((TAG, 0.85038), (worse, 0.73106)):  # odds times e
        assert precision_at(tag, move_for(tag, 1.0)) == pytest.approx(wanted, abs=1e-4)
    assert move_for(BARE, 1.0) == 1.0
    assert move_for(TAG, 0.0) == 0.0


def test_every_tag_of_the_bundled_model_can_be_moved() -> None:
    card = open_card(resource("models", "fcn2d"))
    for tag in card.tags:
        assert -2 * FARTHEST <= move_for(tag, -2.0) < 0 < move_for(tag, 2.0) <= 2 * FARTHEST


def test_scores_that_say_much_need_a_small_move() -> None:
    steep = TagSpec("guitar", "mtat", 0.29, {**TAG.metrics, "platt_slope": 3.0})
    assert move_for(steep, 1.0) == pytest.approx(move_for(TAG, 1.0) / 3, abs=1e-4)
    assert precision_at(steep, 0.5) == pytest.approx(precision_at(TAG, 1.5))


def test_a_common_tag_is_not_suggested_everywhere_to_make_it_less_precise() -> None:
    common = TagSpec("electronic", "mtat", 0.3, {"precision": 0.95, "recall": 0.9, "roc_auc": 0.98})
    assert move_for(common, -5.0) == pytest.approx(-5 * FARTHEST, abs=1e-3)


def test_a_tag_that_the_model_does_not_know_is_there_only_by_hand() -> None:
    scheme = TagScheme("t", "T", (DisplayTag("shoegaze", Category.GENRE, (), own=True),))
    scores = Scores("digest", TrackId("id"), 60.0, (0.5, 0.5, 0.5, 0.5, 0.5))
    assert suggest(scheme, tiny_card(), scores) == ()
    (added,) = suggest(scheme, tiny_card(), scores, {"shoegaze": Verdict.ACCEPTED})
    assert added.by_hand
    assert added.chosen
