"""What was computed of clips so far, in one file: an interrupted command goes on where it was."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.checkpoints import write_whole

Array = NDArray[np.float32]

SAVE_SECONDS = 10.0


def kept(
    path: Path,
    digest: str,
    clips: Mapping[str, Path],
    compute: Callable[[Path], Array],
    report: Callable[[int, int], None],
) -> Array:
    """One array of each clip, from the file as far as it has them: [clips, ...].

    :param path: of an npz file, whole at any moment
    :param digest: of what computes; arrays of another are not used
    :param clips: files by the names that the file knows them by
    :param report: told of how many are done; may raise to stop
    :raises DiskFault: the file cannot be written
    """
    known = _read(path, digest)
    missing = [name for name in clips if name not in known]
    saved = time.monotonic()
    try:
        for done, name in enumerate(missing, len(clips) - len(missing)):
            report(done, len(clips))
            known[name] = compute(clips[name])
            if time.monotonic() - saved > SAVE_SECONDS:
                _write(path, digest, known)
                saved = time.monotonic()
    finally:
        if missing:
            _write(path, digest, known)
    report(len(clips), len(clips))
    return np.stack([known[name] for name in clips])


def _read(path: Path, digest: str) -> dict[str, Array]:
    try:
        with np.load(path, allow_pickle=False) as file:
            if str(file["digest"]) != digest:
                return {}
            return dict(zip(file["names"].tolist(), file["values"], strict=True))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return {}


def _write(path: Path, digest: str, known: Mapping[str, Array]) -> None:
    if known:
        names, values = np.array(list(known)), np.stack(list(known.values()))
        write_whole(path, lambda file: np.savez(file, digest=np.array(digest), names=names, values=values))
