"""What is said of tags, and where: the review page, thresholds, and tags added by hand."""

from __future__ import annotations

from collections.abc import Sequence, Set

from PySide6.QtCore import QObject, QSettings, Signal

from mat_desktop.domain.scores import Verdict
from mat_desktop.gui.actions import Actions
from mat_desktop.gui.models.columns import why_no_own_tag
from mat_desktop.gui.models.row import Row, State
from mat_desktop.gui.operations.decisions import ALL, RUNS, SCHEME, THRESHOLDS, TRACKS
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.operations.mapping import UNUSABLE, MapTags
from mat_desktop.gui.operations.review import Review
from mat_desktop.gui.operations.settings import ChangeSettings
from mat_desktop.gui.operations.weigh import Weigh
from mat_desktop.gui.pages import Page, Pages
from mat_desktop.gui.review_queue import Reviewing
from mat_desktop.gui.views.library import Library
from mat_desktop.gui.views.mapping import Mapping, MappingSheet
from mat_desktop.gui.views.review import ReviewPage
from mat_desktop.gui.views.shortcuts import Sheet
from mat_desktop.gui.widgets.question import Question
from mat_desktop.gui.widgets.rail import Rail

STRICTNESS = "review.strictness"

MAPPING = frozenset({SCHEME})
REACH = {
    "library": ALL,
    "first": frozenset({TRACKS, RUNS}),
    "review": ALL,
    "history": frozenset({RUNS}),
    "settings": frozenset({SCHEME, THRESHOLDS}),
}
"""By page: what Undo is about there."""


