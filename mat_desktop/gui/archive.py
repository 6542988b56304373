"""The page on what was written, and taking it back."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal

from mat_desktop.domain.plan import WriteResult
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.operations.undo import Undo
from mat_desktop.gui.pages import Page, Pages
from mat_desktop.gui.views.history import History
from mat_desktop.gui.views.library import Library


class Archive(QObject):
    """``changed`` says that other runs can be taken back than before."""

    changed = Signal()

    def __init__(self, desk: Desk, library: Library, pages: Pages) -> None:
        super().__init__()
        self._desk, self._library, self._pages = desk, library, pages
        self.undoing = Undo(desk)
        self.page = History()
        pages.add(Page("history", self.page, self.page.list, self.page.banners))
        pages.shown.connect(self._shown)
        self.undoing.listed.connect(self._listed)
        self.undoing.recovered.connect(self._recovered)
        self.undoing.ended.connect(self.changed)
        self.page.undo.connect(self.undo_run)
        self.page.chosen.connect(self._show_run)
        self.page.back.connect(lambda: pages.show("library"))

    def undo_last_run(self) -> None:
        """Take the newest run back that still can be."""
        if self.undoing.last is not None:
            self.undo_run(self.undoing.last.id)

    def undo_run(self, run_id: int) -> None:
        """Take a run back."""
        self._pages.clear_message("wrote")
        self._library.player.silence()
        self.undoing.take_back(run_id)

    def _shown(self, name: str) -> None:
        if name == "history":
            self.undoing.load()  # the command line may have written meanwhile

    def _listed(self, runs: list[Any]) -> None:
        self.page.show_runs(runs)
        self.changed.emit()

    def _show_run(self, run_id: int) -> None:
        services = self._desk.services
        self._desk.bridge.ask("run", lambda: services.run_changes(run_id), self.page.show_changes)

    def _recovered(self, results: list[WriteResult]) -> None:
        parts = "; ".join(f"{result.path.name} {result.reason}" for result in results)
        text = f"A write was interrupted last time: {parts}"
        self._desk.say("warning", text, "History", lambda: self._pages.show("history"))
