"""The track in view: its tags with their scores, the changes to its file, and the buttons to write."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from mat_desktop.domain.plan import Change, Policy
from mat_desktop.domain.scores import Suggestion, Verdict
from mat_desktop.domain.settings import STRICTEST
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import Track
from mat_desktop.gui import words
from mat_desktop.gui.models.columns import sentence
from mat_desktop.gui.models.row import Row, State
from mat_desktop.gui.models.tags import in_ten
from mat_desktop.gui.models.together import Together
from mat_desktop.gui.theme import appearance, current, font, wider
from mat_desktop.gui.widgets.add_tag import AddTag
from mat_desktop.gui.widgets.changes import Changes
from mat_desktop.gui.widgets.controls import Button, Key, Line, Link, Panel, Text
from mat_desktop.gui.widgets.delegates import draw_state, text_width
from mat_desktop.gui.widgets.fit import grown
from mat_desktop.gui.widgets.nesting import nest
from mat_desktop.gui.widgets.painting import key_text, round_rect
from mat_desktop.gui.widgets.question import Question
from mat_desktop.gui.widgets.shared_height import SharedHeight
from mat_desktop.gui.widgets.slider import Slider

WIDEST = "9 of 9 undecided, about 9 in 10 right"
WIDEST_LINK = "Accept all 99"
"""What stands beside each other in a pane that is wide enough for it; what is wider still is cut."""


class StateChip(QWidget):
    """A track's state as icon and word."""

    def __init__(self) -> None:
        super().__init__()
        self._state = State.NEW
        self.set_state(State.NEW)
        appearance.changed.connect(self._fit)

    def set_state(self, state: State) -> None:
        """Another state."""
        self._state = state
        self.setAccessibleName(state.value)
        self._fit()

    def _fit(self) -> None:
        wide = text_width(self._state.value, 12, 500) + 20 + grown(16)
        self.setFixedSize(wide, max(22, QFontMetrics(font(12)).height() + 2))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The chip."""
        t = current()
        painter = QPainter(self)
        round_rect(painter, self.rect(), 4, t.color("raised"), t.color("border"))
        size = grown(16)
        draw_state(painter, self._state, 6, (self.height() - size) // 2)
        painter.setFont(font(12, 500))
        painter.setPen(t.color("text"))
        box = self.rect().adjusted(12 + size, 0, -2, 0)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, self._state.value)


class Pane(Panel):
    """384 px at the right of the library."""

    shift_changed = Signal(float)
    policy_picked = Signal(object, object)
    listen = Signal()

    def __init__(self, fields: Sequence[Field], policies: Mapping[Field, Policy]) -> None:
        super().__init__("surface")
        self._fields = tuple(fields)
        self._path: Path | None = None
        appearance.changed.connect(self._widen)
        self._widen()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._head())
        layout.addWidget(Line())
        layout.addWidget(self._slider_block())
        layout.addWidget(Line())
        self.pages = QStackedWidget()
        layout.addWidget(self.pages, 1)
        self.question = Question()
        self.question.reveal.connect(self._reveal)
        self.scores = self.question.scores
        self.changes = Changes(fields, policies)
        self.changes.policy_picked.connect(self.policy_picked)
        content = Panel("surface")
        inner = QVBoxLayout(content)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(0)
        inner.addWidget(self.question)
        inner.addStretch(1)
        self.shared = SharedHeight(content, self.changes)
        self.area = self.shared.top
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.shared, 1)
        column.addWidget(self._for_many())
        self.pages.addWidget(page)
        self.pages.addWidget(self._empty())
        layout.addWidget(Line())
        layout.addWidget(self._buttons())

    def _widen(self) -> None:
        """Larger letters need more room."""
        self.setMinimumWidth(320 + (wider(320) - 320) * 6 // 10)

    def _head(self) -> QWidget:
        box = QWidget()
        layout = QVBoxLayout(box)
        layout.setContentsMargins(16, 12, 16, 10)
        layout.setSpacing(2)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.title = Text(size=16, weight=600, elide=True)
        self.title.setMinimumHeight(24)
        self.state = StateChip()
        row.addWidget(self.title, 1)
        row.addWidget(self.state)
        nest(layout, row)
        self.about = Text(size=13, token="muted", elide=True)
        self.about.setMinimumHeight(18)
        self.file = Text(size=12, token="muted", elide=True)
        self.file.setMinimumHeight(16)
        layout.addWidget(self.about)
        layout.addWidget(self.file)
        return box

    def _slider_block(self) -> QWidget:
        box = QWidget()
        layout = QVBoxLayout(box)
        layout.setContentsMargins(16, 8, 16, 6)
        layout.setSpacing(0)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(Text("Fewer, surer", size=12))
        self.slider = strictness_slider()
        self.slider.valueChanged.connect(lambda value: self.shift_changed.emit(-value / 10))
        row.addWidget(self.slider, 1)
        row.addWidget(Text("More", size=12))
        nest(layout, row)
        self._line = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._line.setSpacing(6)
        self.says = Text(size=12, token="muted", elide=True)
        self._said = ""
        self.accept_all = Link("Accept all")
        self._accept_key = Key(key_text("Shift+P"))
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.accept_all)
        row.addWidget(self._accept_key)
        row.addStretch(1)
        self._line.addWidget(self.says, 1)
        nest(self._line, row)
        nest(layout, self._line)
        return box

    def _fold(self) -> None:
        """What is said and what can be done stand under each other in a narrow pane, whatever is said: else
        a decision would move the tags under the pointer.
        """
        room = self.width() - 32 - self._accept_key.sizeHint().width() - 12
        beside = text_width(WIDEST, 12, 400) + text_width(WIDEST_LINK, 12, 500) + 10 <= room
        way = QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom
        if self._line.direction() is not way:
            self._line.setDirection(way)
        room = room - self.accept_all.sizeHint().width() if beside else self.width() - 32
        fits = text_width(self._said, 12, 400) <= room
        self.says.setText(self._said if fits else self._said.replace(" undecided", " left"))
        tip = "" if fits else self._said
        self.says.setToolTip(ABOUT_THE_FIGURE if self._said.endswith(" right") else tip)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width."""
        super().resizeEvent(event)
        self._fold()

    def _for_many(self) -> QWidget:
        self.many = QWidget()
        layout = QVBoxLayout(self.many)
        layout.setContentsMargins(0, 0, 0, 12)
        layout.setSpacing(8)
        layout.addWidget(Line())
        row = QHBoxLayout()
        row.setContentsMargins(16, 4, 16, 0)
        row.setSpacing(6)
        what = Text("Old and new values of every file:", size=12, token="muted", elide=True)
        what.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        row.addWidget(what)
        self.all_changes = Link("Show all changes", underline=True)
        row.addWidget(self.all_changes)
        row.addStretch(1)
        nest(layout, row)
        self.many.hide()
        return self.many

    def _empty(self) -> QWidget:
        box = Panel("surface")
        layout = QVBoxLayout(box)
        layout.setContentsMargins(24, 32, 24, 24)
        layout.setSpacing(12)
        self.note = Text(token="muted")
        self.note.setWordWrap(True)
        self.note.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self.note)
        self.listen_button = Button("Listen to this track", "ear", key="L")
        self.listen_button.clicked.connect(self.listen)
        layout.addWidget(self.listen_button, 0, Qt.AlignmentFlag.AlignHCenter)
        self.no_tag = AddTag()
        self.no_tag.left.connect(self.no_tag.hide)
        self.no_tag.hide()
        layout.addWidget(self.no_tag)
        layout.addStretch(1)
        return box

    def _buttons(self) -> QWidget:
        box = QWidget()
        box.setFixedHeight(56)
        layout = QHBoxLayout(box)
        layout.setContentsMargins(12, 0, 16, 0)
        layout.setSpacing(4)
        self.write = Button("Write…", "arrow-down-to-line", kind="primary", key=key_text("Ctrl+S"))
        self.write.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.undo = Button("Undo", "undo-2", key=key_text("Ctrl+Z"))
        layout.addWidget(self.write, 1)
        layout.addWidget(self.undo)
        return box

    # content

    @property
    def suggestions(self) -> tuple[Suggestion, ...]:
        """Of the track in view."""
        return self.question.suggestions

    def show_row(self, row: Row | None) -> None:
        """Another track, or another state of it."""
        path = row.path if row is not None else None
        if path != self._path:
            self._path = path
            self.changes.forget_picks()
        if row is None:
            self.title.setText("No track selected")
            self.about.setText("")
            self.file.setText("")
            self.state.hide()
            return
        self.state.show()
        self.state.set_state(row.state)
        self.title.setText(row.title)
        track = row.track
        self.about.setText(_about(track) if track is not None else sentence(row.reason))
        kind = row.path.suffix.lstrip(".").upper() or "File"
        self.file.setText(f"{kind}, {words.clock(row.seconds)} · {row.path.name}")
        self.file.setToolTip(str(row.path))

    def set_shift(self, shift: float) -> None:
        """The thresholds were moved elsewhere."""
        self.slider.setValue(round(-shift * 10))

    def show_question(
        self,
        suggestions: tuple[Suggestion, ...],
        shift: float,
        *,
        new_track: bool,
        unseen: frozenset[str] = frozenset(),
        note: str = "",
    ) -> None:
        """The tags of a track that was listened to.

        :param shift: of the thresholds
        :param note: why nothing is suggested
        :param unseen: tags that it did not suggest yet when it was reviewed
        """
        self._open_question(new_track)
        self.question.show_tags(suggestions, new_track=new_track, unseen=unseen, note=note)
        suggested = [s for s in suggestions if s.suggested]
        self._say("" if note else how_sure(suggested, shift))
        self._offer_to_accept(len(self.question.undecided))
        self.shared.show_lower(True)
        self.many.hide()

    def show_many(self, together: Together, selected: int, *, new_track: bool) -> None:
        """The tags of several tracks; what is decided counts for all of them.

        :param selected: tracks, with those that have no tags as they were not listened to
        """
        self._open_question(new_track)
        self.question.show_tags(together.suggestions, new_track=new_track, shares=together.shares)
        self._name_many(together.tracks, selected)
        text = words.plural(together.suggested, "suggestion")
        left = together.undecided
        if left < together.suggested:
            text += f", {words.number(left)} undecided" if left else ", all decided"
        self._say(text)
        self._offer_to_accept(left)
        self.shared.show_lower(False)
        self.many.show()

    def _name_many(self, tracks: int, selected: int) -> None:
        number = words.number(tracks)
        self.title.setText(f"{words.number(selected)} tracks selected")
        self.state.hide()
        heard = f"the {number} that were listened to" if selected != tracks else f"all {number}"
        self.about.setText(f"Decisions count for {heard}")
        self.file.setText("Bars: how many of them have the tag, not its score")

    def wait_for_many(self, tracks: int, selected: int, *, clear: bool) -> None:
        """Several tracks are selected; what they have in common is being counted.

        :param clear: take the tags away that were shown before
        """
        self._name_many(tracks, selected)
        if clear:
            self.show_note("Counting their tags…", can_listen=False)
        self.count_many(0, tracks)
        self.accept_all.setText("Accept all")
        self.accept_all.setEnabled(True)

    def count_many(self, counted: int, tracks: int) -> None:
        """So far."""
        so_far = f" {words.number(counted)} of {words.number(tracks)} tracks" if counted else ""
        self._say(f"counting…{so_far}")

    def _open_question(self, new_track: bool) -> None:
        self.pages.setCurrentIndex(0)
        if self.no_tag.field.hasFocus():
            self.question.go_to_field()
        self.no_tag.hide()
        if new_track:
            self.area.verticalScrollBar().setValue(0)

    def _say(self, text: str) -> None:
        self._said = text
        self._fold()

    def _offer_to_accept(self, undecided: int) -> None:
        self.accept_all.setText(f"Accept all {words.number(undecided)}" if undecided else "Accept all")
        self.accept_all.setEnabled(undecided > 0)
        self._fold()

    def show_note(self, text: str, *, can_listen: bool) -> None:
        """Words instead of tags."""
        if text != self.note.text():
            self.no_tag.hide()
        typing = self.question.add.field.hasFocus()
        self.question.clear()
        self.pages.setCurrentIndex(1)
        self.note.setText(text)
        if typing:
            self.refuse_tag(text)
        self.listen_button.setVisible(can_listen)
        self._say("")
        self._offer_to_accept(len(self.question.undecided))

    def refuse_tag(self, why: str) -> None:
        """A tag of one's own cannot be added to what is in view."""
        self.no_tag.refuse(why)

    def show_changes(
        self,
        track: Track,
        changes: Sequence[Change],
        policies: Mapping[Field, Policy],
        fault: str,
        asking: Collection[Field] = (),
    ) -> None:
        """What would be written, or why it cannot be.

        :param asking: fields of suggestions that are only written when they are accepted
        """
        why: dict[Field, str] = {}
        by_field = {change.field for change in changes}
        for field in self._fields:
            if field in by_field:
                continue
            if policies.get(field) is Policy.SKIP:
                why[field] = "left as it is"
            elif policies.get(field) is Policy.FILL_EMPTY and track.tags.get(field):
                why[field] = "kept, as the field is filled"
            else:
                why[field] = "not written unless accepted" if field in asking else "nothing to add"
        self.changes.show_changes(track.tags, changes, why)
        self.changes.show_fault(fault)

    def invite_to_write(self, on: bool) -> None:
        """Whether there is something to write: else the button is there, but not the first thing to do."""
        self.write.set_kind("primary" if on else "plain")

    def _reveal(self, y: int) -> None:
        self.area.ensureVisible(0, self.question.y() + y, 0, 40)


