"""The library: sidebar, table, pictures of the track in view, and its tags."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, QSettings, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget

from mat_desktop.domain.scores import Verdict
from mat_desktop.domain.tags import Field
from mat_desktop.gui import words
from mat_desktop.gui.bridge import Bridge
from mat_desktop.gui.models.arrange import ranges
from mat_desktop.gui.models.columns import silent_note, why_no_tags
from mat_desktop.gui.models.row import Row, State
from mat_desktop.gui.models.tracks import TracksModel
from mat_desktop.gui.operations.look import Look
from mat_desktop.gui.operations.play import Play
from mat_desktop.gui.services import Services
from mat_desktop.gui.views.library_filter import LibraryFilter
from mat_desktop.gui.views.several_tracks import SeveralTracks
from mat_desktop.gui.widgets.banner import Banners
from mat_desktop.gui.widgets.bar import Bar
from mat_desktop.gui.widgets.controls import Button, Panel
from mat_desktop.gui.widgets.delegates import TrackTable
from mat_desktop.gui.widgets.dock import SHORT, Dock
from mat_desktop.gui.widgets.gives_way import Stack
from mat_desktop.gui.widgets.painting import key_text
from mat_desktop.gui.widgets.pane import Pane
from mat_desktop.gui.widgets.search_bar import Comparison, QueryProblem
from mat_desktop.gui.widgets.search_field import SearchField
from mat_desktop.gui.widgets.sidebar import Sidebar
from mat_desktop.gui.widgets.splitter import Splitter
from mat_desktop.gui.widgets.table_or_note import TableOrNote
from mat_desktop.gui.widgets.track_columns import TrackColumns
from mat_desktop.gui.work import Work

if TYPE_CHECKING:
    from mat_desktop.gui.widgets.spectrogram import Spectrogram

FIELDS = (Field.GENRE, Field.MOOD, Field.INSTRUMENT, Field.VOICE, Field.GROUPING)
"""Fields that have a block in the pane, where some tag is written into them."""

READING = "Reading…"
"""In the place of pictures that come."""

NO_MODEL = "The model cannot be used: choose another one on the Models page"
"""Why nothing can be listened to."""


class Library(QWidget):
    """The page. The window gives it work to do and asks it what is selected."""

    listen_to = Signal(object)
    selection_changed = Signal()
    stepped = Signal(int)
    tags_shown = Signal(bool)
    changes_shown = Signal(object, str)
    decided = Signal(object, object)
    policy_picked = Signal(object, object)
    shift_picked = Signal(float)

    def __init__(self, services: Services, bridge: Bridge, model: TracksModel) -> None:
        super().__init__()
        self._services = services
        self.tracks = model
        self.row: Row | None = None
        self.look = Look(services, bridge)
        self._dock_sizes: list[int] = []
        self._unfolded: list[int] = []
        self._came_first: Row | None = None
        self._last: Path | None = None
        self._hidden: Path | None = None
        self._scrolled = False
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.outer = Splitter(Qt.Orientation.Horizontal)
        layout.addWidget(self.outer)
        self.sidebar = Sidebar()
        self.outer.addWidget(self.sidebar)
        self.right = Stack()
        self.outer.addWidget(self.right)
        self.inner = Splitter(Qt.Orientation.Horizontal)
        self.beside: QWidget | None = None
        """What stands in the place of the pane for a while."""
        self.right.addWidget(self.inner)
        self.inner.addWidget(self._centre())
        self.pane = Pane(FIELDS, services.policies)
        self.pane.question.add.set_scheme(services.scheme)
        self.inner.addWidget(self.pane)
        self.several = SeveralTracks(services, bridge, model, self.table, self.pane)
        self.filter = LibraryFilter(
            services, bridge, model, self, self.sidebar, self.search, self.problem, self.listing
        )
        self.outer.setStretchFactor(0, 0)
        self.outer.setStretchFactor(1, 1)
        self.inner.setStretchFactor(0, 1)
        self.inner.setStretchFactor(1, 0)
        self._sized = False
        for splitter in (self.outer, self.inner, self.middle):
            splitter.splitterMoved.connect(self._moved)
        self.dock.tab_after(self.table)
        self.player = Play(self.dock.player)
        self._connect()
        self._show(None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The size decides how wide the parts are, until someone moves their edges."""
        super().resizeEvent(event)
        short = event.size().height() < SHORT
        self.listing.setMinimumHeight(60 if short else 120)
        if not self._sized:
            wide = event.size().width()
            side, pane = (200, 384) if wide >= 1300 else (176, 340)
            self.outer.setSizes([side, wide - side])
            self.inner.setSizes([wide - side - pane, pane])
            high = event.size().height()
            self.middle.setSizes([414, 404] if high >= 800 else [300, 330] if not short else [80, 180])

    def _moved(self) -> None:
        self._sized = True

    def _centre(self) -> QWidget:
        box = Panel("surface")
        box.setMinimumWidth(300)
        layout = QVBoxLayout(box)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        bar = Bar(16, 16)
        tools = bar.row
        self.search = SearchField("Search, or ask: guitar > 0.2", key_text("Ctrl+F"))
        self.to_sidebar = Button(icon="panel-left", kind="flat", tip=f"Sidebar ({key_text('Ctrl+B')})")
        self.to_pane = Button(
            icon="panel-right", kind="flat", tip=f"Tags of the track ({key_text('Ctrl+R')})"
        )
        tools.addWidget(self.to_sidebar)
        tools.addWidget(self.search, 1)
        self.add = Button("Add folder…", "folder")
        self.listen = Button("Listen", "ear", key=key_text("Shift+L"))
        self.more = Button(icon="ellipsis", kind="flat", tip="More")
        for button in (self.add, self.listen, self.more, self.to_pane):
            tools.addWidget(button)
        for button in (self.to_sidebar, self.to_pane):
            button.hide()
        bar.give_way(self.add, self.listen)
        layout.addWidget(bar)
        self.problem = QueryProblem()
        layout.addWidget(self.problem)
        self.comparison = Comparison()
        layout.addWidget(self.comparison)
        self.middle = Splitter(Qt.Orientation.Vertical)
        layout.addWidget(self.middle, 1)
        self.table = TrackTable(self.tracks)
        self.columns = TrackColumns(self.table)
        self.listing = TableOrNote(self.table)
        self.banners = Banners()
        self.banners.tab_after(self.table)
        self.banners.changing.connect(self.table.keep_place)
        self.banners.changing.connect(self._fit_dock)
        listed = QWidget()
        rows = QVBoxLayout(listed)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.listing, 1)
        rows.addWidget(self.banners)  # under the rows: what is under the mouse stays there
        self.middle.addWidget(listed)
        self.dock = Dock()
        self.middle.addWidget(self.dock)
        self.middle.setStretchFactor(0, 1)
        self.middle.setStretchFactor(1, 0)
        return box

    def _connect(self) -> None:
        self.tracks.arranged.connect(self._arranged)
        # Of the user only: Qt moves it too, as when it lays out rows that came.
        self.table.verticalScrollBar().actionTriggered.connect(self._user_scrolled)
        self.search.returnPressed.connect(self._searched)
        self.search.left.connect(self.table.setFocus)
        self.table.selectionModel().currentRowChanged.connect(lambda now, _: self._now_at(now))
        self.table.selectionModel().selectionChanged.connect(self._selected)
        self.table.clicked.connect(self._chosen_again)
        self.table.doubleClicked.connect(lambda _: self.player.start())
        self.table.entered_row.connect(self.player.start)
        self.tracks.rows_changed.connect(self._rows_changed)
        self.tracks.refreshed_all.connect(self._all_changed)
        self.tracks.counted.connect(self._counted)
        self.pane.question.decided.connect(self._decide)
        self.several.over.connect(self._one_again)
        self.pane.shift_changed.connect(self._shift)
        self.pane.policy_picked.connect(self.policy_picked)
        self.pane.listen.connect(self._listen)
        self.pane.no_tag.left.connect(self.table.setFocus)
        self.pane.scores.selectionModel().currentChanged.connect(lambda *_: self._light())
        bar = self.dock.player
        bar.previous.clicked.connect(lambda: self._bar_stepped(-1))
        bar.next.clicked.connect(lambda: self._bar_stepped(1))
        bar.name.clicked.connect(self._look_at_played)
        self.table.seek.connect(self.player.skip)
        self.dock.player.overview.skip.connect(self.player.skip)
        self.player.moved.connect(self._playhead)
        self.look.refused.connect(self.show_changes)
        self.look.begun.connect(lambda: self.dock.set_note(READING))
        self.look.drawing.connect(self.dock.set_part)
        self.look.drawn.connect(self.dock.set_picture)
        self.look.neighbours = self._neighbours
        self.look.not_drawn.connect(lambda why: self.dock.set_note(f"Cannot be drawn: {why}"))
        self.look.heard.connect(lambda: self._show_tags(new_track=False))
        self._slow_shift = QTimer(self)
        self._slow_shift.setSingleShot(True)
        self._slow_shift.setInterval(30)
        self._slow_shift.timeout.connect(self._apply_shift)

    def show_pane(self, on: bool) -> None:
        """Whether the tags of the track are in view, unless something else stands in their place."""
        free = self.beside is None or self.beside.isHidden()
        self.pane.setVisible(on and free)
        self.to_pane.setVisible(free and not on)

    def take_dock(self) -> None:
        """The pictures are back from where they were borrowed."""
        sizes = self._dock_sizes
        self.middle.addWidget(self.dock)
        self.look.neighbours = self._neighbours
        self.dock.tab_after(self.table)
        self.banners.tab_after(self.table)
        self.dock.title.show()
        self.dock.show()
        if sizes:
            self.middle.setSizes(sizes)
        self._fit_dock()
        self._unfolded = sizes or self._unfolded
        if self.row is not None and self.row.place < 0:  # of Review's queue, no row of the table
            here = self.table.currentIndex()
            self.select(here.row())
            self._show(self.tracks.at(here))

    def _fit_dock(self) -> None:
        """In a very low page the pictures are there while no message is."""
        if self._has_dock:
            self._crowd(not self.banners.isHidden())

    def _crowd(self, on: bool) -> None:
        folded, sizes = self.dock.folded, self.middle.sizes()
        self.dock.crowd(on)
        if self.dock.folded and not folded:
            self._unfolded = sizes
            self.middle.setSizes([sum(sizes), 0])
        elif folded and not self.dock.folded:
            QTimer.singleShot(0, self, self._unfold)  # once the message has given its room back

    def _unfold(self) -> None:
        if self._has_dock and not self.dock.folded:
            self.middle.setSizes(self._unfolded)

    def lend_dock(self) -> Dock:
        """The pictures, for another page that shows the same track."""
        self._dock_sizes = self._unfolded if self.dock.folded else self.middle.sizes()
        self.dock.crowd(False)
        keeps_its_room = self.dock.title.sizePolicy()
        keeps_its_room.setRetainSizeWhenHidden(True)
        self.dock.title.setSizePolicy(keeps_its_room)
        self.dock.title.hide()
        return self.dock

    @property
    def _has_dock(self) -> bool:
        """Whether the pictures are here, and not lent to a page that shows the track."""
        return self.middle.isAncestorOf(self.dock)

    # late parts

    def set_plot(self, plot: Spectrogram) -> None:
        """The spectrogram's library is loaded."""
        self.dock.set_plot(plot)
        self.banners.tab_after(self.table)
        self._light()
        plot.seek.connect(self.player.seek)
        plot.skip.connect(self.player.skip)

    def model_changed(self) -> None:
        """Another model listens, which may hear other bands: its picture replaces the one in view."""
        if self.dock.plot is not None:
            self.dock.plot.set_spec(self._services.card.mel)
        self.look.forget()
        row, self.row = self.row, None
        self._show(row)

    # which are shown

    def _arranged(self, asked: bool) -> None:
        """Others are shown: keep the track in view, if it is still among them.

        What is hidden is not decided on: it is neither in view nor one of several any more.
        """
        self._look_again()
        if any(row.place < 0 for row in self.several.rows):
            self.several.look()
        if self.row is not None and self.tracks.place(self.row.path) >= 0:
            if self.table.currentIndex().row() != self.row.place:  # it came into view while it was hidden
                self.select(self.row.place)
            if asked or self._is_first_look():  # else the user may look elsewhere just now
                self.table.updateGeometries()  # of fewer rows until now: it would not scroll beyond those
                self.table.scrollTo(self.tracks.index(self.tracks.place(self.row.path), 0))
                self._scrolled = False
        elif self.tracks.rowCount():
            if not self._expects_last:
                before = self.row
                self.select(0)
                if before is None:
                    self._look_first()
                elif asked:
                    self._note_hidden(before)
        elif self.row is not None and self._has_dock:  # else Review shows the track
            before = self.row
            self._show(None)
            if asked:
                self._note_hidden(before)
        self.filter.say()  # then: a table that gets the focus makes the first row the current one, unselected

    def _is_first_look(self) -> bool:
        """The track in view came by itself, and nobody has scrolled, chosen, played or decided since."""
        return self.row is self._came_first and not self._scrolled

    def set_unready(self, *, reading: bool, weighing: bool, coming: Work | None) -> None:
        """The library is still being read, or it is not known yet which tags would be written.

        :param coming: tracks that it knows are being shown
        """
        self.filter.set_unready(reading=reading, weighing=weighing, coming=coming)
        self._counted()

    def _counted(self) -> None:
        if self._last is not None and (place := self.tracks.place(self._last)) >= 0:
            if self._is_first_look():
                self.select(place)
                self._look_first()
            self._last = None
        if self.row is None and self.tracks.rowCount() and not self._expects_last:
            self.select(0)
            self._show(self.tracks.at(self.tracks.index(0, 0)))  # it may be the current one, not in view
            self._look_first()
        self.filter.count_soon()  # then, as above

    @property
    def _expects_last(self) -> bool:
        """Whether the track that was in view last may still come, from what the library knows."""
        return self._last is not None and self.filter.is_coming

    def _user_scrolled(self, _: int) -> None:
        self._scrolled = True

    def _look_first(self) -> None:
        self._came_first, self._scrolled = self.row, False

    def _follow_gone(self, before: Row) -> None:
        """The track in view is in the library no more: what came in its place gives way once it is back."""
        if self._last is None or before is not self._came_first:
            self._last = before.path
        self._look_first()

    def _note_hidden(self, before: Row) -> None:
        """A search or a state hides the track in view; what came by itself meanwhile is not meant."""
        if self._hidden is None or before is not self._came_first:
            self._hidden = before.path
        self._look_first()

    def _look_again(self) -> None:
        """What a search hid is in view again where it found nothing, once that is cleared; else what it found
        stays, to be seen among its neighbours.
        """
        if self._hidden is not None and (place := self.tracks.place(self._hidden)) >= 0:
            if self.row is None:
                self.select(place)
                self._look_first()
            self._hidden = None

    # selection

    def selected(self) -> list[Row]:
        """Selected rows in the order shown."""
        return self.table.selected_rows()

    def select(self, place: int) -> None:
        """Select one row."""
        if 0 <= place < self.tracks.rowCount():
            # Not selectRow, which extends the selection while Shift is held, as after Shift+P.
            alone = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
            self.table.selectionModel().setCurrentIndex(self.tracks.index(place, 0), alone)
            self.table.scrollTo(self.tracks.index(place, 0))

    def select_rows(self, rows: Sequence[Row], in_view: Row | None = None) -> None:
        """Select those of them that are shown.

        :param in_view: the one of them that is to be in view, else the first is
        """
        parts = ranges(row.place for row in rows if row.place >= 0)
        if not parts:
            return
        shown = in_view is not None and in_view in rows and in_view.place >= 0
        self.select(in_view.place if in_view is not None and shown else parts[-1][0])
        chosen = QItemSelection()
        for first, last in parts:
            chosen.select(self.tracks.index(first, 0), self.tracks.index(last, 0))
        also = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        self.table.selectionModel().select(chosen, also)

    def follow(self, renamed: Mapping[Row, Row]) -> None:
        """Files have other names now: what is in view or selected of them stays so.

        :param renamed: rows that are about to go, each with the one that its file has from now on
        """
        chosen, shown = self.selected(), self.row
        in_view = renamed.get(shown, shown) if shown is not None else None
        if any(row in renamed for row in chosen):
            bar = self.table.verticalScrollBar()
            at = bar.value()
            self.select_rows([renamed.get(row, row) for row in chosen], in_view)
            bar.setValue(at)  # they are last only until all are in their order again
        if in_view is not None and self.row is not in_view and not self._has_dock:
            self.look_at(in_view)  # Review shows it, whatever is listed here

    def look_at(self, row: Row) -> None:
        """Bring a track into view, even one that the filter hides; here that is none any more then."""
        if row.place < 0 and self._has_dock:
            self.filter.show_all()
        if row.place >= 0:
            self.select(row.place)
        else:
            self.table.clearSelection()
            self._show(row)

    def _look_at_played(self) -> None:
        if self.player.other is not None:
            self.look_at(self.player.other)

    def step(self, by: int) -> None:
        """The next track, or the one before."""
        here = self.tracks.place(self.row.path) if self.row is not None else -1
        self.select(min(max(here + by, 0), self.tracks.rowCount() - 1))

    def _bar_stepped(self, by: int) -> None:
        """What plays out of view is what the bar names, and its neighbours are meant."""
        if self.player.other is None:
            self.stepped.emit(by)
        elif (row := self.neighbour(self.player.other, by)) is not None:
            self.player.start_beside(row)

    def neighbour(self, row: Row, by: int) -> Row | None:
        """The track of the table that comes so many after another one and can be played."""
        tracks = self.tracks
        if tracks.row(row.path) is None:  # its file was deleted meanwhile
            first = tracks.place_of_gone(row) - (by < 0)
        elif (here := tracks.place(row.path)) >= 0:
            first = here + by
        else:
            return None
        places = range(first, tracks.rowCount() if by > 0 else -1, by)
        found = (self.tracks.at(self.tracks.index(place, 0)) for place in places)
        return next((row for row in found if row is not None and row.track is not None), None)

    def next_part(self) -> None:
        """Focus the next part of the page."""
        parts: list[QWidget] = [self.sidebar, self.table, self.pane.scores]
        if self.dock.plot is not None:
            parts.insert(2, self.dock.plot)
        parts += [self.beside] if self.beside is not None else []
        parts = [part for part in parts if part.isVisible()]
        if parts:
            focus = QApplication.focusWidget()
            while focus is not None and focus not in parts:
                focus = focus.parentWidget()
            here = parts.index(focus) if focus is not None else -1
            parts[(here + 1) % len(parts)].setFocus(Qt.FocusReason.TabFocusReason)

    def _selected(self, *_: QItemSelection) -> None:
        several = self.table.selected_count() > 1
        if several or self.several.rows:
            self.several.look_soon()
        self.selection_changed.emit()

    def meant(self) -> list[Row]:
        """The tracks that a decision counts for: those shown together, else the one in view."""
        self.several.catch_up()
        if self.several.rows:
            return list(self.several.rows)
        return [self.row] if self.row is not None else []

    def _one_again(self) -> None:
        self.pane.show_row(self.row)
        self._show_tags(new_track=True)

    def _now_at(self, index: QModelIndex) -> None:
        """Another row is the current one: by the user, who selects it, or by Qt, as when the focus comes."""
        if self._expects_last and self.row is None and not self.table.selectionModel().isSelected(index):
            return
        self._show(self.tracks.at(index))

    def _show(self, row: Row | None) -> None:
        if row is self.row and row is not None:
            return
        before, self.row = self.row, row
        if before is not None and self.tracks.row(before.path) is not before and self._has_dock:
            self._follow_gone(before)
        self.several.forget()
        if self.table.selected_count() > 1:  # another of them is the current row, as when they are dragged
            self.several.look_soon()
        self.pane.show_row(row)
        self._look(row)
        self._show_tags(new_track=True)
        self.selection_changed.emit()
        self.look.draw(row)

    def _look(self, row: Row | None) -> None:
        """Pictures and sound of a track, which come later."""
        self.look.at(row)
        self.player.at(row)
        if row is None:
            self.dock.set_track("", None, "")
        elif row.track is None:
            self.dock.set_track(row.title, None, f"Cannot be read: {row.reason}")
        else:
            self.dock.set_track(row.title, row.seconds, READING)

    def _chosen_again(self, index: QModelIndex) -> None:
        self._work_on()
        if self.tracks.at(index) is self.row:
            self.pane.scores.tags.number_anew()

    def _neighbours(self) -> list[Row]:
        """The tracks that come next: after the one in view, then before it."""
        here = self.tracks.place(self.row.path) if self.row is not None else -1
        near = [self.tracks.at(self.tracks.index(here + by, 0)) for by in (1, -1) if here >= 0]
        return [row for row in near if row is not None]

    def _rows_changed(self, rows: list[Row]) -> None:
        self._changed(self.row in rows)

    def _all_changed(self) -> None:
        self._changed(self.row is not None)

    def _changed(self, in_view: bool) -> None:
        """:param in_view: whether the track in view did, which Review shows where several are selected too"""
        if self.several.rows:
            self.several.look_soon()
        elif in_view:
            self.pane.show_row(self.row)
        if in_view:
            row = self.row
            if row is not None and row.track is not None and not self.look.can_draw:  # it can be read now
                self._look(row)
                self.look.draw(row)
            self._show_tags(new_track=False)

    def _show_tags(self, *, new_track: bool) -> None:
        self._show_tags_of(self.row, new_track)
        self.tags_shown.emit(new_track)

    def _show_tags_of(self, row: Row | None, new_track: bool) -> None:
        if row is None:
            self.pane.show_note("Select a track to see its tags", can_listen=False)
            self.dock.set_tags((), None, "")
            return
        if row.scores is None or row.track is None:
            text = why_no_tags(row)
            if not self.several.rows:
                can_listen = row.track is not None and row.state is not State.FAILED and not row.waits
                self.pane.show_note(text, can_listen=can_listen)
            self.dock.set_tags((), None, text)
            return
        suggestions = self.tracks.suggestions(row)
        if self.several.rows:
            pass  # the pane is theirs
        else:
            note, unseen = silent_note(row), self.tracks.unseen(row)
            fresh = new_track or not (self.pane.suggestions or note)
            self.pane.show_question(suggestions, self.tracks.shift, new_track=fresh, unseen=unseen, note=note)
        taggram = self.look.taggram(row, row.track)
        if taggram is not None:
            self.dock.set_tags(suggestions, self._services.tag_taggram(taggram, suggestions), "")
        elif new_track:
            self.dock.set_tags((), None, READING)
        self.show_changes()
        self._light()

    def show_changes(self) -> None:
        """The changes to the file in view, as policies and verdicts are now."""
        row = self.row
        if row is None or row.track is None or row.scores is None:
            return
        suggestions = self.tracks.suggestions(row)
        plan = self._services.plan_file(row.track, suggestions, verdicts=row.verdicts)
        changes, fault = plan.wanted if plan else (), self.look.fault(plan)
        field_of = self._services.scheme.field_of
        asking = {field for s in suggestions if s.chosen and not s.written and (field := field_of(s.tag))}
        self.pane.show_changes(row.track, changes, self._services.policies, fault, asking)
        if not self.several.rows:
            self.pane.invite_to_write(bool(changes) and not fault)
        self.changes_shown.emit(changes, fault)

    def set_policies(self) -> None:
        """Policies were changed elsewhere."""
        self.pane.changes.set_policies(self._services.policies)
        self.show_changes()

    def _light(self) -> None:
        suggestion = self.pane.scores.current()
        if self.dock.plot is not None:
            self.dock.plot.light(suggestion.tag.name if suggestion is not None else "")

    # decisions

    def _work_on(self) -> None:
        """The track in view may have come by itself; it gives way to no other now."""
        self._came_first = None

    def _decide(self, said: Mapping[str, Verdict]) -> None:
        self._work_on()
        self.decided.emit(self.meant(), said)

    def _listen(self) -> None:
        if self.row is not None:
            self.listen_to.emit([self.row])

    def _searched(self) -> None:
        """Enter: to the tracks, unless the query is wrong; single letters decide on tags there."""
        if not self.filter.asking.insist():
            self.table.setFocus()

    def _shift(self, _: float) -> None:
        self._slow_shift.start()

    def _apply_shift(self) -> None:
        self.shift_picked.emit(-self.pane.slider.value() / 10)

    def weighed(self) -> None:
        """Tags are suggested from other scores on, or are others."""
        self.pane.question.add.set_scheme(self._services.scheme)
        self._all_changed()
        self.selection_changed.emit()

    def _playhead(self, seconds: float) -> None:
        if seconds > 0:
            self._work_on()
        if self.dock.plot is not None:
            self.dock.plot.move_to(seconds)

    # state of the page

    def save(self, settings: QSettings) -> None:
        """Remember sizes, sorting and the track in view."""
        if self._sized:
            settings.setValue("library/outer", self.outer.saveState())
            settings.setValue("library/inner", self.inner.saveState())
            settings.setValue("library/middle", self.middle.saveState())
        self.columns.save(settings)
        last = self.row.path if self.row is not None else self._last
        settings.setValue("library/track", os.fspath(last) if last is not None else "")

    def restore(self, settings: QSettings) -> None:
        """Put them back."""
        for name, splitter in (("outer", self.outer), ("inner", self.inner), ("middle", self.middle)):
            state = settings.value(f"library/{name}")
            if state is not None:
                self._sized = splitter.restoreState(state)
        self.columns.restore(settings)
        last = str(settings.value("library/track", "") or "")
        self._last = Path(last) if last else None

    def actions_follow(self, add: QAction) -> None:
        """Buttons that do what actions do."""
        self.add.follow(add)

    def say_listen(self, count: int, selected: int = 0, *, broken: bool = False) -> None:
        """What the button would do now.

        :param selected: tracks that it is for, with those that cannot be read; 0 where it is for new ones
        :param broken: the model cannot listen
        """
        self.listen.setEnabled(count > 0 and not broken)
        self.pane.listen_button.setEnabled(not broken)
        for button in (self.listen, self.pane.listen_button):
            button.setToolTip(NO_MODEL if broken else "")
        self.listen.set_key(key_text("L" if selected else "Shift+L"))
        if count == 0:
            self.listen.setText("Listen")
        elif selected:
            of = f" of {words.number(selected)}" if selected != count else ""
            self.listen.setText(f"Listen to {words.number(count)}{of} selected")
        else:
            self.listen.setText(f"Listen to {words.plural(count, 'track')}")
