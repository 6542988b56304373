"""From raw scores to suggestions, and from what the user kept of them to changes in a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import exp, log
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from mat_desktop.app.curves import move_for, precision_at
from mat_desktop.app.session import Session
from mat_desktop.domain.card import ModelCard
from mat_desktop.domain.plan import Change, FilePlan, Policy
from mat_desktop.domain.scheme import DisplayTag, TagScheme
from mat_desktop.domain.scores import OwnThreshold, Scores, Suggestion, Thresholds, Verdict
from mat_desktop.domain.tags import Category, Field
from mat_desktop.domain.track import Track
from mat_desktop.metadata.write import obstacle

SMALLEST = 1e-4
"""Scores are kept this far from 0 and 1, where the logit ends."""


MODELS_OWN = Thresholds()
"""None is set."""


@dataclass(frozen=True, slots=True)
class _Line:
    """What does not depend on the track.

    :param columns: the tag's places among the scores; none where the model does not know it
    :param threshold: in logits
    :param move: how far of it is the shift
    :param taught: key of the tag's score where the user taught it
    """

    tag: DisplayTag
    columns: tuple[int, ...]
    threshold: float
    move: float
    own: bool
    precision: float | None
    taught: str = ""


def own_thresholds(scheme: TagScheme, card: ModelCard, thresholds: Thresholds) -> tuple[OwnThreshold, ...]:
    """All that the user set for a model, in the order of their names on screen."""
    lines = {line.tag.name: line for line in _lines(scheme, card, 0.0, MODELS_OWN)}
    found = []
    for name, value in thresholds.by_name.items():
        line = lines.get(name)
        heard = line is not None and (line.columns or line.taught)
        measured = _sigmoid(line.threshold) if line is not None and heard else None
        found.append(OwnThreshold(name, line.tag.shown if line is not None else name, value, measured))
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

    A display tag's score is the mean of its raw tags' scores in logit space, and its threshold the mean of
    their thresholds in the same space: a rare tag with a modest score and a low threshold counts as much as a
    common one, and the score reaches the threshold exactly when the raw tags exceed theirs on average.

    :param shift: of the precision that every threshold stands for, in log odds; above 0 fewer and surer tags
        are suggested. It moves the user's own thresholds as it moves the model's. Which of two tags is surer
        does not depend on it.
    :param thresholds: the user's own thresholds instead of the model's, as they are without a shift
    """
    suggestions: dict[str, Suggestion] = {}
    margins: dict[str, float] = {}
    for line in _lines(scheme, card, shift, thresholds or MODELS_OWN):
        tag = line.tag
        verdict = verdicts.get(tag.name, Verdict.UNDECIDED)
        heard = [scores.values[i] for i in line.columns]
        if line.taught in scores.taught:
            heard.append(scores.taught[line.taught])
        if heard:
            score = sum(_logit(value) for value in heard) / len(heard)
            margins[tag.name] = score - line.threshold + line.move
            suggestions[tag.name] = Suggestion(
                tag,
                _sigmoid(score),
                _sigmoid(line.threshold),
                suggested=score >= line.threshold and not scores.silent,
                verdict=verdict,
                own=line.own,
                precision=line.precision,
                move=line.move,
            )
        elif verdict is Verdict.ACCEPTED:
            margins[tag.name] = float("-inf")
            suggestions[tag.name] = Suggestion(tag, -1.0, 1.0, suggested=False, verdict=verdict)
    _resolve(scheme, suggestions, margins)
    order = list(Category)
    return tuple(
        sorted(suggestions.values(), key=lambda s: (order.index(s.tag.category), -margins[s.tag.name]))
    )


_KEPT_LINES = 8
_kept_lines: dict[tuple[int, int, int, float], tuple[tuple[object, ...], list[_Line]]] = {}
"""Lines made last, by identity of what they were made of, which is kept with them so that it stays itself."""
_making = Lock()


def _lines(scheme: TagScheme, card: ModelCard, shift: float, thresholds: Thresholds) -> list[_Line]:
    """Made once for all tracks."""
    key = (id(scheme), id(card), id(thresholds), shift)
    kept = _kept_lines.get(key)
    if kept is None:
        with _making:
            while len(_kept_lines) >= _KEPT_LINES:
                del _kept_lines[next(iter(_kept_lines))]
            columns = {tag.key: index for index, tag in enumerate(card.tags)}
            moves = [move_for(tag, shift) for tag in card.tags]
            lines = [
                _taught_line(tag, scheme.taught[tag.sources[0]], shift, thresholds.of(tag))
                if tag.sources and tag.sources[0] in scheme.taught
                else _line(tag, card, columns, moves, thresholds.of(tag))
                for tag in scheme.tags
            ]
            kept = _kept_lines[key] = ((scheme, card, thresholds), lines)
    return kept[1]


