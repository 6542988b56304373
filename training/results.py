"""What a finished run leaves in its folder: ``result.json``, ``scores.npz`` and ``epochs.jsonl``."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from mat_desktop.domain.card import NetworkSpec
from mat_desktop.domain.counting import count
from mat_desktop.domain.epochs import worth
from mat_desktop.errors import MatError, printable
from mat_desktop.malformed import flaw
from training.checkpoints import write_whole
from training.metrics import Averages, Bools, Decisions, Metrics, decision_positives, ranking_positives
from training.progress import without_nan

Array = NDArray[np.float32]

RESULT_FORMAT = 1

MEASURED = ("valid", "test")
"""Splits that a run is measured on."""

Budget = Literal["full", "short", "smoke", "own"]
"""How far a run went: as long as the paper's figures need, shorter, only far enough to show that it works; or
a training of the user's own."""


class ResultFault(MatError):
    """The files of a run are missing or broken; the message names the file."""


@dataclass(frozen=True, slots=True)
class DataUsed:
    """:param name: of the data set
    :param clips: used, by split
    :param labels: "hard" for marks of people, "soft" for the outputs of other networks
    """

    name: str
    clips: dict[str, int]
    labels: Literal["hard", "soft"]


@dataclass(frozen=True, slots=True)
class RunResult:
    """One training run, measured.

    :param title: for people, "2D FCN C=5"
    :param table: of the paper, that reports this network; empty for other networks
    :param row: key of its row in that table, see :mod:`training.published`
    :param multiply_adds: for one clip
    :param split: how the clips were split, in words
    :param settings: of the training, by name
    :param hardware: that it ran on, in words
    :param epochs: done
    :param metrics: of "valid" and "test"
    :param tags: names, in the order of the columns
    :param precision: of the arithmetic, also where the settings say "auto"; empty in earlier results
    """

    title: str
    table: Literal["", "1", "2", "3"]
    row: str
    network: NetworkSpec
    parameters: int
    multiply_adds: int
    data: DataUsed
    split: str
    budget: Budget
    settings: dict[str, Any]
    hardware: str
    epochs: int
    seconds_per_epoch: float
    metrics: dict[str, Metrics]
    tags: tuple[str, ...]
    precision: str = ""
    format: int = RESULT_FORMAT


@dataclass(frozen=True, slots=True)
class EpochLine:
    """A line of ``epochs.jsonl``.

    :param valid: figures on the validation split, by vocabulary and name; None where one is not defined
    """

    number: int
    of: int
    train_loss: float | None
    valid_loss: float | None
    valid: dict[str, dict[str, float | None]] = field(default_factory=dict)
    seconds: float = 0.0

    def mean(self, name: str) -> float | None:
        """A figure, averaged over the vocabularies that have it."""
        known = [value for figures in self.valid.values() if (value := figures.get(name)) is not None]
        return sum(known) / len(known) if known else None


@dataclass(frozen=True, slots=True)
class Scores:
    """Of one split, kept in half precision.

    :param scores: [clips, tags] in 0..1
    :param labels: [clips, tags] in 0..1
    """

    scores: Array
    labels: Array

    @property
    def ranking_positives(self) -> Bools:
        """See :func:`training.metrics.ranking_positives`."""
        return ranking_positives(self.labels)

    @property
    def decision_positives(self) -> Bools:
        """As decisions and calibration count positives."""
        return decision_positives(self.labels)


@dataclass(frozen=True, slots=True)
class Run:
    """A run as read from its folder; ``scores`` by split, as far as they were kept."""

    folder: Path
    result: RunResult
    epochs: tuple[EpochLine, ...]
    scores: dict[str, Scores]

    @property
    def best_epoch(self) -> EpochLine | None:
        """The epoch that was kept."""
        return max(self.epochs, key=lambda epoch: worth(epoch.mean("pr_auc"), epoch.valid_loss), default=None)


def write_result(
    folder: Path, result: RunResult, scores: Mapping[str, tuple[Array, Array]] | None = None
) -> None:
    """Write ``result.json`` and, for the curves of a report, ``scores.npz``.

    :param scores: scores and labels [clips, tags] by split
    :raises DiskFault: they could not be written
    """
    folder.mkdir(parents=True, exist_ok=True)
    if scores is not None:
        arrays = {}
        for split, (values, labels) in scores.items():
            arrays[f"{split}_scores"] = values.astype(np.float16)
            arrays[f"{split}_labels"] = labels.astype(np.float16)
        write_whole(folder / "scores.npz", lambda file: np.savez_compressed(file, **arrays))  # type: ignore[arg-type]
    text = msgspec.json.format(msgspec.json.encode(result)) + b"\n"
    write_whole(folder / "result.json", lambda file: file.write(text))


