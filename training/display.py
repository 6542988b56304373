"""Outputs of a network merged into the tags that people see, as the application merges them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mat_desktop.domain.card import ModelCard
from mat_desktop.errors import printable
from mat_desktop.malformed import flaw
from training.datasets.dataset import DatasetFault

Array = NDArray[np.float32]
SMALLEST = 1e-4


def read_sources(path: Path) -> dict[str, tuple[str, ...]]:
    """Raw tags of each display tag of a tag scheme, as ``vocabulary/name``.

    :raises DatasetFault: it is no tag scheme
    """
    try:
        scheme = tomllib.loads(path.read_text(encoding="utf-8"))
        return {str(tag["name"]): tuple(map(str, tag["sources"])) for tag in scheme["tags"]}
    except OSError as error:
        raise DatasetFault(f"{printable(path)}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise DatasetFault(f"{printable(path)} is not a tag scheme: {flaw(error)}") from error


def columns_of(sources: Mapping[str, Sequence[str]], keys: Sequence[str]) -> dict[str, list[int]]:
    """Places of each display tag's raw tags among the keys; tags without any are left out.

    :param keys: ``vocabulary/name`` of each output
    """
    place = {key: index for index, key in enumerate(keys)}
    found = {name: [place[raw] for raw in raws if raw in place] for name, raws in sources.items()}
    return {name: columns for name, columns in found.items() if columns}


def margins(scores: Array, card: ModelCard, groups: Mapping[str, Sequence[int]]) -> Array:
    """How far each display tag is above its threshold: [clips, display tags], in logits.

    The mean over its raw tags of score less threshold, both in logit space; from 0 on the tag is suggested.

    :param scores: [clips, outputs] in 0..1
    :param groups: from :func:`columns_of`
    """
    above = logit(scores) - logit(np.array([tag.threshold for tag in card.tags], np.float32))
    return np.stack([above[:, list(columns)].mean(axis=1) for columns in groups.values()], axis=1)


def logit(scores: Array) -> Array:
    """Log odds, ends clipped."""
    clipped = np.clip(scores, SMALLEST, 1 - SMALLEST)
    odds: Array = np.log(clipped / (1 - clipped))
    return odds
