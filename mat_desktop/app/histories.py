"""What was written to files with one sound, parted by the files that it was written to.

The journal knows where a write went, and what the file was before and after it. A name tells little, as
others may have it by the next write; what that found in the file tells which one it was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mat_desktop.domain.tags import MARKS, Field
from mat_desktop.domain.track import TagSet
from mat_desktop.store.journal import Entry, Journal


@dataclass(eq=False)
class History:
    """What was written to one file, the oldest first; at least one write.

    :param doubt: others of which any may be this file's before its first write, as nothing tells which
    """

    entries: list[Entry]
    doubt: Sequence[History] = ()

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
    journal: Journal, entries: Sequence[Entry], with_digest: Mapping[str, Collection[Path]]
) -> list[History]:
    """:param entries: all that was written to files with one sound, the oldest first
    :param with_digest: where files are, by their digest
    """
    histories: list[History] = []
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.before_sha256, []).append(entry)
    for entry in entries:
        may = [history for history in histories if history.last.run != entry.run]  # a run writes a file once
        those = _Write(journal, entry, may, found, with_digest).histories if may else ()
        if len(those) == 1:
            those[0].add(entry)
        else:
            histories.append(History([entry], those))
    return histories


@dataclass
class _Write:
    """A write, and what was written before it to files of which one may be its file.

    :param found: writes, by what they found
    """

    journal: Journal
    entry: Entry
    may: Sequence[History]
    found: Mapping[str, Sequence[Entry]]
    with_digest: Mapping[str, Collection[Path]]

    @property
    def histories(self) -> Sequence[History]:
        """That of the file to which it went: it found what was left in it, byte for byte; else it took
        something back from it; else the marks say so. None for a file to which nothing was written, as for a
        copy of one; several where nothing tells which of them it was.
        """
        here = [history for history in self.may if history.place == self.entry.path]
        same = [one for one in self.may if one.last.after_sha256 == self.entry.before_sha256]
        if len(same) == 1 and same == here:
            return same
        roots = self.journal.roots([self.entry.id]) - {self.entry.id}
        back = [one for one in self.may if roots and any(old.id in roots for old in one.entries)]
        if sure := [one for one in same if one in back] or [one for one in same if one in here]:
            return sure[-1:]
        if moved := _any_of([one for one in same if not self._stays(one)]):
            return [moved]
        if same or back:
            return back[-1:]
        own = next(filter(self._is_it, reversed(here)), None)
        so = [one for one in self.may if one is not own and self._found_all(one) and not self._stays(one)]
        if own is not None:  # its name is no proof while another that is away had the same left in it
            return [own] if all(one.is_like(own) for one in so) else [own, *so]
        alike = _any_of(so)
        return so if alike is None else [alike]

    def _stays(self, history: History) -> bool:
        """Whether it is where it was all the same: a copy of it was written."""
        return history.place in self._kept(history)

    def _kept(self, history: History) -> Iterator[Path]:
        """Where what a history left is now, or was when it was written to later."""
        digest = history.last.after_sha256
        yield from self.with_digest.get(digest, ())
        yield from (other.path for other in self.found.get(digest, ()) if other.id > self.entry.id)

    def _is_it(self, history: History) -> bool:
        """Whether a write at the same place went to the same file, as far as it tells."""
        found = all(
            change.before == tuple(history.left.get(change.field, ()))
            for change in self.entry.changes
            if change.field in MARKS
        )
        return found and (bool(history.marks) or not any(self._kept(history)))

    def _found_all(self, history: History) -> bool:
        """Whether a write elsewhere found all that was left, as far as it tells, and marks among it."""
        before = {change.field: change.before for change in self.entry.changes}
        known = {field: values for field, values in history.left.items() if field in before}
        return carries(before, known)


def _any_of(histories: Sequence[History]) -> History | None:
    """Any, where it is the same which; else none."""
    if histories and all(history.is_like(histories[0]) for history in histories[1:]):
        return histories[0]
    return None
