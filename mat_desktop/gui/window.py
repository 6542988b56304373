"""The main window: pages, actions, and the operations that they start."""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QPoint, QSettings, Qt, QTimer
from PySide6.QtGui import QActionGroup, QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QMainWindow,
    QMenu,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

import mat_desktop
from mat_desktop.domain.plan import Plan, Policy, WriteResult, WriteStatus
from mat_desktop.domain.scores import Verdict
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import Track
from mat_desktop.errors import EngineFault, FileFault, MatError, ModelFault
from mat_desktop.gui import words
from mat_desktop.gui.actions import Actions
from mat_desktop.gui.bridge import KEEP, Bridge, Job
from mat_desktop.gui.models.tracks import Arrived, Row, State, TracksModel
from mat_desktop.gui.services import Services
from mat_desktop.gui.theme import appearance
from mat_desktop.gui.views.first_start import FirstStart
from mat_desktop.gui.views.history import History
from mat_desktop.gui.views.library import FIELDS, Library
from mat_desktop.gui.views.problems import Problems
from mat_desktop.gui.views.shortcuts import About, Sheet, Shortcuts
from mat_desktop.gui.views.write_panel import WritePanel
from mat_desktop.gui.widgets.banner import Banners
from mat_desktop.gui.widgets.job_bar import JobBar
from mat_desktop.gui.widgets.rail import Rail

if TYPE_CHECKING:
    from mat_desktop.app.score import Heard
    from mat_desktop.audio.player import Player

KNOWN_AT_ONCE = 200
"""Tracks of a scan whose kept scores are looked up together."""


