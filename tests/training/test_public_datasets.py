from __future__ import annotations

import gzip
import inspect
import json
import pickle
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from mat_desktop.domain.melspec import MelSpec
from mat_desktop.networks.base import InputSpec
from tests.sounds import encode, tone
from tests.training.corpora import make_corpus
from tests.training.layouts import (
    TAGGED,
    UNTAGGED,
    make_jamendo,
    make_lastfm,
    make_msd,
    make_mtat,
    msd_track,
    mtat_path,
    touch,
)
from training.datasets import msd
from training.datasets.dataset import DatasetFault
from training.datasets.registry import READERS, open_dataset
from training.datasets.tables import vocabulary
from training.inputs import limited, prepare_clips
from training.settings import meanings

Change = Callable[[list[str]], list[str]]


def edit(path: Path, change: Change) -> None:
    lines = path.read_bytes().decode().splitlines()
    path.write_bytes("".join(line + "\r\n" for line in change(lines)).encode("utf-8", "surrogateescape"))


def replaced(line: int, old: str, new: str) -> Change:
    """The change of one line, counted from 1."""

    def change(lines: list[str]) -> list[str]:
        assert old in lines[line - 1], lines[line - 1]
        return [*lines[: line - 1], lines[line - 1].replace(old, new, 1), *lines[line:]]

    return change


def doubled(line: int) -> Change:
    return lambda lines: [*lines, lines[line - 1]]


def swapped(one: str, other: str) -> Change:
    """The change of two names in the header."""
    names = {f'"{one}"': f'"{other}"', f'"{other}"': f'"{one}"'}
    return lambda lines: ["\t".join(names.get(cell, cell) for cell in lines[0].split("\t")), *lines[1:]]


def without(count: int) -> Change:
    return lambda lines: lines[:-count]


def test_mtat_has_both_splits_in_use(tmp_path: Path) -> None:
    folder = make_mtat(tmp_path)
    tagged = open_dataset("mtat", folder)
    assert len(tagged.clips) == TAGGED
    assert [tag.name for tag in tagged.tags] == list(vocabulary("mtat_top50"))
    assert {tag.vocabulary for tag in tagged.tags} == {"mtat"}
    assert tagged.labels[:, 0].all()
    assert tagged.labels.sum(axis=0).tolist() == list(range(60, 10, -1))
    assert tagged.hard
    assert set(tagged.licence_classes) == {""}
    everything = open_dataset("mtat", folder, clips="all")
    assert len(everything.clips) == TAGGED + UNTAGGED
    assert everything.name == tagged.name, "so that they share a cache"
    assert everything.about != tagged.about
    for clip, split in zip(everything.clips, everything.splits, strict=True):
        digit = clip.parent.name
        assert split == ("valid" if digit == "c" else "test" if digit in "def" else "train")


