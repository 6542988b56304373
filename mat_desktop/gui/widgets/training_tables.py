"""The tables under the curves: the tags of a run, and its results, beside the paper's where it has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from mat_desktop.app.training_runs import Run
from mat_desktop.app.trainings import Task
from mat_desktop.domain.scheme import TagScheme
from mat_desktop.gui import words
from mat_desktop.gui.models.figures import Cell, FiguresModel
from mat_desktop.gui.models.results import (
    AGREEMENT,
    AGREEMENT_RESULTS,
    BESIDE,
    GROUPS,
    RESULTS,
    SPLITS,
    TAGS,
    agreement_results,
    agreement_rows,
    averaged,
    beside_rows,
    paper_table,
    result_rows,
    tag_rows,
)
from mat_desktop.gui.models.trainings import Entry, State, card_tags
from mat_desktop.gui.theme import appearance, current, font, wider
from mat_desktop.gui.widgets.alternatives import Alternatives
from mat_desktop.gui.widgets.controls import Button, Panel, Text
from mat_desktop.gui.widgets.figures import Figures
from mat_desktop.gui.widgets.fit import KeepTall
from mat_desktop.gui.widgets.splitter import Splitter

LEAST = 320
NARROW = 1060
"""Pixels below which only one of the two tables is shown."""
ROOM = 720
"""Pixels below which the head of a table has no room beside the buttons for four parts."""

ANEW = """Measured at the end, in full precision. The curves are in the precision of the training,
and of few clips the two differ visibly"""

AGREEMENT_MEANS = (
    "Yes, No: your decisions.\n"
    "Before: of them, those that the old model agrees with.\n"
    "Held out: the same of the new one, each on a track of an artist that was left out of the training.\n"
    "Learned: the same on the tracks that it learned from, which says little."
)


def _header(title: Text, *others: QWidget) -> QWidget:
    head = QWidget()
    row = QHBoxLayout(head)
    row.setContentsMargins(24, 6, 16, 6)
    row.setSpacing(12)
    for part in (title, *others):
        ends_in_dots = part.sizePolicy().horizontalPolicy() is QSizePolicy.Policy.Ignored
        row.addWidget(part, 1 if ends_in_dots else 0)
    return head


@contextmanager
def _in_place(table: Figures) -> Iterator[None]:
    """The table's rows become others; the current one, by its first cell, and the place in view stay."""
    bar, row = table.verticalScrollBar(), table.currentIndex().row()
    value = bar.value()
    name = table.figures.rows()[row][0].text if row >= 0 else ""
    yield
    rows = table.figures.rows()
    place = next((n for n, cells in enumerate(rows) if cells[0].text == name), -1)
    if place >= 0:
        table.setCurrentIndex(table.figures.index(place, 0))
    bar.setValue(value)


def _kept(run: Run) -> str:
    return f", epoch {run.best.number}, kept" if run.best is not None else ""


class TagsTable(QWidget):
    """Every tag of the run with its figures."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumWidth(LEAST)
        self.figures = FiguresModel(TAGS, self)
        self.column = layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.about = Text(size=12, token="muted", elide=True, figures=True)
        self.about.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.about.setMinimumHeight(28)
        self.title = Text("Tags", weight=600)
        self.head = _header(self.title, self.about)
        layout.addWidget(self.head)
        self.table = Figures(self.figures, "Tags of the run", pad=4)
        layout.addWidget(self.table, 1)
        self._shown: object = None

    def show_entry(self, entry: Entry, scheme: TagScheme) -> None:
        """Of another run, or newer ones; the place in the table stays."""
        run, training = entry.run, entry.training
        if training is not None and training.order.task is Task.CORRECTIONS:
            self._show_agreement(training.figures, scheme)
            return
        self.table.use(TAGS)
        self.about.setToolTip("")
        tags = run.tags if run is not None else tuple(card_tags(training)) if training is not None else ()
        if tags != self._shown:
            self._shown = tags
            with _in_place(self.table):
                self.figures.show(tag_rows(tags, scheme, entry.digits))
        if not tags:
            at_once = training is not None and training.order.head_alone
            self.about.setText("when it is over" if at_once else "after the first epoch")
            return
        epoch = ""
        if run is not None and run.finished:
            epoch = _kept(run)
        elif run is not None and run.epochs:
            epoch = f", epoch {run.epochs[-1].number}"
        self.about.setText(f"{words.plural(len(tags), 'tag')}, validation{epoch}")

    def _show_agreement(self, figures: Mapping[str, Any], scheme: TagScheme) -> None:
        """Of a training on corrections."""
        self.table.use(AGREEMENT)
        rows = agreement_rows(figures, scheme)
        if rows != self._shown:
            self._shown = rows
            with _in_place(self.table):
                self.figures.show(rows)
        what = f"{words.plural(len(rows), 'tag')}, your decisions that it agrees with"
        what += "" if figures.get("held_out") is not None else "; none held out"
        self.about.setText(what if rows else "not known tag by tag")
        self.about.setToolTip(AGREEMENT_MEANS if rows else "")


class _GroupHeads(QWidget):
    """What stands over each pair of columns."""

    def __init__(self, table: Figures) -> None:
        super().__init__()
        self._table = table
        KeepTall(self, 24, 12)
        appearance.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Right-aligned over the second of each pair."""
        painter = QPainter(self)
        painter.setFont(font(12))
        painter.setPen(current().color("muted"))
        for number, text in enumerate(GROUPS):
            column = 2 + 2 * number
            if self._table.isColumnHidden(column):
                continue
            x = self._table.columnViewportPosition(column - 1)
            end = self._table.columnViewportPosition(column) + self._table.columnWidth(column)
            pad = self._table.margin if column == 6 else self._table.pad
            box = QRect(x, 0, end - x - pad, self.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)


