"""What each of several processes sees of one run, as JSON. Not a test: ``test_distributed`` starts it.

``torchrun -m tests.training.ranks DATA CACHE OUT``
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from mat_desktop.networks.registry import build
from training import hearing
from training.datasets.corpus import read_corpus
from training.feed import Step, side_by_side
from training.inputs import Clips, Indices, hear
from training.loop import Training
from training.runs import finish
from training.settings import Settings

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
    training = Training(clips, SETTINGS, folder, lambda event: None)
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

    hearing.side_by_side = spy  # type: ignore[attr-defined]
    finish(folder, training.end(), clips, SETTINGS, "own", training.fabric)
    return {
        "rank": training.fabric.global_rank,
        "losses": losses,
        "statistics": statistics,
        "heard": heard,
        "device": str(next(training.module.parameters()).device) == str(training.fabric.device),
    }


def main(data: str, cache: str, out: str) -> None:
    clips = hear(read_corpus(Path(data)), build(SETTINGS.spec, 1).input, Path(cache), lambda *_: None)
    shared = Path(out) / "shared"
    shared.mkdir(exist_ok=True)
    found = watched(clips, shared)
    # As on two machines: the other process does not have the first one's disk.
    own = shared if found["rank"] == 0 else Path(out) / "elsewhere"
    again = replace(SETTINGS, precision="32-true")
    resumed = Training(clips, again, own, lambda event: None, resume=True)
    found["resumed"] = [
        resumed.state.epoch,
        resumed.state.precision,
        resumed.fabric.strategy.precision.precision,
    ]
    (Path(out) / f"{found['rank']}.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
