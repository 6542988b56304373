"""What writing and undoing have in common: files change, and the table must follow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mat_desktop.domain.plan import WriteResult, WriteStatus
from mat_desktop.domain.reversal import told_as_they_are
from mat_desktop.domain.track import Track
from mat_desktop.errors import FileFault, printable
from mat_desktop.gui import words
from mat_desktop.gui.jobs import Job
from mat_desktop.gui.models.row import BAD, Problem, State
from mat_desktop.gui.models.tracks import TracksModel
from mat_desktop.gui.services import Services
from mat_desktop.gui.work import Do, Failure

STATES = {WriteStatus.CONFLICT: State.CONFLICT, WriteStatus.FAILED: State.FAILED}


def with_refresh(services: Services, results: Iterator[WriteResult]) -> Iterator[WriteResult | Track]:
    """In the worker: after each result the tags that the file has now."""
    for result in results:
        yield result
        if result.status is not WriteStatus.FAILED:
            try:
                yield services.refresh(result.path, seen=False)
            except FileFault:
                continue


FEW = 3
"""Reasons that are told, and files that are named for each."""


def told(bad: Sequence[WriteResult]) -> str:
    """Files that were left as they were, by name, each reason once and the most frequent first."""
    by_reason: dict[str, list[str]] = {}
    for result in bad:
        by_reason.setdefault(result.reason, []).append(printable(Path(result.path.name)))
    parts = []
    reasons = sorted(by_reason.items(), key=lambda item: -len(item[1]))
    for reason, names in reasons[:FEW]:
        more = f" and {words.number(len(names) - FEW)} more" if len(names) > FEW else ""
        parts.append(f"{', '.join(names[:FEW])}{more}: {reason}")
    if others := sum(len(names) for _, names in reasons[FEW:]):
        parts.append(f"and {words.plural(others, 'other file')}")
    return "; ".join(parts)


@dataclass(frozen=True, slots=True)
class Left:
    """Files that a run left as they were, to be shown.

    :param title: what became of so many of them
    :param problems: those of them that have one still
    :param again: tries to do it once more, to these paths
    """

    title: Callable[[int], str]
    problems: Callable[[], Sequence[Problem]]
    again: Callable[[Sequence[Path]], object]


def as_they_were(count: int) -> str:
    """``2 files left as they were``."""
    return f"{words.plural(count, 'file')} left as {'it was' if count == 1 else 'they were'}"


def still_bad(bad: Sequence[WriteResult], tracks: TracksModel) -> list[WriteResult]:
    """Those whose problem was not settled since. Files that are in no row have it still."""
    rows = [(result, tracks.row(result.path)) for result in bad]
    return [result for result, row in rows if row is None or row.state in BAD]


def problems_of(bad: Sequence[WriteResult]) -> list[Problem]:
    """Why files were left, as it was told then, whatever is the matter with them by now."""
    return [Problem(result.path, STATES[result.status], result.reason) for result in bad]


def is_result(item: object) -> bool:
    """Whether an item counts as a file of the run."""
    return isinstance(item, WriteResult)


class Outcome:
    """Results of one run, shown in the table as they come."""

    def __init__(self, tracks: TracksModel) -> None:
        self._tracks = tracks
        self.results: list[WriteResult] = []

    def take(self, batch: Sequence[WriteResult | Track]) -> None:
        """Some more of them. A file that is left as it was keeps its reason, whatever its tags are."""
        for item in batch:
            if isinstance(item, Track):
                self._tracks.refreshed(item)
                result = self.results[-1] if self.results else None
                if result is not None and result.path == item.path:
                    self._mark(result)
            else:
                self.results.append(item)
                self._mark(item)

    def _mark(self, result: WriteResult) -> None:
        state = STATES.get(result.status)
        row = self._tracks.row(result.path) if state is not None else None
        if state is not None and row is not None:
            self._tracks.mark([row], state, result.reason, absent=result.absent)

    @property
    def written(self) -> int:
        """Files that were written, and be it only some of their fields, as the history counts them."""
        return sum(result.status is WriteStatus.WRITTEN or bool(result.changes) for result in self.results)

    def close(self, job: Job, done: str, retry: Do) -> None:
        """Tell what remains of the job.

        :param done: what was done to the files that were, as "Wrote"
        """
        left = (job.total or 0) - len(self.results)
        job.outcome = f"{done} {words.plural(self.written, 'file')}"
        if untouched := sum(not result.changes for result in self.bad):
            job.outcome += (
                f"; {words.number(untouched)} left as {'it was' if untouched == 1 else 'they were'}"
            )
        for told in told_as_they_are(self.results):
            job.outcome += f"; {told}"
        if left > 0:
            job.outcome += f"; {words.number(left)} {'remains' if left == 1 else 'remain'}"
        job.failures = [Failure(result.path.name, result.reason) for result in self.bad]
        job.retry = retry if job.failures or left > 0 else None

    @property
    def bad(self) -> list[WriteResult]:
        """Files that were not, though they should have been."""
        return [result for result in self.results if result.status in STATES]