def strictness_slider() -> Slider:
    """From fewer and surer tags at the left to more at the right, in tenths of log odds."""
    slider = Slider(from_middle=True)
    slider.setRange(-STRICTEST, STRICTEST)
    slider.setPageStep(5)
    slider.setAccessibleName("How many tags are suggested")
    slider.setToolTip(
        "Left: fewer and surer tags, right: more. Moves every threshold; a double click brings it back to "
        "the measured ones"
    )
    return slider


ABOUT_THE_FIGURE = (
    "How often scores like these were right in music kept apart from training: the model's card tells which. "
    "Other music can differ"
)


def how_sure(suggested: Sequence[Suggestion], shift: float) -> str:
    """``9 suggested, about 8 in 10 right``, from how often such scores were right, where that was measured.

    That is said of those that are undecided: of the others the user knows better.
    """
    left = [s for s in suggested if s.verdict is Verdict.UNDECIDED]
    text = f"{words.number(len(suggested))} suggested"
    if not suggested:
        return text
    if not left:
        return f"{text}, all decided"
    if len(left) < len(suggested):
        text = f"{words.number(len(left))} of {words.number(len(suggested))} undecided"
    told = [s.chance for s in left if s.chance is not None]
    if told:
        return f"{text}, {in_ten(sum(told) / len(told))} right"
    return text if shift == 0 else f"{text}, {'fewer and surer' if shift > 0 else 'more, less sure'}"


def _about(track: Track) -> str:
    parts = [
        "; ".join(track.told(Field.ARTIST)),
        track.first(Field.ALBUM),
        track.first(Field.DATE)[:4],
    ]
    return " · ".join(part for part in parts if part) or "No artist in the file"
