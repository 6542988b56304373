from __future__ import annotations

import numpy as np
import pytest

from mat_desktop.app.evidence import Evidence, half_level, smooth
from mat_desktop.gui.operations.evidence import strongest
from mat_desktop.gui.outline import trace


def blob() -> Evidence:
    """A disc of 6 rows and 60 columns around row 12 and column 300 of 24 by 1000."""
    rows, columns = np.mgrid[0:24, 0:1000]
    inside = ((rows - 12) / 6) ** 2 + ((columns - 300) / 60) ** 2 < 1
    return Evidence(inside.astype(np.float32))


def test_half_of_the_evidence_lies_above_the_level() -> None:
    strength = np.array([[4.0, 3.0, 2.0, 1.0]], np.float32)
    assert half_level(strength) == 3.0
    assert half_level(np.zeros((3, 3), np.float32)) == float("inf")


def test_a_blur_keeps_the_sum_and_the_place() -> None:
    strength = np.zeros((24, 400), np.float32)
    strength[10, 200] = 1
    blurred = smooth(strength, 1, 10)
    assert blurred.shape == strength.shape
    assert blurred.sum() == pytest.approx(1, abs=1e-3)
    assert np.unravel_index(blurred.argmax(), blurred.shape) == (10, 200)
    columns = np.arange(400)
    spread = np.sqrt((blurred.sum(axis=0) * (columns - 200) ** 2).sum())
    assert spread == pytest.approx(10, rel=0.1)


@pytest.mark.parametrize("window", [(0.0, 100.0), (20.0, 45.0)])
def test_the_line_runs_around_the_region(window: tuple[float, float]) -> None:
    outline = trace(blob(), 100.0, window, 600, 96)
    assert len(outline.x) == len(outline.y)
    assert len(outline.x) % 2 == 0
    assert outline.x.min() > 23.5
    assert outline.x.max() < 36.5
    assert 20 < outline.y.min() < outline.y.max() < 78
    # Each end of a piece is the end of one other: the line is closed.
    ends = np.round(np.stack([outline.x, outline.y], axis=1), 6)
    _, counts = np.unique(ends, axis=0, return_counts=True)
    assert set(counts) == {2}
    row = round(50 / 96 * outline.outside.shape[0])
    columns = outline.outside.shape[1]
    at = round((30 - outline.start) / (outline.end - outline.start) * columns)
    assert outline.outside[row, at] == 0
    assert outline.outside[0].all()


def test_closer_views_show_finer_parts() -> None:
    strength = np.zeros((24, 4000), np.float32)
    strength[4:20, 1000:1010] = strength[4:20, 1030:1040] = 1
    evidence = Evidence(strength)
    far = trace(evidence, 400.0, (0.0, 400.0), 700, 96)
    near = trace(evidence, 400.0, (98.0, 106.0), 700, 96)

    def parts(outside: np.ndarray) -> int:
        line = (outside[outside.shape[0] // 2] == 0).astype(int)
        return int((np.diff(np.pad(line, 1)) == 1).sum())

    assert parts(far.outside) == 1
    assert parts(near.outside) == 2


def test_a_region_at_the_edge_is_closed_there() -> None:
    strength = np.zeros((24, 100), np.float32)
    strength[:6, :20] = 1
    outline = trace(Evidence(strength), 10.0, (0.0, 10.0), 400, 96)
    ends = np.round(np.stack([outline.x, outline.y], axis=1), 6)
    _, counts = np.unique(ends, axis=0, return_counts=True)
    assert set(counts) == {2}
    assert outline.y.min() < 1


def test_the_strongest_passage() -> None:
    strength = np.zeros((24, 1000), np.float32)
    strength[:, 500:540] = 1
    start, end = strongest(Evidence(strength), 200.0)
    assert (start <= 100.1, end >= 107.9, end - start) == (True, True, 8.0)
    assert strongest(Evidence(np.ones((24, 10), np.float32)), 4.0) == (0.0, 4.0)
