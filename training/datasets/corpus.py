"""A corpus of clips with soft labels for several vocabularies.

Layout: ``audio/NNNNN.opus``, ``tracks.tsv`` (id, split, source, ..., licence_class, artist),
``labels.npz`` (``id`` [n] and one array [n, tags] in 0..1 for each vocabulary) and
``vocabularies.json`` (names of the tags).
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from mat_desktop.errors import MatError

SPLITS = ("train", "valid", "test")


class DatasetFault(MatError):
    """A data set's files are missing or contradict each other; the message names file and line."""


@dataclass(frozen=True, slots=True)
class Tag:
    """One column of the labels."""

    vocabulary: str
    name: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """Clips in one order, whatever they were read from.

    :param clips: audio files
    :param splits: "train", "valid" or "test" of each clip
    :param labels: float32 [clips, tags] in 0..1
    :param licence_classes: of each clip, for the model card
    """

    name: str
    clips: tuple[Path, ...]
    splits: NDArray[np.str_]
    labels: NDArray[np.float32]
    tags: tuple[Tag, ...]
    licence_classes: NDArray[np.str_]

    def indices(self, split: str) -> NDArray[np.int64]:
        """Positions of the clips of a split."""
        return np.flatnonzero(self.splits == split)


def read_corpus(folder: Path) -> Dataset:
    """Read and cross-check a corpus.

    :raises DatasetFault: something is missing, doubled or out of range
    """
    for name in ("tracks.tsv", "labels.npz", "vocabularies.json", "audio"):
        if not (folder / name).exists():
            raise DatasetFault(f"{folder / name} is missing: {folder} is not a corpus with soft labels")
    vocabularies = msgspec.json.decode((folder / "vocabularies.json").read_bytes(), type=dict[str, list[str]])
    arrays = np.load(folder / "labels.npz", allow_pickle=False)
    rows = _read_tracks(folder / "tracks.tsv")
    ids = [int(row["id"]) for row in rows]
    if not np.array_equal(arrays["id"], np.array(ids)):
        raise DatasetFault(f"{folder / 'labels.npz'}: its ids are not those of tracks.tsv, in the same order")
    tags = tuple(Tag(vocabulary, name) for vocabulary, names in vocabularies.items() for name in names)
    labels = np.concatenate(
        [_labels(folder, arrays, name, len(v)) for name, v in vocabularies.items()], axis=1
    )
    return Dataset(
        name=folder.name,
        clips=tuple(folder / "audio" / f"{row['id']}.opus" for row in rows),
        splits=np.array([row["split"] for row in rows]),
        labels=labels,
        tags=tags,
        licence_classes=np.array([row["licence_class"] for row in rows]),
    )


def _read_tracks(path: Path) -> Sequence[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        missing = {"id", "split", "licence_class"} - set(reader.fieldnames or ())
        if missing:
            raise DatasetFault(f"{path}: line 1: no column {', '.join(sorted(missing))}")
        rows = list(reader)
    seen: dict[str, int] = {}
    for line, row in enumerate(rows, start=2):
        if row["split"] not in SPLITS:
            raise DatasetFault(f"{path}: line {line}: split {row['split']!r} is none of {', '.join(SPLITS)}")
        if not row["id"].isdigit():
            raise DatasetFault(f"{path}: line {line}: id {row['id']!r} is not a number")
        if row["id"] in seen:
            raise DatasetFault(
                f"{path}: line {line}: id {row['id']} stands in line {seen[row['id']]} already"
            )
        seen[row["id"]] = line
    if not rows:
        raise DatasetFault(f"{path}: no clips")
    return rows


def _labels(folder: Path, arrays: np.lib.npyio.NpzFile, vocabulary: str, count: int) -> NDArray[np.float32]:
    path = folder / "labels.npz"
    if vocabulary not in arrays:
        raise DatasetFault(f"{path}: no array {vocabulary!r}, though vocabularies.json has it")
    labels: NDArray[np.float32] = arrays[vocabulary].astype(np.float32)
    if labels.shape != (len(arrays["id"]), count):
        raise DatasetFault(f"{path}: {vocabulary!r} is {labels.shape}, not {(len(arrays['id']), count)}")
    bad = ~(np.isfinite(labels) & (labels >= 0) & (labels <= 1))
    if bad.any():
        row = int(np.flatnonzero(bad.any(axis=1))[0])
        raise DatasetFault(f"{path}: {vocabulary!r}, row {row}: a label is not in 0..1")
    return labels
