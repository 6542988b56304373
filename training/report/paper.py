"""The paper's tables beside ours, and what else has been published."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from training.metrics import Metrics
from training.published import (
    PaperRow,
    PaperTable,
    PublishedResult,
    TableNumber,
    paper_table,
    paper_tables,
    published_results,
)
from training.report.page import DASH, Cell, Column, Dots, Paragraph, Plots, Section, Table, figure
from training.report.words import (
    BUDGETS,
    PAPER_DATA,
    SPLITS,
    Shown,
    budgets_words,
    comparable,
    data_words,
    full_name,
    shown,
    tag_words,
)
from training.results import Run

SETTINGS = {"conv_layers": "Layers", "fft_size": "FFT", "hidden_size": "Width", "mel_bins": "Mel bands"}
"""Columns of Table 1; in the other tables the name of the network says it."""

FEW = 8
"""So many tags are named where they are spoken of; more of them once, at the end."""

LEGEND = (("printed in the paper", 0, "paper"), ("ours, macro", 0, "dot"), ("ours, micro", 0, "ring"))


@dataclass(frozen=True, slots=True)
class Ours:
    """A figure of ours beside the paper's of the same group."""

    group: str
    name: str
    get: Callable[[Metrics], float | None]


OURS = (
    # Accuracy over all cells; the mean over tags is the same, as every tag is measured on the same clips.
    Ours("Accuracy", "ours at 0.5", lambda metrics: metrics.at_half.accuracy.micro),
    Ours("PR-AUC", "ours, macro", lambda metrics: metrics.pr_auc.macro),
    Ours("PR-AUC", "micro", lambda metrics: metrics.pr_auc.micro),
    Ours("PR-AUC", "per clip", lambda metrics: metrics.pr_auc.clips),
    Ours("ROC-AUC", "ours, macro", lambda metrics: metrics.roc_auc.macro),
    Ours("ROC-AUC", "micro", lambda metrics: metrics.roc_auc.micro),
    Ours("ROC-AUC", "per clip", lambda metrics: metrics.roc_auc.clips),
)
"""Each beside the paper's of its group."""

BRIEF = tuple(ours for ours in OURS if ours.name != "per clip")
"""As many as a terminal has room for."""

PRINTED: dict[str, Callable[[PaperRow], float]] = {
    "Accuracy": lambda row: row.accuracy,
    "PR-AUC": lambda row: row.pr_auc,
    "ROC-AUC": lambda row: row.roc_auc,
}
BOLD = {"Accuracy": "accuracy", "PR-AUC": "pr_auc", "ROC-AUC": "roc_auc"}


@dataclass(frozen=True, slots=True)
class Match:
    """A run of ours that a row of the paper reports too."""

    entry: Shown
    metrics: Metrics

    @property
    def is_smoke(self) -> bool:
        """Smoke runs stand in the tables, and not in the pictures, where they would look like rivals."""
        return self.entry.run.result.budget == "smoke"


Matches = dict[str, list[Match]]
"""By the key of the row."""


def beside_the_paper(
    entries: Sequence[Shown], first: TableNumber | None = None, begun: Mapping[str, str] | None = None
) -> Section:
    """Each table of the paper in which one of the networks stands: first the one asked for, else the one in
    which most of the runs stand; of two with as many, the one with fewer rows that were not run.

    :param begun: how far rows are that were begun and not finished, in words, by their keys
    """
    pairs = [(table, _matches(table, entries)) for table in paper_tables()]
    pairs = [(table, matches) for table, matches in pairs if any(matches.values())]
    pairs.sort(key=lambda pair: (pair[0].number != first, *_fit(pair[1])))
    blocks: list[Paragraph | Table | Plots] = []
    for table, matches in pairs:
        notes = [("Table " + table.number, table.note)] if table.note else []
        notes += [(f"Table {table.number}, {row.key}", row.note) for row in table.rows if row.note]
        if notes:
            blocks.append(Paragraph("", tuple(notes)))
        blocks.append(_table(table, matches, begun or {}))
        drawn = {key: [match for match in found if not match.is_smoke] for key, found in matches.items()}
        if any(drawn.values()):
            blocks.append(_dots(table, drawn))
    if pairs:
        differences = tuple(_differences(pairs))
        blocks.insert(0, Paragraph("How far the two sides can be compared:", differences))
    return Section("Beside the paper", tuple(blocks))


def brief(number: TableNumber, runs: Sequence[Run]) -> Table:
    """Those rows of a table of the paper that were run, for a terminal."""
    table = paper_table(number)
    matches = _matches(table, shown(runs))
    rows = tuple(
        (Cell(row.key), *_figures(row, match, BRIEF, {})) for row in table.rows for match in matches[row.key]
    )
    return Table(f"Table {number}", (Column("Network", text=True), *_headings(BRIEF)), rows)


