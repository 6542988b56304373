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

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from mat_desktop.app.own_file import alone, put, put_aside, toml
from mat_desktop.domain.scheme import DisplayTag, TagScheme
from mat_desktop.domain.tags import Category, Field
from mat_desktop.errors import UsageFault
from mat_desktop.malformed import flaw

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


@dataclass(frozen=True, slots=True)
class Slip:
    """Something that cannot count as it is meant.

    :param why: what is wrong
    :param cost: what does not count therefore
    :param key: of the setting that is meant, where it is one
    """

    why: str
    cost: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Settled:
    """A scheme with changes, as far as they agree with each other.

    :param base: the scheme without the changes, less the tags that have no room in it
    """

    scheme: TagScheme
    base: TagScheme
    slips: tuple[Slip, ...]


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

    def over(self, scheme: TagScheme) -> Settled:
        """A scheme with the changes. :raises UsageFault: the file is not usable"""
        return settle(scheme, self.read())

    def change(self, scheme: TagScheme, changes: Mapping[str, TagChange | None]) -> Settled:
        """Add changes to those in the file, or with None take them out of it; returns the scheme with all.

        :raises UsageFault: the file is not usable, or the changes are not; it stays as it was then
        :raises StoreFault: the file cannot be written; it stays as it was
        """
        with alone(self.path):
            present = self.read()
            every = {name: change for name, change in {**present, **changes}.items() if change is not None}
            made = settle(scheme, every)
            old = settle(scheme, present).slips  # what is amiss already is no reason to refuse a change
            for slip in made.slips:
                if slip not in old:
                    raise UsageFault(slip.why)
            put(self.path, _as_toml(every))
        return made

    def replace(self, changes: Mapping[str, TagChange]) -> None:
        """Have these changes and no others, whether they agree with each other or not.

        :raises StoreFault: the file cannot be written
        """
        with alone(self.path):
            put(self.path, _as_toml(changes))

    def set_aside(self) -> Path:
        """Rename the file, so that the bundled scheme counts; returns the new name."""
        return put_aside(self.path)

    def _fault(self, error: Exception) -> UsageFault:
        return UsageFault(f"{self.path} is not usable: {flaw(error)}")


def settle(scheme: TagScheme, changes: Mapping[str, TagChange]) -> Settled:
    """A scheme with changes. Those to a tag that it does not have, without a category, are passed over."""
    base = {tag.name: tag for tag in scheme.tags}
    tags, slips = dict(base), []
    for name, change in changes.items():
        tag = base.get(name)
        if change.drop:
            tags.pop(name, None)
        elif tag is not None or change.category is not None:
            try:
                if tag is None and change.category is not None:
                    tag = DisplayTag(name, change.category, (), own=True)
                assert tag is not None
                tags[name] = _with(tag, change)
            except ValueError as error:
                slips.append(Slip(str(error), f"what is said of “{name}” does not count"))
    while (pair := _alike(tags.values())) is not None:
        first, second = pair
        # Whoever comes later gives way, but the program's own tags to nobody.
        loser = max(second, first, key=_yields)
        why = f"two tags are shown as “{second.shown}”: {first.name} and {second.name}"
        if _yields(loser) == 1:
            tags[loser.name] = _with(base[loser.name], msgspec.structs.replace(changes[loser.name], label=""))
            slips.append(Slip(why, f"“{loser.name}” is shown by its name"))
        else:
            del tags[loser.name]
            base.pop(loser.name, None)
            slips.append(Slip(why, f"“{loser.name}” is left out"))
    return Settled(_with_tags(scheme, tags), _with_tags(scheme, base), tuple(slips))


def _alike(tags: Iterable[DisplayTag]) -> tuple[DisplayTag, DisplayTag] | None:
    """Two tags that nobody could tell apart."""
    shown: dict[str, DisplayTag] = {}
    for tag in tags:
        other = shown.setdefault(tag.shown.casefold(), tag)
        if other is not tag:
            return other, tag
    return None


def _yields(tag: DisplayTag) -> int:
    """The higher, the sooner a tag gives way to another that is shown alike."""
    if tag.taught:
        return 3
    if not tag.sources:
        return 2
    return 1 if tag.label else 0


def _with_tags(scheme: TagScheme, tags: Mapping[str, DisplayTag]) -> TagScheme:
    def left(groups: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
        known = (tuple(name for name in group if name in tags) for group in groups)
        return tuple(group for group in known if len(group) > 1)

    return replace(
        scheme,
        tags=tuple(tags.values()),
        exclusive=left(scheme.exclusive),
        seldom_both=left(scheme.seldom_both),
    )


def _with(tag: DisplayTag, change: TagChange) -> DisplayTag:
    """:raises ValueError: a name is empty or too long, or the tag cannot be written so"""
    written = change.written or ("" if change.label else tag.written)
    made = replace(
        tag,
        label=change.label,
        written=written,
        field=change.field or tag.field,
        write=tag.write if change.write is None else change.write,
    )
    for text in (made.name, made.shown, made.value):
        if text != text.strip() or not text.isprintable() or len(text) > LONGEST:
            raise ValueError(f"{text!r} is no name for a tag: up to {LONGEST} printable characters")
    return made


def _as_toml(changes: Mapping[str, TagChange]) -> str:
    lines = ["# Changes to the bundled tag scheme. Take an entry away to go back to it."]
    for name, change in sorted(changes.items()):
        lines += ["", f"[tags.{toml(name)}]"]
        lines += [f"{key} = {toml(value)}" for key, value in msgspec.to_builtins(change).items()]
    return "\n".join(lines) + "\n"
