"""The field over the table, which understands queries."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QKeyCombination, QPoint, QRect, QStringListModel, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QCompleter, QWidget

from mat_desktop.app.complete import Completion
from mat_desktop.domain.query import QueryError
from mat_desktop.gui import icons
from mat_desktop.gui.theme import appearance, current, font
from mat_desktop.gui.widgets.choices import Choices
from mat_desktop.gui.widgets.controls import Button
from mat_desktop.gui.widgets.delegates import text_width
from mat_desktop.gui.widgets.fit import KeepTall, grown
from mat_desktop.gui.widgets.line_field import LineField
from mat_desktop.gui.widgets.painting import draw_key, key_width

CTRL_E = QKeyCombination(Qt.KeyboardModifier.ControlModifier, Qt.Key.Key_E)
Complete = Callable[[str, int], Completion]


class SearchField(LineField):
    """A field with a lens, the key that leads to it, and a button that says what can be asked, if there is a
    language.

    ``entered`` says that the keyboard is here, ``left`` that Escape sends it away, ``closed`` that nothing is
    offered any more, ``help_asked`` that somebody wants to know the language. While choices are open Enter
    takes the one that is chosen, or closes them: what is typed on is still meant for the field.
    """

    entered = Signal()
    left = Signal()
    closed = Signal()
    help_asked = Signal()

    def __init__(
        self, placeholder: str, key: str = "", *, name: str = "Search", language: bool = True
    ) -> None:
        """:param language: whether queries are understood; else what is typed is looked for as it stands"""
        super().__init__()
        self._key = key
        self._language = language
        self._found = ""
        self._error: QueryError | None = None
        self._complete: Complete | None = None
        self._completion = Completion(0, 0)
        self._problem: QWidget | None = None
        self.setPlaceholderText(placeholder)
        self.setAccessibleName(name)
        self.setAccessibleDescription(placeholder)
        KeepTall(self, 32)
        self.setFont(font(13))
        self.setClearButtonEnabled(False)
        self.help = Button(icon="circle-help", kind="flat", height=24, tip="What can be asked", parent=self)
        self.help.clicked.connect(self.help_asked)
        self.help.setVisible(language)
        self._make_room()
        self._choices = QStringListModel(self)
        self._completer = QCompleter(self._choices, self)
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._completer.setMaxVisibleItems(12)
        self._popup = Choices()
        self._popup.gone.connect(self.closed)
        self._completer.setPopup(self._popup)
        self._completer.setWidget(self)
        self._completer.activated.connect(self._take)
        self.textEdited.connect(lambda _: self._offer())
        appearance.changed.connect(self.update)

    def complete_with(self, complete: Complete) -> None:
        """Offer how a query may go on."""
        self._complete = complete

    def set_error(self, error: QueryError | None) -> None:
        """Mark the place where a query cannot be understood, or none."""
        self._error = error
        self._uncover()
        self.update()

    def show_over(self, problem: QWidget) -> None:
        """What says under the field why a query is not understood: the list of choices opens below it."""
        self._problem = problem

    def _uncover(self) -> None:
        problem, popup = self._problem, self._popup
        if problem is None or self._error is None or not popup.isVisible():
            return
        under = problem.mapToGlobal(QPoint(0, 0)).y() + problem.sizeHint().height()
        if self.mapToGlobal(QPoint(0, 0)).y() < popup.y() < under:
            popup.move(popup.x(), under)

    def set_found(self, text: str) -> None:
        """How many tracks the query finds, said at the right of it where there is room; empty for none."""
        if text != self._found:
            self._found = text
            self.setAccessibleDescription(text or self.placeholderText())
            self._make_room()
            self.update()

    def _make_room(self) -> None:
        """For what stands at the right: the key in an empty field, else how many were found."""
        beside = key_width(self._key) + 4 if self._key_fits else 0
        if self._found_fits:
            beside = max(beside, text_width(self._found, 12, 400) + 12)
        self.setTextMargins(8 + grown(16), 0, (28 if self._language else 4) + beside, 0)

    @property
    def _key_fits(self) -> bool:
        """A narrow field has no room for the key: it is in the menu too."""
        return bool(self._key) and self.width() > 3 * key_width(self._key)

    @property
    def _found_fits(self) -> bool:
        """A narrow field has no room but for the query."""
        return bool(self._found) and self.width() > 3 * text_width(self._found, 12, 400)

    # completion

    def _offer(self) -> None:
        if self._complete is None:
            return
        self._completion = self._complete(self.text(), self.cursorPosition())
        popup = self._popup
        if not self._completion.choices or not self.hasFocus():
            popup.hide()
            return
        self._choices.setStringList(list(self._completion.choices))
        self._completer.setCurrentRow(-1)
        metrics = QFontMetrics(font(13))
        wide = max(metrics.horizontalAdvance(choice) for choice in self._completion.choices) + 48
        at = self._x(self._completion.start) - 13
        self._completer.complete(QRect(at, 0, max(wide, 160), self.height() + 2))
        popup.setCurrentIndex(self._choices.index(-1))

    def _take(self, choice: str) -> None:
        begun = self._completion
        text = self.text()
        ends = choice.endswith((":", " "))
        rest = text[begun.end :]
        put = choice if ends or rest[:1].isspace() else f"{choice} "
        self.setText(text[: begun.start] + put + rest)
        self.setCursorPosition(begun.start + len(put))
        if ends:
            self._offer()

    def _x(self, place: int) -> int:
        """Where a character is painted."""
        text = self.text()
        metrics = QFontMetrics(self.font())
        cursor = metrics.horizontalAdvance(text[: self.cursorPosition()])
        return self.cursorRect().center().x() - cursor + metrics.horizontalAdvance(text[:place])

    # events

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The button stays at the right."""
        super().resizeEvent(event)
        self.help.setGeometry(self.width() - 28, 4, 24, 24)
        self._make_room()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The field, then lens, key and the mark of an error over it."""
        super().paintEvent(event)
        t = current()
        painter = QPainter(self)
        size = grown(16)
        icons.draw(painter, "search", 10, (self.height() - size) // 2, size, t.color("muted"))
        if self._key_fits and not self.text():
            wide = key_width(self._key)
            box = QRect(self.width() - wide - 34, 7, wide, self.height() - 14)
            draw_key(painter, box, self._key, t.color("muted"), t.color("border_strong"))
        if self.text() and self._found_fits:
            painter.setFont(font(12, figures=True))
            painter.setPen(t.color("muted"))
            side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(self.rect().adjusted(0, 0, -36, 0), side, self._found)
        if self._error is not None:
            left = self._x(self._error.start)
            right = max(self._x(self._error.end), left + 8)
            painter.setPen(QPen(t.color("danger"), 2))
            painter.setClipRect(self.rect().adjusted(30, 0, -30, 0))
            painter.drawLine(QPoint(left, self.height() - 6), QPoint(right, self.height() - 6))

    def event(self, event: QEvent) -> bool:
        """Ctrl+E exports what was found; on Linux Qt would take it for the End key. Keys that its button has
        no use for are not typed here.
        """
        if isinstance(event, QKeyEvent) and self.help.hasFocus():
            event.ignore()
            return False
        if (
            isinstance(event, QKeyEvent)
            and event.type() is QEvent.Type.ShortcutOverride
            and event.keyCombination() == CTRL_E
        ):
            event.ignore()
            return True
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Say that it is entered."""
        super().focusInEvent(event)
        self.entered.emit()

    def focusNextPrevChild(self, on: bool) -> bool:
        """Tab takes what is chosen in the list, or its first line, before it goes to the next field."""
        if on and self._popup.isVisible():
            chosen = self._popup.currentIndex()
            self._popup.hide()
            self._take(chosen.data() if chosen.isValid() else self._completion.choices[0])
            return True
        return super().focusNextPrevChild(on)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape empties the field, and leaves an empty one; Down in an empty one says what can be asked."""
        popup = self._popup
        if popup.isVisible():
            choosing = popup.currentIndex().isValid()
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and choosing:
                event.ignore()  # the list takes it
                return
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape):
                popup.hide()
                return
        elif event.key() == Qt.Key.Key_Down and not self.text() and self._language:
            self.help_asked.emit()
            return
        if event.key() == Qt.Key.Key_Escape:
            if self.text():
                self.clear()
            else:
                self.left.emit()
            return
        super().keyPressEvent(event)
