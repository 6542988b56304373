from __future__ import annotations

import os
import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mat_desktop.audio import decode as decode_module
from mat_desktop.audio.decode import Decoding, decode
from mat_desktop.audio.names import is_audio_name
from mat_desktop.audio.probe import packets_digest, probe
from mat_desktop.errors import DecodeError
from tests.sounds import CODECS, encode, tone, vorbis

RATE = 16_000


def strongest_hz(clip: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(clip * np.hanning(clip.size)))
    return float(spectrum.argmax() * RATE / clip.size)


@pytest.mark.parametrize("extension", [*CODECS, "MP3", "FLAC", "M4A"])
def test_every_container_becomes_mono_at_our_rate(tmp_path: Path, extension: str) -> None:
    path = encode(tmp_path / f"a.{extension}", tone(3.0))
    clip = decode(path, RATE)
    assert clip.dtype == np.float32
    assert clip.ndim == 1
    assert clip.size / RATE == pytest.approx(3.0, abs=0.12)  # codecs pad to whole frames
    assert strongest_hz(clip) == pytest.approx(440, abs=1)
    assert 0.2 < np.abs(clip).max() < 1.0


def test_vorbis_and_alac(tmp_path: Path) -> None:
    for path in (vorbis(tmp_path / "a.ogg", tone(3.0)), encode(tmp_path / "b.m4a", tone(3.0), codec="alac")):
        assert strongest_hz(decode(path, RATE)) == pytest.approx(440, abs=1)
    assert probe(tmp_path / "b.m4a").codec == "alac"


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_sample_formats_have_the_same_level(tmp_path: Path, subtype: str) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, tone(1.0, RATE).T, RATE, subtype=subtype)
    assert np.abs(decode(path, RATE) - tone(1.0, RATE)[0]).max() < (0.01 if subtype == "PCM_U8" else 1e-4)


def test_down_mix_is_the_mean_of_the_channels(tmp_path: Path) -> None:
    left = tone(1.0, RATE)[:1]
    path = encode(tmp_path / "a.wav", np.concatenate([left, -left]), RATE)
    assert np.abs(decode(path, RATE)).max() < 1e-4


def test_resampling_keeps_length_and_removes_what_would_alias(tmp_path: Path) -> None:
    clip = decode(encode(tmp_path / "a.wav", tone(2.0, 44_100, hz=12_000)), RATE)
    assert clip.size == pytest.approx(2 * RATE, abs=2)
    assert np.abs(clip).max() < 0.15  # the 12 kHz tone is gone, some of the noise stays


def test_blocks_join_to_the_same_clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = encode(tmp_path / "a.flac", tone(3.0))
    whole = decode(path, RATE)
    monkeypatch.setattr(decode_module, "BLOCK_SAMPLES", 3_000)
    blocks = list(Decoding(path, RATE))
    assert len(blocks) > 10
    assert np.abs(np.concatenate(blocks) - whole).max() < 1e-5


def test_not_a_number_becomes_silence(tmp_path: Path) -> None:
    samples = tone(1.0, RATE).T.copy()
    samples[100:200] = np.nan
    samples[300] = np.inf
    path = tmp_path / "a.wav"
    soundfile.write(path, samples, RATE, subtype="FLOAT")
    clip = decode(path, RATE)
    assert np.isfinite(clip).all()
    assert np.abs(clip[100:200]).max() == 0


def cause(path: Path) -> str:
    with pytest.raises(DecodeError) as caught:
        decode(path, RATE)
    assert caught.value.path == path
    return caught.value.cause


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.touch()
    assert cause(path) == "the file is empty"


def test_a_missing_file(tmp_path: Path) -> None:
    assert cause(tmp_path / "a.mp3") == "No such file or directory"


@pytest.mark.skipif(os.name == "nt", reason="named pipes are POSIX")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    os.mkfifo(path)
    assert cause(path) == "not a regular file"
    assert cause(tmp_path) == "not a regular file"


