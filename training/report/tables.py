"""Tags, all figures, size and time, settings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from training.metrics import Averages
from training.report.page import DASH, Cell, Column, Paragraph, Section, Table, figure
from training.report.words import (
    BUDGETS,
    SPLITS,
    Shown,
    chosen_words,
    comparable,
    data_words,
    duration,
    large,
    network_words,
)

WAYS = ("macro", "micro", "per clip")
WIDE_BAR, NARROW_BAR = 96, 40


def by_tag(entries: Sequence[Shown]) -> Section:
    """Bars and figures of each tag."""
    if len(entries) == 1:
        return _tags_of_one(entries[0])
    areas = [(name, [_tag_areas(entry, name) for entry in entries]) for name in ("PR-AUC", "ROC-AUC")]
    return Section("Tags", tuple(_tags_of_many(entries, name, by_run) for name, by_run in areas))


def all_figures(entries: Sequence[Shown]) -> Section:
    """Every figure that has an average, on both splits."""
    measured = [
        (f"{entry.label}, {SPLITS[split]}", entry.run.result.metrics[split])
        for entry in entries
        for split in SPLITS
        if split in entry.run.result.metrics
    ]
    ranking = tuple(
        (
            Cell(label),
            Cell(f"{metrics.clips:,}"),
            Cell(figure(metrics.bce)),
            *_three(metrics.roc_auc),
            *_three(metrics.pr_auc),
            Cell(figure(metrics.density)),
            Cell(figure(metrics.correlation.macro)),
            Cell(figure(metrics.top5)),
            Cell(str(len(metrics.left_out))),
        )
        for label, metrics in measured
    )
    ranking_columns = (
        Column("Run and split", text=True),
        Column("Clips"),
        Column("Cross-entropy"),
        *(Column(way, area) for area in ("ROC-AUC", "PR-AUC") for way in WAYS),
        Column("Share of positives"),
        Column("Correlation"),
        Column("Top-5 overlap"),
        Column("Tags left out"),
    )
    decisions = tuple(
        (
            Cell(label),
            Cell(threshold),
            Cell(figure(part.accuracy.micro)),
            *(cell for kind in (part.precision, part.recall, part.fpr, part.f1) for cell in _three(kind)),
        )
        for label, metrics in measured
        for threshold, part in (("0.5", metrics.at_half), (chosen_words(metrics.at_best), metrics.at_best))
    )
    decision_columns = (
        Column("Run and split", text=True),
        Column("Threshold", text=True),
        Column("Accuracy"),
        *(Column(way, kind) for kind in ("Precision", "Recall", "False positive rate", "F1") for way in WAYS),
    )
    text = (
        "Macro: mean over tags. Micro: over all cells. Per clip: mean over the clips for which the figure is "
        "defined. Thresholds of best F1 are each tag's own; on the split that they were chosen on they "
        "flatter. "
        "Precision without a single decision counts as 0. Top-5 overlap is for soft labels only."
    )
    left_out = tuple(
        (f"Left out, {label}", f"{', '.join(metrics.left_out)}.")
        for label, metrics in measured
        if metrics.left_out
    )
    return Section(
        "All figures",
        (
            Paragraph(text, left_out),
            Table("Ranking", ranking_columns, ranking),
            Table("Decisions", decision_columns, decisions),
        ),
    )


def size_and_time(entries: Sequence[Shown]) -> Section:
    """What each run took, on what."""
    columns = (
        Column("Run", text=True),
        Column("Network", text=True),
        Column("Parameters"),
        Column("Multiply-adds"),
        Column("Epochs"),
        Column("Time per epoch"),
        Column("Training"),
        Column("Hardware", text=True),
        Column("Data and split", text=True),
        Column("Budget", text=True),
    )
    rows = tuple(
        (
            Cell(entry.label),
            Cell(network_words(entry.run)),
            Cell(f"{result.parameters:,}"),
            Cell(large(result.multiply_adds)),
            Cell(str(result.epochs)),
            Cell(duration(result.seconds_per_epoch)),
            Cell(duration(result.seconds_per_epoch * result.epochs)),
            Cell(result.hardware),
            Cell(data_words(entry.run)),
            Cell(BUDGETS[result.budget]),
        )
        for entry in entries
        for result in [entry.run.result]
    )
    caption = "Parameters, multiply-adds for one clip, time, hardware"
    return Section("Size and time", (Table(caption, columns, rows),))


def settings(entries: Sequence[Shown]) -> Section:
    """Every setting of the training, those that differ in bold."""
    names = dict.fromkeys(name for entry in entries for name in entry.run.result.settings)
    rows = []
    for name in names:
        values = [_setting(entry.run.result.settings.get(name)) for entry in entries]
        rows.append((Cell(name), *(Cell(value, strong=len(set(values)) > 1) for value in values)))
    columns = (Column("Setting", text=True), *(Column(entry.label) for entry in entries))
    return Section("Settings", (Table("Settings of the training", columns, tuple(rows)),) if rows else ())


def _tags_of_one(entry: Shown) -> Section:
    metrics = entry.metrics
    best = metrics.at_best
    rows = []
    for tag in sorted(range(len(metrics.tags)), key=lambda tag: -(metrics.pr_auc.tags[tag] or -1.0)):
        share = metrics.positives[tag] / metrics.clips
        decisions = (best.precision, best.recall, best.fpr, best.f1, metrics.at_half.f1)
        rows.append(
            (
                Cell(metrics.tags[tag]),
                Cell(f"{metrics.positives[tag]:,}"),
                _area(metrics.pr_auc.tags[tag], share),
                _area(metrics.roc_auc.tags[tag], 0.5),
                Cell(figure(best.thresholds[tag])),
                *(Cell(figure(averages.tags[tag])) for averages in decisions),
            )
        )
    columns = (
        Column("Tag", text=True),
        Column("Positives"),
        Column("PR-AUC"),
        Column("ROC-AUC"),
        *(
            Column(name, f"At {chosen_words(best)}")
            for name in ("threshold", "precision", "recall", "FPR", "F1")
        ),
        Column("F1", "At 0.5"),
    )
    text = "The mark on a bar is what guessing reaches."
    if metrics.left_out:
        text += f" Left out of all averages for want of positives: {', '.join(metrics.left_out)}."
    if metrics.without_negatives:
        text += f" Without a ROC-AUC, because every clip has it: {', '.join(metrics.without_negatives)}."
    caption = f"Tags by PR-AUC, {SPLITS[entry.split]} split"
    return Section("Tags", (Paragraph(text), Table(caption, columns, tuple(rows), WIDE_BAR)))


def _tag_areas(entry: Shown, name: str) -> dict[str, float | None]:
    metrics = entry.metrics
    averages = metrics.pr_auc if name == "PR-AUC" else metrics.roc_auc
    return dict(zip(metrics.tags, averages.tags, strict=True))


def _tags_of_many(entries: Sequence[Shown], name: str, by_run: Sequence[dict[str, float | None]]) -> Table:
    tags = dict.fromkeys(tag for values in by_run for tag in values)
    rivals = comparable(entries)
    rows = []
    for tag in sorted(tags, key=lambda tag: -_mean(values.get(tag) for values in by_run)):
        areas = [values.get(tag) for values in by_run]
        best = max((area for area in areas if area is not None), default=None) if rivals else None
        rows.append(
            (Cell(tag), *(Cell(figure(a), a is not None and a == best, a is None, bar=a) for a in areas))
        )
    splits = " and ".join(dict.fromkeys(SPLITS[entry.split] for entry in entries))
    columns = (Column("Tag", text=True), *(Column(entry.label) for entry in entries))
    bars = WIDE_BAR if len(entries) <= 4 else NARROW_BAR
    return Table(f"{name} of each tag, {splits} split", columns, tuple(rows), bars)


def _area(value: float | None, guessing: float) -> Cell:
    if value is None:
        return Cell("left out", quiet=True)
    return Cell(figure(value), bar=value, tick=guessing)


def _mean(values: Iterable[float | None]) -> float:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else -1.0


def _three(averages: Averages) -> tuple[Cell, Cell, Cell]:
    return Cell(figure(averages.macro)), Cell(figure(averages.micro)), Cell(figure(averages.clips))


def _setting(value: Any) -> str:
    if value is None:
        return DASH
    return f"{value:g}" if isinstance(value, float) else str(value)
