"""The head of a table of changes: over the boxes of the files one for all of them."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter
from PySide6.QtWidgets import QHeaderView, QWidget

from mat_desktop.gui import icons
from mat_desktop.gui.models.plan import PlanModel
from mat_desktop.gui.theme import current
from mat_desktop.gui.widgets.fit import grown
from mat_desktop.gui.widgets.painting import round_rect

LEFT = 24
TIGHT = 16
"""Pixels by which what is at the left moves there in a narrow table."""


def box_size() -> int:
    """Pixels of a check box."""
    return grown(16)


def draw_check(painter: QPainter, x: int, rect: QRect, on: bool | None) -> None:
    """A check box in the middle of a row; None: only some of what it stands for is checked."""
    t, size = current(), box_size()
    box = QRect(x, rect.y() + (rect.height() - size) // 2, size, size)
    if on is False:
        round_rect(painter, box, 3, None, t.color("control"))
        return
    round_rect(painter, box, 3, t.color("accent"))
    if on:
        icons.draw(painter, "check", box.x() + 2, box.y() + 2, size - 4, t.color("on_accent"))
    else:
        painter.fillRect(box.adjusted(4, size // 2 - 1, -4, 1 - size // 2), t.color("on_accent"))


class BoxHeader(QHeaderView):
    """``pressed_all`` says that the box was clicked."""

    pressed_all = Signal()

    def __init__(self, plan: PlanModel, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._plan = plan
        self.tight = False
        self.setToolTip("All or none (Ctrl+A)")
        plan.picked.connect(self.viewport().update)

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        """A box that is on, off, or has a line where only some of it is checked."""
        if section:
            super().paintSection(painter, rect, section)
            return
        painter.save()
        room = box_size() + 16
        super().paintSection(painter, rect.adjusted(room, 0, 0, 0), section)
        painter.restore()
        painter.fillRect(rect.x(), rect.bottom(), room, 1, current().color("border"))
        plan = self._plan
        if not plan.picked_files and not plan.left_out:
            return
        painter.save()
        left = LEFT - (TIGHT if self.tight else 0)
        some = plan.picked_files > 0 and (plan.left_out > 0 or plan.partly > 0)
        draw_check(painter, rect.x() + left, rect, None if some else plan.picked_files > 0)
        painter.restore()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The box."""
        super().mouseReleaseEvent(event)
        at = event.position().toPoint()
        inside = self.viewport().rect().contains(at) and at.x() < LEFT + box_size() + 8
        if inside and event.button() is Qt.MouseButton.LeftButton:
            self.pressed_all.emit()
