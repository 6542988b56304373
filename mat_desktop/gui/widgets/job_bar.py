"""The status bar: device, model, running job, last result, problems."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from mat_desktop.gui import words
from mat_desktop.gui.bridge import Bridge
from mat_desktop.gui.theme import appearance, current
from mat_desktop.gui.widgets.controls import Button, Icon, Line, Link, Panel, Text, round_rect


class Progress(QWidget):
    """A thin bar; without a total a part of it wanders with what is done."""

    def __init__(self) -> None:
        super().__init__()
        self._share: float | None = 0.0
        self.setFixedSize(QSize(160, 12))
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


class JobBar(Panel):
    """28 px at the bottom of the window."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__("bg", edges="t")
        self._bridge = bridge
        self.setFixedHeight(29)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 1, 8, 0)
        layout.setSpacing(8)
        self._device_icon = Icon("cpu", 16, "muted")
        self.device = Text("Starting the model", size=12, token="muted")
        self.model = Text(size=12, token="muted")
        layout.addWidget(self._device_icon)
        layout.addWidget(self.device)
        layout.addSpacing(8)
        layout.addWidget(self._tick())
        layout.addSpacing(8)
        layout.addWidget(Icon("box", 16, "muted"))
        layout.addWidget(self.model)
        layout.addSpacing(8)
        layout.addWidget(self._tick())
        layout.addSpacing(8)
        self.job = QWidget()
        inner = QHBoxLayout(self.job)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(8)
        self.title = Text(size=12)
        self.count = Text(size=12, token="muted", figures=True)
        self.progress = Progress()
        self.speed = Text(size=12, token="muted", figures=True)
        self.cancel = Button(icon="x", kind="flat", height=24, tip="Cancel")
        self.cancel.clicked.connect(bridge.cancel)
        for widget in (self.title, self.count, self.progress, self.speed, self.cancel):
            inner.addWidget(widget)
        layout.addWidget(self.job)
        self.result = Text("Ready", size=12, token="muted")
        self.result.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        layout.addWidget(self.result, 1)
        self.problems = Link(icon="triangle-alert")
        self.problems.token = "warning"
        self.problems.hide()
        layout.addWidget(self.problems)
        self.job.hide()
        bridge.changed.connect(self.refresh)

    def _tick(self) -> QWidget:
        line = Line(vertical=True, token="border_strong")
        line.setFixedHeight(12)
        return line

    def set_device(self, name: str, token: str = "muted") -> None:
        """The device's name for people."""
        is_cpu = "cpu" in name.casefold() or token != "muted"
        self._device_icon.set("cpu" if is_cpu else "gpu", token)
        self.device.setText(name if is_cpu or name.casefold().startswith("gpu") else f"GPU · {name}")
        self.device.set_token(token)

    def set_problems(self, count: int) -> None:
        """How many files failed or conflict."""
        self.problems.setText(words.plural(count, "problem"))
        self.problems.adjustSize()
        self.problems.setFixedWidth(self.problems.sizeHint().width())
        self.problems.setVisible(count > 0)

    def say(self, text: str) -> None:
        """The last result."""
        self.result.setText(text)
        self.result.setToolTip(text)

    def refresh(self) -> None:
        """Show the running job as it is now."""
        job = self._bridge.job
        self.job.setVisible(job is not None)
        self.result.setVisible(True)
        if job is None:
            return
        self.result.setText("")
        self.title.setText("Stopping" if job.cancel.is_set() else job.title)
        if job.total is None:
            self.count.setText(words.plural(job.done, job.unit))
            self.progress.hide()
        else:
            of = words.plural(job.total, job.unit)
            self.count.setText(f"{words.number(job.done)} of {of}")
            self.progress.show()
            self.progress.set(job.done / job.total if job.total else 1.0)
            self.progress.setAccessibleDescription(self.count.text())
        left = job.seconds_left
        parts = [words.rate(job.rate, "").replace("  ", " ")] if job.rate else []
        if left is not None and job.done >= 2:
            parts.append(words.time_left(left))
        self.speed.setText(" · ".join(parts))
        self.cancel.setEnabled(not job.cancel.is_set())
