"""Model folders: ``card.json`` and ``model.safetensors``. Nothing in them is code, everything is checked."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as parse_safetensors
from safetensors.numpy import save as dump_safetensors

from mat_desktop.domain.card import ModelCard, Weights
from mat_desktop.errors import ModelFault
from mat_desktop.malformed import flaw
from mat_desktop.whole_file import whole_file

CARD_FILE = "card.json"
WEIGHTS_FILE = "model.safetensors"
HEAD = "head."
"""How the names of the last layer's weights begin, in every network."""

LARGEST_CARD = 4 << 20
LARGEST_WEIGHTS = 1 << 30

Arrays = dict[str, NDArray[np.generic]]


def open_card(folder: Path, *, measure: bool = True) -> ModelCard:
    """Read and validate a model's card; the weights are only measured, not read.

    :param measure: whether the weights must be there
    :raises ModelFault: there is no card, it is damaged, or the weights' size is not the stated one
    """
    path = folder / CARD_FILE
    try:
        if path.stat().st_size > LARGEST_CARD:
            raise ModelFault(f"{path} is too large for a model card")
        card = msgspec.json.decode(path.read_bytes(), type=ModelCard)
        weights = _weights_path(folder, card)
        size = weights.stat().st_size if measure else card.weights.size
    except OSError as error:
        raise ModelFault(f"{error.filename or path}: {error.strerror}") from error
    except (msgspec.MsgspecError, ValueError) as error:
        raise ModelFault(f"{path} is not a usable model card: {flaw(error)}") from error
    if size != card.weights.size or size > LARGEST_WEIGHTS:
        raise ModelFault(f"{folder / card.weights.file} has {size} bytes, the card says {card.weights.size}")
    return card


def read_weights(folder: Path, card: ModelCard) -> Arrays:
    """The parameters by name, after their digest was compared with the card's.

    :raises ModelFault: the file is missing, was changed, or is not safetensors
    """
    path = _weights_path(folder, card)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelFault(f"{path}: {error.strerror}") from error
    if hashlib.sha256(content).hexdigest() != card.weights.sha256:
        raise _other_weights(path)
    try:
        return dict(parse_safetensors(content))
    except (SafetensorError, ValueError, KeyError) as error:
        raise ModelFault(f"{path} is not a safetensors file: {error}") from error


def check_digest(folder: Path, card: ModelCard) -> None:
    """As :func:`read_weights` does, once for each state of the file.

    :raises ModelFault: the file is missing or was changed
    """
    path = _weights_path(folder, card)
    try:
        status = path.stat()
        state = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
        digest = _digest_of(path, state)
    except OSError as error:
        raise ModelFault(f"{path}: {error.strerror}") from error
    if digest != card.weights.sha256:
        raise _other_weights(path)


@lru_cache(maxsize=64)
def _digest_of(path: Path, state: tuple[int, ...]) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _other_weights(path: Path) -> ModelFault:
    return ModelFault(f"{path} is damaged or was replaced: its digest differs from the one in its card")


def trunk_digest(folder: Path, card: ModelCard) -> str:
    """Names what a model's head listens to: its network before the head, and its front end.

    Two models with the same have the same features for the same sound, whatever their heads make of them.

    :raises ModelFault: as :func:`read_weights`
    """
    front = (card.network, card.mel, card.normalisation, card.level)
    digest = hashlib.sha256(msgspec.json.encode(front, order="sorted"))
    for name, array in sorted(read_weights(folder, card).items()):
        if not name.startswith(HEAD):
            values = array.astype(np.float32) if array.dtype.kind == "f" else array
            digest.update(f"{name} {values.shape} {values.dtype.str}".encode())
            digest.update(values.tobytes())
    return digest.hexdigest()[:12]


def check_numbers(folder: Path, card: ModelCard) -> None:
    """:raises ModelFault: a weight is not a number, or infinite; every score would be one too"""
    for name, array in read_weights(folder, card).items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ModelFault(f"{folder / card.weights.file}: {name} has values that are no numbers")


def write_card(folder: Path, card: ModelCard) -> None:
    """Put a card in the place of the one before."""
    with whole_file(folder / CARD_FILE) as file:
        file.write(_as_text(card))


def save_model(folder: Path, card: ModelCard, arrays: Mapping[str, NDArray[np.generic]]) -> ModelCard:
    """Write weights and card; the card's ``weights`` are filled in here. Returns the card as written.

    :raises OSError: the disk refuses, and it names the file; a model that was there is as it was
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = dump_safetensors(dict(arrays))
    weights = Weights(WEIGHTS_FILE, hashlib.sha256(content).hexdigest(), len(content))
    finished = replace(card, weights=weights)
    with whole_file(folder / CARD_FILE) as file:
        # The disk has all of the new card before the weights take the place of the old ones.
        file.write(_as_text(finished))
        file.flush()
        os.fsync(file.fileno())
        with whole_file(folder / WEIGHTS_FILE) as weights_file:
            weights_file.write(content)
    return finished


def _as_text(card: ModelCard) -> bytes:
    return msgspec.json.format(msgspec.json.encode(card), indent=1) + b"\n"


def _weights_path(folder: Path, card: ModelCard) -> Path:
    name = card.weights.file
    if Path(name).name != name:
        raise ModelFault(f"{folder / CARD_FILE} names weights outside its folder: {name!r}")
    return folder / name
