"""How levels of the spectrogram become colours: the scale in the header, and what opens under it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QSettings, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QImage, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QSizePolicy, QWidget

from mat_desktop.gui import icons
from mat_desktop.gui.colors import Lut
from mat_desktop.gui.theme import appearance, current, font
from mat_desktop.gui.widgets.controls import Link, Text
from mat_desktop.gui.widgets.drop_down import DropDown
from mat_desktop.gui.widgets.fit import grown, tall
from mat_desktop.gui.widgets.overlay import Overlay
from mat_desktop.gui.widgets.painting import round_rect
from mat_desktop.gui.widgets.slider import Slider

if TYPE_CHECKING:
    from mat_desktop.app.draw import Picture

MAPS = (("magma", "Magma"), ("viridis", "Viridis"), ("cividis", "Cividis"), ("grey", "Grey"))

DARKEST, BRIGHTEST = -80, 0
"""dB below the loudest place of the track that get the first and the last colour, until others are chosen."""

LOWEST = -96
NEAREST = 10
"""dB between the two at least."""

BAR = 64


class LevelScale(QAbstractButton):
    """A colour map with the levels at its ends; opens :class:`LevelPanel`."""

    def __init__(self) -> None:
        super().__init__()
        self._image: QImage | None = None
        self._low, self._high = "", ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setToolTip("Range and colours of the spectrogram")
        self.set_levels(DARKEST, BRIGHTEST)
        appearance.changed.connect(self.update)

    def set_lut(self, lut: Lut) -> None:
        """The colours."""
        self._image = QImage(
            np.ascontiguousarray(lut).tobytes(), len(lut), 1, QImage.Format.Format_RGB888
        ).copy()
        self.update()

    def set_levels(self, low: float, high: float) -> None:
        """The levels at the ends, dB."""
        self._low, self._high = f"{low:.0f}".replace("-", "−"), f"{high:.0f} dB".replace("-", "−")
        self.setAccessibleName(
            f"Range and colours of the spectrogram: from {low:.0f} to {high:.0f} decibels".replace("-", "−")
        )
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Texts, bar and arrow."""
        metrics = QFontMetrics(font(11))
        texts = metrics.horizontalAdvance(self._low) + metrics.horizontalAdvance(self._high)
        return QSize(texts + BAR + 6 * 4 + grown(14) + 8, tall(28, 11))

    def minimumSizeHint(self) -> QSize:
        """A short bar and the arrow; what the levels are stands in what it opens."""
        return QSize(6 + BAR // 2 + 6 + grown(14) + 6, tall(28, 11))

    def event(self, event: QEvent) -> bool:
        """Enter opens it, as Space does."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() is QEvent.Type.KeyPress
            and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        ):
            self.click()
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """From the darkest to the brightest."""
        t = current()
        painter = QPainter(self)
        if self.underMouse():
            round_rect(painter, self.rect(), 5, t.color("hover"))
        painter.setFont(font(11))
        metrics = QFontMetrics(font(11))
        painter.setPen(t.color("muted"))
        middle = Qt.AlignmentFlag.AlignVCenter
        whole = self.width() >= self.sizeHint().width()
        low, high = (self._low, self._high) if whole else ("", "")
        wide = metrics.horizontalAdvance(low)
        painter.drawText(QRect(6, 0, wide + 2, self.height()), middle, low)
        x = 6 + wide + (6 if low else 0)
        size = grown(14)
        bar = QRect(x, (self.height() - 10) // 2, BAR if whole else self.width() - 12 - size, 10)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        if self._image is not None:
            painter.drawImage(bar, self._image)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(t.color("border"))
        painter.drawRect(bar.adjusted(0, 0, -1, -1))
        painter.setPen(t.color("muted"))
        x = bar.right() + 7
        painter.drawText(QRect(x, 0, self.width() - x, self.height()), middle, high)
        x += metrics.horizontalAdvance(high) + 4 if high else 0
        icons.draw(painter, "chevron-down", x, (self.height() - size) // 2, size, t.color("muted"))
        if self.hasFocus():
            round_rect(painter, self.rect(), 5, None, t.color("focus"), 2)


class LevelPanel(Overlay):
    """Colour map and range."""

    changed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName("Range and colours of the spectrogram")
        layout = QGridLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setHorizontalSpacing(12)
        layout.setVerticalSpacing(8)
        self.maps = DropDown(MAPS)
        self.maps.setAccessibleName("Colours")
        self.darkest, self.brightest = Slider(), Slider()
        self._values = (
            Text(size=12, token="muted", figures=True),
            Text(size=12, token="muted", figures=True),
        )
        layout.addWidget(Text("Colours", size=12, token="muted"), 0, 0)
        layout.addWidget(self.maps, 0, 1, 1, 2)
        for row, (slider, name, value) in enumerate(
            (
                (self.brightest, "Brightest", self._values[1]),
                (self.darkest, "Darkest", self._values[0]),
            ),
            start=1,
        ):
            slider.setRange(LOWEST, 0)
            slider.setFixedWidth(160)
            slider.setAccessibleName(f"{name} level, decibels below the loudest")
            value.setFixedWidth(52)
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            layout.addWidget(Text(name, size=12, token="muted"), row, 0)
            layout.addWidget(slider, row, 1)
            layout.addWidget(value, row, 2)
        layout.addWidget(Text("dB below the loudest place of the track", size=11, token="faint"), 3, 0, 1, 2)
        self.reset = Link("Reset")
        self.reset.clicked.connect(self._reset)
        layout.addWidget(self.reset, 3, 2)
        self.set_range(DARKEST, BRIGHTEST)
        self.darkest.valueChanged.connect(self._moved)
        self.brightest.valueChanged.connect(self._moved)
        self.maps.picked.connect(lambda _: self.changed.emit())

    @property
    def map(self) -> str:
        """Name of the colour map."""
        return self.maps.value

    def use_map(self, name: str) -> None:
        """Another colour map, by name."""
        if name != self.map:
            self.maps.pick(name)
            self.changed.emit()

    @property
    def range(self) -> tuple[int, int]:
        """dB relative to the loudest place of the track, at most 0."""
        return self.darkest.value(), self.brightest.value()

    def set_range(self, darkest: int, brightest: int) -> None:
        """Another range, kept wide enough."""
        brightest = min(0, max(brightest, LOWEST + NEAREST))
        darkest = max(LOWEST, min(darkest, brightest - NEAREST))
        for slider, value, text in (
            (self.darkest, darkest, self._values[0]),
            (self.brightest, brightest, self._values[1]),
        ):
            slider.blockSignals(True)
            slider.setValue(value)
            slider.blockSignals(False)
            slider.update()
            text.setText(f"{value} dB".replace("-", "−"))

    def levels(self, picture: Picture) -> tuple[float, float]:
        """The same range in the values of a picture, 0..255."""
        low, high = ((1 + level / picture.range_db) * 255 for level in self.range)
        return low, high

    def open_under(self, button: QWidget) -> None:
        """Show it, with its right edge at the button's, above where there is no room below."""
        self.adjustSize()
        window = button.window()
        at = button.mapTo(window, QPoint(button.width() - self.width(), button.height() + 4))
        if at.y() + self.height() > window.height():
            at.setY(button.mapTo(window, QPoint(0, 0)).y() - self.height() - 4)
        self.open_over(window, at, self.maps)

    def save(self, settings: QSettings) -> None:
        """Remember the range."""
        settings.setValue("picture/darkest", self.range[0])
        settings.setValue("picture/brightest", self.range[1])

    def restore(self, settings: QSettings) -> None:
        """The range as it was the last time."""
        values = (settings.value("picture/darkest", DARKEST), settings.value("picture/brightest", BRIGHTEST))
        try:
            self.set_range(int(values[0]), int(values[1]))  # type: ignore[call-overload]
        except (TypeError, ValueError):
            self.set_range(DARKEST, BRIGHTEST)  # the file was edited by hand
        self.changed.emit()

    def _moved(self) -> None:
        """The slider that is moved pushes the other one."""
        darkest, brightest = self.range
        if self.sender() is self.darkest:
            brightest = max(brightest, darkest + NEAREST)
        self.set_range(darkest, brightest)
        self.changed.emit()

    def _reset(self) -> None:
        self.maps.pick("magma")
        self.set_range(DARKEST, BRIGHTEST)
        self.changed.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A sheet with an outline."""
        t = current()
        painter = QPainter(self)
        painter.fillRect(self.rect(), t.color("surface"))
        painter.setPen(t.color("border_strong"))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
