"""Two processes on one machine, as ``torchrun`` starts them, against one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.numpy import load_file

from tests.training.corpora import make_corpus
from training.__main__ import main
from training.checkpoints import LAST, load_checkpoint
from training.clip_inference import predict
from training.datasets.corpus import read_corpus
from training.inputs import prepare_clips
from training.loop import by_vocabulary, fit
from training.network import input_of
from training.progress import Epoch, Event
from training.runs import best_network, read_settings
from training.settings import Settings


def test_two_processes_do_what_one_does(tmp_path: Path) -> None:
    data = make_corpus(tmp_path / "c", 27)  # nine clips for validation: the two do not share them evenly
    words = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    words += ["-m", "training", "train", "--data", str(data), "--cache", str(tmp_path / "cache")]
    words += ["--runs", str(tmp_path / "runs"), "--export", str(tmp_path / "model"), "--progress", "json"]
    words += ["--network", "fcn1d", "--layers", "3", "--width", "0.25", "--epochs", "4", "--batch-size", "5"]
    words += ["--dropout", "0", "--mix", "0", "--gain-db", "0", "--mel-mask", "0", "--time-mask", "0"]
    words += ["--crop-frames", "300", "--precision", "32-true"]
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["number"] for line in lines if line["event"] == "epoch"] == [1, 2, 3, 4], (
        "one of them reports"
    )
    begin = next(line for line in lines if line["event"] == "begin")
    assert begin["clips"] == {"train": 9 + 1, "valid": 9}

    (folder,) = (tmp_path / "runs").iterdir()
    settings, command = read_settings(folder)
    assert command.startswith("python -m training train --data c ")
    dataset = read_corpus(data)
    clips = prepare_clips(dataset, input_of(settings), tmp_path / "cache", lambda *_: None)
    best = next(line for line in lines if line["event"] == "end")["best"]
    reported = next(line for line in lines if line.get("number") == best)["valid"]
    network, _, differs = best_network(folder, settings, clips)
    assert not differs
    valid = clips.split("valid")
    scores = predict(network.module, clips, valid, network.standard)
    own = by_vocabulary(scores, clips.labels(valid), dataset)
    for vocabulary, figures in own.items():
        for name, value in figures.items():
            assert reported[vocabulary][name] == pytest.approx(value, abs=2e-3), "over the clips of both"

    events: list[Event] = []
    (tmp_path / "one").mkdir()
    fit(clips, settings, tmp_path / "one", events.append)
    one = [event for event in events if isinstance(event, Epoch)]
    two = [line for line in lines if line["event"] == "epoch"]
    assert two[0]["train_loss"] == pytest.approx(one[0].train_loss, abs=0.15)
    assert two[-1]["valid"]["mtat"]["roc_auc"] == pytest.approx(one[-1].valid["mtat"]["roc_auc"], abs=0.1)
    assert (tmp_path / "model" / "card.json").exists()

    start = words[: words.index("train")]
    head = ["finetune", "--model", str(tmp_path / "model"), "--data", str(data)]
    head += ["--cache", str(tmp_path / "other cache"), "--runs", str(tmp_path / "runs"), "--export"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run(
        [*start, *head, str(tmp_path / "of two")], capture_output=True, env=environment, check=True
    )
    assert main([*head, str(tmp_path / "of one")]) == 0
    of_two, of_one = (load_file(tmp_path / name / "model.safetensors") for name in ("of two", "of one"))
    assert abs(of_two["head.weight"].astype("f4") - of_one["head.weight"]).max() < 0.02


def test_two_processes_stop_together_and_go_on_where_they_were(tmp_path: Path) -> None:
    data = make_corpus(tmp_path / "c")
    words = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    words += ["-m", "training", "train", "--data", str(data), "--cache", str(tmp_path / "cache")]
    words += ["--network", "fcn1d", "--layers", "3", "--width", ".05", "--batch-size", "4", "--epochs", "60"]
    words += ["--crop-frames", "300", "--progress", "json", "--resume", "--runs"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    whole = subprocess.run([*words, str(tmp_path / "whole")], capture_output=True, env=environment)
    assert whole.returncode == 0, whole.stderr
    run = subprocess.Popen(
        [*words, str(tmp_path / "cut")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert run.stdout is not None
    for line in run.stdout:
        if json.loads(line).get("number") == 3:
            break
    run.send_signal(signal.SIGTERM)
    _, errors = run.communicate(timeout=60)
    assert errors.count("Stopped. The same command with --resume goes on") == 1, "one of them says so"
    (cut,) = (tmp_path / "cut").iterdir()
    assert 3 <= load_checkpoint(cut / LAST)["state"]["epoch"] < 60
    subprocess.run([*words, str(tmp_path / "cut")], capture_output=True, env=environment, check=True)
    first, second = (
        load_checkpoint(next((tmp_path / name).iterdir()) / LAST)["module"] for name in ("whole", "cut")
    )
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_both_processes_see_the_same_run(tmp_path: Path) -> None:
    data, cache = make_corpus(tmp_path / "c"), tmp_path / "cache"
    settings = Settings(network="fcn1d", layers=3, width=0.05)
    prepare_clips(read_corpus(data), input_of(settings), cache, lambda *_: None)
    words = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    words += ["-m", "tests.training.ranks", str(data), str(cache), str(tmp_path)]
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    assert done.returncode == 0, done.stderr
    first, second = (json.loads((tmp_path / f"{rank}.json").read_text()) for rank in (0, 1))
    assert len(first["losses"]) == 2, "a checkpoint after the first step, and one after the epoch"
    assert first["losses"] == second["losses"], "the mean of both, as an epoch without a break reports it"
    assert first["statistics"] == second["statistics"], "one network is validated, not two"
    assert first["heard"] == second["heard"] == [4, 4], "each measures its half of both splits"
    assert first["device"] and second["device"], "on the device that it was trained on"
    assert first["finished"] == second["finished"], "a run that is over is read by the one that has it"
    assert first["resumed"] == second["resumed"] == [1, "bf16-mixed", "bf16-mixed"]
