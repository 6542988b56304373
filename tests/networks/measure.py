"""Shapes and numbers of parameters of networks that get no memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import nn

from mat_desktop.networks.base import Network


def without_memory(make: Callable[[], Network]) -> Network:
    """A network on the meta device: full size, no weights."""
    with torch.device("meta"):
        return make().eval()


def shapes(network: Network, layers: Iterable[nn.Module]) -> list[tuple[int, ...]]:
    """What comes out of these layers for the published input, without the batch."""
    seen: list[tuple[int, ...]] = []
    for layer in layers:
        layer.register_forward_hook(lambda module, inputs, output: seen.append(tuple(output.shape[1:])))
    network(torch.zeros(1, *network.input.shape, device="meta"))
    return seen


def count(module: nn.Module) -> int:
    """Trainable numbers."""
    return sum(parameter.numel() for parameter in module.parameters())
