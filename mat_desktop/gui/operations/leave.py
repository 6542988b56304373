"""Closing the window in the middle of work, and listening on at the next start."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from mat_desktop.gui.jobs import LISTEN
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.operations.listen import Listen
from mat_desktop.gui.operations.scan import Scan
from mat_desktop.gui.widgets.leave_bar import LeaveBar
from mat_desktop.gui.work import Work


class Leave(QObject):
    """Asks before work is stopped, and waits for the file under way."""

    def __init__(
        self,
        desk: Desk,
        bar: LeaveBar,
        close: Callable[[], object],
    ) -> None:
        """:param close: closes the window"""
        super().__init__()
        self._desk, self._bar, self._close = desk, bar, close
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
        """Listening goes on once the rows are there; with what others changed after the first scan, with what
        was away after a later one.
        """

        def go_on() -> None:
            scan.remembered.disconnect(go_on)
            listen.resume()

        def go_on_with_rest() -> None:
            scan.ended.disconnect(go_on_with_rest)
            listen.resume()
            scan.ended.connect(listen.come_back)

        scan.remembered.connect(go_on)
        scan.ended.connect(go_on_with_rest)

    def _unfinished(self) -> list[Work]:
        return [work for work in self._desk.bridge.jobs if work.leave]

    def _writing(self) -> bool:
        job = self._desk.bridge.job
        return job is not None and job.lane != LISTEN and bool(job.leave) and not job.lets_go

    def _when_done(self) -> None:
        self._later = True
        self._bar.wait(done=True)

    def _stay(self) -> None:
        self._later = False
        self._bar.dismiss()

    def _over(self, work: Work) -> None:
        if work.leave and self._bar.isVisible():
            self._ended.append(work.outcome or f"{work.title} has ended")

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
