"""Buttons, links, labels and lines, painted from the theme."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import (
    QAction,
    QColor,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QLabel,
    QSizePolicy,
    QWidget,
)

from mat_desktop.gui import icons, theme
from mat_desktop.gui.theme import appearance, current, font
from mat_desktop.gui.widgets.fit import grown, tall
from mat_desktop.gui.widgets.painting import draw_key, key_height, key_width, round_rect
from mat_desktop.gui.widgets.toggle import show_checked

Kind = Literal["primary", "plain", "flat"]


def _pressed(button: QAbstractButton, event: QEvent) -> bool:
    """Whether an event was a key that presses a button, or asks to be one."""
    if not isinstance(event, QKeyEvent) or event.modifiers():
        return False
    enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
    if event.type() is QEvent.Type.ShortcutOverride and (enter or event.key() == Qt.Key.Key_Space):
        event.accept()
        return True
    if event.type() is QEvent.Type.KeyPress and enter:
        if not event.isAutoRepeat():  # a key that is held must not press what has come in the button's place
            button.click()
        return True
    return False


class Button(QAbstractButton):
    """A push button with icon, text and the key that does the same."""

    def __init__(
        self,
        text: str = "",
        icon: str = "",
        *,
        kind: Kind = "plain",
        key: str = "",
        height: int = 32,
        tip: str = "",
        parent: QWidget | None = None,
        onward: bool = False,
    ) -> None:
        """:param onward: whether its icon stands behind the words, as it points on"""
        super().__init__(parent)
        self._onward = onward
        self._kind: Kind = kind
        self._icon = icon
        self._tip = tip
        self._key = key
        self._height = height
        self._chosen = self._clicking = self._short = False
        self.toggled.connect(self._toggled)
        self.setText(text)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.setToolTip(tip)
        if tip and not text:
            self.setAccessibleName(tip.split(" (")[0])
        appearance.changed.connect(self.update)

    def set_icon(self, name: str) -> None:
        """Another icon."""
        self._icon = name
        self.update()

    @property
    def kind(self) -> Kind:
        """How it looks."""
        return self._kind

    def set_kind(self, kind: Kind) -> None:
        """Another look."""
        self._kind = kind
        self.updateGeometry()
        self.update()

    def set_key(self, key: str) -> None:
        """Another key."""
        self._key = key
        self.updateGeometry()
        self.update()

    @property
    def chosen(self) -> bool:
        """Whether it is the one of several that is on."""
        return self._chosen

    def set_chosen(self, chosen: bool) -> None:
        """One of several, on or off."""
        self._chosen = chosen
        self.setCheckable(True)  # screen readers say which is
        show_checked(self, chosen)
        self.update()

    def nextCheckState(self) -> None:
        """A click is under way; ``clicked`` follows."""
        self._clicking = True
        super().nextCheckState()
        self._clicking = False

    def _toggled(self) -> None:
        """A screen reader toggles without a click; for the program it is one."""
        if not self._clicking:
            self.clicked.emit()

    def follow(self, action: QAction) -> Button:
        """Do what an action does, and be enabled when it is."""

        def changed() -> None:
            self.setEnabled(action.isEnabled())

        action.enabledChanged.connect(changed)
        self.clicked.connect(lambda: action.trigger())
        changed()
        return self

    def set_short(self, short: bool) -> None:
        """Show the icon alone, where there is no room for more; what it does is the tool tip then."""
        if short == self._short:
            return
        self._short = short
        if not self._tip:
            self.setToolTip(self.text() if short else "")
        self.updateGeometry()
        self.update()

    def setText(self, text: str) -> None:
        """Other words."""
        super().setText(text)
        if self._short and not self._tip:
            self.setToolTip(text)

    @property
    def _words(self) -> str:
        """Words that are seen."""
        return "" if self._short else self.text()

    def width_as(self, *, short: bool) -> int:
        """Pixels that it needs with the icon alone, or with its words."""
        before, self._short = self._short, short
        wide = self.sizeHint().width()
        self._short = before
        return wide

    def sizeHint(self) -> QSize:
        """As wide as its parts."""
        self.ensurePolished()
        ring = 4 if self._kind == "primary" else 0
        pad = 8 if self._kind == "flat" else 12
        parts = []
        if self._icon:
            parts.append(grown(16))
        if self._words:
            parts.append(QFontMetrics(self._font()).horizontalAdvance(self._words) + 1)
        if self._key:
            parts.append(key_width(self._key))
        wide = sum(parts) + 8 * (len(parts) - 1) + 2 * pad
        if not self._words:
            wide = self._height + grown(16) - 16
        high = tall(self._height) if self._words else wide
        return QSize(wide + 2 * ring, high + 2 * ring)

    def minimumSizeHint(self) -> QSize:
        """Never clipped."""
        return self.sizeHint()

    def _font(self) -> QFont:
        return font(13, 600 if self._kind == "primary" else 500)

    def event(self, event: QEvent) -> bool:
        """Space and Enter press the button, whatever they do elsewhere."""
        return _pressed(self, event) or super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Fill, outline, ring and parts."""
        t = current()
        painter = QPainter(self)
        rect = self.rect()
        hover = self.underMouse() and self.isEnabled()
        line: QColor | None = None
        fill: QColor | None = None
        ink = t.color("text")
        if self._kind == "primary":
            rect = rect.adjusted(4, 4, -4, -4)
            if self.isEnabled():
                fill, ink = t.color("accent"), t.color("on_accent")
                if self.isDown() or hover:
                    fill = fill.darker(112) if self.isDown() else fill.lighter(106)
            else:
                line, ink = t.color("border"), t.color("disabled")
            if self.hasFocus():
                round_rect(painter, self.rect().adjusted(1, 1, -1, -1), 8, None, t.color("focus"), 2)
        else:
            if self._kind == "plain":
                fill, line = t.color("raised"), t.color("border_strong")
            elif self._words == "":
                ink = t.color("muted")
            if hover:
                fill = t.color("hover")
                ink = t.color("text")
            if self.isDown():
                fill = t.color("border_strong")
            if self.isChecked() or self._chosen:
                fill, line = t.color("selection"), t.color("accent")
            if not self.isEnabled():
                ink = t.color("disabled")
                fill = t.color("selection") if self._chosen or self.isChecked() else None
                line = t.color("border") if self._kind == "plain" else None
        round_rect(painter, rect, 6 if self._height >= 32 else 5, fill, line)
        if self.hasFocus() and self._kind != "primary":
            round_rect(painter, rect, 6 if self._height >= 32 else 5, None, t.color("focus"), 2)
        self._paint_parts(painter, rect, ink)
        painter.end()

    def _paint_parts(self, painter: QPainter, rect: QRect, ink: QColor) -> None:
        metrics = QFontMetrics(self._font())
        widths = []
        if self._icon:
            widths.append(grown(16))
        text = self._words
        key = "" if self._short else self._key
        if text:
            room = rect.width() - 16 - (grown(16) + 8 if self._icon else 0)
            if key and metrics.horizontalAdvance(text) > room - key_width(key) - 8:
                key = ""  # the tool tip and the sheet of keys have it too
            room -= key_width(key) + 8 if key else 0
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(room, 8))
            widths.append(metrics.horizontalAdvance(text))
        if key:
            widths.append(key_width(key))
        x = rect.x() + (rect.width() - sum(widths) - 8 * (len(widths) - 1)) // 2
        for part in ("text", "icon") if self._onward else ("icon", "text"):
            if part == "icon" and self._icon:
                size = grown(16)
                icons.draw(painter, self._icon, x, rect.y() + (rect.height() - size) // 2, size, ink)
                x += size + 8
            if part == "text" and text:
                painter.setFont(self._font())
                painter.setPen(ink)
                wide = metrics.horizontalAdvance(text)
                box = QRect(x, rect.y(), wide + 2, rect.height())
                painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, text)
                x += wide + 8
        if key:
            line = QColor(ink)
            line.setAlphaF(0.5)
            high = key_height()
            box = QRect(x, rect.y() + (rect.height() - high) // 2, key_width(key), high)
            draw_key(painter, box, key, ink, line)


class Link(QAbstractButton):
    """Text that acts when clicked."""

    def __init__(self, text: str = "", icon: str = "", *, underline: bool = False) -> None:
        super().__init__()
        self._icon = icon
        self._underline = underline
        self.token = "accent"
        self.setText(text)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        appearance.changed.connect(self.update)

    def set_icon(self, name: str) -> None:
        """Another icon."""
        self._icon = name
        self.update()

    def sizeHint(self) -> QSize:
        """Text and icon, at least 24 high."""
        wide = QFontMetrics(font(12, 500)).horizontalAdvance(self.text()) + 10
        return QSize(wide + (grown(16) + 4 if self._icon else 0), tall(24, 12, 4))

    def event(self, event: QEvent) -> bool:
        """Space and Enter act on a focused link."""
        return _pressed(self, event) or super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Text, underlined under the pointer."""
        t = current()
        painter = QPainter(self)
        ink = t.color(self.token if self.isEnabled() else "disabled")
        x = 4
        if self._icon:
            size = grown(16)
            icons.draw(painter, self._icon, x, (self.height() - size) // 2, size, ink)
            x += size + 4
        face = theme.font(12, 500)
        painter.setFont(face)
        painter.setPen(ink)
        box = QRect(x, 0, self.width() - x, self.height())
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, self.text())
        if self._underline or (self.underMouse() and self.isEnabled()):
            wide = QFontMetrics(face).horizontalAdvance(self.text())
            base = (self.height() + QFontMetrics(face).capHeight()) // 2 + 3
            painter.fillRect(QRect(x, base, wide, 1), ink)
        if self.hasFocus():
            round_rect(painter, self.rect(), 4, None, t.color("focus"), 2)


class Text(QLabel):
    """A label in one of the theme's colours and sizes; elides instead of pushing its neighbours."""

    def __init__(
        self,
        text: str = "",
        *,
        size: int = 13,
        weight: int = 400,
        token: str = "text",
        elide: bool = False,
        figures: bool = False,
    ) -> None:
        super().__init__(text)
        self._token = token
        self._elide = elide
        self._face = (size, weight, figures)
        self._least = 0
        self._restyle()
        self.setTextFormat(Qt.TextFormat.PlainText)
        if elide:
            self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        appearance.changed.connect(self._restyle)

    def _restyle(self) -> None:
        size, weight, figures = self._face
        self.setFont(font(size, weight, figures=figures))
        if self._least:
            super().setMinimumHeight(max(self._least, self.fontMetrics().height()))
        self.update()

    def setMinimumHeight(self, least: int) -> None:
        """At least that, or what larger letters need."""
        self._least = least
        self._restyle()

    def showEvent(self, event: QShowEvent) -> None:
        """A style sheet set while it was hidden has brought its first font back."""
        super().showEvent(event)
        self._restyle()

    def set_token(self, token: str) -> None:
        """Another colour."""
        if token != self._token:
            self._token = token
            self.update()

    def minimumSizeHint(self) -> QSize:
        """An elided label may be cut down to a few letters."""
        hint = super().minimumSizeHint()
        return QSize(min(48, hint.width()), hint.height()) if self._elide else hint

    def setText(self, text: str) -> None:
        """The whole text is the tool tip of an elided label."""
        super().setText(text)
        if self._elide:
            self.setToolTip(text)

    def paintEvent(self, event: QPaintEvent) -> None:
        """In the theme's colour, cut with an ellipsis where asked for."""
        painter = QPainter(self)
        painter.setFont(self.font())
        painter.setPen(current().color(self._token))
        text = self.text()
        flags = int(self.alignment())
        if self._elide:
            text = self.fontMetrics().elidedText(
                text, Qt.TextElideMode.ElideRight, self.contentsRect().width()
            )
        elif self.wordWrap():
            flags |= int(Qt.TextFlag.TextWordWrap)
        painter.drawText(self.contentsRect(), flags, text)


class Steady(Text):
    """Lines of text that take the room of the longest text so far, so that nothing under them moves.

    Forgotten when it goes out of view, or gets another width.
    """

    def __init__(self, text: str = "", *, token: str = "text") -> None:
        super().__init__(text, token=token)
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)

    def setText(self, text: str) -> None:
        """Another text; no less room."""
        super().setText(text)
        if self.isVisible():
            self.setMinimumHeight(max(self._least, self.heightForWidth(self.width())))

    def showEvent(self, event: QShowEvent) -> None:
        """A new beginning."""
        self._forget()
        super().showEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lines break elsewhere."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._forget()

    def _forget(self) -> None:
        self._least = 0
        QLabel.setMinimumHeight(self, 0)


