"""Listening: the model is run over tracks."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Sequence, Set
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QSettings, Signal

from mat_desktop.domain.track import Track
from mat_desktop.errors import EngineFault, FileFault, ModelFault
from mat_desktop.gui import words
from mat_desktop.gui.jobs import LISTEN, Job
from mat_desktop.gui.models.row import Arrived, Row, State, new_of
from mat_desktop.gui.operations.arrive import with_verdicts
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.work import Failure

SLICE = 50
"""Files that are looked at together; other questions come between."""


PAUSED = "listening paused"
"""Setting: listening rests, and does so at the next start."""


RESUMED = "resume"
"""Kind of the message that listening goes on from last time, or is paused as it was then."""


def can_be_heard(rows: Iterable[Row]) -> list[Row]:
    """Those that can be listened to and do not wait for it already."""
    queued, listening = State.QUEUED, State.LISTENING  # not Row.waits: there may be very many
    return [
        row
        for row in rows
        if row.track is not None and row.state is not queued and row.state is not listening
    ]


def not_heard(rows: Iterable[Row]) -> list[Row]:
    """Those of them that were not listened to yet: what was heard is kept, and not heard again."""
    return [row for row in can_be_heard(rows) if row.scores is None]


class Listen(QObject):
    """``engine_fault`` says that the model does not run, ``engine_works`` that it does, ``ended`` the end;
    ``settled`` names the kind of a message that is not so any more.
    """

    engine_fault = Signal(object)
    engine_works = Signal()
    ended = Signal()
    settled = Signal(str)

    def __init__(self, desk: Desk, settings: QSettings) -> None:
        super().__init__()
        self._desk, self._settings = desk, settings
        self._away: set[Path] = set()

    def new(self) -> list[Row]:
        """Every track that was not listened to."""
        return new_of(self._desk.tracks.rows())

    def to(self, rows: Sequence[Row]) -> None:
        """Run the model over tracks."""
        self._begin(rows, rests=False)

    def _begin(self, rows: Sequence[Row], *, rests: bool) -> Job | None:
        """:param rests: it waits until it is told to go on"""
        desk = self._desk
        tracks = [row.track for row in rows if row.track is not None]
        if not tracks:
            return None
        desk.tracks.mark(rows, State.LISTENING if len(rows) == 1 else State.QUEUED)
        began = time.monotonic()
        self._away.difference_update(track.path for track in tracks)

        def items(batch: list[Any]) -> None:
            desk.tracks.hear([item for item in batch if isinstance(item, Arrived)], fresh=True)
            for fault in batch:
                if isinstance(fault, FileFault):
                    if fault.absent:
                        self._away.add(fault.path)
                    job.failures.append(Failure(fault.path.name, fault.cause))
                    row = desk.tracks.row(fault.path)
                    if row is not None:
                        desk.tracks.mark([row], State.FAILED, fault.cause, absent=fault.absent)

        def ended(error: Exception | None) -> None:
            desk.tracks.unmark((State.QUEUED, State.LISTENING), rows)
            self.settled.emit(RESUMED)
            heard = job.done - len(job.failures)
            done = f"istened to {words.plural(heard, 'track') if heard else 'no track'}"
            job.outcome = f"L{done}"
            if job.failures:
                job.retry = lambda: self.to([row for row in rows if row.state is State.FAILED])
            if error is None and job.done:
                self.engine_works.emit()
            if isinstance(error, (EngineFault, ModelFault)):
                self.engine_fault.emit(error)
            elif error is not None:
                desk.complain("Listening stopped", error, "Go on", lambda: self.to(rows))
            elif job.stopping:
                job.outcome = f"Cancelled; l{done}"
            elif heard:
                seconds = time.monotonic() - began
                # What was heard before, or as a copy, takes no time, and then none is told.
                job.outcome += f" in {words.took(seconds)}" if seconds >= 1 else ""
            if error is None and not desk.bridge.leaving:
                # Nothing to go on with later, but for what is away, unless it was cancelled.
                paths = [track.path for track in tracks if job.stopping or track.path not in self._away]
                self._away.difference_update(paths)
                self._drop(paths)
            if error is not None:
                job.outcome += f"; stopped: {error}"
                job.retry = lambda: self.to([row for row in rows if row.is_new])
            desk.result(job.outcome)
            self.ended.emit()

        job = Job(
            "Listening",
            lambda cancel: self._hear(tracks, cancel, job),
            on_items=items,
            on_end=ended,
            total=len(tracks),
            lane=LISTEN,
            leave="What was listened to is kept, and the rest goes on at the next start.",
            on_pause=self._paused,
        )
        if rests:
            job.pause(True)
        desk.bridge.do(job)
        paths = [track.path for track in tracks]
        desk.bridge.keep(lambda: desk.services.put_queue(paths))
        return job

    def _paused(self, on: bool) -> None:
        self._desk.services.rest(on)
        self.settled.emit(RESUMED)
        if self._desk.bridge.leaving:
            return  # quitting lets it go on only to end it
        if on:
            self._settings.setValue(PAUSED, True)
        else:
            self._settings.remove(PAUSED)

    def resume(self) -> None:
        """Go on with what was to be listened to when the program ended.

        What is not as the library knows it, or not there, stays in the queue.
        """
        self._go_on("goes on from last time", "is paused, as it was last time")

    def come_back(self) -> None:
        """The folders were looked at: go on with what was not there before, and is now."""
        if self._away:
            self._go_on("goes on, as they are there again", "is paused", frozenset(self._away))

    def _go_on(self, goes_on: str, rests: str, only: Set[Path] = frozenset()) -> None:
        """:param goes_on: what is said of so many tracks
        :param only: of what waits, all where it is empty
        """
        desk = self._desk

        def found(queue: list[Path]) -> None:
            paths = [path for path in queue if not only or path in only]
            self._away.update(paths)
            rows = [row for path in paths if (row := desk.tracks.row(path)) is not None]
            waiting = [row for row in can_be_heard(rows) if row.scores is None]
            # What is not there may lie on a volume that is not, and what waits is in the queue for that.
            heard = [row.path for row in rows if row.scores is not None and not row.waits]
            if heard:
                self._away.difference_update(heard)
                self._drop(heard)
            desk.bridge.slices(
                "as known", waiting, SLICE, as_known, lambda some, _: there.extend(some), go_on
            )

        def as_known(rows: Sequence[Row]) -> list[Row]:
            return [row for row in rows if row.track is not None and desk.services.is_as_known(row.track)]

        def go_on() -> None:
            rows = [row for row in can_be_heard(there) if row.scores is None]
            if rows:
                number = words.plural(len(rows), "track")
                paused = self._settings.contains(PAUSED)
                job = self._begin(rows, rests=paused)
                if not paused or job is None:
                    desk.say("positive", f"Listening to {number} {goes_on}.", kind=RESUMED)
                    return

                def unpause() -> None:
                    if job in desk.bridge.jobs and job.paused:
                        desk.bridge.pause(job, False)

                desk.say("warning", f"Listening to {number} {rests}.", "Go on", unpause, kind=RESUMED)

        there: list[Row] = []
        desk.bridge.ask("queue", desk.services.queue, found)

    def _drop(self, paths: Sequence[Path]) -> None:
        services = self._desk.services
        self._desk.bridge.keep(lambda: services.drop_queue(paths))

    def _hear(
        self, tracks: Sequence[Track], cancel: threading.Event, job: Job
    ) -> Iterator[Arrived | FileFault]:
        """In the worker."""
        services = self._desk.services
        job.rest()
        if cancel.is_set():
            return
        services.start_engine()
        for item in services.score(tracks, cancel, lambda path, share: job.inside(path, share)):
            job.inside(item.path, 1)
            if isinstance(item, FileFault):
                if not item.absent:  # else it waits for its drive
                    services.drop_queue([item.path])
                yield item
            else:
                yield with_verdicts(services, item, self._desk.tracks.shift)