@pytest.mark.parametrize("content", [b"not music at all" * 100, bytes(5000), os.urandom(5000)])
def test_not_audio(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(content)
    assert cause(path)


def test_a_wav_without_samples(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
    assert cause(path) == "no audio in the file"


def test_no_audio_stream(tmp_path: Path) -> None:
    import av

    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25, width=64, height=64)
        for _ in range(5):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert cause(path) == "no audio stream"


def test_video_with_audio_is_fine(tmp_path: Path) -> None:
    import av

    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=25, width=64, height=64)
        audio = container.add_stream("aac", rate=44_100, layout="stereo")
        for _ in range(50):
            picture = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            container.mux(video.encode(picture))
        sound = tone(2.0)
        for start in range(0, sound.shape[1] - 1024, 1024):
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(sound[:, start : start + 1024]), format="fltp", layout="stereo"
            )
            frame.sample_rate = 44_100
            frame.pts = start
            container.mux(audio.encode(frame))
        container.mux(video.encode(None))
        container.mux(audio.encode(None))
    assert strongest_hz(decode(path, RATE)) == pytest.approx(440, abs=1)


@pytest.mark.parametrize("extension", ["flac", "wav", "aiff", "mp3", "wma", "wv", "tta", "opus", "ogg"])
def test_a_truncated_file_says_so(tmp_path: Path, extension: str) -> None:
    path = encode(tmp_path / f"a.{extension}", tone(10.0))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert "ends early" in cause(path)


def test_a_truncated_m4a_cannot_be_opened(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.m4a", tone(10.0))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert cause(path)


def test_adpcm_does_not_state_its_length(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.wav", tone(10.0), codec="adpcm_ms")
    assert decode(path, RATE).size / RATE == pytest.approx(10, abs=0.2)


def test_damage_in_the_middle_costs_only_itself(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp3", tone(10.0))
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 2000] = bytes(2000)
    path.write_bytes(content)
    assert decode(path, RATE).size / RATE == pytest.approx(10, abs=0.5)


def test_a_wav_from_a_pipe_has_no_length_and_is_read(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.wav", tone(5.0))
    content = bytearray(path.read_bytes())
    data = content.index(b"data")
    content[4:8] = content[data + 4 : data + 8] = b"\xff\xff\xff\xff"
    path.write_bytes(content)
    assert decode(path, RATE).size / RATE == pytest.approx(5, abs=0.1)


def test_soundfile_reads_what_ffmpeg_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.sd2.wav"
    soundfile.write(path, tone(1.0, RATE).T, RATE)

    def refuse(decoding: Decoding) -> object:
        raise DecodeError(decoding.path, "refused")

    monkeypatch.setattr(decode_module, "_av_blocks", refuse)
    decoding = Decoding(path, RATE)
    clip = np.concatenate(list(decoding))
    assert clip.size == RATE
    assert decoding.track_id is not None


def test_a_format_that_only_libsndfile_knows(tmp_path: Path) -> None:
    path = tmp_path / "a.mat"  # MATLAB 5: not in FFmpeg
    soundfile.write(path, tone(1.0, RATE).T, RATE, format="MAT5", subtype="PCM_16")
    assert strongest_hz(decode(path, RATE)) == pytest.approx(440, abs=1)


@pytest.mark.skipif(os.name == "nt", reason="names are text on Windows")
def test_names_that_are_not_text_or_look_like_protocols(tmp_path: Path) -> None:
    source = encode(tmp_path / "a.flac", tone(1.0)).read_bytes()
    for name in (b"caf\xe9.flac", b"concat:x.flac", b"http:b.flac", b"new\nline.flac"):
        path = tmp_path / os.fsdecode(name)
        path.write_bytes(source)
        assert decode(path, RATE).size > 0
        assert probe(path).codec == "flac"
        assert packets_digest(path)


def test_the_identity_is_the_encoded_audio(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp3", tone(2.0))
    decoding = Decoding(path, RATE)
    for _ in decoding:
        pass
    assert decoding.track_id == packets_digest(path)
    before = packets_digest(path)
    path.write_bytes(b"ID3\x04\x00\x00\x00\x00\x00\x0a" + bytes(10) + path.read_bytes())
    assert packets_digest(path) == before
    assert packets_digest(encode(tmp_path / "b.mp3", tone(2.0, hz=441))) != before


def test_names_of_music() -> None:
    assert is_audio_name(Path("A.FLAC"))
    assert not is_audio_name(Path("a.jpg"))
    assert not is_audio_name(Path(".hidden.mp3"))
