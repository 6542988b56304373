from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.sounds import encode, tone
from tests.training.layouts import make_report, touch
from training.datasets.dataset import Dataset, DatasetFault, reading_told
from training.datasets.folder import Record, artist_groups, read_folder, split_artists
from training.datasets.registry import open_dataset

Entry = tuple[str, dict[str, list[str]]]


def entries(artists: int = 12, tracks: int = 3) -> list[Entry]:
    """Every artist plays one genre, every second track is calm."""
    found = []
    for artist, track in itertools.product(range(artists), range(tracks)):
        tags = {"artist": [f"Artist {artist}"], "genre": ["Rock" if artist % 2 else "Jazz"]}
        if track % 2:
            tags["mood"] = ["calm"]
        found.append((f"a{artist}/{track}.mp3", tags))
    return found


def library(folder: Path, found: list[Entry], **options: Any) -> Dataset:
    for name, _ in found:
        touch(folder / name)
    report = make_report(folder / "report.json", found)
    return open_dataset("folder", folder, report=report, **{"min_tracks": 6, "min_artists": 2, **options})


def test_labels_are_what_the_tags_say(tmp_path: Path) -> None:
    dataset = library(tmp_path / "music", entries())
    assert dataset.name == "music"
    assert [(tag.vocabulary, tag.name) for tag in dataset.tags] == [
        ("genre", "Jazz"),
        ("genre", "Rock"),
        ("mood", "calm"),
    ]
    for clip, labels in zip(dataset.clips, dataset.labels, strict=True):
        rock, calm = int(clip.parent.name[1:]) % 2, int(clip.stem) % 2
        assert labels.tolist() == [1 - rock, rock, calm]
    assert dataset.hard


def test_no_artist_is_on_both_sides(tmp_path: Path) -> None:
    found = entries(30, 2)
    found += [
        (f"duet/{n}.mp3", {"artist": [f"artist {n} feat. Artist {n + 1}"], "genre": ["rock"]})
        for n in range(3)
    ]
    dataset = library(tmp_path, found)
    artists = {tmp_path / name: tags["artist"][0] for name, tags in found}
    splits: defaultdict[str, set[str]] = defaultdict(set)
    for clip, split in zip(dataset.clips, dataset.splits.tolist(), strict=True):
        for artist in artists[clip].casefold().split(" feat. "):
            splits[artist].add(split)
    assert len(splits) == 30
    assert all(len(found) == 1 for found in splits.values())
    assert set().union(*splits.values()) == {"train", "valid", "test"}
    together = [splits[f"artist {n}"] for n in range(4)]
    assert together == [together[0]] * 4, "who ever shared a track stays together"


def test_a_growing_library_keeps_its_splits(tmp_path: Path) -> None:
    names = [f"artist {n}" for n in range(400)]
    small, large = split_artists(names[:200], 0.1, 0.1), split_artists(names, 0.1, 0.1)
    assert all(large[name] == split for name, split in small.items())
    shares = [list(large.values()).count(split) / 400 for split in ("valid", "test")]
    assert all(0.06 < share < 0.14 for share in shares)


@pytest.mark.parametrize("count", [3, 4, 7])
def test_every_split_gets_an_artist(count: int) -> None:
    for start in range(20):
        found = split_artists([f"{start} {n}" for n in range(count)], 0.1, 0.1)
        assert set(found.values()) == {"train", "valid", "test"}


def test_tracks_without_an_artist_go_with_their_folder() -> None:
    records = [Record(Path(name), {}) for name in ("a/1.mp3", "a/2.mp3", "b/1.mp3")]
    first, second, third = artist_groups(records)
    assert first == second != third


