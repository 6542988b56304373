"""How well scores find tags: figures for each tag, and averaged over tags, over all cells and over clips.

Everything is computed for all tags at once; scores that are equal count as one threshold, as in scikit-learn,
which the tests hold every figure against.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

QUANTILE = 0.93
LOWEST_POSITIVE = 0.1
SURELY_POSITIVE = 0.35
"""A soft label from here on is right whatever the quantile: common tags are true of more than 7 %."""

RARE_QUANTILE = 0.97
"""Of each tag, labels from here on are right however low they are."""

FEWEST_POSITIVES = 3
"""Positives below which a tag with soft labels is left out. With hard labels one is enough."""

TOP = 5
DIGITS = 6
"""Decimals kept in a :class:`Metrics`; a report prints four."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Figures of some tags on some clips; NaN for a tag with too few positives.

    :param roc_auc: [tags]
    :param pr_auc: average precision [tags]
    :param correlation: Pearson's, of score and label [tags]
    :param top5: share of a clip's five highest labels that are among its five highest scores, mean over clips
    """

    roc_auc: Array
    pr_auc: Array
    correlation: Array
    top5: float

    def summary(self) -> dict[str, float]:
        """Macro means over the tags that could be measured."""
        return {
            "roc_auc": round(_mean(self.roc_auc), 4),
            "pr_auc": round(_mean(self.pr_auc), 4),
            "correlation": round(_mean(self.correlation), 4),
            "top5_overlap": round(self.top5, 4),
            "tags_left_out": int(np.isnan(self.roc_auc).sum()),
        }


@dataclass(frozen=True, slots=True)
class Averages:
    """One figure, averaged in three ways; None where it is not defined.

    :param macro: mean over the tags that could be measured: every tag counts alike
    :param micro: over all cells of those tags: every mark counts alike
    :param clips: mean over the clips for which it is defined
    :param tags: of each tag
    """

    macro: float | None
    micro: float | None
    clips: float | None
    tags: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Decisions:
    """What comes of saying that a tag is heard when its score reaches a threshold.

    A precision without any decision for the tag counts as 0, as in scikit-learn.

    :param thresholds: of each tag
    :param chosen_on: split on which the thresholds were chosen; empty for a fixed one
    :param fpr: false positive rate, the share of the clips without the tag that get it
    :param density: share of :func:`decision_positives` among the cells of the measured tags;
        None in a result of an earlier version
    """

    thresholds: tuple[float, ...]
    chosen_on: str
    accuracy: Averages
    precision: Averages
    recall: Averages
    fpr: Averages
    f1: Averages
    density: float | None = None


@dataclass(frozen=True, slots=True)
class Metrics:
    """All figures of one network on one split.

    Averages leave out the tags without positives; the cross-entropy, which needs none, is over all cells.

    :param tags: names, in the order of the columns
    :param positives: :func:`ranking_positives` of each tag, in clips
    :param left_out: tags that no average contains: none of the clips has them, or of soft labels fewer than
        three
    :param without_negatives: tags that every clip has: they have neither ROC-AUC nor false positive rate
    :param density: share of :func:`ranking_positives` among the cells of the measured tags: the PR-AUC
        of guessing
    :param bce: binary cross-entropy, mean over clips and tags
    :param at_half: at the threshold 0.5
    :param at_best: at each tag's threshold of best F1
    :param pr_auc: average precision. It lies in 0..1, not in 0..0.5
    :param correlation: Pearson's, of score and label
    :param top5: share of a clip's five highest labels among its five highest scores; None for hard labels
    """

    clips: int
    tags: tuple[str, ...]
    positives: tuple[int, ...]
    left_out: tuple[str, ...]
    without_negatives: tuple[str, ...]
    density: float | None
    bce: float
    at_half: Decisions
    at_best: Decisions
    roc_auc: Averages
    pr_auc: Averages
    correlation: Averages
    top5: float | None

    def as_dict(self) -> dict[str, Any]:
        """As plain dicts, lists and numbers, for JSON."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain


