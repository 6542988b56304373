"""The log of the training that is looked at: what its file has, and after that what it says."""

from __future__ import annotations

from PySide6.QtCore import QObject

from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.operations.train import Trainer
from mat_desktop.gui.widgets.log_view import LogView


class TrainingLog(QObject):
    """Shows one at a time."""

    def __init__(self, desk: Desk, trainer: Trainer, view: LogView) -> None:
        super().__init__()
        self._desk, self._trainer, self._view = desk, trainer, view
        self._name = ""
        self._lines: list[str] | None = None
        trainer.lines.connect(self._said)

    def follow(self, name: str) -> None:
        """Another training's, by name; empty: none."""
        if name == self._name:
            return
        self._name = name
        if not name:
            return
        trainings = self._desk.services.trainings
        self._trainer.save()
        self._lines = []  # said from now on, and so not in what is read
        self._desk.bridge.ask("log", lambda: trainings.log(name), self._show)

    def _show(self, text: str) -> None:
        self._view.show_text(text)
        lines, self._lines = self._lines or [], None
        self._view.add(lines)

    def _said(self, name: str, lines: list[str]) -> None:
        if name != self._name:
            return
        if self._lines is not None:
            self._lines += lines
        else:
            self._view.add(lines)
