"""The tags of a track with their scores as bars, to be accepted or rejected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import floor

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QListView,
    QMenu,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from mat_desktop.domain.scores import Suggestion, Verdict
from mat_desktop.gui import icons, words
from mat_desktop.gui.models.tags import NEAREST, TAG_ROLE, TagRow, TagsModel, listed
from mat_desktop.gui.models.together import Share
from mat_desktop.gui.scale import MARKS, SAYS, from_scale, on_scale
from mat_desktop.gui.theme import appearance, current, font, wider
from mat_desktop.gui.widgets.announce import announce
from mat_desktop.gui.widgets.delegates import elide, text_width
from mat_desktop.gui.widgets.fit import grown, tall
from mat_desktop.gui.widgets.painting import draw_key, key_height, key_width, round_rect
from mat_desktop.gui.widgets.views import ListView

Index = QModelIndex | QPersistentModelIndex

RIGHT = 16
BUTTON = 22
BETWEEN = 2
"""Pixels between the two buttons of a row."""
VALUE = 38
"""Pixels of a score at the usual size of letters."""

NEAR = 6
"""Pixels beside a threshold's mark from which it can be dragged."""

SHARE = 48
"""How much wider "in 12 of 40" is than a score, in pixels."""

STEP = 0.03
"""How far a menu entry moves a threshold, as a share of the scale."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Where the parts of a row lie, in pixels.

    :param key: left edge of the key, or below 0 where it stands at the right end
    """

    row: int
    key: int
    icon: int
    name: int
    name_width: int


NARROW = Shape(28, -1, 16, 40, 116)
LARGE = Shape(32, 16, 44, 70, 112)


