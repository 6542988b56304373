"""The models that come with the program."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from mat_desktop.app.resources import resource
from mat_desktop.inference.cards import open_card, read_weights

ROOT = Path(__file__).parents[2]
BUNDLED = sorted(path.parent for path in resource("models").glob("*/card.json"))


def test_there_are_a_default_and_a_small_one() -> None:
    assert [folder.name for folder in BUNDLED] == ["fcn2d", "fcn2d-small"]
    assert sum(file.stat().st_size for file in BUNDLED[1].iterdir()) < 2 * 1024**2


@pytest.mark.parametrize("folder", BUNDLED, ids=lambda folder: folder.name)
def test_it_is_under_the_licence_of_the_project(folder: Path) -> None:
    """An export leaves its maker's licence open, so that it is to be set again after each."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert open_card(folder).licence == project["license"] == "MIT"


@pytest.mark.parametrize("folder", BUNDLED, ids=lambda folder: folder.name)
def test_its_weights_are_those_of_its_card(folder: Path) -> None:
    card = open_card(folder)
    assert card.name == folder.name
    assert len(read_weights(folder, card)["head.weight"]) == len(card.tags) == 150
    assert {tag.vocabulary for tag in card.tags} == {"mtat", "mtg_jamendo", "msd"}
