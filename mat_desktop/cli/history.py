"""``mat-desktop history``: the runs that wrote to files."""

from __future__ import annotations

import argparse
from threading import Event

from mat_desktop.app.session import Session
from mat_desktop.cli.output import count


def run(options: argparse.Namespace, cancel: Event) -> int:
    """One line a run, the newest first. Exit status 0."""
    session = Session(options.data_dir)
    try:
        runs = session.runs()
        if not runs:
            print("Nothing was written yet.")
        for entry in runs:
            local = entry.started.astimezone().strftime("%Y-%m-%d %H:%M")
            state = ", undone" if entry.undone else ""
            what = f"{count(entry.files, 'file')}, {count(entry.changes, 'change')}"
            print(f"{entry.id:>5}  {local}  {what}  {entry.reason}{state}")
    finally:
        session.close()
    return 0
