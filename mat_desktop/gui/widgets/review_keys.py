"""The keys of the review page, as its side lists them."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from mat_desktop.gui.theme import appearance, wider
from mat_desktop.gui.widgets.controls import Key, Link, Text
from mat_desktop.gui.widgets.painting import key_text

KEYS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("1", "…", "9"), "Accept tag"),
    (("Shift+1", "…", "9"), "Reject tag"),
    (("Up", "Down"), "Move"),
    (("P",), "Accept"),
    (("X",), "Reject"),
    (("U",), "Undecided"),
    (("Shift+P",), "Accept all shown"),
    (("Return",), "Reviewed, next"),
    (("J", "K"), "Next, previous"),
    (("Space",), "Play, pause"),
    (("Left", "Right"), "Seek 5 s"),
    (("E",), "Evidence"),
    (("A",), "Add a tag"),
    (("Ctrl+Z",), "Undo"),
    (("Ctrl+S",), "Write"),
    (("?",), "All keys"),
)


class ReviewKeys(QWidget):
    """Every key of the page; folds to a line."""

    def __init__(self) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 6, 16, 10)
        layout.setSpacing(4)
        self._grid = QWidget()
        self.fold = Link("Keys", "chevron-down")
        self.fold.token = "muted"
        self.fold.clicked.connect(lambda: self.set_open(self._grid.isHidden()))
        layout.addWidget(self.fold)
        grid = QGridLayout(self._grid)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(6)
        self._beside = 0
        self._cells: list[tuple[QWidget, Text]] = []
        for sequences, text in KEYS:
            box = QWidget()
            caps = QHBoxLayout(box)
            caps.setContentsMargins(0, 0, 0, 0)
            caps.setSpacing(3)
            caps.addStretch(1)
            for sequence in sequences:
                cap = Text("…", size=12, token="muted") if sequence == "…" else Key(key_text(sequence))
                if sequence == "…":
                    cap.setAccessibleName("to")
                caps.addWidget(cap)
            self._cells.append((box, Text(text, size=12, token="muted")))
        grid.setColumnStretch(1, 1)
        layout.addWidget(self._grid)
        appearance.changed.connect(self._place)
        self._place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width."""
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        """Two beside each other where there is room for their words."""
        beside = 2 if self.width() >= wider(376) else 1
        if beside == self._beside:
            return
        self._beside = beside
        grid = self._grid.layout()
        assert isinstance(grid, QGridLayout)
        for number, cells in enumerate(self._cells):
            row, column = divmod(number, beside)
            for place, cell in enumerate(cells):
                grid.addWidget(cell, row, 2 * column + place)
        grid.setColumnStretch(3, beside - 1)

    @property
    def is_open(self) -> bool:
        """Whether the keys are shown."""
        return not self._grid.isHidden()

    def set_open(self, is_open: bool) -> None:
        """Show or fold them."""
        self._grid.setVisible(is_open)
        self.fold.set_icon("chevron-down" if is_open else "chevron-up")
