"""Works out how a run, a file of it or a field comes back to what it was, and what stands against it.

Nothing is written here: a reversal is done by ``app.reverse``. A redo is the reversal of a reversal.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event

from mat_desktop.app.noted import with_notes
from mat_desktop.app.reach import Reach, reach
from mat_desktop.app.session import Session
from mat_desktop.app.standing import stand
from mat_desktop.app.traces import compared, joined
from mat_desktop.app.whereabouts import (
    Tell,
    could_be,
    is_doubtful,
    now_at,
    seek,
    stays_behind,
    tell_nobody,
    why_lost,
    written_to,
)
from mat_desktop.domain.plan import Change
from mat_desktop.domain.reversal import (
    ANOTHER,
    FieldReversal,
    FileReversal,
    Marks,
    Past,
    RunKind,
    Task,
    Trace,
)
from mat_desktop.domain.tags import MARKS, Field
from mat_desktop.domain.track import FileStamp, TagSet, TrackId
from mat_desktop.errors import FileFault, UsageFault, printable
from mat_desktop.metadata.files import read_tags
from mat_desktop.metadata.write import obstacle
from mat_desktop.mounts import absence
from mat_desktop.store.journal import Entry, Journal, Run, Song

REVERTED = "undone"
DOUBTFUL = "the marks that were left in the file are not there any more, it may be another copy"


def last_run(session: Session, before: int | None = None) -> int:
    """The newest run that still counts, but for those whose undo got to its end and was not redone.

    Where another program changed or deleted files of a run, it does not stand in the way of those before it;
    it can still be named. One whose undo was interrupted, or could not reach or write a file, comes again.

    :param before: only older runs than this one
    :raises UsageFault: there is none
    """
    return _last(session, before, RunKind.UNDO)


def last_undo(session: Session, before: int | None = None) -> int:
    """The newest undo that still counts, but for those whose redo got to its end and was not undone.

    :param before: only older ones than this
    :raises UsageFault: there is none
    """
    return _last(session, before, RunKind.REDO)


def _last(session: Session, before: int | None, what: RunKind) -> int:
    for run in session.journal.runs():
        if (run.kind is RunKind.UNDO) is not (what is RunKind.REDO) or run.undone or run.tried:
            continue
        if before is None or run.id < before:
            return run.id
    raise UsageFault(f"there is nothing to {what}")


def undoing(
    session: Session,
    run_id: int,
    files: Collection[Path] = (),
    fields: Collection[Field] = (),
    cancel: Event | None = None,
    tell: Tell = tell_nobody,
) -> Task:
    """Take back a run, or only some files or fields of it. Of an undo this is the redo.

    :param files: absolute, folders with them among it; none means all
    :param fields: none means all
    :param cancel: ends the search for files that were moved; what comes back then is not to be done
    :param tell: follows that search
    :raises UsageFault: there is no such run, file or field in it, or it was taken back already
    """
    cancel = cancel or Event()
    run = _run(session, run_id)
    entries = _of_files(session, run, session.journal.written(run_id), files, cancel, tell)
    stand(session, [entry.song for entry in entries], cancel, tell)
    settled = session.journal.reverted([entry.id for entry in entries])
    pasts = _pasts(
        session,
        (
            (entry, change)
            for entry in entries
            for change in entry.changes
            if (not fields or change.field in fields) and (entry.id, change.field) not in settled
        ),
        cancel,
        tell,
    )
    if not pasts and not cancel.is_set():
        _complain_of_fields(run, entries, fields)
        raise UsageFault(f"run {run_id} was undone already")
    kind = RunKind.REDO if run.kind is RunKind.UNDO else RunKind.UNDO
    return Task(kind, f"{kind} of run {run_id}", pasts, run_id, not files and not fields)


def redoing(
    session: Session,
    run_id: int,
    files: Collection[Path] = (),
    fields: Collection[Field] = (),
    cancel: Event | None = None,
    tell: Tell = tell_nobody,
) -> Task:
    """Write again what was taken back of a run; of an undo, what that undo took back.

    :raises UsageFault: there is no such run, file or field in it, or nothing of it was taken back
    """
    cancel = cancel or Event()
    run = _run(session, run_id)
    if run.kind is RunKind.UNDO and not run.undone:
        return undoing(session, run_id, files, fields, cancel, tell)
    entries = _of_files(session, run, session.journal.written(run_id), files, cancel, tell)
    settled = session.journal.reverted([entry.id for entry in entries])
    wanted: list[tuple[Entry, Change]] = []
    for entry in entries:
        for change in entry.changes:
            if (entry.id, change.field) not in settled or (fields and change.field not in fields):
                continue
            by = session.journal.reverted_by(entry.id, change.field)
            back = next((c for c in by.changes if c.field == change.field), None) if by else None
            # What was taken back together with later runs comes back with the last of them.
            if by is not None and back is not None and back.before == change.after:
                wanted.append((by, back))
    if not wanted:
        _complain_of_fields(run, entries, fields)
        raise UsageFault(f"there is nothing to redo of run {run_id}")
    runs = {by.run for by, _ in wanted}
    undo_of = runs.pop() if len(runs) == 1 else run_id
    pasts = _pasts(session, wanted, cancel, tell)
    return Task(RunKind.REDO, f"redo of run {run_id}", pasts, undo_of, not files and not fields)


def undoing_files(
    session: Session, files: Sequence[Path], cancel: Event | None = None, tell: Tell = tell_nobody
) -> Task:
    """Take back the last thing that was written to each of some files.

    :param cancel: ends the search for files that were moved; what comes back then is not to be done
    :param tell: follows that search
    :raises UsageFault: nothing that was written to any of them counts any more
    """
    cancel = cancel or Event()
    wanted: list[tuple[Entry, Change]] = []
    for path in files:
        stand(session, [entry.song for entry in written_to(session, path)], cancel, tell)
        entries = written_to(session, path)
        settled = not_counting(session.journal, entries)
        for entry in reversed(entries):
            counting = [(entry, c) for c in entry.changes if (entry.id, c.field) not in settled]
            if counting:
                wanted += counting
                break
    if not wanted:
        raise UsageFault("nothing was written to it that could be undone")
    runs = {entry.run for entry, _ in wanted}
    undo_of = runs.pop() if len(runs) == 1 else None
    reason = "undo of single files" if undo_of is None else f"undo of run {undo_of}"
    return Task(RunKind.UNDO, reason, _pasts(session, wanted, cancel, tell), undo_of, whole=False)


def not_counting(journal: Journal, entries: Sequence[Entry]) -> set[tuple[int, Field]]:
    """Writes that were taken back since, or that only took others back."""
    numbers = [entry.id for entry in entries]
    taking_back = journal.taking_back(numbers)
    # MAT_TAGS goes with its fields.
    follows = {(number, Field.MAT_TAGS) for number, _ in taking_back}
    return journal.reverted(numbers) | taking_back | follows


def written_by(journal: Journal, run_id: int) -> list[FileReversal]:
    """What a run wrote, file by file: from old to new, and what does not count any more says so."""
    entries = journal.written(run_id)
    settled = journal.reverted([entry.id for entry in entries])
    return [
        FileReversal(
            entry.known,
            entry.path,
            None,
            tuple(
                FieldReversal(change, (entry.id,), REVERTED if (entry.id, change.field) in settled else "")
                for change in entry.changes
                if change.before != change.after
            ),
            copied=entry.copied,
        )
        for entry in entries
        if any(change.before != change.after for change in entry.changes)
    ]


def look(session: Session, pasts: Iterable[Past], cancel: Event) -> Iterator[FileReversal]:
    """Files as they are now, beside what they would become."""
    for past in pasts:
        if cancel.is_set():
            return
        yield look_at(session, past)


def look_at(session: Session, past: Past) -> FileReversal:
    """One file as it is now. Nothing is raised: what stands against it is said in it."""
    stamp, present, fault = present_tags(past.place, past.path)
    entries = written_to(session, past.path)
    touched = {entry for trace in past.traces for entry in trace.entries}
    lost = past.lost is not None and (stamp is not None or not past.place.exists())
    if lost:
        stamp, fault = None, why_lost(session, Song(past.place, past.path, past.lost, max(touched)))
    elif stamp is not None and not touched <= {entry.id for entry in entries}:
        stamp, fault, lost = None, ANOTHER, True
    if stamp is None:
        fields = tuple(
            FieldReversal(Change(trace.field, trace.ours, trace.old), trace.entries) for trace in past.traces
        )
        return FileReversal(past.path, past.place, None, fields, fault, lost=lost)
    far = reach(session.journal, entries, touched, present)
    passed: dict[Field, list[Entry]] = {}
    if far.back:
        fields = tuple(compared(entries, trace, present) for trace in past.traces)
    else:
        roots = session.journal.roots([entry.id for entry in entries])
        written = [entry for entry in entries if entry.id in roots]
        settled = session.journal.reverted(roots)
        passed = {t.field: _passed(session.journal, entries, written, settled, t) for t in past.traces}
        traces = [_beneath(trace, passed[trace.field]) for trace in past.traces]
        fields = tuple(
            _topmost(written, settled, touched, compared(entries, trace, present)) for trace in traces
        )
    if is_doubtful(session, past.path):
        fields = tuple(item if item.why else replace(item, why=DOUBTFUL) for item in fields)
    if far.held and all(trace.field in MARKS for trace in past.traces):
        fields = tuple(_held(item, far) for item in fields)
    copied = () if far.back else copied_by(entry for entry in entries if entry.id in far.entries)
    stays = past.was is not None and stays_behind(session, past.was, past.place)
    file = FileReversal(past.path, past.place, stamp, fields, fault, copied=copied, was=past.was, stays=stays)
    file = file.marking(_marks(session.journal, entries, touched, far, past.traces, present))
    return with_notes(session, file, entries, touched, far, present, passed)


def _passed(
    journal: Journal,
    entries: Sequence[Entry],
    written: Collection[Entry],
    settled: Collection[tuple[int, Field]],
    trace: Trace,
) -> list[Entry]:
    """Writes right before a trace that were taken back since, the newest first: their values stay out.

    :param entries: all that was written to the file, the oldest first
    :param written: those of them that took nothing back
    :param settled: what of these does not count any more
    """
    old, first = trace.old, min(trace.entries, default=0)
    passed = []
    for entry in reversed(entries):
        change = next((c for c in entry.changes if c.field is trace.field and c.before != c.after), None)
        if entry.id >= first or change is None:
            continue
        if change.after != old or entry not in written or (entry.id, trace.field) not in settled:
            break
        by = journal.reverted_by(entry.id, trace.field)
        if by is None or by.id < first:
            break  # it was gone by then, and somebody else wrote the same
        passed.append(entry)
        old = change.before
    return passed


def _beneath(trace: Trace, passed: Sequence[Entry]) -> Trace:
    """A trace that goes back past some writes."""
    if not passed:
        return trace
    return replace(trace, old=next(c.before for c in passed[-1].changes if c.field is trace.field))


def _topmost(
    written: Sequence[Entry],
    settled: Collection[tuple[int, Field]],
    touched: Collection[int],
    item: FieldReversal,
) -> FieldReversal:
    """A field whose values were written by a later run as well is that run's."""
    field, last = item.change.field, max(item.entries, default=0)
    if item.idle or field in MARKS or (item.why and not item.since):
        return item
    for entry in reversed(written):
        if entry.id <= last or entry.id in touched or (entry.id, field) in settled:
            continue
        if any(c.field is field and c.before != c.after == item.change.before for c in entry.changes):
            return replace(item, why=f"run {entry.run} wrote it since", since=True)
    return item


