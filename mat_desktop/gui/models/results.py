"""A training's figures as rows of tables: its tags, and its results, beside the paper's where it has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from mat_desktop.app.training_runs import Run, TagFigures
from mat_desktop.app.trainings import Training
from mat_desktop.domain.scheme import TagScheme
from mat_desktop.domain.tags import Category
from mat_desktop.gui import words
from mat_desktop.gui.models.figures import Cell, Heading, figure
from mat_desktop.gui.models.trainings import card_figures, row_title

SHORT = {"mtat": "MTAT", "mtg_jamendo": "Jamendo", "msd": "MSD"}
SPLITS = {"valid": "Validation", "test": "Test"}

TAGS = (
    Heading("Tag"),
    Heading("Category", 104, spare=1),
    Heading("Positives", 66, right=True),
    Heading("ROC-AUC", 70, right=True),
    Heading("PR-AUC", 106, right=True),
    Heading("Threshold", 78, right=True, spare=2),
)
GROUPS = ("Accuracy", "PR-AUC", "ROC-AUC")
BESIDE = (
    Heading("Network"),
    *(
        Heading(text, 54, right=True, spare=int(group == "Accuracy"))
        for group in GROUPS
        for text in ("ours", "paper")
    ),
)
RESULTS = (
    Heading("Measured on"),
    Heading("Clips", 64, right=True),
    Heading("Accuracy", 80, right=True, spare=1),
    Heading("PR-AUC", 80, right=True),
    Heading("ROC-AUC", 80, right=True),
)

AGREEMENT = (
    Heading("Tag"),
    Heading("Category", 104, spare=1),
    Heading("Yes", 40, right=True),
    Heading("No", 40, right=True),
    Heading("Before", 72, right=True),
    Heading("Held out", 72, right=True),
    Heading("Learned", 72, right=True),
)
"""Of a training on corrections: with how many decisions the old model agrees, and the new one, where they
were left out and where it learned from them.
"""
AGREEMENT_RESULTS = (
    Heading("Agreement with your decisions"),
    Heading("Decisions", 80, right=True),
    Heading("Before", 80, right=True),
    Heading("After", 80, right=True),
)

Cells = list[Cell]


def tag_rows(tags: Sequence[TagFigures], scheme: TagScheme, digits: int = 4) -> list[Cells]:
    """The most frequent first. Where vocabularies share a tag's name, each is named beside it."""
    kinds = {source: tag.category for tag in scheme.tags for source in tag.sources}
    split = [(tag, *_parts(tag.name)) for tag in tags]
    often = Counter(name for _, _, name in split)
    rows = []
    for tag, vocabulary, name in sorted(split, key=lambda entry: -(entry[0].positives or 0)):
        where = SHORT.get(vocabulary, vocabulary)
        kind = kinds.get(tag.name) or next((c for c in Category if c.value == vocabulary), None)
        rows.append(
            [
                Cell(f"{name} · {where}" if often[name] > 1 else name),
                _kind(kind, where),
                Cell("–" if tag.positives is None else words.number(tag.positives), tag.positives or 0.0),
                figure(tag.roc_auc, digits),
                figure(tag.pr_auc, digits, bar=True),
                figure(tag.threshold, 2, token="muted"),
            ]
        )
    return rows


def _parts(name: str) -> tuple[str, str]:
    vocabulary, _, rest = name.partition("/")
    return vocabulary, rest.rpartition("---")[2] or rest


def _kind(kind: Category | None, vocabulary: str) -> Cell:
    if kind is None:
        return Cell(vocabulary, token="muted")
    return Cell(words.CATEGORY_WORDS[kind], token=kind.value, icon=words.CATEGORY_ICONS[kind])


def paper_table(told: Mapping[str, Any] | None, number: str) -> Mapping[str, Any]:
    """A table of the paper as ``python -m training describe`` tells it; empty before it has."""
    tables = told["tables"] if told else ()
    return next((table for table in tables if table["number"] == number), {})


