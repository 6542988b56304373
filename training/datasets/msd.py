"""Million Song Dataset with Last.fm tags: 241,889 previews, 50 tags.

Layout, all in one folder (or its ``splits/`` and ``audio/``):

- Lists of track ids (``TR`` and 16 characters) for the split of Lee et al. that most papers report, 201,680 /
  11,774 / 28,435: ``filtered_list_train.json`` (training and validation in one, the first 201,680 being for
  training) and ``filtered_list_test.json``. Or, for each split, ``train.txt`` or ``train.json`` and so on. Or
  the lists of Choi's split, ``train_x_msd_id.txt`` and so on (201,680 / 12,634 / 28,540).
- Tags: ``lastfm_tags.db`` as Last.fm published it; or ``msd_id_to_tag_vector.json``, an object of 50 values
  by track id; or ``track_tags.tsv``, a track id and its tags in each line; or Choi's ``train_y.npy`` and so
  on, line by line beside ``train_x_msd_id.txt``.
- Ids of the audio: ``MSD_id_to_7D_id.json``, or ``train_x_7d_id.txt`` and so on, line by line beside
  ``train_x_msd_id.txt``. Without them a preview is looked for under its track id.
- Audio: ``8/9/8947470.clip.mp3`` (7digital's id), or ``A/B/C/TRABC....mp3`` (track id). Of several tracks
  with one preview the first is used.

Lists that are handed out as Python pickles are refused: reading one runs whatever code is in it.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from mat_desktop.errors import printable
from mat_desktop.malformed import flaw
from training.datasets.dataset import Dataset, DatasetFault, Skipped, Tag, assemble, hard_labels
from training.datasets.tables import (
    Unique,
    check_known,
    excerpt,
    match,
    packed,
    read_list,
    read_rows,
    require,
    vocabulary,
)

SOURCE = (
    "The lists are at https://github.com/jongpillee/music_dataset_split (MSD_split) and "
    "https://github.com/keunwoochoi/MSD_split_for_tagging, lastfm_tags.db at http://millionsongdataset.com/lastfm."
)
AUDIO_SOURCE = (
    "The previews came from 7digital, which hands them out no more: whoever has them keeps them as "
    "8/9/8947470.clip.mp3 beside the lists, or in audio/."
)
CONVERT = (
    "python -c \"import json, pickle, sys; json.dump(pickle.load(open(sys.argv[1], 'rb'), "
    "encoding='latin1'), open(sys.argv[2], 'w'), default=lambda a: a.tolist())\" {} {}"
)
TRACK = r"TR[A-Z0-9]{16}"
TRAIN_SIZE = 201_680
PRESENT_ABOVE = 50
"""A Last.fm tag, 0 to 100, counts as present above this value: Choi's rule, and so everyone's."""

TAG_FILES = ("lastfm_tags.db", "msd_id_to_tag_vector.json", "track_tags.tsv")
PICKLES = (".cP", ".pkl", ".pickle", ".p")
Split = list[tuple[str, str]]


def read_msd(folder: Path, *, audio: Path | None = None) -> Dataset:
    """The 50 tags on the previews of the Million Song Dataset.

    :param audio: folder of the previews, if it is not within ``folder``
    :raises DatasetFault: something is missing, is a pickle, or a line is not as it should be
    """
    tags = vocabulary("msd_top50")
    lists = read_lists(folder)
    tracks = [(name, track) for name, ids in lists.items() for track in ids]
    marks = read_tags(folder, tags, {track for _, track in tracks})
    previews = read_preview_ids(folder)
    roots = [audio] if audio else [folder, folder / "audio"]
    lost: list[Skipped] = []
    kept: list[tuple[str, Path, tuple[int, ...]]] = []
    track_of: dict[Path, str] = {}
    for name, track in tracks:
        clip = _find(roots, _candidates(track, previews.get(track)))
        if clip is None:
            lost.append(Skipped(track, "no preview"))
        elif not marks.get(track):
            lost.append(Skipped(track, "none of the 50 tags"))
        elif clip in track_of:  # so it is twice in the published lists: no reason to refuse them
            lost.append(Skipped(track, f"its preview is that of {track_of[clip]}, which is used"))
        else:
            track_of[clip] = track
            kept.append((name, clip, marks[track]))
    if not kept:
        raise DatasetFault(
            f"{printable(audio or folder)}: none of the {len(lost):,} tracks can be used, the first being "
            f"{lost[0]}. {AUDIO_SOURCE}"
        )
    return assemble(
        "msd",
        [clip for _, clip, _ in kept],
        [name for name, _, _ in kept],
        hard_labels([columns for _, _, columns in kept], len(tags)),
        tuple(Tag("msd", tag) for tag in tags),
        about=f"Million Song Dataset with Last.fm tags, 50 tags, split {_sizes(lists)}",
        how_split=f"lists of {_sizes(lists)} tracks",
        source=AUDIO_SOURCE,
        skipped=lost,
    )


def read_lists(folder: Path) -> dict[str, tuple[str, ...]]:
    """Track ids of each split.

    :raises DatasetFault: a list is missing, a pickle, or has a line that is no track id or stands twice
    """
    unique = Unique("track")
    joint_names = ["filtered_list_train.json", "filtered_list_train.txt"]
    # A pickle of it beside other lists is refused too: those others would be another split.
    if _locate(folder, [*joint_names, *_pickled("filtered_list_train")]) is not None:
        joint = _need(folder, joint_names)
        both = _track_ids(joint, unique)
        if len(both) <= TRAIN_SIZE:
            raise DatasetFault(
                f"{printable(joint)}: {len(both)} tracks; it must hold {TRAIN_SIZE} for training and then "
                f"those for validation. {SOURCE}"
            )
        test = _need(folder, ["filtered_list_test.json", "filtered_list_test.txt"])
        return {
            "train": both[:TRAIN_SIZE],
            "valid": both[TRAIN_SIZE:],
            "test": _track_ids(test, unique),
        }
    names = {
        split: [f"{split}.txt", f"{split}.json", f"{split}_x_msd_id.txt"]
        for split in ("train", "valid", "test")
    }
    if _locate(folder, names["train"]) is None:
        names["train"] = ["filtered_list_train.json", *names["train"]]  # what the message asks for
    return {split: _track_ids(_need(folder, files), unique) for split, files in names.items()}


def read_tags(folder: Path, tags: Sequence[str], tracks: set[str]) -> dict[str, tuple[int, ...]]:
    """Columns of the tags of each track, from the first of the sources that is there.

    :raises DatasetFault: none is there, or it has unknown tags, wrong columns, values that are no labels
    """
    if _locate(folder, TAG_FILES) is None and _locate(folder, ["train_y.npy"]) is not None:
        return _read_arrays(folder, tags)
    path = _need(folder, (*TAG_FILES, "train_y.npy"))
    if path.suffix == ".db":
        return read_database(path, tags, tracks)
    if path.suffix == ".json":
        return _read_vectors(path, tags)
    return _read_track_tags(path, tags)


def read_database(path: Path, tags: Sequence[str], tracks: set[str]) -> dict[str, tuple[int, ...]]:
    """Columns of the tags of each track, from Last.fm's SQLite file, opened for reading only.

    :raises DatasetFault: it is no such file, lacks a tag, or holds a value outside 0..100
    """
    columns = {tag: index for index, tag in enumerate(tags)}
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            _check_tracks(database, path)
            rows = {rowid: tag for tag in tags for rowid in _tag_rows(database, path, tag)}
            marks: dict[str, set[int]] = {}
            marked = ",".join("?" * len(rows))
            pairs = database.execute(
                f"SELECT p.ROWID, t.tid, p.tag, p.val FROM tid_tag AS p JOIN tids AS t ON t.ROWID = p.tid "
                f"WHERE p.tag IN ({marked})",
                list(rows),
            )
            for rowid, track, tag, value in pairs:
                if not isinstance(value, int | float) or not 0 <= value <= 100:
                    raise DatasetFault(
                        f"{printable(path)}: tid_tag, row {rowid}: val {excerpt(value)} is not in 0..100"
                    )
                if value > PRESENT_ABOVE and track in tracks:
                    marks.setdefault(track, set()).add(columns[rows[tag]])
    except sqlite3.Error as error:
        raise DatasetFault(f"{printable(path)} is not Last.fm's database: {error}. {SOURCE}") from error
    return {track: tuple(sorted(found)) for track, found in marks.items()}


def read_preview_ids(folder: Path) -> dict[str, str]:
    """7digital's id of each track, as far as it is known.

    :raises DatasetFault: a line is no number, or two lists that belong together differ in length
    """
    names = ["MSD_id_to_7D_id.json"]
    if _locate(folder, [*names, *_pickled("MSD_id_to_7D_id")]) is not None:
        path = _need(folder, names)
        known = _read_json(path, dict)
        for track, preview in known.items():
            if not (re.fullmatch(TRACK, track) and re.fullmatch(r"\d+", str(preview))):
                raise DatasetFault(
                    f"{printable(path)}: {excerpt(track)}: {excerpt(preview)} is not 7digital's id of a track"
                )
        return {track: str(preview) for track, preview in known.items()}
    previews: dict[str, str] = {}
    for split in ("train", "valid", "test"):
        tracks, ids = (_locate(folder, [f"{split}_x_{kind}_id.txt"]) for kind in ("msd", "7d"))
        if tracks is None or ids is None:
            continue
        left, right = read_list(tracks, SOURCE), read_list(ids, SOURCE)
        if len(left) != len(right):
            raise DatasetFault(
                f"{printable(ids)}: {len(right)} lines, but {tracks.name}, beside it, has {len(left)}"
            )
        for (_, track), (line, preview) in zip(left, right, strict=True):
            previews[track] = match(r"\d+", preview, "7digital's id", ids, line)
    return previews


def _locate(folder: Path, names: Iterable[str]) -> Path | None:
    """The first of these files that is there, in the folder or its ``splits``."""
    paths = (place / name for name in names for place in (folder, folder / "splits"))
    return next((path for path in paths if path.exists()), None)


def _pickled(stem: str) -> list[str]:
    return [stem + suffix for suffix in PICKLES]


def _need(folder: Path, names: Sequence[str]) -> Path:
    path = _locate(folder, names)
    if path is not None:
        return require(path, SOURCE)
    for name in names:
        stem = Path(name).stem
        pickled = _locate(folder, _pickled(stem))
        if pickled is not None:
            how = CONVERT.format(pickled.name, f"{stem}.json")
            raise DatasetFault(
                f"{printable(pickled)} is a Python pickle, and reading one runs whatever code is in it. If "
                f"you trust where it came from, convert it yourself: {how}"
            )
    missing = [place / name for name in names for place in (folder, folder / "splits")]
    path = next((path for path in missing if packed(path)), missing[0])
    return require(path, f"{' or '.join(names[1:])} would do too. {SOURCE}" if names[1:] else SOURCE)


def _track_ids(path: Path, unique: Unique) -> tuple[str, ...]:
    if path.suffix == ".json":
        lines = [(place, str(value)) for place, value in enumerate(_read_json(path, list), start=1)]
    else:
        lines = read_list(path, SOURCE)
    for line, track in lines:
        unique.add(match(TRACK, track, "track id", path, line), path, line)
    if not lines:
        raise DatasetFault(f"{printable(path)}: no tracks. {SOURCE}")
    return tuple(track for _, track in lines)


def _read_json(path: Path, kind: type[Any]) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        unique = Unique("key")
        for place, (key, _) in enumerate(pairs, start=1):
            unique.add(key, path, place)
        return dict(pairs)

    try:
        value = json.loads(path.read_bytes(), object_pairs_hook=once)
    except (OSError, ValueError) as error:
        raise DatasetFault(f"{printable(path)}: {flaw(error)}") from error
    except RecursionError as error:
        raise DatasetFault(f"{printable(path)}: lists in lists, too deep to be read") from error
    if not isinstance(value, kind):
        raise DatasetFault(f"{printable(path)} is not a JSON {'list' if kind is list else 'object'}")
    return value


def _check_tracks(database: sqlite3.Connection, path: Path) -> None:
    doubled = "SELECT tid, MIN(ROWID), MAX(ROWID) FROM tids GROUP BY tid HAVING COUNT(*) > 1 LIMIT 1"
    for track, first, last in database.execute(doubled):
        raise DatasetFault(
            f"{printable(path)}: the track {excerpt(track)} stands in rows {first} and {last} of tids"
        )


def _tag_rows(database: sqlite3.Connection, path: Path, tag: str) -> list[int]:
    rows = [row for (row,) in database.execute("SELECT ROWID FROM tags WHERE tag = ?", (tag,))]
    if not rows:
        raise DatasetFault(f"{printable(path)}: no tag {tag!r} in its table tags. {SOURCE}")
    if len(rows) > 1:
        raise DatasetFault(
            f"{printable(path)}: the tag {tag!r} stands in rows {rows[0]} and {rows[1]} of tags"
        )
    return rows


def _read_vectors(path: Path, tags: Sequence[str]) -> dict[str, tuple[int, ...]]:
    vectors: Mapping[str, Any] = _read_json(path, dict)
    marks = {}
    for track, vector in vectors.items():
        if not re.fullmatch(TRACK, track):
            raise DatasetFault(f"{printable(path)}: {excerpt(track)} is not a track id")
        if not isinstance(vector, list) or len(vector) != len(tags):
            raise DatasetFault(f"{printable(path)}: {track}: not a list of {len(tags)} values")
        bad = [value for value in vector if value not in (0, 1)]
        if bad:
            raise DatasetFault(f"{printable(path)}: {track}: {excerpt(bad[0])} is neither 0 nor 1")
        marks[track] = tuple(index for index, value in enumerate(vector) if value)
    return marks


def _read_track_tags(path: Path, tags: Sequence[str]) -> dict[str, tuple[int, ...]]:
    columns = {tag: index for index, tag in enumerate(tags)}
    unique = Unique("track")
    marks = {}
    for line, row in read_rows(path, SOURCE, quoted=False):
        track, *names = row or [""]
        unique.add(match(TRACK, track, "track id", path, line), path, line)
        check_known(path, line, names, columns)
        marks[track] = tuple(sorted({columns[name] for name in names}))
    return marks


def _read_arrays(folder: Path, tags: Sequence[str]) -> dict[str, tuple[int, ...]]:
    marks = {}
    for split in ("train", "valid", "test"):
        lines = read_list(_need(folder, [f"{split}_x_msd_id.txt"]), SOURCE)
        path = _need(folder, [f"{split}_y.npy"])
        try:
            labels = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise DatasetFault(f"{printable(path)} is damaged, or holds pickled objects: {error}") from error
        if labels.shape != (len(lines), len(tags)):
            raise DatasetFault(f"{printable(path)} is {labels.shape}, not {(len(lines), len(tags))}")
        bad = np.flatnonzero(~((labels == 0) | (labels == 1)).all(axis=1))
        if bad.size:
            raise DatasetFault(f"{printable(path)}: row {bad[0] + 1}: a label is neither 0 nor 1")
        for (_, track), row in zip(lines, labels, strict=True):
            marks[track] = tuple(np.flatnonzero(row).tolist())
    return marks


def _candidates(track: str, preview: str | None) -> list[str]:
    own = f"{track[2]}/{track[3]}/{track[4]}/{track}.mp3"
    if preview is None:
        return [own]
    folder = f"{preview[0]}/{preview[1:2] or '0'}"
    return [f"{folder}/{preview}.clip.mp3", f"{folder}/{preview}.mp3", own]


def _find(roots: Sequence[Path], names: Sequence[str]) -> Path | None:
    return next((path for root in roots for name in names if (path := root / name).exists()), None)


def _sizes(lists: Mapping[str, Sequence[str]]) -> str:
    return " / ".join(f"{len(ids):,}" for ids in lists.values())
