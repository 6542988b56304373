"""Random changes of a batch of log-mel that leave its labels true.

Random numbers are torch's own: the loop seeds them by epoch and step.
"""

from __future__ import annotations

import torch
from torch import Tensor

from training.settings import Settings
from training.torchaudio_parts import FrequencyMasking, TimeMasking

FLOOR_DB = -100.0
"""10 log10(MelSpec.amin): the quietest value of the front end."""

EQ_KNOTS = 5
"""Places of the mel axis, evenly from its lower to its upper end, at which the equaliser draws a gain."""

LOW_PASS_DEPTH = 1 / 3
"""Share of the bands that a low-pass takes away at most: of 96 bands up to 8 kHz, what lies above 3 kHz."""


class Augment:
    """Gain, equaliser, low-pass, mixing; then SpecAugment on standardised values."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._mel_mask = FrequencyMasking(settings.mel_mask, iid_masks=True)
        self._time_mask = TimeMasking(settings.time_mask, iid_masks=True)

    def on_decibel(self, log_mel: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Random gain and colour per clip, and in some steps each clip mixed with another, as power.

        :param log_mel: dB [batch, 1, mel, frames]
        :param labels: [batch, tags]; those of a mixture are mixed in the same shares as the power
        """
        batch = log_mel.shape[0]
        if self.settings.gain_db:
            gain = (torch.rand(batch, 1, 1, 1) * 2 - 1) * self.settings.gain_db
            log_mel = (log_mel + gain.to(log_mel.device)).clamp_min(FLOOR_DB)
        if self.settings.eq_db:
            log_mel = (log_mel + self._curves(batch, log_mel.shape[2]).to(log_mel.device)).clamp_min(FLOOR_DB)
        if self.settings.low_pass:
            log_mel = log_mel.masked_fill(self._above(batch, log_mel.shape[2]).to(log_mel.device), FLOOR_DB)
        if torch.rand(()).item() >= self.settings.mix:
            return log_mel, labels
        share = (0.5 + 0.5 * torch.rand(batch, 1, 1, 1)).to(log_mel.device)
        other = torch.randperm(batch).to(log_mel.device)
        power = share * torch.pow(10.0, log_mel / 10) + (1 - share) * torch.pow(10.0, log_mel[other] / 10)
        weight = share.view(batch, 1)
        return 10 * torch.log10(power.clamp_min(1e-10)), weight * labels + (1 - weight) * labels[other]

    def _curves(self, batch: int, bands: int) -> Tensor:
        """Gains in dB, [batch, 1, bands, 1]."""
        knots = (torch.rand(batch, 1, EQ_KNOTS) * 2 - 1) * self.settings.eq_db
        curves = torch.nn.functional.interpolate(knots, size=bands, mode="linear", align_corners=True)
        return curves.unsqueeze(3)

    def _above(self, batch: int, bands: int) -> Tensor:
        """Bands that a low-pass takes away, bool [batch, 1, bands, 1]."""
        first = bands - (torch.rand(batch, 1) * bands * LOW_PASS_DEPTH).round()
        spared = torch.rand(batch, 1) >= self.settings.low_pass
        return (torch.arange(bands) >= first.masked_fill(spared, bands)).view(batch, 1, bands, 1)

    def on_samples(self, waveform: Tensor) -> Tensor:
        """Random gain per clip.

        :param waveform: [batch, 1, samples] in -1..1
        """
        if not self.settings.gain_db:
            return waveform
        decibel = (torch.rand(waveform.shape[0], 1, 1) * 2 - 1) * self.settings.gain_db
        return (waveform * torch.pow(10.0, decibel / 20).to(waveform.device)).clamp(-1, 1)

    def on_standardised(self, log_mel: Tensor) -> Tensor:
        """SpecAugment (Park et al. 2019): one band and one span of each clip become the mean."""
        if self.settings.mel_mask:
            log_mel = self._mel_mask(log_mel)
        if self.settings.time_mask:
            log_mel = self._time_mask(log_mel)
        return log_mel
