"""Whether a tag merged from several vocabularies is better than that of a single one.

No vocabulary can judge itself: an output always follows the labels that it was trained on best. So each
display tag that three vocabularies know is judged three times, each time by the labels of one of them, and
only the outputs of the two others are asked: each of them alone, and merged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mat_desktop.domain.card import ModelCard
from training.display import columns_of, logit
from training.metrics import areas, ranking_positives

Array = NDArray[np.float32]
FEWEST = 3
"""Vocabularies that know a tag: one to judge and two to merge."""


def compare_merging(
    card: ModelCard, scores: Array, labels: Array, sources: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """Mean ROC-AUC over tags and judges: of single vocabularies, the better of each two, and merged.

    :param scores: [clips, outputs] in 0..1
    :param labels: [clips, outputs] in 0..1
    """
    above = logit(scores) - logit(np.array([tag.threshold for tag in card.tags], np.float32))
    vocabulary = [tag.vocabulary for tag in card.tags]
    rows: dict[str, list[tuple[list[float], float]]] = {}
    for name, columns in columns_of(sources, [tag.key for tag in card.tags]).items():
        known = {which: [c for c in columns if vocabulary[c] == which] for which in vocabulary}
        known = {which: own for which, own in known.items() if own}
        if len(known) < FEWEST:
            continue
        for judge, own in known.items():
            truth = ranking_positives(_mean(logit(labels), own, to_share=True))
            if not FEWEST <= truth.sum() < len(truth):
                continue
            others = [c for which, c in known.items() if which != judge]
            single = [_area(_mean(above, c), truth) for c in others]
            merged = _area(_mean(above, [c for group in others for c in group]), truth)
            rows.setdefault(name, []).append((single, merged))
    pairs = [pair for found in rows.values() for pair in found]
    return {
        "tags": len(rows),
        "judgements": len(pairs),
        "single": _rounded([float(np.mean(single)) for single, _ in pairs]),
        "better_single": _rounded([max(single) for single, _ in pairs]),
        "merged": _rounded([merged for _, merged in pairs]),
        "by_tag": {
            name: {
                "single": _rounded([float(np.mean(single)) for single, _ in found]),
                "merged": _rounded([merged for _, merged in found]),
            }
            for name, found in rows.items()
        },
    }


def _mean(values: Array, columns: Sequence[int], to_share: bool = False) -> Array:
    """Mean of some columns [clips, 1], as a share in 0..1 where log odds shall become one."""
    mean = values[:, list(columns)].mean(axis=1, keepdims=True)
    found: Array = (1 / (1 + np.exp(-mean)) if to_share else mean).astype(np.float32)
    return found


def _area(scores: Array, truth: NDArray[np.bool_]) -> float:
    return float(areas(scores, truth)[0][0])


def _rounded(values: Sequence[float]) -> float | None:
    return round(float(np.mean(values)), 4) if values else None
