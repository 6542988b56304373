"""Learning curves, and the curves of all thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from training.metrics import Floats, pr_points, roc_points
from training.report.page import (
    Cell,
    Column,
    Paragraph,
    Plot,
    Plots,
    Reference,
    Section,
    Series,
    Table,
    figure,
)
from training.report.paper import printed_row
from training.report.words import SPLITS, Shown
from training.results import EpochLine

Points = tuple[tuple[float, float], ...]

CURVE_POINTS = 160
FAINT_POINTS = 48
NEUTRAL = 7
"""The grey among the hues."""

AREAS = {"roc_auc": "ROC-AUC", "pr_auc": "PR-AUC"}


def learning(entries: Sequence[Shown]) -> Section:
    """Losses and areas after each epoch, and the epoch that was kept."""
    known = [entry for entry in entries if entry.run.epochs]
    if not known:
        return Section("Learning curves", ())
    one = len(entries) == 1
    printed = printed_row(entries[0]) if one else None
    losses = [_course(entry, "valid_loss") for entry in known]
    if one:
        points = _points(known[0].run.epochs, "train_loss")
        losses.insert(0, Series(points, "training", NEUTRAL, "dotted"))
    charts = [Plot("Loss", f"{'' if one else 'validation, '}binary cross-entropy", tuple(losses), "epoch")]
    for name, title in AREAS.items():
        series = tuple(_course(entry, name) for entry in known)
        references = (Reference("paper", getattr(printed, name)),) if printed else ()
        charts.append(Plot(title, "macro, validation", series, "epoch", references=references))
    legend = [("validation" if one else entry.label, entry.index, entry.style) for entry in known]
    if one:
        legend.append(("training", NEUTRAL, "dotted"))
    legend.append(("epoch that was kept", known[0].index if one else NEUTRAL, "ring"))
    if printed:
        legend.append(("printed in the paper, its averaging is not stated", 0, "reference"))
    blocks: list[Paragraph | Table | Plots] = [Plots(tuple(charts), tuple(legend)), _by_epoch(known)]
    if any(len(epoch.valid) > 1 for entry in known for epoch in entry.run.epochs):
        text = "ROC-AUC and PR-AUC after an epoch are means over the vocabularies of the tags."
        blocks.insert(0, Paragraph(text))
    return Section("Learning curves", tuple(blocks))


def roc_and_pr(entries: Sequence[Shown]) -> Section:
    """All tags together; of a single run each tag too."""
    title = "ROC and PR curves"
    known = [(entry, kept) for entry in entries if (kept := entry.scores) is not None]
    if not known:
        return Section(title, ())
    one = len(entries) == 1
    roc: list[Series] = []
    pr: list[Series] = []
    for entry, kept in known:
        metrics, positives = entry.metrics, kept.ranking_positives
        measured = np.array([area is not None for area in metrics.pr_auc.tags])
        for column in np.flatnonzero(measured) if one else ():
            curve = kept.scores[:, column], positives[:, column]
            roc.append(Series(_thin(*roc_points(*curve), FAINT_POINTS), "", entry.index, "faint"))
            pr.append(Series(stairs(_thin(*pr_points(*curve), FAINT_POINTS)), "", entry.index, "faint"))
        if measured.any():
            cells = kept.scores[:, measured].ravel(), positives[:, measured].ravel()
            lines = (
                (roc, _thin(*roc_points(*cells), CURVE_POINTS)),
                (pr, stairs(_thin(*pr_points(*cells), CURVE_POINTS))),
            )
            for curves, points in lines:
                curves.append(Series(points, entry.label, entry.index, entry.style))
    # Runs on the same clips have one level of guessing.
    levels = {round(entry.metrics.density, 4) for entry, _ in known if entry.metrics.density is not None}
    guessing = tuple(Reference("guessing", level) for level in sorted(levels))
    legend = [
        ("all tags together (micro)" if one else entry.label, entry.index, entry.style) for entry, _ in known
    ]
    if one:
        legend.append(("each tag", known[0][0].index, "faint"))
    splits = " and ".join(dict.fromkeys(SPLITS[entry.split] for entry, _ in known))
    text = f"On the {splits} split, over all tags together (micro), from scores kept in half precision."
    unit = (0.0, 1.0)
    charts = (
        Plot(
            "ROC",
            "true positives found, over false positives let in",
            tuple(roc),
            "false positive rate",
            unit,
            unit,
            (Reference("guessing", None),),
        ),
        Plot("Precision and recall", "precision over recall", tuple(pr), "recall", unit, unit, guessing),
    )
    return Section(title, (Paragraph(text), Plots(charts, tuple(legend))))


def _course(entry: Shown, name: str) -> Series:
    best = entry.run.best_epoch
    ring = next(iter(_points((best,), name)), None) if best else None
    return Series(_points(entry.run.epochs, name), entry.label, entry.index, entry.style, ring)


def _points(epochs: Sequence[EpochLine], name: str) -> Points:
    values = [
        (epoch.number, getattr(epoch, name) if "loss" in name else epoch.mean(name)) for epoch in epochs
    ]
    return tuple((float(number), float(value)) for number, value in values if value is not None)


def _by_epoch(known: Sequence[Shown]) -> Table:
    rows = []
    for entry in known:
        epochs = entry.run.epochs
        kept = entry.run.best_epoch or epochs[-1]
        three = (epochs[0], kept, epochs[-1])
        rows.append(
            (
                Cell(entry.label),
                Cell(f"{epochs[-1].number} of {epochs[-1].of}"),
                Cell(str(kept.number)),
                *(Cell(figure(epoch.train_loss)) for epoch in three),
                *(Cell(figure(epoch.valid_loss)) for epoch in three),
                *(Cell(figure(kept.mean(name))) for name in AREAS),
            )
        )
    columns = (
        Column("Run", text=True),
        Column("Epochs"),
        Column("Kept"),
        *(
            Column(name, f"{kind} loss")
            for kind in ("Training", "Validation")
            for name in ("first", "kept", "last")
        ),
        *(Column(title, "Validation, kept epoch") for title in AREAS.values()),
    )
    return Table("Learning, by epoch", columns, tuple(rows))


def stairs(points: Points) -> Points:
    """Between two recalls the precision is that of the higher one: the area is the average precision."""
    points = ((0.0, points[0][1]), *points)
    corners = [(a[0], b[1]) for a, b in pairwise(points)]
    return (*(point for pair in zip(points, corners, strict=False) for point in pair), points[-1])


def _thin(x: Floats, y: Floats, count: int) -> Points:
    """A curve by few of its points, evenly along its length; the ends are kept."""
    if len(x) > count:
        length = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
        chosen = np.unique(np.searchsorted(length, np.linspace(0, length[-1], count)).clip(0, len(x) - 1))
        x, y = x[chosen], y[chosen]
    return tuple(zip(x.tolist(), y.tolist(), strict=True))
