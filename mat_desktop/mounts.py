"""Which drive a folder lies on: where one is not mounted, an empty folder may stand in its place."""

from __future__ import annotations

import os
from pathlib import Path

from mat_desktop.errors import FileFault, tells_absence

GONE = "the file is gone"

NO_FOLDER = "its folder is not there, or its drive is away"

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


def absence(path: Path) -> str:
    """Why a file is not there, as far as its folder tells."""
    try:
        with os.scandir(path.parent) as found:
            return EMPTIED if next(found, None) is None else GONE
    except OSError:
        return NO_FOLDER


def missing(path: Path) -> FileFault | None:
    """That a file is not there, None where it is."""
    try:
        path.stat()
    except OSError as error:
        return FileFault(path, absence(path), absent=True) if tells_absence(error) else None
    return None
