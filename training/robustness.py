"""How steady a model's word is: the same clips as other files, and sounds that are no music.

Every variant is written to a file and heard as the application hears files.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.stream import AudioStream
from numpy.typing import NDArray

from mat_desktop.audio.decode import Decoding
from mat_desktop.domain.card import ModelCard
from mat_desktop.errors import DecodeError, printable
from training.datasets.dataset import Skipped
from training.display import columns_of, margins
from training.metrics import top_overlap
from training.network import Trained
from training.track_inference import track_scores

Array = NDArray[np.float32]
Report = Callable[[int, int], None]

RATE = 44_100
"""Of the file that all variants are compared with: stereo, both channels alike, lossless."""


@dataclass(frozen=True, slots=True)
class Variant:
    """:param ending: of the file, which decides on its container
    :param codec: FFmpeg's name of the encoder
    :param rate: Hz
    :param change: of the samples
    """

    name: str
    ending: str = "wav"
    codec: str = "pcm_s16le"
    bit_rate: int = 0
    rate: int = RATE
    layout: str = "stereo"
    change: Callable[[Array], Array] = lambda samples: samples


REFERENCE = Variant("as it is")
VARIANTS = (
    Variant("mp3 64 kbit/s", "mp3", "libmp3lame", 64_000),
    Variant("mp3 128 kbit/s", "mp3", "libmp3lame", 128_000),
    Variant("mp3 320 kbit/s", "mp3", "libmp3lame", 320_000),
    Variant("opus 64 kbit/s", "opus", "libopus", 64_000, 48_000),
    Variant("22.05 kHz", rate=22_050),
    Variant("48 kHz", rate=48_000),
    Variant("mono", layout="mono"),
    Variant("12 dB quieter", change=lambda samples: samples * np.float32(10 ** (-12 / 20))),
    Variant(
        "1 s of silence in front",
        change=lambda samples: np.concatenate([np.zeros(RATE, np.float32), samples]),
    ),
)


def compare_variants(
    card: ModelCard,
    trained: Trained,
    clips: Sequence[Path],
    sources: dict[str, tuple[str, ...]],
    report: Report,
) -> dict[str, dict[str, float]]:
    """Figures of each variant against the clips as they are.

    ``top5_overlap``: of the five best outputs; ``mean_shift`` and ``shift_99``: mean and 99 % quantile of the
    change of a score; ``suggestions_kept``: display tags above their threshold in both, of those in either.

    :param sources: of the display tags
    :raises DecodeError: a clip cannot be decoded
    """
    scores: dict[str, list[Array]] = {variant.name: [] for variant in (REFERENCE, *VARIANTS)}
    with tempfile.TemporaryDirectory() as place:
        for done, clip in enumerate(clips, 1):
            samples = np.concatenate(list(Decoding(clip, RATE)))
            for variant in (REFERENCE, *VARIANTS):
                file = write(Path(place) / f"clip.{variant.ending}", samples, variant)
                heard = track_scores(trained, file, card)
                scores[variant.name].append(np.zeros(len(card.tags), np.float32) if heard is None else heard)
            report(done, len(clips))
    groups = columns_of(sources, [tag.key for tag in card.tags])
    before = np.stack(scores[REFERENCE.name])
    suggested = margins(before, card, groups) >= 0
    figures = {}
    for variant in VARIANTS:
        after = np.stack(scores[variant.name])
        shift = np.abs(after - before)
        figures[variant.name] = {
            "top5_overlap": round(top_overlap(after, before), 4),
            "mean_shift": round(float(shift.mean()), 4),
            "shift_99": round(float(np.quantile(shift, 0.99)), 4),
            "suggestions_kept": _kept(suggested, margins(after, card, groups) >= 0),
        }
    return figures


def nothing_heard(
    card: ModelCard,
    trained: Trained,
    sounds: Sequence[Path],
    sources: dict[str, tuple[str, ...]],
    report: Report,
) -> tuple[dict[str, Any], list[Skipped]]:
    """How many sounds without music get a tag all the same, and which."""
    groups = columns_of(sources, [tag.key for tag in card.tags])
    tagged: dict[str, list[str]] = {}
    skipped: list[Skipped] = []
    for done, sound in enumerate(sounds, 1):
        try:
            scores = track_scores(trained, sound, card)
        except DecodeError as fault:
            skipped.append(Skipped(printable(sound), fault.cause))
            continue
        if scores is not None:
            above = margins(scores[None], card, groups)[0] >= 0
            if above.any():
                tagged[sound.name] = [name for name, is_above in zip(groups, above, strict=True) if is_above]
        report(done, len(sounds))
    return {"sounds": len(sounds) - len(skipped), "tagged": len(tagged), "tags": tagged}, skipped


def _kept(before: NDArray[np.bool_], after: NDArray[np.bool_]) -> float:
    return round(float((before & after).sum() / max((before | after).sum(), 1)), 4)


def write(path: Path, samples: Array, variant: Variant) -> Path:
    """A file of one variant.

    :param samples: mono [n] at :data:`RATE`
    """
    changed = np.clip(variant.change(samples), -1, 1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(variant.codec, rate=variant.rate, layout=variant.layout)
        assert isinstance(stream, AudioStream)
        if variant.bit_rate:
            stream.bit_rate = variant.bit_rate
        formats = stream.codec_context.codec.audio_formats
        assert formats
        resampler = av.AudioResampler(format=formats[0].name, layout=variant.layout, rate=variant.rate)
        step = stream.codec_context.frame_size or 4096
        channels = np.tile(changed, (2 if variant.layout == "stereo" else 1, 1))
        for start in range(0, len(changed), step):
            block = np.ascontiguousarray(channels[:, start : start + step])
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=variant.layout)
            frame.sample_rate, frame.pts = RATE, start
            for part in resampler.resample(frame):
                container.mux(stream.encode(part))
        for part in resampler.resample(None):
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return path
