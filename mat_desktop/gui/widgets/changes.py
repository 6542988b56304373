"""What would be written into the file in view: old and new for each field, and the policy that decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from mat_desktop.domain.plan import Change, Policy
from mat_desktop.domain.tags import Field
from mat_desktop.gui import words
from mat_desktop.gui.models.plan import refusal_icon
from mat_desktop.gui.theme import appearance, current, font
from mat_desktop.gui.widgets.controls import Icon, Line, Link, Panel, Text
from mat_desktop.gui.widgets.drop_down import Combo
from mat_desktop.gui.widgets.nesting import nest


class PolicyCombo(Combo):
    """What happens to the values that a field has."""

    picked = Signal(object)

    def __init__(self, policy: Policy) -> None:
        super().__init__()
        self.setFont(font(12, 500))
        for item in Policy:
            self.addItem(words.POLICY_WORDS[item], item)
            self.setItemData(self.count() - 1, words.POLICY_MEANING[item], Qt.ItemDataRole.ToolTipRole)
        self.set_policy(policy)
        self.activated.connect(lambda _: self.picked.emit(self.policy))

    @property
    def policy(self) -> Policy:
        """The chosen one."""
        return Policy(self.currentData())

    def set_policy(self, policy: Policy) -> None:
        """Show another one."""
        self.setCurrentIndex(list(Policy).index(policy))


class PolicyNote(QWidget):
    """What a choice of policy counts for, and the way to have it otherwise: ``acted`` asks for that."""

    acted = Signal()

    def __init__(self, name: str) -> None:
        """:param name: of the field"""
        super().__init__()
        self._name = name
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.text = Text(size=11, token="muted", elide=True)
        self.text.setMinimumHeight(16)
        row.addWidget(self.text, 1)
        self.link = Link()
        self.link.clicked.connect(self.acted)
        row.addWidget(self.link)
        self.hide()

    def say_once(self) -> None:
        """It counts for this write."""
        self._say("This write only", "Keep as setting")

    def say_kept(self) -> None:
        """It is the setting by now."""
        self._say("For all files from now on", "Undo")

    def _say(self, text: str, action: str) -> None:
        self.text.setText(text)
        self.link.setText(action)
        self.link.setAccessibleName(f"{action}: policy for {self._name}")
        self.show()


def old_html(values: Sequence[str], after: Sequence[str]) -> str:
    """Old values; those that go are struck."""
    t = current()
    if not values:
        return f'<i style="color:{t.faint}">empty</i>'
    kept = set(after)
    parts = [
        f'<span style="color:{t.muted}">{escape(value)}</span>'
        if value in kept
        else f'<s style="color:{t.muted}">{escape(value)}</s>'
        for value in values
    ]
    return "; ".join(parts)


def new_html(before: Sequence[str], after: Sequence[str]) -> str:
    """New values; those that are added have a plus and its colour, those that replace another colour."""
    t = current()
    had = set(before)
    gone = any(value not in after for value in before)
    parts: list[str] = []
    for value in after:
        before_it = "; " if parts else ""
        if value in had:
            parts.append(f'{before_it}<span style="color:{t.muted}">{escape(value)}</span>')
        elif gone:
            parts.append(f'{before_it}<span style="color:{t.warning}">{escape(value)}</span>')
        else:  # the plus parts it from what stands before
            before_it = "&ensp;" if parts else ""
            parts.append(f'{before_it}<span style="color:{t.positive}">+&nbsp;{escape(value)}</span>')
    return "".join(parts) or f'<span style="color:{t.warning}">removed</span>'


def _lost(changes: Sequence[Change], fields: Sequence[Change]) -> str:
    """What goes with these changes, in words.

    :param fields: those of them that are no marks of the program
    """
    losing = [change for change in changes if not set(change.before) <= set(change.after)]
    replaced = sum(1 for change in fields if change in losing and change.after)
    removed = sum(1 for change in fields if change in losing and not change.after)
    parts = [
        f"{words.number(count)} {what}"
        for count, what in ((replaced, "replaced"), (removed, "removed"))
        if count
    ]
    if not parts and any(change.field is Field.MAT_TAGS for change in losing):
        parts.append("tags removed")
    return ", ".join(parts) or "nothing removed"


def marks_html(change: Change) -> str:
    """New values of one of the program's own marks: what was there before recedes."""
    t = current()
    parts = [
        f'<span style="color:{t.faint if value in change.before else t.text}">{escape(value)}</span>'
        for value in change.after
    ]
    return "; ".join(parts) or f'<span style="color:{t.text}">removed</span>'


