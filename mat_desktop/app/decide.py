"""From raw scores to suggestions, and from what the user kept of them to changes in a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from math import exp, log

import numpy as np
from numpy.typing import NDArray

from mat_desktop.app.session import Session
from mat_desktop.domain.card import ModelCard
from mat_desktop.domain.plan import Change, FilePlan, Policy
from mat_desktop.domain.scheme import DisplayTag, TagScheme
from mat_desktop.domain.scores import Scores, Suggestion, Verdict
from mat_desktop.domain.tags import Category, Field
from mat_desktop.domain.track import Track

SMALLEST = 1e-4
"""Scores are kept this far from 0 and 1, where the logit ends."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Thresholds that the user set.

    :param every: for every display tag that has none of its own, 0..1; None keeps the model's
    :param by_name: for single display tags, 0..1
    """

    every: float | None = None
    by_name: Mapping[str, float] = field(default_factory=dict)

    def of(self, tag: DisplayTag) -> float | None:
        """The threshold of a display tag, None where the model's counts."""
        return self.by_name.get(tag.name, self.every)


def suggest(
    scheme: TagScheme,
    card: ModelCard,
    scores: Scores,
    verdicts: Mapping[str, Verdict] = {},
    shift: float = 0.0,
    thresholds: Thresholds | None = None,
) -> tuple[Suggestion, ...]:
    """Every display tag that the model knows, by category, then from the surest down.

    A display tag's score is the mean of its raw tags' scores in logit space, and its threshold the mean of
    their thresholds in the same space: a rare tag with a modest score and a low threshold counts as much as a
    common one, and the score reaches the threshold exactly when the raw tags exceed theirs on average.

    :param shift: added to every threshold in logit space; above 0 fewer and surer tags are suggested
    :param thresholds: the user's own thresholds instead of the model's
    """
    columns = {tag.key: index for index, tag in enumerate(card.tags)}
    suggestions: dict[str, Suggestion] = {}
    margins: dict[str, float] = {}
    for tag in scheme.tags:
        indices = [columns[source] for source in tag.sources if source in columns]
        if not indices:
            continue
        score = sum(_logit(scores.values[i]) for i in indices) / len(indices)
        threshold = sum(_logit(card.tags[i].threshold) for i in indices) / len(indices) + shift
        own = thresholds.of(tag) if thresholds else None
        if own is not None:
            threshold = _logit(own)
        margins[tag.name] = score - threshold
        suggestions[tag.name] = Suggestion(
            tag,
            _sigmoid(score),
            _sigmoid(threshold),
            suggested=score >= threshold and not scores.silent,
            verdict=verdicts.get(tag.name, Verdict.UNDECIDED),
        )
    _resolve(scheme, suggestions, margins)
    order = list(Category)
    return tuple(
        sorted(suggestions.values(), key=lambda s: (order.index(s.tag.category), -margins[s.tag.name]))
    )


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
        names = [n for n, s in suggestions.items() if s.suggested and s.tag.category is category]
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
    """Rows of the taggram for display tags, merged as their scores are.

    :param taggram: [raw tags, positions]
    :returns: float32 [suggestions, positions] in 0..1
    """
    columns = {tag.key: index for index, tag in enumerate(card.tags)}
    clipped = np.clip(taggram.astype(np.float32), SMALLEST, 1 - SMALLEST)
    logits = np.log(clipped / (1 - clipped))
    rows = [
        logits[[columns[source] for source in s.tag.sources if source in columns]].mean(axis=0)
        for s in suggestions
    ]
    stacked = np.stack(rows) if rows else np.zeros((0, taggram.shape[1]), np.float32)
    return (1 / (1 + np.exp(-stacked))).astype(np.float32)


def plan_file(session: Session, track: Track, suggestions: Sequence[Suggestion]) -> FilePlan | None:
    """What would be changed in a file; None where nothing would."""
    chosen = [s.tag for s in suggestions if s.chosen and (s.tag.write or s.verdict is Verdict.ACCEPTED)]
    changes = [
        change
        for target, values in _values_by_field(session.scheme, chosen).items()
        if (change := _change(track, target, values, session.policies[target])) is not None
    ]
    noted = _change(track, Field.MAT_TAGS, [tag.key for tag in chosen], Policy.REPLACE)
    if noted is not None:
        changes.append(noted)
    if not changes:
        return None
    # The model's mark alone is no reason to touch a file: its date differs every day.
    mark = f"{session.card.name} sha256:{session.card.digest} date:{datetime.now(UTC).date().isoformat()}"
    marked = _change(track, Field.MAT_MODEL, [mark], Policy.REPLACE)
    if marked is not None:
        changes.append(marked)
    return FilePlan(track.path, track.stamp, tuple(changes))


def _values_by_field(scheme: TagScheme, chosen: Sequence[DisplayTag]) -> dict[Field, list[str]]:
    values: dict[Field, list[str]] = {}
    for tag in chosen:
        target = scheme.fields.get(tag.category)
        if target is not None:
            values.setdefault(target, []).append(tag.value)
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
