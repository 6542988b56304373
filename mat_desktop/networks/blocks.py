"""The block that nearly all of these networks repeat, from convolution to dropout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn

PoolType = Literal["max", "average"]
Activation = Literal["relu", "elu"]


@dataclass(frozen=True, slots=True)
class Pool:
    """A pooling by its kernel, (time,) or (mel, time).

    :param padding: cells added at either end; max-pooling adds minus infinity
    :param stride: the kernel, where none is given
    """

    kernel: tuple[int, ...]
    padding: tuple[int, ...] | None = None
    stride: tuple[int, ...] | None = None

    def layer(self, kind: PoolType = "max") -> nn.Module:
        """The torch module."""
        padding = self.padding or (0,) * len(self.kernel)
        stride = self.stride or self.kernel
        if len(self.kernel) == 1:
            one = nn.MaxPool1d if kind == "max" else nn.AvgPool1d
            return one(self.kernel[0], stride[0], padding[0])
        two = nn.MaxPool2d if kind == "max" else nn.AvgPool2d
        return two((self.kernel[0], self.kernel[1]), (stride[0], stride[1]), padding=(padding[0], padding[1]))


class Block(nn.Module):
    """Convolution, batch normalisation, activation, pooling, dropout, in this order."""

    def __init__(
        self,
        convolution: nn.Conv1d | nn.Conv2d,
        pool: nn.Module | None = None,
        dropout: float = 0.0,
        activation: Activation = "relu",
        keep_length: bool = False,
    ) -> None:
        """A block around a convolution.

        :param dropout: probability that a single cell is zeroed in training
        :param keep_length: an even kernel keeps the length in time: the convolution pads ``(kernel - 1) //
            2`` cells at both ends, and one more is added at the right
        """
        super().__init__()
        normalisation = nn.BatchNorm2d if isinstance(convolution, nn.Conv2d) else nn.BatchNorm1d
        self.convolution = convolution
        self.normalisation = normalisation(convolution.out_channels)
        self.activation = nn.ReLU() if activation == "relu" else nn.ELU()
        self.pool = pool
        self.dropout = nn.Dropout(dropout)
        self._extra = extra_cells(convolution.kernel_size[-1]) if keep_length else 0
        # Activations are monotonic: after a max-pooling they give the same values on a fraction of the cells.
        self._pool_first = isinstance(pool, nn.MaxPool1d | nn.MaxPool2d)

    def forward(self, maps: Tensor) -> Tensor:
        """[batch, inputs, (mel,) time] to [batch, outputs, (less mel,) less time]."""
        if self._extra:
            maps = nn.functional.pad(maps, (0, self._extra))
        maps = self.normalisation(self.convolution(maps))
        if self.pool is None:
            maps = self.activation(maps)
        elif self._pool_first:
            maps = self.activation(self.pool(maps))
        else:
            maps = self.pool(self.activation(maps))
        dropped: Tensor = self.dropout(maps)
        return dropped


def stack(
    inputs: int,
    channels: Sequence[int],
    pools: Sequence[Pool],
    dropout: float,
    padding: int = 0,
    activation: Activation = "relu",
    pool_type: PoolType = "max",
) -> nn.ModuleList:
    """Blocks of kernel 3 (in every dimension that the pools have), one after another.

    :param inputs: channels that go into the first one
    :param channels: that come out of each
    :param padding: of the convolutions; 1 keeps the size
    """
    blocks = []
    for outputs, pool in zip(channels, pools, strict=True):
        convolution = nn.Conv1d if len(pool.kernel) == 1 else nn.Conv2d
        layer = convolution(inputs, outputs, kernel_size=3, padding=padding)
        blocks.append(Block(layer, pool.layer(pool_type), dropout, activation))
        inputs = outputs
    return nn.ModuleList(blocks)


def extra_cells(kernel: int) -> int:
    """Zeros to add at the right so that a kernel with ``(kernel - 1) // 2`` padding keeps the length."""
    return 1 - kernel % 2
