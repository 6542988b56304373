from __future__ import annotations

import json
from dataclasses import asdict, replace
from itertools import product

import msgspec
import pytest
import torch

from mat_desktop.domain.card import NetworkSpec
from mat_desktop.networks.base import Network
from mat_desktop.networks.registry import build, names, parameter_count

TAGS = 4
# Recurrent networks over channels have one step a channel, so their width is also their length.
WIDTH = 0.02

# Parameters at 50 tags, width 1, by name and depth, all else as the registry has it.
PARAMETERS = {
    ("fcn1d", 3): 556_722,
    ("fcn1d", 4): 2_158_258,
    ("fcn1d", 5): 8_507_058,
    ("fcn2d", 3): 1_504_050,
    ("fcn2d", 4): 6_251_314,
    ("fcn2d", 5): 25_183_026,
    ("crnn2d", 3): 1_504_167,
    ("crnn2d", 4): 6_251_407,
    ("crnn2d", 5): 25_183_101,
    ("experiment1_control", 0): 37_618,
    ("experiment1_a", 0): 37_618,
    ("experiment1_b", 0): 124_338,
    ("experiment1_c", 0): 46_834,
    ("experiment1_d", 0): 50_098,
    ("experiment1_e", 0): 142_770,
    ("experiment1_f", 0): 192_306,
    ("experiment1_g", 0): 241_842,
    ("choi_fcn", 3): 16_039_218,
    ("choi_fcn", 4): 17_365_938,
    ("choi_fcn", 5): 25_183_026,
    ("choi_fcn", 6): 27_232_050,
    ("choi_fcn", 7): 28_283_698,
    ("choi_k1c2", 0): 944_631,
    ("choi_k2c1", 0): 909_922,
    ("choi_k2c2", 0): 1_003_828,
    ("choi_crnn", 0): 1_000_943,
    ("sample_level", 0): 1_869_874,
    ("pons_waveform", 0): 5_379_126,
    ("pons_waveform_mtat", 0): 193_174,
    ("pons_spectrogram", 0): 5_926_198,
    ("pons_spectrogram_mtat", 0): 223_130,
    ("musicnn", 0): 787_159,
    ("multiscale", 0): 160_414,
    ("dieleman_mel", 0): 78_174,
    ("dieleman_raw", 0): 111_070,
    ("dieleman_musicnn", 0): 66_784,
}


def named(name: str, layers: int = 0, width: float = 1.0, **options: int | str) -> NetworkSpec:
    return NetworkSpec(name, layers, width, options)


VARIANTS = [
    named("crnn2d", 3, rnn_axis="time"),
    named("crnn2d", 3, reading="shapes"),
    named("experiment1_a", hop="half the window", pool="average", growth="doubling"),
    named("choi_k2c2", size="released"),
    named("choi_crnn", size="released"),
    named("sample_level", m=2, n=8),
    named("dieleman_mel", window=1024, stride=1024),
    named("dieleman_raw", window=512, stride=256, filters=32),
]


SMALL = [replace(spec, width=WIDTH) for spec in (*map(named, names()), *VARIANTS)]
ids = [" ".join([spec.name, *map(str, spec.options.values())]) for spec in SMALL]
every_network = pytest.mark.parametrize("spec", SMALL, ids=ids)


def made(spec: NetworkSpec, dropout: float = 0.0) -> tuple[Network, torch.Tensor]:
    """A small network, and a batch of two for it."""
    torch.manual_seed(0)
    network = build(spec, TAGS, dropout)
    return network, torch.randn(2, *network.input.shape)


@pytest.mark.parametrize(("name", "layers"), PARAMETERS)
def test_parameter_counts(name: str, layers: int) -> None:
    assert parameter_count(named(name, layers)) == PARAMETERS[name, layers]


def test_every_network_is_described_and_counted() -> None:
    assert {name for name, _ in PARAMETERS} == set(names())
    for name, entry in names().items():
        assert entry.text and entry.source and "\n" not in entry.text
        assert set(entry.depths) == {layers for n, layers in PARAMETERS if n == name} - {0}
        assert all(option.default in option.allowed and option.text for option in entry.options.values())


@every_network
def test_a_batch_of_two_has_logits_and_finite_gradients(spec: NetworkSpec) -> None:
    network, audio = made(spec, dropout=0.1)
    logits = network(audio)
    assert logits.shape[:2] == (2, TAGS)
    assert logits.ndim == 3 and logits.shape[2] >= 1
    torch.nn.functional.binary_cross_entropy_with_logits(logits.mean(dim=2), torch.ones(2, TAGS)).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name
    assert network.head.bias is not None
    assert (network.head.bias.grad != 0).all()


