"""Bringing the engine up, which takes seconds and may fail."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from PySide6.QtCore import QObject, Signal

from mat_desktop.errors import ModelFault
from mat_desktop.gui.jobs import LISTEN, Job
from mat_desktop.gui.operations.desk import Desk

KIND = "engine"
"""Of the message that it does not run."""


class Engine(QObject):
    """``starting``, then ``up`` with the device's name, or ``down`` with the reason.

    ``choose`` asks for the page on which another model is chosen. ``again`` hands over rows that were being
    listened to when it was started anew.
    """

    starting = Signal()
    up = Signal(str)
    down = Signal(str)
    choose = Signal()
    again = Signal(object)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.error = ""
        self.broken = False
        """Whether another model has to be chosen before anything is listened to."""
        self._change: Job | None = None

    def start(self) -> None:
        """Start it in the background."""
        self.error, self.broken = "", False
        self.starting.emit()
        self._desk.bridge.ask("start", self._desk.services.start_engine, self._up, self.failed, engine=True)

    def _up(self, device: str) -> None:
        self.error, self.broken = "", False
        self.up.emit(device)
        instead = self._desk.services.instead
        if instead:
            text = f"{instead[:1].upper()}{instead[1:]}. The model runs on {device}."
            self._desk.say("warning", text, kind="device wish")

    def restart(self) -> None:
        """Run as the settings say now; what is being listened to goes on after that."""
        desk = self._desk
        if self._change is not None and not desk.bridge.runs(self._change):
            return  # it waits for its turn, and reads the settings then
        waiting = [(row, row.scores) for row in desk.tracks.rows() if row.waits]
        for job in reversed([job for job in desk.bridge.jobs if job.title == "Listening"]):
            desk.bridge.stop(job)

        def make(cancel: threading.Event) -> Iterator[str]:
            yield desk.services.restart_engine(cancel)

        def ended(error: Exception | None) -> None:
            if self._change is job:
                self._change = None
            if job.stopping:
                desk.result("Cancelled; the model goes on as before")
            elif error is not None and desk.services.device is None:
                self.failed(error)
            elif error is not None:
                desk.complain("The model goes on as before", error)
            rows = [row for row, scores in waiting if row.scores is scores]
            if rows and not desk.bridge.leaving:
                self.again.emit(rows)

        job = Job(
            "Starting the model anew",
            make,
            on_items=lambda names: self._up(names[-1]),
            on_end=ended,
            unit="model",
            total=1,
            lane=LISTEN,
        )
        self._change = desk.bridge.do(job)

    def failed(self, error: Exception) -> None:
        """It did not start, or ended."""
        self.error, self.broken = str(error), isinstance(error, ModelFault)
        self.down.emit(self.error)
        again = ("Try again", self.start)
        text = f"The model cannot be started: {self.error}"
        if self.broken:  # trying alone will not mend it
            self._desk.say(
                "danger", text, "Choose a model", self.choose.emit, also=again, kind=KIND, stays=True
            )
        else:
            self._desk.say("danger", text, *again, kind=KIND)

    def works(self) -> None:
        """It did what it was asked for."""
        device = self._desk.services.device
        if device is not None:
            self.error, self.broken = "", False
            self.up.emit(device)

    @property
    def device(self) -> str:
        """What it runs on, or why it does not."""
        return self._desk.services.device or self.error or "starting"
