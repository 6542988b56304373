from __future__ import annotations

import pytest
import torch

from mat_desktop.domain.card import NetworkSpec
from mat_desktop.domain.melspec import MelSpec
from mat_desktop.networks.blocks import Block, Pool
from mat_desktop.networks.fcn import ExperimentOne, Fcn1d, Fcn2d
from mat_desktop.networks.registry import build
from tests.networks.measure import count, shapes, without_memory

# Supplement 1 of the paper: channels x frames after the pooling of each layer, for 96 x 911.
PRINTED_1D = {
    3: [(128, 303), (256, 100), (512, 32)],
    4: [(128, 303), (256, 100), (512, 32), (1024, 10)],
    5: [(128, 454), (256, 226), (512, 74), (1024, 24), (2048, 7)],
}
# Supplement 2: channels x mel x frames.
PRINTED_2D = {
    3: [(128, 31, 303), (256, 9, 100), (512, 2, 32)],
    4: [(128, 47, 303), (256, 15, 100), (512, 4, 32), (1024, 1, 10)],
    5: [(128, 47, 454), (256, 22, 226), (512, 10, 74), (1024, 4, 24), (2048, 1, 8)],
}
# Convolution with bias and batch normalisation, per layer, and what the supplements print for it.
PARAMETERS_1D = [37_248, 99_072, 394_752, 1_575_936, 6_297_600]
PRINTED_PARAMETERS_1D = [3.7e4, 9.9e4, 4.0e5, 1.5e6, 6.3e6]
PARAMETERS_2D = [1_536, 295_680, 1_181_184, 4_721_664, 18_880_512]
PRINTED_PARAMETERS_2D = [1.5e3, 2.9e5, 1.2e6, 4.7e6, 1.8e7]  # as in Supplement 3
TOTALS_1D = {3: 556_722, 4: 2_158_258, 5: 8_507_058}
TOTALS_2D = {3: 1_504_050, 4: 6_251_314, 5: 25_183_026}


@pytest.mark.parametrize("layers", [3, 4, 5])
@pytest.mark.parametrize(("network", "printed"), [(Fcn1d, PRINTED_1D), (Fcn2d, PRINTED_2D)])
def test_every_layer_has_the_printed_shape(
    network: type[Fcn1d | Fcn2d], printed: dict[int, list[tuple[int, ...]]], layers: int
) -> None:
    module = without_memory(lambda: network(50, layers))
    assert shapes(module, module.blocks) == printed[layers]
    logits = module(torch.zeros(1, 1, 96, 911, device="meta"))
    assert logits.shape == (1, 50, printed[layers][-1][-1])


@pytest.mark.parametrize("layers", [3, 4, 5])
@pytest.mark.parametrize(
    ("network", "parameters", "totals"),
    [(Fcn1d, PARAMETERS_1D, TOTALS_1D), (Fcn2d, PARAMETERS_2D, TOTALS_2D)],
)
def test_parameter_counts(
    network: type[Fcn1d | Fcn2d], parameters: list[int], totals: dict[int, int], layers: int
) -> None:
    module = without_memory(lambda: network(50, layers))
    assert [count(block) for block in module.blocks] == parameters[:layers]
    assert count(module) == totals[layers]


@pytest.mark.parametrize(
    ("parameters", "printed"),
    [(PARAMETERS_1D, PRINTED_PARAMETERS_1D), (PARAMETERS_2D, PRINTED_PARAMETERS_2D)],
)
def test_the_printed_counts_are_ours_in_two_digits(parameters: list[int], printed: list[float]) -> None:
    # The paper mixes rounding and cutting off, so the second digit may be one off.
    for ours, papers in zip(parameters, printed, strict=True):
        assert abs(ours - papers) < 0.1 * 10 ** (len(str(ours)) - 1) + 1


@pytest.mark.parametrize(
    ("configuration", "layers", "constant", "doubling", "frames"),
    [
        ("control", 3, 37_618, 146_290, 32),
        ("a", 3, 37_618, 146_290, 32),
        ("b", 3, 124_338, 538_290, 32),
        ("c", 3, 46_834, 155_506, 32),
        ("d", 4, 50_098, 553_842, 10),
        ("e", 3, 142_770, 556_722, 32),
        ("f", 4, 192_306, 2_158_258, 10),
        ("g", 5, 241_842, 8_507_058, 2),
    ],
)
def test_experiment_one(configuration: str, layers: int, constant: int, doubling: int, frames: int) -> None:
    module = without_memory(lambda: ExperimentOne(50, configuration))
    assert count(module) == constant
    assert [shape[1] for shape in shapes(module, module.blocks)] == [303, 100, 32, 10, 2][:layers]
    assert module(torch.zeros(1, *module.input.shape, device="meta")).shape == (1, 50, frames)
    assert count(without_memory(lambda: ExperimentOne(50, configuration, growth="doubling"))) == doubling


def test_experiment_one_hears_what_table_1_says() -> None:
    assert ExperimentOne(5, "control").input.mel == MelSpec(n_mels=48)
    assert ExperimentOne(5, "a").input.mel == MelSpec(n_fft=2048, n_mels=48)
    assert ExperimentOne(5, "e").input.mel == MelSpec()
    half = without_memory(lambda: ExperimentOne(5, "a", hop="half the window"))
    assert half.input.mel == MelSpec(n_fft=2048, hop_length=1024, n_mels=48, window_frames=456)
    assert [shape[1] for shape in shapes(half, half.blocks)] == [151, 49, 15]


def test_average_pooling_comes_after_relu() -> None:
    torch.manual_seed(0)
    block = Block(torch.nn.Conv1d(2, 3, 3), Pool((3,)).layer("average")).eval()
    maps = torch.randn(2, 2, 20)
    with torch.inference_mode():
        activated = torch.relu(block.normalisation(block.convolution(maps)))
        assert torch.equal(block(maps), torch.nn.functional.avg_pool1d(activated, 3))


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
    with pytest.raises(ValueError, match="3, 4 or 5 layers"):
        Fcn1d(50, 2)
    with pytest.raises(ValueError, match="width"):
        Fcn2d(50, 5, 0)
    with pytest.raises(ValueError, match="unknown network"):
        build(NetworkSpec("transformer", 5, 1.0), 50)
