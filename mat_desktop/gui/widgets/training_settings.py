"""The settings of a training, as the training itself describes them: a few in view, the rest on request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from mat_desktop.gui.widgets.controls import Link, Text
from mat_desktop.gui.widgets.drop_down import DropDown
from mat_desktop.gui.widgets.fit import KeepWide
from mat_desktop.gui.widgets.nesting import nest
from mat_desktop.gui.widgets.setting import FIELD, NAME, Setting, Spec, Value

FIRST = ("epochs", "batch_size", "learning_rate")
AUGMENTATION = ("gain_db", "eq_db", "low_pass", "mel_mask", "time_mask", "mix")
TITLES = {
    "gain_db": "Gain, dB",
    "eq_db": "Equaliser, dB",
    "mel_mask": "Mask, bands",
    "time_mask": "Mask, frames",
    "mix": "Mixup",
    "crop_frames": "Crop, frames",
    "clips": "Clips of a split",
    "ema_decay": "Moving average",
    "low_pass": "Low-pass",
    "checkpoint_minutes": "Checkpoint, min",
}
AUTO = {"crop_frames": -1}
"""Numbers that let the training choose."""

PAPER, RECIPE, FINETUNE = "paper", "recipe", "finetune"
PRESETS = {
    PAPER: "As in the paper",
    RECIPE: "Small network, soft labels",
}


class TrainingSettings(QWidget):
    """``changed`` says that some value is another, or no value."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.all: dict[str, Setting] = {}
        self._unfolded = False
        self._finetunes = False
        self._kept: dict[str, str] | None = None
        self._presets: dict[str, dict[str, Value]] = {}
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(6)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        nest(layout, self._grid)
        self.preset = DropDown(tuple(PRESETS.items()))
        self.preset.setAccessibleName("Settings to begin with")
        self.preset.setAccessibleDescription("Settings to begin with")
        self.preset.picked.connect(self.take)
        self.augment = DropDown(
            (("none", "None"), ("recipe", "A little of each"), ("own", "As under all settings"))
        )
        self.augment.setAccessibleName("Augmentation")
        self.augment.setAccessibleDescription("Augmentation")
        self.augment.picked.connect(self._augment)
        self.more = Link("All settings", "chevron-down")
        self.more.clicked.connect(lambda: self._unfold(not self._unfolded))
        self.more.setEnabled(False)  # until it is told what there is
        layout.addWidget(self.more)

    def describe(self, told: Sequence[Mapping[str, Any]], finetune: Mapping[str, Value]) -> None:
        """Make the fields.

        :param told: name, default, paper, choices, least, most and text of each
        :param finetune: what a fine-tuning begins with, where it differs
        """
        specs = [Spec("width", "Width", 1.0, "factor on the network's channels", (), 0, 4, above=True)]
        specs += [
            Spec(
                entry["name"],
                TITLES.get(entry["name"], entry["name"].replace("_", " ").capitalize()),
                entry["default"],
                entry["text"].replace("-1:", "auto:") if entry["name"] in AUTO else entry["text"],
                tuple(entry["choices"]),
                entry["least"],
                entry["most"],
                auto=AUTO.get(entry["name"]),
            )
            for entry in told
        ]
        paper = {"width": 1.0, **{entry["name"]: entry["paper"] for entry in told}}
        recipe = {"width": 0.25, **{entry["name"]: entry["default"] for entry in told}}
        self._presets = {PAPER: paper, RECIPE: recipe, FINETUNE: {**recipe, **finetune}}
        self.all = {spec.name: Setting(spec) for spec in specs}
        self._titles = [Text("Begin with", token="muted"), Text("Augmentation", token="muted")]
        for title in self._titles:
            KeepWide(title, NAME)
        for drop in (self.preset, self.augment):
            KeepWide(drop, FIELD + 64)
        self._grid.addWidget(self._titles[0], 0, 0)
        self._grid.addWidget(self.preset, 0, 1, 1, 2)
        first = ("width", *FIRST)
        for row, name in enumerate(first, start=1):
            self.all[name].put(self._grid, row)
        self._grid.addWidget(self._titles[1], 9, 0)
        self._grid.addWidget(self.augment, 9, 1, 1, 2)
        rest = [name for name in self.all if name not in first]
        for row, name in enumerate(rest, start=10):
            self.all[name].put(self._grid, row)
        self._rest = rest
        self.more.setEnabled(True)
        for setting in self.all.values():
            setting.changed.connect(self._edited)
        self.take(PAPER)
        self._unfold(False)

    def take(self, preset: str) -> None:
        """All values from a preset."""
        for name, value in self._presets.get(preset, {}).items():
            if name in self.all:
                self.all[name].set(value)
        if preset in PRESETS:
            self.preset.pick(preset)
        self._say_augment()
        self.changed.emit()

    def for_finetuning(self, on: bool) -> None:
        """The network is given then, and its width with it. What stood there for the other kind is kept."""
        if not self.all or on == self._finetunes:
            return
        self._finetunes = on
        self.all["width"].show_cells(not on)
        self.preset.setVisible(not on)
        self._titles[0].setVisible(not on)
        kept, self._kept = self._kept, {name: setting.text for name, setting in self.all.items()}
        if kept is None:
            self.take(FINETUNE if on else self.preset.value)
            return
        for name, text in kept.items():
            self.all[name].put_text(text)
        self._say_augment()
        self.changed.emit()

    @property
    def stops(self) -> list[QWidget]:
        """What Tab goes through, as they stand under each other."""
        first = [self.all[name].field for name in ("width", *FIRST)]
        others = [self.all[name].field for name in self._rest]
        return [self.preset, *first, self.augment, *others, self.more]

    @property
    def problem(self) -> str:
        """The first value that cannot be; empty where all can."""
        return next((setting.problem for setting in self.all.values() if setting.problem), "")

    def words(self, *, finetune: bool) -> list[str]:
        """Flags for what differs from what the command begins with."""
        base = self._presets[FINETUNE if finetune else RECIPE]
        found: list[str] = []
        for name, setting in self.all.items():
            value = setting.value
            if value is None or value == base.get(name) or (finetune and name == "width"):
                continue
            found += [f"--{name.replace('_', '-')}", f"{value:g}" if isinstance(value, float) else str(value)]
        return found

    def reveal(self) -> None:
        """Bring the first value that cannot be into view, with the focus."""
        for name, setting in self.all.items():
            if setting.problem:
                if name in self._rest:
                    self._unfold(True)
                setting.field.setFocus()
                return

    def _edited(self) -> None:
        self._say_augment()
        self.changed.emit()

    def _augment(self, kind: str) -> None:
        source = {"none": PAPER, "recipe": RECIPE}.get(kind)
        if source is None:
            self._unfold(True)
            return
        for name in AUGMENTATION:
            self.all[name].set(self._presets[source][name])
        self.changed.emit()

    def _say_augment(self) -> None:
        now = {name: self.all[name].value for name in AUGMENTATION}
        kinds = {"none": PAPER, "recipe": RECIPE}
        same = (
            kind
            for kind, source in kinds.items()
            if now == {name: self._presets[source][name] for name in AUGMENTATION}
        )
        self.augment.pick(next(same, "own"))

    def _unfold(self, on: bool) -> None:
        self._unfolded = on
        for name in self._rest:
            self.all[name].show_cells(on)
        self.more.setText("Fewer settings" if on else "All settings")
        self.more.set_icon("chevron-up" if on else "chevron-down")
