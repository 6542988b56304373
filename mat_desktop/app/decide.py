"""From raw scores to suggestions, and from what the user kept of them to changes in a file."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import inf, isnan
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from mat_desktop.app.judge import MODELS_OWN, SMALLEST, Judged, Lines, judge, lines_of, sigmoid
from mat_desktop.app.own_values import applied, may_give_way, own_values
from mat_desktop.app.session import Session
from mat_desktop.app.whereabouts import written_to
from mat_desktop.domain.card import ModelCard
from mat_desktop.domain.plan import Change, FilePlan, Policy
from mat_desktop.domain.scheme import DisplayTag, TagScheme
from mat_desktop.domain.scores import OwnThreshold, Scores, Suggestion, Thresholds, Verdict
from mat_desktop.domain.tags import MARKS, Field
from mat_desktop.domain.track import Track
from mat_desktop.metadata.containers.matroska import READ_ONLY
from mat_desktop.metadata.write import outlook


@dataclass(frozen=True, slots=True)
class Choice:
    """What a table needs of the suggestions for a track.

    :param tags: those that would be written, as :func:`suggest` has them
    :param names: of all tags that it would return, in order of the alphabet
    :param levels: float32, their scores in this order
    """

    tags: tuple[Suggestion, ...]
    names: tuple[str, ...]
    levels: array[float]


NOTHING_CHOSEN = Choice((), (), array("f"))
"""Of scores of a model that is no longer in use."""


def own_thresholds(
    scheme: TagScheme, card: ModelCard, thresholds: Thresholds, base: TagScheme
) -> tuple[OwnThreshold, ...]:
    """All that the user set for a model, in the order of their names on screen.

    :param base: the scheme without the user's changes: what is only in it was dropped
    """
    lines = {line.tag.name: line for line in lines_of(scheme, card, 0.0, MODELS_OWN).lines}
    there = {tag.name for tag in base.tags}
    found = []
    for name, value in thresholds.by_name.items():
        line = lines.get(name)
        heard = line is not None and (line.columns or line.taught)
        measured = sigmoid(line.threshold) if line is not None and heard else None
        shown = line.tag.shown if line is not None else name
        found.append(OwnThreshold(name, shown, value, measured, line is None and name in there))
    return tuple(sorted(found, key=lambda own: own.shown.casefold()))


def suggest(
    scheme: TagScheme,
    card: ModelCard,
    scores: Scores,
    verdicts: Mapping[str, Verdict] = {},
    shift: float = 0.0,
    thresholds: Thresholds | None = None,
) -> tuple[Suggestion, ...]:
    """Every display tag that the model knows or the user added, by category, then from the surest down.

    :param shift: of the precision that every threshold stands for, in log odds; above 0 fewer and surer tags
        are suggested. It moves the user's own thresholds as it moves the model's. Which of two tags is surer
        does not depend on it.
    :param thresholds: the user's own thresholds instead of the model's, as they are without a shift
    """
    lines = lines_of(scheme, card, shift, thresholds or MODELS_OWN)
    judged = judge(lines, [scores])
    places = np.flatnonzero(judged.heard[0]).tolist()
    return _made(lines, judged, 0, [*places, *_by_hand(lines, judged, 0, verdicts)], verdicts)


def choose(
    scheme: TagScheme,
    card: ModelCard,
    scores: Sequence[Scores],
    verdicts: Sequence[Mapping[str, Verdict]],
    shift: float = 0.0,
    thresholds: Thresholds | None = None,
) -> list[Choice]:
    """What a table needs of :func:`suggest`, for many tracks at once.

    :param scores: of one model
    :param verdicts: of the same tracks
    """
    if not scores:
        return []
    lines = lines_of(scheme, card, shift, thresholds or MODELS_OWN)
    judged = judge(lines, scores)
    suggested: list[list[int]] = [[] for _ in scores]
    for row, place in zip(*(found.tolist() for found in np.nonzero(judged.suggested)), strict=True):
        suggested[row].append(place)
    levels = judged.scores.astype(np.float32)
    plain = lines.named(judged.heard[0])
    alike = (judged.heard == judged.heard[0]).all(axis=1).tolist()
    in_order = levels[:, plain.order]
    found = []
    for row, said in enumerate(verdicts):
        places = suggested[row]
        by_hand: list[int] = []
        if said:
            places = sorted({*places, *_accepted(lines, said)})
            by_hand = _by_hand(lines, judged, row, said)
        tags = tuple([s for s in _made(lines, judged, row, places, said) if s.chosen])
        if alike[row] and not by_hand:
            found.append(Choice(tags, plain.names, array("f", in_order[row].tobytes())))
        else:
            there = judged.heard[row].copy()
            there[by_hand] = True
            named = lines.named(there)
            levels[row, by_hand] = UNHEARD
            found.append(Choice(tags, named.names, array("f", levels[row, named.order].tobytes())))
    return found


@dataclass(slots=True)
class TagSum:
    """A display tag over many tracks.

    :param first: what is the same in all of them
    :param tracks: in how many there is a word on it: from the model, or the user added it
    :param score: sum over these
    """

    first: Suggestion
    tracks: int
    score: float
    suggested: int
    undecided: int
    chosen: int
    accepted: int
    rejected: int

    @property
    def said(self) -> Verdict:
        """The verdict where nothing of it is undecided."""
        if self.undecided or not (self.accepted or self.rejected):
            return Verdict.UNDECIDED
        return Verdict.ACCEPTED if self.accepted else Verdict.REJECTED


def sum_up(
    scheme: TagScheme,
    card: ModelCard,
    scores: Sequence[Scores],
    verdicts: Sequence[Mapping[str, Verdict]],
    shift: float = 0.0,
    thresholds: Thresholds | None = None,
) -> list[TagSum]:
    """:func:`suggest` of many tracks, added up by tag, in the order of the scheme.

    :param scores: of one model
    :param verdicts: of the same tracks
    """
    if not scores:
        return []
    lines = lines_of(scheme, card, shift, thresholds or MODELS_OWN)
    judged = judge(lines, scores)
    accepted, rejected = np.zeros_like(judged.heard), np.zeros_like(judged.heard)
    for row, said in enumerate(verdicts):
        for name, verdict in said.items():
            place = lines.by_name.get(name)
            if place is not None:
                accepted[row, place] = verdict is Verdict.ACCEPTED
                rejected[row, place] = verdict is Verdict.REJECTED
    there = judged.heard | accepted
    scored = np.where(judged.heard, judged.scores, UNHEARD) * there
    chosen = accepted | (judged.suggested & ~rejected)
    undecided = judged.suggested & ~accepted & ~rejected
    every = (judged.suggested, undecided, chosen, accepted, rejected & there)
    counted: list[list[int]] = [part.sum(axis=0).tolist() for part in every]
    tracks: list[int] = there.sum(axis=0).tolist()
    levels: list[float] = scored.sum(axis=0).tolist()
    heard: list[bool] = (np.count_nonzero(judged.heard, axis=0) > 0).tolist()
    found = []
    for place, line in enumerate(lines.lines):
        if not tracks[place]:
            continue
        first = Suggestion(line.tag, UNHEARD, 1.0, suggested=False)
        if heard[place]:
            limit = lines.shown_thresholds[place]
            first = Suggestion(line.tag, 0.0, limit, False, own=line.own, move=line.move)
        found.append(TagSum(first, tracks[place], levels[place], *(counts[place] for counts in counted)))
    return found


UNHEARD = -1.0
"""Score of a tag that the user added and the model does not know."""


def _accepted(lines: Lines, verdicts: Mapping[str, Verdict]) -> list[int]:
    return [
        lines.by_name[name]
        for name, verdict in verdicts.items()
        if verdict is Verdict.ACCEPTED and name in lines.by_name
    ]


def _by_hand(lines: Lines, judged: Judged, row: int, verdicts: Mapping[str, Verdict]) -> list[int]:
    """Places of tags that the user added, of which the model has no word to say."""
    return sorted(place for place in _accepted(lines, verdicts) if not judged.heard[row, place])


def _made(
    lines: Lines, judged: Judged, row: int, places: Sequence[int], verdicts: Mapping[str, Verdict]
) -> tuple[Suggestion, ...]:
    """Some tags of a track, by category, then from the surest down.

    :param places: in the order of the scheme, which equal ones stay in
    """
    undecided, made = Verdict.UNDECIDED, []
    heard, suggested = judged.heard[row].tolist(), judged.suggested[row].tolist()
    scores, surety = judged.scores[row].tolist(), judged.surety[row].tolist()
    chances = judged.chances[row].tolist()
    for place in places:
        line = lines.lines[place]
        verdict = verdicts.get(line.tag.name, undecided)
        if not heard[place]:
            unheard = Suggestion(line.tag, UNHEARD, 1.0, suggested=False, verdict=verdict)
            made.append((lines.ranks[place], inf, unheard))
            continue
        chance = None if isnan(chances[place]) else chances[place]
        suggestion = Suggestion(
            line.tag,
            scores[place],
            lines.shown_thresholds[place],
            suggested[place],
            judged.left_out.get((row, place), ""),
            verdict,
            line.own,
            chance,
            line.move,
        )
        made.append((lines.ranks[place], -surety[place], suggestion))
    made.sort(key=itemgetter(0, 1))
    return tuple([suggestion for _, _, suggestion in made])


def tag_taggram(
    scheme: TagScheme,
    card: ModelCard,
    taggram: NDArray[np.float16],
    suggestions: Sequence[Suggestion],
) -> NDArray[np.float32]:
    """Rows of the taggram for display tags, merged as their scores are; zeros for taught ones.

    :param taggram: [raw tags, positions]
    :returns: float32 [suggestions, positions] in 0..1
    """
    columns = {tag.key: index for index, tag in enumerate(card.tags)}
    clipped = np.clip(taggram.astype(np.float32), SMALLEST, 1 - SMALLEST)
    logits = np.log(clipped / (1 - clipped))
    nothing = np.full(taggram.shape[1], -np.inf, np.float32)
    rows = [
        logits[places].mean(axis=0)
        if (places := [columns[source] for source in s.tag.sources if source in columns])
        else nothing
        for s in suggestions
    ]
    stacked = np.stack(rows) if rows else np.zeros((0, taggram.shape[1]), np.float32)
    return (1 / (1 + np.exp(-stacked))).astype(np.float32)


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
