"""Files with one sound: which of those that left their places is which of those that are there.

Another copy of the same sound, whose values are the user's own, must not be taken for such a file: the marks
that were left in it, and when which of the two was written, tell them apart. Where several copies were
written and moved, each file is one of them alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path

from mat_desktop.app.session import Session
from mat_desktop.domain.tags import MARKS, Field
from mat_desktop.domain.track import FileStamp, TagSet, Track, TrackId
from mat_desktop.errors import FileFault
from mat_desktop.metadata.files import read_tags
from mat_desktop.metadata.verify import sound_of
from mat_desktop.store.journal import Entry

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


Sources = Mapping[Path, tuple[list[Entry], "Sources"]]
"""Of which files one is a copy: by place, what was written to it before that, and of which it is a copy."""


class Copies:
    """Files with one sound.

    ``gone`` are places that they left, of those at which they were known or written; ``there`` are those at
    which they are. Links are resolved in both.
    """

    def __init__(self, session: Session, sound: TrackId, more: Mapping[Path, Path] = {}) -> None:
        """:param more: places at which others of them were, each as the library knows it"""
        self._session, self._sound = session, sound
        self._entries: dict[Path, Sequence[Entry]] = {}
        self._roots: dict[tuple[int, ...], set[int]] = {}
        self._tracks: dict[Path, Track | None] = {}
        self._read: dict[Path, TagSet] = {}
        self._shown: dict[tuple[Path, Path], bool] = {}
        self._later: dict[Path, list[Path]] = {}
        self._were_one: dict[tuple[Path, Path], bool] = {}
        self._lineages: dict[Path, Sources] = {}
        self._began: dict[int, float] = {}
        written = session.journal.places(sound)
        places = {**more, **written}
        for place, path in places.items():
            if path != place and path.resolve() != place:  # a link that leads elsewhere by now
                places[place] = place
        self._known = {**places, **{path.resolve(): path for path in session.library.of_sound(sound)}}
        self._state = self._look()
        here = [place for place, path in self._known.items() if sound_at(session, path) == sound]
        left = {place for place in here if self._is_of_another(place, here)}
        self.there = frozenset(here) - left
        self.gone = self._known.keys() - self.there
        self._files = _each_once(here)
        self._moved: dict[Path, Path] | None = None

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

    def at(self, place: Path) -> Sequence[Entry]:
        """What was written at a place to a file with this sound, the oldest first."""
        if place not in self._entries:
            entries = self._session.journal.written_to([place])
            self._entries[place] = [entry for entry in entries if entry.sound in (None, self._sound)]
        return self._entries[place]

    def is_as_left(self, place: Path) -> bool:
        """Whether the file at a place is shown to be the one written there, and is not one that sounds so."""
        return self._fits(place, place)

    @property
    def moved(self) -> dict[Path, Path]:
        """Where files are now that are gone, as far as that can be said: each is at one place alone.

        What is surest decides first. Files that nothing tells apart, and to which the same was done, are
        taken in order of path; of others nothing is said.
        """
        if self._moved is None:
            self._moved = self._find() if self.gone and self._files else {}
        return self._moved

    def written(self, place: Path) -> list[Entry]:
        """What was ever written to the file at a place, before it was moved too, the oldest first."""
        return self._histories.get(place, []) if place in self.there or place in self.moved.values() else []

    @cached_property
    def every(self) -> list[Entry]:
        """What was ever written to any of them."""
        return [entry for place in self._known for entry in self.at(place)]

    @cached_property
    def carriers(self) -> list[Path]:
        """Files to which nothing was written, and that are copies of one made after something was."""
        return [file for file in self._files if file not in self._histories and self.sources(file)]

    def sources(self, file: Path) -> dict[Path, list[Entry]]:
        """What was written to other files before this one was made as a copy of them: by the place at which
        each is, or was last, the oldest write first. It is shown byte for byte, and where none is so, by the
        marks and all values.
        """
        own = self._histories.get(file, [])
        came = self._tags(file)
        for entry in reversed(own):
            came |= {change.field: change.before for change in entry.changes}
        digest = own[0].before_sha256 if own else _digest_of(file)
        older = {
            home: [entry for entry in entries if not own or entry.id < own[0].id]
            for home, entries in self._histories.items()
            if home != file
        }

        def copied(is_it: Callable[[list[Entry]], bool]) -> dict[Path, list[Entry]]:
            states = {
                home: [entries[:end] for end in range(len(entries), 0, -1)] for home, entries in older.items()
            }
            found = {home: next(filter(is_it, every), []) for home, every in states.items()}
            return {home: entries for home, entries in found.items() if entries}

        same = copied(lambda entries: entries[-1].after_sha256 == digest)
        if same or not _is_marked(came):
            return same
        return copied(lambda entries: _carries(came, _left(entries)))

    def lineage(self, file: Path) -> Sources:
        """The same, and for each of these files of which it is a copy itself."""
        if file not in self._lineages:
            sources = self.sources(file)
            self._lineages[file] = {home: (entries, self.lineage(home)) for home, entries in sources.items()}
        return self._lineages[file]

    @cached_property
    def _histories(self) -> dict[Path, list[Entry]]:
        """What was written to each file, the oldest first, by the place at which it is, or was last."""
        found: dict[Path, list[Entry]] = {}
        for place in self._known:
            if entries := self.at(place):
                home = place if place in self.there else self.moved.get(place, place)
                found.setdefault(home, []).extend(entries)
        return {home: sorted(entries, key=lambda entry: entry.id) for home, entries in found.items()}

    def could_be(self, place: Path) -> list[Path]:
        """Of which files it is shown that each may be the one that is gone from a place, while nothing tells
        which of them it is, or which of several that are gone one is.
        """
        if place not in self.gone or place in self.moved or not self.at(place):
            return []
        return [file for file in self._free if self._may_be(file, place)]

    def sounding_so(self, place: Path) -> list[Path]:
        """Files that only sound as the one that is gone from a place: it may be one of them where that was
        changed since. Those that were known when it was last written are others.
        """
        if not self.at(place):
            return []
        written = self._session.journal.began(self.at(place)[-1].run).timestamp() * 1e9
        found = self._session.library.found
        return [
            file
            for file in self._free
            if file != place and not self._own(file) and found(self._known[file]) >= written
        ]

    @property
    def _free(self) -> list[Path]:
        """Files of which it is not known where they were before."""
        taken = set(self.moved.values())
        return [file for file in self._files if file not in taken]

    def _find(self) -> dict[Path, Path]:
        gone = self.gone
        may = {place: {file for file in self._files if self._may_be(file, place)} for place in gone}
        found: dict[Path, Path] = {}

        def settle(place: Path, file: Path) -> None:
            found[place] = file
            for other in rivals(place):
                may[other].discard(file)

        def rivals(place: Path) -> list[Path]:
            """Others that may be at the same places, and were not the same file at another time."""
            return [
                other
                for other in gone - found.keys() - {place}
                if not may[other].isdisjoint(may[place])
                and not self._may_have_been(other, place)
                and not self._may_have_been(place, other)
            ]

        for is_it in (self._was_taken_back, self._is_untouched, self._is_as_left, _is_beside):
            doubtful = [
                place for place in gone if place not in found and (len(may[place]) > 1 or rivals(place))
            ]
            sure = {place: [file for file in may[place] if is_it(file, place)] for place in doubtful}
            for place, files in sure.items():
                if len(files) == 1 and not any(files[0] in sure.get(rival, ()) for rival in rivals(place)):
                    settle(place, files[0])
        for place in sorted(gone - found.keys()):
            others = rivals(place)
            alike = all(self._done(other) == self._done(place) for other in others)
            if may[place] and alike and len(may[place]) <= 1 + len(others):
                settle(place, min(may[place]))
        return found

    def _own(self, file: Path) -> Sequence[Entry]:
        """What was written to a file at the place where it is."""
        return self.at(file) if file not in self.gone else ()

    def _is_of_another(self, place: Path, here: Sequence[Path]) -> bool:
        """Whether a copy stands at a place, while what was left there is, or was last, at that of another."""
        if not self.at(place) or self._fits(place, place):
            return False
        marked = _is_marked(_left(self.at(place))) and _is_marked(self._tags(place))
        for other in self._known.keys() - {place}:
            followed = self._took_back(self.at(other), place)
            if other not in here:
                if followed and not self._fits(place, other, self.at(place)):
                    return True
            elif followed:
                return True
            elif marked and not self.at(other):  # a copy of it, and it was changed since that was made
                continue
            elif self._fits(other, place) and not self._is_left(other, other):
                return True
        return False

    def _is_left(self, file: Path, place: Path) -> bool:
        """Whether a file is byte for byte what was left at a place, and not one that was so before."""
        entries = self.at(place)
        if not entries or (file != place and self._is_older(file, place)):
            return False
        return entries[-1].after_sha256 == _digest_of(file)

    def _is_older(self, file: Path, place: Path) -> bool:
        """Whether a file was as it is before one was written last at a place; where writes keep times, no."""
        now, then, run = _stamp(file), self._track(place), self.at(place)[-1].run
        if now is None or self._session.settings.keep_time:
            return False
        if run not in self._began:
            self._began[run] = self._session.journal.began(run).timestamp() * 1e9 - CLOCK_NS
        began = self._began[run]
        return now.mtime_ns < (min(began, then.stamp.mtime_ns) if then is not None else began)

    def _was_taken_back(self, file: Path, place: Path) -> bool:
        """Whether what was written at a place was taken back from a file since."""
        return self._took_back(self._own(file), place)

    def _took_back(self, own: Sequence[Entry], place: Path) -> bool:
        numbers = tuple(entry.id for entry in own)
        if numbers not in self._roots:
            self._roots[numbers] = self._session.journal.roots(numbers)
        return not self._roots[numbers].isdisjoint(entry.id for entry in self.at(place))

    def _is_untouched(self, file: Path, place: Path) -> bool:
        """Whether a file has the very stamp of the one that was known at a place."""
        now, then = self._track(file), self._track(place)
        return now is not None and then is not None and now.stamp == then.stamp and bool(now.stamp.inode)

    def _is_as_left(self, file: Path, place: Path) -> bool:
        """Whether a file is byte for byte what was left at a place, or was so before it was written to."""
        theirs = self.at(place)
        later = [entry for entry in self._own(file) if theirs and entry.id > theirs[-1].id]
        if later:
            return theirs[-1].after_sha256 == later[0].before_sha256
        return self._is_left(file, place)

    def _done(self, place: Path) -> list[object]:
        """What was done to the file at a place."""
        return [entry.changes for entry in self.at(place)]

    def _may_be(self, file: Path, place: Path) -> bool:
        """Whether a file is shown to be one that is gone from a place: its sound alone may be that of a copy.

        What it was in between, and is gone from as well, tells as much as what it is.
        """
        if file == place:
            return False
        if (file, place) not in self._shown:
            self._shown[file, place] = self._follows(self._own(file), place, file, there=True) or any(
                self._may_be(file, other) for other in self._then(place)
            )
        return self._shown[file, place]

    def _then(self, place: Path) -> list[Path]:
        """Where the file that is gone from a place may have been written later, and is gone from as well."""
        if place not in self._later:
            last = self.at(place)[-1].id
            others = [other for other in self.gone if self.at(other) and self.at(other)[-1].id > last]
            self._later[place] = [other for other in others if self._may_have_been(other, place)]
        return self._later[place]

    def _may_have_been(self, before: Path, place: Path) -> bool:
        """Whether the file that is gone from a place was, as far as can be told, gone from another before."""
        if (before, place) not in self._were_one:
            self._were_one[before, place] = self._follows(self.at(before), place, before, there=False)
        return self._were_one[before, place]

    def _follows(self, own: Sequence[Entry], place: Path, file: Path, *, there: bool) -> bool:
        """:param own: what was written to a file where it is, or was last
        :param place: where it may have been
        :param there: whether it can be looked at
        """
        theirs = self.at(place)
        if not theirs:
            return True
        if not {entry.run for entry in own}.isdisjoint(entry.run for entry in theirs):
            return False  # a run writes a file once
        if own and own[0].id < theirs[-1].id:  # it was here before, went there and came back
            stays = not there or own[-1].id > theirs[-1].id
            return self._went(own, theirs) and (
                stays or (_came_back(file, own, theirs) and self._fits(file, place, own))
            )
        if there and not own:
            return self._fits(file, place)
        if not own:
            return False
        if own[0].before_sha256 == theirs[-1].after_sha256 or self._took_back(own, place):
            return True
        came = self._tags(file) if there else self._were(file)
        for entry in reversed(own):
            came |= {change.field: change.before for change in entry.changes}
        return _carries(came, _left(theirs))

    def _fits(self, file: Path, place: Path, own: Sequence[Entry] = ()) -> bool:
        """Whether a file is what was left at a place last: byte for byte, or it carries the marks and has all
        values that were left, as without marks they may be those of another copy.

        :param own: what was written to it before
        """
        if self._is_left(file, place):
            return True
        entries = sorted([*own, *self.at(place)], key=lambda entry: entry.id)
        left = _left(entries)
        return _is_marked(left) and (
            _carries(self._tags(file), left)
            or (self._is_untouched(file, place) and _is_marked(self._tags(file)))
        )

    def _went(self, own: Sequence[Entry], theirs: Sequence[Entry]) -> bool:
        """Whether one file can have been written here and there in turn, and did not stay at both places."""
        roots = self._session.journal.roots
        stayed: Entry | None = None
        for before, entry in pairwise(sorted([*own, *theirs], key=lambda entry: entry.id)):
            if before in own:
                stayed = before
            if before.path == entry.path or before.after_sha256 == entry.before_sha256:
                continue
            if not roots([before.id]).isdisjoint(roots([entry.id])):  # the one took the other back
                continue
            if entry in theirs or (stayed is not None and stayed.after_sha256 == entry.before_sha256):
                return False
        return True

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

    def _were(self, place: Path) -> dict[Field, tuple[str, ...]]:
        """Of a file that is gone, as far as the library knows them."""
        track = self._track(place)
        is_it = self._session.library.identity(self._known[place]) == self._sound
        return dict(track.tags) if track is not None and is_it else {}


def _stamp(path: Path) -> FileStamp | None:
    try:
        return FileStamp.of(path.stat())
    except OSError:
        return None


def _is_beside(file: Path, place: Path) -> bool:
    return file.parent == place.parent


def _came_back(file: Path, own: Sequence[Entry], theirs: Sequence[Entry]) -> bool:
    """Whether a file has what was written there last, where it may be what was left here, there a copy.

    :param own: what was written to it here
    """
    if own[-1].after_sha256 == theirs[-1].after_sha256:
        return True
    try:
        now = read_tags(file).tags
    except FileFault:
        return True
    left, there = _left(own), _left(theirs)
    moved = {field for field, values in left.items() if there.get(field, values) != values}
    return not moved or any(now.get(field, ()) != left[field] for field in moved)


def _left(entries: Sequence[Entry]) -> dict[Field, tuple[str, ...]]:
    """Values of the fields that were written, as they were left."""
    return {change.field: change.after for entry in entries for change in entry.changes}


def _is_marked(tags: TagSet) -> bool:
    return any(tags.get(mark) for mark in MARKS)


def _carries(tags: TagSet, left: TagSet) -> bool:
    """Whether there are marks among some tags, and all that was left."""
    return _is_marked(left) and all(tuple(tags.get(field, ())) == values for field, values in left.items())


def _each_once(places: Sequence[Path]) -> list[Path]:
    """Files in order of path; one that a second mount shows at two places counts once.

    :param places: those that were written to come first
    """
    files: dict[tuple[int, int], Path] = {}
    for place in places:
        with suppress(OSError):
            status = place.stat()
            files.setdefault((status.st_dev, status.st_ino), place)
    return sorted(files.values())
