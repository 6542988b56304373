"""A setting of a training: its name, a field, and what it means or why the value cannot be."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QGridLayout, QSizePolicy

from mat_desktop.gui.theme import font
from mat_desktop.gui.widgets.controls import Text
from mat_desktop.gui.widgets.drop_down import DropDown
from mat_desktop.gui.widgets.fit import KeepTall, KeepWide
from mat_desktop.gui.widgets.line_field import LineField

Value = int | float | str
NAME, FIELD = 120, 136
AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Spec:
    """What is known of a setting.

    :param default: its kind is that of all values: whole, decimal, or a word
    :param choices: all words that it may be; none for numbers
    :param above: whether ``least`` itself is too little
    :param auto: the number that stands for "auto", as which it is shown
    """

    name: str
    title: str
    default: Value
    text: str = ""
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    above: bool = False
    auto: int | None = None

    @property
    def range(self) -> str:
        """The values that can be, in words."""
        kind = "a whole number" if isinstance(self.default, int) else "a number"
        if self.auto is not None:
            return f"{AUTO}, or {kind} from 0 on"
        low = None if self.least is None else f"{self.least:g}"
        if low is None:
            return kind
        if self.most is not None:
            return f"{kind} {f'above {low}, at most' if self.above else f'from {low} to'} {self.most:g}"
        return f"{kind} above {low}" if self.above else f"{kind} from {low} on"

    def read(self, text: str) -> Value | None:
        """A value from its text, None where it cannot be one."""
        if self.auto is not None and text.lower() == AUTO:
            return self.auto
        try:
            value = int(text) if isinstance(self.default, int) else float(text.replace(",", "."))
        except ValueError:
            return None
        low, high = self.least, self.most
        if value != value or value in (float("inf"), float("-inf")):
            return None
        if low is not None and (value <= low if self.above else value < low):
            return None
        return None if high is not None and value > high else value


class Setting(QObject):
    """Three cells of a grid. ``changed`` says that the user changed it."""

    changed = Signal()

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        self.spec = spec
        self.name = Text(spec.title, token="muted")
        KeepWide(self.name, NAME)
        self.note = Text(spec.text, size=12, token="faint")
        self.note.setWordWrap(True)
        self.note.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.drop: DropDown | None = None
        self.line: LineField | None = None
        if spec.choices:
            self.drop = DropDown([(choice, choice) for choice in spec.choices])
            self.drop.picked.connect(lambda _: self.changed.emit())
            self.field: DropDown | LineField = self.drop
        else:
            self.line = LineField()
            self.line.setFont(font(13, figures=True))
            KeepTall(self.line, 32)
            self.line.textEdited.connect(lambda _: self._edited())
            self.field = self.line
        KeepWide(self.field, FIELD)
        self.field.setAccessibleName(spec.title)
        self.set(spec.default)

    def put(self, grid: QGridLayout, row: int) -> None:
        """Into a row of a grid."""
        for column, cell in enumerate((self.name, self.field, self.note)):
            grid.addWidget(cell, row, column)
        grid.setColumnStretch(2, 1)

    def show_cells(self, shown: bool) -> None:
        """Show or hide them."""
        for cell in (self.name, self.field, self.note):
            cell.setVisible(shown)

    @property
    def value(self) -> Value | None:
        """None where what stands there cannot be a value."""
        if self.drop is not None:
            return self.drop.value
        assert self.line is not None
        return self.spec.read(self.line.text().strip())

    @property
    def problem(self) -> str:
        """Why not; empty where it can."""
        return "" if self.value is not None else f"{self.spec.title} must be {self.spec.range}"

    def set(self, value: Value) -> None:
        """Another value."""
        if value == self.spec.auto:
            self.put_text(AUTO)
            return
        self.put_text(f"{value:g}" if isinstance(value, float) else str(value))

    @property
    def text(self) -> str:
        """What stands there, be it a value or not."""
        if self.drop is not None:
            return self.drop.value
        assert self.line is not None
        return self.line.text()

    def put_text(self, text: str) -> None:
        """What stood there before."""
        if self.drop is not None:
            self.drop.pick(text)
        elif self.line is not None:
            self.line.setText(text)
        self._check()

    def _edited(self) -> None:
        self._check()
        self.changed.emit()

    def _check(self) -> None:
        problem = self.problem
        self.note.setText(problem or self.spec.text)
        self.note.set_token("danger" if problem else "faint")
        self.field.setAccessibleDescription(f"{self.spec.title}: {problem or self.spec.text}")
