"""Measures an exported model, as the application would use it, on a data set's splits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from numpy.typing import NDArray

from mat_desktop.domain.card import ModelCard
from mat_desktop.errors import ModelFault
from mat_desktop.inference.cards import open_card, read_weights
from mat_desktop.networks.base import Network
from mat_desktop.networks.registry import build
from training.clip_inference import predict
from training.datasets.dataset import Dataset, DatasetFault
from training.inputs import Clips, Standard
from training.loop import by_vocabulary
from training.metrics import best_f1, measure
from training.network import Trained

Array = NDArray[np.float32]


def evaluate_model(
    card: ModelCard, trained: Trained, clips: Clips, fabric: Fabric
) -> dict[str, dict[str, Any]]:
    """For each split the figures by vocabulary as in cards, and over all tags and of each tag as in a
    run's results. Thresholds of best F1 are those of the validation split.

    :param fabric: its processes share the measuring
    :raises DatasetFault: the data set has other tags than the model, or a split is empty
    """
    heard = _scores(card, trained, clips, fabric)
    tags = [tag.key for tag in card.tags]
    thresholds = best_f1(*heard["valid"])
    return {
        split: {
            "vocabularies": by_vocabulary(*found, clips.dataset),
            "all": measure(*found, tags, thresholds, "valid").as_dict(),
        }
        for split, found in heard.items()
    }


def _scores(
    card: ModelCard, trained: Trained, clips: Clips, fabric: Fabric
) -> dict[str, tuple[Array, Array]]:
    """Scores and labels of the validation and test split."""
    check_tags(card, clips.dataset)
    clips = replace(clips, level=card.level)
    splits = {split: clips.split(split) for split in ("valid", "test")}
    return {
        split: (predict(trained.module, clips, indices, trained.standard, fabric), clips.labels(indices))
        for split, indices in splits.items()
    }


def has_tags_of(card: ModelCard, dataset: Dataset) -> bool:
    """Whether the model answers for the tags of a data set, in the same order."""
    return [tag.key for tag in card.tags] == [tag.key for tag in dataset.tags]


def outputs_for(card: ModelCard, dataset: Dataset) -> list[int | None]:
    """Outputs of the model for the tags of a data set, None for those that it has not."""
    known = {tag.key: position for position, tag in enumerate(card.tags)}
    return [known.get(tag.key) for tag in dataset.tags]


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
