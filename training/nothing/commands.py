"""What ``nothing`` does."""

from __future__ import annotations

import argparse

from mat_desktop.domain.counting import count
from mat_desktop.errors import printable
from training.nothing.folder import make
from training.saying import KEPT, Reporter, console


def nothing(options: argparse.Namespace, reporter: Reporter) -> int:
    """Make sounds that should get no tag; those that are there already are not made anew."""
    with reporter.progress(0, "Speaking and rustling", KEPT["extend"]) as report:
        made = make(options.out, options.speech, report)
    console.print(f"{printable(options.out)}: {count(made, 'sound')} without music, to train and to test")
    return 0
