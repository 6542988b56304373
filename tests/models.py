"""A tiny model for tests: two tags that are known functions of the input, and a real FCN beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from mat_desktop.domain.card import CARD_FORMAT, ModelCard, NetworkSpec, Normalisation, TagSpec, Weights
from mat_desktop.domain.melspec import MelSpec
from mat_desktop.inference.cards import read_weights, save_model
from mat_desktop.networks.registry import build

TAGS = (
    TagSpec("rock", "mtat", 0.4),
    TagSpec("guitar", "mtat", 0.3),
    TagSpec("vocals", "mtat", 0.5),
    TagSpec("no vocals", "mtat", 0.5),
    TagSpec("mood/theme---happy", "mtg_jamendo", 0.5),
)


def tiny_card(name: str = "tiny") -> ModelCard:
    return ModelCard(
        format=CARD_FORMAT,
        name=name,
        title="A tiny network for tests",
        created="2026-01-01",
        licence="MIT",
        network=NetworkSpec("fcn2d", 5, 0.02),
        mel=MelSpec(),
        normalisation=Normalisation((-30.0,) * 96, (20.0,) * 96),
        tags=TAGS,
        weights=Weights("", "", 0),
        data="random weights",
    )


def tiny_model(folder: Path) -> ModelCard:
    """Write a model folder with random weights, always the same."""
    card = tiny_card(folder.name)
    torch.manual_seed(1)
    network = build(card.network, len(card.tags))
    return save_model(folder, card, {name: value.numpy() for name, value in network.state_dict().items()})


def sure_model(folder: Path, *names: str) -> ModelCard:
    """Hears these tags in everything, and no others; equal names give equal weights."""
    card = tiny_model(folder)
    arrays = {name: np.array(array) for name, array in read_weights(folder, card).items()}
    arrays["head.weight"][:] = 0
    arrays["head.bias"][:] = [3.0 if tag.name in names else -3.0 for tag in TAGS]
    return save_model(folder, card, arrays)
