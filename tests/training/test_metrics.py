"""scikit-learn is the oracle; where it warns and gives up, the rule that stands in for it is tested."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from sklearn import metrics as oracle

from mat_desktop.inference.cards import open_card
from training.export import protocol
from training.metrics import (
    Averages,
    Metrics,
    areas,
    best_f1,
    correlation,
    cross_entropy,
    decision_positives,
    measure,
    pr_points,
    rank,
    ranking_positives,
    roc_points,
    top_overlap,
)

TAGS = tuple("abcdefg")
NO_POSITIVES, ALL_POSITIVES, CONSTANT = 4, 5, 6
MEASURABLE = (0, 1, 2, 3, CONSTANT)


def split(seed: int, decimals: int = 8, clips: int = 240) -> tuple[np.ndarray, np.ndarray]:
    """Scores that know something, hard labels; few decimals make ties."""
    random = np.random.default_rng(seed)
    labels = (random.random((clips, len(TAGS))) < 0.25).astype(np.float32)
    labels[:, 3] = 0
    labels[7, 3] = 1  # a single positive is enough
    labels[:, NO_POSITIVES], labels[:, ALL_POSITIVES] = 0, 1
    labels[3] = 0  # a clip without tags, but for the one that all have
    labels[3, ALL_POSITIVES] = 1
    scores = np.clip(0.4 * labels + random.normal(0.3, 0.25, labels.shape), 0, 1).round(decimals)
    scores[:, CONSTANT] = 0.4
    return scores.astype(np.float32), labels


@pytest.mark.parametrize("decimals", [8, 2, 1])
def test_areas_by_tag_macro_micro_and_clip(decimals: int) -> None:
    scores, labels = split(1, decimals)
    found = measure(scores, labels, TAGS)
    for tag in MEASURABLE:
        assert found.roc_auc.tags[tag] == pytest.approx(
            oracle.roc_auc_score(labels[:, tag], scores[:, tag]), abs=1e-6
        )
        assert found.pr_auc.tags[tag] == pytest.approx(
            oracle.average_precision_score(labels[:, tag], scores[:, tag]), abs=1e-6
        )
    assert found.roc_auc.tags[CONSTANT] == 0.5
    known = [tag for tag in range(len(TAGS)) if tag != NO_POSITIVES]
    y, s = labels[:, known], scores[:, known]
    assert found.pr_auc.macro == pytest.approx(
        oracle.average_precision_score(y, s, average="macro"), abs=1e-6
    )
    assert found.pr_auc.micro == pytest.approx(
        oracle.average_precision_score(y, s, average="micro"), abs=1e-6
    )
    assert found.roc_auc.micro == pytest.approx(oracle.roc_auc_score(y, s, average="micro"), abs=1e-6)
    two_sided = labels[:, MEASURABLE], scores[:, MEASURABLE]
    assert found.roc_auc.macro == pytest.approx(oracle.roc_auc_score(*two_sided, average="macro"), abs=1e-6)
    clips = [clip for clip in range(len(y)) if 0 < y[clip].sum() < len(known)]
    assert found.roc_auc.clips == pytest.approx(
        np.mean([oracle.roc_auc_score(y[clip], s[clip]) for clip in clips]), abs=1e-6
    )
    assert found.pr_auc.clips == pytest.approx(
        oracle.average_precision_score(y, s, average="samples"), abs=1e-6
    )


def test_tags_that_cannot_be_measured_are_named() -> None:
    scores, labels = split(1)
    found = measure(scores, labels, TAGS)
    assert found.left_out == ("e",)
    assert found.without_negatives == ("f",)
    assert found.roc_auc.tags[NO_POSITIVES] is None
    assert found.pr_auc.tags[NO_POSITIVES] is None
    assert found.at_half.f1.tags[NO_POSITIVES] is None
    assert found.roc_auc.tags[ALL_POSITIVES] is None
    assert found.at_half.fpr.tags[ALL_POSITIVES] is None
    assert found.pr_auc.tags[ALL_POSITIVES] == 1
    assert found.positives[NO_POSITIVES] == 0


def agrees(found: Averages, function: Any, y: np.ndarray, decided: np.ndarray, **options: Any) -> None:
    clips = y.any(axis=1)
    assert found.macro == pytest.approx(function(y, decided, average="macro", **options), abs=1e-6)
    assert found.micro == pytest.approx(function(y, decided, average="micro", **options), abs=1e-6)
    assert found.clips == pytest.approx(
        function(y[clips], decided[clips], average="samples", **options), abs=1e-6
    )


@pytest.mark.parametrize("decimals", [8, 1])
def test_decisions(decimals: int) -> None:
    scores, labels = split(2, decimals)
    thresholds = best_f1(*split(3))
    found = measure(scores, labels, TAGS, thresholds, "valid")
    known = [tag for tag in range(len(TAGS)) if tag != NO_POSITIVES]
    for decisions, cut in ((found.at_half, np.full(len(TAGS), 0.5)), (found.at_best, thresholds)):
        y, decided = labels[:, known].astype(bool), scores[:, known] >= cut[known]
        agrees(decisions.precision, oracle.precision_score, y, decided, zero_division=0)
        agrees(decisions.recall, oracle.recall_score, y, decided, zero_division=0)
        agrees(decisions.f1, oracle.f1_score, y, decided, zero_division=0)
        assert decisions.accuracy.micro == pytest.approx(oracle.accuracy_score(y.ravel(), decided.ravel()))
        for tag in MEASURABLE:
            no, false = oracle.confusion_matrix(labels[:, tag], scores[:, tag] >= cut[tag], labels=[0, 1])[0]
            assert decisions.fpr.tags[tag] == pytest.approx(false / (no + false), abs=1e-6)
    assert found.at_best.chosen_on == "valid"
    assert found.at_half.thresholds == (0.5,) * len(TAGS)


@pytest.mark.parametrize("decimals", [8, 2, 1])
def test_no_threshold_has_a_better_f1_than_the_best(decimals: int) -> None:
    scores, labels = split(4, decimals)
    thresholds = best_f1(scores, labels)
    for tag in (*MEASURABLE, ALL_POSITIVES):
        precision, recall, _ = oracle.precision_recall_curve(labels[:, tag], scores[:, tag])
        best = (2 * precision * recall / np.maximum(precision + recall, 1e-12)).max()
        reached = oracle.f1_score(labels[:, tag], scores[:, tag] >= thresholds[tag])
        assert reached == pytest.approx(best), tag
    assert thresholds[NO_POSITIVES] == 0.5


def test_thresholds_are_chosen_on_one_split_and_applied_to_another() -> None:
    valid, test = split(5), split(6)
    thresholds = best_f1(*valid)
    chosen = measure(*valid, TAGS, thresholds, "valid").at_best
    applied = measure(*test, TAGS, thresholds, "valid").at_best
    flattered = measure(*test, TAGS).at_best
    assert applied.thresholds == chosen.thresholds != flattered.thresholds
    assert applied.chosen_on == "valid"
    assert flattered.chosen_on == ""
    for tag in MEASURABLE:
        ours = oracle.f1_score(test[1][:, tag], test[0][:, tag] >= thresholds[tag])
        assert applied.f1.tags[tag] == pytest.approx(ours, abs=1e-6)
        assert (applied.f1.tags[tag] or 0) <= (flattered.f1.tags[tag] or 0) + 1e-6


def test_a_threshold_lies_between_scores_even_if_they_are_neighbours() -> None:
    low = np.float32(0.3)
    high = np.nextafter(low, np.float32(1))
    scores = np.array([[high], [high], [low], [low]], np.float32)
    labels = np.array([[1], [1], [0], [0]], np.float32)
    assert (scores >= best_f1(scores, labels)).ravel().tolist() == [True, True, False, False]


def test_cross_entropy_of_hard_and_soft_labels() -> None:
    scores, labels = split(7)
    inside = np.clip(scores, 1e-3, 1 - 1e-3)
    assert cross_entropy(inside, labels) == pytest.approx(
        oracle.log_loss(labels.ravel(), inside.astype(np.float64).ravel())
    )
    assert np.isfinite(measure(np.round(scores), labels, TAGS).bce)
    soft = np.full((4, 2), 0.25, np.float32)
    assert cross_entropy(soft, soft) == pytest.approx(-(0.25 * np.log(0.25) + 0.75 * np.log(0.75)))


def test_curves_are_those_of_scikit_learn() -> None:
    scores, labels = split(8, decimals=1)
    y, s = labels[:, 0] > 0, scores[:, 0]
    false, true, _ = oracle.roc_curve(y, s, drop_intermediate=False)
    ours = roc_points(s, y)
    assert ours[0] == pytest.approx(false)
    assert ours[1] == pytest.approx(true)
    precision, recall, _ = oracle.precision_recall_curve(y, s)
    recalls, precisions = pr_points(s, y)
    assert recalls == pytest.approx(recall[:-1][::-1])
    assert precisions == pytest.approx(precision[:-1][::-1])


def test_soft_labels_are_binarised_and_correlated() -> None:
    random = np.random.default_rng(9)
    labels = random.random((200, 6)).astype(np.float32)
    labels[:, 4] *= 0.05  # below the lowest positive
    labels[:, 5] = 0.01
    labels[:2, 5] = 0.9  # two positives: too few
    scores = np.clip(labels + random.normal(0, 0.2, labels.shape), 0, 1).astype(np.float32)
    found = measure(scores, labels, TAGS[:6])
    positives = ranking_positives(labels)
    assert positives[:, 0].sum() == 14
    assert found.left_out == ("e", "f")
    assert found.positives[5] == 2
    for tag in range(4):
        assert found.roc_auc.tags[tag] == pytest.approx(
            oracle.roc_auc_score(positives[:, tag], scores[:, tag]), abs=1e-6
        )
        pearson = np.corrcoef(scores[:, tag], labels[:, tag])[0, 1]
        assert found.correlation.tags[tag] == pytest.approx(pearson, abs=1e-6)
    ranking = rank(scores, labels)
    assert np.isnan(ranking.roc_auc[4:]).all()
    assert ranking.summary()["roc_auc"] == pytest.approx(found.roc_auc.macro, abs=1e-4)
    assert ranking.summary()["top5_overlap"] == pytest.approx(found.top5, abs=1e-4)


def test_hard_labels_pass_unbinarised_and_have_no_highest_five() -> None:
    scores, labels = split(10)
    assert (ranking_positives(labels) == (labels == 1)).all()
    assert measure(scores, labels, TAGS).top5 is None
    assert rank(scores, labels).summary()["tags_left_out"] == 2  # no positives; no negatives


def test_overlap_of_the_highest_five() -> None:
    labels = np.tile(np.arange(8, dtype=np.float32) / 10, (3, 1))
    assert top_overlap(labels, labels) == 1
    assert top_overlap(-labels, labels) == pytest.approx(2 / 5)
    assert top_overlap(labels[:, :2], labels[:, :2]) == 1, "of two tags, two are the highest five"


def test_constant_scores_have_no_correlation() -> None:
    scores, labels = split(11)
    assert np.isnan(correlation(scores, labels)[CONSTANT])
    assert measure(scores, labels, TAGS).correlation.tags[CONSTANT] is None


def test_nothing_to_measure_is_no_warning() -> None:
    scores = np.full((3, 2), 0.5, np.float32)
    found = measure(scores, np.zeros_like(scores), ("a", "b"))
    assert found.left_out == ("a", "b")
    assert found.roc_auc.macro is found.pr_auc.micro is found.density is found.at_half.f1.clips is None
    assert np.isnan(rank(scores, np.zeros_like(scores)).summary()["roc_auc"])
    assert areas(np.zeros((0, 2), np.float32), np.zeros((0, 2), bool))[0].shape == (2,)


def test_what_does_not_fit_is_refused() -> None:
    scores, labels = split(12)
    with pytest.raises(ValueError, match="do not fit"):
        measure(scores, labels[:-1], TAGS)
    with pytest.raises(ValueError, match="do not fit"):
        measure(scores, labels, TAGS[:-1])
    with pytest.raises(ValueError, match="same name"):
        measure(scores, labels, ["a"] * len(TAGS))


def test_metrics_survive_json() -> None:
    found = measure(*split(13), TAGS)
    plain = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert msgspec.convert(plain, Metrics) == found


def test_what_counts_as_positive_where_clips_are_ranked_and_where_tags_are_decided_on() -> None:
    labels = np.full((100, 2), 0.02, np.float32)
    labels[:40, 0] = np.linspace(0.5, 0.9, 40)  # common: true of two fifths of the clips
    labels[:20, 1] = np.linspace(0.15, 0.3, 20)  # rare, and never sure
    assert ranking_positives(labels).sum(axis=0).tolist() == [7, 7]
    assert decision_positives(labels).sum(axis=0).tolist() == [40, 7]
    hard = np.round(labels)
    assert (decision_positives(hard) == (hard == 1)).all(), "hard labels say it themselves"
    assert decision_positives(labels / 10).sum(axis=0).tolist() == [3, 3], "the highest, however low"
    assert not decision_positives(np.stack([labels[:, 0], 0 * labels[:, 0]], axis=1))[:, 1].any()
    found = measure(labels, labels, ["common", "rare"])
    assert found.positives == (7, 7) and found.density == 0.07
    assert found.at_half.density == pytest.approx(0.235)
    assert found.at_half.precision.tags[0] == found.at_half.recall.tags[0] == 1
    assert found.at_best.f1.macro == 1
    assert found.pr_auc.macro == 1


@pytest.mark.parametrize("model", ["fcn2d", "fcn2d-small"])
def test_the_cards_of_our_models_say_how_their_figures_come_about(model: str) -> None:
    card = open_card(Path(__file__).parents[2] / "resources" / "models" / model)
    assert card.metrics["protocol"] == protocol(np.full((1, 1), 0.5, np.float32))
