"""What ``undo``, ``redo`` and ``remove-all`` share: showing what would come back, doing it, telling it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Event

from mat_desktop.app.reverse import reverse
from mat_desktop.app.session import Session
from mat_desktop.cli.output import (
    STOPPED,
    Results,
    change_line,
    change_object,
    errors,
    list_failures,
    progress,
)
from mat_desktop.domain.counting import count
from mat_desktop.domain.plan import Change, WriteResult, WriteStatus
from mat_desktop.domain.reversal import FileReversal, Task, told_as_they_are, told_copies_go
from mat_desktop.errors import FileFault, MatError, printable


@dataclass(slots=True)
class Done:
    """How files came back.

    :param moved: files that were changed under another name than that under which they were written, or as a
        copy of one that was
    :param run: its number in the journal, None where nothing was done
    :param error: what ended it before the last file
    """

    results: list[WriteResult] = field(default_factory=list)
    moved: list[FileReversal] = field(default_factory=list)
    run: int | None = None
    error: str | None = None

    @property
    def written(self) -> int:
        """Files that were changed."""
        return sum(bool(result.changes) for result in self.results)

    @property
    def absent(self) -> bool:
        """Whether a file was not found."""
        return any(result.absent for result in self.results)

    @property
    def partly(self) -> list[FileFault]:
        """Files that were changed and not entirely, each with what was left."""
        return [fault for fault, result in self._bad if result.changes]

    @property
    def faults(self) -> list[FileFault]:
        """Files that were not, with the reason."""
        return [fault for fault, result in self._bad if not result.changes]

    @property
    def _bad(self) -> list[tuple[FileFault, WriteResult]]:
        bad = (WriteStatus.CONFLICT, WriteStatus.FAILED)
        return [(FileFault(r.path, r.reason), r) for r in self.results if r.status in bad]

    @property
    def status(self) -> int:
        """Exit status."""
        return 1 if self._bad or self.error else 0


def carry_out(session: Session, task: Task, files: Sequence[FileReversal], title: str, cancel: Event) -> Done:
    """Do it, file by file. A journal that fails ends it, and what was done is told all the same."""
    done = Done()
    with progress() as bar:
        bar_task = bar.add_task(title, total=len(files))
        try:
            for result in reverse(session, task, files, cancel):
                bar.advance(bar_task)
                file = files[len(done.results)]
                done.results.append(result)
                if file.told_move and result.changes:
                    done.moved.append(file)
                done.run = session.journal.own[-1]
        except MatError as fault:
            done.error = str(fault)
            errors.print(f"mat-desktop: {fault}")
        except KeyboardInterrupt:  # the second Ctrl+C
            done.error = STOPPED
    if cancel.is_set():
        done.error = done.error or STOPPED
    return done


def tell(done: Done, said: str) -> str:
    """List the files that were left, and those of which a part was; each file counts once.

    :param said: what became of the others: ``{} put back``
    :returns: how many were changed: ``5 files put back, 3 in part``
    """
    copies = [file for file in done.moved if file.copy_of is not None]
    moved = [file for file in done.moved if file.copy_of is None]
    for files, what in ((moved, "found under another name"), (copies, "with a copy of what was written")):
        if files:
            errors.print(f"{count(len(files), 'file')} {what}:")
        for file in files:
            errors.print(f"  {printable(file.path)}: {file.told_move}")
    list_failures(done.faults)
    part = len(done.partly)
    list_failures(done.partly, "changed in part")
    whole = done.written - part
    told = said.format(count(whole or part, "file"))
    if part:
        told += f", {part} in part" if whole else " in part"
    return "; ".join([told, *told_as_they_are(done.results)])


def show(files: Sequence[FileReversal]) -> None:
    """What would happen to each file, on standard output."""
    for file in files:
        print(printable(file.path))
        for item in (item for item in file.fields if item.why or not item.idle):
            print(change_line(item.change, (file.fault and "cannot be written") or item.why))
        if file.fault:
            print(f"  failed: {file.fault}")
        if file.told_move:
            print(f"  note: {file.told_move}")
        if file.note:
            print(f"  note: {file.note}")
        if file.copied and not file.fault:
            print(f"  note: {told_copies_go(file.copied)}")


def say_changing(files: Sequence[FileReversal], write_hint: str) -> int:
    """How many files would change, how they do, and how many would be left.

    :param files: with the fields that would be chosen
    :returns: the exit status that doing it would have
    """
    changing = sum(bool(file.changes) for file in files)
    left = sum(bool(file.fault or file.left) for file in files)
    text = f"{count(changing, 'file')} would change; nothing was written ({write_hint})."
    if left:
        text += f" {count(left, 'file')} would be left, or changed in part."
    errors.print(text)
    return 1 if left else 0


def print_json(task: Task, files: Sequence[FileReversal], done: Done | None) -> None:
    """The same for other programs.

    :param files: as they were looked at
    :param done: None where they were only looked at
    """
    results = [*(done.results if done is not None else ()), *[None] * len(files)]
    report = {
        "kind": task.kind,
        "undo_of": task.undo_of,
        "run": done.run if done is not None else None,
        "error": done.error if done is not None else None,
        "files": [_as_object(file, result) for file, result in zip(files, results, strict=False)],
    }
    out = Results()
    out.print(json.dumps(report, indent=1))
    if out.fault is not None and not out.unread:
        raise out.fault


def _as_object(file: FileReversal, result: WriteResult | None) -> dict[str, object]:
    """A file as it would be, or with what became of it."""
    safe = file.safe
    status, error = "unchanged", safe.left_alone
    if file.fault:
        status, error = WriteStatus.FAILED, file.fault
    elif safe.changes:
        status = "planned"
    elif safe.left:
        status = WriteStatus.CONFLICT
    changes: Sequence[Change] = safe.changes
    if result is not None:
        status, error, changes = result.status, result.reason, result.changes
    return {
        "path": str(file.path),
        "status": status,
        "error": error or None,
        "note": file.note or None,
        "was": str(file.was) if file.was is not None else None,
        "copy_of": str(file.copy_of) if file.copy_of is not None else None,
        "copied": list(file.copied),
        "changes": [change_object(change) for change in changes if change.before != change.after],
    }