class ResultsTable(QWidget):
    """``report`` asks for a page on the runs."""

    report = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumWidth(LEAST)
        self.column = layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.title = Text(weight=600, elide=True)
        self.title.setMinimumHeight(28)  # as beside it, also without its button
        self.report_button = Button("Report…", "upload", height=28, tip="A page on the runs, in the browser")
        self.report_button.clicked.connect(self.report)
        self.head = _header(self.title, self.report_button)
        layout.addWidget(self.head)
        self.beside, self.results = FiguresModel(BESIDE, self), FiguresModel(RESULTS, self)
        self.beside_table = Figures(
            self.beside, "Results beside the paper's", sortable=False, margin=16, pad=4
        )
        self.results_table = Figures(self.results, "Results", sortable=False)
        box = QWidget()
        self._stack = QStackedLayout(box)
        paper = QWidget()
        column = QVBoxLayout(paper)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._heads = _GroupHeads(self.beside_table)
        column.addWidget(self._heads)
        column.addWidget(self.beside_table, 1)
        self._stack.addWidget(paper)
        self._stack.addWidget(self.results_table)
        layout.addWidget(box, 1)

    def show_entry(self, entry: Entry, told: Mapping[str, Any] | None) -> None:
        """Of another run, or newer ones."""
        training = entry.training
        if training is None:
            return
        corrections = training.order.task is Task.CORRECTIONS
        # A head alone is trained without a run, and a report is on runs.
        self.report_button.setVisible(not training.order.head_alone)
        self.report_button.setEnabled(any(run.finished for run in training.runs))
        tip = "There is one when a run is finished"
        if self.report_button.isEnabled():
            tip = "A page on the runs, in the browser"
            if any(run.vocabularies > 1 for run in training.runs):
                tip += "; its figures are means over all tags"
        self.report_button.setToolTip(tip)
        if training.order.task is Task.TABLE:
            table = paper_table(told, training.order.table)
            split = SPLITS.get(str(table.get("split", "")), "").casefold()
            number = training.order.table
            parts = max((run.vocabularies for run in training.runs), default=1)
            said = f"Beside the paper, table {number}{f': {split} split' if split else ''}"
            self.title.setText(f"{said}{f', {averaged(parts)}' if parts > 1 else ''}")
            ours = f"Ours: of the kept epoch, {averaged(parts)}."
            self.title.setToolTip("\n".join(filter(None, (ours, str(table.get("note", ""))))))
            self._stack.setCurrentIndex(0)
            self.beside_table.nothing = "" if table else "Reading what the paper prints…"
            self._show(self.beside_table, beside_rows(training, table))
            keys = [row["key"] for row in table.get("rows", ())]
            key = entry.row.key if entry.row is not None else ""
            self.beside_table.mark(keys.index(key) if key in keys else -1)
            self._heads.update()
            return
        rows = (
            agreement_results(training.figures)
            if corrections
            else result_rows(training, entry.run, entry.digits)
        )
        self.results_table.use(AGREEMENT_RESULTS if corrections else RESULTS)
        run = entry.run
        said, parts = "Results", run.vocabularies if run is not None else 1
        self.title.setToolTip("")
        if run is not None and run.finished:
            said += f"{_kept(run)}{f', {averaged(parts)}' if parts > 1 else ''}"
            self.title.setToolTip(ANEW)
        self.title.setText(said if rows or entry.state is State.DONE else "Results, when it is over")
        self._stack.setCurrentIndex(1)
        self._show(self.results_table, rows)

    def _show(self, table: Figures, rows: list[list[Cell]]) -> None:
        if rows != [list(row) for row in table.figures.rows()]:
            with _in_place(table):
                table.figures.show(rows)


