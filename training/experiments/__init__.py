"""The paper's experiments: a row of a table is a value."""

from training.experiments.tables import (
    BUDGETS,
    EXPERIMENTS,
    NETWORK,
    PAPER,
    Experiment,
    budget_of,
    changed,
    row_named,
    rows_of,
)

__all__ = [
    "BUDGETS",
    "EXPERIMENTS",
    "NETWORK",
    "PAPER",
    "Experiment",
    "budget_of",
    "changed",
    "row_named",
    "rows_of",
]
