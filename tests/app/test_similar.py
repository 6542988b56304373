"""Likeness of tracks."""

from __future__ import annotations

import numpy as np
import pytest

from mat_desktop.app.similar import likeness


def test_like_and_unlike() -> None:
    rng = np.random.default_rng(0)
    kinds = rng.uniform(0.05, 0.9, (4, 30))
    levels = np.clip(np.repeat(kinds, 25, axis=0) + rng.normal(0, 0.05, (100, 30)), 0.001, 0.999)
    found = likeness(levels.astype(np.float32), 30)
    assert found[30] == pytest.approx(1.0)
    assert set(np.argsort(-found)[:25]) == set(range(25, 50))
    assert found[:25].max() < 0.5 < found[25:50].min()


def test_a_tag_that_some_tracks_were_not_scored_for_does_not_spoil_the_rest() -> None:
    levels = np.array([[0.9, 0.1, 0.4], [0.9, 0.1, np.nan], [0.1, 0.9, 0.4]], np.float32)
    found = likeness(levels, 1)
    assert np.isfinite(found).all()
    assert found[0] > 0.9
    assert found[2] < 0


def test_tracks_without_any_character() -> None:
    assert likeness(np.full((3, 5), 0.5, np.float32), 0).tolist() == [0.0, 0.0, 0.0]
