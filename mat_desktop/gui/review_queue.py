"""Going through a queue of tracks: what is in it, where one is, and what comes next."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSettings, QTimer, Signal

from mat_desktop.domain.plan import Change, Policy
from mat_desktop.domain.tags import Field
from mat_desktop.gui import words
from mat_desktop.gui.models.columns import silent_note, why_no_tags
from mat_desktop.gui.models.row import Row, State
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.operations.review import Review
from mat_desktop.gui.views.library import Library
from mat_desktop.gui.views.review import ReviewPage
from mat_desktop.gui.widgets.announce import announce
from mat_desktop.gui.widgets.will_be_written import HeldBack

if TYPE_CHECKING:
    from mat_desktop.app.draw import Picture

PAUSE_MS = 250
"""Between the last decision on a track and the next track, so that it can be seen."""

MEANT_BEFORE = 2.0
"""Seconds after the page went on by itself in which a mark was meant for the track that it left."""

SEEN_AFTER = 0.4
"""Seconds for which a track that came by itself is in view before a key decides on its tags."""

LONG_PAUSE = 300.0
"""Seconds after which nobody was reviewing any more."""

PACED = 20
"""Tracks over which the pace is averaged."""


class Reviewing(QObject):
    """The review page's queue. ``leaving`` asks for the library, ``listen_all`` to listen to what is new;
    ``unsaid`` hands over a line of the status bar that was about a track that is no longer in view."""

    leaving = Signal()
    listen_all = Signal()
    unsaid = Signal(str)

    def __init__(self, desk: Desk, page: ReviewPage, library: Library, review: Review) -> None:
        super().__init__()
        self._desk, self.page, self._library, self._review = desk, page, library, review
        self._queue: list[Row] = []
        self._scope = "waiting"
        self._shown: Row | None = None
        self._decided_row: Row | None = None
        self._by_itself: tuple[Row, float] | None = None
        self._hint: tuple[Row, str] | None = None
        self._left: set[Path] = set()
        self._waited: set[Row] = set()
        self._losses = -1
        self._took: list[float] = []
        self._since = 0.0
        self.is_open = self._selection_first = self._reading = False
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._go_on)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(300)
        self._later.timeout.connect(self._counted)
        page.done.connect(self.mark)
        page.left.connect(self.leaving)
        page.stepped.connect(self.step)
        page.skip.connect(library.player.skip)
        page.strip.picked.connect(self._go_to)
        page.scope.activated.connect(lambda _: self._fill(page.scope.value))
        page.way_out.clicked.connect(self._way_out)
        page.question.decided.connect(lambda said: library.decided.emit(self.meant(), said))
        page.question.scores.selectionModel().currentChanged.connect(lambda *_: self._light())
        library.tags_shown.connect(self._show_tags)
        library.changes_shown.connect(self._show_changes)
        library.look.drawn.connect(self._drawn)
        desk.tracks.counted.connect(self._later.start)
        review.decided.connect(self.stay)
        review.finished.connect(self._finished)

    # the page comes and goes

    def open(self, *, again: bool = False) -> None:
        """The page is in view: borrow the pictures, make the queue.

        :param again: it was left for what would be written only: the queue is what it was
        """
        if self.is_open:
            return
        self.is_open = self._library.player.follows = True
        dock = self._library.lend_dock()
        self.page.stage.addWidget(dock)
        dock.tab_after(self.page.next)
        self.page.banners.tab_after(self.page.next)
        dock.show()
        self._library.look.neighbours = self._neighbours
        several = self._selection_first or len(self._library.meant()) > 1
        self._selection_first = False
        if again and self._queue:
            self._later.start()
            self._begin(self._shown)
        else:
            self._waited = {row for row in self._desk.tracks.rows() if not row.reviewed}
            self._fill("selected" if several else "waiting")
        if self._queue:
            self._library.player.follow()
        self.page.question.scores.setFocus()
        picture = dock.picture
        if picture is not None:  # drawn before the page came: nothing will be said of it again
            self._drawn(picture)

    def begin_with_selection(self) -> None:
        """The next time the page comes it is about what is selected, be it one track."""
        self._selection_first = True

    def close(self) -> None:
        """Another page is in view: give the pictures back."""
        if self.is_open:
            self.is_open = self._library.player.follows = False
            self._pause.stop()
            self._unsay()
            self._library.take_dock()

    # the queue

    def _rows_of(self, scope: str) -> list[Row]:
        tracks = self._desk.tracks
        if scope == "selected":
            return [row for row in self._library.selected() if row.scores is not None]
        if scope == "shown":
            return [row for row in tracks.shown() if row.scores is not None]
        wanted = State.TO_REVIEW
        shown = [row for row in tracks.shown() if row.standing is wanted]
        return shown + [row for row in tracks.rows() if row.standing is wanted and row.place < 0]

    def reviewed(self) -> list[Row]:
        """Tracks of the library that were reviewed since the page came."""
        return [row for row in self._desk.tracks.rows() if row.reviewed and row in self._waited]

    def _fill(self, scope: str) -> None:
        self._scope = scope
        self._queue = self._rows_of(scope)
        self._left.clear()
        self._begin()

    def _begin(self, shown: Row | None = None) -> None:
        """:param shown: the track that was in view, where the library may show another by now"""
        self._took.clear()
        self._since = time.monotonic()
        self._count_scopes()
        self.page.scope.pick(self._scope)
        if not self._queue:
            self._show_empty()
            return
        seen = [row for row in (shown, self._library.row) if row is not None and row in self._queue]
        self._look_at([*seen, *self._queue][0], again=True)

    def _count_scopes(self) -> None:
        tracks = self._desk.tracks
        heard = sum([row.scores is not None for row in tracks.shown()])
        selected = sum([row.scores is not None for row in self._library.selected()])
        self.page.scope.set_counts(tracks.counts()[State.TO_REVIEW], heard, selected)

    def _show_empty(self) -> None:
        tally = self._desk.tracks.tally()
        if tally.new:
            nothing, now = "Nothing to review yet", "Tracks can be reviewed once they were listened to."
            self.page.show_empty(nothing, now, "Listen to all new tracks")
        elif tally.total:
            now = "Every track was reviewed. The library shows what would be written."
            self.page.show_empty("Nothing left to review", now, "Back to library")
        elif self._reading:
            self.page.show_empty("Reading the library…", "Tracks come as they are read.", "Back to library")
        else:
            self.page.show_empty("No tracks yet", "Open a folder with music first.", "Back to library")

    def set_reading(self, reading: bool) -> None:
        """Whether tracks may come without being asked for."""
        if reading is not self._reading:
            self._reading = reading
            self._later.start()

    def _way_out(self) -> None:
        (self.listen_all if self._desk.tracks.tally().new else self.leaving).emit()

    def _counted(self) -> None:
        """Tracks that were listened to meanwhile join the queue, and those whose file is gone leave it."""
        if not self.is_open:
            return
        tracks = self._desk.tracks
        self._drop_gone()
        self._count_scopes()
        if self._scope == "waiting":
            have, wanted = set(self._queue), State.TO_REVIEW
            fresh = [row for row in tracks.rows() if row.standing is wanted and row not in have]
            self._waited.update(fresh)
            fresh.sort(key=lambda row: row.place if row.place >= 0 else tracks.rowCount())
            if fresh and not self._queue:
                self._fill("waiting")
                return
            self._queue += fresh
        self._tell()

    def _drop_gone(self) -> None:
        tracks = self._desk.tracks
        if tracks.losses == self._losses:
            return
        self._losses = tracks.losses
        there = set(tracks.rows()).intersection(self._queue)
        if len(there) == len(self._queue):
            return
        before, shown = self._queue, self._shown
        self._queue = [row for row in before if row in there]
        self._left = {row.path for row in self._queue if row.path in self._left}
        if shown is not None and shown in before and shown not in there and self._queue:
            after = before[before.index(shown) :]
            self._look_at(next((row for row in after if row in there), self._queue[-1]), again=True)
        elif shown is not None and shown is self._library.row:
            self._show_place(shown)

    def follow(self, renamed: Mapping[Row, Row]) -> None:
        """Files have other names now: they keep their places.

        :param renamed: rows that are about to go, each with the one that its file has from now on
        """
        came = set(renamed.values())  # maybe at the end already, as tracks that are new
        self._queue = [renamed.get(row, row) for row in self._queue if row not in came]
        self._waited = {renamed.get(row, row) for row in self._waited}
        self._left |= {new.path for row, new in renamed.items() if row.path in self._left}
        if self._shown is not None:
            self._shown = renamed.get(self._shown, self._shown)

    def meant(self) -> list[Row]:
        """What a decision counts for: the track in view alone, whatever is selected in the library."""
        row = self._library.row
        return [row] if self._queue and row is not None else []

    @property
    def _at(self) -> int:
        row = self._library.row
        return self._queue.index(row) if row in self._queue else -1

    def step(self, by: int) -> None:
        """The next track of the queue, or the one before."""
        self._pause.stop()
        here = self._at
        if here >= 0 and self._queue[here].standing is State.TO_REVIEW:
            self._left.add(self._queue[here].path)
        self._go_to(here + by)

    def _go_to(self, place: int) -> None:
        if 0 <= place < len(self._queue):
            self._look_at(self._queue[place])

    def _look_at(self, row: Row, *, again: bool = False) -> None:
        if row is self._library.row:
            if again:
                self._show_tags(True)
                self._library.show_changes()
            else:
                self.page.question.scores.tags.number_anew()
        else:
            self._library.look_at(row)

    def mark(self) -> None:
        """The user says that the track is reviewed, unless that was said of the one that left by itself."""
        came, self._by_itself = self._by_itself, None
        row = self._library.row
        if came is None or row is not came[0] or time.monotonic() - came[1] >= MEANT_BEFORE:
            self.done()
            return
        self._say_of(row, "came up by itself; Enter again marks it reviewed")

    def _say_of(self, row: Row, text: str) -> None:
        """In the status bar, while the track is in view and nothing more is said of it."""
        self._hint = row, f"“{row.title}” {text}"
        self._desk.result(self._hint[1])

    def _unsay(self) -> None:
        hint, self._hint = self._hint, None
        if hint is not None:
            self.unsaid.emit(hint[1])

    def hasty(self) -> bool:
        """Whether a key that decides on tags was meant for the track before, which left by itself."""
        came, row = self._by_itself, self._library.row
        if came is None or row is not came[0] or time.monotonic() - came[1] >= SEEN_AFTER:
            return False
        self._say_of(row, "has only just come up; that key decided nothing")
        return True

    def done(self) -> None:
        """The track is reviewed; the next one that is not comes into view."""
        self._pause.stop()
        here = self._at
        if not self.is_open or here < 0:
            return
        now = time.monotonic()
        if now - self._since < LONG_PAUSE:
            self._took = [*self._took[-PACED + 1 :], now - self._since]
        self._since = now
        row = self._queue[here]
        self._left.discard(row.path)
        self._review.mark([row])
        self._pause.stop()
        following = [*range(here + 1, len(self._queue)), *range(here)]
        waiting = [place for place in following if self._queue[place].standing is State.TO_REVIEW]
        if waiting:
            self._go_to(waiting[0])
        elif here + 1 < len(self._queue) and self._scope != "waiting":
            self._go_to(here + 1)
        else:
            self._tell()

    def _finished(self, row: Row) -> None:
        """Every suggestion of a track is decided: go on, if that is wished."""
        if self.is_open and self.page.go_on.isChecked() and row is self._library.row:
            self._decided_row = row
            self._pause.start()

    def _go_on(self) -> None:
        """The pause is over; in it the user may have gone elsewhere, or thought better of it."""
        row = self._library.row
        if row is not None and row is self._decided_row and row.reviewed:
            self.done()
            now = self._library.row
            self._by_itself = (now, time.monotonic()) if now is not None and now is not row else None

    def stay(self) -> None:
        """Something was decided or taken back: the track stays in view, and a mark is meant for it."""
        self._pause.stop()
        self._by_itself = None
        self._unsay()

    # what is shown

    def _show_tags(self, new_track: bool) -> None:
        row = self._library.row
        if not self.is_open or row is None:
            return
        if self._hint is not None and self._hint[0] is not row:
            self._unsay()
        if row in self._queue:
            self._shown = row
        if new_track:
            self._show_place(row)
        note = silent_note(row) if row.scores is not None else why_no_tags(row)
        self.page.question.add.set_scheme(self._desk.services.scheme)
        tracks = self._desk.tracks
        self.page.show_question(
            tracks.suggestions(row),
            note,
            new_track=new_track,
            unseen=tracks.unseen(row),
            silent=row.scores is not None and row.scores.silent,
        )
        self._light()
        self._tell()
        if new_track and row in self._queue:
            QTimer.singleShot(0, self, lambda: self._announce(row))  # after what is read of its first tag

    def _announce(self, row: Row) -> None:
        """Screen readers hear which track came into view."""
        if self.is_open and row is self._library.row and row in self._queue:
            place = f"{words.number(self._at + 1)} of {words.number(len(self._queue))}"
            announce(self.page, ", ".join(part for part in (row.title, row.artist, place) if part))

    def _show_place(self, row: Row) -> None:
        """The track's name, and what stands before and after it."""
        here = self._at
        before = self._queue[here - 1] if here > 0 else None
        after = self._queue[here + 1] if 0 <= here < len(self._queue) - 1 else None
        self.page.show_row(row, before, after)

    def _show_changes(self, changes: Sequence[Change], fault: str) -> None:
        if self.is_open:
            self.page.show_changes(changes, self._held_back(changes), fault)

    def _held_back(self, changes: Sequence[Change]) -> HeldBack:
        """Values that tags of the track in view have for fields whose policy keeps them out, and why."""
        services, row = self._desk.services, self._library.row
        if row is None or row.track is None:
            return {}
        changed = {change.field for change in changes}
        missing: dict[Field, list[str]] = {}
        for suggestion in self._desk.tracks.suggestions(row):
            tag = suggestion.tag
            target = services.scheme.field_of(tag)
            if not suggestion.written or target is None or target in changed:
                continue
            have = [*row.track.tags.get(target, ()), *missing.get(target, ())]
            if tag.value.casefold() not in [value.casefold() for value in have]:
                missing.setdefault(target, []).append(tag.value)
        why = {Policy.SKIP: "as the field is left as it is", Policy.FILL_EMPTY: "as the field is filled"}
        return {
            target: (values, why[policy])
            for target, values in missing.items()
            if (policy := services.policies[target]) in why
        }

    def _tell(self) -> None:
        if not self._queue:
            self._show_empty()
            return
        here = max(self._at, 0)
        waiting = State.TO_REVIEW
        reviewed = sum([row.standing is not waiting for row in self._queue])
        pace = sum(self._took) / len(self._took) if len(self._took) >= 3 else None
        self.page.show_progress(here, len(self._queue), reviewed, pace)
        self.page.strip.show_queue(self._queue, here, self._left)

    def _light(self) -> None:
        suggestion = self.page.question.scores.current()
        plot = self._library.dock.plot
        if self.is_open and plot is not None and suggestion is not None:
            plot.light(suggestion.tag.name)

    # small pictures

    def _drawn(self, picture: Picture) -> None:
        row = self._library.row
        plot = self._library.dock.plot
        if row is not None and plot is not None:
            self.page.strip.set_lut(plot.mel.lut)
            self.page.strip.set_picture(row.path, picture)
            self._draw_ahead()

    def _neighbours(self) -> list[Row]:
        """The tracks that come next: after the one in view, then before it."""
        here = max(self._at, 0)
        return [*self._queue[here + 1 : here + 2], *self._queue[max(0, here - 1) : here]]

    def _draw_ahead(self) -> None:
        """The tracks that come next are drawn while nobody waits for another."""
        if not self.is_open or not self.page.strip.isVisible():
            return
        here = max(self._at, 0)
        near = sorted(self.page.strip.places(), key=lambda place: (place < here, abs(place - here)))
        rows = [self._queue[place] for place in near]
        row = next((row for row in rows if row.track is not None and not self.page.strip.has(row.path)), None)
        if row is None:
            return
        path = row.path

        def done(picture: Picture) -> None:
            self.page.strip.set_picture(path, picture)
            self._draw_ahead()

        self._library.look.ahead(row, done)

    # what is remembered

    def shut(self, settings: QSettings) -> None:
        """The window closes: whether the keys are shown is kept."""
        self.is_open = False
        self._pause.stop()
        self._later.stop()
        settings.setValue("review/keys", self.page.keys.is_open)

    def restore(self, settings: QSettings) -> None:
        """As they were left."""
        self.page.keys.set_open(str(settings.value("review/keys", True)).lower() == "true")
