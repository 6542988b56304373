"""The paper's experiments: a row of a table is a value."""

from training.experiments.tables import BESIDE, BUDGETS, EXPERIMENTS, PAPER, Experiment, rows_of

__all__ = ["BESIDE", "BUDGETS", "EXPERIMENTS", "PAPER", "Experiment", "rows_of"]
