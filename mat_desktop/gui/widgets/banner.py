"""Messages in the window: icon, what and why, one action. Problems stay until dismissed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCursor,
    QFontMetrics,
    QHideEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from mat_desktop.gui.theme import appearance, current, font
from mat_desktop.gui.widgets.announce import announce
from mat_desktop.gui.widgets.controls import Button, Icon, Link, Text
from mat_desktop.gui.widgets.painting import round_rect

ICONS = {"positive": "circle-check", "warning": "triangle-alert", "danger": "circle-alert"}


GOOD_NEWS_MS = 20_000
"""So long stands what went well."""

REST_MS = 3000
"""So long the mouse has been still before that goes by itself: something else comes under it."""

MOVED_MS = 600
"""So long after a message came a click was meant for what stood there before."""

Action = tuple[str, Callable[[], object]]


class Banner(QFrame):
    """One message. ``goes`` says that it is about to be hidden, with the focus where it is still; ``closed``
    that the user closed it, without its action.
    """

    goes = Signal()
    closed = Signal()

    def __init__(
        self,
        level: str,
        text: str,
        actions: Sequence[Action] = (),
        *,
        asks: bool = False,
        stays: bool = False,
    ) -> None:
        """:param level: positive, warning or danger
        :param asks: whether nothing happens before its action is pressed
        :param stays: after an action too, which only begins what settles it
        """
        super().__init__()
        self._level, self._stays = level, stays
        self.asks = asks
        self.text = text
        self.setAccessibleName(text)
        through = Qt.WidgetAttribute.WA_TransparentForMouseEvents
        self.setAttribute(through)
        QTimer.singleShot(MOVED_MS, self, lambda: self.setAttribute(through, False))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 4, 4, 4)
        layout.setSpacing(10)
        layout.addWidget(Icon(ICONS[level], 16, level))
        label = Text(text)
        label.setWordWrap(True)
        label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        layout.addWidget(label, 1)
        self.links: list[Link] = []
        for name, do in actions:
            link = Link(name, underline=True)
            link.token = "text"
            if not stays:
                link.clicked.connect(self.dismiss)
            link.clicked.connect(lambda _=False, do=do: do())
            layout.addWidget(link)
            self.links.append(link)
        self.close_button = Button(icon="x", kind="flat", height=28, tip="Dismiss")
        self.close_button.clicked.connect(self.close_it)
        layout.addWidget(self.close_button)
        appearance.changed.connect(self.update)

    @property
    def weight(self) -> int:
        """How long it is to keep its place among others."""
        return 2 if self._stays else 0 if self._level == "positive" else 1

    @property
    def action(self) -> Link:
        """The first of them."""
        return self.links[0]

    def fade(self, mouse: QPoint | None = None) -> None:
        """Go once nobody aims at what is near: the mouse is elsewhere, or still.

        :param mouse: where it was when this was last asked
        """
        now, page = QCursor.pos(), self.window()
        if now == mouse or not page.frameGeometry().contains(now):
            self.dismiss()
        else:
            QTimer.singleShot(REST_MS, self, lambda: self.fade(now))

    def dismiss(self) -> None:
        """Take the message away."""
        self.hide()
        self.deleteLater()

    def close_it(self) -> None:
        """The user does not want to know any more."""
        self.closed.emit()
        self.dismiss()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape, with the focus in it, is a no."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_it()
        else:
            super().keyPressEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """Qt moves the focus on only after this."""
        if self.isHidden():  # and not only out of view with its page
            self.goes.emit()
        super().hideEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The level's fill, or its outline where there are no tints."""
        t = current()
        line = t.color(self._level) if t.high else None
        round_rect(QPainter(self), self.rect(), 6, t.color(f"{self._level}_fill"), line)


class _Stack(QWidget):
    """The messages, one under the other. ``changed``: they need another height."""

    changed = Signal()

    def event(self, event: QEvent) -> bool:
        """One came or went, or its words are others."""
        done = super().event(event)
        if event.type() is QEvent.Type.LayoutRequest:
            self.changed.emit()
        return done


