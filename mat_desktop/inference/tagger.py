"""From the log-mel of a whole track to its scores: windows, network, pooling, taggram."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from os import cpu_count
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mat_desktop.audio.windows import is_heard, raised, weights, windows
from mat_desktop.domain.card import ModelCard
from mat_desktop.domain.settings import DEVICES
from mat_desktop.errors import ModelFault, printable
from mat_desktop.inference.cards import open_card, read_weights
from mat_desktop.networks.arithmetic import has_bfloat16
from mat_desktop.networks.registry import build, names

LogMel = NDArray[np.float32]
Turn = Callable[[float], AbstractContextManager[object]]

SILENT_POSITIONS = 8
"""Columns of the (empty) taggram for each window of a track in which nothing was heard."""

LARGEST = 65504.0
"""Of half precision; no feature of a sound network comes near it."""

WINDOWS_AT_ONCE = {"cpu": 4, "other": 32}
"""Batching buys nothing on a CPU core; on a GPU it does."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a network says of a track.

    :param values: float32 [tags] in 0..1
    :param taggram: float16 [tags, positions] in 0..1; the positions share the track's length evenly
    :param features: float16 [channels], the input of the network's last layer, pooled over positions and
        windows as the scores are
    :param silent: there was nothing to hear; all values and features are 0
    """

    values: NDArray[np.float32]
    taggram: NDArray[np.float16]
    features: NDArray[np.float16]
    silent: bool


class Tagger:
    """A model on a device. Not for several threads at once."""

    def __init__(self, card: ModelCard, arrays: dict[str, NDArray[np.generic]], device: torch.device) -> None:
        """:raises ModelFault: the weights do not fit the card's network; it does not say whose."""
        self.card = card
        self.device = device
        if card.network.name not in names():
            raise ModelFault(f"this program has no network {card.network.name!r}")
        try:
            network = build(card.network, len(card.tags))
        except ValueError as error:
            raise ModelFault(str(error)) from error
        if network.input.mel != card.mel or network.input.compression != "db":
            raise ModelFault(f"the network {card.network.name} does not listen to the card's log-mel")
        expected = {name: tuple(value.shape) for name, value in network.state_dict().items()}
        found = {name: array.shape for name, array in arrays.items()}
        if expected != found:
            odd = sorted(expected.items() ^ found.items())[0]
            raise ModelFault(f"the weights do not fit the network, e.g. {odd[0]} {odd[1]}")
        network.load_state_dict({name: torch.from_numpy(np.array(array)) for name, array in arrays.items()})
        network.eval().requires_grad_(False)
        self.network = network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._bfloat16 = device.type == "cpu" and has_bfloat16()
        bands = (len(card.normalisation.mean), 1)
        self._mean = np.array(card.normalisation.mean, np.float32).reshape(bands)
        self._std = np.array(card.normalisation.std, np.float32).reshape(bands)

    @classmethod
    def open(cls, folder: Path, device: torch.device) -> Tagger:
        """Load a model folder. :raises ModelFault: it is broken or foreign."""
        card = open_card(folder)
        arrays = read_weights(folder, card)
        try:
            return cls(card, arrays, device)
        except ModelFault as fault:
            raise ModelFault(f"{printable(folder)}: {fault}") from fault

    def judge(self, log_mel: LogMel, turn: Turn = lambda share: nullcontext()) -> Judgement:
        """Listen to a whole track.

        The track is cut into windows of ``card.mel.window_frames``, side by side, the last one moved back to
        end with the track. A track's score is the mean of its windows' scores, weighted by the share of the
        window that no earlier one had heard. Windows of digital silence do not count. A quiet track is raised
        to the card's level first.

        :param log_mel: dB [mel, frames], at least one window long
        :param turn: entered for each batch, while the network is in use, with the share that is done; may
            raise to give up
        """
        length = self.card.mel.window_frames
        frames = log_mel.shape[1]
        if frames < length:
            raise ValueError(f"{frames} frames are less than a window of {length}")
        starts = windows(frames, length)
        heard = [is_heard(log_mel[:, start : start + length]) for start in starts]
        loud = [start for start, sounds in zip(starts, heard, strict=True) if sounds]
        positions, features = self._listen(raised(log_mel, length, self.card.level), loud, length, turn)
        tags = len(self.card.tags)
        columns = round(frames / length * (positions.shape[2] if len(positions) else SILENT_POSITIONS))
        taggram = np.zeros((tags, columns), np.float16)
        if not len(positions):
            channels = np.zeros(features.shape[1], np.float16)
            return Judgement(np.zeros(tags, np.float32), taggram, channels, silent=True)
        shares = zip(weights(frames, length), heard, strict=True)
        loud_weights = np.array([share for share, sounds in shares if sounds], np.float32)
        window_scores = _sigmoid(positions.mean(axis=2))
        values = np.average(window_scores, axis=0, weights=loud_weights).astype(np.float32)
        _fill_taggram(taggram, _sigmoid(positions), starts, heard, length, frames)
        pooled = np.average(features, axis=0, weights=loud_weights)
        return Judgement(values, taggram, pooled.clip(-LARGEST, LARGEST).astype(np.float16), silent=False)

    def batch(self, pieces: Sequence[LogMel]) -> Tensor:
        """Windows [mel, frames] in dB as the network's input [windows, 1, mel, frames], on its device."""
        standard = np.stack([(piece - self._mean) / self._std for piece in pieces])
        batch = torch.from_numpy(standard).unsqueeze(1).to(self.device)
        return batch.contiguous(memory_format=torch.channels_last)

    def _listen(
        self, log_mel: LogMel, starts: list[int], length: int, turn: Turn
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Logits [windows, tags, positions] and features [windows, channels]."""
        at_once = WINDOWS_AT_ONCE["cpu" if self.device.type == "cpu" else "other"]
        parts = []
        features = [np.zeros((0, self.network.head.weight.shape[1]), np.float32)]
        with torch.inference_mode():
            for first in range(0, len(starts), at_once):
                with turn(first / len(starts)), torch.autocast("cpu", torch.bfloat16, enabled=self._bfloat16):
                    batch = self.batch([log_mel[:, s : s + length] for s in starts[first : first + at_once]])
                    logits, pooled = self.network.listen(batch)
                    parts.append(logits.float().cpu().numpy())
                    features.append(pooled.float().cpu().numpy())
        positions = np.concatenate(parts) if parts else np.zeros((0, len(self.card.tags), 0), np.float32)
        return positions, np.concatenate(features)


def devices(threads: int) -> dict[str, str]:
    """The devices that are there, the fastest first, each with its name for people.

    :param threads: that the CPU may use
    """
    found: dict[str, str] = {}
    if torch.cuda.is_available():
        found["cuda"] = f"GPU, {torch.cuda.get_device_name(0)}"
    if torch.backends.mps.is_available():
        found["mps"] = "GPU, Apple"
    if hasattr(torch, "xpu") and torch.xpu.is_available():
        found["xpu"] = f"GPU, {torch.xpu.get_device_name(0)}"
    cores = cpu_count() or 1
    few = f"{threads} of " if threads < cores else ""
    found["cpu"] = f"CPU, {few}{cores} core{'s' if cores > 1 else ''}"
    return found


def choose_device(wish: str, there: Mapping[str, str]) -> str:
    """The device to run on.

    :param wish: "auto" (the fastest) or one of "cuda", "mps", "xpu", "cpu"
    :param there: as :func:`devices` returns them
    :raises ModelFault: the wished device is not there
    """
    if wish == "auto":
        return next(iter(there))
    if wish not in DEVICES:
        raise ModelFault(f"unknown device {wish!r}; known: {', '.join(DEVICES)}")
    if wish not in there:
        raise ModelFault(f"there is no {wish} device on this computer, or torch was built without it")
    return wish


def _sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    return (1.0 / (1.0 + np.exp(-logits))).astype(np.float32)


def _fill_taggram(
    taggram: NDArray[np.float16],
    positions: NDArray[np.float32],
    starts: list[int],
    heard: list[bool],
    length: int,
    frames: int,
) -> None:
    """Each column gets the mean over the windows that cover its centre; silent windows leave zeros."""
    columns = taggram.shape[1]
    centres = (np.arange(columns) + 0.5) * frames / columns
    total = np.zeros(taggram.shape, np.float32)
    count = np.zeros(columns, np.float32)
    loud_starts = [start for start, loud in zip(starts, heard, strict=True) if loud]
    for window, start in zip(positions, loud_starts, strict=True):
        inside = np.flatnonzero((centres >= start) & (centres < start + length))
        cells = ((centres[inside] - start) / length * window.shape[1]).astype(int)
        total[:, inside] += window[:, cells]
        count[inside] += 1
    taggram[:] = total / np.maximum(count, 1)
