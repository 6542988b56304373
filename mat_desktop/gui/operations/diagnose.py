"""The doctor, asked look by look, so that nobody else who reads waits for long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from mat_desktop.app.diagnosis import Finding
from mat_desktop.gui.operations.desk import Desk

if TYPE_CHECKING:
    from mat_desktop.app.doctor import Check

CHANNEL = "doctor"


class Diagnose(QObject):
    """``looking`` names what is looked at, ``found`` hands over findings, ``ended`` all of them."""

    looking = Signal(str)
    found = Signal(object)
    ended = Signal(object)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._checks: Sequence[Check] = ()
        self.findings: list[Finding] = []

    def start(self) -> None:
        """Look at everything, anew."""
        self.stop()
        self.findings = []
        self._checks = self._desk.services.checks()
        self._look(0)

    def stop(self) -> None:
        """Nobody waits for it any more; an engine that was started for it is ended."""
        self._desk.bridge.forget(CHANNEL)
        for check in self._checks:
            check.stop()
        self._checks = ()

    def _look(self, number: int) -> None:
        if number == len(self._checks):
            self.ended.emit(self.findings)
            return
        check = self._checks[number]
        self.looking.emit(check.group)

        def done(findings: list[Finding]) -> None:
            self.findings += findings
            self.found.emit(findings)
            self._look(number + 1)

        self._desk.bridge.ask(CHANNEL, check.findings, done, engine=check.slow)