@pytest.mark.parametrize("waveform", [False, True])
def test_a_clip_of_mtat_that_was_cut_off_is_listed_and_skipped(tmp_path: Path, waveform: bool) -> None:
    folder = make_mtat(tmp_path / "mtat")
    whole, cut = (folder / mtat_path(clip) for clip in (0, 1))
    encode(whole, tone(29.1, 16_000, channels=1), 16_000)
    data = whole.read_bytes()
    first = data.index(b"\xff\xf3", data.index(b"Xing" if b"Xing" in data else b"Info"))
    cut.write_bytes(data[first : len(data) // 3])  # nothing in it tells how long it was
    dataset = limited(open_dataset("mtat", folder), 0)
    waves = InputSpec.waveform(16_000, 16_000, any_length=False)
    listens_to = waves if waveform else InputSpec.log_mel(MelSpec(), any_length=True)
    clips = prepare_clips(dataset, listens_to, tmp_path / "cache", lambda *_: None)
    assert clips.usable[:2].tolist() == [True, False]
    (said,) = (skipped for skipped in clips.skipped if skipped.clip == str(cut))
    assert re.fullmatch(r"ends after 9\.\d of its 29 seconds", said.reason)
    assert limited(dataset, 1).seconds == (29, 29, 29)


def test_mtat_can_be_split_at_random_by_clips(tmp_path: Path) -> None:
    folder = make_mtat(tmp_path)
    usual, other = open_dataset("mtat", folder), open_dataset("mtat", folder, split="random")
    assert other.clips == usual.clips and (other.labels == usual.labels).all()
    assert sorted(other.splits) == sorted(usual.splits), "parts of the same sizes"
    assert (other.splits != usual.splits).any()
    assert (open_dataset("mtat", folder, split="random", seed=1).splits == other.splits).all()
    assert (open_dataset("mtat", folder, split="random", seed=2).splits != other.splits).any()
    assert (usual.how_split, other.how_split) == (
        "folders 0 to b, c, d to f; clips with at least one of the tags",
        "random by clip, seed 1; clips with at least one of the tags",
    )
    with pytest.raises(DatasetFault, match="split"):
        open_dataset("mtat", folder, split="artist")


def test_the_settings_name_every_option_of_every_reader() -> None:
    told = meanings()["reader"]
    for name, reader in READERS.items():
        options = list(inspect.signature(reader).parameters)[1:]
        assert f"{', '.join(options)} ({name})" in told


def test_clips_at_the_end_may_be_missing_from_the_labels(tmp_path: Path) -> None:
    folder = make_mtat(tmp_path)
    edit(folder / "annotations_final.csv", without(1))
    assert len(open_dataset("mtat", folder, clips="all").clips) == TAGGED + UNTAGGED - 1


@pytest.mark.parametrize("place", ["mp3", "audio"])
def test_mtat_finds_its_audio(tmp_path: Path, place: str) -> None:
    folder = make_mtat(tmp_path)
    (folder / place).mkdir()
    for digit in "0123456789abcdef":
        (folder / digit).rename(folder / place / digit)
    assert open_dataset("mtat", folder).clips[0].parent.parent == folder / place


def test_clips_that_are_missing_or_empty_are_listed(tmp_path: Path) -> None:
    folder = make_mtat(tmp_path)
    (folder / mtat_path(3)).write_bytes(b"")
    (folder / mtat_path(5)).unlink()
    dataset = open_dataset("mtat", folder)
    assert [str(skipped) for skipped in dataset.skipped] == [
        f"{folder / mtat_path(3)}: the file is empty",
        f"{folder / mtat_path(5)}: no such file or directory",
    ]
    assert len(dataset.clips) == len(dataset.labels) == len(dataset.splits) == TAGGED - 2
    assert folder / mtat_path(3) not in dataset.clips
    assert dataset.labels.sum(axis=1).tolist()[:4] == [50, 50, 50, 50]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (replaced(1, '"guitar"', '"gitarre"'), "line 1: unknown tag 'gitarre'"),
        (replaced(1, '"guitar"', '"sitar"'), "line 1: the tag 'sitar' stands in line 1 already"),
        (lambda lines: [lines[0].replace('"sitar"\t', "", 1), *lines[1:]], "line 1: 187 tags instead of 188"),
        (lambda lines: ["\t".join(lines[0].split("\t")[i] for i in (0, 1, -1)), *lines[1:]], "and 182 more$"),
        (replaced(1, "clip_id", "id"), "line 1: the columns must be clip_id"),
        (replaced(1, "\t", ","), "line 1: "),
        (replaced(4, '\t"1"', '\t"nan"'), "line 4: '.*' is 'nan', neither 0 nor 1"),
        (replaced(4, '\t"1"', '\t""'), "line 4: '.*' is '', neither 0 nor 1"),
        (replaced(4, '\t"1"', '\t"2"'), "line 4: '.*' is '2', neither 0 nor 1"),
        (replaced(5, '\t"1"', ""), "line 5: 189 columns instead of 190"),
        (replaced(6, '"6"', '"5"'), "line 6: clip_id '5' stands in line 5 already"),
        (replaced(6, '"6"', '"six"'), "line 6: clip_id 'six' is not of the form"),
        (replaced(6, mtat_path(4), mtat_path(3)), f"line 6: mp3_path '{mtat_path(3)}' stands in line 5"),
        (replaced(6, mtat_path(4), "../../secret.mp3"), "line 6: mp3_path '../../secret.mp3' is not of the"),
        (replaced(6, '"6"', '"6'), "line "),
        (lambda lines: [lines[0], lines[1].replace("title", "t\udcff"), *lines[2:]], "line 2: not UTF-8"),
        (lambda lines: lines[:1], "no clips"),
        (lambda lines: [], "is empty"),
        (swapped("guitar", "harp"), "by count, tag 1 is 'harp', in the published file it is 'guitar'"),
    ],
)
def test_annotations_that_are_wrong_stop_with_the_line(tmp_path: Path, change: Change, reason: str) -> None:
    folder = make_mtat(tmp_path)
    path = folder / "annotations_final.csv"
    edit(path, change)
    with pytest.raises(DatasetFault, match=reason) as caught:
        open_dataset("mtat", folder)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (replaced(1, "artist", "band"), "line 1: no column artist"),
        (replaced(3, mtat_path(1), mtat_path(2)), "line 3: clip 3 is .*02.*in annotations_final.csv .*01"),
        (replaced(3, '"3"', '"2"'), "line 3: clip_id '2' stands in line 2 already"),
        (replaced(3, '"3"\t', ""), "line 3: 9 columns instead of 10"),
        (replaced(3, '"59"', '"x"'), "line 3: .*segmentEnd"),
        (replaced(3, '"59"', '"30"'), "line 3: segmentEnd 30 is not after segmentStart 30"),
        (without(2), "no clip 65, though annotations_final.csv has it"),
    ],
)
def test_clip_info_that_contradicts_is_refused(tmp_path: Path, change: Change, reason: str) -> None:
    folder = make_mtat(tmp_path)
    edit(folder / "clip_info_final.csv", change)
    with pytest.raises(DatasetFault, match=reason):
        open_dataset("mtat", folder)


