"""Everything that a training run can be told, as one value that is saved beside its results."""

from __future__ import annotations

import hashlib
import inspect
import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from math import inf
from pathlib import Path
from typing import Any, Literal

import msgspec

from mat_desktop.domain.card import NetworkSpec
from mat_desktop.errors import MatError, printable
from mat_desktop.malformed import flaw
from mat_desktop.networks.registry import names

Precision = Literal["auto", "32-true", "bf16-mixed", "16-mixed"]

NOT_IN_DIGEST = ("checkpoint_minutes",)
"""What changes nothing about the result, and so does not make another run of it."""

CAME_LATER = {"short_epochs": 0, "eq_db": 0.0, "low_pass": 0.0, "ema_decay": 0.0}
"""Settings that the first runs did not have, at the values at which a run is the same as without them."""

LEAST = {
    "epochs": 1,
    "batch_size": 1,
    "clips": 0,
    "crop_frames": -1,
    "patience": 0,
    "short_epochs": 0,
    "gain_db": 0,
    "eq_db": 0,
    "low_pass": 0,
    "mel_mask": 0,
    "time_mask": 0,
    "mix": 0,
    "dropout": 0,
    "weight_decay": 0,
    "learning_rate": 1e-7,
    "ema_decay": 0,
    "checkpoint_minutes": 0,
}

CROP_FRAMES = 512
"""Frames of a crop of our recipe, for networks that average over 911 frames. Others take the maximum over
fewer of them, or pool too often for so few."""

MOST = {
    "batch_size": 4096,
    "gain_db": 60,
    "eq_db": 60,
    "low_pass": 1,
    "mel_mask": 96,
    "time_mask": 911,
    "mix": 1,
    "dropout": 0.95,
    "weight_decay": 1,
    "learning_rate": 1,
    "ema_decay": 0.9999,
}
"""Beyond these nothing is learned, or nothing is left of the clips; a batch would hardly find room."""


