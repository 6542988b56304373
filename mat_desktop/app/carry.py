"""Settings, changes to tags and own thresholds as one file, to be carried to another computer.

The file is the one of the settings with two more sections: ``tags`` as in ``tags.toml``, and ``thresholds``
by digest of the model. Music, decisions, history, imported models and taught tags are not in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from mat_desktop.app.models import usable_model
from mat_desktop.app.own_file import put
from mat_desktop.app.session import Session
from mat_desktop.app.settings_file import Document, as_toml, read_document, sections, understood
from mat_desktop.app.tag_file import Slip, TagChange
from mat_desktop.domain.settings import SPECS, Value
from mat_desktop.errors import UsageFault, printable
from mat_desktop.malformed import flaw

TAGS, THRESHOLDS = "tags", "thresholds"
MODEL = "listening.model"


@dataclass(frozen=True, slots=True)
class Luggage:
    """What is carried; None is what the file says nothing of.

    :param settings: by key, those of the sections that the file has, but for unusable values
    :param tags: changes to the scheme, by name of the tag
    :param thresholds: by digest of the model and name of the tag
    """

    settings: Mapping[str, Value] | None
    tags: Mapping[str, TagChange] | None
    thresholds: Mapping[str, Mapping[str, float]] | None


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of a file.

    :param before: what counted until then, to go back to
    :param slips: what in the file cannot be used
    :param changed: whether anything is otherwise now
    """

    before: Luggage
    slips: tuple[Slip, ...]
    changed: bool


def packed(session: Session) -> Luggage:
    """What counts now. :raises UsageFault: the changes to the scheme cannot be read"""
    settings = {key: session.settings[key] for key in SPECS}
    return Luggage(settings, session.tags.read(), session.library.every_threshold())


def save(session: Session, path: Path) -> None:
    """Write a file to carry.

    :raises UsageFault: what counts cannot be read
    :raises StoreFault: it cannot be written
    """
    put(path, text_of(session))


def text_of(session: Session) -> str:
    """What a file to carry holds.

    :raises UsageFault: the settings, or the changes to the scheme, cannot be read: they are not what counts
    """
    if session.settings_fault is not None:
        raise session.settings_fault
    now = packed(session)
    document: Document = {}
    for key, value in (now.settings or {}).items():
        document.setdefault(SPECS[key].section, {})[SPECS[key].name] = value
    document[TAGS] = {name: msgspec.to_builtins(change) for name, change in (now.tags or {}).items()}
    document[THRESHOLDS] = now.thresholds or {}
    return as_toml(document)


def read(path: Path) -> tuple[Luggage, tuple[Slip, ...]]:
    """What such a file holds, and what in it cannot be used. A file with settings alone will do.

    A section is meant as a whole, as what is as by default is commented out in it; one in which nothing can
    be used is passed over.

    :raises UsageFault: it cannot be read, or holds nothing of the kind
    """
    if not path.is_file():
        raise UsageFault(f"{printable(path)}: there is no such file")
    document = read_document(path)
    if not {*sections(), TAGS, THRESHOLDS} & set(document):
        raise UsageFault(f"{printable(path)} holds no settings of mat-desktop")
    reading = understood(document, path, other=(TAGS, THRESHOLDS))
    slips = [replace(slip, cost="it stays as it is") if slip.key else slip for slip in reading.slips]
    settings = None
    if sections() & set(document):
        odd = {slip.key for slip in slips}
        settings = {
            key: reading.settings[key]
            for key, spec in SPECS.items()
            if key not in odd and _has_use(document.get(spec.section), spec.section, odd)
        }
    tags = _each(document, TAGS, TagChange, path, slips)
    thresholds = _each(document, THRESHOLDS, dict[str, float], path, slips)
    if thresholds is not None:
        for own in thresholds.values():
            for tag in [tag for tag, value in own.items() if not 0 <= value <= 1]:
                why = f"{printable(path)}: {THRESHOLDS}: “{tag}”: {own.pop(tag)} is not from 0 to 1"
                slips.append(Slip(why, "it is passed over"))
    if document.get(TAGS) and not tags:
        tags = None
    if document.get(THRESHOLDS) and not thresholds:
        thresholds = None
    return Luggage(settings, tags, thresholds), tuple(slips)


def _has_use(content: object, section: str, odd: Set[str]) -> bool:
    """Whether a section of a file says anything that can be used; an empty one says: all by default."""
    if not isinstance(content, Mapping):
        return False
    return not content or any(f"{section}.{name}" in SPECS.keys() - odd for name in content)


def load(session: Session, path: Path) -> Loaded:
    """Use what a file says.

    :raises UsageFault: the file cannot be used at all
    :raises StoreFault: one of ours cannot be written
    """
    luggage, slips = read(path)
    if luggage.settings is not None and MODEL in luggage.settings:
        _, slip = usable_model(session.data_dir, str(luggage.settings[MODEL]))
        if slip is not None:
            slips = (*slips, replace(slip, cost=f"“{session.settings.model}” stays the model"))
            luggage = replace(luggage, settings={**luggage.settings, MODEL: session.settings.model})
    before = adopt(session, luggage)
    return Loaded(before, slips, packed(session) != before)


def adopt(session: Session, luggage: Luggage) -> Luggage:
    """Use what was carried from now on; returns what counted before, to go back to.

    :raises StoreFault: a file of ours cannot be written
    """
    before = packed(session)
    if luggage.settings is not None:
        session.keep_settings(luggage.settings)
        session.use_settings(luggage.settings)
    if luggage.tags is not None:
        session.replace_tags(luggage.tags)
    if luggage.thresholds is not None:
        session.library.replace_thresholds(luggage.thresholds)
        session.reread_thresholds()
    return before


def _each(
    document: Document, section: str, kind: Any, path: Path, slips: list[Slip]
) -> dict[str, Any] | None:
    """The entries of a section; one that cannot be used costs only itself."""
    content = document.get(section)
    if content is None:
        return None
    found: dict[str, Any] = {}
    if not isinstance(content, dict):
        slips.append(Slip(f"{printable(path)}: {section} is no section", "it is passed over"))
        return None
    for name, entry in content.items():
        try:
            found[name] = msgspec.convert(entry, kind)
        except msgspec.ValidationError as error:
            slips.append(Slip(f"{printable(path)}: {section}: “{name}”: {flaw(error)}", "it is passed over"))
    return found
