"""Puts the head of a model right by what a user said of single tags of single tracks.

What reaches the head of a network does not change while the head does: the program kept it when it listened
to a track, and what it did not keep is computed once. A user's word is on a tag as it is shown, which may
stand for several outputs: it counts as heard when the mean of their logits, each less that of its threshold,
is above 0. That very mean is what is trained. Only outputs that somebody said something about are changed,
and those only as far as they must be: on tracks where nothing was said of them they are held to their old
scores, and their weights to the old ones. Every other output stays as it was, to the last bit.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mat_desktop.domain.card import ModelCard
from mat_desktop.domain.corrections import CORRECTIONS_FILE, Corrections
from mat_desktop.domain.counting import count
from mat_desktop.domain.tags import Field
from mat_desktop.errors import FileFault, MatError, printable
from mat_desktop.inference.cards import read_weights, save_model
from mat_desktop.malformed import flaw
from training.agreement import TagAgreement
from training.checkpoints import write_whole
from training.datasets.cache import place_of
from training.datasets.dataset import DatasetFault, Skipped
from training.datasets.folder import Record, artist_groups
from training.devices import one_thread
from training.evaluate import open_model
from training.loop import Trained
from training.track_inference import Pieces, cut, track_features

Array = NDArray[np.float32]

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

LOT = 8
"""Tracks that are decoded before the network hears them, and kept at once."""


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


@dataclass(frozen=True, slots=True)
class _Problem:
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

    def part(self, tracks: Tensor) -> _Problem:
        """Of some tracks."""
        return _Problem(
            self.features[tracks], self.old[tracks], self.merge, self.said[tracks], self.held[tracks]
        )


def is_corrections(folder: Path) -> bool:
    """Whether a folder holds corrections, and no data set."""
    return (folder / CORRECTIONS_FILE).is_file()


def read_corrections(folder: Path) -> Corrections:
    """:raises DatasetFault: the file is missing, or is not as it should be"""
    path = folder / CORRECTIONS_FILE
    try:
        corrections = Corrections.decode(path.read_bytes())
    except OSError as error:
        raise DatasetFault(f"{printable(path)}: {error.strerror}") from error
    except ValueError as error:
        raise DatasetFault(f"{printable(path)} is not a list of corrections: {flaw(error)}") from error
    if not any(corrections.verdicts):
        raise DatasetFault(f"{printable(path)}: no tag was accepted or rejected in it")
    return corrections


def correct(
    model: Path,
    corrections: Corrections,
    cache: Path,
    target: Path,
    report: Callable[[int, int], None],
    about: Mapping[str, Any],
    fitted: Callable[[int, int], None] = lambda done, of: None,
) -> tuple[ModelCard, Outcome, list[Skipped]]:
    """Train the head, measure it, and write the model that comes of it.

    :param cache: folder where what reaches the head is kept
    :param target: folder of the new model
    :param report: told of tracks listened to, and of how many
    :param about: for the card
    :param fitted: told how often the head was fitted, and of how many times
    :raises DatasetFault: none of the tracks can be decoded, or the model has none of the tags
    :raises ModelFault: the model is broken
    """
    card, trained = open_model(model)
    features, usable, skipped = _features(card, trained, corrections, cache, report)
    verdicts = [said for said, use in zip(corrections.verdicts, usable, strict=True) if use]
    columns = {tag.key: index for index, tag in enumerate(card.tags)}
    outputs_of = {
        tag: [columns[source] for source in sources if source in columns]
        for tag, sources in corrections.sources.items()
    }
    tags = [tag for tag, outputs in outputs_of.items() if outputs and any(tag in said for said in verdicts)]
    if not tags:
        raise DatasetFault(f"{card.name} has none of the tags that were accepted or rejected")
    outputs = sorted({output for tag in tags for output in outputs_of[tag]})
    weight, bias = _head(trained, outputs)
    mean, std = features.mean(dim=0), features.std(dim=0, correction=0).clamp_min(1e-3)
    thresholds = torch.tensor([card.tags[output].threshold for output in outputs]).clamp(1e-4, 1 - 1e-4)
    problem = _problem(
        (features - mean) / std,
        features @ weight.T + bias - torch.logit(thresholds),
        [[outputs.index(output) for output in outputs_of[tag]] for tag in tags],
        [[said.get(tag) for tag in tags] for said in verdicts],
    )
    groups = artist_groups(
        [
            Record(track, {Field.ARTIST: artists})
            for track, artists, use in zip(corrections.tracks, corrections.artists, usable, strict=True)
            if use
        ]
    )
    leaves_out = len(groups) >= FEWEST and len(set(groups)) >= FOLDS
    fits = 1 + (len(HOLDS) * FOLDS * (FOLDS + 1) // 2 if leaves_out else 0)
    done = 0
    fitted(done, fits)

    def fit(part: _Problem, hold: float) -> tuple[Tensor, Tensor]:
        nonlocal done
        found = _fit(part, hold)
        done += 1
        fitted(done, fits)
        return found

    with one_thread():
        hold, left_out = _choose(problem, groups, fit) if leaves_out else (MIDDLE_HOLD, None)
        step, shift = fit(problem, hold)
    changed = problem.old + problem.features @ step.T + shift
    before = _agreement(problem, problem.old)
    held_out = None if left_out is None else _agreement(problem, left_out)
    outcome = Outcome(
        len(verdicts),
        len(set(groups)),
        int(problem.said.abs().sum()),
        tuple(tags),
        before,
        _agreement(problem, changed),
        held_out,
        None if held_out is None else held_out > before,
        hold,
        _harm(problem, changed, torch.logit(thresholds)),
        *_moved(problem, changed),
        _by_tag(problem, tags, left_out, changed),
    )
    new_weight = weight + step / std
    new_bias = bias + shift - (step / std) @ mean
    arrays = read_weights(model, card)
    saved = _with_head(arrays, outputs, new_weight, new_bias)
    new = save_model(target, _card(card, target.name, outputs, outcome, about), saved)
    return new, outcome, skipped


def _features(
    card: ModelCard,
    trained: Trained,
    corrections: Corrections,
    cache: Path,
    report: Callable[[int, int], None],
) -> tuple[Tensor, list[bool], list[Skipped]]:
    """What reaches the head, [usable tracks, features], as the program hears it; what has to be computed is
    kept for the next time.
    """
    store = cache / f"features-{card.digest}.npz"
    tracks, known = corrections.tracks, _load(store)
    keys = [_key(track) for track in tracks]
    channels = trained.module.head.weight.shape[1]
    for key, sent in zip(keys, corrections.features, strict=True):
        kept = sent.get(card.digest, b"")
        if len(kept) == 2 * channels:
            values = np.frombuffer(kept, "<f2").astype(np.float32)
            if values.any() and np.isfinite(values).all():  # zeros: silence, of which nothing is learned
                known[key] = values
    wanted = [index for index, key in enumerate(keys) if key not in known]
    skipped: list[Skipped] = []
    done = len(tracks) - len(wanted)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        # In lots: no more of them lie decoded in memory, and an interruption costs one.
        for start in range(0, len(wanted), LOT):
            lot = wanted[start : start + LOT]
            for index, pieces in zip(
                lot, pool.map(lambda index: _cut(tracks[index], card), lot), strict=True
            ):
                if isinstance(pieces, FileFault):
                    skipped.append(Skipped(printable(pieces.path), pieces.cause))
                elif (heard := track_features(trained, pieces)) is None:
                    skipped.append(Skipped(printable(tracks[index]), "nothing can be heard in it"))
                else:
                    known[keys[index]] = heard
                done += 1
                report(done, len(tracks))
            if known:
                _keep(store, known)
    usable = [key in known for key in keys]
    if not any(usable):
        raise DatasetFault(f"none of the {len(tracks):,} corrected tracks can be listened to: {skipped[0]}")
    rows = [known[key] for key in keys if key in known]
    return torch.from_numpy(np.stack(rows)), usable, skipped


def _cut(path: Path, card: ModelCard) -> Pieces | FileFault:
    """The windows of a file, or why there are none."""
    try:
        return cut(path, card.mel, card.level)
    except FileFault as fault:
        return fault


def _head(trained: Trained, outputs: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Rows of the head, [outputs, features] and [outputs]."""
    head = trained.module.head
    if head.bias is None:
        raise MatError("a network whose last layer has no bias cannot be corrected")
    weight = head.weight.detach().flatten(1)
    return weight[list(outputs)].clone(), head.bias.detach()[list(outputs)].clone()


