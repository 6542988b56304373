"""Speech: synthetic, of espeak-ng, and recorded, of a folder with a voice in each of its folders."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.random import Generator

from mat_desktop.audio.decode import decode
from mat_desktop.audio.names import is_audio_name
from mat_desktop.errors import printable
from training.datasets.dataset import DatasetFault
from training.nothing.noises import LENGTH, RATE, Samples, at_level, coloured

PROGRAM = "espeak-ng"
VARIANTS = ("f2", "f4", "m2", "m3", "m7")

PAUSE = (0.1, 0.9)
"""Between two sentences, in seconds."""


def languages() -> dict[str, str]:
    """The first article of the Universal Declaration of Human Rights, by espeak-ng's code of its language."""
    text = Path(__file__).with_name("article_1.json").read_text(encoding="utf-8")
    found: dict[str, str] = json.loads(text)
    return found


def spoken(language: str, random: Generator) -> Samples:
    """Synthetic speech [LENGTH]: the article, dates and numbers.

    :raises DatasetFault: espeak-ng is missing or fails
    """
    voice = f"{language}+{random.choice(VARIANTS)}"
    speed, pitch = random.integers(120, 200), random.integers(25, 75)
    sentences, length = [], 0
    while length < LENGTH:
        numbers = ", ".join(str(number) for number in random.integers(0, 2100, 6))
        for text in (languages()[language], numbers):
            sentences.append(_say(text, voice, int(speed), int(pitch)))
            length += len(sentences[-1])
    return _joined(sentences, random)


def voices(folder: Path) -> list[Path]:
    """Folders with recordings of a voice each, in the order of their names. :raises DatasetFault: none"""
    if not folder.is_dir():
        raise DatasetFault(
            f"{printable(folder)} is no folder: here it takes one with a folder for each voice"
        )
    found = [inside for inside in sorted(folder.iterdir()) if inside.is_dir() and _recordings(inside)]
    if len(found) < 2:
        raise DatasetFault(
            f"{printable(folder)} has {len(found)} folders with recordings; two voices at least are needed, "
            "one to learn from and one to test with"
        )
    return found


def recorded(voice: Path, random: Generator) -> Samples:
    """Recordings of a voice in random order [LENGTH].

    :raises DecodeError: one cannot be decoded
    """
    files = _recordings(voice)
    sentences, length = [], 0
    while length < LENGTH:
        sentences.append(decode(files[int(random.integers(len(files)))], RATE))
        length += max(len(sentences[-1]), RATE // 10)
    return _joined(sentences, random)


@cache
def _recordings(voice: Path) -> Sequence[Path]:
    return sorted(path for path in voice.rglob("*") if is_audio_name(path))


def _say(text: str, voice: str, speed: int, pitch: int) -> Samples:
    command = [PROGRAM, "-v", voice, "-s", str(speed), "-p", str(pitch), "--stdin", "--stdout"]
    try:
        said = subprocess.run(command, input=text.encode(), capture_output=True, check=True, timeout=60)
        samples, rate = soundfile.read(io.BytesIO(said.stdout), dtype="float32")
    except FileNotFoundError as missing:
        raise DatasetFault(f"{PROGRAM} is missing; it speaks what should get no tag") from missing
    except (subprocess.SubprocessError, soundfile.LibsndfileError) as error:
        raise DatasetFault(f"{PROGRAM} cannot speak as {voice}: {error}") from error
    speech: Samples = soxr.resample(samples, rate, RATE)
    return speech


def _joined(sentences: Sequence[Samples], random: Generator) -> Samples:
    """One after the other with pauses, at times over the noise of a room or in a telephone's band."""
    parts = []
    for sentence in sentences:
        parts += [sentence, np.zeros(int(RATE * random.uniform(*PAUSE)), np.float32)]
    speech = at_level(np.concatenate(parts)[:LENGTH], random.uniform(-30, -16))
    if random.random() < 0.3:
        spectrum = np.fft.rfft(speech)
        frequencies = np.fft.rfftfreq(LENGTH, 1 / RATE)
        spectrum[(frequencies < 300) | (frequencies > 3400)] = 0
        speech = np.fft.irfft(spectrum, LENGTH).astype(np.float32)
    if random.random() < 0.5:
        speech = speech + at_level(coloured(random, random.uniform(0, 2)), random.uniform(-60, -35))
    return np.clip(speech, -1, 1)
