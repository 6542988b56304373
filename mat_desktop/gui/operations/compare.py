"""Another model against the one in use: it listens, and what it would change is added up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from mat_desktop.domain.track import Track
from mat_desktop.errors import FileFault
from mat_desktop.gui import words
from mat_desktop.gui.jobs import LISTEN, Job
from mat_desktop.gui.models.row import Row
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.operations.models import KIND
from mat_desktop.gui.work import Failure

if TYPE_CHECKING:
    from mat_desktop.app.compare import Compared, Comparison, Differences

SAMPLE = 200
"""Tracks that show what is to be expected, and are heard in minutes."""

SLICE = 100
"""Tracks that are looked at again together."""


class Scope(StrEnum):
    """Which tracks are compared."""

    SAMPLE = "sample"
    SELECTED = "selected"
    ALL = "all"


class Compare(QObject):
    """``opened``: both models are known; ``counted``: so are the tracks, ``heard`` of which the other one has
    heard already; ``added``: there is more to show; ``ended``: that is all for now; ``closed``: nobody looks.
    """

    opened = Signal()
    counted = Signal()
    added = Signal()
    ended = Signal()
    closed = Signal()

    def __init__(self, desk: Desk, selected: Callable[[], list[Row]]) -> None:
        """:param selected: rows that are selected in the library"""
        super().__init__()
        self._desk, self._selected = desk, selected
        self.comparison: Comparison | None = None
        self.differences: Differences | None = None
        self.scope = Scope.SAMPLE
        self.sizes: Mapping[Scope, int] = {}
        self.tracks: list[Track] = []
        self.heard = 0
        self.failed = 0
        self.job: Job | None = None
        self._shift = 0.0
        self._outdated = False

    def open(self, name: str) -> None:
        """Begin with a model; nothing is listened to yet."""
        self.close()
        services = self._desk.services

        def done(comparison: Comparison) -> None:
            self.comparison = comparison
            self.opened.emit()
            self.choose(Scope.SAMPLE)

        self._desk.bridge.ask(
            "comparison",
            lambda: services.compare(name),
            done,
            lambda error: self._desk.complain(f"“{name}” cannot be compared", error, kind=KIND),
        )

    def choose(self, scope: Scope) -> None:
        """Compare these tracks from now on; what is under way is stopped.

        Tracks that the other model has heard already are compared at once.
        """
        comparison = self.comparison
        if comparison is None:
            return
        self.stop()
        self.scope, self.tracks, self.heard, self.failed = scope, [], 0, 0
        self._renew(comparison)
        every, chosen = self._desk.tracks.rows(), self._selected()

        def work() -> tuple[dict[Scope, int], Scope, list[Track], int]:
            selected, known = _candidates(chosen), _candidates(every)
            sizes = {Scope.ALL: len(known)}
            if len(known) > SAMPLE:
                sizes[Scope.SAMPLE] = SAMPLE
            if len(selected) > 1:  # one row always is
                sizes[Scope.SELECTED] = len(selected)
            which = scope if scope in sizes else Scope.ALL  # the selection may have shrunk meanwhile
            tracks = comparison.sample(
                selected if which is Scope.SELECTED else known, SAMPLE if which is Scope.SAMPLE else None
            )
            return sizes, which, tracks, comparison.heard(tracks)

        def done(answer: tuple[dict[Scope, int], Scope, list[Track], int]) -> None:
            self.sizes, self.scope, self.tracks, self.heard = answer
            self.counted.emit()
            if self.tracks and self.heard == len(self.tracks):
                self.start()

        self._desk.bridge.ask(
            "comparison", work, done, lambda error: self._desk.complain("The tracks cannot be counted", error)
        )

    @property
    def left(self) -> int:
        """Tracks that were not reached yet."""
        done = len(self.differences.tracks) if self.differences is not None else 0
        return len(self.tracks) - done - self.failed

    def start(self) -> None:
        """Let the other model listen, and add up what it would change."""
        comparison, desk = self.comparison, self._desk
        if comparison is None or not self.tracks or self.job is not None:
            return
        self._renew(comparison)
        self.failed = 0
        tracks, shift = self.tracks, desk.tracks.shift
        self._shift = shift

        def make(cancel: threading.Event) -> Iterator[Any]:
            for item in comparison.run(tracks, cancel, lambda path, share: job.inside(path, share), shift):
                job.inside(item.path, 1)
                yield item

        def items(batch: list[Any]) -> None:
            for item in batch:
                if isinstance(item, FileFault):
                    job.failures.append(Failure(item.path.name, item.cause))
                elif self.job is job and self.differences is not None:
                    self.differences.add(item)
            if self.job is job:
                self.failed = len(job.failures)
                self.added.emit()

        def ended(error: Exception | None) -> None:
            compared = words.plural(job.done - len(job.failures), "track")
            job.outcome = f"Compared {compared} with “{comparison.name}”"
            if job.stopping:
                job.outcome = f"Cancelled; compared {compared} with “{comparison.name}”"
            if error is not None:
                job.outcome += f"; stopped: {error}"
                desk.complain("The comparison stopped", error)
            desk.result(job.outcome)
            if self.job is job:
                self.job = None
                self.heard = len(self.tracks) - self.left - self.failed
                self.ended.emit()
                self.follow()

        job = self.job = Job(
            "Comparing",
            make,
            on_items=items,
            on_end=ended,
            total=len(tracks),
            lane=LISTEN,
            leave="What the other model listened to is kept, and the comparison goes on from there.",
            on_pause=comparison.hold,
        )
        desk.bridge.do(job)
        self.added.emit()

    def _renew(self, comparison: Comparison) -> None:
        """Nothing is compared yet."""
        self._desk.bridge.forget("comparison decisions")
        self.differences, self._outdated = comparison.differences(), False

    def outdate(self) -> None:
        """Decisions are others; :meth:`follow` looks at them, once somebody looks."""
        self._outdated = self.comparison is not None

    def follow(self) -> None:
        """What was compared, beside the decisions as they are now and at thresholds where the slider is now.

        Both models' scores are known: nothing is listened to.
        """
        comparison, before = self.comparison, self.differences
        if comparison is None or before is None or not before.tracks:
            return
        if self.job is None and not self.left and self._shift != self._desk.tracks.shift:
            self.start()
            return
        if not self._outdated:
            return
        # What is on its way from the worker may be older than the decisions: looked at when that is over.
        self._outdated = self.job is not None
        tracks, fresh = list(before.tracks), comparison.differences()

        def each(part: list[Compared], _: int) -> None:
            for one in part:
                fresh.add(one)

        def end() -> None:
            if self.differences is before:
                for one in before.tracks[len(tracks) :]:
                    fresh.add(one)
                self.differences = fresh
                self.added.emit()

        self._desk.bridge.slices(
            "comparison decisions",
            tracks,
            SLICE,
            comparison.anew,
            each,
            end,
            lambda error: self._desk.complain("The decisions cannot be read", error),
        )

    def stop(self) -> None:
        """End it early; what was heard is kept, and what was compared is shown."""
        job, self.job = self.job, None
        if job is not None:
            self._desk.bridge.stop(job)

    def cancel(self) -> None:
        """As :meth:`stop`, asked for by the user: what was compared stays in view."""
        if self.job is not None:
            self._desk.bridge.stop(self.job)

    def close(self) -> None:
        """Nobody looks at it any more."""
        self._desk.bridge.forget("comparison")
        self._desk.bridge.forget("comparison decisions")
        self.stop()
        if self.comparison is not None:
            self.comparison = self.differences = None
            self.closed.emit()

    def title(self, path: Any) -> str:
        """A track as people call it."""
        row = self._desk.tracks.row(path)
        if row is None:
            return str(path.name)
        return f"{row.title} · {row.artist}" if row.artist else row.title


def _candidates(rows: list[Row]) -> list[tuple[Track, Any, bool]]:
    """Tracks that the model in use has heard."""
    return [
        (row.track, row.scores.track_id, bool(row.verdicts))
        for row in rows
        if row.track is not None and row.scores is not None
    ]
