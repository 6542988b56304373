"""The folder of sounds without music: ``train`` for ``--reader nothing=``, ``test`` for ``robustness``."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import soundfile
from numpy.random import Generator

from mat_desktop.errors import printable
from training.checkpoints import DiskFault, write_whole
from training.nothing.noises import RATE, Samples, noise
from training.nothing.speech import languages, recorded, spoken, voices

TESTED = ("da", "cs", "ru", "el", "hu", "id")
"""Languages that are only heard in the test."""


@dataclass(frozen=True, slots=True)
class Amount:
    """How many sounds a split gets: of each language, of each recorded voice, and noises."""

    spoken: int
    recorded: int
    noises: int


AMOUNTS = {"train": Amount(4, 8, 36), "test": Amount(3, 5, 17)}


def make(folder: Path, recordings: Path | None, report: Callable[[int, int], None]) -> int:
    """Write what is not there yet; the same sounds each time. :returns: how many there are

    :param recordings: of speech: its last two voices are for the test alone (the last one of two or three)
    :raises DatasetFault: espeak-ng or recordings are missing
    :raises DecodeError: a recording cannot be decoded
    :raises DiskFault: the folder cannot be written
    """
    sounds = dict(_sounds(recordings))
    for done, (name, sound) in enumerate(sounds.items()):
        report(done, len(sounds))
        place = folder / f"{name}.flac"
        if place.exists():
            continue
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DiskFault(f"{printable(place.parent)}: {error.strerror}") from error
        content = _flac(sound(np.random.default_rng(zlib.crc32(name.encode()))))
        write_whole(place, lambda file, content=content: file.write(content))  # type: ignore[misc]
    report(len(sounds), len(sounds))
    return len(sounds)


def _sounds(recordings: Path | None) -> Iterator[tuple[str, Callable[[Generator], Samples]]]:
    """Name and maker of each, in order."""
    people = voices(recordings) if recordings else []
    kept = len(people) - (2 if len(people) > 3 else 1)
    for split, amount in AMOUNTS.items():
        for language in languages():
            if (language in TESTED) == (split == "test"):
                for number in range(amount.spoken):
                    yield f"{split}/spoken-{language}-{number}", partial(spoken, language)
        for voice in people[:kept] if split == "train" else people[kept:]:
            for number in range(amount.recorded):
                yield f"{split}/recorded-{voice.name}-{number}", partial(recorded, voice)
        for number in range(amount.noises):
            yield f"{split}/noise-{number:02}", partial(noise, number)


def _flac(samples: Samples) -> bytes:
    content = io.BytesIO()
    soundfile.write(content, samples, RATE, format="FLAC", subtype="PCM_16")
    return content.getvalue()
