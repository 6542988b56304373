"""What the window asks when it is closed in the middle of work."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget
from shiboken6 import isValid

from mat_desktop.gui.theme import current
from mat_desktop.gui.widgets.announce import announce
from mat_desktop.gui.widgets.controls import Button, Icon, Text
from mat_desktop.gui.widgets.job_bar import count_text
from mat_desktop.gui.widgets.nesting import nest
from mat_desktop.gui.work import Work


class LeaveBar(QFrame):
    """Over the page: what is not finished, and three ways on; or that it has ended. Escape stays."""

    quit_now = Signal()
    quit_later = Signal()
    stay = Signal()

    def __init__(self) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 12, 16, 12)
        layout.setSpacing(6)
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(Icon("triangle-alert", 16, "warning"))
        self.title = Text("Work is not finished", weight=600)
        head.addWidget(self.title, 1)
        nest(layout, head)
        self.text = Text()
        self.text.setWordWrap(True)
        self.text.setContentsMargins(26, 0, 0, 0)
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        layout.addWidget(self.text)
        row = QHBoxLayout()
        row.setContentsMargins(22, 4, 0, 0)
        row.setSpacing(8)
        self.now = Button("Quit now", kind="primary")
        self.later = Button("Quit when done")
        self.keep = Button("Keep working", key="Esc")
        for button, signal in (
            (self.now, self.quit_now),
            (self.later, self.quit_later),
            (self.keep, self.stay),
        ):
            button.clicked.connect(signal)
            row.addWidget(button)
        row.addStretch(1)
        nest(layout, row)
        self._ended = False
        self._came_from: QWidget | None = None
        self.hide()

    def ask(self, works: list[Work]) -> None:
        """Show what is not finished."""
        focus = QApplication.focusWidget()
        if focus is not None and not self.isAncestorOf(focus):
            self._came_from = focus
        self.now.show()
        self._ask(works)
        self.show()
        self.now.setFocus()
        announce(self, f"{self.title.text()}. {self.text.text()}")

    def dismiss(self) -> None:
        """Take it away; the focus goes back to where it was when it was asked."""
        focus, back = QApplication.focusWidget(), self._came_from
        self._came_from = None
        if focus is not None and self.isAncestorOf(focus) and back is not None and isValid(back):
            back.setFocus()
        self.hide()

    def _ask(self, works: list[Work]) -> None:
        for button in (self.later, self.keep):
            button.show()
        self.title.setText("Work is not finished")
        self.now.setText("Quit now")
        self.keep.setText("Keep working")
        self._ended = False
        self.show_work(works)

    def show_end(self, outcomes: list[str]) -> None:
        """Nothing is unfinished any more, while the question stands."""
        if self._ended:
            return
        self._ended = True
        self.title.setText("The work has ended")
        self.text.setText("\n".join(outcomes))
        self.now.setText("Quit")
        self.keep.setText("Stay")
        self.later.hide()
        for button in (self.now, self.keep):
            button.updateGeometry()
        announce(self, f"{self.title.text()}. {self.text.text()}")

    def show_work(self, works: list[Work]) -> None:
        """How far it is now; other work may have begun since the last has ended."""
        if self._ended:
            self._ask(works)
            return
        lines = []
        for work in works:
            count = count_text(work)
            lines.append(f"{work.title}{': ' if count else ''}{count}. {work.leave}")
        self.text.setText("\n".join(lines))

    def wait(self, *, done: bool) -> None:
        """The window closes by itself.

        :param done: once everything is done; otherwise as soon as the files under way are
        """
        self.title.setText("Quits when everything is done" if done else "Finishing the files under way")
        focus = QApplication.focusWidget()
        inside = focus is not None and self.isAncestorOf(focus)
        self.now.setVisible(done)
        self.keep.setVisible(done)
        if inside and done:
            self.keep.setFocus()  # Qt would give it to "Quit now", or to a control of the page
        self.later.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape keeps working."""
        if event.key() == Qt.Key.Key_Escape and self.keep.isVisible():
            self.stay.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The fill of warnings."""
        t = current()
        painter = QPainter(self)
        painter.fillRect(self.rect(), t.color("warning_fill"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, t.color("border"))
