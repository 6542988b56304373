"""Previous, play, next, the time, and an overview of the whole track."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QActionGroup,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QMenu, QSizePolicy, QSlider, QWidget

from mat_desktop.gui import icons, words
from mat_desktop.gui.theme import appearance, current, font
from mat_desktop.gui.widgets.controls import Button, Link, Panel, Text
from mat_desktop.gui.widgets.fit import KeepTall, grown
from mat_desktop.gui.widgets.painting import round_rect
from mat_desktop.gui.widgets.slider import Slider
from mat_desktop.gui.widgets.toggle import show_checked

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mat_desktop.audio.player import Player

_RIGHT = Qt.TextElideMode.ElideRight

NARROWEST = 300
"""Pixels that it asks for; in them, or in fewer, there is room for all that cannot be done elsewhere."""

SHORTEST = 80
"""Pixels of the waveform; half of it in a narrow bar."""

BESIDE, APART = 4, 8
"""Pixels between two parts, and besides that between the four groups of them."""


@dataclass(slots=True)
class _Shown:
    """What the bar shows of a track: its length, how loud it is, and the part in view."""

    seconds: float | None = None
    levels: NDArray[np.float32] | None = None
    window: tuple[float, float] = (0.0, 1.0)


class PlayButton(QAbstractButton):
    """A filled disc."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.playing = False
        self.set_playing(False)
        self._fit()
        appearance.changed.connect(self._fit)

    def _fit(self) -> None:
        side = grown(32) + 8
        self.setFixedSize(side, side)
        self.update()

    def set_playing(self, playing: bool) -> None:
        """Show pause instead of play."""
        self.playing = playing
        self.setAccessibleName("Pause" if playing else "Play")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Disc, sign, ring."""
        t = current()
        painter = QPainter(self)
        disc = self.rect().adjusted(4, 4, -4, -4)
        radius = disc.width() // 2
        if self.isEnabled():
            fill = t.color("accent")
            fill = fill.lighter(106) if self.underMouse() else fill
            round_rect(painter, disc, radius, fill)
            ink = t.color("on_accent")
        else:
            round_rect(painter, disc, radius, t.color("raised"), t.color("border"))
            ink = t.color("faint")
        size = grown(14)
        at = (self.width() - size) // 2
        icons.draw(painter, "pause" if self.playing else "play", at, at, size, ink)
        if self.hasFocus():
            round_rect(painter, self.rect().adjusted(1, 1, -1, -1), radius + 3, None, t.color("focus"), 2)


class Overview(QSlider):
    """How loud the track is over its length; a click goes there, keys go on and back as in the picture.

    For screen readers it is a slider of whole seconds. ``seek`` hands over a share of the track, ``skip``
    seconds.
    """

    seek = Signal(float)
    skip = Signal(float)

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._levels: NDArray[np.float32] | None = None
        self._share = 0.0
        self._window = (0.0, 1.0)
        self.setMinimumWidth(SHORTEST)
        self.setFixedHeight(32)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Overview of the track")
        self.setAccessibleDescription("Seconds from the start; Left and Right go 5 seconds")
        self.setRange(0, 0)
        self.setSingleStep(5)
        self.setPageStep(30)
        self.valueChanged.connect(lambda value: self.seek.emit(value / max(1, self.maximum())))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        appearance.changed.connect(self.update)

    def set_levels(self, levels: NDArray[np.float32] | None) -> None:
        """0..1 over the whole length."""
        self._levels = levels
        self._window = (0.0, 1.0)
        self.update()

    def set_length(self, seconds: float) -> None:
        """Of the track; 0 for none."""
        self.blockSignals(True)
        self.setMaximum(round(seconds))
        self.blockSignals(False)

    def set_share(self, share: float) -> None:
        """Where the playhead is, 0..1."""
        self.blockSignals(True)  # only what a screen reader sets is to be gone to
        self.setValue(round(share * self.maximum()))
        self.blockSignals(False)
        if abs(share - self._share) * self.width() >= 0.5 or share == 0:
            self._share = share
            self.update()

    def set_window(self, low: float, high: float) -> None:
        """The part that the spectrogram shows, 0..1."""
        self._window = (low, high)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Bars of 1 px with 1 px between them."""
        t = current()
        painter = QPainter(self)
        middle = self.height() / 2
        if self._levels is None or not len(self._levels):
            painter.fillRect(QRect(0, int(middle), self.width(), 1), t.color("border"))
            if self.hasFocus():
                round_rect(painter, self.rect(), 4, None, t.color("focus"), 2)
            return
        low, high = self._window
        if high - low < 0.995:
            box = QRect(round(low * self.width()), 0, round((high - low) * self.width()), self.height())
            round_rect(painter, box, 4, t.color("hover"))
        count = self.width() // 2
        played, rest = t.color("accent"), t.color("control")
        at = self._share * self.width()
        for bar in range(count):
            first = bar * len(self._levels) // count
            last = max(first + 1, (bar + 1) * len(self._levels) // count)
            high_level = float(self._levels[first:last].max())
            tall = max(1.0, high_level * (self.height() - 8))
            color = played if bar * 2 < at else rest
            painter.fillRect(QRectF(bar * 2, middle - tall / 2, 1, tall), color)
        if self._share > 0:
            painter.fillRect(QRect(round(at), 2, 2, self.height() - 4), t.color("accent"))
        if self.hasFocus():
            round_rect(painter, self.rect(), 4, None, t.color("focus"), 2)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and Right go through the track, Home and End to its ends."""
        far = 30.0 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 5.0
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.skip.emit(far if event.key() == Qt.Key.Key_Right else -far)
        elif event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self.seek.emit(0.0 if event.key() == Qt.Key.Key_Home else 1.0)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go there."""
        if self._levels is not None:
            self.seek.emit(min(max(event.position().x() / max(1, self.width()), 0.0), 1.0))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Nothing."""
        event.ignore()


class PlayerBar(Panel):
    """52 px under the pictures, about the track in view, or about another one that plays and that it names.

    ``notice`` is what became of the device, empty when that is no longer so.
    """

    moved = Signal(float)
    device_picked = Signal(str)
    finished = Signal()
    notice = Signal(str)
    failed = Signal(str)

    def __init__(self) -> None:
        super().__init__("surface", edges="t")
        self.player: Player | None = None
        self._in_view = _Shown()
        self._other: _Shown | None = None
        self._title = ""
        self._at = 0.0
        self._reason = ""
        self._muted = False
        KeepTall(self, 52, room=24)
        self._row = layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 1, 20, 0)
        layout.setSpacing(BESIDE)
        self.previous = Button(icon="skip-back", kind="flat", height=28, tip="Previous track (K)")
        self.play = PlayButton()
        self.next = Button(icon="skip-forward", kind="flat", height=28, tip="Next track (J)")
        self.stop = Button(icon="square", kind="flat", height=28, tip="Stop (Shift+Space)")
        self.now = Text("0:00", size=13, weight=600, figures=True)
        self.length = Text(size=13, token="muted", figures=True)
        self.name = Link()
        self.overview = Overview()
        self.why = Text(size=12, token="muted", elide=True)
        self.why.setMinimumHeight(16)
        self.why.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.look_again = Link("Look again")
        self.loop = Button(
            icon="repeat", kind="flat", height=28, tip="Loop (O); drag in the picture to choose"
        )
        self.loop.setCheckable(True)
        self.mute = Button(icon="volume-2", kind="flat", height=28, tip="Mute (Shift+M)")
        self.mute.setCheckable(True)
        self.volume = Slider(handle=10, wheel=True)
        self.volume.setRange(0, 100)
        self.volume.setValue(100)
        self.volume.setFixedWidth(72)
        self.volume.setAccessibleName("Volume")
        self.volume.valueChanged.connect(self._volume_moved)
        self.devices = Button(icon="headphones", kind="flat", height=28, tip="Output device")
        self.devices.clicked.connect(self._show_devices)
        moves, times = (self.previous, self.play, self.stop, self.next), (self.now, self.length)
        ends = (self.why, self.look_again, self.loop, self.mute, self.volume, self.devices)
        self._parts: tuple[QWidget, ...] = (*moves, *times, self.name, self.overview, *ends)
        for part in self._parts:
            layout.addWidget(part)
            if part in (self.next, self.length, self.overview):
                layout.addSpacing(APART)
        layout.setStretchFactor(self.overview, 1)
        layout.insertStretch(layout.indexOf(self.why))  # of no weight: only where there is no overview
        self._timer = QTimer(self)
        self._timer.setInterval(30)
        self._timer.timeout.connect(self._tick)
        self.overview.seek.connect(self._seek_share)
        appearance.changed.connect(self._fit)
        self.show_reason("Looking for a sound device")

    def show_reason(self, reason: str) -> None:
        """Why there is no sound, empty where there is."""
        self._reason = reason
        silent = bool(reason)
        self.play.setEnabled(self.player is not None)  # it looks for a device once more
        if silent:
            self.play.set_playing(False)
        self.stop.setEnabled(not silent)
        self._name()
        self.why.setText(reason)
        self.look_again.setEnabled(True)
        self._fit()

    def show_looking(self) -> None:
        """A sound device is being looked for once more."""
        self.look_again.setEnabled(False)
        self.why.setText("Looking for a sound device…")

    def minimumSizeHint(self) -> QSize:
        """With the parts that a narrow one has."""
        return QSize(NARROWEST, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """A narrow one leaves how loud to the system, and how long to the axis above; one that is narrower
        still leaves the overview to the picture, then Stop and the loop to their keys.
        """
        self._shape(roomy=True)
        wanted = self._wanted(roomy=True)
        if self._needed(wanted) > self.width():
            self._shape(roomy=False)
            wanted = self._wanted(roomy=False)
            for spare in (self.overview, self.stop, self.loop):
                if spare in wanted and self._needed(wanted) > self.width():
                    wanted.remove(spare)
        for part in self._parts:
            part.setVisible(part in wanted)

    def _shape(self, *, roomy: bool) -> None:
        """How its parts are where there is much room, or little."""
        wide = QSizePolicy.Policy.Fixed if roomy else QSizePolicy.Policy.Expanding
        self.name.setSizePolicy(wide, QSizePolicy.Policy.Fixed)
        self._row.setStretchFactor(self.name, 0 if roomy else 1)
        most = self.width() // 4 if roomy else max(40, self.width() - 250)
        self.name.setText(QFontMetrics(font(12, 500)).elidedText(self._title, _RIGHT, most))
        self.name.updateGeometry()
        self.overview.setMinimumWidth(SHORTEST if roomy else SHORTEST // 2)
        self.look_again.setText("Look again" if roomy else "")
        self.look_again.set_icon("" if roomy else "rotate-ccw")
        self.look_again.setAccessibleName("Look again")
        self.look_again.setToolTip("Look for a sound device" if roomy else f"{self._reason}. Look again")
        self.look_again.updateGeometry()

    def _wanted(self, *, roomy: bool) -> list[QWidget]:
        """The parts that have something to show."""
        own, silent = self._other is None, bool(self._reason)
        wants = dict.fromkeys(self._parts, True)
        wants[self.name] = not own
        wants[self.now] = wants[self.overview] = roomy or own  # else the name is in their place
        wants[self.length] = roomy
        wants[self.why] = roomy and silent
        wants[self.look_again] = silent and self.player is not None
        wants[self.loop] = wants[self.devices] = not silent
        wants[self.mute] = wants[self.volume] = roomy and not silent
        return [part for part in self._parts if wants[part]]

    def _needed(self, parts: list[QWidget]) -> int:
        """Pixels in which these parts stand beside each other."""
        margins = self._row.contentsMargins()
        needed = margins.left() + margins.right() + APART * 3 + BESIDE * (len(parts) - 1)
        for part in parts:
            hint = part.sizeHint() if isinstance(part, Link) else part.minimumSizeHint()
            needed += max(part.minimumWidth(), hint.width())
        return needed

    def set_player(self, player: Player) -> None:
        """The player is there, able or not."""
        self.player = player
        self._set_volume()
        self.show_reason(player.reason)
        if not player.reason:
            self.notice.emit("")

    def set_track(self, seconds: float | None) -> None:
        """The length of the track in view."""
        self._in_view.seconds = seconds
        self._fill()

    def set_levels(self, levels: NDArray[np.float32] | None) -> None:
        """How loud the track in view is over its length, 0..1."""
        self._in_view.levels, self._in_view.window = levels, (0.0, 1.0)
        self._fill()

    def set_window(self, low: float, high: float) -> None:
        """The part of the track in view that the spectrogram shows, 0..1."""
        self._in_view.window = (low, high)
        self._fill()

    def stay(self, title: str) -> None:
        """It stays with the track that was in view until now."""
        self._be_about(replace(self._in_view, window=(0.0, 1.0)), title)

    def be_about(self, title: str, seconds: float | None) -> None:
        """It is about a track that is not in view."""
        self._be_about(_Shown(seconds), title)

    def come_back(self) -> None:
        """It is about the track in view again."""
        self._be_about(None, "")

    def _be_about(self, other: _Shown | None, title: str) -> None:
        self._other, self._title = other, title
        self.name.setToolTip(f"Show “{title}”")
        self.name.setAccessibleName(f"Plays “{title}”, which is not in view. Show it")
        self._name()
        self._fill()

    def _name(self) -> None:
        """What the button would do."""
        tip = "Play, pause (Space)"
        if self._title:
            tip = f"Play, pause “{self._title}” (Space). Enter or a double click plays the selected track"
        if self._reason:
            tip = f"{self._reason}. Look again and play (Space)" if self.player is not None else self._reason
        self.play.setToolTip(tip)

    def _fill(self) -> None:
        shown = self._other or self._in_view
        self.length.setText(f"/ {words.clock(shown.seconds)}" if shown.seconds else "")
        self.overview.set_length(shown.seconds or 0.0)
        self.overview.set_levels(shown.levels)
        self.overview.set_window(*shown.window)
        self._show(self._at)
        self._fit()

    @property
    def seconds(self) -> float | None:
        """Length of the track that it is about."""
        return (self._other or self._in_view).seconds

    def started(self) -> None:
        """Sound is on, or the place is another."""
        self._timer.start()
        self._tick()

    def _show_devices(self) -> None:
        """The devices, the chosen one marked."""
        player = self.player
        if player is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        group = QActionGroup(menu)
        for name in ("", *player.devices):
            action = menu.addAction(name.replace("&", "&&") or "System default")
            action.setCheckable(True)
            action.setChecked(name == player.device)
            action.triggered.connect(lambda _=False, name=name: self.device_picked.emit(name))
            group.addAction(action)
        menu.addSeparator()
        menu.addAction("Look for devices again").triggered.connect(self.look_again.click)
        size = menu.sizeHint()
        menu.popup(self.devices.mapToGlobal(QPoint(self.devices.width() - size.width(), -size.height() - 4)))

    def toggle_mute(self) -> None:
        """Silence while it plays on, or as loud as before."""
        self._muted = not self._muted
        self._set_volume()

    def _volume_moved(self) -> None:
        self._muted = False
        self._set_volume()

    def _set_volume(self) -> None:
        value = 0 if self._muted else self.volume.value()
        show_checked(self.mute, self._muted)
        self.mute.set_icon("volume-x" if value == 0 else "volume-1" if value < 50 else "volume-2")
        if self.player is not None:
            self.player.volume = (value / 100) ** 2

    def _seek_share(self, share: float) -> None:
        if self.seconds:
            self.moved.emit(share * self.seconds)

    def _show(self, position: float) -> None:
        self._at = position
        text = words.clock(position)
        longer = len(text) != len(self.now.text())
        self.now.setText(text)
        if longer:
            self._fit()
        self.overview.set_share(position / self.seconds if self.seconds else 0.0)

    position_changed = Signal(float)

    def show_position(self, position: float) -> None:
        """The playhead is elsewhere."""
        self._show(position)
        self.position_changed.emit(position)

    def _tick(self) -> None:
        player = self.player
        if player is None:
            self._timer.stop()
            return
        playing = player.playing  # asked once, before the reason: the device's thread may lose it meanwhile
        self.play.set_playing(playing)
        notice = player.take_notice()
        if notice is not None:
            self.notice.emit(notice)
        if player.reason != self._reason:
            self.show_reason(player.reason)
        if player.ended:
            self._timer.stop()
            error = player.error
            player.stop()
            self.play.set_playing(False)
            self.show_position(0.0)
            if error:
                self.failed.emit(error)
            else:
                self.finished.emit()
            return
        if playing or player.position:
            self.show_position(player.position)
        if not playing:
            self._timer.stop()
