"""What tests of undo do: write, look, take back, and compare what is left."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import mutagen.flac

from mat_desktop.app.apply import apply
from mat_desktop.app.reverse import reverse
from mat_desktop.app.session import Session
from mat_desktop.app.undo import look
from mat_desktop.audio.probe import packets_digest
from mat_desktop.domain.plan import Change, FilePlan, Plan, WriteResult, WriteStatus
from mat_desktop.domain.reversal import FileReversal, Task
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import FileStamp, Track
from mat_desktop.metadata.containers.recognise import open_container
from mat_desktop.metadata.files import read_tags
from mat_desktop.metadata.source import Source

Values = dict[Field, tuple[str, ...]]

ALL: Values = {
    Field.GENRE: ("Rock", "Indie"),
    Field.MOOD: ("Happy",),
    Field.INSTRUMENT: ("Guitar",),
    Field.MAT_TAGS: ("genre:rock", "mood:happy"),
    Field.MAT_MODEL: ("tiny",),
}


def write(session: Session, values: Values, *paths: Path) -> int:
    """The number of the run."""
    files = []
    for path in paths:
        before = read_tags(path).tags
        changes = tuple(Change(field, before.get(field, ()), after) for field, after in values.items())
        files.append(FilePlan(path, FileStamp.of(path.stat()), changes))
    results = list(apply(session, Plan("tiny", tuple(files)), Event()))
    assert {result.status for result in results} == {WriteStatus.WRITTEN}, results
    return session.journal.own[-1]


def looked_at(session: Session, task: Task) -> list[FileReversal]:
    return list(look(session, task.pasts, Event()))


def do(session: Session, task: Task, *, force: bool = False) -> list[WriteResult]:
    files = looked_at(session, task)
    return list(reverse(session, task, files if force else [file.safe for file in files], Event()))


def rest(path: Path, *fields: Field) -> tuple[bytes, ...]:
    """Everything in a file but some fields and padding."""
    with path.open("rb") as file:
        return open_container(path, Source(file)).foreign(fields)


def retag(path: Path, **values: str) -> None:
    """As another program does it."""
    file = mutagen.flac.FLAC(path)
    for key, value in values.items():
        file[key] = [value]
    file.save()


def heard(session: Session, folder: Path) -> None:
    """As after listening: each file has the identity of its sound."""
    tracks = [Track(path, FileStamp.of(path.stat())) for path in folder.iterdir()]
    session.library.put_tracks(tracks, {track.path: packets_digest(track.path) for track in tracks})


def known_for_long(session: Session) -> None:
    """All files were found long before anything is written."""
    with session.library._database.transaction() as db:
        db.execute("UPDATE track SET found = 1")
