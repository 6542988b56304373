"""What a correction changed, counted in the user's verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from training.corrections.agreement import TagAgreement
from training.corrections.head import FEWEST, FOLDS, Correction, Problem


@dataclass(frozen=True, slots=True)
class Outcome:
    """Shares of the verdicts that the model agrees with.

    :param artists: whose tracks they are; a folder counts as one where its files name none
    :param held_out: on tracks of artists that were left out of the training; None with too few for that
    :param better: whether that is more than before; None where it is not known
    :param harm: largest change of a score on a track where nothing was said of the tag
    :param come: tags of which nothing was said that are above their thresholds on a track now and were not
    :param go: those that were and are not
    :param by_tag: the same, tag by tag
    """

    tracks: int
    artists: int
    verdicts: int
    tags: tuple[str, ...]
    before: float
    after: float
    held_out: float | None
    better: bool | None
    hold: float
    harm: float
    come: int
    go: int
    by_tag: TagAgreement

    @property
    def advice(self) -> str:
        """Which of the two models to use, in a sentence."""
        if self.held_out is None:
            return (
                f"Whether it is better on tracks that it was not told of is not known: decisions on {FEWEST} "
                f"tracks by {FOLDS} artists are needed to leave some out, and there are {self.tracks} by "
                f"{self.artists}."
            )
        figures = f"({self.before:.2f} before, {self.held_out:.2f} after)"
        if self.better:
            return f"Better on tracks left out {figures}."
        return f"Not better on tracks left out {figures}: keep the old model."


def outcome_of(
    problem: Problem, correction: Correction, tags: Sequence[str], groups: Sequence[str], thresholds: Tensor
) -> Outcome:
    """Measure a correction.

    :param tags: rows of the problem's merge
    :param groups: the artist of each track
    :param thresholds: logits of the outputs' thresholds [outputs]
    """
    changed = problem.old + problem.features @ correction.weight.T + correction.bias
    left_out = correction.left_out
    before = _agreement(problem, problem.old)
    held_out = None if left_out is None else _agreement(problem, left_out)
    come, go = moved(problem, changed)
    return Outcome(
        tracks=len(groups),
        artists=len(set(groups)),
        verdicts=int(problem.said.abs().sum()),
        tags=tuple(tags),
        before=before,
        after=_agreement(problem, changed),
        held_out=held_out,
        better=None if held_out is None else held_out > before,
        hold=correction.hold,
        harm=_harm(problem, changed, thresholds),
        come=come,
        go=go,
        by_tag=_by_tag(problem, tags, left_out, changed),
    )


def _right(problem: Problem, margins: Tensor) -> Tensor:
    """Which verdicts the model agrees with, bool [tracks, tags]."""
    said = problem.said
    return ((margins @ problem.merge.T >= 0) == (said > 0)) & (said != 0)


def _agreement(problem: Problem, margins: Tensor) -> float:
    return round(float(_right(problem, margins).sum() / problem.said.abs().sum()), 4)


def _by_tag(problem: Problem, tags: Sequence[str], left_out: Tensor | None, changed: Tensor) -> TagAgreement:
    """:param left_out: margins of tracks that were not trained on, :param changed: of those that were"""
    verdicts = (problem.said != 0).sum(dim=0)
    order = sorted(range(len(tags)), key=lambda tag: (-int(verdicts[tag]), tags[tag]))

    def counted(chosen: Tensor) -> tuple[int, ...]:
        return tuple(int(count) for count in chosen[order])

    def agreed(margins: Tensor) -> tuple[int, ...]:
        return counted(_right(problem, margins).sum(dim=0))

    return TagAgreement(
        tuple(tags[tag] for tag in order),
        counted(verdicts),
        counted((problem.said > 0).sum(dim=0)),
        agreed(problem.old),
        None if left_out is None else agreed(left_out),
        agreed(changed),
    )


def _harm(problem: Problem, margins: Tensor, thresholds: Tensor) -> float:
    change = torch.sigmoid(margins + thresholds) - torch.sigmoid(problem.old + thresholds)
    held = change.abs()[problem.held]
    return round(float(held.max()), 4) if held.numel() else 0.0


def moved(problem: Problem, margins: Tensor) -> tuple[int, int]:
    """How many undecided tags come and go, by the thresholds alone."""
    before, after = (made @ problem.merge.T >= 0 for made in (problem.old, margins))
    open_ = problem.said == 0
    return int((open_ & after & ~before).sum()), int((open_ & before & ~after).sum())