def printed_row(entry: Shown) -> PaperRow | None:
    """What the paper prints for this network on its validation split."""
    number = "2" if entry.run.result.table == "3" else entry.run.result.table
    table = next((table for table in paper_tables() if table.number == number), None)
    return table.row(entry.run.result.row) if table else None


def other_systems(entries: Sequence[Shown]) -> Section:
    """What others report on the paper's data set and on those of the runs."""
    wanted = list(dict.fromkeys([PAPER_DATA, *(full_name(entry.run.result.data) for entry in entries)]))
    results = [result for result in published_results() if result.data in wanted]
    results.sort(key=lambda r: (wanted.index(r.data), r.split == "not stated", r.split, -r.roc_auc))
    columns = (
        Column("System", text=True),
        Column("Data", text=True),
        Column("Split", text=True),
        Column("ROC-AUC"),
        Column("PR-AUC"),
        Column("Parameters"),
        Column("Source", text=True),
    )
    rows = tuple(
        (
            Cell(result.system),
            Cell(result.data),
            Cell(result.split),
            Cell(figure(result.roc_auc)),
            Cell(figure(result.pr_auc)),
            Cell(result.parameters or DASH),
            Cell(_source(result), quiet=True),
        )
        for result in results
    )
    text = (
        "As their authors or others report them, on the test split; macro averages as far as the sources "
        "say. Where a source prints fewer than four decimals, zeros are added. “Unconfirmed” marks figures "
        "quoted from memory, which could not be read in their source."
    )
    return Section(
        "Published figures of other systems", (Paragraph(text), Table("Other systems", columns, rows))
    )


def _matches(table: PaperTable, entries: Sequence[Shown]) -> Matches:
    # The networks of Table 3 are three of Table 2, on the test split.
    numbers = ("2", "3") if table.number in ("2", "3") else (table.number,)
    return {
        row.key: [
            Match(entry, result.metrics[table.split])
            for entry in entries
            if (result := entry.run.result).table in numbers
            and result.row == row.key
            and table.split in result.metrics
        ]
        for row in table.rows
    }


def _all(matches: Matches) -> list[Match]:
    return [match for found in matches.values() for match in found]


def _table(table: PaperTable, matches: Matches, begun: Mapping[str, str]) -> Table:
    settings = [name for name in SETTINGS if table.number == "1"]
    found = _all(matches)
    best = {
        ours: max((value for match in found if (value := ours.get(match.metrics)) is not None), default=None)
        for ours in OURS
        if comparable([match.entry for match in found])
    }
    columns = (
        Column("Network", text=True),
        *(Column(SETTINGS[name]) for name in settings),
        *_headings(OURS),
    )
    rows = []
    for row in table.rows:
        either: list[Match | None] = [*matches[row.key]] or [None]
        for match in either:
            told = (Cell(f"{row.settings[name]:,}", quiet=True) for name in settings)
            figures = _figures(row, match, OURS, best)
            rows.append((Cell(row.key), *told, *figures, Cell(_which(match, row, begun), quiet=True)))
    caption = f"Table {table.number} of the paper and ours, {SPLITS[table.split]} split"
    which = {row[-1].text for row in rows}
    if len(which) == 1:  # the same in every row: said once
        return Table(f"{caption}. Ours: {which.pop()}", columns, tuple(row[:-1] for row in rows))
    return Table(caption, (*columns, Column("Ours", text=True)), tuple(rows))


def _headings(ours: Sequence[Ours]) -> Iterator[Column]:
    """In each group the paper's figure, and ours."""
    for group in PRINTED:
        yield Column("paper", group)
        yield from (Column(one.name, group) for one in ours if one.group == group)


def _figures(
    row: PaperRow, match: Match | None, ours: Sequence[Ours], best: Mapping[Ours, float | None]
) -> Iterator[Cell]:
    """Of one row, under :func:`_headings`."""
    for group, printed in PRINTED.items():
        bold = BOLD[group] in row.bold
        yield Cell(figure(printed(row)), strong=bold, quiet=not bold)
        yield from (_ours(one, match, best.get(one)) for one in ours if one.group == group)


def _fit(matches: Matches) -> tuple[int, int]:
    """How well a table fits the runs, the lower the better."""
    return -len(_all(matches)), sum(not found for found in matches.values())


def _ours(ours: Ours, match: Match | None, best: float | None) -> Cell:
    value = ours.get(match.metrics) if match else None
    return Cell(figure(value), strong=value is not None and value == best, quiet=value is None)


