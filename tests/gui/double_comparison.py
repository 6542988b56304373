"""A comparison of two models, on the double."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mat_desktop.app.compare import Compared, Comparison, Differences
from mat_desktop.domain.track import Track, TrackId
from mat_desktop.errors import FileFault
from tests.gui.double_model import SCHEME

if TYPE_CHECKING:
    from tests.gui.double import FakeServices


class FakeComparison:
    """Of the double with a model that hears "rock" no more, but "jazz" and "mellow"."""

    present_name = "double"
    COME, GO = ("jazz", "mellow"), ("rock",)

    def __init__(self, services: FakeServices, name: str) -> None:
        self.name = name
        self.notes = ("What has to be known.",)
        self.known: set[Path] = set()
        self.held: list[bool] = []
        self.shifts: list[float] = []
        self._services = services

    sample = staticmethod(Comparison.sample)

    def differences(self) -> Differences:
        return Differences(SCHEME, self.present_name, self.name)

    def heard(self, tracks: Iterable[Track]) -> int:
        return sum(track.path in self.known for track in tracks)

    def hold(self, on: bool) -> None:
        self.held.append(on)

    def run(
        self,
        tracks: Sequence[Track],
        cancel: threading.Event,
        tell: Callable[[Path, float], None],
        shift: float,
    ) -> Iterator[Compared | FileFault]:
        self.shifts.append(shift)
        for number, track in enumerate(tracks):
            while number >= self._services.rounds or not self._services.hold.wait(0.01):
                if cancel.wait(0.01):
                    return
            if cancel.is_set():
                return
            self.known.add(track.path)
            if number == 3:
                yield FileFault(track.path, "it changed since")
                continue
            come = self.COME if number else self.COME[:1]
            known = frozenset(("guitar", *self.COME, *self.GO))
            name = TrackId(track.path.name)
            compared = Compared(track.path, ("guitar",), come, self.GO, (), 0.5, name, known)
            yield from self.anew([compared])

    def anew(self, tracks: Iterable[Compared]) -> list[Compared]:
        return [one.beside(self._services.kept.get(one.track_id, {})) for one in tracks]