def _line(
    tag: DisplayTag,
    card: ModelCard,
    columns: Mapping[str, int],
    moves: Sequence[float],
    own: float | None,
) -> _Line:
    indices = tuple(columns[source] for source in tag.sources if source in columns)
    if not indices:
        return _Line(tag, (), 0.0, 0.0, False, None)
    measured = sum(_logit(card.tags[i].threshold) for i in indices) / len(indices)
    base = measured if own is None else _logit(own)
    move = sum(moves[i] for i in indices) / len(indices)
    # One place on all curves: as far as the threshold has moved from the measured ones.
    figures = [precision_at(card.tags[i], moves[i] + base - measured) for i in indices]
    known = [figure for figure in figures if figure is not None]
    precision = sum(known) / len(known) if known else None
    return _Line(tag, indices, base + move, move, own is not None, precision)


def _taught_line(tag: DisplayTag, measured: float, shift: float, own: float | None) -> _Line:
    base = _logit(measured if own is None else own)
    return _Line(tag, (), base + shift, shift, own is not None, None, tag.sources[0])


def _resolve(scheme: TagScheme, suggestions: dict[str, Suggestion], margins: Mapping[str, float]) -> None:
    """Leave out what contradicts a surer tag, then what is beyond the category's limit."""
    for group in scheme.exclusive:
        rivals = [name for name in group if name in suggestions and suggestions[name].suggested]
        rivals.sort(key=lambda name: -margins[name])
        for name in rivals[1:]:
            suggestions[name] = replace(
                suggestions[name], suggested=False, left_out=f"“{rivals[0]}” is surer"
            )
    for category, limit in scheme.limits.items():
        # A tag that the user taught is wished for: it neither takes a place from others nor needs one.
        names = [
            name
            for name, s in suggestions.items()
            if s.suggested and s.tag.category is category and not s.tag.taught
        ]
        names.sort(key=lambda name: -margins[name])
        for name in names[limit:]:
            suggestions[name] = replace(
                suggestions[name], suggested=False, left_out=f"only the {limit} surest are suggested"
            )


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
) -> FilePlan | None:
    """What would be changed in a file; None where nothing would. The file itself is not looked at.

    :param policies: of some fields, instead of the settings'
    """
    settings = session.settings
    chosen = [s.tag for s in suggestions if s.chosen and (s.tag.write or s.verdict is Verdict.ACCEPTED)]
    changes = [
        change
        for target, values in _values_by_field(session.scheme, chosen).items()
        if (change := _change(track, target, values, {**session.policies, **policies}[target])) is not None
    ]
    if settings.mat_tags:
        noted = _change(track, Field.MAT_TAGS, [tag.key for tag in chosen], Policy.REPLACE)
        if noted is not None:
            changes.append(noted)
    if not changes:
        return None
    if not settings.mat_model:
        return FilePlan(track.path, track.stamp, tuple(changes))
    # The model's mark alone is no reason to touch a file: its date differs every day.
    mark = f"{session.card.name} sha256:{session.card.digest} date:{datetime.now(UTC).date().isoformat()}"
    marked = _change(track, Field.MAT_MODEL, [mark], Policy.REPLACE)
    if marked is not None:
        changes.append(marked)
    return FilePlan(track.path, track.stamp, tuple(changes))


def checked(plan: FilePlan) -> FilePlan:
    """A plan with what speaks against writing the file, as far as a look at it tells."""
    return replace(plan, fault=obstacle(plan.path))


def _values_by_field(scheme: TagScheme, chosen: Sequence[DisplayTag]) -> dict[Field, list[str]]:
    values: dict[Field, list[str]] = {}
    for tag in chosen:
        target = scheme.field_of(tag)
        if target is not None:
            have = values.setdefault(target, [])
            if tag.value.casefold() not in [value.casefold() for value in have]:
                have.append(tag.value)
    return values


def _change(track: Track, target: Field, suggested: Sequence[str], policy: Policy) -> Change | None:
    before = track.tags.get(target, ())
    after = policy.apply(before, suggested)
    return Change(target, tuple(before), after) if after != tuple(before) else None


def _logit(score: float) -> float:
    clipped = min(max(score, SMALLEST), 1 - SMALLEST)
    return log(clipped / (1 - clipped))


def _sigmoid(logit: float) -> float:
    return 1 / (1 + exp(-logit))
