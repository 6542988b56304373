"""From a trained network to a model folder that the application opens."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from numpy.typing import NDArray

from mat_desktop.domain.card import CARD_FORMAT, ModelCard, NetworkSpec, Normalisation, TagSpec, Weights
from mat_desktop.errors import MatError
from mat_desktop.inference.cards import save_model
from mat_desktop.networks.base import InputSpec
from mat_desktop.networks.registry import names
from training.calibration import fit_platt, threshold_for_precision
from training.clip_inference import predict
from training.inputs import Clips
from training.loop import by_vocabulary
from training.metrics import decision_positives, is_hard, rank, ranking_positives
from training.network import Trained
from training.thresholds import best_thresholds

CORPUS_LICENCES = (
    "A: free licence stated for the audio; A2: the repository's free licence; B: generated or rendered music "
    "with a licence file; C: generated or rendered demonstration music without a statement"
)

PRECISE = 0.8
"""Precision for which a card has a second threshold, where a tag reaches it on the validation split."""


def check_exportable(listens_to: InputSpec, name: str) -> None:
    """:raises MatError: the application has no such front end"""
    if listens_to.mel is None or listens_to.compression != "db":
        raise MatError(f"the application cannot use {name}: it computes log-mel in dB and nothing else")


def export_model(
    trained: Trained,
    clips: Clips,
    network: NetworkSpec,
    folder: Path,
    training: dict[str, Any],
    fabric: Fabric,
) -> ModelCard | None:
    """Measure the network on the validation and test split and write card and weights (half precision).

    The figures are those of the weights as stored: they are rounded to float16 before the measurement.

    :param clips: their level becomes that of the model
    :param training: for the card: command, minutes, settings
    :param fabric: its processes share the measuring; the first one writes
    :returns: the card, in the process that wrote it
    :raises DatasetFault: a split is empty
    :raises MatError: the application has no front end for this network
    """
    check_exportable(clips.listens_to, network.name)
    dataset, module = clips.dataset, trained.module
    splits = {name: clips.split(name) for name in ("train", "valid", "test")}
    stored = {name: _half(value) for name, value in module.state_dict().items()}
    module.load_state_dict({name: torch.from_numpy(value) for name, value in stored.items()})
    scores = {
        name: predict(module, clips, splits[name], trained.standard, fabric) for name in ("valid", "test")
    }
    if not fabric.is_global_zero:
        return None
    labels = clips.labels(splits["valid"])
    thresholds = best_thresholds(scores["valid"], labels)
    ranking, positives = rank(scores["valid"], labels), ranking_positives(labels).sum(axis=0)
    platt = fit_platt(scores["valid"], decision_positives(labels))
    precise, found = threshold_for_precision(scores["valid"], decision_positives(labels), PRECISE)
    tags = tuple(
        TagSpec(
            tag.name,
            tag.vocabulary,
            round(float(thresholds.values[i]), 4),
            _known(
                positives=positives[i],
                precision=thresholds.precision[i],
                recall=thresholds.recall[i],
                roc_auc=ranking.roc_auc[i],
                pr_auc=ranking.pr_auc[i],
                correlation=ranking.correlation[i],
                mean_label=labels[:, i].mean(),
                platt_slope=platt.slope[i],
                platt_shift=platt.shift[i],
                threshold_at_precision_80=precise[i],
                recall_at_precision_80=found[i],
            ),
        )
        for i, tag in enumerate(dataset.tags)
    )
    assert clips.listens_to.mel is not None
    mean, std = (tuple(map(float, a.round(4))) for a in (trained.standard.mean, trained.standard.std))
    card = ModelCard(
        format=CARD_FORMAT,
        name=folder.name,
        title=title_of(network),
        created=datetime.now(UTC).date().isoformat(),
        licence=LICENCE,
        network=network,
        mel=clips.listens_to.mel,
        normalisation=Normalisation(mean, std),
        tags=tags,
        weights=Weights("", "", 0),
        data=_describe(clips, {name: len(indices) for name, indices in splits.items()}, training),
        metrics={
            **{
                name: by_vocabulary(scores[name], clips.labels(splits[name]), dataset)
                for name in ("valid", "test")
            },
            "clips": {name: len(splits[name]) for name in ("valid", "test")},
            "protocol": protocol(labels),
        },
        training=training,
        level=clips.level,
    )
    return save_model(folder, card, stored)


LICENCE = "Not stated: it is its maker's to say"


def title_of(network: NetworkSpec) -> str:
    """For people: "2D FCN, 5 layers, width 0.25"."""
    text = names()[network.name].text.split(":")[0]
    layers = f", {network.layers} layers" if network.layers else ""
    return f"{text}{layers}, width {network.width:g}"


def _half(tensor: torch.Tensor) -> NDArray[np.generic]:
    array: NDArray[np.generic] = tensor.detach().cpu().contiguous().numpy()
    return array.astype(np.float16) if array.dtype == np.float32 else array


def _known(**figures: float) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in figures.items() if np.isfinite(value)}


def protocol(labels: NDArray[np.float32]) -> str:
    """How figures on these labels come about, in words.

    :param labels: [clips, tags] in 0..1
    """
    if is_hard(labels):
        return "tags that no clip of the split has left out; macro means"
    return (
        "soft labels binarised per tag within the split: for ROC-AUC and PR-AUC at max(0.1, the tag's 93 % "
        "quantile), for thresholds, precision, recall and Platt scaling at 0.35 where that is less, and the "
        "highest 3 % of every tag; tags with fewer than three positives left out; macro means; correlation "
        "with the soft labels; overlap of the five best tags"
    )


def _describe(clips: Clips, counts: dict[str, int], training: Mapping[str, Any]) -> str:
    """What the model learned from, and what the one that it went on from had learned from."""
    before = (training.get("before") or {}).get("data")
    about = clips.dataset.about or clips.dataset.name
    classes, shares = np.unique(clips.dataset.licence_classes, return_counts=True)
    licences = ", ".join(f"{name}: {count}" for name, count in zip(classes, shares, strict=True) if name)
    labels = clips.labels(clips.split("train"))
    silent = 0 if is_hard(labels) else int((labels.max(axis=1) == 0).sum())
    return (
        f"{about[0].upper()}{about[1:]}: {counts['train']} training, {counts['valid']} validation and "
        f"{counts['test']} test clips of 29.12 s."
        + (
            f" {silent} of the training clips are sounds that are no music, with labels of zero."
            if silent
            else ""
        )
        + (f" Clips by licence class: {licences} ({CORPUS_LICENCES})." if licences else "")
        + (f" The model that it went on from learned from: {before}" if before else "")
    )
