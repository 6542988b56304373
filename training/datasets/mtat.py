"""MagnaTagATune: 25,863 clips of 29 s, 188 tags heard by players of TagATune, used with the 50 most frequent.

Layout, as downloaded and unpacked: ``annotations_final.csv`` and ``clip_info_final.csv`` (tab-separated,
quoted) and the folders ``0`` to ``f`` of mp3s, beside them or in ``mp3/``, ``mp3s/`` or ``audio/``. Splits
are by folder, as everyone has them: 0 to b for training, c for validation, d to f for the test; or at random.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mat_desktop.errors import printable
from training.datasets.dataset import Dataset, DatasetFault, Tag, assemble, check_option
from training.datasets.tables import (
    Unique,
    check_header,
    check_known,
    excerpt,
    fault_at,
    match,
    read_rows,
    some,
    vocabulary,
)

SOURCE = (
    "MagnaTagATune is at https://mirg.city.ac.uk/datasets/magnatagatune/: annotations_final.csv, "
    "clip_info_final.csv, and mp3.zip.001 to .003, to be joined (cat mp3.zip.* > mp3.zip) and unpacked."
)
INFO_COLUMNS = (
    *("clip_id", "track_number", "title", "artist", "album", "url", "segmentStart", "segmentEnd"),
    *("original_url", "mp3_path"),
)
AUDIO_FOLDERS = (".", "mp3", "mp3s", "audio")
PATH = r"[0-9a-f]/[^/\\]+\.mp3"
TOP = 50


@dataclass(frozen=True, slots=True)
class Annotations:
    """``annotations_final.csv``.

    :param clip_ids: in the order of the file
    :param paths: of each clip, ``f/name.mp3``
    :param tags: names of the columns
    :param marks: uint8 [clips, tags], 0 or 1
    """

    clip_ids: tuple[str, ...]
    paths: tuple[str, ...]
    tags: tuple[str, ...]
    marks: NDArray[np.uint8]


def read_mtat(folder: Path, *, clips: str = "tagged", split: str = "folders", seed: int = 1) -> Dataset:
    """The 50 most frequent tags on MagnaTagATune's clips.

    :param clips: "all" (18,706 / 1,825 / 5,329 readable ones) or "tagged", those with at least one of the
        tags (15,247 / 1,529 / 4,332)
    :param split: "folders", as everyone has it, or "random" by clip, in parts of the same sizes. The paper
        does not say which it used. Clips of one song then lie on both sides, and figures are higher
    :param seed: of the random split
    :raises DatasetFault: something is missing, or is not as published
    """
    check_option("clips", clips, ("all", "tagged"))
    check_option("split", split, ("folders", "random"))
    path = folder / "annotations_final.csv"
    annotations = read_annotations(path)
    lengths = read_lengths(folder / "clip_info_final.csv", annotations)
    top = top_tags(annotations, path)
    labels = annotations.marks[:, [annotations.tags.index(tag) for tag in top]].astype(np.float32)
    chosen = np.flatnonzero(labels.any(axis=1) if clips == "tagged" else np.ones(len(labels), np.bool_))
    audio = next((folder / name for name in AUDIO_FOLDERS if _has_audio(folder / name)), None)
    if audio is None:
        raise DatasetFault(f"{printable(folder)}: the folders 0 to f with the mp3s are missing. {SOURCE}")
    paths = [annotations.paths[index] for index in chosen]
    splits = [split_of(path) for path in paths]
    if split == "random":
        splits = np.random.default_rng(seed).permutation(splits).tolist()
    how_split = f"random by clip, seed {seed}" if split == "random" else "folders 0 to b, c, d to f"
    return assemble(
        "mtat",
        [audio / path for path in paths],
        splits,
        labels[chosen],
        tuple(Tag("mtat", tag) for tag in top),
        about="MagnaTagATune (CC BY-NC-SA 3.0), its 50 most frequent tags, "
        + ("clips with at least one of them" if clips == "tagged" else "all clips"),
        how_split=f"{how_split}; "
        + ("clips with at least one of the tags" if clips == "tagged" else "all clips"),
        source=SOURCE,
        seconds=[lengths[annotations.clip_ids[index]] for index in chosen],
    )


def read_annotations(path: Path) -> Annotations:
    """Read and check the labels.

    :raises DatasetFault: wrong or unknown columns, a label that is not 0 or 1, a clip that stands twice
    """
    rows = read_rows(path, SOURCE, quoted=True)
    _, header = next(rows)
    tags = tuple(header[1:-1])
    _check_tags(path, header, tags)
    ids, files = Unique("clip_id"), Unique("mp3_path")
    clip_ids, paths, marks = [], [], []
    for line, row in rows:
        if len(row) != len(header):
            raise fault_at(path, line, f"{len(row)} columns instead of {len(header)}")
        clip_id, *cells, file = row
        ids.add(match(r"\d+", clip_id, "clip_id", path, line), path, line)
        files.add(match(PATH, file, "mp3_path", path, line), path, line)
        if not set(cells) <= {"0", "1"}:
            column = next(index for index, cell in enumerate(cells) if cell not in ("0", "1"))
            raise fault_at(path, line, f"{tags[column]!r} is {excerpt(cells[column])}, neither 0 nor 1")
        clip_ids.append(clip_id)
        paths.append(file)
        marks.append(np.frombuffer("".join(cells).encode(), np.uint8) - ord("0"))
    if not marks:
        raise DatasetFault(f"{printable(path)}: no clips. {SOURCE}")
    return Annotations(tuple(clip_ids), tuple(paths), tags, np.stack(marks))


def top_tags(annotations: Annotations, path: Path) -> tuple[str, ...]:
    """The 50 most frequent tags, counted; tags that are equally frequent in the order of the published list.

    :raises DatasetFault: they are not the published ones, so that figures could not be compared
    """
    known = vocabulary("mtat_top50")
    counts = dict(zip(annotations.tags, annotations.marks.sum(axis=0, dtype=np.int64).tolist(), strict=True))
    rank = {tag: position for position, tag in enumerate(known)}
    ordered = sorted(annotations.tags, key=lambda tag: (-counts[tag], rank.get(tag, len(rank))))
    if tuple(ordered[:TOP]) != known:
        place = next(i for i, (a, b) in enumerate(zip(ordered, known, strict=False)) if a != b)
        raise DatasetFault(
            f"{printable(path)}: by count, tag {place + 1} is {ordered[place]!r}, in the published file "
            f"it is {known[place]!r}: the labels are not complete or were changed. {SOURCE}"
        )
    return known


def split_of(path: str) -> str:
    """The split of a clip, by its folder's hexadecimal digit."""
    digit = int(path[0], 16)
    return "train" if digit < 12 else "valid" if digit == 12 else "test"