def _problem(
    features: Tensor, old: Tensor, groups: Sequence[Sequence[int]], verdicts: Sequence[Sequence[bool | None]]
) -> _Problem:
    merge = torch.zeros(len(groups), old.shape[1])
    for row, outputs in enumerate(groups):
        merge[row, list(outputs)] = 1 / len(outputs)
    said = torch.tensor([[0.0 if v is None else 1.0 if v else -1.0 for v in row] for row in verdicts])
    return _Problem(features, old, merge, said, said.abs() @ (merge > 0).float() == 0)


def _fit(problem: _Problem, hold: float) -> tuple[Tensor, Tensor]:
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


Fit = Callable[[_Problem, float], tuple[Tensor, Tensor]]


def _choose(problem: _Problem, groups: Sequence[str], fit: Fit) -> tuple[float, Tensor]:
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
                step, shift = fit(problem.part((fold != one) & (fold != other)), hold)
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


def _right(problem: _Problem, margins: Tensor) -> Tensor:
    """Which verdicts the model agrees with, bool [tracks, tags]."""
    said = problem.said
    return ((margins @ problem.merge.T >= 0) == (said > 0)) & (said != 0)


def _agreement(problem: _Problem, margins: Tensor) -> float:
    return round(float(_right(problem, margins).sum() / problem.said.abs().sum()), 4)


