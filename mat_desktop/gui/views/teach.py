"""Teaching a tag, beside the table: its name, the marked tracks, how well it works, what to mark next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QFocusEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QGridLayout,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from mat_desktop.domain.instruments import is_instrument
from mat_desktop.domain.tags import TAG_FIELDS, Category, Field
from mat_desktop.domain.taught import TaughtTag
from mat_desktop.domain.track import TrackId
from mat_desktop.gui import words
from mat_desktop.gui.models.marks import Mark
from mat_desktop.gui.models.row import Row
from mat_desktop.gui.theme import appearance, wider
from mat_desktop.gui.views.taught import TaughtTags
from mat_desktop.gui.widgets.add_tag import MOST_LETTERS, CategoryCombo, odd_name
from mat_desktop.gui.widgets.bar import Bar
from mat_desktop.gui.widgets.controls import Button, Icon, Line, Link, Panel, Text
from mat_desktop.gui.widgets.drop_down import DropDown
from mat_desktop.gui.widgets.fit import KeepTall
from mat_desktop.gui.widgets.gives_way import Stack
from mat_desktop.gui.widgets.line_field import LineField
from mat_desktop.gui.widgets.mark_list import MarkList
from mat_desktop.gui.widgets.nesting import nest
from mat_desktop.gui.widgets.scrolled import Scrolled

if TYPE_CHECKING:
    from mat_desktop.app.teach import Study

NO_FIELD = "Only MAT_TAGS"

LEAST = 280
"""Pixels that it is wide at least, with letters of usual size."""

NARROW = 330
"""Pixels under which its two buttons stand under each other, with letters of usual size."""

LOW = 480
"""Pixels under which what is said of the next step is scrolled with the rest, with letters of usual size."""


class TeachPanel(Panel):
    """``marked`` says that the selected tracks have the tag or do not, ``dropped`` that some files do;
    ``unmarked`` hands over a track, ``chosen`` one to look at.

    ``renamed`` hands over the name, ``described`` says that kind or field is another, ``saved`` hands over
    all three; ``discarded``: what is not saved shall go. ``listing`` asks for the tags that were taught.
    """

    closed = Signal()
    listing = Signal()
    marked = Signal(bool)
    dropped = Signal(object, bool)
    unmarked = Signal(object)
    chosen = Signal(object)
    renamed = Signal(str)
    described = Signal()
    discarded = Signal()
    saved = Signal(str, object, object)
    listen = Signal()
    listen_old = Signal()

    def __init__(self) -> None:
        super().__init__("surface", edges="l")
        self._widen()
        appearance.changed.connect(self._widen)
        self._called = ""
        self._learned = self._says_learning = False
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 0, 0, 0)
        layout.setSpacing(0)
        bar = Bar(16, 8)
        head = bar.row
        self.title = Text("Teach a tag", size=16, weight=600, elide=True)
        self.title.setMinimumHeight(24)
        head.addWidget(self.title, 1)
        self.discard = Link("Discard")
        self.discard.setToolTip("Go back to what is saved of this tag")
        self.discard.clicked.connect(self.discarded)
        self.discard.hide()
        head.addWidget(self.discard)
        self.all = Link("Taught tags")
        self.all.clicked.connect(self.listing)
        head.addWidget(self.all)
        close = Button(icon="x", kind="flat", tip="Close (Esc)")
        close.clicked.connect(self.closed)
        head.addWidget(close)
        layout.addWidget(bar)
        self.stack = Stack()
        self.stack.addWidget(self._editor())
        self.taught = TaughtTags()
        self.stack.addWidget(self.taught)
        layout.addWidget(self.stack, 1)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """It goes on to the first part. Behind a focus proxy Tab would not reach what stands before that."""
        first = self.taught.first if self.stack.currentIndex() else self.name
        first.setFocus(event.reason())

    def sizeHint(self) -> QSize:
        """As wide as the tags of a track are."""
        return QSize(384, 600)

    def _widen(self) -> None:
        """Larger letters need more room."""
        self.setMinimumWidth(LEAST + (wider(LEAST) - LEAST) * 6 // 10)

    # parts

    def _editor(self) -> QWidget:
        whole, box = QWidget(), Panel("surface")
        outer = QVBoxLayout(whole)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        layout = self._scrolled = QVBoxLayout(box)
        layout.setContentsMargins(0, 12, 0, 0)
        layout.setSpacing(0)
        intro = _caption()
        intro.setText(
            "Mark some tracks that have the tag and some that do not. The program learns from them to find "
            "the others, and suggests the tag as it does any other."
        )
        layout.addWidget(intro)
        layout.addSpacing(8)
        nest(layout, self._form())
        self.fault = Text(size=12, token="danger")
        self.fault.setWordWrap(True)
        self.fault.setContentsMargins(16, 4, 16, 0)
        layout.addWidget(self.fault)
        layout.addSpacing(12)
        layout.addWidget(Line())
        marking = self._marking = QHBoxLayout()
        marking.setContentsMargins(16, 12, 16, 4)
        marking.setSpacing(8)
        self.yes = Button("Has it", "plus", key="+")
        self.no = Button("Does not have it", "minus", key="−")
        for button, yes in ((self.yes, True), (self.no, False)):
            button.clicked.connect(lambda _=False, yes=yes: self.marked.emit(yes))
            button.setAcceptDrops(True)
            button.installEventFilter(self)
            marking.addWidget(button, 1)
        nest(layout, marking)
        self.about = _caption()
        layout.addWidget(self.about)
        self.heading = _heading("Marked tracks")
        layout.addWidget(self.heading)
        self.marks = MarkList("Marked tracks")
        self.marks.setMinimumHeight(84)
        layout.addWidget(self.marks, 1)
        self.hear = Link("", "ear")
        self.hear.clicked.connect(self.listen)
        self.hear_old = Link("", "ear")
        self.hear_old.clicked.connect(self.listen_old)
        for link in (self.hear, self.hear_old):
            row = QHBoxLayout()
            row.setContentsMargins(12, 0, 12, 0)
            row.addWidget(link, 0, Qt.AlignmentFlag.AlignLeft)
            nest(layout, row)
        self.next_heading = _heading("Mark these next: the program is least sure of them")
        layout.addWidget(self.next_heading)
        self.next = MarkList("Tracks to mark next")
        self.next.setFixedHeight(6 * 28)
        layout.addWidget(self.next)
        for view in (self.marks, self.next):
            view.chosen.connect(self.chosen)
            view.unmarked.connect(self.unmarked)
        outer.addWidget(Scrolled(box), 1)
        outer.addWidget(self._foot())
        return whole

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A low one keeps room for what is scrolled."""
        super().resizeEvent(event)
        down, beside = QBoxLayout.Direction.TopToBottom, QBoxLayout.Direction.LeftToRight
        self._marking.setDirection(down if event.size().width() < wider(NARROW) else beside)
        low = event.size().height() < wider(LOW)
        layout = self._scrolled if low else self._under
        if layout.indexOf(self.more) < 0:
            layout.insertWidget(layout.count() if low else 1, self.more)
            side = 16 if low else 0
            self.more.setContentsMargins(side, 4 if low else 0, side, 0)

    def _form(self) -> QGridLayout:
        form = QGridLayout()
        form.setContentsMargins(16, 0, 16, 0)
        form.setHorizontalSpacing(12)
        form.setVerticalSpacing(8)
        form.setColumnStretch(1, 1)
        self.name = LineField()
        self.name.setMaxLength(MOST_LETTERS)
        self.name.setPlaceholderText("For example dungeon synth")
        self.name.textChanged.connect(self.renamed)
        self.kind = CategoryCombo()
        self.kind.setToolTip("A tag of yours is suggested beside the usual number of genres and moods")
        self.field = DropDown([("", ""), *((f.value, _field_word(f)) for f in TAG_FIELDS)])
        self.kind.picked.connect(lambda _: self._name_default())
        self.kind.picked.connect(lambda _: self._keep_kind())
        self.name.textEdited.connect(self._guess_kind)
        self._kind_is_kept = False
        for down in (self.kind, self.field):
            down.picked.connect(lambda _: self.described.emit())
        for row, (text, part) in enumerate(
            (("Name", self.name), ("Kind", self.kind), ("Written into", self.field))
        ):
            label = Text(text, token="muted")
            part.setAccessibleName(text)
            part.setMinimumWidth(96)
            KeepTall(part, 32)
            form.addWidget(label, row, 0)
            form.addWidget(part, row, 1)
        self._fields: Mapping[Category, Field] = {}
        return form

    def _foot(self) -> QWidget:
        foot = Panel("surface", edges="t")
        layout = self._under = QVBoxLayout(foot)
        layout.setContentsMargins(12, 12, 8, 8)
        layout.setSpacing(2)
        top = QHBoxLayout()
        top.setSpacing(8)
        self.verdict_icon = Icon("circle-dashed", 16, "muted")
        top.addWidget(self.verdict_icon)
        self.verdict = Text(weight=600, elide=True)
        self.verdict.setMinimumHeight(20)
        top.addWidget(self.verdict, 1)
        nest(layout, top)
        self.more = Text(size=12, token="muted")
        self.more.setWordWrap(True)
        self.more.setMinimumHeight(32)
        self.more.setAlignment(Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.more)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        self.save = Button("Save and look for it in the library", "check", kind="primary")
        self.save.clicked.connect(self._save)
        buttons.addWidget(self.save, 1)
        nest(layout, buttons)
        return foot

    # the tag that is taught

    def begin(self, fields: Mapping[Category, Field], tag: TaughtTag | None, known: bool) -> None:
        """A new tag, or one that was taught before.

        :param fields: where each kind is written
        :param known: whether this model was taught it, or another
        """
        self._fields = fields
        self._called = tag.name if tag is not None and known else ""
        self.title.setText(f"Teach “{tag.name}”" if tag is not None and known else "Teach a tag")
        self.name.setText(tag.name if tag is not None else "")
        self.kind.set_category(tag.category if tag is not None else Category.GENRE)
        self._kind_is_kept = tag is not None
        self.field.pick(tag.field.value if tag is not None and tag.field is not None else "")
        self._name_default()
        self.marks.marks.show([])
        self.next.marks.show([])
        self.show_fault("")
        self.show_study({}, None, {}, 0, 0, 0)
        if tag is not None:
            self.show_reading()
        self.all.show()
        self.stack.setCurrentIndex(0)

    def describe(self, name: str, kind: str, field: str) -> None:
        """As it was described before, and not saved."""
        self._kind_is_kept = True
        for down, value in ((self.kind, kind), (self.field, field)):
            if down.findData(value) >= 0:
                down.pick(value)
        self._name_default()
        self.name.setText(name)

    @property
    def description(self) -> tuple[str, str, str]:
        """Name, kind and field, as :meth:`describe` takes them."""
        return self.name.text().strip(), self.kind.value, self.field.value

    def show_unsaved(self, unsaved: bool) -> None:
        """Whether there is something that is not saved yet."""
        self.discard.setVisible(unsaved and self.stack.currentIndex() == 0)

    def _keep_kind(self) -> None:
        self._kind_is_kept = True

    def _guess_kind(self, name: str) -> None:
        """From a new tag's name, until somebody chose a kind."""
        if not self._kind_is_kept:
            self.kind.set_category(Category.INSTRUMENT if is_instrument(name) else Category.GENRE)
            self._name_default()

    def _name_default(self) -> None:
        field = self._fields.get(self.kind.category)
        where = words.field(field) if field is not None else NO_FIELD
        self.field.setItemText(0, f"{where}, as its kind is")

    def show_fault(self, text: str) -> None:
        """Why the name cannot be used."""
        if self.name.text() != self._called:  # what an earlier version let it be called it may keep
            text = odd_name(self.name.text()) or text
        self.fault.setText(text)
        self.fault.setVisible(bool(text) and bool(self.name.text().strip()))
        self._can_save()

    def show_selection(self, count: int) -> None:
        """How many tracks the buttons mark."""
        for button in (self.yes, self.no):
            button.setEnabled(count > 0)
        many = f"the {words.number(count)} selected tracks" if count > 1 else "the selected track"
        self.about.setText(f"Marks {many}" if count else "Select tracks in the table, then say which it is")

    def show_study(
        self,
        marks: Mapping[Row, bool],
        study: Study | None,
        known: Mapping[TrackId, Row],
        to_hear: int,
        old: int,
        lost: int,
        *,
        heard: int = 0,
        copies: Mapping[int, Row] | None = None,
        learning: bool = False,
    ) -> None:
        """What is marked, and what that teaches.

        :param to_hear: marked tracks that the model has to listen to first
        :param old: tracks of the library that it would have to listen to once more
        :param lost: marks of tracks that are not in the library
        :param heard: tracks of the library that were listened to
        :param copies: marked rows that hold the sound of another, by their ``id``, and which
        :param learning: the marks are newer than what they teach
        """
        copies = copies or {}
        sounds = [said for row, said in marks.items() if id(row) not in copies]
        yes = sum(sounds)
        no = len(sounds) - yes
        gone = f", {words.number(lost)} not in the library any more" if lost else ""
        if copies:
            gone = f", and {words.plural(len(copies), 'copy', 'copies')}{gone}"
        self.heading.setText(
            f"{words.number(yes)} {'has' if yes == 1 else 'have'} it, "
            f"{words.number(no)} {'does' if no == 1 else 'do'} not{gone}"
            if marks or lost
            else "Nothing marked yet"
        )
        wrong = set(study.wrong) if study is not None else set()
        odd = {id(row) for row in marks if row.scores is not None and row.scores.track_id in wrong}
        odd -= copies.keys()
        self.marks.marks.show(
            [
                Mark(row, said, _note(row, id(row) in odd, copies.get(id(row))), id(row) in odd)
                for row, said in reversed(list(marks.items()))
            ]
        )
        unsure = [(known[i], score) for i, score in study.unsure if i in known] if study is not None else []
        self.next.marks.show([Mark(row, None, f"{score:.2f}") for row, score in unsure])
        self.next.setVisible(bool(unsure))
        self.next_heading.setVisible(bool(unsure))
        self.hear.setText(f"Listen to {words.plural(to_hear, 'marked track')} first")
        self.hear.setVisible(to_hear > 0)
        self.hear_old.setText(f"Listen to {words.plural(old, 'track')} once more")
        self.hear_old.setToolTip(
            "So that they count: an older version listened to them, which did not keep what this needs"
        )
        self.hear_old.setVisible(old > 0)
        for link in (self.hear, self.hear_old):
            link.updateGeometry()
        if not (learning and self._says_learning):
            self._show_verdict(study, heard)
        self._learned = self._learned and not learning
        self._can_save()

    def show_reading(self) -> None:
        """What is marked is not there yet."""
        self.heading.setText("Reading…")
        self.verdict_icon.set("circle-dashed", "muted")
        self.verdict.setText("Reading the marks…")
        self.verdict.setToolTip("")
        self.more.setText("")

    def show_learning(self) -> None:
        """It takes a while."""
        self._says_learning = True
        self.verdict_icon.set("circle-dashed", "muted")
        self.verdict.setText("Learning…")
        self.verdict.setToolTip("")
        self.more.setText("From all marks, each of them hidden in turn.")

    def _show_verdict(self, study: Study | None, heard: int) -> None:
        self._says_learning = False
        self._learned = study is not None and study.lesson is not None
        if study is None or study.lesson is None:
            self.verdict_icon.set("circle-dashed", "muted")
            lacking = study.lacking if study is not None else 3
            if lacking:
                what = "track that has it" if lacking == 1 else "tracks that have it"
                self.verdict.setText(f"Mark {words.number(lacking)} more {what}")
                self.more.setText(
                    "It learns from three or more, better from ten. Tracks that sound alike and do not have "
                    "it help as much."
                )
            else:
                self.verdict.setText("There are too few other tracks")
                self.more.setText(
                    "Have the program listen to more of the library: it has to hear what the tag is not."
                )
            return
        count = len(study.marks)
        share = study.right / count
        icon, token = ("circle-check", "positive") if share >= 0.75 else ("contrast", "warning")
        self.verdict_icon.set(icon, token)
        self.verdict.setText(f"Guesses {words.number(study.right)} of your {words.number(count)} marks right")
        pairs = round(100 * study.lesson.ranking)
        self.verdict.setToolTip(
            "Each mark was hidden in turn and guessed from the others. Of 100 pairs of a track with the tag "
            f"and one without, {pairs} are put in the right order."
        )
        likely = words.number(study.likely)
        once = ": copies count once, silent tracks do not" if heard > study.tracks else ""
        self.more.setText(
            "Each mark was hidden in turn and guessed from the others. "
            f"The tag would be suggested for {likely} of {words.plural(study.tracks, 'track')}{once}."
        )

    def _can_save(self) -> None:
        named = bool(self.name.text().strip()) and not self.fault.text()
        self.save.setEnabled(self._learned and named)
        self.save.setToolTip("" if named else "The tag needs a name")

    def _save(self) -> None:
        name = " ".join(self.name.text().split())
        field = Field(self.field.value) if self.field.value else None
        self.save.setEnabled(False)
        self.saved.emit(name, self.kind.category, field)

    # those that were taught

    def show_tags(
        self, tags: Sequence[TaughtTag], faults: Sequence[str], elsewhere: Sequence[TaughtTag]
    ) -> None:
        """All taught tags anew, as :meth:`TaughtTags.show_tags`."""
        self.taught.show_tags(tags, faults, elsewhere)
        self.all.setText(f"Taught tags ({words.number(len(tags))})" if tags else "Taught tags")
        self.all.updateGeometry()

    def show_list(self, begun: str, changed: Sequence[str]) -> None:
        """The taught tags in place of the one that is taught.

        :param begun: the new tag that is not saved yet, empty for none
        :param changed: names of taught tags with changes that are not saved
        """
        self.title.setText("Taught tags")
        self.all.hide()
        self.discard.hide()
        self.stack.setCurrentIndex(1)
        self.taught.come(begun, changed)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Tracks of the table may be dropped on either button."""
        if isinstance(event, (QDragEnterEvent, QDropEvent)) and watched in (self.yes, self.no):
            files = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
            if not files:
                return False
            event.acceptProposedAction()
            if event.type() is QEvent.Type.Drop:
                self.dropped.emit(files, watched is self.yes)
            return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape closes."""
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)


def _note(row: Row, odd: bool, same: Row | None) -> str:
    if row.scores is None:
        return "Not listened to yet"
    if same is not None:
        return f"Copy of “{same.title}”"
    return "Guessed wrong" if odd else ""


def _heading(text: str) -> Text:
    made = Text(text, size=12, weight=600)
    made.setContentsMargins(16, 8, 16, 4)
    return made


def _caption() -> Text:
    made = Text(size=12, token="muted")
    made.setWordWrap(True)
    made.setContentsMargins(16, 0, 16, 4)
    return made


def _field_word(field: Field) -> str:
    return NO_FIELD if field is Field.MAT_TAGS else words.field(field)
