"""Measures an exported model, as the application would use it, on a data set's splits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from lightning_fabric import Fabric

from mat_desktop.domain.card import ModelCard
from mat_desktop.errors import ModelFault
from mat_desktop.inference.cards import open_card, read_weights
from mat_desktop.networks.base import Network
from mat_desktop.networks.registry import build
from training.datasets.dataset import Dataset, DatasetFault
from training.hearing import predict
from training.inputs import Clips, Standard
from training.loop import Trained, by_vocabulary


def evaluate(
    card: ModelCard, trained: Trained, clips: Clips, fabric: Fabric
) -> dict[str, dict[str, dict[str, float]]]:
    """Figures by split and vocabulary.

    :param fabric: its processes share the measuring
    :raises DatasetFault: the data set has other tags than the model, or a split is empty
    """
    dataset, clips = clips.dataset, replace(clips, level=card.level)
    check_tags(card, dataset)
    figures = {}
    for split in ("valid", "test"):
        indices = clips.split(split)
        scores = predict(trained.module, clips, indices, trained.standard, fabric)
        figures[split] = by_vocabulary(scores, clips.labels(indices), dataset)
    return figures


def has_tags_of(card: ModelCard, dataset: Dataset) -> bool:
    """Whether the model answers for the tags of a data set, in the same order."""
    return [tag.key for tag in card.tags] == [f"{tag.vocabulary}/{tag.name}" for tag in dataset.tags]


def check_tags(card: ModelCard, dataset: Dataset) -> None:
    """:raises DatasetFault: the data set has other tags than the model"""
    if not has_tags_of(card, dataset):
        raise DatasetFault(f"the tags of {dataset.name} are not those of the model {card.name}")


def open_model(folder: Path) -> tuple[ModelCard, Trained]:
    """An exported model with its weights.

    :raises ModelFault: it is broken or foreign
    """
    card = open_card(folder)
    arrays = read_weights(folder, card)
    try:
        module: Network = build(card.network, len(card.tags)).eval()
        module.load_state_dict({name: torch.from_numpy(np.array(array)) for name, array in arrays.items()})
    except (ValueError, RuntimeError) as error:
        raise ModelFault(f"{card.name}: {str(error).splitlines()[0]}") from error
    values = card.normalisation
    standard = Standard(
        np.array(values.mean, np.float32), np.array(values.std, np.float32), module.input.compression
    )
    return card, Trained(module, standard)
