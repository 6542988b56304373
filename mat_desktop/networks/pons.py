"""Networks of Pons et al.: waveform and spectrogram front ends (ISMIR 2018), and musicnn.

Source: the authors' code for both. There batch normalisation comes after ReLU, everywhere. The log-mel is
that of musicnn: 16 kHz, FFT 512, hop 256, 96 bands, 187 frames (3 s), log(1 + 10000 x); the older code leaves
the length free, and musicnn's decimal logarithm is the same up to a factor.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mat_desktop.domain.melspec import MelSpec
from mat_desktop.networks.base import InputSpec, Network, scaled
from mat_desktop.networks.blocks import extra_cells

MEL = MelSpec(n_fft=512, hop_length=256, window_frames=187)
SAMPLES = 59_049
"""Of one waveform: 3^10 at 16 kHz, our decision after Lee et al.; the code leaves it free."""


class Layer(nn.Module):
    """Convolution, ReLU, batch normalisation, in this order."""

    def __init__(self, convolution: nn.Conv1d | nn.Conv2d) -> None:
        """:param convolution: pads ``(kernel - 1) // 2`` frames where the length is to stay, even or odd."""
        super().__init__()
        normalisation = nn.BatchNorm2d if isinstance(convolution, nn.Conv2d) else nn.BatchNorm1d
        self.convolution = convolution
        self.normalisation = normalisation(convolution.out_channels)
        self._extra = extra_cells(convolution.kernel_size[-1])

    def forward(self, maps: Tensor) -> Tensor:
        """[batch, inputs, ..., time] to [batch, outputs, ..., time]."""
        if self._extra:
            maps = nn.functional.pad(maps, (0, self._extra))
        normalised: Tensor = self.normalisation(torch.relu(self.convolution(maps)))
        return normalised


