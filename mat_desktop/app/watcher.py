"""``python -m mat_desktop.app.watcher FOLDER...``: what changes under some folders, a line of JSON at a time.

In a process of its own: before watchfiles waits, it goes through all that is below the folders and holds the
interpreter's lock meanwhile, on a large library or a slow disk for seconds. Ends when its input does.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any

QUIET = 300
"""Milliseconds without a change after which those before are handed over."""

LONGEST = 2500
"""Milliseconds after which they are handed over all the same."""


def main() -> None:
    """Print lists of what came to a path, as a number of :class:`watchfiles.Change`, and the path."""
    threading.Thread(target=_end_with_input, daemon=True).start()
    try:
        from watchfiles import watch

        for batch in watch(
            *sys.argv[1:],
            watch_filter=None,
            debounce=LONGEST,
            step=QUIET,
            raise_interrupt=False,
            ignore_permission_denied=True,
        ):
            _say([[int(change), path] for change, path in batch])
    except Exception as error:  # whatever it is, whoever asked tells it
        _say({"error": str(error)})


def _end_with_input() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def _say(what: Any) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main()
