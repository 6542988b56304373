"""The demo tracks that come with the program: complete, small, playable and tagged."""

from pathlib import Path

import av
import mutagen
import numpy as np
import pytest
from mutagen.flac import FLAC
from mutagen.id3 import ID3

FOLDER = Path(__file__).resolve().parents[1] / "resources" / "demo"
SUFFIXES = {".flac", ".m4a", ".mp3", ".ogg", ".opus"}
TRACKS = sorted(path for path in FOLDER.iterdir() if path.suffix in SUFFIXES)

every_track = pytest.mark.parametrize("path", TRACKS, ids=lambda path: path.name)


def decoded(path: Path) -> tuple[np.ndarray, int]:
    """All samples as floats, one row per channel, and the sampling rate."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(format="fltp")
        blocks = [
            part.to_ndarray() for frame in container.decode(stream) for part in resampler.resample(frame)
        ]
        blocks += [part.to_ndarray() for part in resampler.resample(None)]
        return np.concatenate(blocks, axis=1), stream.rate


def longest_run(flags: np.ndarray) -> int:
    """The length of the longest run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def test_there_are_eight_tracks_below_four_megabytes() -> None:
    assert len(TRACKS) == 8
    assert [path.name[:3] for path in TRACKS] == [f"{number:02} " for number in range(1, 9)]
    assert sum(path.stat().st_size for path in TRACKS) < 4_000_000


def test_at_least_four_containers() -> None:
    names = set()
    for path in TRACKS:
        with av.open(str(path)) as container:
            names.add(container.format.name)
    assert len(names) >= 4


@every_track
def test_sound_has_the_right_length_no_gap_and_no_clipping(path: Path) -> None:
    samples, rate = decoded(path)
    assert 30 <= samples.shape[1] / rate <= 40
    assert 0.5 < np.abs(samples).max() < 1.0
    assert longest_run((np.abs(samples) < 1e-5).all(axis=0)) <= 2 * rate


@every_track
def test_tags_name_the_track(path: Path) -> None:
    tags = mutagen.File(path, easy=True)
    assert tags["title"] == [path.stem[3:]]
    assert tags["artist"] == ["mat-desktop demo"]
    assert tags["album"] == ["Demo tracks"]
    assert tags["date"][0].isdigit()


def test_two_tracks_carry_a_genre() -> None:
    genres = {path.name[:2]: mutagen.File(path, easy=True).get("genre") for path in TRACKS}
    assert {number: genre for number, genre in genres.items() if genre} == {
        "02": ["Classical"],
        "07": ["Pop"],
    }


def test_one_track_has_an_id3v23_tag() -> None:
    versions = [ID3(path, translate=False).version for path in TRACKS if path.suffix == ".mp3"]
    assert sorted(version[:2] for version in versions) == [(2, 3), (2, 4)]


def test_one_track_has_a_small_cover() -> None:
    pictures = [picture for path in TRACKS if path.suffix == ".flac" for picture in FLAC(path).pictures]
    assert len(pictures) == 1
    assert len(pictures[0].data) < 10_000
