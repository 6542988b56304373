"""A data set as one network hears it: prepared once, cut to the network's length, standardised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mat_desktop.audio.windows import raised
from mat_desktop.domain.melspec import MelSpec
from mat_desktop.networks.base import Compression, InputSpec
from training.datasets.cache import Report, Rows
from training.datasets.dataset import SPLITS, Dataset, DatasetFault, Skipped
from training.datasets.features import Features, prepare
from training.datasets.waveforms import FULL_SCALE, Waveforms, prepare_waveforms, spec_of

CLIP_SECONDS = MelSpec().window_seconds
"""Kept of each clip, however little a network hears at once: 29.12 s."""

Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Clips:
    """The clips of a data set, ready for a network.

    :param audio: dB [clips, mel, frames] or samples [clips, samples], memory-mapped
    :param usable: bool [clips], False where the clip could not be decoded
    :param skipped: clips that cannot be used, with the reasons
    :param listens_to: what the network takes
    :param level: quieter clips are raised to it as the application raises tracks; see :class:`ModelCard`
    """

    dataset: Dataset
    audio: Rows | Waveforms
    usable: NDArray[np.bool_]
    skipped: tuple[Skipped, ...]
    listens_to: InputSpec
    level: float | None = None

    @property
    def length(self) -> int:
        """Frames or samples of each clip."""
        return self.audio.shape[-1]

    def split(self, name: str) -> Indices:
        """Usable clips of a split.

        :raises DatasetFault: there are none
        """
        indices = self.dataset.indices(name)
        indices = indices[self.usable[indices]]
        if not len(indices):
            raise DatasetFault(f"{self.dataset.name}: no clip in the {name} split can be used")
        return indices

    def labels(self, indices: Indices) -> NDArray[np.float32]:
        """[indices, tags] in 0..1."""
        return self.dataset.labels[indices]

    def cut(self, indices: Indices, starts: Sequence[int], length: int) -> Tensor:
        """Pieces of clips, float32: dB [clips, 1, mel, length] or samples in -1..1 [clips, 1, length]."""
        pieces = np.stack(
            [self._piece(clip, start, length) for clip, start in zip(indices.tolist(), starts, strict=True)]
        )
        cut = torch.from_numpy(pieces).float().unsqueeze(1)
        return cut if self.listens_to.mel else cut / FULL_SCALE

    def _piece(self, clip: int, start: int, length: int) -> NDArray[np.generic]:
        if self.level is None or self.listens_to.mel is None:
            return self.audio[clip, ..., start : start + length]
        whole = raised(self.audio[clip, ...].astype(np.float32), self.listens_to.length, self.level)
        return whole[:, start : start + length]


def prepare_clips(dataset: Dataset, listens_to: InputSpec, cache: Path, report: Report) -> Clips:
    """Prepare what a network needs of a data set, as far as it is not in the cache.

    :raises DatasetFault: the cache cannot be written, is in use, or no clip can be decoded
    """
    if listens_to.mel is None:
        spec = spec_of(listens_to.sample_rate, CLIP_SECONDS)
        waveforms, usable, lost = prepare_waveforms(dataset, cache, spec, report)
        return Clips(dataset, waveforms, usable, (*dataset.skipped, *lost), listens_to)
    return of_features(dataset, prepare(dataset, cache, whole_clip(listens_to.mel), report), listens_to)


def of_features(dataset: Dataset, features: Features, listens_to: InputSpec) -> Clips:
    """Clips whose log-mel is prepared already."""
    return Clips(
        dataset, features.log_mel, features.usable, (*dataset.skipped, *features.skipped), listens_to
    )


def whole_clip(mel: MelSpec) -> MelSpec:
    """The same spectrogram of a whole clip, where a network hears less at once."""
    frames = 1 + round(CLIP_SECONDS * mel.sample_rate) // mel.hop_length
    return replace(mel, window_frames=max(mel.window_frames, frames))


def limited(dataset: Dataset, most: int) -> Dataset:
    """No more than ``most`` clips of each split, spread over all of it; 0: all of them."""
    if not most:
        return dataset
    kept = []
    for split in SPLITS:
        indices = dataset.indices(split)
        kept.append(indices[np.linspace(0, len(indices) - 1, min(most, len(indices))).round().astype(int)])
    chosen = np.sort(np.concatenate(kept))
    return replace(
        dataset,
        clips=tuple(dataset.clips[index] for index in chosen),
        splits=dataset.splits[chosen],
        labels=dataset.labels[chosen],
        licence_classes=dataset.licence_classes[chosen],
        seconds=tuple(dataset.seconds[index] for index in chosen) if dataset.seconds else (),
    )


@dataclass(frozen=True, slots=True)
class Standard:
    """Brings log-mel to mean 0 and standard deviation 1 in every band; leaves waveforms as they are.

    :param mean: of each band, [mel] float32, after compression; empty for a waveform
    :param std: likewise
    """

    mean: NDArray[np.float32]
    std: NDArray[np.float32]
    compression: Compression = "db"

    def as_tensors(self) -> dict[str, Tensor]:
        """For a checkpoint."""
        return {"mean": torch.from_numpy(self.mean), "std": torch.from_numpy(self.std)}

    def __call__(self, audio: Tensor) -> Tensor:
        """:param audio: as :meth:`Clips.cut` gives it"""
        if not self.mean.size:
            return audio
        mean, std = (torch.from_numpy(a).to(audio.device).view(1, 1, -1, 1) for a in (self.mean, self.std))
        return (compress(audio, self.compression) - mean) / std


def compress(decibel: Tensor, compression: Compression) -> Tensor:
    """From dB, of any shape, to what the network wants of the mel power."""
    if compression == "db":
        return decibel
    return torch.log1p(10_000 * torch.pow(10.0, decibel / 10))


def standardisation(clips: Clips, indices: Indices) -> Standard:
    """By the mean and standard deviation of each band over some clips; of waveforms nothing is changed."""
    if not isinstance(clips.audio, Rows):
        return Standard(np.zeros(0, np.float32), np.zeros(0, np.float32))
    compression, bands = clips.listens_to.compression, clips.audio.shape[1]
    total, squares, count = torch.zeros(bands).double(), torch.zeros(bands).double(), 0
    for start in range(0, len(indices), 64):
        block = torch.from_numpy(clips.audio[indices[start : start + 64]]).float()
        block = compress(block, compression).double()
        total += block.sum(dim=(0, 2))
        squares += (block**2).sum(dim=(0, 2))
        count += block.shape[0] * block.shape[2]
    mean = total / count
    std = (squares / count - mean**2).clamp_min(1e-6).sqrt()
    return Standard(mean.float().numpy(), std.float().numpy(), compression)
