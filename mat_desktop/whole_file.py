"""Files that take the place of the one before as a whole, when the disk has all of them."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

_SHARING = {5, 32, 33}
"""Windows' codes for a file that another program has open: access denied, sharing and lock violation."""
_WAITS = (0.1, 0.2, 0.4, 0.8, 1.0)
"""Seconds between the attempts to replace such a file."""


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A file to write to, which is at ``path`` only if the block gets to its end; a link there stays one.

    :raises OSError: the disk refuses; what was there before is as it was. It names ``path``
    """
    target = Path(os.path.realpath(path))
    fresh = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")  # two processes may be at it
    try:
        with fresh.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if os.name == "posix":  # elsewhere a mode says only whether a file, this one too, can be removed
            with suppress(OSError):
                shutil.copymode(target, fresh)  # the user may have closed it to others
        swap(fresh, target)
    except BaseException as error:
        with suppress(OSError):
            fresh.unlink()
        if isinstance(error, OSError) and error.filename in (None, str(fresh)):
            error.filename = str(path)  # a full disk names no file, and nobody knows the one beside it
        raise


def remove_half_written(folder: Path) -> None:
    """What processes that were killed left of :func:`whole_file`, in a folder that no other one writes to."""
    for left in folder.glob(".*.????????.tmp"):
        with suppress(OSError):
            left.unlink()


def swap(temp: Path, target: Path) -> None:
    """Put one file in the place of another, in one step; both names are never missing or half written.

    :raises OSError: it was not done; Windows' refusals while another program has the file open are tried
        again for two and a half seconds
    """
    for wait in _WAITS:
        try:
            temp.replace(target)
            return
        except PermissionError as error:
            if getattr(error, "winerror", None) not in _SHARING:
                raise
            time.sleep(wait)
    temp.replace(target)
