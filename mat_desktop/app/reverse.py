"""Does what a reversal says, by the same way as any write: prepared, verified, journalled, put in place."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event

from mat_desktop.app.apply import swap
from mat_desktop.app.copies import content_digest, sound_at
from mat_desktop.app.session import Session
from mat_desktop.app.traces import RESTORED
from mat_desktop.app.whereabouts import states_of
from mat_desktop.domain.plan import Change, WriteResult, WriteStatus
from mat_desktop.domain.reversal import AS_BEFORE, BY_OTHERS, MEANWHILE, FieldReversal, FileReversal, Task
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import FileStamp
from mat_desktop.errors import Conflict, FileFault
from mat_desktop.metadata.write import Step, Way, prepare
from mat_desktop.mounts import is_mounted
from mat_desktop.store.journal import Entry, EntryState, Journal


def reverse(
    session: Session, task: Task, files: Sequence[FileReversal], cancel: Event
) -> Iterator[WriteResult]:
    """Write file after file; a fault costs only its file. Cancelling leaves the rest of the files untouched.

    :param files: of the task, as they were looked at, with the fields that were chosen
    :raises StoreFault: the journal cannot be written, or another process is writing
    """
    places = [file.place for file in files]
    with (
        session.journal.writing(),
        session.journal.run(task.reason, places, task.kind, task.undo_of, entire=task.whole) as run,
    ):
        again = False
        drives = session.journal.drives(task.undo_of) if task.undo_of is not None else {}
        for file in files:
            if cancel.is_set():
                return
            try:
                result = _reverse(session, run, file)
            except FileFault as fault:
                status = WriteStatus.CONFLICT if isinstance(fault, Conflict) else WriteStatus.FAILED
                result = WriteResult(file.path, status, fault.cause, absent=fault.absent)
                again = again or not _is_gone(file, drives)
            if result.reason and not result.changes and result.status is not WriteStatus.UNCHANGED:
                session.journal.refuse(run, file.path, result.reason)
            yield result
        if task.whole and not again:
            session.journal.tried(run)


def _is_gone(file: FileReversal, drives: Mapping[Path, Path]) -> bool:
    """Whether a file was deleted or moved: its folder is there without it. A drive comes back.

    :param drives: where they were mounted, by folder
    """
    place = file.place
    away = not is_mounted(drives.get(file.path.parent, drives.get(place.parent)))
    return not os.path.lexists(place) and place.parent.is_dir() and not away


def _reverse(session: Session, run: int, file: FileReversal) -> WriteResult:
    """:raises FileFault: it could not be done now, and is worth another try unless the file is gone"""
    stamp = file.stamp
    if file.lost and os.path.lexists(file.place):  # another has its name
        return WriteResult(file.path, WriteStatus.CONFLICT, file.fault)
    if file.fault or stamp is None:
        raise FileFault(file.path, file.fault, absent=not os.path.lexists(file.place))
    # Somebody may have been faster since the plan was made. Where it was another file that had the same
    # written to it, as a copy has, this one still has it.
    settled = session.journal.reverted({entry for item in file.fields for entry in item.entries})
    done = {item.change.field for item in file.fields if _is_among(item, settled)}
    if done and _is_as_looked_at(file):
        done = {item.change.field for item in file.fields if item.change.field in done and item.idle}
    file = file.only({item.change.field for item in file.fields} - done)
    if done and not file.fields and not file.left:
        return WriteResult(file.path, WriteStatus.UNCHANGED, MEANWHILE)
    items = tuple(
        replace(item, entries=tuple(n for n in item.entries if (n, item.change.field) not in settled))
        for item in file.fields
    )
    file = replace(file, fields=items)
    if all(item.idle for item in items):
        _settle(session, run, file)
        status = WriteStatus.CONFLICT if file.left else WriteStatus.UNCHANGED
        why = BY_OTHERS if any(item.why == RESTORED for item in items) else AS_BEFORE
        return WriteResult(file.path, status, file.left_alone or why)
    changes = tuple(item.change for item in items)
    reverses = {item.change.field: item.entries for item in items}
    way = way_back(session.journal, states_of(session, file.path), changes)
    prepared = prepare(file.place, changes, stamp, way, keep_time=session.settings.keep_time)
    # Fields that are as they were already are on record too: they are settled with the others.
    swap(session, run, file.path, replace(prepared, changes=changes), reverses)
    if file.left:
        return WriteResult(file.path, WriteStatus.CONFLICT, file.left_alone, changes)
    return WriteResult(file.path, WriteStatus.WRITTEN, changes=changes)


def _is_among(item: FieldReversal, settled: Collection[tuple[int, Field]]) -> bool:
    return any((entry, item.change.field) in settled for entry in item.entries)


def _is_as_looked_at(file: FileReversal) -> bool:
    try:
        return FileStamp.of(file.place.stat()) == file.stamp
    except OSError:
        return False


def _settle(session: Session, run: int, file: FileReversal) -> None:
    """What is as it was before already is taken back with that; the file is left as it is.

    :raises FileFault: it is not as it was looked at
    """
    reverses = {item.change.field: item.entries for item in file.fields if item.entries}
    if not reverses:
        return
    try:
        digest = content_digest(file.place)
    except OSError as error:
        raise FileFault(file.path, error.strerror or str(error)) from error
    if not _is_as_looked_at(file):
        raise Conflict(file.path, "another program changed the file since it was looked at")
    session.journal.intend(
        run,
        file.place,
        Path(),
        digest,
        digest,
        b"",
        [item.change for item in file.fields],
        known=file.path,
        reverses=reverses,
        sound=sound_at(session, file.path),
        state=EntryState.WRITTEN,
    )


def way_back(journal: Journal, entries: Sequence[Entry], changes: Sequence[Change]) -> Way:
    """How to get byte for byte to a file that has these changes, over writes that the journal knows.

    Every entry leads from the file that it left to the one before it. The shortest chain is taken that begins
    at the present file and at whose end these fields, and no others, have other values.

    :param entries: all that was written to the file, the oldest first, after what was written to others with
        its sound
    """
    wanted = {change.field: change.after for change in changes if change.before != change.after}

    def way(digest: str) -> Sequence[Step]:
        by_after: dict[str, list[Entry]] = {}
        for entry in reversed(entries):
            by_after.setdefault(entry.after_sha256, []).append(entry)
        known = {digest}
        waiting: deque[tuple[str, dict[Field, tuple[tuple[str, ...], tuple[str, ...]]], tuple[Entry, ...]]]
        waiting = deque([(digest, {}, ())])
        while waiting:
            here, moved, steps = waiting.popleft()
            for entry in by_after.get(here, ()):
                if entry.before_sha256 in known:
                    continue
                known.add(entry.before_sha256)
                # From the values of the present file to those at the end of the chain.
                now = dict(moved)
                for change in entry.changes:
                    present, _ = now.get(change.field, (change.after, ()))
                    now[change.field] = (present, change.before)
                chain = (*steps, entry)
                if {field: end for field, (start, end) in now.items() if start != end} == wanted:
                    return [Step(journal.delta(step.id), step.before_sha256) for step in chain]
                waiting.append((entry.before_sha256, now, chain))
        return ()

    return way
