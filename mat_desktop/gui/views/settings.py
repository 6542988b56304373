"""The settings: each counts as soon as it is changed, and says what it does."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence, Set
from functools import partial
from pathlib import Path

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    QStringListModel,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QPainter, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from mat_desktop.domain.plan import Policy
from mat_desktop.domain.settings import DEVICES, POLICY_FIELDS, SPECS, Settings, Spec, policy_key
from mat_desktop.gui import words
from mat_desktop.gui.save import ask_target
from mat_desktop.gui.theme import appearance, current, font, wider
from mat_desktop.gui.turns import InTurns
from mat_desktop.gui.views.setting_texts import CARRIED, CHOICES, ELSEWHERE, MEANINGS, NAMES, SECTIONS
from mat_desktop.gui.widgets.banner import Banners
from mat_desktop.gui.widgets.bar import Bar
from mat_desktop.gui.widgets.controls import Button, Line, Link, Panel, Text
from mat_desktop.gui.widgets.delegates import paint_ground
from mat_desktop.gui.widgets.drop_down import DropDown
from mat_desktop.gui.widgets.nesting import nest
from mat_desktop.gui.widgets.own_thresholds import OwnThresholds
from mat_desktop.gui.widgets.scrolled import Scrolled
from mat_desktop.gui.widgets.setting_row import CONTROL, SettingRow
from mat_desktop.gui.widgets.slider import Slider
from mat_desktop.gui.widgets.toggle import Toggle, show_checked
from mat_desktop.gui.widgets.views import ListView

WIDEST = 720
ABOVE = 8
"""Pixels over the first section."""
SLIDERS = {"player.volume": 1, "review.strictness": -1}
"""Numbers that are set with a slider; those with -1 grow to its left."""


class _SectionDelegate(QStyledItemDelegate):
    def __init__(self, view: QListView) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(120, appearance.row)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        rect: QRect = option.rect
        painter.save()
        paint_ground(painter, rect, self._view, index, line=False)
        painter.setFont(font(13))
        painter.setPen(current().color("text"))
        painter.drawText(rect.adjusted(16, 0, -8, 0), Qt.AlignmentFlag.AlignVCenter, str(index.data()))
        painter.restore()


class SettingsPage(Panel):
    """``picked`` hands over a key and a value, ``reset`` names a section, ``thresholds_reset`` tags; others
    ask for what they say.

    It is built when it is first shown, section after section, as together they take long. ``grown`` says
    that there are more settings, ``built`` that all are there, ``shown`` from then on that it is in view.
    """

    grown = Signal()
    built = Signal()
    shown = Signal()
    picked = Signal(str, object)
    reset = Signal(str)
    save_asked = Signal(object)
    load_asked = Signal(object)
    thresholds_reset = Signal(object)
    mapping_asked = Signal()
    folder_asked = Signal()
    file_asked = Signal()

    def __init__(self) -> None:
        super().__init__("surface")
        self.rows: dict[str, SettingRow] = {}
        self.resets: dict[str, Link] = {}
        self._sections: dict[str, QWidget] = {}
        self._begun = self._complete = False
        self._wanted = ""
        self._place = 0, -ABOVE
        """The current section, and pixels from its top to that of what is in view."""
        self._still = False
        """Whether the bar moves, and the current section stays."""
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.timeout.connect(self._stay)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        bar = Bar()
        bar.row.addWidget(Text("Settings", size=16, weight=600))
        bar.row.addStretch(1)
        layout.addWidget(bar)
        holder = QHBoxLayout()
        holder.setContentsMargins(0, 0, 0, 0)
        holder.setSpacing(0)
        self.list = self._list()
        self._widen()
        appearance.changed.connect(self._widen)
        holder.addWidget(self.list)
        holder.addWidget(Line(vertical=True))
        holder.addWidget(self._body(), 1)
        nest(layout, holder, 1)
        self.banners = Banners()
        layout.addWidget(self.banners)
        scroll = self._scroll.verticalScrollBar()
        scroll.valueChanged.connect(self._scrolled)
        scroll.rangeChanged.connect(self._laid_out)

    def _list(self) -> ListView:
        view = ListView()
        view.setModel(QStringListModel(list(SECTIONS.values()), view))
        view.setAccessibleName("Sections")
        view.setViewportMargins(0, 8, 0, 8)
        view.setItemDelegate(_SectionDelegate(view))
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setCurrentIndex(view.model().index(0, 0))
        view.selectionModel().currentChanged.connect(lambda index, _: self._go_to(index.row()))
        view.clicked.connect(lambda index: self._go_to(index.row()))
        view.activated.connect(lambda index: self._enter(index.row()))
        appearance.changed.connect(view.viewport().update)
        return view

    def _widen(self) -> None:
        """Larger letters need more room."""
        self.list.setFixedWidth(wider(160))

    def _body(self) -> QWidget:
        body = Panel("surface")
        column = QVBoxLayout()
        column.setContentsMargins(24, ABOVE, 24, 48)
        column.setSpacing(0)
        for section in SECTIONS:
            box = self._sections[section] = QWidget()
            box.hide()
            column.addWidget(box)
        self._tail = QWidget()
        column.addWidget(self._tail)
        column.addStretch(1)
        outer = QHBoxLayout(body)
        outer.setContentsMargins(0, 0, 0, 0)
        inner = QWidget()
        inner.setLayout(column)
        inner.setMaximumWidth(WIDEST + 48)
        outer.addWidget(inner, 100)
        outer.addStretch(1)
        self._scroll = Scrolled(body)
        return self._scroll

    def _build(self, section: str) -> None:
        box, title = self._sections[section], SECTIONS[section]
        layout = QVBoxLayout(box)
        layout.setContentsMargins(0, 16, 0, 8)
        layout.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 0, 4)
        head.addWidget(Text(title, size=16, weight=600), 1)
        nest(layout, head)
        layout.addWidget(Line())
        if section == "files":
            self._files(layout)
        else:
            self._fill(section, title, head, layout)
        self.grown.emit()
        box.show()

    def _fill(self, section: str, title: str, head: QHBoxLayout, layout: QVBoxLayout) -> None:
        """The settings of a section."""
        link = self.resets[section] = Link("Reset to defaults", "rotate-ccw")
        link.setAccessibleName(f"{title}: reset to defaults")
        link.clicked.connect(lambda: self.reset.emit(section))
        head.addWidget(link)
        for spec in SPECS.values():
            if spec.section == section:
                if spec.key == policy_key(POLICY_FIELDS[0]):
                    self._say(layout, "What happens to values that a field of a file already has:")
                layout.addWidget(self._row(spec))
        if section == "review":
            self.thresholds = OwnThresholds()
            self.thresholds.reset.connect(self.thresholds_reset)
            layout.addWidget(self.thresholds)
        if section == "writing":
            button = Button("How tags are written…", "pencil")
            button.clicked.connect(self.mapping_asked)
            meaning = "The field, the words and the use of each tag."
            self.mapping = SettingRow("Tags and fields", meaning, button)
            button.setAccessibleName("How tags are written")
            layout.addWidget(self.mapping)

    def _say(self, layout: QVBoxLayout, text: str) -> None:
        label = Text(text, token="muted")
        label.setContentsMargins(0, 8, 0, 0)
        layout.addWidget(label)

    def _row(self, spec: Spec) -> SettingRow:
        row = SettingRow(NAMES[spec.key], MEANINGS.get(spec.key, ""), self._control(spec))
        self.rows[spec.key] = row
        return row

    def _control(self, spec: Spec) -> QWidget:
        key = spec.key
        if isinstance(spec.default, bool):
            toggle = Toggle("")
            toggle.toggled.connect(lambda on: self.picked.emit(key, on))
            return toggle
        if key in SLIDERS:
            slider, sign = Slider(from_middle=spec.least < 0), SLIDERS[key]
            slider.setRange(*sorted((sign * spec.least, sign * spec.most)))
            slider.setFixedWidth(CONTROL)
            slider.valueChanged.connect(lambda value: self.picked.emit(key, sign * value))
            return slider
        entries = [(choice, CHOICES.get(choice, choice)) for choice in spec.choices]
        if key in map(policy_key, POLICY_FIELDS):
            entries = [(str(policy), words.POLICY_WORDS[policy]) for policy in Policy]
        if key == "listening.threads":
            cores = os.cpu_count() or 1
            entries = [("0", f"All {cores}" if cores > 1 else "The only one")]
            entries += [(str(number), words.number(number)) for number in range(1, cores)]
        down = DropDown(entries)
        down.setFixedWidth(CONTROL)
        down.picked.connect(lambda text: self.picked.emit(key, spec.parse(text)))
        return down

    def _files(self, layout: QVBoxLayout) -> None:
        folder = Button("Open folder", "folder")
        folder.clicked.connect(self.folder_asked)
        self.folder = SettingRow("Data folder", "", folder)
        file = Button("Open file", "pencil")
        file.clicked.connect(self.file_asked)
        self.file = SettingRow("Settings file", "", file)
        buttons = QWidget()
        row = QHBoxLayout(buttons)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.load = Button("Load…", tip="Load settings from a file")
        self.load.setAccessibleName("Load settings…")
        self.load.clicked.connect(self._ask_source)
        self.save = Button("Save as…", "upload", tip="Save settings as a file")
        self.save.setAccessibleName("Save settings as…")
        self.save.clicked.connect(self._ask_target)
        row.addWidget(self.load)
        row.addWidget(self.save)
        for made in (self.folder, self.file, SettingRow("For another computer", CARRIED, buttons)):
            layout.addWidget(made)

    # what is shown

    def showEvent(self, event: QShowEvent) -> None:
        """Models and devices may be others since."""
        super().showEvent(event)
        if self._complete:
            self.shown.emit()
        elif not self._begun:
            self._begun = True
            InTurns(self, [*(partial(self._build, section) for section in SECTIONS), self._end])

    def _end(self) -> None:
        self._complete = True
        self.built.emit()
        self.shown.emit()
        if self._wanted and self.isVisible():
            self.go_to(self._wanted)

    def go_to(self, key: str) -> None:
        """Bring a setting into view, with the focus; once it is there."""
        self._wanted = "" if self._complete else key
        if self._complete:
            row = self.rows[key]
            self._scroll.ensureWidgetVisible(row)
            row.control.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_settings(self, now: Settings, odd: Set[str] = frozenset()) -> None:
        """These count.

        :param odd: keys of those for which the file has something that cannot be used
        """
        for key, row in self.rows.items():
            control, value = row.control, now[key]
            if isinstance(control, Toggle):
                show_checked(control, bool(value))
            elif isinstance(control, Slider):
                control.blockSignals(True)
                control.setValue(SLIDERS[key] * int(value))
                control.blockSignals(False)
            elif isinstance(control, DropDown):
                self._pick(key, control, str(value))
            if key in map(policy_key, POLICY_FIELDS):
                row.say(f"{words.POLICY_MEANING[Policy(str(value))]}.")
        for section, link in self.resets.items():
            specs = [spec for spec in SPECS.values() if spec.section == section]
            same = all(now[spec.key] == spec.default and spec.key not in odd for spec in specs)
            link.setEnabled(not same)
            link.setToolTip("All of it is as by default" if same else "")

    def _pick(self, key: str, control: DropDown, value: str) -> None:
        if key == "listening.threads" and control.findData(value) < 0:
            value = "0"  # as many as there are on this computer, or fewer
        if control.findData(value) < 0:
            control.addItem(f"{value} (not here)" if control.count() else value, value)
        control.pick(value)

    def show_devices(self, devices: Mapping[str, str], running: str, instead: str, now: str) -> None:
        """:param devices: those that the engine found
        :param running: what it runs on, or why it does not
        :param instead: why it is not the one in the settings
        :param now: the one in the settings
        """
        control = self._down("listening.device")
        control.clear()
        control.addItem(CHOICES["auto"], "auto")
        for device in DEVICES:
            if device in devices or (not devices and device in ("auto", "cpu") and device != "auto"):
                control.addItem(devices.get(device, CHOICES[device]), device)
        if control.findData(now) < 0:
            control.addItem(f"{CHOICES[now]} (not here)", now)
        control.pick(now)
        why = f"{instead[:1].upper()}{instead[1:]}. " if instead else ""
        text = f"{why}The model runs on {running}." if devices else f"Model: {running}"
        self.rows["listening.device"].say(text)

    def show_outputs(self, devices: Sequence[str] | None, now: str) -> None:
        """:param devices: names of devices that play, None where there is no sound"""
        control = self._down("player.device")
        control.clear()
        control.addItem("System default", "")
        for name in devices or ():
            control.addItem(name, name)
        self._pick("player.device", control, now)
        row = self.rows["player.device"]
        if devices is None:
            row.say("There is no sound on this computer now.")
        elif now and now not in devices:
            row.say("The chosen device is not here; the system's plays.")
        else:
            row.say("")

    def show_models(self, names: Sequence[str], now: str) -> None:
        """:param names: of usable models"""
        control = self._down("listening.model")
        control.clear()
        for name in names:
            control.addItem(name, name)
        self._pick("listening.model", control, now)

    def show_tags(self, changed: int) -> None:
        """:param changed: tags that are shown or written otherwise than by default"""
        text = "The field, the words and the use of each tag."
        self.mapping.say(f"{text} {words.plural(changed, 'tag')} changed." if changed else text)

    def show_places(self, folder: Path, file: Path) -> None:
        """Where the program's files lie."""
        self.folder.say(f"{folder}\n{ELSEWHERE}")
        self.file.say(f"{file}\nRead when the program starts; the command line has the same settings.")

    def _down(self, key: str) -> DropDown:
        control = self.rows[key].control
        assert isinstance(control, DropDown)
        return control

    # sections

    def _go_to(self, number: int) -> None:
        box = list(self._sections.values())[number]
        bar = self._scroll.verticalScrollBar()
        self._still = True
        bar.setValue(min(box.y(), bar.maximum()))
        self._still = False
        self._place = number, bar.value() - box.y()

    def _enter(self, number: int) -> None:
        """Into the section, by keyboard."""
        if not self._complete:
            return
        self._go_to(number)
        section = list(SECTIONS)[number]
        first = self.folder.control if section == "files" else self._first(section)
        first.setFocus(Qt.FocusReason.TabFocusReason)

    def _first(self, section: str) -> QWidget:
        return next(row.control for key, row in self.rows.items() if SPECS[key].section == section)

    def _scrolled(self, value: int) -> None:
        """The section that is at the top is the current one."""
        if self._still or self._settling.isActive():
            return
        at_end = value >= self._scroll.verticalScrollBar().maximum()
        places = [box.y() for box in self._sections.values()]
        number = (
            len(places) - 1 if at_end else max(n for n, y in enumerate(places) if y <= value + 24 or not n)
        )
        self._place = number, value - places[number]
        chosen = self.list.selectionModel()
        chosen.blockSignals(True)
        self.list.setCurrentIndex(self.list.model().index(number, 0))
        chosen.blockSignals(False)
        self.list.viewport().update()

    def _lengthen(self) -> None:
        """Where not all is in view at once, the last section too can stand at the top."""
        boxes = list(self._sections.values())
        room = self._scroll.viewport().height()
        fits = boxes[-1].geometry().bottom() < room
        self._tail.setFixedHeight(0 if fits else max(0, room - boxes[-1].height() - 48))

    def _laid_out(self) -> None:
        """Other widths and letters move the sections, some of them a moment later."""
        self._settling.start()

    def _stay(self) -> None:
        """What was at the top stays there, and so the list in step."""
        number, below = self._place
        self._still = True
        self._lengthen()
        self._scroll.verticalScrollBar().setValue(list(self._sections.values())[number].y() + below)
        self._still = False

    # what is asked for

    def _ask_target(self) -> None:
        start = Path.home() / "mat-desktop settings.toml"
        path = ask_target(self, "Save settings as", start, {".toml": "Settings (*.toml)"})
        if path is not None:
            self.save_asked.emit(path)

    def _ask_source(self) -> None:
        title, kinds = "Load settings", "Settings (*.toml)"
        chosen, _ = QFileDialog.getOpenFileName(self, title, str(Path.home()), kinds)
        if chosen:
            self.load_asked.emit(Path(chosen))
