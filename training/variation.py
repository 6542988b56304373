"""Log-mel of the same music played otherwise: higher or lower, faster or slower, or with another's colour.

A network that is to hear music from elsewhere than its training clips must not lean on their keys, tempi and
production.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from mat_desktop.audio.mel import hz_to_mel, mel_frequencies
from mat_desktop.domain.melspec import MelSpec


def played_otherwise(log_mel: Tensor, spec: MelSpec, pitch_shift: float, time_stretch: float) -> Tensor:
    """Pitch and tempo of half of the clips changed, each by itself, bands and frames read between the lines.

    :param log_mel: dB [batch, 1, mel, frames]
    :param spec: its front end
    :param pitch_shift: the largest change, as a share: all frequencies times 1 +- so much
    :param time_stretch: the same of the tempo
    :returns: the same shape; what a slower or higher clip has no source for is mirrored at the edge
    """
    batch, _, bands, frames = log_mel.shape
    changed = (torch.rand(batch) < 0.5).float()
    pitch = 1 + changed * (torch.rand(batch) * 2 - 1) * pitch_shift
    tempo = 1 + changed * (torch.rand(batch) * 2 - 1) * time_stretch
    grid = torch.stack(
        [
            _frames_read(tempo, frames)[:, None, :].expand(batch, bands, frames),
            _bands_read(pitch, spec)[:, :, None].expand(batch, bands, frames),
        ],
        dim=3,
    )
    return torch.nn.functional.grid_sample(
        log_mel.float(), grid.to(log_mel.device), "bilinear", "reflection", align_corners=True
    )


def _bands_read(pitch: Tensor, spec: MelSpec) -> Tensor:
    """Where each band of the result stands in the source, [batch, mel], -1 the lowest, 1 the highest one."""
    centres = mel_frequencies(spec)[1:-1]
    lowest, highest = hz_to_mel(centres[[0, -1]])
    sources = centres[None, :] / pitch.double().numpy()[:, None]
    place = (hz_to_mel(np.minimum(sources, centres[-1])) - lowest) / (highest - lowest) * 2 - 1
    return torch.from_numpy(place).float()


def _frames_read(tempo: Tensor, frames: int) -> Tensor:
    """Where each frame of the result stands in the source, [batch, frames], -1 the first, 1 the last one.

    A slower clip is some part of the source; a faster one ends after it.
    """
    slack = 1 - tempo.clamp(max=1)
    slower = torch.linspace(-1, 1, frames)[None] * (1 - slack)[:, None]
    slower = slower + (slack * (torch.rand(len(tempo)) * 2 - 1))[:, None]
    faster = torch.linspace(0, 2, frames)[None] * tempo[:, None] - 1
    return torch.where((tempo > 1)[:, None], faster, slower)


def mixed_style(log_mel: Tensor, most: float) -> Tensor:
    """Each clip with a share of another one's mean and spread in every band: MixStyle (Zhou et al. 2021) over
    frequency (Kim et al. 2022), on the input. Its loudness stays.

    :param log_mel: dB [batch, 1, mel, frames]
    :param most: the largest share
    """
    batch = log_mel.shape[0]
    other = torch.randperm(batch).to(log_mel.device)
    share = (torch.rand(batch, 1, 1, 1) * most).to(log_mel.device)
    mean = log_mel.mean(3, keepdim=True)
    spread = log_mel.std(3, keepdim=True).clamp_min(1.0)  # a silent band has none to be divided by
    colour = mean - mean.mean(2, keepdim=True)
    new_mean = mean + share * (colour[other] - colour)
    new_spread = spread + share * (spread[other] - spread)
    return (log_mel - mean) / spread * new_spread + new_mean
