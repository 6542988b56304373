"""``mat-desktop undo [RUN]``: takes a run back."""

from __future__ import annotations

import argparse
from threading import Event

from mat_desktop.app.recover import recover
from mat_desktop.app.session import Session
from mat_desktop.app.undo import last_run, undo
from mat_desktop.cli.output import count, errors, list_failures, progress
from mat_desktop.domain.plan import WriteStatus
from mat_desktop.errors import FileFault, printable


def run(options: argparse.Namespace, cancel: Event) -> int:
    """Exit status 0, or 1 when a file could not be put back entirely."""
    session = Session(options.data_dir)
    try:
        for result in recover(session):
            errors.print(f"an earlier run: {printable(result.path)}: {result.reason}")
        number = last_run(session) if options.run is None else options.run
        faults = []
        restored = 0
        with progress() as bar:
            task = bar.add_task(f"Undoing run {number}", total=len(session.journal.written(number)))
            for result in undo(session, number, cancel):
                bar.advance(task)
                if result.status is WriteStatus.WRITTEN:
                    restored += 1
                else:
                    faults.append(FileFault(result.path, result.reason))
        list_failures(faults)
        errors.print(f"Run {number}: {count(restored, 'file')} put back as before it.")
        return 1 if faults else 0
    finally:
        session.close()
