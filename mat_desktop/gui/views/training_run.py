"""One run: how far it is, its curves, its tags, its results, and what it said."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QMenu,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from mat_desktop.app.trainings import Ending, Task
from mat_desktop.domain.scheme import TagScheme
from mat_desktop.gui import words
from mat_desktop.gui.focus import in_order
from mat_desktop.gui.models.results import correction_text, paper_row, paper_table
from mat_desktop.gui.models.trainings import Entry, State
from mat_desktop.gui.operations.train import Progress as Going
from mat_desktop.gui.theme import appearance, wider
from mat_desktop.gui.widgets.controls import Button, Line, Panel, Text
from mat_desktop.gui.widgets.fit import KeepWithin, grown, tall
from mat_desktop.gui.widgets.job_bar import Progress
from mat_desktop.gui.widgets.log_view import LogPanel
from mat_desktop.gui.widgets.nesting import nest
from mat_desktop.gui.widgets.scrolled import BAR, UpAndDown
from mat_desktop.gui.widgets.splitter import Splitter
from mat_desktop.gui.widgets.state_chip import StateChip
from mat_desktop.gui.widgets.training_tables import Part, TrainingTables

FULL = 600
"""Pixels of height that curves and tables need before the log gets more than a few lines."""

FEW_WORDS = "Few positive clips to validate with: the figures are rough."

WIDEST = 720
"""Pixels of text, with its margins."""

LINES = 4
"""Rows that each part shows at least."""

NARROWEST = 440
"""Pixels in which there is room for the parts of a narrow one."""


class RunView(Panel):
    """``use``, ``compare``, ``export``, ``remove``, ``report`` and ``resume`` hand over the run in view,
    ``place`` the folder that is to be opened; ``left`` gives the focus away.
    """

    pause = Signal(bool)
    stop = Signal()
    resume = Signal(object)
    use = Signal(object)
    compare = Signal(object)
    export = Signal(object)
    remove = Signal(object)
    report = Signal(object)
    place = Signal(object)
    left = Signal()

    def __init__(self, tables: TrainingTables) -> None:
        super().__init__("surface")
        self._lower = tables
        self.entry: Entry | None = None
        self.plots: Any = None
        self._told: Mapping[str, Any] | None = None
        self._paused = self._making = self._moved = False
        self._used = ""
        self._has_epochs = self._has_tables = True
        self._resume = "Resume"
        self._column = layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self._head = self._header()
        layout.addWidget(self._head)
        self._split = split = Splitter(Qt.Orientation.Vertical)
        self._above = self._upper()
        split.addWidget(self._above)
        self._log_box = LogPanel()
        self.log, self.folder = self._log_box.lines, self._log_box.folder
        self.folder.clicked.connect(self._open_folder)
        split.addWidget(self._log_box)
        split.setStretchFactor(0, 1)
        split.setStretchFactor(1, 0)
        layout.addWidget(split, 1)
        split.splitterMoved.connect(self._split_moved)
        tables.chose.connect(self._fit)
        appearance.changed.connect(self._fit)

    # parts

    def _header(self) -> QWidget:
        box = Panel("surface", edges="b")
        column = QVBoxLayout(box)
        column.setContentsMargins(24, 8, 16, 8)
        column.setSpacing(2)
        self._top = top = QHBoxLayout()
        top.setSpacing(8)
        self.title = Text(size=16, weight=600, elide=True)
        self.title.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.chip = StateChip()
        top.addWidget(self.title)
        top.addWidget(self.chip)
        top.addStretch(1)
        self.pause_button = Button("Pause", "pause")
        self.pause_button.clicked.connect(lambda: self.pause.emit(not self._paused))
        self.stop_button = Button("Stop", "square")
        self.stop_button.clicked.connect(self.stop)
        self.resume_button = Button("Resume", "play")
        self.use_button = Button("Use this model", "check", kind="primary")
        self.compare_button = Button("Compare…", tip="With the model in use, on your own tracks")
        self.more = Button(icon="ellipsis", kind="flat", tip="More: export, delete")
        for button, signal in (
            (self.resume_button, self.resume),
            (self.compare_button, self.compare),
            (self.use_button, self.use),
        ):
            button.clicked.connect(lambda _=False, signal=signal: signal.emit(self.entry))
        self.more.clicked.connect(self._open_menu)
        buttons = (self.pause_button, self.stop_button, self.resume_button, self.compare_button)
        for button in (*buttons, self.use_button, self.more):
            top.addWidget(button)
        self._acted: Button | None = None
        for button in (self.stop_button, self.resume_button):
            button.clicked.connect(lambda _=False, button=button: setattr(self, "_acted", button))
        nest(column, top)
        self._below = below = QHBoxLayout()
        below.setSpacing(16)
        self.says = Text(size=12, figures=True)
        self.bar = Progress(wide=0)
        self.bar.setMinimumWidth(48)
        self.bar.setMaximumWidth(200)
        self.pace = Text(size=12, token="muted", elide=True, figures=True)
        self.pace.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.facts = Text(size=12, token="muted", elide=True, figures=True)
        self.facts.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.facts.setMinimumHeight(20)
        below.addWidget(self.says)
        below.addWidget(self.bar, 1)
        below.addWidget(self.pace)
        below.addWidget(self.facts, 1)
        nest(column, below)
        self._menu = QMenu(self)
        self.compare_action = self._menu.addAction("Compare…", self.compare_button.click)
        self.export_action = self._menu.addAction("Export the model…", lambda: self.export.emit(self.entry))
        self._menu.addSeparator()
        self.delete_action = self._menu.addAction("Delete the run", lambda: self.remove.emit(self.entry))
        return box

    def _upper(self) -> QWidget:
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.outcome = Text(token="text")
        self.outcome.setWordWrap(True)
        KeepWithin(self.outcome, WIDEST)
        self.outcome.setContentsMargins(24, 16, 24, 12)
        inside = Panel("surface")
        self._curves = QVBoxLayout(inside)
        self._curves.setContentsMargins(0, 0, 0, 0)
        self._curves.setSpacing(0)
        self._curves.addWidget(self.outcome)
        self._curves.addStretch()
        self._area = UpAndDown(inside)
        column.addWidget(self._area, 5)
        self._legend = QVBoxLayout()
        nest(column, self._legend)
        self._line = Line()
        column.addWidget(self._line)
        self.tags, self.results = self._lower.tags, self._lower.results
        self.results.report.connect(lambda: self.report.emit(self.entry))
        column.addWidget(self._lower, 6)
        self._rest = QWidget()
        column.addWidget(self._rest, 6)
        return box

    def set_plots(self, plots: Any) -> None:
        """The curves, once they can be drawn."""
        self.plots = plots
        self._curves.insertWidget(1, plots, 1)
        self._legend.addWidget(plots.legend)
        plots.take_focus(self._area)
        self._fit()
        if self.entry is not None:
            self._show_curves(self.entry)

    def set_busy(self, busy: bool) -> None:
        """Whether a training runs; one runs at a time."""
        self.resume_button.setEnabled(not busy)
        self._fit()

    def set_used(self, digest: str) -> None:
        """Digest of the model in use."""
        self._used = digest
        self._show_model()

    def set_making(self, making: bool) -> None:
        """Whether a model is being made of a run, or taken in, one at a time: a press is answered."""
        self._making = making
        if making and any(button.hasFocus() for button in (self.use_button, self.compare_button)):
            self.left.emit()  # they cannot be used now, and the focus would go to what deletes
        self._show_model()

    def describe(self, told: Mapping[str, Any]) -> None:
        """What the paper prints, and which networks can be used."""
        self._told = told
        if self.entry is not None:
            self._show_curves(self.entry)
            self.results.show_entry(self.entry, told)

    # what is shown

    def show_entry(self, entry: Entry, scheme: TagScheme, going: Going | None, *, runs: bool) -> None:
        """A run as it is now.

        :param going: where it is the one that is trained
        :param runs: whether its training runs, be it another row's turn
        """
        self.entry = entry
        training = entry.training
        if training is None:
            return
        order = training.order
        self.title.setText(entry.title)
        for button in (self.pause_button, self.stop_button):
            button.setVisible(runs and entry.state is not State.DONE)
        self.pause_button.setEnabled(entry.state is not State.STOPPING)
        has_epochs = not order.head_alone
        # It goes on with the whole table, and so stands where something is left of that.
        left = any((done := training.run_of(row)) is None or not done.finished for row in order.rows)
        over = training.ending is Ending.DONE or (entry.state is State.DONE and left)
        self.resume_button.setVisible(not runs and not over)
        begun = any(run.has_checkpoint for run in training.runs)
        self._resume = "Resume" if begun else "Start again"
        self.stop_button.setToolTip("It can be gone on with; the best epoch is kept" if begun else "")
        self._show_model()
        self._hand_focus_on()
        self.delete_action.setEnabled(not runs)
        self.delete_action.setText("Delete the whole table" if order.task is Task.TABLE else "Delete the run")
        self.folder.setToolTip(str(training.folder))
        failed = f"It failed: {training.reason}" if entry.state is State.FAILED else ""
        outcome = failed or correction_text(training.figures)
        if not outcome and order.budget == "smoke":
            outcome = "A smoke run: it shows that every row runs. Its figures say nothing."
        if not outcome and not has_epochs:
            outcome = (
                "A new head learns in one go, so that there are no curves."
                if order.task is Task.FINETUNE
                else "What it achieved stands here afterwards."
            )
        few = entry.rests_on_few and not failed and order.task is not Task.CORRECTIONS
        if few and order.budget != "smoke":
            outcome = f"{outcome} {FEW_WORDS}".strip()
        if self.outcome.text() != (said := words.breakable(outcome)):
            self.outcome.setText(said)
            self._area.verticalScrollBar().setValue(0)  # it stands over the curves
        worse = training.figures.get("better") is False  # the advice is to keep the old model
        self.outcome.set_token("danger" if failed else "warning" if few or worse else "text")
        self.outcome.setVisible(bool(outcome))
        self._has_epochs = has_epochs
        self._has_tables = order.task is not Task.CORRECTIONS or bool(training.figures)
        self._lower.show_entry(entry, scheme, self._told)
        self._fit()
        self._show_curves(entry)
        self.show_progress(going, None, paused=False)

    def show_progress(self, going: Going | None, left: float | None, *, paused: bool) -> None:
        """The second line of the header.

        :param left: seconds until it is over, None while unknown
        """
        entry = self.entry
        if entry is None or entry.training is None:
            return
        self._paused = paused
        self.pause_button.setText("Go on" if paused else "Pause")
        self.pause_button.set_icon("play" if paused else "pause")
        self.chip.show_state(entry.state, entry.state.value.capitalize())
        run = entry.run
        pace: list[str] = []
        share: float | None = None
        if going is not None:
            says, share = _going(going, entry.training.order.task)
            if going.phase == "train" and going.steps:
                pace.append(f"step {words.number(going.step)} of {words.number(going.steps)}")
            if going.seconds:
                pace.append(f"{words.took(going.seconds)} an epoch")
            if left is not None and not paused:
                pace.append(words.time_left(left))
        elif run is not None and run.epochs:
            last = run.epochs[-1]
            says = f"{last.number} of {words.plural(last.of, 'epoch')}"
            seconds = sum(epoch.seconds for epoch in run.epochs)
            pace.append(f"{words.took(seconds / len(run.epochs))} an epoch")
        else:
            says = ""
        self.says.setText(says)
        self.says.setVisible(bool(says))
        self.bar.setVisible(share is not None)
        self.bar.set(share)
        self.pace.setText("    ".join(pace))
        self.facts.setText("    ".join(_facts(entry, going)))

    def _show_curves(self, entry: Entry) -> None:
        if self.plots is None or entry.training is None:
            return
        run, order = entry.run, entry.training.order
        paper = paper_row(paper_table(self._told, order.table), entry.row.key) if entry.row else {}
        of = run.settings.get("epochs", 0) if run is not None else 0
        epochs, best = (run.epochs, run.best) if run is not None else ((), None)
        self.plots.show_epochs(
            epochs,
            best,
            (paper.get("roc_auc"), paper.get("pr_auc")),
            of if isinstance(of, int) else 0,
            nothing=entry.unmeasured,
            over=not entry.runs,
            digits=entry.digits,
        )

    def _hand_focus_on(self) -> None:
        """From Stop to Resume, which comes in its place. The other way round it goes to the list, as where a
        run is begun: a second press of the key that started it would stop it at once.
        """
        acted = self._acted
        if acted is None or not acted.isHidden():
            return
        self._acted = None
        focus = QApplication.focusWidget()
        if focus is not None and focus.parent() is not self.more.parent():
            return
        if acted is self.stop_button:
            self.resume_button.setFocus()
        else:
            self.left.emit()

    def _show_model(self) -> None:
        """What can be done with its model."""
        entry = self.entry
        if entry is None or entry.training is None:
            return
        trained = entry.runs or entry.state is State.WAITING
        model = entry.model
        in_use = model is not None and model.digest == self._used
        usable, why = self._usable(entry)
        for button in (self.compare_button, self.use_button):
            button.setEnabled(usable and not in_use and not self._making)
        self.use_button.setVisible(not trained)
        # A correction is advised only where tracks that were left out say that it is better, and another
        # model where its figures say something.
        order = entry.training.order
        if order.task is Task.CORRECTIONS:
            advised = bool(entry.training.figures.get("better"))
        else:
            advised = not entry.rests_on_few and order.budget != "smoke"
        self.use_button.set_kind("primary" if advised else "plain")
        self._fit()
        self.use_button.setText("In use" if in_use else "Use this model")
        why = "A model is being made; one is made at a time" if self._making else why
        self.use_button.setToolTip("The library is heard with it" if in_use else why)
        self.export_action.setEnabled(usable and not trained and not self._making)

    def minimumSizeHint(self) -> QSize:
        """As narrow and as low as it can get; out of sight it still has the parts of a large one."""
        high = self._head.minimumSizeHint().height() + self._lower.switch.height() + LINES * tall(28)
        return QSize(min(super().minimumSizeHint().width(), NARROWEST), high)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another size."""
        super().resizeEvent(event)
        self._fit()

    def _split_moved(self) -> None:
        self._moved = True

    def _fit(self) -> None:
        """In a low window one part is shown; in a narrow one Compare stands in the menu, Resume is its sign
        alone, and the title has the room of the state, which stands under it.
        """
        said = 0
        if not self.outcome.isHidden():
            said = self.outcome.heightForWidth(min(self.width() - BAR, wider(WIDEST)))
        line, head = tall(18, 12, 2), tall(40, room=18)
        curves = said + (head + LINES * tall(28) if self._has_epochs else 0)
        tables = 2 * head + LINES * appearance.row if self._has_tables else 0
        needed = self._head.minimumSizeHint().height() + curves + tables + head + 3 * line
        self._show_parts(low=self.height() < needed)
        self._log_box.setMinimumHeight(head)
        self._area.setMinimumHeight(0 if self._low else curves)
        self._area.setMaximumHeight(curves + (tall(340, room=300) if self._has_epochs or self._low else 0))
        if not self._moved:
            high = min(max(head + 3 * line, self.height() - grown(FULL)), head + 7 * line)
            self._split.setSizes([max(1, self._split.height() - high), high])
        narrow = self.width() < wider(680)
        row, place = (self._below, 0) if narrow else (self._top, 1)
        if row.indexOf(self.chip) < 0:
            row.insertWidget(place, self.chip)
        offered = not self.use_button.isHidden()
        self.compare_button.setVisible(offered and not narrow)
        self.compare_action.setVisible(offered and narrow)
        self.compare_action.setEnabled(self.compare_button.isEnabled())
        self.resume_button.setText("" if narrow else self._resume)
        self.resume_button.setAccessibleName(self._resume)
        usual = self._resume if narrow else ""
        waits = not self.resume_button.isEnabled()
        self.resume_button.setToolTip("Another training runs; one runs at a time" if waits else usual)

    def _show_parts(self, *, low: bool) -> None:
        """All under each other, or one of them under the switch."""
        self._low = low
        lower = self._lower
        lower.use_low(low, self._has_tables)
        column, place = (self._column, 1) if low else (lower.column, 0)
        if column.indexOf(lower.switch) < 0:
            column.insertWidget(place, lower.switch)
        lower.buttons[Part.CURVES].setText(Part.CURVES if self._has_epochs else "Outcome")
        shown = {lower.part} if low else set(Part)
        self._area.setVisible(Part.CURVES in shown)
        self._line.setVisible(not low)
        lower.setVisible(self._has_tables and not shown.isdisjoint({Part.TAGS, Part.RESULTS}))
        self._rest.setVisible(not self._has_tables and not low)
        self._above.setVisible(shown != {Part.LOG})
        self._log_box.setVisible(Part.LOG in shown)
        if self.plots is None:
            return
        self.plots.setVisible(self._has_epochs)
        self.plots.legend.setVisible(self._has_epochs and Part.CURVES in shown)
        curves, buttons = self.plots.each, tuple(lower.buttons.values())
        in_order((self.more, *((*buttons, *curves) if low else (*curves, *buttons))))

    def _usable(self, entry: Entry) -> tuple[bool, str]:
        """Whether the library can be heard with it, or why not."""
        run = entry.run
        if entry.model is not None:
            return True, "Listen to the library with it from now on"
        if run is None or not run.has_weights:
            return False, "There is a model after the first epoch"
        networks = self._told["networks"] if self._told else ()
        network = next((entry for entry in networks if entry["name"] == run.network), None)
        if network is not None and not network["exportable"]:
            return False, "This network is for study: the library is not heard with its kind of input"
        return True, "Listen to the library with the kept epoch from now on"

    def _open_menu(self) -> None:
        left = self.more.width() - self._menu.sizeHint().width()  # it stands at the window's edge
        self._menu.popup(self.more.mapToGlobal(QPoint(left, self.more.height() + 2)))

    def _open_folder(self) -> None:
        entry = self.entry
        if entry is not None and entry.training is not None:
            folder: Path = entry.run.folder if entry.run is not None else entry.training.folder
            self.place.emit(folder)


