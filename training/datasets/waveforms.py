"""Samples of every clip of a data set, for networks that listen to the waveform.

The cache (:mod:`training.datasets.cache`) has one band and one frame a sample: what it keeps in two bytes are
16-bit integers here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mat_desktop.domain.melspec import MelSpec
from training.datasets.cache import Report, Rows, filled
from training.datasets.dataset import Dataset, Skipped
from training.datasets.features import window

FULL_SCALE = 32767


class Waveforms:
    """Rows of a memory-mapped array in the order of a data set's clips: int16 [clips, samples]."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    @property
    def shape(self) -> tuple[int, int]:
        """Clips, samples."""
        return (len(self._rows), self._rows.shape[2])

    def __getitem__(self, index: Any) -> NDArray[np.int16]:
        """The first index counts clips; only the rows asked for are read."""
        first, *others = index if isinstance(index, tuple) else (index,)
        samples: NDArray[np.int16] = self._rows[(first, ..., 0, slice(None))].view(np.int16)
        return samples[(..., *(other for other in others if other is not Ellipsis))]


def spec_of(sample_rate: int, seconds: float) -> MelSpec:
    """Names a cache of samples: one frame a sample, of one band."""
    return MelSpec(
        sample_rate=sample_rate,
        n_fft=1,
        hop_length=1,
        n_mels=1,
        f_max=sample_rate / 2,
        window_frames=round(sample_rate * seconds),
    )


def prepare_waveforms(
    dataset: Dataset, cache: Path, spec: MelSpec, report: Report
) -> tuple[Waveforms, NDArray[np.bool_], tuple[Skipped, ...]]:
    """Decode what is not in the cache yet: the samples, which clips are usable, and why the others are not.

    :param spec: from :func:`spec_of`
    :raises DatasetFault: the cache cannot be written, is in use, or no clip can be decoded
    """
    # A window of one frame more is as many samples as the row is long.
    row = spec_of(spec.sample_rate, (spec.window_frames + 1) / spec.sample_rate)

    def samples(clip: Path, seconds: float) -> NDArray[np.float16]:
        whole = (window(clip, row, seconds).clip(-1, 1) * FULL_SCALE).round().astype(np.int16)
        return whole[None].view(np.float16)

    rows, usable, skipped = filled(dataset, cache, spec, samples, report)
    return Waveforms(rows), usable, skipped
