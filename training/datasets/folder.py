"""A user's own library: labels are what its files' tags say, as ``mat-desktop info --json`` reads them.

The program is asked in a child process, because it alone reads every container's tags as it writes them (many
values a field, its own keys in each dialect), and because training knows neither its metadata nor mutagen. A
report that was made before can be given instead.

A tag counts if enough tracks by enough artists have it. Artists, not tracks, are dealt out to the splits, so
that none is on both sides; those that ever share a track go together. Who goes where depends on the artist's
name alone, so that the test split stays one when the library grows; but artists with more tracks than a split
is to have are for training.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mat_desktop
from mat_desktop.audio.names import is_audio_name
from mat_desktop.domain.counting import count
from mat_desktop.domain.tags import Category, Field
from mat_desktop.errors import printable
from mat_desktop.malformed import flaw
from training.datasets.dataset import (
    Dataset,
    DatasetFault,
    Skipped,
    Tag,
    assemble,
    hard_labels,
    tell_read,
)
from training.datasets.tables import Unique, fault_at

FIELDS = (Field.GENRE, Field.MOOD, Field.INSTRUMENT, Field.VOICE, Field.MAT_TAGS)
SOURCE = "Give the folder of a music library whose files have tags."
BATCH_CHARACTERS = 20_000
"""Of paths on one command line; Windows takes 32,767."""

TOGETHER = re.compile(r"\s*[;,/&+]\s*|\s+(?:feat\.?|ft\.?|featuring|with|vs\.?|x)\s+", re.IGNORECASE)
"""Between artists of one track. That it parts the name of a band too only keeps more artists together."""
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Record:
    """A file and the values of its fields."""

    path: Path
    tags: dict[str, tuple[str, ...]]


def read_folder(
    folder: Path,
    *,
    report: Path | None = None,
    fields: Sequence[str] = FIELDS,
    min_tracks: int = 20,
    min_artists: int = 3,
    valid: float = 0.1,
    test: float = 0.1,
) -> Dataset:
    """Every track under a folder that has a value in one of the fields.

    :param report: JSON that ``mat-desktop info --json`` printed, instead of looking at the files now
    :param fields: of genre, mood, instrument, voice and mat_tags
    :param min_tracks: tracks that a tag needs, > 0
    :param min_artists: artists that a tag needs, > 0
    :param valid: share of the artists for validation, 0..1
    :param test: share of the artists for the test, 0..1
    :raises DatasetFault: no tag is frequent enough, or there are fewer than three artists
    """
    _check_options(fields, min_tracks, min_artists, valid, test)
    lost: list[Skipped] = []
    records = read_report(report, folder) if report else list(_ask(folder, lost))
    labelled = []
    for record in records:
        values: dict[Key, str] = {}
        for key, text in _values(record, fields):
            values.setdefault(key, text)  # the field's own spelling before that in MAT_TAGS
        if values:
            labelled.append((record, values))
        else:
            lost.append(Skipped(printable(record.path), "no value in " + ", ".join(fields)))
    groups = artist_groups([record for record, _ in labelled])
    keys = [set(values) for _, values in labelled]
    chosen = _frequent(folder, keys, groups, min_tracks, min_artists, len(records) - len(keys))
    columns = {key: index for index, key in enumerate(chosen)}
    spelling = _spelling(values for _, values in labelled)
    splits = split_artists(groups, valid, test)
    return assemble(
        folder.resolve().name or "library",
        [record.path for record, _ in labelled],
        [splits[group] for group in groups],
        hard_labels([[columns[key] for key in found if key in columns] for found in keys], len(columns)),
        tuple(Tag(key[0], spelling[key]) for key in chosen),
        about=f"a user's own library, labelled by its files' {', '.join(fields)}, split by artist",
        how_split="by artist",
        source=SOURCE,
        skipped=lost,
    )


def read_report(path: Path, folder: Path) -> list[Record]:
    """What ``mat-desktop info --json`` printed. Relative paths are taken from ``folder``.

    :raises DatasetFault: it is no such report, or a file stands in it twice
    """
    try:
        entries = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        how = "mat-desktop info --json FILE... > " + path.name
        raise DatasetFault(f"{printable(path)} is missing; it is made by: {how}") from error
    except (OSError, ValueError) as error:
        raise DatasetFault(f"{printable(path)}: {flaw(error)}") from error
    if not isinstance(entries, list):
        raise DatasetFault(f"{printable(path)} is not the list that mat-desktop info --json prints")
    unique = Unique("the file")
    records = []
    for number, entry in enumerate(entries, start=1):
        record = _record(entry)
        if record is None:
            raise fault_at(path, number, "not an object with a path and tags that are lists of text")
        unique.add(printable(record.path), path, number)
        records.append(Record(folder / record.path, record.tags))
    return records


def artist_groups(records: Sequence[Record]) -> list[str]:
    """A name for the artist of each track, the same for all artists who ever share one.

    Tracks without an artist belong to that of their folder, where it has only one, or else to the folder: an
    album must not be on both sides either.
    """
    leader: dict[str, str] = {}

    def find(name: str) -> str:
        while leader.setdefault(name, name) != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    names = [_artists(record) for record in records]
    for first, *others in filter(None, names):
        for other in others:
            low, high = sorted((find(first), find(other)))
            leader[high] = low
    beside: defaultdict[Path, set[str]] = defaultdict(set)
    for record, known in zip(records, names, strict=True):
        beside[record.path.parent].update(find(name) for name in known)

    def of_folder(folder: Path) -> str:
        return next(iter(beside[folder])) if len(beside[folder]) == 1 else f"folder {folder}"

    return [
        find(known[0]) if known else of_folder(record.path.parent)
        for record, known in zip(records, names, strict=True)
    ]


def split_artists(groups: Sequence[str], valid: float, test: float) -> dict[str, str]:
    """The split of each artist, by a digest of the name. Each split gets at least one.

    :param groups: the artist of each track
    :raises DatasetFault: there are fewer than three artists
    """
    tracks = Counter(groups)
    if len(tracks) < 3:
        raise DatasetFault(f"{len(tracks)} artists cannot be split by artist: at least three are needed")
    most = max(1.0, min(valid, test) * len(groups))
    place = {name: _fraction(name) if many <= most else 1.0 for name, many in tracks.items()}
    ordered = sorted(place, key=lambda name: (place[name], tracks[name], name))
    below = [place[name] for name in ordered]
    in_test = max(1, sum(value < test for value in below))
    in_test = min(in_test, len(ordered) - 2)
    in_valid = max(1, sum(value < test + valid for value in below) - in_test)
    in_valid = min(in_valid, len(ordered) - in_test - 1)
    names = ["test"] * in_test + ["valid"] * in_valid + ["train"] * (len(ordered) - in_test - in_valid)
    return dict(zip(ordered, names, strict=True))


def _check_options(
    fields: Sequence[str], min_tracks: int, min_artists: int, valid: float, test: float
) -> None:
    unknown = set(fields) - set(FIELDS)
    if unknown or not fields or isinstance(fields, str):
        raise DatasetFault(f"fields must be some of {', '.join(FIELDS)}, not {fields!r}")
    if min_tracks < 1 or min_artists < 1:
        raise DatasetFault("min_tracks and min_artists must be above 0")
    if not (valid > 0 and test > 0 and valid + test < 1):
        raise DatasetFault("valid and test must be shares above 0 that leave something for training")


def _ask(folder: Path, lost: list[Skipped]) -> Iterator[Record]:
    """Records of all music under a folder; what cannot be read goes to ``lost``."""
    files = sorted(path for path in folder.resolve().rglob("*") if is_audio_name(path) and path.is_file())
    if not files:
        raise DatasetFault(f"{printable(folder)}: no music in it. {SOURCE}")
    done = 0
    for batch in _batches(files):
        tell_read(done, len(files))
        yield from _ask_about(batch, lost)
        done += len(batch)


def _ask_about(files: Sequence[Path], lost: list[Skipped]) -> Iterator[Record]:
    root = str(Path(mat_desktop.__file__).resolve().parent.parent)
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    # -P: a module of the same name as ours in the current folder must not be imported.
    done = subprocess.run(
        [sys.executable, "-P", "-m", "mat_desktop", "info", "--json", *map(str, files)],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )
    try:
        known = {record.path: record for entry in json.loads(done.stdout) if (record := _record(entry))}
    except ValueError:
        # A file that brings the reader down costs only itself.
        if len(files) > 1:
            for file in files:
                yield from _ask_about([file], lost)
            return
        known = {}
    complaints = done.stderr.decode(errors="replace").splitlines()
    for file in files:
        if file in known:
            yield known[file]
        else:
            start = f"  {printable(file)}: "
            reasons = (line.removeprefix(start) for line in complaints if line.startswith(start))
            lost.append(Skipped(printable(file), next(reasons, "its tags cannot be read")))


def _batches(files: Sequence[Path]) -> Iterator[list[Path]]:
    batch: list[Path] = []
    length = 0
    for file in files:
        if batch and length + len(str(file)) > BATCH_CHARACTERS:
            yield batch
            batch, length = [], 0
        batch.append(file)
        length += len(str(file)) + 3
    yield batch


def _record(entry: Any) -> Record | None:
    if not isinstance(entry, dict):
        return None
    path, tags = entry.get("path"), entry.get("tags")
    if not isinstance(path, str) or not isinstance(tags, dict):
        return None
    if not all(isinstance(v, list) and all(isinstance(x, str) for x in v) for v in tags.values()):
        return None
    return Record(Path(path), {field: tuple(values) for field, values in tags.items()})


def _values(record: Record, fields: Sequence[str]) -> Iterator[tuple[Key, str]]:
    """Field and case-folded value, and the value as it is spelled."""
    for field in fields:
        for text in record.tags.get(field, ()):
            for part in text.split(";"):
                kind, value = field, part.strip()
                if field == Field.MAT_TAGS:  # "category:name"
                    kind, _, value = value.partition(":")
                    if kind not in set(Category):
                        continue
                if value:
                    yield (str(kind), value.casefold()), value


def _frequent(
    folder: Path,
    keys: Sequence[set[Key]],
    groups: Sequence[str],
    min_tracks: int,
    min_artists: int,
    without: int,
) -> list[Key]:
    """Tags with enough tracks and artists: by kind, the most frequent first.

    :param without: tracks beside these, without any tag
    """
    tracks: Counter[Key] = Counter(key for found in keys for key in found)
    artists: defaultdict[Key, set[str]] = defaultdict(set)
    for found, group in zip(keys, groups, strict=True):
        for key in found:
            artists[key].add(group)
    enough = [k for k in tracks if tracks[k] >= min_tracks and len(artists[k]) >= min_artists]
    if not enough:
        best = max(tracks, key=lambda key: (tracks[key], key), default=None)
        most = "no file has a tag"
        if best is not None:
            most = f"the most frequent, {best[1]!r}, has {tracks[best]} by {len(artists[best])}"
            most += (
                f"; {without} of {count(without + len(keys), 'track')} have no tag at all" if without else ""
            )
        raise DatasetFault(
            f"{printable(folder)}: no tag has {count(min_tracks, 'track')} by "
            f"{count(min_artists, 'artist')}: {most}"
        )
    order = [str(kind) for kind in (*FIELDS, *Category)]
    return sorted(enough, key=lambda key: (order.index(key[0]), -tracks[key], key[1]))


def _spelling(found: Iterable[dict[Key, str]]) -> dict[Key, str]:
    """How most files spell each tag."""
    counts: defaultdict[Key, Counter[str]] = defaultdict(Counter)
    for values in found:
        for key, value in values.items():
            counts[key][value] += 1
    return {key: max(spelled, key=lambda text: (spelled[text], text)) for key, spelled in counts.items()}


def _artists(record: Record) -> list[str]:
    parts = (part for value in record.tags.get(Field.ARTIST, ()) for part in TOGETHER.split(value))
    return [unicodedata.normalize("NFC", part.strip().casefold()) for part in parts if part.strip()]


def _fraction(name: str) -> float:
    """A number in 0..1 that depends on the name alone."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:6], "big") / 2**48
