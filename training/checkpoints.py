"""Checkpoints that are whole at any moment: written beside the old one, synced, then renamed over it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch
from torch import nn

LAST = "last.pt"
BEST = "best.pt"


def save_checkpoint(
    folder: Path,
    module: nn.Module,
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    state: dict[str, Any],
    *,
    is_best: bool,
) -> None:
    """Keep everything that a resumed run needs, and the weights once more if they are the best so far."""
    if is_best:
        _save(folder / BEST, {"module": module.state_dict()})
    _save(
        folder / LAST,
        {
            "module": module.state_dict(),
            "optimiser": optimiser.state_dict(),
            "schedule": schedule.state_dict(),
            "state": state,
        },
    )


def load_checkpoint(
    folder: Path,
    module: nn.Module,
    optimiser: torch.optim.Optimizer | None = None,
    schedule: torch.optim.lr_scheduler.LRScheduler | None = None,
    state: dict[str, Any] | None = None,
    *,
    best: bool = False,
) -> None:
    """Put back what was kept; nothing happens where there is no checkpoint."""
    path = folder / (BEST if best else LAST)
    if not path.exists():
        return
    kept = torch.load(path, map_location="cpu", weights_only=True)
    module.load_state_dict(kept["module"])
    if optimiser is not None and schedule is not None and state is not None:
        optimiser.load_state_dict(kept["optimiser"])
        schedule.load_state_dict(kept["schedule"])
        state.update(kept["state"])


def _save(path: Path, content: dict[str, Any]) -> None:
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        torch.save(content, file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
