"""Networks by name, as a model card and a training setting name them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import torch

from mat_desktop.domain.card import NetworkSpec
from mat_desktop.networks.base import Network
from mat_desktop.networks.choi import (
    CRNN_WIDTHS,
    K1C2_WIDTHS,
    K2C2_WIDTHS,
    ChoiCrnn,
    ChoiFcn,
    ChoiK2c2,
    ChoiTimeCnn,
)
from mat_desktop.networks.crnn import Crnn2d
from mat_desktop.networks.dieleman import DielemanMel, DielemanMusicnn, DielemanRaw
from mat_desktop.networks.fcn import CONFIGURATIONS, ExperimentOne, Fcn1d, Fcn2d
from mat_desktop.networks.multiscale import Multiscale
from mat_desktop.networks.pons import Musicnn, PonsSpectrogram, PonsWaveform
from mat_desktop.networks.sample_level import SampleLevel


@dataclass(frozen=True, slots=True)
class Option:
    """A choice that a network leaves.

    :param default: the published network, or our reading of it
    :param allowed: all values
    :param text: what it decides
    """

    default: int | str
    allowed: Sequence[int] | Sequence[str]
    text: str

    def check(self, name: str, value: int | str) -> int | str:
        """The value. :raises ValueError: it is not allowed."""
        if type(value) is type(self.default) and value in self.allowed:
            return value
        allowed = self.allowed
        known = (
            f"{allowed[0]} to {allowed[-1]}" if isinstance(allowed, range) else ", ".join(map(str, allowed))
        )
        raise ValueError(f"the option {name} is {known}, not {value!r}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One name of the registry.

    :param text: one line for people
    :param source: who published it, and where
    :param make: the constructor; takes tags, and by name width, dropout, layers if there are depths, the
        options
    :param published: number of parameters as the source states it; empty where it states none
    :param depths: numbers of layers, the default first; empty where there is only one depth
    """

    text: str
    source: str
    make: Callable[..., Network]
    published: str = ""
    depths: tuple[int, ...] = ()
    options: Mapping[str, Option] = field(default_factory=dict)

    def arguments(self, spec: NetworkSpec) -> dict[str, int | str]:
        """Layers and options for ``make``, completed. :raises ValueError: one of them is not allowed."""
        given = dict(spec.options)
        unknown = sorted(given.keys() - self.options.keys())
        if unknown:
            known = ", ".join(self.options) or "it has none"
            raise ValueError(f"{spec.name} has no option {unknown[0]!r}; known: {known}")
        complete = {
            name: option.check(name, given.get(name, option.default)) for name, option in self.options.items()
        }
        if self.depths:
            # A depth that does not exist is for the constructor to refuse, in its own words.
            return {"layers": spec.layers or self.depths[0], **complete}
        if spec.layers:
            raise ValueError(f"{spec.name} has one depth only: leave its layers at 0, not {spec.layers}")
        return complete


PAPER = "the paper"
CHOI_2016 = "Choi, Fazekas, Sandler: Automatic tagging using deep convolutional neural networks, ISMIR 2016"
CHOI_2017 = "Choi, Fazekas, Sandler, Cho: Convolutional recurrent neural networks, ICASSP 2017"
LEE = "Lee, Park, Kim, Nam: Sample-level deep convolutional neural networks, SMC 2017"
PONS = "Pons et al.: End-to-end learning for music audio tagging at scale, ISMIR 2018"
MUSICNN = "Pons, Serra: musicnn, ISMIR late-breaking demo 2019"
ZHU = "after Zhu, Engel, Hannun: Learning multiscale features directly from waveforms, Interspeech 2016"
DIELEMAN = "Dieleman, Schrauwen: End-to-end learning for music audio, ICASSP 2014"

_MAPS = "maps of the three convolutions after the front end"
_DENSE = "units of the dense layer"


def _experiment_one(name: str) -> Entry:
    row = CONFIGURATIONS[name]
    title = "control" if name == "control" else f"type {name.upper()}"
    return Entry(
        f"Experiment I, {title}: 1D, {row.layers} x {row.hidden}, {row.n_mels} bands, FFT {row.n_fft}",
        f"{PAPER}, Table 1",
        partial(ExperimentOne, configuration=name),
        options={
            "growth": Option("constant", ("constant", "doubling"), "maps from layer to layer"),
            "pool": Option("max", ("max", "average"), "kind of pooling"),
            "hop": Option("512", ("512", "half the window"), "samples between two frames"),
        },
    )


def _pons(make: Callable[..., Network], text: str, published: str, sizes: tuple[int, int, int]) -> Entry:
    filters, maps, dense = sizes
    return Entry(
        text,
        PONS,
        make,
        published,
        options={
            "filters": Option(filters, range(1, 257), "maps of the smallest group of the front end"),
            "maps": Option(maps, range(1, 1025), _MAPS),
            "dense": Option(dense, range(1, 1025), _DENSE),
        },
    )


def _budgets(*allowed: str) -> dict[str, Option]:
    name = "size" if "released" in allowed else "budget"
    return {name: Option("1M", allowed, "number of parameters that the channels aim at")}


def _windows(**more: Option) -> dict[str, Option]:
    return {
        "window": Option(256, (256, 512, 1024), "samples of a frame"),
        "stride": Option(256, (256, 512, 1024), "samples between two frames"),
        **more,
    }


