"""Everything that a training run can be told, as one value that is saved beside its results."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import msgspec


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of one training run. Fields of the paper that differ here are named in the README.

    :param layers: convolution layers of the 2D FCN
    :param width: factor on its channels
    :param dropout: after every block; the paper's 0.5 is for hard labels at width 1
    :param epochs: passes over the training split
    :param batch_size: clips a step
    :param learning_rate: highest rate of the one-cycle schedule
    :param weight_decay: AdamW's
    :param crop_frames: frames of a random crop of each 911-frame clip
    :param gain_db: random gain of a clip, +- dB
    :param mel_mask: widest band masked by SpecAugment, bands
    :param time_mask: longest span masked by SpecAugment, frames
    :param mix: share of steps whose clips are mixed in pairs (mixup on power and labels)
    :param seed: of weights, order, crops and augmentation
    :param precision: "32-true" or "bf16-mixed" (Lightning Fabric's names)
    """

    layers: int = 5
    width: float = 0.25
    dropout: float = 0.15
    epochs: int = 30
    batch_size: int = 16
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    crop_frames: int = 512
    gain_db: float = 12.0
    mel_mask: int = 16
    time_mask: int = 64
    mix: float = 0.5
    seed: int = 1
    precision: str = "bf16-mixed"

    def digest(self) -> str:
        """Eight hex digits that name this run."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:8]

    @classmethod
    def load(cls, path: Path) -> Settings:
        """As :meth:`save` wrote them.

        :raises OSError: there is no such file
        :raises ValueError: it holds other settings
        """
        return msgspec.json.decode(path.read_bytes(), type=cls)

    def save(self, path: Path) -> None:
        """As JSON."""
        path.write_bytes(msgspec.json.format(msgspec.json.encode(self)) + b"\n")
