"""``mat-desktop history [RUN]``: the runs that wrote to files, or the files and fields of one."""

from __future__ import annotations

import argparse
from threading import Event

from mat_desktop.app.session import reading_journal
from mat_desktop.app.undo import written_by
from mat_desktop.cli.output import change_line, count, errors
from mat_desktop.domain.reversal import RunKind
from mat_desktop.errors import UsageFault, printable
from mat_desktop.store.journal import Journal, Run


def run(options: argparse.Namespace, cancel: Event) -> int:
    """One line a run, the newest first; or what one of them wrote. Exit status 0."""
    with reading_journal(options.data_dir) as journal:
        runs = journal.runs() if journal is not None else []
        if options.run is not None:
            _one(journal, runs, options.run)
        elif not runs:
            print("Nothing was written yet.")
        else:
            for entry in runs:
                print(_line(entry))
        waiting = len(journal.unfinished()) if journal is not None else 0
        if waiting:
            errors.print(f"{count(waiting, 'file')} on the way when the program ended: undo looks at them.")
    return 0


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


def _one(journal: Journal | None, runs: list[Run], number: int) -> None:
    run = next((run for run in runs if run.id == number), None)
    if journal is None or run is None:
        raise UsageFault(f"there is no run {number} that wrote anything")
    print(_line(run))
    for file in written_by(journal, number):
        print(printable(file.path))
        for item in file.fields:
            print(change_line(item.change, item.why))