def test_a_track_without_an_artist_goes_with_the_only_artist_of_its_folder() -> None:
    one = [Record(Path("a/1.mp3"), {"artist": ("Nils",)}), Record(Path("a/2.mp3"), {})]
    assert artist_groups(one) == ["nils", "nils"]
    first, second, untagged = artist_groups([*one[:1], Record(Path("a/3.mp3"), {"artist": ("Ida",)}), one[1]])
    assert len({first, second, untagged}) == 3, "in a mixed folder nobody knows whose it is"


@pytest.mark.parametrize("text", ["Nils & Ida", "Nils, Ida", "Nils / Ida", "Nils vs. Ida", "Nils with Ida"])
def test_artists_of_one_track_are_kept_together(text: str) -> None:
    records = [
        Record(Path(f"{n}/1.mp3"), {"artist": (name,)}) for n, name in enumerate((text, "Ida", "Nils"))
    ]
    assert len(set(artist_groups(records))) == 1


def test_artists_with_most_of_the_tracks_are_for_training() -> None:
    for name in (f"somebody {n}" for n in range(40)):
        splits = split_artists([name] * 60 + [f"artist {n}" for n in range(40)], 0.1, 0.1)
        assert splits[name] == "train"
        assert set(splits.values()) == {"train", "valid", "test"}


def test_spellings_and_separators_are_one_tag(tmp_path: Path) -> None:
    found = entries()
    found[0][1]["genre"] = ["JAZZ; Bebop"]
    found[6][1]["genre"] = ["jazz", "Bebop"]
    dataset = library(tmp_path, found, min_tracks=2)
    assert [tag.name for tag in dataset.tags] == ["Jazz", "Rock", "Bebop", "calm"]
    assert dataset.labels[:, 0].sum() == 18


def test_mat_keys_count_as_their_category(tmp_path: Path) -> None:
    found = entries()
    for _, tags in found[::2]:
        tags["mat_tags"] = ["genre:rock", "character:loud", "no category", "x:y"]
        tags["instrument"] = ["guitar"]
    dataset = library(tmp_path, found)
    kinds = [tag.vocabulary for tag in dataset.tags]
    assert kinds == ["genre", "genre", "mood", "instrument", "character"]
    assert dataset.tags[0].name == "Rock"
    assert dataset.labels[:, 0].sum() == 18 + 12, "two of three tracks of each of six jazz artists"
    only = library(tmp_path, found, fields=("genre",))
    assert [tag.vocabulary for tag in only.tags] == ["genre", "genre"]


def test_rare_tags_are_left_out_and_tracks_without_labels_are_listed(tmp_path: Path) -> None:
    found = entries()
    found[0][1]["genre"].append("Polka")
    found[1] = (found[1][0], {"artist": ["Artist 0"]})
    by_one = [(f"one/{n}.mp3", {"artist": ["One"], "genre": ["Drone"]}) for n in range(9)]
    dataset = library(tmp_path, [*found, *by_one])
    assert [tag.name for tag in dataset.tags] == ["Rock", "Jazz", "calm"]
    (skipped,) = dataset.skipped
    assert str(skipped) == f"{tmp_path / found[1][0]}: no value in genre, mood, instrument, voice, mat_tags"


