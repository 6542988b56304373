"""What workers make of scores, so that the UI thread only has to show it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mat_desktop.domain.track import Track
from mat_desktop.gui.models.row import Arrived
from mat_desktop.gui.services import Services

if TYPE_CHECKING:
    from mat_desktop.app.score import Heard


def with_verdicts(services: Services, heard: Heard, shift: float) -> Arrived:
    """What was heard, what the user said before, and the suggestions that follow from both."""
    verdicts = dict(services.verdicts(heard.scores.track_id))
    suggestions = services.suggest(heard.scores, verdicts, shift)
    reviewed = services.reviewed(heard.scores.track_id)
    return Arrived(heard.path, heard.scores, verdicts, shift, suggestions, reviewed)


def known(services: Services, tracks: Sequence[Track], shift: float) -> Iterator[Arrived]:
    """What was heard in earlier sessions."""
    for heard in services.known(tracks):
        yield with_verdicts(services, heard, shift)
