"""A reversal: values that earlier runs wrote, and what would stand in their place, before any is touched."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from mat_desktop.domain.plan import Change
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import FileStamp


class RunKind(StrEnum):
    """What a run did to files."""

    WRITE = "write"
    UNDO = "undo"
    REDO = "redo"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class FieldReversal:
    """One field of one file.

    :param change: from the values that it has now
    :param entries: of the journal, whose change of this field it takes back; none for a mark of this program
        that is in no journal here
    :param why: why it is left alone unless somebody asks for it, empty where nothing speaks against it
    """

    change: Change
    entries: tuple[int, ...]
    why: str = ""

    @property
    def idle(self) -> bool:
        """There is nothing to change."""
        return self.change.before == self.change.after

    @property
    def conflict(self) -> bool:
        """Somebody else's value would be lost."""
        return bool(self.why) and not self.idle


@dataclass(frozen=True, slots=True)
class FileReversal:
    """One file, valid only while it has this stamp.

    :param path: as the library knows it
    :param place: the same with links resolved
    :param stamp: None where the file cannot be looked at
    :param fault: why nothing can be done to it, else empty
    :param note: what the user should know of it
    :param left: fields that stay as they are because somebody else changed them
    """

    path: Path
    place: Path
    stamp: FileStamp | None
    fields: tuple[FieldReversal, ...]
    fault: str = ""
    note: str = ""
    left: tuple[FieldReversal, ...] = ()

    def only(self, fields: Container[Field]) -> FileReversal:
        """Some of its fields."""
        return replace(self, fields=tuple(item for item in self.fields if item.change.field in fields))

    @property
    def safe(self) -> FileReversal:
        """What somebody else has changed since is left as it is."""
        return replace(
            self,
            fields=tuple(item for item in self.fields if not item.conflict),
            left=tuple(item for item in self.fields if item.conflict),
        )

    @property
    def changes(self) -> tuple[Change, ...]:
        """What would be written."""
        return () if self.fault else tuple(item.change for item in self.fields if not item.idle)

    @property
    def left_alone(self) -> str:
        """Which fields stay as they are and why, one sentence; empty where there are none."""
        return "; ".join(f"{item.change.field} left as found: {item.why}" for item in self.left)


@dataclass(frozen=True, slots=True)
class Trace:
    """What the journal knows of one field of a file: the newest writes that follow on each other.

    :param ours: values that the last of them wrote
    :param old: values before the first of them
    :param entries: they, the newest first
    """

    field: Field
    ours: tuple[str, ...]
    old: tuple[str, ...]
    entries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """What the journal knows of one file, as far as it is to be taken back.

    :param path: as the library knows it
    :param place: links resolved
    :param traces: none where all that was ever written there is meant
    """

    path: Path
    place: Path
    traces: tuple[Trace, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """What one run is to take back, as far as the journal tells; the files themselves were not looked at yet.

    :param reason: one line for the history
    :param undo_of: the run that it is about, None where it is about several
    :param whole: it is all of that run, and not some files or fields of it
    """

    kind: RunKind
    reason: str
    pasts: tuple[Past, ...]
    undo_of: int | None = None
    whole: bool = True
