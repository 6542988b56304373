"""What writes left undone is told, each by one message, until it was done or nobody wants to know."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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
    :param unreached: files that it did not get to
    :param over: called once nothing of it remains, or nobody wants to know
    :param run: what it wrote, None where that is nothing
    """

    bad: list[WriteResult]
    unreached: set[Path]
    over: Do
    run: int | None

    @property
    def paths(self) -> list[Path]:
        """Of all that remain."""
        return sorted({result.path for result in self.bad} | self.unreached)


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
        """These files are going to be written: what becomes of them is told at the end of that."""
        mine = set(paths)
        for told in self._told.values():
            told.bad = [result for result in told.bad if result.path not in mine]
            told.unreached -= mine
        self.look()

    def wrote(self, ended: Ended, over: Do = lambda: None) -> None:
        """A write has ended: say what it left.

        :param over: called once that is nothing, or nobody wants to know
        """
        if not ended.rest:
            return
        bad = {result.path for result in ended.bad}
        unreached = [path for path in ended.rest if path not in bad]
        level = "warning" if ended.error is None else "danger"
        run = self._desk.services.own_runs[-1] if ended.count else None
        self.tell(level, ended.says(), ended.bad, unreached, ended.wish, over, run)

    def taken_back(self, runs: Sequence[Run]) -> None:
        """Of what was taken back nobody wants the rest."""
        known = {run.id: run for run in runs}
        for kind, told in list(self._told.items()):
            run = known.get(told.run) if told.run is not None else None
            if run is not None and is_overtaken(run, runs):
                self._settle(kind)

    def tell(
        self,
        level: str,
        text: str,
        bad: Iterable[WriteResult],
        unreached: Iterable[Path],
        wish: Wish,
        over: Do = lambda: None,
        run: int | None = None,
    ) -> None:
        """Say what remains of a write.

        :param over: called once that is nothing, or nobody wants to know
        :param run: what it wrote
        """
        self._count += 1
        kind = f"{LEFT} {self._count}"
        told = self._told[kind] = _Told(list(bad), set(unreached), over, run)
        rest = "Try again…" if told.bad else "Write the rest…"

        def again() -> None:
            self.plan(told.paths, wish)

        def show() -> None:
            left = Left(as_they_were, lambda: problems_of(told.bad), lambda paths: self.plan(paths, wish))
            self.show.emit(left)

        if told.bad:
            also = (rest, again)
            self._desk.say(level, text, "Show them", show, also=also, kind=kind, stays=True, closed=over)
        else:
            self._desk.say(level, text, rest, again, kind=kind, stays=True, closed=over)

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
        """Rows changed: files that have no problem any more are not told of. Those that are gone have one."""
        for kind, told in list(self._told.items()):
            told.bad = still_bad(told.bad, self._desk.tracks)
            if not told.bad and not told.unreached:
                self._settle(kind)

    def _settle(self, kind: str) -> None:
        told = self._told.pop(kind)
        self.settled.emit(kind)
        told.over()