def _going(going: Going, task: Task) -> tuple[str, float | None]:
    if going.phase == "start":
        return "Starting: PyTorch is loaded…", None
    if going.phase == "read":
        if not going.steps:
            return "Reading the data…", None
        if not going.step:  # many are read at once
            return f"Reading tags of {words.plural(going.steps, 'file')}…", None
        text = f"Reading tags of files: {words.number(going.step)} of {words.number(going.steps)}"
        return text, going.step / going.steps
    if going.phase == "prepare":
        what = "Listening to tracks" if task is Task.CORRECTIONS else "Preparing clips"
        share = going.step / going.steps if going.steps else None
        return f"{what}: {words.number(going.step)} of {words.number(going.steps)}", share
    if going.phase == "prepared":
        heads = task in (Task.CORRECTIONS, Task.FINETUNE)
        return "Training the head…" if heads else "Starting with the network…", None
    if going.phase == "fit":
        share = going.step / going.steps if going.steps else None
        return f"Training the head: {share or 0.0:.0%}", share
    if going.phase == "finish":
        return "Measuring…", 1.0
    done = going.epoch - 1 + (going.step / going.steps if going.steps else 0.0)
    share = min(1.0, done / going.of) if going.of else None
    return f"Epoch {going.epoch} of {going.of}", share


def _facts(entry: Entry, going: Going | None) -> list[str]:
    run = entry.run
    found = []
    if run is not None:
        if run.best is not None:
            found.append(f"{'Kept' if going is None else 'Best so far'}: epoch {run.best.number}")
        settings = run.settings
        found += [f"Seed {settings['seed']}"] if "seed" in settings else []
        if "batch_size" in settings:
            kind = f", {going.precision}" if going is not None and going.precision else ""
            found.append(f"Batch {settings['batch_size']}{kind}")
    return found
