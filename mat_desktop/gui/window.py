"""The window: it arranges pages, menus and messages. What it does stands in ``gui/operations``."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QSettings, Qt, QTimer
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QKeyEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QMainWindow,
    QVBoxLayout,
    QWidget,
)

from mat_desktop.domain.plan import Plan, WriteResult
from mat_desktop.gui import words
from mat_desktop.gui.actions import Actions
from mat_desktop.gui.bridge import Bridge
from mat_desktop.gui.geometry import Placement
from mat_desktop.gui.menus import Menus
from mat_desktop.gui.models.row import Row
from mat_desktop.gui.models.tracks import TracksModel
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.operations.engine import Engine
from mat_desktop.gui.operations.leave import Leave
from mat_desktop.gui.operations.listen import Listen, can_be_heard
from mat_desktop.gui.operations.scan import Scan
from mat_desktop.gui.operations.undo import Undo
from mat_desktop.gui.operations.watch import Watch
from mat_desktop.gui.operations.write import Write
from mat_desktop.gui.pages import Page, Pages
from mat_desktop.gui.panels import Panels
from mat_desktop.gui.review_room import ReviewRoom
from mat_desktop.gui.rows import Rows
from mat_desktop.gui.school import School
from mat_desktop.gui.services import Services
from mat_desktop.gui.theme import appearance
from mat_desktop.gui.track_view import TrackView
from mat_desktop.gui.views.first_start import FirstStart
from mat_desktop.gui.views.history import History
from mat_desktop.gui.views.library import Library
from mat_desktop.gui.views.shortcuts import About, Sheet, Shortcuts, facts
from mat_desktop.gui.widgets.activity import ActivityPanel
from mat_desktop.gui.widgets.banner import Banners
from mat_desktop.gui.widgets.job_bar import JobBar
from mat_desktop.gui.widgets.leave_bar import LeaveBar
from mat_desktop.gui.widgets.rail import Rail
from mat_desktop.gui.workshop import Workshop

if TYPE_CHECKING:
    from mat_desktop.audio.player import Player


class Window(QMainWindow):
    """One window: a rail of pages, banners over them, and a status bar under them."""

    def __init__(
        self,
        services: Services,
        *,
        make_player: Callable[[], Player] | None = None,
        settings: QSettings | None = None,
    ) -> None:
        """Starts nothing yet; :meth:`begin` does, once the window is shown.

        :param make_player: called in a worker; no sound without it
        """
        super().__init__()
        self._services = services
        self._make_player = make_player
        self._settings = settings or QSettings(
            str(services.data_dir / "window.ini"), QSettings.Format.IniFormat
        )
        appearance.use(str(self._settings.value("appearance", "system")))
        self.bridge = Bridge(self)
        self.tracks = TracksModel(services.suggest, self)
        self._opened = False
        self._has_demo = services.demo_tracks > 0
        self.setWindowTitle("mat-desktop")
        self.setAcceptDrops(True)
        self.actions_ = Actions(self)
        self._build()
        desk = Desk(services, self.bridge, self.tracks, self.say, self.status.say)
        self.desk = desk
        self.engine = Engine(desk)
        self.scan = Scan(desk)
        self.listen = Listen(desk)
        self.room = ReviewRoom(desk, self.library, self.pages, self.rail, self._settings)
        self.review = self.room.review
        self.writing = Write(desk)
        self.undoing = Undo(desk)
        self.rows = Rows(desk, self.library, self.scan, self.actions_, self._settings)
        self.watching = Watch(desk, self._settings, self.scan.found)
        self.panels = Panels(desk, self.library, self.writing)
        self.workshop = Workshop(desk, self.pages)
        self.school = School(desk, self.library, self.listen, self.pages)
        self.view = TrackView(desk, self.library, self.room, self.actions_, self._settings)
        self.leave = Leave(desk, self.leave_bar, self._settings, self.close, self.panels.open_write)
        self._menus = Menus(self, self.actions_, self.set_appearance)
        self._counting = QTimer(self)
        self._counting.setSingleShot(True)
        self._counting.setInterval(200)
        self._connect_actions()
        self._connect_operations()
        self._connect_views()
        self._placement = Placement(self, self._settings)
        self._placement.restore()
        self.library.restore(self._settings)
        self.review.restore_policies()
        self.show_page("first")

    # parts

    def _build(self) -> None:
        services = self._services
        self.rail = Rail(
            [
                ("Library", "list-music", "Ctrl 1"),
                ("Review", "list-checks", "Ctrl 2"),
                ("Models", "box", "Ctrl 4"),
                ("History", "history", "Ctrl 5"),
            ]
        )
        self.first = FirstStart(services)
        self.library = Library(services, self.bridge, self.tracks)
        self.history = History()
        self.first_banners = Banners()
        self.pages = Pages(self.rail)
        for page in (
            Page("first", self.first, self.first.open, self.first_banners, "Library"),
            Page("library", self.library, self.library.table, self.library.banners, "Library"),
            Page("history", self.history, self.history.list, self.history.banners, "History"),
        ):
            self.pages.add(page)
        box = QWidget()
        outer, row, right = QVBoxLayout(box), QHBoxLayout(), QVBoxLayout()
        for layout in (outer, row, right):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)
        row.addWidget(self.rail)
        self.leave_bar = LeaveBar()
        right.addWidget(self.leave_bar)
        right.addWidget(self.first_banners)
        right.addWidget(self.pages.stack, 1)
        row.addLayout(right, 1)
        outer.addLayout(row, 1)
        self.status = JobBar(self.bridge)
        outer.addWidget(self.status)
        self.setCentralWidget(box)
        self.activity = ActivityPanel(self.bridge, box, self.status.open)
        self.status.activity.connect(self.activity.toggle)
        self._say_model()

    def _say_model(self) -> None:
        card = self._services.card
        self.status.model.setText(f"{card.title} · {words.plural(len(card.tags), 'output')}")
        self.status.model.setToolTip(card.data)

    def set_appearance(self, mode: str) -> None:
        """Dark, light, or as the system."""
        appearance.use(mode)
        self._settings.setValue("appearance", mode)

    def _connect_actions(self) -> None:
        a, library, pane = self.actions_, self.library, self.library.pane
        for name, do in {
            "open": self.choose_folder,
            "add": self.choose_files,
            "demo": self.open_demo,
            "rescan": self.scan.again,
            "quit": self.close,
            "listen": lambda: self.listen.to(can_be_heard(library.selected())),
            "listen_all": lambda: self.listen.to(self.listen.new()),
            "cancel": self.bridge.cancel,
            "write": self.panels.open_write,
            "undo": self.undo,
            "play": library.player.toggle,
            "stop": library.player.stop,
            "library": lambda: self.show_page("library"),
            "review": lambda: self.show_page("review"),
            "models": lambda: self.show_page("models"),
            "history": lambda: self.show_page("history"),
            "search": self._focus_search,
            "problems": self.panels.open_problems,
            "activity": self.activity.toggle,
            "next_pane": library.next_part,
            "menu": lambda: self._menus.show_every(self.rail.menu),
            "keys": lambda: self._sheet(Shortcuts(a.sheet())),
            "about": lambda: self._sheet(About(facts(self._services, self.engine.device))),
        }.items():
            a.connect(name, do)
        self.room.connect_actions(a)
        self.school.connect_actions(a)
        self.watching.connect_actions(a)
        for name, part in (("sidebar", library.sidebar), ("pane", pane)):
            a[name].setCheckable(True)
            a[name].setChecked(True)
            a[name].toggled.connect(part.setVisible)
        self.first.open.follow(a["open"])
        self.first.demo.follow(a["demo"])
        library.actions_follow(a["open"])
        pane.write.follow(a["write"])
        pane.undo.follow(a["undo"])
        a["cancel"].setEnabled(False)

    def _connect_operations(self) -> None:
        self.engine.starting.connect(self._engine_starting)
        self.engine.up.connect(self._engine_up)
        self.engine.down.connect(self._engine_down)
        self.scan.opened.connect(self._scan_opened)
        self.library.sidebar.forgotten.connect(self.scan.forget)
        self.scan.nothing.connect(self._nothing_found)
        self.scan.ended.connect(self._counted)
        self.scan.ended.connect(lambda: self.watching.at(self.scan.roots))
        self.watching.new.connect(self.listen.to)
        self.listen.engine_fault.connect(self.engine.failed)
        self.listen.engine_works.connect(self.engine.works)
        self.listen.ended.connect(self._refresh_actions)
        self.review.policies_changed.connect(self._policies_changed)
        self.writing.written.connect(self._written)
        self.writing.again.connect(lambda paths: self.scan.read_again(paths, self.panels.open_write))
        self.undoing.listed.connect(self._runs_listed)
        self.undoing.recovered.connect(self._recovered)
        self.undoing.ended.connect(self._refresh_actions)
        self.workshop.model_changed.connect(self._say_model)
        self.workshop.model_changed.connect(self.school.close)
        self.workshop.model_changed.connect(self.library.asking.forget_scores)
        self.workshop.model_changed.connect(self.room.map_tags.warn)
        self.workshop.model_changed.connect(self.engine.works)
        self.bridge.changed.connect(self._counted)
        self.bridge.changed.connect(lambda: self.actions_["cancel"].setEnabled(self.bridge.busy))
        self.tracks.counted.connect(self._counted)
        self._counting.timeout.connect(self._recount)

    def _connect_views(self) -> None:
        library, panels = self.library, self.panels
        self.rail.menu.clicked.connect(lambda: self._menus.show_every(self.rail.menu))
        self.rail.chosen.connect(lambda name: self.show_page(name.lower()))
        library.listen.clicked.connect(lambda: self.listen.to(self._many_to_hear() or self.listen.new()))
        library.more.clicked.connect(lambda: self._menus.show_more(library.more))
        library.listen_to.connect(self.listen.to)
        library.table.menu_asked.connect(self._menus.show_rows)
        library.selection_changed.connect(self._refresh_actions)
        self.room.changed.connect(self._refresh_actions)
        self.room.queue.leaving.connect(lambda: self.show_page("library"))
        self.school.opened.connect(lambda: self.show_page("library"))
        self.school.scheme_changed.connect(self.review.scheme_changed)
        self.school.policies_changed.connect(self.review.policies_changed)
        library.dock.player.look_again.clicked.connect(self._look_for_sound)
        panels.opened.connect(lambda: self.show_page("library"))
        panels.closed.connect(self._refresh_actions)
        panels.confirmed.connect(self.write)
        panels.read_again.connect(self.scan.read_again)
        panels.policy_picked.connect(self.review.set_policy)
        self.status.problems.clicked.connect(panels.open_problems)
        self.history.undo.connect(self.undo_run)
        self.history.chosen.connect(self._show_run)
        self.history.back.connect(lambda: self.show_page("library"))

    # start and end

    def begin(self, paths: Sequence[Path] = (), *, demo: bool = False) -> None:
        """After the window is shown: look at what was open before, load the rest of the program."""

        def reopen(roots: list[Path]) -> None:
            self.undoing.recover()
            self.leave.resume_after(self.scan, self.listen)
            if demo:
                self.open_demo()
            self.room.map_tags.warn()
            self.scan.open([*roots, *(path for path in paths if path not in roots)])

        self.bridge.ask(
            "roots",
            self._services.roots,
            reopen,
            lambda error: self.desk.complain("The list of folders cannot be read", error),
        )
        self.undoing.load()
        self.bridge.ask(
            "plot", lambda: importlib.import_module("mat_desktop.gui.widgets.spectrogram"), self._plot
        )
        self._look_for_sound()
        self.engine.start()

    def _plot(self, module: Any) -> None:
        self.library.set_plot(module.make(self._services.card.mel))

    def _look_for_sound(self) -> None:
        def say(reason: str) -> None:
            self.first.show_sound(reason, self._look_for_sound)

        self.library.player.look_for_sound(self._make_player, self.bridge.ask, say)

    def _engine_starting(self) -> None:
        self.status.set_device("Starting the model…", "faint")
        self.first.device.show_fact("muted", "Starting the model…")

    def _engine_up(self, device: str) -> None:
        self.status.set_device(device)
        self.first.device.show_fact("positive", f"{device}. Found and used by itself.")

    def _engine_down(self, why: str) -> None:
        self.status.set_device("Model not running", "danger")
        self.first.device.show_fact(
            "danger", f"The model cannot be started: {why}", "Try again", self.engine.start
        )

    def quit(self) -> None:
        """Close without asking, as when the terminal or the system says so."""
        self.leave.now()
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Work is cancelled between two files, threads and the engine are ended; before that it is asked."""
        if not self.leave.may_close():
            event.ignore()
            return
        self._placement.save()
        self.library.save(self._settings)
        self.room.queue.shut(self._settings)
        self._settings.sync()
        self.hide()
        self.watching.close()
        self.library.player.close()
        if not self.bridge.shut(600):
            self._services.close()
            self.bridge.shut(10_000)
        else:
            self._services.close()
        self.watching.wait(2000)
        event.accept()

    # pages

    def show_page(self, name: str) -> None:
        """A page by name; the library is the first start as long as it is empty."""
        if name == "library" and not self._opened:
            name = "first"
        self.pages.show(name)
        if name == "history":
            self.undoing.load()  # the command line may have written meanwhile
        self.first_banners.setVisible(name == "first" and bool(self.first_banners.texts()))
        self._refresh_actions()

    def _sheet(self, sheet: Sheet) -> None:
        sheet.closed.connect(self._drop_sheet)
        self.pages.cover(sheet)
        self._refresh_actions()

    def _drop_sheet(self) -> None:
        if self.pages.drop_sheet():
            self._refresh_actions()

    def _focus_search(self) -> None:
        if not self.pages.shows(self.library):
            self.show_page("library")
        self.library.search.setFocus()
        self.library.search.selectAll()

    def say(
        self,
        level: str,
        text: str,
        action: str = "",
        do: Callable[[], object] | None = None,
        *,
        kind: str = "",
    ) -> None:
        """A banner in the page in view."""
        self.pages.current.banners.show_message(level, text, action, do, kind=kind)

    # opening

    def choose_folder(self) -> None:
        """Ask for a folder."""
        start = str(self._settings.value("folder", str(Path.home())))
        chosen = QFileDialog.getExistingDirectory(self, "Open folder", start)
        if chosen:
            self._settings.setValue("folder", chosen)
            self.scan.open([Path(chosen)])

    def choose_files(self) -> None:
        """Ask for files."""
        start = str(self._settings.value("folder", str(Path.home())))
        chosen, _ = QFileDialog.getOpenFileNames(self, "Add files", start)
        self.scan.open([Path(name) for name in chosen])

    def open_demo(self) -> None:
        """Copy the demo tracks and open them."""
        self.bridge.ask(
            "demo",
            self._services.demo_folder,
            lambda folder: self.scan.open([folder]),
            lambda error: self.desk.complain("The demo tracks cannot be copied", error),
        )

    def _scan_opened(self) -> None:
        self._opened = True
        self.library.roots = self.scan.roots
        self.show_page("library")

    def _nothing_found(self) -> None:
        self.say("warning", "No music was found there.", "Open folder…", self.choose_folder, kind="scan")

    # listening and deciding

    def _many_to_hear(self) -> list[Row]:
        """Selected rows that can be listened to, if they are several."""
        rows = can_be_heard(self.library.selected())
        return rows if len(rows) > 1 else []

    def _policies_changed(self) -> None:
        self.library.set_policies()
        self.panels.policies_changed()

    # writing and undoing

    def write(self, plan: Plan) -> None:
        """Write what the panel showed."""
        self.library.player.silence([file.path for file in plan.files])
        self.review.settle()
        self.writing.write(plan)

    def _written(self, count: int, bad: list[WriteResult]) -> None:
        self.undoing.load()
        if count:
            which = " in all of them" if count > 1 else ""
            text = f"{words.plural(count, 'file')} written. Sound unchanged{which}."
            self.say("positive", text, "Undo", self._undo_last_run, kind="wrote")
        if bad:
            left = f"{words.plural(len(bad), 'file')} left as {'it was' if len(bad) == 1 else 'they were'}"
            text = f"{left}: {bad[0].path.name}: {bad[0].reason}"
            self.say("warning", text, "Show problems", self.panels.open_problems)
        self._refresh_actions()

    def undo(self) -> None:
        """The last decision; where nothing was decided since the last write, that write."""
        if self.room.take_back():
            self._refresh_actions()
        else:
            self._undo_last_run()

    def _undo_last_run(self) -> None:
        if self.undoing.last is not None:
            self.undo_run(self.undoing.last.id)

    def undo_run(self, run_id: int) -> None:
        """Take a run back."""
        self.pages.clear_message("wrote")
        self.library.player.silence()
        self.undoing.take_back(run_id)

    def _runs_listed(self, runs: list[Any]) -> None:
        self.history.show_runs(runs)
        self._refresh_actions()

    def _show_run(self, run_id: int) -> None:
        self.bridge.ask("run", lambda: self._services.run_changes(run_id), self.history.show_changes)

    def _recovered(self, results: list[WriteResult]) -> None:
        parts = "; ".join(f"{result.path.name} {result.reason}" for result in results)
        text = f"A write was interrupted last time: {parts}"
        self.say("warning", text, "History", lambda: self.show_page("history"))

    # what can be done now

    def _counted(self) -> None:
        if not self._counting.isActive():
            self._counting.start()

    def _recount(self) -> None:
        self.status.set_problems(self.tracks.tally().bad)
        self.panels.counted()
        self.room.counted()
        self._refresh_actions()

    def _refresh_actions(self) -> None:
        a = self.actions_
        in_library = self.pages.shows(self.library) and not self.panels.is_open
        writes = self.bridge.job is not None and self.bridge.job.title in ("Writing", "Undoing")
        a.enable_review(in_library or self.room.in_view)
        tally, last = self.tracks.tally(), self.undoing.last
        chosen = len(self._many_to_hear()) if in_library else 0
        self.library.say_listen(chosen or tally.new, chosen > 0)
        row = self.library.row
        here = row is not None and row.scores is None and bool(can_be_heard([row]))
        a["listen"].setEnabled(in_library and (chosen > 0 or here))
        a["listen_all"].setEnabled((in_library or self.room.in_view) and tally.new > 0)
        a["write"].setEnabled((in_library or self.room.in_view) and tally.heard > 0 and not writes)
        a["undo"].setEnabled(self.review.can_take_back or (last is not None and not writes))
        if self.review.can_take_back:
            tip = "Take back the last decision"
        elif last is not None:
            tip = f"Take back the last run: {words.plural(last.files, 'file')}"
        else:
            tip = "Nothing to take back"
        self.library.pane.undo.setToolTip(tip)
        self.rows.refresh(in_library)
        a["rescan"].setEnabled(bool(self.scan.roots))
        a["problems"].setEnabled(tally.bad > 0)
        a["demo"].setEnabled(self._has_demo)

    # events

    def showEvent(self, event: QShowEvent) -> None:
        """Now the window has a frame."""
        super().showEvent(event)
        self._placement.shown()

    def event(self, event: QEvent) -> bool:
        """Space presses a focused button and opens a focused combo, before it plays."""
        asked = event.type() is QEvent.Type.ShortcutOverride
        if asked and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Space:
            widget = self.focusWidget()
            if isinstance(widget, (QAbstractButton, QComboBox)):
                event.accept()
                return True
        return super().event(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Folders and files are welcome anywhere."""
        ours = event.source() is not None  # rows of the table, on their way to other programs
        if not ours and any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()
            self.first.zone.set_hot(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """They went again."""
        self.first.zone.set_hot(False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Open them."""
        self.first.zone.set_hot(False)
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        self.scan.open(paths)
