"""Features of several scales from the waveform, after Zhu, Engel and Hannun (Interspeech 2016).

Not a reproduction. That paper recognises speech, and its window sizes, strides and numbers of filters could
not be found; only the idea is theirs: parallel convolutions on the waveform with windows and strides of
different sizes, brought to one frame rate and learnt together. All numbers are our decision.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mat_desktop.networks.base import InputSpec, Network, scaled
from mat_desktop.networks.blocks import Block
from mat_desktop.networks.dieleman import DENSE, FILTERS, SAMPLES, Trunk

FRAMES = 300


@dataclass(frozen=True, slots=True)
class Scale:
    """Window and stride in samples, and how many of its positions one frame takes."""

    window: int
    stride: int
    pool: int


SCALES = (Scale(16, 4, 40), Scale(64, 16, 10), Scale(640, 160, 1))
"""Windows of 1, 4 and 40 ms at 16 kHz; all end at 100 frames/s."""

MAPS = 64


class Multiscale(Network):
    """Three branches of 64 kernels, batch normalisation, ReLU and max-pooling; then Dieleman's trunk.

    3 s give 192 features in 300 frames. 160,414 parameters, 46,656 of them in front (computed).
    """

    def __init__(self, tags: int, width: float = 1.0, dropout: float = 0) -> None:
        """Random weights. :param dropout: before the dense layer."""
        super().__init__(InputSpec.waveform(16_000, SAMPLES, any_length=False), tags, width)
        each, maps, dense = scaled([MAPS, FILTERS, DENSE], width)
        self.front = nn.ModuleList(
            Block(
                nn.Conv1d(1, each, scale.window, scale.stride, padding=(scale.window - scale.stride) // 2),
                nn.MaxPool1d(scale.pool),
            )
            for scale in SCALES
        )
        self.trunk = Trunk(each * len(SCALES), FRAMES, maps, dense, dropout, partial_windows=False)
        self.head = nn.Linear(dense, tags)

    def forward(self, audio: Tensor) -> Tensor:
        """One logit a tag.

        :param audio: [batch, 1, 48000]
        :returns: [batch, tags, 1]
        """
        features = torch.cat([branch(audio) for branch in self.front], dim=1)
        logits: Tensor = self.head(self.trunk(features))
        return logits.unsqueeze(2)
