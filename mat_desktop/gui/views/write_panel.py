"""Everything that would be written, before anything is: file, field, old and new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QSizePolicy,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
)

from mat_desktop.domain.plan import Change, FilePlan, Plan, Policy
from mat_desktop.domain.tags import Field
from mat_desktop.errors import printable
from mat_desktop.gui import icons, words
from mat_desktop.gui.models.plan import LINE_ROLE, Line, PlanModel, replaces
from mat_desktop.gui.theme import current, font
from mat_desktop.gui.widgets.banner import Banners
from mat_desktop.gui.widgets.changes import PolicyCombo
from mat_desktop.gui.widgets.controls import Button, Panel, Text, key_text, round_rect
from mat_desktop.gui.widgets.delegates import elide

Index = QModelIndex | QPersistentModelIndex
OWN = frozenset({Field.MAT_TAGS, Field.MAT_SCORES, Field.MAT_MODEL})

Piece = tuple[str, str, bool]
"""Text, colour token, struck."""


def old_pieces(change: Change) -> list[Piece]:
    """Old values; those that go are struck."""
    if not change.before:
        return [("empty", "faint", False)]
    return [(value, "muted", value not in change.after) for value in change.before]


def new_pieces(change: Change) -> list[Piece]:
    """New values; those that are added have a plus, those that replace something another colour."""
    had = set(change.before)
    token = "warning" if replaces(change) else "positive"
    if change.field in OWN:
        token = "muted"  # the program's own marks: what is heard stands in the other fields
    plus = "" if replaces(change) else "+ "
    if not change.after:
        return [("removed", "warning", False)]
    return [
        (value, "text", False) if value in had else (plus + value, token, False) for value in change.after
    ]


def draw_pieces(painter: QPainter, rect: QRect, pieces: Sequence[Piece], *, dim: bool) -> None:
    """Pieces in a row, cut where there is no more room."""
    x = rect.x()
    for number, (text, token, struck) in enumerate(pieces):
        face = font(13, strike=struck)
        painter.setFont(face)
        painter.setPen(current().color("faint" if dim else token))
        last = number == len(pieces) - 1
        room = rect.right() - x
        if room < 16:
            return
        shown = elide(text, room)
        painter.drawText(QRect(x, rect.y(), room + 4, rect.height()), Qt.AlignmentFlag.AlignVCenter, shown)
        x += QFontMetrics(face).horizontalAdvance(shown) + (0 if last else 12)
        if shown != text:
            return


class _Delegate(QStyledItemDelegate):
    def __init__(self, table: PlanTable) -> None:
        super().__init__(table)
        self._table = table

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(100, 28)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        t = current()
        line = index.data(LINE_ROLE)
        if not isinstance(line, Line):
            return
        rect: QRect = option.rect
        painter.save()
        if line.file is None or line.change is None:
            painter.fillRect(rect, t.color("raised"))
            painter.setClipRect(rect)  # every cell shows its part of the one line
            self._folder(painter, rect, line)
            painter.restore()
            return
        if self._table.currentIndex().row() == index.row():
            painter.fillRect(rect, t.color("hover"))
        dim = not self._table.plan.checked(line)
        inner = rect.adjusted(8, 0, -8, 0)
        if index.column() == 0:
            if line.first:
                if self._table.checkable:
                    draw_check(painter, QRect(rect.x() + 24, rect.y() + 6, 16, 16), not dim)
                else:
                    icons.draw(painter, "music", rect.x() + 24, rect.y() + 6, 16, t.color("muted"))
                painter.setFont(font(13, 500))
                painter.setPen(t.color("muted" if dim else "text"))
                name = rect.adjusted(56, 0, -8, 0)
                text = elide(printable(Path(line.file.path.name)), name.width(), 13, 500)
                painter.drawText(name, Qt.AlignmentFlag.AlignVCenter, text)
        elif index.column() == 1:
            painter.setFont(font(13))
            painter.setPen(t.color("muted"))
            text = elide(words.field(line.change.field), inner.width())
            painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter, text)
        elif index.column() == 2:
            draw_pieces(painter, inner, old_pieces(line.change), dim=dim)
        else:
            draw_pieces(painter, inner, new_pieces(line.change), dim=dim)
        if line.last:
            painter.fillRect(QRect(rect.x(), rect.bottom(), rect.width(), 1), t.color("border"))
        painter.restore()

    def _folder(self, painter: QPainter, rect: QRect, line: Line) -> None:
        t = current()
        left = self._table.columnViewportPosition(0)
        wide = self._table.viewport().width()
        icons.draw(painter, "folder", left + 24, rect.y() + 6, 16, t.color("muted"))
        painter.setFont(font(12, 500))
        painter.setPen(t.color("text"))
        x = left + 56
        name = elide(printable(Path(line.folder.name or str(line.folder))), wide - x - 8, 12, 500)
        painter.drawText(QRect(x, rect.y(), wide - x, rect.height()), Qt.AlignmentFlag.AlignVCenter, name)
        x += QFontMetrics(font(12, 500)).horizontalAdvance(name) + 10
        painter.setFont(font(12))
        painter.setPen(t.color("muted"))
        rest = f"{printable(line.folder.parent)}, {words.plural(line.files, 'file')}"
        rest = elide(rest, max(0, wide - x - 16), 12)
        painter.drawText(QRect(x, rect.y(), wide - x, rect.height()), Qt.AlignmentFlag.AlignVCenter, rest)


def draw_check(painter: QPainter, box: QRect, on: bool) -> None:
    """A check box."""
    t = current()
    if on:
        round_rect(painter, box, 3, t.color("accent"))
        icons.draw(painter, "check", box.x() + 2, box.y() + 2, 12, t.color("on_accent"))
    else:
        round_rect(painter, box, 3, None, t.color("control"))


class PlanTable(QTableView):
    """Space or a click checks and unchecks a file."""

    def __init__(self, model: PlanModel, *, checkable: bool = True) -> None:
        super().__init__()
        self.plan = model
        self.checkable = checkable
        self.setModel(model)
        self.setAccessibleName("Changes")
        self.setObjectName("changes")
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSelectionMode(QTableView.SelectionMode.NoSelection)
        self.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(28)
        self.verticalHeader().setDefaultSectionSize(28)
        header = self.horizontalHeader()
        header.setFont(font(12, 500))
        header.setFixedHeight(28)
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        self.setItemDelegate(_Delegate(self))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The new values have the rest."""
        super().resizeEvent(event)
        wide = event.size().width()
        self.setColumnWidth(0, min(310, max(180, wide * 3 // 10)))
        self.setColumnWidth(1, 112)
        self.setColumnWidth(2, min(184, max(96, wide // 7)))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The check box, and the name beside it."""
        super().mousePressEvent(event)
        index = self.indexAt(event.position().toPoint())
        left = event.button() is Qt.MouseButton.LeftButton
        if self.checkable and left and index.isValid() and index.column() == 0:
            self.plan.toggle(index.row())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space toggles."""
        if event.key() == Qt.Key.Key_Space and self.checkable:
            self.plan.toggle(self.currentIndex().row())
            return
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.ignore()
            return
        super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Space is meant for the list, not for the player."""
        asked = event.type() is QEvent.Type.ShortcutOverride
        if asked and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Space:
            event.accept()
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Rows, then the ring."""
        super().paintEvent(event)
        index = self.currentIndex()
        if self.hasFocus() and index.isValid():
            y = self.rowViewportPosition(index.row())
            rect = QRect(QPoint(0, y), QSize(self.viewport().width(), 28))
            round_rect(QPainter(self.viewport()), rect, 2, None, current().color("focus"), 2)


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
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_policy(self, policy: Policy) -> None:
        """Show another policy."""
        self.combo.set_policy(policy)
        self.meaning.setText(words.POLICY_MEANING[policy])


class WritePanel(Panel):
    """Opens over the middle and the pane of the library; Escape goes back."""

    closed = Signal()
    confirmed = Signal(object)
    policy_picked = Signal(object, object)
    scope_picked = Signal(str)

    def __init__(self, fields: Sequence[Field], policies: Mapping[Field, Policy]) -> None:
        super().__init__("surface")
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
        layout.addLayout(head)
        self.summary = Text(token="muted")
        self.summary.setContentsMargins(24, 0, 24, 12)
        self.summary.setWordWrap(True)
        layout.addWidget(self.summary)
        cards = QHBoxLayout()
        cards.setContentsMargins(24, 4, 24, 12)
        cards.setSpacing(12)
        self.cards: dict[Field, PolicyCard] = {}
        for field in fields:
            card = PolicyCard(field, policies.get(field, Policy.FILL_EMPTY))
            card.combo.picked.connect(lambda policy, field=field: self.policy_picked.emit(field, policy))
            self.cards[field] = card
            cards.addWidget(card, 1)
        layout.addLayout(cards)
        row = QHBoxLayout()
        row.setContentsMargins(24, 0, 24, 10)
        row.setSpacing(6)
        self._group = QButtonGroup(self)
        self.filters: list[Button] = []
        for text, only in (("All", None), ("Add", False), ("Replace", True)):
            button = Button(text, height=28)
            button.setCheckable(True)
            button.clicked.connect(lambda _=False, only=only: self.plan.filter(only))
            self._group.addButton(button)
            self.filters.append(button)
            row.addWidget(button)
        self.filters[0].setChecked(True)
        row.addStretch(1)
        self._scopes = QButtonGroup(self)
        self.scopes: dict[str, Button] = {}
        for scope in ("selected", "all"):
            button = Button(scope, height=28)
            button.setCheckable(True)
            button.clicked.connect(lambda _=False, scope=scope: self.scope_picked.emit(scope))
            self._scopes.addButton(button)
            self.scopes[scope] = button
            row.addWidget(button)
        layout.addLayout(row)
        self.banners = Banners()
        layout.addWidget(self.banners)
        line = Panel("border")
        line.setFixedHeight(1)
        layout.addWidget(line)
        self.table = PlanTable(self.plan)
        layout.addWidget(self.table, 1)
        foot = Panel("surface", edges="t")
        foot.setFixedHeight(64)
        buttons = QHBoxLayout(foot)
        buttons.setContentsMargins(24, 0, 20, 0)
        buttons.setSpacing(8)
        self.note = Text(token="muted")
        buttons.addWidget(self.note, 1)
        cancel = Button("Cancel", key="Esc")
        cancel.clicked.connect(self.closed)
        self.write = Button("Write", "arrow-down-to-line", kind="primary", key=key_text("Ctrl+Return"))
        self.write.clicked.connect(self.confirm)
        buttons.addWidget(cancel)
        buttons.addWidget(self.write)
        layout.addWidget(foot)
        self.plan.picked.connect(self._refresh)

    def wait(self, count: int, scope: str, selected: int, everything: int) -> None:
        """The plan is being made."""
        self._unchanged = 0
        self.scopes[scope].setChecked(True)
        self.scopes["selected"].setText(f"Selected {words.number(selected)}")
        self.scopes["all"].setText(f"All listened to {words.number(everything)}")
        self.scopes["selected"].setEnabled(selected > 0)
        for button in self.scopes.values():
            button.updateGeometry()
        self.title.setText(f"Write to {words.plural(count, 'file')}")
        self.summary.setText("Reading…")
        self.note.setText("")
        self.write.setEnabled(False)

    def show_plan(self, files: Sequence[FilePlan], reason: str, unchanged: int) -> None:
        """:param unchanged: files asked for in which nothing would change"""
        self._reason = reason
        self._unchanged = unchanged
        self.plan.show(files)
        self.table.setCurrentIndex(self.plan.index(1 if self.plan.rowCount() > 1 else 0, 0))

    _unchanged = 0

    def set_policies(self, policies: Mapping[Field, Policy]) -> None:
        """Policies were changed elsewhere."""
        for field, card in self.cards.items():
            if field in policies:
                card.set_policy(policies[field])

    def confirm(self) -> None:
        """Write what is checked."""
        files = tuple(self.plan.files)
        if files and self.write.isEnabled():
            self.confirmed.emit(Plan(self._reason, files))

    def _refresh(self) -> None:
        files = self.plan.files
        changes = sum(len(file.changes) for file in files)
        by_field = self.plan.by_field()
        for field, card in self.cards.items():
            card.count.setText(words.number(by_field.get(field, 0)))
        adding, replacing = self.plan.counts()
        for button, (name, count) in zip(
            self.filters,
            (("All", adding + replacing), ("Add", adding), ("Replace", replacing)),
            strict=True,
        ):
            button.setText(f"{name} {words.number(count)}")
            button.updateGeometry()
        self.title.setText(f"Write to {words.plural(len(files), 'file')}")
        if files:
            self.summary.setText(
                f"{words.plural(changes, 'change')} in {words.plural(len(by_field), 'field')}. Sound, "
                "covers, ratings and lyrics stay as they are; the run can be undone in History at any time."
            )
        else:
            self.summary.setText("Nothing would change in these files.")
        parts = []
        if self.plan.left_out:
            parts.append(f"{words.plural(self.plan.left_out, 'file')} left out by you")
        if self._unchanged:
            parts.append(f"{words.plural(self._unchanged, 'file')} without a change")
        self.note.setText(", ".join(parts))
        self.write.setText(f"Write {words.plural(len(files), 'file')}")
        self.write.setEnabled(bool(files))
        self.write.updateGeometry()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape goes back, Ctrl+Enter writes."""
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and (
            event.modifiers() & Qt.KeyboardModifier.ControlModifier
        ):
            self.confirm()
        else:
            super().keyPressEvent(event)
