"""What reaches the head in each corrected track, kept in the cache once it was computed."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mat_desktop.domain.card import ModelCard
from mat_desktop.domain.corrections import Corrections
from mat_desktop.errors import FileFault, printable
from training.checkpoints import write_whole
from training.datasets.cache import place_of
from training.datasets.dataset import DatasetFault, Skipped
from training.network import Trained
from training.track_inference import Pieces, cut, track_features

Array = NDArray[np.float32]

LOT = 8
"""Tracks that are decoded before the network hears them, and kept at once."""


def features_of(
    card: ModelCard,
    trained: Trained,
    corrections: Corrections,
    cache: Path,
    report: Callable[[int, int], None],
) -> tuple[Tensor, list[bool], list[Skipped]]:
    """What reaches the head, [usable tracks, features], as the program hears it; what has to be computed is
    kept for the next time.
    """
    store = cache / f"features-{card.digest}.npz"
    tracks, known = corrections.tracks, _load(store)
    keys = [_key(track) for track in tracks]
    channels = trained.module.head.weight.shape[1]
    for key, sent in zip(keys, corrections.features, strict=True):
        kept = sent.get(card.digest, b"")
        if len(kept) == 2 * channels:
            values = np.frombuffer(kept, "<f2").astype(np.float32)
            if values.any() and np.isfinite(values).all():  # zeros: silence, of which nothing is learned
                known[key] = values
    wanted = [index for index, key in enumerate(keys) if key not in known]
    skipped: list[Skipped] = []
    done = len(tracks) - len(wanted)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        # In lots: no more of them lie decoded in memory, and an interruption costs one.
        for start in range(0, len(wanted), LOT):
            lot = wanted[start : start + LOT]
            for index, pieces in zip(
                lot, pool.map(lambda index: _cut(tracks[index], card), lot), strict=True
            ):
                if isinstance(pieces, FileFault):
                    skipped.append(Skipped(printable(pieces.path), pieces.cause))
                elif (heard := track_features(trained, pieces)) is None:
                    skipped.append(Skipped(printable(tracks[index]), "nothing can be heard in it"))
                else:
                    known[keys[index]] = heard
                done += 1
                report(done, len(tracks))
            if known:
                _keep(store, known)
    usable = [key in known for key in keys]
    if not any(usable):
        raise DatasetFault(f"none of the {len(tracks):,} corrected tracks can be listened to: {skipped[0]}")
    rows = [known[key] for key in keys if key in known]
    return torch.from_numpy(np.stack(rows)), usable, skipped


def _cut(path: Path, card: ModelCard) -> Pieces | FileFault:
    """The windows of a file, or why there are none."""
    try:
        return cut(path, card.mel, card.level)
    except FileFault as fault:
        return fault


def _key(track: Path) -> str:
    try:
        found = track.stat()
    except OSError:
        return f"missing {printable(track)}"
    text = f"{place_of(track)}\0{found.st_size}\0{found.st_mtime_ns}"
    return hashlib.sha256(text.encode()).hexdigest()


def _keep(path: Path, known: Mapping[str, Array]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(
        path, lambda file: np.savez(file, key=np.array(list(known)), value=np.stack(list(known.values())))
    )


def _load(path: Path) -> dict[str, Array]:
    """What was kept; a damaged file counts as absent."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            return dict(zip(file["key"].tolist(), file["value"], strict=True))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return {}