class Timbral(nn.Module):
    """Kernels that span many bands, moved along the bands, of which the strongest answer stays."""

    def __init__(self, outputs: int, bands: int, frames: int) -> None:
        """:param bands: height of the kernels; ``frames`` their (odd) length."""
        super().__init__()
        self.layer = Layer(nn.Conv2d(1, outputs, (bands, frames), padding=(0, frames // 2)))

    def forward(self, log_mel: Tensor) -> Tensor:
        """[batch, 1, mel, frames] to [batch, outputs, frames]."""
        maps: Tensor = self.layer(log_mel)
        return maps.amax(dim=2)


class Envelope(nn.Module):
    """Long kernels along the mean over all bands (Pons et al. 2018)."""

    def __init__(self, outputs: int, frames: int) -> None:
        """:param frames: length of the kernels."""
        super().__init__()
        self.layer = Layer(nn.Conv1d(1, outputs, frames, padding=(frames - 1) // 2))

    def forward(self, log_mel: Tensor) -> Tensor:
        """[batch, 1, mel, frames] to [batch, outputs, frames]."""
        maps: Tensor = self.layer(log_mel.mean(dim=2))
        return maps


class Temporal(nn.Module):
    """Long kernels along each band, of which the strongest answer stays (musicnn)."""

    def __init__(self, outputs: int, frames: int) -> None:
        """:param frames: length of the kernels."""
        super().__init__()
        self.layer = Layer(nn.Conv2d(1, outputs, (1, frames), padding=(0, (frames - 1) // 2)))

    def forward(self, log_mel: Tensor) -> Tensor:
        """[batch, 1, mel, frames] to [batch, outputs, frames]."""
        maps: Tensor = self.layer(log_mel)
        return maps.amax(dim=2)


class BackEnd(nn.Module):
    """Shared by both front ends: convolutions over all features, a summary over time, a dense layer.

    Convolution 7 without padding; the same length and added to its input; max-pooling 2; again a convolution
    7 added to its input; maximum and mean over time; dropout 0.5, dense, ReLU, batch normalisation, dropout
    0.5. The authors' code normalises the added branches with one gain for all maps, our layers with one a
    map.
    """

    def __init__(self, features: int, maps: int, dense: int, dropout: float) -> None:
        """:param maps: of the convolutions; ``dense`` units come out."""
        super().__init__()
        self.adapt = Layer(nn.Conv1d(features, maps, 7))
        self.first = Layer(nn.Conv1d(maps, maps, 7, padding=3))
        self.pool = nn.MaxPool1d(2)
        self.second = Layer(nn.Conv1d(maps, maps, 7, padding=3))
        self.dense = _dense(2 * maps, dense, dropout)

    def forward(self, features: Tensor) -> Tensor:
        """[batch, features, time] to [batch, dense]."""
        adapted = self.adapt(features)
        pooled = self.pool(adapted + self.first(adapted))
        summary: Tensor = self.dense(_maximum_and_mean(pooled + self.second(pooled)))
        return summary


class PonsWaveform(Network):
    """Waveform front end and back end.

    Convolution 3 with stride 3, then six times convolution 3 without padding and max-pooling 3, with F, F, F,
    2F, 2F, 2F, 4F maps: 59,049 samples become 26 positions. F = 64 with a back end of 512 maps and 500 units
    has 5,379,126 parameters (computed; the paper for the Million Song Dataset, by memory: 5.3 M).
    """

    def __init__(
        self,
        tags: int,
        filters: int = 64,
        maps: int = 512,
        dense: int = 500,
        width: float = 1.0,
        dropout: float = 0.5,
    ) -> None:
        """Random weights.

        :param filters: F
        :param maps: of the back end's convolutions
        :param dense: units of the back end's dense layer
        """
        super().__init__(InputSpec.waveform(16_000, SAMPLES, any_length=True), tags, width)
        first, *channels = scaled([filters * factor for factor in (1, 1, 1, 2, 2, 2, 4)], width)
        maps, dense = scaled([maps, dense], width)
        layers, inputs = [nn.Sequential(Layer(nn.Conv1d(1, first, 3, stride=3)))], first
        for outputs in channels:
            layers.append(nn.Sequential(Layer(nn.Conv1d(inputs, outputs, 3)), nn.MaxPool1d(3)))
            inputs = outputs
        self.front = nn.ModuleList(layers)
        self.back = BackEnd(inputs, maps, dense, dropout)
        self.head = nn.Linear(dense, tags)

    def forward(self, audio: Tensor) -> Tensor:
        """One logit a tag.

        :param audio: [batch, 1, samples]
        :returns: [batch, tags, 1]
        """
        features = audio
        for layer in self.front:
            features = layer(features)
        logits: Tensor = self.head(self.back(features))
        return logits.unsqueeze(2)


class PonsSpectrogram(Network):
    """Spectrogram front end and back end.

    Six groups of timbral kernels (0.9 and 0.4 of the bands high, 7, 3 and 1 frames long, with F, 2F, 4F maps)
    and four of temporal kernels on the mean over the bands (165, 128, 64, 32 frames with F, 2F, 4F, 8F maps):
    29F features. F = 16 with a back end of 512 maps and 500 units has 5,926,198 parameters (computed; the
    paper for the Million Song Dataset, by memory: 5.9 M).
    """

    def __init__(
        self,
        tags: int,
        filters: int = 16,
        maps: int = 512,
        dense: int = 500,
        width: float = 1.0,
        dropout: float = 0.5,
    ) -> None:
        """Random weights.

        :param filters: F
        :param maps: of the back end's convolutions
        :param dense: units of the back end's dense layer
        """
        super().__init__(InputSpec.log_mel(MEL, any_length=True, compression="log1p 10000"), tags, width)
        one, two, four, eight = scaled([filters * factor for factor in (1, 2, 4, 8)], width)
        maps, dense = scaled([maps, dense], width)
        heights = (int(0.9 * MEL.n_mels), int(0.4 * MEL.n_mels))
        timbral = [Timbral(n, bands, w) for bands in heights for n, w in ((one, 7), (two, 3), (four, 1))]
        temporal = [Envelope(n, w) for n, w in ((one, 165), (two, 128), (four, 64), (eight, 32))]
        self.front = nn.ModuleList([*timbral, *temporal])
        self.back = BackEnd(3 * one + 3 * two + 3 * four + eight, maps, dense, dropout)
        self.head = nn.Linear(dense, tags)

    def forward(self, audio: Tensor) -> Tensor:
        """One logit a tag.

        :param audio: log-mel [batch, 1, 96, frames]
        :returns: [batch, tags, 1]
        """
        features = torch.cat([branch(audio) for branch in self.front], dim=1)
        logits: Tensor = self.head(self.back(features))
        return logits.unsqueeze(2)


class Musicnn(Network):
    """musicnn: two timbral and three temporal groups, three convolutions, of which all outputs are kept.

    Batch normalisation of the input; 204 kernels of 38x7 and of 67x7; 51 kernels of 128, 64 and 32 frames on
    each band; three convolutions 7 with 64 maps, the latter two added to their input; all 753 features, their
    maximum and mean over time, batch normalisation, dropout 0.5, dense 200, dropout 0.5. 787,159 parameters
    (computed; published: 787 k). ``maps=512, dense=500`` is the authors' large one, with 7,980,235.
    """

    def __init__(
        self, tags: int, maps: int = 64, dense: int = 200, width: float = 1.0, dropout: float = 0.5
    ) -> None:
        """Random weights.

        :param maps: of each of the three convolutions
        :param dense: units of the dense layer
        """
        super().__init__(InputSpec.log_mel(MEL, any_length=True, compression="log1p 10000"), tags, width)
        timbral, temporal, maps, dense = scaled([204, 51, maps, dense], width)
        heights = (int(0.4 * MEL.n_mels), int(0.7 * MEL.n_mels))
        self.input_normalisation = nn.BatchNorm2d(1)
        self.front = nn.ModuleList(
            [
                *(Timbral(timbral, bands, 7) for bands in heights),
                *(Temporal(temporal, frames) for frames in (128, 64, 32)),
            ]
        )
        features = 2 * timbral + 3 * temporal
        self.middle = nn.ModuleList(
            Layer(nn.Conv1d(inputs, maps, 7, padding=3)) for inputs in (features, maps, maps)
        )
        summary = 2 * (features + 3 * maps)
        self.summary_normalisation = nn.BatchNorm1d(summary)
        self.dense = _dense(summary, dense, dropout)
        self.head = nn.Linear(dense, tags)

    def forward(self, audio: Tensor) -> Tensor:
        """One logit a tag.

        :param audio: log-mel [batch, 1, 96, frames]
        :returns: [batch, tags, 1]
        """
        log_mel = self.input_normalisation(audio)
        features = torch.cat([branch(log_mel) for branch in self.front], dim=1)
        first = self.middle[0](features)
        second = first + self.middle[1](first)
        third = second + self.middle[2](second)
        summary = _maximum_and_mean(torch.cat([features, first, second, third], dim=1))
        logits: Tensor = self.head(self.dense(self.summary_normalisation(summary)))
        return logits.unsqueeze(2)


def _maximum_and_mean(features: Tensor) -> Tensor:
    """[batch, features, time] to [batch, 2 features]."""
    return torch.cat([features.amax(dim=2), features.mean(dim=2)], dim=1)


def _dense(inputs: int, outputs: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(
        nn.Dropout(dropout),
        nn.Linear(inputs, outputs),
        nn.ReLU(),
        nn.BatchNorm1d(outputs),
        nn.Dropout(dropout),
    )
