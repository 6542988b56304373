"""``mat-desktop history [RUN]``: the runs that wrote to files, or what became of each file of one."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from threading import Event

from mat_desktop.app.own_file import spare
from mat_desktop.app.run_report import Refused, export_run
from mat_desktop.app.session import reading_journal
from mat_desktop.app.undo import REVERTED, written_by
from mat_desktop.cli.output import change_line, change_object, errors
from mat_desktop.domain.counting import count
from mat_desktop.domain.plan import told_copies
from mat_desktop.domain.reversal import FileReversal, RunKind
from mat_desktop.errors import UsageFault, harmless, printable
from mat_desktop.store.journal import Run

EXPORTS = (".csv", ".json")


def run(options: argparse.Namespace, cancel: Event) -> int:
    """One line a run, the newest first; or what one of them wrote and left. Exit status 0."""
    if options.export is not None:
        _check_export(options)
    with reading_journal(options.data_dir) as journal:
        runs = journal.runs() if journal is not None else []
        if options.run is not None:
            chosen = next((run for run in runs if run.id == options.run), None)
            if journal is None or chosen is None:
                raise UsageFault(f"there is no run {options.run} that wrote anything")
            if options.export is not None:
                export_run(journal, chosen.id, options.export)
                errors.print(f"Run {chosen.id} is exported to {printable(options.export)}.")
                return 0
            files, refused = written_by(journal, chosen.id), journal.refused(chosen.id)
            if options.json:
                left = [{"path": str(path), "error": reason} for path, reason in refused]
                print(json.dumps({**_as_object(chosen), "written": _files(files), "left": left}, indent=1))
            else:
                _show(chosen, files, refused)
        elif options.json:
            print(json.dumps([_as_object(run) for run in runs], indent=1))
        elif not runs:
            print("Nothing was written yet.")
        else:
            for run in runs:
                print(_line(run))
        waiting = len(journal.unfinished()) if journal is not None else 0
        if waiting:
            errors.print(f"{count(waiting, 'file')} on the way when the program ended: undo looks at them.")
    return 0


def _check_export(options: argparse.Namespace) -> None:
    """:raises MatError: no RUN, or no place for a table"""
    if options.run is None or options.json:
        raise UsageFault("history: --export takes a RUN and no --json")
    if options.export.suffix.lower() not in EXPORTS:
        raise UsageFault(f"--export {printable(options.export)}: a name that ends in {' or '.join(EXPORTS)}")
    spare(options.export, lambda path: None)  # its name says that such a table lies there


def _line(run: Run) -> str:
    local = run.started.astimezone().strftime("%Y-%m-%d %H:%M")
    files = count(run.files, "file")
    if run.planned is not None and run.planned > run.files:
        files = f"{run.files:,} of {count(run.planned, 'file')}"
    state = ""
    if run.undone:
        state = ", redone" if run.kind is RunKind.UNDO else ", undone"
    elif run.reverted:
        state = f", {count(run.reverted, 'change')} undone"
    fields = ", ".join(run.fields)
    return f"{run.id:>5}  {local}  {files}, {count(run.changes, 'change')}  {run.reason} ({fields}){state}"


def _show(run: Run, files: Sequence[FileReversal], refused: Refused) -> None:
    print(_line(run))
    for file in files:
        print(printable(file.path))
        for item in file.fields:
            print(change_line(item.change, item.why))
        if file.copied:
            print(f"  note: {told_copies(file.copied, done=True)}")
    for path, reason in refused:
        print(f"{printable(path)}\n  left as it was: {harmless(reason)}")


def _as_object(run: Run) -> dict[str, object]:
    return {
        "run": run.id,
        "started": run.started.isoformat(),
        "kind": run.kind,
        "undo_of": run.undo_of,
        "reason": run.reason,
        "fields": list(run.fields),
        "planned": run.planned,
        "files": run.files,
        "changes": run.changes,
        "reverted": run.reverted,
        "undone": run.undone,
    }


def _files(files: Sequence[FileReversal]) -> list[dict[str, object]]:
    return [
        {
            "path": str(file.path),
            "changes": [
                {**change_object(item.change), "undone": item.why == REVERTED} for item in file.fields
            ],
            "copied": list(file.copied),
        }
        for file in files
    ]
