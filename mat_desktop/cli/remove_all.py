"""``mat-desktop remove-all [PATH…]``: takes everything that the program ever wrote out of the files again."""

from __future__ import annotations

import argparse
from threading import Event

from mat_desktop.app import remove
from mat_desktop.app.session import Session
from mat_desktop.cli.opening import opened
from mat_desktop.cli.output import command, errors, list_failures, progress, searching
from mat_desktop.cli.reversal import Done, carry_out, print_json, say_changing, show, tell
from mat_desktop.cli.undo import read_fields
from mat_desktop.domain.reversal import FileReversal
from mat_desktop.domain.tags import MARKS
from mat_desktop.errors import FileFault


def run(options: argparse.Namespace, cancel: Event) -> int:
    """Exit status 0, or 1 when a file will still hold something of ours."""
    with opened(options.data_dir, tags=False, settle=True, looking=not options.write) as session:
        return _remove(session, options, cancel)


def _remove(session: Session, options: argparse.Namespace, cancel: Event) -> int:
    fields = read_fields(options.field)
    with searching() as looked:
        task = remove.removing(session, options.paths, cancel, looked)
    if cancel.is_set():  # not all was looked at
        return 0
    found: list[FileReversal] = []
    with progress() as bar:
        bar_task = bar.add_task("Looking", total=len(task.pasts))
        for past in task.pasts:
            if cancel.is_set():
                return 0
            bar.advance(bar_task)
            file = remove.look_at(session, past, fields)
            if file is not None:
                found.append(file)
    done, status = Done(), 0
    chosen = [file.safe for file in found]
    if not found:
        errors.print("Nothing that this program wrote is in the files.")
    elif not options.write:
        if not options.json:
            show(found)
        status = say_changing(chosen, "--write does it")
    else:
        done = carry_out(session, task, chosen, "Removing", cancel)
        status = done.status
        only = sum(bool(file.note) and all(c.field in MARKS for c in file.changes) for file in chosen)
        of_these = f", of {only} of them only the marks" if only else ""
        text = f"{tell(done, f'What was written is out of {{}}{of_these}')}."
        elsewhere = [FileFault(file.path, file.note) for file in found if file.note]
        list_failures(elsewhere, "with marks from elsewhere")
        if done.written:
            text += f" {command(options, 'undo', done.run)} brings it back."
        errors.print(text)
    if options.json:
        print_json(task, found, done)
    return status
