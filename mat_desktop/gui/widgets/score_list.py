"""The tags of a track with their scores as bars, to be accepted or rejected."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QWheelEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyledItemDelegate, QStyleOptionViewItem

from mat_desktop.domain.scores import Suggestion, Verdict
from mat_desktop.gui import icons, words
from mat_desktop.gui.models.tags import TAG_ROLE, TagRow, TagsModel, listed
from mat_desktop.gui.scale import on_scale
from mat_desktop.gui.theme import appearance, current, font
from mat_desktop.gui.widgets.controls import draw_key, round_rect
from mat_desktop.gui.widgets.delegates import elide

Index = QModelIndex | QPersistentModelIndex

HEADING = 24
ROW = 28
NAME_X, NAME_WIDTH = 40, 116
RIGHT = 16
BUTTON = 24


class ScoreDelegate(QStyledItemDelegate):
    """Verdict, name, bar with threshold, score and key; two small buttons under the pointer."""

    def __init__(self, view: ScoreList) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Headings are lower than tags."""
        row: TagRow = index.data(TAG_ROLE)
        return QSize(200, HEADING if row.suggestion is None else ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """A heading or a tag."""
        row: TagRow = index.data(TAG_ROLE)
        rect: QRect = option.rect
        painter.save()
        if row.suggestion is None:
            self._heading(painter, rect, row)
        else:
            self._tag(painter, rect, row, row.suggestion, index.row())
        painter.restore()

    def _heading(self, painter: QPainter, rect: QRect, row: TagRow) -> None:
        t = current()
        hue = t.category(row.category)
        icons.draw(painter, words.CATEGORY_ICONS[row.category], rect.x() + 16, rect.y() + 5, 14, hue)
        painter.setFont(font(11, 600))
        painter.setPen(hue)
        box = rect.adjusted(NAME_X, 0, -RIGHT, 0)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, words.CATEGORY_WORDS[row.category])

    def _tag(self, painter: QPainter, rect: QRect, row: TagRow, s: Suggestion, place: int) -> None:
        t = current()
        hover = self._view.hover_row == place
        is_current = self._view.currentIndex().row() == place
        inner = rect.adjusted(8, 1, -8, -1)
        if hover or is_current:
            round_rect(painter, inner, 5, t.color("hover"))
        if is_current and self._view.hasFocus():
            round_rect(painter, inner, 5, None, t.color("focus"), 2)
        rejected = s.verdict is Verdict.REJECTED
        shown = listed(s)
        self._verdict(painter, rect.x() + 16, rect.y() + 6, s)
        painter.setFont(font(13, strike=rejected))
        painter.setPen(t.color("text" if shown and not rejected else "muted"))
        name = QRect(rect.x() + NAME_X, rect.y(), NAME_WIDTH, rect.height())
        painter.drawText(name, Qt.AlignmentFlag.AlignVCenter, elide(s.tag.name, NAME_WIDTH - 4))
        right = rect.right() + 1 - RIGHT
        right_of_bar = 104 if hover else 74  # the buttons push the score aside
        bar_end = right - right_of_bar
        self._bar(painter, QRect(name.right() + 1, rect.y() + 10, bar_end - name.right() - 1, 8), s, shown)
        painter.setFont(font(13, figures=True))
        painter.setPen(t.color("text" if shown and not rejected else "muted"))
        value = QRect(right - right_of_bar + 6, rect.y(), 36, rect.height())
        painter.drawText(value, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, f"{s.score:.2f}")
        if hover:
            accept, reject = self._view.buttons(rect)
            for box, icon, token, on in (
                (accept, "check", "positive", s.verdict is Verdict.ACCEPTED),
                (reject, "x", "danger", rejected),
            ):
                under = self._view.pointer is not None and box.contains(self._view.pointer)
                fill = t.color("border_strong" if under else "raised")
                round_rect(painter, box, 5, fill, t.color(token if on else "border_strong"))
                icons.draw(painter, icon, box.x() + 5, box.y() + 5, 14, t.color(token))
            return
        if row.number:
            key = QRect(right - 18, rect.y() + 5, 18, 18)
            draw_key(painter, key, str(row.number), t.color("muted"), t.color("border_strong"))

    def _verdict(self, painter: QPainter, x: int, y: int, s: Suggestion) -> None:
        t = current()
        if s.verdict is Verdict.ACCEPTED:
            icons.draw_filled(painter, "circle-check", x, y, 16, t.color("positive"), t.color("surface"))
        elif s.verdict is Verdict.REJECTED:
            icons.draw(painter, "circle-x", x, y, 16, t.color("danger"))
        elif s.suggested:
            icons.draw(painter, "circle-dashed", x, y, 16, t.color("muted"))

    def _bar(self, painter: QPainter, bar: QRect, s: Suggestion, shown: bool) -> None:
        t = current()
        hue = t.category(s.tag.category)
        round_rect(painter, bar, 2, t.color("border"))
        wide = max(3, round(bar.width() * on_scale(s.score)))
        filled = QRect(bar.x(), bar.y(), wide, bar.height())
        if shown and s.verdict is not Verdict.REJECTED:
            round_rect(painter, filled, 2, hue)
        else:
            round_rect(painter, filled, 2, t.color("border"), hue)
        tick = bar.x() + min(max(round(bar.width() * on_scale(s.threshold)), 2), bar.width() - 2)
        painter.fillRect(QRect(tick - 2, bar.y() - 4, 4, 16), t.color("surface"))
        painter.fillRect(QRect(tick - 1, bar.y() - 4, 2, 16), t.color("text"))


