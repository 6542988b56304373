"""A table of the paper on a data set: where its rows and its report lie, and what it says on its face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.table import Table

from training.checkpoints import BEST, load_checkpoint
from training.datasets.dataset import Dataset
from training.experiments import Experiment, budget_of, changed, rows_of
from training.identity import Data, data_of_run, difference
from training.published import TableNumber
from training.report.paper import brief
from training.report.words import BUDGETS, listed_changes, named_data
from training.results import Run
from training.runs import finished, folder_of, shown
from training.settings import Settings


@dataclass(frozen=True, slots=True)
class Reproduction:
    """:param settings: of any row: they differ in the network alone
    :param runs: folder of the runs, one for each row, and of the reports
    """

    table: TableNumber
    settings: Settings
    dataset: Dataset
    runs: Path

    @property
    def rows(self) -> tuple[Experiment, ...]:
        """All rows of the table."""
        return rows_of(self.table, [])

    def folder(self, row: Experiment) -> Path:
        """Of the run of a row."""
        return folder_of(self.runs, row.trained_as(self.settings), self.dataset.name)

    @property
    def report(self) -> Path:
        """Folder of the report: named after data and settings as those of runs are, and not after the rows
        that were asked for, so that it takes the place of no other table's report.
        """
        digest = self.rows[0].trained_as(self.settings).digest()
        return self.runs / f"table{self.table}-{budget_of(self.settings)}-{self.dataset.name}-{digest}"

    def standing(self, trained: Sequence[Experiment]) -> tuple[list[Experiment], dict[str, str]]:
        """Rows that stand in the table: those trained now, and those that an earlier command finished with
        the same settings on the same data.

        :returns: the rows, in their order; and what is other in the data of those that were finished with
            other data, by the key of the row
        """
        rows: list[Experiment] = []
        others: dict[str, str] = {}
        now = self._data(trained[0])
        for row in self.rows:
            if row in trained:
                rows.append(row)
            elif finished(self.folder(row)):
                if differs := difference(self._data(row), now):
                    others[row.key] = differs
                else:
                    rows.append(row)
        return rows, others

    def face(self, rows: Sequence[Experiment]) -> str:
        """What stands above the rows, before they are trained and with their figures."""
        what = f"Table {self.table} on {self.dataset.name}{self._part(rows)}"
        changes = listed_changes(changed(shown(self.settings)))
        budget = budget_of(self.settings)
        if budget == "smoke":
            runs = "this row runs" if len(rows) == 1 else "these rows run"
            runs = runs if self._part(rows) else "every row runs"
            return (
                f"SMOKE RUN of {what} ({changes}): it shows that {runs}. Its figures say nothing, and it "
                "is not the paper's experiment."
            )
        labels = "" if self.dataset.hard else " with soft labels, which is not the paper's data"
        words = "settings of one's own" if budget == "own" else f"budget {budget}"
        return f"{what}{labels}, {words}" + (f" ({changes})" if changes else "")

    def title(self, rows: Sequence[Experiment]) -> str:
        """Of the report on these rows."""
        what = f"Table {self.table} of the paper on the {named_data(self.dataset.name)}"
        return f"{what}{self._part(rows)}, {BUDGETS[budget_of(self.settings)]}"

    def printed(self, runs: Sequence[Run], title: str) -> Table:
        """For a terminal: the paper's figures and ours, row by row."""
        figures = brief(self.table, runs)
        table = Table(title=title, box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
        group = ""
        for column in figures.columns:  # the name of a group stands over its first column
            over, group = column.group if column.group != group else "", column.group
            heading = f"{over}\n{column.name}"
            table.add_column(heading, justify="left" if column.text else "right", no_wrap=True)
        for row in figures.rows:
            table.add_row(*(cell.text for cell in row))
        return table

    def _part(self, rows: Sequence[Experiment]) -> str:
        return "" if len(rows) == len(self.rows) else f", {len(rows)} of {len(self.rows)} rows"

    def _data(self, row: Experiment) -> Data:
        folder = self.folder(row)
        kept = load_checkpoint(folder / BEST) if (folder / BEST).exists() else {}
        return data_of_run(folder, kept)