def test_what_is_missing_of_mtat_is_named_with_its_source(tmp_path: Path) -> None:
    for name in ("annotations_final.csv", "clip_info_final.csv"):
        folder = make_mtat(tmp_path / name)
        (folder / name).unlink()
        with pytest.raises(DatasetFault, match=f"{name} is missing.*https://mirg"):
            open_dataset("mtat", folder)
    folder = make_mtat(tmp_path / "labels")
    for digit in "0123456789abcdef":
        for file in (folder / digit).iterdir():
            file.unlink()
    with pytest.raises(
        DatasetFault, match=r"none of the 60 clips can be used, the first.*no such file.*mp3\.zip"
    ):
        open_dataset("mtat", folder)
    for digit in "0123456789abcdef":
        (folder / digit).rmdir()
    with pytest.raises(DatasetFault, match=r"folders 0 to f with the mp3s are missing.*mp3\.zip"):
        open_dataset("mtat", folder)


def test_jamendo_reads_the_official_lists(tmp_path: Path) -> None:
    folder = make_jamendo(tmp_path)
    dataset = open_dataset("jamendo", folder)
    assert dataset.splits.tolist() == ["train"] * 3 + ["valid"] * 3 + ["test"] * 3
    assert dataset.clips[0] == folder / "audio-low" / "00" / "1000.low.mp3"
    assert dataset.clips[1] == folder / "audio" / "01" / "1001.mp3"
    assert [np.flatnonzero(row).tolist() for row in dataset.labels][:2] == [[0, 20], [1, 21]]
    assert [tag.name for tag in dataset.tags] == list(vocabulary("jamendo_top50"))
    assert not dataset.skipped


def test_jamendo_audio_may_lie_elsewhere_and_be_incomplete(tmp_path: Path) -> None:
    folder = make_jamendo(tmp_path / "clone")
    elsewhere = tmp_path / "disk"
    (folder / "audio").rename(elsewhere)
    touch(elsewhere / "01" / "1001.mp3", b"")
    dataset = open_dataset("jamendo", folder, audio=elsewhere)
    assert len(dataset.clips) == 3
    reasons = {skipped.reason for skipped in dataset.skipped}
    assert reasons == {"no such file", "the file is empty"}
    assert len(dataset.skipped) == 6
    with pytest.raises(DatasetFault, match=r"none of the 9 tracks is there.*download\.py"):
        open_dataset("jamendo", folder, audio=tmp_path / "nothing")


@pytest.mark.parametrize(
    ("subset", "tags"), [("genre", 87), ("instrument", 40), ("moodtheme", 56), ("all", 183)]
)
def test_jamendo_has_its_other_subsets(tmp_path: Path, subset: str, tags: int) -> None:
    tag = {"instrument": "instrument---piano", "moodtheme": "mood/theme---dark"}.get(subset, "genre---60s")
    name = "autotagging" if subset == "all" else f"autotagging_{subset}"
    for number, split in enumerate(("train", "validation", "test")):
        row = f"track_000000{number}\tartist_1\talbum_1\t0{number}/{number}.mp3\t61.2\t{tag}\n"
        header = "TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\tTAGS\n"
        (tmp_path / f"{name}-{split}.tsv").write_text(header + row)
        touch(tmp_path / f"0{number}" / f"{number}.mp3")
    dataset = open_dataset("jamendo", tmp_path, subset=subset)
    assert dataset.labels.shape == (3, tags)
    assert dataset.labels.sum() == 3
    with pytest.raises(DatasetFault, match=r"top50tags-train\.tsv is missing.*github\.com/MTG"):
        open_dataset("jamendo", tmp_path)


