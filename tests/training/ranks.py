"""What each of several processes sees of one run, as JSON. Not a test: ``test_distributed`` starts it.

``torchrun -m tests.training.ranks DATA CACHE OUT``
"""

from __future__ import annotations

import json
import os
import sys
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import Any

from training import clip_inference
from training.commands import _run
from training.datasets.corpus import read_corpus
from training.devices import launch
from training.feed import Step, side_by_side
from training.inputs import Clips, Indices, prepare_clips
from training.loop import Training, start_processes
from training.network import input_of
from training.runs import finish, folder_of
from training.saying import Reporter
from training.settings import Settings
from training.stopping import Stop

SETTINGS = Settings(
    network="fcn1d",
    layers=3,
    width=0.05,
    epochs=1,
    batch_size=5,
    crop_frames=300,
    ema_decay=0.5,
    precision="bf16-mixed",
    checkpoint_minutes=0,
)


def watched(clips: Clips, folder: Path) -> dict[str, Any]:
    """One epoch, with a checkpoint after every step."""
    fabric, _ = start_processes(folder, SETTINGS)
    training = Training(clips, SETTINGS, folder, lambda event: None, fabric)
    losses: list[float] = []
    keep = training._save

    def save() -> None:
        losses.append(training.state.loss)
        keep()

    training._save = save  # type: ignore[method-assign]
    training.train_epoch()
    training.validate()
    assert training.averaged is not None
    statistics = {
        name: value.tolist() for name, value in training.averaged.named_buffers() if "running" in name
    }
    heard: list[int] = []

    def spy(clips: Clips, indices: Indices, batch_size: int) -> list[Step]:
        heard.append(len(indices))
        return side_by_side(clips, indices, batch_size)

    clip_inference.side_by_side = spy  # type: ignore[attr-defined]
    finish(folder, training.end(), clips, SETTINGS, training.fabric)
    return {
        "rank": training.fabric.global_rank,
        "losses": losses,
        "statistics": statistics,
        "heard": heard,
        "device": str(next(training.module.parameters()).device) == str(training.fabric.device),
    }


def main(data: str, cache: str, out: str) -> None:
    dataset, place = read_corpus(Path(data)), Path(out)
    clips = prepare_clips(dataset, input_of(SETTINGS), Path(cache), lambda *_: None)
    shared = folder_of(place / "runs", SETTINGS, dataset.name)
    shared.mkdir(parents=True, exist_ok=True)
    found = watched(clips, shared)
    # As on two machines: the other process does not have the first one's disk.
    first = found["rank"] == 0
    again = replace(SETTINGS, precision="32-true")
    own = shared if first else place / "none"
    resumed = Training(clips, again, own, lambda event: None, *start_processes(own, again, resume=True))
    in_use = resumed.fabric.strategy.precision.precision
    found["resumed"] = [resumed.state.epoch, resumed.state.precision, in_use]
    options = Namespace(
        command="train",
        runs=place / ("runs" if first else "none"),
        cache=Path(cache),
    )
    _, _, trained = _run(options, Reporter(Stop(), as_json=True), SETTINGS, dataset, launch(), resume=True)
    found["finished"] = trained.module.head.weight.flatten().tolist()
    (place / f"{found['rank']}.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
    os._exit(0)  # as the program does under torchrun: threads of its process group may abort what ends
