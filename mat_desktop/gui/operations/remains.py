"""What writes left undone is told, each by one message, until it was done or nobody wants to know.

That a file's problem went, as when its drive came back, is no write of it: it is told of as before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from mat_desktop.domain.plan import WriteResult
from mat_desktop.gui import words
from mat_desktop.gui.models.row import BAD
from mat_desktop.gui.operations.desk import Desk, Do
from mat_desktop.gui.operations.files import Left, as_they_were, problems_of, still_bad
from mat_desktop.gui.operations.scan import Scan
from mat_desktop.gui.operations.undo import is_overtaken
from mat_desktop.gui.operations.write import Ended, Wish

if TYPE_CHECKING:
    from mat_desktop.store.journal import Run

LEFT = "left"
"""How the kinds of these messages begin."""


@dataclass(slots=True)
class _Told:
    """:param bad: what became of files that were left as they were; their rows stay problems as well
    :param ready: files that it did not get to, or that have no problem any more
    :param wish: what it was for
    :param over: called once nothing of it remains, or nobody wants to know
    :param run: what it wrote, None where that is nothing
    :param ended: how it ended, None where it was another start's
    """

    bad: list[WriteResult]
    ready: set[Path]
    wish: Wish
    over: Do
    run: int | None
    ended: Ended | None = None

    @property
    def paths(self) -> list[Path]:
        """Of all that remain."""
        return sorted({result.path for result in self.bad} | self.ready)


class Remains(QObject):
    """``settled`` names the kind of a message that is no longer so; ``show`` hands over files that were
    :class:`Left`, ``again`` paths of what remains and what was wished for it, once it can be planned anew.
    """

    settled = Signal(str)
    show = Signal(object)
    again = Signal(object, object)

    def __init__(self, desk: Desk, scan: Scan) -> None:
        super().__init__()
        self._desk, self._scan = desk, scan
        self._told: dict[str, _Told] = {}
        self._count = 0

    def begins(self, paths: Iterable[Path]) -> None:
        """These files are going to be written, or were by another process: what becomes of them is told at
        the end of that.
        """
        mine = set(paths)
        for kind, told in list(self._told.items()):
            before, told.bad = told.bad, [result for result in told.bad if result.path not in mine]
            told.ready -= mine
            if not told.paths:
                self._settle(kind)
            elif before and not told.bad:
                self._say_anew(kind)

    def wrote(self, ended: Ended, over: Do = lambda: None) -> None:
        """A write has ended: say what it left.

        :param over: called once that is nothing, or nobody wants to know
        """
        if not ended.rest:
            return
        bad = {result.path for result in ended.bad}
        ready = {path for path in ended.rest if path not in bad}
        run = self._desk.services.own_runs[-1] if ended.count else None
        self._add(_Told(list(ended.bad), ready, ended.wish, over, run, ended), ended.says())

    def taken_back(self, runs: Sequence[Run]) -> None:
        """Of what was taken back nobody wants the rest."""
        known = {run.id: run for run in runs}
        for kind, told in list(self._told.items()):
            run = known.get(told.run) if told.run is not None else None
            if run is not None and is_overtaken(run, runs):
                self._settle(kind)

    def tell(
        self, text: str, paths: Iterable[Path], wish: Wish, over: Do = lambda: None, run: int | None = None
    ) -> None:
        """Say what remains of a write of an earlier start.

        :param over: called once that is nothing, or nobody wants to know
        :param run: what it wrote
        """
        self._add(_Told([], set(paths), wish, over, run), text)

    def _add(self, told: _Told, text: str) -> None:
        self._count += 1
        kind = f"{LEFT} {self._count}"
        self._told[kind] = told
        self._say(kind, text)

    def _say(self, kind: str, text: str) -> None:
        told = self._told[kind]
        level = "danger" if told.ended is not None and told.ended.error is not None else "warning"
        rest = "Try again…" if told.bad else "Write the rest…"

        def again() -> None:
            self.plan(told.paths, told.wish)

        def show() -> None:
            left = Left(
                as_they_were, lambda: problems_of(told.bad), lambda paths: self.plan(paths, told.wish)
            )
            self.show.emit(left)

        def closed() -> None:
            self._told.pop(kind, None)
            told.over()

        if told.bad:
            also = (rest, again)
            self._desk.say(level, text, "Show them", show, also=also, kind=kind, stays=True, closed=closed)
        else:
            self._desk.say(level, text, rest, again, kind=kind, stays=True, closed=closed)

    def plan(self, paths: Sequence[Path], wish: Wish) -> None:
        """Ask for a plan of what remains; what was left because of a problem is read again first.

        What a write left because of one stays marked so: a plan is no decision.
        """
        rows = [row for path in paths if (row := self._desk.tracks.row(path)) is not None]
        if not rows:
            self._desk.result("None of these files is in the library any more")
            return

        def go_on() -> None:
            found = [self._desk.tracks.row(path) for path in paths]
            there = [row for row in found if row is not None and row.track is not None]
            if there:
                self.again.emit(paths, wish)
                if lost := len(paths) - len(there):
                    are = "is" if lost == 1 else "are"
                    number = f"{words.number(lost)} of {words.plural(len(paths), 'file')}"
                    self._desk.result(f"{number} {are} not there any more, or cannot be read")
            else:
                self._desk.result("None of these files is there any more, or can be read")

        bad = [row.path for row in rows if row.state in BAD]
        if bad:
            self._scan.read_again(bad, go_on, anew=False)
        else:
            go_on()

    def look(self) -> None:
        """Rows changed: where no file has its problem any more, the message says that they only remain to be
        written. Those that are gone have one.
        """
        for kind, told in list(self._told.items()):
            before, told.bad = told.bad, still_bad(told.bad, self._desk.tracks)
            told.ready |= {result.path for result in before} - {result.path for result in told.bad}
            if before and not told.bad:
                self._say_anew(kind)

    def _say_anew(self, kind: str) -> None:
        """What remains of a write has no problem any more: there is nothing to show."""
        told = self._told[kind]
        if told.ended is not None:
            self._say(kind, replace(told.ended, bad=(), rest=told.paths).says())

    def _settle(self, kind: str) -> None:
        told = self._told.pop(kind)
        self.settled.emit(kind)
        told.over()