def test_jamendo_lists_in_the_folder_itself_are_of_a_split_that_nobody_knows(tmp_path: Path) -> None:
    folder = make_jamendo(tmp_path)
    dataset = open_dataset("jamendo", folder)
    assert dataset.how_split == "official split 0"
    with pytest.raises(DatasetFault, match=r"split-3/autotagging_top50tags-train\.tsv is missing"):
        open_dataset("jamendo", folder, split=3)
    for path in list((folder / "data").rglob("*.tsv")):
        path.rename(folder / path.name)
    dataset = open_dataset("jamendo", folder)
    assert len(dataset.clips) == 9
    assert dataset.how_split == "a split whose lists do not say its number"
    with pytest.raises(DatasetFault, match=r"those of split 3 belong into data/splits/split-3"):
        open_dataset("jamendo", folder, split=3)
    (folder / "autotagging_top50tags-validation.tsv").unlink()
    with pytest.raises(DatasetFault, match=rf"{folder.name}/autotagging_\w+-validation\.tsv is missing"):
        open_dataset("jamendo", folder)


def test_lists_that_are_still_packed_are_named(tmp_path: Path) -> None:
    folder = make_jamendo(tmp_path / "j")
    for path in list((folder / "data").rglob("*.tsv")):
        (folder / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    with pytest.raises(DatasetFault, match=r"tags-train\.tsv\.gz, beside it, is to be unpacked"):
        open_dataset("jamendo", folder)
    folder = make_mtat(tmp_path / "m")
    table = folder / "annotations_final.csv"
    table.write_bytes(gzip.compress(table.read_bytes()))
    with pytest.raises(DatasetFault, match=r"annotations_final\.csv: packed with gzip"):
        open_dataset("mtat", folder)
    folder = make_msd(tmp_path / "s")
    for name in ("lastfm_tags.db", "filtered_list_train.json"):
        (folder / name).write_bytes(gzip.compress(b'["TR0"]'))
        with pytest.raises(DatasetFault, match=rf"{name}: packed with gzip; it is to be unpacked"):
            open_dataset("msd", folder)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (replaced(1, "TAGS", "TAG"), "line 1: no column TAGS"),
        (
            replaced(1, "TRACK_ID\tARTIST_ID", "ARTIST_ID\tTRACK_ID"),
            "line 1: column 1 is 'ARTIST_ID', not 'TRACK_ID'",
        ),
        (replaced(1, "TAGS", "TAGS\tMORE"), "line 1: column 7 is 'MORE', one too many"),
        (replaced(2, "genre---", "genre--"), "line 2: unknown tag 'genre--chillout'"),
        (replaced(2, "\t61.2", "\tnan"), "line 2: DURATION 'nan' is not a number"),
        (replaced(2, "\t61.2", "\t-1"), "line 2: DURATION '-1' is not a number"),
        (replaced(2, "\t61.2", ""), "line 2: "),
        (replaced(2, "03/", "../"), r"line 2: PATH '\.\./1003.mp3' is not of the form"),
        (replaced(3, "track_0001004", "1004"), "line 3: TRACK_ID '1004' is not of the form"),
        (
            replaced(3, "track_0001004", "track_0001003"),
            "line 3: TRACK_ID 'track_0001003' stands in line 2 already",
        ),
        (
            replaced(3, "track_0001004", "track_0001001"),
            r"line 3: .* stands in line 3 of autotagging_top50tags-train\.tsv already",
        ),
        (replaced(3, "04/1004.mp3", "03/1003.mp3"), "line 3: PATH '03/1003.mp3' stands in line 2 already"),
        (
            replaced(3, "04/1004.mp3", "01/1001.mp3"),
            r"line 3: PATH '01/1001\.mp3' stands in line 3 of autotagging_top50tags-train\.tsv already",
        ),
        (
            lambda lines: [lines[0], "\t".join(lines[1].split("\t")[:5]), *lines[2:]],
            "line 2: 5 columns instead",
        ),
        (lambda lines: [lines[0], lines[1] + "\t" + lines[1].split("\t")[5]], "line 2: a tag stands twice"),
        (lambda lines: lines[:1], "no tracks"),
    ],
)
def test_lists_of_jamendo_that_are_wrong_stop_with_the_line(
    tmp_path: Path, change: Change, reason: str
) -> None:
    folder = make_jamendo(tmp_path)
    path = folder / "data" / "splits" / "split-0" / "autotagging_top50tags-validation.tsv"
    edit(path, change)
    with pytest.raises(DatasetFault, match=reason) as caught:
        open_dataset("jamendo", folder)
    assert str(caught.value).startswith(str(path))


