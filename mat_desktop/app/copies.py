"""Files with one sound: which of them is which of those that were written.

Another copy of the same sound, whose values are the user's own, must not be taken for one of these, whatever
its name. Each file is one of them alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

from mat_desktop.app.histories import History, carries, left_by, marks_in, parted
from mat_desktop.app.session import Session
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import FileStamp, TagSet, Track, TrackId
from mat_desktop.errors import FileFault
from mat_desktop.metadata.files import read_tags
from mat_desktop.metadata.verify import sound_of
from mat_desktop.store.journal import Entry, Song

CLOCK_NS = 2_000_000_000
"""How exact file systems note times, nanoseconds."""

REMEMBERED = 1 << 16
"""Files of which it is remembered what sounds in them, and their digest, while they are not changed."""


def sound_at(session: Session, path: Path) -> TrackId | None:
    """What sounds in a file now: as the library knows it, where the file is as it was then; else it is read.

    :param path: as the library knows it
    :returns: None where nothing is there, or it cannot be said
    """
    try:
        stamp = FileStamp.of(path.stat())
    except OSError:
        return None
    track = session.library.track(path)
    heard = session.library.identity(path) if track is not None and track.stamp == stamp else None
    if heard is not None:
        return heard
    with suppress(LookupError):
        return _sound(path, stamp)
    return None


@lru_cache(REMEMBERED)
def _sound(path: Path, stamp: FileStamp) -> TrackId:
    """:raises LookupError: it cannot be said now"""
    sound = sound_of(path)
    if sound is None:
        raise LookupError(path)
    return sound


def content_digest(path: Path) -> str:
    """SHA-256 of a file, hex.

    :raises OSError: it is not there, or cannot be read
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@lru_cache(REMEMBERED)
def _digest(path: Path, stamp: FileStamp) -> str:
    return content_digest(path)


def _digest_of(path: Path) -> str:
    """The same, remembered; empty where it cannot be read."""
    with suppress(OSError):
        return _digest(path, FileStamp.of(path.stat()))
    return ""


class Source(NamedTuple):
    """A file of which another was made as a copy: where it is, or was last, what was written to it before
    that, the oldest first, and of which it is a copy itself.
    """

    home: Path
    entries: list[Entry]
    sources: list[Source]


