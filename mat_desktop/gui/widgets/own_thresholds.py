"""The user's own thresholds, one below the other, each with its way back to the model's."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from mat_desktop.domain.scores import OwnThreshold
from mat_desktop.gui import words
from mat_desktop.gui.widgets.controls import Button
from mat_desktop.gui.widgets.nesting import nest
from mat_desktop.gui.widgets.setting_row import SettingRow

NONE = "None. A tag gets one where the mark on its bar is dragged, or in its menu."


class OwnThresholds(QWidget):
    """``reset`` hands over the names of tags that are to go back."""

    reset = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, SettingRow] = {}
        self._shown: Sequence[OwnThreshold] = ()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.every = Button("Reset all", "rotate-ccw")
        self.every.setAccessibleName("Reset all thresholds of your own")
        self.every.setEnabled(False)
        self.every.clicked.connect(lambda: self.reset.emit(list(self.rows)))
        self.head = SettingRow("Thresholds of your own", NONE, self.every)
        layout.addWidget(self.head)
        self._list = QVBoxLayout()
        self._list.setContentsMargins(16, 0, 0, 0)
        self._list.setSpacing(0)
        nest(layout, self._list)

    def show_thresholds(self, own: Sequence[OwnThreshold]) -> None:
        """Those for the model in use."""
        if own == self._shown:
            return
        self._shown = own
        names = list(self.rows)
        held = next((names.index(name) for name, row in self.rows.items() if row.control.hasFocus()), -1)
        for row in self.rows.values():
            self._list.removeWidget(row)
            row.deleteLater()
        self.rows = {threshold.name: self._row(threshold) for threshold in own}
        for row in self.rows.values():
            self._list.addWidget(row)
        model = "for the model in use; “Fewer, surer” and “More” move them with the others"
        self.head.say(f"{words.plural(len(own), 'tag')}, {model}." if own else NONE)
        had = self.every.hasFocus()
        self.every.setEnabled(bool(own))
        controls = [row.control for row in self.rows.values()]
        if held >= 0 and controls:  # the row went from under the finger: its neighbour is next
            controls[min(held, len(controls) - 1)].setFocus()
        elif held >= 0 or (had and not own):
            self.focusNextChild()

    def _row(self, own: OwnThreshold) -> SettingRow:
        button = Button("Reset", height=28)
        button.setAccessibleName(f"Reset the threshold of “{own.shown}”")
        button.clicked.connect(lambda: self.reset.emit([own.name]))
        if own.dropped:
            meaning = f"From {own.value:.2f} on, where it is shown again: you dropped this tag."
        elif own.measured is None:
            meaning = f"From {own.value:.2f} on. The model in use has no such tag."
        else:
            meaning = f"From {own.value:.2f} on; the model's is {own.measured:.2f}."
        return SettingRow(own.shown, meaning, button)
