"""What would be taken back, before anything is: the write panel's table with old and new swapped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mat_desktop.domain.reversal import FileReversal, RunKind, Task
from mat_desktop.gui import words
from mat_desktop.gui.models.plan import Keep
from mat_desktop.gui.models.reversal import ReversalModel
from mat_desktop.gui.operations.undo import LookBack
from mat_desktop.gui.widgets.alternatives import Alternatives
from mat_desktop.gui.widgets.banner import Banners
from mat_desktop.gui.widgets.confirm_panel import ConfirmPanel
from mat_desktop.gui.widgets.controls import Button, Line, Steady, Text
from mat_desktop.gui.widgets.nesting import nest
from mat_desktop.gui.widgets.painting import key_text
from mat_desktop.gui.widgets.plan_table import PlanTable

TITLES = {RunKind.UNDO: "Undo", RunKind.REDO: "Redo", RunKind.REMOVE: "Remove everything written"}
BUTTONS = {
    RunKind.UNDO: ("Put {} back", "undo-2"),
    RunKind.REDO: ("Write {} again", "redo-2"),
    RunKind.REMOVE: ("Remove from {}", "undo-2"),
}
WHAT = {
    RunKind.UNDO: "go back to what they were",
    RunKind.REDO: "are written again",
    RunKind.REMOVE: "that this program wrote go back to what they were before it, and its own marks go",
}


FOLLOWS = (
    " MAT_TAGS loses the tags of the fields that are checked. With the last field that a run wrote into a "
    "file the rest of it goes too, and MAT_MODEL."
)


class ReversalPanel(ConfirmPanel):
    """Opens beside the runs, or over the middle and the pane of the library; Escape goes back.

    ``confirmed`` hands over the task and the files with the fields that are checked.
    """

    confirmed = Signal(object, object)

    def __init__(self) -> None:
        super().__init__()
        self.model = ReversalModel()
        self.model.setParent(self)
        self._task: Task | None = None
        self._done = self._noted = 0
        self._complete = False
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(24, 12, 16, 0)
        self.title = Text(size=16, weight=600)
        head.addWidget(self.title, 1)
        self.close_button = Button(icon="x", kind="flat", tip="Back (Esc)")
        self.close_button.clicked.connect(self.closed)
        head.addWidget(self.close_button)
        nest(layout, head)
        self.summary = Steady(token="muted")
        self.summary.setContentsMargins(24, 0, 24, 12)
        layout.addWidget(self.summary)
        self._filter_row = self._filters()
        layout.addWidget(self._filter_row)
        layout.addWidget(Line())
        self.table = PlanTable(self.model)
        self.table.setAccessibleDescription("Space checks and unchecks; Left and Right go to file and field")
        layout.addWidget(self.table, 1)
        self.banners = Banners()
        layout.addWidget(self.banners)
        self.do = Button("Put back", "undo-2", kind="primary", key=key_text("Ctrl+Return"))
        layout.addWidget(self.make_foot(self.do))
        self.model.picked.connect(self._refresh)

    def _filters(self) -> QWidget:
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(24, 0, 24, 10)
        row.setSpacing(6)
        self.filters: list[Button] = []
        filters: tuple[tuple[str, Keep | None], ...] = (
            ("All", None),
            ("Changed since", lambda line: bool(line.why) and not line.stuck),
            ("Not possible", lambda line: line.stuck),
        )
        for text, keep in filters:
            button = Button(text, height=28)
            button.clicked.connect(lambda _=False, keep=keep: self.model.filter(keep))
            self.filters.append(button)
            row.addWidget(button)
        self._filter = Alternatives(self.filters)
        row.addStretch(1)
        return box

    def _fit_filters(self) -> None:
        """In a low window they are there where something is to be told apart."""
        apart = self.model.conflicts or self.model.stuck or not self.filters[0].chosen
        self._filter_row.setVisible(not self.low or bool(apart))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another size."""
        super().resizeEvent(event)
        self._fit_filters()

    def follow(self, looking: LookBack) -> None:
        """Show what is found."""
        looking.searched.connect(self.show_search)
        looking.begun.connect(self.begin)
        looking.found.connect(self.add_files)
        looking.complete.connect(self.complete)
        looking.failed.connect(self.fail)
        self.closed.connect(looking.drop)

    def wait(self, title: str) -> None:
        """A task is being looked up; its files come with :meth:`add_files`."""
        self._task, self._complete = None, False
        self._done = self._noted = 0
        self.title.setText(title)
        self.banners.clear("reversal")
        self._filter.choose(self.filters[0])
        self.model.filter(None)
        self.model.show(())

    def show_search(self, looked: int) -> None:
        """Files that were moved are being searched for: it may take minutes."""
        self.summary.setText(
            f"Searching for files that were moved: {words.plural(looked, 'file')} looked at. "
            "Cancel it below, or go back."
        )

    def begin(self, task: Task) -> None:
        """That is what will be looked at."""
        self._task = task
        self.model.left_before = task.left
        self.do.set_icon(BUTTONS[task.kind][1])
        self._refresh()

    def add_files(self, files: Sequence[FileReversal], done: int) -> None:
        """Some more of them.

        :param done: files looked at so far, whether there is something to do or not
        """
        first = not self.model.rowCount()
        self._done = done
        self._noted += sum(bool(file.note) for file in files)
        self.model.add(files)
        if first and self.model.rowCount():
            self.table.setCurrentIndex(self.model.index(min(1, self.model.rowCount() - 1), 0))

    def complete(self) -> None:
        """Those were all."""
        self._complete = True
        self._refresh()

    def fail(self, why: str) -> None:
        """There is nothing to show."""
        self._complete = True
        self.summary.setText("")
        self.note.setText("")
        self.do.setEnabled(False)
        self.banners.show_message("warning", why, kind="reversal")

    @property
    def removed_all(self) -> bool:
        """Whether everything was to be removed, and nothing is left of it."""
        removal = self._task is not None and self._task.kind is RunKind.REMOVE
        return removal and self._complete and not self.model.rowCount()

    def confirm(self) -> None:
        """Do what is checked."""
        if self.do.isEnabled() and self._task is not None:
            self.confirmed.emit(replace(self._task, left=self.model.left), self.model.chosen)

    def _refresh(self) -> None:
        task, model = self._task, self.model
        possible = task is not None and self._complete and model.picked_files > 0
        self.do.setEnabled(possible)
        for button, name, number in zip(
            self.filters,
            ("All", "Changed since", "Not possible"),
            (sum(model.counts()) + model.stuck, model.conflicts, model.stuck),
            strict=True,
        ):
            button.setText(f"{name} {words.number(number)}")
            button.updateGeometry()
        self.filters[1].setEnabled(model.conflicts > 0)
        self.filters[2].setEnabled(model.stuck > 0)
        self._fit_filters()
        if task is None:
            self.summary.setText("Looking it up…")
            self.note.setText("")
            self.note_icon.hide()
            self.do.setText("Put back")
            return
        files = words.plural(model.picked_files, "file")
        self.do.setText(BUTTONS[task.kind][0].format(files if self._complete else "files"))
        self.do.updateGeometry()
        if not self._complete:
            total = words.plural(len(task.pasts), "file")
            self.summary.setText(f"Looking at the files: {words.number(self._done)} of {total}")
            self.note.setText("")
            return
        self._say(task)

    def _say(self, task: Task) -> None:
        model = self.model
        if model.picked_files:
            fields = sum(1 for number in model.by_field.values() if number)
            text = (
                f"{words.plural(model.changes, 'value')} in {words.plural(fields, 'field')} "
                f"of {words.plural(model.picked_files, 'file')} {WHAT[task.kind]}. A file that nobody else "
                "changed is byte for byte as before. This is a run of its own and can be undone."
            )
            if model.singly:
                text += FOLLOWS
        elif model.rowCount():
            text = "Nothing is checked." if model.left_out else "None of these files can be changed."
        elif task.kind is RunKind.REMOVE:
            text = "Nothing that this program wrote is in the files."
        else:
            text = "There is nothing to change."
        if self._noted:
            text += (
                f" {words.plural(self._noted, 'file')} carry marks that another computer wrote: these go, "
                "the values of their other fields stay, as what these were before is not known here."
            )
        self.summary.setText(text)
        parts = []
        if model.faults:
            parts.append(f"{words.plural(model.faults, 'file')} cannot be changed")
        if model.conflicts:
            were = "was" if model.conflicts == 1 else "were"
            parts.append(f"{words.plural(model.conflicts, 'value')} {were} changed since")
        if model.left_out:
            parts.append(f"{words.plural(model.left_out, 'file')} left out")
        self.note.setText("; ".join(parts))
        self.note_icon.setVisible(bool(model.faults or model.conflicts))
