"""The interface of all networks: what goes in, what comes out, what can be scaled."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn

from mat_desktop.domain.melspec import MelSpec

Compression = Literal["db", "log1p 10000"]
"""From mel power x to the network's input: ``10 log10(max(x, amin))``, or ``log(1 + 10000 x)``."""

WIDEST = 4.0
"""Largest factor on the channels that a network is built with."""


@dataclass(frozen=True, slots=True)
class InputSpec:
    """What a network listens to.

    :param sample_rate: Hz
    :param length: frames (log-mel) or samples (waveform) of the published input
    :param any_length: a longer input is fine too; else ``length`` is the only one that is
    :param mel: how the log-mel is computed; None for a waveform
    :param compression: log-mel only
    """

    sample_rate: int
    length: int
    any_length: bool
    mel: MelSpec | None = None
    compression: Compression = "db"

    @classmethod
    def log_mel(cls, mel: MelSpec, any_length: bool, compression: Compression = "db") -> InputSpec:
        """Input [batch, 1, mel bands, frames], as ``mel`` says."""
        return cls(mel.sample_rate, mel.window_frames, any_length, mel, compression)

    @classmethod
    def waveform(cls, sample_rate: int, samples: int, any_length: bool) -> InputSpec:
        """Input [batch, 1, samples] in -1..1."""
        return cls(sample_rate, samples, any_length)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one published input, without the batch: (1, mel bands, frames) or (1, samples)."""
        return (1, self.length) if self.mel is None else (1, self.mel.n_mels, self.length)


class Network(nn.Module, ABC):
    """Audio to tags.

    :ivar input: what ``forward`` takes
    :ivar head: the last layer, one output (or map) a tag; its bias is where a prior belongs
    """

    input: InputSpec
    head: nn.Conv1d | nn.Conv2d | nn.Linear

    def __init__(self, listens_to: InputSpec, tags: int, width: float) -> None:
        """:raises ValueError: no tags, or a width outside 0..4"""
        super().__init__()
        if not 0 < width <= WIDEST:
            raise ValueError(f"the width must be above 0 and at most {WIDEST:g}, not {width:g}")
        if tags < 1:
            raise ValueError("a network needs a tag at least")
        self.input = listens_to

    @abstractmethod
    def forward(self, audio: Tensor) -> Tensor:
        """Logits at each position in time.

        :param audio: [batch, *self.input.shape]
        :returns: [batch, tags, positions], one position where the network gives only one answer. The mean
            over the positions is the logit of the whole input.
        """

    def listen(self, audio: Tensor) -> tuple[Tensor, Tensor]:
        """Logits, and the features that the head made them of.

        :param audio: [batch, *self.input.shape]
        :returns: logits as ``forward`` has them; features [batch, channels], the mean of the head's input
            over all its positions
        """
        taken: list[Tensor] = []
        hook = self.head.register_forward_pre_hook(lambda _, inputs: taken.append(inputs[0]))
        try:
            logits: Tensor = self(audio)
        finally:
            hook.remove()
        (last,) = taken
        if isinstance(self.head, nn.Linear):
            return logits, last.reshape(len(last), -1, last.shape[-1]).mean(dim=1)
        return logits, last.flatten(2).mean(dim=2)


def scaled(channels: Sequence[int], width: float) -> list[int]:
    """Channels times width, at least one each."""
    return [max(1, round(count * width)) for count in channels]
