"""Where a network listens, and what it is asked: on a device that computes nothing, so that any will do."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mat_desktop.domain.card import NetworkSpec
from mat_desktop.networks.base import Network
from mat_desktop.networks.registry import build
from training.clip_inference import features, predict
from training.inputs import Standard

FAR = torch.device("meta")
FABRIC: Any = SimpleNamespace(device=FAR, global_rank=0, world_size=1)


class Far(nn.Module):
    """A network that notes where it and its input are. Its answers are near."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.input = build(NetworkSpec("fcn1d", 3, 0.05), 3).input
        self.seen: set[tuple[torch.device, torch.device]] = set()

    def forward(self, audio: Tensor) -> Tensor:
        self.seen.add((self.weight.device, audio.device))
        return torch.zeros(len(audio), 3, 2)

    def listen(self, audio: Tensor) -> tuple[Tensor, Tensor]:
        self.seen.add((self.weight.device, audio.device))
        return torch.zeros(len(audio), 3, 2), torch.ones(len(audio), 7)


def two_pieces_each(network: nn.Module) -> Any:
    """Clips twice as long as what the network hears at once."""
    listens_to: Any = network.input
    length = listens_to.length

    def cut(indices: Any, starts: Any, length: int) -> Tensor:
        generator = torch.Generator().manual_seed(int(indices[0]))
        return torch.randn(len(indices), *listens_to.shape[:-1], length, generator=generator)

    return SimpleNamespace(
        listens_to=listens_to, length=2 * length, cut=cut, labels=lambda indices: np.zeros((len(indices), 3))
    )


STANDARD = Standard(np.zeros(96, np.float32), np.ones(96, np.float32))


def test_measuring_takes_network_and_input_to_the_device_of_the_run() -> None:
    network = Far()
    scores = predict(network, two_pieces_each(network), np.arange(5), STANDARD, FABRIC)
    assert network.seen == {(FAR, FAR)}
    assert scores.shape == (5, 3) and (scores == 0.5).all()


def test_features_for_a_new_head_do_so_too() -> None:
    network: Any = Far()
    told: list[int] = []
    found = features(network, two_pieces_each(network), np.arange(9), STANDARD, FABRIC, told.append)
    assert network.seen == {(FAR, FAR)}
    assert found.shape == (9, 7)
    assert told == [4, 8, 9]


def test_what_the_head_makes_of_the_features_is_the_answer() -> None:
    module: Network = build(NetworkSpec("fcn2d", 5, 0.05), 3).eval()
    clips = two_pieces_each(module)
    near: Any = SimpleNamespace(device=torch.device("cpu"), global_rank=0, world_size=1)
    found = features(module, clips, np.arange(3), STANDARD, near, lambda done: None)
    assert not found.is_inference()
    with torch.no_grad():
        pieces = [clips.cut(np.array([first] * 8), None, clips.listens_to.length)[:6] for first in (0,)]
        logits = module(pieces[0]).mean(dim=2).view(3, 2, -1).mean(dim=1)
    weight, bias = module.head.weight.detach().flatten(1), module.head.bias
    assert bias is not None
    torch.testing.assert_close(found @ weight.T + bias.detach(), logits, atol=1e-4, rtol=1e-4)
