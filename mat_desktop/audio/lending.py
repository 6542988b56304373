"""Files that are open here, and given out of hand for a moment where somebody has to replace them.

Some systems replace no file that is open. Whoever reads one looks in between whether it is wanted, closes it
then, and opens it again once it is back.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 2.0
"""Seconds that are waited at most for a reader to close a file, as on a drive that does not answer."""

LOOK = 0.1
"""Seconds between two looks of a waiting reader whether it is still to read."""


class Lending:
    """Any thread may read or borrow."""

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._read: list[Path] = []
        self._lent: list[Path] = []

    @contextmanager
    def lent(self, path: Path) -> Iterator[None]:
        """No reader has the file open meanwhile."""
        with self._change:
            self._lent.append(path)
            self._change.wait_for(lambda: path not in self._read, PATIENCE)
        try:
            yield
        finally:
            with self._change:
                self._lent.remove(path)
                self._change.notify_all()

    @contextmanager
    def reading(self, path: Path, halted: Callable[[], bool]) -> Iterator[None]:
        """Open and close the file within this; waits until it is back, or until the reader is to halt."""
        with self._change:
            while path in self._lent and not halted():
                self._change.wait(LOOK)
            self._read.append(path)
        try:
            yield
        finally:
            with self._change:
                self._read.remove(path)
                self._change.notify_all()

    def wanted(self, path: Path) -> bool:
        """Whether a reader is to close the file."""
        return path in self._lent
