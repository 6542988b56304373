"""Thresholds on the command line, beside those that were set in the window."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

from mat_desktop.app.session import Session
from mat_desktop.cli.tag import read_thresholds
from mat_desktop.domain.scheme import DisplayTag, TagScheme
from mat_desktop.domain.scores import Thresholds
from mat_desktop.domain.tags import Category

SCHEME = TagScheme(
    "test", "Test", tuple(DisplayTag(name, Category.GENRE, (f"mtat/{name}",)) for name in ("rock", "jazz"))
)
SESSION = cast(Session, SimpleNamespace(scheme=SCHEME, thresholds=Thresholds(None, {"rock": 0.4})))


def test_those_of_the_window_count_until_others_are_given() -> None:
    assert read_thresholds(SESSION, []).by_name == {"rock": 0.4}
    assert read_thresholds(SESSION, ["jazz=0.3"]).by_name == {"rock": 0.4, "jazz": 0.3}
    assert read_thresholds(SESSION, ["rock=0.7"]).by_name == {"rock": 0.7}
    assert read_thresholds(SESSION, ["0.5"]) == Thresholds(0.5, {})


def test_a_tag_is_named_as_it_is_shown_too() -> None:
    guitar = DisplayTag("guitar", Category.INSTRUMENT, ("mtat/guitar",), label="Gitarre")
    bass = DisplayTag("bass", Category.INSTRUMENT, ("mtat/bass",), label="Rock bass")
    scheme = TagScheme("test", "Test", (*SCHEME.tags, guitar, bass))
    session = cast(Session, SimpleNamespace(scheme=scheme, thresholds=Thresholds(None, {})))
    words = ["Gitarre=0.1", "rock BASS=0.2", "Rock=0.3"]
    assert read_thresholds(session, words).by_name == {"guitar": 0.1, "bass": 0.2, "rock": 0.3}
    assert read_thresholds(session, ["guitar=0.4"]).by_name == {"guitar": 0.4}
