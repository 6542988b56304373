"""From evidence to the region that is shown of it: what lies outside, and the line around it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mat_desktop.app.evidence import Evidence, half_level, smooth

Plane = NDArray[np.float32]
Places = NDArray[np.float64]

BLUR_PIXELS = 5.0
"""Evidence is blurred over so many pixels of the view: far away one sees regions, close by their parts."""

LEAST_BLUR = 2.0
"""Columns over which it is blurred at least."""

FINE = 4
"""Steps between two cells of the evidence, so that the line is round."""

PAIRS: dict[int, tuple[tuple[int, int], ...]] = {
    **dict.fromkeys((1, 14), ((3, 2),)),
    **dict.fromkeys((2, 13), ((2, 1),)),
    **dict.fromkeys((3, 12), ((3, 1),)),
    **dict.fromkeys((4, 11), ((0, 1),)),
    **dict.fromkeys((6, 9), ((0, 2),)),
    **dict.fromkeys((7, 8), ((0, 3),)),
    5: ((0, 1), (3, 2)),
    10: ((0, 3), (2, 1)),
}
"""Marching squares: which edges (top, right, bottom, left) a line joins, by corners that are inside."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A region within a window of a track.

    :param outside: uint8 [rows, columns], 1 outside the region; row 0 the lowest
    :param start: of the window that the columns share, seconds
    :param end: of that window
    :param x: seconds [2n]; each pair of places is a piece of the line
    :param y: bands [2n]
    """

    outside: NDArray[np.uint8]
    start: float
    end: float
    x: Places
    y: Places


def trace(
    evidence: Evidence, seconds: float, window: tuple[float, float], pixels: int, bands: int
) -> Outline:
    """The region that holds half of a tag's evidence, as fine as a window of the track shows it.

    :param seconds: length of the track
    :param window: start and end of what is in view, seconds
    :param pixels: width of the view
    :param bands: mel bands that the rows share
    """
    strength = evidence.strength
    rows, columns = strength.shape
    each = seconds / columns
    first = max(0, int(window[0] / each) - 1)
    last = min(columns, int(np.ceil(window[1] / each)) + 1)
    in_view = max(1, last - first)
    blurred = smooth(strength, 1.0, max(LEAST_BLUR, BLUR_PIXELS * in_view / max(1, pixels)))
    level = half_level(blurred)
    part = blurred[:, first:last]
    wanted_rows = (np.arange(rows * FINE) + 0.5) / FINE - 0.5
    count = min(in_view * FINE, max(2, pixels))
    wanted_columns = (np.arange(count) + 0.5) * in_view / count - 0.5
    fine = _between(_between(part, wanted_rows).T, wanted_columns).T
    start, end = first * each, last * each
    x = start + (np.arange(count) + 0.5) * (end - start) / count
    y = (np.arange(rows * FINE) + 0.5) * bands / (rows * FINE)
    lines = _lines(
        np.pad(fine, 1), np.concatenate(([start], x, [end])), np.concatenate(([0], y, [bands])), level
    )
    return Outline((fine < level).astype(np.uint8), start, end, *lines)


def _between(values: Plane, places: Places) -> Plane:
    """Linear interpolation between rows; the ends are repeated."""
    at = np.clip(places, 0, len(values) - 1)
    low = np.minimum(at.astype(int), max(0, len(values) - 2))
    high = np.minimum(low + 1, len(values) - 1)
    share = (at - low).astype(np.float32)[:, None]
    mixed: Plane = values[low] * (1 - share) + values[high] * share
    return mixed


def _lines(z: Plane, x: Places, y: Places, level: float) -> tuple[Places, Places]:
    """The line between what reaches a level and what does not, as pairs of places."""
    inside = z >= level
    corners = (inside[:-1, :-1], inside[:-1, 1:], inside[1:, 1:], inside[1:, :-1])
    case = np.zeros(corners[0].shape, np.uint8)
    for corner in corners:
        case = case * 2 + corner
    xs, ys = [np.zeros(0)], [np.zeros(0)]
    for number, joined in PAIRS.items():
        i, j = np.nonzero(case == number)
        if not len(i):
            continue
        for pair in joined:
            places = [_crossing(edge, z, x, y, i, j, level) for edge in pair]
            xs.append(np.stack([place[0] for place in places], axis=1).ravel())
            ys.append(np.stack([place[1] for place in places], axis=1).ravel())
    return np.concatenate(xs), np.concatenate(ys)


def _crossing(
    edge: int, z: Plane, x: Places, y: Places, i: NDArray[np.intp], j: NDArray[np.intp], level: float
) -> tuple[Places, Places]:
    down, right = (edge == 2), (edge == 1)
    if edge in (0, 2):
        i = i + down
        share = (level - z[i, j]) / (z[i, j + 1] - z[i, j])
        return x[j] + share * (x[j + 1] - x[j]), y[i]
    j = j + right
    share = (level - z[i, j]) / (z[i + 1, j] - z[i, j])
    return x[j], y[i] + share * (y[i + 1] - y[i])
