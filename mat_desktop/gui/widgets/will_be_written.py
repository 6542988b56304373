"""What a write would change in the file in view, field by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from mat_desktop.domain.plan import Change
from mat_desktop.domain.tags import MARKS, Field
from mat_desktop.gui import words
from mat_desktop.gui.theme import appearance, current, font
from mat_desktop.gui.widgets.changes import Refusal, new_html, old_html
from mat_desktop.gui.widgets.controls import Text
from mat_desktop.gui.widgets.nesting import nest

HeldBack = Mapping[Field, tuple[Sequence[str], str]]
"""Values that a field's policy keeps out of it, and why."""


class WillBeWritten(QWidget):
    """Each field that would change, old and new."""

    def __init__(self) -> None:
        super().__init__()
        self._last: tuple[Sequence[Change], HeldBack] = ((), {})
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(8)
        head = QHBoxLayout()
        head.addWidget(Text("Will be written", weight=600), 1)
        self.summary = Text(size=12, token="muted")
        head.addWidget(self.summary)
        nest(layout, head)
        self.refusal = Refusal()
        layout.addWidget(self.refusal)
        self.fields = QLabel()
        self.fields.setTextFormat(Qt.TextFormat.RichText)
        self.fields.setFont(font(12))
        self.fields.setWordWrap(True)
        layout.addWidget(self.fields)
        appearance.changed.connect(self._again)

    def show_changes(self, changes: Sequence[Change], held_back: HeldBack) -> None:
        """Of fields that this program keeps for itself only the names are told."""
        self._last = (changes, held_back)
        t = current()
        told = [change for change in changes if change.field not in MARKS]
        self.summary.setText(words.plural(len(changes), "field") if changes else "")
        nothing = ""
        if not told:
            text = "Only this program's own fields" if changes else "Nothing: the file stays as it is"
            nothing = f'<p style="color:{t.muted}; margin:0 0 6px 0">{text}</p>'
        cells: list[tuple[Field, str]] = []
        for change in told:
            gone = [value for value in change.before if value not in change.after]
            old = f"{old_html(gone, ())} → " if gone else ""
            cells.append((change.field, f"{old}{new_html(change.before, change.after)}"))
        for target, (values, why) in held_back.items():
            text = escape(f"{'; '.join(values)}: not written, {why}")
            cells.append((target, f'<span style="color:{t.muted}">{text}</span>'))
        if told and len(told) < len(changes):
            marks = ", ".join(escape(words.field(c.field)) for c in changes if c.field in MARKS)
            nothing = f'<p style="color:{t.muted}; margin:0">and this program\'s {marks}</p>'
        rows = [
            f'<tr><td style="color:{t.muted}; padding-right:16px; padding-bottom:6px">'
            f"{escape(words.field(target))}</td><td>{cell}</td></tr>"
            for target, cell in cells
        ]
        table = f"<table>{''.join(rows)}</table>" if rows else ""
        self.fields.setText(f"{table}{nothing}" if told else f"{nothing}{table}")

    def show_fault(self, fault: str) -> None:
        """Why none of it can be written; empty where it can."""
        self.refusal.say(fault)
        self.summary.setVisible(not fault)  # it would promise what is not done

    def _again(self) -> None:
        self.show_changes(*self._last)
