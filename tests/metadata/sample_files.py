"""Small music files of every container, made with PyAV (whose wheels bring the encoders) or by hand."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import numpy as np

SECONDS = 1.0
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(np.random.default_rng(7).integers(0, 256, 3000, np.uint8))

ENCODED = {
    "mp3": ("mp3", "libmp3lame", "fltp", {"write_xing": "0"}),
    "aac": ("adts", "aac", "fltp", {}),
    "tta": ("tta", "tta", "s16", {}),
    "wav": ("wav", "pcm_s16le", "s16", {}),
    "aiff": ("aiff", "pcm_s16be", "s16", {}),
    "flac": ("flac", "flac", "s16", {}),
    "ogg": ("ogg", "vorbis", "fltp", {}),
    "opus": ("ogg", "libopus", "flt", {}),
    "oga": ("ogg", "flac", "s16", {}),
    "m4a": ("ipod", "aac", "fltp", {}),
    "fast.m4a": ("ipod", "aac", "fltp", {"movflags": "+faststart"}),
    "alac.m4a": ("ipod", "alac", "s16p", {}),
    "wma": ("asf", "wmav2", "fltp", {}),
    "wv": ("wv", "wavpack", "s16p", {}),
}
"""By extension: FFmpeg's container, encoder, sample format and options."""
HANDMADE = ("spx", "dsf", "ape")
ALL = (*ENCODED, *HANDMADE)


def make(folder: Path, extension: str) -> Path:
    """About a second of audio in a file ``sample.<extension>``, without tags of ours."""
    path = folder / f"sample.{extension}"
    if extension == "spx":
        path.write_bytes(speex())
    elif extension == "dsf":
        path.write_bytes(dsf())
    elif extension == "ape":
        path.write_bytes(monkeys_audio())
    else:
        encode(path, *ENCODED[extension])
    return path


def encode(path: Path, container: str, codec: str, sample_format: str, options: dict[str, str]) -> None:
    rate = 48_000 if codec == "libopus" else 44_100
    rng = np.random.default_rng(1)
    time = np.arange(int(rate * SECONDS)) / rate
    left = 0.4 * np.sin(2 * np.pi * 440 * time) + 0.05 * rng.standard_normal(time.size)
    audio = np.stack([left, left[::-1]]).astype(np.float32)
    with av.open(str(path), "w", format=container, options=options) as out:
        stream = out.add_stream(codec, rate=rate, layout="stereo")
        if codec == "wmav2":
            stream.bit_rate = 128_000
        if codec == "vorbis":
            stream.codec_context.options = {"strict": "experimental"}
        stream.codec_context.format = sample_format
        resampler = av.AudioResampler(sample_format, "stereo", rate)
        frame = av.AudioFrame.from_ndarray(audio, "fltp", "stereo")
        frame.sample_rate = rate
        fifo = av.AudioFifo()
        for converted in resampler.resample(frame):
            fifo.write(converted)
        size = stream.codec_context.frame_size or 1024
        for part in [*fifo.read_many(size), fifo.read()]:
            if part is not None:
                out.mux(stream.encode(part))
        out.mux(stream.encode(None))


def vorbis_comment(*comments: bytes) -> bytes:
    return b"".join(
        [struct.pack("<I", 4), b"test", struct.pack("<I", len(comments))]
        + [struct.pack("<I", len(comment)) + comment for comment in comments]
    )


def speex() -> bytes:
    """An Ogg stream with a Speex header, a comment packet and a few packets of silence in narrow band."""
    from mutagen.ogg import OggPage

    header = struct.pack("<8s20s13i", b"Speex   ", b"1.2", 1, 80, 8000, 0, 4, 1, -1, 160, 0, 1, 0, 0, 0)
    pages = []
    for number, packets in enumerate([[header], [vorbis_comment(b"TITLE=Speech")], [bytes(20)] * 40]):
        page = OggPage()
        page.serial, page.sequence, page.packets = 99, number, packets
        page.first, page.last = number == 0, number == 2
        page.position = 40 * 160 if number == 2 else 0
        pages.append(page.write())
    return b"".join(pages)


def dsf() -> bytes:
    """Two channels of one block of DSD each."""
    block = bytes([0x69]) * 4096 * 2
    data = b"data" + struct.pack("<Q", 12 + len(block)) + block
    fmt = b"fmt " + struct.pack("<QIIIIIIQII", 52, 1, 0, 2, 2, 2_822_400, 1, 4096 * 8, 4096, 0)
    size = 28 + len(fmt) + len(data)
    return b"DSD " + struct.pack("<QQQ", 28, size, 0) + fmt + data


def monkeys_audio() -> bytes:
    """Head and seek table of version 3.99 over two frames of noise, which only a demultiplexer takes."""
    frames = np.random.default_rng(5).bytes(6000)
    start = 52 + 24 + 8
    descriptor = b"MAC " + struct.pack("<2H7I", 3990, 0, 52, 24, 8, 0, len(frames), 0, 0) + bytes(16)
    header = struct.pack("<2H3I2HI", 2000, 32, 73_728, 1000, 2, 16, 2, 44_100)
    return descriptor + header + struct.pack("<2I", start, start + 4000) + frames
