"""Writes fields without ever touching the file: a new one is prepared beside it, proven, put in its place.

Between ``prepare`` and ``commit`` the caller journals the result: after any interruption the file is its old
self or the complete new one, and the digests tell which.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from mat_desktop.domain.plan import Change
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import FileStamp, TrackId
from mat_desktop.errors import Conflict, FileFault, TagFault
from mat_desktop.metadata.causes import Refusal, fault
from mat_desktop.metadata.containers.base import Beside, Container, present
from mat_desktop.metadata.containers.recognise import open_container
from mat_desktop.metadata.delta import apply_delta, make_delta
from mat_desktop.metadata.replace import (
    copy_attributes,
    copy_times,
    create_temp,
    sync_file,
    sync_folder,
)
from mat_desktop.metadata.source import Source
from mat_desktop.metadata.telling import joins_values, other_names, stays_beside
from mat_desktop.metadata.verify import gather, sound_of, verify
from mat_desktop.mounts import absence, is_read_only
from mat_desktop.whole_file import swap

_MARGIN = 1 << 20
"""Free bytes that must be left beside the copy."""
_WRITE_BITS = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True, slots=True)
class Prepared:
    """A new file, complete, proven and on the disk, that waits beside the old one.

    :param path: the file that it will replace, symbolic links resolved
    :param before_stamp: of that file
    :param before_sha256: of its whole content, hex
    :param after_sha256: of the whole content of the new file, hex
    :param delta: rebuilds the old file from the new one
    :param copied: fields that came into a new tag with their values, as they stand elsewhere in the file
    :param sound: digest of the encoded audio; None where the container makes it depend on the tag
    """

    path: Path
    temp: Path
    before_stamp: FileStamp
    before_sha256: str
    after_sha256: str
    delta: bytes
    changes: tuple[Change, ...]
    copied: tuple[str, ...] = ()
    sound: TrackId | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One write backwards.

    :param delta: as ``prepare`` returned it
    :param sha256: digest of the file before that write, hex
    """

    delta: bytes
    sha256: str


Way = Callable[[str], Sequence[Step]]
"""From a file's digest to the steps that lead to another one, none where no way is known."""


_Built = tuple[tuple[str, ...], TrackId | None]
"""What was copied into a new tag, and the digest of the encoded audio, as in :class:`Prepared`."""


def _no_way(digest: str) -> Sequence[Step]:
    return ()


def prepare(
    path: Path, changes: Sequence[Change], stamp: FileStamp, way: Way = _no_way, *, keep_time: bool = False
) -> Prepared:
    """Build the file with the changes beside the old one, and prove that nothing else differs.

    :param stamp: of the file when the changes were planned
    :param way: asked with the digest of the file, hex; leads to a file that has these very changes. Where
        there is one it is taken, so that the file comes back byte for byte
    :param keep_time: the new file has the modification time of the old one
    :raises Conflict: the file, or a field that is to change, is no longer as it was then
    :raises TagFault: the file cannot be written without loss, or at all; nothing is left behind
    :raises ValueError: there is nothing to change
    """
    # A field that stays as it is keeps its raw bytes as well.
    changes = tuple(change for change in changes if change.before != change.after)
    if not changes:
        raise ValueError("there is nothing to change")

    def build(target: Path, file: Source, temp: Path, digest: str) -> _Built:
        steps = way(digest)
        if steps:
            _go_back(target, steps, temp)
            return _copied_again(target, file, temp, changes), sound_of(temp)
        container = open_container(target, file)
        if container.obstacle:
            raise Refusal(container.obstacle)
        for change in changes:
            if present(container, change.field) != change.before:
                raise Conflict(path, f"its {change.field} is not what it was when the change was planned")
            if not change.after and not container.tag.get(change.field):
                raise Refusal(f"its {change.field} stands only beside the tag, where nothing is removed")
            if any(not value or "\0" in value for value in change.after):
                raise Refusal(f"a value of {change.field} is empty or holds a NUL character")
        evidence = gather(target, container, changes)
        copied = _copied(container, changes)
        for change in changes:
            container.tag.set(change.field, change.after)
        with temp.open("wb") as out:
            file.write(container.pieces(), out)
        verify(temp, evidence, changes)
        return copied, evidence.packets

    return _prepared(path, changes, stamp, build, keep_time=keep_time)


def _copied(container: Container, changes: Sequence[Change] = ()) -> tuple[str, ...]:
    """What comes into a new tag as it stands elsewhere; none where the file has a tag."""
    if not container.is_new:
        return ()
    changed = {change.field for change in changes}
    fields = [field for field in Field if field not in changed and container.tag.get(field)]
    return (*fields, *(container.carried if isinstance(container, Beside) else ()))


def _copied_again(target: Path, file: Source, temp: Path, changes: Sequence[Change]) -> tuple[str, ...]:
    """The same where a tag comes back with its bytes; it is only told, so that it stands against nothing."""
    with suppress(Refusal, FileFault, OSError), temp.open("rb") as made:
        if not open_container(temp, Source(made)).is_new:
            return _copied(open_container(target, file), changes)
    return ()


def _go_back(target: Path, steps: Sequence[Step], temp: Path) -> None:
    """Rebuild an earlier file from reverse deltas."""
    source = target
    for number, step in enumerate(steps, 1):
        out = temp if number == len(steps) else create_temp(target.parent)
        try:
            apply_delta(source, step.delta, out)
            if _sha256(out) != step.sha256:
                raise ValueError("another file came of it")
        except BaseException as error:
            if out is not temp:
                out.unlink(missing_ok=True)
            if isinstance(error, ValueError):
                raise Refusal("the journal's record of the old file is damaged") from error
            raise
        finally:
            if source is not target:
                source.unlink(missing_ok=True)
        source = out