class ScoreList(QListView):
    """As high as its rows: what is around it scrolls."""

    decided = Signal(str, object)
    reveal = Signal(QRect)

    def __init__(self) -> None:
        super().__init__()
        self.tags = TagsModel(self)
        self.hover_row = -1
        self.pointer: QPoint | None = None
        self.setModel(self.tags)
        self.setItemDelegate(ScoreDelegate(self))
        self.setAccessibleName("Tags of the track")
        self.setMouseTracking(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.tags.modelReset.connect(self._fit)
        appearance.changed.connect(self.viewport().update)
        self._fit()

    def _fit(self) -> None:
        count = self.tags.rowCount()
        tags = len(self.tags.tag_rows())
        self.setFixedHeight(tags * ROW + (count - tags) * HEADING + 4)
        if not self.currentIndex().isValid():
            self.reset_current()

    def reset_current(self) -> None:
        """The first tag of the question is the current one."""
        places = self.tags.listed_rows() or self.tags.tag_rows()
        if places:
            self.setCurrentIndex(self.tags.index(places[0]))

    def current(self) -> Suggestion | None:
        """The tag that P, X and U mean."""
        row = self.tags.row(self.currentIndex().row())
        return row.suggestion if row else None

    def go_to(self, name: str) -> None:
        """Make a tag the current one."""
        place = self.tags.place(name)
        if place >= 0:
            self.setCurrentIndex(self.tags.index(place))
            self.reveal.emit(self.visualRect(self.tags.index(place)))

    def step(self, by: int) -> None:
        """The next tag, or the one before, without headings."""
        places = self.tags.tag_rows()
        if not places:
            return
        here = self.currentIndex().row()
        after = [p for p in places if (p > here if by > 0 else p < here)]
        if after:
            index = self.tags.index(after[0] if by > 0 else after[-1])
            self.setCurrentIndex(index)
            self.reveal.emit(self.visualRect(index))

    def buttons(self, rect: QRect) -> tuple[QRect, QRect]:
        """Where a row's two buttons are."""
        right = rect.right() + 1 - RIGHT
        y = rect.y() + (rect.height() - BUTTON) // 2
        return QRect(right - 2 * BUTTON - 4, y, BUTTON, BUTTON), QRect(right - BUTTON, y, BUTTON, BUTTON)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and Down walk over the tags; the letters are actions of the window."""
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.step(1 if event.key() == Qt.Key.Key_Down else -1)
            return
        event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Buttons appear in the row under the pointer."""
        point = event.position().toPoint()
        self.pointer, self.hover_row = point, self.indexAt(point).row()
        self.viewport().update()

    def leaveEvent(self, event: QEvent) -> None:
        """And go."""
        self.pointer, self.hover_row = None, -1
        self.viewport().update()
        super().leaveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The verdict icon turns round, the buttons accept and reject, anywhere else selects."""
        point = event.position().toPoint()
        index = self.indexAt(point)
        row = self.tags.row(index.row())
        if row is None or row.suggestion is None or event.button() is not Qt.MouseButton.LeftButton:
            return
        self.setCurrentIndex(index)
        suggestion = row.suggestion
        rect = self.visualRect(index)
        accept, reject = self.buttons(rect)
        name, verdict = suggestion.tag.name, suggestion.verdict
        if accept.contains(point):
            self.decided.emit(name, _toggle(verdict, Verdict.ACCEPTED))
        elif reject.contains(point):
            self.decided.emit(name, _toggle(verdict, Verdict.REJECTED))
        elif point.x() < NAME_X - 2:
            turn = [Verdict.UNDECIDED, Verdict.ACCEPTED, Verdict.REJECTED]
            self.decided.emit(name, turn[(turn.index(verdict) + 1) % 3])

    def wheelEvent(self, event: QWheelEvent) -> None:
        """What is around it scrolls."""
        event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The ring appears."""
        super().focusInEvent(event)
        self.viewport().update()


def _toggle(verdict: Verdict, wished: Verdict) -> Verdict:
    return Verdict.UNDECIDED if verdict is wished else wished
