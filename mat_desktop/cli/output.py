"""What commands print: progress and failures to standard error, results to standard output."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from mat_desktop.domain.plan import Change
from mat_desktop.errors import FileFault

errors = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)


class _Rate(ProgressColumn):
    """Files a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.1f}/s")


def progress() -> Progress:
    """A bar with count, rate and time left; silent where standard error is not a terminal."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
        console=errors,
        disable=not sys.stderr.isatty(),
        transient=True,
    )


def count(number: int, noun: str) -> str:
    """ "1 file", "2 files", "1,234 files"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def write_change(change: Change, remark: str = "") -> None:
    """A field with its old and new values, on standard output."""
    old, new = ("; ".join(values) or "(empty)" for values in (change.before, change.after))
    print(f"  {change.field:<11} {old} -> {new}{f'  ({remark})' if remark else ''}")


def list_failures(faults: Sequence[FileFault]) -> None:
    """Each file that failed, with the reason."""
    if faults:
        errors.print(f"{count(len(faults), 'file')} failed:")
        for fault in faults:
            errors.print(f"  {fault}")
