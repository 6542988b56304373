"""Opened folders are watched: what other programs do in them shows without a scan."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QSettings, QThread, Signal

from mat_desktop.domain.track import Track
from mat_desktop.errors import FileFault
from mat_desktop.gui.models.row import Arrived, Row
from mat_desktop.gui.operations.arrive import known
from mat_desktop.gui.operations.desk import Desk

SLICE = 20
"""Changed paths that are looked at together, before others may ask something."""

LISTEN = "watch/listen"
"""Setting: whether new music is listened to as it comes."""


class _Watcher(QThread):
    """Waits for changes under some folders."""

    changed = Signal(object)
    failed = Signal(str)

    def __init__(self, batches: Callable[[threading.Event], Iterator[list[Path]]]) -> None:
        super().__init__()
        self.setObjectName("watch")
        self.stop = threading.Event()
        self._batches = batches

    def run(self) -> None:
        try:
            for paths in self._batches(self.stop):
                self.changed.emit(paths)
        except Exception as error:  # whatever it is, scanning by hand goes on
            self.failed.emit(str(error))


class Watch(QObject):
    """``found`` hands over rows, ``new`` those that were not there before and are to be listened to."""

    new = Signal(object)

    def __init__(self, desk: Desk, settings: QSettings, take: Callable[[list[Row | Arrived]], None]) -> None:
        """:param take: shows what was found, as after a scan"""
        super().__init__()
        self._desk, self._settings, self._take = desk, settings, take
        self._watcher: _Watcher | None = None
        self._ended: list[_Watcher] = []
        self._roots: list[Path] = []
        self._batch = 0

    def at(self, roots: Sequence[Path]) -> None:
        """Watch these folders from now on."""
        if list(roots) == self._roots:
            return
        self.close()
        self._roots = list(roots)
        wanted, services = list(roots), self._desk.services
        watcher = _Watcher(lambda stop: services.watch(wanted, stop))
        watcher.changed.connect(self.look)
        watcher.failed.connect(self._failed)
        self._watcher = watcher
        watcher.start()

    def close(self) -> None:
        """Watch nothing any more. The thread ends by itself, at the latest when the program does."""
        if self._watcher is not None:
            self._watcher.stop.set()
            self._ended.append(self._watcher)
            self._watcher = None
        self._roots = []

    def wait(self, milliseconds: int) -> bool:
        """Whether all threads ended in time."""
        return all(watcher.wait(milliseconds) for watcher in self._ended)

    def _failed(self, why: str) -> None:
        self._desk.say(
            "warning", f"Folders cannot be watched: {why}. Scan again (F5) shows changes.", kind="watch"
        )

    def look(self, paths: Sequence[Path]) -> None:
        """Look at paths that may be other than before."""
        desk, roots = self._desk, list(self._roots)
        fresh: list[Row] = []
        self._batch += 1

        def work(part: Sequence[Path]) -> tuple[list[Row | Arrived], list[Path]]:
            there = [path for path in part if path.exists()]
            gone = [path for path in part if not path.exists() and _root_is_there(path, roots)]
            return list(self._look(there)), gone

        def each(answer: tuple[list[Row | Arrived], list[Path]], _: int) -> None:
            found, gone = answer
            if gone:
                desk.tracks.forget_missing(gone, set())
            fresh.extend(r for r in found if isinstance(r, Row) and desk.tracks.row(r.path) is None)
            if found:
                self._take(found)

        def end() -> None:
            desk.tracks.settle()
            wanted = [row for row in fresh if row.is_new and desk.tracks.row(row.path) is row]
            if wanted and str(self._settings.value(LISTEN, "false")).lower() == "true":
                self.new.emit(wanted)

        desk.bridge.slices(
            f"watch {self._batch}",
            paths,
            SLICE,
            work,
            each,
            end,
            lambda error: desk.complain("Changed files cannot be looked at", error),
        )

    def _look(self, paths: Sequence[Path]) -> Iterator[Row | Arrived]:
        """In the worker."""
        services, tracks = self._desk.services, self._desk.tracks
        heard: list[Track] = []
        for item in services.look(paths, threading.Event()):
            yield Row.of(item)
            if not isinstance(item, FileFault):
                heard.append(item)
        yield from known(services, heard, tracks.shift)


def _root_is_there(path: Path, roots: Sequence[Path]) -> bool:
    """A volume that is not there is no reason to forget its files."""
    return any(root.exists() for root in roots if path.is_relative_to(root))
