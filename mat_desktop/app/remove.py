"""Works out how everything that this program ever wrote is taken out of the files again.

A field that still holds our value goes back to what it was before our first write; where another program set
it between two of ours, to what that one set. The program's own marks (``MAT_TAGS`` and the like) go in any
case, also from files that another computer wrote: what their genre and mood were before is not known here, so
these stay. As with an undo, nothing is written in this module.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from threading import Event

from mat_desktop.app.scan import scan
from mat_desktop.app.session import Session
from mat_desktop.app.undo import compared, joined, present_tags
from mat_desktop.domain.plan import Change
from mat_desktop.domain.reversal import FieldReversal, FileReversal, Past, RunKind, Task
from mat_desktop.domain.tags import MARKS, Field
from mat_desktop.domain.track import TagSet, Track
from mat_desktop.errors import UsageFault, printable
from mat_desktop.store.journal import Entry

WRITTEN_ELSEWHERE = (
    "carries marks that another computer wrote; its genre and mood stay, as what they were is not known here"
)


def removing(session: Session, under: Sequence[Path] = (), cancel: Event | None = None) -> Task:
    """Take out of every file what this program may have written to it.

    :param under: only files at or under these paths, which are searched for its marks as well; none means all
    :raises UsageFault: one of them does not exist and nothing was written there
    """
    pasts = tuple(Past(place, place, ()) for place in sorted(_places(session, under, cancel or Event())))
    return Task(RunKind.REMOVE, "removal of everything written", pasts)


def _places(session: Session, under: Sequence[Path], cancel: Event) -> Iterator[Path]:
    """Files of the journal and files of the library that carry its marks; links resolved, each once."""
    roots = [path.resolve() for path in under]
    found = dict.fromkeys(place for place in session.journal.files() if _is_under(place, roots))
    for path, root in zip(under, roots, strict=True):
        if not path.exists() and not any(_is_under(place, [root]) for place in found):
            raise UsageFault(f"{printable(path)}: no such file or folder, and nothing was written there")
    yield from found
    if under:
        there = [path for path in under if path.exists()]
        tracks = (item for item in scan(session, there, cancel) if isinstance(item, Track))
        marked: Iterator[Path] = (track.path for track in tracks if any(track.tags.get(f) for f in MARKS))
    else:
        marked = iter(session.library.marked())
    for path in marked:
        place = path.resolve()
        if place not in found and place.is_file():
            found[place] = None
            yield place


def look_at(session: Session, place: Path, fields: Collection[Field] = ()) -> FileReversal | None:
    """What would be taken out of one file; None where nothing of ours is in it.

    :param fields: none means all
    """
    entries = session.journal.written_to(place)
    writes = [(entry, change) for entry in entries for change in entry.changes]
    traces = {trace.field: trace for trace in joined(writes) if not fields or trace.field in fields}
    open_traces = [trace for trace in traces.values() if trace.ours != trace.old]
    path = entries[-1].known if entries else place
    stamp, present, fault = present_tags(place)
    if stamp is None:
        lost = tuple(FieldReversal(Change(t.field, t.ours, t.old), ()) for t in open_traces)
        return FileReversal(path, place, None, lost, fault) if lost else None
    counting = _counting(session, entries)
    items: list[FieldReversal] = []
    for field in Field:
        if fields and field not in fields:
            continue
        trace = traces.get(field)
        ours = tuple(n for n in trace.entries if (n, field) in counting) if trace else ()
        now = tuple(present.get(field, ()))
        if field in MARKS:
            if now:
                items.append(FieldReversal(Change(field, now, ()), ours))
        elif trace is not None:
            item = compared(session, place, trace, present)
            items.append(FieldReversal(item.change, ours, "" if item.idle else item.why))
    if all(item.idle for item in items):
        return None
    note = WRITTEN_ELSEWHERE if _from_elsewhere(writes, present) else ""
    return FileReversal(path, place, stamp, tuple(items), fault, note)


def _counting(session: Session, entries: Sequence[Entry]) -> set[tuple[int, Field]]:
    """Writes of a value, and not of an undo, that were not taken back since."""
    numbers = [entry.id for entry in entries]
    settled = session.journal.reverted(numbers) | session.journal.taking_back(numbers)
    return {(e.id, c.field) for e in entries for c in e.changes} - settled


def _from_elsewhere(writes: Sequence[tuple[Entry, Change]], present: TagSet) -> bool:
    """Whether it carries marks that were there before this journal's first write, if there was any."""
    if not any(present.get(field) for field in MARKS):
        return False
    first = next((change for _, change in writes if change.field is Field.MAT_TAGS), None)
    return first is None or bool(first.before)


def _is_under(place: Path, roots: Sequence[Path]) -> bool:
    return not roots or any(place == root or root in place.parents for root in roots)
