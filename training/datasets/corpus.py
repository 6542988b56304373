"""A corpus of clips with soft labels for several vocabularies.

Layout: ``audio/NNNNN.opus`` or ``.flac``, ``tracks.tsv`` (id, split, source, ..., licence_class, artist),
``labels.npz`` (``id`` [n] and one array [n, tags] in 0..1 for each vocabulary) and
``vocabularies.json`` (names of the tags).
"""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from mat_desktop.audio.names import is_audio_name
from mat_desktop.domain.counting import count
from mat_desktop.errors import printable
from mat_desktop.malformed import flaw
from training.datasets.dataset import SPLITS, Dataset, DatasetFault, Tag, assemble, check_option
from training.datasets.tables import Unique, excerpt, fault_at, read_rows

MIX = "mix"
"""Source of a clip that :mod:`training.extend` made of others."""


def read_corpus(
    folder: Path, nothing: str = "", without: Sequence[str] = (), vocabularies: Sequence[str] = ()
) -> Dataset:
    """Read and cross-check a corpus.

    :param nothing: folder with sound that is no music (speech, noise, silence): further training clips whose
        labels are all zero, so that the network learns to say nothing
    :param without: licence classes whose training clips are left out
    :param vocabularies: the only ones whose tags are read; none: all that are there
    :raises DatasetFault: something is missing, doubled or out of range
    """
    for name in ("tracks.tsv", "labels.npz", "vocabularies.json", "audio"):
        if not (folder / name).exists():
            raise DatasetFault(f"{printable(folder)} is not a corpus with soft labels: {name} is missing")
    try:
        plain = json.loads((folder / "vocabularies.json").read_bytes(), object_pairs_hook=_each_once)
        there = msgspec.convert(plain, dict[str, list[str]])
    except ValueError as error:
        raise DatasetFault(f"{printable(folder / 'vocabularies.json')}: {flaw(error)}") from error
    for name in vocabularies:
        check_option("vocabularies", name, tuple(there))
    chosen = {name: names for name, names in there.items() if not vocabularies or name in vocabularies}
    for vocabulary, names in chosen.items():
        twice = next((tag for tag, times in Counter(names).items() if times > 1), None)
        if twice is not None:
            raise DatasetFault(
                f"{printable(folder / 'vocabularies.json')}: {excerpt(vocabulary)} has the tag "
                f"{excerpt(twice)} twice: nobody could tell its columns apart"
            )
    try:
        with np.load(folder / "labels.npz", allow_pickle=False) as file:
            arrays = dict(file)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise DatasetFault(
            f"{printable(folder / 'labels.npz')} is damaged, or holds pickled objects: {error}"
        ) from error
    rows = read_tracks(folder / "tracks.tsv")
    ids = [int(row["id"]) for row in rows]
    if "id" not in arrays or not np.array_equal(arrays["id"], np.array(ids)):
        raise DatasetFault(
            f"{printable(folder / 'labels.npz')}: its ids are not those of tracks.tsv, in the same order"
        )
    tags = tuple(Tag(vocabulary, name) for vocabulary, names in chosen.items() for name in names)
    labels = np.concatenate([_labels(folder, arrays, name, len(v)) for name, v in chosen.items()], axis=1)
    kept = [i for i, row in enumerate(rows) if row["split"] != "train" or row["licence_class"] not in without]
    rows, labels = [rows[i] for i in kept], labels[kept]
    silent = sounds_of(Path(nothing)) if nothing else []
    return assemble(
        folder.name,
        [*(_clip(folder / "audio", row["id"]) for row in rows), *silent],
        [*(row["split"] for row in rows), *("train" for _ in silent)],
        np.concatenate([labels, np.zeros((len(silent), len(tags)), np.float32)]),
        tags,
        licence_classes=[*(row["licence_class"] for row in rows), *("" for _ in silent)],
        about=_about(sum(row.get("source") == MIX for row in rows)),
        how_split="by artist where known, else by track",
        source=f"Its audio belongs into {printable(folder / 'audio')}.",
    )


def _about(mixes: int) -> str:
    labels = (
        "clips of free music with soft labels, the means of the outputs of published networks (fcn, "
        "crnn, musicnn of Won et al. 2020, MIT licence), each trained on the real data set of its vocabulary "
        "(MagnaTagATune, MTG-Jamendo, Million Song Dataset with Last.fm tags)"
    )
    if not mixes:
        return labels
    return (
        f"{labels}; {count(mixes, 'training clip')} of these are mixes of the others, with labels of a ridge "
        "regression on what musicnn hears in them (J. Pons, ISC licence) and of a model of this project"
    )


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object. :raises ValueError: a name stands in it twice, of which readers keep the last"""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        raise ValueError(f"{excerpt(twice)} stands there twice")
    return found


def sounds_of(folder: Path) -> list[Path]:
    """Audio files below a folder with sound that is no music. :raises DatasetFault: there are none"""
    if not folder.is_dir():
        raise DatasetFault(f"{printable(folder)} is no folder: here it takes one with speech and noise")
    found = sorted(path for path in folder.rglob("*") if is_audio_name(path))
    if not found:
        raise DatasetFault(f"{printable(folder)}: no audio file in it")
    return found


def _clip(audio: Path, name: str) -> Path:
    flac = audio / f"{name}.flac"
    return flac if flac.exists() else audio / f"{name}.opus"


def read_tracks(path: Path) -> Sequence[dict[str, str]]:
    """Rows of a corpus' table, by column. :raises DatasetFault: it is missing or contradicts itself"""
    table = read_rows(path, f"{printable(path.parent)} is not a corpus with soft labels.", quoted=False)
    _, header = next(table)
    missing = {"id", "split", "licence_class"} - set(header)
    if missing:
        raise fault_at(path, 1, f"no column {', '.join(sorted(missing))}")
    ids = Unique("id")
    rows = []
    for line, cells in table:
        if len(cells) != len(header):
            raise fault_at(path, line, f"{len(cells)} columns instead of {len(header)}")
        row = dict(zip(header, cells, strict=True))
        if row["split"] not in SPLITS:
            raise fault_at(path, line, f"split {excerpt(row['split'])} is none of {', '.join(SPLITS)}")
        if not row["id"].isdecimal():
            raise fault_at(path, line, f"id {excerpt(row['id'])} is not a number")
        ids.add(row["id"], path, line)
        rows.append(row)
    if not rows:
        raise DatasetFault(f"{printable(path)}: no clips")
    return rows


def _labels(
    folder: Path, arrays: dict[str, NDArray[np.generic]], vocabulary: str, tags: int
) -> NDArray[np.float32]:
    path = folder / "labels.npz"
    if vocabulary not in arrays:
        raise DatasetFault(
            f"{printable(path)}: no array {excerpt(vocabulary)}, though vocabularies.json has it"
        )
    labels: NDArray[np.float32] = arrays[vocabulary].astype(np.float32)
    if labels.shape != (len(arrays["id"]), tags):
        raise DatasetFault(
            f"{printable(path)}: {excerpt(vocabulary)} is {labels.shape}, not {(len(arrays['id']), tags)}"
        )
    bad = ~(np.isfinite(labels) & (labels >= 0) & (labels <= 1))
    if bad.any():
        row = int(np.flatnonzero(bad.any(axis=1))[0])
        raise DatasetFault(f"{printable(path)}: {excerpt(vocabulary)}, row {row + 1}: a label is not in 0..1")
    return labels
