"""Trainings and their runs, on folders as ``python -m training`` writes them."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from mat_desktop.app.training_runs import EpochFigures, Run, read_event, read_run, read_runs
from mat_desktop.app.trainings import Ending, Order, Row, Task, Trainings
from mat_desktop.errors import StoreFault, UsageFault

ORDER = Order(
    Task.NETWORK,
    "2D FCN, 5 layers",
    ("train", "--data", "/data/corpus", "--epochs", "3"),
    "Corpus with soft labels",
    {"train": 28},
    name="2d-fcn-5-layers",
)


def epoch_line(number: int, roc: float | None, pr: float | None) -> str:
    valid = {"mtat": {"roc_auc": roc, "pr_auc": pr}, "msd": {"roc_auc": None, "pr_auc": None}}
    line = {"number": number, "of": 3, "train_loss": 0.2, "valid_loss": 0.3, "valid": valid, "seconds": 2.5}
    return json.dumps(line) + "\n"


def write_run(folder: Path, network: str = "fcn2d", layers: int = 5, *, finished: bool = False) -> Path:
    folder.mkdir(parents=True)
    (folder / "settings.json").write_text(json.dumps({"network": network, "layers": layers, "seed": 1}))
    lines = [epoch_line(1, 0.6, 0.2), epoch_line(2, 0.8, 0.4), epoch_line(3, 0.7, 0.3)]
    (folder / "epochs.jsonl").write_text("".join(lines))
    tags = {"tags": ["mtat/rock"], "positives": [4], "roc_auc": [0.7], "pr_auc": [None], "epoch": 3}
    (folder / "tags.json").write_text(json.dumps(tags))
    (folder / "best.pt").touch()
    if finished:
        split = {
            "clips": 12,
            "tags": ["mtat/rock"],
            "positives": [4],
            "roc_auc": {"macro": 0.81, "tags": [0.81]},
            "pr_auc": {"macro": 0.41, "tags": [0.41]},
            "at_half": {"accuracy": {"macro": 0.9}},
            "at_best": {"thresholds": [0.3]},
        }
        (folder / "result.json").write_text(json.dumps({"metrics": {"valid": split, "test": split}}))
    return folder


def test_of_epochs_that_rank_alike_the_one_with_the_lowest_loss_is_the_best(tmp_path: Path) -> None:
    epochs = [EpochFigures(n, 3, valid_loss=loss, pr_auc=1.0) for n, loss in ((1, 0.5), (2, 0.3), (3, None))]
    assert Run(tmp_path, epochs=tuple(epochs)).best == epochs[1]
    unranked = [replace(epoch, pr_auc=None) for epoch in epochs]
    assert Run(tmp_path, epochs=tuple(unranked)).best == unranked[1], "no tag can be ranked"


def test_a_run_under_way(tmp_path: Path) -> None:
    run = read_run(write_run(tmp_path / "run"))
    assert [epoch.number for epoch in run.epochs] == [1, 2, 3]
    assert run.best == run.epochs[1]
    assert (run.best.roc_auc, run.best.pr_auc) == (0.8, 0.4)  # vocabularies without a figure do not count
    assert (run.network, run.layers, run.finished, run.has_weights) == ("fcn2d", 5, False, True)
    assert not run.has_checkpoint
    (tag,) = run.tags
    assert (tag.name, tag.positives, tag.roc_auc, tag.pr_auc) == ("mtat/rock", 4, 0.7, None)
    assert tag.threshold is None


def test_a_finished_run_has_results_and_thresholds(tmp_path: Path) -> None:
    run = read_run(write_run(tmp_path / "run", finished=True))
    assert run.finished
    test = run.splits["test"]
    assert (test.clips, test.accuracy, test.roc_auc, test.pr_auc) == (12, 0.9, 0.81, 0.41)
    assert [(tag.roc_auc, tag.threshold) for tag in run.tags] == [(0.81, 0.3)]


def test_what_is_half_written_or_foreign_is_left_out(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run")
    lines = [
        "no json\n",
        "[1]\n",
        '{"number": "x"}\n',
        epoch_line(2, float("nan"), 0.5),
        epoch_line(3, 0.9, 0.6),
    ]
    (folder / "epochs.jsonl").write_text(epoch_line(1, 0.6, 0.2) + "".join(lines) + epoch_line(4, 0, 0)[:40])
    (folder / "tags.json").write_text('{"tags": ["a", "b"], "positives": [1], "roc_auc": [], "pr_auc": []}')
    (folder / "result.json").write_text('{"metrics": {"valid": 3, "test": {"clips": "x"}}')
    run = read_run(folder)
    assert [epoch.number for epoch in run.epochs] == [1, 2, 3]
    assert (run.epochs[1].roc_auc, run.epochs[1].pr_auc) == (None, 0.5)
    assert (run.tags, run.finished) == ((), False)
    (folder / "settings.json").write_bytes(b"\xff\xfe")
    (folder / "epochs.jsonl").write_bytes(b"\xff\xfe")
    run = read_run(folder)
    assert (run.network, run.epochs, run.best) == ("", (), None)
    (tmp_path / "other").mkdir()
    assert [found.folder.name for found in read_runs(tmp_path)] == ["run"]
    assert read_runs(tmp_path / "none") == ()


@pytest.mark.parametrize("line", ["", "warming up", "[1]", '{"a": 1}', '{"event": 3}', "{", "\x00"])
def test_other_words_are_no_events(line: str) -> None:
    assert read_event(line) is None
    assert read_event('{"event": "end", "best": 2}') == {"event": "end", "best": 2}


def test_a_training_from_beginning_to_end(tmp_path: Path) -> None:
    trainings = Trainings(tmp_path)
    assert trainings.all() == []
    made = trainings.create(ORDER)
    assert trainings.create(ORDER).folder != made.folder
    (tmp_path / "training" / "jobs" / "stray").mkdir()
    (tmp_path / "training" / "jobs" / "note.txt").touch()
    assert len(trainings.all()) == 2
    write_run(made.folder / "runs" / "a")
    found = trainings.one(made.id)
    assert found is not None
    assert (found.order, found.ending, [run.folder.name for run in found.runs]) == (ORDER, Ending.NONE, ["a"])
    trainings.end(made.id, Ending.FAILED, "no space", {"before": 0.5})
    found = trainings.one(made.id)
    assert found is not None
    assert (found.ending, found.reason, found.figures) == (Ending.FAILED, "no space", {"before": 0.5})
    (made.folder / "job.json").write_text('{"order": 3}')
    assert trainings.one(made.id) is None


def test_commands_of_each_task(tmp_path: Path) -> None:
    trainings = Trainings(tmp_path)
    made = trainings.create(ORDER)
    runs, cache = str(made.folder / "runs"), str(tmp_path / "training" / "cache")
    begin = [*ORDER.arguments, "--cache", cache, "--progress", "json", "--runs", runs]
    assert trainings.command(made, resume=False) == begin
    assert trainings.command(made, resume=True) == [*begin, "--resume"]
    table = trainings.create(Order(Task.TABLE, "Table 2", ("reproduce",), rows=(Row("a", "fcn1d", 3),)))
    assert "--resume" not in trainings.command(table, resume=True)
    corrected = trainings.create(Order(Task.CORRECTIONS, "Mine", ("finetune",), name="mine"))
    words = trainings.command(corrected, resume=True)
    assert "--runs" not in words
    assert words[-2:] == ["--export", str(corrected.folder / "model" / "mine")]
    assert corrected.model is None
    (corrected.folder / "model" / "mine").mkdir(parents=True)
    (corrected.folder / "model" / "mine" / "card.json").write_text('{"name": "mine"}')
    again = trainings.one(corrected.id)
    assert again is not None
    assert again.model == corrected.folder / "model" / "mine"


def test_rows_of_a_table_find_their_runs(tmp_path: Path) -> None:
    trainings = Trainings(tmp_path)
    rows = (Row("1D FCN C=3", "fcn1d", 3), Row("1D FCN C=4", "fcn1d", 4))
    made = trainings.create(Order(Task.TABLE, "Table 2", ("reproduce",), table="2", rows=rows))
    write_run(made.folder / "runs" / "x", "fcn1d", 4)
    found = trainings.one(made.id)
    assert found is not None
    assert found.run_of(rows[0]) is None
    run = found.run_of(rows[1])
    assert run is not None
    assert run.folder.name == "x"


def test_the_log_keeps_its_end(tmp_path: Path) -> None:
    trainings = Trainings(tmp_path)
    made = trainings.create(ORDER)
    assert trainings.log(made.id) == ""
    trainings.add_log(made.id, "one\n")
    trainings.add_log(made.id, "two ü\n")
    assert trainings.log(made.id) == "one\ntwo ü\n"
    trainings.add_log(made.id, "".join(f"line {n:05}\n" for n in range(30_000)))
    shown = trainings.log(made.id).splitlines()
    assert shown[-1] == "line 29999"
    assert shown[0].startswith("line ")
    assert len(shown) < 30_000
    trainings.add_log("gone", "lost\n")  # no reason to stop


def test_deleted_and_brought_back(tmp_path: Path) -> None:
    trainings = Trainings(tmp_path)
    made = trainings.create(ORDER)
    write_run(made.folder / "runs" / "a")
    away = trainings.delete(made.id)
    assert trainings.all() == []
    with pytest.raises(StoreFault):
        trainings.delete(made.id)  # once more, and the way back stays
    trainings.restore(away)
    (found,) = trainings.all()
    assert len(found.runs) == 1
    assert [path.name for path in trainings.folder.iterdir()] == [made.id]
    away = trainings.delete(made.id)
    trainings.purge()
    assert list(trainings.folder.iterdir()) == []
    with pytest.raises(StoreFault):
        trainings.restore(away)


def test_a_run_that_another_process_trains_is_not_deleted(tmp_path: Path) -> None:
    trainings = Trainings(tmp_path)
    made = trainings.create(ORDER)
    run = write_run(made.folder / "runs" / "a")
    with FileLock(run / "lock"), pytest.raises(UsageFault, match="another process trains there"):
        trainings.delete(made.id)
    trainings.delete(made.id)


def test_a_model_that_was_made_counts_until_its_run_learns_more(tmp_path: Path) -> None:
    trainings = Trainings(tmp_path)
    made = trainings.create(ORDER)
    best = write_run(made.folder / "runs" / "a") / "best.pt"
    found = trainings.one(made.id)
    assert found is not None
    assert found.model_of(found.runs[0], "mine") is None
    card = found.place_of("mine") / "card.json"
    card.parent.mkdir(parents=True)
    card.write_text(json.dumps({"weights": {"sha256": "0123456789abcdef"}}))
    for changed, digest in ((100, "0123456789ab"), (300, None)):
        os.utime(card, (200, 200))
        os.utime(best, (changed, changed))
        found = trainings.one(made.id)
        assert found is not None
        model = found.model_of(found.runs[0], "mine")
        assert (model.digest if model is not None else None) == digest
    assert found.model_of(None, "mine") is None
