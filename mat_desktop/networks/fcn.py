"""The paper's two-dimensional fully convolutional networks (Supplement 2), three to five layers.

Every block is convolution 3x3 without padding, batch normalisation, ReLU, max-pooling with stride = kernel,
dropout. The printed pools reproduce the printed shapes except in one place a network, where one cell of
(minus infinity) padding on one axis of one pool is needed; it is in the tables below.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Pool:
    """Kernel (= stride) and padding of a max-pooling, each (mel, time)."""

    kernel: tuple[int, int]
    padding: tuple[int, int] = (0, 0)


CHANNELS = (128, 256, 512, 1024, 2048)
"""Feature maps of layer 1 to 5 at width 1.0."""

POOLS = {
    3: (Pool((3, 3)), Pool((3, 3)), Pool((3, 3))),
    4: (Pool((2, 3)), Pool((3, 3)), Pool((3, 3)), Pool((4, 3), (1, 0))),
    5: (Pool((2, 2)), Pool((2, 2)), Pool((2, 3)), Pool((2, 3)), Pool((2, 3), (0, 1))),
}
"""Max-pooling of each layer by number of layers, Supplement 2. For the input 96x911 the maps are
303, 100, 32 frames (C=3), 303, 100, 32, 10 (C=4) and 454, 226, 74, 24, 8 (C=5)."""


class Block(nn.Module):
    """Convolution 3x3, batch normalisation, ReLU, max-pooling, dropout."""

    def __init__(self, inputs: int, outputs: int, pool: Pool, dropout: float) -> None:
        """:param dropout: probability that a whole cell is zeroed in training (the paper: 0.5)."""
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, kernel_size=3)
        self.normalisation = nn.BatchNorm2d(outputs)
        self.pool = nn.MaxPool2d(pool.kernel, padding=pool.padding)
        self.dropout = nn.Dropout(dropout)

    def forward(self, maps: Tensor) -> Tensor:
        """[batch, inputs, mel, frames] to [batch, outputs, smaller, smaller]."""
        # ReLU after the pooling gives the same values on a sixth of the cells: both are monotonic.
        activated: Tensor = self.dropout(torch.relu(self.pool(self.normalisation(self.convolution(maps)))))
        return activated


class Fcn2d(nn.Module):
    """2D FCN with 3, 4 or 5 layers and a 1x1 convolution as head.

    The head makes one map a tag; a clip's logit is the mean over all positions, which equals global average
    pooling and a dense layer, yet leaves a score for every position (the taggram). At width 1.0, five layers
    and 50 tags it has 25,183,026 parameters.
    """

    def __init__(self, tags: int, layers: int = 5, width: float = 1.0, dropout: float = 0.5) -> None:
        """Random weights.

        :param tags: outputs
        :param layers: 3, 4 or 5
        :param width: factor on the channels 128 to 2048 (at least one each)
        :param dropout: after every block, in training only
        :raises ValueError: no such network
        """
        super().__init__()
        if layers not in POOLS:
            raise ValueError(f"the paper's 2D FCN has 3, 4 or 5 layers, not {layers}")
        if tags < 1 or not 0 < width <= 4:
            raise ValueError(f"cannot build a 2D FCN of width {width} for {tags} tags")
        channels = [max(1, round(count * width)) for count in CHANNELS[:layers]]
        self.blocks = nn.ModuleList(
            Block(inputs, outputs, pool, dropout)
            for inputs, outputs, pool in zip([1, *channels[:-1]], channels, POOLS[layers], strict=True)
        )
        self.head = nn.Conv2d(channels[-1], tags, kernel_size=1)

    def forward(self, log_mel: Tensor) -> Tensor:
        """Logits at each position in time.

        :param log_mel: standardised log-mel [batch, 1, 96, frames]; 911 frames are the paper's input
        :returns: [batch, tags, positions]; 911 frames give 8 positions. Their mean is the clip's logit.
        """
        maps = log_mel
        for block in self.blocks:
            maps = block(maps)
        logits: Tensor = self.head(maps)
        return logits.mean(dim=2)
