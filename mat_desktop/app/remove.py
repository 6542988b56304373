"""Works out how everything that this program ever wrote is taken out of the files again.

A field that still holds our value goes back to what it was before our first write; where another program set
it between two of ours, to what that one set. The program's own marks (``MAT_TAGS`` and the like) go in any
case, also from files that another computer wrote: what their fields were before is not known here, so these
stay. A copy that was made of a file after that was written goes back to what that was, where it is shown to
be one. As with an undo, nothing is written in this module.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event

from mat_desktop.app.copies import Source
from mat_desktop.app.noted import with_removal
from mat_desktop.app.scan import scan
from mat_desktop.app.session import Session
from mat_desktop.app.standing import stand
from mat_desktop.app.traces import compared, joined
from mat_desktop.app.undo import DOUBTFUL, copied_by, not_counting, present_tags
from mat_desktop.app.whereabouts import (
    Tell,
    carrying,
    copied_from,
    hear,
    is_doubtful,
    is_marked_alike,
    known_as,
    look_in,
    now_at,
    seek,
    stays_behind,
    tell_nobody,
    told_apart,
    why_lost,
    written_at,
)
from mat_desktop.domain.plan import Change
from mat_desktop.domain.reversal import FieldReversal, FileReversal, Marks, Past, RunKind, Task
from mat_desktop.domain.tags import MARKS, WRITABLE, Field
from mat_desktop.domain.track import TagSet, Track, TrackId
from mat_desktop.errors import UsageFault, printable
from mat_desktop.store.journal import Entry, Song

WRITTEN_ELSEWHERE = "carries marks that another computer wrote"
CHANGED_COPY = "is a copy of a file that was written, and was changed since"
COPY_OF_SEVERAL = "is a copy of one of several files that were not alike before they were written"


def removing(
    session: Session,
    under: Sequence[Path] = (),
    cancel: Event | None = None,
    tell: Tell = tell_nobody,
) -> Task:
    """Take out of every file what this program may have written to it.

    :param under: only files at or under these paths, which are searched for its marks as well; none means all
    :param cancel: ends the search for files; what comes back then is not to be done
    :param tell: follows that search
    :raises UsageFault: one of them does not exist and nothing was written there
    """
    pasts = tuple(_pasts(session, under, cancel or Event(), tell))
    return Task(RunKind.REMOVE, "removal of everything written", pasts)


def _pasts(session: Session, under: Sequence[Path], cancel: Event, tell: Tell) -> list[Past]:
    """Files of the journal, where they are now, and files of the library that carry the program's marks, in
    order of place."""
    roots = [path.resolve() for path in under]
    songs = session.journal.songs()
    if not under:  # copies that were made since are there too
        look_in(session, {song.place.parent for song in songs}, cancel, tell)
    marked = [*_marked(session, under, cancel, tell)]
    for track in session.library.unheard({song.sound for song in songs if song.sound is not None}):
        if cancel.is_set():
            return []
        hear(session, track)  # it may be a copy of one of them
        tell(track.path)
    seek(session, songs, cancel, [path for path in under if path.exists()], tell)
    stand(session, songs, cancel, tell)
    found: dict[tuple[Path, TrackId | None], Past] = {}
    copies: dict[Path, Past] = {}
    for song in (one for each in songs for one in written_at(session, each)):
        if cancel.is_set():
            return []
        home = now_at(session, song)
        carriers, could = carrying(session, song)
        for place in carriers:
            if place not in copies and song.sound is not None and _is_under(place, roots):
                copies[place] = Past(known_as(session, song.sound, place), place, ())
        past = Past(song.known, song.place, (), lost=song.sound)
        if home is not None:
            past = Past(*home, (), song.known if song.place != home[1] else None)
        elif all(_is_under(place, roots) for place in could):
            free = next((place for place in could if copies[place].stands_for is None), None)
            if free is not None:
                copies[free] = replace(copies[free], stands_for=song.place)
                continue
        if _is_under(past.place, roots):
            found.setdefault((past.place, past.lost), past)
    for place, past in copies.items():
        found.setdefault((place, None), past)
    for path, root in zip(under, roots, strict=True):
        if not path.exists() and not any(_is_under(place, [root]) for place, _ in found):
            raise UsageFault(f"{printable(path)}: no such file or folder, and nothing was written there")
    for path in marked:
        if path.is_file():
            found.setdefault((path.resolve(), None), Past(path, path.resolve(), ()))
    return [found[key] for key in sorted(found, key=lambda key: (key[0], key[1] or ""))]


def _marked(session: Session, under: Sequence[Path], cancel: Event, tell: Tell) -> Iterator[Path]:
    """Files that carry the program's marks: in some folders, or in the library."""
    if not under:
        yield from session.library.marked()
        return
    for track in scan(session, [path for path in under if path.exists()], cancel):
        tell(track.path)
        if isinstance(track, Track) and any(track.tags.get(field) for field in MARKS):
            yield track.path