class ReviewRoom(QObject):
    """``changed`` says that other things can be done than before."""

    changed = Signal()

    def __init__(
        self,
        desk: Desk,
        library: Library,
        pages: Pages,
        rail: Rail,
        state: QSettings,
        settings: ChangeSettings,
    ) -> None:
        super().__init__()
        self._desk, self._library, self._pages, self._rail = desk, library, pages, rail
        self.weigh = Weigh(desk)
        self.review = Review(desk, settings, self.weigh)
        self.page = ReviewPage()
        self.queue = Reviewing(desk, self.page, library, self.review)
        pages.add(Page("review", self.page, self.page.question.scores, self.page.banners))
        pages.stack.currentChanged.connect(self._page_changed)
        for question in (library.pane.question, self.page.question):
            question.added.connect(self._add)
            question.threshold_picked.connect(self.weigh.set_threshold)
            question.mapping_asked.connect(self.show_mapping)
        library.decided.connect(self.review.decide)
        library.shift_picked.connect(self.weigh.shift)
        library.policy_picked.connect(self.review.set_policy)
        library.pane.accept_all.clicked.connect(self.accept_all)
        library.stepped.connect(self.step)
        self.weigh.changed.connect(library.weighed)
        self.weigh.shifted.connect(self._shifted)
        self.page.slider.valueChanged.connect(library.pane.slider.setValue)
        library.pane.slider.valueChanged.connect(self.page.slider.setValue)
        desk.tracks.shift = settings.now.shift
        self.map_tags = MapTags(desk)
        self.review.scheme_changed.connect(self._scheme_changed)
        self.map_tags.changed.connect(self._scheme_changed)
        self.map_tags.moved.connect(self.review.remember)
        self.map_tags.withdrawn.connect(self.review.withdraw)
        self.map_tags.refused.connect(self._refused)
        self.review.decided.connect(self.changed)
        self.review.awaited.connect(self.changed)
        self.review.took_back.connect(self._took_back)
        self.queue.restore(state)
        self._settings = settings
        self.page.go_on.toggled.connect(lambda on: settings.put({"review.go_on": on}))
        settings.changed.connect(self._settings_changed)
        self._settings_changed(frozenset({"review.go_on", STRICTNESS}))

    def _settings_changed(self, keys: Set[str]) -> None:
        now = self._settings.now
        if "review.go_on" in keys:
            self.page.go_on.setChecked(now.go_on)
        if STRICTNESS in keys:
            self._library.pane.set_shift(now.shift)
            self.weigh.shift(now.shift)

    def _shifted(self, shift: float) -> None:
        self._settings.put({STRICTNESS: round(shift * 10)})
        self._library.pane.set_shift(shift)

    def connect_actions(self, actions: Actions) -> None:
        """What the keys of the tags do, on whichever page they are in view."""
        for name, verdict in (
            ("accept", Verdict.ACCEPTED),
            ("reject", Verdict.REJECTED),
            ("undecide", Verdict.UNDECIDED),
        ):
            actions.connect(name, lambda verdict=verdict: self._decide(verdict))  # type: ignore[misc]
        for n in range(1, 10):
            for name, verdict in (("accept", Verdict.ACCEPTED), ("reject", Verdict.REJECTED)):
                actions.connect(
                    f"{name}_{n}",
                    lambda n=n, verdict=verdict: self._decide(verdict, n),  # type: ignore[misc]
                )
        actions.connect("accept_all", self.accept_all)
        actions.connect("add_tag", self._go_to_field)
        actions.connect("mark", self.mark)
        actions.connect("mapping", self.show_mapping)
        actions.connect("next", lambda: self.step(1))
        actions.connect("previous", lambda: self.step(-1))
        self.page.undo.follow(actions["undo"])
        self.queue.listen_all.connect(actions["listen_all"].trigger)
        self._library.pane.all_changes.clicked.connect(actions["write"].trigger)

    def make_mapping(self) -> Mapping:
        """An editor that works on the scheme in use; more than one may be in view."""
        editor = Mapping()
        self.map_tags.listed.connect(editor.show_tags)
        self.map_tags.amiss.connect(editor.show_amiss)
        self.map_tags.refused.connect(editor.show_fault)
        self.map_tags.changed.connect(editor.clear_reset)
        self.map_tags.was_reset.connect(editor.show_reset)
        editor.changed.connect(self.map_tags.change)
        editor.all_reset.connect(self.map_tags.reset)
        self.map_tags.load()
        return editor

    def show_selection(self) -> None:
        """Review what is selected in the library."""
        self.queue.begin_with_selection()
        self._pages.show("review")

    def show_mapping(self, name: str = "") -> None:
        """Lay the editor over the page in view.

        :param name: of the tag that it is about
        """
        editor = self.make_mapping()
        sheet = MappingSheet(editor)
        self._pages.cover(sheet)
        if name:
            editor.go_to(name)
        editor.list.setFocus()

    def _refused(self, why: str, name: str) -> None:
        """The editor says it, unless it was closed with what is refused."""
        if not isinstance(self._pages.stack.currentWidget(), MappingSheet):
            self._desk.say("danger", f"“{name}” is written as before: {why}" if name else why, kind="refused")

    def _scheme_changed(self) -> None:
        if self._desk.services.tags_fault is None:
            self._pages.clear_message(UNUSABLE)
        self._library.filter.asking.renew()
        self.weigh.anew(fit=True)
        self.review.policies_changed.emit()

    @property
    def in_view(self) -> bool:
        """Whether the review page is."""
        return self._pages.shows(self.page)

    @property
    def question(self) -> Question:
        """The tags in view."""
        return self.page.question if self.in_view else self._library.pane.question

    def step(self, by: int) -> None:
        """The next track, or the one before, of the queue or of the table; what plays goes on with it."""
        with self._library.player.carrying():
            if self.in_view:
                self.queue.step(by)
            else:
                self._library.step(by)

    def mark(self) -> None:
        """The track is reviewed, or all selected ones are."""
        if self.in_view:
            self.queue.mark()
        else:
            self.review.mark(self._meant())

    def _meant(self) -> list[Row]:
        """The tracks that a decision on the page in view counts for."""
        return self.queue.meant() if self.in_view else self._library.meant()

    def _hasty(self) -> bool:
        return self.in_view and self.queue.hasty()

    def _decide(self, verdict: Verdict, number: int = 0) -> None:
        """On the current tag, or on one by its digit key."""
        if self._hasty():
            return
        if number:
            self.question.decide_number(number, verdict)
        else:
            self.question.decide_current(verdict)

    def accept_all(self) -> None:
        """Everything that is suggested and undecided, in each of the tracks in view."""
        rows = self._meant()
        if len(rows) == 1 and not self.question.undecided:  # whenever it came into view
            self._desk.result(f"“{rows[0].title}” has no suggested tag that is undecided")
            return
        if self._hasty():
            return
        if len(rows) > 1:
            self.review.accept_suggested(rows)
        else:
            self.question.accept_shown()

    @property
    def reach(self) -> Set[str]:
        """What Undo is about on the page in view: nothing that cannot be seen there."""
        pages = self._pages
        if isinstance(pages.stack.currentWidget(), Sheet):
            return MAPPING if isinstance(pages.stack.currentWidget(), MappingSheet) else frozenset()
        return REACH.get(pages.current.name, frozenset())

    def take_back(self) -> bool:
        """The last that is within reach, in whichever track it was; says whether there was anything."""
        self.queue.stay()
        return self.review.take_back(self.reach)

    def do_again(self) -> bool:
        """What was taken back last, of these; says whether there was anything."""
        self.queue.stay()
        return self.review.do_again(self.reach)

    def _took_back(self, row: Row, names: Sequence[str]) -> None:
        """:param names: of the tags that were decided on; the first of them comes into view"""
        self.queue.stay()
        if len(self._meant()) < 2:
            if row is not self._library.row:
                self._library.look_at(row)
            if names:
                self.question.scores.go_to(names[0])
                self.question.scores.tell_current()

    def counted(self) -> None:
        """The number beside the page's name in the rail."""
        self._rail.buttons["review"].set_count(self._desk.tracks.counts()[State.TO_REVIEW])

    def _go_to_field(self) -> None:
        if self.question.isVisible():
            self.question.go_to_field()
        else:
            holder = self.page if self.in_view else self._library.pane
            counting = not self.in_view and bool(self._library.several.rows)
            why = "Their tags are still being counted" if counting else why_no_own_tag(self._library.row)
            holder.refuse_tag(why)

    def _add(self, text: str, category: object) -> None:
        rows = self._meant()
        if rows:
            self.review.add_tag(rows, text, category)  # type: ignore[arg-type]
            scores = self.question.scores
            scores.setFocus()
            current = scores.current()
            if current is not None:  # the keys mean this one again
                scores.go_to(current.tag.name)

    def _page_changed(self, _: int) -> None:
        if self.in_view:
            self.queue.open(again=self._pages.giving_back)
        elif self._pages.current.widget is not self.page:
            self.queue.close()
