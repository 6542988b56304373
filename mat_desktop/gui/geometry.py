"""Where a window stands: never larger than the screen has room for, its frame included."""

from __future__ import annotations

from PySide6.QtCore import QMargins, QPoint, QRect, QSettings, QSize, QTimer
from PySide6.QtGui import QScreen
from PySide6.QtWidgets import QWidget

WISHED = QSize(1440, 900)
LEAST = QSize(640, 340)
"""A screen of 1280 by 720 at a scale of two, less a title bar."""
FRAME = QMargins(2, 38, 2, 2)
"""Guess of a window manager's frame, until the window is shown and it can be asked."""

FRAME_KNOWN = 250
"""Milliseconds after which the window manager has told its frame."""


def inside(wished: QRect, area: QRect, frame: QMargins) -> QRect:
    """The client area nearest to a wish that lies inside an area together with its frame."""
    room = area.marginsRemoved(frame)
    size = wished.size().boundedTo(room.size())
    left = min(max(wished.left(), room.left()), room.left() + room.width() - size.width())
    top = min(max(wished.top(), room.top()), room.top() + room.height() - size.height())
    return QRect(QPoint(left, top), size)


class Placement:
    """Puts a window where it was, or in the middle; corrects it once its true frame is known."""

    def __init__(self, window: QWidget, settings: QSettings) -> None:
        self._window, self._settings = window, settings
        self._wish = QRect()
        self._size = QSize()

    def restore(self) -> None:
        """Before the window is shown."""
        window = self._window
        area = window.screen().availableGeometry()
        window.setMinimumSize(LEAST.boundedTo(area.marginsRemoved(FRAME).size()))
        window.resize(WISHED)
        kept = self._settings.value("window/geometry")
        if kept is None or not window.restoreGeometry(kept):
            wished = QRect(QPoint(0, 0), WISHED)
            wished.moveCenter(area.center())
            self._put(wished, area, FRAME)
        elif not window.isMaximized() and not window.isFullScreen():
            self._put(window.geometry(), self._screen().availableGeometry(), FRAME)

    def shown(self) -> None:
        """When the window appears."""
        QTimer.singleShot(FRAME_KNOWN, self._window, self._correct)

    def save(self) -> None:
        """Before the window closes."""
        self._settings.setValue("window/geometry", self._window.saveGeometry())

    def _put(self, wish: QRect, area: QRect, frame: QMargins) -> None:
        self._wish = wish
        rect = inside(wish, area, frame)
        self._size = rect.size()
        if rect != self._window.geometry():
            self._window.setGeometry(rect)

    def _screen(self) -> QScreen:
        window = self._window
        return window.screen().virtualSiblingAt(window.geometry().center()) or window.screen()

    def _correct(self) -> None:
        window = self._window
        handle = window.windowHandle()
        if handle is None or window.size() != self._size:
            return  # somebody gave it another size since
        self._put(self._wish, self._screen().availableGeometry(), handle.frameMargins())