SPOKEN = {"⇧": "Shift", "⌘": "Command", "⌥": "Option", "⌃": "Control", "+": "Plus", "-": "Minus"}
"""Signs on keys, as screen readers say them."""


class Key(QLabel):
    """A key cap."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._text = text
        self.setTextFormat(Qt.TextFormat.PlainText)
        spoken = text
        for sign, name in SPOKEN.items():
            spoken = spoken.replace(sign, f"{name} ")
        self.setAccessibleName(" ".join(spoken.split()))
        self._fit()
        appearance.changed.connect(self._fit)

    def _fit(self) -> None:
        self.setFixedSize(key_width(self._text), key_height())
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Outline and text."""
        t = current()
        draw_key(QPainter(self), self.rect(), self._text, t.color("muted"), t.color("border_strong"))


class Icon(QWidget):
    """An icon that is no button."""

    def __init__(self, name: str, size: int = 16, token: str = "text") -> None:
        super().__init__()
        self._name, self._usual, self._token = name, size, token
        appearance.changed.connect(self._fit)
        self._fit()

    def _fit(self) -> None:
        self._size = grown(self._usual)
        self.setFixedSize(self._size, self._size)
        self.update()

    def set(self, name: str, token: str) -> None:
        """Another icon or colour."""
        self._name, self._token = name, token
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The icon."""
        t = current()
        painter = QPainter(self)
        if self._token == "positive":
            icons.draw_filled(painter, self._name, 0, 0, self._size, t.color(self._token), t.color("surface"))
        else:
            icons.draw(painter, self._name, 0, 0, self._size, t.color(self._token))


class Panel(QFrame):
    """A widget with one of the theme's fills and, where asked for, a line at an edge."""

    def __init__(self, token: str = "surface", *, edges: str = "", radius: int = 0) -> None:
        """:param edges: any of the letters t, r, b, l; with a radius the whole outline is drawn"""
        super().__init__()
        self._token, self._edges, self._radius = token, edges, radius
        appearance.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Fill and lines."""
        t = current()
        painter = QPainter(self)
        line = t.color("border")
        if self._radius:
            round_rect(painter, self.rect(), self._radius, t.color(self._token), line)
            return
        painter.fillRect(self.rect(), t.color(self._token))
        w, h = self.width(), self.height()
        for edge, box in {
            "t": QRect(0, 0, w, 1),
            "b": QRect(0, h - 1, w, 1),
            "l": QRect(0, 0, 1, h),
            "r": QRect(w - 1, 0, 1, h),
        }.items():
            if edge in self._edges:
                painter.fillRect(box, line)


class Line(QWidget):
    """A 1 px separator."""

    def __init__(self, *, vertical: bool = False, token: str = "border") -> None:
        super().__init__()
        self._token = token
        if vertical:
            self.setFixedWidth(1)
        else:
            self.setFixedHeight(1)
        appearance.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The line."""
        QPainter(self).fillRect(self.rect(), current().color(self._token))
