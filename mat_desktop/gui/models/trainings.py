"""The list of trainings: headings, and under each its runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from mat_desktop.app.training_runs import Run, TagFigures, as_number
from mat_desktop.app.trainings import Ending, MadeModel, Row, Task, Training, plain_name
from mat_desktop.domain.card import FEW, rests_on_few

Index = QModelIndex | QPersistentModelIndex
ENTRY_ROLE = Qt.ItemDataRole.UserRole + 1
_NO_INDEX = QModelIndex()


class State(StrEnum):
    """Of a run in the list, in words."""

    RUNNING = "training"
    PAUSED = "paused"
    STOPPING = "stopping"
    WAITING = "waiting"
    OPEN = "not begun"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Entry:
    """A heading (no training), or a run.

    :param row: of the table that is reproduced, None for a training of one run
    :param figure: ROC-AUC on the validation split
    :param note: what tells it from others of its title: the settings that differ, and when it began
    """

    title: str
    training: Training | None = None
    row: Row | None = None
    run: Run | None = None
    state: State = State.WAITING
    figure: float | None = None
    note: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What it is about, however far it is."""
        return (self.training.id if self.training else "", self.row.key if self.row else "")

    @property
    def model_name(self) -> str:
        """What a model of it is called."""
        if self.training is None:
            return ""
        order = self.training.order
        return order.name if self.row is None else plain_name(f"table {order.table} {self.title}")

    @property
    def model(self) -> MadeModel | None:
        """The model that stands for it as it is now, None where it has yet to be made."""
        return self.training.model_of(self.run, self.model_name) if self.training else None

    @property
    def word(self) -> str:
        """Beside the title: the figure, or else the state."""
        told = (State.FAILED, State.STOPPED, State.STOPPING, State.PAUSED)
        if self.state in told or self.figure is None:
            return self.state.value
        return f"{self.figure:.{self.digits}f}"

    @property
    def digits(self) -> int:
        """Decimals of its figures: no more than they are worth."""
        return 2 if self.rests_on_few else 4

    @property
    def rests_on_few(self) -> bool:
        """Whether its figures are of few positive clips."""
        if self.run is not None or self.training is None:
            return self.run is not None and self.run.rests_on_few
        if self.training.order.task is not Task.FINETUNE or not self.training.card:
            return False
        counted = [tag.positives for tag in card_tags(self.training)]
        if any(count is not None for count in counted):
            return rests_on_few(counted)
        clips = self.training.order.used("valid")  # its card is of before they were counted
        return 0 < clips < FEW

    @property
    def runs(self) -> bool:
        """Whether it is the one that is trained."""
        return self.state in (State.RUNNING, State.PAUSED, State.STOPPING)

    @property
    def unmeasured(self) -> str:
        """What is said in the place of its curves before its first epoch is done."""
        if self.runs:
            return "Nothing is measured yet: the first figures come after the first epoch."
        if self.state in (State.WAITING, State.OPEN):
            return "Nothing is measured yet: this run has not begun."
        return "Nothing was measured: this run ended before its first epoch did."


def row_title(key: str) -> str:
    """A row of a table for people: ``2D FCN, 5 layers``."""
    return re.sub(r" C=(\d)$", r", \1 layers", key)


def entries(
    trainings: Sequence[Training], running: str, *, stopping: bool = False, paused: bool = False
) -> list[Entry]:
    """The lines of the list. A table has a heading of its own; the others stand under their data.

    :param trainings: the newest first
    :param running: name of the one that runs
    :param stopping: whether it was asked to stop
    :param paused: whether it rests
    """
    lines: list[Entry] = []
    groups: dict[str, list[Entry]] = {}
    for training in trainings:
        if training.order.task is Task.TABLE:
            title = f"{training.order.title} · {training.order.data}"
            groups[training.id] = [
                Entry(title),
                *_rows(training, training.id == running),
            ]
        else:
            title = training.order.data or "My corrections"
            groups.setdefault(title, [Entry(title)]).append(_single(training, training.id == running))
    for group in groups.values():
        lines += _told_apart(group)
    if stopping or paused:
        state = State.STOPPING if stopping else State.PAUSED
        lines = [replace(e, state=state) if e.state is State.RUNNING else e for e in lines]
    return lines


def _told_apart(group: list[Entry]) -> list[Entry]:
    """With a note where several trainings have one title."""
    alike: dict[str, list[Training]] = {}
    for entry in group:
        if entry.training is not None and entry.row is None:
            alike.setdefault(entry.title, []).append(entry.training)
    return [
        replace(entry, note=_note(entry.training, alike[entry.title]))
        if entry.training is not None and len(alike.get(entry.title, ())) > 1
        else entry
        for entry in group
    ]


def _note(training: Training, alike: Sequence[Training]) -> str:
    others = [_settings(other) for other in alike]
    own = _settings(training)
    differ = [name for name in own if any(other.get(name) != own[name] for other in others)]
    notes = [_setting(name, own[name]) for name in differ]
    return ", ".join([*notes, _began(training, [other for other in alike if other is not training])])


def _began(training: Training, others: Sequence[Training]) -> str:
    """When it began: to the minute, or to the second where another one of its title began in that minute."""
    minute, second = "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"
    when = datetime.fromtimestamp(training.started).astimezone()
    near = any(
        f"{datetime.fromtimestamp(other.started).astimezone():{minute}}" == f"{when:{minute}}"
        for other in others
    )
    return f"{when:{second if near else minute}}"


