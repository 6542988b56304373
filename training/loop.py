"""The training loop: read it from top to bottom, in the order in which things happen."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from numpy.typing import NDArray
from torch import Tensor, nn

from mat_desktop.domain.card import NetworkSpec
from mat_desktop.networks.registry import build
from training.augment import Augment
from training.checkpoints import load_checkpoint, save_checkpoint
from training.datasets.corpus import Dataset
from training.datasets.features import Features, normalisation
from training.metrics import rank
from training.settings import Settings

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one pass gave. ``seconds`` includes the validation."""

    number: int
    of: int
    train_loss: float
    valid_loss: float
    valid: dict[str, dict[str, float]]
    seconds: float


def fit(
    dataset: Dataset,
    features: Features,
    settings: Settings,
    folder: Path,
    report: Callable[[Epoch], None],
    resume: bool,
) -> nn.Module:
    """Train a network and return it with the weights of the epoch with the best validation PR-AUC.

    :param folder: of the run; the checkpoint after each epoch and the best weights are kept in it
    :param resume: go on from the checkpoint in ``folder``, if there is one
    """
    fabric = Fabric(accelerator="auto", devices=1, precision=settings.precision)  # type: ignore[arg-type]
    torch.manual_seed(settings.seed)
    train = _usable(dataset, features, "train")
    valid = _usable(dataset, features, "valid")
    mean, std = (torch.from_numpy(a).view(1, 1, -1, 1) for a in normalisation(features, train))

    module = build(network_of(settings), len(dataset.tags), settings.dropout)
    module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    # The head starts at the tags' mean, so that the first epoch is not spent on learning how rare they are.
    prior = torch.from_numpy(dataset.labels[train].mean(axis=0)).clamp(1e-3, 1 - 1e-3)
    assert module.head.bias is not None
    module.head.bias.data.copy_(torch.logit(prior))
    optimiser = torch.optim.AdamW(
        module.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    steps = -(-len(train) // settings.batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, settings.learning_rate, total_steps=settings.epochs * steps
    )
    state: dict[str, Any] = {"epoch": 0, "best": -1.0}
    if resume:
        load_checkpoint(folder, module, optimiser, schedule, state)
    network, optimiser = fabric.setup(module, optimiser)
    augment = Augment(settings)

    for number in range(state["epoch"], settings.epochs):
        started = time.monotonic()
        # Seeded by epoch: a resumed run sees the same order, crops and noise as an uninterrupted one.
        random = torch.Generator().manual_seed(settings.seed * 10_000 + number)
        torch.manual_seed(settings.seed * 10_000 + number)
        network.train()
        total = 0.0
        for log_mel, labels in _batches(dataset, features, train, settings, random):
            mixed, targets = augment.on_decibel(log_mel, labels, random)
            inputs = augment.on_standardised((mixed - mean) / std)
            inputs = fabric.to_device(inputs.contiguous(memory_format=torch.channels_last))
            logits = network(inputs).float().mean(dim=2)
            loss = nn.functional.binary_cross_entropy_with_logits(logits, fabric.to_device(targets))
            optimiser.zero_grad(set_to_none=True)
            fabric.backward(loss)
            optimiser.step()
            schedule.step()
            total += loss.item()
        scores = predict(network, features, valid, mean, std, fabric)
        figures = by_vocabulary(scores, dataset.labels[valid], dataset)
        valid_loss = _cross_entropy(scores, dataset.labels[valid])
        state["epoch"] = number + 1
        quality = float(np.mean([f["pr_auc"] for f in figures.values()]))
        is_best = quality > state["best"]
        state["best"] = max(quality, state["best"])
        save_checkpoint(folder, module, optimiser, schedule, state, is_best=is_best)
        report(
            Epoch(number + 1, settings.epochs, total / steps, valid_loss, figures, time.monotonic() - started)
        )
    load_checkpoint(folder, module, best=True)
    return module.cpu().eval()


def network_of(settings: Settings) -> NetworkSpec:
    """The network that these settings train."""
    return NetworkSpec("fcn2d", settings.layers, settings.width)


def predict(
    network: nn.Module,
    features: Features,
    indices: NDArray[np.int64],
    mean: Tensor,
    std: Tensor,
    fabric: Fabric | None = None,
    batch_size: int = 16,
) -> Array:
    """Scores of whole clips, [clips, tags] in 0..1."""
    network.eval()
    parts = []
    with torch.inference_mode():
        for start in range(0, len(indices), batch_size):
            block = features.log_mel[indices[start : start + batch_size]].astype(np.float32)
            inputs = (torch.from_numpy(block).unsqueeze(1) - mean) / std
            inputs = inputs.contiguous(memory_format=torch.channels_last)
            logits = network(fabric.to_device(inputs) if fabric else inputs)
            parts.append(torch.sigmoid(logits.float().mean(dim=2)).cpu().numpy())
    return np.concatenate(parts)


def by_vocabulary(scores: Array, labels: Array, dataset: Dataset) -> dict[str, dict[str, float]]:
    """Summary figures of each vocabulary."""
    names = np.array([tag.vocabulary for tag in dataset.tags])
    return {
        name: rank(scores[:, names == name], labels[:, names == name]).summary()
        for name in dict.fromkeys(names.tolist())
    }


def _usable(dataset: Dataset, features: Features, split: str) -> NDArray[np.int64]:
    indices = dataset.indices(split)
    return indices[features.usable[indices]]


def _batches(
    dataset: Dataset,
    features: Features,
    indices: NDArray[np.int64],
    settings: Settings,
    random: torch.Generator,
) -> Iterator[tuple[Tensor, Tensor]]:
    """Random crops [batch, 1, mel, crop_frames] in dB with their labels [batch, tags], each clip once."""
    order = indices[torch.randperm(len(indices), generator=random).numpy()]
    frames = features.log_mel.shape[2]
    for start in range(0, len(order), settings.batch_size):
        chosen = order[start : start + settings.batch_size]
        offsets = torch.randint(0, frames - settings.crop_frames + 1, (len(chosen),), generator=random)
        crops = np.stack(
            [
                features.log_mel[clip, :, offset : offset + settings.crop_frames]
                for clip, offset in zip(chosen.tolist(), offsets.tolist(), strict=True)
            ]
        )
        yield torch.from_numpy(crops).float().unsqueeze(1), torch.from_numpy(dataset.labels[chosen])


def _cross_entropy(scores: Array, labels: Array) -> float:
    clipped = np.clip(scores, 1e-6, 1 - 1e-6)
    return float(-np.mean(labels * np.log(clipped) + (1 - labels) * np.log(1 - clipped)))


def epoch_as_dict(epoch: Epoch) -> dict[str, Any]:
    """For JSON lines."""
    return asdict(epoch)