def measure(
    scores: Array,
    labels: Array,
    tags: Sequence[str],
    thresholds: Floats | None = None,
    chosen_on: str = "",
) -> Metrics:
    """All figures of scores against labels.

    :param scores: [clips, tags] in 0..1
    :param labels: [clips, tags] in 0..1; what of soft ones is a positive, :func:`ranking_positives` and
        :func:`decision_positives` say
    :param thresholds: of each tag, from :func:`best_f1` on another split; without them they are chosen here,
        which flatters
    :param tags: names, each once
    :param chosen_on: name of the split that the thresholds come from
    :raises ValueError: the shapes contradict each other, there is no clip, or two tags have one name
    """
    if scores.shape != labels.shape or scores.ndim != 2 or scores.shape[1] != len(tags) or not scores.size:
        raise ValueError(f"scores {scores.shape}, labels {labels.shape} and {len(tags)} tags do not fit")
    if len(set(tags)) < len(tags):
        raise ValueError("two tags have the same name: say which vocabulary each is of")
    positives, right = ranking_positives(labels), decision_positives(labels)
    counts = positives.sum(axis=0)
    measured = counts >= _fewest(labels)
    if thresholds is None:
        thresholds = best_f1(scores, labels)
    roc, pr = areas(scores, positives)
    known_scores, known = scores[:, measured], positives[:, measured]
    clips_roc, clips_pr = areas(known_scores.T, known.T)
    micro_roc, micro_pr = areas(known_scores.reshape(-1, 1), known.reshape(-1, 1))
    return Metrics(
        clips=len(scores),
        tags=tuple(tags),
        positives=tuple(counts.tolist()),
        left_out=_named(tags, ~measured),
        without_negatives=_named(tags, counts == len(scores)),
        density=_figure(known.mean() if known.size else np.nan),
        bce=round(cross_entropy(scores, labels), DIGITS),
        at_half=_decide(scores, right, measured, np.full(len(tags), 0.5), ""),
        at_best=_decide(scores, right, measured, thresholds, chosen_on),
        roc_auc=_averages(roc, measured, micro_roc.item(), clips_roc),
        pr_auc=_averages(pr, measured, micro_pr.item(), clips_pr),
        correlation=_averages(
            correlation(scores, labels),
            measured,
            correlation(known_scores.reshape(-1, 1), labels[:, measured].reshape(-1, 1)).item(),
            correlation(known_scores.T, labels[:, measured].T),
        ),
        top5=None if is_hard(labels) else _figure(top_overlap(scores, labels)),
    )


def rank(scores: Array, labels: Array) -> Ranking:
    """The figures that need no threshold, for every epoch.

    :param scores: [clips, tags] in 0..1
    :param labels: [clips, tags] in 0..1
    """
    positives = ranking_positives(labels)
    counts = positives.sum(axis=0)
    measured = (counts >= _fewest(labels)) & (counts < len(labels))
    roc, pr = (np.where(measured, area, np.nan).astype(np.float32) for area in areas(scores, positives))
    return Ranking(
        roc, pr, correlation(scores, labels).astype(np.float32), float(top_overlap(scores, labels))
    )


def is_hard(labels: Array) -> bool:
    """Whether every label, of any shape, is 0 or 1."""
    return bool(((labels == 0) | (labels == 1)).all())


def ranking_positives(labels: Array) -> Bools:
    """Positives of each tag where clips are ranked: soft labels from max(0.1, the tag's 93 % quantile) on.

    ROC-AUC, PR-AUC, their curves, :attr:`Metrics.positives` and :attr:`Metrics.density` count them, and with
    them it is decided which tags are left out. Of every tag they are about as many, so that areas can be
    compared.

    :param labels: [clips, tags] in 0..1; of hard ones 1 is a positive
    :returns: bool [clips, tags]
    """
    if is_hard(labels):
        return labels > 0
    return labels >= np.maximum(LOWEST_POSITIVE, np.quantile(labels, QUANTILE, axis=0))


def sure_positives(labels: Array) -> Bools:
    """The :func:`ranking_positives`, and soft labels from 0.35 on.

    No figure counts them alone: a tag that has fewer of them than of :func:`decision_positives` is rare, and
    its threshold is chosen in another way. To suggest a tag that a third of the clips have is no mistake
    beyond the first 7 %.

    :param labels: [clips, tags] in 0..1
    :returns: bool [clips, tags]
    """
    return ranking_positives(labels) | (labels >= SURELY_POSITIVE)


def decision_positives(labels: Array) -> Bools:
    """Positives of each tag where it is decided on: the sure ones, and of every tag its highest 3 %.

    Thresholds, accuracy, precision, recall, false positive rate, F1 and calibration count them. Soft labels
    of many tags stay below 0.1 throughout, but rank clips as well as others do: such a tag is heard where its
    labels are highest.

    :param labels: [clips, tags] in 0..1; 0 is never a positive
    :returns: bool [clips, tags]
    """
    highest = labels >= np.quantile(labels, RARE_QUANTILE, axis=0)
    return sure_positives(labels) | (highest & (labels > 0))


