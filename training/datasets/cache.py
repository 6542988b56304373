"""What is computed from every clip of a data set, once, in a memory-mapped file.

``<cache>/<data set>-<MelSpec digest>/`` holds

- ``log_mel.f16``: float16 [rows, mel, frames], nothing else;
- ``clips.json``: path, size and time of change of the clip in each row;
- ``done.npy``: which rows are filled, so that an interrupted preparation goes on where it was;
- ``faults.json``: why a clip cannot be used, by path.

A clip keeps its row as long as its path is the same. It is computed again when its size or time changed; new
clips are appended. Subsets of a data set share the rows. The whole folder can be deleted at any time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import lru_cache, partial
from os import cpu_count
from pathlib import Path
from shutil import disk_usage
from typing import Any, TypeVar

import msgspec
import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from mat_desktop.domain.melspec import MelSpec
from mat_desktop.errors import DecodeError, printable
from training.checkpoints import megabytes, write_whole
from training.datasets.dataset import Dataset, DatasetFault, Skipped

PENDING, DONE, BROKEN = 0, 1, 2
SAVE_SECONDS = 5.0
"""Between two notes of what is done: a process that is killed loses what came after the last one."""

LOCK_SECONDS = 10.0
"""Another process that only looks whether all is there lets go of the cache at once."""

ASK_SECONDS = 0.1
"""Between two reports while a long clip is decoded."""

Result = TypeVar("Result")

Key = tuple[str, int, int]
"""Path as text, size in bytes, time of change in ns; -1 where the file cannot be looked at."""

Report = Callable[[int, int], None]
"""Called with clips done and clips in all; after every clip, and some times a second while none is done. What
it raises stops the work."""


class Rows:
    """Rows of a memory-mapped array in the order of a data set's clips: indexed like the array itself."""

    def __init__(self, array: NDArray[np.float16], rows: NDArray[np.int64]) -> None:
        """:param array: [rows of the cache, mel, frames]
        :param rows: of each clip
        """
        self._array = array
        self._rows = rows

    @property
    def shape(self) -> tuple[int, int, int]:
        """Clips, bands, frames."""
        return (len(self._rows), self._array.shape[1], self._array.shape[2])

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: Any) -> NDArray[np.float16]:
        """The first index counts clips; only the rows asked for are read."""
        first, *others = index if isinstance(index, tuple) else (index,)
        found: NDArray[np.float16] = self._array[(self._rows[first], *others)]
        return found


def filled(
    dataset: Dataset,
    cache: Path,
    spec: MelSpec,
    compute: Callable[[Path, float], NDArray[np.generic]],
    report: Report,
) -> tuple[Rows, NDArray[np.bool_], tuple[Skipped, ...]]:
    """Compute what is not in the cache yet: the rows, which clips are usable, and why the others are not.

    :param spec: names the cache, and says how large a row is
    :param compute: the row of a clip that must have so many seconds (0: any), which a float16 array
        [mel, frames] takes; several run at once
    :raises DatasetFault: the cache cannot be written, is in use, or no clip can be decoded
    """
    folder = cache / f"{dataset.name}-{spec.digest()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "lock", timeout=LOCK_SECONDS):
            store = Store.open(folder, spec)
            rows = store.claim([_key(clip) for clip in dataset.clips])
            _fill(dataset, store, rows, compute, report)
    except Timeout as error:
        raise DatasetFault(f"{printable(folder)}: another process is preparing it at this moment") from error
    except OSError as error:
        raise DatasetFault(
            f"{printable(folder)}: {error.strerror}; what is prepared so far stays usable"
        ) from error
    usable = store.state[rows] == DONE
    if not usable.any():
        raise DatasetFault(f"{printable(folder)}: none of the {len(dataset.clips):,} clips can be decoded")
    lost = [store.keys[row][0] for row in rows[~usable]]
    skipped = tuple(Skipped(path, store.faults.get(path, "damaged")) for path in lost)
    return Rows(store.array, rows), usable, skipped


