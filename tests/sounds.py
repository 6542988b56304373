"""Small audio files for tests, encoded with the FFmpeg inside PyAV: no binary is needed."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

# extension -> codec; containers are guessed from the extension
CODECS = {
    "mp3": "libmp3lame",
    "flac": "flac",
    "opus": "libopus",
    "ogg": "flac",  # PyAV has no libvorbis; Vorbis comes from soundfile, see `vorbis`
    "m4a": "aac",
    "wma": "wmav2",
    "wav": "pcm_s16le",
    "aiff": "pcm_s16be",
    "wv": "wavpack",
    "tta": "tta",
    "mka": "flac",
}


def tone(seconds: float, rate: int = 44_100, hz: float = 440.0, channels: int = 2) -> NDArray[np.float32]:
    """A sine with a slow swell and some noise, float32 [channels, samples] in -1..1."""
    time = np.arange(int(seconds * rate)) / rate
    noise = np.random.default_rng(0).standard_normal(time.size) * 0.02
    wave = 0.4 * np.sin(2 * np.pi * hz * time) * (0.6 + 0.4 * np.sin(2 * np.pi * 0.5 * time)) + noise
    return np.tile(wave.astype(np.float32), (channels, 1))


def encode(path: Path, samples: NDArray[np.float32], rate: int = 44_100, codec: str | None = None) -> Path:
    """Encode float samples [1 or 2, n] into the container that the extension names."""
    name = codec or CODECS[path.suffix.lower()[1:]]
    layout = "stereo" if samples.shape[0] == 2 else "mono"
    with av.open(str(path), "w", format=_muxer(path)) as container:
        # libopus knows 48 kHz only
        stream = container.add_stream(name, rate=48_000 if name == "libopus" else rate, layout=layout)
        if name == "wmav2":
            stream.bit_rate = 128_000
        sample_format = stream.codec_context.codec.audio_formats[0].name
        resampler = av.AudioResampler(
            format=sample_format, layout=layout, rate=stream.codec_context.sample_rate
        )
        step = stream.codec_context.frame_size or 4096
        source = np.clip(samples, -1, 1)
        for start in range(0, source.shape[1], step):
            block = np.ascontiguousarray(source[:, start : start + step])
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=layout)
            frame.sample_rate = rate
            frame.pts = start
            for converted in resampler.resample(frame):
                container.mux(stream.encode(converted))
        for converted in resampler.resample(None):
            container.mux(stream.encode(converted))
        container.mux(stream.encode(None))
    return path


def vorbis(path: Path, samples: NDArray[np.float32], rate: int = 44_100) -> Path:
    """Ogg Vorbis, by libsndfile."""
    import soundfile

    soundfile.write(path, samples.T, rate, format="OGG", subtype="VORBIS")
    return path


def _muxer(path: Path) -> str | None:
    """FFmpeg guesses from lower-case names only; m4a is its "ipod" muxer, as players write it."""
    return {"m4a": "ipod", "wma": "asf", "mka": "matroska"}.get(
        path.suffix.lower()[1:], path.suffix.lower()[1:]
    )
