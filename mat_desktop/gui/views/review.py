"""One track after the other: large pictures, its tags, what would be written, and the keys for all of it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from mat_desktop.domain.plan import Change
from mat_desktop.domain.scores import Suggestion, Verdict
from mat_desktop.domain.tags import Field
from mat_desktop.gui import words
from mat_desktop.gui.models.row import Row
from mat_desktop.gui.models.tags import listed
from mat_desktop.gui.theme import appearance, current, font, wider
from mat_desktop.gui.widgets.add_tag import AddTag
from mat_desktop.gui.widgets.banner import Banners
from mat_desktop.gui.widgets.bar import Bar
from mat_desktop.gui.widgets.controls import Button, Line, Panel, Text
from mat_desktop.gui.widgets.drop_down import DropDown
from mat_desktop.gui.widgets.gives_way import Stack
from mat_desktop.gui.widgets.nesting import nest
from mat_desktop.gui.widgets.painting import key_text
from mat_desktop.gui.widgets.pane import strictness_slider
from mat_desktop.gui.widgets.question import Question
from mat_desktop.gui.widgets.queue_strip import QueueStrip
from mat_desktop.gui.widgets.review_keys import ReviewKeys
from mat_desktop.gui.widgets.score_list import LARGE
from mat_desktop.gui.widgets.shared_height import SharedHeight
from mat_desktop.gui.widgets.toggle import Toggle
from mat_desktop.gui.widgets.will_be_written import HeldBack, WillBeWritten

HEAD = ((28, 20, 600), (20, 13, 400))
"""The two lines above a track: least height in pixels, size and weight of their letters."""

FOOT = 34
"""Pixels beside and between the two buttons under the tags."""

CENTRE, SIDE = 280, 288
"""Least width of the pictures and of the tags beside them, pixels."""

LOW = 800
"""Below this height of the page the queue gives its room to the pictures."""


class ScopeCombo(DropDown):
    """Which tracks are reviewed: ``waiting``, ``shown`` or ``selected``."""

    def __init__(self) -> None:
        super().__init__([("waiting", ""), ("shown", ""), ("selected", "")])
        self.setAccessibleName("Tracks to review")
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(120)

    def set_counts(self, waiting: int, shown: int, selected: int) -> None:
        """How many tracks each of them means."""
        self.setItemText(0, f"All to review ({words.number(waiting)})")
        self.setItemText(1, f"As filtered in the library ({words.number(shown)})")
        self.setItemText(2, f"The selection ({words.number(selected)})")


class ProgressLine(QWidget):
    """How much of the queue is reviewed."""

    def __init__(self) -> None:
        super().__init__()
        self._share = 0.0
        self.setFixedHeight(4)
        self.setMinimumWidth(40)
        self.setMaximumWidth(160)
        appearance.changed.connect(self.update)

    def set_share(self, share: float) -> None:
        """0..1."""
        self._share = share
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Groove and fill."""
        t = current()
        painter = QPainter(self)
        painter.fillRect(self.rect(), t.color("border"))
        painter.fillRect(QRect(0, 0, round(self.width() * self._share), 4), t.color("accent"))


