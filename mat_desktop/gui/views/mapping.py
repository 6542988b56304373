"""How tags are shown and written: each tag's words, its field, and whether it is written at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QGridLayout,
    QHBoxLayout,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from mat_desktop.app.tag_file import TagChange
from mat_desktop.domain.tags import TAG_FIELDS, Field
from mat_desktop.gui import icons, words
from mat_desktop.gui.models.mapping import MAPPED_ROLE, Mapped, MappingModel
from mat_desktop.gui.theme import appearance, current, font, wider
from mat_desktop.gui.views.shortcuts import Sheet
from mat_desktop.gui.widgets.add_tag import MOST_LETTERS
from mat_desktop.gui.widgets.banner import Banners
from mat_desktop.gui.widgets.controls import Button, Line, Link, Panel, Text
from mat_desktop.gui.widgets.delegates import elide
from mat_desktop.gui.widgets.drop_down import DropDown
from mat_desktop.gui.widgets.fit import KeepTall, grown, tall
from mat_desktop.gui.widgets.line_field import LineField
from mat_desktop.gui.widgets.nesting import nest
from mat_desktop.gui.widgets.painting import round_rect
from mat_desktop.gui.widgets.views import ListView

Index = QModelIndex | QPersistentModelIndex

SUGGESTED, ACCEPTED, NEVER = "suggested", "accepted", "never"
USES = (
    (SUGGESTED, "Suggested, and written unless rejected"),
    (ACCEPTED, "Suggested, and written when accepted"),
    (NEVER, "Dropped: neither shown nor written"),
)


class _Row(QStyledItemDelegate):
    """Icon, name, and how it is written."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, tall(28))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry: Mapped = index.data(MAPPED_ROLE)
        t = current()
        rect: QRect = option.rect
        view = self.parent()
        painter.save()
        if isinstance(view, QListView) and view.currentIndex() == index:
            round_rect(painter, rect.adjusted(2, 1, -2, -1), 5, t.color("selection"))
            if view.hasFocus():
                round_rect(painter, rect.adjusted(2, 1, -2, -1), 5, None, t.color("focus"), 2)
        category = entry.tag.category
        hue = t.category_bar(category)
        size = grown(14)
        y = rect.y() + (rect.height() - size) // 2
        icons.draw(painter, words.CATEGORY_ICONS[category], rect.x() + 12, y, size, hue)
        painter.setFont(font(13, 600 if entry.changed else 400, strike=entry.dropped))
        painter.setPen(t.color("muted" if entry.dropped else "text"))
        half = rect.width() * 2 // 5
        name = QRect(rect.x() + 20 + size, rect.y(), half - 24 - size, rect.height())
        weight = 600 if entry.changed else 400
        painter.drawText(
            name, Qt.AlignmentFlag.AlignVCenter, elide(entry.tag.shown, name.width(), 13, weight)
        )
        painter.setFont(font(12))
        painter.setPen(t.color("muted"))
        says = QRect(rect.x() + half, rect.y(), rect.width() - half - 12, rect.height())
        painter.drawText(says, Qt.AlignmentFlag.AlignVCenter, elide(entry.says, says.width(), 12))
        painter.restore()


RESET = "reset"
"""Kind of the message that changes were taken out."""

NARROW = 660
"""Pixels, with letters of usual size, under which list and tag do not stand beside each other."""


class MappingSheet(Sheet):
    """The editor as a page over the others."""

    def __init__(self, editor: Mapping) -> None:
        super().__init__("How tags are written")
        layout = QVBoxLayout(self.body)
        layout.setContentsMargins(24, 16, 24, 24)
        editor.setMaximumWidth(1080)
        layout.addWidget(editor)
        self._editor = editor

    def resizeEvent(self, event: QResizeEvent) -> None:
        """What can be changed of a tag stands under the list where there is no room beside it."""
        super().resizeEvent(event)
        self._editor.set_narrow(event.size().width() < wider(NARROW))


