"""Writes a plan into the files: prepared and verified beside each file, journalled, then put in its place."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from threading import Event

from mat_desktop.app.recover import settle
from mat_desktop.app.session import Session
from mat_desktop.domain.plan import FilePlan, Plan, WriteResult, WriteStatus
from mat_desktop.domain.tags import Field
from mat_desktop.errors import Conflict, FileFault
from mat_desktop.metadata.write import Prepared, commit, discard, prepare
from mat_desktop.store.journal import EntryState


def apply(session: Session, plan: Plan, cancel: Event) -> Iterator[WriteResult]:
    """Write file after file; a fault costs only its file. Cancelling leaves the rest of the files untouched.

    :raises StoreFault: the journal cannot be written, or another process is writing; the file at hand and
        all that follow are untouched then
    """
    files = [file.path for file in plan.files]
    with session.journal.writing(), session.journal.run(plan.reason, files) as run:
        for file in plan.files:
            if cancel.is_set():
                return
            result = _write(session, run, file)
            if result.status in (WriteStatus.CONFLICT, WriteStatus.FAILED):
                session.journal.refuse(run, file.path, result.reason)
            yield result


def _write(session: Session, run: int, file: FilePlan) -> WriteResult:
    if not any(change.before != change.after for change in file.changes):
        return WriteResult(file.path, WriteStatus.UNCHANGED)
    try:
        prepared = prepare(file.path, file.changes, file.stamp, keep_time=session.settings.keep_time)
        swap(session, run, file.path, prepared)
    except Conflict as conflict:
        return WriteResult(file.path, WriteStatus.CONFLICT, conflict.cause, absent=conflict.absent)
    except FileFault as fault:
        return WriteResult(file.path, WriteStatus.FAILED, fault.cause, absent=fault.absent)
    return WriteResult(file.path, WriteStatus.WRITTEN, changes=file.changes)


def swap(
    session: Session,
    run: int,
    path: Path,
    prepared: Prepared,
    reverses: Mapping[Field, Collection[int]] = {},
) -> None:
    """Journal a prepared file, put it in place, and keep the library in step.

    :param path: as the library knows the file; the prepared one has links resolved
    :param reverses: entries of the journal whose change of a field is taken back
    :raises FileFault: the file could not be replaced and is as it was
    :raises StoreFault: the journal refused; the file is as it was
    """
    try:
        known = session.library.track(path)
        entry = session.journal.intend(
            run,
            prepared.path,
            prepared.temp,
            prepared.before_sha256,
            prepared.after_sha256,
            prepared.delta,
            prepared.changes,
            known=path,
            reverses=reverses,
            copied=prepared.copied,
            sound=prepared.sound,
        )
    except BaseException:
        discard(prepared)
        raise
    try:
        with session.lend(path):
            stamp = commit(prepared)
    except Conflict:  # found before anything was replaced
        session.journal.settle(entry, EntryState.DROPPED)
        raise
    except BaseException:
        # The new file may be in place all the same: the folder's sync comes after the replacement.
        for unfinished in session.journal.unfinished():
            if unfinished.id == entry:
                settle(session, unfinished)
        raise
    session.journal.settle(entry, EntryState.WRITTEN)
    # Where another program was at the file since the library saw it, the next look is to find that.
    if known is not None and known.stamp == prepared.before_stamp:
        session.library.rewritten(known, stamp, prepared.changes, seen=not reverses)
