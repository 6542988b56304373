"""What was written to files with one sound, parted by the files that it was written to.

The journal knows where a write went, and what the file was before and after it. A name tells little, as
others may have it by the next write; what that found in the file tells which one it was.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mat_desktop.domain.tags import MARKS, Field
from mat_desktop.domain.track import TagSet
from mat_desktop.store.journal import Entry, Journal


@dataclass(eq=False)
class History:
    """What was written to one file, the oldest first; at least one write."""

    entries: list[Entry]

    def add(self, entry: Entry) -> None:
        """A later write."""
        self.entries.append(entry)
        self.__dict__.pop("left", None)

    @property
    def last(self) -> Entry:
        """The newest write."""
        return self.entries[-1]

    @property
    def place(self) -> Path:
        """Where it was written last, links resolved."""
        return self.last.path

    @cached_property
    def left(self) -> TagSet:
        """Values of the fields that were written, as they were left."""
        return left_by(self.entries)

    @property
    def marks(self) -> TagSet:
        """Marks that were left in it; none where they are switched off, or were taken out again."""
        return marks_in(self.left)

    @property
    def states(self) -> set[str]:
        """Digests of what it ever was before and after a write."""
        return {digest for entry in self.entries for digest in (entry.before_sha256, entry.after_sha256)}

    def is_like(self, other: History) -> bool:
        """Whether the same was done to another file: then the same goes back into it."""
        return [entry.changes for entry in self.entries] == [entry.changes for entry in other.entries]


def left_by(entries: Sequence[Entry]) -> dict[Field, tuple[str, ...]]:
    """Values of the fields that some writes changed, as they were left."""
    return {change.field: change.after for entry in entries for change in entry.changes}


def marks_in(tags: TagSet) -> dict[Field, tuple[str, ...]]:
    """Marks of this program among some tags."""
    return {mark: tuple(tags[mark]) for mark in MARKS if tags.get(mark)}


def carries(tags: TagSet, left: TagSet) -> bool:
    """Whether there are marks among what was left, and all of it is among some tags."""
    return bool(marks_in(left)) and all(tuple(tags.get(f, ())) == values for f, values in left.items())


def parted(
    journal: Journal, entries: Sequence[Entry], with_digest: Callable[[str], Collection[Path]]
) -> list[History]:
    """:param entries: all that was written to files with one sound, the oldest first
    :param with_digest: where files are, by their digest
    """
    found: list[History] = []
    for number, entry in enumerate(entries):
        history = _continued(journal, found, entry, entries[number + 1 :], with_digest)
        if history is None:
            found.append(History([entry]))
        else:
            history.add(entry)
    return found


def _continued(
    journal: Journal,
    histories: Sequence[History],
    entry: Entry,
    later: Sequence[Entry],
    with_digest: Callable[[str], Collection[Path]],
) -> History | None:
    """Which file a write went to: it found what was left in it, byte for byte; else it took something back
    from it; else the marks say so. None for one that nothing was written to, as for a copy of one.
    """
    may = [history for history in histories if history.last.run != entry.run]  # a run writes a file once
    if not may:
        return None
    here = [history for history in may if history.place == entry.path]
    same = [history for history in may if history.last.after_sha256 == entry.before_sha256]
    roots = journal.roots([entry.id]) - {entry.id}
    back = [history for history in may if roots and any(old.id in roots for old in history.entries)]

    def kept(history: History) -> set[Path]:
        """Where what a history left is now, or was when it was written to later."""
        digest = history.last.after_sha256
        return {*with_digest(digest), *(other.path for other in later if other.before_sha256 == digest)}

    def stays(history: History) -> bool:
        """Whether it is where it was all the same: a copy of it was written."""
        return history.place in kept(history)

    def is_it(history: History) -> bool:
        """Whether a write at the same place went to the same file, as far as it tells."""
        found = all(
            change.before == tuple(history.left.get(change.field, ()))
            for change in entry.changes
            if change.field in MARKS
        )
        return found and (bool(history.marks) or not kept(history))

    for found in (
        [history for history in same if history in back],
        [history for history in same if history in here],
        _one_of([history for history in same if history not in here and not stays(history)]),
        back,
        [history for history in here if not same and is_it(history)],
    ):
        if found:
            return found[-1]
    if same:
        return None
    return next(
        iter(_one_of([history for history in may if _found_values(history, entry) and not stays(history)])),
        None,
    )


def _one_of(histories: list[History]) -> list[History]:
    """Any, where it is the same which; else none."""
    return histories[:1] if all(history.is_like(histories[0]) for history in histories[1:]) else []


def _found_values(history: History, entry: Entry) -> bool:
    """Whether a write elsewhere found all that was left, as far as it tells, and marks among it."""
    before = {change.field: change.before for change in entry.changes}
    known = {field: values for field, values in history.left.items() if field in before}
    return carries(before, known)
