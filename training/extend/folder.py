"""The folder of an extended corpus: the corpus' clips, mixes of those for training, and labels of all.

Beside what a corpus has (:mod:`training.datasets.corpus`) it holds ``begun.json``, which says what it is made
of, and ``teacher.npz`` and ``model.npz``, which keep what both heard so far. A mix' comment names its clips.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from mat_desktop.audio.decode import decode
from mat_desktop.domain.card import ModelCard
from mat_desktop.errors import printable
from mat_desktop.whole_file import whole_file
from training.checkpoints import DiskFault, check_room, write_whole
from training.datasets.corpus import MIX, read_corpus, read_tracks
from training.datasets.dataset import Dataset, DatasetFault
from training.display import logit
from training.extend.kept import kept
from training.extend.mixes import LENGTH, RATE, as_flac, mix
from training.extend.musicnn import DENSE, NETWORKS, TAGS, Teacher, tags_of
from training.network import Trained
from training.track_inference import track_scores

Array = NDArray[np.float32]
Report = Callable[[int, int], None]

FIRST_ID = 90_000
"""Of the mixes, behind those of a corpus."""

PENALTY = 1000.0
"""Of the ridge regression, on its squared weights and its squared constant."""

SHARE = 0.6
"""Of the teacher's log odds in a mix' labels; the rest are the model's."""


@dataclass(frozen=True, slots=True)
class Extension:
    """A corpus that is being extended.

    :param corpus: as it was read
    :param rows: of its table, in the same order
    :param folder: that the larger one is written to
    :param seed: of the first mix; each further one has the next
    :param count: of the mixes
    """

    corpus: Dataset
    rows: Sequence[Mapping[str, str]]
    folder: Path
    seed: int
    count: int

    @property
    def mixes(self) -> dict[str, Path]:
        """Files of the mixes by their ids."""
        names = [str(FIRST_ID + number) for number in range(self.count)]
        return {name: self.folder / "audio" / f"{name}.flac" for name in names}

    @property
    def clips(self) -> dict[str, Path]:
        """Files of the corpus' clips by their ids."""
        return {row["id"]: clip for row, clip in zip(self.rows, self.corpus.clips, strict=True)}

    def make_mixes(self, report: Report) -> None:
        """Those that are not there yet, and links to the corpus' clips.

        :raises DecodeError: a clip cannot be decoded
        :raises DiskFault: the disk is full
        """
        names = [self.rows[index]["id"] for index in self.corpus.indices("train")]
        files, mixes = self.clips, self.mixes
        missing = [number for number, file in enumerate(mixes.values()) if not file.exists()]
        check_room(self.folder, LENGTH * len(missing))  # and as much again: a sample has two bytes
        for clip in self.corpus.clips:
            _link(clip, self.folder / "audio" / clip.name)

        def samples(position: int) -> Array:
            return decode(files[names[position]], RATE)

        for done, number in enumerate(missing, self.count - len(missing)):
            report(done, self.count)
            made = mix(self.seed + number, len(names), samples)
            sources = zip(made.sources, made.told, strict=True)
            flac = as_flac(made.samples, " ".join(f"{names[source]}:{told}" for source, told in sources))
            _write(mixes[str(FIRST_ID + number)], flac)
        report(self.count, self.count)

    def heard_by_teacher(self, teacher: Teacher, report: Report) -> Array:
        """All clips and then all mixes, [clips + mixes, networks, HEARD].

        :raises DecodeError: one cannot be decoded
        """
        place, files = self.folder / "teacher.npz", self.clips | self.mixes
        return kept(place, teacher.digest, files, lambda file: teacher.hear(decode(file, RATE)), report)

    def heard_by_model(self, card: ModelCard, trained: Trained, report: Report) -> Array:
        """The model's scores of the mixes, as the application gives them: [mixes, tags] in 0..1."""

        def scores(file: Path) -> Array:
            found = track_scores(trained, file, card)
            return np.zeros(len(card.tags), np.float32) if found is None else found

        return kept(self.folder / "model.npz", card.digest, self.mixes, scores, report)

    def write(self, heard: Array, scores: Array) -> None:
        """Table, labels and vocabularies, with which the folder is a corpus.

        :param heard: by the teacher
        :param scores: by the model
        """
        of_mixes = mix_labels(heard, scores, self.corpus.labels, self.corpus.indices("train"))
        labels = np.concatenate([self.corpus.labels, of_mixes])
        vocabularies: dict[str, list[str]] = {}
        for tag in self.corpus.tags:
            vocabularies.setdefault(tag.vocabulary, []).append(tag.name)
        ends = np.cumsum([len(names) for names in vocabularies.values()])
        columns: dict[str, Any] = dict(zip(vocabularies, np.split(labels, ends[:-1], axis=1), strict=True))
        for position, name in enumerate(NETWORKS):
            vocabularies[name] = list(tags_of(name))
            columns[name] = heard[:, position, DENSE + TAGS :]
        rows = [*self.rows, *self._mix_rows()]
        table = ["\t".join(self.rows[0]), *("\t".join(row.values()) for row in rows)]
        ids = np.array([int(row["id"]) for row in rows], np.int32)
        write_whole(self.folder / "labels.npz", lambda file: np.savez(file, id=ids, **columns))
        _write(self.folder / "vocabularies.json", json.dumps(vocabularies).encode())
        _write(self.folder / "tracks.tsv", ("\n".join(table) + "\n").encode())

    def _mix_rows(self) -> list[dict[str, str]]:
        """A mix may be used only where each of its clips may."""
        classes = {row["id"]: row["licence_class"] for row in self.rows}
        rows = []
        for name, file in self.mixes.items():
            sources = soundfile.SoundFile(file).comment
            used = [classes[part.split(":")[0]] for part in sources.split()]
            told = {"id": name, "split": "train", "source": MIX, "path": sources}
            told["licence_class"] = max(used) if all(used) else ""
            rows.append({column: told.get(column, "") for column in self.rows[0]})
        return rows


