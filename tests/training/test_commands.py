"""The commands, end to end on a few synthetic clips."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
from safetensors.numpy import load_file

from mat_desktop.inference.cards import open_card
from tests.training.corpora import make_corpus
from training.__main__ import main
from training.checkpoints import load_checkpoint, save_checkpoint
from training.datasets.corpus import read_corpus
from training.datasets.dataset import Dataset, DatasetFault, Skipped
from training.datasets.recognise import look_into, recognised
from training.datasets.registry import open_dataset
from training.describe import describe_training
from training.experiments import NETWORK
from training.finetune import PENALTIES
from training.options import DATA, settings_of
from training.results import read_run
from training.saying import Reporter
from training.settings import Settings
from training.stopping import Stop

STRAIGHT = ["--dropout", "0", "--mix", "0", "--gain-db", "0", "--mel-mask", "0", "--time-mask", "0"]
SMALL = ["--network", "fcn1d", "--layers", "3", "--width", "0.2", "--crop-frames", "300", "--batch-size", "2"]
SMALL += ["--learning-rate", "0.01", "--epochs", "4", *STRAIGHT]

Command = Callable[..., int]


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus, and one with the same sounds under other tags."""
    place = tmp_path_factory.mktemp("place")
    make_corpus(place / "small")
    make_corpus(place / "other")
    names = {"mtat": ["dark", "bright"], "msd": ["bass"]}
    (place / "other" / "vocabularies.json").write_text(json.dumps(names))
    return place


@pytest.fixture
def command(place: Path) -> Command:
    """A command on the small corpus, or on the data given."""

    def run(name: str, *words: str, data: str = "small") -> int:
        folders = ["--data", str(place / data), "--cache", str(place / "cache")]
        runs = ["--runs", str(place / "runs")] if name in ("train", "reproduce", "finetune") else []
        return main([name, *folders, *runs, *words])

    return run


@pytest.fixture(scope="module")
def model(place: Path) -> Path:
    folders = ["--data", str(place / "small"), "--cache", str(place / "cache"), "--runs", str(place / "runs")]
    assert main(["train", *folders, *SMALL, "--export", str(place / "model")]) == 0
    return place / "model"


def run_of(place: Path, model: Path) -> Path:
    """The run that the model comes from."""
    settings = Settings.of(open_card(model).training["settings"])
    return place / "runs" / f"fcn1d-small-{settings.digest()}"


def test_a_run_leaves_all_that_is_to_be_known(place: Path, model: Path) -> None:
    folder = run_of(place, model)
    names = {path.name for path in folder.iterdir()}
    assert names >= {"settings.json", "command.txt", "epochs.jsonl", "events.jsonl", "last.pt", "best.pt"}
    assert json.loads((folder / "settings.json").read_text())["dataset"] == "corpus"
    events = [json.loads(line)["event"] for line in (folder / "events.jsonl").read_text().splitlines()]
    assert (events[0], events[-1], events.count("epoch")) == ("begin", "end", 4)
    run = read_run(folder)
    assert run.result.data.clips == {"train": 8, "valid": 8, "test": 8}
    assert run.result.budget == "own"
    used = load_checkpoint(folder / "last.pt")["state"]["precision"]
    assert run.result.settings["precision"] == "auto"
    assert run.result.precision == open_card(model).training["precision"] == used != "auto"
    assert len(run.epochs) == run.result.epochs == 4
    assert (run.result.metrics["test"].roc_auc.macro or 0) > 0.7
    assert str(place) not in (folder / "result.json").read_text() + (model / "card.json").read_text()
    assert open_card(model).network.layers == 3


