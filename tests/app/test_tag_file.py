"""The user's changes to the scheme."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from filelock import FileLock

from mat_desktop.app.resources import resource
from mat_desktop.app.schemes import read_scheme
from mat_desktop.app.tag_file import Slip, TagChange, TagFile, settle
from mat_desktop.domain.scheme import DisplayTag, TagScheme
from mat_desktop.domain.tags import Category, Field
from mat_desktop.errors import StoreFault, UsageFault

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
    assert file.over(SCHEME).scheme == SCHEME


def test_changes_come_back_as_they_were(file: TagFile) -> None:
    changes: dict[str, TagChange | None] = {
        "hip-hop": TagChange(label='rap "é" 🎤', field=Field.GROUPING, write=False),
        "shoe.gaze": TagChange(category=Category.GENRE),
        "vocals": TagChange(drop=True),
    }
    made = file.change(SCHEME, changes).scheme
    assert file.read() == changes
    assert file.over(SCHEME).scheme == made
    rap, instrumental, own = made.tags
    assert (rap.name, rap.shown, rap.value, rap.write) == ("hip-hop", 'rap "é" 🎤', 'Rap "é" 🎤', False)
    assert made.field_of(rap) is Field.GROUPING
    assert (instrumental.name, own.name, own.own) == ("instrumental", "shoe.gaze", True)
    assert made.exclusive == ()
    assert made.targets == (Field.GENRE, Field.VOICE, Field.GROUPING)
    assert file.change(SCHEME, dict.fromkeys(changes)).scheme == SCHEME


def test_mat_tags_is_no_field_of_its_own() -> None:
    made = settle(SCHEME, {"hip-hop": TagChange(field=Field.MAT_TAGS)}).scheme
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
    "text", ["[tags", "[tags.rock]\nfield = 'colour'", "[tags.rock]\nfeild = 'genre'", "\xff"]
)
def test_an_unusable_file_is_named(file: TagFile, text: str) -> None:
    file.path.parent.mkdir()
    file.path.write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageFault, match=r"tags\.toml"):
        file.over(read_scheme(resource("tag_schemes", "default.toml")))
    assert file.set_aside().exists()
    assert file.over(SCHEME).scheme == SCHEME


def test_what_contradicts_costs_only_itself(file: TagFile) -> None:
    file.path.parent.mkdir()
    file.path.write_text(
        """
        [tags.vocals]
        label = "Singing"
        write = false
        [tags.instrumental]
        label = "singing"
        write = false
        [tags.hip-hop]
        field = "title"
        [tags.VOCALS]
        category = "voice"
        [tags."Hip-Hop"]
        category = "genre"
        """
    )
    settled = file.over(SCHEME)
    assert [(tag.name, tag.shown, tag.write) for tag in settled.scheme.tags] == [
        ("hip-hop", "hip-hop", True),
        ("vocals", "Singing", False),
        ("instrumental", "instrumental", False),
        ("VOCALS", "VOCALS", True),
    ]
    assert settled.base == SCHEME
    assert settled.slips[1:] == (
        Slip(
            "two tags are shown as “singing”: vocals and instrumental",
            "“instrumental” is shown by its name",
        ),
        Slip("two tags are shown as “Hip-Hop”: hip-hop and Hip-Hop", "“Hip-Hop” is left out"),
    )
    assert settled.slips[0].cost == "what is said of “hip-hop” does not count"
    file.change(SCHEME, {"vocals": TagChange(drop=True)})  # is no reason to refuse something else
    with pytest.raises(UsageFault, match="shown as"):
        file.change(SCHEME, {"new": TagChange(category=Category.MOOD, label="VOCALS")})


def test_window_and_command_line_change_the_file_in_turn(file: TagFile) -> None:
    names = [f"tag {number}" for number in range(12)]

    def add(name: str) -> None:
        TagFile(file.path).change(SCHEME, {name: TagChange(category=Category.MOOD)})

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(add, names))
    assert sorted(file.read()) == sorted(names)


def test_whoever_holds_the_file_too_long_is_not_waited_for(
    file: TagFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mat_desktop.app.own_file.PATIENCE", 0)
    file.path.parent.mkdir()
    with FileLock(file.path.with_suffix(".lock")), pytest.raises(StoreFault, match="another mat-desktop"):
        file.change(SCHEME, {"vocals": TagChange(drop=True)})
    assert not file.path.exists()
