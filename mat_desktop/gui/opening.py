"""How music comes into the library: the page before there is any, folders, files, the demo, and scanning."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, QSettings
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from mat_desktop.errors import MatError
from mat_desktop.gui.actions import Actions
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.operations.engine import Engine
from mat_desktop.gui.operations.places import open_place
from mat_desktop.gui.operations.scan import FOUND_NOTHING, Scan
from mat_desktop.gui.pages import Page, Pages
from mat_desktop.gui.views.first_start import FirstStart
from mat_desktop.gui.views.library import Library
from mat_desktop.gui.widgets.banner import Banners
from mat_desktop.gui.widgets.drop_sign import DropSign


class Opening(QObject):
    """The first start stands in for the library until something was opened."""

    def __init__(
        self,
        desk: Desk,
        engine: Engine,
        library: Library,
        pages: Pages,
        actions: Actions,
        settings: QSettings,
    ) -> None:
        super().__init__()
        self._desk, self._library, self._pages, self._settings = desk, library, pages, settings
        self.scan = Scan(desk)
        self._before: list[Path] = []
        self.first = FirstStart(desk.services)
        self.drop_sign = DropSign(pages.view)
        banners = Banners()
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.first, 1)
        layout.addWidget(banners)
        pages.add(Page("first", page, self.first.open, banners, instead_of="library"))
        self.scan.opened.connect(self._opened)
        self.scan.nothing.connect(self._nothing_found)
        library.sidebar.forgotten.connect(self.scan.forget)
        library.sidebar.rescanned.connect(lambda folder: self.scan.open([folder]))
        library.sidebar.shown.connect(lambda folder: open_place(desk, folder))
        for name, do in {
            "open": self.choose_folder,
            "add": self.choose_files,
            "demo": self.open_demo,
            "rescan": self.scan.again,
        }.items():
            actions.connect(name, do)
        actions["demo"].setEnabled(desk.services.demo_tracks > 0)
        self.first.open.follow(actions["open"])
        self.first.demo.follow(actions["demo"])
        self._follow(engine)

    def _follow(self, engine: Engine) -> None:
        fact = self.first.device
        engine.starting.connect(lambda: fact.show_fact("muted", "Starting the model…"))
        engine.up.connect(lambda device: fact.show_fact("positive", f"{device}. Found and used by itself."))
        engine.down.connect(
            lambda why: fact.show_fact(
                "danger", f"The model cannot be started: {why}", "Try again", engine.start
            )
        )

    def look_back(self) -> None:
        """Before the window is shown: what was open before decides what is seen in it first."""
        try:
            self._before = self._desk.services.roots()
        except MatError as error:
            self._desk.complain("The list of folders cannot be read", error)
        if self._before:
            self._library.filter.roots = self._before
            self._expect()

    def expect(self) -> None:
        """Before the window is shown: :meth:`begin` will open something, so that it is no first start."""
        if self.scan.coming is None:
            self._expect()
            self._pages.show("library")

    def _expect(self) -> None:
        self._pages.retire("first")
        self.scan.expect()
        self._library.filter.count()

    def begin(self, paths: Sequence[Path], *, demo: bool) -> None:
        """Open what was open before, and paths beside it."""
        if demo:
            self.open_demo()
        self.scan.open([*self._before, *(path for path in paths if path not in self._before)])

    def choose_folder(self) -> None:
        """Ask for a folder."""
        start = str(self._settings.value("folder", str(Path.home())))
        chosen = QFileDialog.getExistingDirectory(self._library.window(), "Open folder", start)
        if chosen:
            self._settings.setValue("folder", chosen)
            self.scan.open([Path(chosen)])

    def choose_files(self) -> None:
        """Ask for files."""
        start = str(self._settings.value("folder", str(Path.home())))
        chosen, _ = QFileDialog.getOpenFileNames(self._library.window(), "Add files", start)
        self.scan.open([Path(name) for name in chosen])

    def open_demo(self) -> None:
        """Copy the demo tracks and open them."""

        def failed(error: Exception) -> None:
            self.scan.expect_nothing()
            self._desk.complain("The demo tracks cannot be copied", error)

        self._desk.bridge.ask(
            "demo", self._desk.services.demo_folder, lambda folder: self.scan.open([folder]), failed
        )

    def _opened(self) -> None:
        self._pages.retire("first")
        self._library.filter.roots = self.scan.roots
        if not self._pages.shows(self._library):  # else the focus stays where it is
            self._pages.show("library")

    def _nothing_found(self) -> None:
        self._desk.say(
            "warning", "No music was found there.", "Open folder…", self.choose_folder, kind=FOUND_NOTHING
        )

    # dropped on the window

    def welcomes(self, data: QMimeData) -> bool:
        """Whether what is held over the window can be opened; it is shown where to drop it."""
        welcome = any(url.isLocalFile() for url in data.urls())
        self.first.zone.set_hot(welcome)
        self.drop_sign.set_shown(welcome and not self.first.zone.isVisible())
        return welcome

    def went(self) -> None:
        """It is held there no longer, or may not be dropped."""
        self.first.zone.set_hot(False)
        self.drop_sign.set_shown(False)

    def drop(self, data: QMimeData) -> None:
        """Open it."""
        self.went()
        self.scan.open([Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()])
