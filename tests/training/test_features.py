"""The cache of log-mels: what is computed again, and what happens when something breaks."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from mat_desktop.audio.decode import decode
from mat_desktop.audio.mel import log_mel
from mat_desktop.domain.melspec import MelSpec
from mat_desktop.errors import DecodeError
from tests.sounds import encode, tone
from training.datasets import features
from training.datasets.cache import PENDING
from training.datasets.dataset import Dataset, DatasetFault, Tag
from training.datasets.features import prepare, window
from training.stopping import Stopped

SPEC = MelSpec(window_frames=63)  # two seconds


def clip(path: Path, seconds: float = 2.5, hz: float = 440.0) -> Path:
    return encode(path, tone(seconds, 16_000, hz, 1), 16_000)


def dataset(clips: list[Path], name: str = "set") -> Dataset:
    count = len(clips)
    return Dataset(
        name,
        tuple(clips),
        np.array(["train"] * count),
        np.zeros((count, 1), np.float32),
        (Tag("x", "y"),),
        np.array([""] * count),
    )


class Log:
    """Remembers which clips were worked on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.decoded: list[str] = []
        real = features.window

        def watched(path: Path, spec: MelSpec, seconds: float) -> np.ndarray:
            self.decoded.append(path.name)
            return real(path, spec, seconds)

        monkeypatch.setattr(features, "window", watched)

    def __call__(self, done: int, total: int) -> None:
        assert done <= total

    def take(self) -> list[str]:
        found, self.decoded = sorted(self.decoded), []
        return found


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    return Log(monkeypatch)


def test_longer_clips_give_their_middle_and_shorter_ones_repeat(tmp_path: Path) -> None:
    long, short = clip(tmp_path / "long.wav", 5.0), clip(tmp_path / "short.wav", 0.7)
    whole = decode(long)
    start = (80_000 - SPEC.window_samples) // 2
    assert np.array_equal(window(long, SPEC), whole[start : start + SPEC.window_samples])
    assert np.array_equal(window(short, SPEC), np.resize(decode(short), SPEC.window_samples))
    exact = clip(tmp_path / "exact.wav", SPEC.window_seconds)
    assert np.array_equal(window(exact, SPEC), decode(exact))


def test_very_long_tracks_give_the_same_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = clip(tmp_path / "mix.flac", 33.0)
    expected = window(path, SPEC)
    monkeypatch.setattr(features, "WHOLE_SECONDS", 3)
    assert np.array_equal(window(path, SPEC), expected)


