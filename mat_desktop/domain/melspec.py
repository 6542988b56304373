"""MelSpec: the one description of a log-mel spectrogram that display, cache, training and network share."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class MelSpec:
    """How audio becomes log-mel: power spectrogram, mel bands, ``10 log10(max(power, amin))`` dB.

    The defaults are the paper's input of 96 bands by 911 frames for a 29.12 s clip at 16 kHz. Hop and
    centring are what the paper leaves out and its shape 96x911 settles: 1 + 465,920 // 512 = 911.

    :param sample_rate: Hz, > 0
    :param n_fft: samples a Hann window (periodic), > 0
    :param hop_length: samples between two frames, > 0
    :param n_mels: bands, > 0
    :param f_min: Hz, lower edge of the lowest band
    :param f_max: Hz, upper edge of the highest band, at most sample_rate / 2
    :param mel_scale: Slaney's scale with area-normalised filters, librosa's default
    :param pad_mode: how half a window is added at both ends before framing (frames are centred)
    :param amin: power below which everything counts as this (-100 dB)
    :param window_frames: frames of one network input
    """

    sample_rate: int = 16_000
    n_fft: int = 1024
    hop_length: int = 512
    n_mels: int = 96
    f_min: float = 0.0
    f_max: float = 8_000.0
    mel_scale: Literal["slaney"] = "slaney"
    pad_mode: Literal["reflect"] = "reflect"
    amin: float = 1e-10
    window_frames: int = 911

    def __post_init__(self) -> None:
        for name in ("sample_rate", "n_fft", "hop_length", "n_mels", "window_frames"):
            if getattr(self, name) <= 0:
                raise ValueError(f"MelSpec.{name} must be above 0, not {getattr(self, name)}")
        if not 0 <= self.f_min < self.f_max <= self.sample_rate / 2:
            raise ValueError(f"MelSpec needs 0 <= f_min < f_max <= {self.sample_rate / 2} Hz")
        if self.amin <= 0:
            raise ValueError("MelSpec.amin must be above 0")

    @property
    def window_samples(self) -> int:
        """Samples that give exactly ``window_frames`` frames: 465,920 by default."""
        return (self.window_frames - 1) * self.hop_length

    @property
    def window_seconds(self) -> float:
        """Length of one network input: 29.12 s by default."""
        return self.window_samples / self.sample_rate

    @property
    def frames_per_second(self) -> float:
        """Frame rate of the log-mel: 31.25 by default."""
        return self.sample_rate / self.hop_length

    def frames(self, samples: int) -> int:
        """Frames of a clip of so many samples: ``1 + samples // hop_length``."""
        return 1 + samples // self.hop_length

    def digest(self) -> str:
        """Twelve hex digits that change with any setting: the key of caches."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:12]
