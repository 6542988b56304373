"""What a report says about one run or several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mat_desktop.domain.counting import count
from training.published import TableNumber
from training.report.calibration import calibration
from training.report.curves import learning, roc_and_pr
from training.report.page import Page, Tile, figure
from training.report.paper import beside_the_paper, other_systems
from training.report.tables import all_figures, by_tag, settings, size_and_time
from training.report.words import (
    SPLITS,
    Shown,
    budgets_words,
    changes_words,
    chosen_words,
    data_words,
    duration,
    full_name,
    large,
    papers_parameters,
    shown,
)
from training.results import Run


def compose(
    runs: Sequence[Run],
    title: str = "",
    table: TableNumber | None = None,
    begun: Mapping[str, str] | None = None,
) -> Page:
    """The page on these runs, in their order.

    :param title: empty: their names
    :param table: of the paper, that stands first; without it the one that fits the runs best
    :param begun: see :func:`training.report.paper.beside_the_paper`
    """
    entries = shown(runs)
    sections = (
        beside_the_paper(entries, table, begun),
        learning(entries),
        roc_and_pr(entries),
        by_tag(entries),
        calibration(entries),
        all_figures(entries),
        size_and_time(entries),
        settings(entries),
        other_systems(entries),
    )
    name = ", ".join(entry.label for entry in entries) if len(entries) <= 3 else f"{len(entries)} runs"
    return Page(
        title=f"{title or name}: training report",
        lead=_lead(entries),
        warnings=_warnings(entries),
        tiles=_tiles(entries[0]) if len(entries) == 1 else (),
        sections=tuple(section for section in sections if section.blocks),
    )


def _lead(entries: Sequence[Shown]) -> str:
    data = dict.fromkeys(data_words(entry.run) for entry in entries)
    budgets = budgets_words(entry.run.result for entry in entries)
    words = "; ".join(data)
    return f"{words[0].upper()}{words[1:]}. {budgets[0].upper()}{budgets[1:]}."


def _warnings(entries: Sequence[Shown]) -> tuple[tuple[str, str], ...]:
    smoke = [entry for entry in entries if entry.run.result.budget == "smoke"]
    if not smoke:
        return ()
    results = [entry.run.result for entry in smoke]
    data = " and ".join(dict.fromkeys(f"the {full_name(result.data)}" for result in results))
    if len(entries) == 1:
        heading = f"Smoke run on {data}"
    elif len(smoke) == len(entries):
        heading = f"All {len(entries)} runs are smoke runs on {data}"
    else:
        labels = "; ".join(entry.label.removesuffix(", smoke run") for entry in smoke)
        heading = f"{len(smoke)} of {len(entries)} are smoke runs on {data}: {labels}"
    clips = max(result.data.clips.get("train", 0) for result in results)
    changes = {changes_words(result) for result in results}
    told = f"Changed: {min(changes)}. " if len(changes) == 1 and any(changes) else ""
    epochs = max(result.epochs for result in results)
    return (
        (
            f"{heading}.",
            f"{told}{count(clips, 'training clip')} and {count(epochs, 'epoch')} show that a network "
            "trains and is measured. The figures say nothing about how well it would do on the paper's data.",
        ),
    )


def _tiles(entry: Shown) -> tuple[Tile, ...]:
    result, metrics, split = entry.run.result, entry.metrics, SPLITS[entry.split]
    roc, pr = metrics.roc_auc, metrics.pr_auc
    papers = papers_parameters(result)
    size = f"{large(result.multiply_adds)} multiply-adds a clip"
    if papers not in (None, result.parameters):  # the head is for other tags
        size = f"{papers:,} with the paper's 50 tags; {size}"
    return (
        Tile(f"ROC-AUC, {split}", figure(roc.macro), f"macro; micro {figure(roc.micro)}; guessing 0.5000"),
        Tile(
            f"PR-AUC, {split}",
            figure(pr.macro),
            f"macro; micro {figure(pr.micro)}; guessing {figure(metrics.density)}",
        ),
        Tile(
            f"F1, {split}",
            figure(metrics.at_best.f1.macro),
            f"macro, at thresholds of {chosen_words(metrics.at_best)}; "
            f"at 0.5 {figure(metrics.at_half.f1.macro)}",
        ),
        Tile("Parameters", f"{result.parameters:,}", size),
        Tile(
            "Time per epoch",
            duration(result.seconds_per_epoch),
            f"{count(result.epochs, 'epoch')}; {result.hardware}",
        ),
    )
