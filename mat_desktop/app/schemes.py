"""Reads a tag scheme: TOML in ``resources/tag_schemes``, checked against what the words allow."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec

from mat_desktop.domain.scheme import TagScheme
from mat_desktop.errors import UsageFault


def read_scheme(path: Path) -> TagScheme:
    """:raises UsageFault: the file is missing, is not TOML, or contradicts itself; the message says where"""
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), type=TagScheme, strict=True)
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError, ValueError) as error:
        raise UsageFault(f"{path} is not a usable tag scheme: {error}") from error
