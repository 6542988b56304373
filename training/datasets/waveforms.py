"""Samples of every clip of a data set, for networks that listen to the waveform.

The cache is that of :mod:`training.datasets.features`, with one band and one frame a sample: what it keeps in
two bytes are 16-bit integers here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from mat_desktop.domain.melspec import MelSpec
from mat_desktop.errors import DecodeError, printable
from training.datasets import features
from training.datasets.dataset import Dataset, DatasetFault, Skipped
from training.datasets.features import BROKEN, DONE, PENDING, SAVE_EVERY, LogMels

FULL_SCALE = 32767


class Waveforms:
    """Rows of a memory-mapped array in the order of a data set's clips: int16 [clips, samples]."""

    def __init__(self, rows: LogMels) -> None:
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
    dataset: Dataset, cache: Path, spec: MelSpec, report: Callable[[int, int, str], None]
) -> tuple[Waveforms, NDArray[np.bool_], tuple[Skipped, ...]]:
    """Decode what is not in the cache yet: the samples, which clips are usable, and why the others are not.

    :param spec: from :func:`spec_of`
    :param report: called with clips done, clips in all, and a message where one was skipped
    :raises DatasetFault: the cache cannot be written, is in use, or no clip can be decoded
    """
    folder = cache / f"{dataset.name}-{spec.digest()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "lock", timeout=0):
            store = features._Store.open(folder, spec)
            rows = store.claim([features._key(clip) for clip in dataset.clips])
            _fill(dataset, spec, store, rows, report)
    except Timeout as error:
        raise DatasetFault(f"{printable(folder)}: another process is preparing it at this moment") from error
    except OSError as error:
        raise DatasetFault(
            f"{printable(folder)}: {error.strerror}; what is prepared so far stays usable"
        ) from error
    usable = store.state[rows] == DONE
    if not usable.any():
        raise DatasetFault(f"{printable(folder)}: none of the {len(dataset.clips)} clips can be decoded")
    lost = [store.keys[row][0] for row in rows[~usable]]
    skipped = tuple(Skipped(path, store.faults.get(path, "damaged")) for path in lost)
    return Waveforms(LogMels(store.array, rows)), usable, skipped


def _fill(
    dataset: Dataset,
    spec: MelSpec,
    store: features._Store,
    rows: NDArray[np.int64],
    report: Callable[[int, int, str], None],
) -> None:
    pending = np.flatnonzero(store.state[rows] == PENDING)
    # A window of one frame more is as many samples as the row is long.
    window_spec = spec_of(spec.sample_rate, (spec.window_frames + 1) / spec.sample_rate)
    try:
        for count, index in enumerate(pending.tolist(), start=1):
            row, path = rows[index], store.keys[rows[index]][0]
            store.faults.pop(path, None)
            message = ""
            try:
                samples = features.window(dataset.clips[index], window_spec)
                whole = (samples.clip(-1, 1) * FULL_SCALE).round().astype(np.int16)
                store.array[row, 0] = whole.view(np.float16)
                store.state[row] = DONE
            except DecodeError as error:
                store.faults[path], store.state[row], message = error.cause, BROKEN, str(error)
            report(len(rows) - len(pending) + count, len(rows), message)
            if count % SAVE_EVERY == 0:
                store.save()
    finally:
        if pending.size:
            store.save()  # also after Ctrl+C
