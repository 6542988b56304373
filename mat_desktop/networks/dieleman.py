"""1D networks of Dieleman and Schrauwen (ICASSP 2014) on mel spectrograms and on raw audio, 3 s at 16 kHz.

Network from two public re-implementations; input length, 128 mel bands and log(1 + 10000 x) from memory of
the paper. There is no batch normalisation and, as far as known, no dropout.
"""

from __future__ import annotations

from torch import Tensor, nn

from mat_desktop.domain.melspec import MelSpec
from mat_desktop.networks.base import InputSpec, Network, scaled

SAMPLES = 48_000
SETTINGS = ((1024, 1024), (1024, 512), (512, 512), (512, 256), (256, 256))
"""Window and stride of the published comparison, samples."""

FILTERS, DENSE = 32, 100


class Trunk(nn.Module):
    """What follows the front end: twice convolution 8, ReLU, max-pooling 4; then a dense layer with ReLU."""

    def __init__(
        self, inputs: int, length: int, maps: int, dense: int, dropout: float, partial_windows: bool
    ) -> None:
        """For a fixed length.

        :param length: positions that come in
        :param dropout: before the dense layer
        :param partial_windows: the poolings keep a last window that is not full, as Theano does; without it,
            46 positions would become none
        """
        super().__init__()
        left = length
        for _ in range(2):
            left = -(-(left - 7) // 4) if partial_windows else (left - 7) // 4
        self.layers = nn.ModuleList(
            nn.Sequential(nn.Conv1d(channels, maps, 8), nn.ReLU(), nn.MaxPool1d(4, ceil_mode=partial_windows))
            for channels in (inputs, maps)
        )
        self.dense = nn.Sequential(nn.Dropout(dropout), nn.Linear(left * maps, dense), nn.ReLU())

    def forward(self, features: Tensor) -> Tensor:
        """[batch, inputs, length] to [batch, dense]."""
        for layer in self.layers:
            features = layer(features)
        summary: Tensor = self.dense(features.flatten(1))
        return summary


class DielemanMel(Network):
    """Mel spectrogram of 128 bands, and the trunk.

    Frames for 3 s, windows side by side without padding: 46, 92, 93, 186, 187. Parameters at 50 tags
    (computed): 49,374, 58,974, 58,974, 78,174, 78,174. A window of 256 samples leaves some of the 128 bands
    without a bin.
    """

    def __init__(
        self, tags: int, window: int = 256, stride: int = 256, width: float = 1.0, dropout: float = 0
    ) -> None:
        """Random weights.

        :param window: samples of the FFT
        :param stride: samples between two frames
        :raises ValueError: no published pair of window and stride
        """
        frames = frames_of(window, stride)
        mel = MelSpec(n_fft=window, hop_length=stride, n_mels=128, window_frames=frames)
        super().__init__(InputSpec.log_mel(mel, any_length=False, compression="log1p 10000"), tags, width)
        maps, dense = scaled([FILTERS, DENSE], width)
        self.trunk = Trunk(mel.n_mels, frames, maps, dense, dropout, partial_windows=True)
        self.head = nn.Linear(dense, tags)

    def forward(self, audio: Tensor) -> Tensor:
        """One logit a tag.

        :param audio: log-mel [batch, 1, 128, frames]
        :returns: [batch, tags, 1]
        """
        logits: Tensor = self.head(self.trunk(audio.squeeze(1)))
        return logits.unsqueeze(2)


class DielemanRaw(Network):
    """Raw audio: a strided convolution with ReLU in the place of the mel spectrogram, and the trunk.

    The number of its kernels was not found: 128, as many as mel bands, is our decision; a re-implementation
    has 32. Parameters at 50 tags (computed), by window and stride: 180,574, 190,174, 124,638, 143,838,
    111,070.
    """

    def __init__(
        self,
        tags: int,
        window: int = 256,
        stride: int = 256,
        filters: int = 128,
        width: float = 1.0,
        dropout: float = 0,
    ) -> None:
        """Random weights.

        :param window: samples of the first kernels
        :param stride: of the first convolution
        :param filters: number of the first kernels
        :raises ValueError: no published pair of window and stride
        """
        frames = frames_of(window, stride)
        super().__init__(InputSpec.waveform(16_000, SAMPLES, any_length=False), tags, width)
        filters, maps, dense = scaled([filters, FILTERS, DENSE], width)
        self.front = nn.Sequential(nn.Conv1d(1, filters, window, stride=stride), nn.ReLU())
        self.trunk = Trunk(filters, frames, maps, dense, dropout, partial_windows=True)
        self.head = nn.Linear(dense, tags)

    def forward(self, audio: Tensor) -> Tensor:
        """One logit a tag.

        :param audio: [batch, 1, 48000]
        :returns: [batch, tags, 1]
        """
        logits: Tensor = self.head(self.trunk(self.front(audio)))
        return logits.unsqueeze(2)


class DielemanMusicnn(Network):
    """The mel network as the authors of musicnn trained it for comparison.

    Their log-mel (96 bands, 187 frames), batch normalisation of the input, poolings that drop what is left
    over. 66,784 parameters (computed; published: 66 k).
    """

    def __init__(self, tags: int, width: float = 1.0, dropout: float = 0) -> None:
        """Random weights."""
        mel = MelSpec(n_fft=512, hop_length=256, window_frames=187)
        super().__init__(InputSpec.log_mel(mel, any_length=False, compression="log1p 10000"), tags, width)
        maps, dense = scaled([FILTERS, DENSE], width)
        self.input_normalisation = nn.BatchNorm2d(1)
        self.trunk = Trunk(mel.n_mels, mel.window_frames, maps, dense, dropout, partial_windows=False)
        self.head = nn.Linear(dense, tags)

    def forward(self, audio: Tensor) -> Tensor:
        """One logit a tag.

        :param audio: log-mel [batch, 1, 96, 187]
        :returns: [batch, tags, 1]
        """
        logits: Tensor = self.head(self.trunk(self.input_normalisation(audio).squeeze(1)))
        return logits.unsqueeze(2)


def frames_of(window: int, stride: int) -> int:
    """Windows in 3 s. :raises ValueError: not one of the published pairs."""
    if (window, stride) not in SETTINGS:
        known = ", ".join(f"{window}/{stride}" for window, stride in SETTINGS)
        raise ValueError(f"no window {window} with stride {stride}; published are {known}")
    return (SAMPLES - window) // stride + 1
