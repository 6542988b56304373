"""The network that a training is told to train, and what it listens to."""

from __future__ import annotations

import torch

from mat_desktop.networks.base import InputSpec, Network
from mat_desktop.networks.registry import build
from training.settings import Settings, SettingsFault


def network_of(settings: Settings, tags: int, dropout: float = 0.0) -> Network:
    """With random weights.

    :param tags: number of outputs
    :raises SettingsFault: there is no such network
    """
    try:
        return build(settings.spec, tags, dropout)
    except ValueError as error:
        raise SettingsFault(str(error)) from error


def input_of(settings: Settings) -> InputSpec:
    """What the network takes, told without giving its weights memory.

    :raises SettingsFault: there is no such network
    """
    with torch.device("meta"):
        return network_of(settings, 1).input