class ScoreDelegate(QStyledItemDelegate):
    """Verdict, name, bar with threshold, score and key; two small buttons under the pointer."""

    def __init__(self, view: ScoreList) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Headings are lower than tags."""
        row: TagRow = index.data(TAG_ROLE)
        return QSize(200, heading_height() if row.suggestion is None else self._view.row_height)

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
        hue = t.category_bar(row.category)
        size = grown(14)
        y = rect.y() + (rect.height() - size) // 2
        icons.draw(painter, words.CATEGORY_ICONS[row.category], rect.x() + 16, y, size, hue)
        painter.setFont(font(11, 600))
        painter.setPen(t.category(row.category))
        box = rect.adjusted(26 + size, 0, -RIGHT, 0)
        text = words.CATEGORY_WORDS[row.category]
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, text)
        if notes := row.notes:
            painter.setFont(font(11))
            painter.setPen(t.color("muted"))
            room = box.width() - text_width(text, 11, 600) - 16
            note = next((note for note in notes if text_width(note, 11, 400) <= room), None)
            note = note or elide(notes[-1], room, 11)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, note)

    def _tag(self, painter: QPainter, rect: QRect, row: TagRow, s: Suggestion, place: int) -> None:
        t = current()
        hover = self._view.hover_row == place
        is_current = self._view.currentIndex().row() == place
        inner = rect.adjusted(8, 1, -8, -1)
        if hover or is_current:
            round_rect(painter, inner, 5, t.color("hover"))
        if is_current and self._view.hasFocus():
            round_rect(painter, inner, 5, None, t.color("focus"), 2)
        share = self._view.tags.shares.get(s.tag.name)
        verdict = share.said if share else s.verdict
        rejected = verdict is Verdict.REJECTED
        shown = listed(s)
        shape = self._view.shape_
        middle = rect.y() + rect.height() // 2
        if shape.key < 0 or not hover:
            self._verdict(painter, rect.x() + shape.icon, middle - grown(16) // 2, s, verdict)
        asks = verdict is Verdict.UNDECIDED and not s.unasked
        ink = t.color("text" if shown and not asks and not rejected else "muted")
        room = wider(shape.name_width)
        name = QRect(rect.x() + self._view.name_left, rect.y(), room, rect.height())
        said = "new" if s.tag.name in self._view.tags.unseen else said_beside(s, room)
        own = text_width(said, 11, 400) + 6 if said else 0
        painter.setFont(font(13, strike=rejected))
        painter.setPen(ink)
        text = elide(s.tag.shown, room - 4 - own)
        painter.drawText(name, Qt.AlignmentFlag.AlignVCenter, text)
        if said:
            painter.setFont(font(11))
            painter.setPen(t.color("warning" if said == "new" else "muted"))
            beside = name.adjusted(text_width(text, 13, 400) + 6, 1, 0, 0)
            painter.drawText(beside, Qt.AlignmentFlag.AlignVCenter, said)
        right = rect.right() + 1 - RIGHT
        bar = self._view.bar(rect)
        value = QRect(bar.right() + 7, rect.y(), value_width() + (SHARE if share else 0), rect.height())
        dragged = self._view.dragged if self._view.dragged_row == place else None
        side = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        if share:
            self._share(painter, bar, s, share)
        elif s.by_hand:
            painter.setFont(font(12))
            painter.setPen(t.color("muted"))
            painter.drawText(bar.adjusted(0, -8, 0, 8), Qt.AlignmentFlag.AlignVCenter, "by hand")
        else:
            self._bar(painter, bar, s, shown, dragged)
        painter.setFont(font(13, figures=True))
        painter.setPen(ink)
        if share:
            painter.drawText(value, side, share.short)
        elif dragged is not None:
            painter.setPen(t.color("accent"))
            painter.drawText(value, side, f"{dragged:.2f}")
        elif not s.by_hand:
            painter.drawText(value, side, f"{s.score:.2f}")
        if row.number and not hover:
            wide, high = max(18, key_width(str(row.number))), key_height()
            x = rect.x() + shape.key if shape.key >= 0 else right - wide
            key = QRect(x, middle - high // 2, wide, high)
            draw_key(painter, key, str(row.number), t.color("muted"), t.color("border_strong"))
        if hover:
            self._buttons(painter, rect, s)

    def _buttons(self, painter: QPainter, rect: QRect, s: Suggestion) -> None:
        t = current()
        accept, reject = self._view.buttons(rect)
        for box, icon, token, on in (
            (accept, "check", "positive", s.verdict is Verdict.ACCEPTED),
            (reject, "x", "danger", s.verdict is Verdict.REJECTED),
        ):
            under = self._view.pointer is not None and box.contains(self._view.pointer)
            fill = t.color("border_strong" if under else "raised")
            round_rect(painter, box, 5, fill, t.color(token if on else "border_strong"))
            icons.draw(painter, icon, box.x() + 4, box.y() + 4, 14, t.color(token))

    def _verdict(self, painter: QPainter, x: int, y: int, s: Suggestion, said: Verdict) -> None:
        t, size = current(), grown(16)
        if s.by_hand:
            icons.draw(painter, "plus", x, y, size, t.color("positive"))
        elif said is Verdict.ACCEPTED:
            icons.draw_filled(painter, "circle-check", x, y, size, t.color("positive"), t.color("surface"))
        elif said is Verdict.REJECTED:
            icons.draw(painter, "circle-x", x, y, size, t.color("danger"))
        elif s.suggested:
            icons.draw(painter, "circle-dashed", x, y, size, t.color("muted"))
        elif s.left_out:
            icons.draw(painter, "minus", x, y, size, t.color("muted"))

    def _share(self, painter: QPainter, bar: QRect, s: Suggestion, share: Share) -> None:
        """How many of the tracks have it; thresholds are compared with scores, not with this."""
        t = current()
        round_rect(painter, bar, 2, t.color("border"))
        if share.have:
            wide = max(3, round(bar.width() * share.part))
            hue = t.category(s.tag.category)
            round_rect(painter, QRect(bar.x(), bar.y(), wide, bar.height()), 2, hue)

    def _bar(self, painter: QPainter, bar: QRect, s: Suggestion, shown: bool, dragged: float | None) -> None:
        t = current()
        hue = t.category_bar(s.tag.category)
        ground = None if t.high else t.color("border")
        round_rect(painter, bar, 2, ground, t.color("border") if t.high else None)
        wide = max(3, round(bar.width() * on_scale(s.score)))
        filled = QRect(bar.x(), bar.y(), wide, bar.height())
        if shown and s.verdict is not Verdict.REJECTED:
            round_rect(painter, filled, 2, hue)
        else:
            round_rect(painter, filled, 2, ground, hue)
        tick = mark(bar, s.threshold if dragged is None else dragged)
        painter.fillRect(QRect(tick - 2, bar.y() - 4, 4, 16), t.color("surface"))
        ink = t.color("text" if dragged is None else "accent")
        painter.fillRect(QRect(tick - 1, bar.y() - 4, 2, 16), ink)


def said_beside(s: Suggestion, room: int) -> str:
    """That a threshold is the user's own, with its value where the name leaves room for it."""
    if not s.own:
        return ""
    whole = f"own {s.threshold:.2f}"
    return whole if text_width(s.tag.shown, 13, 400) + 10 + text_width(whole, 11, 400) <= room else "own"


def heading_height() -> int:
    """Pixels of a category's name."""
    return tall(24, 11, 4)


def value_width() -> int:
    """Pixels of a score."""
    return wider(VALUE)


def mark(bar: QRect, threshold: float) -> int:
    """Where on a bar a threshold is marked."""
    return bar.x() + min(max(round(bar.width() * on_scale(threshold)), 2), bar.width() - 2)


