"""How a row of controls, and a pile of parts of which one is in view, ask for no more room than they need.

A page gives way where its window is small: what is needed least goes first, nothing is scrolled sideways.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QWidget

from mat_desktop.gui.widgets.controls import Button, Panel


class Row(Panel):
    """Controls beside each other in ``row``. Where it is short, some buttons show their sign alone."""

    def __init__(self, edges: str = "") -> None:
        super().__init__("surface", edges=edges)
        self.row = QHBoxLayout(self)
        self._spare: tuple[Button, ...] = ()

    def give_way(self, *buttons: Button) -> None:
        """Buttons with icons whose words go where there is no room for them, the first of them first."""
        self._spare = buttons
        self._fit()

    def minimumSizeHint(self) -> QSize:
        """Without those words."""
        hint = super().minimumSizeHint()
        spare = sum(button.sizeHint().width() - button.width_as(short=True) for button in self._seen())
        return QSize(hint.width() - spare, hint.height())

    def event(self, event: QEvent) -> bool:
        """What is in it says something else."""
        done = super().event(event)
        if event.type() is QEvent.Type.LayoutRequest:
            self._fit()
        return done

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width."""
        super().resizeEvent(event)
        self._fit()

    def _seen(self) -> list[Button]:
        return [button for button in self._spare if not button.isHidden()]

    def _fit(self) -> None:
        spare = self._seen()
        needed = self.row.minimumSize().width()
        needed += sum(button.width_as(short=False) - button.sizeHint().width() for button in spare)
        for button in spare:
            short = needed > self.width()
            if short:
                needed -= button.width_as(short=False) - button.width_as(short=True)
            button.set_short(short)


class Stack(QStackedWidget):
    """Parts of which one is in view, whose room is the only one that counts."""

    def __init__(self) -> None:
        super().__init__()
        self.currentChanged.connect(lambda _: self._tell())

    def minimumSizeHint(self) -> QSize:
        """What the part in view needs."""
        part = self.currentWidget()
        return QSize() if part is None else part.minimumSizeHint().expandedTo(part.minimumSize())

    def event(self, event: QEvent) -> bool:
        """It needs more room than before, or less."""
        done = super().event(event)
        if event.type() is QEvent.Type.LayoutRequest:
            self._tell()
        return done

    def _tell(self) -> None:
        self.updateGeometry()
        tell_splitter(self)


def tell_splitter(part: QWidget) -> None:
    """A splitter does not hand on that what is in it needs another size."""
    around = part.parentWidget()
    if isinstance(around, QSplitter):
        around.updateGeometry()
