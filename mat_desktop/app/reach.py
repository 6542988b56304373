"""How far a reversal reaches: the program's own marks are about every value of ours that stands in a file.

A run that finds the same marks in a file does not write them anew. So the marks of an earlier run may be
about values of a later one, and go with the last of these, whichever run is taken back first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from mat_desktop.domain.tags import MARKS, Field
from mat_desktop.domain.track import TagSet
from mat_desktop.store.journal import Entry, Journal


@dataclass(frozen=True, slots=True)
class Reach:
    """What is taken back in one file, seen from its marks.

    :param back: it is a redo: it brings values back
    :param entries: whose marks are meant, by number: those that are taken back, and where no value of a run
        before them stands there, all whose marks are about nothing else any more; of a redo, the last before
        them whose marks went as well
    :param wider: these are more than what is taken back
    :param held: fields with values of later runs that the marks are about as well, each with its run
    :param alone: fields of which no other run has values there
    """

    back: bool
    entries: frozenset[int]
    wider: bool
    held: Mapping[Field, int]
    alone: frozenset[Field]


def reach(journal: Journal, entries: Sequence[Entry], touched: Collection[int], present: TagSet) -> Reach:
    """See how far it reaches.

    :param entries: all that was written to the file, the oldest first
    :param touched: those that are taken back
    :param present: the tags of the file
    """
    roots, ours = journal.roots([entry.id for entry in entries]), journal.roots(touched)
    settled, first = journal.reverted(roots), min(ours, default=0)
    if journal.taking_back(touched):
        gone = {number for number, field in settled if field in MARKS and number < first}
        return Reach(True, frozenset({*touched, max(gone, default=first)}), False, {}, frozenset())
    if _last_left(entries, touched, roots, settled, present):
        return Reach(False, frozenset(touched), False, {}, frozenset())
    returning: dict[Field, set[str]] = {}
    for entry in entries:
        for change in entry.changes if entry.id in touched else ():
            returning.setdefault(change.field, set()).update({*change.before} - {*change.after})
    earlier: set[Field] = set()
    held: dict[Field, int] = {}
    orphans: set[int] = set()
    for entry in entries:
        if entry.id not in roots or entry.id in ours:
            continue
        counting = [c for c in entry.changes if (entry.id, c.field) not in settled and c.before != c.after]
        values = [c for c in entry.changes if c.field not in MARKS]
        if values and any(c.field in MARKS and c.after for c in counting):
            orphans.add(entry.id)
        for change in counting:  # marks that were written alone are about themselves
            if values and change.field in MARKS:
                continue
            put, there = {*change.after} - {*change.before}, {*present.get(change.field, ())}
            if entry.id < first and put & returning.get(change.field, set()):
                earlier.add(change.field)  # it was taken out since, and comes back now
            if not put & there:
                continue
            if entry.id < first:
                earlier.add(change.field)
            else:
                held[change.field] = entry.run
    meant = frozenset(touched) if earlier else frozenset({*touched, *orphans})
    fields = {change.field for entry in entries if entry.id in ours for change in entry.changes} - MARKS
    return Reach(False, meant, meant > {*touched}, held, frozenset(fields - earlier - held.keys()))


def _last_left(
    entries: Sequence[Entry],
    touched: Collection[int],
    roots: Collection[int],
    settled: Collection[tuple[int, Field]],
    present: TagSet,
) -> bool:
    """Whether a file is as what is taken back left it: then it only goes back to what it was before that."""
    last = max(touched, default=0)
    left: dict[Field, tuple[str, ...]] = {}
    for entry in entries:
        for change in entry.changes:
            if entry.id <= last:
                left[change.field] = change.after
                continue
            left.setdefault(change.field, change.before)
            counts = entry.id in roots and (entry.id, change.field) not in settled
            if counts and entry.id not in touched and change.before != change.after:
                return False
    return all(tuple(present.get(field, ())) == values for field, values in left.items())
