"""Colours of the window: one frozen set of tokens for each theme, made into Qt's terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from string import Template

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QPalette

from mat_desktop.domain.tags import Category

Lut = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Theme:
    """Tokens by what they are for, as ``#rrggbb``."""

    name: str
    bg: str
    surface: str
    raised: str
    hover: str
    border: str
    border_strong: str
    control: str
    text: str
    muted: str
    faint: str
    accent: str
    on_accent: str
    selection: str
    focus: str
    positive: str
    warning: str
    danger: str
    positive_fill: str
    warning_fill: str
    danger_fill: str
    genre: str
    mood: str
    instrument: str
    voice: str
    character: str
    genre_bar: str
    mood_bar: str
    instrument_bar: str
    voice_bar: str
    character_bar: str
    taggram: tuple[str, str, str, str, str]
    high: bool = False

    def color(self, token: str) -> QColor:
        """A token by name."""
        return _color(getattr(self, token))

    @property
    def disabled(self) -> str:
        """For the words of what cannot be used at the moment: between faint and the ground."""
        mixed = (
            0.6 * int(self.faint[at : at + 2], 16) + 0.4 * int(self.surface[at : at + 2], 16)
            for at in (1, 3, 5)
        )
        return "#" + "".join(f"{round(part):02X}" for part in mixed)

    def category(self, category: Category) -> QColor:
        """The hue that says what kind of tag it is, for text; never shown without a word or an icon."""
        return _color(getattr(self, category.value))

    def category_bar(self, category: Category) -> QColor:
        """The same for bars and icons, which may be lighter and so are easier to tell apart."""
        return _color(getattr(self, f"{category.value}_bar"))

    def taggram_lut(self) -> Lut:
        """256 colours from the surface colour, for silence, to the strongest."""
        return _ramp(self.taggram)

    def palette(self) -> QPalette:
        """The same tokens in Qt's roles."""
        palette = QPalette()
        role = QPalette.ColorRole
        for key, token in {
            role.Window: "bg",
            role.Base: "surface",
            role.AlternateBase: "surface",
            role.Button: "raised",
            role.Text: "text",
            role.WindowText: "text",
            role.ButtonText: "text",
            role.BrightText: "text",
            role.PlaceholderText: "muted",
            role.Light: "hover",
            role.Midlight: "border",
            role.Mid: "border",
            role.Dark: "border_strong",
            role.Shadow: "bg",
            role.Highlight: "selection",
            role.HighlightedText: "text",
            role.Accent: "accent",
            role.Link: "accent",
            role.LinkVisited: "accent",
            role.ToolTipBase: "raised",
            role.ToolTipText: "text",
        }.items():
            palette.setColor(key, self.color(token))
        for key in (role.Text, role.WindowText, role.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, key, self.color("disabled"))
        return palette

    def style_sheet(self) -> str:
        """The little that a palette cannot say."""
        tokens = {name: getattr(self, name) for name in self.__slots__ if name not in ("taggram", "high")}
        return Template(_STYLE).substitute(tokens, disabled=self.disabled)


DARK = Theme(
    name="dark",
    bg="#131519",
    surface="#181B20",
    raised="#21252B",
    hover="#262B32",
    border="#2D333B",
    border_strong="#3D454F",
    control="#6F7985",
    text="#E7EAEE",
    muted="#A2ABB6",
    faint="#8B95A1",
    accent="#6CB0F0",
    on_accent="#0B1826",
    selection="#1F3247",
    focus="#8CC4FA",
    positive="#74CF9B",
    warning="#F0C060",
    danger="#FF8F85",
    positive_fill="#1B3328",
    warning_fill="#362C15",
    danger_fill="#3C1F1E",
    genre="#BFA548",
    mood="#C8ABFA",
    instrument="#48D9B5",
    voice="#DE8980",
    character="#8AA3B8",
    genre_bar="#BFA548",
    mood_bar="#C8ABFA",
    instrument_bar="#48D9B5",
    voice_bar="#DE8980",
    character_bar="#8AA3B8",
    taggram=("#1B1F25", "#264A68", "#3C78A6", "#6EA9D6", "#B4DAF4"),
)

LIGHT = Theme(
    name="light",
    bg="#EDEFF2",
    surface="#FFFFFF",
    raised="#F4F5F7",
    hover="#EAEDF1",
    border="#D8DCE2",
    border_strong="#BFC6CF",
    control="#7A8491",
    text="#1A1E24",
    muted="#565F6B",
    faint="#626B77",
    accent="#1B66B8",
    on_accent="#FFFFFF",
    selection="#DCEAF8",
    focus="#1B66B8",
    positive="#1D7443",
    warning="#855600",
    danger="#B3261E",
    positive_fill="#E2F2E8",
    warning_fill="#FBF0D6",
    danger_fill="#FBE6E4",
    genre="#796607",
    mood="#6A3088",
    instrument="#217057",
    voice="#7F3424",
    character="#394958",
    genre_bar="#9A8703",
    mood_bar="#8123ED",
    instrument_bar="#039B73",
    voice_bar="#952723",
    character_bar="#395273",
    taggram=("#FFFFFF", "#A6CCE9", "#5B98C7", "#2A6492", "#0E3557"),
)

