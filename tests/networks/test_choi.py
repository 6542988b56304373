from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from mat_desktop.domain.card import NetworkSpec
from mat_desktop.networks.choi import MEL, ChoiCrnn, ChoiFcn, ChoiK2c2, ChoiTimeCnn
from mat_desktop.networks.registry import parameter_count
from tests.networks.measure import count, shapes, without_memory

FIVE = [(128, 48, 341), (256, 24, 85), (512, 12, 21), (1024, 4, 4), (2048, 1, 1)]
FCN_SHAPES = {
    3: [(256, 32, 273), (768, 8, 17), (2048, 1, 1)],
    4: [(128, 48, 341), (384, 12, 68), (768, 4, 8), (2048, 1, 1)],
    5: FIVE,
    6: [*FIVE, (1024, 1, 1)],
    7: [*FIVE, (1024, 1, 1), (1024, 1, 1)],
}
FCN_TOTALS = {3: 16_039_218, 4: 17_365_938, 5: 25_183_026, 6: 27_232_050, 7: 28_283_698}

# Published are the budgets; ours below them by memory of the widths.
TOTALS: dict[str, dict[str, int]] = {
    "choi_k1c2": {"0.1M": 95_660, "0.25M": 232_743, "0.5M": 457_496, "1M": 944_631, "3M": 2_773_491},
    "choi_k2c1": {"0.1M": 89_988, "0.25M": 225_766, "0.5M": 459_030, "1M": 909_922, "3M": 2_701_920},
    "choi_k2c2": {"0.1M": 96_822, "0.25M": 246_097, "0.5M": 497_320, "1M": 1_003_828, "3M": 3_046_167},
    "choi_crnn": {"0.1M": 97_310, "0.25M": 246_386, "0.5M": 497_565, "1M": 1_000_943, "3M": 3_028_726},
}


def test_the_input_is_the_authors() -> None:
    assert MEL.window_seconds == 29.12
    assert without_memory(lambda: ChoiFcn(50)).input.shape == (1, 96, 1366)


@pytest.mark.parametrize("layers", FCN_SHAPES)
def test_fcn_shapes_and_parameters(layers: int) -> None:
    module = without_memory(lambda: ChoiFcn(50, layers))
    assert shapes(module, module.blocks) == FCN_SHAPES[layers]
    assert count(module) == FCN_TOTALS[layers]


def test_fcn_4_by_layer() -> None:
    module = without_memory(lambda: ChoiFcn(50, 4))
    assert [count(block) for block in module.blocks] == [1_536, 443_520, 2_656_512, 14_161_920]
    assert count(module.head) == 102_450
    convolutions = [block.convolution for block in module.blocks]
    assert shapes(module, convolutions) == [(128, 96, 1366), (384, 48, 341), (768, 12, 68), (2048, 4, 8)]


def test_fcn_of_other_depths_is_refused() -> None:
    for layers in (2, 8):
        with pytest.raises(ValueError, match="3 to 7 layers"):
            ChoiFcn(50, layers)


@pytest.mark.parametrize(("name", "budget"), [(n, b) for n, budgets in TOTALS.items() for b in budgets])
def test_budgets(name: str, budget: str) -> None:
    option = "size" if name in ("choi_k2c2", "choi_crnn") else "budget"
    ours = parameter_count(NetworkSpec(name, 0, 1.0, {option: budget}))
    assert ours == TOTALS[name][budget]
    tolerance = 0.11 if option == "budget" else 0.034
    assert ours == pytest.approx(float(budget[:-1]) * 1e6, rel=tolerance)


@pytest.mark.parametrize(
    ("kind", "convolved", "pooled", "parameters", "dense"),
    [
        (
            "k1c2",
            [(15, 96, 1366), (15, 96, 341), (30, 96, 68), (30, 96, 8)],
            [(15, 96, 341), (15, 96, 68), (30, 96, 8), (30, 96, 1)],
            [105, 945, 1_890, 3_690],
            [86_490, 990, 1_550],
        ),
        (
            "k2c1",
            [(43, 1, 1366), (43, 1, 341), (87, 1, 68), (87, 1, 8)],
            [(43, 1, 341), (43, 1, 68), (87, 1, 8), (87, 1, 1)],
            [16_641, 7_525, 15_225, 30_537],
            [7_830, 7_830, 4_400],
        ),
    ],
)
def test_k1c2_and_k2c1_at_a_tenth_of_a_million(
    kind: Any,
    convolved: list[tuple[int, ...]],
    pooled: list[tuple[int, ...]],
    parameters: list[int],
    dense: list[int],
) -> None:
    module = without_memory(lambda: ChoiTimeCnn(50, kind, "0.1M"))
    assert shapes(module, [block.convolution for block in module.blocks]) == convolved
    assert shapes(module, module.blocks) == pooled
    assert [count(block) for block in module.blocks] == parameters
    assert [count(layer) for layer in (*module.dense, module.head)] == dense


def test_k2c2_at_a_tenth_of_a_million() -> None:
    module = without_memory(lambda: ChoiK2c2(50, "0.1M"))
    assert shapes(module, module.blocks) == [
        (20, 48, 341),
        (41, 24, 85),
        (41, 12, 21),
        (62, 4, 4),
        (83, 1, 1),
    ]
    assert [count(block) for block in module.blocks] == [240, 7_503, 15_252, 23_064, 46_563]
    assert count(module.head) == 4_200


def test_crnn_at_a_tenth_of_a_million() -> None:
    module = without_memory(lambda: ChoiCrnn(50, "0.1M"))
    assert shapes(module, module.blocks) == [(30, 48, 720), (60, 16, 240), (60, 4, 60), (60, 1, 15)]
    assert [count(block) for block in module.blocks] == [360, 16_380, 32_580, 32_580]
    assert count(module.rnn) == 8_280 + 5_580
    assert count(module.head) == 1_550


def test_the_released_networks_have_the_published_counts() -> None:
    assert parameter_count(NetworkSpec("choi_k2c2", 0, 1.0, {"size": "released"})) == 865_950
    crnn = without_memory(lambda: ChoiCrnn(50, "released"))
    # Keras 1 gives each of the three gates of a GRU one bias, torch two: 2 layers x 3 gates x 32 units.
    assert count(crnn) - 2 * 3 * 32 == 396_786
    assert count(crnn) - count(crnn.frame_normalisation) == 394_098


def test_an_even_kernel_keeps_the_length_as_keras_does() -> None:
    torch.manual_seed(0)
    block = ChoiTimeCnn(5, "k1c2", "0.1M", 0.1).eval().blocks[0]
    block.pool = None
    log_mel = torch.randn(1, 1, 96, 50)
    with torch.inference_mode():
        padded = nn.functional.pad(log_mel, (1, 2))
        convolution = block.convolution
        plain = nn.functional.conv2d(padded, convolution.weight, convolution.bias)
        assert torch.allclose(block(log_mel), nn.functional.elu(block.normalisation(plain)), atol=1e-6)


def test_each_frame_of_the_released_input_has_its_own_gain() -> None:
    network = ChoiK2c2(5, "released", 0.05).eval()
    with torch.no_grad():
        network.frame_normalisation.weight[700:] = 0
    seen: list[torch.Tensor] = []
    network.blocks[0].register_forward_hook(lambda module, inputs, output: seen.append(inputs[0]))
    with torch.inference_mode():
        network(torch.ones(1, 1, 96, 1366))
    assert seen[0][0, 0, :, :700].min() > 0.9
    assert seen[0][0, 0, :, 700:].max() == 0
