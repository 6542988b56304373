"""Stands in for ``python -m training``: says what that says, at once, and learns nothing.

The data folder tells it what to do: after the epoch N it waits for a file ``goN``; the file ``dies`` makes it
end with a reason, ``killed`` by a signal, ``garbage`` print what is no event. While there is a file ``slow``
it is done neither with a look at the folder nor with a model, and while there is ``reads`` it reads the data;
``looks`` and ``exports`` list what was asked.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

OF = 3


def note(file: Path, line: str) -> None:
    """As a line of a file in the data folder, then wait as long as that folder says."""
    with file.open("a") as lines:
        lines.write(f"{line}\n")
    while (file.parent / "slow").exists():
        time.sleep(0.01)


def stop(*_: object) -> None:
    print("Stopped. The same command with --resume goes on.", file=sys.stderr, flush=True)
    os._exit(130)


def say(event: str, **more: Any) -> None:
    print(json.dumps({"event": event, **more}), flush=True)


def main(words: list[str]) -> int:
    def value(flag: str) -> str:
        return words[words.index(flag) + 1]

    if words[0] == "describe":
        print((Path(__file__).parent / "described.json").read_text(encoding="utf-8"))
        return 0
    if words[0] == "look":
        data = Path(value("--data"))
        if not data.is_dir():
            print(f"{data} is not a folder", file=sys.stderr)
            return 1
        note(data / "looks", " ".join(words))
        kind = value("--dataset") if "--dataset" in words else "corpus"
        found = {"dataset": kind, "title": "Small corpus", "clips": {"train": 8, "valid": 4, "test": 4}}
        left_out = {"skipped": 5, "causes": {"no value in genre": 4, "the file is empty": 1}}
        fault = "no lists" if (data / "empty").exists() else ""
        print(json.dumps({**found, "tags": {"rock": 5, "guitar": 3}, **left_out, "fault": fault}))
        return 0
    if words[0] == "report":
        (Path(value("--out"))).mkdir(parents=True)
        (Path(value("--out")) / "report.html").touch()
        return 0
    if words[0] == "export":
        note(Path(value("--data")) / "exports", value("--export"))
        folder = Path(value("--export"))
        folder.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256(folder.name.encode()).hexdigest()
        (folder / "card.json").write_text(json.dumps({"weights": {"sha256": digest}}))
        say("exported", folder=str(folder), digest="abc", figures={})
        return 0
    data = Path(value("--data"))
    if words[0] == "finetune":
        folder = Path(value("--export"))
        folder.mkdir(parents=True, exist_ok=True)
        metrics = {
            "test": {"mtat": {"roc_auc": 0.9, "pr_auc": 0.5}},
            "valid": {"mtat": {"roc_auc": 0.8, "pr_auc": 0.4}},
        }
        tags = [
            {
                "name": "rock",
                "vocabulary": "mtat",
                "threshold": 0.3,
                "metrics": {"roc_auc": 0.9, "positives": 50},
            }
        ]
        (folder / "card.json").write_text(json.dumps({"metrics": metrics, "tags": tags}))
        figures: dict[str, Any] = {
            "verdicts": 6,
            "tracks": 3,
            "before": 0.5,
            "after": 1.0,
            "held_out": None,
            "harm": 0.02,
            "come": 3,
            "go": 1,
        }
        counts = {"verdicts": [4, 2], "accepted": [1, 2], "before": [3, 0], "held_out": None, "after": [4, 2]}
        figures |= {"held_out": None, "by_tag": {"tags": ["rock", "guitar"], **counts}}
        corrections = (data / "corrections.json").exists()
        if corrections:
            say("fit", done=3, of=91)
        say("exported", folder=str(folder), digest="abc", figures=figures if corrections else {})
        return 0
    if words[0] == "reproduce":
        costs = {f"{kind} C={depth}": 3 for kind in ("1D FCN", "2D FCN", "2D CRNN") for depth in (3, 4, 5)}
        say("table", costs=costs | {"1D FCN C=3": 1})
    networks = [("fcn1d", 3), ("fcn1d", 4)] if words[0] == "reproduce" else [("fcn2d", 5)]
    for network, layers in networks:
        train(data, Path(value("--runs")) / f"{network}-{layers}", network, layers, "--resume" in words)
    return 0


def train(data: Path, folder: Path, network: str, layers: int, resume: bool) -> None:
    say("read", done=4, of=16)
    while (data / "reads").exists():
        time.sleep(0.01)
    say("prepare", done=16, of=16)
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "epochs.jsonl"
    done = len(log.read_text().splitlines()) if resume and log.exists() else 0
    (folder / "settings.json").write_text(json.dumps({"network": network, "layers": layers, "epochs": OF}))
    say("run", folder=str(folder))
    if (data / "garbage").exists():
        sys.stdout.write(
            'warming up\n[1, 2]\n{"event": 7}\n{"event": "epoch"}\n{"event": "step", "step": "x"}\n'
        )
        sys.stdout.buffer.write(b"\xff\xfe\n")
        sys.stdout.flush()
    say("begin", epoch=done, of=OF, step=0, steps=2, precision="32-true", clips={"train": 8, "valid": 4})
    for number in range(done + 1, OF + 1):
        if (data / "dies").exists():
            print("disk: No space left on device", file=sys.stderr)
            sys.exit(1)
        if (data / "killed").exists():
            os.kill(os.getpid(), signal.SIGKILL)
        say("step", epoch=number, of=OF, step=1, steps=2, loss=0.4, eta_seconds=100.0)
        valid = {"mtat": {"roc_auc": 0.5 + number / 10, "pr_auc": number / 10}}
        epoch = {
            "number": number,
            "of": OF,
            "train_loss": 0.3,
            "valid_loss": 0.4,
            "valid": valid,
            "seconds": 2,
        }
        with log.open("a") as file:
            file.write(json.dumps(epoch) + "\n")
        (folder / "best.pt").touch()
        (folder / "last.pt").touch()
        tags = {"tags": ["mtat/rock", "mtat/guitar"], "positives": [50, 30], "roc_auc": [0.7, 0.6]}
        (folder / "tags.json").write_text(json.dumps({**tags, "pr_auc": [0.4, 0.3]}))
        say("epoch", **epoch, eta_seconds=50.0)
        while number < OF and not (data / f"go{number}").exists():
            time.sleep(0.01)
    say("end", best=OF, epochs=OF, early=False)
    split = {
        "clips": 4,
        "tags": ["mtat/rock", "mtat/guitar"],
        "positives": [50, 30],
        "roc_auc": {"macro": 0.8, "tags": [0.7, 0.6]},
        "pr_auc": {"macro": 0.3, "tags": [0.4, 0.3]},
        "at_half": {"accuracy": {"macro": 0.95}},
        "at_best": {"thresholds": [0.3, 0.2]},
    }
    (folder / "result.json").write_text(json.dumps({"metrics": {"valid": split, "test": split}}))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop)
    sys.exit(main(sys.argv[1:]))
