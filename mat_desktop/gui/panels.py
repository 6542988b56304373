"""What opens over the middle of the library: the changes that would be written, and the problems."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from mat_desktop.domain.plan import Plan, Policy
from mat_desktop.domain.reversal import FileReversal, Task
from mat_desktop.domain.tags import Field
from mat_desktop.errors import printable
from mat_desktop.gui import words
from mat_desktop.gui.models.columns import why_no_tags
from mat_desktop.gui.models.row import BAD, Problem, Row, State
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.operations.files import Left
from mat_desktop.gui.operations.listen import can_be_heard
from mat_desktop.gui.operations.undo import LookBack
from mat_desktop.gui.operations.write import Wish, Write, heard
from mat_desktop.gui.views.library import FIELDS, Library
from mat_desktop.gui.views.problems import Problems
from mat_desktop.gui.views.reversal_panel import ReversalPanel
from mat_desktop.gui.views.write_panel import WritePanel


def _to_write(rows: Iterable[Row]) -> list[Row]:
    """Those of them that the user is done with and that are not written yet."""
    return heard(row for row in rows if row.standing is State.REVIEWED)


class Panels(QObject):
    """``opened`` and ``closed`` say that one is there or gone, ``back`` asks for the page before.

    ``confirmed`` hands over a plan that is to be written and the wish for it, ``taken_back`` a task with
    files, ``read_again`` paths of files, ``listen_to`` tracks; ``review`` asks for Review with what is
    selected.
    """

    opened = Signal()
    closed = Signal()
    back = Signal()
    confirmed = Signal(object, object)
    taken_back = Signal(object, object)
    read_again = Signal(object)
    listen_to = Signal(object)
    policy_picked = Signal(object, object)
    review = Signal()

    def __init__(self, desk: Desk, library: Library, writing: Write) -> None:
        super().__init__(library)  # goes with it: the application tells it when the user comes back
        self._desk, self._library, self._writing = desk, library, writing
        self._old = False
        self._policies: dict[Field, Policy] = {}
        self._rest: list[Row] | None = None
        self._rest_scope = ""
        self._left: Left | None = None
        self._in_review: list[Row] = []
        self._now: list[Row] | None = None
        self._before: dict[Field, tuple[Policy, Policy]] = {}
        services = desk.services
        self.write = WritePanel(FIELDS, services.policies)
        self.problems = Problems()
        self.reversal = ReversalPanel()
        self._looking = LookBack(desk)
        self.reversal.follow(self._looking)
        self.reversal.confirmed.connect(self._take_back)
        for panel in (self.write, self.problems, self.reversal):
            library.right.addWidget(panel)
            panel.closed.connect(self._leave)
        self.write.confirmed.connect(self._confirm)
        self.write.policy_picked.connect(self._pick_policy)
        self.write.policy_moved.connect(self._move_policy)
        self.write.scope_picked.connect(self._plan)
        self.write.listen_asked.connect(lambda: self.listen_to.emit(self._to_hear()))
        self.write.review_asked.connect(self._review)
        self.problems.chosen.connect(self._go_to)
        self.problems.again.connect(self._try_again)
        self.write.stale.connect(self.plan_once_more)
        writing.unseen.connect(self.write.add_unseen)
        writing.planned.connect(self.write.add_plans)
        writing.complete.connect(self.write.complete)

    @property
    def is_open(self) -> bool:
        """Whether one is in view."""
        return self._library.right.currentIndex() > 0

    @property
    def plans(self) -> bool:
        """Whether what would be written is in view, and worked out."""
        return self.write.isVisible() and self.write.is_complete

    def plan_once_more(self) -> None:
        """What is in view, of the same files: what stood in their way may be gone."""
        self._plan(self.write.scope)

    def escape(self) -> bool:
        """Close the one in view, wherever the focus is; says whether there was one."""
        shown = self.write.isVisible() or self.problems.isVisible() or self.reversal.isVisible()
        if shown:
            self.close()
        return shown

    def _selected(self) -> list[Row]:
        """Selected rows, else the track in view; of the Review page that one alone."""
        return self._in_review or self._library.selected() or self._library.meant()

    def _to_hear(self) -> list[Row]:
        """Those of them that can be listened to, and did not fail before."""
        return [row for row in can_be_heard(self._selected()) if row.state is not State.FAILED]

    def _shows(self, panel: QWidget) -> bool:
        return self._library.right.currentWidget() is panel

    def _open(self, panel: QWidget, focus: QWidget) -> None:
        self._library.right.setCurrentWidget(panel)
        self.opened.emit()
        focus.setFocus()

    def _leave(self) -> None:
        """Back to where the user came from."""
        self.close()
        self.back.emit()

    def close(self) -> None:
        """Back to the tags."""
        self._writing.drop_plan()
        self._in_review, self._now = [], None
        self._library.right.setCurrentIndex(0)
        self._library.table.setFocus()
        self.closed.emit()

    # writing

    def open_write(self, *, reviewing: Sequence[Row] | None = None, now: Sequence[Row] = ()) -> None:
        """Show what would be written: for the selection, as the pane beside it says.

        All is never checked unless somebody asked for all.

        :param reviewing: on the Review page, where one goes from track to track, it is for those
            that were reviewed now, without any for all reviewed ones of the library, and where there is none
            either for this track, which is in view there
        :param now: what was reviewed in this visit of the Review page
        """
        if not self._desk.tracks.tally().heard:
            return
        self._rest = None
        self._in_review, self._now = list(reviewing or ()), None if reviewing is None else list(now)
        scope = "selected"
        if self._now is not None:
            scope = "now" if _to_write(self._now) else "reviewed" if self._all_reviewed() else "selected"
        elif not self._selected() and self._reviewed_waits():
            scope = "reviewed"
        self.write.plan.reset_checks()
        self._policies, self._before = {}, {}
        self._show_policies()
        self._open(self.write, self.write.table)
        self._plan(scope)

    def _all_reviewed(self) -> list[Row]:
        """All reviewed tracks of the library that are not written, whatever the table shows."""
        return _to_write(self._desk.tracks.rows())

    def _reviewed_waits(self) -> bool:
        """Whether a reviewed track that is shown is not written yet."""
        tracks = self._desk.tracks
        if not tracks.counts()[State.REVIEWED]:
            return False
        return any(row.standing is State.REVIEWED and row.place >= 0 for row in tracks.rows())

    def can_write(self, *, in_review: bool) -> bool:
        """Whether there is a track that a plan would be for; in Review that may be one that is hidden."""
        if in_review and self._desk.tracks.counts()[State.REVIEWED]:
            return True
        shown = self._library.row is not None or bool(self._selected())
        return self._desk.tracks.tally().heard > 0 and (shown or self._reviewed_waits())

    def open_waiting(self, paths: Sequence[Path]) -> None:
        """Show what was never written, of all files, whatever is selected or in view."""
        self.open_rest(paths, Wish("all"), "Not written yet")

    def open_rest(self, paths: Sequence[Path], wish: Wish, called: str = "Remaining") -> None:
        """Show what a write left undone: those files and no others, as that write was wished for."""
        self.write.rest_called = called
        self._in_review, self._now = [], None
        rows = [self._desk.tracks.row(path) for path in paths]
        self._rest, self._rest_scope = heard(row for row in rows if row is not None), wish.scope
        self.write.plan.reset_checks()
        self._policies, self._before = dict(wish.policies), {}
        self._show_policies()
        self._open(self.write, self.write.table)
        self._plan("rest")

    def _plan(self, scope: str) -> None:
        tracks = self._desk.tracks
        self._old = False
        selected = heard(self._selected())
        shown = heard([row for row in tracks.rows() if row.place >= 0])
        in_review = self._now is not None
        reviewed = self._all_reviewed() if in_review else _to_write(shown)
        now = _to_write(self._now or ())
        rest = self._rest or []
        rows = {"selected": selected, "now": now, "reviewed": reviewed, "rest": rest, "all": shown}[scope]
        seen_only = self._wished(scope) == "reviewed"
        self.write.wait(
            len(rows),
            scope,
            len(selected),
            len(shown),
            len(reviewed),
            None if self._rest is None else len(self._rest),
            len(now) if in_review else None,
            seen_only=seen_only,
            unreviewed={row.path for row in rows if not row.reviewed},
            filtered=len(shown) < tracks.tally().heard,
            why_none="" if rows else self._why_none(scope),
            can_listen=scope == "selected" and not rows and bool(self._to_hear()),
        )
        self._writing.plan(rows, dict(self._policies), seen_only=seen_only)

    def _wished(self, scope: str) -> str:
        """What remains of a write is planned as that write was; what is reviewed now is so, too."""
        scope = self._rest_scope if scope == "rest" else scope
        return "reviewed" if scope == "now" else scope

    def _why_none(self, scope: str) -> str:
        """What is the matter where a scope has no track that there is something to write for."""
        if scope == "rest":
            return "The files that remained are no longer in the library, or not listened to."
        unheard = self._selected()
        if scope == "now":
            return "No track that was reviewed since Review was opened waits to be written."
        if scope == "reviewed":
            if self._now is not None:
                return "No reviewed track waits to be written."
            return "No reviewed track that is shown waits to be written."
        if scope == "all":
            return "No track that is shown was listened to."
        if not unheard:
            return "No track is selected."
        if len(unheard) == 1 and unheard[0].state is State.FAILED:
            return f"“{unheard[0].title}” has no tags to write: {why_no_tags(unheard[0])}"
        if all(row.state is State.FAILED for row in unheard):
            return "None of the selected tracks could be listened to: each of them says why."
        what = f"“{unheard[0].title}”" if len(unheard) == 1 else "None of the selected tracks"
        has = "has not been" if len(unheard) == 1 else "has been"
        return f"{what} {has} listened to: there is nothing to write yet."

    def _review(self, paths: Sequence[Path]) -> None:
        rows = [self._desk.tracks.row(path) for path in paths]
        self.close()
        self._library.select_rows([row for row in rows if row is not None])
        self.review.emit()

    def heard_more(self) -> None:
        """Tracks were listened to: a plan that was for none may be for some."""
        if self._shows(self.write) and self.write.is_empty:
            self.outdated()

    def _pick_policy(self, field: Field, policy: Policy) -> None:
        """For this write only."""
        self._policies[field] = policy
        if policy is self._desk.services.policies[field]:
            del self._policies[field]
        self._show_policies()
        self.outdated()

    def _move_policy(self, field: Field) -> None:
        """For every write from now on, or for this one only again."""
        settings = self._desk.services.policies
        policy = self._policies.pop(field, None)
        if policy is not None:
            self._before[field] = (settings[field], policy)
            self.policy_picked.emit(field, policy)
        elif field in self._before:
            before, self._policies[field] = self._before.pop(field)
            self.policy_picked.emit(field, before)

    def _show_policies(self) -> None:
        settings = self._desk.services.policies
        self._before = {f: kept for f, kept in self._before.items() if settings.get(f) is kept[1]}
        kept = self._before.keys() - self._policies.keys()
        self.write.set_policies({**settings, **self._policies}, self._policies.keys(), kept)

    def _confirm(self, plan: Plan) -> None:
        wish = Wish(self._wished(self.write.scope), dict(self._policies))
        self._leave()
        self.confirmed.emit(plan, wish)

    def policies_changed(self) -> None:
        """The same plan would be another one now."""
        settings = self._desk.services.policies
        self._policies = {field: p for field, p in self._policies.items() if p is not settings.get(field)}
        self._show_policies()
        self.outdated()

    def outdated(self) -> None:
        """Another plan would be made now; made when somebody sees it."""
        self._old = self._shows(self.write)
        self.plan_again()

    def plan_again(self) -> None:
        """A plan that was in view all the time is as it would be made now."""
        if self._old and self.write.isVisible():
            self._plan(self.write.scope)

    # taking back

    def open_undo(self) -> None:
        """Show what taking back the last write to the selected files would do."""
        paths = [row.path for row in self._library.selected()]
        if not paths:
            return
        services = self._desk.services
        what = printable(Path(paths[0].name)) if len(paths) == 1 else words.plural(len(paths), "file")
        self.reversal.wait(f"Undo the last write to {what}")
        self._open(self.reversal, self.reversal.table)
        self._looking.at(lambda cancel, tell: services.undoing_files(paths, cancel, tell))

    def _take_back(self, task: Task, files: Sequence[FileReversal]) -> None:
        self.close()
        self.taken_back.emit(task, files)

    # problems

    def _bad(self) -> list[Row]:
        return [row for row in self._desk.tracks.rows() if row.state in BAD]

    def open_problems(self) -> None:
        """The list of files that failed or conflict."""
        self._left = None
        if self._bad():
            self._show_problems()
            self._open(self.problems, self.problems.list)

    def show_left(self, left: Left) -> None:
        """The list of files that a run left as they were, and of no others."""
        if not left.problems():
            self._desk.result("None of these files has a problem any more")
            return
        self._left = left
        self._show_problems()
        self._open(self.problems, self.problems.list)

    def _show_problems(self) -> None:
        left = self._left
        if left is None:
            self.problems.show_problems([Problem(row.path, row.state, row.reason) for row in self._bad()])
        else:
            problems = left.problems()
            self.problems.show_problems(problems, left.title(len(problems)), "Try again…")

    def counted(self) -> None:
        """Rows changed. A list of which nothing is left goes."""
        if self._shows(self.problems):
            self._show_problems()
            if not self.problems.problems.rowCount():
                self.close()
                self._desk.result("None of these files has a problem any more")

    def _try_again(self) -> None:
        if self._left is None:
            self.read_bad_again()
        else:
            left, paths = self._left, [problem.path for problem in self._left.problems()]
            self.close()
            left.again(paths)

    def _go_to(self, problem: Problem | None) -> None:
        if problem is None:
            return
        row = self._desk.tracks.row(problem.path)
        if row is None:
            self._desk.result(f"{printable(Path(problem.path.name))} is not in the library")
            return
        self.close()
        if row.place < 0:
            self._library.filter.show_all()
        self._library.select(row.place)

    def read_bad_again(self) -> None:
        """Read the files that failed or conflict once more."""
        paths = [row.path for row in self._bad()]
        self.close()
        self.read_again.emit(paths)