def _by_tag(problem: _Problem, tags: Sequence[str], left_out: Tensor | None, changed: Tensor) -> TagAgreement:
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


def _harm(problem: _Problem, margins: Tensor, thresholds: Tensor) -> float:
    change = torch.sigmoid(margins + thresholds) - torch.sigmoid(problem.old + thresholds)
    held = change.abs()[problem.held]
    return round(float(held.max()), 4) if held.numel() else 0.0


def _moved(problem: _Problem, margins: Tensor) -> tuple[int, int]:
    """How many undecided tags come and go, by the thresholds alone."""
    before, after = (made @ problem.merge.T >= 0 for made in (problem.old, margins))
    open_ = problem.said == 0
    return int((open_ & after & ~before).sum()), int((open_ & before & ~after).sum())


def _with_head(
    arrays: Mapping[str, NDArray[np.generic]], outputs: Sequence[int], weight: Tensor, bias: Tensor
) -> dict[str, NDArray[np.generic]]:
    saved = {name: np.array(array) for name, array in arrays.items()}
    rows = list(outputs)
    for name, fresh in (("head.weight", weight), ("head.bias", bias)):
        whole = saved[name]
        whole[rows] = fresh.numpy().reshape(whole[rows].shape).astype(whole.dtype)
    return saved


def _card(
    card: ModelCard, name: str, outputs: Sequence[int], outcome: Outcome, about: Mapping[str, Any]
) -> ModelCard:
    """The old card, but for what is no longer known of the outputs that changed."""
    changed = set(outputs)
    tags = tuple(replace(tag, metrics={}) if index in changed else tag for index, tag in enumerate(card.tags))
    figures = {
        "tracks": outcome.tracks,
        "artists": outcome.artists,
        "verdicts": outcome.verdicts,
        "tags": list(outcome.tags),
        "agreement_before": outcome.before,
        "agreement_after": outcome.after,
        "agreement_held_out": outcome.held_out,
        "better": outcome.better,
        "largest_change_elsewhere": outcome.harm,
        "come_elsewhere": outcome.come,
        "go_elsewhere": outcome.go,
        "by_tag": asdict(outcome.by_tag),
    }
    base = card.title.replace(", corrected", "")
    return replace(
        card,
        name=name,
        title=f"{base}, corrected",
        created=datetime.now(UTC).date().isoformat(),
        tags=tags,
        data=f"{card.data} {len(changed)} of its {len(card.tags)} outputs were then corrected by "
        f"{count(outcome.verdicts, 'verdict')} of a user on {count(outcome.tracks, 'track')}.",
        metrics={"corrections": figures, "before": card.metrics},
        training={**about, "start": card.digest, "hold": outcome.hold, "before": card.training},
    )


def _key(track: Path) -> str:
    try:
        found = track.stat()
    except OSError:
        return f"missing {printable(track)}"
    text = f"{place_of(track)}\0{found.st_size}\0{found.st_mtime_ns}"
    return hashlib.sha256(text.encode()).hexdigest()


def _keep(path: Path, known: Mapping[str, Array]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(
        path, lambda file: np.savez(file, key=np.array(list(known)), value=np.stack(list(known.values())))
    )


def _load(path: Path) -> dict[str, Array]:
    """What was kept; a damaged file counts as absent."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            return dict(zip(file["key"].tolist(), file["value"], strict=True))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return {}
