"""How well scores rank clips, against soft labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

Array = NDArray[np.float32]

QUANTILE = 0.93
LOWEST_POSITIVE = 0.1
FEWEST_POSITIVES = 3


@dataclass(frozen=True, slots=True)
class Ranking:
    """Figures of some tags on some clips; NaN for a tag with too few positives.

    :param roc_auc: [tags]
    :param pr_auc: average precision [tags]
    :param correlation: Pearson's, of score and soft label [tags]
    :param top5: share of a clip's five highest labels that are among its five highest scores, mean over clips
    """

    roc_auc: Array
    pr_auc: Array
    correlation: Array
    top5: float

    def summary(self) -> dict[str, float]:
        """Macro means over the tags that could be measured."""
        return {
            "roc_auc": round(float(np.nanmean(self.roc_auc)), 4),
            "pr_auc": round(float(np.nanmean(self.pr_auc)), 4),
            "correlation": round(float(np.nanmean(self.correlation)), 4),
            "top5_overlap": round(self.top5, 4),
            "tags_left_out": int(np.isnan(self.roc_auc).sum()),
        }


def binarise(labels: Array) -> NDArray[np.bool_]:
    """Positives of each tag: soft labels from max(0.1, the tag's 93 % quantile) on [clips, tags]."""
    return labels >= np.maximum(LOWEST_POSITIVE, np.quantile(labels, QUANTILE, axis=0))


def rank(scores: Array, labels: Array) -> Ranking:
    """Compare scores with soft labels.

    :param scores: [clips, tags] in 0..1
    :param labels: [clips, tags] in 0..1
    """
    positives = binarise(labels)
    tags = labels.shape[1]
    roc, pr, correlation = (np.full(tags, np.nan, np.float32) for _ in range(3))
    for tag in range(tags):
        count = int(positives[:, tag].sum())
        if FEWEST_POSITIVES <= count < len(positives):
            roc[tag] = roc_auc_score(positives[:, tag], scores[:, tag])
            pr[tag] = average_precision_score(positives[:, tag], scores[:, tag])
        if np.ptp(scores[:, tag]) > 0 and np.ptp(labels[:, tag]) > 0:
            correlation[tag] = np.corrcoef(scores[:, tag], labels[:, tag])[0, 1]
    best_scores = np.argsort(-scores, axis=1)[:, :5]
    best_labels = np.argsort(-labels, axis=1)[:, :5]
    overlap = [
        len(set(a) & set(b)) / 5 for a, b in zip(best_scores.tolist(), best_labels.tolist(), strict=True)
    ]
    return Ranking(roc, pr, correlation, float(np.mean(overlap)))
