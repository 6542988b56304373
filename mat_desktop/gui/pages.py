"""The pages of the window, and the rail that chooses among them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QApplication,
    QFrame,
    QScrollArea,
    QStackedWidget,
    QWidget,
)

from mat_desktop.gui.actions import Actions
from mat_desktop.gui.focus import arrows_change
from mat_desktop.gui.views.shortcuts import Sheet
from mat_desktop.gui.widgets.banner import Banners
from mat_desktop.gui.widgets.rail import Rail


@dataclass(frozen=True, slots=True)
class Page:
    """:param name: also of the action that shows it, whose button in the rail is its own
    :param focus: gets the focus when the page is shown
    :param banners: where it says what happened
    :param nothing: has the focus instead where it is in view
    :param back: leaves what was opened in the page; says whether there was anything to leave
    :param instead_of: the page in whose place it is shown for a while; it has no action and button of its own
    """

    name: str
    widget: QWidget
    focus: QWidget
    banners: Banners
    nothing: QWidget | None = None
    back: Callable[[], bool] = lambda: False
    instead_of: str = ""


class _Room(QWidget):
    """The stack, as small as the page in view can be, whatever the others need."""

    def __init__(self, stack: QStackedWidget, view: QScrollArea) -> None:
        super().__init__()
        self._stack, self._view = stack, view
        stack.setParent(self)
        stack.installEventFilter(self)
        stack.currentChanged.connect(self.updateGeometry)
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.focusObjectChanged.connect(self._bring_into_view)

    def minimumSizeHint(self) -> QSize:
        """What the page needs."""
        page = self._stack.currentWidget()
        return QSize() if page is None else page.minimumSizeHint().expandedTo(page.minimumSize())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The page has all of it."""
        self._stack.resize(event.size())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A page needs more room than before, or less."""
        if event.type() is QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return False

    def _bring_into_view(self, part: QObject | None) -> None:
        """What has the focus is seen, also where a key has opened it out of sight."""

        def bring(part: QWidget) -> None:  # once it is laid out
            room = self._view.viewport().size()
            there = part is QGuiApplication.focusObject() and part.isVisible()
            if there and part.width() <= room.width() and part.height() <= room.height():
                self._view.ensureWidgetVisible(part, 8, 8)

        if isinstance(part, QWidget) and self.isAncestorOf(part):
            QTimer.singleShot(0, part, lambda: bring(part))


class Pages(QObject):
    """Pages by name, one of them in view. A sheet lies over them until it is closed.

    ``shown`` names the page that came into view; ``covered`` says that a sheet came or went.
    """

    shown = Signal(str)
    covered = Signal()

    def __init__(self, rail: Rail, actions: Actions) -> None:
        super().__init__()
        self.stack = QStackedWidget()
        self.view = QScrollArea()
        """What the window shows; a page that is larger than it is scrolled."""
        self.view.setWidgetResizable(True)
        self.view.setFrameShape(QFrame.Shape.NoFrame)
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view.setWidget(_Room(self.stack, self.view))
        self._rail, self._actions = rail, actions
        self._pages: dict[str, Page] = {}
        self._later: dict[str, Callable[[], object]] = {}
        self._instead: dict[str, str] = {}
        self._lender = ""
        self.giving_back = False
        """Whether the page that comes into view is one that was left for what is closed now."""

    def add_later(self, name: str, make: Callable[[], object]) -> None:
        """A page that is made when it is first shown, by what adds it: the window opens sooner without it."""
        self._later[name] = make
        self._actions.connect(name, lambda: self.show(name))

    def add(self, page: Page) -> None:
        """One more page, which its action brings into view."""
        self._pages[page.name] = page
        self.stack.addWidget(page.widget)
        if page.instead_of:
            self._instead[page.instead_of] = page.name
        elif self._later.pop(page.name, None) is None:
            self._actions.connect(page.name, lambda: self.show(page.name))

    def retire(self, name: str) -> None:
        """A page no longer stands in for another."""
        self._instead.pop(self._pages[name].instead_of, None)

    @property
    def names(self) -> list[str]:
        """Of all pages."""
        return [*self._pages, *self._later]

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

    def say(
        self,
        level: str,
        text: str,
        action: str = "",
        do: Callable[[], object] | None = None,
        *,
        also: tuple[str, Callable[[], object]] | None = None,
        kind: str = "",
        stays: bool = False,
        closed: Callable[[], object] | None = None,
    ) -> None:
        """A banner in the page in view. One of the same kind goes, on whichever page it stands."""
        if kind:
            self.clear_message(kind)
        self.current.banners.show_message(
            level, text, action, do, also=also, kind=kind, stays=stays, closed=closed
        )

    def clear_message(self, kind: str) -> None:
        """What it says is no longer so, on whichever page it stands."""
        for page in self._pages.values():
            page.banners.clear(kind)

    def borrow(self, name: str) -> None:
        """Bring a page into view for what is laid over a part of it."""
        here = self.current.name
        before = self._lender if here == name else here
        self.show(name)
        self._lender = before

    def give_back(self) -> None:
        """Back to the page that was in view before, unless the user went elsewhere meanwhile."""
        if self._lender:
            self.giving_back = True
            self.show(self._lender)
            self.giving_back = False

    def show(self, name: str) -> None:
        """Bring a page into view, or the one that stands in for it."""
        self._lender = ""
        self.drop_sheet()
        if name in self._later:
            self._later[name]()
        page = self._pages[self._instead.get(name, name)]
        self.stack.setCurrentWidget(page.widget)
        self._rail.set_page(page.instead_of or page.name)
        _focus(page)
        self.shown.emit(page.name)

    def next_part(self) -> None:
        """Focus the next part of the page: a list, a table, a text, a form, or its messages."""
        parts = _parts(self.current)
        if not parts or not self.shows(self.current.widget):
            return
        here = QApplication.focusWidget()
        while here is not None and here not in parts:
            here = here.parentWidget()
        order = list(parts)
        place = order.index(here) + 1 if here is not None else 0
        parts[order[place % len(order)]].setFocus(Qt.FocusReason.TabFocusReason)

    def escape(self) -> bool:
        """One step back, wherever the focus is; says whether there was one. A message goes last, and only one
        that leads nowhere.
        """
        sheet, page = self.stack.currentWidget(), self.current
        if isinstance(sheet, Sheet):
            sheet.closed.emit()
            return True
        return page.banners.escape() or page.back() or page.banners.close_newest()

    def cover(self, sheet: Sheet) -> None:
        """Lay a sheet over the page in view, until it is closed."""
        self.drop_sheet()
        sheet.setProperty("before", self.stack.currentWidget())
        sheet.closed.connect(self.drop_sheet)
        self.stack.addWidget(sheet)
        self.stack.setCurrentWidget(sheet)
        sheet.close_button.setFocus()
        self.covered.emit()

    def drop_sheet(self) -> bool:
        """Back to the page under the sheet; says whether there was one."""
        sheet = self.stack.currentWidget()
        if not isinstance(sheet, Sheet):
            return False
        before = self.current
        self.stack.setCurrentWidget(before.widget)  # first, or yet another page would come into view
        self.stack.removeWidget(sheet)
        sheet.deleteLater()
        _focus(before)
        self.covered.emit()
        return True


def _controls(page: Page) -> list[QWidget]:
    """What can have the focus on a page, in the order in which it was made.

    Never along Qt's chain: PySide takes what ``nextInFocusChain`` hands over for a child of the widget that
    was asked, and crashes once that is deleted.
    """
    return [
        part
        for part in page.widget.findChildren(QWidget)
        if part.focusPolicy() & Qt.FocusPolicy.TabFocus and part.isVisible() and part.isEnabled()
    ]


def _parts(page: Page) -> dict[QWidget, QWidget]:
    """What F6 goes through, from above to below, each with what gets the focus there."""
    found: dict[QWidget, QWidget] = {}
    for part in _controls(page):
        if isinstance(part, QAbstractScrollArea):
            found[part] = part
        elif (around := _area(part)) is not None:
            found.setdefault(around, part)
        elif page.banners.isAncestorOf(part):
            found.setdefault(page.banners, part)

    def place(part: QWidget) -> tuple[int, int]:
        corner = part.mapTo(page.widget, QPoint())
        return corner.y(), corner.x()

    return {part: found[part] for part in sorted(found, key=place)}


def _area(part: QWidget) -> QScrollArea | None:
    """The form that something stands in; the pages themselves are scrolled too, but are no parts."""
    around = part.parentWidget()
    while around is not None and not isinstance(around, QStackedWidget | QScrollArea):
        around = around.parentWidget()
    return around if isinstance(around, QScrollArea) else None


def _focus(page: Page) -> None:
    """Where the page has nothing to show, its first control that no arrow key changes has the focus."""
    nothing, around = page.nothing, page.widget  # which itself is in view only once the window is shown
    target = nothing if nothing is not None and nothing.isVisibleTo(around) else page.focus
    if not target.isVisibleTo(around):
        target = next((part for part in _controls(page) if not arrows_change(part)), target)
    target.setFocus()
