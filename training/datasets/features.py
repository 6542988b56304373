"""Log-mel of every clip of a data set, computed once. See :mod:`training.datasets.cache`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mat_desktop.audio.decode import Decoding
from mat_desktop.audio.mel import log_mel
from mat_desktop.domain.melspec import MelSpec
from mat_desktop.errors import DecodeError
from training.datasets.cache import Report, Rows, filled
from training.datasets.dataset import Dataset, Skipped

WHOLE_SECONDS = 600
"""Tracks up to here are decoded once and kept whole; of longer ones only the middle is, found beforehand."""

SLACK_SECONDS = 0.5
"""That a clip may be shorter than a data set's lists say: encoders add or leave out a little."""

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Features:
    """:param log_mel: float16 dB [clips, mel, frames], memory-mapped
    :param usable: bool [clips], False where the clip could not be decoded
    :param skipped: those clips, with the reasons
    """

    log_mel: Rows
    usable: NDArray[np.bool_]
    skipped: tuple[Skipped, ...] = ()


def prepare(dataset: Dataset, cache: Path, spec: MelSpec, report: Report) -> Features:
    """Decode and transform what is not in the cache yet.

    :raises DatasetFault: the cache cannot be written, is in use, or no clip can be decoded
    """

    def compute(clip: Path, seconds: float) -> NDArray[np.float32]:
        return log_mel(window(clip, spec, seconds), spec)

    return Features(*filled(dataset, cache, spec, compute, report))


def window(path: Path, spec: MelSpec, seconds: float = 0.0) -> Samples:
    """One network input of a file: the middle of what is longer, repetitions of what is shorter.

    Memory does not depend on the length of the file.

    :param seconds: that it must have; 0: any. An mp3 that was cut off does not tell
    :returns: float32 mono [spec.window_samples]
    :raises DecodeError: the file cannot be decoded, or ends early
    """
    blocks, total = [], 0
    for block in Decoding(path, spec.sample_rate):
        total += block.size
        if total <= WHOLE_SECONDS * spec.sample_rate:
            blocks.append(block)
        else:
            blocks.clear()
    if total < (seconds - SLACK_SECONDS) * spec.sample_rate:
        raise DecodeError(path, f"ends after {total / spec.sample_rate:.1f} of its {seconds:g} seconds")
    start = (total - spec.window_samples) // 2
    if blocks:
        clip = np.concatenate(blocks)
        if start < 0:
            return np.resize(clip, spec.window_samples)
        return clip[start : start + spec.window_samples]
    return _span(path, spec, start)


def _span(path: Path, spec: MelSpec, start: int) -> Samples:
    """So many samples from one on, without keeping those before."""
    blocks, position, end = [], 0, start + spec.window_samples
    for block in Decoding(path, spec.sample_rate):
        if position + block.size > start:
            blocks.append(block[max(0, start - position) : end - position])
        position += block.size
        if position >= end:
            break
    return np.concatenate(blocks)
