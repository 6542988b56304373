"""The network that a training is told to train, whether it can learn from its input; and a trained one."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from mat_desktop.networks.base import InputSpec, Network
from mat_desktop.networks.registry import build
from training.inputs import Standard
from training.settings import Settings, SettingsFault


@dataclass(frozen=True, slots=True)
class Trained:
    """A network with its weights, and how its input is standardised."""

    module: Network
    standard: Standard


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


def input_length(listens_to: InputSpec, settings: Settings) -> int:
    """Frames or samples that the network sees of a clip in a training step.

    :raises SettingsFault: the crop is longer than what the network hears at once when it is judged
    """
    if listens_to.mel is None or not listens_to.any_length or not settings.crop_frames:
        return listens_to.length
    if settings.crop_frames > listens_to.length:
        raise SettingsFault(
            f"crop_frames {settings.crop_frames}: {settings.network} hears {listens_to.length} frames at once"
        )
    return settings.crop_frames


def check_length(module: Network, length: int, settings: Settings) -> None:
    """:raises SettingsFault: the network cannot work on so little"""
    if settings.short_epochs and not module.input.any_length:
        raise SettingsFault(f"short_epochs: {settings.network} takes its published input only")
    shortest = length // 2 if settings.short_epochs else length
    if shortest == module.input.length:
        return
    try:
        with torch.inference_mode():
            module.eval()(torch.zeros(1, *module.input.shape[:-1], shortest))
    except (RuntimeError, ValueError) as error:
        name = "short_epochs: half of the input" if settings.short_epochs else "crop_frames"
        kind = "frames" if module.input.mel else "samples"
        raise SettingsFault(f"{name}, {shortest} {kind}, does not fit the network: {error}") from error
