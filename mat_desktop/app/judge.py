"""From raw scores of many tracks to scores of display tags, and which of them are suggested.

A display tag's score is the mean of its raw tags' scores in logit space, and its threshold the mean of their
thresholds in the same space: a rare tag with a modest score and a low threshold counts as much as a common
one, and the score reaches the threshold exactly when the raw tags exceed theirs on average.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, inf, log
from threading import Lock
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from mat_desktop.app.curves import move_for
from mat_desktop.domain.card import ModelCard
from mat_desktop.domain.scheme import DisplayTag, TagScheme
from mat_desktop.domain.scores import Scores, Thresholds
from mat_desktop.domain.tags import Category

SMALLEST = 1e-4
"""Scores are kept this far from 0 and 1, where the logit ends."""

MODELS_OWN = Thresholds()
"""None is set."""

SURE = 0.5
"""Logits above its threshold from which on a tag is sure enough to stand beside one that is seldom true with
it: on the test split 44 of 46 such suggestions of male and female vocals are right."""


@dataclass(frozen=True, slots=True)
class Line:
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
    taught: str = ""


class Lines:
    """All display tags of a scheme, as arrays too.

    :ivar ranks: [tags], places of their categories among all
    :ivar by_name: places among the tags
    :ivar platt: [2, raw tags], slope and shift of the log odds that a raw tag is right
    :ivar known: [raw tags], whether the card has these
    """

    def __init__(self, scheme: TagScheme, card: ModelCard, shift: float, thresholds: Thresholds) -> None:
        columns = {tag.key: index for index, tag in enumerate(card.tags)}
        moves, still = [move_for(tag, shift) for tag in card.tags], [0.0] * len(card.tags)
        exact = thresholds.exact
        self.lines = [
            _taught_line(
                tag, scheme.taught[tag.sources[0]], 0 if tag.name in exact else shift, thresholds.of(tag)
            )
            if tag.sources and tag.sources[0] in scheme.taught
            else _line(tag, card, columns, still if tag.name in exact else moves, thresholds.of(tag))
            for tag in scheme.tags
        ]
        self.by_name = {line.tag.name: place for place, line in enumerate(self.lines)}
        self.thresholds = np.array([line.threshold for line in self.lines])
        self.shown_thresholds = [sigmoid(line.threshold) for line in self.lines]
        self.moves = np.array([line.move for line in self.lines])
        categories = list(Category)
        self.ranks = [categories.index(line.tag.category) for line in self.lines]
        self.heard = np.array([bool(line.columns) for line in self.lines], bool)
        self.counts = np.array([max(len(line.columns), 1) for line in self.lines], np.float64)
        self.taught = {line.taught: place for place, line in enumerate(self.lines) if line.taught}
        # The n-th sources of all tags are added at once: each sum is made in the order of its sources.
        self.sources: list[tuple[NDArray[np.intp], NDArray[np.intp]]] = []
        for n in range(max((len(line.columns) for line in self.lines), default=0)):
            places = [place for place, line in enumerate(self.lines) if len(line.columns) > n]
            nth = [self.lines[place].columns[n] for place in places]
            self.sources.append((np.array(places, np.intp), np.array(nth, np.intp)))
        figures = [(tag.metrics.get("platt_slope"), tag.metrics.get("platt_shift")) for tag in card.tags]
        self.known = np.array([None not in pair for pair in figures], bool)
        self.platt = np.array([(0.0, -inf) if None in pair else pair for pair in figures], np.float64).T
        self.rivals = [
            ([self.by_name[name] for name in group], sure)
            for groups, sure in ((scheme.exclusive, inf), (scheme.seldom_both, SURE))
            for group in groups
        ]
        # A tag that the user taught is wished for: it neither takes a place from others nor needs one.
        self.limits = [
            (
                [
                    place
                    for place, line in enumerate(self.lines)
                    if line.tag.category is category and not line.tag.taught
                ],
                limit,
            )
            for category, limit in scheme.limits.items()
        ]
        self._named: dict[bytes, Named] = {}

    def named(self, there: NDArray[np.bool_]) -> Named:
        """:param there: which of the tags, [tags]; few different ones are asked for"""
        key = there.tobytes()
        if key not in self._named:
            order = sorted(np.flatnonzero(there).tolist(), key=lambda place: self.lines[place].tag.name)
            names = tuple(self.lines[place].tag.name for place in order)
            self._named[key] = Named(names, np.array(order, np.intp))
        return self._named[key]


@dataclass(frozen=True, slots=True)
class Named:
    """Some of the tags, in order of the alphabet.

    :param order: their places
    """

    names: tuple[str, ...]
    order: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Judged:
    """Display tags of some tracks, each array [tracks, tags].

    :param heard: whether there is a score
    :param scores: in 0..1
    :param margins: how far the scores exceed the thresholds, in logits, as if there were no shift
    :param chances: that at least one of its raw tags is right; NaN where the card does not tell of any
    :param surety: what puts tags in order: the chance; where it is not known, the margin as log odds
    :param left_out: why a tag above its threshold is not suggested, by track and tag
    """

    heard: NDArray[np.bool_]
    scores: NDArray[np.float64]
    margins: NDArray[np.float64]
    chances: NDArray[np.float64]
    surety: NDArray[np.float64]
    suggested: NDArray[np.bool_]
    left_out: Mapping[tuple[int, int], str]


def judge(lines: Lines, tracks: Sequence[Scores]) -> Judged:
    """What the scores of some tracks, all of one model, suggest."""
    count, tags = len(tracks), len(lines.lines)
    raw = np.frombuffer(b"".join([cast(Any, track.values) for track in tracks])).reshape(count, -1)
    clipped = np.clip(raw, SMALLEST, 1 - SMALLEST)
    logits = np.log(clipped / (1 - clipped))
    sums = np.zeros((count, tags))
    for places, columns in lines.sources:
        sums[:, places] += logits[:, columns]
    sums /= lines.counts
    heard = np.repeat(lines.heard[None], count, axis=0)
    for row, track in enumerate(tracks) if lines.taught else ():
        for key, score in track.taught.items():
            place = lines.taught.get(key)
            if place is not None:
                sums[row, place], heard[row, place] = logit(score), True
    suggested = heard & (sums >= lines.thresholds)
    suggested[[row for row, track in enumerate(tracks) if track.silent]] = False
    margins = sums - lines.thresholds + lines.moves
    chances = _chances(lines, logits)
    surety = np.where(np.isnan(chances), 1 / (1 + np.exp(-margins)), chances)
    left_out = _resolve(lines, suggested, margins, surety)
    return Judged(heard, 1 / (1 + np.exp(-sums)), margins, chances, surety, suggested, left_out)


def _chances(lines: Lines, logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of the display tags, as if its raw tags failed independently: measured, that is right on the whole.

    :param logits: [tracks, raw tags]
    """
    slope, shift = lines.platt
    failing = -np.logaddexp(0, slope * logits + shift)  # log of the chance that the raw tag is wrong
    sums, told = np.zeros((len(logits), len(lines.lines))), np.zeros(len(lines.lines), bool)
    for places, columns in lines.sources:
        sums[:, places] += failing[:, columns]
        told[places] |= lines.known[columns]
    return np.where(told, -np.expm1(sums), np.nan)


