"""The user's changes to the scheme."""

from __future__ import annotations

from pathlib import Path

import pytest

from mat_desktop.app.resources import resource
from mat_desktop.app.schemes import read_scheme
from mat_desktop.app.tag_file import TagChange, TagFile, changed
from mat_desktop.domain.scheme import DisplayTag, TagScheme
from mat_desktop.domain.tags import Category, Field
from mat_desktop.errors import UsageFault

SCHEME = TagScheme(
    "test",
    "Test",
    (
        DisplayTag("hip-hop", Category.GENRE, ("msd/Hip-Hop",), written="Hip-Hop"),
        DisplayTag("vocals", Category.VOICE, ("mtat/vocals",)),
        DisplayTag("instrumental", Category.VOICE, ("msd/instrumental",)),
    ),
    exclusive=(("vocals", "instrumental"),),
    fields={Category.GENRE: Field.GENRE, Category.VOICE: Field.VOICE},
)


@pytest.fixture
def file(tmp_path: Path) -> TagFile:
    return TagFile(tmp_path / "deep" / "tags.toml")


def test_no_file_is_no_change(file: TagFile) -> None:
    assert file.over(SCHEME) == SCHEME


def test_changes_come_back_as_they_were(file: TagFile) -> None:
    changes: dict[str, TagChange | None] = {
        "hip-hop": TagChange(label='rap "é" 🎤', field=Field.GROUPING, write=False),
        "shoe.gaze": TagChange(category=Category.GENRE),
        "vocals": TagChange(drop=True),
    }
    made = file.change(SCHEME, changes)
    assert file.read() == changes
    assert file.over(SCHEME) == made
    rap, instrumental, own = made.tags
    assert (rap.name, rap.shown, rap.value, rap.write) == ("hip-hop", 'rap "é" 🎤', 'Rap "é" 🎤', False)
    assert made.field_of(rap) is Field.GROUPING
    assert (instrumental.name, own.name, own.own) == ("instrumental", "shoe.gaze", True)
    assert made.exclusive == ()
    assert made.targets == (Field.GENRE, Field.VOICE, Field.GROUPING)
    assert file.change(SCHEME, dict.fromkeys(changes)) == SCHEME


def test_mat_tags_is_no_field_of_its_own() -> None:
    made = changed(SCHEME, {"hip-hop": TagChange(field=Field.MAT_TAGS)})
    assert made.field_of(made.tags[0]) is None
    assert made.targets == (Field.GENRE, Field.VOICE)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (TagChange(label="Vocals"), "shown as"),
        (TagChange(written="A/B"), "must not contain"),
        (TagChange(label="x" * 61), "no name for a tag"),
        (TagChange(field=Field.TITLE), "cannot be written into title"),
    ],
)
def test_what_is_refused_leaves_the_file_as_it_was(file: TagFile, change: TagChange, why: str) -> None:
    file.change(SCHEME, {"vocals": TagChange(write=False)})
    before = file.path.read_bytes()
    with pytest.raises(UsageFault, match=why):
        file.change(SCHEME, {"hip-hop": change})
    assert file.path.read_bytes() == before


@pytest.mark.parametrize(
    "text", ["[tags", "[tags.rock]\nfield = 'title'", "[tags.rock]\nfeild = 'genre'", "\xff"]
)
def test_an_unusable_file_is_named(file: TagFile, text: str) -> None:
    file.path.parent.mkdir()
    file.path.write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageFault, match=r"tags\.toml"):
        file.over(read_scheme(resource("tag_schemes", "default.toml")))
    assert file.set_aside().exists()
    assert file.over(SCHEME) == SCHEME
