"""A field for a tag of the user's own."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QStringListModel, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCompleter, QHBoxLayout, QVBoxLayout, QWidget

from mat_desktop.app.tag_file import LONGEST
from mat_desktop.domain.instruments import is_instrument
from mat_desktop.domain.query_tokens import KEYWORDS
from mat_desktop.domain.scheme import NO_SPLIT, SPLIT, DisplayTag, TagScheme
from mat_desktop.domain.tags import Category, Field
from mat_desktop.gui import words
from mat_desktop.gui.widgets.choices import Choices
from mat_desktop.gui.widgets.controls import Text
from mat_desktop.gui.widgets.drop_down import DropDown
from mat_desktop.gui.widgets.fit import KeepTall
from mat_desktop.gui.widgets.line_field import LineField
from mat_desktop.gui.widgets.nesting import nest

ASKED = ':<>="“”„'
"""These mean something in a search."""

MOST_LETTERS = 10_000
"""That a field takes: what is too long for a name is said, and not cut."""

MOST = 12
"""Tags that are offered."""


def odd_name(text: str) -> str:
    """Why a tag cannot be called that, empty where it can."""
    if any(mark in text for mark in SPLIT):
        return f"A tag {NO_SPLIT}"
    bad = " or ".join(f"“{mark}”" for mark in ASKED if mark in text)
    if bad:
        return f"A tag must not contain {bad}: searches mean something else by it"
    name = " ".join(text.split())
    first, _, rest = name.casefold().partition(" ")
    if first == "not" or (first in KEYWORDS and not rest):
        begin = "begin with" if rest else "be called"
        return f"A tag must not {begin} “{first}”: searches mean something else by it"
    if len(name) > LONGEST:
        return f"A tag's name has up to {LONGEST} letters; these are {words.number(len(name))}"
    return ""


def likest(begun: str, names: Iterable[str]) -> list[str]:
    """Names that hold a text: first those that begin with it, then with a word that does; short first."""
    begun = begun.strip().casefold()

    def rank(name: str) -> tuple[int, int, str]:
        folded = name.casefold()
        place = 0 if folded.startswith(begun) else 1 if f" {begun}" in folded else 2
        return place, len(name), folded

    return sorted((name for name in names if begun in name.casefold()), key=rank)[:MOST]


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


class CategoryCombo(DropDown):
    """What kind of tag it is."""

    def __init__(self) -> None:
        super().__init__([(category.value, words.CATEGORY_WORDS[category]) for category in Category])
        self.setAccessibleName("Kind of the tag")

    @property
    def category(self) -> Category:
        """The chosen one."""
        return Category(self.value)

    def set_category(self, category: Category) -> None:
        """Choose another one."""
        self.pick(category.value)


class AddTag(QWidget):
    """Any text; tags of the scheme are completed, and bring their category. Enter adds, Escape leaves.

    ``added`` hands over the text and its category, ``left`` says that the field is done with, ``resized``
    that there is a line under it now that says why a text is no name, or none any more.
    """

    added = Signal(str, object)
    left = Signal()
    resized = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._scheme: TagScheme | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        row = QHBoxLayout()
        row.setSpacing(6)
        self.field = LineField()
        self.field.setPlaceholderText("Add a tag (A)")
        self.field.setAccessibleName("Add a tag by hand")
        KeepTall(self.field, 28)
        self.field.setMaxLength(MOST_LETTERS)
        self.kind = CategoryCombo()
        KeepTall(self.kind, 28)
        self.kind.hide()
        self.kind.picked.connect(lambda _: self._pick())
        self._picked: Category | None = None
        self._usual = Category.GENRE
        self._chosen: dict[str, Category] = {}
        row.addWidget(self.field, 1)
        row.addWidget(self.kind)
        nest(layout, row)
        self.fault = Text(size=12, token="danger")
        self.fault.setWordWrap(True)
        self.fault.hide()
        layout.addWidget(self.fault)
        self._known: list[str] = []
        self._names = QStringListModel(self)
        names = QCompleter(self._names, self)
        names.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        names.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        names.setMaxVisibleItems(MOST)
        names.setPopup(Choices())
        self.field.setCompleter(names)
        self.field.textEdited.connect(lambda text: self._names.setStringList(likest(text, self._known)))
        self.field.textChanged.connect(self._typed)
        self.field.returnPressed.connect(self.add)

    def refuse(self, why: str) -> None:
        """No tag can be added: the field takes the focus and swallows letters, so that none is a shortcut."""
        self.field.clear()
        self.field.setMaxLength(0)
        self.field.setPlaceholderText("No tag can be added")
        self.field.setAccessibleDescription(why)
        self.fault.set_token("muted")
        self.fault.setText(why)
        self.fault.show()
        self.show()
        self.field.setFocus()

    def set_scheme(self, scheme: TagScheme) -> None:
        """The tags that are completed."""
        if scheme is not self._scheme:
            self._scheme = scheme
            self._known = [tag.shown for tag in scheme.tags]

    def _typed(self, text: str) -> None:
        known = self._scheme.find(text) if self._scheme is not None and text.strip() else None
        self.kind.setVisible(bool(text.strip()))
        self.kind.setEnabled(known is None)
        if known is not None or not text.strip():
            self._picked = None
        self.kind.set_category(known.category if known is not None else self._guess(text))
        self._tell_target(known)
        why = odd_name(text) if known is None else ""
        self.fault.setText(why)
        if self.fault.isHidden() is bool(why):
            self.fault.setVisible(bool(why))
            self.resized.emit()

    def _guess(self, text: str) -> Category:
        """What kind of tag an unknown one is: as picked now or for it before, else as its name tells."""
        chosen = self._picked or self._chosen.get(_folded(text))
        if chosen is not None:
            return chosen
        return Category.INSTRUMENT if is_instrument(text) else self._usual

    def _pick(self) -> None:
        self._picked = self.kind.category
        self._tell_target(None)

    def _tell_target(self, known: DisplayTag | None) -> None:
        scheme = self._scheme
        if scheme is None:
            return
        field = scheme.field_of(known) if known is not None else scheme.fields.get(self.kind.category)
        self.kind.setToolTip(f"Written into {words.field(field or Field.MAT_TAGS)}")

    def place_choices(self) -> None:
        """What is offered stays under the field, wherever that went."""
        names = self.field.completer()
        popup = names.popup() if names is not None else None
        if names is not None and popup is not None and popup.isVisible():
            names.complete()

    def add(self) -> None:
        """Enter."""
        text = " ".join(self.field.text().split())
        if text and not self.fault.text():
            category = self.kind.category
            if self.kind.isEnabled():
                self._chosen[_folded(text)] = category
                if not is_instrument(text):
                    self._usual = category
            self.field.clear()
            self.added.emit(text, category)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape leaves the field as it was before; Enter is for the field alone."""
        if event.key() == Qt.Key.Key_Escape:
            self.field.clear()
            self.left.emit()
        elif event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.ignore()
