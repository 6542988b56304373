"""Evidence on networks whose answer is known by construction, then on real music."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mat_desktop.app.evidence import half_level, smooth
from mat_desktop.audio.decode import Decoding
from mat_desktop.audio.mel import log_mel_stream
from mat_desktop.audio.windows import raised
from mat_desktop.domain.card import ModelCard, NetworkSpec, TagSpec
from mat_desktop.errors import ModelFault
from mat_desktop.inference.evidence import find_evidence
from mat_desktop.inference.tagger import Tagger
from mat_desktop.networks.registry import build
from tests.models import tiny_card

ROOT = Path(__file__).parents[2]
CPU = torch.device("cpu")
TAGS = (TagSpec("tone", "mtat", 0.5), TagSpec("click", "mtat", 0.5))


def tagger_of(spec: NetworkSpec, card: ModelCard | None = None) -> Tagger:
    card = replace(card or tiny_card(), network=spec)
    torch.manual_seed(0)
    network = build(spec, len(card.tags))
    return Tagger(card, {name: value.numpy() for name, value in network.state_dict().items()}, CPU)


def lines_tagger() -> Tagger:
    """Channel 0 sees lines along time (a tone), channel 1 lines across (a click); each is one tag."""
    tagger = tagger_of(NetworkSpec("fcn2d", 5, 2 / 128), replace(tiny_card(), tags=TAGS))
    along = torch.tensor([[-0.5, -0.5, -0.5], [1.0, 1.0, 1.0], [-0.5, -0.5, -0.5]])
    with torch.no_grad():
        for number, block in enumerate(tagger.network.blocks):
            block.convolution.weight.zero_()
            block.convolution.bias.zero_()
            for channel, kernel in enumerate((along, along.T)):
                if number == 0:
                    block.convolution.weight[channel, 0] = kernel
                else:
                    block.convolution.weight[channel, channel] = 1 / 9
        tagger.network.head.weight.zero_()
        tagger.network.head.bias.fill_(-1.0)
        for channel in range(2):
            tagger.network.head.weight[channel, channel] = 10.0
    return tagger


def share_inside(evidence: np.ndarray, bands: slice, frames: slice) -> float:
    strength = np.square(evidence.astype(float))
    inside = strength[bands.start // 4 : bands.stop // 4, frames.start // 4 : frames.stop // 4]
    return float(inside.sum() / strength.sum())


def test_each_tag_is_found_where_its_shape_is() -> None:
    tagger = lines_tagger()
    log_mel = np.full((96, 911 * 2 + 300), -60, np.float32)
    log_mel[20:40:4, 100:400] = 0  # tones in the first window
    log_mel[60:90, 1300:1600:8] = 0  # clicks in the second
    tone = find_evidence(tagger, log_mel, [0], nullcontext)
    click = find_evidence(tagger, log_mel, [1], nullcontext)
    assert tone.shape == click.shape == (24, -(-log_mel.shape[1] // 4))
    assert share_inside(tone, slice(12, 48), slice(84, 416)) > 0.9
    assert share_inside(click, slice(52, 96), slice(1284, 1616)) > 0.9
    assert tone.max() == click.max() == 255


def test_a_display_tag_of_several_outputs_shows_all_of_them() -> None:
    log_mel = np.full((96, 911), -60, np.float32)
    log_mel[20:40:4, 100:400] = 0
    log_mel[60:90, 600:800:8] = 0
    both = find_evidence(lines_tagger(), log_mel, [0, 1], nullcontext)
    assert share_inside(both, slice(12, 48), slice(84, 416)) > 0.2
    assert share_inside(both, slice(52, 96), slice(584, 816)) > 0.2


def test_evidence_is_that_of_the_raised_track() -> None:
    spec = NetworkSpec("fcn2d", 5, 2 / 128)
    tagger = tagger_of(spec)
    levelled = tagger_of(spec, replace(tiny_card(), level=-8.0))
    log_mel = np.full((96, 911), -60, np.float32)
    log_mel[20:40:4, 100:400] = -10
    louder = raised(log_mel, 911, -8.0)
    heard, expected, other = (
        find_evidence(who, what, [0], nullcontext)
        for who, what in ((levelled, log_mel), (tagger, louder), (tagger, log_mel))
    )
    assert np.array_equal(heard, expected)
    assert not np.array_equal(other, expected)


def test_silence_speaks_for_nothing() -> None:
    evidence = find_evidence(lines_tagger(), np.full((96, 1000), -100, np.float32), [0], nullcontext)
    assert not evidence.any()


def test_one_dimensional_networks_have_evidence_over_frequency_too() -> None:
    """The first convolution hears only bands 40 to 59, which nothing but the input's gradient can show."""
    tagger = tagger_of(NetworkSpec("fcn1d", 3, 0.05))
    with torch.no_grad():
        weight = tagger.network.blocks[0].convolution.weight
        weight[:, :40] = 0
        weight[:, 60:] = 0
    log_mel = (np.random.default_rng(0).standard_normal((96, 1200)) * 20 - 30).astype(np.float32)
    evidence = find_evidence(tagger, log_mel, [0], nullcontext)
    assert evidence.any()
    assert share_inside(evidence, slice(40, 60), slice(0, 1200)) == pytest.approx(1)


