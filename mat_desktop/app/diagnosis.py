"""What the doctor found, as values, as text to paste, and as JSON. No music file is ever named in it."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from textwrap import wrap

import mat_desktop
from mat_desktop.domain.counting import count

PRIVACY = "Music is only counted here: no file or folder of it is named. Your home folder is written as ~."

WIDTH = 100


class State(StrEnum):
    """How one thing is."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line.

    :param group: heading that it stands under
    :param name: what was looked at
    :param text: what it is
    :param way_out: what the user can do where it is not well
    """

    group: str
    name: str
    state: State
    text: str
    way_out: str = ""


def worst(findings: Sequence[Finding]) -> State:
    """The state of the whole."""
    states = {finding.state for finding in findings}
    return next((state for state in (State.FAULT, State.WARNING) if state in states), State.OK)


def verdict(findings: Sequence[Finding]) -> str:
    """The whole in a sentence."""
    counts = [
        count(number, state)
        for state in (State.FAULT, State.WARNING)
        if (number := sum(finding.state is state for finding in findings))
    ]
    return ", ".join(counts) if counts else "Everything is well"


def without_home(text: str) -> str:
    """The text with the user's home folder as ``~``, so that it can be shown to others."""
    homes = {str(Path.home()), os.path.realpath(Path.home())}  # a link to it gives it two names
    for home in sorted((home for home in homes if len(home) > 1), key=len, reverse=True):
        text = re.sub(rf"{re.escape(home)}(?![\w-])", "~", text)
    return text


def as_lines(finding: Finding) -> list[str]:
    """A finding as indented lines."""
    head = f"  {finding.state:<8} {finding.name:<18} "
    body = wrap(finding.text, WIDTH - len(head), break_long_words=False, break_on_hyphens=False) or [""]
    lines = [head + body[0], *(" " * len(head) + line for line in body[1:])]
    if finding.way_out:
        hint = wrap(finding.way_out, WIDTH - len(head) - 3, break_long_words=False, break_on_hyphens=False)
        lines += [" " * len(head) + ("   " if number else "-> ") + line for number, line in enumerate(hint)]
    return lines


def as_text(findings: Sequence[Finding], *, whole: bool = True) -> str:
    """The diagnosis as it is printed, and copied from the window.

    :param whole: everything was looked at; otherwise nothing is said of the whole
    """
    lines = [f"mat-desktop {mat_desktop.__version__}", PRIVACY]
    group = ""
    for finding in findings:
        if finding.group != group:
            group = finding.group
            lines += ["", group]
        lines += [line.rstrip() for line in as_lines(finding)]
    return "\n".join([*lines, *(["", verdict(findings)] if whole else []), ""])


def as_object(findings: Sequence[Finding]) -> dict[str, object]:
    """The same for other programs."""
    return {
        "program": f"mat-desktop {mat_desktop.__version__}",
        "state": worst(findings),
        "findings": [asdict(finding) for finding in findings],
    }
