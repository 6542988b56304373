"""The activity panel: what runs, what waits for it, and what became of what ran before."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLayout,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from mat_desktop.gui import words
from mat_desktop.gui.bridge import Bridge
from mat_desktop.gui.focus import in_order
from mat_desktop.gui.theme import wider
from mat_desktop.gui.widgets.controls import Button, Icon, Line, Panel, Text
from mat_desktop.gui.widgets.fit import KeepWide
from mat_desktop.gui.widgets.job_bar import Progress, count_text, speed_text, to_show
from mat_desktop.gui.widgets.nesting import nest
from mat_desktop.gui.work import Work

WIDE, HIGH = 360, 400
LISTED = 20
"""Failures of one piece of work that are listed; the page of problems has them all."""


class WorkCard(QWidget):
    """Work that runs or waits."""

    def __init__(self, bridge: Bridge, work: Work) -> None:
        super().__init__()
        self.work = work
        self._bridge = bridge
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 8, 8, 10)
        layout.setSpacing(4)
        head = QHBoxLayout()
        head.setSpacing(4)
        self.title = Text(weight=500)
        self.count = Text(size=12, token="muted", figures=True)
        self.pause = Button(icon="pause", kind="flat", height=24, tip="Pause")
        self.pause.clicked.connect(lambda: bridge.pause(work, not work.paused))
        self.cancel = Button(icon="x", kind="flat", height=24, tip="Cancel")
        self.cancel.setAccessibleName(f"Cancel {work.title}")
        self.cancel.clicked.connect(lambda: bridge.stop(work))
        head.addWidget(self.title)
        head.addStretch(1)
        for widget in (self.count, self.pause, self.cancel):
            head.addWidget(widget)
        nest(layout, head)
        self.progress = Progress(wide=0)
        self.speed = Text(size=12, token="muted", figures=True)
        self.detail = Text(size=12, token="muted", elide=True, figures=True)
        layout.addWidget(self.progress)
        layout.addWidget(self.speed)
        layout.addWidget(self.detail)
        self.refresh()

    def refresh(self) -> None:
        """As it is now."""
        work = self.work
        runs = self._bridge.runs(work)
        self.title.setText("Stopping" if work.stopping else work.title if runs else f"{work.title}, waits")
        self.count.setText(count_text(work))
        self.progress.setVisible(runs and work.share is not None)
        self.progress.set(work.share)
        self.progress.setAccessibleDescription(self.count.text())
        speed = "Paused" if work.paused else speed_text(work)
        self.speed.setText(speed)
        self.speed.setVisible(runs and bool(speed))
        part = work.part
        detail = f"{part[0]}, {part[1]:.0%}" if part is not None else work.detail
        self.detail.setText(detail)
        self.detail.setVisible(runs and bool(detail))
        self.pause.setVisible(runs and work.can_pause)
        self.pause.set_icon("play" if work.paused else "pause")
        verb = "Go on with" if work.paused else "Pause"
        self.pause.setToolTip(verb.removesuffix(" with"))
        self.pause.setAccessibleName(f"{verb} {work.title}")
        self.pause.setEnabled(not work.stopping)
        self.cancel.setEnabled(not work.stopping)


def _sign(work: Work) -> tuple[str, int, str]:
    """An icon's name, size and colour: only what got through without a fault has gone well."""
    if work.failures:
        return "triangle-alert", 16, "warning"
    if work.stopping:
        return "square", 16, "muted"
    return ("triangle-alert", 16, "warning") if work.retry is not None else ("circle-check", 16, "positive")


class PastCard(QWidget):
    """Work that is over: what was done, when, and what failed."""

    retried = Signal(object)

    def __init__(self, work: Work) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 8, 12, 10)
        layout.setSpacing(3)
        head = QHBoxLayout()
        head.setSpacing(8)
        self.icon = Icon(*_sign(work))
        head.addWidget(self.icon, 0, Qt.AlignmentFlag.AlignTop)
        self.outcome = Text(words.breakable(work.outcome or work.title))
        self.outcome.setWordWrap(True)
        self.outcome.setAccessibleName(work.outcome or work.title)
        head.addWidget(self.outcome, 1)
        when = datetime.fromtimestamp(work.ended or 0).astimezone().strftime("%H:%M")
        head.addWidget(Text(when, size=12, token="muted", figures=True), 0, Qt.AlignmentFlag.AlignTop)
        nest(layout, head)
        for failure in work.failures[:LISTED]:
            line = Text(words.breakable(f"{failure.name}: {failure.reason}"), size=12, token="muted")
            line.setWordWrap(True)
            line.setContentsMargins(24, 0, 0, 0)
            layout.addWidget(line)
        foot = QHBoxLayout()
        foot.setContentsMargins(24, 0, 0, 0)
        more = len(work.failures) - LISTED
        if more > 0:
            foot.addWidget(Text(f"and {words.number(more)} more", size=12, token="muted"))
        foot.addStretch(1)
        self.retry: Button | None = None
        if work.retry is not None:
            self.retry = Button("Retry", "rotate-ccw", height=28)
            self.retry.setAccessibleName(f"Retry what failed: {work.outcome or work.title}")
            self.retry.clicked.connect(lambda: self.retried.emit(work))
            foot.addWidget(self.retry)
        if foot.count() > 1:
            nest(layout, foot)


