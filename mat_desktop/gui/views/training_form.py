"""What a new training is told: what to do, on which data, with which settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from mat_desktop.app.trainings import Order, Row, Task, Training, plain_name
from mat_desktop.gui import words
from mat_desktop.gui.focus import in_order
from mat_desktop.gui.models.pace import expected
from mat_desktop.gui.models.trainings import row_title
from mat_desktop.gui.theme import appearance, wider
from mat_desktop.gui.widgets.choice import Choice
from mat_desktop.gui.widgets.controls import Button, Line, Panel, Text
from mat_desktop.gui.widgets.data_picker import DataPicker
from mat_desktop.gui.widgets.drop_down import DropDown
from mat_desktop.gui.widgets.fit import KeepWide
from mat_desktop.gui.widgets.nesting import nest
from mat_desktop.gui.widgets.painting import key_text
from mat_desktop.gui.widgets.scrolled import Scrolled
from mat_desktop.gui.widgets.setting import FIELD, NAME
from mat_desktop.gui.widgets.toggle import Toggle
from mat_desktop.gui.widgets.training_settings import TrainingSettings

if TYPE_CHECKING:
    from mat_desktop.app.models import Model

NARROW = 450
"""Pixels, with letters of usual size, under which a button is its sign alone."""

WIDEST = 720
PAPERS = 100
"""Epochs of the paper's, which the full budget of a table has."""
TASKS = (
    (Task.NETWORK, "Train a network", "From nothing, on a data set or your own library"),
    (Task.TABLE, "Reproduce a table of the paper", "Its networks in turn, beside the paper's figures"),
    (Task.FINETUNE, "Fine-tune a model", "Give a model that is here the tags of another data set"),
    (Task.CORRECTIONS, "Fine-tune on my corrections", ""),
)
BUDGETS = {
    "smoke": "Smoke: 32 clips, to see that it runs; its figures say nothing",
    "short": "Short: 10 epochs",
    "full": "Full: as in the paper; days without a GPU",
}


