"""A plan: every change that would be made to files, complete before the first byte is touched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from mat_desktop.domain.card import ModelCard
from mat_desktop.domain.scheme import TagScheme
from mat_desktop.domain.tags import WRITABLE, Field
from mat_desktop.domain.track import FileStamp


class Policy(StrEnum):
    """What happens to the values that a field already has."""

    FILL_EMPTY = "fill-empty"
    APPEND = "append"
    REPLACE = "replace"
    SKIP = "skip"

    def apply(self, before: Sequence[str], suggested: Sequence[str]) -> tuple[str, ...]:
        """The field's new values. Without a suggestion nothing changes: an empty result never deletes."""
        if not suggested or self is Policy.SKIP or (self is Policy.FILL_EMPTY and before):
            return tuple(before)
        if self is Policy.APPEND:
            have = {value.casefold() for value in before}
            return (*before, *(value for value in suggested if value.casefold() not in have))
        return tuple(suggested)


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one file, old values and new. An empty ``after`` removes the field."""

    field: Field
    before: tuple[str, ...]
    after: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.field not in WRITABLE:
            raise ValueError(f"{self.field} is not a field that this program writes")

    def reversed(self) -> Change:
        """The change that takes this one back."""
        return Change(self.field, self.after, self.before)


@dataclass(frozen=True, slots=True)
class FilePlan:
    """All changes to one file, valid only while the file has this stamp.

    :param wanted: what would be written if it can be
    :param fault: why nothing can be written to the file, else empty; see :func:`app.plan.checked`
    :param copied: fields whose values stand elsewhere in the file, as in text chunks of a WAV or in ID3v1,
        and that come into its new tag as they are; then names of what else does, as "comment"
    :param told: under which other names values are written, and where others stay, as sentences without
        their stops
    :param joins: several values of a field become one text, as its tag has no lists
    """

    path: Path
    stamp: FileStamp
    wanted: tuple[Change, ...]
    fault: str = ""
    copied: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    joins: bool = False

    @property
    def changes(self) -> tuple[Change, ...]:
        """What would be written."""
        return () if self.fault else self.wanted


def told_copies(names: Sequence[str], *, done: bool = False) -> str:
    """What comes into a file's new tag beside the changes, as a sentence without its stop.

    :param names: of the fields, as they are shown; not empty
    :param done: it was written
    """
    return f"its other fields {'were' if done else 'are'} copied into the new tag: {', '.join(names)}"


JOINED = "an ID3v2.3 tag has no lists: several values become one text, parted by “; ”"
"""What is to be said of files that join values."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What one run would write. Files without a change are not in it.

    :param reason: one line for the history, e.g. the model's name
    """

    reason: str
    files: tuple[FilePlan, ...]

    def __len__(self) -> int:
        return len(self.files)


def reason_of(card: ModelCard, scheme: TagScheme) -> str:
    """The history's line on what a model suggested."""
    return f"{card.title}: {scheme.title}"


class WriteStatus(StrEnum):
    """How the write of one file ended."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"
    CONFLICT = "conflict"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class WriteResult:
    """How the write of one file ended, and why, in one sentence where it was not written.

    :param run: to which it belongs, where that was interrupted
    :param absent: the reason is only that the file is not there: its drive may come back
    """

    path: Path
    status: WriteStatus
    reason: str = ""
    changes: tuple[Change, ...] = ()
    run: int | None = None
    absent: bool = False
