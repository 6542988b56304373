"""What the journal knows of a field of a file, beside what it is now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mat_desktop.domain.plan import Change
from mat_desktop.domain.reversal import FieldReversal, Trace
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import TagSet
from mat_desktop.store.journal import Entry

BACK_ALREADY = "is as it was already"
RESTORED = f"{BACK_ALREADY}: something else restored it"
FOREIGN = "another program changed it since"


def compared(entries: Sequence[Entry], trace: Trace, present: TagSet) -> FieldReversal:
    """A field as it is now, beside what it would become.

    :param entries: all that was written to the file, the oldest first
    """
    now = tuple(present.get(trace.field, ()))
    change = Change(trace.field, now, trace.old)
    if now == trace.old:
        by_others = now != trace.ours and _who_changed(entries, trace, now) is None
        return FieldReversal(change, trace.entries, RESTORED if by_others else BACK_ALREADY)
    if now == trace.ours:
        return FieldReversal(change, trace.entries)
    run = _who_changed(entries, trace, now)
    why = FOREIGN if run is None else f"run {run} wrote it since"
    return FieldReversal(change, trace.entries, why, since=run is not None)


def _who_changed(entries: Sequence[Entry], trace: Trace, now: tuple[str, ...]) -> int | None:
    """The run of this program that wrote a value since, None where it was another program."""
    for entry in reversed(entries):
        if entry.id <= max(trace.entries):
            break
        wrote = entry.before_sha256 != entry.after_sha256  # else it was only looked at then
        if wrote and any(change.field == trace.field and change.after == now for change in entry.changes):
            return entry.run
    return None


def joined(changes: Iterable[tuple[Entry, Change]]) -> tuple[Trace, ...]:
    """Changes of one file, the oldest first, as one trace a field.

    Where another program changed a field between two writes, only those after it count: its value is what the
    field goes back to.
    """
    traces: dict[Field, Trace] = {}
    for entry, change in changes:
        trace = traces.get(change.field)
        follows = trace is not None and trace.ours == change.before
        old, entries = (trace.old, trace.entries) if trace is not None and follows else (change.before, ())
        traces[change.field] = Trace(change.field, change.after, old, (entry.id, *entries))
    return tuple(traces[field] for field in Field if field in traces)
