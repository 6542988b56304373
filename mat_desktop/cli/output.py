"""What commands print: progress and failures to standard error, results to standard output."""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from mat_desktop.cli.streams import has_no_reader, silence_stdout
from mat_desktop.domain.counting import count
from mat_desktop.domain.plan import Change
from mat_desktop.errors import FileFault, harmless

TOLD_EVERY = 60
"""Seconds between two lines that tell how far it is, in a log."""


STOPPED = "stopped"
"""What a report for other programs says of work that Ctrl+C ended."""


class _Errors(Console):
    """Standard error. That nobody reads it any more ends nothing."""

    def on_broken_pipe(self) -> None:
        """Print nothing from now on."""
        self.quiet = True


errors = _Errors(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)


class _Rate(ProgressColumn):
    """Files a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.1f}/s")


class _Bar(Progress):
    """Where standard error is no terminal, a line now and then instead: logs should tell how far it is."""

    def __init__(self, *columns: ProgressColumn) -> None:
        super().__init__(
            *columns,
            console=errors,
            disable=not sys.stderr.isatty(),
            transient=True,
            # It would print results to standard error; on one terminal they stand above the bar.
            redirect_stdout=sys.stdout.isatty(),
        )
        self._told = time.monotonic()

    def advance(self, task_id: TaskID, advance: float = 1) -> None:
        """One more is done."""
        super().advance(task_id, advance)
        if self.disable and time.monotonic() - self._told >= TOLD_EVERY:
            self._told = time.monotonic()
            errors.print(_line(self.tasks[task_id]))


def progress() -> Progress:
    """A bar with count, rate and time left; a line a minute where standard error is not a terminal."""
    return _Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
    )


@contextmanager
def searching() -> Iterator[Callable[[object], None]]:
    """A bar for a search of which nobody knows how many files it comes to; call what it gives for each."""
    with progress() as bar:
        bar_task = bar.add_task("Searching", total=None)
        yield lambda _: bar.advance(bar_task)


def _line(task: Task) -> str:
    total = "" if task.total is None else f" of {task.total:,.0f}"
    rate = "" if task.elapsed is None else f", {task.completed / max(task.elapsed, 1):.1f}/s"
    left = ""
    if task.total and task.completed and task.elapsed:
        seconds = round(task.elapsed * (task.total - task.completed) / task.completed)
        left = f", {timedelta(seconds=seconds)} left"
    return f"{task.description}: {task.completed:,.0f}{total}{rate}{left}"


class Results:
    """Standard output for results that come while there is still work to do.

    Nobody who reads them (``head``, a full disk) ends that work.
    """

    def __init__(self) -> None:
        self.fault: OSError | None = None
        """Why nothing is printed any more."""

    @property
    def unread(self) -> bool:
        """The reader has seen enough."""
        return self.fault is not None and has_no_reader(self.fault)

    def print(self, text: str) -> None:
        """A result, at once."""
        self.do(lambda: sys.stdout.write(f"{text}\n"))

    def do(self, write: Callable[[], object]) -> None:
        """Let something write to standard output."""
        if self.fault is None:
            try:
                write()
                sys.stdout.flush()
            except OSError as error:
                self.fault = error
                silence_stdout()


def command(options: argparse.Namespace, *words: object) -> str:
    """What has to be typed to go on in the same library."""
    typed = ["mat-desktop", *map(str, words)]
    if options.data_dir is not None:
        typed += ["--data-dir", str(options.data_dir)]
    return subprocess.list2cmdline(typed) if sys.platform == "win32" else shlex.join(typed)


def change_line(change: Change, remark: str = "") -> str:
    """A field with its old and new values."""
    old, new = (harmless("; ".join(values)) or "(empty)" for values in (change.before, change.after))
    return f"  {change.field:<11} {old} -> {new}{f'  ({remark})' if remark else ''}"


def change_object(change: Change) -> dict[str, object]:
    """The same for JSON."""
    return {"field": change.field, "old": list(change.before), "new": list(change.after)}


def list_failures(faults: Sequence[FileFault], what: str = "failed") -> None:
    """Each file that failed, or what else became of it, with the reason, by path."""
    if faults:
        errors.print(f"{count(len(faults), 'file')} {what}:")
        for fault in sorted(faults, key=lambda fault: fault.path):
            errors.print(f"  {harmless(str(fault))}")
