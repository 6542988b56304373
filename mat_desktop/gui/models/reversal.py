"""A reversal as a table: as a plan, but field by field, with what speaks against each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from pathlib import Path

from PySide6.QtCore import Qt

from mat_desktop.domain.plan import Change, told_copies
from mat_desktop.domain.reversal import FileReversal, told_copies_go
from mat_desktop.domain.tags import MARKS, Field
from mat_desktop.gui import words
from mat_desktop.gui.models.columns import sentence
from mat_desktop.gui.models.plan import BOX, Folder, Index, Line, PlanModel, PlannedFile, replaces


class RunModel(PlanModel):
    """What a run changed; what does not count any more says so."""

    def _lines_of(self, folder: Folder, file: PlannedFile) -> list[Line]:
        if not isinstance(file, FileReversal):
            return super()._lines_of(folder, file)
        lines = [
            Line(folder, file, item.change, replaces(item.change), item.why)
            for item in file.fields
            if not item.idle
        ]
        if file.told_move and lines:
            lines.append(Line(folder, file, note=sentence(file.told_move)))
        if file.copied and lines:
            names = [words.field(field) for field in file.copied]
            lines.append(Line(folder, file, note=sentence(told_copies(names, done=True))))
        return lines

    def takes(self, line: Line) -> bool:
        """Whether it still counts."""
        return not line.why

    def _box(self, line: Line, index: Index) -> Qt.CheckState | None:
        return None


class ReversalModel(PlanModel):
    """Fields that another program changed since are unchecked at first; ``conflicts`` counts them.

    MAT_TAGS names the tags of fields that stay: it follows the boxes of the others. Other marks go with the
    last of these. ``left_before`` are fields that the user left out of the same task earlier: unchecked too.
    """

    TAKEN = "will be changed"

    def __init__(self) -> None:
        super().__init__()
        self._left: dict[Path, set[Field]] = {}
        self._lists: dict[Path, Line] = {}
        self.left_before: Mapping[Path, frozenset[Field]] = {}
        self.conflicts = 0

    def show(self, files: Sequence[PlannedFile]) -> None:
        """Another reversal, with nothing chosen by the user yet."""
        self._left, self._lists = {}, {}
        self.left_before = {}
        self.conflicts = 0
        super().show(files)

    def add(self, files: Sequence[PlannedFile]) -> None:
        """More files of it."""
        for file in files:
            if file.fault:  # another with this name may be among them
                continue
            before = self.left_before.get(file.path, frozenset())
            self._leave(file, _with_marks(file, before | _conflicts(file)) if before else _conflicts(file))
            self.conflicts += len(_conflicts(file))
        super().add(files)

    def _lines_of(self, folder: Folder, file: PlannedFile) -> list[Line]:
        if not isinstance(file, FileReversal):
            return super()._lines_of(folder, file)
        items = [item for item in file.fields if item.why or not item.idle]
        if file.fault:
            return self._refused(folder, file, [item.change for item in items])
        lines = [
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
        for line, item in zip(lines, items, strict=True):
            if item.change.field is Field.MAT_TAGS and file.notes is not None:
                self._lists[file.path] = line
        if file.told_move and lines:
            lines.append(Line(folder, file, note=sentence(file.told_move)))
        if file.copied and lines:
            names = [words.field(field) for field in file.copied]
            lines.append(Line(folder, file, note=sentence(told_copies_go(names))))
        self._follow(file)
        return lines

    def _follow(self, file: FileReversal) -> None:
        """What MAT_TAGS becomes where only some fields are checked."""
        line = self._lists.get(file.path)
        change = next((c for c in self._taken(file) if c.field is Field.MAT_TAGS), None)
        if line is not None and change is not None:
            line.change, line.replaces = change, replaces(change)

    def _taken(self, file: PlannedFile) -> Sequence[Change]:
        assert isinstance(file, FileReversal)
        return self._chosen(file).changes if self._left.get(file.path) else file.changes

    def _chosen(self, file: FileReversal) -> FileReversal:
        left = self._left.get(file.path, set())
        return file.only({item.change.field for item in file.fields} - left)

    def _leave(self, file: PlannedFile, fields: set[Field]) -> None:
        assert isinstance(file, FileReversal)
        if fields:
            self._left[file.path] = fields
        else:
            self._left.pop(file.path, None)
        self._follow(file)

    def _take(self, file: PlannedFile, on: bool) -> None:
        self._leave(file, set() if on else {change.field for change in file.changes})

    def _is_whole(self, file: PlannedFile) -> bool:
        """What another program changed since is not meant with the others."""
        can = {change.field for change in file.changes}
        return not self._left.get(file.path, set()) & (can - _conflicts(file))

    def _take_usual(self, file: PlannedFile) -> None:
        self._leave(file, _conflicts(file))

    def toggle(self, row: int) -> None:
        """As for a plan; a file in which others changed everything is checked only by its own box."""
        line = self.line(row)
        conflicts = _conflicts(line.file) if line is not None and line.file is not None else set()
        if line is None or line.file is None or not conflicts >= {c.field for c in line.file.changes} > set():
            super().toggle(row)
            return
        self._count(line.file, -1)
        self._take(line.file, not self._taken(line.file))
        self._count(line.file, 1)
        self._told()

    def takes(self, line: Line) -> bool:
        """Whether the change in this line would be made."""
        if line.file is None or line.change is None or line.stuck:
            return False
        return any(change.field is line.change.field for change in self._taken(line.file))

    def stays(self, line: Line) -> bool:
        """Where nothing else is said already."""
        return line.change is not None and not line.why and not self.takes(line)

    def follows(self, line: Line) -> bool:
        """MAT_TAGS has no box of its own while a field is checked whose tags it names, nor have other marks
        that were not asked for themselves.
        """
        file, change = line.file, line.change
        if not isinstance(file, FileReversal) or change is None or change.field not in MARKS or line.stuck:
            return False
        if change.field is Field.MAT_TAGS:
            named = self._lists.get(file.path) is line
            return named and any(taken.field not in MARKS for taken in self._taken(file))
        if file.marks is None or change.field in file.marks.asked:
            return False
        return any(taken.field not in MARKS for taken in self._taken(file))

    def _said(self, line: Line) -> str:
        if line.file is None or line.change is None:
            return ""
        if self.follows(line):
            return self.FOLLOWS
        return self.TAKEN if self.takes(line) else "cannot be changed" if line.stuck else "left out"

    def _box(self, line: Line, index: Index) -> Qt.CheckState | None:
        if index.column() != 1 or line.file is None or line.stuck or self.follows(line):
            return super()._box(line, index)
        return BOX[self.takes(line)]

    def toggle_field(self, row: int) -> None:
        """Check or uncheck one field of one file; with the last of them its marks are unchecked."""
        line = self.line(row)
        if line is None or line.file is None or line.change is None or line.stuck or self.follows(line):
            return
        self._count(line.file, -1)
        left = self._left.get(line.file.path, set()) ^ {line.change.field}
        if line.change.field not in MARKS:
            left = _with_marks(line.file, left)
        self._leave(line.file, left)
        self._count(line.file, 1)
        self._told()

    @property
    def singly(self) -> bool:
        """Whether fields were left out of files, though others of these may take them along."""
        return bool(self._left)

    @property
    def chosen(self) -> list[FileReversal]:
        """Files with the fields that are checked; what was as it should be already is settled with them.

        Those that cannot be written are among them: nobody unchecked them, and in the end they are told.
        """
        files = [file for file in self._files if isinstance(file, FileReversal)]
        return [self._chosen(file) for file in files if file.fault or self._taken(file)]

    @property
    def left(self) -> dict[Path, frozenset[Field]]:
        """By file, fields that are not checked."""
        return {path: frozenset(fields) for path, fields in self._left.items() if fields}


def _with_marks(file: PlannedFile, left: Set[Field]) -> set[Field]:
    """Fields that are left out of a file: its marks are with the last of the others, and not before."""
    can = {change.field for change in file.changes}
    return {*left - MARKS} if can - MARKS - left else {*left, *can & MARKS}


def _conflicts(file: PlannedFile) -> set[Field]:
    """Fields that somebody else changed since."""
    if not isinstance(file, FileReversal) or file.fault:
        return set()
    return {item.change.field for item in file.fields if item.conflict}
