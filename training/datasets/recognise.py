"""Which data set a folder holds, and what was found or is missing in it."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from mat_desktop.audio.names import is_audio_name
from mat_desktop.errors import printable
from training.datasets.dataset import SPLITS, Dataset, DatasetFault
from training.datasets.mtat import AUDIO_FOLDERS
from training.datasets.registry import READERS
from training.datasets.tables import PACKED, packed

MARKS: dict[str, tuple[str, ...]] = {
    "corpus": ("labels.npz",),
    "mtat": ("annotations_final.csv",),
    "jamendo": (
        *(f"{place}autotagging_top50tags-train.tsv" for place in ("data/splits/split-0/", "split-0/", "")),
        "splits/split-0/autotagging_top50tags-train.tsv",
    ),
    "msd": ("filtered_list_train.json", "filtered_list_train.cP", "train_x_msd_id.txt", "lastfm_tags.db"),
}
"""Files that only the layout of one data set has."""

PARTS: dict[str, tuple[str, ...]] = {
    "mtat": ("clip_info_final.csv",),
    "jamendo": (
        *(f"{place}{name}*.tsv" for place in ("", "data/") for name in ("autotagging", "raw_30s")),
        *(f"{place}split-[0-4]/autotagging*.tsv" for place in ("", "splits/", "data/splits/")),
    ),
    "msd": (
        *("filtered_list_*", "splits/filtered_list_*", "*_x_msd_id.txt", "splits/*_x_msd_id.txt"),
        *("*_x_7d_id.txt", "MSD_id_to_7D_id.*", "msd_id_to_tag_vector.*", "track_tags.tsv"),
        "splits/lastfm_tags.db",
    ),
}
"""Patterns of files that tell what a folder is a part of, where what it needs is missing."""

CLIP = re.compile(r".+-\d+-\d+\.mp3")
"""How MagnaTagATune names its audio: by the second at which a clip begins and ends."""

TITLES = {
    "corpus": "Corpus with soft labels",
    "mtat": "MagnaTagATune",
    "jamendo": "MTG-Jamendo",
    "msd": "Million Song Dataset",
    "folder": "Music library",
}
LOOKED_AT = 20_000
"""Files of a folder among which music is looked for."""

SHOWN_CAUSES = 3


@dataclass(frozen=True, slots=True)
class Found:
    """What a folder holds.

    :param dataset: name of the reader
    :param clips: by split
    :param tags: the most frequent first, with the clips that have each (labels of 0.5 or more); those of
        several vocabularies that are called alike with the vocabulary behind their name
    :param skipped: clips that are listed and cannot be used
    :param causes: the most frequent reasons, with how many have each
    :param fault: why the folder cannot be used; empty if it can
    """

    dataset: str
    title: str
    clips: dict[str, int]
    tags: dict[str, int]
    skipped: int = 0
    causes: dict[str, int] = field(default_factory=dict)
    fault: str = ""


def recognised(folder: Path) -> str:
    """The reader for a folder, by a file that only its layout has, be it packed and others missing or not.

    :raises DatasetFault: none of them is there
    """
    if not folder.is_dir():
        raise DatasetFault(f"{printable(folder)} is not a folder")
    for name, files in MARKS.items():
        if any((folder / file).exists() or packed(folder / file) for file in files):
            return name
    for name, patterns in PARTS.items():
        if any(next(folder.glob(f"{pattern}{end}"), None) for pattern in patterns for end in ("", *PACKED)):
            return name
    if _holds_clips(folder):
        return "mtat"
    raise DatasetFault(
        f"{printable(folder)} holds the lists of no known data set: say with --dataset what it is: "
        f"{', '.join(READERS)} (for your own music)"
    )


def _holds_clips(folder: Path) -> bool:
    """Whether the audio of MagnaTagATune lies there, without its lists."""
    for audio in AUDIO_FOLDERS:
        for digit in "0123456789abcdef":
            with suppress(OSError):
                first = next(iter((folder / audio / digit).iterdir()), None)
                if first is not None:
                    return bool(CLIP.fullmatch(first.name))
    return False


def look_into(folder: Path, dataset: str, read: Callable[[str], Dataset]) -> Found:
    """What is there, or what is missing.

    :param dataset: name of a reader, or empty: as the folder looks; music without lists is a library
    :param read: reads the folder as such a data set
    """
    name = dataset
    if not folder.is_dir():
        text = f"{printable(folder)} {'is not a folder' if folder.exists() else 'is not there'}."
        return Found(name, TITLES.get(name, name), {}, {}, fault=text)
    if not name:
        try:
            name = recognised(folder)
        except DatasetFault:
            files = itertools.islice(folder.rglob("*"), LOOKED_AT)
            if not any(is_audio_name(path) for path in files):
                known = "MagnaTagATune, MTG-Jamendo, the Million Song Dataset, a corpus"
                text = f"{printable(folder)} holds neither the lists of {known}, nor music."
                return Found("", "", {}, {}, fault=text)
            name = "folder"
    try:
        found = read(name)
    except DatasetFault as fault:
        title = TITLES.get(name, name)
        looks = f"{printable(folder)} looks like {title}. " if name not in (dataset, "folder") else ""
        return Found(name, title, {}, {}, fault=f"{looks}{fault}")
    counts = Counter(found.splits.tolist())
    present = (found.labels >= 0.5).sum(axis=0)
    order = (-present).argsort(kind="stable")
    often = Counter(tag.name for tag in found.tags)
    names = [f"{tag.name} ({tag.vocabulary})" if often[tag.name] > 1 else tag.name for tag in found.tags]
    return Found(
        name,
        TITLES.get(name, name),
        {split: counts.get(split, 0) for split in SPLITS},
        {names[i]: int(present[i]) for i in order},
        len(found.skipped),
        dict(Counter(clip.reason for clip in found.skipped).most_common(SHOWN_CAUSES)),
    )
