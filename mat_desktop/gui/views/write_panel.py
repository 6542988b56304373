"""Everything that would be written, before anything is: file, field, old and new."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QHideEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout

from mat_desktop.domain.plan import FilePlan, Plan, Policy
from mat_desktop.domain.tags import Field
from mat_desktop.gui import words
from mat_desktop.gui.models.plan import Keep, PlanModel
from mat_desktop.gui.models.row import MEANS, State
from mat_desktop.gui.theme import wider
from mat_desktop.gui.widgets.alternatives import Alternatives
from mat_desktop.gui.widgets.changes import PolicyCombo, PolicyNote
from mat_desktop.gui.widgets.confirm_panel import ConfirmPanel
from mat_desktop.gui.widgets.controls import Button, Link, Panel, Steady, Text
from mat_desktop.gui.widgets.nesting import nest
from mat_desktop.gui.widgets.painting import key_text
from mat_desktop.gui.widgets.plan_table import PlanTable
from mat_desktop.gui.work import Work

LOWEST = 480
"""Pixels, with letters of usual size, under which the cards leave the room to the table."""

NARROWEST = 520
"""Pixels in which there is room for the parts of a narrow one."""


class PolicyCard(Panel):
    """A field: how many files, the policy, what it means."""

    def __init__(self, field: Field, policy: Policy) -> None:
        super().__init__("bg", radius=6)
        self.field = field
        layout = QGridLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setVerticalSpacing(5)
        layout.addWidget(Text(words.field(field), weight=500), 0, 0)
        self.count = Text("0", token="muted")
        layout.addWidget(self.count, 0, 1, Qt.AlignmentFlag.AlignRight)
        self.combo = PolicyCombo(policy)
        self.combo.setAccessibleName(f"Policy for {words.field(field)}")
        layout.addWidget(self.combo, 1, 0, 1, 2)
        self.meaning = Text(words.POLICY_MEANING[policy], size=11, token="muted")
        layout.addWidget(self.meaning, 2, 0, 1, 2)
        self.note = PolicyNote(words.field(field))
        room = self.note.sizePolicy()
        room.setRetainSizeWhenHidden(True)  # what is under the cards stays where it is
        self.note.setSizePolicy(room)
        layout.addWidget(self.note, 3, 0, 1, 2)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_low(self, low: bool) -> None:
        """Without the line that says what the policy means, and without room for a note that is not there."""
        room = self.note.sizePolicy()
        if room.retainSizeWhenHidden() is low:
            room.setRetainSizeWhenHidden(not low)
            self.note.setSizePolicy(room)
            self.meaning.setVisible(not low)

    def set_policy(self, policy: Policy, *, once: bool, kept: bool) -> None:
        """Show another policy.

        :param once: it is not the setting
        :param kept: it has just been made the setting
        """
        self.combo.set_policy(policy)
        if once:
            self.note.say_once()
        elif kept:
            self.note.say_kept()
        else:
            self.note.hide()
        self.meaning.setText(words.POLICY_MEANING[policy])
        self.combo.setToolTip(words.POLICY_MEANING[policy])


WORTH_SAYING = 10.0
"""Seconds: what is over before that needs no guess."""


class WritePanel(ConfirmPanel):
    """Opens over the middle and the pane of the library; Escape goes back.

    ``policy_picked`` hands over a field and its policy for this write, ``policy_moved`` a field whose policy
    is to be the setting, or where it has become that to be for this write only again; ``listen_asked`` that
    the tracks are to be listened to of which it can say nothing; ``review_asked`` hands over paths of
    reviewed files that suggest more since; ``stale`` says that what stood in the way of files may be gone.
    """

    confirmed = Signal(object)
    policy_picked = Signal(object, object)
    policy_moved = Signal(object)
    scope_picked = Signal(str)
    listen_asked = Signal()
    review_asked = Signal(object)
    stale = Signal()

    def __init__(self, fields: Sequence[Field], policies: Mapping[Field, Policy]) -> None:
        super().__init__()
        self.plan = PlanModel(self)
        self._reason = ""
        self._marks = 0
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(24, 12, 16, 0)
        self.title = Text("Write", size=16, weight=600)
        head.addWidget(self.title, 1)
        close = Button(icon="x", kind="flat", tip="Back (Esc)")
        close.clicked.connect(self.closed)
        head.addWidget(close)
        nest(layout, head)
        self.summary = Steady(token="muted")
        self.summary.setContentsMargins(24, 0, 24, 12)
        layout.addWidget(self.summary)
        self.listen = Link("Listen", underline=True)
        self.listen.clicked.connect(self._listen)
        self.listen.hide()
        self.look = Link("Show them in Review", underline=True)
        self.look.clicked.connect(lambda: self.review_asked.emit(sorted(self._unseen)))
        self.look.hide()
        links = QVBoxLayout()
        links.setContentsMargins(20, 0, 20, 0)  # a link has 4 of its own
        links.setSpacing(0)
        for link in (self.listen, self.look):
            links.addWidget(link, 0, Qt.AlignmentFlag.AlignLeft)
        nest(layout, links)
        self._order: tuple[int, list[PolicyCard]] = (0, [])
        self._cards = QGridLayout()
        self._cards.setSpacing(12)
        self.cards: dict[Field, PolicyCard] = {}
        for field in fields:
            card = PolicyCard(field, policies.get(field, Policy.FILL_EMPTY))
            card.setParent(self)
            card.combo.picked.connect(lambda policy, field=field: self.policy_picked.emit(field, policy))
            card.note.acted.connect(lambda field=field: self.policy_moved.emit(field))
            self.cards[field] = card
        self._offered: Collection[Field] = policies.keys()
        nest(layout, self._cards)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._row.setContentsMargins(24, 0, 24, 10)
        self._row.setSpacing(6)
        row = QHBoxLayout()
        row.setSpacing(6)
        self.filters: list[Button] = []
        filters: tuple[tuple[str, Keep | None], ...] = (
            ("All", None),
            ("Add", lambda line: not line.replaces and not line.stuck),
            ("Replace", lambda line: line.replaces and not line.stuck),
            ("Not possible", lambda line: line.stuck),
        )
        for text, only in filters:
            button = Button(text, height=28)
            button.clicked.connect(lambda _=False, only=only: self.plan.filter(only))
            self.filters.append(button)
            row.addWidget(button)
        Alternatives(self.filters)
        self.policies = Button("Filter, policies", height=28, tip="Lines to show, and what happens to values")
        self.policies.setCheckable(True)
        self.policies.toggled.connect(lambda _: self._arrange())
        row.addWidget(self.policies)
        row.addStretch(1)
        nest(self._row, row, 1)
        row = QHBoxLayout()
        row.setSpacing(6)
        self.scopes: dict[str, Button] = {}
        for scope in ("rest", "now", "selected", "reviewed", "all"):
            button = Button(scope, height=28)
            button.clicked.connect(lambda _=False, scope=scope: self.scope_picked.emit(scope))
            self.scopes[scope] = button
            row.addWidget(button)
        for scope in ("now", "reviewed"):
            self.scopes[scope].setToolTip(MEANS[State.REVIEWED])
        self._scope = Alternatives(list(self.scopes.values()))
        row.addStretch(0)
        nest(self._row, row)
        nest(layout, self._row)
        line = Panel("border")
        line.setFixedHeight(1)
        layout.addWidget(line)
        self.table = PlanTable(self.plan)
        layout.addWidget(self.table, 1)
        self.write = Button("Write", "arrow-down-to-line", kind="primary", key=key_text("Ctrl+Return"))
        layout.addWidget(self.make_foot(self.write))
        self.plan.picked.connect(self._refresh)
        QGuiApplication.instance().applicationStateChanged.connect(self.came)  # type: ignore[union-attr]

    def came(self, state: Qt.ApplicationState) -> None:
        """From elsewhere, where there may be room on the disk by now."""
        if state is Qt.ApplicationState.ApplicationActive and self.isVisible() and self.is_refused:
            self.stale.emit()

    def wait(
        self,
        count: int,
        scope: str,
        selected: int,
        shown: int,
        reviewed: int,
        rest: int | None = None,
        now: int | None = None,
        *,
        seen_only: bool = False,
        unreviewed: Collection[Path],
        filtered: bool = False,
        why_none: str = "",
        can_listen: bool = False,
    ) -> None:
        """A plan is being made; its files come with :meth:`add_plans`.

        :param scope: "rest", "now", "selected", "reviewed" or "all"
        :param shown: tracks that were listened to, of those in the table
        :param reviewed: those of them that are reviewed and not written yet; from Review all such
        :param rest: files that remain of another write, None where it is not about that
        :param now: tracks that were reviewed in this visit of Review and are not written, None elsewhere
        :param seen_only: what reviewed tracks did not suggest yet when they were reviewed is left out
        :param unreviewed: files the plan is for that the user is not done with
        :param filtered: there are more, which the table does not show
        :param why_none: what is the matter where the plan is for no track
        :param can_listen: to what it would be for
        """
        self._why_none = why_none
        self.listen.setVisible(can_listen)
        self._asked, self._done, self._changed = count, 0, 0
        self._pace = Work("Working out", unit="file", total=count)
        self._unreviewed, self._seen_only = unreviewed, seen_only
        self._unseen: set[Path] = set()
        self.look.setEnabled(False)  # out of view only where nothing comes of it: what is under it would move
        self._complete = False
        self._scope.choose(self.scopes[scope])
        self.scopes["rest"].setVisible(rest is not None)
        self.scopes["rest"].setText(f"{self.rest_called} {words.number(rest or 0)}")
        self.scopes["selected"].setText(f"Selected {words.number(selected)}")
        self.scopes["now"].setVisible(now is not None)
        self.scopes["now"].setText(f"Reviewed now {words.number(now or 0)}")
        self.scopes["now"].setEnabled(bool(now))
        which = "All reviewed" if now is not None else "Reviewed in view" if filtered else "Reviewed"
        self.scopes["reviewed"].setText(f"{which} {words.number(reviewed)}")
        which = "Listened to in view" if filtered else "All listened to"
        self.scopes["all"].setText(f"{which} {words.number(shown)}")
        self.scopes["selected"].setEnabled(selected > 0)
        self.scopes["reviewed"].setEnabled(reviewed > 0)
        for button in self.scopes.values():
            button.updateGeometry()
        self._arrange()
        self.plan.show(())

    def _listen(self) -> None:
        self.listen.hide()
        self.summary.setText("What would be written comes here once that was heard.")
        self.table.setFocus()
        self.listen_asked.emit()

    @property
    def is_refused(self) -> bool:
        """Whether a file cannot be written, as far as it knows; that may be mended by now."""
        return self._complete and self.plan.faults > 0

    @property
    def is_complete(self) -> bool:
        """Whether all of it is worked out."""
        return self._complete

    @property
    def is_empty(self) -> bool:
        """Whether it is for no track."""
        return not self._asked

    def add_unseen(self, paths: Collection[Path]) -> None:
        """These reviewed files suggest tags that they did not suggest when they were reviewed."""
        self._unseen.update(paths)

    def add_plans(self, files: Sequence[FilePlan], done: int) -> None:
        """Some more of it.

        :param done: files looked at so far, with or without a change
        """
        first = not self.plan.rowCount()
        self._changed += len(files)
        self._done = self._pace.done = done
        self._pace.mark()
        self.plan.add(files)
        if first and self.plan.rowCount():
            self.table.setCurrentIndex(self.plan.index(min(1, self.plan.rowCount() - 1), 0))

    @property
    def scope(self) -> str:
        """What the plan is for: "rest", "now", "selected", "reviewed" or "all"."""
        return next(scope for scope, button in self.scopes.items() if button.chosen)

    def complete(self, reason: str) -> None:
        """That was all of it.

        :param reason: for the history
        """
        self._reason = reason
        self._complete = True
        self._refresh()

    rest_called = "Remaining"
    """What the files are called that are none of those that one selects or looks at."""

    _asked = _done = _changed = 0
    _why_none = ""
    _pace = Work("Working out", total=0)
    _complete = _seen_only = False
    _unreviewed: Collection[Path] = ()

    def minimumSizeHint(self) -> QSize:
        """As narrow as it can get; out of sight it takes no room from what it will lie over."""
        hint = super().minimumSizeHint()
        return QSize(min(hint.width(), NARROWEST), hint.height() if self.isVisible() else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width."""
        super().resizeEvent(event)
        self._arrange()

    def hideEvent(self, event: QHideEvent) -> None:
        """The next plan says anew whether there is something to look at."""
        super().hideEvent(event)
        if self.isHidden():
            self.look.hide()

    def _arrange(self) -> None:
        """In a narrow window the cards stand two by two, and what is shown over what it is for; in a low one
        the cards say less, and they and the filters come when they are asked for.
        """
        low = self.low
        asked = not low or self.policies.isChecked()
        self.policies.setVisible(low)
        for field, card in self.cards.items():
            card.setVisible(field in self._offered and asked)
        for button in self.filters:
            button.setVisible(asked or not self.filters[0].chosen)
        shown = [card for card in self.cards.values() if not card.isHidden()]
        self._cards.setContentsMargins(24, 4 if shown else 0, 24, 12 if shown else 0)
        for card in self.cards.values():
            card.set_low(low or self.height() < wider(LOWEST))
        narrow = self.width() < wider(800)
        buttons = [*self.filters, self.policies, *self.scopes.values()]
        needs = sum([button.sizeHint().width() + 6 for button in buttons if not button.isHidden()]) + 48
        way = QBoxLayout.Direction.TopToBottom
        if (low or not narrow) and needs <= self.width():
            way = QBoxLayout.Direction.LeftToRight
        if self._row.direction() is not way:
            self._row.setDirection(way)
        beside = 2 if narrow else max(1, len(shown))
        if (beside, shown) == self._order:
            return
        self._order = (beside, shown)
        for number, card in enumerate(shown):
            self._cards.addWidget(card, number // beside, number % beside, Qt.AlignmentFlag.AlignTop)
        for column in range(len(self.cards)):
            self._cards.setColumnStretch(column, 1 if column < beside else 0)

    def set_policies(
        self, policies: Mapping[Field, Policy], once: Collection[Field] = (), kept: Collection[Field] = ()
    ) -> None:
        """Policies are others.

        :param once: fields whose policy is for this write only
        :param kept: those whose policy was for this write only, and was made the setting
        """
        self._offered = policies.keys()
        for field, card in self.cards.items():
            if field in policies:
                card.set_policy(policies[field], once=field in once, kept=field in kept)
        self._arrange()

    def confirm(self) -> None:
        """Write what is checked."""
        files = tuple(file for file in self.plan.files if isinstance(file, FilePlan))
        if files and self.write.isEnabled():
            self.confirmed.emit(Plan(self._reason, files))

    def _grown(self) -> str:
        """How many reviewed files suggest more than when they were reviewed, as a sentence."""
        count = len(self._unseen)
        if not count:
            return ""
        files = words.plural(count, "reviewed file")
        since = f"that were not there when you reviewed {'it' if count == 1 else 'them'}"
        if self._seen_only:
            return f"Tags of {files} {since} are left out. "
        return f"{files} now {'suggests' if count == 1 else 'suggest'} tags {since}. "

    def _of_visit(self) -> str:
        """That it is for a part of the reviewed files, as a sentence."""
        return "Only tracks that were reviewed since Review was opened. " if self.scope == "now" else ""

    def _not_reviewed(self, count: int) -> str:
        """How many of the checked files the user is not done with, as a sentence."""
        left = sum(file.path in self._unreviewed for file in self.plan.files)
        if not left:
            return ""
        if left == count:
            return f"{'None of the files is' if count > 1 else 'The file is not'} reviewed yet. "
        return f"{words.number(left)} of the files {'is' if left == 1 else 'are'} not reviewed yet. "

    def _refresh(self) -> None:
        count = self.plan.picked_files
        by_field = self.plan.by_field
        for field, card in self.cards.items():
            card.count.setText(words.number(by_field[field]))
        adding, replacing = self.plan.counts()
        stuck = self.plan.stuck
        names = (
            ("All", adding + replacing + stuck),
            ("Add", adding),
            ("Replace", replacing),
            ("Not possible", stuck),
        )
        for button, (name, number) in zip(self.filters, names, strict=True):
            button.setText(f"{name} {words.number(number)}")
            button.updateGeometry()
        self.filters[-1].setEnabled(stuck > 0)
        self._say(count)
        self.write.setEnabled(self._complete and count > 0)
        self.write.updateGeometry()

    def _say(self, count: int) -> None:
        if not self._complete:
            asked = words.plural(self._asked, "file")
            self.title.setText(f"Write to {asked}")
            left = self._pace.seconds_left or 0.0
            so_far = f"Working out the changes: {words.number(self._done)} of {asked}"
            self.summary.setText(f"{so_far}, {words.time_left(left)}" if left > WORTH_SAYING else so_far)
            self.note.setText("")
            self.note_icon.hide()
            self.write.setText("Write")
            return
        self.title.setText(f"Write to {words.plural(count, 'file')}" if count else "Nothing to write")
        self.look.setText(f"Show {'it' if len(self._unseen) == 1 else 'them'} in Review")
        self.look.setVisible(bool(self._unseen))
        self.look.setEnabled(bool(self._unseen))
        if count:
            fields = sum(1 for number in self.plan.by_field.values() if number)
            self.summary.setText(
                f"{words.plural(self.plan.changes, 'change')} in {words.plural(fields, 'field')}. "
                f"{self._of_visit()}{self._not_reviewed(count)}{self._grown()}Sound, covers, ratings and "
                "lyrics stay as they are; the run can be undone in History at any time."
            )
        elif self.plan.left_out:
            self.summary.setText("No file is checked.")
        elif self._why_none:
            self.summary.setText(self._why_none)
        elif self.plan.faults:
            self.summary.setText("None of these files can be written.")
        else:
            self.summary.setText(f"Nothing would change in these files. {self._grown()}".rstrip())
        parts = []
        if self.plan.faults:
            stuck = words.plural(self.plan.stuck, "change")
            parts.append(f"{words.plural(self.plan.faults, 'file')} cannot be written ({stuck})")
        if self.plan.left_out:
            parts.append(f"{words.plural(self.plan.left_out, 'file')} left out by you")
        unchanged = self._done - self._changed
        if unchanged:
            parts.append(f"{words.plural(unchanged, 'file')} without a change")
        self.note.setText(", ".join(parts))
        self.note_icon.setVisible(bool(self.plan.faults))
        self.write.setText(f"Write {words.plural(count, 'file')}")
