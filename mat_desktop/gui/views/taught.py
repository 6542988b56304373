"""The tags that were taught, and what can be done with each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QGridLayout, QVBoxLayout, QWidget

from mat_desktop.domain.taught import TaughtTag
from mat_desktop.gui import words
from mat_desktop.gui.save import ask_target
from mat_desktop.gui.widgets.controls import Button, Panel, Text
from mat_desktop.gui.widgets.taught_list import TaughtList

SUFFIX = ".tag.json"
FILTER = f"Taught tag (*{SUFFIX})"


class TaughtTags(QWidget):
    """``edited`` and ``removed`` name a tag, ``sent`` one and a file, ``taken`` a file; ``new`` asks for
    another tag, ``anew`` for those that other models were taught.
    """

    new = Signal()
    edited = Signal(str)
    removed = Signal(str)
    sent = Signal(str, object)
    taken = Signal(object)
    anew = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._begun = ""
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.tags = TaughtList()
        self.tags.activated.connect(lambda _: self._edit())
        self.tags.selectionModel().currentChanged.connect(lambda *_: self._tag_changed())
        self.tags.removed.connect(self.removed)
        self.empty = Text(token="muted")
        self.empty.setWordWrap(True)
        self.empty.setContentsMargins(16, 16, 16, 16)
        layout.addWidget(self.empty)
        layout.addWidget(self.tags, 1)
        self.elsewhere = Text(size=12, token="muted")
        self.elsewhere.setWordWrap(True)
        self.learn = Button("Learn anew", "graduation-cap", tip="By the same examples")
        self.learn.clicked.connect(self.anew)
        self.other = QWidget()
        other = QVBoxLayout(self.other)
        other.setContentsMargins(16, 8, 16, 12)
        other.setSpacing(8)
        other.addWidget(self.elsewhere)
        other.addWidget(self.learn, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self.other)
        self.faults = Text(size=12, token="danger")
        self.faults.setWordWrap(True)
        self.faults.setContentsMargins(16, 4, 16, 8)
        layout.addWidget(self.faults)
        layout.addStretch(0)
        foot = Panel("surface", edges="t")
        grid = QGridLayout(foot)
        grid.setContentsMargins(16, 12, 16, 12)
        grid.setSpacing(8)
        self.edit = Button("Edit", "graduation-cap")
        self.edit.clicked.connect(self._edit)
        self.export = Button("Export…", "upload")
        self.export.clicked.connect(self._ask_target)
        self.remove = Button("Remove", "trash-2")
        self.remove.clicked.connect(self._remove)
        self.begun = Text(size=12, token="muted", elide=True)
        self.begun.setMinimumHeight(16)
        self.fresh = Button("Teach another", "plus")
        self.fresh.clicked.connect(self.new)
        self.import_ = Button("Import…", "folder", tip="A taught tag that was exported")
        self.import_.clicked.connect(self._ask_source)
        for place, button in enumerate((self.edit, self.export, self.remove)):
            grid.addWidget(button, 0, 2 * place, 1, 2)
        grid.addWidget(self.begun, 1, 0, 1, 6)
        grid.addWidget(self.fresh, 2, 0, 1, 3)
        grid.addWidget(self.import_, 2, 3, 1, 3)
        layout.addWidget(foot)

    def show_tags(
        self, tags: Sequence[TaughtTag], faults: Sequence[str], elsewhere: Sequence[TaughtTag]
    ) -> None:
        """All taught tags anew. :param elsewhere: those that only models which hear otherwise were taught"""
        names = words.quoted([tag.name for tag in elsewhere])
        self.elsewhere.setText(f"Taught to another model only, which hears otherwise: {names}.")
        self.other.setVisible(bool(elsewhere))
        self.tags.show_tags(tags)
        self.empty.setVisible(not tags)
        self.empty.setText(
            "Nothing was taught to this model yet. Mark a few tracks that have something in common, "
            "and it finds the others."
        )
        self.tags.setVisible(bool(tags))
        self.faults.setText("\n".join(faults))
        self.faults.setVisible(bool(faults))
        self._tag_changed()

    def come(self, begun: str, changed: Sequence[str]) -> None:
        """Into view.

        :param begun: the new tag that is not saved yet, empty for none
        :param changed: names of taught tags with changes that are not saved
        """
        told = [begun] if begun else []
        told += [f"changes to “{name}”" for name in changed]
        self.begun.setText(f"Not saved yet: {'; '.join(told)}")
        self.begun.setVisible(bool(told))
        self._begun = begun
        self._name_fresh()
        self.first.setFocus()

    @property
    def first(self) -> QWidget:
        """What has the focus first."""
        return self.tags if self.tags.isVisibleTo(self) else self.fresh

    def _name_fresh(self) -> None:
        """What the button begins, or goes on with."""
        text = "Teach another" if self.tags.current() is not None else "Teach a tag"
        self.fresh.setText("Go on teaching" if self._begun else text)
        self.fresh.setToolTip(self._begun)

    def _tag_changed(self) -> None:
        self._name_fresh()
        for button in (self.edit, self.export, self.remove):
            button.setEnabled(self.tags.current() is not None)

    def _edit(self) -> None:
        tag = self.tags.current()
        if tag is not None:
            self.edited.emit(tag.name)

    def _remove(self) -> None:
        tag = self.tags.current()
        if tag is not None:
            self.removed.emit(tag.name)

    def _ask_target(self) -> None:
        tag = self.tags.current()
        if tag is None:
            return
        start = Path.home() / f"{tag.name}{SUFFIX}"
        path = ask_target(self, "Export the taught tag", start, {SUFFIX: FILTER})
        if path is not None:
            self.sent.emit(tag.name, path)

    def _ask_source(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "Import a taught tag", str(Path.home()), FILTER)
        if chosen:
            self.taken.emit(Path(chosen))
