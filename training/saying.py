"""What commands say: to people on standard error, to programs that listen as lines of JSON."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from mat_desktop.errors import printable
from training.checkpoints import write_whole
from training.datasets.dataset import Skipped
from training.progress import EVERY_SECONDS, Bar, Event, JsonLines, Preparing, without_nan

IS_FIRST = os.environ.get("RANK", "0") == "0"
"""Of several processes only this one says and writes something."""

SHOWN_SKIPPED = 5

KEPT = {
    "prepare": "What is prepared so far is kept.",
    "train": "The same command with --resume goes on from the last checkpoint.",
    "finetune": "The same command with --resume goes on from the last checkpoint.",
    "reproduce": "The same command goes on from the last checkpoint.",
    "extend": "The same command goes on from there.",
}
"""What a command that is stopped leaves for the next one."""

PLAIN: dict[str, Any] = {"markup": False, "emoji": False, "highlight": False}
"""Names of files and folders have brackets and colons, which are no markup of ours."""

console = Console(stderr=True, quiet=not IS_FIRST, soft_wrap=True, **PLAIN)


def tell(options: argparse.Namespace, event: Event) -> None:
    """Say something outside of a training, to a program that listens."""
    if getattr(options, "progress", "bar") == "json" and IS_FIRST:
        JsonLines(sys.stdout)(event)


def shown_as(options: argparse.Namespace) -> AbstractContextManager[Callable[[Event], None]]:
    """What a training tells, as a bar or as the lines that ``--progress`` wishes."""
    return JsonLines(sys.stdout) if options.progress == "json" else Bar(console)


def print_figures(figures: Any) -> None:
    """A command's result on standard output, as JSON; what is not defined is null."""
    if IS_FIRST:
        Console().print_json(data=without_nan(figures))


@contextmanager
def preparing(
    options: argparse.Namespace,
    total: int,
    title: str,
    kept: str = KEPT["prepare"],
    event: Callable[[int, int], Event] = Preparing,
) -> Iterator[Callable[[int, int], None]]:
    """A bar, or an event a second.

    :param kept: what is left where it is stopped
    """
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(title, total=total)
        last = 0.0
        options.stop.kept = kept

        def report(done: int, of: int) -> None:
            nonlocal last
            options.stop.check()
            progress.update(task, completed=done, total=of)
            now = time.monotonic()
            if now - last >= EVERY_SECONDS or done == of:
                last = now
                tell(options, event(done, of))

        yield report
        options.stop.kept = ""


def say_skipped(options: argparse.Namespace, skipped: Sequence[Skipped], listed: Path) -> None:
    """The first of them with their reasons; all of them in a file where there are more. Each list once."""
    if (said := (tuple(skipped), listed)) in options.said:
        return
    options.said.append(said)
    for clip in skipped[:SHOWN_SKIPPED]:
        console.print(f"skipped {clip}")
    if len(skipped) <= SHOWN_SKIPPED and IS_FIRST:
        with suppress(OSError):  # a cache that is closed to writing can be read all the same
            listed.unlink(missing_ok=True)  # the list of an earlier run is not of this one
    elif IS_FIRST:
        lines = "".join(f"{clip}\n" for clip in skipped)
        write_whole(listed, lambda file: file.write(lines.encode()))
        more = f"skipped {len(skipped) - SHOWN_SKIPPED:,} more: all are listed in {printable(listed)}"
        console.print(more)
