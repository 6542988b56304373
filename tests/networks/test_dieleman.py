from __future__ import annotations

import pytest

from mat_desktop.networks.dieleman import SETTINGS, DielemanMel, DielemanMusicnn, DielemanRaw
from mat_desktop.networks.multiscale import Multiscale
from tests.networks.measure import count, shapes, without_memory

FRAMES = {(1024, 1024): 46, (1024, 512): 92, (512, 512): 93, (512, 256): 186, (256, 256): 187}
MEL = {
    (1024, 1024): 49_374,
    (1024, 512): 58_974,
    (512, 512): 58_974,
    (512, 256): 78_174,
    (256, 256): 78_174,
}
RAW = {
    (1024, 1024): (180_574, 57_598),
    (1024, 512): (190_174, 67_198),
    (512, 512): (124_638, 50_814),
    (512, 256): (143_838, 70_014),
    (256, 256): (111_070, 61_822),
}


@pytest.mark.parametrize(("window", "stride"), SETTINGS)
def test_parameters_of_the_published_settings(window: int, stride: int) -> None:
    mel = without_memory(lambda: DielemanMel(50, window, stride))
    assert mel.input.shape == (1, 128, FRAMES[window, stride])
    assert count(mel) == MEL[window, stride]
    assert mel.input.compression == "log1p 10000"
    raw = without_memory(lambda: DielemanRaw(50, window, stride))
    assert raw.input.shape == (1, 48_000)
    assert shapes(raw, [raw.front]) == [(128, FRAMES[window, stride])]
    small = without_memory(lambda: DielemanRaw(50, window, stride, filters=32))
    assert (count(raw), count(small)) == RAW[window, stride]


@pytest.mark.parametrize(
    ("window", "stride", "expected"), [(1024, 1024, [39, 10, 3, 1]), (256, 256, [180, 45, 38, 10])]
)
def test_positions_of_the_mel_network(window: int, stride: int, expected: list[int]) -> None:
    module = without_memory(lambda: DielemanMel(50, window, stride))
    layers = [part for layer in module.trunk.layers for part in (layer[0], layer[2])]
    assert shapes(module, layers) == [(32, positions) for positions in expected]


def test_as_compared_with_musicnn() -> None:
    module = without_memory(lambda: DielemanMusicnn(50))
    layers = [part for layer in module.trunk.layers for part in (layer[0], layer[2])]
    assert shapes(module, layers) == [(32, 180), (32, 45), (32, 38), (32, 9)]
    assert count(module) == 66_784  # published: 66 k


@pytest.mark.parametrize("network", [DielemanMel, DielemanRaw])
def test_unpublished_settings_are_refused(network: type[DielemanMel | DielemanRaw]) -> None:
    with pytest.raises(ValueError, match="256/256"):
        network(50, window=256, stride=512)


def test_multiscale_after_zhu() -> None:
    module = without_memory(lambda: Multiscale(50))
    assert shapes(module, module.front) == [(64, 300)] * 3
    assert [count(branch) for branch in module.front] == [1_216, 4_288, 41_152]
    layers = [part for layer in module.trunk.layers for part in (layer[0], layer[2])]
    assert shapes(module, layers)[-4:] == [(32, 293), (32, 73), (32, 66), (32, 16)]
    assert count(module) == 160_414
