"""What a user would not expect of the way in which changes are written into a kind of file."""

from __future__ import annotations

from collections.abc import Sequence

from mat_desktop.domain.plan import Change
from mat_desktop.domain.tags import Field
from mat_desktop.metadata.containers.base import Beside, Container
from mat_desktop.metadata.containers.iff import Iff
from mat_desktop.metadata.dialects.asf import AsfTags
from mat_desktop.metadata.dialects.id3 import Id3Tag


def other_names(container: Container, changes: Sequence[Change]) -> tuple[str, ...]:
    """Names that the changed fields have only in such files, as sentences without their stops."""
    told = []
    if isinstance(container, Iff) and container.kind == "wav":
        old = container.texts().get(Field.GENRE, ())
        for change in changes:
            if change.field is Field.GENRE and change.after:
                unseen = old not in ((), change.before, change.after)
                lost = f", in place of {'; '.join(old)}" if unseen else ""
                told.append(f"the genre is written to IGNR of RIFF INFO too: {'; '.join(change.after)}{lost}")
    if isinstance(container.tag, AsfTags):
        own = [change.field for change in changes if change.field in (Field.INSTRUMENT, Field.VOICE)]
        told += [f"{field} is called {container.tag.key(field)} in WMA files" for field in own]
    return tuple(told)


def stays_beside(container: Container, changes: Sequence[Change]) -> tuple[str, ...]:
    """Other values of the changed fields in tags that are never written, as sentences without their stops."""
    kept = container.kept if isinstance(container, Beside) else {}
    told = []
    for kind, fields in kept.items():
        for change in changes:
            old = fields.get(change.field, ())
            if set(old) - set(change.after):
                said = f"the {change.field} in its {kind} tag stays {'; '.join(old)}"
                told.append(f"{said}, which programs that read that tag show")
    return tuple(told)


def joins_values(container: Container, changes: Sequence[Change]) -> bool:
    """Whether several values of a field become one text: ID3v2.3 has no lists."""
    old = isinstance(container.tag, Id3Tag) and container.tag.version == 3
    return old and any(len(change.after) > 1 for change in changes)
