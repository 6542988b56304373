"""What the program is, and what the doctor says of it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

import mat_desktop
from mat_desktop.app.diagnosis import PRIVACY, Finding, State, verdict
from mat_desktop.gui.services import Services
from mat_desktop.gui.views.shortcuts import Sheet
from mat_desktop.gui.widgets.announce import announce
from mat_desktop.gui.widgets.controls import Button, Icon, Text
from mat_desktop.gui.widgets.nesting import nest

MARKS = {
    State.OK: ("circle-check", "positive"),
    State.WARNING: ("triangle-alert", "warning"),
    State.FAULT: ("circle-alert", "danger"),
}

WIDEST = 840
"""Pixels of the page: names, and beside them lines that are short enough to be read."""


def facts(services: Services, device: str) -> list[tuple[str, str]]:
    """What the program is made of.

    :param device: what the model runs on, or why it does not
    """
    card = services.card
    return [
        ("Program", f"mat-desktop {mat_desktop.__version__}, MIT licence"),
        ("Model", f"{card.title}, made {card.created}, {card.licence}, SHA-256 begins {card.digest}"),
        ("Trained on", card.data),
        ("Runs on", device),
        ("Data", f"{services.data_dir}"),
        ("Icons", "Lucide, ISC licence"),
        ("Typeface", "Inter, SIL Open Font License 1.1"),
    ]


class About(Sheet):
    """Name, version, model, licences, and the diagnosis, which can be copied.

    ``copied`` asks for the diagnosis in the clipboard, ``again`` for another one.
    """

    copied = Signal()
    again = Signal()

    def __init__(self, facts: Sequence[tuple[str, str]]) -> None:
        super().__init__("About mat-desktop")
        outer = QHBoxLayout(self.body)
        outer.setContentsMargins(24, 20, 24, 24)
        page = QWidget()
        page.setMaximumWidth(WIDEST)
        outer.addWidget(page, 1000)
        outer.addStretch(1)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(16)
        grid = _grid()
        grid.setColumnMinimumWidth(0, 16 + grid.horizontalSpacing())  # an empty column has no space behind it
        for row, (name, value) in enumerate(facts):
            grid.addWidget(Text(name, token="muted"), row, 1, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(_paragraph(value), row, 2)
        nest(column, grid)
        nest(column, self._head())
        column.addWidget(_paragraph(PRIVACY, "muted"))
        self._grid = _grid()
        self._row, self._group = 0, ""
        nest(column, self._grid)
        column.addStretch(1)

    def _head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(Text("Diagnosis", size=16, weight=600))
        self.verdict = Text(token="muted")
        head.addWidget(self.verdict)
        head.addSpacing(8)
        self.copy = Button("Copy", kind="plain", height=28, tip="Copy the diagnosis as text")
        self.copy.clicked.connect(self.copied)
        self.look_again = Button("Look again", kind="flat", height=28)
        self.look_again.clicked.connect(self.again)
        for button in (self.copy, self.look_again):
            button.setEnabled(False)
            head.addWidget(button)
        head.addStretch(1)
        return head

    def begin(self) -> None:
        """A diagnosis starts."""
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        self._row, self._group = 0, ""
        self.copy.setEnabled(False)
        self.look_again.setEnabled(False)

    def say_looking(self, group: str) -> None:
        """What is looked at now."""
        self.verdict.setText(f"Looking at: {group}…")

    def add(self, findings: Sequence[Finding]) -> None:
        """More of it."""
        for finding in findings:
            if finding.group != self._group:
                self._group = finding.group
                title = Text(finding.group, weight=600)
                title.setContentsMargins(0, 8 if self._row else 0, 0, 0)
                self._grid.addWidget(title, self._row, 1, 1, 2)
                self._row += 1
            mark = Icon(*_mark(finding.state))
            mark.setAccessibleName(finding.state)
            top = Qt.AlignmentFlag.AlignTop
            self._grid.addWidget(mark, self._row, 0, top)
            self._grid.addWidget(Text(finding.name, token="muted"), self._row, 1, top)
            text = finding.text if not finding.way_out else f"{finding.text}\n{finding.way_out}"
            self._grid.addWidget(_paragraph(text), self._row, 2)
            self._row += 1

    def end(self, findings: Sequence[Finding]) -> None:
        """That was all."""
        self.verdict.setText(verdict(findings))
        self.copy.setEnabled(True)
        self.look_again.setEnabled(True)
        announce(self, verdict(findings))


def _mark(state: State) -> tuple[str, int, str]:
    name, token = MARKS[state]
    return name, 16, token


def _grid() -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(8)
    grid.setColumnMinimumWidth(0, 16)
    grid.setColumnMinimumWidth(1, 140)
    grid.setColumnStretch(2, 1)
    return grid


def _paragraph(text: str, token: str = "text") -> Text:
    label = Text(text, token=token)
    label.setWordWrap(True)
    return label
