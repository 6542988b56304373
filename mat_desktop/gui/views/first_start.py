"""What the window shows before there is any music in it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QSizePolicy,
    QSpacerItem,
    QVBoxLayout,
    QWidget,
)

from mat_desktop.gui import words
from mat_desktop.gui.services import Services
from mat_desktop.gui.theme import appearance, current, wider
from mat_desktop.gui.widgets.controls import Button, Icon, Line, Link, Panel, Text
from mat_desktop.gui.widgets.fit import KeepTall, KeepWide
from mat_desktop.gui.widgets.nesting import nest
from mat_desktop.gui.widgets.painting import key_text, round_rect

STEPS = (
    (
        "search",
        "1. Scan",
        "Finds tracks and reads the tags they have. Later scans only look at what changed.",
    ),
    ("ear", "2. Listen", ""),
    ("list-checks", "3. Review", "You accept or reject, one by one or all at once."),
    ("arrow-down-to-line", "4. Write", "You see old and new for every field. Every write can be undone."),
)


class DropZone(QWidget):
    """A dashed box; the drop itself is taken anywhere in the window."""

    def __init__(self) -> None:
        super().__init__()
        self.hot = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_hot(self, hot: bool) -> None:
        """Something is held over the window."""
        self.hot = hot
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Fill and dashes."""
        t = current()
        painter = QPainter(self)
        round_rect(painter, self.rect(), 8, t.color("selection" if self.hot else "bg"))
        pen = QPen(t.color("accent" if self.hot else "control"), 1, Qt.PenStyle.CustomDashLine)
        pen.setDashPattern([4, 3])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 8, 8)


class Fact(QWidget):
    """A row of the card: what, how it is, and a way on."""

    def __init__(self, name: str) -> None:
        super().__init__()
        KeepTall(self, 36, room=10)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 0, 12, 0)
        layout.setSpacing(8)
        self.icon = Icon("circle-dashed", 16, "muted")
        layout.addWidget(self.icon)
        label = Text(name)
        KeepWide(label, 88)
        layout.addWidget(label)
        self.text = Text(token="muted", elide=True)
        layout.addWidget(self.text, 1)
        self.link = Link()
        self.link.hide()
        layout.addWidget(self.link)
        self._do: Callable[[], object] | None = None
        self.link.clicked.connect(self._act)

    def _act(self) -> None:
        if self._do is not None:
            self._do()

    def show_fact(
        self, level: str, text: str, action: str = "", do: Callable[[], object] | None = None
    ) -> None:
        """:param level: positive, warning, danger or muted while it is not known"""
        name = {"positive": "circle-check", "warning": "triangle-alert", "danger": "circle-alert"}.get(level)
        self.icon.set(name or "circle-dashed", level)
        self.text.setText(text)
        self._do = do
        self.link.setText(action)
        self.link.setVisible(bool(action))


