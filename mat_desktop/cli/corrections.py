"""``mat-desktop corrections``: what was accepted and rejected, for ``python -m training finetune``."""

from __future__ import annotations

import argparse
from threading import Event

from mat_desktop.app.corrections import write_corrections
from mat_desktop.cli.opening import opened
from mat_desktop.cli.output import errors, list_failures
from mat_desktop.domain.counting import count
from mat_desktop.errors import printable


def run(options: argparse.Namespace, cancel: Event) -> int:
    """Write them and print the folder. Exit status 1 where a file of a track is gone."""
    with opened(options.data_dir, looking=options.out is not None) as session:
        folder, collected = write_corrections(session, options.out)
    print(printable(folder))
    errors.print(
        f"{count(collected.verdicts, 'verdict')} ({collected.accepted} accepted) on "
        f"{count(collected.tags, 'tag')} of {count(collected.tracks, 'track')} written."
    )
    for sentence in collected.left_out:
        errors.print(sentence)
    list_failures(collected.skipped)
    return 1 if collected.skipped else 0