class Window(QMainWindow):
    """One window with the pages Library and History."""

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
        self._said: list[tuple[Row, dict[str, Verdict]]] = []
        self._opened = False
        self._engine_error = ""
        self._scope = "all"
        self._has_demo = services.demo_tracks > 0
        self.setWindowTitle("mat-desktop")
        self.setMinimumSize(960, 600)
        self.setAcceptDrops(True)
        self.actions_ = Actions(self)
        self._counting = QTimer(self)
        self._counting.setSingleShot(True)
        self._counting.setInterval(200)
        self._counting.timeout.connect(self._recount)
        self._build()
        self._menus()
        self._connect()
        self.resize(1440, 900)
        geometry = self._settings.value("window/geometry")
        if geometry is not None:
            self.restoreGeometry(geometry)
        self.library.restore(self._settings)
        self.show_page("first")

    # parts

    def _build(self) -> None:
        services = self._services
        self.rail = Rail([("Library", "list-music", "Ctrl 1"), ("History", "history", "Ctrl 2")])
        self.first = FirstStart(services)
        self.library = Library(services, self.bridge, self.tracks)
        self.history = History()
        self.pages = QStackedWidget()
        for page in (self.first, self.library, self.history):
            self.pages.addWidget(page)
        fields = [field for field in FIELDS if field in services.scheme.fields.values()]
        self.write_panel = WritePanel(fields, services.policies)
        self.problems = Problems()
        self.library.right.addWidget(self.write_panel)
        self.library.right.addWidget(self.problems)
        self.first_banners = Banners()
        box = QWidget()
        outer = QVBoxLayout(box)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        right = QVBoxLayout()
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(0)
        right.addWidget(self.first_banners)
        right.addWidget(self.pages, 1)
        row.addLayout(right, 1)
        outer.addLayout(row, 1)
        self.status = JobBar(self.bridge)
        outer.addWidget(self.status)
        self.setCentralWidget(box)
        card = services.card
        self.status.model.setText(f"{card.title} · {words.plural(len(card.tags), 'output')}")
        self.status.model.setToolTip(card.data)

    def _menus(self) -> None:
        a = self.actions_
        bar = self.menuBar()
        layout: tuple[tuple[str, tuple[str, ...]], ...] = (
            ("File", ("open", "add", "demo", "", "rescan", "", "quit")),
            ("Edit", ("undo", "", "accept", "reject", "undecide", "accept_all", "", "search")),
            ("Tracks", ("listen", "listen_all", "cancel", "", "write", "", "next", "previous", "play")),
            ("View", ("library", "history", "problems", "", "sidebar", "pane")),
            ("Help", ("keys", "about")),
        )
        self._all = QMenu(self)
        for title, names in layout:
            menu = bar.addMenu(title)
            for name in names:
                if name:
                    menu.addAction(a[name])
                else:
                    menu.addSeparator()
            if title == "View":
                menu.addSeparator()
                self._appearance_menu(menu)
            self._all.addMenu(menu)
        if not bar.isNativeMenuBar():
            bar.hide()  # the rail has the same menus; hidden, the bar takes no room
        for name in ("sidebar", "pane"):
            a[name].setCheckable(True)
            a[name].setChecked(True)
        more = QMenu(self)
        for name in ("listen", "listen_all", "", "add", "rescan", "", "write", "problems"):
            if name:
                more.addAction(a[name])
            else:
                more.addSeparator()
        self._more = more

    def _appearance_menu(self, menu: QMenu) -> None:
        sub = menu.addMenu("Appearance")
        group = QActionGroup(self)
        for mode, text in (("system", "As the system"), ("dark", "Dark"), ("light", "Light")):
            action = sub.addAction(text)
            action.setCheckable(True)
            action.setChecked(appearance.mode == mode)
            action.triggered.connect(lambda _=False, mode=mode: self.set_appearance(mode))
            group.addAction(action)

    def set_appearance(self, mode: str) -> None:
        """Dark, light, or as the system."""
        appearance.use(mode)
        self._settings.setValue("appearance", mode)

    def _connect(self) -> None:
        a = self.actions_
        for name, do in {
            "open": self.choose_folder,
            "add": self.choose_files,
            "demo": self.open_demo,
            "rescan": lambda: self.open(self.library.roots),
            "quit": self.close,
            "listen": self.listen,
            "listen_all": self.listen_all,
            "cancel": self.bridge.cancel,
            "write": self.open_write,
            "undo": self.undo,
            "next": lambda: self.library.step(1),
            "previous": lambda: self.library.step(-1),
            "accept": lambda: self.library.pane.decide_current(Verdict.ACCEPTED),
            "reject": lambda: self.library.pane.decide_current(Verdict.REJECTED),
            "undecide": lambda: self.library.pane.decide_current(Verdict.UNDECIDED),
            "accept_all": self.library.pane.accept_shown,
            "play": self.library.play,
            "stop": self.library.stop,
            "library": lambda: self.show_page("library"),
            "history": lambda: self.show_page("history"),
            "search": self._focus_search,
            "problems": self.show_problems,
            "next_pane": self._next_pane,
            "menu": self._show_menu,
            "keys": lambda: self._sheet(Shortcuts(self.actions_.sheet())),
            "about": lambda: self._sheet(About(self._facts())),
        }.items():
            a.connect(name, do)
        for n in range(1, 10):
            a.connect(f"accept_{n}", partial(self.library.pane.decide_number, n, Verdict.ACCEPTED))
            a.connect(f"reject_{n}", partial(self.library.pane.decide_number, n, Verdict.REJECTED))
        a["sidebar"].toggled.connect(self.library.sidebar.setVisible)
        a["pane"].toggled.connect(self.library.pane.setVisible)
        self.rail.menu.clicked.connect(self._show_menu)
        self.rail.chosen.connect(lambda name: self.show_page(name.lower()))
        self.first.open.follow(a["open"])
        self.first.demo.follow(a["demo"])
        self.library.actions_follow(a["open"])
        self.library.listen.clicked.connect(
            lambda: self.listen_to(self._selection_to_listen() or self._new())
        )
        self.library.pane.write.follow(a["write"])
        self.library.pane.undo.follow(a["undo"])
        self.library.more.clicked.connect(self._show_more)
        self.library.listen_to.connect(self.listen_to)
        self.library.selection_changed.connect(self._refresh_actions)
        self.library.decided.connect(self._decided)
        self.library.policy_picked.connect(self._set_policy)
        self.library.dock.player.look_again.clicked.connect(self._look_for_sound)
        self.tracks.counted.connect(self._counted)
        self.write_panel.closed.connect(self.close_panel)
        self.write_panel.confirmed.connect(self.write)
        self.write_panel.policy_picked.connect(self._set_policy)
        self.write_panel.scope_picked.connect(self._set_scope)
        self.problems.closed.connect(self.close_panel)
        self.problems.chosen.connect(self._go_to_problem)
        self.problems.again.connect(self._retry)
        self.status.problems.clicked.connect(self.show_problems)
        self.history.undo.connect(self.undo_run)
        self.history.chosen.connect(self._show_run)
        self.history.back.connect(lambda: self.show_page("library"))
        self.bridge.changed.connect(self._recount_soon)
        self.bridge.changed.connect(lambda: a["cancel"].setEnabled(self.bridge.busy))
        a["cancel"].setEnabled(False)
        self._refresh_actions()

    # start and end

    def begin(self, paths: Sequence[Path] = (), *, demo: bool = False) -> None:
        """After the window is shown: look at what was open before, load the rest of the program."""
        services = self._services
        self.bridge.ask(
            "roots", services.roots, lambda roots: self._reopen(roots, paths, demo), self._reopen_failed
        )
        self._load_history()
        self.bridge.ask(
            "plot", lambda: importlib.import_module("mat_desktop.gui.widgets.spectrogram"), self._plot
        )
        self._look_for_sound()
        self.start_engine()

    def _reopen(self, roots: list[Path], paths: Sequence[Path], demo: bool) -> None:
        def recover(cancel: threading.Event) -> Iterator[WriteResult]:
            yield from self._services.recover()

        self.bridge.do(
            Job(
                "Looking at unfinished writes",
                recover,
                on_items=self._recovered,
                on_end=lambda _: None,
                unit="file",
            )
        )
        if demo:
            self.open_demo()
        wanted = [*roots, *(path for path in paths if path not in roots)]
        if wanted:
            self.open(wanted)

    def _reopen_failed(self, error: Exception) -> None:
        self.complain("The list of folders cannot be read", error)

    def _recovered(self, results: list[WriteResult]) -> None:
        parts = "; ".join(f"{result.path.name} {result.reason}" for result in results)
        self.say(
            "warning",
            f"A write was interrupted last time: {parts}",
            "History",
            lambda: self.show_page("history"),
        )

    def _plot(self, module: Any) -> None:
        self.library.set_plot(module.make(self._services.card.mel))

    def start_engine(self) -> None:
        """Bring the engine up in the background."""
        self._engine_error = ""
        self.status.set_device("Starting the model…", "faint")
        self.first.device.show_fact("muted", "Starting the model…")
        self.bridge.ask("start", self._services.start_engine, self._engine_up, self._engine_down, engine=True)

    def _engine_up(self, device: str) -> None:
        self.status.set_device(device)
        self.first.device.show_fact("positive", f"{device}. Found and used by itself.")

    def _engine_down(self, error: Exception) -> None:
        self._engine_error = str(error)
        self.status.set_device("Model not running", "danger")
        self.first.device.show_fact(
            "danger", f"The model cannot be started: {error}", "Try again", self.start_engine
        )
        self.say(
            "danger", f"The model cannot be started: {error}", "Try again", self.start_engine, kind="engine"
        )

    def _look_for_sound(self) -> None:
        make = self._make_player
        bar = self.library.dock.player
        if make is None:
            bar.show_reason("Sound is off")
            self.first.show_sound("Sound is off", lambda: None)
            return

        def look() -> Player:
            player = bar.player or make()
            player.look_again()
            return player

        def found(player: Player) -> None:
            bar.set_player(player)
            self.first.show_sound(player.reason, self._look_for_sound)

        self.bridge.ask("sound", look, found)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Work is cancelled between two files, threads and the engine are ended."""
        self._settings.setValue("window/geometry", self.saveGeometry())
        self.library.save(self._settings)
        self._settings.sync()
        self.hide()
        player = self.library.dock.player.player
        if player is not None:
            player.close()
        if not self.bridge.shut(600):
            self._services.close()
            self.bridge.shut(10_000)
        else:
            self._services.close()
        event.accept()

    # pages

    def show_page(self, name: str) -> None:
        """First, library or history; the library is the first start as long as it is empty."""
        self._drop_sheet()
        if name == "library" and not self._opened:
            name = "first"
        page = {"first": self.first, "library": self.library, "history": self.history}[name]
        self.pages.setCurrentWidget(page)
        self.rail.set_page("History" if name == "history" else "Library")
        self.first_banners.setVisible(name == "first" and bool(self.first_banners.texts()))
        self._refresh_actions()
        if name == "first":
            self.first.open.setFocus()
        elif name == "library":
            self.library.table.setFocus()
        else:
            self.history.list.setFocus()

    def _sheet(self, sheet: Sheet) -> None:
        self._drop_sheet()
        sheet.setProperty("before", self.pages.currentWidget())
        sheet.closed.connect(self._drop_sheet)
        self.pages.addWidget(sheet)
        self.pages.setCurrentWidget(sheet)
        sheet.close_button.setFocus()
        self._refresh_actions()

    def _drop_sheet(self) -> None:
        sheet = self.pages.currentWidget()
        if isinstance(sheet, Sheet):
            before = sheet.property("before")
            self.pages.removeWidget(sheet)
            sheet.deleteLater()
            if isinstance(before, QWidget):
                self.pages.setCurrentWidget(before)
            if before is self.library:
                self.library.table.setFocus()
            self._refresh_actions()

    def close_panel(self) -> None:
        """Back from the write panel or the problems to the tags."""
        self.library.right.setCurrentIndex(0)
        self.library.table.setFocus()
        self._refresh_actions()

    def _facts(self) -> list[tuple[str, str]]:
        card = self._services.card
        return [
            ("Program", f"mat-desktop {mat_desktop.__version__}, MIT licence"),
            ("Model", f"{card.title}, made {card.created}, {card.licence}, SHA-256 begins {card.digest}"),
            ("Trained on", card.data),
            ("Runs on", self._services.device or self._engine_error or "starting"),
            ("Data", f"{self._services.data_dir}"),
            ("Icons", "Lucide, ISC licence"),
            ("Typeface", "Inter, SIL Open Font License 1.1"),
        ]

    def _focus_search(self) -> None:
        if self.pages.currentWidget() is not self.library:
            self.show_page("library")
        self.library.search.setFocus()
        self.library.search.selectAll()

    def _next_pane(self) -> None:
        library = self.library
        parts: list[QWidget] = [library.sidebar, library.table, library.pane.scores]
        if library.dock.plot is not None:
            parts.insert(2, library.dock.plot)
        parts = [part for part in parts if part.isVisible()]
        if parts:
            here = next((n for n, part in enumerate(parts) if part.hasFocus()), -1)
            parts[(here + 1) % len(parts)].setFocus(Qt.FocusReason.TabFocusReason)

    def _show_menu(self) -> None:
        self._all.popup(self.rail.menu.mapToGlobal(QPoint(self.rail.menu.width() + 4, 0)))

    def _show_more(self) -> None:
        button = self.library.more
        self._more.popup(button.mapToGlobal(QPoint(0, button.height() + 2)))

    # messages

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
        page = self.pages.currentWidget()
        if page is self.history:
            banners = self.history.banners
        elif page is self.library:
            banners = self.library.banners
        else:
            banners = self.first_banners
        banners.show_message(level, text, action, do, kind=kind)

    def complain(
        self, what: str, error: Exception, action: str = "", do: Callable[[], object] | None = None
    ) -> None:
        """An error as a banner: what, then why."""
        cause = str(error) if isinstance(error, MatError) else f"{type(error).__name__}: {error}"
        self.say("danger", f"{what}: {cause}", action, do, kind=what)

    # opening

    def choose_folder(self) -> None:
        """Ask for a folder."""
        start = str(self._settings.value("folder", str(Path.home())))
        chosen = QFileDialog.getExistingDirectory(self, "Open folder", start)
        if chosen:
            self._settings.setValue("folder", chosen)
            self.open([Path(chosen)])

    def choose_files(self) -> None:
        """Ask for files."""
        start = str(self._settings.value("folder", str(Path.home())))
        chosen, _ = QFileDialog.getOpenFileNames(self, "Add files", start)
        if chosen:
            self.open([Path(name) for name in chosen])

    def open_demo(self) -> None:
        """Copy the demo tracks and open them."""
        self.bridge.ask(
            "demo",
            self._services.demo_folder,
            lambda folder: self.open([folder]),
            lambda error: self.complain("The demo tracks cannot be copied", error),
        )

    def open(self, paths: Sequence[Path]) -> None:
        """Scan folders and files; the table fills while that goes on."""
        if not paths:
            return
        services = self._services
        wanted = list(paths)
        self._opened = True
        for path in wanted:
            if path not in self.library.roots:
                self.library.roots.append(path)
        self.show_page("library")

        def known(tracks: list[Track]) -> Iterator[Any]:
            for heard in services.known(tracks):
                yield self._with_verdicts(heard)

        def make(cancel: threading.Event) -> Iterator[Any]:
            waiting: list[Track] = []
            for item in services.scan(wanted, cancel):
                yield item
                if isinstance(item, Track):
                    waiting.append(item)
                    if len(waiting) >= KNOWN_AT_ONCE:
                        yield from known(waiting)
                        waiting = []
            yield from known(waiting)

        def ended(error: Exception | None) -> None:
            self.tracks.settle()
            rows = self.tracks.rows()
            if error is not None:
                self.complain("The scan stopped", error, "Scan again", lambda: self.open(wanted))
            elif not rows:
                self.say(
                    "warning", "No music was found there.", "Open folder…", self.choose_folder, kind="scan"
                )
            self.status.say(f"{words.plural(len(rows), 'track')} in the library")
            self._refresh_actions()

        self.bridge.do(
            Job(
                "Scanning",
                make,
                on_items=self._found,
                on_end=ended,
                counts=lambda item: not isinstance(item, Arrived),
            )
        )

    def _with_verdicts(self, heard: Heard) -> Arrived:
        """In the worker: what the user said before, and the suggestions that follow from both."""
        verdicts = dict(self._services.verdicts(heard.scores.track_id))
        shift = self.tracks.shift
        return Arrived(
            heard.path, heard.scores, verdicts, shift, self._services.suggest(heard.scores, verdicts, shift)
        )

    def _found(self, items: list[Any]) -> None:
        found = [item for item in items if isinstance(item, (Track, FileFault))]
        heard = [item for item in items if isinstance(item, Arrived)]
        if found:
            self.tracks.add(found)
        if heard:
            self.tracks.hear(heard)

    # listening

    def _selection_to_listen(self) -> list[Row]:
        """Selected rows that can be listened to, if they are several."""
        busy = (State.QUEUED, State.LISTENING)
        rows = [row for row in self.library.selected() if row.track is not None and row.state not in busy]
        return rows if len(rows) > 1 else []

    def listen(self) -> None:
        """Listen to the selected tracks."""
        busy = (State.QUEUED, State.LISTENING)
        self.listen_to([r for r in self.library.selected() if r.track is not None and r.state not in busy])

    def listen_all(self) -> None:
        """Listen to every track that was not listened to."""
        self.listen_to(self._new())

    def _new(self) -> list[Row]:
        return [row for row in self.tracks.rows() if row.is_new]

    def listen_to(self, rows: Sequence[Row]) -> None:
        """Run the model over tracks."""
        tracks = [row.track for row in rows if row.track is not None]
        if not tracks:
            return
        services = self._services
        self.tracks.mark(rows, State.LISTENING if len(rows) == 1 else State.QUEUED)
        began = time.monotonic()
        failed: list[FileFault] = []

        def make(cancel: threading.Event) -> Iterator[Any]:
            services.start_engine()
            for item in services.score(tracks, cancel):
                if isinstance(item, FileFault):
                    yield item
                else:
                    yield self._with_verdicts(item)

        def items(batch: list[Any]) -> None:
            self.tracks.hear(item for item in batch if isinstance(item, Arrived))
            for fault in batch:
                if isinstance(fault, FileFault):
                    failed.append(fault)
                    row = self.tracks.row(fault.path)
                    if row is not None:
                        self.tracks.mark([row], State.FAILED, fault.cause)

        def ended(error: Exception | None) -> None:
            self.tracks.unmark((State.QUEUED, State.LISTENING))
            if isinstance(error, (EngineFault, ModelFault)):
                self._engine_down(error)
            elif error is not None:
                self.complain("Listening stopped", error, "Go on", lambda: self.listen_to(rows))
            elif job.cancel.is_set():
                self.status.say(f"Cancelled; listened to {words.plural(job.done - len(failed), 'track')}")
            else:
                took = time.monotonic() - began
                length = f"{took:.0f} s" if took < 120 else f"{took / 60:.0f} min"
                self.status.say(f"Listened to {words.plural(job.done - len(failed), 'track')} in {length}")
            if services.device is not None:
                self.status.set_device(services.device)
            self._refresh_actions()

        job = Job("Listening", make, on_items=items, on_end=ended, total=len(tracks))
        self.bridge.do(job)

    # deciding

    def _decided(self, row: Row, before: dict[str, Verdict]) -> None:
        self._said.append((row, before))
        del self._said[:-200]
        self._keep(row)
        self._refresh_actions()

    def _keep(self, row: Row) -> None:
        if row.scores is not None:
            track_id, said = row.scores.track_id, dict(row.verdicts)
            self.bridge.ask(
                f"{KEEP}{track_id}",
                lambda: self._services.keep_verdicts(track_id, said),
                lambda _: None,
                lambda error: self.complain("The decision cannot be kept", error),
            )

    def _set_policy(self, field: Field, policy: Policy) -> None:
        self._services.policies[field] = policy
        self._settings.setValue(f"policy/{field}", policy.value)
        self.library.set_policies()
        self.write_panel.set_policies(self._services.policies)
        if self.library.right.currentWidget() is self.write_panel:
            self._make_plan()

    def restore_policies(self) -> None:
        """Policies as they were left."""
        for field in list(self._services.policies):
            value = str(self._settings.value(f"policy/{field}", ""))
            if value in list(Policy):
                self._services.policies[field] = Policy(value)
        self.library.set_policies()
        self.write_panel.set_policies(self._services.policies)

    # writing

    def _heard(self) -> list[Row]:
        return [row for row in self.tracks.rows() if row.scores is not None and row.track is not None]

    def _set_scope(self, scope: str) -> None:
        self._scope = scope
        self._make_plan()

    def open_write(self) -> None:
        """Show what would be written: for the selection if it is more than one track, else for all."""
        selected = [row for row in self.library.selected() if row.scores is not None]
        self._scope = "selected" if len(selected) > 1 else "all"
        if not self._heard():
            return
        self.show_page("library")
        self.library.right.setCurrentWidget(self.write_panel)
        self.write_panel.plan.reset_checks()
        self._make_plan()
        self.write_panel.table.setFocus()
        self._refresh_actions()

    def _make_plan(self) -> None:
        services, shift = self._services, self.tracks.shift
        selected = [
            row for row in self.library.selected() if row.scores is not None and row.track is not None
        ]
        everything = sorted(self._heard(), key=lambda row: row.path)
        rows = selected if self._scope == "selected" else everything
        self.write_panel.wait(len(rows), self._scope, len(selected), len(everything))
        asked = [(row.track, row.scores, dict(row.verdicts)) for row in rows if row.track and row.scores]

        def work() -> list[Any]:
            return [
                services.plan_file(track, services.suggest(scores, verdicts, shift))
                for track, scores, verdicts in asked
            ]

        def done(plans: list[Any]) -> None:
            files = [plan for plan in plans if plan is not None]
            reason = f"{services.card.title}, {services.scheme.title}"
            self.write_panel.show_plan(files, reason, len(plans) - len(files))

        self.bridge.ask(
            "plan", work, done, lambda error: self.complain("The changes cannot be listed", error)
        )

    def write(self, plan: Plan) -> None:
        """Write what the panel showed."""
        self.close_panel()
        self.library.silence([file.path for file in plan.files])
        self._said.clear()

        def make(cancel: threading.Event) -> Iterator[Any]:
            yield from self._with_refresh(self._services.apply(plan, cancel))

        results: list[WriteResult] = []

        def ended(error: Exception | None) -> None:
            self._load_history()
            written = sum(1 for result in results if result.status is WriteStatus.WRITTEN)
            bad = [r for r in results if r.status in (WriteStatus.CONFLICT, WriteStatus.FAILED)]
            if error is not None:
                self.complain("Writing stopped", error)
            if written:
                text = f"{words.plural(written, 'file')} written. Sound unchanged in all of them."
                text = text if written > 1 else "1 file written. Sound unchanged."
                self.say("positive", text, "Undo", self._undo_last_run, kind="wrote")
            if bad:
                text = (
                    f"{words.plural(len(bad), 'file')} left as {'it was' if len(bad) == 1 else 'they were'}"
                )
                self.say(
                    "warning",
                    f"{text}: {bad[0].path.name}: {bad[0].reason}",
                    "Show problems",
                    self.show_problems,
                )
            self.status.say(f"Wrote {words.plural(written, 'file')}")
            self._refresh_actions()

        job = Job(
            "Writing",
            make,
            on_items=lambda batch: self._written(batch, results, undo=False),
            on_end=ended,
            total=len(plan.files),
            unit="file",
            counts=lambda item: isinstance(item, WriteResult),
        )
        self.bridge.do(job)

    def _with_refresh(self, results: Iterator[WriteResult]) -> Iterator[Any]:
        for result in results:
            yield result
            if result.status is not WriteStatus.FAILED:
                try:
                    yield self._services.refresh(result.path)
                except FileFault:
                    continue

    def _written(self, batch: list[Any], results: list[WriteResult], *, undo: bool) -> None:
        for item in batch:
            if isinstance(item, Track):
                self.tracks.refreshed(item)
                continue
            results.append(item)
        for result in results:
            row = self.tracks.row(result.path)
            if row is None:
                continue
            if result.status is WriteStatus.CONFLICT:
                self.tracks.mark([row], State.CONFLICT, result.reason)
            elif result.status is WriteStatus.FAILED:
                self.tracks.mark([row], State.FAILED, result.reason)
        self._recount_soon()

    # undoing

    def undo(self) -> None:
        """The last decision; where nothing was decided since the last write, that write."""
        if self._said:
            row, before = self._said.pop()
            self.tracks.decide(row, before)
            self._keep(row)
            place = self.tracks.place(row.path)
            if row is not self.library.row and place >= 0:
                self.library.select(place)
            self._refresh_actions()
            return
        self._undo_last_run()

    def _undo_last_run(self) -> None:
        run = self.history.runs.last()
        if run is not None:
            self.undo_run(run.id)

    def undo_run(self, run_id: int) -> None:
        """Take a run back."""
        run = next((r for r in self._runs if r.id == run_id), None)
        results: list[WriteResult] = []
        player = self.library.dock.player.player
        if player is not None and player.path is not None:
            self.library.silence([player.path])

        def make(cancel: threading.Event) -> Iterator[Any]:
            yield from self._with_refresh(self._services.undo(run_id, cancel))

        def ended(error: Exception | None) -> None:
            self._load_history()
            back = sum(1 for result in results if result.status is WriteStatus.WRITTEN)
            bad = [r for r in results if r.status in (WriteStatus.CONFLICT, WriteStatus.FAILED)]
            if error is not None:
                self.complain("The run cannot be taken back", error)
            if back:
                self.say("positive", f"Took back {words.plural(back, 'file')}.", kind="wrote")
            if bad:
                self.say(
                    "warning",
                    f"{words.plural(len(bad), 'file')} not as before: {bad[0].path.name}: {bad[0].reason}",
                    kind="undo",
                )
            self.status.say(f"Took back {words.plural(back, 'file')}")
            self._refresh_actions()

        self.bridge.do(
            Job(
                "Undoing",
                make,
                on_items=lambda batch: self._written(batch, results, undo=True),
                on_end=ended,
                total=run.files if run is not None else None,
                unit="file",
                counts=lambda item: isinstance(item, WriteResult),
            )
        )

    _runs: Sequence[Any] = ()

    def _load_history(self) -> None:
        def done(runs: list[Any]) -> None:
            self._runs = runs
            self.history.show_runs(runs)
            self._refresh_actions()

        self.bridge.ask(
            "runs",
            self._services.runs,
            done,
            lambda error: self.complain("The history cannot be read", error),
        )

    def _show_run(self, run_id: int) -> None:
        self.bridge.ask("run", lambda: self._services.run_changes(run_id), self.history.show_changes)

    # problems

    def _bad(self) -> list[Row]:
        return [row for row in self.tracks.rows() if row.state in (State.FAILED, State.CONFLICT)]

    def show_problems(self) -> None:
        """The list of files that failed or conflict."""
        bad = self._bad()
        if not bad:
            return
        self.show_page("library")
        self.problems.show_problems(bad)
        self.library.right.setCurrentWidget(self.problems)
        self.problems.list.setFocus()
        self._refresh_actions()

    def _go_to_problem(self, row: Row | None) -> None:
        if row is None:
            return
        self.close_panel()
        if self.tracks.place(row.path) < 0:
            self.library.show_all()
        self.library.select(self.tracks.place(row.path))

    def _retry(self) -> None:
        paths = [row.path for row in self._bad()]
        self.close_panel()

        def make(cancel: threading.Event) -> Iterator[Any]:
            for path in paths:
                if cancel.is_set():
                    return
                try:
                    track = self._services.refresh(path)
                except FileFault as fault:
                    yield fault
                    continue
                yield track
                for heard in self._services.known([track]):
                    yield self._with_verdicts(heard)

        def ended(error: Exception | None) -> None:
            if error is not None:
                self.complain("The files cannot be read again", error)
            self._recount_soon()

        self.bridge.do(
            Job(
                "Reading again",
                make,
                on_items=self._found,
                on_end=ended,
                total=len(paths),
                unit="file",
                counts=lambda item: not isinstance(item, Arrived),
            )
        )

    # what can be done now

    def _counted(self) -> None:
        self._recount_soon()

    def _recount_soon(self) -> None:
        if not self._counting.isActive():
            self._counting.start()

    def _recount(self) -> None:
        self.status.set_problems(self.tracks.tally().bad)
        if self.library.right.currentWidget() is self.problems:
            self.problems.show_problems(self._bad())
        self._refresh_actions()

    def _refresh_actions(self) -> None:
        if not hasattr(self, "status"):
            return
        a = self.actions_
        in_library = self.pages.currentWidget() is self.library and self.library.right.currentIndex() == 0
        a.enable_review(in_library)
        tally = self.tracks.tally()
        chosen = len(self._selection_to_listen())
        self.library.say_listen(chosen or tally.new, chosen > 0)
        here = self.library.row is not None and self.library.row.is_new
        a["listen"].setEnabled(in_library and (chosen > 0 or here))
        a["listen_all"].setEnabled(in_library and tally.new > 0)
        a["write"].setEnabled(in_library and tally.heard > 0 and not self._writing())
        last = self.history.runs.last()
        a["undo"].setEnabled(bool(self._said) or (last is not None and not self._writing()))
        if self._said:
            tip = "Take back the last decision"
        elif last is not None:
            tip = f"Take back the last run: {words.plural(last.files, 'file')}"
        else:
            tip = "Nothing to take back"
        self.library.pane.undo.setToolTip(tip)
        a["rescan"].setEnabled(bool(self.library.roots))
        a["problems"].setEnabled(tally.bad > 0)
        a["demo"].setEnabled(self._has_demo)

    def _writing(self) -> bool:
        return self.bridge.job is not None and self.bridge.job.title in ("Writing", "Undoing")

    # events

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
        if any(url.isLocalFile() for url in event.mimeData().urls()):
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
        self.open(paths)
