"""Which decoders are here, and of which version."""

from __future__ import annotations

import av
import soundfile
import soxr

WANTED = {
    "mp3": "mp3float",
    "FLAC": "flac",
    "Vorbis": "vorbis",
    "Opus": "opus",
    "AAC": "aac",
    "ALAC": "alac",
    "WMA": "wmav2",
    "WAV and AIFF": "pcm_s16le",
    "Monkey's Audio": "ape",
    "WavPack": "wavpack",
    "Musepack": "mpc8",
}
"""FFmpeg's decoder of each format that a library usually has."""


def missing() -> list[str]:
    """Formats that this build of FFmpeg cannot decode."""
    return [name for name, codec in WANTED.items() if codec not in av.codecs_available]


def versions() -> dict[str, str]:
    """Version of each library that reads or resamples sound."""
    codec = ".".join(map(str, av.library_versions["libavcodec"]))
    return {
        "FFmpeg": f"{getattr(av, 'ffmpeg_version_info', '')} (libavcodec {codec})".strip(),
        "libsndfile": str(soundfile.__libsndfile_version__),
        "soxr": str(soxr.__version__),
    }
