"""Watches folders for changes by other programs, without looking at all that is in them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event

from mat_desktop.audio.probe import is_audio_name

QUIET = 300
"""Milliseconds without a change after which those before are handed over."""

LONGEST = 2500
"""Milliseconds after which they are handed over all the same."""


def watch(roots: Sequence[Path], stop: Event) -> Iterator[list[Path]]:
    """Paths that may be other than before, again and again until told to stop.

    They are files of music that came, changed or went, folders that came, and anything that went.

    :param roots: absolute; those that are no folders are passed over
    :raises OSError: the system cannot watch that many folders, or one of them is gone
    """
    from watchfiles import Change
    from watchfiles import watch as changes

    folders = [root for root in roots if root.is_dir()]
    real = {os.path.realpath(root): os.fspath(root) for root in folders}
    if not folders:
        return

    def concerns(change: Change, path: str) -> bool:
        name = Path(path)
        if name.name.startswith("."):
            return False
        return change is Change.deleted or is_audio_name(name) or (change is Change.added and name.is_dir())

    for batch in changes(
        *folders,
        watch_filter=concerns,
        debounce=LONGEST,
        step=QUIET,
        stop_event=stop,
        raise_interrupt=False,
        ignore_permission_denied=True,
    ):
        yield sorted({Path(_as_opened(path, real)) for _, path in batch})


def _as_opened(path: str, real: dict[str, str]) -> str:
    """Some systems name the true place of what was opened through a link."""
    for place, opened in real.items():
        if place != opened and path.startswith(place + os.sep):
            return opened + path[len(place) :]
    return path
