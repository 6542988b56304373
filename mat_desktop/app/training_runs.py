"""The folders in which a training leaves its curves and figures, read while it still writes there.

``python -m training`` writes them, in a process of its own; nothing of it is imported here. What is missing,
half written or not understood is left out: a later look finds it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

from mat_desktop.domain.card import rests_on_few
from mat_desktop.domain.epochs import worth

Plain = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EpochFigures:
    """What one pass over the training split gave; None for what is not defined.

    :param number: from 1
    :param of: epochs that were asked for
    :param roc_auc: on the validation split, the mean over vocabularies of the macro mean over their tags
    :param pr_auc: the same
    :param vocabularies: that there are
    :param seconds: that it took, with the validation
    """

    number: int
    of: int
    train_loss: float | None = None
    valid_loss: float | None = None
    roc_auc: float | None = None
    pr_auc: float | None = None
    seconds: float = 0.0
    vocabularies: int = 1


@dataclass(frozen=True, slots=True)
class TagFigures:
    """Of one tag on the validation split.

    :param name: as ``vocabulary/name``
    :param positives: clips that have it
    :param threshold: from which on it counts as heard, None before the run is over
    """

    name: str
    positives: int | None = None
    roc_auc: float | None = None
    pr_auc: float | None = None
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class SplitFigures:
    """Of a finished run on one split: means over the tags, of several vocabularies the mean over these, as
    after each epoch.

    :param accuracy: at the threshold 0.5
    """

    clips: int
    accuracy: float | None
    roc_auc: float | None
    pr_auc: float | None


@dataclass(frozen=True, slots=True)
class Run:
    """One network's training, as far as it is.

    :param settings: as it was told them
    :param epochs: in their order, each once
    :param tags: after the last epoch, or of the kept one once the run is over
    :param splits: "valid" and "test", once the run is over
    :param kept_at: when the weights of the kept epoch were written, 0 where none are kept
    """

    folder: Path
    settings: Plain = field(default_factory=dict)
    epochs: tuple[EpochFigures, ...] = ()
    tags: tuple[TagFigures, ...] = ()
    splits: Mapping[str, SplitFigures] = field(default_factory=dict)
    kept_at: float = 0.0
    has_checkpoint: bool = False

    @property
    def finished(self) -> bool:
        """Whether it is over and measured."""
        return bool(self.splits)

    @property
    def has_weights(self) -> bool:
        """Whether some epoch's weights are kept."""
        return self.kept_at > 0

    @property
    def rests_on_few(self) -> bool:
        """Whether the tags have few positives on the validation split."""
        return rests_on_few(tag.positives for tag in self.tags)

    @property
    def network(self) -> str:
        """Name in the registry."""
        return str(self.settings.get("network", ""))

    @property
    def layers(self) -> int:
        """Depth; 0 for the network's usual one."""
        return _whole(self.settings.get("layers")) or 0

    @property
    def vocabularies(self) -> int:
        """Over which the figures of an epoch and of a split are means."""
        return self.epochs[-1].vocabularies if self.epochs else 1

    @property
    def best(self) -> EpochFigures | None:
        """The epoch that is kept."""
        return max(self.epochs, key=lambda epoch: worth(epoch.pr_auc, epoch.valid_loss), default=None)


def read_runs(folder: Path) -> tuple[Run, ...]:
    """Every run under a folder, in the order in which they were begun."""
    try:
        found = [path for path in folder.iterdir() if (path / "settings.json").is_file()]
        found.sort(key=lambda path: ((path / "settings.json").stat().st_mtime, path.name))
    except OSError:
        return ()
    return tuple(read_run(path) for path in found)


def read_run(folder: Path) -> Run:
    """What a run left so far."""
    result = read_json(folder / "result.json")
    splits = {
        name: made
        for name, found in _dict(result.get("metrics")).items()
        if (made := _split(_dict(found))) is not None
    }
    measured = _dict(_dict(result.get("metrics")).get("valid"))
    return Run(
        folder,
        read_json(folder / "settings.json"),
        _epochs(folder / "epochs.jsonl"),
        _tags_of(measured) if splits else _tags(read_json(folder / "tags.json")),
        splits,
        changed_at(folder / "best.pt"),
        has_checkpoint(folder),
    )


