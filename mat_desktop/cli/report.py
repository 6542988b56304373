"""The report of ``mat-desktop tag``: one record a file, from which text, JSON and CSV are made."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from mat_desktop import __version__
from mat_desktop.app.session import Session
from mat_desktop.cli.output import change_line, change_object
from mat_desktop.domain.plan import Change, told_copies
from mat_desktop.domain.scores import Scores, Suggestion
from mat_desktop.domain.tags import Category
from mat_desktop.errors import printable

NEAREST = 3
"""Tags that are named of a track for which none is suggested."""


@dataclass(slots=True)
class Record:
    """What happened to one file.

    :param status: "planned", "unchanged", "written", "conflict" or "failed"
    :param error: one sentence where it failed
    :param copied: fields that come into a new tag beside the changes
    :param told: of how the changes are written
    """

    path: Path
    status: str
    error: str = ""
    scores: Scores | None = None
    suggestions: Sequence[Suggestion] = ()
    changes: Sequence[Change] = ()
    copied: Sequence[str] = ()
    told: Sequence[str] = ()

    @property
    def chosen(self) -> list[Suggestion]:
        """Suggestions that count, by category, the surest first."""
        return [suggestion for suggestion in self.suggestions if suggestion.chosen]

    @property
    def nearest(self) -> list[Suggestion]:
        """Suggestions that do not count, those first that lack least of their thresholds; a few."""
        known = [s for s in self.suggestions if not s.chosen and not s.by_hand and s.score > 0]
        return sorted(known, key=lambda s: s.threshold / s.score)[:NEAREST]


def text_of(record: Record) -> str:
    """Path, tags by category with scores, and the changes old -> new."""
    lines = [printable(record.path)]
    if record.scores is not None and record.scores.silent:
        lines.append("  nothing but silence")
    for category in Category:
        tags = [_told(s) for s in record.chosen if s.tag.category is category]
        if tags:
            lines.append(f"  {category:<11} {', '.join(tags)}")
    if record.scores is not None and not record.scores.silent and not record.chosen:
        nearest = [f"{_told(s)} of {s.threshold:.2f}" for s in record.nearest]
        lines.append(f"  nothing is sure enough; nearest: {', '.join(nearest) or 'none'}")
    lines += map(change_line, record.changes)
    if record.copied:
        lines.append(f"  {'note':<11} {told_copies(record.copied)}")
    lines += [f"  {'note':<11} {text}" for text in record.told]
    if record.error:
        lines.append(f"  {record.status}: {record.error}")
    elif record.status in ("written", "unchanged"):
        lines.append(f"  {record.status}")
    return "\n".join(lines)


def _told(suggestion: Suggestion) -> str:
    score = "(by hand)" if suggestion.by_hand else f"{suggestion.score:.2f}"
    held = " (not written)" if suggestion.chosen and not suggestion.written else ""
    return f"{suggestion.tag.shown} {score}{held}"


def write_json(
    session: Session, records: Sequence[Record], run: int | None, error: str | None, file: TextIO
) -> None:
    """The whole report. Names that are not UTF-8 keep their bytes as lone surrogates (PEP 383).

    A suggested tag is ``writable`` unless it is only written once it was accepted.

    :param error: what ended the run before all was done
    """
    keys = [tag.key for tag in session.card.tags]
    report = {
        "program": f"mat-desktop {__version__}",
        "model": {
            "name": session.card.name,
            "title": session.card.title,
            "digest": session.card.digest,
        },
        "device": session.device,
        "scheme": session.scheme.name,
        "run": run,
        "error": error,
        "files": [_as_json(record, keys) for record in records],
    }
    json.dump(report, file, indent=1)
    file.write("\n")


def write_csv(session: Session, records: Sequence[Record], file: TextIO) -> None:
    """One row a file: status, suggested tags by category, those of them that are only written once
    they are accepted, planned values by field, every raw score."""
    keys = [tag.key for tag in session.card.tags]
    fields = list(dict.fromkeys(change.field for record in records for change in record.changes))
    # Standard output has the line ends of its system.
    writer = csv.writer(file, lineterminator="\n" if file is sys.stdout else "\r\n")
    planned = [f"new {field}" for field in fields]
    taught = [tag.key for tag in session.taught.tags]
    told = ["path", "status", "error", "seconds", *Category, "not written"]
    writer.writerow([*told, *planned, *keys, *taught])
    for record in records:
        tags = [
            "; ".join(s.tag.shown for s in record.chosen if s.tag.category is category)
            for category in Category
        ]
        held = "; ".join(s.tag.shown for s in record.chosen if not s.written)
        after = {change.field: "; ".join(change.after) for change in record.changes}
        values: list[object] = list(record.scores.values) if record.scores else [""] * len(keys)
        own = _taught(record.scores) if record.scores else {}
        values += [own.get(key, "") for key in taught]
        seconds = f"{record.scores.seconds:.2f}" if record.scores else ""
        new = [after.get(field, "") for field in fields]
        told = [printable(record.path), record.status, record.error, seconds, *tags, held]
        writer.writerow([*told, *new, *values])


def _taught(scores: Scores) -> dict[str, float]:
    return {key: round(value, 6) for key, value in scores.taught.items()}


def _as_json(record: Record, keys: Sequence[str]) -> dict[str, Any]:
    scores = record.scores
    return {
        "path": str(record.path),
        "status": record.status,
        "error": record.error or None,
        "track_id": scores.track_id if scores else None,
        "seconds": round(scores.seconds, 3) if scores else None,
        "silent": scores.silent if scores else None,
        "scores": {**dict(zip(keys, scores.values, strict=True)), **_taught(scores)} if scores else {},
        "tags": [
            {
                "key": s.tag.key,
                "name": s.tag.name,
                "label": s.tag.shown,
                "category": s.tag.category,
                "score": None if s.by_hand else round(s.score, 4),
                "threshold": None if s.by_hand else round(s.threshold, 4),
                "writable": s.written,
            }
            for s in record.chosen
        ],
        "changes": [change_object(change) for change in record.changes],
        "copied": list(record.copied),
        "notes": list(record.told),
    }
