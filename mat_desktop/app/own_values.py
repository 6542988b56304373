"""Values that this program put into a field: the journal tells, as MAT_TAGS names tags and no values.

Those that still stand as they were written give way where their tag was rejected, or where others are written
that their tag is not among, whatever the policy: it is about the values of the user.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from mat_desktop.domain.plan import Policy
from mat_desktop.domain.tags import Field
from mat_desktop.store.journal import Entry


def may_give_way(
    policy: Policy, before: Sequence[str], suggested: Sequence[str], refused: Collection[str]
) -> bool:
    """Whether it matters which values of a field are the program's own.

    :param refused: values of rejected tags, case-folded
    """
    there, wanted = _folded(before), _folded(suggested)
    if policy is Policy.SKIP or not there or there == wanted:
        return False
    return bool(wanted) or bool(there & set(refused))


def applied(
    policy: Policy,
    before: Sequence[str],
    suggested: Sequence[str],
    own: Collection[str],
    refused: Collection[str],
) -> tuple[str, ...]:
    """A field's new values, where the program's own ones give way.

    :param own: values that this program put there, but for those that are to stay
    :param refused: values of rejected tags, case-folded
    """
    if policy is Policy.SKIP or not own:
        return policy.apply(before, suggested)
    wanted = _folded(suggested)
    filled = policy is Policy.FILL_EMPTY and not set(before) <= set(own)
    replaced = bool(suggested) and not filled
    rest = [
        value
        for value in before
        if value not in own
        or value.casefold() in wanted
        or (value.casefold() not in refused and not replaced)
    ]
    if filled or not suggested:
        return tuple(rest)
    if policy is Policy.FILL_EMPTY:
        # The order alone, as of scores that are nearly alike, is no reason to touch a file.
        return tuple(before) if _folded(before) == wanted else tuple(suggested)
    return policy.apply(rest, suggested)


def own_values(entries: Sequence[Entry], target: Field, now: Sequence[str]) -> set[str]:
    """Values of a field that this program put there. None where another program changed it since.

    What the user had there before, too, is the user's.

    :param entries: all that was written to the file, the oldest first
    """
    own: set[str] = set()
    others: set[str] = set()
    last: tuple[str, ...] = ()
    for entry in entries:
        for change in entry.changes:
            if change.field is target:
                others |= {value for value in change.before if value not in last}
                own |= set(change.after) - set(change.before)
                last = change.after
    return (own - others) & set(now) if last == tuple(now) else set()


def _folded(values: Sequence[str]) -> set[str]:
    return {value.casefold() for value in values}