def _which(match: Match | None, row: PaperRow, begun: Mapping[str, str]) -> str:
    if match is None:
        return begun.get(row.key, "not run")
    result = match.entry.run.result
    words = f"{BUDGETS[result.budget]}, {full_name(result.data)}, {result.data.labels} labels"
    label = match.entry.label.removesuffix(", smoke run")
    return words if label == row.key else f"{label}: {words}"


def _dots(table: PaperTable, matches: Matches) -> Plots:
    charts = []
    for group in ("PR-AUC", "ROC-AUC"):
        macro, micro = (ours.get for ours in BRIEF if ours.group == group)
        rows = tuple(
            (
                row.key,
                PRINTED[group](row),
                tuple((macro(match.metrics), micro(match.metrics)) for match in matches[row.key]),
            )
            for row in table.rows
        )
        charts.append(Dots(group, f"Table {table.number}, {SPLITS[table.split]} split", rows))
    return Plots(tuple(charts), LEGEND)


def _differences(pairs: Sequence[tuple[PaperTable, Matches]]) -> Iterator[tuple[str, str]]:
    found = [match for _, matches in pairs for match in _all(matches)]
    runs = list({match.entry.index: match.entry.run for match in found}.values())
    densities = [match.metrics.density for match in found if match.metrics.density is not None]
    right = [match.metrics.at_half.density for match in found]
    said = [density for density in right if density is not None] or densities
    foreign = sorted({full_name(run.result.data) for run in runs} - {PAPER_DATA})
    ours = "; ".join(dict.fromkeys(data_words(run) for run in runs))
    yield (
        "Data",
        f"Paper: {PAPER_DATA}, its 50 most frequent tags, hard labels. Ours: {ours}."
        + (
            f" Figures on the {_listed(foreign)} cannot be set against the paper's: other clips and labels."
            if foreign
            else ""
        ),
    )
    yield (
        "Split",
        "The paper says neither which clips are in its validation and test split, nor whether clips without "
        "any of the tags count, which changes all figures. Ours is named above.",
    )
    yield (
        "Averaging",
        "The paper does not say how it averages. Ours stand in three ways: macro (every tag counts alike), "
        "micro (every mark counts alike), per clip (mean over clips).",
    )
    yield (
        "Accuracy",
        "Over all cells, where saying no to everything scores "
        f"{_range(1 - density for density in said)} on our clips; the mean over tags is the same. The "
        "paper's threshold is not stated, ours is 0.5.",
    )
    budgets = budgets_words(run.result for run in runs)
    yield (
        "Budget",
        f"Ours: {budgets}. The paper states neither epochs, learning rate and batch size nor the number of "
        "its runs.",
    )
    yield (
        "Range of PR-AUC",
        "0 to 1, although the paper's text ends it at 0.5; guessing reaches the share of positives, "
        f"{_range(densities)} on our clips.",
    )
    highest = _highest_published()
    if highest and not foreign:
        yield (
            "Expectation",
            "On the public split by folders, the highest macro PR-AUC among the figures of others below is "
            f"{figure(highest.pr_auc)} ({highest.system}). Higher ones in the paper point to another "
            "averaging or another split; --reader split=random trains on one by clips.",
        )
    left_out = {
        f"{SPLITS[table.split]}: {_few(match.metrics)}"
        for table, matches in pairs
        for match in _all(matches)
        if match.metrics.left_out
    }
    if left_out:
        yield "Left out of our averages, for want of positives", f"{'; '.join(sorted(left_out))}."


def _few(metrics: Metrics) -> str:
    """Tags that are left out, or where they are named if they are many."""
    count = len(metrics.left_out)
    if count > FEW:
        return f"{count} of {len(metrics.tags)} tags, named under “All figures”"
    return tag_words(metrics.left_out)


def _range(values: Iterable[float]) -> str:
    known = sorted(values)
    if not known:
        return DASH
    low, high = figure(known[0]), figure(known[-1])
    return low if low == high else f"{low} to {high}"


def _listed(words: Iterable[str]) -> str:
    return " and ".join(words)


def _highest_published() -> PublishedResult | None:
    known = [
        result
        for result in published_results()
        if result.data == PAPER_DATA
        and result.checked
        and result.split.startswith("folders")
        and result.pr_auc
    ]
    return max(known, key=lambda result: result.pr_auc or 0.0, default=None)


def _source(result: PublishedResult) -> str:
    source = result.source if result.checked else f"Unconfirmed: {result.source}"
    return f"{source}. {result.note}" if result.note else source
