"""The status bar: device, model, running job, last result, problems."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from mat_desktop.gui import icons, words
from mat_desktop.gui.bridge import Bridge
from mat_desktop.gui.theme import appearance, current, font
from mat_desktop.gui.widgets.announce import announce
from mat_desktop.gui.widgets.controls import Button, Line, Link, Panel, Text
from mat_desktop.gui.widgets.delegates import elide
from mat_desktop.gui.widgets.fit import KeepTall, grown
from mat_desktop.gui.widgets.painting import round_rect
from mat_desktop.gui.work import Work

WAITING = "Starting the model…"
"""Of the device, before it is known."""

SHARE = 0.4
"""Of the bar that device and model may have: what runs must not move them, nor they what stops it."""


PROGRESS = 160
"""Pixels of how much of the work is done."""

BETWEEN = 80
"""Pixels of margins, and of what parts device, model and work."""


class Progress(QWidget):
    """A thin bar; without a total a part of it wanders with what is done."""

    def __init__(self, wide: int = PROGRESS) -> None:
        """:param wide: 0 takes the room that there is"""
        super().__init__()
        self._share: float | None = 0.0
        self.setFixedHeight(12)
        if wide:
            self.setFixedWidth(wide)
        self.setAccessibleName("Progress")
        appearance.changed.connect(self.update)

    def set(self, share: float | None) -> None:
        """0..1, or None where the total is unknown."""
        self._share = share
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Groove and fill."""
        t = current()
        painter = QPainter(self)
        groove = QRect(0, 4, self.width(), 4)
        round_rect(painter, groove, 2, t.color("border_strong"))
        if self._share:
            wide = max(4, round(self.width() * min(self._share, 1.0)))
            round_rect(painter, QRect(0, 4, wide, 4), 2, t.color("accent"))


