"""Tags that somebody began to teach, or to teach anew: kept until they are saved or discarded."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QSettings

DRAFTS = "teach/drafts"
"""Setting: what is not saved yet, so that neither another page nor the end of the program costs it."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What is not saved of a tag.

    :param name: as it stands in the form, like ``kind`` and ``field``
    :param said: of tracks, by what was heard in them, or by path while nothing was; None where a mark that
        is saved was taken back
    """

    name: str = ""
    kind: str = ""
    field: str = ""
    said: Mapping[str, bool | None] = dataclasses.field(default_factory=dict)

    @property
    def marked(self) -> int:
        """Tracks of which something is said."""
        return sum(yes is not None for yes in self.said.values())


class Drafts:
    """By name of the tag that is edited, empty for a new one."""

    def __init__(self, state: QSettings) -> None:
        self._state = state
        self._drafts = _unpacked(str(state.value(DRAFTS, "")))

    def get(self, key: str) -> Draft | None:
        """What is not saved of a tag."""
        return self._drafts.get(key)

    def keep(self, key: str, draft: Draft | None) -> None:
        """That is not saved of a tag; None where all of it is."""
        if draft == self._drafts.get(key):
            return
        if draft is None:
            del self._drafts[key]
        else:
            self._drafts[key] = draft
        self._state.setValue(
            DRAFTS, json.dumps({key: dataclasses.asdict(d) for key, d in self._drafts.items()})
        )


def _unpacked(text: str) -> dict[str, Draft]:
    """What cannot be understood is no reason not to start."""
    try:
        return {
            str(key): Draft(
                str(found["name"]),
                str(found["kind"]),
                str(found["field"]),
                {str(track): None if yes is None else bool(yes) for track, yes in found["said"].items()},
            )
            for key, found in json.loads(text).items()
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