class Part(StrEnum):
    """What a run has to show, by what its button says."""

    CURVES = "Curves"
    TAGS = "Tags"
    RESULTS = "Results"
    LOG = "Log"


class TrainingTables(QWidget):
    """Tags and results beside each other; where there is no room for that, one of them by choice.

    ``switch`` has the buttons for that. In a low page, whose parts are not under each other any more, it
    stands over all of them and has one for each. ``chose`` says that another was pressed.
    """

    chose = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.tags, self.results = TagsTable(), ResultsTable()
        self.column = layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.switch = Panel("surface")
        KeepTall(self.switch, 40, room=18)
        row = QHBoxLayout(self.switch)
        row.setContentsMargins(24, 0, 0, 0)
        row.setSpacing(8)
        self._row = row
        self.buttons = {part: Button(part, height=28) for part in Part}
        self._alternatives = Alternatives([*self.buttons.values()])
        for part, button in self.buttons.items():
            button.clicked.connect(lambda _=False, part=part: self._choose(part))
            row.addWidget(button)
        row.addStretch()
        self._low, self._tables = False, True
        self._of_table = self._failed = False
        # What failed says first why, and of a table of the paper the results are what is wanted.
        self._chosen = {"failed": Part.CURVES, "table": Part.RESULTS, "run": Part.CURVES}
        layout.addWidget(self.switch)
        split = Splitter(Qt.Orientation.Horizontal)
        split.addWidget(self.tags)
        split.addWidget(self.results)
        split.setSizes([540, 460])
        split.setStretchFactor(0, 54)
        split.setStretchFactor(1, 46)
        layout.addWidget(split, 1)
        self._arrange()
        appearance.changed.connect(self._arrange)

    def show_entry(self, entry: Entry, scheme: TagScheme, told: Mapping[str, Any] | None) -> None:
        """Of another run, or newer ones."""
        self.tags.show_entry(entry, scheme)
        self.results.show_entry(entry, told)
        self._of_table, self._failed = entry.row is not None, entry.state is State.FAILED
        self._arrange()

    def use_low(self, low: bool, tables: bool) -> None:
        """Whether one part alone is shown, and whether there is anything for the tables."""
        if (low, tables) != (self._low, self._tables):
            self._low, self._tables = low, tables
            self._arrange()

    @property
    def part(self) -> Part:
        """The one that is shown where there is no room for all."""
        chosen = self._chosen[self._kind]
        return chosen if self._tables or chosen is Part.LOG else Part.CURVES

    @property
    def _kind(self) -> str:
        return "failed" if self._failed else "table" if self._of_table else "run"

    def _choose(self, part: Part) -> None:
        self._chosen[self._kind] = part
        self._arrange()
        self.chose.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Both, or one."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        narrow = self._low or self.width() < wider(NARROW)
        one = self.part
        if not self._low and one not in (Part.TAGS, Part.RESULTS):
            one = Part.RESULTS if self._of_table else Part.TAGS
        self._alternatives.choose(self.buttons[one])
        for part, button in self.buttons.items():
            button.setVisible(self._tables if part in (Part.TAGS, Part.RESULTS) else self._low)
        self.switch.setVisible(narrow)
        self.tags.title.setVisible(not narrow)
        beside = narrow and not (self._low and self.width() < wider(ROOM))
        tables: dict[Part, TagsTable | ResultsTable] = {Part.TAGS: self.tags, Part.RESULTS: self.results}
        for part, table in tables.items():
            shown = not narrow or part is one
            inside = table.head.parentWidget() is table
            if beside and inside:
                self._row.addWidget(table.head, 1)
            elif not beside and not inside:
                table.column.insertWidget(0, table.head)
            table.head.setVisible(shown)
            table.setVisible(shown)
