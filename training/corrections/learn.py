"""The way of a correction: a model and a user's verdicts in, the corrected model and what came of it out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mat_desktop.domain.card import ModelCard
from mat_desktop.domain.corrections import Corrections
from mat_desktop.domain.counting import count
from mat_desktop.domain.tags import Field
from mat_desktop.errors import MatError
from mat_desktop.inference.cards import read_weights, save_model
from training.corrections.features import features_of
from training.corrections.head import fit, problem_of
from training.corrections.outcome import Outcome, outcome_of
from training.datasets.dataset import DatasetFault, Skipped
from training.datasets.folder import Record, artist_groups
from training.evaluate import open_model
from training.network import Trained


def correct(
    model: Path,
    corrections: Corrections,
    cache: Path,
    target: Path,
    report: Callable[[int, int], None],
    about: Mapping[str, Any],
    fitted: Callable[[int, int], None] = lambda done, of: None,
) -> tuple[ModelCard, Outcome, list[Skipped]]:
    """Train the head, measure it, and write the model that comes of it.

    :param cache: folder where what reaches the head is kept
    :param target: folder of the new model
    :param report: told of tracks listened to, and of how many
    :param about: for the card
    :param fitted: told how often the head was fitted, and of how many times
    :raises DatasetFault: none of the tracks can be decoded, or the model has none of the tags
    :raises ModelFault: the model is broken
    """
    card, trained = open_model(model)
    features, usable, skipped = features_of(card, trained, corrections, cache, report)
    verdicts = [said for said, use in zip(corrections.verdicts, usable, strict=True) if use]
    columns = {tag.key: index for index, tag in enumerate(card.tags)}
    outputs_of = {
        tag: [columns[source] for source in sources if source in columns]
        for tag, sources in corrections.sources.items()
    }
    tags = [tag for tag, outputs in outputs_of.items() if outputs and any(tag in said for said in verdicts)]
    if not tags:
        raise DatasetFault(f"{card.name} has none of the tags that were accepted or rejected")
    outputs = sorted({output for tag in tags for output in outputs_of[tag]})
    weight, bias = _head(trained, outputs)
    mean, std = features.mean(dim=0), features.std(dim=0, correction=0).clamp_min(1e-3)
    thresholds = torch.tensor([card.tags[output].threshold for output in outputs])
    thresholds = torch.logit(thresholds.clamp(1e-4, 1 - 1e-4))
    problem = problem_of(
        (features - mean) / std,
        features @ weight.T + bias - thresholds,
        [[outputs.index(output) for output in outputs_of[tag]] for tag in tags],
        [[said.get(tag) for tag in tags] for said in verdicts],
    )
    groups = artist_groups(
        [
            Record(track, {Field.ARTIST: artists})
            for track, artists, use in zip(corrections.tracks, corrections.artists, usable, strict=True)
            if use
        ]
    )
    correction = fit(problem, groups, fitted)
    outcome = outcome_of(problem, correction, tags, groups, thresholds)
    new_weight = weight + correction.weight / std
    new_bias = bias + correction.bias - (correction.weight / std) @ mean
    arrays = read_weights(model, card)
    saved = _with_head(arrays, outputs, new_weight, new_bias)
    new = save_model(target, _card(card, target.name, outputs, outcome, about), saved)
    return new, outcome, skipped


def _head(trained: Trained, outputs: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Rows of the head, [outputs, features] and [outputs]."""
    head = trained.module.head
    if head.bias is None:
        raise MatError("a network whose last layer has no bias cannot be corrected")
    weight = head.weight.detach().flatten(1)
    return weight[list(outputs)].clone(), head.bias.detach()[list(outputs)].clone()


def _with_head(
    arrays: Mapping[str, NDArray[np.generic]], outputs: Sequence[int], weight: Tensor, bias: Tensor
) -> dict[str, NDArray[np.generic]]:
    saved = {name: np.array(array) for name, array in arrays.items()}
    rows = list(outputs)
    for name, fresh in (("head.weight", weight), ("head.bias", bias)):
        whole = saved[name]
        whole[rows] = fresh.numpy().reshape(whole[rows].shape).astype(whole.dtype)
    return saved


def _card(
    card: ModelCard, name: str, outputs: Sequence[int], outcome: Outcome, about: Mapping[str, Any]
) -> ModelCard:
    """The old card, but for what is no longer known of the outputs that changed."""
    changed = set(outputs)
    tags = tuple(replace(tag, metrics={}) if index in changed else tag for index, tag in enumerate(card.tags))
    figures = {
        "tracks": outcome.tracks,
        "artists": outcome.artists,
        "verdicts": outcome.verdicts,
        "tags": list(outcome.tags),
        "agreement_before": outcome.before,
        "agreement_after": outcome.after,
        "agreement_held_out": outcome.held_out,
        "better": outcome.better,
        "largest_change_elsewhere": outcome.harm,
        "come_elsewhere": outcome.come,
        "go_elsewhere": outcome.go,
        "by_tag": asdict(outcome.by_tag),
    }
    base = card.title.replace(", corrected", "")
    return replace(
        card,
        name=name,
        title=f"{base}, corrected",
        created=datetime.now(UTC).date().isoformat(),
        tags=tags,
        data=f"{card.data} {len(changed)} of its {len(card.tags)} outputs were then corrected by "
        f"{count(outcome.verdicts, 'verdict')} of a user on {count(outcome.tracks, 'track')}.",
        metrics={"corrections": figures, "before": card.metrics},
        training={**about, "start": card.digest, "hold": outcome.hold, "before": card.training},
    )
