from __future__ import annotations

import pytest
import torch

from mat_desktop.domain.card import NetworkSpec
from mat_desktop.networks.fcn import Fcn2d
from mat_desktop.networks.registry import build

# Supplement 2 of the paper: channels x mel x frames after the pooling of each layer.
PRINTED = {
    3: [(128, 31, 303), (256, 9, 100), (512, 2, 32)],
    4: [(128, 47, 303), (256, 15, 100), (512, 4, 32), (1024, 1, 10)],
    5: [(128, 47, 454), (256, 22, 226), (512, 10, 74), (1024, 4, 24), (2048, 1, 8)],
}
# Convolution with bias and batch normalisation, per layer.
PARAMETERS = [1_536, 295_680, 1_181_184, 4_721_664, 18_880_512]
TOTALS = {3: 1_504_050, 4: 6_251_314, 5: 25_183_026}


@pytest.mark.parametrize("layers", PRINTED)
def test_every_layer_has_the_printed_shape(layers: int) -> None:
    network = Fcn2d(50, layers).eval()
    shapes: list[tuple[int, ...]] = []
    for block in network.blocks:
        block.register_forward_hook(lambda module, inputs, output: shapes.append(tuple(output.shape[1:])))
    with torch.inference_mode():
        logits = network(torch.zeros(1, 1, 96, 911))
    assert shapes == PRINTED[layers]
    assert logits.shape == (1, 50, PRINTED[layers][-1][2])


@pytest.mark.parametrize("layers", TOTALS)
def test_parameter_counts(layers: int) -> None:
    network = Fcn2d(50, layers)
    counts = [sum(p.numel() for p in block.parameters()) for block in network.blocks]
    assert counts == PARAMETERS[:layers]
    assert sum(p.numel() for p in network.parameters()) == TOTALS[layers]


@pytest.mark.parametrize(
    ("width", "channels"), [(0.25, [32, 64, 128, 256, 512]), (0.5, [64, 128, 256, 512, 1024])]
)
def test_the_width_scales_every_layer(width: float, channels: list[int]) -> None:
    network = Fcn2d(150, 5, width)
    assert [block.convolution.out_channels for block in network.blocks] == channels


def test_the_head_equals_global_average_and_a_dense_layer() -> None:
    torch.manual_seed(0)
    network = Fcn2d(50, 5, 0.0625).eval()
    clip = torch.randn(2, 1, 96, 911)
    with torch.inference_mode():
        maps = clip
        for block in network.blocks:
            maps = block(maps)
        dense = maps.mean(dim=(2, 3)) @ network.head.weight[:, :, 0, 0].T + network.head.bias
        assert torch.allclose(network(clip).mean(dim=2), dense, atol=1e-5)


def test_pooling_before_relu_equals_the_papers_order() -> None:
    torch.manual_seed(0)
    block = Fcn2d(5, 5, 0.0625).eval().blocks[4]
    maps = torch.randn(2, 64, 4, 24)
    with torch.inference_mode():
        papers = block.pool(torch.relu(block.normalisation(block.convolution(maps))))
        assert torch.equal(block(maps), papers)


def test_longer_and_shorter_inputs_give_more_and_fewer_positions() -> None:
    network = Fcn2d(5, 5, 0.03).eval()
    with torch.inference_mode():
        assert network(torch.zeros(1, 1, 96, 1822)).shape[2] == 16
        assert network(torch.zeros(1, 1, 96, 512)).shape[2] == 4


def test_networks_that_do_not_exist_are_refused() -> None:
    with pytest.raises(ValueError, match="3, 4 or 5 layers"):
        Fcn2d(50, 6)
    with pytest.raises(ValueError, match="width"):
        Fcn2d(50, 5, 0)
    with pytest.raises(ValueError, match="unknown network"):
        build(NetworkSpec("transformer", 5, 1.0), 50)