def test_a_training_is_not_lost_by_typing_its_command_again(
    command: Command, place: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [*SMALL, "--epochs", "1", "--seed", "11", "--progress", "json"]
    assert command("train", *words) == 0
    (run,) = (path for path in (place / "runs").iterdir() if '"seed": 11' in _text(path / "settings.json"))
    before = (run / "best.pt").stat().st_mtime_ns
    for kept in ("result.json", "last.pt", "best.pt"):
        capsys.readouterr()
        assert command("train", *words) == 2
        said = capsys.readouterr()
        if kept == "best.pt":
            assert "no checkpoint to go on from: --again deletes them and begins anew" in said.err
        else:
            assert "--resume goes on with it, --again deletes it" in said.err
        assert "prepare" not in said.out, "before anything long is done"
        assert (run / "best.pt").stat().st_mtime_ns == before
        (run / kept).rename(tmp_path / kept)
    capsys.readouterr()
    assert command("train", *words) == 0, "there is nothing to lose any more"
    assert f"{run} was begun and has no checkpoint: it begins anew" in capsys.readouterr().err
    assert command("train", *words, "--resume") == 0
    assert "begins anew" not in capsys.readouterr().err
    before = (run / "best.pt").stat().st_mtime_ns
    assert command("train", *words, "--again") == 0
    assert (run / "best.pt").stat().st_mtime_ns > before
    assert "--again" not in _text(run / "command.txt")
    tuned = ["--model", str(model), "--whole", "--epochs", "1", "--crop-frames", "300", "--seed", "12"]
    tuned += ["--export", str(tmp_path / "mine")]
    assert command("finetune", *tuned) == 0
    assert command("finetune", *tuned) == 2
    assert command("finetune", *tuned, "--resume") == 0


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def test_events_for_programs(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("train", *SMALL, "--epochs", "1", "--progress", "json") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    told = [line["event"] for line in lines if line["event"] != "prepare"]
    assert told == ["read", "run", "begin", "tags", "epoch", "end"]
    epoch = next(line for line in lines if line["event"] == "epoch")
    assert {"number", "train_loss", "valid", "eta_seconds", "time"} <= epoch.keys()


def test_every_command_that_works_long_can_be_stopped(
    command: Command, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Asked(Stop):
        def __init__(self) -> None:
            super().__init__()
            self._asked.set()

    assert command("prepare") == 0
    capsys.readouterr()
    monkeypatch.setattr("training.__main__.Stop", Asked)
    cache = str(place / "another cache")
    for name in ("prepare", "train", "reproduce", "benchmark"):
        words = ["--table", "1"] if name == "reproduce" else []
        assert command(name, "--cache", cache, *words) == 130
        assert "Stopped. What is prepared so far is kept." in capsys.readouterr().err
    assert command("train", *SMALL, "--seed", "9") == 130
    assert "with --resume goes on" in capsys.readouterr().err
    row = ["--table", "2", "--rows", "1D FCN C=4", "--budget", "smoke"]
    assert command("reproduce", *row) == 130
    assert "The same command goes on from the last checkpoint." in capsys.readouterr().err
    monkeypatch.setattr("training.loop.QUICK_SECONDS", -1)
    for again in ("--again", "--resume", "--resume"):
        assert command("train", *SMALL, "--seed", "9", again, "--progress", "json") == 130
        said = capsys.readouterr()
        assert '"step": 0' in said.out and "last checkpoint" not in said.err
        assert "There is no checkpoint yet: the same command begins anew, with --resume too." in said.err
    assert command("reproduce", *row, "--seed", "9") == 130
    said = capsys.readouterr()
    assert "There is no checkpoint of this row yet: the same command begins it anew." in said.err


def test_settings_from_a_file_and_flags_before_it(
    command: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "run.toml"
    config.write_text('network = "fcn1d"\nlayers = 3\nwidth = 0.2\nepochs = 7\nbatch_size = 4\n')
    words = ["train", "--config", str(config), "--epochs", "1", "--clips", "4", "--progress", "json"]
    assert command(*words) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    begin = next(line for line in lines if line["event"] == "begin")
    assert (begin["of"], begin["clips"]) == (1, {"train": 4, "valid": 4})
    config.write_text("epoch = 7\n")
    assert command(*words) == 2
    assert "no setting epoch" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--epochs", "many"], "--epochs must be a whole number, not 'many'"),
        (["--width", "wide"], "--width must be a number, not 'wide'"),
        (["--width", ".25", "--network", "fcn3d"], "unknown network 'fcn3d'"),
        (["--width", "0"], "the width must be above 0 and at most 4, not 0"),
        (["--options", "rnn_axis"], "'rnn_axis' is not of the form name=value"),
        (["--options", "x=1"], "fcn2d has no option 'x'"),
    ],
)
def test_wrong_words_are_named(
    command: Command, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    assert command("train", *words) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("flag", ["--data", "--cache", "--runs", "--export", "--config"])
def test_an_empty_name_is_not_the_folder_one_is_in(capsys: pytest.CaptureFixture[str], flag: str) -> None:
    with pytest.raises(SystemExit) as left:
        main(["train", "--data", "somewhere", flag, ""])
    assert left.value.code == 2
    assert f"{flag}: the name is empty" in capsys.readouterr().err


def test_an_input_that_does_not_fit_is_refused_before_anything_is_prepared(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = ["--data", str(place / "small"), "--cache", str(tmp_path / "cache"), "--runs", str(tmp_path)]
    small = ["--crop-frames", "200"]
    assert main(["reproduce", *places, "--table", "2", "--rows", "1D FCN", "--budget", "smoke", *small]) == 2
    assert main(["train", *places, "--network", "fcn1d", "--layers", "5", *small]) == 2
    errors = capsys.readouterr().err
    assert errors.count("crop_frames, 200 frames, does not fit the network") == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["", "mtat", "corpus", "folder"])
def test_a_folder_that_is_not_there_is_said_not_to_be(tmp_path: Path, kind: str) -> None:
    def read(_: str) -> Dataset:
        raise AssertionError

    assert look_into(tmp_path / "gone", kind, read).fault == f"{tmp_path / 'gone'} is not there."
    (tmp_path / "file").touch()
    assert look_into(tmp_path / "file", kind, read).fault == f"{tmp_path / 'file'} is not a folder."


def test_data_sets_are_recognised_or_asked_for(
    command: Command, place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert recognised(place / "small") == "corpus"
    (tmp_path / "annotations_final.csv").touch()
    assert recognised(tmp_path) == "mtat"
    with pytest.raises(DatasetFault, match="gone is not a folder"):
        recognised(place / "gone")
    with pytest.raises(DatasetFault, match="say with --dataset what it is: mtat, jamendo"):
        recognised(place)
    assert command("prepare", "--dataset", "corpus", "--reader", "split=1") == 1
    assert "no option split; those of corpus are: nothing" in capsys.readouterr().err
    assert command("prepare", "--dataset", "jamendo", "--reader", "split=one") == 2
    assert "reader option split: it should be a whole number" in capsys.readouterr().err
    assert command("prepare", "--dataset", "jamendo", "--reader", "split=4", "subset=genre") == 1


@pytest.mark.parametrize(
    ("files", "title", "missing"),
    [
        (["f/bach-01-aria-30-59.mp3"], "MagnaTagATune", "annotations_final.csv"),
        (["mp3/0/bach-01-aria-30-59.mp3"], "MagnaTagATune", "annotations_final.csv"),
        (["clip_info_final.csv"], "MagnaTagATune", "annotations_final.csv"),
        (["filtered_list_test.json", "lastfm_tags.db"], "Million Song Dataset", "filtered_list_train.json"),
        (["splits/test_x_msd_id.txt"], "Million Song Dataset", "filtered_list_train.json"),
        (["autotagging.tsv"], "MTG-Jamendo", "autotagging_top50tags-train.tsv"),
    ],
)
def test_a_part_of_a_data_set_is_named_with_what_is_missing(
    tmp_path: Path, files: list[str], title: str, missing: str
) -> None:
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_bytes(b"")
    found = look_into(tmp_path, "", lambda name: open_dataset(name, tmp_path))
    assert found.title == title
    assert found.fault.startswith(f"{tmp_path} looks like {title}. ")
    assert missing in found.fault


@pytest.mark.parametrize(
    ("file", "title"),
    [
        ("annotations_final.csv.gz", "MagnaTagATune"),
        ("autotagging_top50tags-train.tsv.gz", "MTG-Jamendo"),
        ("split-0/autotagging_top50tags-train.tsv.zip", "MTG-Jamendo"),
        ("filtered_list_train.json.gz", "Million Song Dataset"),
        ("splits/train_x_msd_id.txt.gz", "Million Song Dataset"),
    ],
)
def test_lists_that_are_still_packed_tell_their_data_set(tmp_path: Path, file: str, title: str) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_bytes(b"")
    (tmp_path / "sample.mp3").write_bytes(b"")
    found = look_into(tmp_path, "", lambda name: open_dataset(name, tmp_path))
    assert found.title == title
    assert found.fault == (
        f"{tmp_path} looks like {title}. {(tmp_path / file).with_suffix('')} is missing: "
        f"{Path(file).name}, beside it, is to be unpacked"
    )


def test_music_in_folders_of_one_letter_is_a_library(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "song.mp3").touch()
    with pytest.raises(DatasetFault, match="no known data set"):
        recognised(tmp_path)


@pytest.mark.parametrize("name", ["Live [FLAC]", "[bold]", "odd [/red] :cd: [1]"])
def test_names_in_brackets_are_names_and_no_markup(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    missing = str(Path("gone") / name)
    assert main(["prepare", "--data", missing]) == 1
    assert missing in capsys.readouterr().err
    assert main(["report", missing, "--out", str(tmp_path)]) == 1
    assert missing in capsys.readouterr().err
    data = make_corpus(tmp_path / name.replace("/", ""), 12)
    assert main(["prepare", "--data", str(data), "--cache", str(tmp_path / "[cache]")]) == 0


def test_skipped_clips_are_said_in_short(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = make_corpus(tmp_path / "c", 12)
    for number in (0, 1, 2, 3, 4, 6, 7):
        (data / "audio" / f"{number:05}.opus").write_bytes(b"broken")
    assert main(["prepare", "--data", str(data), "--cache", str(tmp_path / "cache")]) == 0
    errors = capsys.readouterr().err
    assert errors.count("skipped ") == 6
    assert "skipped 2 more: all are listed in" in errors
    listed = (tmp_path / "cache" / "c-skipped.txt").read_text().splitlines()
    assert len(listed) == 7
    assert "5 of 12 clips are ready" in errors
    (data / "audio" / "00000.opus").unlink()
    assert main(["prepare", "--data", str(data), "--cache", str(tmp_path / "cache")]) == 0
    assert "5 of 12 clips are ready" in capsys.readouterr().err, "those that are not there are listed too"
    assert main(["train", "--data", str(data), "--cache", str(tmp_path / "cache"), *SMALL]) == 1
    assert "no clip in the train split can be used" in capsys.readouterr().err


def test_the_list_of_what_an_earlier_run_skipped_goes_with_the_reasons(tmp_path: Path) -> None:
    listed = tmp_path / "skipped.txt"
    clips = [Skipped(f"{number}.mp3", "the file is empty") for number in range(9)]
    Reporter(Stop()).say_skipped(clips, listed)
    assert len(listed.read_text().splitlines()) == 9
    Reporter(Stop()).say_skipped(clips[:2], listed)
    assert not listed.exists()
    Reporter(Stop()).say_skipped((), listed)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every name is text")
def test_what_a_folder_of_any_name_lacks_is_told_as_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / os.fsdecode(b"corpus \xff")
    folder.mkdir()
    (folder / "labels.npz").touch()
    assert main(["look", "--data", str(folder)]) == 0
    assert "corpus \\xff is not a corpus" in json.loads(capsys.readouterr().out)["fault"]


def test_skipped_clips_are_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each row of a table, and a network after its head, prepares the same clips again."""
    reporter = Reporter(Stop())
    clips = (Skipped("a.mp3", "the file is empty"), Skipped("b.mp3", "the file is empty"))
    for skipped in (clips, clips, clips[:1]):
        reporter.say_skipped(skipped, tmp_path / "skipped.txt")
    assert capsys.readouterr().err.count("skipped a.mp3") == 2, "another list is told"


def test_a_new_head_for_other_tags(
    command: Command, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--model", str(model), "--export", str(tmp_path / "mine"), "--progress", "json"]
    assert command("evaluate", "--model", str(model), data="other") == 1, "its tags are others"
    capsys.readouterr()
    assert command("finetune", *words, data="other") == 0
    out, err = capsys.readouterr()
    assert "roc_auc" not in err, "a program that listens finds the figures in the card"
    told = [json.loads(line) for line in out.splitlines()]
    ready = [event["of"] for event in told if event["event"] == "prepare" and event["done"] == event["of"]]
    assert ready == [16], "all are decoded already; those of two splits are heard"
    card, before = open_card(tmp_path / "mine"), open_card(model)
    assert [tag.name for tag in card.tags] == ["dark", "bright", "bass"]
    assert not {"minutes", "precision"} & card.training.keys(), "a head alone is no run"
    assert card.normalisation == before.normalisation
    assert card.training["start"] == before.digest
    assert card.training["before"] == before.training | {"data": before.data}
    assert card.data.endswith(f"The model that it went on from learned from: {before.data}")
    assert card.training["penalty"] in PENALTIES
    assert card.training["settings"].keys() == {*DATA, *NETWORK}, "a head alone is fitted with no others"
    assert card.metrics["test"]["mtat"]["roc_auc"] > 0.9
    assert command("evaluate", "--model", str(tmp_path / "mine"), data="other") == 0


@pytest.mark.parametrize("words", [[], ["--whole"]])
def test_a_full_disk_is_found_before_the_work(
    command: Command,
    model: Path,
    place: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
) -> None:
    size = open_card(model).weights.size
    free = 2 * size if words else 2 * size - 1  # room for the model, but not for its run
    monkeypatch.setattr("training.checkpoints.disk_usage", lambda _: SimpleNamespace(free=free))
    target = tmp_path / "new" / "mine"
    assert command("finetune", "--model", str(model), "--export", str(target), *words, data="other") == 1
    error = capsys.readouterr().err
    assert f"{place / 'runs' if words else target} cannot be written" in error.replace("\n", "")
    assert "MB are needed" in error
    assert "Preparing" not in error
    assert not target.exists()


def test_the_whole_network_for_other_tags(command: Command, model: Path, place: Path, tmp_path: Path) -> None:
    words = ["--model", str(model), "--export", str(tmp_path / "mine"), "--whole", "--epochs", "2"]
    assert command("finetune", *words, "--batch-size", "4", "--crop-frames", "300", data="other") == 0
    (folder,) = (place / "runs").glob("fcn1d-other-*")
    settings = json.loads((folder / "settings.json").read_text())
    assert (settings["learning_rate"], settings["width"], settings["epochs"]) == (1e-4, 0.2, 2)
    assert open_card(tmp_path / "mine").metrics["test"]["mtat"]["roc_auc"] > 0.9


def nearly(weights: np.ndarray, others: np.ndarray | int) -> bool:
    """Equal but for what a few steps at the lowest rate move, as it is stored."""
    return bool(np.allclose(weights.astype("f4"), np.asarray(others, "f4"), rtol=1e-3, atol=1e-5))


def test_the_whole_network_for_its_own_tags_goes_on_from_its_own_head(
    command: Command, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--model", str(model), "--export", str(tmp_path / "mine"), "--whole", "--epochs", "1"]
    words += ["--learning-rate", "1e-7", "--weight-decay", "0", "--crop-frames", "300"]
    assert command("finetune", *words) == 0
    assert "a new head" not in capsys.readouterr().err
    before, after = (load_file(folder / "model.safetensors") for folder in (model, tmp_path / "mine"))
    assert nearly(after["head.weight"], before["head.weight"])


def test_the_head_of_a_model_is_put_right_on_its_own_tags(
    command: Command, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From where it is, on what the network hears as it does; the network before it stays."""
    quiet = tmp_path / "quiet"
    shutil.copytree(model, quiet)
    card = json.loads((quiet / "card.json").read_text())
    (quiet / "card.json").write_text(json.dumps(card | {"level": 20.0}))
    assert command("finetune", "--model", str(quiet), "--export", str(tmp_path / "mine")) == 0
    said = capsys.readouterr().err
    assert "a new head for 3 tags" in said
    assert open_card(tmp_path / "mine").level == 20.0
    before, after = (load_file(folder / "model.safetensors") for folder in (quiet, tmp_path / "mine"))
    assert all((after[name] == before[name]).all() for name in before if not name.startswith("head."))
    assert (after["head.weight"] != before["head.weight"]).any()


def test_some_of_a_models_tags_keep_their_part_of_its_head(
    command: Command, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--model", str(model), "--export", str(tmp_path / "mine"), "--whole", "--epochs", "1"]
    words += ["--learning-rate", "1e-7", "--weight-decay", "0", "--crop-frames", "300"]
    assert command("finetune", *words, "--reader", "vocabularies=else") == 1
    assert "vocabularies must be one of mtat, msd" in capsys.readouterr().err
    assert command("finetune", *words, "--reader", "vocabularies=msd") == 0
    assert "a new head" not in capsys.readouterr().err
    assert [tag.key for tag in open_card(tmp_path / "mine").tags] == ["msd/deep"]
    before, after = (load_file(folder / "model.safetensors") for folder in (model, tmp_path / "mine"))
    assert nearly(after["head.weight"], before["head.weight"][2:])


def test_tags_that_a_model_has_not_begin_at_their_mean_label(
    command: Command, model: Path, place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--export", str(tmp_path / "few"), "--whole", "--epochs", "1", "--seed", "6"]
    words += ["--learning-rate", "1e-7", "--weight-decay", "0", "--crop-frames", "300"]
    assert command("finetune", "--model", str(model), *words, "--reader", "vocabularies=msd") == 0
    words[1] = str(tmp_path / "more")
    assert command("finetune", "--model", str(tmp_path / "few"), *words) == 0
    assert "a new head" not in capsys.readouterr().err
    few, more = (load_file(tmp_path / name / "model.safetensors") for name in ("few", "more"))
    assert [tag.key for tag in open_card(tmp_path / "more").tags][2:] == ["msd/deep"]
    assert nearly(more["head.weight"][2:], few["head.weight"])
    assert nearly(more["head.weight"][:2], 0)
    corpus = read_corpus(place / "small")
    labels = corpus.labels[corpus.indices("train"), :2].mean(axis=0)
    settings = open_card(tmp_path / "more").training["settings"]
    run = place / "runs" / f"fcn1d-small-{Settings.of(settings).digest()}"
    blend = ["--from", str(run), "--blend", str(tmp_path / "few"), "--export", str(tmp_path / "blend")]
    assert command("export", *blend) == 0, "what both answer for is blended"
    assert [tag.key for tag in open_card(tmp_path / "blend").tags] == ["msd/deep"]
    assert nearly(load_file(tmp_path / "blend" / "model.safetensors")["head.weight"], few["head.weight"])
    assert 1 / (1 + np.exp(-more["head.bias"][:2].astype("f4"))) == pytest.approx(labels, abs=2e-3)


def test_a_blend_may_be_with_what_the_start_of_a_run_started_from(
    command: Command, model: Path, place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = ["--whole", "--epochs", "1", "--crop-frames", "300"]
    assert (
        command("finetune", "--model", str(model), *few, "--seed", "4", "--export", str(tmp_path / "a")) == 0
    )
    words = ["--model", str(tmp_path / "a"), *few, "--seed", "5", "--export", str(tmp_path / "b")]
    assert command("finetune", *words) == 0
    settings = open_card(tmp_path / "b").training["settings"]
    run = place / "runs" / f"fcn1d-small-{Settings.of(settings).digest()}"
    blend = ["--from", str(run), "--blend", str(model), "--share", "0.5", "--export", str(tmp_path / "c")]
    assert command("export", *blend) == 0
    first, last, mixed = (load_file(f / "model.safetensors") for f in (model, tmp_path / "b", tmp_path / "c"))
    wanted = (first["head.weight"].astype("f4") + last["head.weight"].astype("f4")) / 2
    assert abs(mixed["head.weight"].astype("f4") - wanted).max() < 2e-3
    told = open_card(tmp_path / "c").training
    assert told["start"] == open_card(tmp_path / "a").digest
    assert told["before"]["start"] == open_card(model).digest
    blend[3] = str(tmp_path / "b")
    assert command("export", *blend[:-1], str(tmp_path / "no")) == 1
    assert "and the run started from model" in capsys.readouterr().err


def test_the_last_epoch_blended_with_the_model_before(
    command: Command, model: Path, place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--model", str(model), "--export", str(tmp_path / "best"), "--whole", "--epochs", "2"]
    words += ["--batch-size", "4", "--crop-frames", "300", "--ema-decay", "0.5", "--seed", "3"]
    assert command("finetune", *words) == 0
    settings = open_card(tmp_path / "best").training["settings"]
    run = place / "runs" / f"fcn1d-small-{Settings.of(settings).digest()}"
    blend = ["--from", str(run), "--last", "--blend", str(model), "--share", "0.25"]
    assert command("export", *blend, "--export", str(tmp_path / "blend")) == 0
    old, mixed = (load_file(folder / "model.safetensors") for folder in (model, tmp_path / "blend"))
    kept = load_checkpoint(run / "last.pt")["averaged"]["module.head.weight"].numpy()
    wanted = 0.25 * old["head.weight"].astype("f4") + 0.75 * kept
    assert abs(mixed["head.weight"].astype("f4") - wanted).max() < 2e-3
    told = open_card(tmp_path / "blend").training
    assert told["start"] == open_card(model).digest
    assert told["before"]["settings"]["epochs"] == 4
    no = ["--export", str(tmp_path / "no")]
    assert command("export", *blend[:4], str(tmp_path / "no"), *no) == 1
    capsys.readouterr()
    assert command("export", *blend[:4], str(tmp_path / "best"), *no) == 1
    assert f"the run started from model {open_card(model).digest}" in capsys.readouterr().err
    assert command("export", *blend[:-1], "3", *no) == 2
    assert "--share must be in 0..1, not 3" in capsys.readouterr().err
    alone = ["--from", str(run), "--share", "0.3", "--export", str(tmp_path / "no")]
    assert command("export", *alone) == 2
    assert "--share is that of the model which --blend names" in capsys.readouterr().err
    assert not (tmp_path / "no").exists()


def test_rows_of_a_table_beside_the_papers_figures(
    command: Command, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["reproduce", "--table", "2", "--rows", "1D FCN C=3", "--budget", "smoke", "--clips", "4"]
    assert command(*words) == 0
    shown = capsys.readouterr()
    assert "SMOKE RUN of Table 2 on small" in shown.err
    assert "SMOKE RUN of Table 2 on small" in " ".join(shown.out.split())
    assert "0.4779" in shown.out
    assert "ROC-AUC/PR-AUC mtat not measured  msd not measured" in shown.err, "four clips are too few"
    assert len(list((place / "runs").glob("table2-smoke-small-*/report.html"))) == 1
    assert command(*words) == 0
    assert "is finished already" in capsys.readouterr().err
    assert command(*words, "--progress", "json") == 0
    told = json.loads(capsys.readouterr().out.splitlines()[0])
    assert told["event"] == "table"
    assert told["costs"] == {"1D FCN C=3": 102}
    assert command("reproduce", "--table", "2", "--rows", "3D") == 2


def test_a_row_stays_the_papers_network_and_its_face_says_what_was_changed(
    command: Command, place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["reproduce", "--table", "2", "--rows", "1D FCN C=3", "--epochs", "1", "--batch-size", "4"]
    for flag in ("--network", "--layers", "--width", "--options"):
        with pytest.raises(SystemExit):
            command(*words, flag, "3")
    config = tmp_path / "run.toml"
    config.write_text("width = 0.1\n")
    capsys.readouterr()
    assert command(*words, "--config", str(config)) == 2
    assert "run.toml: width is 1.0 here, not 0.1" in " ".join(capsys.readouterr().err.split())
    assert command(*words, "--seed", "5") == 0
    shown = capsys.readouterr()
    face = "1 of 9 rows with soft labels, which is not the paper's data, settings of one's own (epochs 1"
    assert face in shown.err and face in " ".join(shown.out.split())
    (report,) = (path.read_text() for path in (place / "runs").glob("table2-own-small-*/report.md"))
    assert "own training" in report and "full budget" not in report


def test_rows_that_are_finished_stand_beside_the_one_that_was_asked_for(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A finished ``train`` with a row's settings is one of them, with the budget that its settings are of."""
    folders = ["--data", str(place / "small"), "--cache", str(tmp_path / "cache"), "--runs", str(tmp_path)]
    short = ["--clips", "4", "--epochs", "1"]
    table = ["reproduce", *folders, "--table", "1", "--budget", "smoke", *short, "--rows"]
    plain = ["--crop-frames", "0", "--dropout", "0.5", "--optimiser", "adam", "--learning-rate", "1e-3"]
    plain += ["--weight-decay", "0", "--schedule", "constant", "--patience", "10", "--batch-size", "4"]
    alone = ["--network", "experiment1_control", "--width", "1", *plain, *STRAIGHT[2:]]
    assert main(["train", *folders, *short, *alone]) == 0
    capsys.readouterr()
    with monkeypatch.context() as context:  # ends after an epoch, as if it was killed
        context.setattr("training.loop.Training.end", lambda _: [][1])
        with pytest.raises(IndexError):
            main([*table, "Type G"])
    capsys.readouterr()
    assert main([*table, "Type B"]) == 0
    said = capsys.readouterr()
    assert "SMOKE RUN of Table 1 on small, 1 of 8 rows" in said.err
    assert "it shows that this row runs" in said.err
    assert "2 of 8 rows" in said.out and "0.3353" in said.out and "0.3986" in said.out
    (folder,) = tmp_path.glob("table1-smoke-small-*")
    report = (folder / "report.md").read_text(encoding="utf-8")
    assert "All 2 runs are smoke runs on the small" in report and "own training" not in report.lower()
    (beside,) = (text for text in report.split("\n\n") if "| Control |" in text and "| Type G |" in text)
    told = {line.split("|")[1].strip(): line for line in beside.splitlines()}
    assert "smoke run" in told["Control"] and "smoke run" in told["Type B"] and "not run" in told["Type C"]
    assert "begun, not finished: 1 epoch done" in told["Type G"]
    page = tmp_path / "page"
    assert main(["report", str(next(tmp_path.glob("experiment1_b-*"))), "--out", str(page)]) == 0
    assert "| begun, not finished: 1 epoch done |" in (page / "report.md").read_text(encoding="utf-8")

    assert main([*table, "Type B", "--reader", "vocabularies=mtat"]) == 0
    assert len(list(tmp_path.glob("table1-smoke-small-*"))) == 2, "of other data there is another report"
    assert "1 of 8 rows" in capsys.readouterr().out
    assert (folder / "report.md").read_text(encoding="utf-8") == report

    kept = next(tmp_path.glob("experiment1_control-*")) / "best.pt"
    save_checkpoint(kept, load_checkpoint(kept) | {"data": {"tags": ["mtat/low", "mtat/high", "msd/loud"]}})
    assert main([*table, "Type B"]) == 0
    assert "Control is finished with other data and is left out" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "flag"),
    [
        (["evaluate", "--model", "m"], "--learning-rate"),
        (["prepare"], "--learning-rate"),
        (["robustness", "--model", "m", "--scheme", "s"], "--epochs"),
        (["finetune", "--model", "m", "--export", "e"], "--width"),
        (["benchmark"], "--gain-db"),
    ],
)
def test_flags_that_would_count_for_nothing_are_none(command: Command, words: list[str], flag: str) -> None:
    with pytest.raises(SystemExit):
        command(*words, flag, "1")


def test_settings_that_would_count_for_nothing_are_refused(
    command: Command, model: Path, place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = ["--model", str(model), "--export", str(tmp_path / "mine"), "--epochs", "3"]
    assert command("finetune", *mine, data="other") == 2
    assert "epochs: for a new head alone nothing is set; add --whole" in capsys.readouterr().err
    waveform = ["--network", "sample_level", "--options", "m=3", "n=5", "--width", "0.05", "--epochs", "1"]
    assert command("train", *waveform, "--mix", "0.1") == 2
    assert "mix is for spectrograms: sample_level listens to waveforms" in capsys.readouterr().err
    assert command("train", *waveform, "--crop-frames", "300") == 2
    assert "sample_level takes its published input only" in capsys.readouterr().err
    cache = ["--cache", str(tmp_path / "cache")]
    assert command("train", *waveform, *cache, "--clips", "2", "--batch-size", "2") == 0
    (folder,) = (place / "runs").glob("sample_level-*")
    told = read_run(folder).result.settings
    assert [told[name] for name in ("mix", "mel_mask", "crop_frames")] == [0, 0, 0]
    assert told["gain_db"] == 6


def test_all_clips_are_all_clips() -> None:
    options = argparse.Namespace(command="speed", clips="0")
    assert settings_of(options, {"clips": 8}).clips == 0
    assert settings_of(argparse.Namespace(command="speed"), {"clips": 8}).clips == 8


def test_an_experiment_with_other_spectrograms(command: Command, place: Path) -> None:
    words = ["--rows", "Type A", "--budget", "smoke", "--clips", "4"]
    assert command("reproduce", "--table", "1", *words) == 0
    assert len(list((place / "cache").glob("small-*"))) == 2


def test_a_report_on_runs(place: Path, model: Path, tmp_path: Path) -> None:
    folder = run_of(place, model)
    assert main(["report", str(folder), "--out", str(tmp_path / "report")]) == 0
    assert (tmp_path / "report" / "report.html").exists()
    assert main(["report", str(tmp_path)]) == 1


def test_an_export_on_a_full_disk_leaves_the_model_before_and_names_the_file(
    command: Command, place: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    resource = pytest.importorskip("resource")
    before = copytree(model, tmp_path / "kept")
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, ((model / "card.json").stat().st_size + 200, limit[1]))
    try:
        assert command("export", "--from", str(run_of(place, model)), "--export", str(model)) == 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert "model.safetensors: File too large" in capsys.readouterr().err
    assert _contents(model) == _contents(before)


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_models_that_the_application_cannot_use_are_not_exported(
    command: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("train", "--network", "sample_level", "--export", str(tmp_path / "m")) == 1
    assert "the application cannot use sample_level" in capsys.readouterr().err


def test_a_value_that_cannot_be_is_refused_with_those_that_can(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    for flag, known in (("--precision", "bf16-mixed"), ("--optimiser", "adamw"), ("--schedule", "one-cycle")):
        with pytest.raises(SystemExit):
            command("train", flag, "no such")
        said = capsys.readouterr().err.split("error: ")[1]
        assert f"argument {flag}: invalid choice: 'no such'" in said and known in said


@pytest.mark.parametrize(
    ("name", "clips"), [("benchmark", 64), ("robustness", 48), ("speed", 8), ("train", 0)]
)
def test_help_names_the_default_that_counts(
    command: Command, capsys: pytest.CaptureFixture[str], name: str, clips: int
) -> None:
    with pytest.raises(SystemExit):
        main([name, "--help"])
    help_of_clips = capsys.readouterr().out.partition("  --clips VALUE")[2].partition("  --")[0]
    assert f"(default {clips})" in " ".join(help_of_clips.split())


@pytest.mark.parametrize(
    "words",
    [
        ["train"],
        ["reproduce", "--table", "2", "--budget", "smoke"],
        ["finetune", "--whole", "--export", "mine"],
        ["benchmark"],
    ],
)
def test_half_precision_that_a_processor_has_not_is_refused_before_anything_is_read(
    place: Path,
    model: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
) -> None:
    for device in ("cuda", "backends.mps"):
        monkeypatch.setattr(f"torch.{device}.is_available", lambda: False)
    monkeypatch.setattr("training.commands.open_data", lambda *_: pytest.fail("the data set is read"))
    places = ["--data", str(place / "small"), "--cache", str(tmp_path / "cache")]
    places += ["--model", str(model)] if "finetune" in words else []
    places += ["--runs", str(tmp_path / "runs")] if "benchmark" not in words else []
    assert main([*words, *places, "--precision", "16-mixed"]) == 1
    assert "cannot compute in 16-mixed here: that needs a GPU" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["train", "finetune", "reproduce"])
def test_a_run_of_a_gpu_that_cannot_go_on_here_is_refused_before_anything_is_prepared(
    command: Command,
    place: Path,
    model: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    words = {
        "train": [*SMALL, "--resume"],
        "finetune": ["--model", str(model), "--whole", "--export", str(tmp_path / "mine"), "--resume"],
        "reproduce": ["--table", "1", "--rows", "Control", "--budget", "smoke"],
    }[name]
    words += ["--seed", "16", "--epochs", "1"]
    assert command(name, *words) == 0
    (run,) = (path for path in (place / "runs").iterdir() if '"seed": 16' in _text(path / "settings.json"))
    (run / "result.json").unlink()
    last = load_checkpoint(run / "last.pt")
    last["state"]["precision"] = "16-mixed"
    save_checkpoint(run / "last.pt", last)
    for device in ("cuda", "backends.mps"):
        monkeypatch.setattr(f"torch.{device}.is_available", lambda: False)
    monkeypatch.setattr("training.commands.prepare_clips", lambda *_: pytest.fail("clips are prepared"))
    capsys.readouterr()
    assert command(name, *words) == 1
    assert f"{run} cannot go on here: it was begun in 16-mixed, which needs a GPU" in capsys.readouterr().err
    shutil.rmtree(run)


@pytest.mark.parametrize(
    ("checkpoint", "kept"),
    [
        (False, "There is no checkpoint yet: the same command begins anew, with --resume too."),
        (True, "The same command with --resume goes on from the last checkpoint."),
    ],
)
def test_a_lost_process_is_told_and_what_goes_on(
    command: Command,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    checkpoint: bool,
    kept: str,
) -> None:
    def lost(_: object, __: object, folder: Path, *___: object, **____: object) -> None:
        if checkpoint:
            (folder / "last.pt").touch()
        raise RuntimeError("[/pytorch/gloo/transport/tcp/pair.cc:537] Read error [127.0.0.1]")

    monkeypatch.setattr("training.commands.fit", lost)
    assert command("train", *SMALL, "--seed", "10", "--again") == 1
    said = capsys.readouterr().err
    assert f"Another process of this training ended or cannot be reached. {kept}" in said
    monkeypatch.setattr("training.commands.fit", lambda *_, **__: [][1])
    with pytest.raises(IndexError):
        command("train", *SMALL, "--seed", "10", "--again")


def test_speed_is_measured_against_a_plain_loop(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("benchmark", *SMALL[: SMALL.index("--learning-rate")], "--seconds", "0.2") == 0
    plain, ours = json.loads(capsys.readouterr().out)
    assert ours["clips_per_second"] > plain["clips_per_second"]
    assert 0 <= ours["waiting"] < 1


def test_the_window_is_tested_with_what_training_says_of_itself() -> None:
    """``tests/gui/described.json`` is the output of ``python -m training describe``."""
    kept = Path(__file__).parents[1] / "gui" / "described.json"
    assert json.loads(kept.read_text("utf-8")) == json.loads(msgspec.json.encode(describe_training()))
