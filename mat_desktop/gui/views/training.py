"""Training: the runs at the left, and one of them, or the form for a new one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from mat_desktop.app.trainings import Order
from mat_desktop.gui import icons, words
from mat_desktop.gui.models.trainings import ENTRY_ROLE, Entry, State, TrainingsModel
from mat_desktop.gui.theme import appearance, current, font, wider
from mat_desktop.gui.turns import InTurns
from mat_desktop.gui.views.training_form import TrainingForm
from mat_desktop.gui.views.training_run import RunView
from mat_desktop.gui.widgets.banner import Banners
from mat_desktop.gui.widgets.bar import Bar
from mat_desktop.gui.widgets.controls import Button, Line, Panel, Text
from mat_desktop.gui.widgets.delegates import elide, text_width
from mat_desktop.gui.widgets.fit import grown, more_lines, tall, two_line_row, two_lines
from mat_desktop.gui.widgets.gives_way import Stack
from mat_desktop.gui.widgets.nesting import nest
from mat_desktop.gui.widgets.painting import round_rect
from mat_desktop.gui.widgets.scrolled import BAR
from mat_desktop.gui.widgets.splitter import Splitter
from mat_desktop.gui.widgets.state_chip import LOOKS
from mat_desktop.gui.widgets.training_tables import TrainingTables
from mat_desktop.gui.widgets.views import ListView

Index = QModelIndex | QPersistentModelIndex
HEADING, RUN = 36, 32
PAD = 16
NEW = "New run…"
LEAST = 150
"""Pixels that the list of runs is wide at least, with letters of usual size."""

ROWS = 24
"""So high is the list at least, in rows, where facts on the run stand under it."""


class _Delegate(QStyledItemDelegate):
    def __init__(self, view: _Runs) -> None:
        super().__init__(view)
        self._view = view

    def _wide(self) -> int:
        """Pixels for a line of words, with or without a scroll bar: whether there is one depends on it."""
        return self._view.width() - BAR - 2 * PAD - _sign() - 8

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        entry: Entry = index.data(ENTRY_ROLE)
        if entry.training is None:
            return QSize(0, tall(HEADING, 12, 16))
        lines = len(_lines(entry, self._wide()))
        return QSize(0, tall(RUN) if lines == 1 else two_line_row(44) + more_lines(lines))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        t = current()
        entry: Entry = index.data(ENTRY_ROLE)
        rect: QRect = option.rect
        painter.save()
        if entry.training is None:
            painter.setFont(font(12, 600))
            painter.setPen(t.color("muted"))
            wide = rect.width() - 2 * PAD
            box = QRect(rect.x() + PAD, rect.y() + 6, wide, rect.height() - 8)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, elide(entry.title, wide, 12, 600))
            painter.restore()
            return
        here = self._view.currentIndex().row() == index.row()
        card = rect.adjusted(8, 1, -8, -1)
        if here:
            if self._view.in_view:
                round_rect(painter, card, 5, t.color("selection"))
            if self._view.hasFocus():
                round_rect(painter, card, 5, None, t.color("focus"), 2)
        icon, ink, _ = LOOKS[entry.state]
        size, left = grown(16), PAD + _sign() + 8
        y = rect.y() + (rect.height() - size) // 2
        if entry.state is State.DONE:
            icons.draw_filled(painter, icon, rect.x() + PAD, y, size, t.color(ink), t.color("surface"))
        else:
            icons.draw(painter, icon, rect.x() + PAD, y, size, t.color(ink))
        wide = rect.width() - left - PAD
        lines = _lines(entry, self._wide())
        if len(lines) == 1:
            boxes = [QRect(rect.x() + left, rect.y(), wide, rect.height())]
        else:
            over = more_lines(len(lines))
            first, second = two_lines(rect.adjusted(0, 0, 0, -over), left, wide)
            boxes = [first, *(second.translated(0, n * over) for n in range(len(lines) - 1))]
        middle = Qt.AlignmentFlag.AlignVCenter
        for number, ((text, word), box) in enumerate(zip(lines, boxes, strict=True)):
            if word:
                painter.setFont(font(12, figures=True))
                painter.setPen(t.color("danger" if entry.state is State.FAILED else "muted"))
                painter.drawText(box, middle | Qt.AlignmentFlag.AlignRight, word)
            letters = 12 if number else 13
            waits = number or entry.state in (State.WAITING, State.OPEN)
            painter.setFont(font(letters))
            painter.setPen(t.color("muted" if waits else "text"))
            room = box.width() - (_taken(word) if word else 0)
            painter.drawText(box, middle, _cut(text, room, letters))
        painter.restore()


def _sign() -> int:
    """Width of a state's icon."""
    return grown(16)


