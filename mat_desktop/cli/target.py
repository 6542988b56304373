"""Where a report goes: found to be writable before hours are spent on what is to stand in it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from mat_desktop.errors import FileFault, UsageFault, printable


class Target:
    """A file, a device, or standard output for "-".

    A file is replaced by a whole one, and only if its name says that it is such a report.
    """

    def __init__(self, path: Path, suffix: str) -> None:
        """Makes the file that will replace the one that is there.

        :raises UsageFault: it is a folder or another kind of file, or there is no such folder
        :raises FileFault: the disk refuses
        """
        self.path = path
        self.standard = str(path) == "-"
        self._temporary: Path | None = None
        try:
            self.place = path.resolve()
            if not self.standard:
                self._probe(suffix)
        except OSError as error:
            raise self._refusal(error) from error

    def _probe(self, suffix: str) -> None:
        where, shown = self.place, printable(self.path)
        if where.is_dir():
            raise UsageFault(f"{shown} is a folder, not a place for a report")
        if not where.parent.is_dir():
            raise UsageFault(f"{shown} cannot be written: there is no folder {printable(self.path.parent)}")
        if where.is_file() and where.suffix.lower() != suffix:
            raise UsageFault(f"{shown} is there already and is no {suffix} file; it stays as it is")
        if where.is_file() or not where.exists():
            temporary = where.with_name(f".{where.name}.tmp")
            temporary.open("w").close()
            self._temporary = temporary

    def put(self, write: Callable[[TextIO], None]) -> None:
        """Let something write the content.

        :raises FileFault: the disk refuses; what was there before is as it was
        """
        if self.standard:
            write(sys.stdout)
            sys.stdout.flush()
            return
        try:
            # A device or a pipe is written to; a file is replaced by a whole one.
            place = self._temporary or self.place
            with place.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
                write(file)
                file.flush()
                if self._temporary is not None:
                    os.fsync(file.fileno())
            if self._temporary is not None:
                self._temporary.replace(self.place)
                self._temporary = None
        except OSError as error:
            raise self._refusal(error) from error

    def drop(self) -> None:
        """Remove what was not put in place."""
        if self._temporary is not None:
            with suppress(OSError):
                self._temporary.unlink()

    def _refusal(self, error: OSError) -> FileFault:
        return FileFault(self.path, f"cannot be written: {error.strerror or error}")


@contextmanager
def targets(*wanted: tuple[Path | None, str]) -> Iterator[list[Target | None]]:
    """Places of several reports, each with the suffix of its files; None where none is wished.

    :raises UsageFault: as for one, or two of them are the same
    :raises FileFault: as for one
    """
    made: list[Target | None] = []
    places: set[Path] = set()
    try:
        for path, suffix in wanted:
            if path is None:
                made.append(None)
                continue
            target = Target(path, suffix)
            made.append(target)
            if target.place in places:
                raise UsageFault(f"{printable(path)} is named for two reports")
            places.add(target.place)
        yield made
    finally:
        for made_target in made:
            if made_target is not None:
                made_target.drop()
