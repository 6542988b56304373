"""What commands say: to people on standard error, to programs that listen as lines of JSON."""

from __future__ import annotations

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
from training.stopping import Stop

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

NOT_KEPT = {
    "train": "There is no checkpoint yet: the same command begins anew, with --resume too.",
    "finetune": "There is no checkpoint yet: the same command begins anew, with --resume too.",
    "reproduce": "There is no checkpoint of this row yet: the same command begins it anew.",
}
"""What it says where it leaves no checkpoint."""

PLAIN: dict[str, Any] = {"markup": False, "emoji": False, "highlight": False}
"""Names of files and folders have brackets and colons, which are no markup of ours."""

console = Console(stderr=True, quiet=not IS_FIRST, soft_wrap=True, **PLAIN)


class Reporter:
    """What one command says to people or, as JSON, to a program that listens; and whether it is to stop."""

    def __init__(self, stop: Stop, as_json: bool = False) -> None:
        """:param as_json: events are lines on standard output, and no bars on standard error"""
        self.stop = stop
        self.as_json = as_json
        self._skipped: set[tuple[tuple[Skipped, ...], Path]] = set()

    def tell(self, event: Event) -> None:
        """Say something outside of a training, to a program that listens."""
        if self.as_json and IS_FIRST:
            JsonLines(sys.stdout)(event)

    def of_training(self) -> AbstractContextManager[Callable[[Event], None]]:
        """Says what a training tells, from its first step to its last."""
        return JsonLines(sys.stdout) if self.as_json else Bar(console)

    @contextmanager
    def progress(
        self,
        total: int,
        title: str,
        kept: str = KEPT["prepare"],
        event: Callable[[int, int], Event] = Preparing,
    ) -> Iterator[Callable[[int, int], None]]:
        """A bar, or an event a second, of work that is to be told how much of it is done.

        :param kept: what is left where it is stopped
        :raises Stopped: from what it yields, when somebody has asked
        """
        with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
            task = progress.add_task(title, total=total)
            last = 0.0
            self.stop.kept = lambda: kept

            def report(done: int, of: int) -> None:
                nonlocal last
                self.stop.check()
                progress.update(task, completed=done, total=of)
                now = time.monotonic()
                if now - last >= EVERY_SECONDS or done == of:
                    last = now
                    self.tell(event(done, of))

            yield report
            self.stop.kept = lambda: ""

    def say_skipped(self, skipped: Sequence[Skipped], listed: Path) -> None:
        """The first of them with their reasons; all of them in a file where there are more. Each list once:
        several networks of one command prepare the same clips.
        """
        if (said := (tuple(skipped), listed)) in self._skipped:
            return
        self._skipped.add(said)
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


def print_figures(figures: Any) -> None:
    """A command's result on standard output, as JSON; what is not defined is null."""
    if IS_FIRST:
        Console().print_json(data=without_nan(figures))
