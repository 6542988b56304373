"""Looks at every control of a window as people meet it who work by keyboard or with a screen reader."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPoint, QRect, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QApplication,
    QButtonGroup,
    QComboBox,
    QHeaderView,
    QLineEdit,
    QScrollArea,
    QScrollBar,
    QTableView,
    QWidget,
)
from shiboken6 import isValid

T = TypeVar("T", bound=QWidget)

SMALLEST = 24
"""Pixels of a target, as in WCAG 2.2."""

CONTROLS = (QAbstractButton, QAbstractItemView, QAbstractSlider, QComboBox, QLineEdit)

ELSEWHERE = {
    "JobBar": "a click opens what its button Activity opens",
    "QueueStrip": "J and K go to its tracks",
}
"""What is for the mouse only, as something else does the same."""

BY_MOUSE = ("mousePressEvent", "mouseReleaseEvent", "mouseDoubleClickEvent")


def name(widget: QWidget) -> str:
    """What a screen reader calls it. On Linux a combo's name is its chosen entry: there its label says it."""
    seen = QAccessible.queryAccessibleInterface(widget)
    if isinstance(widget, QComboBox):
        labels = [label for label, _ in seen.relations(QAccessible.RelationFlag.Label)]
        return " ".join(label.text(QAccessible.Text.Name) for label in labels).strip()
    return seen.text(QAccessible.Text.Name).strip()


def role(widget: QWidget) -> QAccessible.Role:
    """As what a screen reader introduces it."""
    return QAccessible.queryAccessibleInterface(widget).role()


def describe(widget: QWidget) -> str:
    """Where a control is, for the message of a test."""
    chain, up = [], widget
    while up is not None and not up.isWindow() and len(chain) < 4:
        chain.append(type(up).__name__ + (f"#{up.objectName()}" if up.objectName() else ""))
        up = up.parentWidget()
    size = f"{widget.width()}x{widget.height()}"
    return f"{' < '.join(chain)} ({name(widget) or widget.toolTip() or 'no name'}, {size})"


def acts(widget: QWidget) -> bool:
    """Whether something can be done with it by mouse."""
    if isinstance(widget, (QScrollBar, QHeaderView)) or type(widget).__name__ in ELSEWHERE:
        return False  # the keys of what they belong to do the same
    if isinstance(widget, CONTROLS):
        return True
    ours = [kind for kind in type(widget).__mro__ if kind.__module__.startswith("mat_desktop")]
    return any(method in vars(kind) for kind in ours for method in BY_MOUSE)


def in_sight(widget: QWidget) -> bool:
    """Whether it can be seen, after scrolling if need be."""
    return widget.isVisible() and widget.width() > 0 and widget.height() > 0


def takes_focus(widget: QWidget) -> bool:
    """Whether Tab stops there."""
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.focusProxy() is None


def controls(root: QWidget) -> Iterator[QWidget]:
    """What can be used under a widget now; parts of a compound control count as the control."""
    for widget in root.findChildren(QWidget):
        if not in_sight(widget) or not widget.isEnabled() or widget.window() is not root.window():
            continue
        if isinstance(widget, (QScrollBar, QHeaderView)):
            continue
        if isinstance(widget.parentWidget(), (QComboBox, QLineEdit)):
            continue
        if acts(widget) or takes_focus(widget):
            yield widget


def group_of(widget: QWidget) -> QButtonGroup | None:
    """The group of buttons of which one is chosen; Tab goes to that one only."""
    group = widget.group() if isinstance(widget, QAbstractButton) else None
    return group if group is not None and group.exclusive() else None


def by_arrows(group: QButtonGroup) -> set[QWidget]:
    """Which of its buttons the arrow keys reach from the chosen one, which is chosen again."""
    chosen = group.checkedButton()
    chosen.setFocus()
    reached: set[QWidget] = set()
    around = (Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Left)
    for key in around * len(group.buttons()):
        at = chosen.window().focusWidget()
        if at is None:
            break
        reached.add(at)
        QTest.keyClick(at, key)
    chosen.click()
    return reached


