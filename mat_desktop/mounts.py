"""Which drive a folder lies on: where one is not mounted, an empty folder may stand in its place."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from mat_desktop.errors import FileFault, printable, tells_absence

GONE = "the file is gone"

NO_FOLDER = "its folder is not there, or its drive is away"

NO_SUCH_FOLDER = "its folder {} is not there, or its drive is away"

EMPTIED = "its folder is empty, or its drive is away"


def mount_point(folder: Path) -> Path:
    """Where the drive is mounted that a folder lies on; the root where that is no other."""
    place = Path(os.path.realpath(folder))
    return next((parent for parent in (place, *place.parents) if os.path.ismount(parent)), place)


def is_mounted(point: Path | None) -> bool:
    """Whether something is mounted there; where nobody noted a point, nothing speaks against it."""
    return point is None or os.path.ismount(point)


def identity(folder: Path) -> tuple[int, int] | None:
    """What tells a folder from another of its name, None where it cannot be looked at."""
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def is_read_only(folder: Path) -> bool:
    """Whether nothing can be written to the drive that a folder lies on, as far as the system tells."""
    if sys.platform == "win32":
        return False
    return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)


def absence(path: Path, known: Path | None = None) -> str:
    """Why a file is not there, as far as its folder tells.

    :param path: links resolved
    :param known: its name for the user; where that names another folder, the one that is missing is told
    """
    try:
        with os.scandir(path.parent) as found:
            return EMPTIED if next(found, None) is None else GONE
    except OSError:
        if known is None or known.parent == path.parent:
            return NO_FOLDER
        return NO_SUCH_FOLDER.format(printable(path.parent))


def missing(path: Path) -> FileFault | None:
    """That a file is not there, None where it is."""
    try:
        path.stat()
    except OSError as error:
        return FileFault(path, absence(path), absent=True) if tells_absence(error) else None
    return None