class ActivityPanel(Panel):
    """Stands over the status bar; Escape closes it, and the focus goes back to where it was."""

    def __init__(self, bridge: Bridge, parent: QWidget, anchor: QWidget) -> None:
        """:param anchor: it opens upward from there"""
        super().__init__("raised", radius=8)
        self.setParent(parent)
        self.setAccessibleName("Activity")
        self._bridge, self._over, self._anchor = bridge, parent, anchor
        self._shown: tuple[list[Work], list[Work]] = ([], [])
        self._came_from: QWidget | None = None
        self.cards: list[WorkCard] = []
        self.past: list[PastCard] = []
        KeepWide(self, WIDE)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 6)
        layout.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(16, 6, 8, 4)
        head.addWidget(Text("Activity", weight=600))
        head.addStretch(1)
        self.clear = Button("Clear", kind="flat", height=24)
        self.clear.setToolTip("Forget what is over")
        self.clear.clicked.connect(bridge.forget_past)
        head.addWidget(self.clear)
        self.close_button = Button(icon="x", kind="flat", height=24, tip="Close (Esc)")
        self.close_button.clicked.connect(self.dismiss)
        head.addWidget(self.close_button)
        nest(layout, head)
        self._area = QScrollArea()
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.viewport().setAutoFillBackground(False)
        layout.addWidget(self._area, 1)
        self.hide()
        # Before what it lies over, wherever the focus is; counts only while it is shown.
        escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self)
        escape.setAutoRepeat(False)
        escape.activated.connect(self.dismiss)
        bridge.changed.connect(self.refresh)
        parent.installEventFilter(self)

    def toggle(self) -> None:
        """Open or close it."""
        if self.isVisible():
            self.dismiss()
            return
        self._came_from = QApplication.focusWidget()
        self.show()
        self.raise_()
        self._rebuild()
        # Space, which plays elsewhere, must not stop what runs.
        self.close_button.setFocus()

    def dismiss(self) -> None:
        """Close it."""
        if self.isHidden():
            return
        focus, back = QApplication.focusWidget(), self._came_from
        if focus is not None and self.isAncestorOf(focus) and back is not None and isValid(back):
            back.setFocus()
        self.hide()

    def escape(self) -> bool:
        """Close it, wherever the focus is; says whether it was open."""
        shown = self.isVisible()
        if shown:
            self.dismiss()
        return shown

    def refresh(self) -> None:
        """Show what changed."""
        if not self.isVisible():
            return
        if (to_show(self._bridge), list(self._bridge.past)) != self._shown:
            self._rebuild()
            return
        focus = QApplication.focusWidget()
        for card in self.cards:
            if card.work.stopping and focus in (card.pause, card.cancel):
                self.close_button.setFocus()  # Qt would give it to the next one, which may be another's
            before = card.sizeHint().height()
            card.refresh()
            if card.sizeHint().height() != before:
                self._place()

    def _rebuild(self) -> None:
        bridge = self._bridge
        focus = QApplication.focusWidget()
        had = focus is not None and self.isAncestorOf(focus)
        work = next((card.work for card in self.cards if focus in (card.pause, card.cancel)), None)
        pauses = any(focus is card.pause for card in self.cards)
        self._shown = (to_show(bridge), list(bridge.past))
        box = QWidget()
        box.setAutoFillBackground(False)
        layout = QVBoxLayout(box)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.setSizeConstraint(QLayout.SizeConstraint.SetMinimumSize)
        self.cards = [WorkCard(bridge, work) for work in self._shown[0]]
        self.past = [PastCard(work) for work in bridge.past]
        for card in (*self.cards, *self.past):
            layout.addWidget(Line())
            card.setSizePolicy(
                QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum
            )  # as high as its lines
            layout.addWidget(card)
        for past in self.past:
            past.retried.connect(self._retry)
        if not any(self._shown):
            layout.addWidget(Line())
            nothing = Text("Nothing is being done.", token="muted")
            nothing.setContentsMargins(16, 10, 16, 10)
            layout.addWidget(nothing)
        layout.addStretch(1)
        self._area.setWidget(box)
        buttons = [button for card in self.cards for button in (card.pause, card.cancel)]
        buttons += [card.retry for card in self.past if card.retry is not None]
        in_order([self.clear, self.close_button, *buttons])
        self.clear.setEnabled(bool(bridge.past))
        self._place()
        if had and (focus is not self.clear or not self.clear.isEnabled()):
            # The same button of the same work: another's would be pressed by the next Space.
            same = next((card for card in self.cards if card.work is work), None)
            place = self.close_button if same is None else same.pause if pauses else same.cancel
            (place if place.isEnabled() and not place.isHidden() else self.close_button).setFocus()

    def _retry(self, work: Work) -> None:
        retry, work.retry = work.retry, None
        self._bridge.past.remove(work)
        if retry is not None:
            retry()
        self._bridge.changed.emit()

    def _place(self) -> None:
        box = self._area.widget()
        if box is None:
            return
        box.ensurePolished()
        wide = self.width()
        layout = box.layout()
        assert layout is not None
        high = min(wider(HIGH), 42 + max(box.minimumSizeHint().height(), layout.heightForWidth(wide - 2)))
        corner = self._anchor.mapTo(self._over, QPoint(0, 0))
        left = max(8, min(corner.x(), self._over.width() - wide - 8))
        bar = corner.y()
        self.setGeometry(left, max(8, bar - 8 - high), wide, min(high, max(80, bar - 16)))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The window has another size."""
        if event.type() is QEvent.Type.Resize and self.isVisible():
            self._place()
        return False