class SettingsFault(MatError):
    """Settings that name something unknown, or a value that cannot be."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of one training run. The defaults are our recipe for soft labels, found on the corpus; the
    paper's own settings are in ``training/experiments``.

    :param dataset: reader of the data set; empty: as its files look
    :param reader: options of that reader: clips, split, seed (mtat); subset, split, audio (jamendo); audio
        (msd); report, fields, min_tracks, min_artists, valid, test (folder); nothing, without, vocabularies
        (corpus)
    :param clips: use no more than so many clips of each split; 0: all
    :param network: name in the registry
    :param layers: its depth; 0 for its usual one
    :param width: factor on its channels
    :param options: further choices that the network leaves
    :param dropout: after every block; the paper's 0.5 is for hard labels at width 1
    :param epochs: passes over the training split, at most
    :param batch_size: clips a step, over all devices together
    :param optimiser: "adamw" or "adam"
    :param learning_rate: of the optimiser; the highest one of a one-cycle schedule
    :param weight_decay: of the optimiser
    :param schedule: "one-cycle" over all epochs, or "constant"
    :param ema_decay: validate, keep and export an exponential moving average of the weights, of which each
        step keeps this share; 0: the weights themselves
    :param patience: stop after so many epochs without a better validation PR-AUC, or an equal one with a
        lower loss; 0: never
    :param crop_frames: frames of a random crop of each clip, for log-mel networks that take any length; 0,
        and for all others, the network's published input; -1: 512 for the fully convolutional networks of
        the paper, else 0
    :param short_epochs: the first epochs take crops of half that length, at half the time; for networks that
        take any length
    :param gain_db: random gain of a clip, +- dB
    :param eq_db: random equaliser of a clip: gains of up to +- dB at five places of the mel axis, straight
        lines between them
    :param low_pass: share of clips that lose all above a random band, as old recordings and small files do
    :param mel_mask: widest band masked by SpecAugment, bands
    :param time_mask: longest span masked by SpecAugment, frames
    :param mix: share of steps whose clips are mixed in pairs (mixup on power and labels)
    :param seed: of weights, order, crops, dropout and augmentation
    :param precision: of arithmetic: "32-true", "bf16-mixed" or, on a GPU, "16-mixed"; "auto": half where the
        device multiplies in it itself
    :param start: digest of the model that it starts from; empty: random weights
    :param checkpoint_minutes: time between two checkpoints within an epoch
    """

    dataset: str = ""
    reader: dict[str, int | float | str] = field(default_factory=dict)
    clips: int = 0
    network: str = "fcn2d"
    layers: int = 0
    width: float = 0.25
    options: dict[str, int | str] = field(default_factory=dict)
    dropout: float = 0.05
    epochs: int = 24
    batch_size: int = 16
    optimiser: Literal["adamw", "adam"] = "adamw"
    learning_rate: float = 3e-3
    weight_decay: float = 1e-2
    schedule: Literal["one-cycle", "constant"] = "one-cycle"
    ema_decay: float = 0.0
    patience: int = 0
    crop_frames: int = -1
    short_epochs: int = 0
    gain_db: float = 6.0
    eq_db: float = 0.0
    low_pass: float = 0.0
    mel_mask: int = 8
    time_mask: int = 32
    mix: float = 0.1
    seed: int = 1
    precision: Precision = "auto"
    start: str = ""
    checkpoint_minutes: float = 5.0

    def __post_init__(self) -> None:
        for name, least in LEAST.items():
            value, most = getattr(self, name), MOST.get(name)
            if not least <= value < inf or (most is not None and value > most):
                known = f"in {least:g}..{most:g}" if most is not None else f"a number from {least} on"
                raise SettingsFault(f"{name} must be {known}, not {value}")
        if self.crop_frames < 0:
            crops = self.network in ("fcn1d", "fcn2d") or self.network.startswith("experiment1_")
            object.__setattr__(self, "crop_frames", CROP_FRAMES if crops else 0)

    @property
    def spec(self) -> NetworkSpec:
        """The network that these settings train, its depth spelt out. There may be no such network: see
        :func:`training.network.network_of`.
        """
        entry = names().get(self.network)
        depths = entry.depths if entry else ()
        known = entry.options if entry else {}
        # "512" may be a name or a number: what the network's own default is decides.
        options = {
            name: str(value) if name in known and isinstance(known[name].default, str) else value
            for name, value in self.options.items()
        }
        return NetworkSpec(self.network, self.layers or (depths[0] if depths else 0), self.width, options)

    def digest(self) -> str:
        """Eight hex digits that name this run."""
        told = {
            name: value
            for name, value in asdict(self).items()
            if name not in NOT_IN_DIGEST and not (name in CAME_LATER and value == CAME_LATER[name])
        }
        return hashlib.sha256(msgspec.json.encode(told, order="sorted")).hexdigest()[:8]

    @classmethod
    def load(cls, path: Path) -> Settings:
        """Settings from a file; what it leaves out has its default. See :meth:`told`."""
        return cls.of(cls.told(path), printable(path))

    @classmethod
    def told(cls, path: Path) -> dict[str, Any]:
        """Names and values of a TOML or, by its name, JSON file.

        :raises SettingsFault: no such file, or no such format
        """
        try:
            text = path.read_text(encoding="utf-8")
            told = tomllib.loads(text) if path.suffix == ".toml" else msgspec.json.decode(text)
        except OSError as error:
            raise SettingsFault(f"{printable(path)}: {error.strerror}") from error
        except ValueError as error:
            raise SettingsFault(f"{printable(path)}: {flaw(error)}") from error
        if not isinstance(told, dict):
            raise SettingsFault(f"{printable(path)}: no names and values")
        cls.of(told, printable(path))
        return told

    @classmethod
    def of(cls, told: Mapping[str, Any], source: str = "the settings", strict: bool = True) -> Settings:
        """Settings from names and values.

        :param source: where they were found, for the message
        :param strict: "3" is no number
        :raises SettingsFault: a name is unknown or a value is wrong
        """
        unknown = sorted(set(told) - {field.name for field in fields(cls)})
        if unknown:
            raise SettingsFault(f"{source}: no setting {', '.join(unknown)}")
        try:
            return msgspec.convert(dict(told), cls, strict=strict)
        except (msgspec.ValidationError, SettingsFault) as error:
            raise SettingsFault(f"{source}: {flaw(error)}") from error

    def as_json(self) -> bytes:
        """For people too."""
        return msgspec.json.format(msgspec.json.encode(self)) + b"\n"


def meanings() -> dict[str, str]:
    """What each setting means, as its own documentation says."""
    text = inspect.cleandoc(Settings.__doc__ or "")
    found = re.findall(r":param (\w+): (.*?)(?=\n:param|\Z)", text, flags=re.DOTALL)
    return {name: " ".join(meaning.split()) for name, meaning in found}
