"""The question of the window: which of these tags are right? With the keys that answer it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QRect, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout

from mat_desktop.domain.scores import Suggestion, Verdict
from mat_desktop.gui import words
from mat_desktop.gui.models.tags import NEAREST, listed
from mat_desktop.gui.models.together import Share
from mat_desktop.gui.widgets.add_tag import AddTag
from mat_desktop.gui.widgets.announce import announce
from mat_desktop.gui.widgets.controls import Link, Panel, Text
from mat_desktop.gui.widgets.nesting import nest
from mat_desktop.gui.widgets.score_list import NARROW, ScoreAxis, ScoreList, Shape


class Question(Panel):
    """The tags, the link that unfolds those below their threshold, and a field for one more.

    ``decided`` hands over verdicts by name, ``threshold_picked`` a name and a score or None,
    ``mapping_asked`` a name, ``added`` a text and its category; ``reveal`` asks to scroll to a height.
    """

    decided = Signal(object)
    added = Signal(str, object)
    threshold_picked = Signal(str, object)
    mapping_asked = Signal(str)
    reveal = Signal(int)

    def __init__(self, shape: Shape = NARROW, nearest: int = NEAREST) -> None:
        """:param nearest: tags below their threshold that each category shows without unfolding"""
        super().__init__("surface")
        self._suggestions: tuple[Suggestion, ...] = ()
        self._shares: Mapping[str, Share] = {}
        self._unfolded = False
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(0)
        self.note = Text(token="muted")
        self.note.setWordWrap(True)
        self.note.setContentsMargins(16, 8, 16, 8)
        self.note.hide()
        layout.addWidget(self.note)
        self.scores = ScoreList(shape, nearest)
        self.scores.decided.connect(lambda name, verdict: self.decided.emit({name: verdict}))
        self.scores.threshold_picked.connect(lambda name, _: self.scores.tags.keep(name))
        self.scores.threshold_picked.connect(self.threshold_picked)
        self.scores.mapping_asked.connect(self.mapping_asked)
        self.scores.reveal.connect(self._reveal)
        self.axis = ScoreAxis(self.scores)
        layout.addWidget(self.axis)
        layout.addWidget(self.scores)
        self.fold = Link(icon="chevron-down")
        self.fold.clicked.connect(self._toggle_fold)
        row = QHBoxLayout()
        row.setContentsMargins(12, 2, 16, 6)
        row.addWidget(self.fold)
        row.addStretch(1)
        nest(layout, row)
        self.add = AddTag()
        self.add.added.connect(self.added)
        self.add.left.connect(self._leave_field)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)  # once the line that came has its place
        self._soon.timeout.connect(self._follow_field)
        self.add.resized.connect(self._soon.start)
        self.decided.connect(self._hold)
        self.decided.connect(self._tell)
        row = QHBoxLayout()
        row.setContentsMargins(16, 0, 16, 10)
        row.addWidget(self.add)
        nest(layout, row)

    @property
    def suggestions(self) -> tuple[Suggestion, ...]:
        """What is asked."""
        return self._suggestions

    def show_tags(
        self,
        suggestions: Sequence[Suggestion],
        *,
        new_track: bool,
        shares: Mapping[str, Share] | None = None,
        unseen: frozenset[str] = frozenset(),
        note: str = "",
    ) -> None:
        """Another track, or another state of it.

        :param note: why nothing is suggested; tags that the user added are shown all the same
        :param unseen: tags that it did not suggest yet when it was reviewed
        :param shares: where several tracks are shown, how many of them have a tag
        """
        decided = [s for s in suggestions if s.verdict is not Verdict.UNDECIDED]
        self._suggestions = tuple(decided if note else suggestions)
        self._shares = shares or {}
        self.note.setText(note)
        self.note.setVisible(bool(note))
        self.scores.tags.unseen = unseen
        if new_track:
            self._unfolded = False
        self.scores.tags.show(self._suggestions, self._unfolded, self._shares, new_track=new_track)
        if new_track:
            self.scores.reset_current()
        hidden = self.scores.tags.hidden
        self.fold.setVisible(hidden > 0)
        self.fold.setText("Show fewer" if self._unfolded else f"Show {hidden} more below threshold")
        self.fold.set_icon("chevron-up" if self._unfolded else "chevron-down")

    def clear(self) -> None:
        """Nothing is asked."""
        self.show_tags((), new_track=True)

    @property
    def undecided(self) -> list[str]:
        """Names of suggested tags that nothing was said of."""
        return [s.tag.name for s in self._suggestions if s.suggested and s.verdict is Verdict.UNDECIDED]

    def showEvent(self, event: QShowEvent) -> None:
        """From another page, or from under a panel."""
        super().showEvent(event)
        if not event.spontaneous():
            self.scores.tags.number_anew()

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
        names = self.undecided
        if names:
            self.decided.emit(dict.fromkeys(names, Verdict.ACCEPTED))

    def _hold(self, verdicts: Mapping[str, Verdict]) -> None:
        if len(verdicts) == 1:
            self.scores.tags.hold(*next(iter(verdicts.items())))

    def _tell(self, verdicts: Mapping[str, Verdict]) -> None:
        """Screen readers hear what was said, after what is read of the next tag."""
        known = {s.tag.name: s.tag.shown for s in self._suggestions}
        what = [known.get(name, name) for name in verdicts]
        text = what[0] if len(what) == 1 else words.plural(len(what), "tag")
        said = f"{text} {next(iter(verdicts.values()))}"
        QTimer.singleShot(0, self, lambda: announce(self.scores, said))

    def go_to_field(self) -> None:
        """A: type a tag."""
        self.add.field.setFocus()
        self._reveal_field()

    def _leave_field(self) -> None:
        """Back to the tag that the keys mean."""
        self.scores.setFocus()
        self._reveal(self.scores.visualRect(self.scores.currentIndex()))

    def _follow_field(self) -> None:
        if QApplication.focusWidget() is self.add.field:
            self._reveal_field()

    def _reveal_field(self) -> None:
        self.reveal.emit(self.add.y() + self.add.height())
        self.add.place_choices()

    def go_to(self, name: str) -> None:
        """Make a tag the current one, also where it is folded away."""
        if self.scores.tags.place(name) < 0 and not self._unfolded:
            self._toggle_fold()
        self.scores.go_to(name)

    def _toggle_fold(self) -> None:
        self._unfolded = not self._unfolded
        unseen, note = self.scores.tags.unseen, self.note.text()
        self.show_tags(self._suggestions, new_track=False, shares=self._shares, unseen=unseen, note=note)

    def _reveal(self, rect: QRect) -> None:
        self.reveal.emit(self.scores.y() + rect.center().y())
