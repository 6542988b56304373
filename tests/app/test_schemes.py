"""What a model learned from a library's own tags is shown and written like any other tag."""

from __future__ import annotations

from dataclasses import replace

from mat_desktop.app.decide import suggest
from mat_desktop.app.resources import resource
from mat_desktop.app.schemes import read_scheme, with_library_tags
from mat_desktop.app.session import Session
from mat_desktop.app.tag_file import TagChange
from mat_desktop.domain.card import TagSpec
from mat_desktop.domain.scores import Scores
from mat_desktop.domain.tags import Category
from mat_desktop.domain.track import TrackId
from tests.models import tiny_card

LIBRARY = (
    TagSpec("Jazz", "genre", 0.5),
    TagSpec("Krautrock / Drone", "genre", 0.5),
    TagSpec("krautrock / drone", "character", 0.5),
    TagSpec("guitar", "mtat", 0.5),
    TagSpec("unheard of", "mtat", 0.5),
)


def test_tags_of_a_library_are_shown_and_written() -> None:
    bundled = read_scheme(resource("tag_schemes", "default.toml"))
    scheme = with_library_tags(bundled, replace(tiny_card(), tags=LIBRARY))
    tags = {tag.name: tag for tag in scheme.tags}
    assert tags["jazz"].sources[-1] == "genre/Jazz"
    own = tags["Krautrock / Drone"]
    assert (own.category, own.value) == (Category.GENRE, "Krautrock Drone")
    assert own.sources == ("genre/Krautrock / Drone", "character/krautrock / drone")
    assert len(scheme.tags) == len(bundled.tags) + 1, "other vocabularies are for the scheme's file to map"
    assert with_library_tags(scheme, replace(tiny_card(), tags=LIBRARY)) == scheme
    assert with_library_tags(bundled, tiny_card()) == bundled


def test_a_session_suggests_them(session: Session) -> None:
    session.card = replace(session.card, tags=LIBRARY)
    session._make_scheme()
    assert session.scheme.find("Krautrock Drone") == session.scheme.find("krautrock / DRONE") is not None
    scores = Scores("", TrackId("x"), 30.0, (0.1, 0.9, 0.8, 0.1, 0.9))
    found = suggest(session.scheme, session.card, scores)
    assert [s.tag.name for s in found if s.suggested] == ["Krautrock / Drone"]


def test_a_tag_that_was_made_by_hand_before_keeps_its_name(session: Session) -> None:
    session.tags.change(session.scheme, {"kosmische": TagChange(category=Category.GENRE)})
    session.card = replace(session.card, tags=(TagSpec("Kosmische", "genre", 0.5),))
    session._make_scheme()
    tag = session.scheme.find("kosmische")
    assert tag is not None
    assert (tag.name, tag.sources, tag.value) == ("kosmische", ("genre/Kosmische",), "Kosmische")
    assert session.slips == ()