class Mapping(QWidget):
    """The editor: tags at the left, the one that is chosen at the right. Each change counts at once.

    ``changed`` hands over a name and its :class:`TagChange`, or None to go back to the bundled scheme;
    ``all_reset`` the names of all that were changed.
    """

    changed = Signal(str, object)
    all_reset = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._entry: Mapped | None = None
        self._wanted = ""
        self._filling = False
        self._entries: Sequence[Mapped] = ()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(12)
        about = Text(
            "What is heard is one thing, what stands in your files another. Changes count here and in the"
            " command line, for files that are written from now on.",
            token="muted",
        )
        about.setWordWrap(True)
        outer.addWidget(about)
        self.amiss = Text(token="warning")
        self.amiss.setWordWrap(True)
        self.amiss.hide()
        outer.addWidget(self.amiss)
        self.banners = Banners()
        outer.addWidget(self.banners)
        columns = self._columns = QHBoxLayout()
        columns.setSpacing(16)
        nest(columns, self._left(), 5)
        columns.addWidget(self._form(), 4)
        nest(outer, columns, 1)

    def set_narrow(self, narrow: bool) -> None:
        """Whether there is no room for list and tag beside each other."""
        down, beside = QBoxLayout.Direction.TopToBottom, QBoxLayout.Direction.LeftToRight
        self._columns.setDirection(down if narrow else beside)

    def _left(self) -> QVBoxLayout:
        layout = QVBoxLayout()
        layout.setSpacing(8)
        self.search = LineField()
        self.search.setPlaceholderText("Search tags")
        self.search.setAccessibleName("Search tags")
        KeepTall(self.search, 32)
        self.search.textChanged.connect(self._filter)
        layout.addWidget(self.search)
        self.tags = MappingModel(self)
        self.list = ListView()
        self.list.setSelectionMode(ListView.SelectionMode.SingleSelection)
        self.list.setModel(self.tags)
        self.list.setItemDelegate(_Row(self.list))
        self.list.setAccessibleName("Tags and how they are written")
        appearance.changed.connect(self.list.scheduleDelayedItemsLayout)
        self.list.setMinimumHeight(280)
        self.list.selectionModel().currentChanged.connect(lambda now, _: self._chosen(now))
        layout.addWidget(self.list, 1)
        row = QHBoxLayout()
        self.count = Text(size=12, token="muted")
        self.reset_all = Link("Back to the bundled scheme for all")
        self.reset_all.setEnabled(False)  # before the tags are there
        self.reset_all.clicked.connect(self._reset_all)
        row.addWidget(self.count, 1)
        row.addWidget(self.reset_all)
        nest(layout, row)
        return layout

    def _form(self) -> QWidget:
        box = Panel("bg", radius=8)
        box.setMinimumWidth(280)
        layout = QVBoxLayout(box)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(12)
        self.title = Text(size=16, weight=600, elide=True)
        self.title.setMinimumHeight(24)
        self.heard = Text(size=12, token="muted")
        self.heard.setWordWrap(True)
        layout.addWidget(self.title)
        layout.addWidget(self.heard)
        layout.addWidget(Line())
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(10)
        grid.setColumnStretch(1, 1)
        self.label, self.written = LineField(), LineField()
        for field in (self.label, self.written):
            KeepTall(field, 32)
            field.setMaxLength(MOST_LETTERS)
            field.editingFinished.connect(self._edited)
        fields = [(field.value, _field_word(field)) for field in TAG_FIELDS]
        self.field = DropDown([("", "As its kind"), *fields])
        self.use = DropDown(USES)
        for combo in (self.field, self.use):
            combo.picked.connect(self._edited)
        for row, (text, widget) in enumerate(
            (
                ("Shown as", self.label),
                ("Written as", self.written),
                ("Field", self.field),
                ("Use", self.use),
            )
        ):
            widget.setAccessibleName(text)
            grid.addWidget(Text(text, token="muted"), row, 0)
            grid.addWidget(widget, row, 1)
        nest(layout, grid)
        self.fault = Text(size=12, token="danger")
        self.fault.setWordWrap(True)
        self.fault.hide()
        layout.addWidget(self.fault)
        row_ = QHBoxLayout()
        self.reset = Button("Back to the bundled scheme", "undo-2")
        self.reset.clicked.connect(self._reset)
        row_.addWidget(self.reset)
        row_.addStretch(1)
        nest(layout, row_)
        layout.addStretch(1)
        return box

    # content

    def show_tags(self, entries: Sequence[Mapped]) -> None:
        """All tags as they are now; the chosen one stays chosen."""
        name = self._wanted or (self._entry.tag.name if self._entry is not None else "")
        self._entries = entries
        self.tags.show(entries)
        own = sum(entry.changed and entry.tag.own for entry in entries)
        changed = sum(entry.changed for entry in entries) - own
        by_hand = f", {words.number(own)} added by hand" if own else ""
        self.count.setText(f"{words.plural(len(entries), 'tag')}, {words.number(changed)} changed{by_hand}")
        self.reset_all.setEnabled(changed > 0)
        self.fault.hide()
        self._choose(name)

    def show_amiss(self, text: str) -> None:
        """What of the changes does not count, as long as that is so."""
        self.amiss.setText(text)
        self.amiss.setVisible(bool(text))

    def show_reset(self, text: str, undo: Callable[[], object]) -> None:
        """Changes were taken out of several tags; that can be taken back."""
        self.banners.show_message("positive", text, "Undo", undo, kind=RESET)

    def clear_reset(self) -> None:
        """Tags were changed otherwise since."""
        self.banners.clear(RESET)

    def go_to(self, name: str) -> None:
        """Choose a tag, now or when the tags are there."""
        self.search.clear()
        self._wanted = name
        self._choose(name)

    def _choose(self, name: str) -> None:
        place = self.tags.place(name)
        if place >= 0:
            self._wanted = ""
        index = self.tags.index(max(place, 0))
        if index.isValid():
            self.list.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.Current)
            self.list.scrollTo(index)
        self._chosen(index)

    def show_fault(self, why: str, name: str) -> None:
        """A change was refused; the fields keep it, to be mended, unless another tag is chosen by now.

        :param name: of its tag, empty where it was of several
        """
        if self._entry is not None and name == self._entry.tag.name:
            self.fault.setText(why)
            self.fault.show()
        else:
            self.banners.show_message("danger", f"“{name}” stays as it is: {why}" if name else why, kind=name)

    def _filter(self, text: str) -> None:
        name = self._entry.tag.name if self._entry is not None else ""
        self.list.nothing = words.no_match(text)
        self.tags.filter(text)
        self._choose(name)

    def _chosen(self, index: Index) -> None:
        self._entry = self.tags.entry(index.row()) if index.isValid() else None
        self.fault.hide()
        self._fill()

    def _fill(self) -> None:
        entry = self._entry
        for widget in (self.label, self.written, self.field, self.use, self.reset):
            widget.setEnabled(entry is not None)
        if entry is None:
            self.title.setText("No tag found")
            self.heard.setText("")
            return
        self._filling = True
        tag = entry.tag
        self.title.setText(tag.shown)
        kind = words.CATEGORY_WORDS[tag.category]
        heard = ", ".join(tag.sources) or "added by hand"
        self.heard.setText(
            f"{kind} · “{tag.name}” in the model: {heard}" if tag.sources else f"{kind} · {heard}"
        )
        self.label.setText(tag.label)
        self.label.setPlaceholderText(tag.name)
        plain = tag.shown[:1].upper() + tag.shown[1:]
        self.written.setText(tag.value if tag.value != plain else "")
        self.written.setPlaceholderText(plain)
        own = tag.field.value if tag.field is not None else ""
        self.field.pick(own)
        self.use.pick(NEVER if entry.dropped else SUGGESTED if tag.write else ACCEPTED)
        if tag.own:
            self.reset.setText("Forget this tag")
        else:
            self.reset.setText("Back to the bundled scheme")
        self.reset.setEnabled(entry.changed)
        self.reset.updateGeometry()
        self._filling = False

    # changes

    def _edited(self, *_: object) -> None:
        entry = self._entry
        if entry is None or self._filling:
            return
        tag, use = entry.tag, self.use.value
        label = " ".join(self.label.text().split())
        written = " ".join(self.written.text().split())
        same = (
            label == tag.label
            and (written or self.written.placeholderText()) == tag.value
            and (self.field.value or None) == (tag.field.value if tag.field is not None else None)
            and use == (NEVER if entry.dropped else SUGGESTED if tag.write else ACCEPTED)
        )
        if same:
            self.fault.hide()
            return
        change = TagChange(
            category=tag.category if tag.own else None,
            label="" if label == tag.name else label,
            written=written,
            field=Field(self.field.value) if self.field.value else None,
            write=use == SUGGESTED if use != NEVER else None,
            drop=use == NEVER,
        )
        self.changed.emit(tag.name, change)

    def _reset(self) -> None:
        if self._entry is not None:
            self.changed.emit(self._entry.tag.name, None)

    def _reset_all(self) -> None:
        """All but the user's own tags, which only their own button forgets."""
        names = [entry.tag.name for entry in self._entries if entry.changed and not entry.tag.own]
        if names:
            self.all_reset.emit(names)


def _field_word(field: Field) -> str:
    return "None; MAT_TAGS only" if field is Field.MAT_TAGS else words.field(field)
