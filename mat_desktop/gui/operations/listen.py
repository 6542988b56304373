"""Listening: the model is run over tracks."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal

from mat_desktop.domain.track import Track
from mat_desktop.errors import EngineFault, FileFault, ModelFault
from mat_desktop.gui import words
from mat_desktop.gui.bridge import Job
from mat_desktop.gui.models.row import Arrived, Row, State
from mat_desktop.gui.operations.arrive import with_verdicts
from mat_desktop.gui.operations.desk import Desk


def can_be_heard(rows: Iterable[Row]) -> list[Row]:
    """Those that can be listened to and do not wait for it already."""
    return [row for row in rows if row.track is not None and not row.waits]


class Listen(QObject):
    """``engine_fault`` says that the model does not run, ``engine_works`` that it does, ``ended`` the end."""

    engine_fault = Signal(object)
    engine_works = Signal()
    ended = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk

    def new(self) -> list[Row]:
        """Every track that was not listened to."""
        return [row for row in self._desk.tracks.rows() if row.is_new]

    def to(self, rows: Sequence[Row]) -> None:
        """Run the model over tracks."""
        desk = self._desk
        tracks = [row.track for row in rows if row.track is not None]
        if not tracks:
            return
        desk.tracks.mark(rows, State.LISTENING if len(rows) == 1 else State.QUEUED)
        began = time.monotonic()
        failed: list[FileFault] = []

        def items(batch: list[Any]) -> None:
            desk.tracks.hear([item for item in batch if isinstance(item, Arrived)], fresh=True)
            for fault in batch:
                if isinstance(fault, FileFault):
                    failed.append(fault)
                    row = desk.tracks.row(fault.path)
                    if row is not None:
                        desk.tracks.mark([row], State.FAILED, fault.cause)

        def ended(error: Exception | None) -> None:
            desk.tracks.unmark((State.QUEUED, State.LISTENING))
            heard = words.plural(job.done - len(failed), "track")
            if error is None and job.done:
                self.engine_works.emit()
            if isinstance(error, (EngineFault, ModelFault)):
                self.engine_fault.emit(error)
            elif error is not None:
                desk.complain("Listening stopped", error, "Go on", lambda: self.to(rows))
            elif job.cancel.is_set():
                desk.result(f"Cancelled; listened to {heard}")
            else:
                desk.result(f"Listened to {heard} in {_length(time.monotonic() - began)}")
            self.ended.emit()

        job = Job(
            "Listening",
            lambda cancel: self._hear(tracks, cancel),
            on_items=items,
            on_end=ended,
            total=len(tracks),
        )
        desk.bridge.do(job)

    def _hear(self, tracks: Sequence[Track], cancel: threading.Event) -> Iterator[Arrived | FileFault]:
        """In the worker."""
        services = self._desk.services
        services.start_engine()
        for item in services.score(tracks, cancel):
            if isinstance(item, FileFault):
                yield item
            else:
                yield with_verdicts(services, item, self._desk.tracks.shift)


def _length(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
