"""A reversal: values that earlier runs wrote, and what would stand in their place, before any is touched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from mat_desktop.domain.counting import count
from mat_desktop.domain.plan import Change, WriteResult, WriteStatus
from mat_desktop.domain.tags import MARKS, Field
from mat_desktop.domain.track import FileStamp, TrackId
from mat_desktop.errors import printable

AS_BEFORE = "was as before already"

BY_OTHERS = f"{AS_BEFORE}: restored by something else"

MEANWHILE = "was done meanwhile, by another window or command"

ANOTHER = "another file has this name now, or its sound was changed"
"""Why nothing is done to a file that sounds otherwise than the one that was written."""


class RunKind(StrEnum):
    """What a run did to files. One that only found them as an earlier one left them is in no history."""

    WRITE = "write"
    UNDO = "undo"
    REDO = "redo"
    REMOVE = "remove"
    FOUND = "found"


@dataclass(frozen=True, slots=True)
class Portion:
    """What happens to MAT_TAGS where a field is taken back.

    :param gone: tags that leave the list
    :param back: tags that come into it again
    """

    gone: tuple[str, ...] = ()
    back: tuple[str, ...] = ()

    def then(self, next: Portion) -> Portion:
        """This, and another one after it."""
        gone = dict.fromkeys([*self.gone, *next.gone])
        back = [key for key in self.back if key not in next.gone]
        return Portion(tuple(gone), tuple(dict.fromkeys([*back, *next.back])))

    def of(self, keys: Sequence[str]) -> tuple[str, ...]:
        """A list after it."""
        kept = [key for key in keys if key not in self.gone]
        return tuple(dict.fromkeys([*kept, *self.back]))


@dataclass(frozen=True, slots=True)
class Notes:
    """MAT_TAGS of a file while some of its fields are taken back.

    :param now: the list
    :param fields: whose tags it names and that count, those that are to be taken back among them
    :param rest: what happens to the tags of no field, once none of the fields stays
    :param entries: of the journal, that wrote the list; taken back once none of the fields stays
    :param known: lists that stood there before: one of the same tags comes back in its order
    """

    now: tuple[str, ...]
    fields: frozenset[Field]
    rest: Portion
    entries: tuple[int, ...] = ()
    known: tuple[tuple[str, ...], ...] = ()

    def after(self, portion: Portion) -> tuple[str, ...]:
        """The list after some of it was taken back."""
        keys = portion.of(self.now)
        return next((known for known in self.known if {*known} == {*keys}), keys)


@dataclass(frozen=True, slots=True)
class FieldReversal:
    """One field of one file.

    :param change: from the values that it has now
    :param entries: of the journal, whose change of this field it takes back; none for a mark of this program
        that is in no journal here
    :param why: why it is left alone unless somebody asks for it, empty where nothing speaks against it
    :param noted: what MAT_TAGS says of it
    :param since: it was a later run of this program that changed it
    """

    change: Change
    entries: tuple[int, ...]
    why: str = ""
    noted: Portion = Portion()
    since: bool = False

    @property
    def idle(self) -> bool:
        """There is nothing to change."""
        return self.change.before == self.change.after

    @property
    def conflict(self) -> bool:
        """Somebody else's value would be lost."""
        return bool(self.why) and not self.idle


@dataclass(frozen=True, slots=True)
class Marks:
    """Marks of this program in a file, but for MAT_TAGS: they follow the fields.

    :param items: what happens to them
    :param fields: they go once none of these stays; none where they come back, with the first field that does
    :param asked: those that were asked for themselves; they go without that too
    """

    items: tuple[FieldReversal, ...]
    fields: frozenset[Field] = frozenset()
    asked: frozenset[Field] = frozenset()


