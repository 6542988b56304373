"""Tag schemes: read from TOML in ``resources/tag_schemes``, and with what a model learned from a library."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import msgspec

from mat_desktop.domain.card import ModelCard
from mat_desktop.domain.scheme import DisplayTag, TagScheme
from mat_desktop.domain.tags import Category
from mat_desktop.errors import UsageFault
from mat_desktop.malformed import flaw


def read_scheme(path: Path) -> TagScheme:
    """:raises UsageFault: the file is missing, is not TOML, or contradicts itself; the message says where"""
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), type=TagScheme, strict=True)
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError, ValueError) as error:
        raise UsageFault(f"{path} is not a usable tag scheme: {flaw(error)}") from error


def with_library_tags(scheme: TagScheme, card: ModelCard, own: Iterable[str] = ()) -> TagScheme:
    """A scheme that also shows what a model learned from the tags of a music library.

    Training calls their vocabularies after the categories: ``genre/Krautrock``. A raw tag that is called as a
    tag of the scheme is one more source of it, any other a tag of its own, written as the library writes it.

    :param own: names of tags that the user made, by which decisions on them are kept
    """
    names = {name.casefold(): name for name in own}
    tags = {tag.name: tag for tag in scheme.tags}
    known = {source for tag in scheme.tags for source in tag.sources}
    for raw in card.tags:
        if raw.vocabulary not in list(Category) or raw.key in known:
            continue
        found = replace(scheme, tags=tuple(tags.values())).find(raw.name)
        if found is None:
            written = " ".join(re.split(r"\s*[;/,]\s*", raw.name)).strip()
            name = names.get(raw.name.casefold(), raw.name)
            tags[name] = DisplayTag(name, Category(raw.vocabulary), (raw.key,), written)
        else:
            tags[found.name] = replace(found, sources=(*found.sources, raw.key))
    return replace(scheme, tags=tuple(tags.values()))
