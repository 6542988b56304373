"""A run knows its tags and its clips: data that changed since is never taken for the one before."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.training.corpora import make_corpus
from training.__main__ import main
from training.checkpoints import BEST, LAST, load_checkpoint, save_checkpoint
from training.clip_inference import predict
from training.datasets.corpus import read_corpus
from training.datasets.dataset import Tag
from training.identity import RunFault, data_of
from training.inputs import Clips, prepare_clips
from training.loop import fit
from training.network import input_of
from training.runs import best_network
from training.settings import Settings

TINY = Settings(
    network="fcn1d",
    layers=3,
    width=0.05,
    epochs=1,
    batch_size=2,
    crop_frames=300,
    precision="32-true",
)
WORDS = ["--network", "fcn1d", "--layers", "3", "--width", "0.05", "--epochs", "1", "--batch-size", "2"]
WORDS += ["--crop-frames", "300"]


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("place")
    make_corpus(place / "small")
    return place


@pytest.fixture(scope="module")
def clips(place: Path) -> Clips:
    return prepare_clips(read_corpus(place / "small"), input_of(TINY), place / "cache", lambda done, of: None)


@pytest.fixture(scope="module")
def run(clips: Clips, place: Path) -> Path:
    """A run that is over, as its checkpoints tell of it."""
    folder = place / "run"
    folder.mkdir()
    fit(clips, TINY, folder, lambda event: None)
    return folder


def turned(clips: Clips) -> Clips:
    """The same, with the tags in another order."""
    dataset = clips.dataset
    return replace(
        clips, dataset=replace(dataset, tags=dataset.tags[::-1], labels=dataset.labels[:, ::-1].copy())
    )


def more_tags(clips: Clips) -> Clips:
    dataset = clips.dataset
    labels = np.concatenate((np.zeros((len(dataset.labels), 1), np.float32), dataset.labels), axis=1)
    return replace(clips, dataset=replace(dataset, tags=(Tag("mtat", "new"), *dataset.tags), labels=labels))


def fewer_tags(clips: Clips) -> Clips:
    dataset = clips.dataset
    return replace(clips, dataset=replace(dataset, tags=dataset.tags[1:], labels=dataset.labels[:, 1:]))


def fewer_clips(clips: Clips) -> Clips:
    usable = clips.usable.copy()
    usable[clips.split("train")[:1]] = False
    return replace(clips, usable=usable)


def other_labels(clips: Clips) -> Clips:
    labels = clips.dataset.labels.copy()
    labels[clips.split("valid")[0]] = 0.25
    return replace(clips, dataset=replace(clips.dataset, labels=labels))


def early(run: Path, target: Path) -> Path:
    """The run as an earlier version left it: its checkpoints say nothing of the data."""
    target.mkdir()
    for name in (LAST, BEST):
        kept = load_checkpoint(run / name)
        del kept["data"]
        save_checkpoint(target / name, kept)
    return target


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (turned, "its tags are in another order"),
        (more_tags, "of the tags, mtat/new came"),
        (fewer_tags, "of the tags, mtat/low went"),
        (fewer_clips, "7 train clips, not 8"),
        (other_labels, "as many clips, but other ones, or with other tags or splits"),
    ],
)
def test_a_run_does_not_go_on_with_other_data(clips: Clips, run: Path, change: object, words: str) -> None:
    assert callable(change)
    with pytest.raises(RunFault, match=f"the data is not the one that this run began with: {words}"):
        fit(change(clips), TINY, run, lambda event: None, resume=True)
    fit(clips, TINY, run, lambda event: None, resume=True)


def test_a_folder_that_was_moved_is_the_same_data(clips: Clips) -> None:
    moved = tuple(Path("/elsewhere") / clip.parent.name / clip.name for clip in clips.dataset.clips)
    assert data_of(replace(clips, dataset=replace(clips.dataset, clips=moved))) == data_of(clips)


def test_the_best_network_brings_its_tags_along(clips: Clips, run: Path) -> None:
    trained, same, differs = best_network(run, TINY, clips)
    assert (same.dataset.tags, differs) == (clips.dataset.tags, "")
    for change in (turned, more_tags):
        _, aligned, differs = best_network(run, TINY, change(clips))
        assert (aligned.dataset.tags, differs) == (clips.dataset.tags, "")
        assert (aligned.dataset.labels == clips.dataset.labels).all()
    assert best_network(run, TINY, fewer_clips(clips))[2] == "7 train clips, not 8"
    with pytest.raises(RunFault, match="tags of this run that small does not have: mtat/low"):
        best_network(run, TINY, fewer_tags(clips))
    valid = clips.split("valid")
    assert predict(trained.module, same, valid, trained.standard).shape == (8, 3)


def test_a_tag_may_be_spelled_in_another_way_by_now(clips: Clips, run: Path) -> None:
    tags = tuple(Tag(tag.vocabulary, tag.name.title()) for tag in clips.dataset.tags)
    spelled = replace(clips, dataset=replace(clips.dataset, tags=tags))
    assert best_network(run, TINY, turned(spelled))[1].dataset.tags == tags


def test_a_run_of_an_earlier_version_is_known_by_its_other_files(
    clips: Clips, run: Path, tmp_path: Path
) -> None:
    folder = early(run, tmp_path / "early")
    fit(clips, TINY, folder, lambda event: None, resume=True)
    with pytest.raises(RunFault, match="4 tags, not 3"):
        best_network(folder, TINY, more_tags(clips))
    with pytest.raises(RunFault, match="4 tags, not 3"):
        fit(more_tags(clips), TINY, folder, lambda event: None, resume=True)
    with pytest.raises(RunFault, match="began with 4 steps in all, and with this data there are 2"):
        few = replace(clips, usable=clips.usable & (np.arange(24) % 6 != 1))
        fit(few, TINY, folder, lambda event: None, resume=True)
    tags = list(data_of(clips).tags)
    (folder / "tags.json").write_text(json.dumps({"tags": tags, "event": "tags"}))
    assert best_network(folder, TINY, turned(clips))[1].dataset.tags == clips.dataset.tags
    with pytest.raises(RunFault, match="in another order"):
        fit(turned(clips), TINY, folder, lambda event: None, resume=True)
    told = {"tags": tags, "data": {"clips": {"train": 9}}}
    (folder / "result.json").write_text(json.dumps(told))
    assert best_network(folder, TINY, clips)[2] == "8 train clips, not 9"


def test_commands_say_what_changed(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = make_corpus(tmp_path / "small")
    places = ["--data", str(data), "--cache", str(tmp_path / "cache"), "--runs", str(tmp_path / "runs")]
    assert main(["train", *places, *WORDS]) == 0
    (run,) = (tmp_path / "runs").iterdir()
    names = {"mtat": ["high", "low"], "msd": ["deep"]}
    labels = dict(np.load(data / "labels.npz"))
    np.savez(data / "labels.npz", **{**labels, "mtat": labels["mtat"][:, ::-1]})
    (data / "vocabularies.json").write_text(json.dumps(names))
    capsys.readouterr()
    assert main(["train", *places, *WORDS, "--resume"]) == 1
    assert "its tags are in another order. Begin a new run with it" in capsys.readouterr().err
    made = ["--export", str(tmp_path / "model"), "--from", str(run)]
    assert main(["export", *places[:4], *made]) == 0
    assert "The clips are not those of the run" not in capsys.readouterr().err
    card = json.loads((tmp_path / "model" / "card.json").read_text())
    assert [tag["name"] for tag in card["tags"]] == ["low", "high", "deep"]
    rows = (data / "tracks.tsv").read_text().splitlines()
    (data / "tracks.tsv").write_text("\n".join(rows[:-6]) + "\n")
    np.savez(data / "labels.npz", **{name: values[:-6] for name, values in labels.items()})
    assert main(["export", *places[:4], *made]) == 0
    assert "6 train clips, not 8" in capsys.readouterr().err
    card = json.loads((tmp_path / "model" / "card.json").read_text())
    assert card["training"]["measured"].startswith("not on the clips of the run: 6 train clips")