def check_msd(folder: Path) -> None:
    dataset = open_dataset("msd", folder)
    assert dataset.splits.tolist() == ["train"] * 2 + ["valid"] * 2 + ["test"] * 2
    assert [tag.name for tag in dataset.tags] == list(vocabulary("msd_top50"))
    rock, sad = vocabulary("msd_top50").index("rock"), vocabulary("msd_top50").index("sad")
    assert dataset.labels[:, rock].all()
    assert dataset.labels[:, sad].tolist() == [0, 0, 0, 1, 1, 1], "a value of 50 is not above 50"
    assert dataset.labels.sum() == 9
    assert dataset.clips[0] == folder / "audio" / "8" / "9" / "8900.clip.mp3"


def test_msd_with_lastfms_database(tmp_path: Path) -> None:
    check_msd(make_msd(tmp_path))


def vectors() -> dict[str, list[float]]:
    tags = vocabulary("msd_top50")
    return {
        msd_track(n): [1.0 if tag == "rock" or (tag == "sad" and n >= 3) else 0.0 for tag in tags]
        for n in range(6)
    }


def test_msd_with_lists_of_tags(tmp_path: Path) -> None:
    folder = make_msd(tmp_path / "json", database=False)
    (folder / "msd_id_to_tag_vector.json").write_text(json.dumps(vectors()))
    check_msd(folder)
    folder = make_msd(tmp_path / "tsv", database=False)
    lines = [f"{msd_track(n)}\trock" + ("\tsad" if n >= 3 else "") for n in range(6)]
    (folder / "track_tags.tsv").write_text("\n".join(lines))
    check_msd(folder)
    folder = make_msd(tmp_path / "npy", database=False)
    for start, split in ((0, "train"), (2, "valid"), (4, "test")):
        rows = list(vectors().values())[start : start + 2]
        np.save(folder / f"{split}_y.npy", np.array(rows, np.bool_))
    check_msd(folder)


def test_msd_by_json_lists_and_paths_of_track_ids(tmp_path: Path) -> None:
    folder = make_msd(tmp_path)
    for split in ("train", "valid", "test"):
        path = folder / f"{split}_x_msd_id.txt"
        (folder / f"{split}.json").write_text(json.dumps(path.read_text().split()))
        path.unlink()
        (folder / f"{split}_x_7d_id.txt").unlink()
    (folder / "MSD_id_to_7D_id.json").write_text(json.dumps({msd_track(n): str(8900 + n) for n in range(5)}))
    track = msd_track(5)
    (folder / "audio/8/9/8905.clip.mp3").rename(touch(folder / "0/0/0" / f"{track}.mp3"))
    assert open_dataset("msd", folder).clips[5] == folder / "0" / "0" / "0" / f"{track}.mp3"


def test_of_two_tracks_with_one_preview_the_first_is_used(tmp_path: Path) -> None:
    """As 6715499 and 104485 stand twice each in the published ``train_x_7d_id.txt``."""
    folder = make_msd(tmp_path)
    (folder / "train_x_7d_id.txt").write_text("8900\n8900\n")
    (folder / "test_x_7d_id.txt").write_text("8900\n8905\n")
    dataset = open_dataset("msd", folder)
    assert [clip.name for clip in dataset.clips] == [f"{n}.clip.mp3" for n in (8900, 8902, 8903, 8905)]
    assert [str(skipped) for skipped in dataset.skipped] == [
        f"{msd_track(n)}: its preview is that of {msd_track(0)}, which is used" for n in (1, 4)
    ]


def test_the_joint_list_of_msd_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(msd, "TRAIN_SIZE", 4)
    ids = [msd_track(number) for number in range(9)]
    (tmp_path / "filtered_list_train.json").write_text(json.dumps(ids[:6]))
    (tmp_path / "filtered_list_test.json").write_text(json.dumps(ids[6:]))
    assert {name: len(found) for name, found in msd.read_lists(tmp_path).items()} == {
        "train": 4,
        "valid": 2,
        "test": 3,
    }
    (tmp_path / "filtered_list_train.json").write_text(json.dumps(ids[:4]))
    with pytest.raises(DatasetFault, match="4 tracks; it must hold 4 for training and then those for valid"):
        msd.read_lists(tmp_path)


