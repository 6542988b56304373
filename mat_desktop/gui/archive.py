"""The page on what was written, and taking it back."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from os import fspath
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSettings, Qt, Signal
from PySide6.QtGui import QGuiApplication

from mat_desktop.domain.plan import WriteResult, WriteStatus
from mat_desktop.domain.reversal import FileReversal, RunKind, Task
from mat_desktop.domain.tags import Field
from mat_desktop.errors import UsageFault, printable
from mat_desktop.gui import words
from mat_desktop.gui.actions import Actions
from mat_desktop.gui.jobs import Job
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.operations.undo import (
    JOBS,
    WRITING,
    LookBack,
    MakeTask,
    Undo,
    kind_of_recovery,
    last_of,
)
from mat_desktop.gui.operations.unwritten import Unwritten
from mat_desktop.gui.pages import Page, Pages
from mat_desktop.gui.views.history import History
from mat_desktop.gui.views.library import Library
from mat_desktop.gui.views.reversal_panel import TITLES

if TYPE_CHECKING:
    from mat_desktop.app.whereabouts import Tell
    from mat_desktop.store.journal import Run

REMOVING = "removing"
"""Setting: everything written is being removed; each start says so until that reached all files or is not
wanted. It holds what is left out of that, by file, and how many files it came to and could not change."""

FOLLOWS = "Follows when the work under way has ended"

Left = Mapping[Path, frozenset[Field]]

NONE_LEFT: Left = MappingProxyType({})


def _packed(left: Left, failed: int = 0) -> str:
    fields = {fspath(path): [*map(str, fields)] for path, fields in left.items()}
    return json.dumps({"left": fields, "failed": failed})


def _unpacked(text: str) -> tuple[Left, int]:
    """What the settings say; of an earlier version, or damaged, nothing."""
    try:
        found = json.loads(text)
        left = {Path(path): frozenset(map(Field, names)) for path, names in found["left"].items()}
        return left, int(found["failed"])
    except (ValueError, TypeError, KeyError, AttributeError):
        return NONE_LEFT, 0


class Archive(QObject):
    """``changed`` says that other runs can be taken back than before.

    ``elsewhere`` hands over files that another process of this program changed, and those of them that it
    wrote tags to, not took them back; ``write`` asks for the plan of all that is not written yet, and hands
    over the paths of those files; ``unsaid`` hands over a line of the status bar that is no longer so.
    """

    write = Signal(object)
    changed = Signal()
    elsewhere = Signal(object, object)
    unsaid = Signal(str)

    def __init__(
        self, desk: Desk, library: Library, pages: Pages, actions: Actions, settings: QSettings
    ) -> None:
        super().__init__()
        self._desk, self._library, self._pages, self._settings = desk, library, pages, settings
        self._newest: int | None = None
        self._runs: list[Run] | None = None
        self._came_from = "history"
        self._failed: Job | None = None
        self._shows_task: tuple[str, MakeTask] | None = None
        self.undoing = Undo(desk)
        self.page = History()
        self.looking = LookBack(desk)
        self.left_of: Callable[[int], Left] = lambda run_id: NONE_LEFT
        """What the user left out of a run whose undo was stopped."""
        self.page.reversal.follow(self.looking)
        self.looking.complete.connect(self._looked)
        pages.add(Page("history", self.page, self.page.list, self.page.banners))
        pages.shown.connect(self._shown)
        self._wanted: Callable[[], None] | None = None
        self.undoing.listed.connect(self._listed)
        self.undoing.unlisted.connect(self._unlisted)
        self.undoing.recovered.connect(self._recovered)
        self.undoing.ended.connect(self._ended)
        self.undoing.failed.connect(self._left_files)
        self.undoing.unwanted.connect(self._unwanted)
        self.undoing.again.connect(self._again)
        self.undoing.undo.connect(self.undo_last_run)
        self.undoing.redo.connect(self.redo_last_run)
        self.page.undo.connect(self.show_undo)
        self.page.redo.connect(self.show_redo)
        self.page.reversal.confirmed.connect(self._confirmed)
        self.page.reversal.closed.connect(self._go_back)
        self.page.chosen.connect(self._show_run)
        self.page.write.connect(lambda: self.write.emit(self.page.runs.waiting))
        self.page.send.connect(self._export)
        self.unwritten = Unwritten(desk)
        self.unwritten.counted.connect(self.page.show_waiting)
        self.page.back.connect(lambda: pages.show("library"))
        self.page.remove.follow(actions["remove_all"])
        actions.connect("remove_all", lambda: self.show_removal())
        QGuiApplication.instance().applicationStateChanged.connect(self._came)  # type: ignore[union-attr]

    # the last run

    @property
    def to_undo(self) -> Run | None:
        """What undo is about: this window's last run, else anybody's."""
        return last_of(self.undoing.runs, self._desk.services.own_runs) or last_of(self.undoing.runs)

    @property
    def to_redo(self) -> Run | None:
        """What redo is about."""
        runs, own = self.undoing.runs, self._desk.services.own_runs
        return last_of(runs, own, redo=True) or last_of(runs, redo=True)

    def can_try(self, *, redo: bool = False) -> bool:
        """Whether something counts that undo, or redo, may be about, also where it was tried before."""
        return last_of(self.undoing.runs, redo=redo, tried=True) is not None

    def undo_last_run(self) -> None:
        """Show what taking back this window's newest run would do, or where it made none, anybody's; where
        all were tried, the newest of which something can be taken back now."""
        self._soon(lambda: self.to_undo, RunKind.UNDO)

    def redo_last_run(self) -> None:
        """Show what writing again what was taken back last would do."""
        self._soon(lambda: self.to_redo, RunKind.REDO)

    def _soon(self, which: Callable[[], Run | None], what: RunKind) -> None:
        """Once it is known what was written last: that may be under way."""
        if not self.busy:
            self._wanted = lambda: self._show(which(), what)
            self.undoing.load()
            return
        before = which()

        def do() -> None:
            # It was meant for what was under way. Where nothing came of that, an older run is not.
            run = which()
            if run is None or run == before:
                self._desk.result("Nothing was written meanwhile")
            else:
                self._show(run, what)

        self._wanted = do
        self._desk.result(FOLLOWS)

    def withdraw(self) -> None:
        """What waits for work under way was not meant for the work that comes after it."""
        self._wanted = None
        self.unsaid.emit(FOLLOWS)

    @property
    def busy(self) -> bool:
        """Whether files are being written, or taken back."""
        titles = (WRITING, *JOBS.values())
        return any(job.title in titles for job in self._desk.bridge.jobs)

    def _unlisted(self) -> None:
        self.withdraw()

    def _do_wanted(self) -> None:
        if self._wanted is not None and not self.busy and not self._desk.bridge.leaving:
            do, self._wanted = self._wanted, None
            self.unsaid.emit(FOLLOWS)
            do()

    def _show(self, run: Run | None, what: RunKind) -> None:
        if run is not None:
            self.show_undo(run.id)
        elif self.can_try(redo=what is RunKind.REDO):
            self._show_doable(what)

    def _show_doable(self, what: RunKind) -> None:
        services = self._desk.services

        def make(cancel: threading.Event, tell: Tell) -> Task:
            run = services.doable(what, cancel, tell)
            if run is None:
                raise UsageFault(f"there is nothing to {what}: what is left of the runs is to stay as it is")
            return services.undoing(run, (), cancel, tell)

        self._open(f"{TITLES[what]} what is left of a run", make)

    # the panel

    def show_undo(self, run_id: int, left: Left | None = None) -> None:
        """What taking a run back would do.

        :param left: what the user left out of it before; None: where that was stopped
        """
        left = self.left_of(run_id) if left is None else left
        services = self._desk.services

        def make(cancel: threading.Event, tell: Tell) -> Task:
            return replace(services.undoing(run_id, (), cancel, tell), left=left)

        self._open(self._title(run_id), make)

    def show_redo(self, run_id: int) -> None:
        """What writing it again would do."""
        title = f"{TITLES[RunKind.REDO]} run {run_id}"
        services = self._desk.services
        self._open(title, lambda cancel, tell: services.redoing(run_id, cancel, tell))

    def show_removal(self, left: Left = NONE_LEFT, files: Collection[Path] = ()) -> None:
        """What taking out everything that was ever written would do.

        :param left: what the user left out of it before
        :param files: only out of these, none means all
        """

        def make(cancel: threading.Event, tell: Tell) -> Task:
            task = self._desk.services.removing(cancel, tell)
            pasts = tuple(past for past in task.pasts if not files or past.path in files)
            return replace(task, pasts=pasts, whole=not files, left=left)

        self._pages.clear_message(REMOVING)
        self._open(TITLES[RunKind.REMOVE], make)

    def _open(self, title: str, make: MakeTask) -> None:
        page = self._pages.current.name
        self._pages.show("history")
        self._came_from = page
        self.page.reversal.wait(title)
        self.page.show_reversal()
        self._shows_task = title, make
        self.looking.at(make)

    def look_again(self) -> None:
        """A drive came or went: what is in view may be done to other files now."""
        panel = self.page.reversal
        if self._shows_task is None or self.page.right.currentWidget() is not panel:
            return
        title, make = self._shows_task
        left = panel.model.left or panel.model.left_before
        panel.wait(title)
        self.looking.at(lambda cancel, tell: replace(make(cancel, tell), left=left))

    def _confirmed(self, task: Task, files: Sequence[FileReversal]) -> None:
        self.page.show_details()
        self.page.expect()
        self._go_back()
        self.carry_out(task, files)

    def _go_back(self) -> None:
        """To the page from which the panel was opened."""
        if self._came_from != "history":
            self._pages.show(self._came_from)

    def carry_out(self, task: Task, files: Sequence[FileReversal]) -> None:
        """Do what a panel showed."""
        self._begin_work()
        task = task.choosing(files)
        if task.kind is RunKind.REMOVE:
            self._settings.setValue(REMOVING, _packed(task.left))
            self._settings.sync()  # it may be the last that this process does
        self.undoing.carry_out(task, files)

    def _begin_work(self) -> None:
        self.withdraw()
        for kind in ("wrote", "undo", "undo stopped"):
            self._pages.clear_message(kind)

    def _again(self, task: Task, rest: Sequence[Path]) -> None:
        if task.kind is RunKind.REMOVE:
            self.show_removal(task.left, () if task.whole else rest)
        elif task.whole:
            self.show_rest(task.undo_of, task.left)
        else:
            self.show_files(task.undo_of, rest, task.left)

    def show_rest(self, run_id: int | None, left: Left) -> None:
        """What remains of a run to be taken back; the page alone where nobody knows which it was.

        :param left: what the user left out of it before
        """
        if run_id is not None:
            self.show_undo(run_id, left)
        else:
            self._pages.show("history")

    def show_files(self, run_id: int | None, files: Sequence[Path], left: Left) -> None:
        """What remains of some files to be taken back.

        :param run_id: that wrote to them, None where it was several
        :param left: what the user left out of them before
        """
        services = self._desk.services

        def make(cancel: threading.Event, tell: Tell) -> Task:
            if not files:
                raise UsageFault("nothing of it remains")
            if run_id is None:
                return replace(services.undoing_files(files, cancel, tell), left=left)
            return replace(services.undoing(run_id, files, cancel, tell), left=left)

        if run_id is not None:
            self._open(self._title(run_id), make)
        else:
            self._open(f"{TITLES[RunKind.UNDO]} the last write to single files", make)

    def _title(self, run_id: int) -> str:
        """What taking a run back is called."""
        run = self.undoing.run(run_id)
        kind = RunKind.REDO if run is not None and run.kind is RunKind.UNDO else RunKind.UNDO
        return f"{TITLES[kind]} run {run_id}"

    def _ended(self, job: Job) -> None:
        if job.title == "Removing" and not self._desk.bridge.leaving:
            remain = (job.total or 0) - job.done
            if not remain and job is not self._failed:
                self._settings.remove(REMOVING)
            elif remain:  # the next start says so too, where nobody goes on with it before
                left, _ = _unpacked(str(self._settings.value(REMOVING, "")))
                files = f"{words.plural(remain, 'file')} {'remains' if remain == 1 else 'remain'}"
                self._offer_removal(f"Removing everything written was stopped: {files}.", left)
        if job.stopping:
            self.withdraw()  # an undo that waits for this one would go on with it
        self.changed.emit()

    def _left_files(self, job: Job, files: Sequence[Path]) -> None:
        """A removal came to all files, and could not change these: later starts say so as well."""
        if job.title == JOBS[RunKind.REMOVE]:
            left, _ = _unpacked(str(self._settings.value(REMOVING, "")))
            self._failed = job
            self._settings.setValue(REMOVING, _packed(left, len(files)))
            self._settings.sync()

    def _unwanted(self, job: Job) -> None:
        if job is self._failed:
            self._settings.remove(REMOVING)

    def _looked(self) -> None:
        if self.page.reversal.removed_all:
            self._settings.remove(REMOVING)

    def go_on(self) -> None:
        """At the start: say what the end of the program interrupted."""
        if (value := self._settings.value(REMOVING)) is not None:
            left, failed = _unpacked(str(value))
            text = "Removing everything written was stopped before its end."
            if failed:
                files = f"{words.plural(failed, 'file')} {'remains' if failed == 1 else 'remain'}"
                text = f"Removing everything written left files: {files}."
            self._offer_removal(text, left)

    def _offer_removal(self, text: str, left: Left) -> None:
        self._desk.say(
            "warning",
            text,
            "Go on…",
            lambda: self.show_removal(left),
            kind=REMOVING,
            closed=lambda: self._settings.remove(REMOVING),
        )

    # what is shown

    def _shown(self, name: str) -> None:
        self._came_from = "history"
        if name == "history":
            self.undoing.load()  # the command line may have written meanwhile
            self.unwritten.count()
        else:
            self.unwritten.drop()

    def _came(self, state: Qt.ApplicationState) -> None:
        if state is Qt.ApplicationState.ApplicationActive and self._newest is not None:
            self.undoing.load()

    def _listed(self, runs: list[Run]) -> None:
        if runs != self._runs:
            self._runs = runs
            self.page.show_runs(runs)
            self._look_elsewhere(runs)
            if self._pages.shows(self.page):
                self.unwritten.count()
        self.changed.emit()
        self._do_wanted()

    def _look_elsewhere(self, runs: list[Run]) -> None:
        """Files of runs that other processes made since: the table may still show what was before."""
        before, self._newest = self._newest, max([run.id for run in runs], default=0)
        services = self._desk.services
        own = set(services.own_runs)
        fresh = [run for run in runs if before is not None and run.id > before and run.id not in own]

        def read() -> tuple[list[Path], set[Path]]:
            of = [(run.kind, {file.path for file in services.run_changes(run.id)}) for run in fresh]
            written = [paths for kind, paths in of if kind is RunKind.WRITE]
            return sorted(set[Path]().union(*(paths for _, paths in of))), set[Path]().union(*written)

        if fresh:
            self._desk.bridge.ask("elsewhere", read, lambda found: self.elsewhere.emit(*found))

    def _show_run(self, run_id: int | None) -> None:
        desk = self._desk
        if run_id is None:
            desk.bridge.forget("run")
            return
        desk.bridge.ask(
            "run",
            lambda: desk.services.run_changes(run_id),
            self.page.show_changes,
            lambda error: desk.complain("What the run changed cannot be read", error),
        )

    def _export(self, run_id: int, path: Path) -> None:
        desk = self._desk
        desk.bridge.keep(
            lambda: desk.services.export_run(run_id, path),
            lambda _: desk.say(
                "positive", f"Run {run_id} is exported to {printable(path)}.", kind="exported"
            ),
            lambda error: desk.complain("The run was not exported", error),
        )

    def _recovered(self, results: list[WriteResult]) -> None:
        parts = "; ".join(f"{result.path.name} {result.reason}" for result in results)
        text = f"A write was interrupted last time: {parts}"
        run = max((result.run for result in results if result.run is not None), default=None)
        settled = all(result.status in (WriteStatus.WRITTEN, WriteStatus.UNCHANGED) for result in results)
        kind = kind_of_recovery(run) if settled else ""
        self._desk.say("warning", text, "History", lambda: self._show_in_list(run), kind=kind)

    def _show_in_list(self, run_id: int | None) -> None:
        """The page, with a run in view."""
        if run_id is not None:
            self.page.look_for(run_id)
        self._pages.show("history")