def _resolve(
    lines: Lines,
    suggested: NDArray[np.bool_],
    margins: NDArray[np.float64],
    surety: NDArray[np.float64],
) -> dict[tuple[int, int], str]:
    """Leave out what contradicts a surer tag that stays, then what is beyond the category's limit."""
    left_out: dict[tuple[int, int], str] = {}

    def surest_first(row: int, places: Iterable[int]) -> list[int]:
        return sorted((p for p in places if suggested[row, p]), key=lambda place: -surety[row, place])

    def leave_out(row: int, place: int, why: str) -> None:
        suggested[row, place] = False
        left_out[row, place] = why

    clash = np.zeros(len(suggested), bool)
    for group, _ in lines.rivals:
        clash |= np.count_nonzero(suggested[:, group], axis=1) > 1
    rivals = {place for group, _ in lines.rivals for place in group}
    for row in np.flatnonzero(clash).tolist():
        stays: list[int] = []
        for place in surest_first(row, rivals):
            groups = [g for g, sure in lines.rivals if place in g and margins[row, place] < sure]
            surer = next((other for other in stays if any(other in group for group in groups)), None)
            if surer is None:
                stays.append(place)
            else:
                leave_out(row, place, f"“{lines.lines[surer].tag.shown}” is likelier")
    for places, limit in lines.limits:
        for row in np.flatnonzero(np.count_nonzero(suggested[:, places], axis=1) > limit).tolist():
            for place in surest_first(row, places)[limit:]:
                leave_out(row, place, f"at most {limit} {'is' if limit == 1 else 'are'} suggested")
    return left_out


_KEPT_LINES = 8
_kept_lines: dict[tuple[int, int, int, float], tuple[tuple[object, ...], Lines]] = {}
"""Lines made last, by identity of what they were made of, which is kept with them so that it stays itself."""
_making = Lock()


def lines_of(scheme: TagScheme, card: ModelCard, shift: float, thresholds: Thresholds) -> Lines:
    """Made once for all tracks.

    :param shift: of the precision that every threshold stands for, in log odds
    :param thresholds: the user's own
    """
    key = (id(scheme), id(card), id(thresholds), shift)
    kept = _kept_lines.get(key)
    if kept is None:
        with _making:
            while len(_kept_lines) >= _KEPT_LINES:
                del _kept_lines[next(iter(_kept_lines))]
            kept = ((scheme, card, thresholds), Lines(scheme, card, shift, thresholds))
            _kept_lines[key] = kept
    return kept[1]


def _line(
    tag: DisplayTag,
    card: ModelCard,
    columns: Mapping[str, int],
    moves: Sequence[float],
    own: float | None,
) -> Line:
    indices = tuple(columns[source] for source in tag.sources if source in columns)
    if not indices:
        return Line(tag, (), 0.0, 0.0, False)
    measured = sum(logit(card.tags[i].threshold) for i in indices) / len(indices)
    base = measured if own is None else logit(own)
    move = sum(moves[i] for i in indices) / len(indices)
    return Line(tag, indices, base + move, move, own is not None)


def _taught_line(tag: DisplayTag, measured: float, shift: float, own: float | None) -> Line:
    base = logit(measured if own is None else own)
    return Line(tag, (), base + shift, shift, own is not None, tag.sources[0])


def logit(score: float) -> float:
    """Log odds of a score, kept from the ends."""
    clipped = min(max(score, SMALLEST), 1 - SMALLEST)
    return log(clipped / (1 - clipped))


def sigmoid(logits: float) -> float:
    """Inverse of :func:`logit`."""
    return 1 / (1 + exp(-logits))