def paper_row(table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """What the paper prints of a network, empty where it does not."""
    return next((row for row in table.get("rows", ()) if row["key"] == key), {})


def beside_rows(training: Training, table: Mapping[str, Any]) -> list[Cells]:
    """Every row of the paper's table with what came of it here: a dash before it is measured."""
    split = str(table.get("split", "valid"))
    planned = {row.key: row for row in training.order.rows}
    rows = []
    for paper in table.get("rows", ()):
        row = planned.get(paper["key"])
        run = training.run_of(row) if row is not None else None
        ours = _ours(run, split)
        cells = [Cell(row_title(paper["key"]).replace(" layers", ""))]
        for name in ("accuracy", "pr_auc", "roc_auc"):
            mine = figure(ours.get(name), 2 if run is not None and run.rests_on_few else 4)
            cells += [
                Cell(mine.text, mine.key, "text" if ours.get(name) is not None else "faint"),
                figure(paper[name], token="muted"),
            ]
        rows.append(cells)
    return rows


def averaged(vocabularies: int) -> str:
    """What the figures of a run are means of."""
    return "macro over tags" if vocabularies < 2 else f"macro, mean of {vocabularies} vocabularies"


def _ours(run: Run | None, split: str) -> dict[str, float | None]:
    if run is None:
        return {}
    found = run.splits.get(split)
    if found is not None:
        return {"accuracy": found.accuracy, "pr_auc": found.pr_auc, "roc_auc": found.roc_auc}
    best = run.best
    if best is None or split != "valid":
        return {}
    return {"pr_auc": best.pr_auc, "roc_auc": best.roc_auc}


def result_rows(training: Training, run: Run | None, digits: int = 4) -> list[Cells]:
    """By split; of a model that was fine-tuned without a run by vocabulary, as its card says."""
    if run is not None and run.splits:
        return [
            [
                Cell(SPLITS.get(name, name)),
                Cell(words.number(found.clips), found.clips),
                *(figure(value, digits) for value in (found.accuracy, found.pr_auc, found.roc_auc)),
            ]
            for name, found in run.splits.items()
        ]
    rows = []
    metrics = training.card.get("metrics")
    counted = metrics.get("clips") if isinstance(metrics, dict) else None
    for split, title in SPLITS.items():
        clips = counted.get(split) if isinstance(counted, dict) else None
        clips = clips if isinstance(clips, int) else training.order.used(split)
        for vocabulary, found in card_figures(training, split).items():
            pr, roc = (_number(found.get(name)) for name in ("pr_auc", "roc_auc"))
            name = words.vocabulary(vocabulary)
            number = Cell(words.number(clips), clips) if clips else figure(None)
            areas = figure(pr, digits), figure(roc, digits)
            rows.append([Cell(f"{title}, {name}"), number, figure(None), *areas])
    return rows


def agreement_rows(figures: Mapping[str, Any], scheme: TagScheme) -> list[Cells]:
    """How each corrected tag fares, in counts: a share of few decisions says little. Empty where the training
    did not say.
    """
    kinds = {tag.name: tag.category for tag in scheme.tags}
    found = figures.get("by_tag")
    by_tag = found if isinstance(found, dict) else {}
    tags = by_tag.get("tags")
    names = tags if isinstance(tags, list) else []
    columns = {key: _counts(by_tag.get(key), len(names)) for key in ("verdicts", "accepted", *AGREED)}
    rows = []
    for place, name in enumerate(map(str, names)):
        verdicts, yes = columns["verdicts"][place], columns["accepted"][place]
        if verdicts is None or yes is None:
            return []
        rows.append(
            [
                Cell(name),
                _kind(kinds.get(name), ""),
                Cell(words.number(yes), yes),
                Cell(words.number(verdicts - yes), verdicts - yes),
                *(_agreed(columns[key][place], verdicts) for key in AGREED),
            ]
        )
    return rows


AGREED = ("before", "held_out", "after")


def _counts(column: object, number: int) -> list[int | None]:
    values = column if isinstance(column, list) and len(column) == number else [None] * number
    return [value if isinstance(value, int) and not isinstance(value, bool) else None for value in values]


def _agreed(count: int | None, verdicts: int) -> Cell:
    if count is None or not verdicts:
        return figure(None)
    return Cell(f"{words.number(count)} of {words.number(verdicts)}", count / verdicts)


def agreement_results(figures: Mapping[str, Any]) -> list[Cells]:
    """All tags together, on tracks that were left out and on those that were learned from."""
    verdicts = figures.get("verdicts")
    before, after = _number(figures.get("before")), _number(figures.get("after"))
    if not isinstance(verdicts, int) or before is None or after is None:
        return []
    held_out = _number(figures.get("held_out"))
    rows = [("On tracks left out", None if held_out is None else before, held_out)]
    rows.append(("On tracks that it learned from", before, after))
    return [
        [
            Cell(title),
            figure(None) if new is None else Cell(words.number(verdicts), verdicts),
            *(figure(None) if share is None else Cell(f"{share:.0%}", share) for share in (old, new)),
        ]
        for title, old, new in rows
    ]


def correction_text(figures: Mapping[str, Any]) -> str:
    """What a training on corrections achieved, in sentences."""
    verdicts, tracks = figures.get("verdicts"), figures.get("tracks")
    before, after = _number(figures.get("before")), _number(figures.get("after"))
    if not isinstance(verdicts, int) or not isinstance(tracks, int) or before is None or after is None:
        return ""
    text = (
        f"{words.plural(verdicts, 'decision')} on {words.plural(tracks, 'track')}. The model agrees with "
        f"{after:.0%} of them; the one it comes from with {before:.0%}. "
        "Here a tag counts by its threshold alone; a comparison counts what is suggested."
    )
    names = figures.get("tags")
    if isinstance(names, list) and names:
        more = f" and {len(names) - 12} more" if len(names) > 12 else ""
        text += f" Changed: {', '.join(map(str, names[:12]))}{more}."
    held_out, harm = _number(figures.get("held_out")), _number(figures.get("harm"))
    if held_out is not None:
        text += f" On tracks that were left out of the training it agrees with {held_out:.0%}"
        text += (
            "." if figures.get("better") is not False else ": it is no better there, so keep the old model."
        )
    else:
        text += " Whether it is better on other tracks is not known; that takes more tracks by more artists."
    if harm is not None:
        text += f" Where you said nothing of a tag, no score moved by more than {harm:.2f}"
        come, go = figures.get("come"), figures.get("go")
        if isinstance(come, int) and isinstance(go, int):  # one of before these were counted has none
            text += f", by which {words.number(come)} of these tags come above their thresholds"
            text += f" and {words.number(go)} go below"
        text += "."
    return text


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