def copied_by(entries: Iterable[Entry]) -> tuple[str, ...]:
    """Fields that some writes to a file copied into a new tag, then what else they did."""
    copied = dict.fromkeys(what for entry in entries for what in entry.copied)
    order = {field: place for place, field in enumerate(Field)}
    return tuple(sorted(copied, key=lambda what: order.get(what, len(order))))  # type: ignore[call-overload]


def _held(item: FieldReversal, far: Reach) -> FieldReversal:
    """A mark that is to go alone, though values of other runs stand there that it is about."""
    why = "; ".join(f"{field} of run {run} is about it" for field, run in far.held.items())
    return item if item.idle else replace(item, why=why)


def _marks(
    journal: Journal,
    entries: Sequence[Entry],
    touched: Collection[int],
    far: Reach,
    traces: Sequence[Trace],
    present: TagSet,
) -> Marks | None:
    """What happens to marks but for MAT_TAGS: they go with the last field of a run, or with MAT_TAGS where it
    has none, and come back with the first.

    :param entries: all that was written to the file, the oldest first
    :param touched: those that the whole task is about in this file
    :param far: how far that reaches
    """
    asked = {trace.field for trace in traces}
    following = MARKS - {Field.MAT_TAGS}
    leading = asked - following
    if not leading or not any(c.field in following for entry in entries for c in entry.changes):
        return None
    roots = journal.roots(far.entries)
    rooted = [entry for entry in entries if entry.id in roots]
    settled = journal.reverted(roots)
    wanted: list[tuple[Entry, Change]] = []
    for entry in rooted:
        for field in {change.field for change in entry.changes} & following:
            if ((entry.id, field) in settled) is far.back:
                holder = journal.reverted_by(entry.id, field) or entry
                wanted += [(holder, change) for change in holder.changes if change.field is field]
    wanted.sort(key=lambda found: found[0].id)
    items = [compared(entries, trace, present) for trace in joined(wanted)]
    counting = {
        change.field
        for entry in rooted
        for change in entry.changes
        if change.field not in MARKS
        and change.before != change.after
        and (entry.id, change.field) not in settled
        and (entry.id in touched or {*change.after} & {*present.get(change.field, ())})
    }
    fields = frozenset() if far.back else frozenset({*counting, *far.held})
    # Where the whole run is meant they are not asked for: they follow its fields.
    alone = following & asked if counting - asked and not far.held and not far.wider else frozenset()
    return Marks(tuple(item for item in items if not item.why), fields, alone)


