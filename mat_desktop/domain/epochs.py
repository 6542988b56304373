"""Which epoch of a training is kept: one rule for the loop, its report and the window."""

from __future__ import annotations

from math import inf


def worth(pr_auc: float | None, valid_loss: float | None) -> tuple[float, float]:
    """Of an epoch: the one that is worth most is kept, and the first of those that are worth the same.

    On few clips many epochs rank alike, or no tag can be ranked; then the loss tells them apart.

    :param pr_auc: on the validation split, the mean over its vocabularies; None where no tag has one
    :param valid_loss: None where it is no number
    """
    return pr_auc or 0.0, -inf if valid_loss is None else -valid_loss