def test_a_track_that_ends_early_is_no_clip(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.flac", 30.0)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DecodeError, match="ends early"):
        window(path, SPEC)


def test_a_clip_may_lack_no_more_than_an_encoder_leaves_out(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.wav", 29.1)
    assert window(path, SPEC, 29.5).size == SPEC.window_samples
    with pytest.raises(DecodeError, match=r"ends after 29\.1 of its 30 seconds"):
        window(path, SPEC, 30.0)


def test_a_changed_or_added_clip_costs_only_itself(tmp_path: Path, log: Log) -> None:
    clips = [clip(tmp_path / f"{n}.wav", hz=200 + 100 * n) for n in range(4)]
    prepare(dataset(clips[:3]), tmp_path / "cache", SPEC, log)
    assert log.take() == ["0.wav", "1.wav", "2.wav"]
    clip(clips[1], hz=3_000)
    found = prepare(dataset([clips[3], *clips[:3]]), tmp_path / "cache", SPEC, log)
    assert log.take() == ["1.wav", "3.wav"]
    for index, path in enumerate([clips[3], *clips[:3]]):
        expected = log_mel(window(path, SPEC), SPEC)
        assert np.abs(found.log_mel[index].astype(np.float32) - expected).max() < 0.05, path.name
    log.take()
    os.utime(clips[0], ns=(1, 1))
    prepare(dataset([clips[0]]), tmp_path / "cache", SPEC, log)
    assert log.take() == ["0.wav"], "a subset has its rows in the same file"
    prepare(dataset(clips), tmp_path / "cache", SPEC, log)
    assert log.take() == []


def test_a_clip_has_one_row_however_its_folder_is_named(
    tmp_path: Path, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "music").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "music")
    clip(tmp_path / "music" / "a.wav")
    monkeypatch.chdir(tmp_path / "music")
    for name in ("music", "music/../music", "link"):
        prepare(dataset([tmp_path / name / "a.wav"]), tmp_path / "cache", SPEC, log)
    prepare(dataset([Path("../music/a.wav")]), tmp_path / "cache", SPEC, log)
    assert log.take() == ["a.wav"]


def test_rows_are_indexed_like_an_array(tmp_path: Path, log: Log) -> None:
    clips = [clip(tmp_path / f"{n}.wav", 0.5, 200 + 100 * n) for n in range(4)]
    prepare(dataset(clips), tmp_path / "cache", SPEC, log)
    found = prepare(dataset([clips[2], clips[0], clips[3]]), tmp_path / "cache", SPEC, log).log_mel
    straight = np.stack([found[index] for index in range(3)])
    assert found.shape == straight.shape == (3, 96, 63)
    assert len(found) == 3
    assert found[0].dtype == np.float16
    assert np.array_equal(found[np.array([2, 0])], straight[[2, 0]])
    assert np.array_equal(found[1, :, 5:9], straight[1, :, 5:9])
    assert np.array_equal(found[1:], straight[1:])
    assert np.array_equal(found[np.array([True, False, True])], straight[[0, 2]])
    assert np.array_equal(found[-1], straight[2])


def test_broken_clips_are_named_every_time_and_tried_again_when_they_change(tmp_path: Path, log: Log) -> None:
    clips = [clip(tmp_path / "0.wav"), tmp_path / "1.wav", tmp_path / "2.wav"]
    clips[1].write_bytes(b"broken")
    for _ in range(2):
        found = prepare(dataset(clips), tmp_path / "cache", SPEC, log)
        assert found.usable.tolist() == [True, False, False]
        assert [(skipped.clip, skipped.reason) for skipped in found.skipped] == [
            (str(clips[1]), "not audio, or damaged beyond reading"),
            (str(clips[2]), "No such file or directory"),
        ]
    assert log.take() == ["0.wav", "1.wav", "2.wav"]
    clip(clips[2])
    found = prepare(dataset(clips), tmp_path / "cache", SPEC, log)
    assert found.usable.tolist() == [True, False, True]
    assert log.take() == ["2.wav"]
    with pytest.raises(DatasetFault, match="none of the 1 clips can be decoded"):
        prepare(dataset([clips[1]]), tmp_path / "cache", SPEC, log)


def test_an_interrupted_preparation_goes_on(tmp_path: Path, log: Log) -> None:
    clips = [clip(tmp_path / f"{n}.wav", 0.5) for n in range(8)]

    def interrupt(done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(dataset(clips), tmp_path / "cache", SPEC, interrupt)
    log.take()
    (state,) = (tmp_path / "cache").glob("*/done.npy")
    assert np.load(state).tolist()[:3] == [1, 1, 1]
    prepare(dataset(clips), tmp_path / "cache", SPEC, log)
    assert not {"0.wav", "1.wav", "2.wav"} & set(log.take())


def test_it_stops_while_a_long_clip_is_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clips = [clip(tmp_path / f"{n}.wav", 0.5) for n in range(2)]
    enough = threading.Event()

    def endless(path: Path, spec: MelSpec, seconds: float) -> np.ndarray:
        assert enough.wait(60)
        return window(path, spec)

    def stop(done: int, total: int) -> None:
        raise Stopped

    monkeypatch.setattr(features, "window", endless)
    with pytest.raises(Stopped):
        prepare(dataset(clips), tmp_path / "cache", SPEC, stop)
    assert not enough.is_set()
    enough.set()


@pytest.mark.parametrize("victim", ["clips.json", "done.npy", "log_mel.f16", "faults.json"])
@pytest.mark.parametrize("damage", ["gone", "cut", "garbage"])
def test_a_damaged_cache_is_computed_again(tmp_path: Path, log: Log, victim: str, damage: str) -> None:
    clips = [clip(tmp_path / f"{n}.wav", 0.5, 200 + 300 * n) for n in range(3)]
    prepare(dataset(clips), tmp_path / "cache", SPEC, log)
    (path,) = (tmp_path / "cache").glob(f"*/{victim}")
    if damage == "gone":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif victim != "log_mel.f16":
        path.write_bytes(b"\x00garbage\xff")
    found = prepare(dataset(clips), tmp_path / "cache", SPEC, log)
    for index, file in enumerate(clips):
        expected = log_mel(window(file, SPEC), SPEC)
        assert np.abs(found.log_mel[index].astype(np.float32) - expected).max() < 0.05


def test_a_crash_while_a_changed_clip_is_noted_computes_it_again(tmp_path: Path, log: Log) -> None:
    clips = [clip(tmp_path / f"{n}.wav", 0.5) for n in range(2)]
    prepare(dataset(clips), tmp_path / "cache", SPEC, log)
    log.take()
    (state,) = (tmp_path / "cache").glob("*/done.npy")
    np.save(state, np.array([1, PENDING, PENDING], np.uint8))  # written before clips.json knew of the third
    prepare(dataset(clips), tmp_path / "cache", SPEC, log)
    assert log.take() == ["1.wav"]


def test_space_is_taken_in_full_before_anything_is_decoded(tmp_path: Path, log: Log) -> None:
    resource = pytest.importorskip("resource")
    clips = [clip(tmp_path / f"{n}.wav", 0.5) for n in range(4)]
    prepare(dataset(clips[:2]), tmp_path / "cache", SPEC, log)
    log.take()
    (mapped,) = (tmp_path / "cache").glob("*/log_mel.f16")
    size = mapped.stat().st_size
    assert size == 2 * 96 * 63 * 2
    assert mapped.stat().st_blocks * 512 >= size, "no holes"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 5_000, before[1]))
    try:
        with pytest.raises(
            DatasetFault, match=r"too large \(.* [MG]B needed, .* [MG]B free\); what is prepared so far stays"
        ):
            prepare(dataset(clips), tmp_path / "cache", SPEC, log)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert log.take() == []
    assert mapped.stat().st_size == size, "what does not fit is given back"
    prepare(dataset(clips), tmp_path / "cache", SPEC, log)
    assert log.take() == ["2.wav", "3.wav"]