def look_at(session: Session, past: Past, fields: Collection[Field] = ()) -> FileReversal | None:
    """What would be taken out of one file; None where nothing of ours is in it.

    :param fields: none means all
    """
    path, place = past.path, past.place
    own, others = told_apart(session, path)
    stamp, present, fault = present_tags(place, path)
    lost = past.lost is not None and (stamp is not None or not place.exists())
    if lost:
        own = [entry for entry in (others or own) if entry.sound == past.lost]
        newest = max((entry.id for entry in own), default=None)
        stamp, fault = None, why_lost(session, Song(place, path, past.lost, newest))
    sources = [] if stamp is None else _sources(session, past)
    source = sources[0] if sources and _agree(sources) else []
    entries = [*source, *own]
    own = [entry for entry in entries if entry in own or entry.path == past.stands_for]
    writes = [(entry, change) for entry in entries for change in entry.changes]
    traces = {trace.field: trace for trace in joined(writes)}
    open_traces = [
        trace
        for trace in traces.values()
        if trace.ours != trace.old and (not fields or trace.field in fields)
    ]
    if stamp is None:
        gone = tuple(FieldReversal(Change(t.field, t.ours, t.old), ()) for t in open_traces)
        return FileReversal(path, place, None, gone, fault, lost=lost) if gone else None
    counting = _counting(session, own)
    doubtful = is_doubtful(session, path)
    items: list[FieldReversal] = []
    for field in Field:
        trace = traces.get(field)
        ours = tuple(n for n in trace.entries if (n, field) in counting) if trace else ()
        now = tuple(present.get(field, ()))
        if field in MARKS:
            if now:
                items.append(FieldReversal(Change(field, now, ()), ours))
        elif trace is not None:
            item = compared(entries, trace, present)
            why = item.why or (DOUBTFUL if doubtful else "")
            items.append(FieldReversal(item.change, ours, "" if item.idle else why))
    meant = tuple(item for item in items if not fields or item.change.field in fields)
    if all(item.idle for item in meant):
        return None
    going = {item.change.field for item in items if not item.idle}
    staying = [field for field in Field if field in WRITABLE - MARKS - going and present.get(field)]
    note = ""
    if _from_elsewhere(writes, present):
        what = CHANGED_COPY if is_marked_alike(session, path) else WRITTEN_ELSEWHERE
        note = _told_staying(COPY_OF_SEVERAL if sources and not source else what, staying)
    follow = tuple(item for item in items if item.change.field in MARKS - {Field.MAT_TAGS})
    values = frozenset(
        item.change.field for item in items if not item.idle and item.change.field not in MARKS
    )
    named = frozenset(fields) & MARKS
    copied, was = copied_by(entries), past.was
    stays = was is not None and stays_behind(session, was, place)
    file = FileReversal(path, place, stamp, meant, fault, note, copied=copied, was=was, stays=stays)
    if source:
        last = source[-1]
        home = now_at(session, last.song)
        file = replace(file, copy_of=home[0] if home else last.known, was=None if home else last.known)
    file = file.marking(Marks(follow, values, named))
    listed = next((item.entries for item in items if item.change.field is Field.MAT_TAGS), ())
    return with_removal(session.scheme, file, items, listed)


def _counting(session: Session, entries: Sequence[Entry]) -> set[tuple[int, Field]]:
    """Writes of a value, and not of an undo, that were not taken back since."""
    settled = not_counting(session.journal, entries)
    return {(e.id, c.field) for e in entries for c in e.changes} - settled


def _from_elsewhere(writes: Sequence[tuple[Entry, Change]], present: TagSet) -> bool:
    """Whether it carries marks that were there before this journal's first write, if there was any."""
    if not any(present.get(field) for field in MARKS):
        return False
    first = next((change for _, change in writes if change.field is Field.MAT_TAGS), None)
    return first is None or bool(first.before)


def _sources(session: Session, past: Past) -> list[list[Entry]]:
    """What was written to each file of which one is a copy before it was; not those that had nothing of ours
    then, and where it may be one that is gone, that one alone.
    """
    found = _whole(copied_from(session, past.path))
    return [entries for home, entries in found if past.stands_for in (None, home)]


def _whole(sources: Sequence[Source]) -> list[tuple[Path, list[Entry]]]:
    """Files of which one is a copy, each with all that was in it then: it may have been a copy itself."""
    found = []
    for source in sources:
        before = [entries for _, entries in _whole(source.sources)]
        entries = [*(before[0] if before and _agree(before) else []), *source.entries]
        if _left_in(entries):
            found.append((source.home, entries))
    return found


def _left_in(entries: Sequence[Entry]) -> dict[Field, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Fields in which some writes left something of ours: that, and what goes back there."""
    traces = joined((entry, change) for entry in entries for change in entry.changes)
    return {trace.field: (trace.ours, trace.old) for trace in traces if trace.ours != trace.old}


def _agree(sources: Sequence[Sequence[Entry]]) -> bool:
    """Whether it is the same of which of some files one is a copy."""
    return all(_left_in(entries) == _left_in(sources[0]) for entries in sources[1:])


def _told_staying(marks: str, staying: Sequence[Field]) -> str:
    """What a file says of marks whose fields were something that is not known.

    :param staying: fields that keep their values
    """
    if not staying:
        return marks
    it, stay, were = ("it", "stays", "was") if len(staying) == 1 else ("they", "stay", "were")
    return f"{marks}; its {', '.join(staying)} {stay}, as what {it} {were} is not known here"


def _is_under(place: Path, roots: Sequence[Path]) -> bool:
    return not roots or any(place == root or root in place.parents for root in roots)