def tab_round(window: QWidget, key: Qt.Key = Qt.Key.Key_Tab) -> list[QWidget]:
    """Every widget that Tab reaches from where the focus is, until it is there again."""
    start = window.focusWidget()
    reached: list[QWidget] = []
    for _ in range(400):
        at = window.focusWidget()
        if at is None:
            break
        QTest.keyClick(at, key)
        now = window.focusWidget()
        if now is at:
            reached.append(now)
            raise AssertionError(f"Tab is caught in {describe(now)}")
        assert now is not None
        if now is start:
            return [*reached, now]
        if now in reached:
            raise AssertionError(f"Tab goes around without {describe(start) if start else 'a start'}")
        reached.append(now)
    raise AssertionError("Tab never comes around")


def cells(view: QAbstractItemView) -> Iterator[QModelIndex]:
    """The cells in sight."""
    model, port = view.model(), view.viewport().rect()
    if model is None:
        return
    for row in range(model.rowCount(view.rootIndex())):
        columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount(view.rootIndex())
        for column in range(columns):
            index = model.index(row, column, view.rootIndex())
            if isinstance(view, QTableView) and (view.isColumnHidden(column) or view.isRowHidden(row)):
                continue
            if view.visualRect(index).intersects(port):
                yield index


def faults(root: QWidget) -> list[str]:
    """What is wrong with the controls under a widget, but for the order of Tab."""
    found: list[str] = []
    for widget in controls(root):
        who = describe(widget)
        if not name(widget):
            found.append(f"no name: {who}")
        if group_of(widget) is not None and role(widget) is not QAccessible.Role.RadioButton:
            found.append(f"one of several is called {role(widget).name}: {who}")
        if not takes_focus(widget) and group_of(widget) is None:
            found.append(f"not by keyboard: {who}")
        if min(widget.width(), widget.height()) < SMALLEST:
            found.append(f"too small: {who}")
        if isinstance(widget, QAbstractItemView):
            found += cell_faults(widget)
    return found


def cell_faults(view: QAbstractItemView) -> list[str]:
    """Cells that say nothing to a screen reader, or are too low to be hit."""
    found: dict[str, None] = {}
    for index in cells(view):
        spoken = index.data(Qt.ItemDataRole.AccessibleTextRole) or index.data()
        where = f"{describe(view)}, column {index.column()}"
        enabled = bool(index.flags() & Qt.ItemFlag.ItemIsEnabled)
        if enabled and not str(spoken or "").strip():
            found[f"silent cell: {where}"] = None
        high = view.visualRect(index).height()
        if enabled and index.flags() & Qt.ItemFlag.ItemIsSelectable and high < SMALLEST:
            found[f"low row of {high}: {where}"] = None
    return list(found)


def parents(widget: QWidget, kind: type[T]) -> Iterator[T]:
    """Those of a kind around a widget."""
    up = widget.parentWidget()
    while up is not None:
        if isinstance(up, kind):
            yield up
        up = up.parentWidget()


def looks_focused(widget: QWidget) -> bool:
    """Whether it is drawn otherwise with the focus than without."""
    if not isValid(widget) or not widget.isEnabled() or not in_sight(widget):
        return True  # it went meanwhile
    top = widget.window()
    for area in parents(widget, QScrollArea):
        area.ensureWidgetVisible(widget)  # as Tab does
    at = top.childAt(widget.mapTo(top, widget.rect().center()))
    if at is None or not (at is widget or widget.isAncestorOf(at)):
        return True  # something lies over it that the user has opened
    place = QRect(widget.mapTo(top, QPoint(0, 0)), widget.size()).adjusted(-4, -4, 4, 4)
    widget.setFocus(Qt.FocusReason.TabFocusReason)
    QApplication.processEvents()
    with_focus = top.grab(place).toImage()
    widget.clearFocus()  # until the next turn of the event loop, in which it falls to the table
    return bool(top.grab(place).toImage() != with_focus)
