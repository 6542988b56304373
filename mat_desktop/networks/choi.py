"""Networks of Choi et al.: FCN-3 to FCN-7 (ISMIR 2016), k1c2, k2c1, k2c2 and CRNN (ICASSP 2017).

All take the author's input: 12 kHz, FFT 512, hop 256, 96 mel bands, decibel, 1366 frames (29.12 s). Their
convolutions keep the size. Sources: [code] the author's Keras code and slides; [third party] a published
re-implementation; [memory] a recollection of the papers that could not be compared with their text.
"""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

from mat_desktop.domain.melspec import MelSpec
from mat_desktop.networks.base import InputSpec, Network, scaled
from mat_desktop.networks.blocks import Block, Pool, stack

MEL = MelSpec(
    sample_rate=12_000, n_fft=512, hop_length=256, n_mels=96, f_min=0.0, f_max=6_000.0, window_frames=1366
)
"""[code]: 1 + 349,440 // 256 = 1366 frames. Mel scale and normalisation are ours."""

FIVE_POOLS = (Pool((2, 4)), Pool((2, 4)), Pool((2, 4)), Pool((3, 5)), Pool((4, 4)))
"""[code], of the released five-layer network: 48x341, 24x85, 12x21, 4x4, 1x1."""

FCN_LAYERS = {
    3: ((256, 768, 2048), (Pool((3, 5)), Pool((4, 16)), Pool((8, 17)))),
    4: ((128, 384, 768, 2048), (Pool((2, 4)), Pool((4, 5)), Pool((3, 8)), Pool((4, 8)))),
    5: ((128, 256, 512, 1024, 2048), FIVE_POOLS),
}
"""Channels and pools. FCN-3 [memory]; it does collapse 96x1366 to 1x1. FCN-4 [third party, two of them]:
48x341, 12x68, 4x8, 1x1; the paper's own table prints 24x85 and 12x21 after the second and third pooling,
which belong to the five-layer network. FCN-5: first and last channels and pools [code], middle channels
[memory]."""

DENSE_CHANNELS = 1024
"""Of the 1x1 convolutions that FCN-6 (one) and FCN-7 (two) add to FCN-5 [memory]."""


class ChoiFcn(Network):
    """FCN-3 to FCN-7.

    Convolution 3x3, batch normalisation, ReLU, max-pooling, dropout 0.5 [code and memory], down to one
    position, then a dense layer. Parameters at width 1.0 and 50 tags (computed): 16,039,218, 17,365,938,
    25,183,026, 27,232,050, 28,283,698.
    """

    def __init__(self, tags: int, layers: int = 4, width: float = 1.0, dropout: float = 0.5) -> None:
        """Random weights. :raises ValueError: no such network."""
        if not 3 <= layers <= 7:
            raise ValueError(f"Choi's FCN has 3 to 7 layers, not {layers}")
        super().__init__(InputSpec.log_mel(MEL, any_length=True), tags, width)
        published, pools = FCN_LAYERS[min(layers, 5)]
        channels = scaled(published, width)
        last, dense = channels[-1], scaled([DENSE_CHANNELS], width)[0]
        self.blocks = stack(1, channels, pools, dropout, padding=1)
        for _ in range(layers - 5):
            self.blocks.append(Block(nn.Conv2d(last, dense, kernel_size=1)))
            last = dense
        self.head = nn.Conv2d(last, tags, kernel_size=1)

    def forward(self, audio: Tensor) -> Tensor:
        """Logits at each position.

        :param audio: standardised log-mel [batch, 1, 96, 1366] or longer
        :returns: [batch, tags, positions]; 1366 frames give one
        """
        maps = audio
        for block in self.blocks:
            maps = block(maps)
        logits: Tensor = self.head(maps)
        return logits.mean(dim=2)


Budget = Literal["0.1M", "0.25M", "0.5M", "1M", "3M"]
"""Numbers of parameters at which the paper of 2017 compares the four networks."""

BudgetOrReleased = Literal["0.1M", "0.25M", "0.5M", "1M", "3M", "released"]

K1C2_WIDTHS = {"0.1M": (15, 30), "0.25M": (23, 47), "0.5M": (33, 66), "1M": (47, 95), "3M": (81, 163)}
"""Channels of layers 1 and 2; of layers 3 and 4 and units of both dense layers [memory]."""

K2C1_WIDTHS = {"0.1M": (43, 87), "0.25M": (72, 145), "0.5M": (106, 212), "1M": (152, 304), "3M": (265, 535)}
"""As ``K1C2_WIDTHS`` [memory]."""

K2C2_WIDTHS = {
    "0.1M": (20, 41, 41, 62, 83),
    "0.25M": (33, 66, 66, 100, 133),
    "0.5M": (47, 95, 95, 142, 190),
    "1M": (67, 135, 135, 203, 271),
    "3M": (118, 236, 236, 355, 473),
    "released": (32, 128, 128, 192, 256),
}
"""Channels of the five layers [memory; "released" from the code and its weights]."""

CRNN_WIDTHS = {
    "0.1M": (30, 60, 30),
    "0.25M": (48, 96, 48),
    "0.5M": (68, 137, 68),
    "1M": (96, 195, 96),
    "3M": (169, 339, 169),
    "released": (64, 128, 32),
}
"""Channels of layer 1; of layers 2 to 4; units of both GRUs [memory; "released" from the code]."""

TIME_POOLS = (4, 5, 8, 8)
"""Of k1c2 and k2c1 [third party]: 341, 68, 8, 1 positions."""


