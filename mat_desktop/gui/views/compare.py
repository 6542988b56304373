"""Another model against the one in use: what stays, comes and goes on the user's own tracks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from mat_desktop.gui import words
from mat_desktop.gui.models.comparison import TAGS, TRACKS, key_of, tag_rows, track_rows
from mat_desktop.gui.models.figures import CELL_ROLE, Cell, FiguresModel
from mat_desktop.gui.widgets.controls import Button, Line, Link, Panel, Text
from mat_desktop.gui.widgets.drop_down import Combo
from mat_desktop.gui.widgets.figures import Figures
from mat_desktop.gui.widgets.fit import KeepWithin
from mat_desktop.gui.widgets.job_bar import Progress
from mat_desktop.gui.widgets.nesting import nest
from mat_desktop.gui.widgets.splitter import Splitter

if TYPE_CHECKING:
    from mat_desktop.app.compare import Comparison, Differences

Index = QModelIndex | QPersistentModelIndex

MOST_TRACKS = 500
"""Tracks in the list; the biggest changes say what there is to know."""

OFFER = QSize(480, 56)
"""Three lines of text."""

SCOPES = {"sample": "A sample of {}", "selected": "The {} selected", "all": "All {}"}


class ComparePage(Panel):
    """``picked`` names a choice of tracks, ``use`` a model, ``chosen`` the path of a track to look at."""

    back = Signal()
    start = Signal()
    stop = Signal()
    use = Signal(str)
    picked = Signal(str)
    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__("surface")
        self._name = self._present = self._tag = ""
        self._every_note: Sequence[str] = ()
        self._ready = False
        self._differences: Differences | None = None
        self._title: Callable[[Path], str] = str
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        nest(layout, self._head())
        self.conclusion = Text(size=13, weight=600)
        self.summary = Text(size=13)
        self.notes = Text(size=12, token="muted")
        for text in (self.conclusion, self.summary, self.notes):
            text.setContentsMargins(24, 0, 24, 4)
            text.setWordWrap(True)
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            layout.addWidget(text)
        layout.addWidget(self._going())
        layout.addSpacing(8)
        self._body = QStackedLayout()
        nest(layout, self._body, 1)  # first: it shows what it gets, which would be a window of its own
        self._body.addWidget(self._before())
        self._body.addWidget(self._tables())

    def _head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setContentsMargins(16, 12, 16, 8)
        head.setSpacing(8)
        self.back_button = Button("Back", "chevron-left", kind="flat", tip="Back (Esc)")
        self.back_button.clicked.connect(self.back)
        self.title = Text(size=16, weight=600, elide=True)
        self.title.setMinimumHeight(24)
        self.scope = Combo()
        self.scope.setAccessibleName("Tracks that are compared")
        self.scope.setMinimumWidth(120)
        self.scope.setSizeAdjustPolicy(Combo.SizeAdjustPolicy.AdjustToContents)
        self.scope.activated.connect(lambda _: self.picked.emit(str(self.scope.currentData())))
        self.use_button = Button("Use this model", "check")
        self.use_button.clicked.connect(lambda: self.use.emit(self._name))
        head.addWidget(self.back_button)
        head.addWidget(self.title, 1)
        head.addWidget(self.scope)
        head.addWidget(self.use_button)
        return head

    def _going(self) -> QWidget:
        self.going = QWidget()
        row = QHBoxLayout(self.going)
        row.setContentsMargins(24, 4, 16, 0)
        row.setSpacing(8)
        self.progress = Progress(240)
        self.pace = Text(size=12, token="muted", figures=True)
        self.stop_button = Button("Stop", "x", height=28)
        self.stop_button.clicked.connect(self.stop)
        self.go_on = Button("Go on", "play", height=28)
        self.go_on.clicked.connect(self.start)
        row.addWidget(self.progress)
        row.addWidget(self.pace, 1)
        row.addWidget(self.stop_button)
        row.addWidget(self.go_on)
        self.going.hide()
        return self.going

    def _before(self) -> QWidget:
        box = QWidget()
        layout = QVBoxLayout(box)
        layout.setContentsMargins(24, 8, 24, 24)
        layout.setSpacing(16)
        self.offer = Text(token="muted")
        self.offer.setWordWrap(True)
        self.offer.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.offer.setMinimumHeight(OFFER.height())
        self.offer.setMinimumWidth(200)
        KeepWithin(self.offer, OFFER.width())
        self.start_button = Button("Compare", "play", kind="primary")
        self.start_button.clicked.connect(self.start)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.offer, 100)
        row.addStretch(1)
        layout.addStretch(2)
        nest(layout, row)
        layout.addWidget(self.start_button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)
        return box

    def _tables(self) -> QWidget:
        self.tags, self.tracks = FiguresModel(TAGS, self), FiguresModel(TRACKS, self)
        self.tag_table = _Table(self.tags, "Differences by tag")
        self.tag_table.moved.connect(self._look_at_tag)
        self.tag_table.chosen.connect(self._look_at_tag)
        self.track_table = _Table(self.tracks, "Tracks with changes")
        self.track_table.chosen.connect(self.chosen)
        self.listed = Text(weight=600, elide=True)
        self.every = Link("All tracks")
        self.every.clicked.connect(self._look_at_all)
        self.more = Text(size=12, token="muted")
        self.more.setContentsMargins(24, 4, 24, 8)
        self.table_says = Text(size=12, token="muted")
        self.table_says.setContentsMargins(24, 0, 16, 8)
        self.table_says.setWordWrap(True)
        left, right = Panel("surface"), Panel("surface")
        for box, top, table in (
            (left, [Text("By tag", weight=600)], self.tag_table),
            (right, [self.listed, self.every], self.track_table),
        ):
            layout = QVBoxLayout(box)
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)
            row = QHBoxLayout()
            row.setContentsMargins(24, 8, 16, 4)
            for number, widget in enumerate(top):
                widget.setMinimumHeight(24)
                row.addWidget(widget, 0 if number else 1)
            layout.addWidget(Line())
            nest(layout, row)
            if table is self.tag_table:
                layout.addWidget(self.table_says)
            layout.addWidget(table, 1)
            if table is self.track_table:
                layout.addWidget(self.more)
        both = Splitter(Qt.Orientation.Horizontal)
        both.addWidget(left)
        both.addWidget(right)
        both.setSizes([580, 560])
        left.setMinimumWidth(280)
        right.setMinimumWidth(220)
        return both

    # what is shown

    def open(self, comparison: Comparison, title: Callable[[Path], str]) -> None:
        """Two models, of which nothing is known yet.

        :param title: what a track is called
        """
        self._name, self._present, self._title = comparison.name, comparison.present_name, title
        self.title.setText(f"“{comparison.name}” against “{comparison.present_name}”, which is in use")
        self._every_note = comparison.notes
        self._show_notes(self._every_note)
        self.summary.hide()
        self.conclusion.hide()
        self.offer.setText("")
        self._ready = False
        self.scope.setEnabled(False)
        self._body.setCurrentIndex(0)
        self.show_progress(None, "")
        self.back_button.setFocus()

    def _show_notes(self, notes: Sequence[str]) -> None:
        self.notes.setText(" ".join(notes))
        self.notes.setVisible(bool(notes))

    def offer_tracks(self, sizes: Mapping[str, int], scope: str, tracks: int, heard: int) -> None:
        """Which tracks can be compared, and how many the other model has yet to listen to."""
        self.scope.clear()
        for name, text in SCOPES.items():
            if sizes.get(name):
                size = sizes[name]
                count = words.plural(size, "track") if name != "all" or size != 1 else "tracks"
                self.scope.addItem(text.format(count), name)
        self.scope.setCurrentIndex(max(0, self.scope.findData(scope)))
        self.scope.setEnabled(self.scope.count() > 0)
        self._body.setCurrentIndex(0)
        self.summary.hide()
        self.conclusion.hide()
        self._ready = tracks > 0
        self.start_button.setVisible(self._ready)
        if self._ready and self.back_button.hasFocus():
            self.start_button.setFocus()
        if not tracks:
            self.offer.setText(f"“{self._present}” has heard no track yet. Let it listen to some first.")
            return
        what = words.plural(tracks, "track")
        if heard:
            what = f"{words.number(tracks - heard)} of these {what} that it has not heard yet"
        self.offer.setText(
            f"“{self._name}” listens to {what}, in a process of its own. Nothing is written, and "
            f"“{self._present}” stays in use."
        )

    def show_differences(self, differences: Differences, failed: int) -> None:
        """What is known so far."""
        self._differences = differences
        text = differences.summary
        if failed:
            text += f" {words.plural(failed, 'track')} could not be compared; the activity panel says why."
        self.summary.setText(text)
        self.summary.show()
        self.conclusion.setText(differences.conclusion)
        self.conclusion.setVisible(bool(differences.conclusion))
        self._show_notes([note for note in self._every_note if not differences.repeats(note)])
        self.table_says.setText(differences.TABLE)
        self._body.setCurrentIndex(1)
        tag = self._tag
        self.tag_table.renew(tag_rows(differences.by_tag()))
        self._mark(tag)
        self._show_tracks()

    def show_progress(self, share: float | None, pace: str) -> None:
        """How far the comparison is; where none is under way, ``pace`` says what is left."""
        goes = share is not None
        had = next((b for b in (self.start_button, self.stop_button, self.go_on) if b.hasFocus()), None)
        self.going.setVisible(goes or bool(pace))
        for widget in (self.progress, self.stop_button):
            widget.setVisible(goes)
        self.go_on.setVisible(not goes)
        self.start_button.setVisible(self._ready and not goes)
        self.progress.set(share)
        self.pace.setText(pace)
        self.progress.setAccessibleDescription(pace)
        if had is not None and not had.isVisible():
            # Not to Stop: a second press of the key that started it would stop it at once.
            started = self.scope if self._differences is None else self.tag_table
            (started if goes else self.go_on if pace else self.tag_table).setFocus()

    def _mark(self, tag: str) -> None:
        place = _place(self.tags, tag)
        self._tag = tag if place >= 0 else ""
        self.tag_table.mark(place)

    def _look_at_tag(self, name: str) -> None:
        self._mark(name)
        self._show_tracks()

    def _look_at_all(self) -> None:
        self._mark("")
        self.tag_table.setCurrentIndex(QModelIndex())
        self._show_tracks()
        self.track_table.setFocus()

    def _show_tracks(self) -> None:
        found = self._differences
        if found is None:
            return
        tag, count = self._tag, found.changed(self._tag)
        name = f" where “{found.shown([tag])[0]}” comes or goes" if tag else " with changes"
        self.listed.setText(f"{words.plural(count, 'track')}{name}")
        self.every.setVisible(bool(tag))
        shown = found.biggest(MOST_TRACKS, tag)
        self.track_table.renew(track_rows(shown, found, self._title))
        self.more.setText(f"The {words.number(len(shown))} biggest changes are shown.")
        self.more.setVisible(count > len(shown))


class _Table(Figures):
    """``moved`` names the tag or track that the user went to, ``chosen`` one that was entered.

    Getting the focus alone goes to none, though Qt makes the first row the current one then.
    """

    moved = Signal(object)
    chosen = Signal(object)

    def __init__(self, figures: FiguresModel, name: str) -> None:
        self._still = True
        super().__init__(figures, name)
        self._still = False
        self.doubleClicked.connect(lambda _: self.chosen.emit(self._here()))

    def renew(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Other rows, while somebody may be looking at one of them."""
        here = self._here()
        self.figures.show(rows)
        place = _place(self.figures, here)
        if place >= 0:
            self._still = True
            self.setCurrentIndex(self.figures.index(place, 0))
            self._still = False

    def _here(self) -> str | Path:
        return key_of(self.currentIndex().siblingAtColumn(0).data(CELL_ROLE))

    def currentChanged(self, current: Index, previous: Index) -> None:
        """By keys or a click."""
        super().currentChanged(current, previous)
        if not self._still and self._here():
            self.moved.emit(self._here())

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Nothing was chosen by that."""
        self._still = True
        super().focusInEvent(event)
        self._still = False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter chooses, as a double click does."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._here():
            self.chosen.emit(self._here())
            return
        super().keyPressEvent(event)


def _place(figures: FiguresModel, key: object) -> int:
    """Where a tag or a track stands, -1 where it does not."""
    if not key:
        return -1
    return next((place for place, row in enumerate(figures.rows()) if key_of(row[0]) == key), -1)
