from __future__ import annotations

import pytest

from mat_desktop.domain.instruments import is_instrument


@pytest.mark.parametrize(
    "name",
    [
        "zither",
        "Accordion",
        "penny  whistle",
        "congas",
        "conga",
        "alto saxophones",
        "12-string guitar",
        "bass",
    ],
)
def test_instruments_are_known_by_name(name: str) -> None:
    assert is_instrument(name)


@pytest.mark.parametrize("name", ["", "shoegaze", "drum and bass", "guitar hero", "organic", "late night"])
def test_what_only_sounds_like_one_is_none(name: str) -> None:
    assert not is_instrument(name)