def _settings(training: Training) -> dict[str, str]:
    """What a training was told, by name."""
    words = training.order.arguments
    told = {}
    for place, word in enumerate(words):
        if word.startswith("--") and word not in ("--data", "--model"):
            value = words[place + 1] if place + 1 < len(words) else ""
            told[word[2:].replace("-", " ")] = "" if value.startswith("--") else value
    return told


def _setting(name: str, value: str) -> str:
    return f"{value} {name}" if name in ("epochs", "clips") else f"{name} {value}".strip()


def _single(training: Training, runs: bool) -> Entry:
    run = training.runs[-1] if training.runs else None
    figure = roc_auc(run) if run is not None else _card_roc_auc(training)
    return Entry(training.order.title, training, None, run, _state(training, runs), figure)


def _rows(training: Training, runs: bool) -> list[Entry]:
    """The rows of a table. Where it runs, the first that is not over is the one that is trained."""
    found: list[Entry] = []
    for row in training.order.rows:
        run = training.run_of(row)
        if run is not None and run.finished:
            state = State.DONE
        elif runs:
            state = State.WAITING if any(entry.state is State.RUNNING for entry in found) else State.RUNNING
        elif run is None:
            state = State.OPEN
        else:
            state = _state(training, runs) if run is training.runs[-1] else State.STOPPED
        found.append(Entry(row_title(row.key), training, row, run, state, roc_auc(run) if run else None))
    return found


def _state(training: Training, runs: bool) -> State:
    if runs:
        return State.RUNNING
    return {Ending.DONE: State.DONE, Ending.FAILED: State.FAILED}.get(training.ending, State.STOPPED)


def roc_auc(run: Run) -> float | None:
    """Of the kept epoch on the validation split, as it was measured in the end where it was."""
    if "valid" in run.splits:
        return run.splits["valid"].roc_auc
    return run.best.roc_auc if run.best is not None else None


def card_figures(training: Training, split: str) -> dict[str, dict[str, Any]]:
    """Figures from the card of the model that was made, by vocabulary."""
    metrics = training.card.get("metrics")
    found = metrics.get(split) if isinstance(metrics, dict) else None
    return {k: v for k, v in found.items() if isinstance(v, dict)} if isinstance(found, dict) else {}


def card_tags(training: Training) -> list[TagFigures]:
    """The tags of the model that was made, from its card."""
    tags = training.card.get("tags")
    found = []
    for tag in tags if isinstance(tags, list) else ():
        if isinstance(tag, dict):
            metrics = tag.get("metrics")
            figures = metrics if isinstance(metrics, dict) else {}
            positives = as_number(figures.get("positives"))
            found.append(
                TagFigures(
                    f"{tag.get('vocabulary', '')}/{tag.get('name', '')}",
                    None if positives is None else round(positives),
                    as_number(figures.get("roc_auc")),
                    as_number(figures.get("pr_auc")),
                    as_number(tag.get("threshold")),
                )
            )
    return found


def _card_roc_auc(training: Training) -> float | None:
    """On the validation split, a mean over the vocabularies."""
    values = [found.get("roc_auc") for found in card_figures(training, "valid").values()]
    known = [value for value in values if isinstance(value, float)]
    return sum(known) / len(known) if known else None


class TrainingsModel(QAbstractListModel):
    """Headings and runs."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lines: list[Entry] = []

    def show(self, lines: Sequence[Entry]) -> None:
        """All of them; where only figures are others, nothing moves."""
        same = [line.key for line in lines] == [line.key for line in self._lines]
        if same and lines:
            self._lines = list(lines)
            self.dataChanged.emit(self.index(0), self.index(len(lines) - 1))
            return
        self.beginResetModel()
        self._lines = list(lines)
        self.endResetModel()

    def entry(self, row: int) -> Entry | None:
        """A line by its place."""
        return self._lines[row] if 0 <= row < len(self._lines) else None

    def place(self, key: tuple[str, str]) -> int:
        """Where a run stands, -1 where it does not."""
        return next((n for n, line in enumerate(self._lines) if line.training and line.key == key), -1)

    def first(self) -> int:
        """The place of the first run, -1 where there is none."""
        return next((n for n, line in enumerate(self._lines) if line.training), -1)

    def latest(self) -> int:
        """The place of the training that was begun last, of a table where it was stopped; -1 where there is
        none.
        """
        begun = max((line.training.started for line in self._lines if line.training), default=0.0)
        own = [n for n, line in enumerate(self._lines) if line.training and line.training.started == begun]
        stopped = [n for n in own if self._lines[n].state in (State.STOPPED, State.FAILED)]
        return next(iter([*stopped, *own]), -1)

    def running(self) -> int:
        """The place of the one that is trained, -1 where there is none."""
        return next((n for n, line in enumerate(self._lines) if line.training and line.runs), -1)

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        """Headings and runs."""
        return 0 if parent.isValid() else len(self._lines)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Headings cannot be chosen."""
        if not index.isValid() or self._lines[index.row()].training is None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts."""
        entry = self.entry(index.row()) if index.isValid() else None
        if entry is None:
            return None
        if role == ENTRY_ROLE:
            return entry
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            if entry.training is None:
                return entry.title
            known = entry.figure is not None
            figure = f", validation ROC-AUC {entry.figure:.{entry.digits}f}" if known else ""
            note = f", {entry.note}" if entry.note else ""
            return f"{entry.title}{note}, {entry.state.value}{figure}"
        if role == Qt.ItemDataRole.ToolTipRole:
            reason = entry.training.reason if entry.training is not None else ""
            return "\n".join(filter(None, (entry.title, entry.note, reason)))
        return None
