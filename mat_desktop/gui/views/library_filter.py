"""Which tracks of the library are shown, how many they are, and what is said where there are none."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QWidget

from mat_desktop.errors import printable
from mat_desktop.gui import words
from mat_desktop.gui.bridge import Bridge
from mat_desktop.gui.models.tracks import TracksModel
from mat_desktop.gui.operations.search import Search
from mat_desktop.gui.services import Services
from mat_desktop.gui.widgets.query_help import QueryHelp
from mat_desktop.gui.widgets.search_bar import QueryProblem
from mat_desktop.gui.widgets.search_field import SearchField
from mat_desktop.gui.widgets.sidebar import Item, Sidebar
from mat_desktop.gui.widgets.table_or_note import TableOrNote
from mat_desktop.gui.work import Work

ALL = Item("All tracks")

NO_MUSIC = "No music is in the folders that are open"


class LibraryFilter(QObject):
    """The query of the search field and the entry of the sidebar, together.

    ``roots``: what is open, as the sidebar lists it.
    """

    def __init__(
        self,
        services: Services,
        bridge: Bridge,
        tracks: TracksModel,
        page: QWidget,
        sidebar: Sidebar,
        search: SearchField,
        problem: QueryProblem,
        listing: TableOrNote,
    ) -> None:
        """Hooks itself up."""
        super().__init__(page)
        self.roots: list[Path] = []
        self.asking = Search(services, bridge, tracks)
        self._tracks, self._sidebar, self._search, self._listing = tracks, sidebar, search, listing
        self.help = QueryHelp(page)
        self._coming: Work | None = None
        self._aside: tuple[str, Item] | None = None
        sidebar.picked.connect(self._pick)
        listing.clear.clicked.connect(self.show_all)
        search.complete_with(self.asking.complete)
        search.textChanged.connect(self.asking.type)
        search.entered.connect(self.asking.count_values)
        search.help_asked.connect(lambda: self.help.open_under(search))
        self.help.picked.connect(self._try)
        self.asking.asked.connect(self._filter)
        self.asking.explained.connect(listing.say)
        self.asking.wrong.connect(lambda error: problem.show_error(error, self.asking.text))
        self.asking.wrong.connect(search.set_error)
        search.show_over(problem)
        search.closed.connect(self.asking.offer_no_more)
        bridge.changed.connect(self._say_coming)
        self._counting = QTimer(self)
        self._counting.setSingleShot(True)
        self._counting.setInterval(200)
        self._counting.timeout.connect(self.count)

    def _pick(self, item: Item) -> None:
        self._filter()

    @property
    def _item(self) -> Item:
        item = self._sidebar.currentIndex().data(Qt.ItemDataRole.UserRole + 1)
        return item if isinstance(item, Item) else ALL

    @property
    def _where(self) -> str:
        """What the entry of the sidebar asks for."""
        item = self._item
        if item.folder is not None:
            return f"{'at' if item.is_file else 'in'} {printable(item.folder)}"
        return f"with the state {item.state}" if item.state is not None else ""

    def _filter(self) -> None:
        self._tracks.filter(self.asking.query, self._item.state, self._item.folder)
        self._say_found()

    def _try(self, query: str) -> None:
        self._search.setText(query)
        self._search.setFocus()

    def show_all(self) -> None:
        """No filter."""
        self._clear_search()
        self._sidebar.choose(ALL)
        self._filter()

    @property
    def is_aside(self) -> bool:
        """Whether :meth:`bring_back` brings a filter."""
        return self._aside is not None

    def set_aside(self) -> None:
        """No filter for a while: something is looked for in all tracks."""
        if self._aside is None and (self._search.text() or self._item.state or self._item.folder):
            self._aside = self._search.text(), self._item
        self.show_all()

    def bring_back(self) -> None:
        """The filter that was set aside, unless there is another one by now."""
        aside, self._aside = self._aside, None
        if aside is not None and not (self._search.text() or self._item.state or self._item.folder):
            self._search.setText(aside[0])
            self._sidebar.choose(aside[1])
            self._filter()

    def _clear_search(self) -> None:
        """Empty the field, and count it as empty at once."""
        self._search.clear()
        self.asking.query = None

    # what is said of it

    def say(self) -> None:
        """Others are shown, or none."""
        self._say_nothing()
        self._say_found()

    def _say_nothing(self) -> None:
        some = self.asking.reading or self._tracks.tally().total > 0
        none, hidden = some and self._tracks.rowCount() == 0, some and self._tracks.filtered
        empty = not some and bool(self.roots)
        self._listing.show_note((none and (hidden or self.asking.reading)) or empty)
        self._listing.clear.setVisible(hidden)
        if none and hidden:
            self.asking.explain(self._where)
        self._say_coming()

    def set_unready(self, *, reading: bool, weighing: bool, coming: Work | None) -> None:
        """The library is still being read, or it is not known yet which tags would be written.

        :param coming: tracks that it knows are being shown
        """
        self.asking.reading, self.asking.weighing = reading, weighing
        self._coming = coming
        self._say_nothing()

    @property
    def is_coming(self) -> bool:
        """Whether tracks that the library knows are being shown."""
        return self._coming is not None

    def _say_coming(self) -> None:
        """Until the first track is there it is said how many there will be."""
        if self._listing.shows_note and not (self._tracks.filtered and self._tracks.tally().total):
            text = "Looking for music…" if self.asking.reading else NO_MUSIC
            if self._coming is not None:
                of = f" 0 of {words.plural(self._coming.total, 'track')}" if self._coming.total else ""
                text = f"Reading the library…{of}"
            self._listing.say(text)

    def _say_found(self) -> None:
        total, found = self._tracks.tally().total, words.number(self._tracks.rowCount())
        found = "…" if self._tracks.arranging else found
        self._search.set_found(f"{found} of {words.plural(total, 'track')}" if self.asking.query else "")

    def count_soon(self) -> None:
        """There are more tracks, or others."""
        if self._listing.shows_note and self._tracks.rowCount():
            self._say_nothing()  # the first are there
        if not self._counting.isActive():
            self._counting.start()

    def count(self) -> None:
        """Say at once how many there are."""
        tally = self._tracks.tally()
        files = [root for root in self.roots if self._tracks.row(root) is not None]
        folders = [(root, self._tracks.count_under(root)) for root in self.roots if root not in files]
        self._sidebar.side.show(tally.total, tally.standing, folders, files, partial=self._coming is not None)
        self.say()
