"""Checkpoints that are whole at any moment: written beside the old one, synced, then renamed over it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from shutil import disk_usage
from typing import IO, Any

import torch

from mat_desktop.errors import MatError, printable
from mat_desktop.whole_file import whole_file

LAST = "last.pt"
BEST = "best.pt"


class DiskFault(MatError):
    """Something could not be written. What was written before is still whole."""


def check_room(place: Path, size: int) -> None:
    """Before hours of work: the disk has room for what is to be written at its end, beside what it replaces.

    :param place: folder that need not be there yet
    :param size: bytes of one copy
    :raises DiskFault: there is too little
    """
    there = next(folder for folder in (place.absolute(), *place.absolute().parents) if folder.exists())
    need, free = 2 * size, disk_usage(there).free
    if free < need:
        raise DiskFault(
            f"{printable(place)} cannot be written: {megabytes(need)} are needed, {megabytes(free)} are free"
        )


def megabytes(size: int) -> str:
    """As people read it."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"


def save_checkpoint(path: Path, content: dict[str, Any]) -> None:
    """Put tensors and plain values in the place of the checkpoint before.

    :raises DiskFault: there is no space, or no permission; the checkpoint before is untouched
    """
    write_whole(path, lambda file: torch.save(content, file))


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Tensors and plain values only: a checkpoint is not code.

    :raises DiskFault: it cannot be read
    """
    try:
        content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises whatever its reader meets in a damaged file
        if isinstance(error, OSError):
            raise DiskFault(f"{printable(path)} cannot be read: {_reason(error)}") from error
        anew = "; the same command with --again begins the training anew" if path.name == LAST else ""
        raise DiskFault(f"{printable(path)} is damaged{anew}") from error
    return content


def write_whole(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Write a file beside the one before, wait until the disk has it, and let it take the place.

    :raises DiskFault: it could not be written; the file before is untouched
    """
    try:
        with whole_file(path) as file:
            write(file)
    except (OSError, RuntimeError) as error:  # torch hides the OSError in a RuntimeError
        kept = "; the one before stays usable" if path.exists() else ""
        raise DiskFault(f"{printable(path)} could not be written: {_reason(error)}{kept}") from error


def _reason(error: BaseException) -> str:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.strerror:
            return seen.strerror
        seen = seen.__cause__ or seen.__context__
    lines = str(error).splitlines() or [type(error).__name__]
    return lines[0]
