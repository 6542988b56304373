from __future__ import annotations

from typing import Literal

import pytest
import torch

from mat_desktop.networks.crnn import Crnn2d
from tests.networks.measure import count, without_memory

Reading = Literal["pools", "shapes"]

# Supplement 3: channels x mel x frames after the pooling of each layer, for 96 x 911. The first two shapes of
# C=3 are printed as 23x101 and 7x11, which is the reading "shapes"; its last one is printed as 1x32.
SHAPES: dict[tuple[int, Reading], list[tuple[int, ...]]] = {
    (3, "pools"): [(128, 31, 303), (256, 7, 100), (512, 1, 32)],
    (3, "shapes"): [(128, 23, 101), (256, 7, 11), (512, 1, 3)],
    (4, "pools"): [(128, 47, 454), (256, 15, 226), (512, 5, 74), (1024, 1, 24)],
    (5, "pools"): [(128, 47, 454), (256, 22, 226), (512, 10, 112), (1024, 4, 37), (2048, 1, 18)],
}


@pytest.mark.parametrize(("layers", "reading"), SHAPES)
def test_every_layer_has_the_printed_shape(layers: int, reading: Reading) -> None:
    module = without_memory(lambda: Crnn2d(50, layers, reading=reading))
    maps, seen = torch.zeros(1, 1, 96, 911, device="meta"), []
    for block in module.blocks:
        maps = block(maps)
        seen.append(tuple(maps.shape[1:]))
    assert seen == SHAPES[layers, reading]


@pytest.mark.parametrize(
    ("layers", "reading", "rnn", "total"),
    [
        (3, "pools", 117, 1_504_167),
        (3, "shapes", 30, 1_504_080),
        (4, "pools", 93, 6_251_407),
        (5, "pools", 75, 25_183_101),
    ],
)
def test_parameter_counts(layers: int, reading: Reading, rnn: int, total: int) -> None:
    module = without_memory(lambda: Crnn2d(50, layers, reading=reading))
    assert isinstance(module.rnn, torch.nn.GRU)
    assert count(module.rnn) == rnn
    assert count(module) == total


@pytest.mark.parametrize(
    ("layers", "rnn", "total"),
    [(3, 58_752, 1_538_802), (4, 107_904, 6_309_618), (5, 206_208, 25_288_434)],
)
def test_parameter_counts_along_time(layers: int, rnn: int, total: int) -> None:
    module = without_memory(lambda: Crnn2d(50, layers, rnn_axis="time"))
    assert isinstance(module.rnn, torch.nn.GRU)
    assert count(module.rnn) == rnn
    assert count(module.head) == 1_650
    assert count(module) == total


def test_the_printed_rnn_reads_the_channels_and_gives_one_number_each() -> None:
    network = Crnn2d(5, 3, width=0.02).eval()
    seen: list[tuple[int, ...]] = []
    network.rnn.register_forward_hook(lambda module, inputs, output: seen.append(tuple(inputs[0].shape)))
    with torch.inference_mode():
        assert network(torch.zeros(2, 1, 96, 911)).shape == (2, 5, 1)
    assert seen == [(2, 10, 32)]
    assert network.head.weight.shape == (5, 10)


def test_along_time_any_length_fits() -> None:
    network = Crnn2d(5, 3, rnn_axis="time", width=0.02).eval()
    assert network.input.any_length
    with torch.inference_mode():
        assert network(torch.zeros(1, 1, 96, 600)).shape == (1, 5, 1)


def test_networks_that_do_not_exist_are_refused() -> None:
    with pytest.raises(ValueError, match="3, 4 or 5 layers"):
        Crnn2d(50, 2)
    with pytest.raises(ValueError, match="reading by shapes"):
        Crnn2d(50, 4, reading="shapes")