class ChoiTimeCnn(Network):
    """k1c2 and k2c1: four convolutions along time, two dense layers, and the output.

    k1c2 has kernels 1x4 and keeps all 96 bands apart until the dense layers; the first kernel of k2c1 spans
    the bands (96x4), the others are 1x4. Batch normalisation and ELU also after the dense layers. Both stay
    below the budgets, k1c2 by 4 to 9 % and k2c1 by 8 to 10 %, so one detail of their last layers is not
    known.
    """

    def __init__(
        self,
        tags: int,
        kind: Literal["k1c2", "k2c1"],
        budget: Budget = "1M",
        width: float = 1.0,
        dropout: float = 0,
    ) -> None:
        """Random weights.

        :param dropout: before each dense layer (our decision; the published one is not known)
        """
        super().__init__(InputSpec.log_mel(MEL, any_length=False), tags, width)
        widths = K1C2_WIDTHS if kind == "k1c2" else K2C1_WIDTHS
        early, late = scaled(widths[budget], width)
        bands = MEL.n_mels if kind == "k1c2" else 1
        blocks: list[Block] = []
        inputs = 1
        for outputs, pool in zip((early, early, late, late), TIME_POOLS, strict=True):
            height = MEL.n_mels if kind == "k2c1" and not blocks else 1
            layer = nn.Conv2d(inputs, outputs, (height, 4), padding=(0, 1))
            blocks.append(Block(layer, nn.MaxPool2d((1, pool)), activation="elu", keep_length=True))
            inputs = outputs
        self.blocks = nn.ModuleList(blocks)
        self.dense = nn.Sequential(_dense(late * bands, late, dropout), _dense(late, late, dropout))
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(late, tags)

    def forward(self, audio: Tensor) -> Tensor:
        """One logit a tag.

        :param audio: standardised log-mel [batch, 1, 96, 1366]
        :returns: [batch, tags, 1]
        """
        maps = audio
        for block in self.blocks:
            maps = block(maps)
        logits: Tensor = self.head(self.dropout(self.dense(maps.flatten(1))))
        return logits.unsqueeze(2)


class ChoiK2c2(Network):
    """k2c2: five convolutions 3x3 with batch normalisation and ELU, down to one position, and a dense layer.

    With ``size="released"`` the author's Keras network, which also normalises each frame of the input:
    865,950 parameters, exactly the published figure.
    """

    def __init__(
        self, tags: int, size: BudgetOrReleased = "1M", width: float = 1.0, dropout: float = 0
    ) -> None:
        """Random weights.

        :param dropout: after every pooling (our decision; the released code has none)
        """
        is_released = size == "released"
        super().__init__(InputSpec.log_mel(MEL, any_length=not is_released), tags, width)
        channels = scaled(K2C2_WIDTHS[size], width)
        self.frame_normalisation = nn.BatchNorm1d(MEL.window_frames) if is_released else None
        self.blocks = stack(1, channels, FIVE_POOLS, dropout, padding=1, activation="elu")
        self.head = nn.Conv2d(channels[-1], tags, kernel_size=1)

    def forward(self, audio: Tensor) -> Tensor:
        """Logits at each position.

        :param audio: standardised log-mel [batch, 1, 96, 1366]
        :returns: [batch, tags, positions]; 1366 frames give one
        """
        maps = _by_frame(self.frame_normalisation, audio)
        for block in self.blocks:
            maps = block(maps)
        logits: Tensor = self.head(maps)
        return logits.mean(dim=2)


CRNN_FRAMES = 1440
"""1366 frames with 37 of zeros at both ends [code]."""

CRNN_POOLS = (Pool((2, 2)), Pool((3, 3)), Pool((4, 4)), Pool((4, 4)))
"""[code]: 48x720, 16x240, 4x60, 1x15."""


class ChoiCrnn(Network):
    """CRNN: four convolutions 3x3, two GRUs along the 15 remaining positions, and a dense layer [code].

    With ``size="released"`` the author's Keras network, which also normalises each frame of the input:
    396,978 parameters. Published are 396,786: the GRUs of Keras 1 have one bias where torch has two, which
    makes 192.
    """

    def __init__(
        self, tags: int, size: BudgetOrReleased = "1M", width: float = 1.0, dropout: float = 0.3
    ) -> None:
        """Random weights.

        :param dropout: before the output (published: 0.3); a third of it after every pooling (published: 0.1)
        """
        super().__init__(InputSpec.log_mel(MEL, any_length=False), tags, width)
        first, later, hidden = scaled(CRNN_WIDTHS[size], width)
        self.frame_normalisation = nn.BatchNorm1d(CRNN_FRAMES) if size == "released" else None
        self.blocks = stack(
            1, [first, later, later, later], CRNN_POOLS, dropout / 3, padding=1, activation="elu"
        )
        self.rnn = nn.GRU(later, hidden, num_layers=2, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(hidden, tags)

    def forward(self, audio: Tensor) -> Tensor:
        """One logit a tag.

        :param audio: standardised log-mel [batch, 1, 96, 1366]
        :returns: [batch, tags, 1]
        """
        margin = (CRNN_FRAMES - MEL.window_frames) // 2
        maps = _by_frame(self.frame_normalisation, nn.functional.pad(audio, (margin, margin)))
        for block in self.blocks:
            maps = block(maps)
        last = self.rnn(maps.squeeze(2).transpose(1, 2))[0][:, -1]
        logits: Tensor = self.head(self.dropout(last))
        return logits.unsqueeze(2)


def _dense(inputs: int, outputs: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(nn.Dropout(dropout), nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs), nn.ELU())


def _by_frame(normalisation: nn.BatchNorm1d | None, audio: Tensor) -> Tensor:
    """Batch normalisation with an own gain and offset for each frame [batch, 1, mel, frames]."""
    if normalisation is None:
        return audio
    normalised: Tensor = normalisation(audio.squeeze(1).transpose(1, 2))
    return normalised.transpose(1, 2).unsqueeze(1)
