"""Where each tag's threshold goes so that all become as much surer: along the curve that its figures tell.

A card states for each tag the precision and recall at its threshold, and the area under its ROC curve. With
scores of right and wrong tracks normally distributed with one spread (the binormal model), these three fix
the whole curve. The log odds that a tag is right are the card's Platt slope times the score's own: a step in
them, divided by the distance of the two means, is a step in units of the spread.
"""

from __future__ import annotations

from math import log, sqrt
from statistics import NormalDist

from mat_desktop.domain.card import TagSpec

FARTHEST = 2.0
"""Where precision cannot follow (a tag that half of all tracks have), the log odds of being right move by so
many times the shift, and no further."""

LEAST_SLOPE = 0.5
"""A curve flatter than this says nothing about precision."""

_NORMAL = NormalDist()
_EDGE = 0.002


def move_for(spec: TagSpec, shift: float) -> float:
    """How far a tag's threshold moves, in logits, so that its precision moves by as much in log odds.

    Where the card does not say how precise a tag is, its threshold moves by the shift itself.
    """
    curve = curve_of(spec)
    if curve is None or shift == 0:
        return shift
    wanted = _odds(curve.precision(0.0)) + shift
    farthest = FARTHEST * abs(shift) / curve.slope
    low, high = (0.0, farthest) if shift > 0 else (-farthest, 0.0)
    for _ in range(24):
        middle = (low + high) / 2
        if _odds(curve.precision(middle)) < wanted:
            low = middle
        else:
            high = middle
    return (low + high) / 2


class Curve:
    """Of one tag."""

    def __init__(self, precision: float, recall: float, area: float, slope: float) -> None:
        """
        :param area: under the ROC curve
        :param slope: log odds of being right to a step of one logit in the score
        """
        self.slope = slope
        self._distance = sqrt(2) * _NORMAL.inv_cdf(area)
        self._hits = _NORMAL.inv_cdf(recall)
        self._alarms = self._hits - self._distance
        alarms = _NORMAL.cdf(self._alarms)
        self._right = alarms * precision / (recall * (1 - precision))  # right tracks to one wrong one

    def precision(self, move: float) -> float:
        """At a threshold so far from the card's own, in logits."""
        step = move * self.slope / self._distance
        right = self._right * _NORMAL.cdf(self._hits - step)
        wrong = _NORMAL.cdf(self._alarms - step)
        return right / (right + wrong) if wrong else 1.0  # so far out nothing is suggested any more


def curve_of(spec: TagSpec) -> Curve | None:
    """None where the card does not say enough."""
    figures = [spec.metrics.get(name) for name in ("precision", "recall", "roc_auc")]
    precision, recall, area = (min(max(value or 0.0, _EDGE), 1 - _EDGE) for value in figures)
    if None in figures or area < 0.55:
        return None
    slope = spec.metrics.get("platt_slope") or 1.0
    return Curve(precision, recall, area, max(slope, LEAST_SLOPE))


def _odds(share: float) -> float:
    clipped = min(max(share, 1e-6), 1 - 1e-6)
    return log(clipped / (1 - clipped))
