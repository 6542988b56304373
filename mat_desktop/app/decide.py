"""From raw scores to suggestions."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, isnan
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from mat_desktop.app.judge import MODELS_OWN, SMALLEST, Judged, Lines, judge, lines_of, sigmoid
from mat_desktop.domain.card import ModelCard
from mat_desktop.domain.scheme import TagScheme
from mat_desktop.domain.scores import OwnThreshold, Scores, Suggestion, Thresholds, Verdict


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
