"""The track in view: its tags with their scores, the changes to its file, and the buttons to write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from mat_desktop.domain.plan import Change, Policy
from mat_desktop.domain.scores import Suggestion, Verdict
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import Track
from mat_desktop.gui import words
from mat_desktop.gui.models.row import Row, State
from mat_desktop.gui.models.tags import listed
from mat_desktop.gui.models.tracks import sentence
from mat_desktop.gui.theme import appearance, current, font
from mat_desktop.gui.widgets.changes import Changes
from mat_desktop.gui.widgets.controls import (
    Button,
    Key,
    Line,
    Link,
    Panel,
    Slider,
    Text,
    key_text,
    round_rect,
)
from mat_desktop.gui.widgets.delegates import draw_state, text_width
from mat_desktop.gui.widgets.score_list import ScoreList

STEPS = 20
"""The slider goes this many tenths of a logit to each side."""


class StateChip(QWidget):
    """A track's state as icon and word."""

    def __init__(self) -> None:
        super().__init__()
        self._state = State.NEW
        self.setFixedHeight(22)
        self.set_state(State.NEW)
        appearance.changed.connect(self.update)

    def set_state(self, state: State) -> None:
        """Another state."""
        self._state = state
        self.setAccessibleName(state.value)
        self.setFixedWidth(text_width(state.value, 12, 500) + 36)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The chip."""
        t = current()
        painter = QPainter(self)
        round_rect(painter, self.rect(), 4, t.color("raised"), t.color("border"))
        draw_state(painter, self._state, 6, 3)
        painter.setFont(font(12, 500))
        painter.setPen(t.color("text"))
        painter.drawText(
            QRect(28, 0, self.width() - 30, self.height()), Qt.AlignmentFlag.AlignVCenter, self._state.value
        )


class Pane(Panel):
    """384 px at the right of the library."""

    decided = Signal(object)
    shift_changed = Signal(float)
    policy_picked = Signal(object, object)
    listen = Signal()

    def __init__(self, fields: Sequence[Field], policies: Mapping[Field, Policy]) -> None:
        super().__init__("surface")
        self._suggestions: tuple[Suggestion, ...] = ()
        self._unfolded = False
        self._fields = tuple(fields)
        self.setMinimumWidth(320)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._head())
        layout.addWidget(Line())
        layout.addWidget(self._slider_block())
        layout.addWidget(Line())
        self.pages = QStackedWidget()
        layout.addWidget(self.pages, 1)
        self.scores = ScoreList()
        self.scores.decided.connect(lambda name, verdict: self.decided.emit({name: verdict}))
        self.scores.reveal.connect(self._reveal)
        self.fold = Link(icon="chevron-down")
        self.fold.clicked.connect(self._toggle_fold)
        self.changes = Changes(fields, policies)
        self.changes.policy_picked.connect(self.policy_picked)
        content = Panel("surface")
        inner = QVBoxLayout(content)
        inner.setContentsMargins(0, 4, 0, 0)
        inner.setSpacing(0)
        inner.addWidget(self.scores)
        row = QHBoxLayout()
        row.setContentsMargins(12, 2, 16, 6)
        row.addWidget(self.fold)
        row.addStretch(1)
        inner.addLayout(row)
        inner.addWidget(self.changes)
        inner.addStretch(1)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setWidget(content)
        self.pages.addWidget(self.area)
        self.pages.addWidget(self._empty())
        layout.addWidget(Line())
        layout.addWidget(self._buttons())

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
        layout.addLayout(row)
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
        self.slider = Slider(from_middle=True)
        self.slider.setRange(-STEPS, STEPS)
        self.slider.setPageStep(5)
        self.slider.setAccessibleName("How many tags are suggested")
        self.slider.setToolTip("Moves every threshold; a double click brings it back to the measured ones")
        self.slider.valueChanged.connect(lambda value: self.shift_changed.emit(-value / 10))
        row.addWidget(self.slider, 1)
        row.addWidget(Text("More", size=12))
        layout.addLayout(row)
        row = QHBoxLayout()
        row.setSpacing(6)
        self.says = Text(size=12, token="muted", elide=True)
        self.accept_all = Link("Accept all")
        row.addWidget(self.says, 1)
        row.addWidget(self.accept_all)
        row.addWidget(Key(key_text("Shift+P")))
        layout.addLayout(row)
        return box

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
        return self._suggestions

    def show_row(self, row: Row | None) -> None:
        """Another track, or another state of it."""
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

    def show_question(self, suggestions: tuple[Suggestion, ...], shift: float, *, new_track: bool) -> None:
        """The tags of a track that was listened to."""
        self._suggestions = suggestions
        self.pages.setCurrentIndex(0)
        if new_track:
            self._unfolded = False
            self.area.verticalScrollBar().setValue(0)
        self.scores.tags.show(suggestions, self._unfolded)
        if new_track:
            self.scores.reset_current()
        hidden = self.scores.tags.hidden
        self.fold.setVisible(hidden > 0)
        self.fold.setText("Show fewer" if self._unfolded else f"Show {hidden} more below threshold")
        self.fold.set_icon("chevron-up" if self._unfolded else "chevron-down")
        self.fold.setFixedSize(self.fold.sizeHint())
        count = sum(1 for s in suggestions if s.suggested)
        kind = "as measured" if shift == 0 else "fewer and surer" if shift > 0 else "more, less sure"
        self.says.setText(f"{count} suggested, {kind}")
        undecided = sum(1 for s in suggestions if s.suggested and s.verdict is Verdict.UNDECIDED)
        self.accept_all.setText(f"Accept all {undecided}" if undecided else "Accept all")
        self.accept_all.setEnabled(undecided > 0)
        self.accept_all.setFixedSize(self.accept_all.sizeHint())

    def show_note(self, text: str, *, can_listen: bool) -> None:
        """Words instead of tags."""
        self._suggestions = ()
        self.pages.setCurrentIndex(1)
        self.note.setText(text)
        self.listen_button.setVisible(can_listen)
        self.says.setText("")
        self.accept_all.setEnabled(False)

    def show_changes(self, track: Track, changes: Sequence[Change], policies: Mapping[Field, Policy]) -> None:
        """What would be written."""
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
                why[field] = "nothing to add"
        self.changes.show_changes(track.tags, changes, why)

    # keys

    def decide_current(self, verdict: Verdict) -> None:
        """P, X and U; after P and X the next tag of the question is the current one."""
        suggestion = self.scores.current()
        if suggestion is None or not self._suggestions:
            return
        places = self.scores.tags.listed_rows()
        here = self.scores.currentIndex().row()
        following = [place for place in places if place > here]
        name = ""
        if verdict is not Verdict.UNDECIDED and following and listed(suggestion):
            row = self.scores.tags.row(following[0])
            name = row.suggestion.tag.name if row is not None and row.suggestion is not None else ""
        self.decided.emit({suggestion.tag.name: verdict})
        self.scores.go_to(name or suggestion.tag.name)

    def decide_number(self, number: int, verdict: Verdict) -> None:
        """A digit key; a second time takes the verdict back."""
        suggestion = self.scores.tags.numbered(number)
        if suggestion is None or not self._suggestions:
            return
        wished = Verdict.UNDECIDED if suggestion.verdict is verdict else verdict
        name = suggestion.tag.name
        self.decided.emit({name: wished})
        self.scores.go_to(name)

    def accept_shown(self) -> None:
        """Shift+P."""
        verdicts = {
            s.tag.name: Verdict.ACCEPTED
            for s in self._suggestions
            if s.suggested and s.verdict is Verdict.UNDECIDED
        }
        if verdicts:
            self.decided.emit(verdicts)

    def _toggle_fold(self) -> None:
        self._unfolded = not self._unfolded
        self.show_question(self._suggestions, -self.slider.value() / 10, new_track=False)

    def _reveal(self, rect: QRect) -> None:
        self.area.ensureVisible(0, self.scores.y() + rect.center().y(), 0, 40)


def _about(track: Track) -> str:
    parts = [
        "; ".join(track.tags.get(Field.ARTIST, ())),
        track.first(Field.ALBUM),
        track.first(Field.DATE)[:4],
    ]
    return " · ".join(part for part in parts if part) or "No artist in the file"
