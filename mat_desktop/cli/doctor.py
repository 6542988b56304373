"""``mat-desktop doctor``: whether this installation is well, to be read and to be shown to others."""

from __future__ import annotations

import argparse
import json
from threading import Event, Thread

from mat_desktop.app.diagnosis import Finding, State, as_object, as_text, worst
from mat_desktop.app.doctor import checks
from mat_desktop.app.session import default_data_dir
from mat_desktop.cli.output import errors


def run(options: argparse.Namespace, cancel: Event) -> int:
    """A line a finding, with the way out. Exit status 1 if there is a fault."""
    every = checks(options.data_dir or default_data_dir(), options.device)

    def give_up() -> None:
        cancel.wait()
        for check in every:
            check.stop()

    Thread(target=give_up, daemon=True).start()
    findings: list[Finding] = []
    for check in every:
        if cancel.is_set():
            break
        if errors.is_terminal:
            errors.print(f"Looking at: {check.group}…", style="dim")
        findings += check.findings()
    if options.json and not cancel.is_set():  # half of it says nothing of the whole
        print(json.dumps(as_object(findings), indent=1))
    elif not options.json:
        print(as_text(findings, whole=not cancel.is_set()), end="")
    return 1 if worst(findings) is State.FAULT else 0
