"""The readers on the label files as published, where they lie beside this checkout. Audio is not needed."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from mat_desktop.audio.mel import log_mel
from mat_desktop.domain.melspec import MelSpec
from training.datasets.features import window
from training.datasets.jamendo import read_split, split_file, subset_tags
from training.datasets.msd import read_lists, read_preview_ids, read_tags
from training.datasets.mtat import read_annotations, read_mtat, split_of, top_tags
from training.datasets.registry import open_dataset
from training.datasets.tables import Unique, vocabulary

SHARED = Path(__file__).parents[3] / "shared"


def published(folder: str) -> Path:
    path = SHARED / folder
    if not path.is_dir():
        pytest.skip(f"the published label files of {folder} are not beside this checkout")
    return path


def unpack(source: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(gzip.decompress(source.read_bytes()))
    return target


@pytest.fixture(scope="module")
def mtat(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source, folder = published("mtat"), tmp_path_factory.mktemp("mtat")
    for name in ("annotations_final.csv", "clip_info_final.csv"):
        unpack(source / f"{name}.gz", folder / name)
    return folder


def test_mtat_labels_and_tags(mtat: Path) -> None:
    path = mtat / "annotations_final.csv"
    annotations = read_annotations(path)
    assert len(annotations.clip_ids) == len(set(annotations.paths)) == 25_863
    assert annotations.marks.shape == (25_863, 188)
    assert annotations.marks.sum() == 89_395
    top = top_tags(annotations, path)
    known = (published("mtat") / "top50_tags_minzwon_order.txt").read_text().splitlines()
    assert list(top) == known
    counts = annotations.marks.sum(axis=0, dtype=np.int64)
    lines = (published("mtat") / "tag_counts_188.tsv").read_text().splitlines()[1:]
    assert [(line.split("\t")[1], int(line.split("\t")[2])) for line in lines] == list(
        zip(annotations.tags, counts.tolist(), strict=True)
    )
    assert counts[annotations.tags.index("choral")] == 490
    assert counts[annotations.tags.index("electro")] == 474


def test_mtat_splits_of_both_kinds(mtat: Path) -> None:
    """Every clip has a file here, three of them empty as in the published archive."""
    annotations = read_annotations(mtat / "annotations_final.csv")
    for digit in "0123456789abcdef":
        (mtat / digit).mkdir()
    empty = {"35644", "55753", "57881"}
    for clip_id, name in zip(annotations.clip_ids, annotations.paths, strict=True):
        (mtat / name).write_bytes(b"" if clip_id in empty else b"x")
    for clips, sizes in (("all", [18_706, 1_825, 5_329]), ("tagged", [15_247, 1_529, 4_332])):
        dataset = read_mtat(mtat, clips=clips)
        assert [len(dataset.indices(split)) for split in ("train", "valid", "test")] == sizes
        assert len(dataset.skipped) == 3
        assert {skipped.reason for skipped in dataset.skipped} == {"the file is empty"}
        assert dataset.hard
    density = [dataset.labels[dataset.indices(split)].mean() for split in ("valid", "test")]
    assert density == pytest.approx([0.0662, 0.0653], abs=5e-5)
    rows = gzip.decompress((published("mtat") / "clips_top50.tsv.gz").read_bytes()).decode().splitlines()[1:]
    names = [tag.name for tag in dataset.tags]
    found = {
        str(clip.relative_to(mtat)): {names[column] for column in np.flatnonzero(row)}
        for clip, row in zip(dataset.clips, dataset.labels, strict=True)
    }
    for _, _, name, split, _, broken, tags in (row.split("\t") for row in rows):
        assert split_of(name) == split
        if tags and broken == "0":
            assert found.pop(name) == set(tags.split("|")), name
    assert not found


def test_a_real_clip_of_mtat_fills_one_window() -> None:
    (path,) = (published("mtat") / "audio_sample").glob("*.mp3")
    clip = window(path, MelSpec())
    assert clip.shape == (465_920,)
    assert log_mel(clip, MelSpec()).shape == (96, 911)


@pytest.mark.parametrize(("split", "count"), [("train", 32_136), ("valid", 10_888), ("test", 11_356)])
def test_jamendo_lists(tmp_path: Path, split: str, count: int) -> None:
    path = split_file(tmp_path, "top50", 0, split)
    unpack(published("jamendo") / f"{path.name}.gz", path)
    rows = read_split(path, subset_tags("top50"), Unique("TRACK_ID"), Unique("PATH"))
    assert len(rows) == count
    if split == "train":
        assert np.mean([len(columns) for _, columns in rows]) == pytest.approx(2.95, abs=0.005)


def test_jamendo_lists_share_no_track(tmp_path: Path) -> None:
    ids, paths = Unique("TRACK_ID"), Unique("PATH")
    total = 0
    for split in ("train", "valid", "test"):
        path = split_file(tmp_path, "top50", 0, split)
        unpack(published("jamendo") / f"{path.name}.gz", path)
        total += len(read_split(path, subset_tags("top50"), ids, paths))
    assert total == 54_380
    assert list(subset_tags("top50")) == (published("jamendo") / "top50.txt").read_text().split()


@pytest.fixture(scope="module")
def msd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source, folder = published("msd"), tmp_path_factory.mktemp("msd")
    for split in ("train", "valid", "test"):
        unpack(source / f"choi_{split}_msd_id.txt.gz", folder / f"{split}_x_msd_id.txt")
    for split in ("valid", "test"):
        unpack(source / f"choi_{split}_7d_id.txt.gz", folder / f"{split}_x_7d_id.txt")
        unpack(source / f"choi_{split}_y.npy.gz", folder / f"{split}_y.npy")
    np.save(folder / "train_y.npy", np.zeros((201_680, 50), np.bool_))  # not in the public copies
    return folder


def test_msd_lists_and_labels_of_choi(msd: Path) -> None:
    assert list(vocabulary("msd_top50")) == (published("msd") / "50tagList.txt").read_text().splitlines()
    lists = read_lists(msd)
    assert [len(ids) for ids in lists.values()] == [201_680, 12_634, 28_540]
    marks = read_tags(msd, vocabulary("msd_top50"), set())
    for split, share in (("valid", 0.0348), ("test", 0.033)):
        assert np.mean([len(marks[track]) for track in lists[split]]) / 50 == pytest.approx(share, abs=5e-4)
        assert all(marks[track] for track in lists[split])
    assert len(read_preview_ids(msd)) == 12_634 + 28_540


def test_msd_lists_of_lee(msd: Path, tmp_path: Path) -> None:
    """The test list is the published one; the others, absent from the public copies, have its sizes."""
    choi = read_lists(msd)
    train = [*choi["train"], *choi["valid"][:11_774]]
    (tmp_path / "filtered_list_train.json").write_text(json.dumps(train))
    unpack(published("msd") / "jongpillee_test_msd_id.txt.gz", tmp_path / "filtered_list_test.txt")
    lists = read_lists(tmp_path)
    assert [len(ids) for ids in lists.values()] == [201_680, 11_774, 28_435]
    assert set(lists["test"]) < set(choi["test"])


def test_the_real_corpus_by_its_name() -> None:
    dataset = open_dataset("corpus", published("corpus"))
    assert len(dataset.clips) == 2158
    assert not dataset.skipped
    assert not dataset.hard