def present_tags(place: Path, known: Path) -> tuple[FileStamp | None, TagSet, str]:
    """Stamp and tags of a file, and why it cannot be written; no stamp where it cannot be read.

    :param known: as the library knows the place
    """
    try:
        stamp = FileStamp.of(place.stat())
        tags = read_tags(place).tags
    except OSError as error:
        gone = isinstance(error, FileNotFoundError)
        return None, {}, absence(place, known) if gone else error.strerror or str(error)
    except FileFault as fault:
        return None, {}, fault.cause
    return stamp, tags, obstacle(place)


def _pasts(
    session: Session, changes: Iterable[tuple[Entry, Change]], cancel: Event, tell: Tell
) -> tuple[Past, ...]:
    by_song: dict[Song, list[tuple[Entry, Change]]] = {}
    for entry, change in changes:
        by_song.setdefault(entry.song, []).append((entry, change))
    seek(session, by_song, cancel, tell=tell)
    homes = {song: now_at(session, song) for song in by_song if not cancel.is_set()}
    by_file: dict[tuple[Path, TrackId | None], list[Song]] = {}
    for song, home in homes.items():
        key = (home[1], None) if home is not None else (song.place, song.sound)
        by_file.setdefault(key, []).append(song)
    pasts = []
    for (place, lost), songs in sorted(by_file.items(), key=lambda item: (item[0][0], item[0][1] or "")):
        every = sorted((found for song in songs for found in by_song[song]), key=lambda found: found[0].id)
        home = homes[songs[-1]]
        last = every[-1][0].song
        was = last.known if last.place != place else None
        pasts.append(Past(home[0] if home else last.known, place, joined(every), was, lost))
    return tuple(pasts)


