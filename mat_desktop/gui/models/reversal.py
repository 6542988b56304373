"""A reversal as a table: as a plan, but field by field, with what speaks against each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mat_desktop.domain.plan import Change
from mat_desktop.domain.reversal import FileReversal
from mat_desktop.domain.tags import Field
from mat_desktop.gui.models.columns import sentence
from mat_desktop.gui.models.plan import Folder, Line, PlanModel, PlannedFile, replaces


class RunModel(PlanModel):
    """What a run changed; what does not count any more says so."""

    def _lines_of(self, folder: Folder, file: PlannedFile) -> list[Line]:
        if not isinstance(file, FileReversal):
            return super()._lines_of(folder, file)
        return [
            Line(folder, file, item.change, replaces(item.change), item.why)
            for item in file.fields
            if not item.idle
        ]

    def takes(self, line: Line) -> bool:
        """Whether it still counts."""
        return not line.why


class ReversalModel(PlanModel):
    """Fields that another program changed since are unchecked at first; ``conflicts`` counts them."""

    TAKEN = "will be changed"

    def __init__(self) -> None:
        super().__init__()
        self._left: dict[Path, set[Field]] = {}
        self.conflicts = 0

    def show(self, files: Sequence[PlannedFile]) -> None:
        """Another reversal, with nothing chosen by the user yet."""
        self._left = {}
        self.conflicts = 0
        super().show(files)

    def add(self, files: Sequence[PlannedFile]) -> None:
        """More files of it."""
        for file in files:
            self._take_usual(file)
            self.conflicts += len(_conflicts(file))
        super().add(files)

    def _lines_of(self, folder: Folder, file: PlannedFile) -> list[Line]:
        if not isinstance(file, FileReversal):
            return super()._lines_of(folder, file)
        items = [item for item in file.fields if item.why or not item.idle]
        if file.fault:
            return self._refused(folder, file, [item.change for item in items])
        return [
            Line(
                folder,
                file,
                item.change,
                replaces(item.change),
                sentence(item.why),
                item.idle,
                "triangle-alert" if item.conflict else "",
            )
            for item in items
        ]

    def _taken(self, file: PlannedFile) -> Sequence[Change]:
        left = self._left.get(file.path)
        return [change for change in file.changes if change.field not in left] if left else file.changes

    def _take(self, file: PlannedFile, on: bool) -> None:
        if on:
            self._left.pop(file.path, None)
        else:
            self._left[file.path] = {change.field for change in file.changes}

    def _usual(self, file: PlannedFile) -> Sequence[Change]:
        conflicts = _conflicts(file)
        return [change for change in file.changes if change.field not in conflicts]

    def _take_usual(self, file: PlannedFile) -> None:
        conflicts = _conflicts(file)
        if conflicts:
            self._left[file.path] = conflicts
        else:
            self._left.pop(file.path, None)

    def takes(self, line: Line) -> bool:
        """Whether the change in this line would be made."""
        if line.file is None or line.change is None or line.stuck:
            return False
        return line.change.field not in self._left.get(line.file.path, ())

    def _said(self, line: Line) -> str:
        if line.file is None:
            return ""
        return self.TAKEN if self.takes(line) else "cannot be changed" if line.stuck else "left out"

    def toggle_field(self, row: int) -> None:
        """Check or uncheck one field of one file."""
        line = self.line(row)
        if line is None or line.file is None or line.change is None or line.stuck:
            return
        self._count(line.file, -1)
        self._left.setdefault(line.file.path, set()).symmetric_difference_update({line.change.field})
        self._count(line.file, 1)
        self._told()

    @property
    def chosen(self) -> list[FileReversal]:
        """Files with the fields that are checked; what was as it should be already is settled with them."""
        chosen = []
        for file in self.files:
            assert isinstance(file, FileReversal)
            left = self._left.get(file.path, set())
            chosen.append(file.only({item.change.field for item in file.fields} - left))
        return chosen


def _conflicts(file: PlannedFile) -> set[Field]:
    """Fields that somebody else changed since."""
    if not isinstance(file, FileReversal) or file.fault:
        return set()
    return {item.change.field for item in file.fields if item.conflict}