@dataclass(frozen=True, slots=True)
class Outlook:
    """What can be told of a write without making the copy.

    :param obstacle: why the file cannot be written; empty if it can
    :param copied: fields that come into a new tag with their values, as they stand elsewhere in the file,
        then what else does, by names for people
    :param told: under which other names values are written, and where others stay, as sentences without
        their stops
    :param joins: several values of a field become one text
    """

    obstacle: str
    copied: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    joins: bool = False


def outlook(path: Path, changes: Sequence[Change] = ()) -> Outlook:
    """Look at a file that is to be written."""
    try:
        with _refusing(path):
            target = _resolved(path)
            with _opened(target) as handle, os.fdopen(handle, "rb", closefd=False) as raw:
                _check(path, target, os.fstat(handle))
                container = open_container(target, Source(raw))
                told = (*other_names(container, changes), *stays_beside(container, changes))
                return Outlook(container.obstacle, _copied(container), told, joins_values(container, changes))
    except FileFault as refusal:
        return Outlook(refusal.cause)


def obstacle(path: Path) -> str:
    """Why a file cannot be written, as far as can be told without making the copy; empty if it can."""
    return outlook(path).obstacle


def commit(prepared: Prepared) -> FileStamp:
    """Put the new file in the place of the old one. Returns its stamp.

    Whatever fails, the old file is as it was and the new one is removed.

    :raises Conflict: the old file changed after ``prepare``
    :raises TagFault: it could not be replaced
    """
    with _refusing(prepared.path), _removing(prepared.temp):
        stamp = FileStamp.of(prepared.temp.stat())
        if (now := _stamp(prepared.path)) != prepared.before_stamp:
            raise _just_changed(prepared.path, now)
        swap(prepared.temp, prepared.path)
    # Nothing may fail from here on: the file is written.
    sync_folder(prepared.path.parent)
    return stamp


def discard(prepared: Prepared) -> None:
    """Remove the new file; the old one was never touched."""
    with suppress(OSError):
        prepared.temp.unlink(missing_ok=True)


def _prepared(
    path: Path,
    changes: tuple[Change, ...],
    stamp: FileStamp,
    build: Callable[[Path, Source, Path, str], _Built],
    *,
    keep_time: bool,
) -> Prepared:
    """The protocol around ``build``, which fills the temporary from the original and says what it copied and
    what sounds in it."""
    with _refusing(path):
        target = _resolved(path)
        with _opened(target) as handle, os.fdopen(handle, "rb", closefd=False) as raw:
            status = os.fstat(handle)
            _check(path, target, status)
            before = FileStamp.of(status)
            if before != stamp:
                raise Conflict(path, "another program changed the file since it was looked at")
            file = Source(raw)
            temp = create_temp(target.parent)
            with _removing(temp):
                before_sha256 = file.digest(0, file.size).hex()
                copied, sound = build(target, file, temp, before_sha256)
                copy_attributes(status, target, temp)
                if keep_time:
                    copy_times(status, temp)
                sync_file(temp)
                if (now := _stamp(target)) != before:
                    raise _just_changed(target, now)
                delta = make_delta(target, temp)
                after_sha256 = _sha256(temp)
                return Prepared(
                    target, temp, before, before_sha256, after_sha256, delta, changes, copied, sound
                )


def _just_changed(path: Path, now: FileStamp | None) -> Conflict:
    """:param now: None where it is not there any more"""
    if now is None:
        return Conflict(path, absence(path), absent=True)
    return Conflict(path, "another program changed the file at this moment")


def _resolved(path: Path) -> Path:
    try:
        return path.resolve(strict=True)
    except FileNotFoundError:
        raise _just_changed(path, None) from None
    except RuntimeError:
        # Python before 3.13 for links that form a circle.
        raise Refusal("a symbolic link that leads nowhere") from None


@contextmanager
def _opened(target: Path) -> Iterator[int]:
    """The file, without following a link put in its place, and without waiting for a pipe."""
    if not stat.S_ISREG(target.lstat().st_mode):
        raise Refusal("not a regular file")
    flags = os.O_RDONLY
    for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY", "O_CLOEXEC"):
        flags |= getattr(os, name, 0)
    handle = os.open(target, flags)
    try:
        yield handle
    finally:
        os.close(handle)


def _check(path: Path, target: Path, status: os.stat_result) -> None:
    """Refuse what must not be replaced. :raises Refusal: with the reason"""
    if not stat.S_ISREG(status.st_mode):
        raise Refusal("not a regular file")
    if status.st_nlink > 1:
        raise Refusal(f"the file has {status.st_nlink} names (hard links), which writing would part")
    # The mode counts even for root, to whom the system allows all.
    if not status.st_mode & _WRITE_BITS:
        raise Refusal("the file is read-only")
    if not os.access(target, os.W_OK) or not os.access(target.parent, os.W_OK):
        raise OSError(errno.EROFS if is_read_only(target.parent) else errno.EACCES, "")
    if shutil.disk_usage(target.parent).free < status.st_size + _MARGIN:
        raise Refusal("no space left on the disk")


def _stamp(path: Path) -> FileStamp | None:
    """None if there is no file any more."""
    try:
        return FileStamp.of(path.lstat())
    except FileNotFoundError:
        return None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _removing(temp: Path) -> Iterator[None]:
    """Remove the temporary whatever goes wrong, an interruption from the keyboard among it."""
    try:
        yield
    except BaseException:
        temp.unlink(missing_ok=True)
        raise


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """Every fault of the world as a TagFault that names this file."""
    try:
        yield
    except (Conflict, TagFault):
        raise
    except FileFault as error:
        raise TagFault(path, error.cause, absent=error.absent) from error
    except (Refusal, OSError) as error:
        raise fault(path, error) from error