def has_checkpoint(folder: Path) -> bool:
    """Whether a run left something to go on from."""
    return (folder / "last.pt").is_file()


def read_json(path: Path) -> dict[str, Any]:
    """An object from a file; an empty one where there is none, or something else."""
    try:
        return _dict(json.loads(path.read_bytes()))
    except (OSError, ValueError):
        return {}


def changed_at(path: Path) -> float:
    """When a file was written, in seconds since 1970; 0 where there is none."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def read_event(line: str) -> dict[str, Any] | None:
    """What a training says in a line: an object with the name of its event, or None for other words."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) and isinstance(found.get("event"), str) else None


def epoch_of(plain: Plain) -> EpochFigures | None:
    """An epoch from its line, or from the event; None where it is none."""
    number, of = _whole(plain.get("number")), _whole(plain.get("of"))
    if number is None or of is None or number < 1:
        return None
    valid = [_dict(figures) for figures in _dict(plain.get("valid")).values()]
    return EpochFigures(
        number,
        of,
        as_number(plain.get("train_loss")),
        as_number(plain.get("valid_loss")),
        _mean([as_number(figures.get("roc_auc")) for figures in valid]),
        _mean([as_number(figures.get("pr_auc")) for figures in valid]),
        as_number(plain.get("seconds")) or 0.0,
        len(valid),
    )


def as_number(value: object) -> float | None:
    """A finite number, or None."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if isfinite(value) else None


def _epochs(path: Path) -> tuple[EpochFigures, ...]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return ()
    found: dict[int, EpochFigures] = {}
    for line in lines:
        try:
            epoch = epoch_of(_dict(json.loads(line)))
        except ValueError:
            continue
        if epoch is not None:  # one that was done again after an interruption counts as it was the last time
            found[epoch.number] = epoch
    return tuple(found[number] for number in sorted(found))


def _tags(plain: Plain) -> tuple[TagFigures, ...]:
    names = _list(plain.get("tags"))
    columns = [_list(plain.get(key)) for key in ("positives", "roc_auc", "pr_auc")]
    if any(len(column) != len(names) for column in columns):
        return ()
    return tuple(
        TagFigures(str(name), _whole(positives), as_number(roc), as_number(pr))
        for name, positives, roc, pr in zip(names, *columns, strict=True)
    )


def _tags_of(metrics: Plain) -> tuple[TagFigures, ...]:
    names = _list(metrics.get("tags"))
    columns = [
        _list(metrics.get("positives")),
        _list(_dict(metrics.get("roc_auc")).get("tags")),
        _list(_dict(metrics.get("pr_auc")).get("tags")),
        _list(_dict(metrics.get("at_best")).get("thresholds")),
    ]
    if any(len(column) != len(names) for column in columns):
        return ()
    return tuple(
        TagFigures(str(name), _whole(positives), as_number(roc), as_number(pr), as_number(threshold))
        for name, positives, roc, pr, threshold in zip(names, *columns, strict=True)
    )


def _split(metrics: Plain) -> SplitFigures | None:
    clips = _whole(metrics.get("clips"))
    if clips is None:
        return None
    names = [str(name).partition("/")[0] for name in _list(metrics.get("tags"))]
    figures = (_dict(metrics.get("at_half")).get("accuracy"), metrics.get("roc_auc"), metrics.get("pr_auc"))
    return SplitFigures(clips, *(_over_vocabularies(_dict(found), names) for found in figures))


def _over_vocabularies(averages: Plain, names: list[str]) -> float | None:
    """The mean over vocabularies of the macro mean over their tags.

    :param averages: with the macro mean over all tags, and the figure of each
    :param names: the vocabulary of each tag
    """
    values = _list(averages.get("tags"))
    if len(set(names)) < 2 or len(values) != len(names):
        return as_number(averages.get("macro"))
    of: dict[str, list[float | None]] = {}
    for name, value in zip(names, values, strict=True):
        of.setdefault(name, []).append(as_number(value))
    return _mean([_mean(found) for found in of.values()])


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
