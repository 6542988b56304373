"""The fit of a head to verdicts: how firmly it is held to the old one, and how it does on tracks left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from training.devices import one_thread

HOLDS = (30.0, 10.0, 3.0, 1.0, 0.3, 0.1)
"""How firmly weights are held to the old ones; which is best, tracks that were left out decide."""

FOLDS = 5
"""Into which artists are dealt out, and so the fewest artists with whom anything is left out."""

FEWEST = 10
"""Tracks from which on some are left out to choose the hold and to measure."""

MIDDLE_HOLD = 3.0
"""That of fewer tracks."""

ITERATIONS = 60
"""At most, of L-BFGS, for each fit."""


@dataclass(frozen=True, slots=True)
class Problem:
    """:param features: [tracks, features], standardised
    :param old: logits above their thresholds that the old head gives [tracks, outputs]
    :param merge: [tags, outputs], rows that add up to 1
    :param said: [tracks, tags]: 1 right, -1 wrong, 0 nothing said
    :param held: bool [tracks, outputs]: nothing was said of it
    """

    features: Tensor
    old: Tensor
    merge: Tensor
    said: Tensor
    held: Tensor

    def part(self, tracks: Tensor) -> Problem:
        """Of some tracks."""
        return Problem(
            self.features[tracks], self.old[tracks], self.merge, self.said[tracks], self.held[tracks]
        )


@dataclass(frozen=True, slots=True)
class Correction:
    """What to add to the head, and how that does.

    :param weight: for standardised features [outputs, features]
    :param bias: [outputs]
    :param hold: how firmly it was held to the old head
    :param left_out: margins [tracks, outputs] of each track when its artist was left out; None where there
        are too few for that
    """

    weight: Tensor
    bias: Tensor
    hold: float
    left_out: Tensor | None


def problem_of(
    features: Tensor, old: Tensor, merged: Sequence[Sequence[int]], verdicts: Sequence[Sequence[bool | None]]
) -> Problem:
    """The problem of some verdicts.

    :param features: see :class:`Problem`, as of ``old``
    :param merged: outputs that each tag stands for
    :param verdicts: of each track, of each tag; None where nothing was said
    """
    merge = torch.zeros(len(merged), old.shape[1])
    for row, outputs in enumerate(merged):
        merge[row, list(outputs)] = 1 / len(outputs)
    said = torch.tensor([[0.0 if v is None else 1.0 if v else -1.0 for v in row] for row in verdicts])
    return Problem(features, old, merge, said, said.abs() @ (merge > 0).float() == 0)


def fit(problem: Problem, groups: Sequence[str], fitted: Callable[[int, int], None]) -> Correction:
    """The correction for all tracks, with the hold that does best on tracks left out.

    :param groups: the artist of each track
    :param fitted: told how often it was fitted, and of how many times
    """
    leaves_out = len(groups) >= FEWEST and len(set(groups)) >= FOLDS
    of = 1 + (len(HOLDS) * FOLDS * (FOLDS + 1) // 2 if leaves_out else 0)
    done = 0
    fitted(done, of)

    def counted(part: Problem, hold: float) -> tuple[Tensor, Tensor]:
        nonlocal done
        found = _fit(part, hold)
        done += 1
        fitted(done, of)
        return found

    with one_thread():
        hold, left_out = _choose(problem, groups, counted) if leaves_out else (MIDDLE_HOLD, None)
        return Correction(*counted(problem, hold), hold, left_out)


def _fit(problem: Problem, hold: float) -> tuple[Tensor, Tensor]:
    """What to add to the weights and to the bias: [outputs, features], [outputs]."""
    outputs, features = problem.old.shape[1], problem.features.shape[1]
    step = torch.zeros(outputs, features, requires_grad=True)
    shift = torch.zeros(outputs, requires_grad=True)
    optimiser = torch.optim.LBFGS([step, shift], max_iter=ITERATIONS, line_search_fn="strong_wolfe")
    old = torch.sigmoid(problem.old)

    def loss() -> Tensor:
        optimiser.zero_grad()
        margins = problem.old + problem.features @ step.T + shift
        shown = margins @ problem.merge.T
        wrong = (nn.functional.softplus(-problem.said * shown) * problem.said.abs()).sum()
        kept = nn.functional.binary_cross_entropy_with_logits(margins, old, reduction="none")
        total = wrong + kept[problem.held].sum() + hold / 2 * (step.square().sum() + shift.square().sum())
        total.backward()  # type: ignore[no-untyped-call]
        return total

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    return step.detach(), shift.detach()


def _choose(
    problem: Problem, groups: Sequence[str], fit_part: Callable[[Problem, float], tuple[Tensor, Tensor]]
) -> tuple[float, Tensor]:
    """The hold that serves tracks best that were not trained on, and the margins [tracks, outputs] of each
    track when it was not.

    Artists are left out, not tracks: who knows one track of an album knows the others. What is measured on a
    fold was trained on the others, with the hold that is best among these: no fold has a word in its own
    result.

    :param groups: the artist of each track
    """
    fold = _folds(groups)
    losses = torch.zeros(len(HOLDS), FOLDS, FOLDS)  # of the second fold, with both left out
    margins = torch.zeros(len(HOLDS), *problem.old.shape)
    for place, hold in enumerate(HOLDS):
        for one in range(FOLDS):
            for other in range(one + 1):
                step, shift = fit_part(problem.part((fold != one) & (fold != other)), hold)
                for left, out in {(one, other), (other, one)}:
                    rest = problem.part(fold == out)
                    heard = rest.old + rest.features @ step.T + shift
                    wrong = nn.functional.softplus(-rest.said * (heard @ rest.merge.T)) * rest.said.abs()
                    losses[place, left, out] = wrong.sum()
                    if one == other:
                        margins[place, fold == one] = heard
    alone = losses.diagonal(dim1=1, dim2=2).sum(dim=1)
    by_the_others = (losses.sum(dim=2) - losses.diagonal(dim1=1, dim2=2)).argmin(dim=0)[fold]
    measured = margins[by_the_others, torch.arange(len(groups))]
    return HOLDS[int(alone.argmin())], measured


def _folds(groups: Sequence[str]) -> Tensor:
    """The fold of each track [tracks]: those of one group in one, and all folds about as large."""
    sizes, place = [0] * FOLDS, {}
    for group, tracks in sorted(Counter(groups).items(), key=lambda item: (-item[1], item[0])):
        place[group] = sizes.index(min(sizes))
        sizes[place[group]] += tracks
    return torch.tensor([place[group] for group in groups])
