"""Rows of the paper's tables that were begun and not finished, beside the runs of a report."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from mat_desktop.domain.counting import count
from training.checkpoints import LAST
from training.experiments import EXPERIMENTS
from training.identity import RunFault
from training.results import Run, read_epochs
from training.runs import finished, folder_of, read_settings


def begun(runs: Sequence[Run]) -> dict[str, str]:
    """How far rows are that can be gone on with, in words, by their keys: those whose runs lie beside these,
    with the same settings and data.
    """
    found: dict[str, str] = {}
    for run in runs:
        with suppress(RunFault):  # results alone, without the settings, have nothing beside them
            settings, _ = read_settings(run.folder)
            for row in EXPERIMENTS:
                folder = folder_of(run.folder.parent, row.trained_as(settings), run.result.data.name)
                if (folder / LAST).exists() and not finished(folder):
                    done = count(len(read_epochs(folder)), "epoch")
                    found[row.key] = f"begun, not finished: {done} done"
    return found
