"""The paper's fully convolutional networks: 1D and 2D with three to five layers, and Experiment I.

Every block is a convolution of kernel 3 without padding, batch normalisation, ReLU, max-pooling with stride =
kernel, dropout 0.5. Printed: kernels, channels, pools, the order of convolution, normalisation and ReLU.
Computed: that the convolutions have no padding (with it the printed 100 and 226 frames would be 101 and 227).
Our decision: dropout after every pooling.

Head, our decision, as the supplements stop at the last pooling: a 1x1 convolution to one map a tag, and the
mean over all positions. It equals global average pooling and a dense layer, yet leaves a score for every
position.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn

from mat_desktop.domain.melspec import MelSpec
from mat_desktop.networks.base import InputSpec, Network, scaled
from mat_desktop.networks.blocks import Pool, PoolType, stack

CHANNELS = (128, 256, 512, 1024, 2048)
"""Feature maps of layer 1 to 5 at width 1.0, Supplements 1 to 3."""

POOLS_1D = {
    3: (Pool((3,)), Pool((3,)), Pool((3,))),
    4: (Pool((3,)), Pool((3,)), Pool((3,)), Pool((3,))),
    5: (Pool((2,)), Pool((2,)), Pool((3,)), Pool((3,)), Pool((3,))),
}
"""Supplement 1, by number of layers. From 911 frames: 303, 100, 32 (C=3), and 10 (C=4); 454, 226, 74, 24, 7
(C=5). All as printed."""

POOLS_2D = {
    3: (Pool((3, 3)), Pool((3, 3)), Pool((3, 3))),
    4: (Pool((2, 3)), Pool((3, 3)), Pool((3, 3)), Pool((4, 3), (1, 0))),
    5: (Pool((2, 2)), Pool((2, 2)), Pool((2, 3)), Pool((2, 3)), Pool((2, 3), (0, 1))),
}
"""Supplement 2. From 96x911: 31x303, 9x100, 2x32 (C=3); 47x303, 15x100, 4x32, 1x10 (C=4); 47x454, 22x226,
10x74, 4x24, 1x8 (C=5). The two paddings are not printed: without them C=4 would need a pooling of height 4 on
a map of height 2, and C=5 would end with 7 frames, not 8."""


class Fcn(Network):
    """Blocks and a 1x1 convolution as head, over time or over mel and time."""

    def __init__(
        self,
        listens_to: InputSpec,
        tags: int,
        channels: Sequence[int],
        pools: Sequence[Pool],
        width: float,
        dropout: float,
        pool_type: PoolType = "max",
    ) -> None:
        """Random weights.

        :param channels: feature maps of each layer at width 1.0
        :param pools: of each layer; their dimension is that of the convolutions
        """
        super().__init__(listens_to, tags, width)
        channels = scaled(channels, width)
        self._flat = len(pools[0].kernel) == 1
        bands = listens_to.shape[1] if self._flat else 1
        self.blocks = stack(bands, channels, pools, dropout, pool_type=pool_type)
        head = nn.Conv1d if self._flat else nn.Conv2d
        self.head = head(channels[-1], tags, kernel_size=1)

    def forward(self, audio: Tensor) -> Tensor:
        """Logits at each position.

        :param audio: standardised log-mel [batch, 1, mel, frames]
        :returns: [batch, tags, positions]
        """
        maps = audio.squeeze(1) if self._flat else audio
        for block in self.blocks:
            maps = block(maps)
        return self.from_maps(maps)

    def from_maps(self, maps: Tensor) -> Tensor:
        """Logits [batch, tags, positions] from the maps behind the last block."""
        logits: Tensor = self.head(maps)
        return logits if self._flat else logits.mean(dim=2)


class Fcn1d(Fcn):
    """1D FCN with 3, 4 or 5 layers (Supplement 1): the mel bands are the input channels.

    911 frames give 32, 10 or 7 positions. 556,722, 2,158,258 or 8,507,058 parameters at width 1.0 and 50 tags
    (computed; printed are rounded counts by layer: 3.7e4, 9.9e4, 4.0e5, 1.5e6, 6.3e6, of which the third and
    fourth should round to 3.9e5 and 1.6e6).
    """

    def __init__(self, tags: int, layers: int = 5, width: float = 1.0, dropout: float = 0.5) -> None:
        """Random weights. :raises ValueError: no such network."""
        if layers not in POOLS_1D:
            raise ValueError(f"the paper's 1D FCN has 3, 4 or 5 layers, not {layers}")
        listens_to = InputSpec.log_mel(MelSpec(), any_length=True)
        super().__init__(listens_to, tags, CHANNELS[:layers], POOLS_1D[layers], width, dropout)


class Fcn2d(Fcn):
    """2D FCN with 3, 4 or 5 layers (Supplement 2).

    911 frames give 32, 10 or 8 positions. 1,504,050, 6,251,314 or 25,183,026 parameters at width 1.0 and 50
    tags (computed). Printed counts by layer: 1.5e3 (which includes normalisation), 2.9e5, and 1.2e7, 4.7e7,
    1.8e8, which are ten times too large; Supplement 3 prints the same layers with 1.2e6, 4.7e6, 1.8e7.
    """

    def __init__(self, tags: int, layers: int = 5, width: float = 1.0, dropout: float = 0.5) -> None:
        """Random weights.

        :param tags: outputs
        :param layers: 3, 4 or 5
        :param width: factor on the channels 128 to 2048 (at least one each)
        :param dropout: after every block, in training only
        :raises ValueError: no such network
        """
        if layers not in POOLS_2D:
            raise ValueError(f"the paper's 2D FCN has 3, 4 or 5 layers, not {layers}")
        listens_to = InputSpec.log_mel(MelSpec(), any_length=True)
        super().__init__(listens_to, tags, CHANNELS[:layers], POOLS_2D[layers], width, dropout)


@dataclass(frozen=True, slots=True)
class Configuration:
    """One row of Table 1 (all printed)."""

    layers: int
    n_fft: int
    hidden: int
    n_mels: int


CONFIGURATIONS = {
    "control": Configuration(3, 1024, 64, 48),
    "a": Configuration(3, 2048, 64, 48),
    "b": Configuration(3, 1024, 128, 48),
    "c": Configuration(3, 1024, 64, 96),
    "d": Configuration(4, 1024, 64, 48),
    "e": Configuration(3, 1024, 128, 96),
    "f": Configuration(4, 1024, 128, 96),
    "g": Configuration(5, 1024, 128, 96),
}
"""Experiment I by name; type a is "Type A" of Table 1."""


class ExperimentOne(Fcn):
    """The eight 1D networks of Experiment I (Table 1).

    Printed: 1D convolutions, number of layers, FFT size, "hidden size", mel bands, one pool size throughout.
    Our decisions: the hidden size is the number of maps of every layer (were it doubled from layer to layer,
    types E and F would be the 1D FCNs of Table 2, whose results differ); the pool size is 3 (4 is impossible
    for five layers, Supplement 1 uses 3); the hop stays 512 for the FFT of 2048. The other readings are
    options.
    """

    def __init__(
        self,
        tags: int,
        configuration: str,
        growth: Literal["constant", "doubling"] = "constant",
        pool: PoolType = "max",
        hop: Literal["512", "half the window"] = "512",
        width: float = 1.0,
        dropout: float = 0.5,
    ) -> None:
        """Random weights.

        :param configuration: "control" or "a" to "g"
        :param growth: maps from layer to layer
        :param hop: "half the window" differs from 512 in type a only: 456 frames, not 911
        """
        row = CONFIGURATIONS[configuration]
        factors = [2**layer if growth == "doubling" else 1 for layer in range(row.layers)]
        step = 512 if hop == "512" else row.n_fft // 2
        frames = MelSpec().window_samples // step + 1
        mel = MelSpec(n_fft=row.n_fft, hop_length=step, n_mels=row.n_mels, window_frames=frames)
        super().__init__(
            InputSpec.log_mel(mel, any_length=True),
            tags,
            [row.hidden * factor for factor in factors],
            [Pool((3,))] * row.layers,
            width,
            dropout,
            pool,
        )
