"""Which pooling of window scores tells best what a whole track is.

The corpus has clips of one window, so tracks are put together from neighbouring clips of a split, which are
mostly of one source. A track's label is the mean of its clips' labels. A second time one window of each track
is replaced by that of a clip from elsewhere, as an intro or applause would be; the label is then that of the
rest.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from training.display import logit
from training.metrics import rank

Array = NDArray[np.float32]

WINDOWS = 4
"""Windows of a track: two minutes."""

POOLINGS: dict[str, Callable[[Array], Array]] = {
    "mean": lambda scores: scores.mean(axis=1),
    "mean of log odds": lambda scores: 1 / (1 + np.exp(-logit(scores).mean(axis=1))),
    "median": lambda scores: np.median(scores, axis=1),
    "75 % quantile": lambda scores: np.quantile(scores, 0.75, axis=1),
    "90 % quantile": lambda scores: np.quantile(scores, 0.9, axis=1),
    "maximum": lambda scores: scores.max(axis=1),
}
"""From [tracks, windows, tags] to [tracks, tags]."""


def compare_poolings(scores: Array, labels: Array) -> dict[str, dict[str, dict[str, float]]]:
    """Figures of each pooling, for tracks as they are and with a window from elsewhere.

    :param scores: of clips [clips, tags] in 0..1, neighbours next to each other
    :param labels: likewise
    """
    tracks = len(scores) // WINDOWS
    shape = (tracks, WINDOWS, scores.shape[1])
    heard, truth = (values[: tracks * WINDOWS].reshape(shape) for values in (scores, labels))
    disturbed = heard.copy()
    disturbed[:, 0] = np.roll(heard[:, 0], tracks // 2, axis=0)
    return {
        "tracks as they are": _figures(heard, truth.mean(axis=1)),
        "one window from elsewhere": _figures(disturbed, truth[:, 1:].mean(axis=1)),
    }


def _figures(scores: Array, labels: Array) -> dict[str, dict[str, float]]:
    return {
        name: rank(pool(scores).astype(np.float32), labels.astype(np.float32)).summary()
        for name, pool in POOLINGS.items()
    }
