"""The parts at the sides of the library, where the window has no room for them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from mat_desktop.gui.actions import Actions
from mat_desktop.gui.theme import appearance, wider

LEAST = {"sidebar": 1002, "pane": 842}
"""Pixels that all parts together need at least, from this one on, by the action that shows and hides it."""


class Sides(QObject):
    """Hides them when the window gets too narrow, and shows them when it is wide again.

    One that the user shows in a narrow window stays: the page is scrolled then.
    """

    def __init__(self, view: QWidget, actions: Actions) -> None:
        """:param view: what the page is seen through"""
        super().__init__(view)
        self._actions = actions
        self._hidden: set[str] = set()
        self._before = max(LEAST.values())
        for name in LEAST:
            actions[name].triggered.connect(lambda _=False, name=name: self._hidden.discard(name))
        self._wide = self._before
        appearance.changed.connect(self._refit)
        view.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The window has another size."""
        if isinstance(event, QResizeEvent):
            self._fit(event.size().width())
        return False

    def _refit(self) -> None:
        self._fit(self._wide)

    def _fit(self, wide: int) -> None:
        """Larger letters need more room, though not all of it is words."""
        self._wide = wide
        wide = round(wide * 200 / (60 + 1.4 * wider(100)))
        for name, least in LEAST.items():
            action = self._actions[name]
            if wide < least <= self._before and action.isChecked():
                self._hidden.add(name)
                action.setChecked(False)
            elif wide >= least and name in self._hidden:
                self._hidden.discard(name)
                action.setChecked(True)
        self._before = wide
