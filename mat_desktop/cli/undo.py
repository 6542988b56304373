"""``mat-desktop undo [RUN]`` and ``redo [RUN]``: take a run, a file or a field of it back, and back again."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import suppress
from threading import Event

from mat_desktop.app.latest import latest
from mat_desktop.app.session import Session
from mat_desktop.app.undo import last_run, last_undo, look, redoing, undoing
from mat_desktop.cli.opening import opened
from mat_desktop.cli.output import command, errors, progress, searching
from mat_desktop.cli.reversal import Done, carry_out, print_json, say_changing, show, tell
from mat_desktop.domain.reversal import FileReversal, RunKind, Task
from mat_desktop.domain.tags import WRITABLE, Field
from mat_desktop.errors import UsageFault


def run(options: argparse.Namespace, cancel: Event) -> int:
    """Exit status 0, or 1 when a file cannot be put back entirely."""
    with opened(options.data_dir, tags=False, settle=True, looking=options.dry_run) as session:
        return _undo(session, options, cancel)


def _undo(session: Session, options: argparse.Namespace, cancel: Event) -> int:
    files = [path.absolute() for path in options.file]
    fields = read_fields(options.field)
    what = RunKind(options.command)
    with searching() as looked:
        number = latest(session, what, cancel, looked) if options.run is None else options.run
        task = (redoing if what is RunKind.REDO else undoing)(session, number, files, fields, cancel, looked)
    found = _look(session, task, cancel)
    if cancel.is_set():
        return 0
    chosen = found if options.force else [file.safe for file in found]
    if options.dry_run:
        if options.json:
            print_json(task, found, None)
        else:
            show(found)
        return say_changing(chosen, f"without --dry-run, {options.command} does it")
    done = carry_out(session, task, chosen, f"{options.command.title()}ing run {number}", cancel)
    told = tell(done, "{} put back as before it" if task.kind is RunKind.UNDO else "{} written again")
    left = _left(session, options, number, task, done)
    errors.print(f"Run {number}: {told}.{left}")
    if options.json:
        print_json(task, found, done)
    return done.status


def _left(session: Session, options: argparse.Namespace, number: int, task: Task, done: Done) -> str:
    """How to go on where a run could not be taken back entirely, with it and past it."""
    if options.file or options.field:
        return ""
    run = next((run for run in session.runs() if run.id == task.undo_of), None)
    # What counts of a run that several undos took back is no rest of its redo.
    if run is None or run.undone or (run.kind is RunKind.UNDO) is not (task.kind is RunKind.REDO):
        return ""
    again = command(options, options.command, number)
    if run.tried:
        there = " (files that were moved: with --file FOLDER)" if done.absent else ""
        return f" To look again at what was left: {again}{there}" if done.status else ""
    text = f" To go on with the rest of it: {again}"
    with suppress(UsageFault):
        before = (last_run if options.command == "undo" else last_undo)(session, number)
        text += f". For the one before it: {command(options, options.command, before)}"
    return text


def _look(session: Session, task: Task, cancel: Event) -> list[FileReversal]:
    found = []
    with progress() as bar:
        bar_task = bar.add_task("Looking", total=len(task.pasts))
        for file in look(session, task.pasts, cancel):
            found.append(file)
            bar.advance(bar_task)
    return found


def read_fields(words: Sequence[str]) -> list[Field]:
    """Names of fields. :raises UsageFault: one is not a field that this program writes"""
    for word in words:
        if word not in WRITABLE:
            names = ", ".join(field for field in Field if field in WRITABLE)
            raise UsageFault(f"--field {word}: {word!r} is none of {names}")
    return [Field(word) for word in words]
