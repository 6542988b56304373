"""A trained network put to other tags, or to more of its own: a head on what it hears already, or the whole
network. Tags that it has already go on from its own head.

What a network computes before its head does not change while a head is trained. So it is computed once for
every clip, averaged over time, and the head is a logistic regression on that: seconds, not hours.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from numpy.typing import NDArray
from torch import Tensor, nn

from mat_desktop.domain.card import ModelCard
from mat_desktop.errors import ModelFault
from training.clip_inference import features
from training.devices import one_thread
from training.inputs import Clips, Indices
from training.loop import prior_odds
from training.metrics import cross_entropy
from training.network import Trained, network_of
from training.settings import Settings

PENALTIES = (1.0, 0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3, 3e-4, 1e-4)
"""Weights of the squared distance of a head from where it began, of which validation chooses one."""

ITERATIONS = 100
"""At most, of L-BFGS, for each penalty."""

SETTINGS = {"learning_rate": 1e-4, "epochs": 10, "patience": 3, "mix": 0.0}
"""What a network that is nearly right is trained with, unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Head:
    """:param weight: [tags, features]
    :param bias: [tags]
    :param penalty: that was best
    :param valid_loss: reached with it
    """

    weight: Tensor
    bias: Tensor
    penalty: float
    valid_loss: float


def new_head(
    trained: Trained,
    own: Trained,
    clips: Clips,
    fabric: Fabric,
    report: Callable[[int, int], None],
) -> Head:
    """Put the head of a network to the tags of a data set.

    :param trained: the network as it was
    :param own: the same network with the head to begin with, see :func:`own_head`; gets the new one
    :param fabric: its processes share the listening; one of them fits the head
    :param report: told of clips that the network heard, and of how many it hears
    :raises DatasetFault: a split is empty
    """
    train, valid = clips.split("train"), clips.split("valid")
    of = len(train) + len(valid)

    def pooled(indices: Indices, before: int) -> Tensor:
        def told(done: int) -> None:
            report(before + done, of)

        return features(trained.module, clips, indices, trained.standard, fabric, told)

    heads: list[Head] = []
    inputs = pooled(train, 0), pooled(valid, len(train))
    layer = own.module.head
    assert layer.bias is not None
    begin = layer.weight.detach().flatten(1).cpu(), layer.bias.detach().cpu()
    if fabric.is_global_zero:
        with one_thread():
            heads.append(fit_head(inputs[0], clips.labels(train), inputs[1], clips.labels(valid), *begin))
    (head,) = fabric.broadcast(heads)
    with torch.no_grad():
        layer.weight.copy_(head.weight.view_as(layer.weight))
        layer.bias.copy_(head.bias)
    own.module.eval()
    return head


def own_head(
    trained: Trained, settings: Settings, outputs: Sequence[int | None], labels: NDArray[np.float32]
) -> Trained:
    """The same network with these outputs of its head, ready for a training with the settings' dropout.

    :param outputs: None for a new one, which begins with the log odds of the mean label and hears nothing
    :param labels: of the training clips [clips, outputs] in 0..1
    """
    weights = trained.module.state_dict()
    kept = [output or 0 for output in outputs]
    weights |= {name: weights[name][kept].clone() for name in ("head.weight", "head.bias")}
    fresh = [place for place, output in enumerate(outputs) if output is None]
    weights["head.weight"][fresh] = 0
    weights["head.bias"][fresh] = prior_odds(labels[:, fresh])
    module = network_of(settings, len(weights["head.bias"]), settings.dropout)
    module.load_state_dict(weights)
    return Trained(module, trained.standard)


def shared_tags(card: ModelCard, starts: Collection[str], clips: Clips) -> list[int]:
    """Positions of a model's tags among those of a run that started from it and may have further ones.

    :param starts: digests of what the run started from, and of what these started from in their turn
    :raises ModelFault: a run did not start from this model and its head: between them lies nothing
    """
    if card.digest not in starts:
        started = " and ".join(f"model {start}" for start in starts if start) or "random weights"
        raise ModelFault(f"{card.name} is model {card.digest}, and the run started from {started}")
    of_run = {tag.key: place for place, tag in enumerate(clips.dataset.tags)}
    if not of_run.keys() >= {tag.key for tag in card.tags}:
        raise ModelFault(f"{card.name} has other tags than the run: their heads cannot be blended")
    return [of_run[tag.key] for tag in card.tags]


def starts(training: Mapping[str, Any]) -> list[str]:
    """Digests of the models that a model was fine-tuned from, one after another, the last one first.

    :param training: of its card
    """
    found: list[str] = []
    while training:
        if training.get("start"):
            found.append(training["start"])
        training = training.get("before") or {}
    return found


def blended(trained: Trained, before: Trained, share: float) -> Trained:
    """Weights between those of a network and of the one that it was fine-tuned from.

    It keeps more of what the first one knew than the second alone (Wortsman et al.: Robust fine-tuning of
    zero-shot models, CVPR 2022).

    :param share: of the first network, 0..1
    :raises ModelFault: the two are different networks
    """
    old, new = before.module.state_dict(), trained.module.state_dict()
    if {n: v.shape for n, v in old.items()} != {n: v.shape for n, v in new.items()}:
        raise ModelFault("these two networks differ: their weights cannot be blended")
    for name, value in new.items():
        if value.is_floating_point():
            value.lerp_(old[name], share)
    return trained


def fit_head(
    train: Tensor,
    train_labels: NDArray[np.float32],
    valid: Tensor,
    valid_labels: NDArray[np.float32],
    weight: Tensor,
    bias: Tensor,
) -> Head:
    """Logistic regression of every tag, not too far from the head to begin with: the penalty is the one that
    is best on the validation clips (L2-SP of Li et al.: Explicit inductive bias for transfer learning with
    convolutional networks, ICML 2018; for a new tag, whose weights begin at zero, a ridge).

    :param train: [clips, features]; ``valid`` likewise
    :param train_labels: [clips, tags] in 0..1; ``valid_labels`` likewise
    :param weight: to begin with [tags, features]
    :param bias: likewise [tags]
    """
    mean, std = train.mean(dim=0), train.std(dim=0, correction=0).clamp_min(1e-4)
    targets = torch.from_numpy(train_labels)
    (inputs, before), (valid_inputs, valid_before) = (
        ((heard - mean) / std, heard @ weight.T + bias) for heard in (train, valid)
    )
    best: Head | None = None
    further, shift = torch.zeros_like(weight), torch.zeros_like(bias)
    for penalty in PENALTIES:  # from the smallest change on, each starts at the one before
        further, shift = _regression(inputs, before, targets, further, shift, penalty)
        scores = torch.sigmoid(valid_before + valid_inputs @ further.T + shift).numpy()
        loss = cross_entropy(scores, valid_labels)
        if best is None or loss < best.valid_loss:
            change = further / std
            best = Head(weight + change, bias + shift - change @ mean, penalty, loss)
    assert best is not None
    return best


def _regression(
    inputs: Tensor, before: Tensor, targets: Tensor, further: Tensor, shift: Tensor, penalty: float
) -> tuple[Tensor, Tensor]:
    """Weights [tags, features] and biases [tags] to add to logits that are there before [clips, tags]."""
    further, shift = (value.detach().clone().requires_grad_() for value in (further, shift))
    optimiser = torch.optim.LBFGS([further, shift], max_iter=ITERATIONS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        logits = before + inputs @ further.T + shift
        value = nn.functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")
        total = value.mean(dim=0).sum() + penalty / 2 * further.square().sum()
        total.backward()  # type: ignore[no-untyped-call]
        return total

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    return further.detach(), shift.detach()