DARK_HIGH = replace(
    DARK,
    name="dark, high contrast",
    bg="#000000",
    surface="#000000",
    raised="#000000",
    hover="#1C1F24",
    border="#8E98A4",
    border_strong="#8E98A4",
    control="#AEB7C2",
    text="#FFFFFF",
    muted="#E4E8ED",
    faint="#C3CAD2",
    accent="#8CC8FF",
    on_accent="#000000",
    selection="#0B3A66",
    focus="#FFE14D",
    positive="#86E8AE",
    warning="#FFD27A",
    danger="#FFB1A9",
    positive_fill="#000000",
    warning_fill="#000000",
    danger_fill="#000000",
    genre="#F7EB45",
    mood="#DDBDFB",
    instrument="#02E87B",
    voice="#F6BDAF",
    character="#CEDEE7",
    genre_bar="#F7EB45",
    mood_bar="#DDBDFB",
    instrument_bar="#02E87B",
    voice_bar="#F6BDAF",
    character_bar="#CEDEE7",
    taggram=("#000000", "#264A68", "#3C78A6", "#6EA9D6", "#D8EEFF"),
    high=True,
)

LIGHT_HIGH = replace(
    LIGHT,
    name="light, high contrast",
    bg="#FFFFFF",
    surface="#FFFFFF",
    raised="#FFFFFF",
    hover="#EAEDF1",
    border="#68727E",
    border_strong="#68727E",
    control="#4B545F",
    text="#000000",
    muted="#252B32",
    faint="#3A424C",
    accent="#00448C",
    selection="#CFE3FA",
    focus="#9E007E",
    positive="#00502A",
    warning="#5A3A00",
    danger="#86100A",
    positive_fill="#FFFFFF",
    warning_fill="#FFFFFF",
    danger_fill="#FFFFFF",
    genre="#514801",
    mood="#711696",
    instrument="#03523F",
    voice="#441206",
    character="#161E2D",
    taggram=("#FFFFFF", "#A6CCE9", "#5B98C7", "#2A6492", "#0A2740"),
    high=True,
)

_STYLE = """
QToolTip { color: $text; background: $raised; border: 1px solid $border_strong; padding: 4px 6px; }
QLineEdit { color: $text; background: $surface; border: 1px solid $control; border-radius: 6px;
  padding: 0 8px; selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit:disabled { color: $disabled; border-color: $border; }
QLineEdit:focus { border: 2px solid $focus; padding: 0 7px; }
QComboBox { color: $text; background: $raised; border: 1px solid $border_strong; border-radius: 5px;
  padding: 0 4px 0 10px; min-height: 26px; }
QComboBox:hover { background: $hover; }
QComboBox:focus { border: 2px solid $focus; padding: 0 3px 0 9px; min-height: 24px; }
QComboBox:disabled { color: $disabled; background: $surface; border-color: $border; }
QComboBox::drop-down { border: none; width: 22px; }
QComboBox::down-arrow { image: none; }
QComboBox QAbstractItemView { background: $raised; color: $text; border: 1px solid $border_strong;
  outline: none; padding: 4px; }
QComboBox QAbstractItemView::item { padding: 5px 4px; border: none; border-radius: 4px; }
QComboBox QAbstractItemView::item:selected { background: $selection; color: $text; }
QHeaderView { background: $surface; border: none; }
QHeaderView::section { background: $surface; color: $muted; border: none;
  border-bottom: 1px solid $border; padding: 0 8px; }
#tracks QHeaderView::section:first { padding-left: 16px; }
#tracks QHeaderView::section:last { padding-right: 16px; }
#changes QHeaderView::section:first { padding-left: 24px; }
QTableView, QListView, QScrollArea { background: $surface; border: none; outline: none; }
QTableCornerButton::section { background: $surface; border: none; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: $border_strong; border-radius: 3px; }
QScrollBar::handle:vertical { min-height: 32px; margin: 2px; }
QScrollBar::handle:horizontal { min-width: 32px; margin: 2px; }
QScrollBar::handle:hover { background: $control; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QSplitter::handle { background: transparent; }
QMenuBar { background: $bg; color: $text; border-bottom: 1px solid $border; }
QMenuBar::item { padding: 4px 10px; background: transparent; }
QMenuBar::item:selected { background: $hover; }
QMenu { background: $raised; color: $text; border: 1px solid $border_strong; padding: 4px; }
QMenu::item { padding: 5px 28px 5px 24px; border-radius: 4px; }
QMenu::item:selected { background: $selection; }
QMenu::item:disabled { color: $disabled; }
QMenu::separator { height: 1px; background: $border; margin: 4px 8px; }
"""


@lru_cache(maxsize=256)
def _color(text: str) -> QColor:
    return QColor(text)


@lru_cache(maxsize=8)
def _ramp(stops: Sequence[str]) -> Lut:
    shades = [_color(stop) for stop in stops]
    colors = np.array([(c.red(), c.green(), c.blue()) for c in shades], np.float64)
    at = np.linspace(0, 1, len(stops))
    where = np.linspace(0, 1, 256)
    return np.stack([np.interp(where, at, colors[:, i]) for i in range(3)], axis=1).round().astype(np.uint8)


def luminance(color: str) -> float:
    """Relative luminance as in WCAG 2."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours, 1..21."""
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)
