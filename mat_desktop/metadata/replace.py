"""What a new file needs before and after it takes the place of an old one: a name, attributes, the disk."""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
import sys
from contextlib import suppress
from pathlib import Path

from mat_desktop.metadata.causes import Refusal

_TEMP = re.compile(r"\.mat-[0-9a-f]{10}\.tmp")
_NO_XATTR = (
    {errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL} if sys.platform == "linux" else set()
)


def create_temp(folder: Path) -> Path:
    """An empty file that only we can read, with a name of fixed length that players and scans pass over.

    :raises OSError: it cannot be created
    """
    while True:
        path = folder / f".mat-{secrets.token_hex(5)}.tmp"
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            return path


def is_stray_temp(path: Path) -> bool:
    """Whether a file is named as one that an interrupted write may have left behind."""
    return _TEMP.fullmatch(path.name) is not None


def copy_attributes(original: os.stat_result, source: Path, target: Path) -> None:
    """Give the new file the owner, the mode and the extended attributes (ACLs among them) of the old one.

    :raises Refusal: the owner or an attribute cannot be kept
    :raises OSError: the mode cannot be set
    """
    made = target.stat()
    if hasattr(os, "chown") and (made.st_uid, made.st_gid) != (original.st_uid, original.st_gid):
        with suppress(PermissionError):
            os.chown(target, original.st_uid, original.st_gid)
        made = target.stat()
        if (made.st_uid, made.st_gid) != (original.st_uid, original.st_gid):
            raise Refusal("it belongs to another user or group, which a new file could not keep")
    # After chown, which clears the set-user-id bit.
    target.chmod(stat.S_IMODE(original.st_mode))
    if sys.platform == "linux":
        _copy_xattrs(source, target)


def copy_times(original: os.stat_result, target: Path) -> None:
    """Give the new file the times of the last change and the last use of the old one.

    :raises OSError: they cannot be set
    """
    os.utime(target, ns=(original.st_atime_ns, original.st_mtime_ns))


def sync_file(path: Path) -> None:
    """Wait until the content of a file is on the disk.

    :raises OSError: it may not be; trying again would not help, as the system forgets what it could not write
    """
    with path.open("rb+") as file:
        os.fsync(file.fileno())
        if sys.platform == "darwin":
            # There fsync only hands the data to the drive, which may keep it in its cache.
            import fcntl

            fcntl.fcntl(file.fileno(), fcntl.F_FULLFSYNC)


def sync_folder(folder: Path) -> None:
    """Wait until a renaming is on the disk, where the system can say so.

    Failing here is not failing to write: the file is in its place already.
    """
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _copy_xattrs(source: Path, target: Path) -> None:
    if sys.platform != "linux":
        return
    try:
        names = os.listxattr(source)
    except OSError as error:
        if error.errno in _NO_XATTR:
            return
        raise
    for name in names:
        try:
            os.setxattr(target, name, os.getxattr(source, name))
        except OSError as error:
            # What the system labels by itself (SELinux, capabilities) is not ours to set.
            if not name.startswith("security."):
                raise Refusal(f"its extended attribute {name} could not be kept") from error
