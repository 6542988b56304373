"""``mat-desktop``: without a command the window, otherwise the command line. Imports neither beforehand."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from mat_desktop.display import missing_display


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments) or ["open"]
    from mat_desktop.cli.main import parse, run

    options = parse(words)
    if options.command == "open" or (options.command == "demo" and not missing_display()):
        from mat_desktop.gui.main import run as run_window

        paths = options.paths if options.command == "open" else []
        return run_window(options.data_dir, paths, options.command == "demo")
    return run(options)


if __name__ == "__main__":
    sys.exit(main())
