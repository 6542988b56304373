"""What can be done now: which actions are enabled, and the numbers that follow the table."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from mat_desktop.domain.tags import MARKS
from mat_desktop.gui import words
from mat_desktop.gui.actions import Actions
from mat_desktop.gui.archive import Archive
from mat_desktop.gui.models.row import Row
from mat_desktop.gui.operations.decisions import RUNS
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.operations.listen import not_heard
from mat_desktop.gui.operations.scan import Scan
from mat_desktop.gui.pages import Pages
from mat_desktop.gui.panels import Panels
from mat_desktop.gui.review_room import ReviewRoom
from mat_desktop.gui.rows import Rows
from mat_desktop.gui.school import School
from mat_desktop.gui.views.library import Library
from mat_desktop.gui.widgets.job_bar import JobBar

FEW = 500
"""Selected files that are looked through for one that was written; more are taken to have one."""


def _marked(row: Row) -> bool:
    """Whether a file carries what says that this program wrote to it."""
    return row.track is not None and any(row.track.tags.get(field) for field in MARKS)


class Possible(QObject):
    """Looks again whenever something may have become possible, or impossible."""

    def __init__(
        self,
        desk: Desk,
        actions: Actions,
        pages: Pages,
        library: Library,
        status: JobBar,
        *,
        archive: Archive,
        panels: Panels,
        room: ReviewRoom,
        rows: Rows,
        scan: Scan,
        school: School,
    ) -> None:
        super().__init__()
        self._desk, self._actions, self._pages = desk, actions, pages
        self._library, self._status = library, status
        self._archive, self._panels, self._room = archive, panels, room
        self._rows, self._scan, self._school = rows, scan, school
        self._broken = False
        self._counting = QTimer(status)  # ends with the window
        self._counting.setSingleShot(True)
        self._counting.setInterval(200)
        self._counting.timeout.connect(self._recount)
        for signal in (scan.ended, desk.bridge.changed, desk.tracks.counted):
            signal.connect(self._counted)
        for signal in (
            *(pages.shown, pages.covered, panels.opened, panels.closed, room.changed, archive.changed),
            *(school.changed, library.selection_changed),
        ):
            signal.connect(lambda *_: self.refresh())
        actions["cancel"].setEnabled(False)
        desk.bridge.changed.connect(lambda: actions["cancel"].setEnabled(status.can_cancel))

    def many_to_hear(self) -> list[Row]:
        """Selected rows that are to be listened to, if several rows are selected."""
        rows = self._library.selected()
        return not_heard(rows) if len(rows) > 1 else []

    def _counted(self) -> None:
        if not self._counting.isActive():
            self._counting.start()

    def _recount(self) -> None:
        self._status.set_problems(self._desk.tracks.tally().bad)
        self._panels.counted()
        self._room.counted()
        self.refresh()

    def set_model(self, *, broken: bool) -> None:
        """Whether the model can listen; one that is damaged is not asked to."""
        self._broken = broken
        self.refresh()

    def refresh(self) -> None:
        """Look again."""
        a, tracks, library = self._actions, self._desk.tracks, self._library
        in_library = self._pages.shows(library) and not self._panels.is_open
        tags_in_view = in_library or self._room.in_view
        writes = self._archive.busy
        a.enable_review(tags_in_view, deciding=not in_library or not self._school.is_open)
        tally = tracks.tally()
        selected = library.selected() if in_library else []
        chosen = len(not_heard(selected)) if len(selected) > 1 else 0
        library.say_listen(chosen or tally.new, len(selected) if chosen else 0, broken=self._broken)
        row = library.row
        here = row is not None and bool(not_heard([row]))
        a["listen"].setEnabled(not self._broken and in_library and (chosen > 0 or here))
        a["listen_all"].setEnabled(not self._broken and tags_in_view and tally.new > 0)
        can_plan = tags_in_view and self._panels.can_write(in_review=self._room.in_view)
        a["write"].setEnabled(not writes and (can_plan or self._panels.write.isVisible()))
        self._undo(writes)
        self._rows.refresh(in_library)
        a["rescan"].setEnabled(bool(self._scan.roots))
        a["problems"].setEnabled(tally.bad > 0)

    def _undo(self, writes: bool) -> None:
        a, review, reach, archive = self._actions, self._room.review, self._room.reach, self._archive
        runs = RUNS in reach
        last = archive.to_undo if runs else None
        follows = runs and (writes or archive.undoing.loading)  # it is done once that has ended
        left, decided = runs and archive.can_try(), review.can_take_back(reach)
        a["undo"].setEnabled(decided or left or follows)
        again = runs and not writes and archive.can_try(redo=True)
        a["redo"].setEnabled(review.can_do_again(reach) or again)
        a["remove_all"].setEnabled(not writes)
        rows = self._library.selected() if self._pages.shows(self._library) else []
        a["undo_files"].setEnabled(not writes and (len(rows) > FEW or any(_marked(row) for row in rows)))
        if decided:
            tip = "Take back the last decision, or move of thresholds"
        elif last is not None:
            tip = f"Take back the last run: {words.plural(last.files, 'file')}"
        elif left:
            tip = "Take back what is left of a run, if that can be done now"
        else:
            tip = "Nothing to take back"
        self._library.pane.undo.setToolTip(tip)
