"""Settings carried from one computer to another."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from mat_desktop.app import carry
from mat_desktop.app.session import Session
from mat_desktop.app.tag_file import TagChange
from mat_desktop.domain.tags import Category, Field
from mat_desktop.errors import UsageFault
from tests.models import tiny_model


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Session]:
    tiny_model(tmp_path / "model")
    session = Session(tmp_path / "here", str(tmp_path / "model"))
    yield session
    session.close()


@pytest.fixture
def there(tmp_path: Path, here: Session) -> Iterator[Session]:
    session = Session(tmp_path / "there", str(tmp_path / "model"))
    yield session
    session.close()


def test_settings_tags_and_thresholds_come_along_and_can_go_back(
    here: Session, there: Session, tmp_path: Path
) -> None:
    here.keep_settings({"writing.genre": "append", "player.volume": 40})
    here.use_settings({"writing.genre": "append", "player.volume": 40})
    changes = {
        "rock": TagChange(label="noise", field=Field.GROUPING),
        "my own": TagChange(category=Category.MOOD),
    }
    here.change_tags(changes)
    here.set_threshold("rock", 0.25)
    carry.save(here, tmp_path / "carried.toml")

    there.change_tags({"pop": TagChange(drop=True)})
    there.set_threshold("pop", 0.5)
    there.use_settings({"listening.threads": 1})
    loaded = carry.load(there, tmp_path / "carried.toml")
    assert (loaded.slips, loaded.changed) == ((), True)
    assert there.settings == here.settings
    assert there.settings_file.read().settings == here.settings
    assert there.tags.read() == changes
    assert there.scheme.find("noise") is not None
    assert there.thresholds.by_name == {"rock": 0.25}
    assert there.policies[Field.GENRE] == "append"

    carry.adopt(there, loaded.before)
    assert there.settings.threads == 1
    assert there.settings.genre == "fill-empty"
    assert there.tags.read() == {"pop": TagChange(drop=True)}
    assert there.thresholds.by_name == {"pop": 0.5}


def test_what_a_file_says_nothing_of_stays(there: Session, tmp_path: Path) -> None:
    there.change_tags({"pop": TagChange(drop=True)})
    there.set_threshold("pop", 0.5)
    (tmp_path / "some.toml").write_text("[player]\nvolume = 3\n")
    carry.load(there, tmp_path / "some.toml")
    assert there.settings.volume == 3
    assert there.tags.read() == {"pop": TagChange(drop=True)}
    assert there.thresholds.by_name == {"pop": 0.5}


def test_what_cannot_be_used_costs_only_itself(there: Session, tmp_path: Path) -> None:
    path = tmp_path / "odd.toml"
    path.write_text(
        """
later = 1
[listening]
model = "not here"
threads = -4
[player]
volume = 3
[tags]
rock = {label = "noise"}
pop = {labels = "quiet"}
[thresholds]
abc = {rock = 0.5, pop = 7}
other = "much"
"""
    )
    there.use_settings({"listening.threads": 2})
    loaded = carry.load(there, path)
    assert loaded.changed
    said = "\n".join(f"{slip.why}; {slip.cost}" for slip in loaded.slips)
    assert "there is no section or setting “later”" in said
    assert "listening.threads: -4 is not a whole number from 0 to 256; it stays as it is" in said
    assert there.settings.threads == 2
    assert "“pop”: 7.0 is not from 0 to 1; it is passed over" in said
    assert "\nthe model “not here” is not on this computer; “fcn2d” stays the model" in f"\n{said}"
    assert "tags: “pop”" in said
    assert "thresholds: “other”" in said
    assert (there.settings.volume, there.settings.model) == (3, "fcn2d")
    assert there.tags.read() == {"rock": TagChange(label="noise")}
    assert there.library.every_threshold() == {"abc": {"rock": 0.5}}


def test_where_nothing_in_a_file_can_be_used_nothing_changed(there: Session, tmp_path: Path) -> None:
    path = tmp_path / "odd.toml"
    path.write_text('[appearance]\ntheme = "purple"\n[tags]\nrock = {labels = "quiet"}\n')
    there.use_settings({"appearance.contrast": "high"})
    there.change_tags({"pop": TagChange(drop=True)})
    loaded = carry.load(there, path)
    assert len(loaded.slips) == 2
    assert not loaded.changed
    assert there.settings["appearance.contrast"] == "high"
    assert there.tags.read() == {"pop": TagChange(drop=True)}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "there is no such file"),
        ("name = 1", "holds no settings of mat-desktop"),
        ("name =", "is not usable"),
    ],
)
def test_other_files_are_refused(there: Session, tmp_path: Path, content: str | None, said: str) -> None:
    path = tmp_path / "other.toml"
    if content is not None:
        path.write_text(content)
    before = there.settings
    with pytest.raises(UsageFault, match=said):
        carry.load(there, path)
    assert there.settings == before


def test_the_file_can_stand_in_for_the_settings(here: Session, tmp_path: Path) -> None:
    here.use_settings({"appearance.theme": "light"})
    carry.save(here, tmp_path / "carried.toml")
    assert tomllib.loads((tmp_path / "carried.toml").read_text())["appearance"] == {"theme": "light"}


def test_a_file_with_one_section_leaves_the_other_settings(there: Session, tmp_path: Path) -> None:
    there.use_settings({"writing.genre": "append", "appearance.theme": "light"})
    (tmp_path / "some.toml").write_text("[player]\nvolume = 3\n")
    carry.load(there, tmp_path / "some.toml")
    assert (there.settings.volume, there.settings.genre, there.settings.theme) == (3, "append", "light")
    assert there.settings_file.read().settings.genre == "fill-empty", "what was not carried is not written"
