"""Tags, all figures, size and time, settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from training.metrics import Averages, Metrics
from training.report.page import DASH, Cell, Column, Paragraph, Section, Table, figure
from training.report.words import (
    BUDGETS,
    SPLITS,
    Shown,
    chosen_words,
    comparable,
    data_words,
    duration,
    label_words,
    large,
    network_words,
    papers_parameters,
    tag_words,
    vocabularies,
)
from training.results import RunResult

WAYS = ("macro", "micro", "per clip")
WIDE_BAR, NARROW_BAR = 96, 40
MARK = "The mark on a bar is what guessing reaches."


def by_tag(entries: Sequence[Shown]) -> Section:
    """Bars and figures of each tag."""
    if len(entries) == 1:
        return _tags_of_one(entries[0])
    areas = {name: [_tag_areas(entry, name) for entry in entries] for name in ("PR-AUC", "ROC-AUC")}
    tags = dict.fromkeys(tag for entry in entries for tag in entry.metrics.tags)
    text = MARK
    missing = [tag for tag in tags if all(values.get(tag) is None for values in areas["PR-AUC"])]
    if missing:
        text += f" Left out for want of positives: {tag_words(missing)}."
    blocks: list[Paragraph | Table] = [Paragraph(text)]
    for vocabulary, names in vocabularies(tag for tag in tags if tag not in missing).items():
        for area, by_run in areas.items():
            blocks.append(_tags_of_many(entries, area, by_run, vocabulary, names))
    return Section("Tags", tuple(blocks))


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
        + label_words(entries)
    )
    return Section(
        "All figures",
        (
            Paragraph(text, tuple(_left_out(entries))),
            Table("Ranking", ranking_columns, ranking),
            Table("Decisions", decision_columns, decisions),
        ),
    )


def _left_out(entries: Sequence[Shown]) -> Iterator[tuple[str, str]]:
    """Tags without positives, once for all runs that lack the same ones."""
    for split, words in SPLITS.items():
        lacking: dict[tuple[str, ...], list[str]] = {}
        for entry in entries:
            metrics = entry.run.result.metrics.get(split)
            if metrics and metrics.left_out:
                lacking.setdefault(metrics.left_out, []).append(entry.label)
        for tags, labels in lacking.items():
            which = "all runs" if len(labels) == len(entries) > 1 else ", ".join(labels)
            yield f"Left out for want of positives: {which}, {words}", f"{tag_words(tags)}."


def size_and_time(entries: Sequence[Shown]) -> Section:
    """What each run took, on what."""
    papers = [papers_parameters(entry.run.result) for entry in entries]
    ours = [entry.run.result.parameters for entry in entries]
    # Where there are not 50 tags, the head has another size.
    differ = any(p not in (None, own) for p, own in zip(papers, ours, strict=True))
    columns = (
        Column("Run", text=True),
        Column("Network", text=True),
        *(
            (Column("here", "Parameters"), Column("paper's 50 tags", "Parameters"))
            if differ
            else (Column("Parameters"),)
        ),
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
            *((Cell(f"{of_paper:,}" if of_paper else DASH),) if differ else ()),
            Cell(large(result.multiply_adds)),
            Cell(str(result.epochs)),
            Cell(duration(result.seconds_per_epoch)),
            Cell(duration(result.seconds_per_epoch * result.epochs)),
            Cell(result.hardware),
            Cell(data_words(entry.run)),
            Cell(BUDGETS[result.budget]),
        )
        for entry, of_paper in zip(entries, papers, strict=True)
        for result in [entry.run.result]
    )
    caption = "Parameters, multiply-adds for one clip, time, hardware"
    same = len({row[-2:] for row in rows}) == 1  # then the head of the page says it
    told = len(columns) - 2 * same
    return Section("Size and time", (Table(caption, columns[:told], tuple(row[:told] for row in rows)),))


def settings(entries: Sequence[Shown]) -> Section:
    """Every setting of the training, those that differ in bold."""
    names = dict.fromkeys(name for entry in entries for name in entry.run.result.settings)
    rows = []
    for name in names:
        values = [_setting(_told(entry.run.result, name)) for entry in entries]
        rows.append(
            (Cell(name.replace("_", " ")), *(Cell(value, strong=len(set(values)) > 1) for value in values))
        )
    columns = (Column("Setting", text=True), *(Column(entry.label) for entry in entries))
    return Section("Settings", (Table("Settings of the training", columns, tuple(rows)),) if rows else ())


def _tags_of_one(entry: Shown) -> Section:
    metrics = entry.metrics
    best = metrics.at_best
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
    text = MARK + label_words([entry])
    if metrics.left_out:
        text += f" Left out of all averages for want of positives: {tag_words(metrics.left_out)}."
    if metrics.without_negatives:
        text += f" Without a ROC-AUC, because every clip has it: {tag_words(metrics.without_negatives)}."
    tables = []
    for vocabulary, names in vocabularies(metrics.tags).items():
        caption = ", ".join(filter(None, ("Tags by PR-AUC", vocabulary, f"{SPLITS[entry.split]} split")))
        rows = sorted(
            (tag for tag, name in enumerate(metrics.tags) if name in names),
            key=lambda tag: -(metrics.pr_auc.tags[tag] or -1.0),
        )
        cells = tuple(_tag_of_one(metrics, tag, names[metrics.tags[tag]]) for tag in rows)
        tables.append(Table(caption, columns, cells, WIDE_BAR))
    return Section("Tags", (Paragraph(text), *tables))


def _tag_of_one(metrics: Metrics, tag: int, name: str) -> tuple[Cell, ...]:
    best = metrics.at_best
    decisions = (best.precision, best.recall, best.fpr, best.f1, metrics.at_half.f1)
    areas = (("PR-AUC", metrics.pr_auc), ("ROC-AUC", metrics.roc_auc))
    return (
        Cell(name),
        Cell(f"{metrics.positives[tag]:,}"),
        *(_area(values.tags[tag], _guessing(metrics, area)[metrics.tags[tag]]) for area, values in areas),
        Cell(figure(best.thresholds[tag])),
        *(Cell(figure(averages.tags[tag])) for averages in decisions),
    )


def _tag_areas(entry: Shown, name: str) -> dict[str, float | None]:
    metrics = entry.metrics
    averages = metrics.pr_auc if name == "PR-AUC" else metrics.roc_auc
    return dict(zip(metrics.tags, averages.tags, strict=True))


def _guessing(metrics: Metrics, area: str) -> dict[str, float]:
    """What guessing reaches for each tag."""
    if area == "ROC-AUC":
        return dict.fromkeys(metrics.tags, 0.5)
    return {tag: n / metrics.clips for tag, n in zip(metrics.tags, metrics.positives, strict=True)}


def _tags_of_many(
    entries: Sequence[Shown],
    area: str,
    by_run: Sequence[dict[str, float | None]],
    vocabulary: str,
    names: Mapping[str, str],
) -> Table:
    rivals = comparable(entries)
    guessing = [_guessing(entry.metrics, area) for entry in entries]
    rows = []
    for tag in sorted(names, key=lambda tag: -_mean(values.get(tag) for values in by_run)):
        areas = [values.get(tag) for values in by_run]
        best = max((area for area in areas if area is not None), default=None) if rivals else None
        rows.append(
            (
                Cell(names[tag]),
                *(
                    Cell(figure(a), a is not None and a == best, a is None, bar=a, tick=guess.get(tag))
                    for a, guess in zip(areas, guessing, strict=True)
                ),
            )
        )
    splits = " and ".join(dict.fromkeys(SPLITS[entry.split] for entry in entries))
    columns = (Column("Tag", text=True), *(Column(entry.label) for entry in entries))
    bars = WIDE_BAR if len(entries) <= 4 else NARROW_BAR
    caption = ", ".join(filter(None, (f"{area} of each tag", vocabulary, f"{splits} split")))
    return Table(caption, columns, tuple(rows), bars)


def _area(value: float | None, guessing: float) -> Cell:
    if value is None:
        return Cell("left out", quiet=True)
    return Cell(figure(value), bar=value, tick=guessing)


def _mean(values: Iterable[float | None]) -> float:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else -1.0


def _three(averages: Averages) -> tuple[Cell, Cell, Cell]:
    return Cell(figure(averages.macro)), Cell(figure(averages.micro)), Cell(figure(averages.clips))


def _told(result: RunResult, name: str) -> Any:
    """A setting, or what became of it."""
    value = result.settings.get(name)
    chosen = name == "precision" and value == "auto" and result.precision
    return f"{result.precision}, chosen" if chosen else value


def _setting(value: Any) -> str:
    if value is None or value in ("", {}):
        return DASH
    if isinstance(value, dict):
        return ", ".join(f"{name} {_setting(item)}" for name, item in value.items())
    return f"{value:g}" if isinstance(value, float) else str(value)