def test_tracks_without_preview_or_tags_are_listed(tmp_path: Path) -> None:
    folder = make_msd(tmp_path)
    (folder / "audio/8/9/8901.clip.mp3").unlink()
    (folder / "lastfm_tags.db").unlink()
    make_lastfm(folder / "lastfm_tags.db", [(msd_track(n), {"rock": 51 if n != 2 else 50}) for n in range(6)])
    dataset = open_dataset("msd", folder)
    assert len(dataset.clips) == 4
    assert [str(skipped) for skipped in dataset.skipped] == [
        f"{msd_track(1)}: no preview",
        f"{msd_track(2)}: none of the 50 tags",
    ]


def test_pickles_are_refused_with_the_way_to_convert_them(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
            return (exec, (f"open({str(tmp_path / 'sprung')!r}, 'w').close()",))  # type: ignore[return-value]

    for name in ("filtered_list_train.cP", "msd_id_to_tag_vector.cP", "MSD_id_to_7D_id.pkl"):
        folder = make_msd(tmp_path / name, database=name != "msd_id_to_tag_vector.cP")
        (folder / name).write_bytes(pickle.dumps(Trap()))
        target = name.split(".")[0] + ".json"
        with pytest.raises(DatasetFault, match=rf"is a Python pickle.*python -c .*{name} {target}"):
            open_dataset("msd", folder)
    assert not (tmp_path / "sprung").exists()


def test_the_way_to_convert_works(tmp_path: Path) -> None:
    import shlex
    import subprocess
    import sys

    source, target = tmp_path / "a.cP", tmp_path / "a.json"
    source.write_bytes(pickle.dumps({"TR": np.array([0.0, 1.0], np.float32)}, protocol=2))
    words = shlex.split(msd.CONVERT.format(source, target))
    subprocess.run([sys.executable, *words[1:]], check=True)
    assert json.loads(target.read_text()) == {"TR": [0.0, 1.0]}


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("valid_x_msd_id.txt", f"{msd_track(2)}\nTRX\n", "line 2: track id 'TRX' is not of the form"),
        (
            "valid_x_msd_id.txt",
            f"{msd_track(2)}\n{msd_track(2)}\n",
            "line 2: track .*2' stands in line 1 already",
        ),
        (
            "valid_x_msd_id.txt",
            f"{msd_track(1)}\n{msd_track(2)}\n",
            "line 1: .* in line 2 of train_x_msd_id.txt",
        ),
        ("valid_x_msd_id.txt", "", "is empty"),
        ("valid_x_7d_id.txt", "8902\n", "1 lines, but valid_x_msd_id.txt, beside it, has 2"),
        ("valid_x_7d_id.txt", "8902\nnan\n", "line 2: 7digital's id 'nan' is not of the form"),
        ("track_tags.tsv", f"{msd_track(0)}\trock\n{msd_track(1)}\tROCK\n", "line 2: unknown tag 'ROCK'"),
        ("track_tags.tsv", f"{msd_track(0)}\n\n", "line 2: track id '' is not of the form"),
        ("track_tags.tsv", f"{msd_track(0)}\trock\n" * 2, "line 2: track .* stands in line 1 already"),
        ("msd_id_to_tag_vector.json", "[1]", "is not a JSON object"),
        ("msd_id_to_tag_vector.json", "{", "Expecting property name"),
        ("msd_id_to_tag_vector.json", '{"x": []}', "'x' is not a track id"),
        (
            "msd_id_to_tag_vector.json",
            f'{{"{msd_track(0)}": [1]}}',
            f"{msd_track(0)}: not a list of 50 values",
        ),
        (
            "msd_id_to_tag_vector.json",
            f'{{"{msd_track(0)}": [{"0, " * 49} NaN]}}',
            f"{msd_track(0)}: nan is neither 0 nor 1",
        ),
        (
            "msd_id_to_tag_vector.json",
            f'{{"{msd_track(0)}": [], "{msd_track(0)}": []}}',
            "entry 2: key .* stands in entry 1 already",
        ),
    ],
)
def test_lists_of_msd_that_are_wrong_stop_with_the_line(
    tmp_path: Path, name: str, text: str, reason: str
) -> None:
    folder = make_msd(tmp_path, database="tag" not in name)
    (folder / name).write_text(text)
    with pytest.raises(DatasetFault, match=reason) as caught:
        open_dataset("msd", folder)
    assert str(caught.value).startswith(str(folder / name))


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("UPDATE tid_tag SET val = NULL WHERE ROWID = 3", "tid_tag, row 3: val None is not in 0..100"),
        ("UPDATE tid_tag SET val = 'nan' WHERE ROWID = 3", "tid_tag, row 3: val 'nan' is not in 0..100"),
        ("UPDATE tid_tag SET val = 101 WHERE ROWID = 3", r"tid_tag, row 3: val 101\.0 is not in 0..100"),
        ("DELETE FROM tags WHERE tag = 'Hip-Hop'", "no tag 'Hip-Hop' in its table tags"),
        ("INSERT INTO tags VALUES ('rock')", "the tag 'rock' stands in rows 2 and 52 of tags"),
        (f"INSERT INTO tids VALUES ('{msd_track(0)}')", "stands in rows 1 and 7 of tids"),
        ("DROP TABLE tid_tag", "is not Last.fm's database: no such table: tid_tag"),
    ],
)
def test_a_database_that_is_wrong_is_refused(tmp_path: Path, statement: str, reason: str) -> None:
    folder = make_msd(tmp_path)
    path = folder / "lastfm_tags.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(statement)
    with pytest.raises(DatasetFault, match=reason) as caught:
        open_dataset("msd", folder)
    assert str(caught.value).startswith(str(path))
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(DatasetFault, match=r"is not Last\.fm's database"):
        open_dataset("msd", folder)


