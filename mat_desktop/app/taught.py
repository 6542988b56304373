"""The shelf of taught tags: a small JSON file each, in a folder for the trunk that they were taught to.

Earlier versions had a folder for each model, with all its weights; what lies there is read still.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
from numpy.typing import NDArray

from mat_desktop.app.classifier import AT_ONCE, sigmoid
from mat_desktop.app.own_file import put, spare
from mat_desktop.domain.card import ModelCard
from mat_desktop.domain.scheme import TagScheme
from mat_desktop.domain.scores import Verdict
from mat_desktop.domain.taught import ForeignTag, TaughtTag
from mat_desktop.domain.track import TrackId
from mat_desktop.errors import StoreFault, UsageFault, printable
from mat_desktop.malformed import flaw

SUFFIX = ".tag.json"
LARGEST = 4 << 20
"""Bytes of a file; two hundred thousand examples fit."""


AWAY = "removed"
"""Folder of the tags that were removed."""


class Said(msgspec.Struct, frozen=True):
    """What stands beside a tag in the file of one that was put away.

    :param said: of sounds
    :param own_threshold: the user's own
    :param files: of sounds that several files have, file by file, with its path as the system names it
    """

    said: Mapping[TrackId, Verdict] = {}
    own_threshold: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    files: tuple[tuple[TrackId, bytes, Verdict], ...] = ()


class Shelf:
    """The taught tags of one model, and of every other with the same trunk. One thread changes them, any may
    read.
    """

    def __init__(self, base: Path, card: ModelCard, trunk: Callable[[str], str]) -> None:
        """:param base: with a folder for each trunk; ``faults`` tells of files that are not usable
        :param trunk: digest of a model's trunk by the digest of its weights, empty where it is not known; not
            asked for before there is a tag
        """
        self.base = base
        self.faults: list[str] = []
        self._card, self._trunk_of = card, trunk
        found: dict[str, TaughtTag] = {}
        foreign: dict[str, TaughtTag] = {}
        for folder in self._folders():
            for path in sorted(folder.glob(f"*{SUFFIX}")):
                try:
                    tag = self.read(path)
                except ForeignTag as fault:
                    other = foreign.setdefault(fault.tag.name.casefold(), fault.tag)
                    if other.created < fault.tag.created:
                        foreign[fault.tag.name.casefold()] = fault.tag
                except UsageFault as fault:
                    self.faults.append(str(fault))
                else:
                    found.setdefault(tag.name.casefold(), tag)
        self._tags, self._foreign = _ordered(found.values()), _ordered(foreign.values())
        self._removed: list[TaughtTag] = []
        for path in sorted((base / AWAY).glob(f"*{SUFFIX}")):
            with suppress(UsageFault):  # whoever wants it back is told
                self._removed.append(_parsed(path))

    def _folders(self) -> Iterator[Path]:
        """That of the trunk, that of earlier versions, then all others."""
        try:
            there = sorted(
                folder for folder in self.base.iterdir() if folder.is_dir() and folder.name != AWAY
            )
        except OSError:
            return
        first = (self.trunk, self.model) if there else ()
        for name in first:
            if name:
                yield from (folder for folder in there if folder.name == name)
        yield from (folder for folder in there if folder.name not in first)

    @property
    def folder(self) -> Path:
        """Where they are kept."""
        return self.base / (self.trunk or self.model)

    @property
    def model(self) -> str:
        """Digest of the weights of the model that has them here."""
        return self._card.digest

    @property
    def trunk(self) -> str:
        """Digest of what its head listens to."""
        return self._trunk_of(self.model)

    @property
    def elsewhere(self) -> tuple[TaughtTag, ...]:
        """Tags that only models of other trunks were taught, in order of name."""
        here = {tag.name.casefold() for tag in self._tags}
        return tuple(tag for tag in self._foreign if tag.name.casefold() not in here)

    @property
    def ever(self) -> tuple[TaughtTag, ...]:
        """All that files may have been given: those of this model, of others, and those that were removed."""
        return (*self._tags, *self.elsewhere, *self._removed)

    def fits(self, tag: TaughtTag) -> bool:
        """Whether the tag hears with this model."""
        if tag.trunk:
            return tag.trunk == self.trunk
        if tag.model == self.model:
            return True
        return bool(trunk := self._trunk_of(tag.model)) and trunk == self.trunk

    @property
    def tags(self) -> tuple[TaughtTag, ...]:
        """In order of name."""
        return self._tags

    def find(self, name: str) -> TaughtTag:
        """By name, in any case. :raises UsageFault: there is none"""
        wanted = name.strip().casefold()
        for tag in self._tags:
            if tag.name.casefold() == wanted:
                return tag
        known = ", ".join(tag.name for tag in self._tags) or "none"
        raise UsageFault(f"there is no taught tag “{name}”; known: {known}")

    def having(self, tag: TaughtTag, before: str = "") -> tuple[TaughtTag, ...]:
        """The tags as they would be with another one in place of those of its name and of ``before``."""
        gone = (tag.name.casefold(), before.casefold())
        return _ordered([*(other for other in self._tags if other.name.casefold() not in gone), tag])

    def scores(self, features: bytes) -> dict[str, float]:
        """Of one track by key of the tag; empty where its features are not known."""
        return self.many_scores([features])[0]

    def many_scores(self, features: Sequence[bytes]) -> list[dict[str, float]]:
        """The same of many tracks."""
        found: list[dict[str, float]] = [{} for _ in features]
        for length in {len(row) for row in features if row} if self._tags else ():
            places = [place for place, row in enumerate(features) if len(row) == length]
            rows = np.stack([np.frombuffer(features[place], np.float16) for place in places])
            for key, values in self.all_scores(rows).items():
                for place, value in zip(places, values.tolist(), strict=True):
                    found[place][key] = value
        return found

    def all_scores(self, features: NDArray[np.float16]) -> dict[str, NDArray[np.float32]]:
        """Of many tracks by key of the tag. :param features: [tracks, channels]"""
        tags = [tag for tag in self._tags if len(tag.weights) == features.shape[1]]
        if not tags:
            return {}
        weights = np.array([tag.weights for tag in tags], np.float32).T
        biases = np.array([tag.bias for tag in tags], np.float32)
        parts = [
            sigmoid(features[first : first + AT_ONCE].astype(np.float32) @ weights + biases)
            for first in range(0, len(features), AT_ONCE)
        ]
        scores = np.concatenate(parts) if parts else np.zeros((0, len(tags)), np.float32)
        return {tag.key: scores[:, place] for place, tag in enumerate(tags)}

    def put(self, tag: TaughtTag) -> None:
        """Keep a tag, in place of one with the same name.

        :raises ForeignTag: it was taught to another model
        :raises StoreFault: the file cannot be written
        """
        if not self.fits(tag):
            raise ForeignTag(tag, self._card.name, self._card.digest)
        tag = replace(tag, trunk=self.trunk)
        _write(self._path(tag.name), tag)
        self._tags = self.having(tag)

    def remove(self, name: str) -> TaughtTag:
        """Delete a tag and return it.

        :raises UsageFault: there is none
        :raises StoreFault: its file cannot be deleted
        """
        tag = self.find(name)
        for path in [self._path(tag.name), *self._earlier(tag.name)]:
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise StoreFault(f"{printable(path)} cannot be deleted: {error.strerror}") from error
        self._tags = tuple(other for other in self._tags if other is not tag)
        return tag

    def export(self, name: str, path: Path) -> None:
        """Copy a tag into a file of its own.

        :raises UsageFault: there is none, or a file that is no taught tag lies there
        :raises StoreFault: it cannot be written
        """
        tag = self.find(name)
        spare(path, _parsed)
        _write(path, tag)

    def put_away(self, tag: TaughtTag, said: Said) -> Path:
        """Write a tag and what was said of it beside the shelf; returns the file, of which there was none.

        :raises StoreFault: it cannot be written
        """
        plain = self.folder.parent / AWAY / self._path(tag.name).name
        path, number = plain, 1
        while path.exists():
            number += 1
            path = plain.with_name(f"{plain.name.removesuffix(SUFFIX)}-{number}{SUFFIX}")
        _write(path, tag, said)
        self._removed.append(tag)
        return path

    def read(self, path: Path) -> TaughtTag:
        """A tag from a file.

        :raises ForeignTag: it was taught to another model
        :raises UsageFault: the file is not a taught tag
        """
        tag = _parsed(path)
        if not self.fits(tag):
            raise ForeignTag(tag, self._card.name, self._card.digest)
        return tag

    def _earlier(self, name: str) -> list[Path]:
        """Files of the same tag in folders of earlier versions."""
        found = []
        for folder in self._folders():
            path = folder / self._path(name).name
            with suppress(UsageFault):
                if path.exists() and self.read(path):
                    found.append(path)
        return found

    def _path(self, name: str) -> Path:
        """No two names share a file, whatever the file system makes of their letters."""
        letters = "".join(c if c.isascii() and c.isalnum() else "-" for c in name.casefold())
        digest = hashlib.sha256(name.casefold().encode()).hexdigest()[:8]
        return self.folder / f"{letters[:40]}-{digest}{SUFFIX}"


def with_taught(scheme: TagScheme, tags: Iterable[TaughtTag]) -> TagScheme:
    """A scheme with taught tags in it. One whose name it has already is left out."""
    taken = {tag.name.casefold() for tag in scheme.tags}
    free = [tag for tag in tags if tag.name.casefold() not in taken]
    return replace(
        scheme,
        tags=(*scheme.tags, *(tag.as_display_tag() for tag in free)),
        taught={tag.key: tag.threshold for tag in free},
    )


def _ordered(tags: Iterable[TaughtTag]) -> tuple[TaughtTag, ...]:
    return tuple(sorted(tags, key=lambda tag: tag.name.casefold()))


def _parsed(path: Path) -> TaughtTag:
    """A tag of whatever model. :raises UsageFault: the file is not a taught tag"""
    try:
        if path.stat().st_size > LARGEST:
            raise UsageFault(f"{printable(path)} is too large for a taught tag")
        return msgspec.json.decode(path.read_bytes(), type=TaughtTag)
    except OSError as error:
        raise UsageFault(f"{printable(path)}: {error.strerror}") from error
    except (msgspec.MsgspecError, ValueError) as error:
        raise UsageFault(f"{printable(path)} is not a taught tag: {flaw(error)}") from error


def read_said(path: Path) -> Said:
    """What stands beside the tag in its file, nothing in most. :raises UsageFault: it cannot be used"""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Said)
    except (OSError, msgspec.MsgspecError) as error:
        raise UsageFault(f"{printable(path)} is not a taught tag: {flaw(error)}") from error


def _write(path: Path, tag: TaughtTag, said: Said | None = None) -> None:
    """Whole or not at all. :raises StoreFault: the disk refuses"""
    plain = msgspec.to_builtins(tag) | (msgspec.to_builtins(said) if said is not None else {})
    put(path, msgspec.json.format(msgspec.json.encode(plain), indent=1) + b"\n")
