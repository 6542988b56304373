"""Two processes on one machine, as ``torchrun`` starts them, against one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mat_desktop.networks.registry import build
from tests.training.corpora import make_corpus
from training.datasets.corpus import read_corpus
from training.inputs import hear
from training.loop import by_vocabulary, fit, predict
from training.progress import Epoch, Event
from training.runs import best_network, read_settings


def test_two_processes_do_what_one_does(tmp_path: Path) -> None:
    data = make_corpus(tmp_path / "c", 27)  # nine clips for validation: the two do not share them evenly
    words = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    words += ["-m", "training", "train", "--data", str(data), "--cache", str(tmp_path / "cache")]
    words += ["--runs", str(tmp_path / "runs"), "--export", str(tmp_path / "model"), "--progress", "json"]
    words += ["--network", "fcn1d", "--layers", "3", "--width", "0.25", "--epochs", "4", "--batch-size", "5"]
    words += ["--dropout", "0", "--mix", "0", "--gain-db", "0", "--mel-mask", "0", "--time-mask", "0"]
    words += ["--crop-frames", "300"]
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
    clips = hear(dataset, build(settings.spec, 1).input, tmp_path / "cache", lambda *_: None)
    best = next(line for line in lines if line["event"] == "end")["best"]
    reported = next(line for line in lines if line.get("number") == best)["valid"]
    network = best_network(folder, settings, clips)
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
