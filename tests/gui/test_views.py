from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QRect, Qt
from PySide6.QtGui import QKeyEvent, QPaintEvent, QRegion, QStandardItemModel
from pytestqt.qtbot import QtBot

from mat_desktop.domain.melspec import MelSpec
from mat_desktop.gui.widgets.controls import Button
from mat_desktop.gui.widgets.plots import lower_plot, upper_plot
from mat_desktop.gui.widgets.spectrogram import Spectrogram
from mat_desktop.gui.widgets.views import TableView
from mat_desktop.gui.window import Window


class _Painted(QObject):
    """What is painted anew of a widget."""

    def __init__(self) -> None:
        super().__init__()
        self.region = QRegion()

    def covers(self, rect: QRect) -> bool:
        return self.region.intersected(rect) == QRegion(rect)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QPaintEvent):
            self.region = self.region.united(event.region())
        return False


def test_what_has_the_focus_is_painted_anew_as_a_whole(qtbot: QtBot, library: Window) -> None:
    plot = Spectrogram(MelSpec(), upper_plot(), lower_plot())
    plot.setParent(library)
    plot.resize(300, 200)
    plot.show()
    for part in (plot, library.library.search):
        qtbot.wait(50)  # what is still to be painted
        painted = _Painted()
        plot.viewport().installEventFilter(painted)
        part.setFocus()
        qtbot.waitUntil(partial(painted.covers, plot.viewport().rect()))
        plot.viewport().removeEventFilter(painted)


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
        assert painted.covers(whole)


def test_a_key_that_is_held_presses_a_button_once(qtbot: QtBot) -> None:
    button = Button("Start")
    qtbot.addWidget(button)
    button.show()
    presses: list[str] = []
    button.clicked.connect(lambda: presses.append("press"))
    none = Qt.KeyboardModifier.NoModifier
    for repeats in (False, True, True):
        press = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Return, none, "\r", repeats)
        QCoreApplication.sendEvent(button, press)
    assert len(presses) == 1
