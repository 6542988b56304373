"""How far a score can be taken for a probability, before and after Platt scaling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.calibration import Reliability, fit_platt, reliability, threshold_for_precision
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
from training.report.words import Shown, label_words
from training.results import Scores

WANTED = 0.8


@dataclass(frozen=True, slots=True)
class _Measured:
    """Of one run, on its test split: reliability, and what thresholds of a wanted precision come to.

    :param tags: for which validation has a threshold of that precision
    :param precision: of all decisions at these thresholds; NaN without any
    :param recall: likewise
    """

    plain: Reliability
    calibrated: Reliability
    tags: int
    precision: float
    recall: float


def calibration(entries: Sequence[Shown]) -> Section:
    """Reliability diagrams; fitted on the validation split, shown on the test split."""
    title = "Calibration"
    known = [
        (entry, found)
        for entry in entries
        if {"valid", "test"} <= entry.run.scores.keys()
        and (found := _measure(entry.run.scores["valid"], entry.run.scores["test"]))
    ]
    if not known:
        return Section(title, ())
    text = (
        "Share of positives among predictions of like probability, all tags together, on the test split. "
        "Scores are calibrated tag by tag, by Platt scaling on the validation split. The calibration "
        "error is the mean distance from the diagonal over all predictions." + label_words(entries)
    )
    unit = (0.0, 1.0)
    charts = tuple(
        Plot(
            name,
            "share of positives over probability",
            tuple(_series(entry, getattr(found, field)) for entry, found in known),
            "probability",
            unit,
            unit,
            (Reference("perfect", None),),
        )
        for name, field in (("Scores as they are", "plain"), ("After Platt scaling", "calibrated"))
    )
    legend = tuple((entry.label, entry.index, entry.style) for entry, _ in known)
    return Section(title, (Paragraph(text), Plots(charts, legend), _table(known)))


def _measure(valid: Scores, test: Scores) -> _Measured | None:
    """None where no tag can be calibrated."""
    platt = fit_platt(valid.scores, valid.decision_positives)
    usable = np.isfinite(platt.slope)
    if not usable.any():
        return None
    scores, positives = test.scores[:, usable], test.decision_positives[:, usable]
    wanted = threshold_for_precision(valid.scores[:, usable], valid.decision_positives[:, usable], WANTED)[0]
    decided = scores >= np.where(np.isnan(wanted), np.inf, wanted)
    right, reached = decided & positives, positives[:, ~np.isnan(wanted)]
    return _Measured(
        reliability(scores, positives),
        reliability(platt(test.scores), test.decision_positives),
        int((~np.isnan(wanted)).sum()),
        float(right.sum() / decided.sum()) if decided.any() else float("nan"),
        float(right.sum() / reached.sum()) if reached.any() else float("nan"),
    )


def _series(entry: Shown, found: Reliability) -> Series:
    points = tuple(zip(found.predicted.tolist(), found.happened.tolist(), strict=True))
    return Series(points, entry.label, entry.index, entry.style)


def _table(known: Sequence[tuple[Shown, _Measured]]) -> Table:
    columns = (
        Column("Run", text=True),
        Column("scores", "Calibration error"),
        Column("after Platt scaling", "Calibration error"),
        Column("tags", f"Thresholds of precision {WANTED}"),
        Column("precision", f"Thresholds of precision {WANTED}"),
        Column("recall", f"Thresholds of precision {WANTED}"),
    )
    rows = tuple(
        (
            Cell(entry.label),
            Cell(figure(found.plain.error)),
            Cell(figure(found.calibrated.error)),
            Cell(str(found.tags)),
            *(Cell(figure(None if np.isnan(v) else v)) for v in (found.precision, found.recall)),
        )
        for entry, found in known
    )
    return Table("Calibration, and thresholds that validation has chosen", columns, rows)
