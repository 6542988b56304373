"""Measures an exported model, as the application would use it, on a data set's splits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from mat_desktop.inference.cards import open_card, read_weights
from mat_desktop.networks.registry import build
from training.datasets.corpus import Dataset, DatasetFault
from training.datasets.features import Features
from training.loop import by_vocabulary, predict


def evaluate(folder: Path, dataset: Dataset, features: Features) -> dict[str, dict[str, dict[str, float]]]:
    """Figures by split and vocabulary.

    :raises DatasetFault: the data set has other tags than the model
    """
    card = open_card(folder)
    if [tag.key for tag in card.tags] != [f"{tag.vocabulary}/{tag.name}" for tag in dataset.tags]:
        raise DatasetFault(f"the tags of {dataset.name} are not those of the model {card.name}")
    module = build(card.network, len(card.tags)).eval()
    arrays = read_weights(folder, card)
    module.load_state_dict({name: torch.from_numpy(np.array(array)) for name, array in arrays.items()})
    mean, std = (
        torch.tensor(values).view(1, 1, -1, 1) for values in (card.normalisation.mean, card.normalisation.std)
    )
    figures = {}
    for split in ("valid", "test"):
        indices = dataset.indices(split)
        indices = indices[features.usable[indices]]
        scores = predict(module, features, indices, mean, std)
        figures[split] = by_vocabulary(scores, dataset.labels[indices], dataset)
    return figures