@dataclass(frozen=True, slots=True)
class FileReversal:
    """One file, valid only while it has this stamp.

    :param path: as the library knows it
    :param place: the same with links resolved
    :param stamp: None where the file cannot be looked at
    :param fault: why nothing can be done to it, else empty
    :param note: what the user should know of it
    :param left: fields that stay as they are because somebody else changed them
    :param notes: how MAT_TAGS follows its fields; None where it is not about them
    :param marks: how the other marks follow them; None where there are none
    :param copied: fields and other things that came into a new tag with what was written, or go with it
    :param was: where it was when that was written, where it is elsewhere now
    :param lost: it is at its place no more, and it is not known where it is
    :param copy_of: the file that was written of which it is a copy; where it may as well be that file itself,
        which is gone then, ``was`` is the same
    :param stays: where it was stands one that sounds the same, to which nothing is done
    """

    path: Path
    place: Path
    stamp: FileStamp | None
    fields: tuple[FieldReversal, ...]
    fault: str = ""
    note: str = ""
    left: tuple[FieldReversal, ...] = ()
    notes: Notes | None = None
    marks: Marks | None = None
    copied: tuple[str, ...] = ()
    was: Path | None = None
    lost: bool = False
    copy_of: Path | None = None
    stays: bool = False

    @property
    def told_move(self) -> str:
        """Under which other name it was written, as a sentence without its stop; empty for none."""
        written = self.was or self.copy_of
        if written is None:
            return ""
        name = printable(Path(written.name) if written.parent == self.path.parent else written)
        if self.was is None:
            return f"is a copy of {name}, made after that was written"
        told = f"was {name} when it was written{', or is a copy of it' if self.copy_of else ''}"
        return f"{told}; what has that name now sounds the same and stays as it is" if self.stays else told

    def noting(self, fields: tuple[FieldReversal, ...], notes: Notes) -> FileReversal:
        """The same, with MAT_TAGS following its fields."""
        return replace(self, fields=fields, notes=notes)._true()

    def marking(self, marks: Marks | None) -> FileReversal:
        """The same, with the other marks following its fields."""
        return replace(self, marks=marks)._true()

    def _true(self) -> FileReversal:
        """What this program says of itself in the file stays true."""
        return self._listed()._marked()

    @property
    def _taken(self) -> list[FieldReversal]:
        return [item for item in self.fields if item.change.field not in MARKS]

    @property
    def _leaving(self) -> list[FieldReversal]:
        """What another program changed since leaves its run as well."""
        return [*self._taken, *(item for item in self.left if not item.since)]

    @property
    def _kept(self) -> bool:
        """Whether a value stays that a later run wrote: what this program says of itself is about it."""
        return any(item.since and item.change.field not in MARKS for item in self.left)

    def _marked(self) -> FileReversal:
        marks = self.marks
        if marks is None:
            return self
        ours = {item.change.field for item in marks.items} - marks.asked
        fields = [item for item in self.fields if item.change.field not in ours]
        lists = [item.change for item in fields if item.change.field is Field.MAT_TAGS]
        all_of_it = any(not change.before or not change.after for change in lists)
        if not self._taken and not all_of_it and not self._kept:
            return self
        if not marks.fields - {item.change.field for item in self._leaving}:
            there = {item.change.field for item in fields}
            fields += [item for item in marks.items if item.change.field not in there]
        return replace(self, fields=_ordered(fields))

    def _listed(self) -> FileReversal:
        """MAT_TAGS names the tags of fields that stay, and no others. Asked for alone, it goes as a whole."""
        notes = self.notes
        if notes is None or not (self._taken or self._kept):
            return self
        leaving = self._leaving
        portion = Portion()
        for item in leaving:
            portion = portion.then(item.noted)
        stays = notes.fields - {item.change.field for item in leaving}
        if not stays:
            portion = portion.then(notes.rest)
        listed = FieldReversal(
            Change(Field.MAT_TAGS, notes.now, notes.after(portion)), () if stays else notes.entries
        )
        others = [item for item in self.fields if item.change.field is not Field.MAT_TAGS]
        if listed.entries or not listed.idle:
            others.append(listed)
        left = tuple(item for item in self.left if item.change.field is not Field.MAT_TAGS)
        return replace(self, fields=_ordered(others), left=left)

    def only(self, fields: Container[Field]) -> FileReversal:
        """Some of its fields. A conflict that is none of them is left as it is, as :attr:`safe` leaves it."""
        others = [item for item in self.fields if item.change.field not in fields]
        return replace(
            self,
            fields=tuple(item for item in self.fields if item.change.field in fields),
            left=(*self.left, *(item for item in others if item.conflict)),
        )._true()

    @property
    def safe(self) -> FileReversal:
        """What somebody else has changed since is left as it is."""
        return replace(
            self,
            fields=tuple(item for item in self.fields if not item.conflict),
            left=tuple(item for item in self.fields if item.conflict),
        )._true()

    @property
    def changes(self) -> tuple[Change, ...]:
        """What would be written."""
        return () if self.fault else tuple(item.change for item in self.fields if not item.idle)

    @property
    def left_alone(self) -> str:
        """Which fields stay as they are and why, one sentence; empty where there are none."""
        return "; ".join(f"{item.change.field} left as found: {item.why}" for item in self.left)