class ReviewPage(QWidget):
    """The page. Pictures and player are the library's, which it borrows while it is in view.

    ``done`` says that the track is reviewed, ``left`` that the user goes back, ``skip`` asks to seek.
    """

    done = Signal()
    left = Signal()
    stepped = Signal(int)
    skip = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._top())
        self._layout = layout
        self._stack = Stack()
        layout.addWidget(self._stack, 1)
        work = QWidget()
        columns = QHBoxLayout(work)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(0)
        columns.addWidget(self._centre(), 1)
        columns.addWidget(Line(vertical=True))
        columns.addWidget(self._side())
        self._stack.addWidget(work)
        self._stack.addWidget(self._empty())
        self._show_part(1)
        appearance.changed.connect(self._widen)

    def _top(self) -> QWidget:
        bar = Bar(16, 12, spacing=12)
        layout = bar.row
        self._heading = Text("Review", size=16, weight=600)
        layout.addWidget(self._heading)
        self.scope = ScopeCombo()
        layout.addWidget(self.scope)
        self.place = Text(figures=True)
        layout.addWidget(self.place)
        self.progress = ProgressLine()
        layout.addWidget(self.progress)
        self.pace = Text(size=12, token="muted", elide=True)
        layout.addWidget(self.pace, 1)
        layout.addStretch()  # where that is hidden
        self.go_on = Toggle("Go on when decided")
        self.go_on.setToolTip("The next track comes as soon as every suggestion is decided")
        layout.addWidget(self.go_on)
        self.back = Button("Back to library", key=key_text("Esc"))
        self.back.clicked.connect(self.left)
        layout.addWidget(self.back)
        return bar

    def _centre(self) -> QWidget:
        box = Panel("surface")
        box.setMinimumWidth(CENTRE)
        layout = QVBoxLayout(box)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self._head = head = Panel("surface", edges="b")
        row = QHBoxLayout(head)
        row.setContentsMargins(16, 0, 16, 1)
        row.setSpacing(16)
        self.previous = Button("Previous", "chevron-left", key="K", tip="Previous track (K)")
        self.next = Button("Next", "chevron-right", key="J", tip="Next track (J)", onward=True)
        self.previous.clicked.connect(lambda: self.stepped.emit(-1))
        self.next.clicked.connect(lambda: self.stepped.emit(1))
        self.before = Text(size=12, token="muted", elide=True)
        self.after = Text(size=12, token="muted", elide=True)
        self.after.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        middle = QVBoxLayout()
        middle.setSpacing(0)
        middle.addStretch(1)
        self.title = Text(size=20, weight=600, elide=True)
        self.about = Text(token="muted", elide=True)
        for label in (self.title, self.about):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            middle.addWidget(label)
        middle.addStretch(1)
        row.addWidget(self.previous)
        row.addWidget(self.before, 2)
        nest(row, middle, 5)
        row.addWidget(self.after, 2)
        row.addWidget(self.next)
        layout.addWidget(head)
        self.banners = Banners()
        self.banners.tab_after(self.next)
        self._under_head = layout  # not over the tags: those under the mouse stay there
        self.stage = QVBoxLayout()
        nest(layout, self.stage, 1)
        self.strip = QueueStrip()
        layout.addWidget(self.strip)
        return box

    def _side(self) -> QWidget:
        self._column = box = Panel("surface")
        layout = QVBoxLayout(box)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(16, 12, 16, 8)
        head.setSpacing(8)
        head.addWidget(Text("Tags", weight=600))
        head.addStretch(1)
        self.slider = strictness_slider()
        self.slider.setMinimumWidth(48)
        self.slider.setMaximumWidth(120)
        self._ends = Text("Fewer", size=11, token="muted"), Text("More", size=11, token="muted")
        head.addWidget(self._ends[0])
        head.addWidget(self.slider, 2)
        head.addWidget(self._ends[1])
        head.addSpacing(8)
        self.decided = Text(size=12, token="muted", figures=True)
        self.decided.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        head.addWidget(self.decided)
        nest(layout, head)
        self.note = Text(token="muted")
        self.note.setWordWrap(True)
        self.note.setContentsMargins(16, 8, 16, 8)
        self.no_tag = AddTag()
        self.no_tag.setContentsMargins(16, 0, 16, 8)
        self.no_tag.left.connect(self.setFocus)
        self.no_tag.left.connect(self.no_tag.hide)
        self.no_tag.hide()
        self.question = Question(LARGE, nearest=1)
        self.question.reveal.connect(self._reveal)
        self.written = WillBeWritten()
        content = Panel("surface")
        inner = QVBoxLayout(content)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(0)
        for widget in (self.note, self.no_tag, self.question):
            inner.addWidget(widget)
        inner.addStretch(1)
        self.keys = ReviewKeys()
        below = Panel("surface")
        rest = QVBoxLayout(below)
        rest.setContentsMargins(0, 0, 0, 0)
        rest.setSpacing(0)
        for part in (Line(), self.written, Line(), self.keys):
            rest.addWidget(part)
        shared = SharedHeight(content, below)
        self.area = shared.top
        layout.addWidget(shared, 1)
        foot = QHBoxLayout()
        foot.setContentsMargins(12, 0, 16, 10)
        foot.setSpacing(FOOT - 28)
        self.mark = Button("Reviewed, next", "check", kind="primary", key=key_text("Return"))
        self.mark.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.mark.clicked.connect(self.done)
        self.undo = Button("Undo", "undo-2", key=key_text("Ctrl+Z"), tip=f"Undo ({key_text('Ctrl+Z')})")
        self.undo.setAccessibleName("Undo")
        foot.addWidget(self.mark, 1)
        foot.addWidget(self.undo)
        nest(layout, foot)
        return box

    def _empty(self) -> QWidget:
        box = Panel("surface")
        layout = QVBoxLayout(box)
        layout.setSpacing(12)
        layout.addStretch(2)
        self.nothing = Text(size=16, weight=600)
        self.what_now = Text(token="muted")
        for label in (self.nothing, self.what_now):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            label.setWordWrap(True)
            layout.addWidget(label)
        layout.addSpacing(8)
        self.way_out = Button("Back to library", kind="primary")
        layout.addWidget(self.way_out, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)
        return box

    # content

    def _show_part(self, part: int) -> None:
        """The track, or what is said where there is none; the messages come along."""
        layout = self._layout if part else self._under_head
        if layout.indexOf(self.banners) < 0:
            layout.insertWidget(1, self.banners)
        self._stack.setCurrentIndex(part)

    def show_empty(self, nothing: str, what_now: str, button: str) -> None:
        """There is no queue: say why, and what can be done."""
        self._show_part(1)
        self.nothing.setText(nothing)
        self.what_now.setText(what_now)
        self.way_out.setText(button)
        self.way_out.updateGeometry()
        self.place.setText("")
        self.pace.setText("")
        self.progress.set_share(0.0)

    def show_row(self, row: Row, before: Row | None, after: Row | None) -> None:
        """Another track, between its neighbours in the queue."""
        self._show_part(0)
        self.title.setText(row.title)
        self.about.setText(_about(row))
        for label, button, neighbour in (
            (self.before, self.previous, before),
            (self.after, self.next, after),
        ):
            label.setText(neighbour.title if neighbour is not None else "")
            button.setEnabled(neighbour is not None)
        self.area.verticalScrollBar().setValue(0)

    def show_question(
        self,
        suggestions: tuple[Suggestion, ...],
        note: str,
        *,
        new_track: bool,
        unseen: frozenset[str] = frozenset(),
        silent: bool = False,
    ) -> None:
        """The tags of the track, or words where there are none.

        :param silent: tags of one's own can be added all the same
        :param unseen: tags that it did not suggest yet when it was reviewed
        """
        none = bool(note) and not silent
        typing = self.question.add.field.hasFocus(), self.no_tag.field.hasFocus()
        self.note.setText(note)
        self.note.setVisible(none)
        self.question.setVisible(not none)
        self.written.setVisible(not none)
        tags = () if none else suggestions
        self.question.show_tags(tags, new_track=new_track, unseen=unseen, note=note if silent else "")
        if none and typing[0]:
            self.refuse_tag(note)
        elif new_track or not none:
            self.no_tag.hide()
            if typing[1] and not none:
                self.question.go_to_field()
        asked = [s for s in suggestions if listed(s)]
        decided = sum(1 for s in asked if s.verdict is not Verdict.UNDECIDED)
        self.decided.setText(f"{decided} of {len(asked)} decided" if asked else "")

    def refuse_tag(self, why: str) -> None:
        """A tag of one's own cannot be added to what is in view."""
        self.no_tag.refuse(why)

    def show_changes(self, changes: Sequence[Change], held_back: HeldBack, fault: str) -> None:
        """What would be written and what policies keep out, or why nothing can be."""
        self.written.show_changes(changes, held_back)
        self.written.show_fault(fault)

    def show_progress(self, at: int, total: int, reviewed: int, seconds_each: float | None) -> None:
        """:param at: place of the track in view
        :param seconds_each: that a track took so far, None while unknown"""
        self.place.setText(f"{words.number(at + 1)} of {words.number(total)}")
        self.progress.set_share(reviewed / total if total else 0.0)
        left = total - reviewed
        text = f"{words.number(left)} left" if left else "All reviewed"
        if seconds_each is not None and left:
            text += f", about {_length(seconds_each * left)}"
        self.pace.setText(text)

    def _reveal(self, y: int) -> None:
        self.area.ensureVisible(0, self.question.y() + y, 0, 48)

    # events

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A low window keeps its pictures, a narrow one its tags."""
        super().resizeEvent(event)
        self._widen()
        low = event.size().height() < LOW
        self.strip.setVisible(not low)
        if low and (event.oldSize().height() >= LOW or event.oldSize().height() < 0):
            self.keys.set_open(False)

    def _widen(self) -> None:
        """Larger letters need more room, and a narrow window has less."""
        narrow = self.width() < wider(900)
        lines = [max(least, QFontMetrics(font(size, weight)).height()) for least, size, weight in HEAD]
        for label, line in zip((self.title, self.about), lines, strict=True):
            label.setMinimumHeight(line)
        self._head.setFixedHeight(16 + sum(lines))
        usual = 376 + (wider(376) - 376) * 6 // 10
        wide = min(usual, max(SIDE, self.width() * 2 // 5))
        self._column.setFixedWidth(wide)
        most = QFontMetrics(font(12, figures=True)).horizontalAdvance("00 of 00 decided")
        self.decided.setMinimumWidth(most)  # the slider keeps its place from track to track
        for word in self._ends:
            word.setVisible(wide >= wider(376))  # else the slider's tool tip says it
        for undo, with_key in (("Undo", True), ("Undo", False), ("", False)):
            self.undo.setText(undo)
            self.undo.set_key(key_text("Ctrl+Z") if with_key else "")
            self.mark.set_key(key_text("Return") if with_key else "")
            if self.mark.sizeHint().width() + self.undo.sizeHint().width() <= wide - FOOT:
                break
        for button, text, key in ((self.previous, "Previous", "K"), (self.next, "Next", "J")):
            button.setText("" if narrow else text)
            button.set_key("" if narrow else key)
            button.setAccessibleName(text)
        self.back.setText("Library" if narrow else "Back to library")
        self.back.setAccessibleName("Back to library")
        self.back.set_key("" if narrow else key_text("Esc"))
        for part in (self._heading, self.before, self.after, self.progress, self.pace):
            part.setVisible(not narrow)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter, Escape and the arrows; letters are actions of the window."""
        key = event.key()
        far = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            if not event.isAutoRepeat():  # the next track is in view by then
                self.done.emit()
        elif key == Qt.Key.Key_Escape:
            self.left.emit()
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            seconds = 30.0 if far else 5.0
            self.skip.emit(seconds if key == Qt.Key.Key_Right else -seconds)
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.question.scores.setFocus()
            self.question.scores.step(1 if key == Qt.Key.Key_Down else -1)
        else:
            event.ignore()


def _about(row: Row) -> str:
    track = row.track
    fields = (Field.ARTIST, Field.ALBUM, Field.DATE)
    artist, album, date = ("; ".join(track.told(field)) if track is not None else "" for field in fields)
    kind = row.path.suffix.lstrip(".").upper() or "File"
    parts = [artist, album, date[:4], f"{kind}, {words.clock(row.seconds)}"]
    return " · ".join(part for part in parts if part)


def _length(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds / 10)) * 10:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
