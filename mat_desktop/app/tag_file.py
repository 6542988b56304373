"""The user's changes to the tag scheme: one small TOML file beside the library.

::

    [tags."hip-hop"]
    label = "rap"           # shown instead of the name
    written = "Rap"         # goes into files; without it the label with a capital
    field = "grouping"      # genre, mood, instrument, voice, grouping; mat_tags: into MAT_TAGS alone
    write = false           # written only when accepted by hand
    drop = true             # never shown

    [tags."shoegaze"]
    category = "genre"      # a tag of the user's own
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import msgspec

from mat_desktop.domain.scheme import DisplayTag, TagScheme
from mat_desktop.domain.tags import Category, Field
from mat_desktop.errors import UsageFault

LONGEST = 60
"""Characters in a name."""


class TagChange(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What is other than in the bundled scheme; what is left out is as it is there.

    :param category: only of tags that the bundled scheme does not have
    """

    category: Category | None = None
    label: str = ""
    written: str = ""
    field: Field | None = None
    write: bool | None = None
    drop: bool = False


class _Content(msgspec.Struct, forbid_unknown_fields=True):
    tags: dict[str, TagChange] = {}


class TagFile:
    """The file; it need not exist."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, TagChange]:
        """The changes by name of the tag. :raises UsageFault: the file is not usable"""
        try:
            content = tomllib.loads(self.path.read_text(encoding="utf-8"))
            return msgspec.convert(content, _Content).tags
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:  # of TOML, of UTF-8 and of the form are all ValueErrors
            raise self._fault(error) from error

    def over(self, scheme: TagScheme) -> TagScheme:
        """A scheme with the changes. :raises UsageFault: the file is not usable"""
        changes = self.read()
        try:
            return changed(scheme, changes)
        except ValueError as error:
            raise self._fault(error) from error

    def change(self, scheme: TagScheme, changes: Mapping[str, TagChange | None]) -> TagScheme:
        """Add changes to those in the file, or with None take them out of it; returns the scheme with all.

        :raises UsageFault: the file is not usable or cannot be written, or the changes are not; it stays as
            it was then
        """
        every = {name: change for name, change in {**self.read(), **changes}.items() if change is not None}
        try:
            made = changed(scheme, every)
        except ValueError as error:
            raise UsageFault(str(error)) from error
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            fresh = self.path.with_suffix(".new")
            fresh.write_text(_as_toml(every), encoding="utf-8")
            fresh.replace(self.path)
        except OSError as error:
            raise UsageFault(f"{self.path} cannot be written: {error.strerror or error}") from error
        return made

    def set_aside(self) -> Path:
        """Rename the file, so that the bundled scheme counts; returns the new name."""
        aside = self.path.with_suffix(".toml.old")
        self.path.replace(aside)
        return aside

    def _fault(self, error: Exception) -> UsageFault:
        return UsageFault(f"{self.path} is not usable: {error}")


def changed(scheme: TagScheme, changes: Mapping[str, TagChange]) -> TagScheme:
    """A scheme with changes. Those to tags that it does not have and that name no category are passed over.

    :raises ValueError: a name is empty, too long or taken
    """
    tags: list[DisplayTag] = []
    for tag in scheme.tags:
        change = changes.get(tag.name)
        if change is None:
            tags.append(tag)
        elif not change.drop:
            tags.append(_with(tag, change))
    bundled = {tag.name for tag in scheme.tags}
    for name, change in changes.items():
        if name not in bundled and change.category is not None and not change.drop:
            tags.append(_with(DisplayTag(name, change.category, (), own=True), change))
    for tag in tags:
        _check(tag)
    shown: dict[str, str] = {}
    for tag in tags:
        other = shown.setdefault(tag.shown.casefold(), tag.name)
        if other != tag.name:
            raise ValueError(f"two tags are shown as “{tag.shown}”: {other} and {tag.name}")
    left = {tag.name for tag in tags}
    exclusive = tuple(tuple(name for name in group if name in left) for group in scheme.exclusive)
    return replace(scheme, tags=tuple(tags), exclusive=tuple(group for group in exclusive if len(group) > 1))


def _with(tag: DisplayTag, change: TagChange) -> DisplayTag:
    written = change.written or ("" if change.label else tag.written)
    return replace(
        tag,
        label=change.label,
        written=written,
        field=change.field or tag.field,
        write=tag.write if change.write is None else change.write,
    )


def _check(tag: DisplayTag) -> None:
    for text in (tag.name, tag.shown, tag.value):
        if text != text.strip() or not text.isprintable() or len(text) > LONGEST:
            raise ValueError(f"{text!r} is no name for a tag: up to {LONGEST} printable characters")


def _as_toml(changes: Mapping[str, TagChange]) -> str:
    lines = ["# Changes to the bundled tag scheme. Take an entry away to go back to it."]
    for name, change in sorted(changes.items()):
        lines += ["", f"[tags.{_quoted(name)}]"]
        lines += [f"{key} = {_quoted(value)}" for key, value in msgspec.to_builtins(change).items()]
    return "\n".join(lines) + "\n"


def _quoted(value: str | bool) -> str:
    return json.dumps(value, ensure_ascii=False)  # of printable texts, what JSON writes is TOML too