class Refusal(QWidget):
    """Why a file cannot be written, with a sign."""

    def __init__(self) -> None:
        super().__init__()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        self.icon = Icon("lock", 16, "warning")
        layout.addWidget(self.icon, 0, Qt.AlignmentFlag.AlignTop)
        self.text = Text(size=12, token="warning")
        self.text.setWordWrap(True)
        layout.addWidget(self.text, 1)
        self.hide()

    def say(self, fault: str) -> None:
        """Empty where it can."""
        self.icon.set(refusal_icon(fault), "warning")
        self.text.setText(f"Cannot be written: {fault}" if fault else "")
        self.setVisible(bool(fault))


class _FieldBlock(QWidget):
    """Field, old value and policy on one line, new on the next; a line over them."""

    def __init__(self, field: Field, policy: Policy | None) -> None:
        super().__init__()
        self.field = field
        layout = QGridLayout(self)
        layout.setContentsMargins(16, 8, 16, 7)
        layout.setHorizontalSpacing(8)
        layout.setVerticalSpacing(2)
        layout.setColumnMinimumWidth(0, 72 if policy is not None else 88)
        layout.setColumnStretch(1, 1)
        name = Text(words.field(field), size=13, weight=500)
        layout.addWidget(
            name, 0, 0, Qt.AlignmentFlag.AlignTop if policy is None else Qt.AlignmentFlag.AlignVCenter
        )
        self.old = QLabel()
        self.new = QLabel()
        for label in (self.old, self.new):
            label.setFont(font(12))
            label.setTextFormat(Qt.TextFormat.RichText)
            label.setWordWrap(True)
        layout.addWidget(self.old, 0, 1)
        self.combo: PolicyCombo | None = None
        if policy is not None:
            self.combo = PolicyCombo(policy)
            self.combo.setAccessibleName(f"Policy for {words.field(field)}")
            self.combo.setToolTip("Your setting, for all files")
            layout.addWidget(self.combo, 0, 2)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(Icon("arrow-right", 14, "muted"), 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.new, 1)
        nest(layout, row, 1, 1, 1, 2)
        self.note = PolicyNote(words.field(field))
        layout.addWidget(self.note, 2, 1, 1, 2)
        self.before: Policy | None = None

    def paintEvent(self, event: QPaintEvent) -> None:
        """The line."""
        QPainter(self).fillRect(0, 0, self.width(), 1, current().color("border"))

    def show_change(self, before: Sequence[str], change: Change | None, why: str) -> None:
        t = current()
        after = change.after if change else tuple(before)
        self.old.setText(old_html(before, after))
        self.old.setAccessibleName(f"{words.field(self.field)} now: {'; '.join(before) or 'empty'}")
        if change is None:
            self.new.setText(f'<span style="color:{t.faint}">{escape(why)}</span>')
        else:
            self.new.setText(new_html(before, after))
        self.new.setAccessibleName(f"New: {('; '.join(after) or 'removed') if change else why}")


