"""After a crash: looks at every write that was intended and never settled, and says what became of it.

A write is given up only when it is certain that it did not happen, as its undo goes with it. A file that
cannot be looked at now (its drive is away) is looked at again at the next start.
"""

from __future__ import annotations

from collections.abc import Container
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from mat_desktop.app.copies import content_digest, sound_at
from mat_desktop.app.session import Session
from mat_desktop.app.whereabouts import now_at
from mat_desktop.domain.plan import WriteResult, WriteStatus
from mat_desktop.domain.track import FileStamp
from mat_desktop.errors import FileFault, StoreFault
from mat_desktop.metadata.files import read_tags
from mat_desktop.metadata.replace import is_stray_temp
from mat_desktop.mounts import is_mounted
from mat_desktop.store.journal import Entry, EntryState


def recover(session: Session) -> list[WriteResult]:
    """Settle unfinished writes; the music files themselves are whole whatever happened, old or new.

    Nothing is done while another process is writing.
    """
    if not session.journal.interrupted():
        return []
    try:
        with session.journal.writing():
            entries = session.journal.unfinished()
            results = [(settle(session, entry), entry.run) for entry in entries]
            waiting = {entry.temp for entry in session.journal.unfinished()}
            for run, folders in session.journal.interrupted():
                drives = session.journal.drives(run)
                left = [
                    folder
                    for folder in folders
                    if not is_mounted(drives.get(folder)) or not _swept(folder, waiting)
                ]
                session.journal.close_interrupted(run, left)
            return [replace(result, run=run) for result, run in results if result is not None]
    except StoreFault:
        return []


def settle(session: Session, entry: Entry) -> WriteResult | None:
    """Look at one file and tell the journal whether the intended write happened.

    :returns: None where the file was deleted or moved elsewhere, and where another has its name now: it may
        still come back
    """
    try:
        known, place = now_at(session, entry.song) or (entry.known, entry.path)
        if place != entry.path and content_digest(place) != entry.after_sha256:
            known, place = entry.known, entry.path  # another copy proves nothing
        if not place.exists():
            known, place = _as_written(session, entry) or (known, place)
        if entry.sound is not None and sound_at(session, known) not in (None, entry.sound):
            return None
        if not place.exists() and content_digest(entry.temp) == entry.after_sha256:
            return _absent(session, entry)
        digest = content_digest(place)
        happened = _happened(session, entry, place, digest)
    except FileNotFoundError:
        if entry.path.parent.is_dir():
            return None
        return _later(entry, "its folder is not there")
    except OSError as error:
        return _later(entry, error.strerror or str(error))
    except FileFault as fault:
        return _later(entry, fault.cause)
    with suppress(OSError):  # one that is there still is of no use, as where the same was done since
        entry.temp.unlink(missing_ok=True)
    if happened:
        session.journal.settle(entry.id, EntryState.WRITTEN)
        track = session.library.track(known)
        with suppress(OSError):
            if track is not None and digest == entry.after_sha256:  # else the next look reads it
                seen = session.journal.roots([entry.id]) == {entry.id}
                session.library.rewritten(track, FileStamp.of(place.stat()), entry.changes, seen=seen)
        return WriteResult(known, WriteStatus.WRITTEN, "was finished before the interruption", entry.changes)
    session.journal.settle(entry.id, EntryState.DROPPED)
    if digest == entry.before_sha256:
        return WriteResult(known, WriteStatus.UNCHANGED, "was interrupted; the file is as it was")
    return WriteResult(known, WriteStatus.CONFLICT, "was interrupted, and the file has changed since")


def _as_written(session: Session, entry: Entry) -> tuple[Path, Path] | None:
    """Where a file is that is byte for byte what a write was to leave, as where it happened and the file was
    moved since: as the library knows it, and with links resolved. Not one to which the same was written.
    """
    for known in session.library.of_sound(entry.sound) if entry.sound is not None else ():
        place = known.resolve()
        own = session.journal.written_to([place])
        with suppress(OSError):
            if content_digest(place) == entry.after_sha256 not in {other.after_sha256 for other in own}:
                return known, place
    return None


def _absent(session: Session, entry: Entry) -> WriteResult:
    """A file is not at its place, while its new copy waits beside that: it was not replaced. Nothing is put
    there, as somebody may have moved it; the copy goes only once it is known that the old file is somewhere,
    as one that was replaced in more than one step may have nothing else left of it.
    """
    for path in session.library.of_sound(entry.sound) if entry.sound is not None else ():
        with suppress(OSError):
            if content_digest(path) == entry.before_sha256:
                break
    else:
        if not session.journal.went_on(entry):
            name = entry.temp.name
            reason = f"was interrupted, and is not there now; if it is lost, {name} beside it is its new copy"
            return WriteResult(entry.known, WriteStatus.FAILED, reason, absent=True)
    entry.temp.unlink()
    session.journal.settle(entry.id, EntryState.DROPPED)
    return WriteResult(entry.known, WriteStatus.UNCHANGED, "was interrupted; the file is as it was")


def _later(entry: Entry, cause: str) -> WriteResult:
    reason = f"was interrupted and cannot be looked at now ({cause}); the next start tries again"
    return WriteResult(entry.known, WriteStatus.FAILED, reason)


def _happened(session: Session, entry: Entry, place: Path, digest: str) -> bool:
    """Whether a write happened, as the file tells, or what the journal found in it before its next write.

    :param digest: of the file now, hex
    :raises FileFault: its tags are needed and cannot be read
    """
    later = session.journal.next_to(entry)
    if later is not None:
        digest = later.before_sha256
    if digest in (entry.before_sha256, entry.after_sha256):
        return digest == entry.after_sha256
    # Another program changed the file before anybody looked: then most of its values decide.
    if later is not None:
        values = {change.field: change.before for change in later.changes}
    else:
        tags = read_tags(place).tags
        values = {change.field: tags.get(change.field, ()) for change in entry.changes}
    changes = [change for change in entry.changes if change.before != change.after]
    new = sum(values.get(change.field) == change.after for change in changes)
    old = sum(values.get(change.field) == change.before for change in changes)
    return new > old


def _swept(folder: Path, waiting: Container[Path]) -> bool:
    """Remove half-made copies that a run was preparing when it died: their originals were never touched.

    :param waiting: copies that are still needed
    :returns: whether all in the folder could be looked at and removed
    """
    try:
        for path in folder.iterdir():
            if is_stray_temp(path) and path not in waiting:
                path.unlink(missing_ok=True)
    except OSError:
        return False
    return True
