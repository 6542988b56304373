"""Networks by name, as a model card and a training setting name them."""

from __future__ import annotations

from mat_desktop.domain.card import NetworkSpec
from mat_desktop.networks.fcn import Fcn2d


def build(spec: NetworkSpec, tags: int, dropout: float = 0.0) -> Fcn2d:
    """A network with random weights.

    :param tags: number of outputs
    :param dropout: used in training only
    :raises ValueError: the name is unknown or the numbers do not fit
    """
    if spec.name != "fcn2d":
        raise ValueError(f"unknown network {spec.name!r}; known: fcn2d")
    return Fcn2d(tags, layers=spec.layers, width=spec.width, dropout=dropout)
