"""Text can be read in every theme and size, and every icon that is asked for is there."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

import mat_desktop.gui
from mat_desktop.app.resources import resource
from mat_desktop.domain.tags import Category
from mat_desktop.gui import theme
from mat_desktop.gui.colors import DARK, DARK_HIGH, LIGHT, LIGHT_HIGH, Theme, contrast
from mat_desktop.gui.theme import appearance, font
from mat_desktop.gui.widgets.controls import Panel, Text
from mat_desktop.gui.widgets.delegates import text_width
from mat_desktop.gui.widgets.drop_down import DropDown
from mat_desktop.gui.window import Window

GROUNDS = ("bg", "surface", "raised", "hover", "selection")
LEVELS = ("positive", "warning", "danger")
THEMES = (DARK, LIGHT, DARK_HIGH, LIGHT_HIGH)
every = pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)


@every
@pytest.mark.parametrize("ground", GROUNDS)
def test_text_can_be_read_on_every_ground(theme: Theme, ground: str) -> None:
    fill = getattr(theme, ground)
    least = 7 if theme.high else 4.5
    assert contrast(theme.text, fill) >= (11 if theme.high else 10.8)
    assert contrast(theme.muted, fill) >= max(least, 5.2)
    for token in ("accent", *LEVELS, *(category.value for category in Category)):
        # Where there are tints, selected rows have none of these as text.
        if ground != "selection" or token not in ("accent", *LEVELS):
            assert contrast(getattr(theme, token), fill) >= least, token
    if ground != "selection":  # muted stands in for it there
        assert contrast(theme.faint, fill) >= 4.5


@every
def test_text_can_be_read_on_what_is_filled(theme: Theme) -> None:
    assert contrast(theme.on_accent, theme.accent) >= 4.5
    for level in LEVELS:
        fill = getattr(theme, f"{level}_fill")
        assert contrast(theme.text, fill) >= 7
        assert contrast(getattr(theme, level), fill) >= 4.5


@every
@pytest.mark.parametrize("ground", ["bg", "surface", "raised"])
def test_outlines_bars_and_rings_stand_out(theme: Theme, ground: str) -> None:
    fill = getattr(theme, ground)
    for token in ("control", "focus", "accent"):
        assert contrast(getattr(theme, token), fill) >= 3, token
    assert contrast(theme.focus, theme.selection) >= 3
    for category in Category:
        bar = contrast(theme.category_bar(category).name(), fill)
        assert bar >= (3 if ground == "surface" else 2.7), category


@pytest.mark.parametrize("theme", [DARK_HIGH, LIGHT_HIGH], ids=lambda theme: theme.name)
def test_high_contrast_has_pure_text_outlines_and_no_tints(theme: Theme) -> None:
    assert {theme.text, theme.surface} == {"#FFFFFF", "#000000"}
    assert {theme.bg, theme.raised, *(getattr(theme, f"{level}_fill") for level in LEVELS)} == {theme.surface}
    for token in ("border", "border_strong", "control"):
        assert contrast(getattr(theme, token), theme.surface) >= 4.5


@every
def test_the_taggram_gets_steadily_stronger(theme: Theme) -> None:
    ratios = [contrast(stop, theme.taggram[0]) for stop in theme.taggram]
    assert ratios == sorted(ratios)
    assert ratios[-1] > 7
    assert theme.taggram_lut().shape == (256, 3)


def test_style_sheets_are_complete() -> None:
    sheets = {theme.style_sheet() for theme in THEMES}
    assert len(sheets) == len(THEMES)
    assert not any("$" in sheet for sheet in sheets)


def test_icons_are_bundled_and_used() -> None:
    folder = resource("icons")
    names = {path.stem for path in folder.glob("*.svg")}
    code = "\n".join(p.read_text() for p in Path(mat_desktop.gui.__file__).parent.rglob("*.py"))
    words = set(re.findall(r'"([a-z0-9-]+)"', code))
    assert names <= words, f"not used: {sorted(names - words)}"
    assert (folder / "LICENSE").is_file()
    assert (resource("fonts") / "LICENSE").is_file()


@every
def test_bars_of_different_kinds_can_be_told_apart(theme: Theme) -> None:
    """As in CIE 1976, where 10 is seen at a glance."""
    bars = [_lab(theme.category_bar(category).name()) for category in Category]
    apart = min(np.linalg.norm(a - b) for a, b in itertools.combinations(bars, 2))
    assert apart >= {"light": 55}.get(theme.name, 30)


def _lab(color: str) -> NDArray[np.float64]:
    parts = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array([[0.4125, 0.3576, 0.1804], [0.2127, 0.7152, 0.0722], [0.0193, 0.1192, 0.9503]])
    x, y, z = np.cbrt(to_xyz @ linear / (0.9505, 1.0, 1.0888))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.fixture
def plain() -> Iterator[None]:
    """As it was before."""
    yield
    appearance.use_contrast("system")
    appearance.use_text(100)
    appearance.use_motion(True)
    appearance.use_typeface("inter")
    appearance.use("system")


@pytest.mark.usefixtures("plain")
def test_contrast_is_a_wish_of_its_own(qapp: QApplication) -> None:
    for mode, wish, wanted in (
        ("dark", "high", DARK_HIGH),
        ("light", "high", LIGHT_HIGH),
        ("light", "normal", LIGHT),
        ("dark", "normal", DARK),
    ):
        appearance.use(mode)
        appearance.use_contrast(wish)
        assert appearance.theme is wanted
        assert qapp.palette().windowText().color().name() == wanted.text.lower()


@pytest.mark.usefixtures("plain")
def test_the_system_asks_for_contrast(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    appearance.use("dark")
    monkeypatch.setattr(theme, "_system_wants_contrast", lambda: True)
    appearance.refresh()
    assert appearance.theme is DARK_HIGH
    appearance.use_contrast("normal")
    assert appearance.theme is DARK


@pytest.mark.usefixtures("plain")
def test_letters_grow_where_they_stand(qtbot: QtBot) -> None:
    label, field = Text("Title", size=16, weight=600), QLineEdit()
    for widget in (label, field):
        qtbot.addWidget(widget)
        widget.show()
    before = text_width("Title", 13, 400)
    appearance.use_text(150)
    assert (label.font().pixelSize(), field.font().pixelSize()) == (24, 20)
    assert label.font().weight() == 600
    assert text_width("Title", 13, 400) > before * 1.4
    appearance.use_text(100)
    assert (label.font().pixelSize(), field.font().pixelSize()) == (16, 13)


@pytest.mark.usefixtures("plain")
def test_letters_and_colours_change_together_also_out_of_view(qtbot: QtBot) -> None:
    stack = QStackedWidget()
    qtbot.addWidget(stack)
    parts: list[QWidget] = []
    for _ in range(3):
        page = QWidget()
        layout = QVBoxLayout(page)
        for part in (QComboBox(), QLineEdit(), QHeaderView(Qt.Orientation.Horizontal)):
            part.setFont(font(12, 500))
            layout.addWidget(part)
            parts.append(part)
        stack.addWidget(page)
    stack.show()
    stack.setCurrentIndex(1)  # the first was in view, the second is, the third was never
    family = appearance.family

    def faces() -> set[tuple[str, int, int]]:
        return {(part.font().family(), part.font().pixelSize(), part.font().weight()) for part in parts}

    def show_all() -> None:
        for number in (2, 0, 1):
            stack.setCurrentIndex(number)
            QApplication.processEvents()

    appearance.use_text(150)
    appearance.use("light" if appearance.theme is DARK else "dark")
    assert faces() == {(family, 18, 500)}
    show_all()
    assert faces() == {(family, 18, 500)}
    appearance.use_typeface("system")
    other = appearance.family
    assert other != family
    assert faces() == {(other, 18, 500)}
    appearance.use("dark")
    appearance.use_text(100)
    show_all()
    assert faces() == {(other, 12, 500)}
    appearance.use("light")
    show_all()
    assert faces() == {(other, 12, 500)}
    appearance.use_typeface("inter")
    show_all()
    assert faces() == {(family, 12, 500)}


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("mode", ["dark", "light"])
def test_the_current_row_of_a_drop_down_is_seen(qtbot: QtBot, mode: str) -> None:
    appearance.use(mode)
    drop = DropDown([("one", "One"), ("two", "Two")])
    qtbot.addWidget(drop)
    drop.show()
    drop.showPopup()
    view = drop.view()
    view.setCurrentIndex(drop.model().index(1, 0))
    picture = view.viewport().grab().toImage()
    shown = [
        picture.pixelColor(row.right() - 8, row.center().y()).name().upper()
        for row in (view.visualRect(drop.model().index(number, 0)) for number in range(2))
    ]
    drop.hidePopup()
    assert shown == [theme.current().raised, theme.current().selection]


@pytest.mark.usefixtures("plain")
def test_menus_do_not_slide_where_nothing_may_move(qapp: QApplication) -> None:
    appearance.use_motion(False)
    assert not appearance.moves
    assert not qapp.isEffectEnabled(Qt.UIEffect.UI_AnimateMenu)


class Polished(Panel):
    """Counts how often its style is worked out anew."""

    times = 0

    def changeEvent(self, event: QEvent) -> None:
        self.times += event.type() is QEvent.Type.StyleChange
        super().changeEvent(event)


def test_larger_letters_are_no_reason_to_polish_every_widget_and_reach_all_of_them(
    qtbot: QtBot, library: Window
) -> None:
    box = Polished("surface")
    plain, combo = QLabel("Words", box), DropDown([("a", "A name of some length")])
    combo.setParent(box)
    qtbot.addWidget(box)
    box.show()
    least, times = combo.minimumSizeHint().width(), box.times
    try:
        appearance.use_text(150)
        assert box.times == times
        assert plain.font().pixelSize() == combo.font().pixelSize() == round(13 * 1.5)
        assert plain.sizeHint().height() > 20
        assert combo.minimumSizeHint().width() > least
        assert library.library.font().pixelSize() == round(13 * 1.5)
    finally:
        appearance.use_text(100)
    assert plain.font().pixelSize() == 13
    assert combo.minimumSizeHint().width() == least


def test_other_colours_polish_a_widget_no_oftener_for_lying_deep(qtbot: QtBot) -> None:
    before = appearance.mode
    try:
        appearance.use("dark")
        outer = QWidget()
        qtbot.addWidget(outer)
        inner = outer
        for _ in range(12):
            inner = QWidget(inner)
        box = Polished("surface")
        box.setParent(inner)
        outer.show()
        times = box.times
        appearance.use("light")
        assert 0 < box.times - times <= 4
    finally:
        appearance.use(before)