class FirstStart(QScrollArea):
    """Add your music."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._beside = 0
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        page = Panel("surface")
        self.setWidget(page)
        outer = QHBoxLayout(page)
        outer.setContentsMargins(24, 0, 24, 24)
        outer.addStretch(1)
        column = QWidget()
        column.setMaximumWidth(960)
        column.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        outer.addWidget(column, 1000)
        outer.addStretch(1)
        self._layout = QVBoxLayout(column)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._top = QSpacerItem(0, 112)
        self._layout.addSpacerItem(self._top)
        title = Text("Add your music", size=24, weight=600)
        title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        title.setMinimumHeight(32)
        self._layout.addWidget(title)
        self._layout.addSpacing(8)
        lead = Text(
            "Each track is listened to on this computer and gets suggestions for genre, mood, "
            "instruments, voice and character. No file is changed until you have seen how.",
            size=14,
            token="muted",
        )
        lead.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        lead.setWordWrap(True)
        self._lead = lead
        self._layout.addWidget(lead, 0, Qt.AlignmentFlag.AlignHCenter)
        self._layout.addSpacing(28)
        self._layout.addWidget(self._zone(services), 0, Qt.AlignmentFlag.AlignHCenter)
        self._layout.addSpacing(10)
        count = services.demo_tracks
        hint = (
            f"The demo is {words.plural(count, 'short track')} that come with the program, copied before use."
        )
        self.hint = Text(hint if count else "", size=12, token="muted")
        self.hint.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.hint.setWordWrap(True)
        self._layout.addWidget(self.hint)
        self._layout.addSpacing(28)
        self._layout.addWidget(Line())
        self._layout.addSpacing(20)
        self._steps = self._make_steps(services)
        nest(self._layout, self._grid)
        self._layout.addSpacing(24)
        self._layout.addWidget(self._computer(services))
        self._layout.addStretch(1)
        appearance.changed.connect(self._fit)

    def _zone(self, services: Services) -> QWidget:
        self.zone = DropZone()
        layout = QVBoxLayout(self.zone)
        layout.setContentsMargins(16, 8, 16, 8)
        layout.setSpacing(4)
        layout.addStretch(3)
        layout.addWidget(Icon("folder", 32, "muted"), 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(8)
        for text, size, weight, token in (
            ("Drop a folder or files here", 14, 500, "text"),
            (
                "mp3, flac, ogg, opus, m4a, wma, wav, aiff, ape, wv, mpc; mka and webm are only read",
                12,
                400,
                "muted",
            ),
        ):
            label = Text(text, size=size, weight=weight, token=token)
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            label.setWordWrap(True)
            layout.addWidget(label)
        layout.addSpacing(8)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        self.open = Button("Open folder…", "folder", kind="primary", key=key_text("Ctrl+O"), height=36)
        self.demo = Button("Try the demo tracks", "music", height=36)
        row.addWidget(self.open)
        row.addWidget(self.demo)
        row.addStretch(1)
        nest(layout, row)
        self.demo.setVisible(services.demo_tracks > 0)  # now that it is no window of its own
        layout.addStretch(2)
        return self.zone

    def _make_steps(self, services: Services) -> list[QWidget]:
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(32)
        self._grid.setVerticalSpacing(16)
        tags = len(services.scheme.tags)
        steps: list[QWidget] = []
        for icon, title, text in STEPS:
            step = QWidget()
            column = QVBoxLayout(step)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(6)
            head = QHBoxLayout()
            head.setSpacing(10)
            head.addWidget(Icon(icon, 20, "accent"))
            head.addWidget(Text(title, weight=500))
            head.addStretch(1)
            nest(column, head)
            label = Text(
                text or f"The model scores {tags} tags over the whole length of each track.",
                size=12,
                token="muted",
            )
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignTop)
            column.addWidget(label)
            steps.append(step)
        return steps

    def _computer(self, services: Services) -> QWidget:
        card = Panel("bg", radius=6)
        layout = QVBoxLayout(card)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.setSpacing(0)
        head = Text("This computer", weight=600)
        KeepTall(head, 36, room=10)
        head.setContentsMargins(16, 0, 0, 0)
        layout.addWidget(head)
        self.device, self.model, self.sound, self.privacy = (
            Fact("Processor"),
            Fact("Model"),
            Fact("Sound"),
            Fact("Privacy"),
        )
        for fact in (self.device, self.model, self.sound, self.privacy):
            layout.addWidget(Line())
            layout.addWidget(fact)
        card_ = services.card
        self.device.show_fact("muted", "Starting the model…")
        text = (
            f"{card_.title}: {words.plural(len(card_.tags), 'output')}, {words.megabytes(card_.weights.size)}"
        )
        self.model.show_fact("positive", text)
        self.show_looking()
        self.privacy.show_fact("positive", "Works offline. The program opens no network connection.")
        return card

    def show_looking(self) -> None:
        """It is being found out whether tracks can be played."""
        self.sound.show_fact("muted", "Looking for an output device…")

    def show_sound(self, reason: str, look_again: Callable[[], object]) -> None:
        """Whether tracks can be played."""
        if reason:
            self.sound.show_fact(
                "warning", f"{reason}. Everything but playing works.", "Look again", look_again
            )
        else:
            self.sound.show_fact("positive", "Output device found")

    def _place_steps(self, beside: int) -> None:
        if self._beside == beside:
            return
        self._beside = beside
        for number, step in enumerate(self._steps):
            self._grid.addWidget(step, number // beside, number % beside, Qt.AlignmentFlag.AlignTop)
            self._grid.setColumnStretch(number, 1 if number < beside else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another size."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """The space above gives way first; where there is little room, words take more lines."""
        high, wide = self.viewport().height(), self.viewport().width() - 48
        for part in (self._lead, self.zone):
            part.setFixedWidth(min(wide, 960, wider(640)))
        least = self.zone.layout().heightForWidth(self.zone.width())  # type: ignore[union-attr]
        self.zone.setFixedHeight(max(least, 208 if high >= 740 else 168))
        self._place_steps(4 if wide >= wider(640) else 2)
        self._top.changeSize(0, min(112, max(16, high - 700)))
        self._layout.invalidate()
