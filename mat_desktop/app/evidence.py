"""Where in time and frequency a tag was heard in a track."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mat_desktop.app.session import Session
from mat_desktop.domain.scheme import DisplayTag
from mat_desktop.errors import DecodeError

Map = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a tag.

    :param strength: [rows, columns] in 0..1, row 0 the lowest bands; rows share the bands evenly, columns the
        length of the picture
    """

    strength: Map

    @property
    def empty(self) -> bool:
        """Whether nothing speaks for the tag."""
        return not self.strength.any()

    def column_sums(self) -> Map:
        """Strength over time [columns]."""
        sums: Map = self.strength.sum(axis=0)
        return sums


def find_evidence(
    session: Session,
    path: Path,
    tag: DisplayTag,
    tell: Callable[[float], None] = lambda share: None,
    wanted: Callable[[], bool] = lambda: True,
) -> Evidence:
    """Let the engine find out what in a file speaks for a tag.

    :param tell: is told now and then, in some thread, the share that is done
    :param wanted: whether it is waited for still: it may have been withdrawn before the engine knew of it
    :raises DecodeError: the file cannot be decoded, the network has no maps over time and frequency, or the
        tag was taught
    :raises EngineFault: the engine cannot be started
    :raises CancelledError: it was withdrawn meanwhile
    """
    if tag.taught:
        raise DecodeError(path, f"“{tag.shown}” was taught by whole tracks, and has no places in them")
    columns = [number for number, spec in enumerate(session.card.tags) if spec.key in tag.sources]
    future = session.engine.find_evidence(path, columns, tell)
    if not wanted():
        session.engine.cancel_evidence()
    found = future.result()
    roots = np.frombuffer(found.evidence, np.uint8).reshape(found.rows, found.columns)
    return Evidence(np.square(roots.astype(np.float32) / 255))


def smooth(strength: Map, rows: float, columns: float) -> Map:
    """Evidence blurred with a Gaussian of so many rows and columns; its edges are repeated."""
    blurred = _blur(_blur(strength, rows).T, columns).T
    return np.ascontiguousarray(blurred)


def half_level(strength: Map) -> float:
    """The level above which half of all evidence lies: what is as strong is the region shown."""
    values = np.sort(strength, axis=None)[::-1]
    sums = np.cumsum(values, dtype=np.float64)
    if sums[-1] <= 0:
        return float("inf")
    return float(values[min(int(np.searchsorted(sums, sums[-1] / 2)), len(values) - 1)])


def _blur(values: Map, sigma: float) -> Map:
    """Along the first axis, by a running mean thrice, whose cost does not grow with the width."""
    wide = max(1, round(np.sqrt(4 * sigma * sigma + 1)))
    wide += 1 - wide % 2
    if wide == 1:
        return values
    for _ in range(3):
        padded = np.pad(values, ((wide // 2 + 1, wide // 2), (0, 0)), mode="edge")
        padded[0] = 0
        sums = np.cumsum(padded, axis=0, dtype=np.float64)
        values = ((sums[wide:] - sums[:-wide]) / wide).astype(np.float32)
    return values
