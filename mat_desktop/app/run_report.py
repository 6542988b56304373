"""What a run wrote, as a file for other programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from os import fspath
from pathlib import Path

from mat_desktop import __version__
from mat_desktop.app.own_file import put
from mat_desktop.app.undo import written_by
from mat_desktop.domain.plan import told_copies
from mat_desktop.domain.reversal import FileReversal
from mat_desktop.errors import UsageFault, printable
from mat_desktop.store.journal import Journal, Run

Refused = Sequence[tuple[Path, str]]
"""Files that were left as they were, each with the reason."""

COLUMNS = ("path", "field", "before", "after", "state")


def export_run(journal: Journal, number: int, path: Path) -> None:
    """Each field of each file with its values before and after; "undone" where they do not count any more.

    A file that the run left as it was has its reason instead: in CSV as the state of a row without a field.
    So has a file with a new tag what was copied into it.

    :param path: CSV by its suffix (values joined by "; "), else JSON, in which names that are not UTF-8 keep
        their bytes as lone surrogates (PEP 383)
    :raises UsageFault: there is no such run
    :raises StoreFault: the file cannot be written and is as it was
    """
    run = next((run for run in journal.runs() if run.id == number), None)
    if run is None:
        raise UsageFault(f"there is no run {number} that wrote anything")
    files = written_by(journal, number)
    refused = journal.refused(number)
    as_csv = path.suffix.lower() == ".csv"
    put(path, _as_csv(files, refused) if as_csv else _as_json(run, files, refused))


def _as_csv(files: Sequence[FileReversal], refused: Refused) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for file in files:
        for item in file.fields:
            before, after = ("; ".join(values) for values in (item.change.before, item.change.after))
            writer.writerow([printable(file.path), item.change.field, before, after, item.why])
        if file.copied:
            writer.writerow([printable(file.path), "", "", "", told_copies(file.copied, done=True)])
    for place, reason in refused:
        writer.writerow([printable(place), "", "", "", f"left as it was: {reason}"])
    return out.getvalue()


def _as_json(run: Run, files: Sequence[FileReversal], refused: Refused) -> str:
    report = {
        "program": f"mat-desktop {__version__}",
        "run": run.id,
        "started": run.started.isoformat(),
        "kind": run.kind,
        "reason": run.reason,
        "files": [
            {
                "path": fspath(file.path),
                "changes": [
                    {
                        "field": item.change.field,
                        "before": item.change.before,
                        "after": item.change.after,
                        "state": item.why,
                    }
                    for item in file.fields
                ],
                "copied": file.copied,
            }
            for file in files
        ],
        "left": [{"path": fspath(place), "reason": reason} for place, reason in refused],
    }
    return json.dumps(report, indent=1) + "\n"
