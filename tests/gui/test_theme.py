"""Text can be read in both themes, and every icon that is asked for is there."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

import mat_desktop.gui
from mat_desktop.app.resources import resource
from mat_desktop.domain.tags import Category
from mat_desktop.gui.theme import DARK, LIGHT, Theme, contrast

BACKS = ("bg", "surface", "raised", "hover", "selection")
both = pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)


@both
@pytest.mark.parametrize("back", BACKS)
def test_text_and_hues_stand_out(theme: Theme, back: str) -> None:
    fill = getattr(theme, back)
    assert contrast(theme.text, fill) >= 10
    assert contrast(theme.muted, fill) >= 4.5
    for category in Category:
        assert contrast(getattr(theme, category.value), fill) >= 4.5, category


@both
def test_the_rest_stands_out(theme: Theme) -> None:
    assert contrast(theme.on_accent, theme.accent) >= 4.5
    assert contrast(theme.faint, theme.surface) >= 4.5
    assert contrast(theme.control, theme.surface) >= 3
    assert contrast(theme.focus, theme.surface) >= 3
    for level in ("positive", "warning", "danger"):
        assert contrast(getattr(theme, level), theme.surface) >= 4.5
        assert contrast(theme.text, getattr(theme, f"{level}_fill")) >= 7


@both
def test_the_taggram_gets_steadily_stronger(theme: Theme) -> None:
    ratios = [contrast(stop, theme.taggram[0]) for stop in theme.taggram]
    assert ratios == sorted(ratios)
    assert ratios[-1] > 7
    assert theme.taggram_lut().shape == (256, 3)


def test_style_sheets_are_complete() -> None:
    for theme in (DARK, LIGHT):
        assert "$" not in theme.style_sheet()
    assert DARK.style_sheet() != LIGHT.style_sheet()


def test_icons_are_bundled_and_used() -> None:
    folder = resource("icons")
    names = {path.stem for path in folder.glob("*.svg")}
    code = "\n".join(p.read_text() for p in Path(mat_desktop.gui.__file__).parent.rglob("*.py"))
    words = set(re.findall(r'"([a-z0-9-]+)"', code))
    assert names <= words, f"not used: {sorted(names - words)}"
    assert (folder / "LICENSE").is_file()
    assert (resource("fonts") / "LICENSE").is_file()


def test_hues_differ() -> None:
    for theme in (DARK, LIGHT):
        hues = [getattr(theme, category.value) for category in Category]
        assert all(a != b for a, b in itertools.combinations(hues, 2))
