"""Noises of many colours, hum, clicks, and silence: float32 mono [LENGTH] at RATE, in -1..1."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Samples = NDArray[np.float32]

RATE = 16_000
LENGTH = RATE * 59 // 2
"""29.5 s, a little more than a network hears at once."""


def noise(number: int, random: Generator) -> Samples:
    """One of the kinds, in turn."""
    kind = KINDS[number % len(KINDS)]
    return kind(random)


def at_level(samples: Samples, decibel: float) -> Samples:
    """With this root of the mean square, dB below full scale; peaks are clipped, silence stays."""
    level = float(np.sqrt((samples.astype(np.float64) ** 2).mean()))
    if level < 1e-9:
        return samples
    loud: Samples = np.clip(samples * (10 ** (decibel / 20) / level), -1, 1).astype(np.float32)
    return loud


def coloured(random: Generator, slope: float, low: float = 0.0, high: float = RATE / 2) -> Samples:
    """Noise whose power falls with the frequency to the power of a slope, between two frequencies in Hz."""
    frequencies = np.fft.rfftfreq(LENGTH, 1 / RATE)
    spectrum = random.normal(size=len(frequencies)) + 1j * random.normal(size=len(frequencies))
    spectrum *= np.maximum(frequencies, 20.0) ** (-slope / 2)
    spectrum[(frequencies < low) | (frequencies > high)] = 0
    return np.fft.irfft(spectrum, LENGTH).astype(np.float32)


def _steady(random: Generator) -> Samples:
    """From white over pink to brown, as of rain or a fan."""
    return at_level(coloured(random, random.uniform(0, 2)), random.uniform(-45, -12))


def _band(random: Generator) -> Samples:
    """Noise of a part of the frequencies only."""
    low = float(np.exp(random.uniform(np.log(50), np.log(3000))))
    band = coloured(random, random.uniform(0, 1), low, low * random.uniform(1.3, 6))
    return at_level(band, random.uniform(-45, -12))


def _gusts(random: Generator) -> Samples:
    """Noise that swells, as of wind, waves and passing cars."""
    swell = coloured(random, 0, 0, random.uniform(0.2, 2))
    swell = np.abs(swell) / np.abs(swell).max()
    return at_level(coloured(random, random.uniform(0.5, 2)) * swell, random.uniform(-40, -14))


def _hum(random: Generator) -> Samples:
    """The mains of 50 or 60 Hz with harmonics, and some noise."""
    seconds = np.arange(LENGTH) / RATE
    mains = random.choice([50.0, 60.0])
    tones = [
        random.uniform(0, 1) / order * np.sin(2 * np.pi * (mains * order * seconds + random.random()))
        for order in range(1, 12)
    ]
    floor = at_level(coloured(random, 1), random.uniform(-60, -25))
    return at_level(np.sum(tones, axis=0).astype(np.float32), random.uniform(-40, -18)) + floor


def _clicks(random: Generator) -> Samples:
    """Short knocks at random times, as of a worn record or of keys."""
    knocks = np.zeros(LENGTH, np.float32)
    for at in random.integers(0, LENGTH - 800, int(random.integers(20, 400))):
        fade = np.exp(-np.arange(800) / random.uniform(5, 150))
        knocks[at : at + 800] += random.uniform(0.1, 1) * fade * random.normal(size=800)
    return at_level(knocks + 0.02 * coloured(random, 1), random.uniform(-40, -20))


def _silence(random: Generator) -> Samples:
    """Next to nothing: the noise of 16 bits, or of a quiet room."""
    return at_level(coloured(random, random.uniform(0, 1)), random.uniform(-96, -55))


KINDS: tuple[Callable[[Generator], Samples], ...] = (_steady, _band, _gusts, _hum, _clicks, _silence)