def areas(scores: Array, positives: Bools) -> tuple[Floats, Floats]:
    """ROC-AUC and average precision of each column; NaN where they are not defined.

    As scikit-learn's ``roc_auc_score`` and ``average_precision_score`` have them, ties included; a test
    holds them to it.

    :param scores: [rows, columns]
    :param positives: bool [rows, columns]
    :returns: ROC-AUC and average precision, each float64 [columns]
    """
    rows, columns = scores.shape
    total = positives.sum(axis=0)
    if not rows:
        return np.full(columns, np.nan), np.full(columns, np.nan)
    hit, hits, chosen, start = _by_threshold(scores, positives)
    # Of each positive: the negatives ranked strictly below it, and half of those ranked level with it.
    misses = chosen - hits
    before = np.where(start > 0, np.take_along_axis(misses, np.maximum(start - 1, 0), axis=0), 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        outranked = ((rows - total) - (misses + before) / 2) * hit
        roc = outranked.sum(axis=0) / (total * (rows - total)).astype(np.float64)
        pr = (hit * hits / chosen).sum(axis=0) / total.astype(np.float64)
    return roc, pr


def best_f1(scores: Array, labels: Array) -> Floats:
    """The threshold of best F1 of each tag, in the middle between two neighbouring scores.

    A tag with too few positives gets 0.5: nothing can be chosen for it.

    :param scores: [clips, tags] in 0..1
    :param labels: [clips, tags] in 0..1
    :returns: float64 [tags]
    """
    positives = decision_positives(labels)
    total = positives.sum(axis=0)
    _, hits, chosen, _ = _by_threshold(scores, positives)
    best = (2 * hits / (chosen + total)).argmax(axis=0)
    ordered = -np.sort(-scores.astype(np.float64), axis=0)
    columns = np.arange(scores.shape[1])
    # The clips from the best one on, down to the last with its score, are chosen.
    last = chosen[best, columns] - 1
    upper = ordered[last, columns]
    lower = np.where(last + 1 < len(ordered), ordered[np.minimum(last + 1, len(ordered) - 1), columns], 0.0)
    middle: Floats = np.where(total >= _fewest(labels), (upper + lower) / 2, 0.5)
    return middle


def roc_points(scores: Array, positives: Bools) -> tuple[Floats, Floats]:
    """The ROC curve of one column: false positive rates and true positive rates, from (0, 0) to (1, 1).

    :param scores: [rows]
    :param positives: bool [rows]
    :returns: two of float64 [points], one point for each distinct score and one before them
    """
    hits, chosen = _points(scores, positives)
    total = max(int(positives.sum()), 1)
    return (chosen - hits) / max(len(scores) - int(positives.sum()), 1), hits / total


def pr_points(scores: Array, positives: Bools) -> tuple[Floats, Floats]:
    """The precision-recall curve of one column: recalls and precisions, by falling threshold.

    :param scores: [rows]
    :param positives: bool [rows]
    :returns: two of float64 [distinct scores]
    """
    hits, chosen = (values[1:] for values in _points(scores, positives))
    return hits / max(int(positives.sum()), 1), hits / chosen


def correlation(scores: Array, labels: Array) -> Floats:
    """Pearson's correlation of each column; NaN where scores or labels are constant.

    :param scores: [rows, columns]
    :param labels: [rows, columns]
    :returns: float64 [columns], in -1..1
    """
    if not len(scores):
        return np.full(scores.shape[1], np.nan)
    centred = [values - values.mean(axis=0, dtype=np.float64) for values in (scores, labels)]
    product = (centred[0] * centred[1]).sum(axis=0)
    size: Floats = np.sqrt((centred[0] ** 2).sum(axis=0) * (centred[1] ** 2).sum(axis=0))
    varied = (np.ptp(scores, axis=0) > 0) & (np.ptp(labels, axis=0) > 0)
    pearson: Floats = np.divide(product, size, out=np.full(len(size), np.nan), where=varied & (size > 0))
    return pearson


def top_overlap(scores: Array, labels: Array) -> float:
    """Share of a clip's five highest labels that are among its five highest scores, mean over clips, in 0..1.

    :param scores: [clips, tags], at least one clip
    :param labels: [clips, tags]
    """
    best = [_highest(values) for values in (scores, labels)]
    return float((best[0] & best[1]).sum(axis=1).mean() / min(TOP, scores.shape[1]))


def cross_entropy(scores: Array, labels: Array) -> float:
    """Binary cross-entropy in nats, mean over clips and tags; labels may be soft.

    :param scores: [clips, tags] in 0..1, kept 1e-7 from both ends
    :param labels: [clips, tags] in 0..1
    """
    clipped = np.clip(scores.astype(np.float64), 1e-7, 1 - 1e-7)
    return float(-np.mean(labels * np.log(clipped) + (1.0 - labels) * np.log1p(-clipped)))


def _by_threshold(
    scores: Array, positives: Bools
) -> tuple[Bools, Floats, NDArray[np.int64], NDArray[np.int64]]:
    """Each column from its highest score down.

    :returns: whether each is a positive; and, of the threshold at its score, the positives among the chosen,
        the number of the chosen, and the position where the rows with that score start
    """
    rows = len(scores)
    order = np.argsort(-scores, axis=0, kind="stable")
    ordered = np.take_along_axis(scores, order, axis=0)
    hit = np.take_along_axis(positives, order, axis=0)
    positions = np.broadcast_to(np.arange(rows)[:, None], scores.shape)
    changes = ordered[1:] != ordered[:-1]
    border = np.ones((1, scores.shape[1]), np.bool_)
    start = np.maximum.accumulate(np.where(np.concatenate([border, changes]), positions, 0), axis=0)
    ends = np.where(np.concatenate([changes, border]), positions, rows)
    end = np.minimum.accumulate(ends[::-1], axis=0)[::-1]
    hits = np.take_along_axis(np.cumsum(hit, axis=0, dtype=np.float64), end, axis=0)
    return hit, hits, end + 1, start


def _points(scores: Array, positives: Bools) -> tuple[Floats, Floats]:
    _, hits, chosen, _ = _by_threshold(scores[:, None], positives[:, None])
    counts, first = np.unique(chosen[:, 0], return_index=True)
    return np.concatenate([[0.0], hits[first, 0]]), np.concatenate([[0.0], counts.astype(np.float64)])


def _decide(
    scores: Array, positives: Bools, measured: Bools, thresholds: Floats, chosen_on: str
) -> Decisions:
    decided = scores >= thresholds
    hits = decided & positives
    # Each figure is a ratio of two counts. F1 as 2 hits / (decisions + positives) is the harmonic mean of
    # precision and recall, and is defined where one of them is not.
    ratios: dict[str, tuple[NDArray[Any], NDArray[Any]]] = {
        "accuracy": (decided == positives, np.ones_like(positives)),
        "precision": (hits, decided),
        "recall": (hits, positives),
        "fpr": (decided & ~positives, ~positives),
        "f1": (2 * hits, decided.astype(np.int64) + positives),
    }
    # By clip, figures are over the clips that have a tag: only there recall is defined.
    tagged = positives[:, measured].any(axis=1)
    figures = {}
    for name, (part, whole) in ratios.items():
        empty = 0.0 if name == "precision" else np.nan
        known_part, known_whole = part[:, measured], whole[:, measured]
        figures[name] = _averages(
            _ratio(part.sum(axis=0), whole.sum(axis=0), empty),
            measured,
            float(_ratio(known_part.sum(), known_whole.sum(), empty)),
            np.where(tagged, _ratio(known_part.sum(axis=1), known_whole.sum(axis=1), empty), np.nan),
        )
    known = positives[:, measured]
    density = _figure(known.mean() if known.size else np.nan)
    return Decisions(tuple(map(float, thresholds)), chosen_on, **figures, density=density)


def _averages(tags: Floats, measured: Bools, micro: float, clips: Floats) -> Averages:
    kept = np.where(measured, tags, np.nan)
    return Averages(
        _figure(_mean(kept)), _figure(micro), _figure(_mean(clips)), tuple(_figure(value) for value in kept)
    )


def _ratio(part: NDArray[Any], whole: NDArray[Any], empty: float) -> Floats:
    part, whole = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    ratio: Floats = np.divide(part, whole, out=np.full(part.shape, empty), where=whole > 0)
    return ratio


def _mean(values: NDArray[np.floating[Any]]) -> float:
    """Mean of what is defined; NaN, without a warning, if nothing is."""
    known = values[~np.isnan(values)]
    return float(known.mean(dtype=np.float64)) if known.size else float("nan")


def _figure(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), DIGITS)


def _highest(values: Array) -> Bools:
    count = min(TOP, values.shape[1])
    chosen = np.zeros(values.shape, np.bool_)
    np.put_along_axis(chosen, np.argsort(-values, axis=1, kind="stable")[:, :count], True, axis=1)
    return chosen


def _fewest(labels: Array) -> int:
    return 1 if is_hard(labels) else FEWEST_POSITIVES


def _named(tags: Sequence[str], chosen: Bools) -> tuple[str, ...]:
    return tuple(tag for tag, here in zip(tags, chosen.tolist(), strict=True) if here)