def begin(corpus: Path, folder: Path, seed: int, count: int) -> Extension:
    """Read a corpus and check that a folder is empty, or was begun with the same.

    :raises DatasetFault: one of them is something else
    :raises DiskFault: the folder cannot be written
    """
    dataset = read_corpus(corpus)
    rows = read_tracks(corpus / "tracks.tsv")
    if dataset.skipped:
        more = f" and {len(dataset.skipped) - 1:,} more" if len(dataset.skipped) > 1 else ""
        raise DatasetFault(f"{printable(corpus)} is not complete: {dataset.skipped[0]}{more}")
    if not len(dataset.indices("train")):
        raise DatasetFault(f"{printable(corpus)} has no training clips to mix")
    if any(int(row["id"]) >= FIRST_ID for row in rows):
        raise DatasetFault(
            f"{printable(corpus)} has ids from {FIRST_ID} on, which are for mixes: it is extended already"
        )
    about = {"corpus": hashlib.sha256((corpus / "tracks.tsv").read_bytes()).hexdigest()[:12], "seed": seed}
    begun = folder / "begun.json"
    try:
        if begun.exists():
            if json.loads(begun.read_bytes()) != about:
                raise DatasetFault(f"{printable(folder)} was begun with another corpus or seed")
        elif folder.exists() and any(folder.iterdir()):
            raise DatasetFault(f"{printable(folder)} is not empty, and no extended corpus")
        (folder / "audio").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DiskFault(f"{printable(error.filename or folder)}: {error.strerror}") from error
    _write(begun, json.dumps(about).encode())
    return Extension(dataset, rows, folder, seed, count)


def mix_labels(heard: Array, scores: Array, labels: Array, train: NDArray[np.int64]) -> Array:
    """Labels of the mixes [mixes, tags] in 0..1: ridge regression from what the teacher heard, and the model.

    :param heard: by the teacher, clips and then mixes [clips + mixes, networks, HEARD]
    :param scores: of the mixes by the model [mixes, tags]
    :param labels: of the clips [clips, tags]
    :param train: positions of the training clips, the only ones that the regression learns from
    """
    from sklearn.linear_model import Ridge  # a second that other commands need not wait for
    from sklearn.preprocessing import StandardScaler

    inputs = heard[:, :, : DENSE + TAGS].reshape(len(heard), -1).astype(np.float64)
    inputs = StandardScaler().fit(inputs[train]).transform(inputs)
    inputs = np.pad(inputs, ((0, 0), (0, 1)), constant_values=1)  # for the constant
    ridge = Ridge(PENALTY, fit_intercept=False).fit(inputs[train], logit(labels[train].astype(np.float64)))
    odds = SHARE * ridge.predict(inputs[len(labels) :]) + (1 - SHARE) * logit(scores.astype(np.float64))
    mixed: Array = (1 / (1 + np.exp(-odds))).astype(np.float32)
    return mixed


def _link(clip: Path, place: Path) -> None:
    """A link to a clip, or a copy where there are none. :raises DiskFault: neither can be written"""
    if place.exists():
        return
    try:
        place.unlink(missing_ok=True)  # a link to where the corpus was
        place.symlink_to(clip.resolve())
    except OSError:
        try:
            with clip.open("rb") as source, whole_file(place) as file:
                shutil.copyfileobj(source, file)
        except OSError as error:
            raise DiskFault(f"{printable(place)} could not be written: {error.strerror}") from error


def _write(path: Path, content: bytes) -> None:
    write_whole(path, lambda file: file.write(content))
