"""The log-mel spectrogram: the one front end of display, cache, training and network.

Equal to ``librosa.power_to_db(librosa.feature.melspectrogram(y, sr=16000, n_fft=1024, hop_length=512,
n_mels=96, pad_mode="reflect"), ref=1.0, amin=1e-10, top_db=None)`` within float32; a test holds it. Written
here because importing librosa takes longer than a track, and because it does not stream.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mat_desktop.domain.melspec import MelSpec

Samples = NDArray[np.float32]
LogMel = NDArray[np.float32]

FRAMES_AT_ONCE = 256
"""Frames transformed together: 1 MiB of float32 stays in a core's cache."""


@lru_cache(maxsize=8)
def mel_filterbank(spec: MelSpec) -> NDArray[np.float32]:
    """Triangular filters of equal area on Slaney's mel scale (Auditory Toolbox, 1998), as librosa has them.

    :returns: float32 [n_mels, n_fft // 2 + 1]
    """
    bins = np.linspace(0.0, spec.sample_rate / 2, spec.n_fft // 2 + 1)
    edges = mel_frequencies(spec)
    rising = (bins[None, :] - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins[None, :]) / (edges[2:] - edges[1:-1])[:, None]
    filters = np.maximum(0.0, np.minimum(rising, falling)) * (2.0 / (edges[2:] - edges[:-2]))[:, None]
    return filters.astype(np.float32)


def mel_frequencies(spec: MelSpec) -> NDArray[np.float64]:
    """Edges of the filters in Hz [n_mels + 2]: filter i rises from i, peaks at i + 1, ends at i + 2."""
    low, high = hz_to_mel(np.array([spec.f_min, spec.f_max]))
    return mel_to_hz(np.linspace(low, high, spec.n_mels + 2))


_BREAK_HZ = 1000.0
_HZ_PER_MEL = 200.0 / 3
_LOG_STEP = np.log(6.4) / 27.0


def hz_to_mel(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Hz to Slaney's mel, any shape: linear below 1 kHz, logarithmic above."""
    above = _BREAK_HZ / _HZ_PER_MEL + np.log(np.maximum(hz, _BREAK_HZ) / _BREAK_HZ) / _LOG_STEP
    return np.where(hz < _BREAK_HZ, hz / _HZ_PER_MEL, above)


def mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slaney's mel to Hz, any shape: the inverse of :func:`hz_to_mel`."""
    break_mel = _BREAK_HZ / _HZ_PER_MEL
    above = _BREAK_HZ * np.exp(_LOG_STEP * np.maximum(mel - break_mel, 0.0))
    return np.where(mel < break_mel, mel * _HZ_PER_MEL, above)


def log_mel(clip: Samples, spec: MelSpec) -> LogMel:
    """Log-mel of a whole clip, frames centred, ends reflected.

    :param clip: float32 mono [samples] at ``spec.sample_rate``, at least one sample
    :returns: float32 dB [n_mels, spec.frames(samples)]
    :raises ValueError: there is no sample at all
    """
    return log_mel_stream([clip], spec)


def log_mel_stream(blocks: Iterable[Samples], spec: MelSpec) -> LogMel:
    """Log-mel of blocks that follow each other, as :func:`log_mel` of their concatenation.

    :param blocks: float32 mono [any length], at least one sample in all
    :returns: float32 dB [n_mels, spec.frames(samples)]
    :raises ValueError: there is no sample at all
    """
    return np.concatenate(list(log_mel_parts(blocks, spec)), axis=1)


def log_mel_parts(blocks: Iterable[Samples], spec: MelSpec) -> Iterator[LogMel]:
    """The same as it comes, each part of :data:`FRAMES_AT_ONCE` frames but the last.

    :raises ValueError: there is no sample at all
    """
    for padded in _framed(blocks, spec):
        yield _transform(padded, spec)


def _framed(blocks: Iterable[Samples], spec: MelSpec) -> Iterator[Samples]:
    """The reflected signal in overlapping pieces, each a whole number of hops plus one window."""
    half = spec.n_fft // 2
    step = FRAMES_AT_ONCE * spec.hop_length
    total = 0
    buffer = np.zeros(0, np.float32)
    started = False
    for block in blocks:
        total += block.size
        buffer = np.concatenate((buffer, block)) if buffer.size else block
        if not started:
            if buffer.size <= half:
                continue
            buffer = np.concatenate((buffer[half:0:-1], buffer))
            started = True
        while buffer.size >= step + spec.n_fft:
            yield buffer[: step - spec.hop_length + spec.n_fft]
            buffer = buffer[step:]
    if total == 0:
        raise ValueError("a clip needs at least one sample")
    if started:
        tail = np.concatenate((buffer, buffer[-2 : -half - 2 : -1]))
    else:  # shorter than half a window: reflect as often as needed
        tail = np.pad(buffer, half, mode="reflect") if buffer.size > 1 else np.repeat(buffer, spec.n_fft + 1)
    if tail.size >= spec.n_fft:
        yield tail


def _transform(padded: Samples, spec: MelSpec) -> LogMel:
    frames = np.lib.stride_tricks.sliding_window_view(padded, spec.n_fft)[:: spec.hop_length]
    power = np.empty((frames.shape[0], spec.n_fft // 2 + 1), np.float32)
    window = _window(spec.n_fft)
    for start in range(0, frames.shape[0], FRAMES_AT_ONCE):
        spectrum = np.fft.rfft(frames[start : start + FRAMES_AT_ONCE] * window, axis=1)
        power[start : start + FRAMES_AT_ONCE] = spectrum.real**2 + spectrum.imag**2
    mel = mel_filterbank(spec) @ power.T
    decibel: LogMel = 10.0 * np.log10(np.maximum(mel, np.float32(spec.amin)))
    return decibel


@lru_cache(maxsize=4)
def _window(length: int) -> Samples:
    """Periodic Hann."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)).astype(np.float32)