class TrainingForm(Panel):
    """``asked`` wants data looked at, ``start`` hands over an order, ``left`` says that nothing is wanted."""

    asked = Signal(object)
    start = Signal(object)
    left = Signal()

    def __init__(self) -> None:
        super().__init__("surface")
        self._told: Mapping[str, Any] | None = None
        self._models: Sequence[Model] = ()
        self._verdicts = 0
        self._busy = False
        self._picked_model = ""
        self._past: Sequence[Training] = ()
        self._only_processor: Callable[[], bool] = lambda: False
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        inside = Panel("surface")
        self._area = area = Scrolled(inside)
        wide = QHBoxLayout(inside)
        wide.setContentsMargins(0, 0, 0, 0)
        column = QWidget()
        column.setMaximumWidth(WIDEST + 48)
        layout.addWidget(area, 1)  # before they are filled: what comes to another parent is styled anew
        wide.addWidget(column, 1)
        wide.addStretch(0)
        self._column = QVBoxLayout(column)
        self._column.setContentsMargins(24, 16, 24, 24)
        self._column.setSpacing(8)
        self._column.addWidget(Text("New run", size=16, weight=600))
        about = Text(
            "A training runs in a process of its own, shows its curves here, and can be stopped and resumed. "
            "What it makes changes nothing until you say “Use this model”.",
            token="muted",
        )
        about.setWordWrap(True)
        self._column.addWidget(about)
        self._add_tasks()
        self._add_data()
        self._add_what()
        self.settings = TrainingSettings()
        self.settings.changed.connect(self.refresh)
        self._settings_head = self._head("Settings")
        self._column.addWidget(self.settings)
        self._column.addStretch(1)
        layout.addWidget(Line())
        layout.addWidget(self._foot())
        self._tasks[0].setChecked(True)
        self._task_changed()
        appearance.changed.connect(self._place_tasks)

    def _head(self, title: str) -> Text:
        head = Text(title, weight=600)
        head.setContentsMargins(0, 12, 0, 0)
        self._column.addWidget(head)
        return head

    def _add_tasks(self) -> None:
        self._head("What to do")
        self._group = QButtonGroup(self)
        self._beside = 0
        self._grid = grid = QGridLayout()
        grid.setSpacing(8)
        self._tasks: list[Choice] = []
        for number, (_, title, about) in enumerate(TASKS):
            choice = Choice(title, about)
            self._group.addButton(choice, number)
            self._tasks.append(choice)
        self._place_tasks()
        self._group.idToggled.connect(lambda _, on: self._task_changed() if on else None)
        nest(self._column, grid)

    def _place_tasks(self) -> None:
        """Two beside each other where there is room for their words."""
        beside = 2 if self.width() >= wider(560) else 1
        if beside == self._beside:
            return
        self._beside = beside
        for number, choice in enumerate(self._tasks):
            self._grid.addWidget(choice, number // beside, number % beside)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width."""
        super().resizeEvent(event)
        self._place_tasks()
        self.data.choose.set_short(event.size().width() < wider(NARROW))

    def _add_data(self) -> None:
        self._data_head = self._head("Data")
        self.data = DataPicker()
        self.data.asked.connect(self.asked)
        self.data.changed.connect(self.refresh)
        self._column.addWidget(self.data)

    def _add_what(self) -> None:
        self._what_head = self._head("Network")
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        self.network, self.layers = DropDown(()), DropDown(())
        self.table, self.rows = DropDown(()), DropDown(())
        self.budget, self.model = DropDown(tuple(BUDGETS.items())), DropDown(())
        self._cells: dict[DropDown, Text] = {}
        names = ("Network", "Layers", "Table", "Networks", "Budget", "Model")
        drops = (self.network, self.layers, self.table, self.rows, self.budget, self.model)
        for row, (name, drop) in enumerate(zip(names, drops, strict=True)):
            label = Text(name, token="muted")
            KeepWide(label, NAME)
            drop.setAccessibleName(name)
            drop.setAccessibleDescription(name)  # Qt gives a combo's value as its name
            drop.setMinimumWidth(FIELD + 64)
            drop.setSizeAdjustPolicy(DropDown.SizeAdjustPolicy.AdjustToContents)  # they are filled later
            drop.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            drop.setMaximumWidth(WIDEST - NAME - 16)
            self._cells[drop] = label
            grid.addWidget(label, row, 0)
            grid.addWidget(drop, row, 1, Qt.AlignmentFlag.AlignLeft)
            drop.picked.connect(lambda _: self.refresh())
        self.network.picked.connect(lambda _: self._network_changed())
        self.model.picked.connect(lambda value: setattr(self, "_picked_model", str(value)))
        self.table.picked.connect(lambda _: self._table_changed())
        self.whole = Toggle("Train the whole network after its new head")
        self.whole.toggled.connect(lambda _: self._task_changed())
        grid.addWidget(self.whole, len(names), 1, Qt.AlignmentFlag.AlignLeft)
        nest(self._column, grid)
        self._left_out = Text(size=12, token="muted")
        self._left_out.setWordWrap(True)
        self._left_out.setContentsMargins(NAME + 16, 0, 0, 0)
        self._column.addWidget(self._left_out)

    def _foot(self) -> QWidget:
        box = Panel("surface")
        row = QHBoxLayout(box)
        row.setContentsMargins(24, 8, 16, 8)
        row.setSpacing(12)
        self.begin = Button("Start training", "play", kind="primary")
        self.begin.clicked.connect(self._start)
        self.cancel = Button("Cancel", key=key_text("Esc"))
        self.cancel.clicked.connect(self.left)
        self.why = Text(token="muted", elide=True)
        self.why.setMinimumHeight(24)
        row.addWidget(self.begin)
        row.addWidget(self.cancel)
        row.addWidget(self.why, 1)
        return box

    # what is known

    def describe(self, told: Mapping[str, Any]) -> None:
        """Networks, tables and settings, as ``python -m training describe`` says them."""
        self._told = told
        self.network.clear()
        for entry in told["networks"]:
            usable = "" if entry["exportable"] else " (for study; the library cannot be heard with it)"
            self.network.addItem(f"{entry['text']}{usable}", entry["name"])
        self.network.pick("fcn2d")
        self.table.clear()
        for table in told["tables"]:
            self.table.addItem(f"Table {table['number']}: {table['caption']}", table["number"])
        self.table.pick("2")
        self.budget.pick("short")
        self.settings.describe(told["settings"], told["finetune"])
        what = (self.network, self.layers, self.table, self.rows, self.budget, self.model, self.whole)
        in_order([*what, *self.settings.stops, self.begin, self.cancel])
        self._network_changed()
        self._table_changed()
        self._task_changed()

    def offer(
        self, models: Sequence[Model], chosen: str, libraries: Sequence[Path], others: Sequence[Path]
    ) -> None:
        """Models that can be fine-tuned, folders of the library, and those that were trained on before."""
        before = self._picked_model or chosen
        self._models = models
        self.model.clear()
        for model in models:
            self.model.addItem(f"{model.card.title} ({model.name})", model.name)
        place = self.model.findData(before)
        self.model.setCurrentIndex(place if place >= 0 else max(0, self.model.findData(chosen)))
        self.data.offer(libraries, others)
        self.refresh()

    def set_corrections(self, verdicts: int, tracks: int, left_out: str = "") -> None:
        """What the user has accepted and rejected so far.

        :param left_out: what of it cannot be trained on, in sentences
        """
        self._verdicts = verdicts
        self._left_out.setText(left_out)
        choice = self._tasks[-1]
        choice.setEnabled(verdicts > 0)
        choice.set_about(
            f"{words.plural(verdicts, 'decision')} on {words.plural(tracks, 'track')}; often done in a minute"
            if verdicts
            else "Nothing was accepted or rejected yet"
        )
        self.refresh()

    def set_busy(self, busy: bool) -> None:
        """Whether a training runs; one runs at a time."""
        self._busy = busy
        self.refresh()

    def set_past(self, trainings: Sequence[Training], only_processor: Callable[[], bool]) -> None:
        """What a new run's time is guessed from: earlier ones, and whether this computer is known to have
        nothing faster than its processor.
        """
        self._past, self._only_processor = trainings, only_processor
        self.refresh()

    def can_leave(self, can: bool) -> None:
        """Whether there is something else to look at."""
        self.cancel.setVisible(can)

    @property
    def first(self) -> QWidget:
        """What gets the focus."""
        return self._tasks[max(0, self._group.checkedId())]

    @property
    def task(self) -> Task:
        """What is to be done."""
        return TASKS[max(0, self._group.checkedId())][0]

    def pick(self, task: Task) -> None:
        """Choose what is to be done."""
        self._tasks[[kind for kind, *_ in TASKS].index(task)].setChecked(True)

    # what it is

    def _task_changed(self) -> None:
        task = self.task
        own_settings = task is Task.NETWORK or (task is Task.FINETUNE and self.whole.isChecked())
        shown = {
            self.network: task is Task.NETWORK,
            self.layers: task is Task.NETWORK and self.layers.count() > 0,
            self.table: task is Task.TABLE,
            self.rows: task is Task.TABLE,
            self.budget: task is Task.TABLE,
            self.model: task in (Task.FINETUNE, Task.CORRECTIONS),
        }
        for drop, on in shown.items():
            drop.setVisible(on)
            self._cells[drop].setVisible(on)
        self.whole.setVisible(task is Task.FINETUNE)
        heads = {Task.NETWORK: "Network", Task.TABLE: "Table"}
        self._what_head.setText(heads.get(task, "Model"))
        self._data_head.setVisible(task is not Task.CORRECTIONS)
        self.data.setVisible(task is not Task.CORRECTIONS)
        self._left_out.setVisible(task is Task.CORRECTIONS and bool(self._left_out.text()))
        self._settings_head.setVisible(own_settings)
        self.settings.setVisible(own_settings)
        if own_settings:
            self.settings.for_finetuning(task is Task.FINETUNE)
        self.refresh()

    def _network_changed(self) -> None:
        entry = self._entry()
        self.layers.clear()
        for depth in entry["depths"] if entry else ():
            self.layers.addItem(str(depth), depth)
        shown = self.task is Task.NETWORK and self.layers.count() > 0
        self.layers.setVisible(shown)
        self._cells[self.layers].setVisible(shown)

    def _table_changed(self) -> None:
        self.rows.clear()
        rows = self._rows()
        self.rows.addItem(f"All {len(rows)}", "")
        for row in rows:
            self.rows.addItem(row_title(row.key), row.key)

    def _entry(self) -> Mapping[str, Any] | None:
        told = self._told
        entries = told["networks"] if told else ()
        return next((entry for entry in entries if entry["name"] == self.network.value), None)

    def _rows(self) -> list[Row]:
        told = self._told
        table = next((t for t in told["tables"] if t["number"] == self.table.value), None) if told else None
        return [Row(**row) for row in table["experiments"]] if table else []

    @property
    def problem(self) -> str:
        """Why nothing can be started; empty where it can."""
        if self._told is None:
            return "Reading what can be trained…"
        if self._busy:
            return "A training runs; one runs at a time"
        task = self.task
        if task is not Task.CORRECTIONS and self.data.problem:
            return self.data.problem
        if task is Task.CORRECTIONS and not self._verdicts:
            return "Nothing was accepted or rejected yet"
        if task in (Task.FINETUNE, Task.CORRECTIONS) and not self.model.count():
            return "There is no model to fine-tune"
        if task is Task.NETWORK or (task is Task.FINETUNE and self.whole.isChecked()):
            return self.settings.problem
        return ""

    def refresh(self) -> None:
        """Say what is missing."""
        problem = self.problem
        self.begin.setEnabled(not problem or problem == self.settings.problem)
        self.why.setText(problem or self._expected())

    def _expected(self) -> str:
        """How long it will take, where something is known of it."""
        found = (self.data.found or {}).get("clips")
        clips = int(found.get("train", 0)) if isinstance(found, dict) else 0
        told: dict[str, Any] = {"epochs": 1}
        if self.task is Task.CORRECTIONS or (self.task is Task.TABLE and self.budget.value == "smoke"):
            return ""
        if self.task is Task.NETWORK or (self.task is Task.FINETUNE and self.whole.isChecked()):
            told = {name: setting.value for name, setting in self.settings.all.items()}
            clips = min(clips, int(told.get("clips") or 0) or clips)
        if self.task is Task.NETWORK:
            told |= {"network": self.network.value, "layers": int(self.layers.currentData() or 0)}
        elif self.task is Task.TABLE:
            budgets = self._told["budgets"] if self._told else {}
            each = int(budgets.get(self.budget.value, {}).get("epochs", PAPERS))
            told["epochs"] = each * (1 if self.rows.value else max(1, self.rows.count() - 1))
        return expected(self._past, told, clips, processor=self._only_processor())

    def _start(self) -> None:
        if self.problem:
            self.settings.reveal()
            return
        self.start.emit(self.order())

    def order(self) -> Order:
        """What is asked for, once there is no :attr:`problem`."""
        task = self.task
        found = self.data.found or {}
        wanted = self.data.wanted
        data = wanted.words if wanted is not None else []
        clips = found.get("clips") if isinstance(found.get("clips"), dict) else {}
        title = str(found.get("title", ""))
        base = Order(task, "", (), data=title, clips=clips or {}, tags=len(found.get("tags", ())))
        if task is Task.NETWORK:
            depth = int(self.layers.currentData() or 0)
            title = self.network.currentText().partition(":")[0].partition(" (")[0]
            title = f"{title}, {depth} layers" if depth else title
            arguments = ["train", *data, "--network", self.network.value]
            arguments += ["--layers", str(depth)] if depth else []
            arguments += self.settings.words(finetune=False)
            return replace(base, title=title, arguments=tuple(arguments), name=plain_name(title))
        if task is Task.TABLE:
            number, budget, key = self.table.value, self.budget.value, self.rows.value
            rows = tuple(row for row in self._rows() if key in ("", row.key))
            arguments = ["reproduce", *data, "--table", number, "--budget", budget]
            arguments += ["--rows", key] if key else []
            title = f"Table {number}, {budget}"
            return replace(base, title=title, arguments=tuple(arguments), table=number, rows=rows)
        model = next(model for model in self._models if model.name == self.model.value)
        start = ["finetune", "--model", str(model.folder)]
        if task is Task.CORRECTIONS:
            title = f"Your corrections, {words.plural(self._verdicts, 'decision')}"
            return Order(task, title, tuple(start), name=f"{plain_name(model.name)}-corrected")
        whole = self.whole.isChecked()
        arguments = [*start, *data]
        if whole:
            arguments += ["--whole", *self.settings.words(finetune=True)]
        title = f"{model.name}{', whole' if whole else ', new head'}"
        name = plain_name(title)
        return replace(base, title=title, arguments=tuple(arguments), name=name, whole=whole)
