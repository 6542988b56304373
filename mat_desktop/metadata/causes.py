"""Why a file is refused, in words for people: no numbers, no class names, no paths."""

from __future__ import annotations

import errno
from pathlib import Path

from mat_desktop.errors import TagFault, tells_absence

_ERRNO = {
    errno.ENOSPC: "no space left on the disk",
    errno.EDQUOT: "no space left in your quota",
    errno.EFBIG: "the file would become too large for this disk",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.EROFS: "its drive is read-only",
    errno.ENOENT: "no such file",
    errno.EIO: "the disk reports a read or write error",
    errno.ELOOP: "a symbolic link that leads nowhere",
    errno.ENAMETOOLONG: "the path is too long",
    errno.EBUSY: "in use by another program",
    errno.EXDEV: "the folder lies on two disks",
    errno.ESTALE: "the network drive is gone",
}

_IN_USE = {32, 33}
"""Windows' codes of a sharing and a lock violation, which it counts among missing permissions."""


class Refusal(Exception):
    """A tag or container that cannot be read, or not changed without loss. Becomes a TagFault with a path."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


def cause_of(error: BaseException) -> str:
    """The cause in words. An OSError inside another exception (mutagen wraps all of them) is dug out."""
    if isinstance(error, Refusal):
        return error.cause
    inner = _of_system(error)
    if inner is None:
        return str(error).strip().rstrip(".") or type(error).__name__
    if getattr(inner, "winerror", None) in _IN_USE:
        return _ERRNO[errno.EBUSY]
    return _ERRNO.get(inner.errno or 0) or inner.strerror or "the file cannot be read"


def _of_system(error: BaseException) -> OSError | None:
    """What the system said, where an error stands for that."""
    inner: BaseException | None = error
    while inner is not None and not isinstance(inner, OSError):
        wrapped = next((arg for arg in inner.args if isinstance(arg, BaseException)), None)
        inner = wrapped or inner.__cause__
    return inner


def fault(path: Path, error: BaseException) -> TagFault:
    """The TagFault that stands for an error met while working on a file."""
    inner = None if isinstance(error, Refusal) else _of_system(error)
    return TagFault(path, cause_of(error), absent=inner is not None and tells_absence(inner))
