"""The window: it arranges rooms, menus and messages. What is done stands in ``gui/operations``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QSettings, Qt, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QKeyEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QHBoxLayout,
    QMainWindow,
    QVBoxLayout,
    QWidget,
)

from mat_desktop.domain.plan import Plan
from mat_desktop.gui import words
from mat_desktop.gui.actions import Actions
from mat_desktop.gui.archive import Archive
from mat_desktop.gui.bridge import Bridge
from mat_desktop.gui.focus import Focus
from mat_desktop.gui.geometry import Placement
from mat_desktop.gui.help import Help
from mat_desktop.gui.menus import Menus
from mat_desktop.gui.models.tracks import TracksModel
from mat_desktop.gui.opening import Opening
from mat_desktop.gui.operations.begun import Begun
from mat_desktop.gui.operations.cut_off import look_back
from mat_desktop.gui.operations.decisions import RUNS
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.operations.engine import KIND as ENGINE
from mat_desktop.gui.operations.engine import Engine
from mat_desktop.gui.operations.leave import Leave
from mat_desktop.gui.operations.listen import Listen, not_heard
from mat_desktop.gui.operations.remains import Remains
from mat_desktop.gui.operations.settings import ChangeSettings
from mat_desktop.gui.operations.watch import Watch
from mat_desktop.gui.operations.write import Ended, Wish, Write
from mat_desktop.gui.pages import Page, Pages
from mat_desktop.gui.panels import Panels
from mat_desktop.gui.possible import Possible
from mat_desktop.gui.preferences import Preferences, style
from mat_desktop.gui.review_room import ReviewRoom
from mat_desktop.gui.rows import Rows
from mat_desktop.gui.school import School
from mat_desktop.gui.services import Services
from mat_desktop.gui.sides import Sides
from mat_desktop.gui.sorting import Sorting
from mat_desktop.gui.sound import FindSound
from mat_desktop.gui.theme import appearance
from mat_desktop.gui.track_view import TrackView
from mat_desktop.gui.views.library import Library
from mat_desktop.gui.widgets.activity import ActivityPanel
from mat_desktop.gui.widgets.job_bar import WAITING, JobBar
from mat_desktop.gui.widgets.leave_bar import LeaveBar
from mat_desktop.gui.widgets.nesting import nest
from mat_desktop.gui.widgets.rail import Rail
from mat_desktop.gui.widgets.views import show_focus
from mat_desktop.gui.workshop import Workshop

if TYPE_CHECKING:
    from mat_desktop.audio.player import Player
    from mat_desktop.gui.training_room import TrainingRoom


class Window(QMainWindow):
    """One window: a rail of pages, and a status bar under them. ``closing``: nothing stops that any more."""

    closing = Signal()

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
        self.setWindowTitle("mat-desktop")
        self.setAcceptDrops(True)
        self.bridge = Bridge(self)
        self.tracks = TracksModel(services.suggest, self)
        self.actions_ = Actions(self)
        self.rail = Rail(self.actions_)
        self.pages = Pages(self.rail, self.actions_)
        self.leave_bar = LeaveBar()
        self.status = JobBar(self.bridge)
        self._lay_out()
        self.desk = Desk(services, self.bridge, self.tracks, self.pages.say, self.status.say)
        self.configure = ChangeSettings(self.desk)
        self.configure.take_over(self._settings)
        with appearance.sheet_last():
            style(self.configure)
            self._make_rooms(self.desk)
        self._focus = Focus(self, (self.library.table, self.library.listing.nothing))
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._focus_moved)
        self._connect_actions()
        self._connect_engine()
        self._connect_rooms()
        self._say_model()
        self._placement = Placement(self, self._settings)
        self._placement.restore()
        self.library.restore(self._settings)
        self.opening.look_back()
        self.pages.show("library")

    # parts

    def _lay_out(self) -> None:
        box = QWidget()
        outer, row, right = QVBoxLayout(box), QHBoxLayout(), QVBoxLayout()
        for layout in (outer, row, right):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)
        row.addWidget(self.rail)
        right.addWidget(self.leave_bar)
        right.addWidget(self.pages.view, 1)
        nest(row, right, 1)
        nest(outer, row, 1)
        outer.addWidget(self.status)
        self.setCentralWidget(box)
        self.activity = ActivityPanel(self.bridge, box, self.status.open)
        self.status.activity.connect(self.activity.toggle)

    def _make_rooms(self, desk: Desk) -> None:
        """A page is one class, made here."""
        actions, pages, state, settings = self.actions_, self.pages, self._settings, self.configure
        self.engine = Engine(desk)
        self.listen = Listen(desk, state)
        self.writing = Write(desk)
        self.library = Library(self._services, self.bridge, self.tracks)
        self.opening = Opening(desk, self.engine, self.library, pages, actions, state)
        self.scan = self.opening.scan
        self.remains = Remains(desk, self.scan)
        table, nothing = self.library.table, self.library.listing.nothing
        pages.add(
            Page(
                "library",
                self.library,
                table,
                self.library.banners,
                nothing,
                lambda: self.rows.similar.back(),
            )
        )
        self.room = ReviewRoom(desk, self.library, pages, self.rail, state, settings)
        self.review = self.room.review
        self.workshop = Workshop(desk, self.library, pages)
        pages.add_later("training", lambda: self.training)
        actions.connect("new_run", lambda: self.training.new_run())
        self.archive = Archive(desk, self.library, pages, actions, state)
        self.rows = Rows(desk, self.library, self.scan, actions, state)
        self.watching = Watch(desk, settings, self.scan.found)
        self.panels = Panels(desk, self.library, self.writing)
        self.school = School(desk, self.library, self.listen, pages, state)
        self.view = TrackView(desk, self.library, self.room, actions, state, settings)
        self.sound = FindSound(
            desk, self.library.dock.player, self.library.player, self.opening.first, self._make_player
        )
        self.leave = Leave(desk, self.leave_bar, self.close)
        self.begun = Begun(desk, state, self.remains, self.archive.show_rest, self.archive.show_files)
        self.begun.settled.connect(pages.clear_message)
        self.archive.left_of = self.begun.left_of
        self.help = Help(desk, self.engine, pages, actions)
        self.preferences = Preferences(
            desk, settings, pages, self.engine, self.library, self.room, self.workshop
        )
        self.possible = Possible(
            desk,
            actions,
            pages,
            self.library,
            self.status,
            archive=self.archive,
            panels=self.panels,
            room=self.room,
            rows=self.rows,
            scan=self.scan,
            school=self.school,
        )
        self.sorting = Sorting(desk, pages, actions)
        self._menus = Menus(self, actions, self.set_appearance)

    @cached_property
    def training(self) -> TrainingRoom:
        """Trainings and their page, made when they are first asked for."""
        self.bridge.hasten()
        from mat_desktop.gui.training_room import TrainingRoom

        return TrainingRoom(self.desk, self.pages, self.workshop)

    def _say_model(self) -> None:
        card = self._services.card
        self.status.model.say(f"{card.title} · {words.plural(len(card.tags), 'output')}", card.data)

    def _say_unready(self) -> None:
        self.library.set_unready(
            reading=self.scan.reading, weighing=self.room.weigh.busy, coming=self.scan.coming
        )
        self.room.queue.set_reading(self.scan.reading)

    def set_appearance(self, mode: str) -> None:
        """Dark, light, or as the system."""
        self.configure.put({"appearance.theme": mode})

    def _connect_actions(self) -> None:
        a, library, panels = self.actions_, self.library, self.panels
        for name, do in {
            "quit": self.close,
            "listen": lambda: self.listen.to(not_heard(library.selected())),
            "listen_all": lambda: self.listen.to(self.listen.new()),
            "cancel": self.status.cancel_shown,
            "write": self._open_write,
            "undo": self.undo,
            "redo": self.redo,
            "undo_files": panels.open_undo,
            "play": library.player.toggle,
            "play_selected": library.player.start,
            "stop": library.player.stop,
            "search": self._focus_search,
            "problems": panels.open_problems,
            "activity": self.activity.toggle,
            "next_pane": lambda: (library if self.pages.shows(library) else self.pages).next_part(),
            "menu": lambda: self._menus.show_every(self.rail.menu),
        }.items():
            a.connect(name, do)
        self.room.connect_actions(a)
        self.school.connect_actions(a)
        self.watching.connect_actions(a)
        for name, button, focus in (
            ("sidebar", library.to_sidebar, library.sidebar),
            ("pane", library.to_pane, library.pane.scores),
        ):
            a[name].setCheckable(True)
            a[name].setChecked(True)
            button.clicked.connect(a[name].trigger)
            button.clicked.connect(focus.setFocus)
        a["sidebar"].toggled.connect(library.sidebar.setVisible)
        a["sidebar"].toggled.connect(library.to_sidebar.setHidden)
        a["pane"].toggled.connect(library.show_pane)
        self.sides = Sides(self.pages.view.viewport(), a)
        library.actions_follow(a["open"])
        library.pane.write.follow(a["write"])
        library.pane.undo.follow(a["undo"])

    def _connect_engine(self) -> None:
        """What the model is, and whether it runs."""
        engine, status, changed = self.engine, self.status, self.workshop.model_changed
        engine.starting.connect(lambda: status.set_device(WAITING, "faint"))
        engine.up.connect(status.set_device)
        engine.up.connect(lambda _: self.library.look.again())
        engine.down.connect(lambda _: status.set_device("Model not running", "danger"))
        self.listen.engine_fault.connect(engine.failed)
        self.listen.engine_works.connect(engine.works)
        engine.again.connect(self.listen.to)
        for signal in (engine.starting, engine.up, engine.down):
            signal.connect(lambda *_: self.possible.set_model(broken=engine.broken))
        for no_longer in (engine.starting, engine.up):
            no_longer.connect(lambda *_: self.pages.clear_message(ENGINE))
        engine.choose.connect(lambda: self.pages.show("models"))
        for do in (
            self._say_model,
            self.school.close,
            self.library.filter.asking.forget_scores,
            lambda: self.library.filter.asking.renew(ask=True),
            self.library.model_changed,
            self.room.map_tags.warn,
            engine.works,
        ):
            changed.connect(do)

    def _connect_rooms(self) -> None:
        library, panels, review, pages = self.library, self.panels, self.review, self.pages
        self.scan.ended.connect(lambda: self.watching.at(self.scan.roots))
        self.scan.remembered.connect(self.room.weigh.fill)
        for signal in (self.scan.ended, self.watching.came, self.watching.changed):
            signal.connect(self.archive.undoing.load_quietly)  # what was taken back may be in the files again
        for signal in (self.scan.remembered, self.scan.ended, self.watching.came):
            signal.connect(self.school.heard_more)
        for signal in (self.scan.begun, self.scan.remembered, self.scan.ended, self.room.weigh.busy_changed):
            signal.connect(self._say_unready)
        self.scan.back.connect(pages.clear_message)
        self.scan.forgot.connect(review.remember)
        self.scan.ended.connect(library.look.again)
        self.watching.new.connect(self.listen.to)
        self.watching.moved.connect(self.scan.rescan)
        self.watching.renamed.connect(self.room.queue.follow)  # first, or what comes into view is none of it
        self.watching.renamed.connect(library.player.rename)
        self.watching.renamed.connect(library.follow)
        self.watching.renamed.connect(review.follow)
        self.watching.moved.connect(lambda _: self.archive.look_again())
        self.workshop.models.changed.connect(self.school.model_changed)
        self.workshop.models.left_behind.connect(self.school.left_behind)
        self.workshop.models.listen.connect(lambda: self.listen.to(self.listen.new()))
        self.listen.ended.connect(self.possible.refresh)
        self.listen.ended.connect(panels.heard_more)
        self.listen.ended.connect(self.workshop.models.heard_more)
        review.policies_changed.connect(self._policies_changed)
        review.decided.connect(panels.outdated)
        review.decided.connect(self.workshop.decided)
        self.room.weigh.changed.connect(panels.outdated)
        pages.shown.connect(panels.plan_again)
        self.writing.begun.connect(self.begun.write_begins)
        self.writing.begun.connect(lambda _, __, paths: self.remains.begins(paths))
        for overtaken in (self.remains.taken_back, self.begun.overtaken):
            self.archive.undoing.listed.connect(overtaken)
        self.archive.undoing.begun.connect(self.begun.undo_begins)
        self.archive.undoing.failed.connect(self.begun.undo_ended)
        self.archive.undoing.unwanted.connect(self.begun.unwanted)
        self.archive.undoing.begun.connect(lambda *_: review.forget_taken_back())  # next come the files
        self.writing.written.connect(self._written)
        self._services.lend_files_by(library.player.lend)
        self.writing.again.connect(self.remains.plan)
        self.rail.menu.clicked.connect(lambda: self._menus.show_every(self.rail.menu))
        library.listen.clicked.connect(
            lambda: self.listen.to(self.possible.many_to_hear() or self.listen.new())
        )
        library.more.clicked.connect(lambda: self._menus.show_more(library.more))
        library.listen_to.connect(self.listen.to)
        library.table.menu_asked.connect(self._menus.show_rows)
        self.room.queue.leaving.connect(lambda: pages.show("library"))
        for unsaid in (self.room.queue.unsaid, self.archive.unsaid):
            unsaid.connect(self.status.unsay)
        self.school.opened.connect(lambda: pages.show("library"))
        self.school.scheme_changed.connect(review.scheme_changed)
        self.school.policies_changed.connect(review.policies_changed)
        self.school.teach.moved.connect(review.remember)
        panels.opened.connect(lambda: pages.borrow("library"))
        panels.back.connect(pages.give_back)
        pages.shown.connect(lambda _: self.activity.dismiss())
        panels.confirmed.connect(self.write)
        panels.taken_back.connect(self.archive.carry_out)
        self.archive.write.connect(lambda paths: review.then(lambda: panels.open_waiting(paths)))
        self.archive.elsewhere.connect(self._changed_elsewhere)
        panels.read_again.connect(self.scan.read_again)
        panels.listen_to.connect(self.listen.to)
        for settled in (self.remains.settled, review.settled, self.view.settled, self.listen.settled):
            settled.connect(pages.clear_message)
        for show in (self.remains.show, self.archive.undoing.show):
            show.connect(panels.show_left)
        self.remains.again.connect(lambda paths, wish: review.then(lambda: panels.open_rest(paths, wish)))
        self.tracks.counted.connect(self.remains.look)
        panels.policy_picked.connect(review.set_policy)
        panels.review.connect(self.room.show_selection)
        self.status.problems.clicked.connect(panels.open_problems)
        self.status.device.clicked.connect(lambda: self.preferences.show("listening.device"))
        self.status.model.clicked.connect(lambda: pages.show("models"))

    # start and end

    def begin(self, paths: Sequence[Path] = (), *, demo: bool = False) -> None:
        """After the window is shown: read what was open before, load the rest of the program."""
        self.archive.undoing.load()
        look_back(self.desk, lambda name: self.training.resume(name))
        self.bridge.load("numpy.ma")  # numpy.percentile would import it in the middle of a scan
        self.bridge.load("mat_desktop.gui.widgets.spectrogram", self._plot)
        self.bridge.load("mat_desktop.gui.training_room")
        self.sound.look()
        self.engine.start()
        self.archive.undoing.recover()  # before any file is read
        self.opening.begin(paths, demo=demo)
        # From here on the page is in view on which messages will be seen.
        self.archive.go_on()
        self.leave.resume_after(self.scan, self.listen)
        self.begun.look_back_after(self.scan)
        self.configure.warn()
        self.room.map_tags.warn()

    def _plot(self, module: Any) -> None:
        module.make(lambda: self._services.card.mel, self, self.library.set_plot)

    def come_forward(self, paths: Sequence[Path] = (), demo: bool = False) -> None:
        """The program was started once more: show the window, and open what was asked for there."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()
        if demo:
            self.opening.open_demo()
        if paths:
            self.scan.open(paths)

    def quit(self) -> None:
        """Close without asking, as when the terminal or the system says so."""
        self.leave.now()
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Work is cancelled between two files, threads and the engine are ended; before that it is asked."""
        if not self.leave.may_close():
            event.ignore()
            return
        self.closing.emit()
        self._placement.save()
        self.library.save(self._settings)
        self.room.queue.shut(self._settings)
        self._settings.sync()
        self.configure.write()
        self.hide()
        self.review.close()
        self.watching.close()
        self.help.close()
        if "training" in self.__dict__:
            self.training.close()
        self.library.player.close()
        if not self.bridge.shut(600):
            self._services.close()
            self.bridge.shut(10_000)
        else:
            self._services.close()
        self.watching.wait(2000)
        event.accept()

    def _focus_search(self) -> None:
        if not self.pages.shows(self.library):
            self.pages.show("library")
        self.library.search.setFocus()
        self.library.search.selectAll()

    # deciding, writing and undoing

    def _policies_changed(self) -> None:
        self.library.set_policies()
        self.panels.policies_changed()

    def _focus_moved(self, before: QWidget | None, now: QWidget | None) -> None:
        show_focus(before, now)
        self._focus.moved(now)

    def focusNextPrevChild(self, on: bool) -> bool:
        """Tab was pressed, or what had the focus is gone."""
        return self._focus.move(lambda: super(Window, self).focusNextPrevChild(on))

    def _open_write(self) -> None:
        """A plan needs all that was decided before. One that is in view is made once more."""
        if self.panels.write.isVisible():
            if self.panels.plans:
                self.panels.plan_once_more()
            return
        queue, here = self.room.queue, self.room.in_view
        meant = queue.meant() if here else None
        self.review.then(
            lambda: self.panels.open_write(reviewing=meant, now=queue.reviewed() if here else ())
        )

    def write(self, plan: Plan, wish: Wish | None = None) -> None:
        """Write what the panel showed."""

        def write() -> None:
            self.review.settle()
            self.archive.withdraw()
            self.writing.write(plan, wish)
            self.possible.refresh()

        self.review.then(write)

    def _written(self, ended: Ended) -> None:
        self.archive.undoing.load()
        self.begun.write_ended(ended)
        self.pages.clear_message("wrote")
        if ended.count and not ended.rest:
            which = " in all of them" if ended.count > 1 else ""
            text = f"{words.plural(ended.count, 'file')} written. Sound unchanged{which}."
            self.pages.say("positive", text, "Undo", self.archive.undo_last_run, kind="wrote")
        self.possible.refresh()

    def _changed_elsewhere(self, paths: list[Path], written: set[Path]) -> None:
        """Another process of this program did so; files of the table are looked at again."""
        self.remains.begins(written)
        here = [path for path in paths if self.tracks.row(path) is not None]
        if here:
            self.watching.look(here)

    def undo(self) -> None:
        """The last decision or move of thresholds; where there was none since the last write, that write.
        Only what is to be seen on the page in view.
        """
        if self.room.take_back():
            self.possible.refresh()
        elif RUNS in self.room.reach:
            self.archive.undo_last_run()

    def redo(self) -> None:
        """What was taken back last: decisions and moves of thresholds, else what was written."""
        if self.room.do_again():
            self.possible.refresh()
        elif RUNS in self.room.reach:
            self.archive.redo_last_run()

    # events

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another size."""
        super().resizeEvent(event)
        self.rail.fit(event.size())
        self.library.dock.fit_page(event.size().height() - self.status.height())

    def showEvent(self, event: QShowEvent) -> None:
        """Now the window has a frame."""
        super().showEvent(event)
        self._placement.shown()

    def event(self, event: QEvent) -> bool:
        """Space presses a focused button, opens a focused combo, before it plays. Repaints come first."""
        if event.type() in (QEvent.Type.UpdateRequest, QEvent.Type.LayoutRequest):
            with self.bridge.turns:
                return super().event(event)
        asked = event.type() is QEvent.Type.ShortcutOverride
        if asked and isinstance(event, QKeyEvent) and _is_space(event):
            widget = QApplication.focusWidget()
            if isinstance(widget, (QAbstractButton, QComboBox)):
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape that nothing in the window had a use for: one step back for each press."""
        if event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)
        elif not event.isAutoRepeat():
            any(part.escape() for part in (self.activity, self.panels, self.pages))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Folders and files are welcome anywhere."""
        ours = event.source() is not None  # rows of the table, on their way to other programs
        if not ours and self.opening.welcomes(event.mimeData()) and not _take_no_file(event):
            self.opening.went()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """They went again."""
        self.opening.went()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open them."""
        if _take_no_file(event):
            self.opening.drop(event.mimeData())


def _is_space(event: QKeyEvent) -> bool:
    """Whether it is that key alone: with Shift it stops what plays, wherever the focus is."""
    return event.key() == Qt.Key.Key_Space and not event.modifiers()


def _take_no_file(event: QDropEvent) -> bool:
    """Accept what is dropped as a copy or a link; not at all where it is only to be moved.

    After a move the program that it came from deletes its files, which this one only refers to.
    """
    for action in (Qt.DropAction.CopyAction, Qt.DropAction.LinkAction):
        if event.possibleActions() & action:
            event.setDropAction(action)
            event.accept()
            return True
    event.ignore()
    return False
