from __future__ import annotations

import pytest
import torch

from mat_desktop.networks.sample_level import SampleLevel
from tests.networks.measure import count, shapes, without_memory

# After the strided convolution, each module, and the convolution of kernel 1: maps x positions.
THREE_NINE = [
    *((128, 19683), (128, 6561), (128, 2187), (256, 729), (256, 243), (256, 81)),
    *((256, 27), (256, 9), (256, 3), (512, 1), (512, 1)),
]
TWO_THIRTEEN = [
    *((128, 8192), (128, 4096), (128, 2048)),
    *((256, length) for length in (1024, 512, 256, 128, 64, 32, 16, 8, 4, 2)),
    *((512, 1), (512, 1)),
]


@pytest.mark.parametrize(
    ("m", "n", "samples", "expected", "total"),
    [(3, 9, 59_049, THREE_NINE, 1_869_874), (2, 13, 16_384, TWO_THIRTEEN, 1_872_818)],
)
def test_the_published_networks(
    m: int, n: int, samples: int, expected: list[tuple[int, ...]], total: int
) -> None:
    module = without_memory(lambda: SampleLevel(50, m, n))
    assert module.input.shape == (1, samples)
    assert module.input.sample_rate == 22_050
    assert shapes(module, module.blocks) == expected
    assert count(module) == total


def test_parameters_of_3_9_by_layer() -> None:
    module = without_memory(lambda: SampleLevel(50))
    assert [count(block) for block in module.blocks] == [
        *(768, 49_536, 49_536, 99_072),
        *[197_376] * 5,
        *(394_752, 263_680),
    ]
    assert count(module.head) == 25_650


@pytest.mark.parametrize(("m", "n"), [(2, 11), (3, 7), (4, 6), (5, 5)])
def test_every_m_and_n_end_with_one_position(m: int, n: int) -> None:
    module = without_memory(lambda: SampleLevel(50, m, n))
    assert module.input.length == m ** (n + 1)
    assert module(torch.zeros(1, 1, m ** (n + 1), device="meta")).shape == (1, 50, 1)


def test_a_longer_input_has_more_positions() -> None:
    network = SampleLevel(5, 3, 4, 0.05).eval()
    with torch.inference_mode():
        assert network(torch.zeros(1, 1, 4 * 243)).shape == (1, 5, 4)


@pytest.mark.parametrize(("m", "n"), [(1, 9), (6, 5), (3, 2), (5, 8), (2, 30)])
def test_impossible_numbers_are_refused(m: int, n: int) -> None:
    with pytest.raises(ValueError, match=r"no sample-level network"):
        SampleLevel(50, m, n)