class Choice(Link):
    """What was chosen, as icon and words: leads to where it is changed. Cut only where there is no room."""

    def __init__(self, icon: str, tip: str) -> None:
        """:param tip: what a press does"""
        super().__init__(icon=icon)
        self.token = "muted"
        self._about = self._tip = tip
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def width_of(self, text: str) -> int:
        """Pixels that it needs to say something."""
        return self._beside() + QFontMetrics(font(12)).horizontalAdvance(text) + 6

    def say(self, text: str, about: str = "", token: str = "muted") -> None:
        """What it is.

        :param about: more of it, for the tool tip
        """
        self.token = token
        self._about = "\n".join(part for part in (about, self._tip) if part)
        self.setText(text)
        self.setAccessibleDescription(self._tip)
        self.updateGeometry()
        self._tell()

    def _tell(self) -> None:
        cut = self.width() < self.sizeHint().width()
        self.setToolTip(f"{self.text()}\n{self._about}" if cut else self._about)

    def _beside(self) -> int:
        return 4 + grown(16) + 6

    def sizeHint(self) -> QSize:
        """Icon and words."""
        return QSize(self.width_of(self.text()), super().sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """What is cut is said whole in the tool tip."""
        super().resizeEvent(event)
        self._tell()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A ground under the pointer, icon, words, ring."""
        t = current()
        painter = QPainter(self)
        ink = t.color(self.token)
        if self.underMouse():
            round_rect(painter, self.rect(), 4, t.color("hover"))
            ink = t.color("text") if self.token in ("muted", "faint") else ink
        size = grown(16)
        icons.draw(painter, self._icon, 4, (self.height() - size) // 2, size, ink)
        painter.setFont(font(12))
        painter.setPen(ink)
        box = QRect(self._beside(), 0, self.width() - self._beside() - 4, self.height())
        text = QFontMetrics(font(12)).elidedText(self.text(), Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, text)
        if self.hasFocus():
            round_rect(painter, self.rect(), 4, None, t.color("focus"), 2)


def count_text(work: Work) -> str:
    """``1,284 of 12,406 tracks``, or how many so far; nothing before the first of an unknown number.

    A total that is only about right is said so, and is never less than what is done.
    """
    if work.total is None and not work.done:
        return ""
    if work.total is None:
        return words.plural(work.done, work.unit)
    about, total = ("about ", max(work.total, work.done)) if work.about else ("", work.total)
    return f"{words.number(work.done)} of {about}{words.plural(total, work.unit)}"


def speed_text(work: Work) -> str:
    """``61 a second · 3 min left``, as far as it can be told."""
    left = work.seconds_left
    parts = [words.rate(work.rate, "").replace("  ", " ")] if work.rate * 60 >= 1 else []
    if left is not None and work.amount > 0:
        parts.append(words.time_left(left))
    return " · ".join(parts)


def to_show(bridge: Bridge) -> list[Work]:
    """Work that is worth telling of."""
    return [work for work in bridge.jobs if not work.quiet]


TELLING_MS = 1000
"""After the last new problem screen readers are told how many there are."""


class JobBar(Panel):
    """28 px at the bottom of the window. ``activity`` asks for the panel with all of the work."""

    activity = Signal()

    def __init__(self, bridge: Bridge) -> None:
        super().__init__("bg", edges="t")
        self._bridge = bridge
        KeepTall(self, 29, 12, 9)
        layout = self._row = QHBoxLayout(self)
        layout.setContentsMargins(12, 1, 8, 0)
        layout.setSpacing(8)
        self.device = Choice("cpu", "Choose the device in the settings")
        self.device.say(WAITING)
        self.model = Choice("box", "Choose the model on the Models page")
        layout.addWidget(self.device)
        layout.addSpacing(4)
        layout.addWidget(self._tick())
        layout.addSpacing(4)
        layout.addWidget(self.model)
        layout.addSpacing(4)
        layout.addWidget(self._tick())
        layout.addSpacing(8)
        self.job = QWidget()
        inner = self._inner = QHBoxLayout(self.job)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(8)
        self.open = Button(icon="activity", kind="flat", height=24, tip="Activity")
        self.open.clicked.connect(self.activity)
        layout.addWidget(self.open)
        self.pause = Button(icon="pause", kind="flat", height=24, tip="Pause")
        self.pause.clicked.connect(self._pause)
        self.cancel = Button(icon="x", kind="flat", height=24, tip="Cancel")
        self.cancel.clicked.connect(self.cancel_shown)
        self.title = Text(size=12)
        self.count = Text(size=12, token="muted", figures=True)
        self.progress = Progress()
        self.speed = Text(size=12, token="muted", figures=True)
        keep = self.pause.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self.pause.setSizePolicy(keep)
        # Before all that changes its width: they stay under the pointer.
        for widget in (self.pause, self.cancel, self.title, self.count, self.progress, self.speed):
            inner.addWidget(widget)
        layout.addWidget(self.job)
        self._last = self._before = "Ready"
        self.result = Text(self._last, size=12, token="muted", elide=True)
        layout.addWidget(self.result, 1)
        self.problems = Link(icon="triangle-alert")
        self.problems.token = "warning"
        self.problems.hide()
        layout.addWidget(self.problems)
        self.job.hide()
        self._count = 0
        self._telling = QTimer(self)
        self._telling.setSingleShot(True)
        self._telling.setInterval(TELLING_MS)
        self._telling.timeout.connect(self._tell)
        bridge.changed.connect(self.refresh)
        bridge.over.connect(self._over)
        appearance.changed.connect(self._fit)
        self._fit()

    def _fit(self) -> None:
        """Device and model have the same room whatever is said: what stops work stays in its place."""
        wide = self.device.width_of(WAITING)
        self.device.setFixedWidth(wide)
        least = self.model.width_of("") + 48
        self.model.setMaximumWidth(max(least, round(SHARE * self.width()) - wide))
        self._fit_job()

    def _fit_job(self) -> None:
        """What is said of work gives way in a short bar: how fast it is first, then how much, then as a
        picture; the panel with all of the work says it too.
        """
        if self._title:
            self.title.setText(self._title)
        others = (self.device, self.model, self.open, self.pause, self.cancel, self.title, self.problems)
        used = sum(
            part.sizeHint().expandedTo(part.minimumSize()).width() + 8
            for part in others
            if not part.isHidden()
        )
        used += min(0, self.model.maximumWidth() - self.model.sizeHint().width())
        room = self.width() - used - BETWEEN
        if room < 0:
            self.title.setText(elide(self._title, self.title.sizeHint().width() + room, 12))
        for part, said in ((self.progress, self._has_share), (self.count, True), (self.speed, True)):
            room -= part.sizeHint().width() + 8 if part is not self.progress else PROGRESS + 8
            part.setVisible(said and room >= 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The model is cut where the bar is short."""
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        """Where it is shorter, the model has less room."""
        hint = super().minimumSizeHint()
        spare = max(0, self.model.width() - self.model.width_of("") - 48)
        return QSize(hint.width() - spare, hint.height())

    _has_share = False
    _title = ""

    def _tick(self) -> QWidget:
        line = Line(vertical=True, token="border_strong")
        line.setFixedHeight(12)
        return line

    def set_device(self, name: str, token: str = "muted") -> None:
        """The device's name for people."""
        is_cpu = "cpu" in name.casefold() or token != "muted"
        self.device.set_icon("cpu" if is_cpu else "gpu")
        self.device.say(name if is_cpu or name.casefold().startswith("gpu") else f"GPU · {name}", token=token)

    def set_problems(self, count: int) -> None:
        """How many files failed or conflict."""
        self.problems.setText(words.plural(count, "problem"))
        self.problems.setVisible(count > 0)
        if count > self._count:
            self._telling.start()
        self._count = count

    def _tell(self) -> None:
        """Problems may come one after the other; their number is told once."""
        if self._count:
            announce(self, self.problems.text())

    def say(self, text: str) -> None:
        """The last result."""
        self._last = text
        self.result.setText(text)
        announce(self, text)

    def _over(self, work: Work) -> None:
        """What came of work that was shown stays in view, where nothing else was said of it."""
        if work.outcome and not work.quiet and self._last == self._before:
            self._last = work.outcome

    def unsay(self, text: str) -> None:
        """That is no longer so; another result stays."""
        if self._last == text:
            self._last = ""
            self.result.setText("")

    def _running(self) -> Work | None:
        return next((work for work in to_show(self._bridge) if self._bridge.runs(work)), None)

    def _pause(self) -> None:
        work = self._running()
        if work is not None:
            self._bridge.pause(work, not work.paused)

    @property
    def can_cancel(self) -> bool:
        """Whether work is shown that was not asked to stop yet."""
        work = self._running()
        return work is not None and not work.stopping

    def cancel_shown(self) -> None:
        """Ask the work that is shown to stop; what runs or waits beside it goes on."""
        work = self._running()
        if work is not None:
            self._bridge.stop(work)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click on the job, or on the last result, shows all of the work."""
        inside = [widget for widget in (self.job, self.result) if not widget.isHidden()]
        if any(widget.geometry().contains(event.position().toPoint()) for widget in inside):
            self.activity.emit()

    def refresh(self) -> None:
        """Show the work that runs as it is now; where there are several, the one that changes files."""
        job = self._running()
        self.job.setVisible(job is not None)
        self.result.setVisible(True)
        if job is None:
            self.result.setText(self._last)
            return
        if self.result.text():
            self._before = self._last
        self.result.setText("")
        others = len(to_show(self._bridge)) - 1
        title = "Stopping" if job.stopping else job.title
        self._title = f"{title} (+{others})" if others else title
        self.title.setToolTip(self._title)
        self.count.setText(count_text(job))
        self._has_share = job.share is not None
        self.progress.set(job.share)
        self.progress.setAccessibleDescription(self.count.text())
        self.speed.setText("Paused" if job.paused else speed_text(job))
        self.pause.setVisible(job.can_pause)
        self.pause.set_icon("play" if job.paused else "pause")
        self.pause.setToolTip("Go on" if job.paused else "Pause")
        self.pause.setAccessibleName(f"{'Go on with' if job.paused else 'Pause'} {job.title}")
        self.pause.setEnabled(not job.stopping)
        self.cancel.setEnabled(not job.stopping)
        self._fit_job()
        # At once: a layout within another takes two turns, and what is painted between them is cut.
        self._inner.activate()
        self._row.activate()
