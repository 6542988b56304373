"""The sheets on keys and on the program itself."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication

from mat_desktop.app.diagnosis import as_text
from mat_desktop.gui.actions import Actions
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.operations.diagnose import Diagnose
from mat_desktop.gui.operations.engine import Engine
from mat_desktop.gui.pages import Pages
from mat_desktop.gui.views.about import About, facts
from mat_desktop.gui.views.shortcuts import Shortcuts


class Help(QObject):
    """Connects the actions of the Help menu."""

    def __init__(self, desk: Desk, engine: Engine, pages: Pages, actions: Actions) -> None:
        super().__init__()
        self._desk, self._engine, self._pages, self._actions = desk, engine, pages, actions
        self.diagnose = Diagnose(desk)
        actions.connect("keys", self._show_keys)
        actions.connect("about", self._show_about)
        pages.covered.connect(self._uncovered)

    def close(self) -> None:
        """The window closes."""
        self.diagnose.stop()

    def _show_keys(self) -> None:
        self._pages.cover(Shortcuts(self._actions.sheet()))

    def _show_about(self) -> None:
        sheet = About(facts(self._desk.services, self._engine.device))
        look = self.diagnose
        look.looking.connect(sheet.say_looking)
        look.found.connect(sheet.add)
        look.ended.connect(sheet.end)
        sheet.copied.connect(self._copy)
        sheet.again.connect(sheet.begin)
        sheet.again.connect(look.start)
        self._pages.cover(sheet)
        look.start()

    def _uncovered(self) -> None:
        if not isinstance(self._pages.stack.currentWidget(), About):
            self.diagnose.stop()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(as_text(self.diagnose.findings))
        self._desk.result("Copied the diagnosis")