def test_two_processes_do_not_prepare_at_once(
    tmp_path: Path, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.datasets.cache.LOCK_SECONDS", 0)
    clips = [clip(tmp_path / "0.wav", 0.5)]
    folder = tmp_path / "cache" / f"set-{SPEC.digest()}"
    folder.mkdir(parents=True)
    with (
        FileLock(folder / "lock"),
        pytest.raises(DatasetFault, match="another process is preparing it"),
    ):
        prepare(dataset(clips), tmp_path / "cache", SPEC, log)


def test_a_training_run_keeps_what_it_has_mapped(tmp_path: Path, log: Log) -> None:
    clips = [clip(tmp_path / f"{n}.wav", 0.5, 300 + 500 * n) for n in range(2)]
    running = prepare(dataset(clips), tmp_path / "cache", SPEC, log).log_mel
    before = running[1].copy()
    (keys,) = (tmp_path / "cache").glob("*/clips.json")
    keys.unlink()
    prepare(dataset([clips[0]]), tmp_path / "cache", SPEC, log)
    assert np.array_equal(running[1], before)


def test_the_cache_of_a_large_data_set_opens_at_once(tmp_path: Path, log: Log) -> None:
    spec = replace(SPEC, window_frames=2)
    clips = [tmp_path / f"{n}.wav" for n in range(5_000)]
    clip(clips[0], 0.2)
    prepare(dataset(clips), tmp_path / "cache", spec, log)
    log.take()
    started = time.perf_counter()
    found = prepare(dataset(clips), tmp_path / "cache", spec, log)
    assert time.perf_counter() - started < 5
    assert log.take() == []
    assert len(found.skipped) == 4_999


def test_names_that_are_not_utf_8_have_rows_too(tmp_path: Path, log: Log) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.wav")
    try:
        clip(tmp_path / "plain.wav", 0.5).rename(path)
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    for _ in range(2):
        assert prepare(dataset([path]), tmp_path / "cache", SPEC, log).usable.all()
    assert len(log.take()) == 1
