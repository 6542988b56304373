"""The pages of the window, and the rail that chooses among them."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QStackedWidget, QWidget

from mat_desktop.gui.views.shortcuts import Sheet
from mat_desktop.gui.widgets.banner import Banners
from mat_desktop.gui.widgets.rail import Rail


@dataclass(frozen=True, slots=True)
class Page:
    """:param name: also of the action that shows it
    :param focus: gets the focus when the page is shown
    :param banners: where it says what happened
    :param button: title of its button in the rail; one page may stand in for another's
    """

    name: str
    widget: QWidget
    focus: QWidget
    banners: Banners
    button: str


class Pages:
    """Pages by name, one of them in view. A sheet lies over them until it is closed."""

    def __init__(self, rail: Rail) -> None:
        self.stack = QStackedWidget()
        self._rail = rail
        self._pages: dict[str, Page] = {}

    def add(self, page: Page) -> None:
        """One more page."""
        self._pages[page.name] = page
        self.stack.addWidget(page.widget)

    @property
    def names(self) -> list[str]:
        """Of all pages."""
        return list(self._pages)

    @property
    def current(self) -> Page:
        """The page in view, or under the sheet."""
        widget = self.stack.currentWidget()
        if isinstance(widget, Sheet):
            widget = widget.property("before")
        return next(page for page in self._pages.values() if page.widget is widget)

    def shows(self, widget: QWidget) -> bool:
        """Whether it is in view, with no sheet over it."""
        return self.stack.currentWidget() is widget

    def clear_message(self, kind: str) -> None:
        """What it says is no longer so, on whichever page it stands."""
        for page in self._pages.values():
            page.banners.clear(kind)

    def show(self, name: str) -> None:
        """Bring a page into view."""
        self.drop_sheet()
        page = self._pages[name]
        self.stack.setCurrentWidget(page.widget)
        self._rail.set_page(page.button)
        page.focus.setFocus()

    def cover(self, sheet: Sheet) -> None:
        """Lay a sheet over the page in view."""
        self.drop_sheet()
        sheet.setProperty("before", self.stack.currentWidget())
        self.stack.addWidget(sheet)
        self.stack.setCurrentWidget(sheet)
        sheet.close_button.setFocus()

    def drop_sheet(self) -> bool:
        """Back to the page under the sheet; says whether there was one."""
        sheet = self.stack.currentWidget()
        if not isinstance(sheet, Sheet):
            return False
        before = self.current
        self.stack.removeWidget(sheet)
        sheet.deleteLater()
        self.stack.setCurrentWidget(before.widget)
        before.focus.setFocus()
        return True
