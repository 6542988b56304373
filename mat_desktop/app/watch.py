"""Watches folders for changes by other programs, without looking at all that is in them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event, Thread

import mat_desktop
from mat_desktop.audio.names import is_audio_name

CAME, GONE = 1, 3
"""Numbers of :class:`watchfiles.Change`."""

PROGRAM = (sys.executable, "-P", "-m", "mat_desktop.app.watcher")
"""What watches: see there why that is another process."""


def watch(roots: Sequence[Path], stop: Event) -> Iterator[list[Path]]:
    """Paths that may be other than before, again and again until told to stop.

    They are files of music that came, changed or went, folders that came, and anything that went.

    :param roots: absolute; those that are no folders are passed over
    :raises OSError: the system cannot watch that many folders, or one of them is gone
    """
    folders = [root for root in roots if root.is_dir()]
    real = {os.path.realpath(root): os.fspath(root) for root in folders}
    if not folders:
        return
    process = _start(folders)
    assert process.stdout is not None
    assert process.stdin is not None
    Thread(target=_end_when, args=(process, stop), name="end of watch", daemon=True).start()
    try:
        for line in process.stdout:
            said = json.loads(line)
            if isinstance(said, dict):
                raise OSError(said["error"])
            paths = {Path(_as_opened(path, real)) for change, path in said if _concerns(change, path)}
            if paths:
                yield sorted(paths)
        if not stop.is_set():
            raise OSError("the process that watches them ended")
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stdin.close()


def _start(folders: Sequence[Path]) -> subprocess.Popen[bytes]:
    package = str(Path(mat_desktop.__file__).resolve().parent.parent)
    paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.Popen(
        [*PROGRAM, *map(os.fspath, folders)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def _end_when(process: subprocess.Popen[bytes], stop: Event) -> None:
    stop.wait()
    process.kill()


def _concerns(change: int, path: str) -> bool:
    name = Path(path)
    if name.name.startswith("."):
        return False
    return change == GONE or is_audio_name(name) or (change == CAME and name.is_dir())


def _as_opened(path: str, real: dict[str, str]) -> str:
    """Some systems name the true place of what was opened through a link."""
    for place, opened in real.items():
        if place != opened and path.startswith(place + os.sep):
            return opened + path[len(place) :]
    return path