class ScoreAxis(QWidget):
    """Some scores over the bars of a list, as these are not drawn in proportion."""

    def __init__(self, view: ScoreList) -> None:
        super().__init__()
        self._view = view
        self.setToolTip(SAYS)
        self.setAccessibleName("Scale of the bars")
        self.setAccessibleDescription(SAYS)
        view.tags.modelReset.connect(self._fit)
        view.tags.dataChanged.connect(self._fit)
        appearance.changed.connect(self._fit)
        self._fit()

    def _fit(self) -> None:
        self.setFixedHeight(QFontMetrics(font(10)).height() + 6)
        tags = [row.suggestion for place in self._view.tags.tag_rows() if (row := self._view.tags.row(place))]
        scored = any(s is not None and not s.by_hand for s in tags)
        self.setVisible(scored and not self._view.tags.shares)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Each over its place, with a tick."""
        t, painter = current(), QPainter(self)
        painter.setFont(font(10, figures=True))
        painter.setPen(t.color("muted"))
        bar = self._view.bar(QRect(self._view.x(), 0, self._view.width(), self.height()))
        apart = bar.width() * (on_scale(MARKS[1]) - on_scale(MARKS[0]))
        fits = apart >= QFontMetrics(painter.font()).horizontalAdvance("0.5") + 8
        for score in MARKS if fits else (0.5,):
            at, text = bar.x() + round(bar.width() * on_scale(score)), f"{score:g}"
            wide = QFontMetrics(painter.font()).horizontalAdvance(text) + 4
            painter.drawText(
                QRect(at - wide // 2, 0, wide, self.height() - 6), Qt.AlignmentFlag.AlignCenter, text
            )
            painter.fillRect(QRect(at, self.height() - 3, 1, 3), t.color("border_strong"))


class ScoreList(ListView):
    """As high as its rows: what is around it scrolls."""

    decided = Signal(str, object)
    threshold_picked = Signal(str, object)
    mapping_asked = Signal(str)
    reveal = Signal(QRect)

    def __init__(self, shape: Shape = NARROW, nearest: int = NEAREST) -> None:
        super().__init__()
        self.shape_ = shape
        self.tags = TagsModel(self, nearest)
        self.dragged: float | None = None
        self.dragged_row = -1
        self.hover_row = -1
        self.pointer: QPoint | None = None
        self.setModel(self.tags)
        self.setItemDelegate(ScoreDelegate(self))
        self.setAccessibleName("Tags of the track")
        self.setMouseTracking(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.tags.modelReset.connect(self._fit)
        appearance.changed.connect(self._restyle)
        self._fit()

    @property
    def row_height(self) -> int:
        """As high as rows of tables, or as high as the large shape is at least."""
        return max(self.shape_.row, appearance.row)

    def _restyle(self) -> None:
        self.scheduleDelayedItemsLayout()
        self._fit()
        self.viewport().update()

    def _fit(self) -> None:
        count = self.tags.rowCount()
        tags = len(self.tags.tag_rows())
        self.setFixedHeight(tags * self.row_height + (count - tags) * heading_height() + 4)
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

    def tell_current(self) -> None:
        """Screen readers hear how the current tag is now."""
        announce(self, str(self.currentIndex().data(Qt.ItemDataRole.AccessibleTextRole)))

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

    @property
    def name_left(self) -> int:
        """Pixels from the left of a row to the tag's name, beside its sign."""
        return self.shape_.name + grown(16) - 16

    def buttons(self, rect: QRect) -> tuple[QRect, QRect]:
        """Where a row's two buttons are: in the key's place, and that of the sign if it is beside that."""
        wide, key = 2 * BUTTON + BETWEEN, self.shape_.key
        first = key if key >= 0 else rect.right() + 1 - RIGHT - wide
        y = rect.y() + (rect.height() - BUTTON) // 2
        return QRect(first, y, BUTTON, BUTTON), QRect(first + BUTTON + BETWEEN, y, BUTTON, BUTTON)

    def bar(self, rect: QRect) -> QRect:
        """Where a row's bar is: in all rows the same, with room for the score and what else is beside it."""
        shape = self.shape_
        room = 7 + value_width() + (SHARE if self.tags.shares else 0)
        room += 6 + 2 * BUTTON + BETWEEN if shape.key < 0 else 0
        left = rect.x() + self.name_left + wider(shape.name_width)
        return QRect(left, rect.y() + rect.height() // 2 - 4, rect.right() + 1 - RIGHT - room - left, 8)

    def _on_mark(self, point: QPoint) -> bool:
        """Whether a threshold's mark is under a point."""
        index = self.indexAt(point)
        row = self.tags.row(index.row())
        if row is None or row.suggestion is None or row.suggestion.by_hand or self.tags.shares:
            return False
        bar = self.bar(self.visualRect(index))
        inside = abs(point.y() - bar.center().y()) <= 10
        return inside and abs(point.x() - mark(bar, row.suggestion.threshold)) <= NEAR

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and Down walk over the tags; the letters are actions of the window."""
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.step(1 if event.key() == Qt.Key.Key_Down else -1)
            return
        event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Buttons appear in the row under the pointer."""
        point = event.position().toPoint()
        if self.dragged is not None:
            bar = self.bar(self.visualRect(self.tags.index(self.dragged_row)))
            self.dragged = from_scale(min(max((point.x() - bar.x()) / max(1, bar.width()), 0.0), 1.0))
            self.pointer = None
        else:
            self.pointer, self.hover_row = point, self.indexAt(point).row()
            on_mark = self._on_mark(point)
            shape = Qt.CursorShape.SplitHCursor if on_mark else Qt.CursorShape.ArrowCursor
            self.viewport().setCursor(shape)
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
        if self._on_mark(point):
            self.dragged, self.dragged_row = suggestion.threshold, index.row()
            return
        rect = self.visualRect(index)
        accept, reject = self.buttons(rect)
        name, verdict = suggestion.tag.name, suggestion.verdict
        if accept.contains(point):
            self.decided.emit(name, _toggle(verdict, Verdict.ACCEPTED))
        elif reject.contains(point):
            self.decided.emit(name, _toggle(verdict, Verdict.REJECTED))
        elif point.x() < self.name_left - 2:
            turn = [Verdict.UNDECIDED, Verdict.ACCEPTED, Verdict.REJECTED]
            self.decided.emit(name, turn[(turn.index(verdict) + 1) % 3])

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The dragged threshold stays where it is let go."""
        if self.dragged is None:
            return
        row, value = self.tags.row(self.dragged_row), self.dragged
        self.dragged, self.dragged_row = None, -1
        if row is not None and row.suggestion is not None and abs(value - row.suggestion.threshold) > 0.001:
            self.threshold_picked.emit(row.suggestion.tag.name, row.suggestion.at_rest(value))
        self.viewport().update()

    def press(self, index: QModelIndex) -> None:
        """Accept a tag, or take that back."""
        row = self.tags.row(index.row())
        if row is not None and row.suggestion is not None:
            self.setCurrentIndex(index)
            wished = _toggle(row.suggestion.verdict, Verdict.ACCEPTED)
            self.decided.emit(row.suggestion.tag.name, wished)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with a tag; the menu key asks for the current one."""
        by_mouse = event.reason() is QContextMenuEvent.Reason.Mouse
        index = self.indexAt(event.pos()) if by_mouse else self.currentIndex()
        row = self.tags.row(index.row())
        if row is None or row.suggestion is None:
            return
        self.setCurrentIndex(index)
        where = event.globalPos()
        if not by_mouse:
            where = self.viewport().mapToGlobal(self.visualRect(index).center())
        self.menu(row.suggestion).popup(where)

    def menu(self, s: Suggestion) -> QMenu:
        """The menu of a tag."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        name = s.tag.name

        def add(text: str, do: Callable[[], object], enabled: bool = True) -> None:
            action = menu.addAction(text)
            action.triggered.connect(lambda _=False: do())
            action.setEnabled(enabled)

        for text, verdict in (
            ("Accept", Verdict.ACCEPTED),
            ("Reject", Verdict.REJECTED),
            ("Leave undecided", Verdict.UNDECIDED),
        ):
            add(text, lambda verdict=verdict: self.decided.emit(name, verdict), s.verdict is not verdict)  # type: ignore[misc]
        if not s.by_hand and not self.tags.shares:
            menu.addSeparator()
            at = on_scale(s.threshold)

            def pick(value: float) -> None:
                self.threshold_picked.emit(name, s.at_rest(value))

            add(
                f"Suggest from this score on ({s.score:.2f})",
                lambda: pick(floor(s.score * 1000) / 1000),
                s.score < s.threshold,  # else it would be harder to suggest, not easier
            )
            add("Lower the threshold", lambda: pick(from_scale(at - STEP)), at > STEP)
            add("Raise the threshold", lambda: pick(from_scale(at + STEP)), at < 1 - STEP)
            add("Back to the model's threshold", lambda: self.threshold_picked.emit(name, None), s.own)
        menu.addSeparator()
        add(f"How “{s.tag.shown}” is written…", lambda: self.mapping_asked.emit(name))
        return menu

    def wheelEvent(self, event: QWheelEvent) -> None:
        """What is around it scrolls."""
        event.ignore()


def _toggle(verdict: Verdict, wished: Verdict) -> Verdict:
    return Verdict.UNDECIDED if verdict is wished else wished
