"""From what the user kept of the suggestions to changes in a file."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from mat_desktop.app.own_values import applied, may_give_way, own_values
from mat_desktop.app.session import Session
from mat_desktop.app.whereabouts import written_to
from mat_desktop.domain.plan import Change, FilePlan, Policy
from mat_desktop.domain.scheme import DisplayTag, TagScheme
from mat_desktop.domain.scores import Suggestion, Verdict
from mat_desktop.domain.tags import MARKS, Field
from mat_desktop.domain.track import Track
from mat_desktop.metadata.containers.matroska import READ_ONLY
from mat_desktop.metadata.write import outlook


def plan_file(
    session: Session,
    track: Track,
    suggestions: Sequence[Suggestion],
    policies: Mapping[Field, Policy] = {},
    verdicts: Mapping[str, Verdict] = {},
) -> FilePlan | None:
    """What would be changed in a file; None where nothing would. The file itself is not looked at.

    :param policies: of some fields, instead of the settings'
    :param verdicts: what the user said of tags of the track, those among it that are not suggested: what the
        program wrote of rejected ones goes
    """
    settings = session.settings
    chosen = [s.tag for s in suggestions if s.written]
    rejected = {name for name, verdict in verdicts.items() if verdict is Verdict.REJECTED}
    refused = [tag for tag in session.scheme.tags if tag.name in rejected] if rejected else []
    if refused:  # they may have been written before they were renamed
        refused += [tag for tag in session.bundled_scheme.tags if tag.name in rejected]
    wanted, unwanted = _values_by_field(session.scheme, chosen), _values_by_field(session.scheme, refused)
    changes = []
    for target in dict.fromkeys([*wanted, *unwanted]):
        policy = {**session.policies, **policies}[target]
        values, no_more = wanted.get(target, ()), unwanted.get(target, ())
        change = _of_field(session, track, target, values, no_more, policy)
        if change is not None:
            changes.append(change)
    if settings.mat_tags:
        noted = _noted(session, track, [tag.key for tag in chosen], {tag.key for tag in refused}, changes)
        if noted is not None:
            changes.append(noted)
    if not changes:
        return None
    if not settings.mat_model:
        return FilePlan(track.path, track.stamp, tuple(changes))
    if not chosen:
        # Nothing is written that the model heard; what it is about may be gone.
        after = {change.field: change.after for change in changes}
        model = track.tags.get(Field.MAT_MODEL, ())
        if model and after.get(Field.MAT_TAGS) == ():
            changes.append(Change(Field.MAT_MODEL, tuple(model), ()))
        return FilePlan(track.path, track.stamp, tuple(changes))
    # The model's mark alone is no reason to touch a file: its date differs every day.
    mark = f"{session.card.name} sha256:{session.card.digest} date:{datetime.now(UTC).date().isoformat()}"
    marked = _change(track, Field.MAT_MODEL, [mark], Policy.REPLACE)
    if marked is not None:
        changes.append(marked)
    return FilePlan(track.path, track.stamp, tuple(changes))


def checked(plan: FilePlan) -> FilePlan | None:
    """A plan with what speaks against writing the file and what comes with it, as far as a look at it tells.

    :returns: None where files of that kind are never written, and nothing but our own marks would be
    """
    found = outlook(plan.path, plan.wanted)
    if found.obstacle == READ_ONLY and all(change.field in MARKS for change in plan.wanted):
        return None
    changed = {change.field for change in plan.wanted}
    copied = tuple(field for field in found.copied if field not in changed)
    return replace(plan, fault=found.obstacle, copied=copied, told=found.told, joins=found.joins)


def _values_by_field(scheme: TagScheme, chosen: Sequence[DisplayTag]) -> dict[Field, list[str]]:
    values: dict[Field, list[str]] = {}
    for tag in chosen:
        target = scheme.field_of(tag)
        if target is not None:
            have = values.setdefault(target, [])
            if tag.value.casefold() not in [value.casefold() for value in have]:
                have.append(tag.value)
    return values


def _of_field(
    session: Session,
    track: Track,
    target: Field,
    suggested: Sequence[str],
    refused: Sequence[str],
    policy: Policy,
) -> Change | None:
    """As :func:`_change`; what this program wrote gives way, but for what other models were taught."""
    before, no_more = track.tags.get(target, ()), {value.casefold() for value in refused}
    ours = not session.settings.mat_tags or any(track.tags.get(mark) for mark in MARKS)
    if not ours or not may_give_way(policy, before, suggested, no_more):
        return _change(track, target, suggested, policy)
    own = own_values(written_to(session, track.path), target, before)
    if own:  # what another model was taught is neither suggested nor rejected: this one does not know it
        own -= {tag.value for tag in _strangers(session)}
    after = applied(policy, before, suggested, own, no_more)
    return Change(target, tuple(before), after) if after != tuple(before) else None


def _noted(
    session: Session,
    track: Track,
    chosen: Sequence[str],
    refused: Collection[str],
    changes: Sequence[Change],
) -> Change | None:
    """MAT_TAGS, as it is to be: without any tag that is chosen, only rejected ones leave it.

    :param chosen: keys of tags
    :param changes: of the other fields
    """
    before = track.tags.get(Field.MAT_TAGS, ())
    if chosen:
        keys = _with_others(session, track, chosen, _staying(session, track, {*chosen, *refused}, changes))
    else:
        keys = [key for key in before if key not in refused]
    return Change(Field.MAT_TAGS, tuple(before), tuple(keys)) if tuple(keys) != tuple(before) else None


def _staying(session: Session, track: Track, named: Collection[str], changes: Sequence[Change]) -> set[str]:
    """Tags in MAT_TAGS whose value this program wrote and which stays in its field.

    :param named: keys of tags that are chosen or rejected
    """
    after = {**track.tags, **{change.field: change.after for change in changes}}
    own: dict[Field, set[str]] = {}
    staying: set[str] = set()
    for key in set(track.tags.get(Field.MAT_TAGS, ())) - set(named):
        tag = next((tag for tag in session.scheme.tags if tag.key == key), None)
        target = session.scheme.field_of(tag) if tag is not None else None
        if tag is None or target is None or tag.value not in after.get(target, ()):
            continue
        if target not in own:
            now = track.tags.get(target, ())
            own[target] = own_values(written_to(session, track.path), target, now)
        if tag.value in own[target]:
            staying.add(key)
    return staying


def _with_others(session: Session, track: Track, keys: Sequence[str], staying: Collection[str]) -> list[str]:
    """A new MAT_TAGS, with what only other models and removed tags put there in the place where it is.

    :param staying: keys that stay there too
    """
    before, after = track.tags.get(Field.MAT_TAGS, ()), list(keys)
    if set(before) <= set(keys):
        return after
    strange = {tag.key.casefold() for tag in _strangers(session)}
    for place, key in enumerate(before):
        if key.casefold() in strange or key in staying:
            after.insert(place, key)
    return after


def _strangers(session: Session) -> list[DisplayTag]:
    """Taught tags that the scheme does not have: another model's, and those that were removed."""
    taught = session.taught.ever
    known = {tag.name.casefold() for tag in session.bundled_scheme.tags} if taught else set()
    return [tag.as_display_tag() for tag in taught if tag.name.casefold() not in known]


def _change(track: Track, target: Field, suggested: Sequence[str], policy: Policy) -> Change | None:
    before = track.tags.get(target, ())
    after = policy.apply(before, suggested)
    return Change(target, tuple(before), after) if after != tuple(before) else None
