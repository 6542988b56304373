"""Log-mel of every clip of a data set, computed once into a memory-mapped file.

``<cache>/<data set>-<MelSpec digest>/log_mel.npy`` is float16 [clips, mel, frames]; ``done.npy`` marks the
clips that are in it, so that an interrupted preparation goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from os import cpu_count
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mat_desktop.audio.decode import decode
from mat_desktop.audio.mel import log_mel
from mat_desktop.domain.melspec import MelSpec
from mat_desktop.errors import DecodeError
from training.datasets.corpus import Dataset, DatasetFault

PENDING, DONE, BROKEN = 0, 1, 2
SAVE_EVERY = 200


@dataclass(frozen=True, slots=True)
class Features:
    """:param log_mel: float16 dB [clips, mel, frames], memory-mapped
    :param usable: bool [clips], False where the clip could not be decoded
    """

    log_mel: NDArray[np.float16]
    usable: NDArray[np.bool_]


def prepare(
    dataset: Dataset, cache: Path, spec: MelSpec, report: Callable[[int, int, str], None]
) -> Features:
    """Decode and transform what is not in the cache yet.

    :param report: called with clips done, clips in all, and a message where one was skipped
    :raises DatasetFault: the cache cannot be written, or no clip can be decoded
    """
    folder = cache / f"{dataset.name}-{spec.digest()}"
    shape = (len(dataset.clips), spec.n_mels, spec.window_frames)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        array = _open(folder / "log_mel.npy", shape)
        state = _state(folder / "done.npy", len(dataset.clips))
        _fill(dataset, spec, array, state, folder / "done.npy", report)
    except OSError as error:
        raise DatasetFault(f"{folder}: {error.strerror}; what is prepared so far stays usable") from error
    usable = state == DONE
    if not usable.any():
        raise DatasetFault(f"{folder}: none of the {len(dataset.clips)} clips can be decoded")
    return Features(array, usable)


def normalisation(
    features: Features, indices: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and standard deviation of each band over some clips, float32 dB [mel] each."""
    total = np.zeros(features.log_mel.shape[1])
    squares = np.zeros_like(total)
    for start in range(0, len(indices), 64):
        block = features.log_mel[indices[start : start + 64]].astype(np.float64)
        total += block.sum(axis=(0, 2))
        squares += (block**2).sum(axis=(0, 2))
    count = len(indices) * features.log_mel.shape[2]
    mean = total / count
    std = np.sqrt(np.maximum(squares / count - mean**2, 1e-6))
    return mean.astype(np.float32), std.astype(np.float32)


def _open(path: Path, shape: tuple[int, int, int]) -> NDArray[np.float16]:
    if path.exists():
        array = np.lib.format.open_memmap(path, mode="r+")
        if array.shape == shape and array.dtype == np.float16:
            return array
    # Written in full at once: a sparse file would crash the process later, when the disk is full.
    with path.open("wb") as file:
        np.lib.format.write_array_header_2_0(file, {"descr": "<f2", "fortran_order": False, "shape": shape})
        zeros = np.zeros(shape[1:], np.float16).tobytes()
        for _ in range(shape[0]):
            file.write(zeros)
    path.with_name("done.npy").unlink(missing_ok=True)
    return np.lib.format.open_memmap(path, mode="r+")


def _state(path: Path, clips: int) -> NDArray[np.uint8]:
    if path.exists():
        state: NDArray[np.uint8] = np.load(path, allow_pickle=False)
        if state.shape == (clips,):
            return state
    return np.zeros(clips, np.uint8)


def _fill(
    dataset: Dataset,
    spec: MelSpec,
    array: NDArray[np.float16],
    state: NDArray[np.uint8],
    state_file: Path,
    report: Callable[[int, int, str], None],
) -> None:
    pending = np.flatnonzero(state == PENDING)

    def one(index: int) -> tuple[int, str]:
        try:
            clip = decode(dataset.clips[index], spec.sample_rate)
        except DecodeError as error:
            return index, str(error)
        array[index] = log_mel(np.resize(clip, spec.window_samples), spec)
        return index, ""

    with ThreadPoolExecutor(cpu_count()) as pool:
        for count, (index, fault) in enumerate(pool.map(one, pending.tolist()), start=1):
            state[index] = BROKEN if fault else DONE
            report(len(state) - len(pending) + count, len(state), fault)
            if count % SAVE_EVERY == 0 or count == len(pending):
                _flush(array, state, state_file)


def _flush(array: NDArray[np.float16], state: NDArray[np.uint8], state_file: Path) -> None:
    if isinstance(array, np.memmap):
        array.flush()
    temporary = state_file.with_suffix(".tmp.npy")
    np.save(temporary, state)
    temporary.replace(state_file)
