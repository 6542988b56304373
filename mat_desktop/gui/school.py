"""Where tags are taught: the panel beside the table, and what it works with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSettings, QTimer, Signal

from mat_desktop.domain.query_tokens import in_quotes
from mat_desktop.domain.taught import Marks, TaughtTag
from mat_desktop.gui import words
from mat_desktop.gui.actions import Actions
from mat_desktop.gui.models.marks import can_mark
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.operations.drafts import Draft, Drafts
from mat_desktop.gui.operations.listen import Listen, can_be_heard
from mat_desktop.gui.operations.teach import Teach
from mat_desktop.gui.pages import Pages
from mat_desktop.gui.views.library import Library
from mat_desktop.gui.views.teach import TeachPanel

if TYPE_CHECKING:
    from mat_desktop.app.teach import Anew

BEHIND = "taught anew"
"""Kind of what is said of tags that another model was taught."""

SOON_MS = 200
"""Learning that ends sooner is not told of."""


class School(QObject):
    """``scheme_changed`` says that there is a tag more, or one less; ``opened`` that the panel is in view,
    ``changed`` that it came, went, or shows something else.
    """

    opened = Signal()
    changed = Signal()
    scheme_changed = Signal()
    policies_changed = Signal()

    def __init__(self, desk: Desk, library: Library, listen: Listen, pages: Pages, state: QSettings) -> None:
        super().__init__()
        self._desk, self._library, self._listen, self._pages = desk, library, listen, pages
        self._actions: Actions | None = None
        self.teach = Teach(desk)
        self._drafts = Drafts(state)
        self._begun_with: tuple[str, Marks | None, TaughtTag | None] = "", None, None
        self._key, self._waiting = "", False
        self._filled = self._reads = False
        """Whether the form is filled in, and whether there are marks to be read."""
        self._described = "", "", ""
        """As the form was at first."""
        self.panel = TeachPanel()
        library.inner.addWidget(self.panel)
        library.beside = self.panel
        library.inner.setStretchFactor(2, 0)
        self.panel.hide()
        self._late = QTimer(self.panel)  # ends with it
        self._late.setSingleShot(True)
        self._losses = 0
        self._late.setInterval(SOON_MS)
        self._late.timeout.connect(self._say_learning)
        self._connect()

    def _connect(self) -> None:
        teach, panel, library = self.teach, self.panel, self._library
        teach.read.connect(self._show_study)
        teach.studied.connect(lambda _: self._show_study())
        self._desk.tracks.counted.connect(self._counted)
        teach.listed.connect(self._show_tags)
        teach.saved.connect(self._saved)
        teach.listed.connect(self.scheme_changed)
        teach.rescored.connect(self._desk.tracks.fit)
        teach.rescored.connect(self.policies_changed)
        teach.rescored.connect(library.filter.asking.forget_scores)
        teach.refused.connect(self._refused)
        panel.closed.connect(self.close)
        panel.listing.connect(self.open_list)
        panel.discarded.connect(self._discard)
        panel.marked.connect(self.mark)
        panel.dropped.connect(self._dropped)
        panel.unmarked.connect(lambda row: teach.unmark([row]))
        panel.chosen.connect(library.look_at)
        panel.renamed.connect(lambda text: panel.show_fault(teach.teacher.check_name(text, teach.name)))
        for described in (panel.renamed, panel.described):
            described.connect(lambda *_: self._keep_draft())
        panel.saved.connect(teach.save)
        panel.listen.connect(lambda: self._listen.to(can_be_heard(teach.to_hear)))
        panel.listen_old.connect(lambda: self._listen.to(can_be_heard(teach.unheard)))
        taught = panel.taught
        taught.new.connect(lambda: self.open())
        taught.edited.connect(self.open)
        taught.removed.connect(lambda name: self._drafts.keep(name, None))
        taught.removed.connect(teach.remove)
        taught.sent.connect(teach.export)
        taught.taken.connect(teach.take)
        library.selection_changed.connect(self._selection)
        self._pages.stack.currentChanged.connect(lambda _: self._enable())
        taught.anew.connect(teach.learn_anew)
        teach.anew.connect(self._learned_anew)
        self._listen.ended.connect(self.heard_more)
        self._listen.ended.connect(self._listened)

    def heard_more(self) -> None:
        """Tracks came, or were listened to: they may be marked, or teach."""
        if self.is_open and self.teach.lost:
            self._look_again()  # marks of these may be among them
        elif self.is_open:
            self.teach.heard_more()

    def _look_again(self) -> None:
        """Marks are of the tracks that are in the library now, under the names that these have."""
        name, given, _ = self._begun_with
        self.teach.begin(name, given, self.teach.unsaved)

    def _counted(self) -> None:
        losses = self._desk.tracks.losses
        if self.is_open and losses != self._losses:
            self._look_again()
        self._losses = losses

    def connect_actions(self, actions: Actions) -> None:
        """What the keys do."""
        self._actions = actions
        actions.connect("teach", self.go_to)
        actions.connect("taught", self.open_list)
        actions.connect("has_it", lambda: self.mark(True))
        actions.connect("has_it_not", lambda: self.mark(False))
        self._enable()

    @property
    def is_open(self) -> bool:
        """Whether the panel is there."""
        return not self.panel.isHidden()

    def _enable(self) -> None:
        if self._actions is None:
            return
        marks = self.is_open and self._pages.shows(self._library) and self.panel.stack.currentIndex() == 0
        for name in ("has_it", "has_it_not"):
            self._actions[name].setEnabled(marks)
        self._actions["pane"].setEnabled(not self.is_open)
        self.changed.emit()

    # the panel

    def go_to(self) -> None:
        """To the tag that is taught, or to a new one."""
        if self.is_open and self.panel.stack.currentIndex() == 0:
            self.opened.emit()
            self.panel.name.setFocus()
        else:
            self.open()

    def open(self, name: str = "", given: Marks | None = None, like: TaughtTag | None = None) -> None:
        """Teach a new tag, or go on with one; what was not saved of it is there again.

        :param name: of a tag that is taught already
        :param given: marks to begin with
        :param like: a tag that another model was taught: name, kind and field to begin with
        """
        self._show()
        scheme = self._desk.services.scheme
        tag = next((tag for tag in self.teach.teacher.tags if tag.name == name), None) if name else None
        self._begun_with = name, given, like
        self._key, self._filled = like.name if like is not None else name, False
        draft = self._drafts.get(self._key)
        self.teach.begin(name, given, draft.said if draft is not None else None)
        self.panel.begin(scheme.fields, tag if tag is not None else like, known=tag is not None)
        self._described = self.panel.description
        if draft is not None:
            self.panel.describe(draft.name, draft.kind, draft.field)
            self.panel.show_reading()
        self.panel.show_unsaved(draft is not None)
        self._reads, self._filled = bool(name or given or draft is not None), True
        self._selection()
        self._enable()
        if tag is None and like is None:
            self.panel.name.setFocus()
        else:
            self._library.table.setFocus()

    def _keep_draft(self) -> None:
        """What is not saved outlives another tag, another page, and the program."""
        if not self.is_open or not self._filled:
            return
        said, described = self.teach.unsaved, self.panel.description
        draft = Draft(*described, said) if said or described != self._described else None
        self._drafts.keep(self._key, draft)
        self.panel.show_unsaved(draft is not None)

    def _discard(self) -> None:
        """Back to what is saved."""
        key, draft, begun = self._key, self._drafts.get(self._key), self._begun_with
        if draft is None:
            return

        def again() -> None:
            self._drafts.keep(key, draft)
            self.open(*begun)

        self._drafts.keep(key, None)
        self.open(*begun)
        self._desk.say("positive", f"Discarded {_begun(draft)}.", "Undo", again, kind="taught")

    def open_list(self) -> None:
        """Show what was taught."""
        self._show()
        draft = self._drafts.get("")
        changed = [tag.name for tag in self.teach.teacher.tags if self._drafts.get(tag.name) is not None]
        self.panel.show_list(_begun(draft) if draft is not None else "", changed)
        self._enable()

    def _show(self) -> None:
        self.opened.emit()
        self._show_tags()
        if self.is_open:
            return
        library = self._library
        centre, pane, _ = library.inner.sizes()
        side = max(self.panel.minimumWidth(), pane or min(384, centre - 300))
        self.panel.show()
        library.show_pane(False)
        library.inner.setSizes([centre + pane - side, 0, side])

    def close(self) -> None:
        """Back to the tags of the track in view."""
        if not self.is_open:
            return
        centre, _, side = self._library.inner.sizes()
        self.panel.hide()
        shown = self._actions is None or self._actions["pane"].isChecked()
        self._library.show_pane(shown)
        if shown:
            self._library.inner.setSizes([centre, side, 0])
        draft = self._drafts.get(self._key) if self._filled else None
        if draft is not None:
            self._desk.result(f"Kept for later, not saved: {_begun(draft)}")
        self._filled = False
        self.teach.end()
        self._enable()
        self._library.table.setFocus()

    # what happens

    def mark(self, yes: bool) -> None:
        """The selected tracks have the tag, or do not."""
        rows = self._library.selected()
        if self.is_open and rows:
            self.teach.mark(rows, yes)
            self._show_study()

    def _dropped(self, paths: Sequence[Path], yes: bool) -> None:
        rows = [row for path in paths if (row := self._desk.tracks.row(path)) is not None]
        if rows:
            self.teach.mark(rows, yes)
            self._show_study()

    def _selection(self) -> None:
        if self.is_open:
            self.panel.show_selection(sum(can_mark(row) for row in self._library.selected()))

    def _show_study(self) -> None:
        teach = self.teach
        if self.is_open:
            self._keep_draft()
            self.panel.show_study(
                teach.marks,
                teach.study,
                teach.known,
                len(teach.to_hear),
                len(teach.unheard),
                teach.lost,
                heard=self._desk.tracks.tally().heard,
                copies=teach.copies,
                learning=teach.learning,
            )
            if not teach.ready and self._reads:
                self.panel.show_reading()
            if teach.learning and not self._late.isActive():
                self._late.start()

    def _say_learning(self) -> None:
        if self.is_open and self.teach.learning:
            self.panel.show_learning()

    def _show_tags(self) -> None:
        teacher = self.teach.teacher
        self.panel.show_tags(teacher.tags, teacher.faults, teacher.elsewhere)
        if not teacher.elsewhere:  # however they were learned, or went
            self._pages.clear_message(BEHIND)

    def model_changed(self) -> None:
        """Another one, which may have been taught other tags."""
        self._waiting = False
        self._pages.clear_message(BEHIND)
        if self.is_open:
            self._show_tags()

    def left_behind(self, tags: Sequence[TaughtTag]) -> None:
        """They were there with the model before, and are not with this one."""
        if not tags:
            return
        text = (
            f"{words.plural(len(tags), 'taught tag')} not known to this model, which hears otherwise: "
            f"{words.quoted([tag.name for tag in tags])}. "
        )
        self._waiting = self._desk.tracks.tally().new > 0
        if self._waiting:
            text += "It can learn from the same examples once it has listened to the library."
            self._desk.say("warning", text, "Taught tags", self.open_list, kind=BEHIND)
            return
        self._offer(f"{text}It can learn from the same examples.")

    def _offer(self, text: str) -> None:
        self._desk.say("warning", text, "Learn anew", self.teach.learn_anew, kind=BEHIND)

    def _listened(self) -> None:
        """What was left behind can be learned now, unless something is to be listened to still."""
        if self._waiting and not self._desk.tracks.tally().new:
            self._waiting = False
            self.teach.ask_learnable(self._offer_some)

    def _offer_some(self, tags: Sequence[TaughtTag]) -> None:
        if tags:
            names = words.quoted([tag.name for tag in tags])
            self._offer(f"This model can learn {names} now, from the same examples.")

    def _learned_anew(self, anew: Anew) -> None:
        self._pages.clear_message(BEHIND)
        wanting = "; ".join(f"“{name}” needs {what}" for name, what in anew.left.items())
        if anew.learned:
            names = words.quoted([tag.name for tag in anew.learned])
            text = f"{names} {'is' if len(anew.learned) == 1 else 'are'} learned anew."
            self._desk.say("warning" if wanting else "positive", f"{text} {wanting}".strip(), kind=BEHIND)
        elif wanting:
            self._desk.say("warning", f"Nothing was learned anew: {wanting}.", kind=BEHIND)
        else:  # as by another press meanwhile, or by the command line
            self._desk.say(
                "positive", "This model knows every taught tag: nothing was to be learned.", kind=BEHIND
            )

    def _saved(self, tag: TaughtTag) -> None:
        self._drafts.keep(self._key, None)
        study = self.teach.study
        count = words.plural(study.likely, "track") if study is not None else "the library"
        none = study is not None and not study.likely
        self._desk.say(
            "positive",
            f"“{tag.name}” is taught. No track sounds enough like it yet: more marks help."
            if none
            else f"“{tag.name}” is taught, and suggested for {count} now.",
            "Show the marked ones" if none else "Show them",
            lambda: self._find(tag.name),
            kind="taught",
        )
        self.close()

    def _find(self, name: str) -> None:
        self._library.search.setText(f"tag:{in_quotes(name)}")
        self._library.table.setFocus()

    def _refused(self, tag: TaughtTag, why: str) -> None:
        marks = Marks(tag.examples, tag.counter_examples)
        self._desk.say(
            "warning",
            f"{why}. It has {words.plural(len(marks), 'marked track')}, which can teach it to this one.",
            "Teach it anew",
            lambda: self.open("", marks, tag),
            kind="taught",
        )


def _begun(draft: Draft) -> str:
    """What a draft is called."""
    name = f"“{draft.name}”" if draft.name else "a tag without a name"
    return f"{name}, {words.plural(draft.marked, 'mark')}"
