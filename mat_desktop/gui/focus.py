"""Where the focus goes when what had it goes out of view, cannot be used any more, or is removed.

Qt hands it to whatever Tab would reach next: a slider took arrow keys that were meant for the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QApplication, QComboBox, QWidget

MOST = 100
"""Controls that are passed at most on the way to one that arrow keys do not change."""


def in_order(parts: Iterable[QWidget]) -> None:
    """Tab goes from each to the next, whenever they were made: what comes later is else behind all others."""
    for before, after in pairwise(parts):
        QWidget.setTabOrder(before, after)


def arrows_change(part: QWidget | None) -> bool:
    """Whether arrow keys change a value there."""
    if isinstance(part, QAbstractButton):
        return part.autoExclusive()
    return isinstance(part, QAbstractSlider | QComboBox)


class Focus(QObject):
    """Of one window. Only Tab, or a click, brings the focus to what arrow keys change."""

    def __init__(self, window: QWidget, homes: Sequence[QWidget]) -> None:
        """:param homes: the one that is in view gets the focus"""
        super().__init__(window)
        self._window, self._homes = window, homes
        self._looking = QTimer(self)
        self._looking.setSingleShot(True)
        self._looking.setInterval(0)
        self._looking.timeout.connect(self._look)

    def move(self, by_tab: Callable[[], bool]) -> bool:
        """Qt wants it at the next control: because Tab was pressed, or because what had it is gone.

        :param by_tab: moves it on as Tab does, and says whether it moved
        """
        here = QApplication.focusWidget()
        if here is None or (here.isVisible() and here.isEnabled()):
            return by_tab()
        if self._go_home():
            return True
        moved = by_tab()
        for _ in range(MOST):
            if not moved or not arrows_change(QApplication.focusWidget()):
                break
            moved = by_tab()
        return moved

    def moved(self, now: QWidget | None) -> None:
        """Another has it, or none: what had it was deleted, or stood in what cannot be used any more."""
        if now is None:
            self._looking.start()

    def _look(self) -> None:
        if self._window.isActiveWindow() and QApplication.focusWidget() is None:
            self._go_home()

    def _go_home(self) -> bool:
        for home in self._homes:
            if home.isVisible():
                home.setFocus()
                return True
        return False