def _ordered(items: Sequence[FieldReversal]) -> tuple[FieldReversal, ...]:
    order = list(Field)
    return tuple(sorted(items, key=lambda item: order.index(item.change.field)))


def told_as_they_are(results: Iterable[WriteResult]) -> list[str]:
    """How many files needed no change, and why: each as ``2 files were as before already``."""
    idle = Counter(r.reason for r in results if r.status is WriteStatus.UNCHANGED and r.reason)
    return [
        f"{count(number, 'file')} {why if number == 1 else why.replace('was', 'were', 1)}"
        for why, number in idle.items()
    ]


def told_copies_go(names: Sequence[str]) -> str:
    """What becomes of fields that were copied into a new tag, as a sentence without its stop.

    :param names: of the fields, as they are shown; not empty
    """
    return f"copies in its new tag go with the last field if nobody else changed the file: {', '.join(names)}"


@dataclass(frozen=True, slots=True)
class Trace:
    """What the journal knows of one field of a file: the newest writes that follow on each other.

    :param ours: values that the last of them wrote
    :param old: values before the first of them
    :param entries: they, the newest first
    """

    field: Field
    ours: tuple[str, ...]
    old: tuple[str, ...]
    entries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """What the journal knows of one file, as far as it is to be taken back.

    :param path: as the library knows it
    :param place: links resolved
    :param traces: none where all that was ever written there is meant
    :param was: where it was when that was written last, where it is elsewhere now
    :param lost: digest of its sound, where it is not at its place and it is not known where else it is
    :param stands_for: place of one that is gone which it may be, as others may: what was written there counts
        as taken back with it, as nothing of that is to stay in any
    """

    path: Path
    place: Path
    traces: tuple[Trace, ...]
    was: Path | None = None
    lost: TrackId | None = None
    stands_for: Path | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """What one run is to take back, as far as the journal tells; the files themselves were not looked at yet.

    :param reason: one line for the history
    :param undo_of: the run that it is about, None where it is about several
    :param whole: it is all of that run, and not some files or fields of it
    :param left: by file, fields of it that the user left out before: whoever goes on with it leaves them too
    """

    kind: RunKind
    reason: str
    pasts: tuple[Past, ...]
    undo_of: int | None = None
    whole: bool = True
    left: Mapping[Path, frozenset[Field]] = field(default_factory=dict)

    def choosing(self, files: Sequence[FileReversal]) -> Task:
        """The same of these files and the fields that are chosen in them; what else there was is left.

        Where all that was ever written is meant, what was left out of it is known already.
        """
        chosen: dict[Path, set[Field]] = {}
        for file in files:  # two have one name where another file got that of one that is gone
            chosen.setdefault(file.path, set()).update(item.change.field for item in file.fields)
        left: dict[Path, frozenset[Field]] = {}
        for past in self.pasts:
            if not past.traces:
                if past.path in self.left:
                    left[past.path] = self.left[past.path]
                continue
            fields = frozenset(trace.field for trace in past.traces) - chosen.get(past.path, set())
            # Marks follow the fields of their file.
            if fields - MARKS or (fields and past.path not in chosen):
                left[past.path] = fields
        return replace(self, pasts=tuple(past for past in self.pasts if past.path in chosen), left=left)