class Changes(Panel):
    """The block under the tags."""

    policy_picked = Signal(object, object)

    def __init__(self, fields: Sequence[Field], policies: Mapping[Field, Policy]) -> None:
        super().__init__("surface")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 8)
        layout.setSpacing(0)
        layout.addWidget(Line())
        head = QHBoxLayout()
        head.setContentsMargins(16, 8, 16, 8)
        head.setSpacing(12)
        head.addWidget(Text("Changes to the file", weight=600))
        self.summary = Text(size=12, token="muted", elide=True)
        self.summary.setMinimumHeight(16)
        self.summary.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        head.addWidget(self.summary, 1)
        nest(layout, head)
        self.refusal = Refusal()
        self.refusal.layout().setContentsMargins(16, 0, 16, 8)  # type: ignore[union-attr]
        layout.addWidget(self.refusal)
        self._policies = dict(policies)
        self.blocks: dict[Field, _FieldBlock] = {}
        for field in fields:
            block = _FieldBlock(field, policies.get(field, Policy.FILL_EMPTY))
            layout.addWidget(block)  # first: shown by itself it would be a window
            block.setVisible(field in policies)
            if block.combo is not None:
                block.combo.picked.connect(lambda policy, field=field: self._pick(field, policy))
                block.note.acted.connect(lambda field=field: self._take_back(field))
            self.blocks[field] = block
        self._marks_line = Line()
        layout.addWidget(self._marks_line)
        self.marks = QWidget()
        self._marks = QVBoxLayout(self.marks)
        self._marks.setContentsMargins(16, 7, 16, 4)
        self._marks.setSpacing(2)
        self._marks.addWidget(Text("Kept by this program", size=12, weight=500, token="muted"))
        self._mark_label = QLabel()
        self._mark_label.setFont(font(11))
        self._mark_label.setWordWrap(True)
        self._mark_label.setTextFormat(Qt.TextFormat.RichText)
        self._marks.addWidget(self._mark_label)
        layout.addWidget(self.marks)
        self._last: tuple[Mapping[Field, tuple[str, ...]], Sequence[Change], Mapping[Field, str]] | None = (
            None
        )
        appearance.changed.connect(self._again)

    def show_changes(
        self,
        tags: Mapping[Field, tuple[str, ...]],
        changes: Sequence[Change],
        why: Mapping[Field, str],
    ) -> None:
        """:param why: what to say of a field that does not change"""
        self._last = (tags, changes, why)
        by_field = {change.field: change for change in changes}
        for field, block in self.blocks.items():
            block.show_change(tags.get(field, ()), by_field.pop(field, None), why.get(field, "No change"))
        t = current()
        lines = [
            f'<span style="color:{t.muted}">{escape(words.field(field))}</span> {marks_html(change)}'
            for field, change in by_field.items()
        ]
        self._mark_label.setText("<br>".join(lines))
        self.marks.setVisible(bool(lines))
        self._marks_line.setVisible(bool(lines))
        shown = [c for c in changes if c.field in self.blocks]
        if not changes:
            self.summary.setText("Nothing to write to this file")
        else:
            self.summary.setText(f"{words.plural(len(changes), 'field')}, {_lost(changes, shown)}")

    def show_fault(self, fault: str) -> None:
        """Why none of it can be written; empty where it can."""
        self.refusal.say(fault)
        self.summary.setVisible(not fault)  # it would promise what is not done

    def set_policies(self, policies: Mapping[Field, Policy]) -> None:
        """Policies were changed elsewhere, or there are others."""
        for field, block in self.blocks.items():
            block.setVisible(field in policies)
            if block.combo is not None and field in policies:
                block.combo.set_policy(policies[field])
                if self._policies.get(field) is not policies[field]:
                    block.note.hide()
        self._policies = dict(policies)

    def _pick(self, field: Field, policy: Policy) -> None:
        """It is the setting at once; what it was can be had back while the track is in view."""
        block, before = self.blocks[field], self._policies.get(field)
        if policy is before:
            return
        if block.note.isHidden():
            block.before = before
        self.policy_picked.emit(field, policy)
        if policy is block.before:
            block.note.hide()
        else:
            block.note.say_kept()

    def _take_back(self, field: Field) -> None:
        block = self.blocks[field]
        if block.combo is not None and block.before is not None:
            block.combo.setFocus()
            block.note.hide()
            self.policy_picked.emit(field, block.before)

    def forget_picks(self) -> None:
        """What was picked before is taken back no more."""
        for block in self.blocks.values():
            block.note.hide()

    def _again(self) -> None:
        if self._last is not None:
            self.show_changes(*self._last)
