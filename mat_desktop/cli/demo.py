"""``mat-desktop demo`` without a display: tags the demo tracks here."""

from __future__ import annotations

import argparse
from threading import Event

from mat_desktop.app.demo import demo_folder
from mat_desktop.app.session import Session
from mat_desktop.cli import tag
from mat_desktop.cli.main import parse


def run(options: argparse.Namespace, cancel: Event) -> int:
    """As ``mat-desktop tag`` on a copy of the demo tracks."""
    session = Session(options.data_dir)
    folder = demo_folder(session)
    session.close()
    arguments = ["tag", str(folder)]
    if options.data_dir:
        arguments += ["--data-dir", str(options.data_dir)]
    return tag.run(parse(arguments), cancel)
