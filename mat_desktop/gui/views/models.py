"""The models: what each is, what it was measured at, and which one listens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QListView,
    QMenu,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from mat_desktop.domain.card import ModelCard, TagSpec, rests_on_few
from mat_desktop.gui import icons, words
from mat_desktop.gui.models.figures import Cell, FiguresModel, Heading, figure
from mat_desktop.gui.models.models import MODEL_ROLE, ModelsModel, reason_of
from mat_desktop.gui.operations.models import KIND, QUESTION
from mat_desktop.gui.save import ask_target
from mat_desktop.gui.theme import appearance, current, font, wider
from mat_desktop.gui.views.compare import ComparePage
from mat_desktop.gui.widgets.banner import Banners
from mat_desktop.gui.widgets.bar import Bar
from mat_desktop.gui.widgets.controls import Button, Line, Panel, Text
from mat_desktop.gui.widgets.delegates import elide, paint_ground, text_width
from mat_desktop.gui.widgets.figures import Figures
from mat_desktop.gui.widgets.fit import grown, two_line_row, two_lines
from mat_desktop.gui.widgets.gives_way import Stack
from mat_desktop.gui.widgets.nesting import nest
from mat_desktop.gui.widgets.scrolled import Scrolled
from mat_desktop.gui.widgets.search_field import SearchField
from mat_desktop.gui.widgets.splitter import Splitter
from mat_desktop.gui.widgets.views import ListView

if TYPE_CHECKING:
    from mat_desktop.app.models import BrokenModel, Model

    AnyModel = Model | BrokenModel

Index = QModelIndex | QPersistentModelIndex
ROW = 64
FACTS = ("Network", "Weights", "Made", "Licence", "Library", "Data")
METRICS = (
    Heading("Vocabulary"),
    Heading("Tags", 56, right=True),
    Heading("ROC-AUC", 88, right=True),
    Heading("PR-AUC", 88, right=True),
    Heading("Correlation", 96, right=True),
)
TAGS = (
    Heading("Tag"),
    Heading("Vocabulary"),
    Heading("Threshold", 88, right=True),
    Heading("ROC-AUC", 80, right=True),
    Heading("PR-AUC", 116, right=True),
    Heading("Precision", 80, right=True),
    Heading("Recall", 80, right=True),
)


class _Delegate(QStyledItemDelegate):
    def __init__(self, view: QListView, models: ModelsModel) -> None:
        super().__init__(view)
        self._view, self._models = view, models

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, two_line_row(ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        t = current()
        model: AnyModel = index.data(MODEL_ROLE)
        rect: QRect = option.rect
        painter.save()
        paint_ground(painter, rect, self._view, index)
        size = grown(20)
        x, y = rect.x() + 16, rect.y() + (rect.height() - size) // 2
        broken = bool(reason_of(model))
        chosen = model.name == self._models.chosen
        if broken:
            icons.draw(painter, "circle-alert", x, y, size, t.color("danger"))
        elif chosen:
            icons.draw_filled(painter, "circle-check", x, y, size, t.color("positive"), t.color("surface"))
        else:
            icons.draw(painter, "box", x, y, size, t.color("muted"))
        left = 28 + size
        wide = rect.width() - left - 16
        painter.setFont(font(13, 500))
        painter.setPen(t.color("text"))
        first, second = two_lines(rect, left, wide)
        room = wide - (text_width("In use", 12, 400) + 12 if chosen else 0)
        painter.drawText(first, Qt.AlignmentFlag.AlignVCenter, elide(model.name, room, 13, 500))
        painter.setFont(font(12))
        if chosen:
            painter.setPen(t.color("danger" if broken else "positive"))
            painter.drawText(first, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, "In use")
        painter.setPen(t.color("danger" if broken else "muted"))
        painter.drawText(second, Qt.AlignmentFlag.AlignVCenter, elide(self._models.detail(model), wide, 12))
        painter.restore()


class ModelsPage(Panel):
    """``use``, ``compare`` and ``delete`` name a model; ``bring`` a folder or zip to import, ``send`` a model
    and a file. ``comparison`` stands in place of the cards while another model is compared.
    """

    shown = Signal()
    use = Signal(str)
    compare = Signal(str)
    delete = Signal(str)
    bring = Signal(object)
    send = Signal(object, object)

    def __init__(self) -> None:
        super().__init__("surface")
        self.models = ModelsModel(self)
        self._next = ""
        """The one that is looked at once the list is here anew."""
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        bar = Bar()
        head = bar.row
        head.addWidget(Text("Models", size=16, weight=600))
        head.addStretch(1)
        self.import_ = Button("Import…", "plus", tip="A model folder, or a zip of one")
        self.import_.clicked.connect(self._ask_what)
        head.addWidget(self.import_)
        layout.addWidget(bar)
        holder = Splitter(Qt.Orientation.Horizontal)
        self.list = ListView()
        self.list.setModel(self.models)
        self.list.setAccessibleName("Models")
        self.list.setItemDelegate(_Delegate(self.list, self.models))
        self.list.setMinimumWidth(180)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.selectionModel().currentChanged.connect(lambda *_: self._show_current())
        self.list.activated.connect(lambda _: self._to_use())
        appearance.changed.connect(self.list.viewport().update)
        holder.addWidget(self.list)
        holder.addWidget(Scrolled(self._card()))
        holder.setStretchFactor(0, 0)
        holder.setStretchFactor(1, 1)
        holder.beside(320, 0.35)
        self.comparison = ComparePage()
        self._parts = Stack()
        layout.addWidget(self._parts, 1)
        self.banners = Banners()
        layout.addWidget(self.banners)
        self._parts.addWidget(holder)
        self._parts.addWidget(self.comparison)
        self._menu = QMenu(self)
        self._menu.addAction("A zip, or a card…", self._ask_file)
        self._menu.addAction("A folder…", self._ask_folder)

    def _card(self) -> QWidget:
        box = Panel("surface")
        layout = QVBoxLayout(box)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self._head, self._top = QVBoxLayout(), QHBoxLayout()
        head, top = self._head, self._top
        head.setContentsMargins(24, 16, 16, 8)
        head.setSpacing(8)
        nest(head, top)
        top.setSpacing(8)
        self.title = Text(size=16, weight=600, elide=True)
        self.title.setMinimumHeight(24)
        top.addWidget(self.title, 1)
        top.addStretch(0)  # where the title stands over the buttons
        self.use_button = Button("Use this model", "check", kind="primary")
        self.use_button.clicked.connect(self._use)
        self.export = Button("Export…", "upload", tip="The model as one file")
        self.export.clicked.connect(self._ask_target)
        self.remove = Button("Delete…", "trash-2")
        self.remove.clicked.connect(self._ask_delete)
        self.compare_button = Button(
            "Compare…", tip="With the model in use, on your own tracks, before it takes its place"
        )
        self.compare_button.clicked.connect(self._compare)
        for button in (self.export, self.remove, self.compare_button, self.use_button):
            top.addWidget(button)
        nest(layout, head)
        self.why = Text(size=12, token="muted")
        self.why.setContentsMargins(24, 0, 24, 8)
        self.why.setWordWrap(True)
        layout.addWidget(self.why)
        grid = QGridLayout()
        grid.setContentsMargins(24, 0, 24, 16)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 100)
        grid.setColumnStretch(2, 1)  # takes what is wider than the texts may be
        self.facts: dict[str, Text] = {}
        for row, name in enumerate(FACTS):
            label = Text(name, token="muted")
            label.setMinimumWidth(96)
            value = Text()
            value.setWordWrap(True)
            value.setMaximumWidth(720)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self.facts[name] = value
            grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
            grid.addWidget(value, row, 1)
        self._grid = QWidget()
        self._grid.setLayout(grid)
        layout.addWidget(self._grid)
        self.metrics = FiguresModel(METRICS, self)
        self.tags = FiguresModel(TAGS, self)
        self._figures = self._tables()
        layout.addWidget(self._figures, 1)
        layout.addStretch(0)
        return box

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a narrow window the buttons that are needed least are icons, and the title stands over them."""
        super().resizeEvent(event)
        narrow = self.width() < wider(840)
        row, stretch = (self._head, 0) if self.width() < wider(1080) else (self._top, 1)
        if row.indexOf(self.title) < 0:
            row.insertWidget(0, self.title, stretch)
        for button, text in ((self.export, "Export…"), (self.remove, "Delete…")):
            button.setText("" if narrow else text)
            button.setAccessibleName(text)
            button.updateGeometry()

    def _tables(self) -> QWidget:
        box = QWidget()
        layout = QVBoxLayout(box)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(Line())
        self.measured = Text("Measured", weight=600)
        self.measured.setWordWrap(True)
        self.measured.setContentsMargins(24, 12, 24, 4)
        layout.addWidget(self.measured)
        self.metrics_table = Figures(self.metrics, "Figures by vocabulary", sortable=False)
        self.metrics_table.setMaximumWidth(720)
        layout.addWidget(self.metrics_table)
        layout.addSpacing(8)
        layout.addWidget(Line())
        row = QHBoxLayout()
        row.setContentsMargins(24, 8, 24, 8)
        self.counted = Text(weight=600, elide=True)
        row.addWidget(self.counted, 1)
        self.search = SearchField("Find a tag", name="Find a tag", language=False)
        self.search.setMaximumWidth(280)
        self.search.textChanged.connect(self._search)
        row.addWidget(self.search, 1)
        nest(layout, row)
        self.tags_table = Figures(self.tags, "Tags")
        self.search.left.connect(self.tags_table.setFocus)
        self.tags_table.setMinimumHeight(7 * 28)
        layout.addWidget(self.tags_table, 1)
        return box

    def _search(self, text: str) -> None:
        self.tags_table.nothing = words.no_match(text)
        self.tags.search(text)

    # what is shown

    def showEvent(self, event: QShowEvent) -> None:
        """Folders may have changed since."""
        super().showEvent(event)
        if not event.spontaneous() and self.current() is not None:
            self.look_at(self.models.chosen)
        self.shown.emit()

    def show_next(self, name: str) -> None:
        """Look at one that the list does not have yet."""
        self._next = name

    def show_models(self, models: Sequence[AnyModel], chosen: str, heard: Mapping[str, int]) -> None:
        """All models anew; the one looked at stays in view, unless another was taken into use meanwhile. Out
        of view the page is at the one in use.
        """
        now = self.current()
        changed = chosen != self.models.chosen
        name = chosen if now is None or changed or not self.isVisible() else now.name
        there = {model.name for model in models}
        if self._next in there:
            name, self._next = self._next, ""
        elif name not in there:  # it was deleted
            name = chosen
        self.models.show(models, chosen, heard)
        self.list.setCurrentIndex(self.models.index(self.models.row(name)))
        self._show_current()

    def look_at(self, name: str) -> None:
        """Show a model's card."""
        self.list.setCurrentIndex(self.models.index(self.models.row(name)))

    def current(self) -> AnyModel | None:
        """The model looked at."""
        return self.models.model(self.list.currentIndex().row())

    def _usable(self) -> Model | None:
        model = self.current()
        return None if model is None or reason_of(model) else model  # type: ignore[return-value]

    def _show_current(self) -> None:
        model = self.current()
        if model is None:
            return
        usable = self._usable()
        chosen = model.name == self.models.chosen
        bundled = model.bundled
        self.title.setText(usable.card.title if usable else model.name)
        self._enable(self.use_button, usable is not None and not chosen)
        self._enable(self.compare_button, usable is not None and not chosen)
        self._enable(self.export, usable is not None)
        self._enable(self.remove, not bundled and not chosen)
        self.use_button.setText("In use" if chosen else "Use this model")
        for part in (self._grid, self._figures):
            part.setVisible(usable is not None)
        if usable is None:
            self.why.setText(_unusable(model, chosen))
            self.why.set_token("danger")
            self.why.show()
            return
        reason = "It came with the program and cannot be deleted." if bundled else ""
        if chosen and not bundled:
            reason = "It is in use; to delete it, choose another model first."
        self.why.setText(reason)
        self.why.setVisible(bool(reason))
        self.why.set_token("muted")
        self._show_card(usable.card, usable.trained_on)

    def _enable(self, button: Button, on: bool) -> None:
        """The list has the focus instead of a button that cannot be used any more."""
        if not on and button.hasFocus():
            self.list.setFocus()
        button.setEnabled(on)

    def _show_card(self, card: ModelCard, trained_on: str) -> None:
        network = card.network
        depth = f", {network.layers} layers" if network.layers else ""
        options = "".join(f", {name} {value}" for name, value in network.options.items())
        size = words.megabytes(card.weights.size)
        heard = self.models.heard.get(card.digest, 0)
        for name, text in {
            "Network": f"{network.name}{depth}, width {network.width:g}{options}",
            "Weights": f"{size}, {card.digest}",
            "Made": f"{card.created}, on this computer, with {trained_on}" if trained_on else card.created,
            "Licence": card.licence,
            "Library": f"{words.plural(heard, 'track')} heard by it" if heard else "No track heard by it yet",
            "Data": card.data,
        }.items():
            self.facts[name].setText(text)
        test = card.metrics.get("test")
        few = rests_on_few(tag.metrics.get("positives") for tag in card.tags)
        digits = 2 if few else 4
        rows = _metric_rows(card, test, digits) if isinstance(test, dict) else []
        self.metrics.show(rows)
        self.metrics_table.show_all_rows()
        self.metrics_table.setVisible(bool(rows))
        said = "On its test split" if rows else "Its card has no figures of a test split."
        if few:
            said += "; few positive clips, so that its figures are rough" if rows else ""
        self.measured.setText(agreement_words(card.metrics.get("corrections")) or said)
        self.measured.setToolTip(str(card.metrics.get("protocol", "")))
        counted = f"{words.plural(len(card.tags), 'tag')} with thresholds"
        measured = any("roc_auc" in tag.metrics for tag in card.tags)
        self.counted.setText(f"{counted}, on its validation split" if measured else counted)
        self.tags.show([_tag_row(tag, digits) for tag in card.tags])

    def show_comparison(self, on: bool) -> None:
        """In place of the cards, or the cards again."""
        self._parts.setCurrentIndex(1 if on else 0)
        self.import_.setVisible(not on)
        if not on and self.isVisible():
            self.list.setFocus()

    @property
    def compares(self) -> bool:
        """Whether the comparison is in view."""
        return self._parts.currentIndex() == 1

    # what is asked for

    def _compare(self) -> None:
        model = self._usable()
        if model is not None:
            self.compare.emit(model.name)

    def _to_use(self) -> None:
        """A row that is entered leads to the button, where another Enter uses the model."""
        if self.use_button.isEnabled():
            self.use_button.setFocus(Qt.FocusReason.TabFocusReason)

    def _use(self) -> None:
        model = self._usable()
        if model is not None and model.name != self.models.chosen:
            self._enable(self.use_button, False)
            self.use.emit(model.name)

    def _ask_what(self) -> None:
        self._menu.popup(self.import_.mapToGlobal(QPoint(0, self.import_.height() + 2)))

    def _ask_file(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "Import a model", str(Path.home()))
        if chosen:
            self.bring.emit(Path(chosen))

    def _ask_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Import a model's folder", str(Path.home()))
        if chosen:
            self.bring.emit(Path(chosen))

    def _ask_target(self) -> None:
        model = self._usable()
        if model is None:
            return
        start = Path.home() / f"{model.name}.zip"
        path = ask_target(self, "Export the model", start, {".zip": "Zip (*.zip)"})
        if path is not None:
            self.send.emit(model, path)

    def _ask_delete(self) -> None:
        model = self.current()
        if model is None:
            return
        name = model.name
        self.banners.clear(KIND)
        question = self.banners.show_message(
            "warning",
            f"“{name}” will be deleted from this computer. What it heard stays in the library.",
            f"Delete “{name}”",
            lambda: self._delete(name),
            kind=QUESTION,
            asks=True,
        )
        question.action.setFocus()  # Enter confirms, Escape keeps it; a key that is held does nothing

    def _delete(self, name: str) -> None:
        self.list.setFocus()
        self.delete.emit(name)


