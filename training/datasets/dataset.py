"""What every reader of a data set returns, and the rules that all of them keep."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mat_desktop.errors import MatError, printable

SPLITS = ("train", "valid", "test")


_report: ContextVar[Callable[[int, int], None] | None] = ContextVar("report", default=None)


@contextmanager
def reading_told(report: Callable[[int, int], None]) -> Iterator[None]:
    """Within, ``report`` is told how many of how many files a reader has read, where that takes long."""
    token = _report.set(report)
    try:
        yield
    finally:
        _report.reset(token)


def tell_read(done: int, of: int) -> None:
    """To whom :func:`reading_told` names, if anybody."""
    if (report := _report.get()) is not None:
        report(done, of)


class DatasetFault(MatError):
    """A data set's files are missing or contradict each other; the message names file and line."""


@dataclass(frozen=True, slots=True)
class Tag:
    """One column of the labels."""

    vocabulary: str
    name: str

    @property
    def key(self) -> str:
        """``vocabulary/name``, as model cards, checkpoints and results name an output."""
        return f"{self.vocabulary}/{self.name}"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A clip that the data set lists and that cannot be used.

    :param clip: its file, or its name in the lists where it has no file
    """

    clip: str
    reason: str

    def __str__(self) -> str:
        return f"{self.clip}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Dataset:
    """Clips in one order, whatever they were read from.

    :param name: also the name of its cache; variants with the same clips have the same name
    :param clips: audio files
    :param splits: "train", "valid" or "test" of each clip
    :param labels: float32 [clips, tags] in 0..1; hard labels are 0 and 1
    :param licence_classes: of each clip, for the model card; empty strings where the data set has none
    :param seconds: that each clip must have, where the lists say so; else empty
    :param skipped: clips that are listed but missing, empty or without labels; they are not among ``clips``
    :param about: what it is, in one sentence, for the model card
    :param how_split: which clips are in which split, in a few words, for reports
    """

    name: str
    clips: tuple[Path, ...]
    splits: NDArray[np.str_]
    labels: NDArray[np.float32]
    tags: tuple[Tag, ...]
    licence_classes: NDArray[np.str_]
    seconds: tuple[float, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    about: str = ""
    how_split: str = ""

    def indices(self, split: str) -> NDArray[np.int64]:
        """Positions of the clips of a split."""
        return np.flatnonzero(self.splits == split)

    @property
    def hard(self) -> bool:
        """Whether every label is 0 or 1."""
        return bool(((self.labels == 0) | (self.labels == 1)).all())


def assemble(
    name: str,
    clips: Sequence[Path],
    splits: Sequence[str],
    labels: NDArray[np.float32],
    tags: tuple[Tag, ...],
    *,
    about: str,
    how_split: str,
    source: str,
    licence_classes: Sequence[str] = (),
    seconds: Sequence[float] = (),
    skipped: Sequence[Skipped] = (),
) -> Dataset:
    """A data set of the clips whose files are there; the others are named in ``skipped``.

    :param source: where the audio is to be had, for the message if there is none
    :raises DatasetFault: no file is there at all
    """
    reasons = [why_unusable(clip) for clip in clips]
    kept = [index for index, reason in enumerate(reasons) if not reason]
    lost = [Skipped(printable(clip), reason) for clip, reason in zip(clips, reasons, strict=True) if reason]
    if not kept:
        first = f", the first being {lost[0]}" if lost else ""
        raise DatasetFault(f"{name}: none of the {len(lost):,} clips can be used{first}. {source}")
    return Dataset(
        name=name,
        clips=tuple(clips[index] for index in kept),
        splits=np.array([splits[index] for index in kept]),
        labels=labels[kept],
        tags=tags,
        licence_classes=np.array([licence_classes[index] if licence_classes else "" for index in kept]),
        seconds=tuple(seconds[index] for index in kept) if seconds else (),
        skipped=(*skipped, *lost),
        about=about,
        how_split=how_split,
    )


def why_unusable(clip: Path) -> str:
    """One reason why a file cannot be a clip, without opening it; empty if there is none."""
    try:
        return "" if clip.stat().st_size else "the file is empty"
    except OSError as error:
        return (error.strerror or "cannot be looked at").lower()


def check_option(name: str, value: str, allowed: Sequence[str]) -> None:
    """:raises DatasetFault: a reader was told something that it does not know"""
    if value not in allowed:
        raise DatasetFault(f"{name} must be one of {', '.join(allowed)}, not {value!r}")


def hard_labels(marks: Sequence[Sequence[int]], tags: int) -> NDArray[np.float32]:
    """Float32 [clips, tags], 1 at the marked columns of each clip."""
    labels = np.zeros((len(marks), tags), np.float32)
    for row, columns in enumerate(marks):
        labels[row, list(columns)] = 1
    return labels