class Banners(QScrollArea):
    """The messages of a page, newest first, one of each kind. They stand where nothing has to move for them
    but the end of a list, and are scrolled where the page needs the room.

    ``changing``: they are about to be higher or lower.
    """

    LARGEST = 3
    changing = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.setWidgetResizable(True)
        self._stack = _Stack()
        self._layout = QVBoxLayout(self._stack)
        self._layout.setContentsMargins(16, 8, 16, 8)
        self._layout.setSpacing(6)
        self.setWidget(self._stack)
        self.viewport().setAutoFillBackground(False)
        self._stack.setAutoFillBackground(False)
        self._stack.changed.connect(self._fit)
        self._shown: dict[str, Banner] = {}
        self._came_from: QWidget | None = None
        self._before: QWidget = self
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._focus_moved)
        self.hide()

    def tab_after(self, before: QWidget) -> None:
        """For Tab the messages come after this, and not where they were made."""
        self._before = before
        for banner in self._shown.values():
            self._put_in_order(banner)

    def _put_in_order(self, banner: Banner) -> None:
        before = self._before
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # Qt puts nothing behind what cannot have the focus
        for part in banner.findChildren(QAbstractButton):
            QWidget.setTabOrder(before, part)
            before = part
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def sizeHint(self) -> QSize:
        """All of them, at the width that they have."""
        wide = self.width()
        return QSize(wide, self._layout.totalHeightForWidth(wide))

    def minimumSizeHint(self) -> QSize:
        """Two lines of the newest; the rest is scrolled."""
        top, bottom = self._layout.contentsMargins().top(), self._layout.contentsMargins().bottom()
        least = 2 * QFontMetrics(font()).lineSpacing() + 8 + top + bottom
        return QSize(0, min(least, self.sizeHint().height()))

    def _fit(self) -> None:
        self.changing.emit()
        self.updateGeometry()

    def show_message(
        self,
        level: str,
        text: str,
        action: str = "",
        do: Callable[[], object] | None = None,
        *,
        also: Action | None = None,
        kind: str = "",
        asks: bool = False,
        stays: bool = False,
        closed: Callable[[], object] | None = None,
    ) -> Banner:
        """Show a message; one of the same kind is replaced.

        :param also: a second action
        :param kind: what it is about; the text by default
        :param asks: it is a question, to which Escape says no wherever the focus is
        :param stays: after an action too
        :param closed: called where the user closes it
        """
        kind = kind or text
        self.clear(kind)
        while len(self._shown) >= self.LARGEST:
            self.clear(self._least())
        first = [(action, do)] if action and do is not None else []
        actions = [*first, *([also] if also is not None else [])]
        banner = Banner(level, text, actions, asks=asks, stays=stays)
        if closed is not None:
            banner.closed.connect(lambda: closed())
        self._shown[kind] = banner
        self._layout.insertWidget(0, banner)
        self.verticalScrollBar().setValue(0)
        self._put_in_order(banner)  # for Tab it stands where it is seen, not behind all that was made before
        if level == "positive":
            QTimer.singleShot(GOOD_NEWS_MS, banner, banner.fade)
        banner.goes.connect(self._give_focus_back)
        banner.destroyed.connect(lambda: self._gone(kind, banner))
        self.show()
        announce(self, text)
        return banner

    def _least(self) -> str:
        """The kind that gives way where there is no room: good news first, and last what is not done yet."""
        return min(self._shown, key=lambda kind: self._shown[kind].weight)

    def texts(self) -> list[str]:
        """What stands there."""
        return [banner.text for banner in self._shown.values() if not banner.isHidden()]

    def escape(self) -> bool:
        """Take the newest question away; says whether there was one."""
        for banner in reversed(self._shown.values()):
            if banner.asks and banner.isVisible():
                banner.dismiss()
                return True
        return False

    def close_newest(self) -> bool:
        """Close the newest message that has no action; says whether there was one."""
        for banner in reversed(self._shown.values()):
            if not banner.links and banner.isVisible():
                banner.close_it()
                return True
        return False

    def clear(self, kind: str) -> None:
        """Take messages of a kind away."""
        banner = self._shown.pop(kind, None)
        if banner is not None:
            banner.hide()
            banner.deleteLater()
        if not self._shown:
            self.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width makes other lines."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()

    def showEvent(self, event: QShowEvent) -> None:
        """The first of them."""
        super().showEvent(event)
        self.changing.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        """The last of them is gone."""
        super().hideEvent(event)
        self.changing.emit()

    def _focus_moved(self, old: QWidget | None, new: QWidget | None) -> None:
        if new is not None and self.isAncestorOf(new) and not (old is not None and self.isAncestorOf(old)):
            self._came_from = old

    def _give_focus_back(self) -> None:
        """To where the user came from: the next control in order may be far away."""
        focus, back = QApplication.focusWidget(), self._came_from
        inside = focus is not None and self.isAncestorOf(focus)
        if inside and back is not None and isValid(back) and back.isVisible():
            back.setFocus()

    def _gone(self, kind: str, banner: Banner) -> None:
        if self._shown.get(kind) is banner:
            del self._shown[kind]
        if not self._shown:
            try:
                self.hide()
            except RuntimeError:  # the window is going as well
                return
