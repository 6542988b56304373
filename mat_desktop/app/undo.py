"""Takes a run back: byte for byte where a file is as the run left it, field by field where it is not."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

from mat_desktop.app.apply import swap
from mat_desktop.app.session import Session
from mat_desktop.domain.plan import Change, WriteResult, WriteStatus
from mat_desktop.domain.track import FileStamp
from mat_desktop.errors import Conflict, FileFault, UsageFault
from mat_desktop.metadata.files import read_tags
from mat_desktop.metadata.write import Prepared, prepare, prepare_restore
from mat_desktop.store.journal import Entry


def last_run(session: Session) -> int:
    """The newest run that wrote something and that nobody has tried to take back yet.

    A run of which a file could not be taken back does not stand in the way of those before it; it can still
    be named.

    :raises UsageFault: there is none
    """
    runs = session.journal.runs()
    tried = {run.undo_of for run in runs}
    for run in runs:
        if run.undo_of is None and not run.undone and run.id not in tried:
            return run.id
    raise UsageFault("there is nothing to undo")


def undo(session: Session, run_id: int, cancel: Event) -> Iterator[WriteResult]:
    """Put back what a run changed, the last file first.

    :raises UsageFault: there is no such run, or it was taken back already
    :raises StoreFault: the journal cannot be written, or another process is writing
    """
    with session.journal.writing():
        entries = session.journal.written(run_id)
        if not entries:
            raise UsageFault(f"run {run_id} wrote nothing, or was undone already")
        files = [entry.path for entry in entries]
        with session.journal.run(f"undo of run {run_id}", files, undo_of=run_id) as undoing:
            for entry in entries:
                if cancel.is_set():
                    return
                yield _take_back(session, undoing, entry)


def _take_back(session: Session, undoing: int, entry: Entry) -> WriteResult:
    backwards = tuple(change.reversed() for change in entry.changes)
    kept: tuple[Change, ...] = ()
    try:
        try:
            prepared = prepare_restore(
                entry.path, entry.delta, entry.after_sha256, entry.before_sha256, backwards
            )
        except Conflict:
            prepared, kept = _field_by_field(entry, backwards)
        new_entry = swap(session, undoing, entry.path, prepared)
    except Conflict as conflict:
        return WriteResult(entry.path, WriteStatus.CONFLICT, conflict.cause)
    except FileFault as fault:
        return WriteResult(entry.path, WriteStatus.FAILED, fault.cause)
    session.journal.settle_undo(new_entry, entry.id)
    if kept:
        fields = ", ".join(change.field for change in kept)
        reason = f"another program changed the file since: {fields} left as found"
        return WriteResult(entry.path, WriteStatus.CONFLICT, reason, prepared.changes)
    return WriteResult(entry.path, WriteStatus.WRITTEN, changes=prepared.changes)


def _field_by_field(entry: Entry, backwards: tuple[Change, ...]) -> tuple[Prepared, tuple[Change, ...]]:
    """Put back the fields that still hold what we wrote. Returns what is left alone as well."""
    try:
        stamp = FileStamp.of(entry.path.stat())
    except OSError as error:
        raise FileFault(entry.path, "the file is gone") from error
    present = read_tags(entry.path).tags
    ours = tuple(change for change in backwards if present.get(change.field, ()) == change.before)
    if not ours:
        raise Conflict(entry.path, "another program changed every field that was written")
    return prepare(entry.path, ours, stamp), tuple(change for change in backwards if change not in ours)
