from __future__ import annotations

import pytest
import torch

from mat_desktop.networks.pons import Musicnn, PonsSpectrogram, PonsWaveform
from tests.networks.measure import count, shapes, without_memory


def test_the_waveform_front_end() -> None:
    module = without_memory(lambda: PonsWaveform(50))
    assert shapes(module, module.front) == [
        *((64, 19683), (64, 6560), (64, 2186), (128, 728), (128, 242), (128, 80), (256, 26)),
    ]
    assert [count(layer) for layer in module.front] == [384, 12_480, 12_480, 24_960, 49_536, 49_536, 99_072]
    assert count(module) == 5_379_126  # the paper, by memory: 5.3 M


def test_the_spectrogram_front_end() -> None:
    module = without_memory(lambda: PonsSpectrogram(50))
    expected = [(n, 187) for n in (16, 32, 64, 16, 32, 64, 16, 32, 64, 128)]
    assert shapes(module, module.front) == expected
    assert [count(branch) for branch in module.front] == [
        *(9_680, 8_352, 5_696, 4_304, 3_744, 2_624),
        *(2_688, 4_192, 4_288, 4_480),
    ]
    assert [tuple(branch.layer.convolution.kernel_size) for branch in module.front] == [
        *((86, 7), (86, 3), (86, 1), (38, 7), (38, 3), (38, 1)),
        *((165,), (128,), (64,), (32,)),
    ]
    assert count(module) == 5_926_198  # the paper, by memory: 5.9 M


@pytest.mark.parametrize(
    ("make", "features", "times"),
    [(PonsWaveform, 256, (20, 20, 10, 10)), (PonsSpectrogram, 464, (181, 181, 90, 90))],
)
def test_the_back_end(
    make: type[PonsWaveform | PonsSpectrogram], features: int, times: tuple[int, ...]
) -> None:
    module = without_memory(lambda: make(50))
    back = module.back
    expected = [*((512, time) for time in times), (500,)]
    assert shapes(module, [back.adapt, back.first, back.pool, back.second, back.dense]) == expected
    assert back.adapt.convolution.in_channels == features
    assert [count(layer) for layer in (back.first, back.second, back.dense)] == [
        1_836_544,
        1_836_544,
        513_500,
    ]
    assert count(module.head) == 25_050


@pytest.mark.parametrize(
    ("filters", "maps", "dense", "total"),
    [
        (16, 64, 200, 138_874),
        (16, 64, 500, 193_174),
        (32, 64, 200, 214_298),
        (32, 32, 200, 129_530),
        (64, 64, 200, 457_306),
    ],
)
def test_smaller_waveform_networks(filters: int, maps: int, dense: int, total: int) -> None:
    assert count(without_memory(lambda: PonsWaveform(50, filters, maps, dense))) == total


@pytest.mark.parametrize(
    ("filters", "maps", "dense", "total"),
    [
        (4, 64, 200, 158_650),
        (4, 32, 200, 76_570),
        (2, 64, 200, 126_410),
        (8, 64, 200, 223_130),
        (16, 64, 200, 352_090),
        (4, 64, 500, 212_950),
    ],
)
def test_smaller_spectrogram_networks(filters: int, maps: int, dense: int, total: int) -> None:
    assert count(without_memory(lambda: PonsSpectrogram(50, filters, maps, dense))) == total


def test_musicnn() -> None:
    module = without_memory(lambda: Musicnn(50))
    layers = [*module.front, *module.middle, module.summary_normalisation, module.dense]
    expected = [*[(204, 187)] * 2, *[(51, 187)] * 3, *[(64, 187)] * 3, (1506,), (200,)]
    assert shapes(module, layers) == expected
    assert [count(layer) for layer in layers] == [
        *(54_876, 96_288, 6_681, 3_417, 1_785),
        *(251_520, 28_864, 28_864, 3_012, 301_800),
    ]
    assert count(module.input_normalisation) == 2
    assert count(module.head) == 10_050
    assert count(module) == 787_159  # published: 787 k
    assert count(without_memory(lambda: Musicnn(50, 512, 500))) == 7_980_235


@pytest.mark.parametrize("make", [PonsSpectrogram, Musicnn])
def test_any_length_of_log_mel_fits(make: type[PonsSpectrogram | Musicnn]) -> None:
    network = make(5, width=0.1).eval()
    with torch.inference_mode():
        assert network(torch.zeros(1, 1, 96, 100)).shape == (1, 5, 1)
        assert network(torch.zeros(1, 1, 96, 400)).shape == (1, 5, 1)


def test_a_later_frame_is_heard_as_well_as_an_early_one() -> None:
    # Even kernels of 128, 64 and 32 frames are padded so that nothing falls off at either end.
    torch.manual_seed(0)
    branch = PonsSpectrogram(5, width=0.1).eval().front[7]
    click = torch.zeros(1, 1, 96, 187)
    click[..., 186] = 10.0
    with torch.inference_mode():
        assert not torch.equal(branch(click), branch(torch.zeros_like(click)))
