"""Which columns the table of tracks shows, how wide and in which order; the user's choice is remembered."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from PySide6.QtCore import QEvent, QObject, QPoint, QSettings, Qt, QTimer
from PySide6.QtWidgets import QHeaderView, QMenu

from mat_desktop.gui.models.columns import HEADERS, Column
from mat_desktop.gui.theme import appearance, font, wider
from mat_desktop.gui.widgets.delegates import ChipsDelegate, StateDelegate, TrackTable, text_width
from mat_desktop.gui.widgets.fit import KeepTall

ORDER = (
    *(Column.STATE, Column.LIKENESS, Column.TITLE, Column.ARTIST, Column.ALBUM, Column.YEAR),
    *(Column.GENRE, Column.MOOD, Column.SUGGESTED, Column.LENGTH),
)
"""From the left."""

WIDTHS: dict[int, dict[Column, int]] = {
    1100: {Column.STATE: 120, Column.ARTIST: 176, Column.GENRE: 136, Column.SUGGESTED: 280, Column.LENGTH: 80}
    | {Column.ALBUM: 176, Column.MOOD: 120},
    740: {Column.STATE: 108, Column.ARTIST: 124, Column.GENRE: 108, Column.SUGGESTED: 180, Column.LENGTH: 68},
    640: {Column.STATE: 108, Column.ARTIST: 104, Column.GENRE: 96, Column.SUGGESTED: 168, Column.LENGTH: 68},
    0: {Column.STATE: 104, Column.ARTIST: 80, Column.GENRE: 76, Column.SUGGESTED: 140, Column.LENGTH: 66},
}
"""Columns beside the title that are shown by themselves, by the least width of the table."""

OTHERS = {Column.ALBUM: 128, Column.MOOD: 100, Column.YEAR: 56, Column.LIKENESS: 92}
"""Widths of the columns that the user may add."""

TITLE, LEAST = 120, 56
"""Least width of the title, with letters of usual size, and of any other column."""

FIRM = (Column.STATE, Column.YEAR, Column.LENGTH, Column.LIKENESS)
"""Columns that do not give room to others: half of a number says nothing."""

SPARE = (Column.GENRE, Column.ARTIST, Column.LENGTH, Column.SUGGESTED)
"""Columns that go first where there is too little room, unless the user asked for them."""

HOURS = "10:00:00"
"""The longest length that is shown whole."""

ALWAYS = (Column.STATE, Column.TITLE)
"""Columns that cannot be hidden."""

KEY = "library/columns"

T = TypeVar("T")
Order = tuple[Column, Qt.SortOrder]


class TrackColumns(QObject):
    """The header of the table. The title takes what the others leave; nothing has to be scrolled sideways."""

    def __init__(self, table: TrackTable) -> None:
        super().__init__(table)
        self._table = table
        self._header = header = table.horizontalHeader()
        self._picked: dict[Column, bool] = {}
        self._widths: dict[Column, int] = {}
        self._comparing = False
        self._before: Order | None = None
        self._laying = False
        self._menu = QMenu(table)
        KeepTall(header, 28, 12)
        header.setFont(font(12, 500))
        header.setHighlightSections(False)
        header.setSectionsClickable(True)
        header.setSectionsMovable(True)
        header.setFirstSectionMovable(False)  # the strip of selected rows is at its left
        header.setSortIndicatorShown(True)
        header.setSortIndicatorClearable(True)
        header.setMinimumSectionSize(LEAST)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(Column.TITLE, QHeaderView.ResizeMode.Stretch)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        table.setItemDelegateForColumn(Column.STATE, StateDelegate(table))
        table.setItemDelegateForColumn(Column.SUGGESTED, ChipsDelegate(table))
        table.setSortingEnabled(True)
        # No arrow stands over rows that are still read, or are being sorted.
        table.tracks.ordering.connect(lambda sorted_now: header.setSortIndicatorShown(sorted_now))
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._ask)
        header.sectionResized.connect(self._resized)
        self._arrange(ORDER)
        table.viewport().installEventFilter(self)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.lay_out)
        appearance.changed.connect(self._letters_changed)
        self.lay_out()

    # layout

    def _arrange(self, order: tuple[Column, ...]) -> None:
        for place, column in enumerate(order):
            self._header.moveSection(self._header.visualIndex(column), place)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A table of another width has other columns."""
        if event.type() is QEvent.Type.Resize:
            self.lay_out()
        return False

    def _letters_changed(self) -> None:
        self._later.start(0)  # once the header has its new ones

    @property
    def _wide(self) -> int:
        return self._table.viewport().width()

    def _standard(self) -> dict[Column, int]:
        return WIDTHS[next(limit for limit in WIDTHS if self._wide >= wider(limit))]

    def shown(self) -> list[Column]:
        """Columns in view, but for the title."""
        standard = self._standard()
        columns = [column for column in ORDER if self._picked.get(column, column in standard)]
        columns = [column for column in columns if column not in (Column.TITLE, Column.LIKENESS)]
        if self._comparing:
            columns.append(Column.LIKENESS)
        for column in SPARE:
            others = sum(self._wanted(c) if c in FIRM else self._least(c) for c in columns)
            if wider(TITLE) + others > self._wide:
                columns = [c for c in columns if c is not column or self._picked.get(c)]
        return columns

    def _wanted(self, column: Column) -> int:
        """How wide a column is where there is room."""
        wide = self._widths.get(column) or wider(self._standard().get(column) or OTHERS[column])
        return max(wide, self._least(column)) if column in FIRM else wide

    def lay_out(self) -> None:
        """Show and size the columns; where there is too little room each gives some of its own."""
        wanted = {column: self._wanted(column) for column in self.shown()}
        firm = sum(wide for column, wide in wanted.items() if column in FIRM)
        room = max(1, self._wide - wider(TITLE) - firm)
        share = min(1.0, room / max(1, sum(wanted.values()) - firm))
        self._laying = True
        for column in Column:
            self._header.setSectionHidden(column, column not in wanted and column is not Column.TITLE)
            if column in wanted:
                part = 1.0 if column in FIRM else share
                self._header.resizeSection(column, max(self._least(column), int(wanted[column] * part)))
        self._laying = False

    def _least(self, column: Column) -> int:
        """A heading is not cut, unless the user made its column so or has more columns than there is room."""
        heading = self._header.fontMetrics().horizontalAdvance(HEADERS[column])
        if column is Column.LENGTH and column not in self._widths:
            return max(text_width(HOURS, 13, 400) + 28, heading + 22)
        if column in self._widths or any(self._picked.values()):
            return LEAST
        return max(LEAST, heading + 22)

    def _resized(self, section: int, _: int, wide: int) -> None:
        column = Column(section)
        if not self._laying and column is not Column.TITLE and wide:
            self._widths[column] = wide
            self._later.start(200)

    def compare(self, on: bool) -> None:
        """Show how alike the tracks are, the likest first; or not, and as they were sorted before."""
        if on and not self._comparing:
            self._before = self._table.tracks.order
        self._comparing = on
        self.lay_out()
        self._sort((Column.LIKENESS, Qt.SortOrder.DescendingOrder) if on else self._before)

    def _sort(self, order: Order | None) -> None:
        column, way = order or (-1, Qt.SortOrder.AscendingOrder)
        self._header.setSortIndicator(column, way)

    # the menu

    def menu(self) -> QMenu:
        """To show and hide columns."""
        self._menu.clear()
        shown = self.shown()
        for column in ORDER:
            if column in ALWAYS or column is Column.LIKENESS:
                continue
            action = self._menu.addAction(HEADERS[column])
            action.setCheckable(True)
            action.setChecked(column in shown)
            action.toggled.connect(partial(self.pick, column))
        self._menu.addSeparator()
        self._menu.addAction("Standard columns").triggered.connect(lambda _: self.reset())
        return self._menu

    def _ask(self, at: QPoint) -> None:
        self.menu().popup(self._header.mapToGlobal(at))

    def pick(self, column: Column, on: bool) -> None:
        """Show or hide a column from now on."""
        self._picked[column] = on
        self.lay_out()

    def reset(self) -> None:
        """As if nothing had been chosen."""
        self._picked.clear()
        self._widths.clear()
        self._arrange(ORDER)
        self.lay_out()

    # remembering

    def save(self, settings: QSettings) -> None:
        """Keep what was chosen, and how the table is sorted."""
        order = self._before if self._comparing else self._table.tracks.order
        chosen = {
            "shown": {column.name: on for column, on in self._picked.items()},
            "widths": {column.name: wide for column, wide in self._widths.items()},
            "order": [Column(self._header.logicalIndex(place)).name for place in range(len(Column))],
            "sort": [order[0].name, order[1] is Qt.SortOrder.DescendingOrder] if order else None,
        }
        settings.setValue(KEY, json.dumps(chosen))

    def restore(self, settings: QSettings) -> None:
        """As it was left. What cannot be understood is left out."""
        try:
            chosen = json.loads(str(settings.value(KEY, "{}")))
            self._picked = _by_column(chosen.get("shown", {}), bool)
            self._widths = _by_column(chosen.get("widths", {}), int)
            names = [Column[name] for name in chosen.get("order", []) if name in Column.__members__]
            sort = chosen.get("sort")
            order = (Column[sort[0]], bool(sort[1])) if sort else None
        except (ValueError, TypeError, AttributeError, KeyError, IndexError):
            return
        self._arrange(tuple(names))
        if order is not None:
            down, up = Qt.SortOrder.DescendingOrder, Qt.SortOrder.AscendingOrder
            self._sort((order[0], down if order[1] else up))
        self.lay_out()


def _by_column(values: dict[str, Any], kind: Callable[[Any], T]) -> dict[Column, T]:
    """What is said of columns that there are."""
    return {Column[name]: kind(value) for name, value in values.items() if name in Column.__members__}
