"""From a trained network to a model folder that the application opens."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from mat_desktop.domain.card import CARD_FORMAT, ModelCard, Normalisation, TagSpec, Weights
from mat_desktop.domain.melspec import MelSpec
from mat_desktop.inference.cards import save_model
from training.datasets.corpus import Dataset
from training.datasets.features import Features, normalisation
from training.loop import by_vocabulary, network_of, predict
from training.metrics import rank
from training.settings import Settings
from training.thresholds import best_thresholds


def export(
    module: nn.Module,
    dataset: Dataset,
    features: Features,
    settings: Settings,
    folder: Path,
    command: str,
    seconds: float,
) -> ModelCard:
    """Measure the network on the validation and test split and write card and weights (half precision).

    The figures are those of the weights as stored: they are rounded to float16 before the measurement.
    """
    stored = {name: _half(value) for name, value in module.state_dict().items()}
    module.load_state_dict({name: torch.from_numpy(value) for name, value in stored.items()})
    train, valid, test = (
        indices[features.usable[indices]] for indices in map(dataset.indices, ("train", "valid", "test"))
    )
    mean, std = normalisation(features, train)
    mean_view, std_view = (torch.from_numpy(a).view(1, 1, -1, 1) for a in (mean, std))
    scores = predict(module, features, valid, mean_view, std_view)
    test_scores = predict(module, features, test, mean_view, std_view)
    thresholds = best_thresholds(scores, dataset.labels[valid])
    ranking = rank(scores, dataset.labels[valid])
    tags = tuple(
        TagSpec(
            tag.name,
            tag.vocabulary,
            round(float(thresholds.values[i]), 4),
            _known(
                precision=thresholds.precision[i],
                recall=thresholds.recall[i],
                roc_auc=ranking.roc_auc[i],
                pr_auc=ranking.pr_auc[i],
                correlation=ranking.correlation[i],
                mean_label=dataset.labels[valid, i].mean(),
            ),
        )
        for i, tag in enumerate(dataset.tags)
    )
    card = ModelCard(
        format=CARD_FORMAT,
        name=folder.name,
        title=f"2D FCN, {settings.layers} layers, width {settings.width:g}",
        created=datetime.now(UTC).date().isoformat(),
        licence="MIT",
        network=network_of(settings),
        mel=MelSpec(),
        normalisation=Normalisation(tuple(map(float, mean.round(4))), tuple(map(float, std.round(4)))),
        tags=tags,
        weights=Weights("", "", 0),
        data=_describe(dataset, len(train), len(valid), len(test)),
        metrics={
            "valid": by_vocabulary(scores, dataset.labels[valid], dataset),
            "test": by_vocabulary(test_scores, dataset.labels[test], dataset),
            "protocol": "soft labels binarised per tag at max(0.1, the tag's 93 % quantile) within the "
            "split; tags with fewer than three positives left out; macro means; correlation with the soft "
            "labels; overlap of the five best tags",
        },
        training={"command": command, "minutes": round(seconds / 60, 1), "settings": _as_dict(settings)},
    )
    return save_model(folder, card, stored)


def _half(tensor: torch.Tensor) -> NDArray[np.generic]:
    array: NDArray[np.generic] = tensor.detach().cpu().contiguous().numpy()
    return array.astype(np.float16) if array.dtype == np.float32 else array


def _known(**figures: float) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in figures.items() if np.isfinite(value)}


def _describe(dataset: Dataset, train: int, valid: int, test: int) -> str:
    classes, counts = np.unique(dataset.licence_classes, return_counts=True)
    shares = ", ".join(f"{name}: {count}" for name, count in zip(classes, counts, strict=True))
    return (
        f"Distilled from soft labels: {train} training, {valid} validation and {test} test clips of 29.12 s "
        "of free music, split by artist. The labels are means of the outputs of published networks (fcn, "
        "crnn, musicnn of Won et al. 2020, MIT licence), each trained on the real data set of its vocabulary "
        "(MagnaTagATune, MTG-Jamendo, Million Song Dataset with Last.fm tags). Clips by licence class: "
        f"{shares} (A: free licence stated for the audio; A2: the repository's free licence; B: generated or "
        "rendered music with a licence file; C: generated or rendered demonstration music without a "
        "statement)."
    )


def _as_dict(settings: Settings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in settings.__dataclass_fields__}
