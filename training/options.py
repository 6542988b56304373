"""What a command is told: settings from its flags, from a file and from what it begins with; and its data."""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import Field, fields, replace
from pathlib import Path
from typing import Any

import msgspec

from mat_desktop.errors import printable
from mat_desktop.malformed import flaw
from training.datasets.dataset import Dataset, check_option, reading_told
from training.datasets.recognise import recognised
from training.datasets.registry import READERS, open_dataset
from training.experiments import NETWORK
from training.inputs import limited
from training.network import input_of
from training.progress import Reading
from training.saying import Reporter
from training.settings import Settings, SettingsFault

ALL = tuple(field.name for field in fields(Settings) if field.name != "start")
DATA = ("dataset", "reader", "clips")
REST = tuple(name for name in ALL if name not in NETWORK)

TAKES: dict[str, tuple[str, ...]] = {
    "look": ("dataset", "reader"),
    "prepare": (*DATA, "network", "layers", "options"),
    "train": ALL,
    "evaluate": DATA,
    "reproduce": REST,
    "finetune": REST,
    "benchmark": (*DATA, *NETWORK, "dropout", "batch_size", "crop_frames", "precision"),
    "robustness": DATA,
    "pooling": DATA,
    "merging": DATA,
    "speed": DATA,
}
"""Settings that count in each command: these are its flags."""

BEGIN: dict[str, Mapping[str, Any]] = {
    "benchmark": {"clips": 64, "crop_frames": 0, "batch_size": 8},
    "robustness": {"clips": 48},
    "speed": {"clips": 8},
}
"""What a command that measures begins with, instead of the settings' own defaults."""

MEL_ONLY = ("eq_db", "low_pass", "mel_mask", "time_mask", "mix")
"""Augmentation that a waveform network does not have."""


def settings_of(
    options: argparse.Namespace,
    below: Mapping[str, Any] | None = None,
    above: Mapping[str, Any] | None = None,
) -> Settings:
    """Settings from the command line, over those of the file, over those that the command begins with.

    What does not count in a command is no flag of it, but may stand in a file, which serves several.

    :param above: what neither of them can change
    :raises SettingsFault: a value is wrong, or counts for nothing in a training
    """
    flags = {name: _told(field, value) for name, field, value in _flags(options)}
    file = Settings.told(options.config) if getattr(options, "config", None) else {}
    if options.command not in ("train", "reproduce", "finetune"):
        return Settings.of({**(below or {}), **file, **flags, **(above or {})}, strict=False)
    fixed = {"start": "", **(above or {})}
    for name, value in fixed.items():
        if file.get(name, value) not in (value, 0 if name == "layers" else value):
            raise SettingsFault(f"{printable(options.config)}: {name} is {value!r} here, not {file[name]!r}")
    settings = Settings.of({**(below or {}), **file, **flags, **fixed}, strict=False)
    return _counted(settings, {**file, **flags})


def flags_told(options: argparse.Namespace) -> list[str]:
    """Names of the settings that the command line has flags for."""
    return [name for name, _, _ in _flags(options)]


def open_data(folder: Path, settings: Settings, reporter: Reporter) -> tuple[Settings, Dataset]:
    """The data set that the settings name, or that the folder looks like; the settings then name it."""
    reporter.tell(Reading(0, 0))
    settings = replace(settings, dataset=settings.dataset or recognised(folder))
    with reading_told(lambda done, of: reporter.tell(Reading(done, of))):
        return settings, limited(read_data(folder, settings), settings.clips)


def read_data(folder: Path, settings: Settings) -> Dataset:
    """All clips of the data set that the settings name."""
    check_option("the data set", settings.dataset, tuple(READERS))
    reader = READERS[settings.dataset]
    known = inspect.signature(reader, eval_str=True).parameters
    typed = {
        name: _typed(name, value, known[name].annotation) if name in known else value
        for name, value in settings.reader.items()
    }
    return open_dataset(settings.dataset, folder, **typed)


def _flags(options: argparse.Namespace) -> list[tuple[str, Field[Any], Any]]:
    known = [(field.name, field, getattr(options, field.name, None)) for field in fields(Settings)]
    return [(name, field, value) for name, field, value in known if value is not None]


def _counted(settings: Settings, told: Mapping[str, Any]) -> Settings:
    """Without what the network has no use for. :raises SettingsFault: it was asked for"""
    listens_to = input_of(settings)
    if told.get("crop_frames", 0) > 0 and not (listens_to.mel and listens_to.any_length):
        raise SettingsFault(f"crop_frames: {settings.network} takes its published input only")
    if listens_to.mel:
        return settings
    for name in MEL_ONLY:
        if told.get(name):
            raise SettingsFault(f"{name} is for spectrograms: {settings.network} listens to waveforms")
    return replace(settings, **{name: type(getattr(settings, name))(0) for name in MEL_ONLY})


def _told(field: Field[Any], value: str | list[str]) -> Any:
    """:raises SettingsFault: a number is wanted, and this is none"""
    if isinstance(value, list):
        return _pairs(value)
    if field.type not in ("int", "float"):
        return value
    try:
        return int(value) if field.type == "int" else float(value)
    except ValueError as error:
        flag, kind = field.name.replace("_", "-"), "a whole number" if field.type == "int" else "a number"
        raise SettingsFault(f"--{flag} must be {kind}, not {value!r}") from error


def _pairs(words: Sequence[str]) -> dict[str, int | str]:
    pairs: dict[str, int | str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise SettingsFault(f"{word!r} is not of the form name=value")
        pairs[name] = int(value) if value.isdecimal() else value
    return pairs


def _typed(name: str, value: Any, kind: Any) -> Any:
    if kind in (Path, Path | None):
        return Path(str(value))
    if kind == Sequence[str]:
        return str(value).split(",")
    try:
        return msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsFault(f"reader option {name}: {flaw(error)}") from error
