"""Files that are byte for byte as an earlier write left them, though that was taken back since: as where a
drive comes back in whose place its backup was mounted, or a file is put back from a copy. What was written
counts again then.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from mat_desktop.app.copies import content_digest
from mat_desktop.app.session import Session
from mat_desktop.app.whereabouts import Tell, now_at, tell_nobody, written_to
from mat_desktop.domain.plan import Change
from mat_desktop.domain.reversal import RunKind
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import FileStamp, TagSet, Track, TrackId
from mat_desktop.errors import FileFault, StoreFault
from mat_desktop.metadata.files import read_tags
from mat_desktop.store.journal import Entry, Song


@dataclass(frozen=True, slots=True)
class _Standing:
    """A file that is as an earlier write left it.

    :param digest: of it, hex
    :param changes: to its values from those that were there as far as the journal knows
    :param back: what was taken back since and counts again: entries by field
    """

    known: Path
    place: Path
    sound: TrackId | None
    digest: str
    changes: tuple[Change, ...]
    back: dict[Field, list[int]]


def stand(session: Session, songs: Iterable[Song], cancel: Event, tell: Tell = tell_nobody) -> None:
    """Let the journal know which files are as an earlier write left them. They are only looked at.

    Nothing is noted where it is cancelled, or while another process is writing.

    :param tell: follows it
    """
    found = []
    for song in {(song.place, song.sound): song for song in songs}.values():
        if cancel.is_set():
            return
        with suppress(OSError, FileFault):
            if (standing := _standing(session, song)) is not None:
                found.append(standing)
        tell(song.known)
    if not found:
        return
    places = [standing.place for standing in found]
    with (
        suppress(StoreFault),
        session.journal.writing(),
        session.journal.run("found as it was written", places, RunKind.FOUND) as run,
    ):
        for it in found:
            session.journal.stands(run, it.place, it.digest, it.changes, it.back, it.known, it.sound)


def as_they_come(
    session: Session, found: Iterator[Track | FileFault], cancel: Event
) -> Iterator[Track | FileFault]:
    """Pass on what a look at folders finds; after it the journal knows which of that is as it was left."""
    taken, paths = session.journal.taken_back(), []
    for item in found:
        yield item
        if isinstance(item, Track) and item.path in taken:
            paths.append(item.path.resolve())
    stand(session, [entry.song for path in paths for entry in session.journal.written_to([path])], cancel)


def _standing(session: Session, song: Song) -> _Standing | None:
    """:raises FileFault: its tags cannot be read
    :raises OSError: it cannot be read"""
    here = [entry for entry in session.journal.written_to([song.place]) if entry.sound == song.sound]
    settled = _settled(session, here)
    home = _home(session, song) if settled else None
    if home is None:
        return None
    tags = _tags(session, *home)
    if not any(_is_there(entry, settled, tags) for entry in here):
        return None
    ours = [entry for entry in written_to(session, home[0]) if entry.sound == song.sound]
    entries = sorted({entry.id: entry for entry in (*here, *ours)}.values(), key=lambda entry: entry.id)
    settled = _settled(session, entries)
    states: dict[str, list[Entry]] = {}
    for end in range(len(entries), 0, -1):
        states.setdefault(entries[end - 1].after_sha256, entries[:end])
    back = {
        digest: _back(session, until, settled)
        for digest, until in states.items()
        if all(tuple(tags.get(change.field, ())) == change.after for change in until[-1].changes)
    }
    if not any(back.values()):
        return None
    digest = content_digest(home[1])
    if not back.get(digest):
        return None
    changes = _changes(states[digest], entries)
    fields = {field for _, field in back[digest]}
    changes = tuple(c for c in changes if c.before != c.after or c.field in fields)
    by_field = {field: [number for number, of in back[digest] if of is field] for field in fields}
    return _Standing(*home, song.sound, digest, changes, by_field)


def _settled(session: Session, entries: Sequence[Entry]) -> set[tuple[int, Field]]:
    """What was taken back since of what some entries wrote, and did not only take back themselves."""
    numbers = [entry.id for entry in entries]
    settled = session.journal.reverted(numbers)
    written = session.journal.roots(numbers) if settled else set()
    return {(number, field) for number, field in settled if number in written}


def _is_there(entry: Entry, settled: Collection[tuple[int, Field]], tags: TagSet) -> bool:
    """Whether a file has values of a write that were taken back."""
    return any(
        (entry.id, change.field) in settled
        and change.before != change.after == tuple(tags.get(change.field, ()))
        for change in entry.changes
    )


def _home(session: Session, song: Song) -> tuple[Path, Path] | None:
    return (song.known, song.place) if song.place.exists() else now_at(session, song)


def _tags(session: Session, known: Path, place: Path) -> TagSet:
    """As the library knows them, where the file is as it was then; else they are read."""
    track = session.library.track(known)
    if track is not None and track.stamp == FileStamp.of(place.stat()):
        return track.tags
    return read_tags(place).tags


def _back(
    session: Session, until: Sequence[Entry], settled: set[tuple[int, Field]]
) -> set[tuple[int, Field]]:
    """What counted after some writes, and was taken back by those that came then."""
    numbers = [entry.id for entry in until]
    then = session.journal.reverted(numbers, until=numbers[-1])
    return {(number, field) for number, field in settled - then if number in numbers}


def _changes(until: Sequence[Entry], entries: Sequence[Entry]) -> tuple[Change, ...]:
    """From what all writes left to what the first of them left."""
    then = {change.field: change.after for entry in until for change in entry.changes}
    now = dict(then)
    for entry in entries[len(until) :]:
        for change in entry.changes:
            then.setdefault(change.field, change.before)
            now[change.field] = change.after
    return tuple(Change(field, now[field], then[field]) for field in Field if field in now)
