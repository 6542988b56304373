"""Bringing the engine up, which takes seconds and may fail."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from mat_desktop.gui.operations.desk import Desk


class Engine(QObject):
    """``starting``, then ``up`` with the device's name, or ``down`` with the reason."""

    starting = Signal()
    up = Signal(str)
    down = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.error = ""

    def start(self) -> None:
        """Start it in the background."""
        self.error = ""
        self.starting.emit()
        self._desk.bridge.ask("start", self._desk.services.start_engine, self._up, self.failed, engine=True)

    def _up(self, device: str) -> None:
        self.up.emit(device)
        instead = self._desk.services.instead
        if instead:
            text = f"{instead[:1].upper()}{instead[1:]}. The model runs on {device}."
            self._desk.say("warning", text, kind="device wish")

    def failed(self, error: Exception) -> None:
        """It did not start, or ended."""
        self.error = str(error)
        self.down.emit(self.error)
        self._desk.say(
            "danger", f"The model cannot be started: {self.error}", "Try again", self.start, kind="engine"
        )

    def works(self) -> None:
        """It did what it was asked for."""
        device = self._desk.services.device
        if device is not None:
            self.error = ""
            self.up.emit(device)

    @property
    def device(self) -> str:
        """What it runs on, or why it does not."""
        return self._desk.services.device or self.error or "starting"