def _unusable(model: AnyModel, chosen: bool) -> str:
    """Why a model cannot be used, and what may be done."""
    if not chosen:
        return f"It cannot be used: {reason_of(model)}"
    then = "To have this one again, install the program anew."
    if not model.bundled:
        then = "Once another is chosen, this one can be deleted, and imported anew."
    return (
        f"It is in use and cannot be used: {reason_of(model)}. Until another model is chosen nothing is"
        f" listened to. {then}"
    )


def agreement_words(learned: object) -> str:
    """How a model that was corrected fares, as its card says; empty where it says nothing of it."""
    if not isinstance(learned, Mapping):
        return ""
    verdicts = learned.get("verdicts")
    before, after = (learned.get(f"agreement_{name}") for name in ("before", "held_out"))
    if not isinstance(verdicts, int) or not isinstance(before, float):
        return ""
    text = f"Corrected by {words.plural(verdicts, 'decision')} of yours. "
    if not isinstance(after, float):
        return text + "Whether it is better on other tracks is not known."
    return text + f"On tracks left out it agrees with {after:.0%} of them, the one before with {before:.0%}."


def _metric_rows(card: ModelCard, test: Mapping[str, object], digits: int) -> list[list[Cell]]:
    rows = []
    for vocabulary, found in test.items():
        if not isinstance(found, dict):
            continue
        tags = sum(tag.vocabulary == vocabulary for tag in card.tags)
        figures = (found.get(name) for name in ("roc_auc", "pr_auc", "correlation"))
        known = [value if isinstance(value, (int, float)) else None for value in figures]
        rows.append(
            [
                Cell(words.vocabulary(vocabulary)),
                Cell(words.number(tags), tags),
                *(figure(value, digits) for value in known),
            ]
        )
    return rows


def _tag_row(tag: TagSpec, digits: int) -> list[Cell]:
    def of(name: str) -> float | None:
        return tag.metrics.get(name)

    return [
        Cell(tag.name),
        Cell(words.vocabulary(tag.vocabulary), token="muted"),
        figure(tag.threshold, 2),
        figure(of("roc_auc"), digits),
        figure(of("pr_auc"), digits, bar=True),
        figure(of("precision"), 2, token="muted"),
        figure(of("recall"), 2, token="muted"),
    ]
