"""How a table is sorted, as a menu: what clicks on its headings do, for the keyboard."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QApplication, QHeaderView, QMenu

from mat_desktop.gui.actions import Actions
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.pages import Pages
from mat_desktop.gui.widgets.views import TableView

WAYS = {"Ascending": Qt.SortOrder.AscendingOrder, "Descending": Qt.SortOrder.DescendingOrder}


class Sorting(QObject):
    """Connects the action. It is about the table that has the focus, else about the first one in view."""

    def __init__(self, desk: Desk, pages: Pages, actions: Actions) -> None:
        super().__init__()
        self._desk, self._pages = desk, pages
        actions.connect("sort", self._ask)

    def _ask(self) -> None:
        tables = [
            table
            for table in self._pages.current.widget.findChildren(TableView)
            if table.isSortingEnabled() and table.isVisible()
        ]
        if not tables:
            self._desk.result("No table that can be sorted is in view")
            return
        focus = QApplication.focusWidget()
        table = next((table for table in tables if table is focus), tables[0])
        header = table.horizontalHeader()
        menu = QMenu(table)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        chosen = fill(menu, header)
        menu.popup(header.mapToGlobal(QPoint(0, header.height())))
        menu.setActiveAction(chosen)


def fill(menu: QMenu, header: QHeaderView) -> QAction:
    """The columns in view from the left, and the way round; returns the entry that says what is so now."""
    section, order = header.sortIndicatorSection(), header.sortIndicatorOrder()
    sections = sorted(range(header.count()), key=header.visualIndex)
    columns = QActionGroup(menu)
    for number in [number for number in sections if not header.isSectionHidden(number)]:
        name = str(header.model().headerData(number, Qt.Orientation.Horizontal))
        action = columns.addAction(name.replace("&", "&&"))
        action.setData(number)
    columns.addAction("Usual order").setData(-1)
    columns.triggered.connect(lambda action: header.setSortIndicator(action.data(), order))
    ways = QActionGroup(menu)
    for name, way in WAYS.items():
        action = ways.addAction(name)
        action.setData(way)
        action.setEnabled(section >= 0)
    ways.triggered.connect(lambda action: header.setSortIndicator(section, action.data()))
    menu.addActions(columns.actions())
    menu.addSeparator()
    menu.addActions(ways.actions())
    for group, now in ((columns, section), (ways, order)):
        for action in group.actions():
            action.setCheckable(True)
            action.setChecked(action.data() == now and action.isEnabled())
    return columns.checkedAction() or columns.actions()[0]
