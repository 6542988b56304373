"""Settings: what the user chose once for the window and the command line, each with what it may be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TypeVar

from mat_desktop.domain.plan import Policy
from mat_desktop.domain.tags import TAG_FIELDS, Field

Value = str | int | bool

STRICTEST = 20
"""Of the strictness, to each side."""

DEVICES = ("auto", "cuda", "mps", "xpu", "cpu")
"""Kinds of devices that a network may run on; auto is the first of the others that is there."""

_WORDS = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}

Kind = TypeVar("Kind", str, int, bool)


@dataclass(frozen=True, slots=True)
class Spec:
    """One setting.

    :param key: section and name, as in the file and on the command line
    :param meaning: one sentence for people
    :param choices: the words that it may be; any text where there are none
    :param most: the largest number that it may be
    :param least: the smallest
    """

    key: str
    default: Value
    meaning: str
    choices: tuple[str, ...] = ()
    most: int = 0
    least: int = 0

    @property
    def section(self) -> str:
        """Before the first full stop of the key."""
        return self.key.partition(".")[0]

    @property
    def name(self) -> str:
        """After the first full stop of the key."""
        return self.key.partition(".")[2]

    def check(self, value: object) -> Value:
        """The value, where it may be one. :raises ValueError: it may not; the message says what may"""
        if isinstance(self.default, bool):
            if isinstance(value, bool):
                return value
        elif isinstance(self.default, int):
            whole = isinstance(value, int) and not isinstance(value, bool)
            if isinstance(value, int) and whole and self.least <= value <= self.most:
                return value
        elif self.choices:
            if str(value) in self.choices:  # a number among words needs no quotes
                return str(value)
        elif isinstance(value, str) and value.isprintable():
            return value
        one_of = "one of " if self.choices else ""
        raise ValueError(f"{shown(value)} is not {one_of}{self.allowed}")

    def parse(self, text: str) -> Value:
        """A value as it is typed. :raises ValueError: it is none; the message says what may be"""
        if isinstance(self.default, bool):
            return self.check(_WORDS.get(text.casefold(), text))
        if isinstance(self.default, int):
            return self.check(int(text) if re.fullmatch("-?[0-9]{1,9}", text) else text)
        return self.check(text)

    @property
    def allowed(self) -> str:
        """What it may be, for people."""
        if isinstance(self.default, bool):
            return "true or false"
        if isinstance(self.default, int):
            return f"a whole number from {self.least} to {self.most}"
        if self.choices:
            return f"{', '.join(self.choices[:-1])} or {self.choices[-1]}"
        return "a printable text"


def shown(value: object) -> str:
    """A value as it stands in the file, shortened."""
    text = str(value).lower() if isinstance(value, bool) else f'"{value}"' if value == "" else str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _setting(
    key: str,
    default: Kind,
    meaning: str,
    choices: tuple[str, ...] = (),
    *,
    most: int = 0,
    least: int = 0,
) -> Kind:
    """A field of the dataclass with its :class:`Spec`."""
    spec = Spec(key, default, meaning, choices, most, least)
    return field(default=default, metadata={"spec": spec})


def _policy(target: Field) -> str:
    meaning = f"What happens to values that a file's {target} field already has"
    return _setting(policy_key(target), str(Policy.FILL_EMPTY), meaning, tuple(map(str, Policy)))


def policy_key(target: Field) -> str:
    """The key of a field's policy."""
    return f"writing.{target}"


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting; the :class:`Spec` of each says what it means and what it may be."""

    device: str = _setting("listening.device", "auto", "What the network runs on", DEVICES)
    threads: int = _setting(
        "listening.threads", 0, "Processor cores that listening may use, 0 for all of them", most=256
    )
    model: str = _setting("listening.model", "fcn2d", "The model that listens, by its name")
    new_music: bool = _setting(
        "listening.new_music", False, "Listen to new music in opened folders as it comes"
    )
    go_on: bool = _setting(
        "review.go_on", True, "Go on to the next track as soon as every suggestion is decided"
    )
    strictness: int = _setting(
        "review.strictness",
        0,
        "Above 0 fewer and surer tags are suggested, below 0 more: tenths of a step in their odds",
        most=STRICTEST,
        least=-STRICTEST,
    )
    genre: str = _policy(Field.GENRE)
    mood: str = _policy(Field.MOOD)
    instrument: str = _policy(Field.INSTRUMENT)
    voice: str = _policy(Field.VOICE)
    grouping: str = _policy(Field.GROUPING)
    mat_tags: bool = _setting(
        "writing.mat_tags", True, "Write all tags that were not rejected into MAT_TAGS as well"
    )
    mat_model: bool = _setting("writing.mat_model", True, "Write into MAT_MODEL which model heard the tags")
    keep_time: bool = _setting(
        "writing.keep_time",
        False,
        "Keep the modification time of a file that is written; other programs may not see the change then",
    )
    watch: bool = _setting("library.watch", True, "Watch opened folders for what other programs change")
    player_device: str = _setting(
        "player.device", "", "What the player plays on, by its name; empty for the system's choice"
    )
    volume: int = _setting("player.volume", 100, "Volume of the player", most=100)
    theme: str = _setting("appearance.theme", "system", "Colours of the window", ("system", "dark", "light"))
    contrast: str = _setting(
        "appearance.contrast",
        "system",
        "Contrast of the window: pure text, outlines and no tints where it is high",
        ("system", "normal", "high"),
    )
    text: str = _setting(
        "appearance.text",
        "100",
        "Size of letters, per cent",
        ("90", "100", "110", "125", "150", "200"),
    )
    motion: bool = _setting("appearance.motion", True, "Menus slide and fade")
    spectrogram: str = _setting(
        "appearance.spectrogram", "magma", "Colours of spectrograms", ("magma", "viridis", "cividis", "grey")
    )
    density: str = _setting(
        "appearance.density", "compact", "Height of rows in tables and lists", ("compact", "comfortable")
    )
    font: str = _setting("appearance.font", "inter", "Typeface of the window", ("inter", "system"))

    def __getitem__(self, key: str) -> Value:
        """A value by its key."""
        value: Value = getattr(self, ATTRIBUTES[key])
        return value

    def having(self, values: Mapping[str, Value]) -> Settings:
        """These with others, by key. :raises ValueError: a value may not be"""
        checked = {ATTRIBUTES[key]: SPECS[key].check(value) for key, value in values.items()}
        return replace(self, **checked)  # type: ignore[arg-type]

    @property
    def shift(self) -> float:
        """The strictness as a shift of the precision that every threshold stands for, in log odds."""
        return self.strictness / 10

    def policy(self, target: Field) -> Policy:
        """What happens to values that a field already has."""
        return Policy(str(self[policy_key(target)]))


SPECS: dict[str, Spec] = {f.metadata["spec"].key: f.metadata["spec"] for f in fields(Settings)}
"""Every setting by its key, in the order of the file."""

ATTRIBUTES: dict[str, str] = {f.metadata["spec"].key: f.name for f in fields(Settings)}

POLICY_FIELDS = tuple(target for target in TAG_FIELDS if target is not Field.MAT_TAGS)
"""Fields that have a policy."""

PLAN_KEYS = frozenset({*map(policy_key, POLICY_FIELDS), "writing.mat_tags", "writing.mat_model"})
"""Settings that a plan depends on: where one of them changes, files would be written otherwise."""
