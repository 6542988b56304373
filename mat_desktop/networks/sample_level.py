"""Sample-level DCNN on the raw waveform, Lee et al., SMC 2017."""

from __future__ import annotations

from torch import Tensor, nn

from mat_desktop.networks.base import InputSpec, Network, scaled
from mat_desktop.networks.blocks import Block

SAMPLE_RATE = 22_050
LONGEST = 1_000_000
"""Samples; the longest published input, of 3^9, is 59,049."""


class SampleLevel(Network):
    """The m^n rule: no kernel is longer than m samples.

    A strided convolution (kernel = stride = m, 128 maps), n modules of convolution m and max-pooling m with
    128, 128, 256 ... 256, 512 maps, a convolution of kernel 1 with 512 maps, dropout 0.5, and a dense layer.
    Batch normalisation and ReLU after every convolution. Source: the authors' code, which has 3^9 and 2^13;
    other m and n by the rule. One input is m^(n+1) samples: 59,049 (2.68 s) for 3^9, 16,384 for 2^13.
    Parameters at width 1.0 and 50 tags (computed): 1,869,874 for 3^9 and 1,872,818 for 2^13.
    """

    def __init__(self, tags: int, m: int = 3, n: int = 9, width: float = 1.0, dropout: float = 0.5) -> None:
        """Random weights.

        :param m: kernel and pooling, 2 to 5
        :param n: modules, at least 3
        :param dropout: before the output
        :raises ValueError: no such network, or an input of more than a million samples
        """
        if not 2 <= m <= 5 or n < 3 or m ** (n + 1) > LONGEST:
            raise ValueError(
                f"there is no sample-level network {m}^{n}: m is 2 to 5, n at least 3, and its input "
                f"of m^(n+1) samples at most {LONGEST:,}"
            )
        super().__init__(InputSpec.waveform(SAMPLE_RATE, m ** (n + 1), any_length=True), tags, width)
        first, *channels, last = scaled([128, 128, 128, *[256] * (n - 3), 512, 512], width)
        blocks, inputs = [Block(nn.Conv1d(1, first, m, stride=m))], first
        for outputs in channels:
            layer = nn.Conv1d(inputs, outputs, m, padding=(m - 1) // 2)
            blocks.append(Block(layer, nn.MaxPool1d(m), keep_length=True))
            inputs = outputs
        blocks.append(Block(nn.Conv1d(inputs, last, kernel_size=1), dropout=dropout))
        self.blocks = nn.ModuleList(blocks)
        self.head = nn.Conv1d(last, tags, kernel_size=1)

    def forward(self, audio: Tensor) -> Tensor:
        """Logits at each position.

        :param audio: [batch, 1, samples]
        :returns: [batch, tags, positions]; m^(n+1) samples give one, which is all that the paper has
        """
        maps = audio
        for block in self.blocks:
            maps = block(maps)
        logits: Tensor = self.head(maps)
        return logits