def test_arrays_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    folder = make_msd(tmp_path, database=False)
    for split in ("train", "valid", "test"):
        np.save(folder / f"{split}_y.npy", np.ones((2, 50), np.float32))
    bad = np.ones((2, 50), np.float32)
    bad[1, 3] = np.nan
    for array, reason in (
        (bad, r"valid_y\.npy: row 2: a label is neither"),
        (bad[:1], r"\(1, 50\), not \(2, 50\)"),
    ):
        np.save(folder / "valid_y.npy", array)
        with pytest.raises(DatasetFault, match=reason):
            open_dataset("msd", folder)
    np.save(folder / "valid_y.npy", np.array([{}], object), allow_pickle=True)
    with pytest.raises(DatasetFault, match=r"valid_y\.npy is damaged, or holds pickled objects"):
        open_dataset("msd", folder)


def test_what_is_missing_of_msd_is_named_with_its_source(tmp_path: Path) -> None:
    with pytest.raises(DatasetFault, match=r"filtered_list_train\.json is missing.*github\.com/jongpillee"):
        open_dataset("msd", tmp_path)
    folder = make_msd(tmp_path / "a", database=False)
    with pytest.raises(DatasetFault, match=r"lastfm_tags\.db is missing.*train_y\.npy would do.*millionsong"):
        open_dataset("msd", folder)
    folder = make_msd(tmp_path / "b")
    (folder / "valid_x_msd_id.txt").unlink()
    with pytest.raises(DatasetFault, match=r"valid\.txt is missing"):
        open_dataset("msd", folder)
    folder = make_msd(tmp_path / "c")
    (folder / "audio").rename(tmp_path / "gone")
    with pytest.raises(DatasetFault, match=r"none of the 6 tracks can be used.*7digital"):
        open_dataset("msd", folder)
    assert len(open_dataset("msd", folder, audio=tmp_path / "gone").clips) == 6


def test_lists_in_lists_are_refused_by_name(tmp_path: Path) -> None:
    folder = make_msd(tmp_path)
    (folder / "train.txt").unlink(missing_ok=True)
    (folder / "filtered_list_train.json").write_text("[" * 200_000)
    with pytest.raises(DatasetFault, match=r"filtered_list_train\.json: lists in lists"):
        open_dataset("msd", folder)


