from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect
from PySide6.QtGui import QPaintEvent, QRegion, QStandardItemModel
from pytestqt.qtbot import QtBot

from mat_desktop.gui.widgets.views import TableView


class _Painted(QObject):
    """What is painted anew of a widget."""

    def __init__(self) -> None:
        super().__init__()
        self.region = QRegion()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QPaintEvent):
            self.region = self.region.united(event.region())
        return False


def test_the_ring_moves_as_a_whole(qtbot: QtBot) -> None:
    table = TableView()
    qtbot.addWidget(table)
    model = QStandardItemModel(6, 4)
    table.setModel(model)
    table.resize(420, 300)
    table.show()
    qtbot.waitExposed(table)
    table.setCurrentIndex(model.index(1, 2))
    qtbot.wait(50)  # what showing it asks for

    painted = _Painted()
    table.viewport().installEventFilter(painted)
    table.setCurrentIndex(model.index(3, 2))
    qtbot.waitUntil(lambda: not painted.region.isEmpty())
    for row in (1, 3):
        whole = QRect(0, table.rowViewportPosition(row), table.viewport().width(), table.rowHeight(row))
        assert painted.region.intersected(whole) == QRegion(whole)
