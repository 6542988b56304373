"""What workers make of tracks and scores, so that the UI thread only has to show it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mat_desktop.domain.track import Track
from mat_desktop.errors import FileFault
from mat_desktop.gui.models.row import BAD, Arrived, Chosen, Row
from mat_desktop.gui.services import Services

if TYPE_CHECKING:
    from mat_desktop.app.score import Heard

KNOWN_AT_ONCE = 200
"""Tracks whose kept scores are looked up together."""


class AsShown(NamedTuple):
    """A file that is as its row says."""

    path: Path


def with_verdicts(services: Services, heard: Heard, shift: float) -> Arrived:
    """What was heard, what the user said before, and the suggestions that follow from both."""
    verdicts, mark = services.said(heard)
    (chosen,) = Chosen.many(services.choose([heard.scores], [verdicts], shift), shift)
    return Arrived(heard.path, heard.scores, verdicts, chosen, mark)


def remembered(services: Services, roots: Sequence[Path]) -> Iterator[Row]:
    """A row for each track that the library knows, with what was heard in it; nothing is suggested yet."""
    for item in services.remembered(roots):
        yield Row.remembered(item.track, item.scores, item.verdicts, item.reviewed)


def rows_of(
    services: Services,
    found: Iterable[Track | FileFault],
    shift: float,
    row_of: Callable[[Path], Row | None] = lambda path: None,
) -> Iterator[Row | Arrived | AsShown]:
    """A row for each file that was found, and now and then what was heard in them in earlier sessions.

    :param row_of: what is shown of a file; where that is all that there is to say it is not said again
    """
    waiting: list[Track] = []
    for item in found:
        if isinstance(item, FileFault):
            yield Row.of(item)
            continue
        row = row_of(item.path)
        if row is not None and row.state not in BAD and row.says(item):
            yield AsShown(item.path)
            if row.scores is not None:
                continue
        else:
            yield Row.of(item)
        waiting.append(item)
        if len(waiting) >= KNOWN_AT_ONCE:
            yield from known(services, waiting, shift)
            waiting = []
    yield from known(services, waiting, shift)


def known(services: Services, tracks: Sequence[Track], shift: float) -> Iterator[Arrived]:
    """What was heard in earlier sessions."""
    found = [(item, item.scores) for item in services.known(tracks) if item.scores is not None]
    if not found:
        return
    choices = services.choose([scores for _, scores in found], [item.verdicts for item, _ in found], shift)
    for (item, scores), chosen in zip(found, Chosen.many(choices, shift), strict=True):
        yield Arrived(item.track.path, scores, item.verdicts, chosen, item.reviewed)