def _check_tags(path: Path, header: list[str], tags: tuple[str, ...]) -> None:
    if header[0] != "clip_id" or header[-1] != "mp3_path":
        raise fault_at(path, 1, "the columns must be clip_id, the tags, and mp3_path, separated by tabs")
    known = vocabulary("mtat")
    check_known(path, 1, tags, known)
    columns = Unique("the tag")
    for tag in tags:
        columns.add(tag, path, 1)
    missing = [tag for tag in known if tag not in tags]
    if missing:
        raise fault_at(path, 1, f"{len(tags)} tags instead of {len(known)}: no column {some(missing)}")


def read_lengths(path: Path, annotations: Annotations) -> dict[str, float]:
    """Seconds of each clip that has annotations, by ``clip_id``.

    :raises DatasetFault: both files do not speak of the same clips, or a length is none
    """
    rows = read_rows(path, SOURCE, quoted=True)
    check_header(path, next(rows)[1], INFO_COLUMNS)
    expected = dict(zip(annotations.clip_ids, annotations.paths, strict=True))
    ids = Unique("clip_id")
    lengths = {}
    for line, row in rows:
        if len(row) != len(INFO_COLUMNS):
            raise fault_at(path, line, f"{len(row)} columns instead of {len(INFO_COLUMNS)}")
        ids.add(row[0], path, line)
        file = expected.pop(row[0], None)
        if file is not None and file != row[-1]:
            raise fault_at(
                path, line, f"clip {row[0]} is {excerpt(row[-1])}, in annotations_final.csv {file!r}"
            )
        if file is not None:
            lengths[row[0]] = _length(path, line, dict(zip(INFO_COLUMNS, row, strict=True)))
    if expected:
        raise DatasetFault(
            f"{printable(path)}: no clip {next(iter(expected))}, though annotations_final.csv has it"
        )
    return lengths


def _length(path: Path, line: int, row: dict[str, str]) -> float:
    start, end = (
        float(match(r"\d+(\.\d+)?", row[name], name, path, line)) for name in ("segmentStart", "segmentEnd")
    )
    if end <= start:
        raise fault_at(path, line, f"segmentEnd {end:g} is not after segmentStart {start:g}")
    return end - start


def _has_audio(folder: Path) -> bool:
    return any((folder / digit).is_dir() for digit in "0123456789abcdef")
