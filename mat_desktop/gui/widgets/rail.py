"""The rail: the menu, and one button for each page."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QVBoxLayout

from mat_desktop.gui import icons, words
from mat_desktop.gui.actions import FOOT, PAGES, Actions
from mat_desktop.gui.theme import appearance, current, font, wider
from mat_desktop.gui.widgets.controls import Button, Panel
from mat_desktop.gui.widgets.fit import grown
from mat_desktop.gui.widgets.painting import key_text, round_rect

NARROW = 720
"""A window of fewer pixels, with letters of usual size, has signs alone in the rail."""


def rail_width(*, short: bool = False) -> int:
    """72 pixels; larger letters need more.

    :param short: without words, for a sign and a number
    """
    if not short:
        return wider(72)
    return max(56, 16 + grown(20) + QFontMetrics(font(11, 500)).horizontalAdvance("000"))


BELOW = 32
"""Pixels of the window that are under it, about."""


def _line() -> int:
    return max(16, QFontMetrics(font(11, 500)).height())


class RailButton(QAbstractButton):
    """Icon over word; the current page has the accent and a strip."""

    def __init__(self, text: str, icon: str, tip: str) -> None:
        super().__init__()
        self._icon = icon
        self._count = 0
        self._on = self._short = False
        self.setText(text)
        self.setToolTip(tip)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self._fit()
        appearance.changed.connect(self._fit)

    def _fit(self) -> None:
        self.setFixedSize(QSize(rail_width(short=self._short) - 1, self.height_as(short=self._short)))
        self.update()

    @staticmethod
    def height_as(*, short: bool) -> int:
        """Pixels that it is high, with its word or without."""
        return 20 + grown(20) + (0 if short else _line())

    def set_short(self, short: bool) -> None:
        """Without its word, which its tool tip says too."""
        self._short = short
        self._fit()

    @property
    def on(self) -> bool:
        """Whether its page is in view."""
        return self._on

    def set_on(self, on: bool) -> None:
        """It is no switch: screen readers call it a button, and say of one that its page is in view."""
        self._on = on
        self.setAccessibleDescription("Page in view" if on else "")
        self.update()

    def set_count(self, count: int) -> None:
        """A number beside the icon; none for 0."""
        if count != self._count:
            self._count = count
            self.setAccessibleName(f"{self.text()}, {words.number(count)}" if count else self.text())
            self.update()

    def _badge_text(self) -> tuple[str, int]:
        """And how wide its badge is."""
        text = words.number(self._count) if self._count < 10_000 else f"{self._count // 1000}k"
        return text, max(18, QFontMetrics(font(11, 500)).horizontalAdvance(text) + 8)

    def _badge(self, painter: QPainter) -> None:
        t = current()
        text, wide = self._badge_text()
        high = max(16, _line() - 1)
        box = QRect(self.width() - wide - 4, 3, wide, high)
        round_rect(painter, box, 8, t.color("raised"), t.color("border_strong"))
        painter.setFont(font(11, 500))
        painter.setPen(t.color("text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Strip, icon, word, number, ring."""
        t = current()
        painter = QPainter(self)
        on = self._on
        if self.underMouse() and not on:
            round_rect(painter, self.rect().adjusted(6, 2, -6, -2), 6, t.color("hover"))
        if on:
            round_rect(painter, QRect(0, 8, 3, self.height() - 16), 1, t.color("accent"))
        ink = t.color("accent" if on else "muted")
        size = grown(20)
        x = (self.width() - size) // 2
        if self._count:  # the icon is what the page is known by: the number stands beside it
            x = max(4, min(x, self.width() - self._badge_text()[1] - 4 - size))
        icons.draw(painter, self._icon, x, 9, size, ink)
        if not self._short:
            painter.setFont(font(11, 500))
            painter.setPen(t.color("text" if on else "muted"))
            word = QRect(0, 12 + size, self.width(), _line())
            painter.drawText(word, Qt.AlignmentFlag.AlignCenter, self.text())
        if self._count:
            self._badge(painter)
        if self.hasFocus():
            round_rect(painter, self.rect().adjusted(6, 2, -6, -2), 6, None, t.color("focus"), 2)


class Rail(Panel):
    """At the left of the window."""

    def __init__(self, actions: Actions) -> None:
        """:param actions: those of :data:`PAGES` and, at the bottom, of :data:`FOOT` get a button each"""
        super().__init__("bg", edges="r")
        self._size = QSize()
        self.setAccessibleName("Pages")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 1, 8)
        layout.setSpacing(0)
        self.menu = Button(icon="menu", kind="flat", tip="Menu (F10)")
        layout.addWidget(self.menu, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(8)
        self.buttons = {name: self._button(name, actions) for name in (*PAGES, *FOOT)}
        for name in PAGES:
            layout.addWidget(self.buttons[name])
        layout.addStretch(1)
        for name in FOOT:
            layout.addWidget(self.buttons[name])
        self._short = False
        self._widen()
        appearance.changed.connect(self._refit)

    def fit(self, size: QSize) -> None:
        """Words give way where the window is low or narrow.

        :param size: of the window
        """
        self._size = size
        high = 2 * 8 + self.menu.sizeHint().height() + 8
        high += len(self.buttons) * RailButton.height_as(short=False) + BELOW
        short = size.isValid() and (size.width() < wider(NARROW) or size.height() < high)
        if short != self._short:
            self._short = short
            self._widen()

    def _refit(self) -> None:
        self.fit(self._size)
        self._widen()

    def _button(self, name: str, actions: Actions) -> RailButton:
        action = actions[name]
        button = RailButton(
            action.text(), actions.icon_of(name), f"{action.text()} ({key_text(action.shortcut())})"
        )
        button.clicked.connect(lambda: action.trigger())
        return button

    def _widen(self) -> None:
        self.setFixedWidth(rail_width(short=self._short))
        for button in self.buttons.values():
            button.set_short(self._short)

    def set_page(self, name: str) -> None:
        """Mark a page as the current one."""
        for each, button in self.buttons.items():
            button.set_on(each == name)
