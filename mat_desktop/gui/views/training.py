"""Training: the runs at the left, and one of them, or the form for a new one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListView,
    QStackedWidget,
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
from mat_desktop.gui.views.training_run import LOOKS, RunView
from mat_desktop.gui.widgets.banner import Banners
from mat_desktop.gui.widgets.bar import Bar
from mat_desktop.gui.widgets.controls import Button, Line, Panel, Text
from mat_desktop.gui.widgets.delegates import elide, text_width
from mat_desktop.gui.widgets.fit import tall, two_line_row, two_lines
from mat_desktop.gui.widgets.painting import round_rect
from mat_desktop.gui.widgets.splitter import Splitter
from mat_desktop.gui.widgets.training_tables import TrainingTables

Index = QModelIndex | QPersistentModelIndex
HEADING, RUN = 36, 32
PAD = 16
NEW = "New run…"


class _Delegate(QStyledItemDelegate):
    def __init__(self, view: QListView) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        entry: Entry = index.data(ENTRY_ROLE)
        if entry.training is None:
            return QSize(0, tall(HEADING, 12, 16))
        return QSize(0, two_line_row(44) if entry.note else tall(RUN))

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
            round_rect(painter, card, 5, t.color("selection"))
            if self._view.hasFocus():
                round_rect(painter, card, 5, None, t.color("focus"), 2)
        icon, ink, _ = LOOKS[entry.state]
        y = rect.y() + (rect.height() - 16) // 2
        if entry.state is State.DONE:
            icons.draw_filled(painter, icon, rect.x() + PAD, y, 16, t.color(ink), t.color("surface"))
        else:
            icons.draw(painter, icon, rect.x() + PAD, y, 16, t.color(ink))
        word = entry.word
        taken = text_width(word, 12, 400) + 4
        painter.setFont(font(12, figures=True))
        painter.setPen(t.color("danger" if entry.state is State.FAILED else "muted"))
        middle = Qt.AlignmentFlag.AlignVCenter
        inner = rect.adjusted(PAD, 0, -PAD, 0)
        painter.drawText(inner, middle | Qt.AlignmentFlag.AlignRight, word)
        wide = inner.width() - 24 - taken - 8
        painter.setFont(font(13))
        painter.setPen(t.color("muted" if entry.state in (State.WAITING, State.OPEN) else "text"))
        if entry.note:
            first, second = two_lines(rect, PAD + 24, wide)
            painter.drawText(first, middle, elide(entry.title, wide, 13))
            painter.setFont(font(12))
            painter.setPen(t.color("muted"))
            painter.drawText(second, middle, elide(entry.note, wide, 12))
        else:
            painter.drawText(inner.adjusted(24, 0, 0, 0), middle, elide(entry.title, wide, 13))
        painter.restore()


class _Runs(QListView):
    """``remove`` says that Delete was pressed on a run."""

    remove = Signal()

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
        self._showing, self._first = False, True
        self._begun = self._complete = False
        self._waiting: list[Callable[[], object]] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.banners = Banners()
        layout.addWidget(self.banners)
        holder = Splitter(Qt.Orientation.Horizontal)
        holder.addWidget(self._side())
        self.stack = QStackedWidget()
        self.stack.addWidget(Panel("surface"))
        self.missing = self._missing()
        self.stack.addWidget(self.missing)
        holder.addWidget(self.stack)
        holder.setStretchFactor(0, 0)
        holder.setStretchFactor(1, 1)
        holder.setSizes([256, 1112])
        layout.addWidget(holder, 1)
        self._lacking = False

    @cached_property
    def form(self) -> TrainingForm:
        """For a new run."""
        form = TrainingForm()
        self.stack.addWidget(form)
        form.left.connect(lambda: self.look_at(self._place()))
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
        self._caption = Text("validation ROC-AUC", size=12, token="muted")
        self._caption.setWordWrap(True)
        self._caption.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._caption.setContentsMargins(PAD, 8, PAD, 0)
        column.addWidget(self._caption)
        self.list = _Runs()
        self.list.setModel(self.runs)
        self.list.setAccessibleName("Runs")
        self.list.setItemDelegate(_Delegate(self.list))
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.list.selectionModel().currentChanged.connect(lambda now, _: self._current(now.row()))
        self.list.clicked.connect(lambda index: self._current(index.row()))
        self.list.remove.connect(lambda: self.run.delete_action.trigger())
        self._paint_list()
        appearance.changed.connect(self._paint_list)
        column.addWidget(self.list, 1)
        self.empty = Text("No runs yet", token="faint")
        self.empty.setContentsMargins(16, 12, 16, 12)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignTop)
        column.addWidget(self.empty, 1)
        line = QHBoxLayout()
        line.setContentsMargins(16, 0, 16, 0)
        self._line = Line()
        line.addWidget(self._line)
        column.addLayout(line)
        self.about = Text(size=12, token="muted", figures=True)
        self.about.setWordWrap(True)
        self.about.setContentsMargins(16, 12, 16, 12)
        column.addWidget(self.about)
        return box

    def _widen(self) -> None:
        """Larger letters need more room."""
        self._box.setMinimumWidth(180 + (wider(180) - 180) * 6 // 10)
        self._box.setMaximumWidth(wider(400))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Where the heading has no room beside its words, the button is its sign alone."""
        if watched is self._box and event.type() is QEvent.Type.Resize:
            room = self._box.width() - text_width("Training", 16, 600) - text_width(NEW, 13, 500)
            text = NEW if room >= wider(72) else ""
            if text != self.new.text():
                self.new.setText(text)
                self.new.setToolTip("" if text else NEW)
        return super().eventFilter(watched, event)

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
        self.empty.setVisible(not has)
        self.list.setVisible(has)
        self._caption.setVisible(has)
        self.form.can_leave(has)
        first, self._first = self._first, False
        if place >= 0 and self.stack.currentWidget() is self.run:
            self._current(place)
        elif has and first:
            self.look_at(self.runs.first(), focus=False)
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
        """Show a training by its name."""
        for place in range(self.runs.rowCount()):
            entry = self.runs.entry(place)
            if entry is not None and entry.training is not None and entry.training.id == training:
                self.look_at(place)
                return

    def show_form(self, *, focus: bool = True) -> None:
        """What a new run is told."""
        self._first = False
        self.stack.setCurrentWidget(self.missing if self._lacking else self.form)
        self.about.setText("")
        self._line.hide()
        self.chosen.emit(None)
        if focus:
            self.form.first.setFocus()

    def show_lack(self, reason: str) -> None:
        """Nothing can be trained on this computer; empty: it can."""
        self._lacking = bool(reason)
        self.lacks.setText(reason)
        if self.stack.currentWidget() in (self.form, self.missing):
            self.stack.setCurrentWidget(self.missing if reason else self.form)

    def _place(self) -> int:
        place = self.list.currentIndex().row()
        return place if self.runs.entry(place) is not None else self.runs.first()

    def _current(self, place: int) -> None:
        entry = self.runs.entry(place)
        if self._showing or entry is None or entry.training is None:
            return
        self.stack.setCurrentWidget(self.run)
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
        self.about.setText("\n".join(filter(None, lines)))
        self._line.show()
        self.chosen.emit(entry)


def _clips(order: Order, split: str) -> str:
    """How many clips of a split are used, and of how many where that is not all."""
    there = order.clips.get(split, 0)
    used = min(there, order.most_clips or there)
    return words.number(used) if used == there else f"{words.number(used)} of {words.number(there)}"
