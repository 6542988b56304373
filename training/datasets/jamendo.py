"""MTG-Jamendo: some 55,000 full tracks under Creative Commons licences, tags by their uploaders.

Layout, as the repository of the data set has it: ``data/splits/split-0/autotagging_<subset>-train.tsv``,
``-validation.tsv`` and ``-test.tsv`` (also read where they lie in the folder itself), and the audio as its
download script unpacks it: ``46/946.mp3``, or ``46/946.low.mp3`` for the low bit rate, in the folder or in
``audio/``, ``audio-low/`` or ``raw_30s/``'s. A row's tags are further tab-separated cells.
"""

from __future__ import annotations

import math
from pathlib import Path

from mat_desktop.errors import printable
from training.datasets.dataset import (
    Dataset,
    DatasetFault,
    Skipped,
    Tag,
    assemble,
    check_option,
    hard_labels,
)
from training.datasets.tables import (
    Unique,
    check_header,
    check_known,
    excerpt,
    fault_at,
    match,
    packed,
    read_rows,
    vocabulary,
)

SOURCE = (
    "MTG-Jamendo is at https://github.com/MTG/mtg-jamendo-dataset: the splits are in data/splits, and "
    "scripts/download/download.py --dataset raw_30s --type audio-low --unpack fetches the audio (156 GB)."
)
COLUMNS = ("TRACK_ID", "ARTIST_ID", "ALBUM_ID", "PATH", "DURATION", "TAGS")
FILES = {
    "top50": "autotagging_top50tags",
    "genre": "autotagging_genre",
    "instrument": "autotagging_instrument",
    "moodtheme": "autotagging_moodtheme",
    "all": "autotagging",
}
SPLIT_NAMES = {"train": "train", "valid": "validation", "test": "test"}
AUDIO_FOLDERS = (".", "audio", "audio-low", "raw_30s/audio", "raw_30s/audio-low")
Row = tuple[str, tuple[int, ...]]


def read_jamendo(
    folder: Path, *, subset: str = "top50", split: int = 0, audio: Path | None = None
) -> Dataset:
    """One of the official subsets, in one of its five official splits.

    :param subset: "top50", "genre" (87 tags), "instrument" (40), "moodtheme" (56) or "all" (183)
    :param split: 0 to 4
    :param audio: folder of ``46/946.mp3``, if it is not within ``folder``
    :raises DatasetFault: something is missing, or a line is not as it should be
    """
    check_option("subset", subset, tuple(FILES))
    check_option("split", str(split), "01234")
    tags = subset_tags(subset)
    ids, paths = Unique("TRACK_ID"), Unique("PATH")
    files = {name: split_file(folder, subset, split, name) for name in SPLIT_NAMES}
    known = files["train"].parent != folder
    if split and not known:
        raise DatasetFault(
            f"{printable(folder)}: lists that lie in the folder itself do not say which split they are; "
            f"those of split {split} belong into data/splits/split-{split}"
        )
    rows = [(name, row) for name, path in files.items() for row in read_split(path, tags, ids, paths)]
    found = _find_audio([audio] if audio else [folder / name for name in AUDIO_FOLDERS], rows)
    clips, splits, marks = [], [], []
    lost: list[Skipped] = []
    for name, (relative, columns) in rows:
        clip = found.get(relative)
        if clip is None:
            lost.append(Skipped(relative, "no such file"))
        else:
            clips.append(clip)
            splits.append(name)
            marks.append(columns)
    if not clips:
        raise DatasetFault(f"{printable(audio or folder)}: none of the {len(lost)} tracks is there. {SOURCE}")
    return assemble(
        "mtg_jamendo",
        clips,
        splits,
        hard_labels(marks, len(tags)),
        tuple(Tag("mtg_jamendo", tag) for tag in tags),
        about=f"MTG-Jamendo (Creative Commons, by track), {subset} tags{f', split {split}' if known else ''}",
        how_split=f"official split {split}" if known else "a split whose lists do not say its number",
        source=SOURCE,
        skipped=lost,
    )


def subset_tags(subset: str) -> tuple[str, ...]:
    """Published tags of a subset, ``category---name``, sorted as everyone has them."""
    if subset == "top50":
        return vocabulary("jamendo_top50")
    category = {"moodtheme": "mood/theme", "all": ""}.get(subset, subset)
    return tuple(tag for tag in vocabulary("jamendo") if tag.startswith(category))


def split_file(folder: Path, subset: str, split: int, name: str) -> Path:
    """Where one of the three lists lies; where the repository has it, if it is nowhere."""
    file = f"{FILES[subset]}-{SPLIT_NAMES[name]}.tsv"
    official = folder / "data" / "splits" / f"split-{split}" / file
    # Directly in the folder the split's number is not visible, so that the other places come first.
    for path in (official, folder / "splits" / f"split-{split}" / file, folder / f"split-{split}" / file):
        if path.exists() or packed(path):
            return path
    flat = [folder / f"{FILES[subset]}-{other}.tsv" for other in SPLIT_NAMES.values()]
    return folder / file if any(path.exists() or packed(path) for path in flat) else official


def read_split(path: Path, tags: tuple[str, ...], ids: Unique, paths: Unique) -> list[Row]:
    """Relative path of the audio and columns of the tags, of every track in one list.

    :param ids: of the tracks in the lists read so far
    :param paths: of their audio
    :raises DatasetFault: wrong columns, a tag that is not one of ``tags``, a track or its audio that stands
        twice
    """
    columns = {tag: index for index, tag in enumerate(tags)}
    rows = read_rows(path, SOURCE, quoted=False)
    check_header(path, next(rows)[1], COLUMNS)
    found = []
    for line, row in rows:
        if len(row) < len(COLUMNS):
            raise fault_at(path, line, f"{len(row)} columns instead of at least {len(COLUMNS)}")
        ids.add(match(r"track_\d+", row[0], "TRACK_ID", path, line), path, line)
        _check_duration(row[4], path, line)
        check_known(path, line, row[5:], columns)
        if len(set(row[5:])) < len(row[5:]):
            raise fault_at(path, line, "a tag stands twice")
        relative = match(r"\d\d/\d+\.mp3", row[3], "PATH", path, line)
        paths.add(relative, path, line)
        found.append((relative, tuple(columns[tag] for tag in row[5:])))
    if not found:
        raise DatasetFault(f"{printable(path)}: no tracks. {SOURCE}")
    return found


def _check_duration(text: str, path: Path, line: int) -> None:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds > 0):
        raise fault_at(path, line, f"DURATION {excerpt(text)} is not a number of seconds")


def _find_audio(folders: list[Path], rows: list[tuple[str, Row]]) -> dict[str, Path]:
    """The file of every track that is there, in full quality before low."""
    present = [folder for folder in folders if folder.is_dir()]
    found: dict[str, Path] = {}
    for _, (relative, _) in rows:
        names = (relative, relative.replace(".mp3", ".low.mp3"))
        paths = (folder / name for folder in present for name in names)
        path = next((path for path in paths if path.exists()), None)
        if path is not None:
            found[relative] = path
    return found
