"""What workers make of scores, so that the UI thread only has to show it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from mat_desktop.domain.track import Track
from mat_desktop.errors import FileFault
from mat_desktop.gui.models.row import Arrived, Row
from mat_desktop.gui.services import Services

if TYPE_CHECKING:
    from mat_desktop.app.score import Heard

KNOWN_AT_ONCE = 200
"""Tracks whose kept scores are looked up together."""


def with_verdicts(services: Services, heard: Heard, shift: float) -> Arrived:
    """What was heard, what the user said before, and the suggestions that follow from both."""
    verdicts = dict(services.verdicts(heard.scores.track_id))
    suggestions = services.suggest(heard.scores, verdicts, shift)
    reviewed = services.reviewed(heard.scores.track_id)
    return Arrived(heard.path, heard.scores, verdicts, shift, suggestions, reviewed)


def rows_of(services: Services, found: Iterable[Track | FileFault], shift: float) -> Iterator[Row | Arrived]:
    """A row for each file that was found, and now and then what was heard in them in earlier sessions."""
    waiting: list[Track] = []
    for item in found:
        yield Row.of(item)
        if not isinstance(item, FileFault):
            waiting.append(item)
            if len(waiting) >= KNOWN_AT_ONCE:
                yield from known(services, waiting, shift)
                waiting = []
    yield from known(services, waiting, shift)


def known(services: Services, tracks: Sequence[Track], shift: float) -> Iterator[Arrived]:
    """What was heard in earlier sessions."""
    for heard in services.known(tracks):
        yield with_verdicts(services, heard, shift)