def test_a_library_that_is_too_small_says_how_small(tmp_path: Path) -> None:
    with pytest.raises(
        DatasetFault, match=r"no tag has 50 tracks by 2 artists: the most frequent, 'rock', has 18 by 6"
    ):
        library(tmp_path / "a", entries(), min_tracks=50)
    bare = [("bare/1.mp3", {}), ("bare/2.mp3", {"artist": ["One"]})]
    with pytest.raises(DatasetFault, match=rf"18 by 6; 2 of {len(entries()) + 2} tracks have no tag at all"):
        library(tmp_path / "bare", [*entries(), *bare], min_tracks=50)
    with pytest.raises(DatasetFault, match="no tag has 6 tracks by 2 artists: no file has a tag"):
        library(tmp_path / "b", [("x.mp3", {})])
    with pytest.raises(DatasetFault, match="2 artists cannot be split by artist"):
        library(tmp_path / "c", entries(2, 9), min_artists=1)
    for options in (
        {"min_tracks": 0},
        {"fields": ("genres",)},
        {"fields": "genre"},
        {"valid": 0.5, "test": 0.5},
    ):
        with pytest.raises(DatasetFault, match="must be"):
            library(tmp_path / "d", entries(), **options)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{}", "is not the list that mat-desktop info --json prints"),
        ("[", "Expecting value"),
        (
            '[{"path": "a.mp3", "tags": {}}, {"path": "a.mp3", "tags": {}}]',
            "entry 2: the file 'a.mp3' stands in entry 1",
        ),
        ('[{"path": "a.mp3"}]', "entry 1: not an object with a path and tags"),
        ('[{"path": "a.mp3", "tags": {"genre": "Rock"}}]', "entry 1: not an object with a path and tags"),
        ('[{"path": "a.mp3", "tags": {"genre": [NaN]}}]', "entry 1: not an object with a path and tags"),
    ],
)
def test_reports_that_are_wrong_stop_with_the_entry(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(text)
    with pytest.raises(DatasetFault, match=reason) as caught:
        read_folder(tmp_path, report=path)
    assert str(caught.value).startswith(str(path))
    path.unlink()
    with pytest.raises(DatasetFault, match="is missing; it is made by: mat-desktop info --json"):
        read_folder(tmp_path, report=path)


def test_the_program_reads_the_files_tags(tmp_path: Path) -> None:
    music = tmp_path / "music"
    for artist in range(4):
        for extension in ("mp3", "flac", "m4a"):
            path = music / f"artist {artist}" / f"one.{extension}"
            path.parent.mkdir(parents=True, exist_ok=True)
            encode(path, tone(0.3, channels=1))
            write_tags(path, f"Artist {artist}", ["Rock", "Folk" if artist % 2 else "Jazz"])
    touch(music / "broken.flac", b"fLaC nothing")
    touch(music / "cover.jpg")
    told: list[tuple[int, int]] = []
    with reading_told(lambda done, of: told.append((done, of))):
        dataset = open_dataset("folder", music, min_tracks=4, min_artists=2)
    assert told == [(0, 13)], "of one batch"
    assert [(tag.vocabulary, tag.name) for tag in dataset.tags] == [
        ("genre", "Rock"),
        ("genre", "Folk"),
        ("genre", "Jazz"),
    ]
    assert len(dataset.clips) == 12
    assert dataset.labels.sum(axis=0).tolist() == [12, 6, 6]
    assert len(dataset.indices("train")) == 6
    (skipped,) = dataset.skipped
    assert skipped.clip == str(music / "broken.flac")
    assert skipped.reason != "its tags cannot be read", "the program's own reason"
    printed = subprocess.run(
        [sys.executable, "-m", "mat_desktop", "info", "--json", *map(str, sorted(music.glob("*/*")))],
        capture_output=True,
        check=True,
    )
    (tmp_path / "report.json").write_bytes(printed.stdout)
    assert len(json.loads(printed.stdout)) == 12
    again = open_dataset("folder", music, report=tmp_path / "report.json", min_tracks=4, min_artists=2)
    assert again.clips == dataset.clips
    assert np.array_equal(again.labels, dataset.labels)
    assert np.array_equal(again.splits, dataset.splits)


def write_tags(path: Path, artist: str, genres: list[str]) -> None:
    import mutagen

    file = mutagen.File(path, easy=True)
    if file.tags is None:
        file.add_tags()
    file["artist"] = [artist]
    file["genre"] = genres
    file.save()


def test_a_folder_without_music(tmp_path: Path) -> None:
    with pytest.raises(DatasetFault, match="no music in it"):
        open_dataset("folder", tmp_path)
    with pytest.raises(DatasetFault, match="is not there"):
        open_dataset("folder", tmp_path / "nothing")
