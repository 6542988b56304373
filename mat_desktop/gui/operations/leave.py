"""Closing the window in the middle of work, and going on with it at the next start."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSettings

from mat_desktop.domain.reversal import RunKind
from mat_desktop.gui import words
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.operations.listen import Listen
from mat_desktop.gui.operations.scan import Scan
from mat_desktop.gui.operations.undo import WRITING
from mat_desktop.gui.widgets.leave_bar import LeaveBar
from mat_desktop.gui.work import Work

if TYPE_CHECKING:
    from mat_desktop.store.journal import Run

LEFT = "left"
"""Setting: what a write that was stopped by quitting left undone, in words."""

SCOPE = "scope"
"""Setting: what the last write was for."""

BEGUN = "begun"
"""Setting: when a write began that has not ended, so that the next start knows of it whatever happens."""


class Leave(QObject):
    """Asks before work is stopped, waits for the file under way, and remembers what remains."""

    def __init__(
        self,
        desk: Desk,
        bar: LeaveBar,
        settings: QSettings,
        close: Callable[[], object],
        write: Callable[[str], object],
    ) -> None:
        """:param close: closes the window
        :param write: shows what would be written; takes what it is for, as the panel names it
        """
        super().__init__()
        self._desk, self._bar, self._settings = desk, bar, settings
        self._close, self._write = close, write
        self._leaving = self._later = False
        self._ended: list[str] = []
        bar.quit_now.connect(self.now)
        bar.quit_later.connect(self._when_done)
        bar.stay.connect(self._stay)
        desk.bridge.changed.connect(self._look)
        desk.bridge.over.connect(self._over)

    def may_close(self) -> bool:
        """Whether the window may close now; if not, the user is asked. Closing once more quits."""
        works = self._unfinished()
        if not works or self._leaving:
            return not self._writing()
        if self._bar.isVisible() and not self._later:
            self.now()
            return not self._writing()
        self._later = False
        self._ended.clear()
        self._bar.ask(works)
        return False

    def now(self) -> None:
        """Stop everything, finish the file under way, then close."""
        self._leaving = True
        self._desk.bridge.leaving = True
        self._bar.wait(done=False)
        self._bar.show()  # nobody may have been asked: the terminal or the system says so
        self._desk.bridge.cancel()
        self._look()

    def resume_after(self, scan: Scan, listen: Listen) -> None:
        """When the first scan has brought the rows, listening goes on, and what was left is said."""

        begun = str(self._settings.value(BEGUN, ""))

        def go_on() -> None:
            scan.ended.disconnect(go_on)
            listen.resume()
            if begun:  # what a crash left half-way is settled by now
                self._look_back(begun)

        scan.ended.connect(go_on)
        left = str(self._settings.value(LEFT, ""))
        if left:
            self._settings.remove(LEFT)
            self._say_left(left)

    def write_begins(self, scope: str) -> None:
        """Keep that it did until it ends: the program may not get to say what remains.

        :param scope: what it was for, as the panel names it
        """
        self._settings.setValue(SCOPE, scope)
        if not self._writes():
            self._settings.setValue(BEGUN, datetime.now(UTC).isoformat(timespec="seconds"))

    def _look_back(self, begun: str) -> None:
        """Say how far a write came whose process ended with it."""
        since = datetime.fromisoformat(begun)

        def done(runs: list[Run]) -> None:
            if str(self._settings.value(BEGUN, "")) == begun:  # else there is a new one
                self._settings.remove(BEGUN)
            writes = (run for run in runs if run.kind is RunKind.WRITE and run.started >= since)
            last = next(writes, None)
            if last is None:
                self._say_left("no file was written")
            elif last.planned is not None and last.files < last.planned:
                remain = last.planned - last.files
                self._say_left(
                    f"Wrote {words.plural(last.files, 'file')}; "
                    f"{words.number(remain)} {'remains' if remain == 1 else 'remain'}"
                )

        self._desk.bridge.ask("left", self._desk.services.runs, done)

    def _say_left(self, left: str) -> None:
        self._desk.say("warning", f"Last time writing was stopped: {left}.", "Write…", self._write_rest)

    def _write_rest(self) -> None:
        self._write(str(self._settings.value(SCOPE, "")))

    def _unfinished(self) -> list[Work]:
        return [work for work in self._desk.bridge.jobs if work.leave]

    def _writes(self) -> list[Work]:
        return [work for work in self._desk.bridge.jobs if work.title == WRITING]

    def _writing(self) -> bool:
        job = self._desk.bridge.job
        return job is not None and job.lane != "listen" and bool(job.leave)

    def _when_done(self) -> None:
        self._later = True
        self._bar.wait(done=True)

    def _stay(self) -> None:
        self._later = False
        self._bar.hide()

    def _over(self, work: Work) -> None:
        if work.leave and self._bar.isVisible():
            self._ended.append(work.outcome or f"{work.title} has ended")
        if work.title == WRITING and not any(other is not work for other in self._writes()):
            self._settings.remove(BEGUN)
        if self._leaving and work.title == WRITING and work.outcome and work.retry is not None:
            self._settings.setValue(LEFT, work.outcome)

    def _look(self) -> None:
        if not self._bar.isVisible():
            return
        works = self._unfinished()
        if works:
            self._bar.show_work(works)
        if self._leaving and not self._writing():
            self._close()
        elif not works and self._later:
            self._leaving = True
            self._close()
        elif not works and not self._leaving:
            self._bar.show_end(self._ended)