LONG = "Rock " * 9_999


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("filtered_list_train.json", json.dumps([[msd_track(n) for n in range(9_999)]])),
        ("msd_id_to_tag_vector.json", json.dumps({LONG: []})),
        ("msd_id_to_tag_vector.json", json.dumps({msd_track(0): [[[0] * 9_999] * 99] * 50})),
        ("msd_id_to_tag_vector.json", f'{{"{LONG}": 1, "{LONG}": 2}}'),
        ("MSD_id_to_7D_id.json", json.dumps({msd_track(0): [LONG] * 9})),
        ("track_tags.tsv", f"{msd_track(0)}\t{LONG}\n"),
        ("track_tags.tsv", msd_track(0) + "\tRock" * 9_999),
        ("track_tags.tsv", LONG),
    ],
)
def test_a_message_quotes_no_more_of_a_file_than_a_line_has_room_for(
    tmp_path: Path, name: str, text: str
) -> None:
    folder = make_msd(tmp_path, database="tag" not in name)
    (folder / name).write_text(text)
    with pytest.raises(DatasetFault, match=re.escape(name)) as caught:
        open_dataset("msd", folder)
    assert len(str(caught.value)) < len(str(folder / name)) + 300


def test_a_folder_that_is_none_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(DatasetFault, match="nowhere is not there"):
        open_dataset("mtat", tmp_path / "nowhere")
    touch(tmp_path / "a.mp3")
    with pytest.raises(DatasetFault, match=r"a\.mp3 is not a folder"):
        open_dataset("jamendo", tmp_path / "a.mp3")


def test_the_entry_knows_its_data_sets_and_options(tmp_path: Path) -> None:
    with pytest.raises(DatasetFault, match="one of mtat, jamendo, msd, corpus, folder, not 'gtzan'"):
        open_dataset("gtzan", tmp_path)
    with pytest.raises(DatasetFault, match="no option subset; those of mtat are: clips"):
        open_dataset("mtat", tmp_path, subset="all")
    with pytest.raises(DatasetFault, match="no option clips; those of corpus are: nothing"):
        open_dataset("corpus", tmp_path, clips="all")
    with pytest.raises(DatasetFault, match="clips must be one of all, tagged, not 'some'"):
        open_dataset("mtat", tmp_path, clips="some")
    with pytest.raises(DatasetFault, match="subset must be one of top50"):
        open_dataset("jamendo", tmp_path, subset="top51")
    with pytest.raises(DatasetFault, match="split must be one of 0, 1, 2, 3, 4, not '5'"):
        open_dataset("jamendo", tmp_path, split=5)


def test_a_corpus_lists_missing_clips(tmp_path: Path) -> None:
    folder = make_corpus(tmp_path / "c", 6)
    (folder / "audio" / "00001.opus").unlink()
    (folder / "audio" / "00004.opus").write_bytes(b"")
    dataset = open_dataset("corpus", folder)
    assert [clip.stem for clip in dataset.clips] == ["00000", "00002", "00003", "00005"]
    assert [skipped.reason for skipped in dataset.skipped] == [
        "no such file or directory",
        "the file is empty",
    ]
    assert dataset.labels[:, 0] == pytest.approx([0.9, 0.9, 0.1, 0.1], abs=1e-3)
    assert not dataset.hard


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("labels.npz", b"PK but no archive", r"labels\.npz is damaged, or holds pickled objects"),
        ("labels.npz", pickle.dumps({}), r"labels\.npz is damaged, or holds pickled objects"),
        ("labels.npz", b"", r"labels\.npz is damaged, or holds pickled objects"),
        ("vocabularies.json", b"{", r"vocabularies\.json: "),
        ("vocabularies.json", b'{"mtat": "low"}', r"vocabularies\.json: an entry should be a list"),
        (
            "vocabularies.json",
            b'{"mtat": ["low", "low"]}',
            r"vocabularies\.json: 'mtat' has the tag 'low' twice",
        ),
        (
            "vocabularies.json",
            b'{"mtat": ["low", "high"], "mtat": ["high", "low"]}',
            r"vocabularies\.json: 'mtat' stands there twice",
        ),
        ("vocabularies.json", b'{"mtg": ["low"]}', r"labels\.npz: no array 'mtg'"),
        ("vocabularies.json", b'{"mtat": ["low"]}', r"labels\.npz: 'mtat' is \(6, 2\), not \(6, 1\)"),
        (
            "tracks.tsv",
            b"id\tsplit\tlicence_class\n0\ttrain\n",
            r"tracks\.tsv: line 2: 2 columns instead of 3",
        ),
    ],
)
def test_broken_files_of_a_corpus_are_named(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    folder = make_corpus(tmp_path / "c", 6)
    (folder / name).write_bytes(data)
    with pytest.raises(DatasetFault, match=reason):
        open_dataset("corpus", folder)