@pytest.mark.parametrize(
    "spec",
    [
        *(NetworkSpec("fcn2d", layers, 0.03) for layers in (3, 4, 5)),
        *(NetworkSpec("fcn1d", layers, 0.03) for layers in (3, 4, 5)),
        NetworkSpec("crnn2d", 5, 0.03),
    ],
    ids=lambda spec: f"{spec.name}-{spec.layers}",
)
def test_every_depth(spec: NetworkSpec) -> None:
    log_mel = (np.random.default_rng(0).standard_normal((96, 1500)) * 20 - 30).astype(np.float32)
    evidence = find_evidence(tagger_of(spec), log_mel, [0, 1], nullcontext)
    assert evidence.shape == (24, 375)
    assert evidence.max() in (0, 255)


def test_a_network_without_maps_says_so() -> None:
    tagger = tagger_of(NetworkSpec("fcn2d", 5, 0.03))
    tagger.network = torch.nn.Identity()  # type: ignore[assignment]
    with pytest.raises(ModelFault, match="no maps over time and frequency"):
        find_evidence(tagger, np.zeros((96, 911), np.float32), [0], nullcontext)


def test_it_can_be_given_up_between_two_windows() -> None:
    calls = 0

    def turn() -> AbstractContextManager[object]:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise InterruptedError
        return nullcontext()

    with pytest.raises(InterruptedError):
        find_evidence(lines_tagger(), np.zeros((96, 911 * 5), np.float32), [0], turn)
    assert calls == 2


@pytest.mark.parametrize(
    "name", ["04 Iron Weather.mp3", "05 Courtyard Guitar.ogg", "02 Adagio for Evening Strings.m4a"]
)
def test_silencing_the_evidence_costs_more_than_silencing_as_much_elsewhere(name: str) -> None:
    """The bundled network on music: the region that is outlined holds what the score rests on."""
    tagger = Tagger.open(ROOT / "resources" / "models" / "fcn2d", CPU)
    path = ROOT / "resources" / "demo" / name
    log_mel = log_mel_stream(Decoding(path, 16_000), tagger.card.mel)[:, :911]

    mean = np.array(tagger.card.normalisation.mean, np.float32)[:, None]

    def logits(silenced: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            piece = np.where(silenced, mean, log_mel)
            return tagger.network(tagger.batch([piece])).mean(dim=2)[0].numpy()

    before = logits(np.zeros(log_mel.shape, bool))
    surest = np.argsort([tag.threshold for tag in tagger.card.tags] - 1 / (1 + np.exp(-before)))[:3]
    random = np.random.default_rng(0)
    here, elsewhere = [], []
    for tag in map(int, surest):
        found = np.square(find_evidence(tagger, log_mel, [tag], nullcontext).astype(np.float32) / 255)
        blurred = smooth(found, 1, 3)
        region = np.repeat(np.repeat(blurred >= half_level(blurred), 4, axis=0), 4, axis=1)[:, :911]
        assert region.mean() < 0.4
        here.append(before[tag] - logits(region)[tag])
        for _ in range(4):
            moved = np.roll(region, (random.integers(16, 80), random.integers(150, 760)), axis=(0, 1))
            elsewhere.append(before[tag] - logits(moved)[tag])
    assert np.mean(here) > 0.3
    assert np.mean(here) > 1.5 * np.mean(elsewhere)
