"""ModelCard: all that is known of a trained network beside its weights."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from mat_desktop.domain.melspec import MelSpec

FEW = 10
"""Positives of a tag below which its figures say little."""


def rests_on_few(positives: Iterable[float | None]) -> bool:
    """Whether half of some tags have fewer than :data:`FEW` positives, as far as these are known."""
    known = [count for count in positives if count is not None]
    return bool(known) and median(known) < FEW


SMOKE_CLIPS = 32
"""Of each split, where a smoke run is not told another number."""

CARD_FORMAT = 1
"""Version of card.json that this program reads and writes."""


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """Which network.

    :param name: in the registry
    :param layers: number of convolution layers; 0 for the only, or the usual, depth of that network
    :param width: factor on its channels
    :param options: further choices that it leaves; what is not named is as published
    """

    name: str
    layers: int
    width: float
    options: dict[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TagSpec:
    """One output of the network.

    :param name: the tag as its vocabulary spells it
    :param vocabulary: "mtat", "mtg_jamendo" or "msd"; of tags out of a music library their category
    :param threshold: score from which on the tag counts as heard (best F1 on the validation split where
        suggestions are right at least as often as wrong)
    :param metrics: of this tag on the validation split, by name
    """

    name: str
    vocabulary: str
    threshold: float
    metrics: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 <= self.threshold <= 1:
            raise ValueError(f"the threshold of {self.key} must lie in 0..1, not {self.threshold}")

    @property
    def key(self) -> str:
        """Unique within a model: ``vocabulary/name``."""
        return f"{self.vocabulary}/{self.name}"


@dataclass(frozen=True, slots=True)
class Normalisation:
    """Mean and standard deviation of every mel band over the training data, dB [n_mels]."""

    mean: tuple[float, ...]
    std: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Weights:
    """The file that holds the parameters, beside the card.

    :param file: name in the same folder
    :param sha256: of the whole file, hex
    :param size: bytes
    """

    file: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class ModelCard:
    """A trained network as the program and its users need to know it.

    :param name: folder name, e.g. "fcn2d"
    :param title: for people, e.g. "2D FCN, 5 layers"
    :param tags: in the order of the network's outputs
    :param metrics: figures by split and vocabulary
    :param data: what it was trained on, in sentences
    :param training: the command, the settings and the time it took
    :param level: a track whose mean power is below so many dB is raised to it before the network listens;
        None: every track is heard as loud as it is
    """

    format: int
    name: str
    title: str
    created: str
    licence: str
    network: NetworkSpec
    mel: MelSpec
    normalisation: Normalisation
    tags: tuple[TagSpec, ...]
    weights: Weights
    data: str
    metrics: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    level: float | None = None

    def __post_init__(self) -> None:
        if self.format != CARD_FORMAT:
            raise ValueError(f"card format {self.format} is not {CARD_FORMAT}")
        if not self.tags:
            raise ValueError("a model needs at least one tag")
        keys = [tag.key for tag in self.tags]
        if len(set(keys)) != len(keys):
            raise ValueError("two tags have the same name")
        bands = self.mel.n_mels
        if len(self.normalisation.mean) != bands or len(self.normalisation.std) != bands:
            raise ValueError(f"the normalisation must have {bands} bands")
        if not all(std > 0 for std in self.normalisation.std):
            raise ValueError("a standard deviation must be above 0")

    @property
    def digest(self) -> str:
        """Names these weights: the first twelve digits of their SHA-256."""
        return self.weights.sha256[:12]

    @property
    def valid_roc_auc(self) -> float | None:
        """ROC-AUC on the validation split, a mean over the vocabularies; None where the card has none."""
        split = self.metrics.get("valid")
        figures = split.values() if isinstance(split, dict) else ()
        found = [figure.get("roc_auc") for figure in figures if isinstance(figure, dict)]
        known = [float(value) for value in found if isinstance(value, (int, float)) and value == value]
        return sum(known) / len(known) if known else None

    @property
    def smoke_clips(self) -> int:
        """Clips of each split that it was trained on only to see that it runs; 0 for any other model."""
        if not re.search(r"--budget[ =]smoke\b", str(self.training.get("command", ""))):
            return 0
        settings = self.training.get("settings")
        clips = settings.get("clips") if isinstance(settings, dict) else None
        return clips if isinstance(clips, int) and clips > 0 else SMOKE_CLIPS
