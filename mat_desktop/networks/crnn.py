"""The paper's two-dimensional convolutional recurrent networks (Supplement 3), three to five layers.

Blocks as in the 2D FCN. Printed: kernels, channels, pools, output shapes, and "RNN (2 layers, 1 hidden_size)"
with 117 parameters. Of all recurrent cells with hidden size 1 and two layers, 117 is a GRU of 32 inputs (or a
plain RNN of 110, which is no length at the end of any column). 32 is the length in time before the RNN of
C=3, so the network as printed reads its channels as the sequence and the frames as features. For C=4 and C=5,
whose last maps have 24 and 18 frames, the same cell has 93 and 75 parameters; 117 was copied across the
columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn

from mat_desktop.domain.melspec import MelSpec
from mat_desktop.networks.base import InputSpec, Network, scaled
from mat_desktop.networks.blocks import Pool, stack
from mat_desktop.networks.fcn import CHANNELS

HIDDEN_IN_TIME = 32
"""Units of the GRUs that read along time, our decision after Choi et al. 2017."""


@dataclass(frozen=True, slots=True)
class Column:
    """Pools of one column of Supplement 3, and the frames of the last map for an input of 911."""

    pools: tuple[Pool, ...]
    frames: int


COLUMNS = {
    3: Column((Pool((3, 3)), Pool((4, 3)), Pool((5, 3))), 32),
    4: Column((Pool((2, 2)), Pool((3, 2)), Pool((3, 3), (1, 0)), Pool((3, 3))), 24),
    5: Column(
        (
            Pool((2, 2)),
            Pool((2, 2)),
            Pool((2, 2)),
            Pool((2, 3), (0, 1)),
            Pool((2, 3), (0, 1), (2, 2)),
        ),
        18,
    ),
}
"""By number of layers. From 96x911: 31x303, 7x100, 1x32 (C=3); 47x454, 15x226, 5x74, 1x24 (C=4); 47x454,
22x226, 10x112, 4x37, 1x18 (C=5). C=4 and C=5 as printed; paddings and the stride (2, 2) of the last pooling
are not printed; they are the smallest change that gives the printed shapes. C=3 with the printed pools misses
the first two printed shapes (23x101 and 7x11), which fit neither these pools nor the last shape."""

COLUMN_3_BY_SHAPES = Column((Pool((4, 9)), Pool((3, 9)), Pool((5, 3))), 3)
"""The other reading of C=3: pools that give the first two printed shapes, 23x101 and 7x11; then 1x3."""


class Crnn2d(Network):
    """2D CRNN with 3, 4 or 5 layers.

    Parameters at width 1.0 and 50 tags (computed): 1,504,167, 6,251,407, 25,183,101, of which 117, 93, 75 in
    the RNN; 1,504,080 (30) for the other reading of C=3. With ``rnn_axis="time"``: 1,538,802, 6,309,618,
    25,288,434.
    """

    def __init__(
        self,
        tags: int,
        layers: int = 5,
        rnn_axis: Literal["channels", "time"] = "channels",
        reading: Literal["pools", "shapes"] = "pools",
        width: float = 1.0,
        dropout: float = 0.5,
    ) -> None:
        """Random weights.

        :param rnn_axis: "channels" as printed: the RNN reads the channels one after another, with the frames
            as features and one hidden unit, whose outputs go into the dense layer; only 911 frames fit.
            "time" as in Choi et al. 2017: the RNN reads the frames, 32 hidden units, and the last step goes
            on
        :param reading: of column C=3: keep the printed "pools" or the printed "shapes"
        :raises ValueError: no such network
        """
        if layers not in COLUMNS:
            raise ValueError(f"the paper's 2D CRNN has 3, 4 or 5 layers, not {layers}")
        if reading == "shapes" and layers != 3:
            raise ValueError("only the CRNN with 3 layers has a reading by shapes")
        in_time = rnn_axis == "time"
        super().__init__(InputSpec.log_mel(MelSpec(), any_length=in_time), tags, width)
        column = COLUMN_3_BY_SHAPES if reading == "shapes" else COLUMNS[layers]
        channels = scaled(CHANNELS[:layers], width)
        features, hidden = (channels[-1], HIDDEN_IN_TIME) if in_time else (column.frames, 1)
        self._in_time = in_time
        self.blocks = stack(1, channels, column.pools, dropout)
        self.rnn = nn.GRU(features, hidden, num_layers=2, batch_first=True)
        self.head = nn.Linear(hidden if in_time else channels[-1], tags)

    def forward(self, audio: Tensor) -> Tensor:
        """One logit a tag.

        :param audio: standardised log-mel [batch, 1, 96, 911]
        :returns: [batch, tags, 1]
        """
        maps = audio
        for block in self.blocks:
            maps = block(maps)
        return self.from_maps(maps)

    def from_maps(self, maps: Tensor) -> Tensor:
        """Logits [batch, tags, 1] from the maps behind the last block."""
        sequence = maps.squeeze(2)
        if self._in_time:
            summary = self.rnn(sequence.transpose(1, 2))[0][:, -1]
        else:
            summary = self.rnn(sequence)[0].squeeze(2)
        logits: Tensor = self.head(summary)
        return logits.unsqueeze(2)
