"""The table that ``reproduce`` prints: the paper's figures and ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from training.datasets.dataset import Dataset
from training.experiments import Experiment
from training.results import Budget, RunResult


def face(table: str, budget: Budget, changed: Mapping[str, Any], dataset: Dataset) -> str:
    """What a table of results says on its face.

    :param changed: settings that are other than in a full run of its rows
    """
    what = f"Table {table} on {dataset.name}"
    changes = ", ".join(f"{name} {value}" for name, value in changed.items())
    if budget == "smoke":
        return (
            f"SMOKE RUN of {what} ({changes}): it shows that every row runs. Its figures say nothing, and it "
            "is not the paper's experiment."
        )
    labels = "" if dataset.hard else " with soft labels, which is not the paper's data"
    words = "settings of one's own" if budget == "own" else f"budget {budget}"
    return f"{what}{labels}, {words}" + (f" ({changes})" if changes else "")


def beside(results: Sequence[tuple[Experiment, RunResult]], title: str) -> Table:
    """Figures of the paper and ours, row by row."""
    table = Table(title=title)
    for heading in ("", "paper: acc.", "PR-AUC", "ROC-AUC", "here: acc.", "PR-AUC", "ROC-AUC", "PR micro"):
        table.add_column(heading, justify="left" if not heading else "right", no_wrap=True)
    for experiment, result in results:
        paper, here = experiment.paper, result.metrics[experiment.split]
        figures = (
            paper.accuracy,
            paper.pr_auc,
            paper.roc_auc,
            here.at_half.accuracy.macro,
            here.pr_auc.macro,
            here.roc_auc.macro,
            here.pr_auc.micro,
        )
        table.add_row(experiment.key, *("–" if value is None else f"{value:.4f}" for value in figures))
    return table