@every_network
def test_evaluation(spec: NetworkSpec) -> None:
    """Deterministic; the same after a round trip and in channels_last; nearly the same in bfloat16."""
    network, audio = made(spec, dropout=0.5)
    network.eval()
    torch.manual_seed(1)
    twin = build(spec, TAGS).eval()
    twin.load_state_dict(network.state_dict())
    with torch.inference_mode():
        exact = network(audio)
        assert torch.equal(exact, network(audio))
        assert torch.equal(exact, twin(audio))
        if audio.ndim == 4:
            twin.to(memory_format=torch.channels_last)
            audio = audio.contiguous(memory_format=torch.channels_last)
            assert torch.allclose(twin(audio), exact, atol=1e-4)
        with torch.autocast("cpu", torch.bfloat16):
            rough = twin(audio)
    assert rough.shape == exact.shape
    assert torch.allclose(rough.float(), exact, atol=0.1)


@every_network
def test_the_input_says_what_it_is(spec: NetworkSpec) -> None:
    listens_to = build(spec, TAGS).input
    if listens_to.mel is None:
        assert listens_to.shape == (1, listens_to.length)
    else:
        assert listens_to.sample_rate == listens_to.mel.sample_rate
        assert listens_to.shape == (1, listens_to.mel.n_mels, listens_to.mel.window_frames)


@pytest.mark.parametrize("spec", [spec for spec in SMALL if build(spec, TAGS).input.any_length])
def test_a_longer_input_fits_where_the_network_says_so(spec: NetworkSpec) -> None:
    network, audio = made(spec)
    longer = torch.cat([audio, audio[..., : audio.shape[-1] // 2]], dim=-1)
    with torch.inference_mode():
        more, fewer = network.eval()(longer), network(audio)
    assert more.shape[:2] == (2, TAGS)
    assert more.shape[2] >= fewer.shape[2]


def test_no_layers_given_means_the_usual_depth() -> None:
    assert parameter_count(named("fcn2d")) == PARAMETERS["fcn2d", 5]
    assert parameter_count(named("choi_fcn")) == PARAMETERS["choi_fcn", 4]


def test_a_spec_goes_through_json() -> None:
    spec = named("sample_level", m=2, n=13)
    assert msgspec.json.decode(msgspec.json.encode(spec), type=NetworkSpec) == spec
    assert NetworkSpec(**json.loads(json.dumps(asdict(spec)))) == spec
    old = b'{"name": "fcn2d", "layers": 5, "width": 0.25}'
    assert msgspec.json.decode(old, type=NetworkSpec) == NetworkSpec("fcn2d", 5, 0.25)


def test_the_bundled_models_names_of_weights_stay() -> None:
    network = build(named("fcn2d", 5, 0.02), TAGS)
    parts = ("convolution.weight", "convolution.bias", "normalisation.weight", "normalisation.bias")
    parts += ("normalisation.running_mean", "normalisation.running_var", "normalisation.num_batches_tracked")
    expected = {f"blocks.{layer}.{part}" for layer, part in product(range(5), parts)}
    assert set(network.state_dict()) == expected | {"head.weight", "head.bias"}


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (named("transformer"), "unknown network 'transformer'; known: fcn1d, fcn2d"),
        (named("fcn2d", 6), "3, 4 or 5 layers, not 6"),
        (named("fcn2d", -1), "3, 4 or 5 layers, not -1"),
        (named("choi_fcn", 2), "3 to 7 layers"),
        (named("musicnn", 5), "one depth only"),
        (named("fcn2d", width=0), "above 0 and at most 4, not 0"),
        (named("fcn2d", width=5), "at most 4, not 5"),
        (named("fcn2d", width=float("nan")), "at most 4, not nan"),
        (named("fcn2d", depth=3), "has no option 'depth'; known: it has none"),
        (named("crnn2d", axis="time"), "known: rnn_axis, reading"),
        (named("crnn2d", rnn_axis="mel"), "channels, time, not 'mel'"),
        (named("crnn2d", 4, reading="shapes"), "only the CRNN with 3 layers"),
        (named("sample_level", m=7), "2 to 5, not 7"),
        (named("sample_level", m="3"), "2 to 5, not '3'"),
        (named("sample_level", m=True), "2 to 5, not True"),
        (named("sample_level", m=5, n=18), r"no sample-level network 5\^18"),
        (named("dieleman_mel", stride=1024), "no window 256 with stride 1024"),
    ],
)
def test_what_cannot_be_built_is_refused_in_clear_words(spec: NetworkSpec, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build(spec, 50)


def test_no_tags_are_refused() -> None:
    with pytest.raises(ValueError, match="a tag at least"):
        build(named("musicnn"), 0)


@pytest.mark.parametrize(
    "name", ["fcn1d", "fcn2d", "crnn2d", "choi_k2c2", "choi_crnn", "musicnn", "sample_level"]
)
def test_what_the_head_hears(name: str) -> None:
    """Features are those that the head makes the logits of, whatever kind of layer it is."""
    network = build(NetworkSpec(name, 0, WIDTH), TAGS).eval()
    audio = torch.randn(2, *network.input.shape)
    with torch.inference_mode():
        logits, features = network.listen(audio)
        again = network(audio)
        made = network.head.weight.flatten(1) @ features.T + network.head.bias[:, None]
    assert torch.equal(logits, again)
    assert torch.allclose(made.T, logits.mean(dim=2), atol=1e-4)