_ENTRIES: dict[str, Entry] = {
    "fcn1d": Entry(
        "1D FCN: convolutions along time over 96 mel bands",
        f"{PAPER}, Supplement 1",
        Fcn1d,
        "by layer: 3.7e4, 9.9e4, 4.0e5, 1.5e6, 6.3e6",
        (5, 4, 3),
    ),
    "fcn2d": Entry(
        "2D FCN: convolutions along mel and time",
        f"{PAPER}, Supplement 2",
        Fcn2d,
        "by layer: 1.5e3, 2.9e5, 1.2e7, 4.7e7, 1.8e8 (the last three ten times too large)",
        (5, 4, 3),
    ),
    "crnn2d": Entry(
        "2D CRNN: the 2D convolutions and a recurrent layer",
        f"{PAPER}, Supplement 3",
        Crnn2d,
        "by layer: 1.5e3, 2.9e5, 1.2e6, 4.7e6, 1.8e7; RNN 117",
        (5, 4, 3),
        {
            "rnn_axis": Option("channels", ("channels", "time"), "what the RNN reads one after another"),
            "reading": Option("pools", ("pools", "shapes"), "of 3 layers: which of the printed numbers hold"),
        },
    ),
    **{f"experiment1_{name}": _experiment_one(name) for name in CONFIGURATIONS},
    "choi_fcn": Entry(
        "FCN-3 to FCN-7 on 12 kHz mel spectrograms", CHOI_2016, ChoiFcn, depths=(4, 3, 5, 6, 7)
    ),
    "choi_k1c2": Entry(
        "k1c2: 1D kernels along time in 96 separate bands",
        CHOI_2017,
        partial(ChoiTimeCnn, kind="k1c2"),
        "0.1, 0.25, 0.5, 1 and 3 M",
        options=_budgets(*K1C2_WIDTHS),
    ),
    "choi_k2c1": Entry(
        "k2c1: kernels over all bands, then 1D along time",
        CHOI_2017,
        partial(ChoiTimeCnn, kind="k2c1"),
        "0.1, 0.25, 0.5, 1 and 3 M",
        options=_budgets(*K1C2_WIDTHS),
    ),
    "choi_k2c2": Entry(
        "k2c2: five 2D convolutions; the author's released MusicTaggerCNN",
        CHOI_2017,
        ChoiK2c2,
        "0.1, 0.25, 0.5, 1 and 3 M; released 865,950",
        options=_budgets(*K2C2_WIDTHS),
    ),
    "choi_crnn": Entry(
        "CRNN: four 2D convolutions and two GRUs; the author's released MusicTaggerCRNN",
        CHOI_2017,
        ChoiCrnn,
        "0.1, 0.25, 0.5, 1 and 3 M; released 396,786 with Keras's GRU",
        options=_budgets(*CRNN_WIDTHS),
    ),
    "sample_level": Entry(
        "Sample-level DCNN m^n on the raw waveform",
        LEE,
        SampleLevel,
        options={
            "m": Option(3, range(2, 6), "kernel and pooling, samples"),
            "n": Option(9, range(3, 19), "modules of convolution and pooling"),
        },
    ),
    "pons_waveform": _pons(
        PonsWaveform, "Waveform front end with back end, for large data", "5.3 M (by memory)", (64, 512, 500)
    ),
    "pons_waveform_mtat": _pons(
        PonsWaveform,
        "Waveform front end with back end, for MagnaTagATune (sizes are ours)",
        "194 k (by memory)",
        (16, 64, 500),
    ),
    "pons_spectrogram": _pons(
        PonsSpectrogram,
        "Timbral and temporal front end with back end, for large data",
        "5.9 M (by memory)",
        (16, 512, 500),
    ),
    "pons_spectrogram_mtat": _pons(
        PonsSpectrogram,
        "Timbral and temporal front end with back end, for MagnaTagATune (sizes are ours)",
        "220 k (by memory)",
        (8, 64, 200),
    ),
    "musicnn": Entry(
        "musicnn: timbral and temporal front end, densely connected middle",
        MUSICNN,
        Musicnn,
        "787 k",
        options={
            "maps": Option(64, range(1, 1025), _MAPS),
            "dense": Option(200, range(1, 1025), _DENSE),
        },
    ),
    "multiscale": Entry("Three window sizes on the raw waveform (all numbers are ours)", ZHU, Multiscale),
    "dieleman_mel": Entry("1D network on 128 mel bands", DIELEMAN, DielemanMel, options=_windows()),
    "dieleman_raw": Entry(
        "1D network on raw audio, strided first convolution",
        DIELEMAN,
        DielemanRaw,
        options=_windows(filters=Option(128, (128, 32), "kernels of the first convolution")),
    ),
    "dieleman_musicnn": Entry(
        "1D network on 96 mel bands, as compared with musicnn",
        f"{DIELEMAN}; musicnn's training code",
        DielemanMusicnn,
        "66 k",
    ),
}


def names() -> Mapping[str, Entry]:
    """All networks by name, the paper's first."""
    return dict(_ENTRIES)


def build(spec: NetworkSpec, tags: int, dropout: float = 0.0) -> Network:
    """A network with random weights.

    :param tags: number of outputs
    :param dropout: used in training only
    :raises ValueError: the name is unknown or the numbers do not fit
    """
    entry = _ENTRIES.get(spec.name)
    if entry is None:
        raise ValueError(f"unknown network {spec.name!r}; known: {', '.join(_ENTRIES)}")
    return entry.make(tags, width=spec.width, dropout=dropout, **entry.arguments(spec))


def parameter_count(spec: NetworkSpec, tags: int = 50) -> int:
    """Trainable numbers of a network, without giving them memory. :raises ValueError: as ``build``."""
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in build(spec, tags).parameters())
