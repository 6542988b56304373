"""Values that this program put into a field: the journal tells, as MAT_TAGS names tags and no values."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from mat_desktop.domain.plan import Policy
from mat_desktop.domain.scheme import TagScheme
from mat_desktop.domain.tags import Field
from mat_desktop.store.journal import Journal


def applied(
    policy: Policy,
    before: Sequence[str],
    suggested: Sequence[str],
    outdated: set[str],
    own: set[str],
) -> tuple[str, ...]:
    """A field's new values where names of tags changed since it was written: its own old ones give way.

    :param outdated: values that no tag is written as any more
    :param own: values that this program put there
    """
    if policy is Policy.FILL_EMPTY and outdated & own and own >= set(before):
        return Policy.REPLACE.apply(before, suggested)
    if policy is Policy.APPEND and suggested:
        return policy.apply([value for value in before if value not in outdated & own], suggested)
    return policy.apply(before, suggested)


def outdated(scheme: TagScheme, target: Field, before: Sequence[str]) -> set[str]:
    """Values of a field that no tag is written as."""
    return set(before) - {tag.value for tag in scheme.tags if scheme.field_of(tag) is target}


def own_values(journal: Journal, path: Path, target: Field, now: Sequence[str]) -> set[str]:
    """Values of a field that this program put there. None where it was changed since, or the file moved.

    :raises StoreFault: the journal cannot be read
    """
    own: set[str] = set()
    others: set[str] = set()
    last: tuple[str, ...] = ()
    for entry in journal.written_to({path, Path(os.path.realpath(path))}):
        for change in entry.changes:
            if change.field is target:
                others |= {value for value in change.before if value not in last}
                own |= set(change.after) - set(change.before)
                last = change.after
    return (own - others) & set(now) if last == tuple(now) else set()
