"""What MAT_TAGS says of each field: the list goes with the fields whose tags it names.

It names what a run decided for all fields at once. Where only some of them are taken back, their tags leave
the list, or come into it again, and the others stay in it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from mat_desktop.app.reach import Reach
from mat_desktop.app.session import Session
from mat_desktop.domain.plan import Change
from mat_desktop.domain.reversal import FieldReversal, FileReversal, Notes, Portion
from mat_desktop.domain.scheme import TagScheme
from mat_desktop.domain.tags import MARKS, Category, Field
from mat_desktop.domain.track import TagSet
from mat_desktop.store.journal import Entry


def with_notes(
    session: Session,
    file: FileReversal,
    entries: Sequence[Entry],
    touched: Collection[int],
    far: Reach,
    present: TagSet,
    passed: Mapping[Field, Sequence[Entry]],
) -> FileReversal:
    """A reversal of some fields, with what that does to MAT_TAGS.

    :param entries: all that was written to the file, the oldest first
    :param touched: those that the whole task is about in this file
    :param far: how far it reaches
    :param passed: writes that it goes back past, by field, the newest first
    """
    ours = [entry for entry in entries if entry.id in touched]
    meant = touched if far.back else far.entries
    lists = [entry for entry in entries if entry.id in meant and _of(entry, Field.MAT_TAGS)]
    now = tuple(present.get(Field.MAT_TAGS, ()))
    if not lists and (far.back or not now or not far.alone):
        return file
    settled = session.journal.reverted([entry.id for entry in entries])
    shown = {item.change.field for item in file.fields}
    changed = [
        (entry.id, change.field)
        for entry in ours
        for change in entry.changes
        if change.field not in MARKS and change.before != change.after
    ]
    # Tags of a field that was taken back before went with it then, and may have been written anew since.
    every = {*(field for _, field in changed), *far.held}
    fields = frozenset(field for number, field in changed if field in shown or (number, field) not in settled)
    items = tuple(
        item
        if item.change.field in MARKS
        else _with_portion(
            session.scheme, item, [*_before(item, entries), *passed.get(item.change.field, ())], every
        )
        for item in file.fields
    )
    items = tuple(_with_all(session.scheme, item, now, every) if _goes(item, far) else item for item in items)
    rest = Portion()
    for entry in reversed(lists):
        rest = rest.then(_portion(session.scheme, entry, None, every))
    if not far.back:  # what came back of fields that were taken back before
        alone = [key for key in now if _field_of(session.scheme, key, (), far.alone) is not None]
        rest = rest.then(Portion(gone=tuple(alone)))
    known = [change for entry in reversed(entries) for change in _of(entry, Field.MAT_TAGS)]
    first = tuple(change.before for entry in lists[:1] for change in _of(entry, Field.MAT_TAGS))
    notes = Notes(
        now=now,
        fields=fields | far.held.keys(),
        rest=rest,
        entries=tuple(entry.id for entry in reversed(lists) if (entry.id, Field.MAT_TAGS) not in settled),
        known=(*first, *(values for change in known for values in (change.after, change.before))),
    )
    return file.noting(items, notes)


def _goes(item: FieldReversal, far: Reach) -> bool:
    """Whether nothing of ours stays in the field."""
    return not far.back and item.change.field in far.alone


def _with_all(
    scheme: TagScheme, item: FieldReversal, now: Sequence[str], fields: Collection[Field]
) -> FieldReversal:
    """With all tags of the field leaving the list, whichever run had put them there."""
    gone = [key for key in now if _field_of(scheme, key, (), fields) is item.change.field]
    portion = item.noted.then(Portion(gone=tuple(gone)))
    return replace(item, noted=portion)


def with_removal(
    scheme: TagScheme, file: FileReversal, every: Iterable[FieldReversal], entries: Sequence[int]
) -> FileReversal:
    """A removal of some fields: all tags of theirs leave the list, whoever wrote them.

    :param every: fields of the file that hold something of ours, those that are not meant among them
    :param entries: that hold what MAT_TAGS says now
    """
    now = next((item.change.before for item in every if item.change.field is Field.MAT_TAGS), ())
    fields = frozenset(
        item.change.field for item in every if not item.idle and item.change.field not in MARKS
    )
    home = {key: _field_of(scheme, key, (), fields) for key in now}
    items = tuple(
        FieldReversal(
            item.change,
            item.entries,
            item.why,
            Portion(tuple(key for key in now if home[key] is item.change.field)),
        )
        for item in file.fields
    )
    rest = Portion(tuple(key for key in now if home[key] is None))
    return file.noting(items, Notes(now, fields, rest, tuple(entries)))


def _of(entry: Entry, field: Field) -> list[Change]:
    return [change for change in entry.changes if change.field is field and change.before != change.after]


def _before(item: FieldReversal, entries: Sequence[Entry]) -> list[Entry]:
    """Writes that go with a field, the newest first: its own, and those that stand in the way."""
    field = item.change.field
    since = max(item.entries, default=0) if item.since else None
    return [
        entry
        for entry in reversed(entries)
        if entry.id in item.entries or (since is not None and entry.id > since and _of(entry, field))
    ]


def _with_portion(
    scheme: TagScheme, item: FieldReversal, entries: Sequence[Entry], fields: Collection[Field]
) -> FieldReversal:
    portion = Portion()
    for entry in entries:
        portion = portion.then(_portion(scheme, entry, item.change.field, fields))
    return FieldReversal(item.change, item.entries, item.why, portion, item.since)


def _portion(scheme: TagScheme, entry: Entry, field: Field | None, fields: Collection[Field]) -> Portion:
    """What one write did to MAT_TAGS for a field, taken back.

    :param field: None means the tags of no field
    """
    gone: list[str] = []
    back: list[str] = []
    for change in _of(entry, Field.MAT_TAGS):
        for key in [*change.after, *change.before]:
            if (key in change.after) != (key in change.before) and (
                _field_of(scheme, key, entry.changes, fields) is field
            ):
                (gone if key in change.after else back).append(key)
    return Portion(tuple(gone), tuple(back))


def _field_of(
    scheme: TagScheme, key: str, changes: Sequence[Change], fields: Collection[Field]
) -> Field | None:
    """The field that a tag of the list was written into, None where that is none of these.

    Where its value came or went at that write is known; else it is where it would be written now.
    """
    category, _, name = key.partition(":")
    tag = next((tag for tag in scheme.tags if tag.key == key), None)
    value = (tag.value if tag is not None else name).casefold()
    for change in changes:
        if change.field in fields and value in {
            known.casefold() for known in {*change.before} ^ {*change.after}
        }:
            return change.field
    if tag is not None:
        home = scheme.field_of(tag)
    else:
        home = scheme.fields.get(Category(category)) if category in {*Category} else None
    return home if home in fields else None