def _cut(text: str, wide: int, letters: int) -> str:
    """A title or note that keeps its end, as the time there may be all that tells two runs apart."""
    return QFontMetrics(font(letters)).elidedText(text, Qt.TextElideMode.ElideMiddle, wide)


def _taken(word: str) -> int:
    """Pixels that a word at the right takes from what is left of it."""
    return text_width(word, 12, 400) + 12


def _lines(entry: Entry, wide: int) -> list[tuple[str, str]]:
    """The lines of a run, each with what stands at its right: its state or figure stands in the first line
    that has room for it, as titles are told apart by their ends.
    """
    lines = [entry.title, *([entry.note] if entry.note else [])]
    word, taken = entry.word, _taken(entry.word)
    for place, text in enumerate(lines):
        if text_width(text, 12 if place else 13, 400) + taken <= wide:
            return [(line, word if n == place else "") for n, line in enumerate(lines)]
    return [*((line, "") for line in lines), ("", word)]


class _Runs(ListView):
    """``remove`` says that Delete was pressed on a run.

    ``in_view``: whether the current one is shown beside it, and not the form.
    """

    remove = Signal()
    in_view = True

    def show_in_view(self, on: bool) -> None:
        """Mark the current one, or none."""
        if on != self.in_view:
            self.in_view = on
            self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete, once for each press: a key that is held must not go from run to run."""
        if event.key() == Qt.Key.Key_Delete:
            if not event.isAutoRepeat() and self.currentIndex().isValid():
                self.remove.emit()
            return
        super().keyPressEvent(event)


class TrainingPage(Panel):
    """``chosen`` hands over the run that is looked at, or None.

    It is built when it is first shown, part after part, as together they take long. ``built`` says that all
    are there, ``shown`` from then on that it is in view.
    """

    built = Signal()
    shown = Signal()
    chosen = Signal(object)
    again = Signal()

    def __init__(self) -> None:
        super().__init__("surface")
        self.runs = TrainingsModel(self)
        self._showing, self._first, self._follows = False, True, False
        self._begun = self._complete = False
        self._waiting: list[Callable[[], object]] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        holder = Splitter(Qt.Orientation.Horizontal)
        holder.addWidget(self._side())
        self.stack = Stack()
        self.stack.addWidget(Panel("surface"))
        self.missing = self._missing()
        self.stack.addWidget(self.missing)
        holder.addWidget(self.stack)
        holder.setStretchFactor(0, 0)
        holder.setStretchFactor(1, 1)
        holder.beside(256, 0.3)
        layout.addWidget(holder, 1)
        self.banners = Banners()
        layout.addWidget(self.banners)
        self._lacking = False

    @cached_property
    def form(self) -> TrainingForm:
        """For a new run."""
        form = TrainingForm()
        self.stack.addWidget(form)
        form.left.connect(self.leave_form)
        return form

    @cached_property
    def _tables(self) -> TrainingTables:
        return TrainingTables()

    @cached_property
    def run(self) -> RunView:
        """The one that is looked at."""
        run = RunView(self._tables)
        self.stack.addWidget(run)
        run.left.connect(self.list.setFocus)
        return run

    def when_built(self, do: Callable[[], object]) -> None:
        """Do something as soon as all parts are there."""
        if self._complete:
            do()
        else:
            self._waiting.append(do)

    def _side(self) -> QWidget:
        box = Panel("bg")
        self._box = box
        self._widen()
        appearance.changed.connect(self._widen)
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        bar = Bar(left=16, right=8)
        box.installEventFilter(self)
        bar.row.addWidget(Text("Training", size=16, weight=600, elide=True), 1)
        self.new = Button(NEW, "plus")
        self.new.setAccessibleName(NEW)
        self.new.clicked.connect(self.show_form)
        bar.row.addWidget(self.new)
        column.addWidget(bar)
        self._caption = Text("validation ROC-AUC, kept epoch", size=12, token="muted")
        self._caption.setWordWrap(True)
        self._caption.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._caption.setContentsMargins(PAD, 8, PAD, 0)
        column.addWidget(self._caption)
        self.list = _Runs()
        self.list.setModel(self.runs)
        self.list.setAccessibleName("Runs")
        self.list.setItemDelegate(_Delegate(self.list))
        self.list.setResizeMode(QListView.ResizeMode.Adjust)  # how many lines a run has depends on it
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.selectionModel().currentChanged.connect(lambda now, _: self._picked(now.row()))
        self.list.clicked.connect(lambda index: self._picked(index.row()))
        self.list.remove.connect(lambda: self.run.delete_action.trigger())
        self._paint_list()
        appearance.changed.connect(self._paint_list)
        column.addWidget(self.list, 1)
        self.empty = Text("Reading runs…", token="faint")
        self.list.hide()
        self._caption.hide()
        self.empty.setContentsMargins(16, 12, 16, 12)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignTop)
        column.addWidget(self.empty, 1)
        line = QHBoxLayout()
        line.setContentsMargins(16, 0, 16, 0)
        self._line = Line()
        line.addWidget(self._line)
        nest(column, line)
        self.about = Text(size=12, token="muted", figures=True)
        self.about.setWordWrap(True)
        self.about.setContentsMargins(16, 12, 16, 12)
        column.addWidget(self.about)
        return box

    def _widen(self) -> None:
        """Larger letters need more room."""
        self._box.setMinimumWidth(LEAST + (wider(LEAST) - LEAST) * 6 // 10)
        self._box.setMaximumWidth(wider(400))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Where the heading has no room beside its words, the button is its sign alone."""
        if watched is self._box and event.type() is QEvent.Type.Resize:
            self._show_about()
            room = self._box.width() - text_width("Training", 16, 600) - text_width(NEW, 13, 500)
            text = NEW if room >= wider(72) else ""
            if text != self.new.text():
                self.new.setText(text)
                self.new.setToolTip("" if text else NEW)
        return super().eventFilter(watched, event)

    def _show_about(self) -> None:
        """Facts on the run, where they leave room for the list; its title has them too."""
        shown = bool(self.about.text()) and self._box.height() >= ROWS * tall(28)
        self.about.setVisible(shown)
        self._line.setVisible(shown)

    def _paint_list(self) -> None:
        self.list.setStyleSheet(f"QListView {{ background: {current().bg}; }}")
        self.list.viewport().update()

    def _missing(self) -> QWidget:
        box = Panel("surface")
        column = QVBoxLayout(box)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(12)
        column.addStretch(1)
        title = Text("Training cannot be started yet", size=16, weight=600)
        title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(title)
        self.lacks = Text(token="muted")
        self.lacks.setWordWrap(True)
        self.lacks.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.lacks.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        column.addWidget(self.lacks)
        retry = Button("Try again", "rotate-ccw")
        retry.clicked.connect(self.again)
        column.addWidget(retry, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(2)
        return box

    # what is shown

    def showEvent(self, event: QShowEvent) -> None:
        """Runs may have come to an end since."""
        super().showEvent(event)
        if self._complete:
            self.shown.emit()
        elif not self._begun:
            self._begun = True
            InTurns(self, [lambda: self.form, lambda: self._tables, lambda: self.run, self._end])

    def _end(self) -> None:
        self._complete = True
        self.built.emit()
        for do in self._waiting:
            do()
        self.shown.emit()

    def show_runs(self, lines: Sequence[Entry]) -> None:
        """All runs anew; the one that is looked at stays."""
        entry = self.runs.entry(self.list.currentIndex().row())
        key = entry.key if entry is not None and entry.training is not None else None
        self._showing = True
        self.runs.show(lines)
        place = self.runs.place(key) if key is not None else -1
        self.list.setCurrentIndex(self.runs.index(place) if place >= 0 else QModelIndex())
        self._showing = False
        has = self.runs.first() >= 0
        self.empty.setText("No runs yet")
        self.empty.setVisible(not has)
        self.list.setVisible(has)
        self._caption.setVisible(any(entry.figure is not None for entry in lines))
        self.form.can_leave(has)
        first, self._first = self._first, False
        running = self.runs.running()
        if self._follows and running not in (-1, place) and self.stack.currentWidget() is self.run:
            self.look_at(running, focus=False)  # in a table another row has its turn
        elif place >= 0 and self.stack.currentWidget() is self.run:
            self._current(place)
        elif has and first:
            self.look_at(running if running >= 0 else self.runs.latest(), focus=False)
        elif not has or self.stack.currentWidget() is self.run:  # what was looked at is gone
            self.show_form(focus=False)

    def look_at(self, place: int, *, focus: bool = True) -> None:
        """Show a run by its place in the list; the form where there is none."""
        if self.runs.entry(place) is None:
            self.show_form()
            return
        self.list.setCurrentIndex(self.runs.index(place))
        self._current(place)
        if focus:
            self.list.setFocus()

    def look_for(self, training: str) -> None:
        """Show a training by its name: of a table the row that is trained, else the first."""
        lines = [self.runs.entry(place) for place in range(self.runs.rowCount())]
        found = [line.training.id if line and line.training else "" for line in lines]
        places = [place for place, name in enumerate(found) if name == training]
        if places:
            running = self.runs.running()
            self.look_at(running if running in places else places[0])

    def follow(self) -> None:
        """Show what is trained, from the next time on that the runs are shown, until another is chosen."""
        self._follows = True

    def show_form(self, *, focus: bool = True) -> None:
        """What a new run is told."""
        self._first = self._follows = False
        self.stack.setCurrentWidget(self.missing if self._lacking else self.form)
        self.list.show_in_view(False)
        self.about.setText("")
        self._show_about()
        self.chosen.emit(None)
        if focus:
            self.form.first.setFocus()

    def leave_form(self) -> bool:
        """Back to the run that was looked at; says whether the form was in view and there is a run."""
        if not self._complete or self.stack.currentWidget() is self.run or self.runs.first() < 0:
            return False
        self.look_at(self._place())
        return True

    def show_lack(self, reason: str) -> None:
        """Nothing can be trained on this computer; empty: it can."""
        self._lacking = bool(reason)
        self.lacks.setText(reason)
        if self.stack.currentWidget() in (self.form, self.missing):
            self.stack.setCurrentWidget(self.missing if reason else self.form)

    def _place(self) -> int:
        place = self.list.currentIndex().row()
        return place if self.runs.entry(place) is not None else self.runs.first()

    def _picked(self, place: int) -> None:
        entry = self.runs.entry(place)
        if not self._showing and entry is not None:
            self._follows = entry.runs
        self._current(place)

    def _current(self, place: int) -> None:
        entry = self.runs.entry(place)
        if self._showing or entry is None or entry.training is None:
            return
        self.stack.setCurrentWidget(self.run)
        self.list.show_in_view(True)
        order = entry.training.order
        lines = [order.data] if order.data else []
        if entry.note:
            lines.append(entry.note.rpartition(", ")[0])
        if order.clips:
            train, valid, test = (_clips(order, split) for split in ("train", "valid", "test"))
            lines.append(f"{train} train · {valid} validation")
            lines.append(f"{test} test clips · {words.plural(order.tags, 'tag')}")
        begun = datetime.fromtimestamp(entry.training.started).astimezone()
        lines.append(f"started {begun:%Y-%m-%d %H:%M}")
        text = "\n".join(filter(None, lines))
        self.about.setText(text)
        self._show_about()
        self.chosen.emit(entry)
        self.run.title.setToolTip(f"{entry.title}\n{text}")


def _clips(order: Order, split: str) -> str:
    """How many clips of a split are used, and of how many where that is not all."""
    there = order.clips.get(split, 0)
    used = order.used(split)
    return words.number(used) if used == there else f"{words.number(used)} of {words.number(there)}"