@dataclass(slots=True)
class Store:
    """The files of one cache.

    :param keys: of the clip in each row
    :param state: uint8 [rows], PENDING, DONE or BROKEN
    :param array: float16 [rows, mel, frames], mapped
    """

    folder: Path
    row_shape: tuple[int, int]
    keys: list[Key]
    state: NDArray[np.uint8]
    faults: dict[str, str]
    array: NDArray[np.float16] = field(default_factory=lambda: np.zeros((0, 0, 0), np.float16))

    @classmethod
    def open(cls, folder: Path, spec: MelSpec) -> Store:
        """What is there; a file that does not fit counts as absent."""
        keys = _load_json(folder / "clips.json", list[Key]) or []
        state = _load_state(folder / "done.npy")
        shape = (spec.n_mels, spec.window_frames)
        mapped = folder / "log_mel.f16"
        size = mapped.stat().st_size if mapped.exists() else 0
        # A crash between two of the files leaves one of them longer: what all have counts.
        rows = min(len(keys), len(state), size // (2 * shape[0] * shape[1]))
        faults = _load_json(folder / "faults.json", dict[str, str]) or {}
        return cls(folder, shape, keys[:rows], state[:rows].copy(), faults)

    def claim(self, keys: list[Key]) -> NDArray[np.int64]:
        """The row of each clip: the one that it has, or a new one. Space for all of them is taken at once."""
        row_of = {key[0]: row for row, key in enumerate(self.keys)}
        rows = np.empty(len(keys), np.int64)
        changed = False
        for index, key in enumerate(keys):
            row = row_of.setdefault(key[0], len(self.keys))
            rows[index] = row
            if row == len(self.keys):
                self.keys.append(key)
                changed = True
            elif self.keys[row] != key and row < len(self.state):
                self.keys[row] = key
                self.state[row] = PENDING
                changed = True
        self._grow(len(self.keys))
        added = len(self.keys) - len(self.state)
        self.state = np.concatenate((self.state, np.full(added, PENDING, np.uint8)))
        if changed:
            # In this order: after a crash in between, a changed clip is pending under its old key.
            self._save_state()
            self._put("clips.json", msgspec.json.encode(self.keys))
        return rows

    def save(self) -> None:
        """Everything that was computed so far, the values before the note that they are there."""
        if isinstance(self.array, np.memmap):
            self.array.flush()
        self._put("faults.json", msgspec.json.encode(self.faults))
        self._save_state()

    def _grow(self, rows: int) -> None:
        path = self.folder / "log_mel.f16"
        row = np.zeros(self.row_shape, np.float16).tobytes()
        old = len(self.state) * len(row)
        if not old:
            path.unlink(missing_ok=True)  # never cut a file short that a training run may have mapped
        # Written in full: a sparse file would crash the process later, when the disk is full.
        with path.open("r+b" if old else "x+b", buffering=0) as file:
            file.truncate(old)
            file.seek(old)
            try:
                for _ in range(rows - len(self.state)):
                    left = memoryview(row)
                    while left:
                        left = left[file.write(left) :]
            except OSError as error:
                file.truncate(old)
                need, free = rows * len(row) - old, disk_usage(self.folder).free
                error.strerror = f"{error.strerror} ({megabytes(need)} needed, {megabytes(free)} free)"
                raise
        self.array = np.memmap(path, np.dtype("<f2"), "r+", shape=(rows, *self.row_shape))

    def _save_state(self) -> None:
        write_whole(self.folder / "done.npy", lambda file: np.save(file, self.state))

    def _put(self, name: str, data: bytes) -> None:
        write_whole(self.folder / name, lambda file: file.write(data))


def _fill(
    dataset: Dataset,
    store: Store,
    rows: NDArray[np.int64],
    compute: Callable[[Path, float], NDArray[np.generic]],
    report: Report,
) -> None:
    pending = np.flatnonzero(store.state[rows] == PENDING)

    def one(index: int) -> DecodeError | None:
        try:
            seconds = dataset.seconds[index] if dataset.seconds else 0.0
            store.array[rows[index]] = compute(dataset.clips[index], seconds)
        except DecodeError as error:
            return error
        return None

    if not pending.size:
        return
    pool = ThreadPoolExecutor(cpu_count(), "prepare")
    saved = time.monotonic()
    try:
        futures = [pool.submit(one, index) for index in pending.tolist()]
        for count, (index, future) in enumerate(zip(pending.tolist(), futures, strict=True)):
            done = len(rows) - len(pending) + count
            fault = _awaited(future, partial(report, done, len(rows)))
            path = store.keys[rows[index]][0]
            store.faults.pop(path, None)
            if fault:
                store.faults[path] = fault.cause
            store.state[rows[index]] = BROKEN if fault else DONE
            report(done + 1, len(rows))
            if time.monotonic() - saved > SAVE_SECONDS:
                store.save()
                saved = time.monotonic()
    finally:
        # Without waiting for clips under way: whoever stops this does not want to wait for them.
        pool.shutdown(wait=False, cancel_futures=True)
        store.save()


def _awaited(future: Future[Result], ask: Callable[[], None]) -> Result:
    while wait((future,), ASK_SECONDS).not_done:
        ask()
    return future.result()


def place_of(clip: Path) -> str:
    """The same text however its folder was named: from here, over ``..`` or a link to it."""
    return printable(_resolved(clip.parent) / clip.name)


@lru_cache(maxsize=1024)
def _resolved(folder: Path) -> Path:
    return folder.resolve()


def _key(clip: Path) -> Key:
    path = place_of(clip)
    try:
        found = clip.stat()
    except OSError:
        return (path, -1, -1)
    return (path, found.st_size, found.st_mtime_ns)


def _load_json(path: Path, kind: Any) -> Any:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (FileNotFoundError, ValueError):
        return None


def _load_state(path: Path) -> NDArray[np.uint8]:
    try:
        state: NDArray[np.uint8] = np.load(path, allow_pickle=False)
    except (FileNotFoundError, ValueError, EOFError):
        return np.zeros(0, np.uint8)
    return state if state.ndim == 1 and state.dtype == np.uint8 else np.zeros(0, np.uint8)