def _run(session: Session, run_id: int) -> Run:
    for run in session.journal.runs():
        if run.id == run_id:
            return run
    raise UsageFault(f"there is no run {run_id} that wrote anything")


def _of_files(
    session: Session, run: Run, entries: list[Entry], files: Collection[Path], cancel: Event, tell: Tell
) -> list[Entry]:
    """Those of some files. :raises UsageFault: the run did not write to one of them"""
    if not files:
        return entries
    seek(session, [entry.song for entry in entries], cancel, files, tell)
    homes: dict[int, tuple[Path, Path]] = {}
    for entry in entries:
        if cancel.is_set():
            return entries
        homes[entry.id] = now_at(session, entry.song) or (entry.known, entry.path)
    wanted: set[int] = set()
    for path in files:
        here = homes.keys() & {entry.id for entry in written_to(session, path)}
        place = path.resolve()
        here = here or {entry.id for entry in entries if place in entry.path.parents}
        here = here or {number for number, (_, home) in homes.items() if place in home.parents}
        if not here:
            raise UsageFault(_not_written(session, run, entries, path))
        wanted |= here
    return [entry for entry in entries if entry.id in wanted]


def _not_written(session: Session, run: Run, entries: Sequence[Entry], path: Path) -> str:
    """Why a file is none of a run's."""
    place = path.resolve()
    unclear = next((entry.song for entry in entries if place in could_be(session, entry.song)), None)
    if unclear is None:
        return f"run {run.id} did not write to {path}"
    return f"run {run.id} wrote to {printable(unclear.known)}: {why_lost(session, unclear)}"


def _complain_of_fields(run: Run, entries: Sequence[Entry], fields: Collection[Field]) -> None:
    """:raises UsageFault: none of the fields was written"""
    written = {change.field for entry in entries for change in entry.changes}
    if fields and not written & set(fields):
        raise UsageFault(f"run {run.id} did not write {', '.join(fields)}; it wrote {', '.join(run.fields)}")