def read_run(folder: Path) -> Run:
    """What :func:`write_result` and the training loop left in a folder.

    Without ``epochs.jsonl`` there are no epochs, without ``scores.npz`` no scores.

    :raises ResultFault: there is no result, or a file is broken
    """
    path = folder / "result.json"
    try:
        result = msgspec.json.decode(path.read_bytes(), type=RunResult)
    except OSError as error:
        raise ResultFault(
            f"{printable(folder)} is not the folder of a finished run: no result.json"
        ) from error
    except ValueError as error:
        raise ResultFault(f"{printable(path)}: {flaw(error)}") from error
    if result.format != RESULT_FORMAT:
        raise ResultFault(
            f"{printable(path)}: format {result.format} is not {RESULT_FORMAT}, which is known here"
        )
    if wrong := _contradiction(result):
        raise ResultFault(f"{printable(path)}: {wrong}")
    return Run(folder, result, read_epochs(folder), _read_scores(folder, result))


def read_epochs(folder: Path) -> tuple[EpochLine, ...]:
    """The lines of ``epochs.jsonl``; a last line that a killed run did not finish is left out.

    Where a resumed run wrote an epoch again, the later line counts.

    :raises ResultFault: another line is broken
    """
    path = folder / "epochs.jsonl"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        raise ResultFault(f"{printable(path)}: {flaw(error)}") from error
    epochs: dict[int, EpochLine] = {}
    for number, line in enumerate(lines, 1):
        try:
            # Not msgspec's reader: Python writes NaN where a figure is not defined, which is not JSON.
            plain = without_nan(json.loads(line))
            if not isinstance(plain, dict) or "event" in plain:
                continue
            epoch = msgspec.convert(plain, EpochLine)
        except ValueError as error:
            if number == len(lines):
                break
            raise ResultFault(f"{printable(path)}, line {number}: {flaw(error)}") from error
        epochs[epoch.number] = epoch
    return tuple(epochs[number] for number in sorted(epochs))


def _read_scores(folder: Path, result: RunResult) -> dict[str, Scores]:
    path = folder / "scores.npz"
    found: dict[str, Scores] = {}
    try:
        # Opened here: numpy leaves a file open that turns out not to be an archive.
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            for split in MEASURED:
                if f"{split}_scores" in file:
                    scores, labels = (file[f"{split}_{kind}"] for kind in ("scores", "labels"))
                    if scores.shape != labels.shape or scores.shape[1:] != (len(result.tags),):
                        raise ResultFault(
                            f"{printable(path)}: its {split} split does not have the run's tags"
                        )
                    if not len(scores):
                        raise ResultFault(f"{printable(path)}: its {split} split has no clips")
                    found[split] = Scores(scores.astype(np.float32), labels.astype(np.float32))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ResultFault(f"{printable(path)}: {error}") from error
    return found


def _contradiction(result: RunResult) -> str:
    """Why a result cannot be that of a run, in words; empty where it can."""
    if not result.metrics:
        return "the run was measured on no split"
    for split, metrics in result.metrics.items():
        if split not in MEASURED:
            return f"no run is measured on a split {split!r}"
        if metrics.tags != result.tags:
            return f"the tags of the {split} split are not those of the run"
        if metrics.clips < 1:
            return f"the {split} split has no clips"
        for name, values in _per_tag(metrics):
            if len(values) != len(result.tags):
                return (
                    f"{name} of the {split} split has {count(len(values), 'value')} for "
                    f"{count(len(result.tags), 'tag')}"
                )
    return ""


def _per_tag(part: Metrics | Decisions, prefix: str = "") -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Name and values of all that has a value for each tag."""
    for name in (known.name for known in fields(part)):
        value = getattr(part, name)
        if isinstance(value, Averages):
            yield f"{prefix}{name}", value.tags
        elif isinstance(value, Decisions):
            yield from _per_tag(value, f"{name}.")
        elif name in ("positives", "thresholds"):
            yield f"{prefix}{name}", value