class Copies:
    """Files with one sound, and what was written to each. Links are resolved in all places.

    A file is the one that was written, in order of proof: it is byte for byte what was left; it has the marks
    and all values that were left; it has the marks. Each proof is asked of all files before the next one is,
    first of those that are where they were, or have the very stamp of what was there. Where it does not tell
    several from each other, any will do if the same was done to them; else nothing is said of them. At its
    own place a file is taken for the one written there without proof too, where nothing says otherwise.
    """

    def __init__(self, session: Session, sound: TrackId, more: Mapping[Path, Path] = {}) -> None:
        """:param more: places at which others of them were, each as the library knows it"""
        self._session, self._sound = session, sound
        self._tracks: dict[Path, Track | None] = {}
        self._read: dict[Path, TagSet] = {}
        written = session.journal.places(sound)
        places = {**more, **written}
        for place, path in places.items():
            if path != place and path.resolve() != place:  # a link that leads elsewhere by now
                places[place] = place
        self._known = {**places, **{path.resolve(): path for path in session.library.of_sound(sound)}}
        self._state = self._look()
        self._file = _each_once([p for p, path in self._known.items() if sound_at(session, path) == sound])
        entries = self._entries = session.journal.written_to([*self._known])
        self.every = [entry for entry in entries if entry.sound in (None, sound)]
        """What was ever written to any of them, the oldest first."""
        self._histories = parted(session.journal, self.every, self._with_digest)
        self._of = {entry.id: history for history in self._histories for entry in history.entries}
        self._homes: dict[History, Path] = {}
        self._owners: dict[Path, History] = {}
        self._may: dict[History, list[Path]] = {}
        self._proved: set[Path] = set()
        self._began: dict[int, float] = {}
        self._copied: dict[History | Path, list[Source]] = {}
        self._find()

    @property
    def holds(self) -> bool:
        """Whether nothing was changed since: no file of them, and nothing that journal and library know."""
        return self._look() == self._state

    def _look(self) -> tuple[object, ...]:
        stamps = [_stamp(path) for path in self._known]
        return self._session.journal.state, self._session.library.state, stamps

    def __contains__(self, place: Path) -> bool:
        """Whether one of them is, or was, at a place with links resolved."""
        return place in self._known

    def known_as(self, place: Path) -> Path:
        """A place as the library knows it."""
        return self._known[place]

    def home(self, song: Song) -> Path | None:
        """Where a file is that was written; None where it is gone, or that cannot be said."""
        history = self._history(song)
        if history is not None:
            home = self._homes.get(history)
            return song.place if home is not None and self._file.get(song.place) == home else home
        if song.place in self._file:
            return song.place
        files = self._free
        return files[0] if len(files) == 1 else None

    def at(self, place: Path) -> list[Song]:
        """Files that were written at a place, which may be others by turns."""
        last = {self._of[entry.id]: entry for entry in self.every if entry.path == place}
        return [entry.song for entry in last.values()]

    def sounded(self, place: Path) -> list[TrackId]:
        """What else sounded in what was written at a place."""
        sounds = {entry.sound for entry in self._entries if entry.path == place}
        return sorted(sound for sound in sounds if sound not in (None, self._sound))

    def written(self, place: Path) -> list[Entry]:
        """What was ever written to the file at a place, before it was moved too, the oldest first."""
        history = self._owner(place)
        return history.entries if history is not None else []

    def is_proved(self, place: Path) -> bool:
        """Whether the file at a place is shown to be the one that was written, not only not another."""
        return self._file.get(place) in self._proved

    def is_doubtful(self, place: Path) -> bool:
        """Whether the file at a place has not the marks that were left there: it may be another copy."""
        history = self._owner(place)
        return history is not None and not self.is_proved(place) and bool(history.marks)

    def _history(self, song: Song) -> History | None:
        if song.entry is not None and song.entry in self._of:
            return self._of[song.entry]
        return next((self._of[entry.id] for entry in reversed(self.every) if entry.path == song.place), None)

    def _owner(self, place: Path) -> History | None:
        file = self._file.get(place)
        return self._owners.get(file) if file is not None else None

    @cached_property
    def carriers(self) -> list[Path]:
        """Files to which nothing was written, and that are copies of one made after something was."""
        return [file for file in self._free if self.sources(file)]

    def sources(self, place: Path) -> list[Source]:
        """What was written to others before the file at a place was made as a copy of them. It is shown byte
        for byte, and where none is so, by the marks and all values.
        """
        return self._sources(self._owner(place), place)

    def _sources(self, own: History | None, file: Path) -> list[Source]:
        key = own or file
        if key not in self._copied:
            self._copied[key] = self._look_for_sources(own, file)
        return self._copied[key]

    def _look_for_sources(self, own: History | None, file: Path) -> list[Source]:
        first = own.entries[0] if own is not None else None
        older = {
            history: [entry for entry in history.entries if first is None or entry.id < first.id]
            for history in self._histories
            if history is not own
        }

        def copied(is_it: Callable[[list[Entry]], bool]) -> list[Source]:
            found = []
            for history, entries in older.items():
                home = self._homes.get(history, history.place)
                states = (entries[:end] for end in range(len(entries), 0, -1))
                if state := next(filter(is_it, states), []):
                    found.append(Source(home, state, self._sources(history, home)))
            return found

        if not any(older.values()):
            return []
        digest = first.before_sha256 if first is not None else self._digests.get(file, "")
        if same := copied(lambda entries: entries[-1].after_sha256 == digest):
            return same
        came = self._tags(file)
        for entry in reversed(own.entries if own is not None else []):
            came |= {change.field: change.before for change in entry.changes}
        return copied(lambda entries: carries(came, left_by(entries))) if marks_in(came) else []

    def could_be(self, song: Song) -> list[Path]:
        """Files of which each may be one that was written, while nothing tells which of them it is, or which
        of several each is.
        """
        history = self._history(song)
        return self._may.get(history, []) if history is not None else []

    def is_known_once_back(self, song: Song) -> bool:
        """Whether files that may be one that was written would each be known as it at its place."""
        history = self._history(song)
        return history is not None and all(
            self._digests[file] == history.last.after_sha256 for file in self._may.get(history, [])
        )

    def is_copy_alone(self, song: Song) -> bool:
        """Whether what may be a file that was written is a copy of that at least, and of no others to which
        something else was done.
        """
        history = self._history(song)
        if history is None:
            return False
        files = {*self._may.get(history, [])}
        return all(other.is_like(history) for other, may in self._may.items() if not files.isdisjoint(may))

    def sounding_so(self, song: Song) -> list[Path]:
        """Files that only sound as one that is gone: it may be one of them where that was changed since.
        Those that were known when it was last written are others.
        """
        history = self._history(song)
        if history is None:
            return []
        written = self._session.journal.began(history.last.run).timestamp() * 1e9
        found = self._session.library.found
        return [
            file
            for file in self._free
            if file != song.place and not self._at_place(file) and found(self._known[file]) >= written
        ]

    def is_marked_alike(self, place: Path) -> bool:
        """Whether a file to which nothing was written has the marks that were left in another."""
        file = self._file.get(place)
        free = file is not None and file not in self._owners
        return free and any(self._has_marks(self._file[place], history) for history in self._histories)

    def is_free(self, place: Path) -> bool:
        """Whether there is a file at a place to which nothing was written, as far as can be said."""
        return place in self._file and self._owner(place) is None

    @cached_property
    def _files(self) -> list[Path]:
        return sorted({*self._file.values()})

    @property
    def _free(self) -> list[Path]:
        """Files to which nothing was written, as far as can be said."""
        return [file for file in self._files if file not in self._owners]

    @property
    def _lost(self) -> list[History]:
        """What was written to files of which it is not known yet which they are, nor which they may be."""
        return [one for one in self._histories if one not in self._homes and one not in self._may]

    def _at_place(self, file: Path) -> list[History]:
        """What was written last where a file is, the newest first."""
        return [one for one in reversed(self._histories) if self._file.get(one.place) == file]

    def _is_at_place(self, history: History) -> bool:
        file = self._file.get(history.place)
        return file is not None and history.last.after_sha256 == self._digests[file]

    @cached_property
    def _digests(self) -> dict[Path, str]:
        return {file: _digest_of(file) for file in self._files}

    @cached_property
    def _with_digest(self) -> dict[str, list[Path]]:
        found: dict[str, list[Path]] = {}
        for file, digest in self._digests.items():
            found.setdefault(digest, []).append(file)
        return found

    def _find(self) -> None:
        if not self._histories:
            return
        files = self._find_by_bytes()
        for is_it in (self._has_all, self._has_marks):
            if files and self._lost:
                files = self._find_by_tags(files, is_it)
        lost = self._lost
        for history, home in self._homes.items():
            self._doubt([one for one in history.doubt if one in lost], [home])
        for file in files:
            for history in self._at_place(file):
                if history in self._lost and file not in self._owners:
                    self._settle(history, file, proved=self._digests[file] in history.states)
        for history in self._lost:
            if history.place not in self._file and self._is_encoded_anew(history):
                self._file[history.place] = history.place
                self._settle(history, history.place)

    def _settle(self, history: History, file: Path, *, proved: bool = True) -> None:
        self._homes[history], self._owners[file] = file, history
        if proved:
            self._proved.add(file)

    def _find_by_bytes(self) -> list[Path]:
        """:returns: files that are nothing that was left"""
        for history in reversed(self._histories):
            file = self._file.get(history.place)
            if file is not None and file not in self._owners and self._is_at_place(history):
                self._settle(history, file)
        left = {history.last.after_sha256 for history in self._histories}
        for file in self._free:  # while a copy that was made of it before it was changed is elsewhere
            own = next((one for one in self._at_place(file) if one in self._lost), None)
            if own is not None and self._digests[file] not in left and self._has_marks(file, own):
                so = [one for one in self._histories if self._has_marks(file, one)]
                if all(one.is_like(own) for one in so):
                    self._settle(own, file)
        for digest in left:
            lost = [history for history in self._lost if history.last.after_sha256 == digest]
            files = [file for file in self._free if self._digests[file] == digest]
            self._pair(lost, [file for file in files if not all(self._is_older(file, one) for one in lost)])
        return [file for file in self._free if self._digests[file] not in left]

    def _find_by_tags(self, files: Sequence[Path], is_it: Callable[[Path, History], bool]) -> list[Path]:
        """:returns: files of which that tells nothing"""
        told = {file: [one for one in self._histories if is_it(file, one)] for file in files}
        lost, elsewhere = {*self._lost}, []
        for file, every in told.items():
            may = [one for one in every if one in lost]
            own = next((one for one in (*self._untouched(file), *self._at_place(file)) if one in may), None)
            if own is None:
                elsewhere += [file] * bool(may)
            elif all(one.is_like(own) for one in may):
                self._settle(own, file)
            else:
                self._doubt(may, [file])
        sure = [file for file in elsewhere if all(one.is_like(told[file][0]) for one in told[file])]
        for file in elsewhere:
            if file not in sure:
                self._doubt([one for one in told[file] if one in lost], [file])
        for history in self._lost:
            if history not in self._homes and history not in self._may:
                alike = [one for one in self._lost if one.is_like(history)]
                self._pair(alike, [f for f in sure if history in told[f] and f not in self._owners])
        return [file for file in files if not told[file]]

    def _untouched(self, file: Path) -> list[History]:
        """What was written at other places, where a file has the very stamp of the one last known there."""
        return [
            one
            for one in self._histories
            if self._file.get(one.place) != file and self._is_untouched(file, one)
        ]

    def _pair(self, histories: Sequence[History], files: Sequence[Path]) -> None:
        """Settle which of some files is which of those that were written, where either may be."""

        def lost() -> list[History]:
            return [history for history in histories if history not in self._homes]

        def free() -> list[Path]:
            return [file for file in files if file not in self._owners]

        for is_it in (self._is_untouched, _is_beside):
            if len(lost()) == len(free()) == 1:
                break
            for file in free():
                fits = [history for history in lost() if is_it(file, history)]
                if len(fits) == 1 and not any(is_it(other, fits[0]) for other in free() if other != file):
                    self._settle(fits[0], file)
        left, there = sorted(lost(), key=lambda history: history.place), free()
        if left and all(history.is_like(left[0]) for history in left) and len(there) <= len(left):
            for history, file in zip(left, there, strict=False):
                self._settle(history, file)
        elif left and there:
            self._doubt(left, there)

    def _doubt(self, histories: Sequence[History], files: Sequence[Path]) -> None:
        for history in histories:
            may = self._may.setdefault(history, [])
            may += [file for file in files if file not in may]

    def _is_untouched(self, file: Path, history: History) -> bool:
        """Whether a file has the very stamp of the one that was known at the place of another."""
        now, then = self._track(file), self._track(history.place)
        return now is not None and then is not None and now.stamp == then.stamp and bool(now.stamp.inode)

    def _is_older(self, file: Path, history: History) -> bool:
        """Whether a file was as it is before one was written last; where writes keep times, no."""
        now, then, run = _stamp(file), self._track(history.place), history.last.run
        if now is None or self._session.settings.keep_time:
            return False
        if run not in self._began:
            self._began[run] = self._session.journal.began(run).timestamp() * 1e9 - CLOCK_NS
        began = self._began[run]
        return now.mtime_ns < (min(began, then.stamp.mtime_ns) if then is not None else began)

    def _has_all(self, file: Path, history: History) -> bool:
        return carries(self._tags(file), history.left)

    def _has_marks(self, file: Path, history: History) -> bool:
        return bool(history.marks) and marks_in(self._tags(file)) == history.marks

    def _is_encoded_anew(self, history: History) -> bool:
        """Whether what is at the place of one that was written sounds otherwise and is it all the same: it
        has the marks and all values that were left, several maybe as one with semicolons, as some encoders
        write them, and its sound is known nowhere else.
        """
        place, path = history.place, self._known[history.place]
        sound = sound_at(self._session, path)
        if sound is None or sound == self._sound:
            return False
        written, heard = self._session.journal.places(sound), self._session.library.of_sound(sound)
        elsewhere = {*written, *(one.resolve() for one in heard)} - {place}
        since = [entry.id for entry in self._entries if entry.path == place and entry.sound == sound]
        back = self._session.journal.roots(since)  # it was taken for it before
        return not elsewhere and (
            any(entry.id in back for entry in history.entries)
            or carries(_as_one(self._tags(place)), _as_one(history.left))
        )

    def _tags(self, file: Path) -> dict[Field, tuple[str, ...]]:
        """Of a file that is there, as far as they can be read."""
        if file not in self._read:
            self._read[file] = {}
            with suppress(FileFault):
                self._read[file] = read_tags(file).tags
        return dict(self._read[file])

    def _track(self, place: Path) -> Track | None:
        """What the library knows of a place."""
        if place not in self._tracks:
            self._tracks[place] = self._session.library.track(self._known[place])
        return self._tracks[place]


def _stamp(path: Path) -> FileStamp | None:
    try:
        return FileStamp.of(path.stat())
    except OSError:
        return None


def _as_one(tags: TagSet) -> dict[Field, tuple[str, ...]]:
    """Each field's values as one."""
    return {field: (";".join(values),) for field, values in tags.items() if values}


def _is_beside(file: Path, history: History) -> bool:
    return file.parent == history.place.parent


def _each_once(places: Sequence[Path]) -> dict[Path, Path]:
    """Files at places; one that a second mount shows at two places is the same at both.

    :param places: those that were written to come first
    """
    files: dict[tuple[int, int], Path] = {}
    found = {}
    for place in places:
        with suppress(OSError):
            status = place.stat()
            found[place] = files.setdefault((status.st_dev, status.st_ino), place)
    return found
