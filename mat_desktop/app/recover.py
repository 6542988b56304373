"""After a crash: looks at every write that was intended and never settled, and says what became of it."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

from mat_desktop.app.session import Session
from mat_desktop.domain.plan import WriteResult, WriteStatus
from mat_desktop.domain.track import FileStamp
from mat_desktop.errors import StoreFault
from mat_desktop.metadata.replace import is_stray_temp
from mat_desktop.store.journal import Entry, EntryState


def recover(session: Session) -> list[WriteResult]:
    """Settle unfinished writes; the music files themselves are whole whatever happened, old or new.

    Nothing is done while another process is writing.
    """
    if not session.journal.interrupted():
        return []
    try:
        with session.journal.writing():
            results = [settle(session, entry) for entry in session.journal.unfinished()]
            _remove_strays(session)
            session.journal.close_interrupted()
            return results
    except StoreFault:
        return []


def settle(session: Session, entry: Entry) -> WriteResult:
    """Look at one file and tell the journal whether the intended write happened."""
    digest = _digest(entry.path)
    if digest == entry.after_sha256:
        session.journal.settle(entry.id, EntryState.WRITTEN)
        with suppress(OSError):
            session.library.rewritten(entry.known, FileStamp.of(entry.path.stat()), entry.changes)
        return WriteResult(
            entry.known, WriteStatus.WRITTEN, "was finished before the interruption", entry.changes
        )
    entry.temp.unlink(missing_ok=True)
    session.journal.settle(entry.id, EntryState.DROPPED)
    if digest == entry.before_sha256:
        return WriteResult(entry.known, WriteStatus.UNCHANGED, "was interrupted; the file is as it was")
    return WriteResult(entry.known, WriteStatus.CONFLICT, "was interrupted, and the file has changed since")


def _remove_strays(session: Session) -> None:
    """Half-made copies that a run was preparing when it died: their originals were never touched."""
    for _, folders in session.journal.interrupted():
        for folder in folders:
            with suppress(OSError):
                for path in folder.iterdir():
                    if is_stray_temp(path):
                        path.unlink(missing_ok=True)


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
