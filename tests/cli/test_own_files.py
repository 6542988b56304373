"""Files that are written for the user, and settings: nothing is lost over them."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from mat_desktop.__main__ import main
from mat_desktop.app.settings_file import SettingsFile
from mat_desktop.domain.scores import Verdict
from mat_desktop.domain.tags import Category
from mat_desktop.domain.taught import TaughtTag
from mat_desktop.domain.track import TrackId
from mat_desktop.inference.cards import open_card, trunk_digest
from mat_desktop.store.library import Library
from tests.models import tiny_model


@pytest.fixture
def data(tmp_path: Path) -> list[str]:
    return ["--data-dir", str(tmp_path / "data")]


@pytest.fixture
def taught(tmp_path: Path, data: list[str]) -> list[str]:
    """Where a tag "bright" was taught, with a decision in review and a threshold of one's own."""
    tiny_model(tmp_path / "model")
    where = ["--model", str(tmp_path / "model"), *data]
    digest = open_card(tmp_path / "model").digest
    (tmp_path / "bright.tag.json").write_bytes(
        msgspec.json.encode(
            TaughtTag(
                1, "bright", Category.MOOD, digest, "model", "2026-01-01",
                (0.0,) * 41, 5.0, 0.7, (TrackId("a"),) * 3, (), 3, 0.9,
            )
        )
    )  # fmt: skip
    assert main(["taught", "import", str(tmp_path / "bright.tag.json"), *where]) == 0
    library = Library(tmp_path / "data" / "library.db")
    library.add_verdicts("bright", {TrackId("b"): Verdict.REJECTED})
    library.put_threshold(digest, "bright", 0.4)
    library.close()
    return where


def test_an_exported_tag_replaces_no_file_of_another_kind(
    taught: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    victim, mine = tmp_path / "victim.ogg", tmp_path / "mine.tag.json"
    victim.write_bytes(b"OggS music")
    assert main(["taught", "export", "bright", str(victim), *taught]) == 2
    assert "it is there already and stays as it is" in capsys.readouterr().err
    assert victim.read_bytes() == b"OggS music"
    assert main(["taught", "export", "bright", str(tmp_path / "no" / "b.json"), *taught]) == 2
    assert not (tmp_path / "no").exists()
    assert main(["taught", "export", "bright", str(tmp_path), *taught]) == 2
    for _ in range(2):  # what was exported itself may be replaced
        assert main(["taught", "export", "bright", str(mine), *taught]) == 0


def test_a_removed_tag_comes_back_with_all_that_was_said_of_it(
    taught: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    card = open_card(tmp_path / "model")
    digest, trunk = card.digest, trunk_digest(tmp_path / "model", card)
    capsys.readouterr()
    kept = tmp_path / "data" / "taught" / "removed"
    for number in (1, 2):
        assert main(["taught", "remove", "Bright", *taught]) == 0
        assert "with 1 decision on it" in capsys.readouterr().err
        files = sorted(kept.iterdir(), key=lambda path: len(path.name))
        assert len(files) == number
        library = Library(tmp_path / "data" / "library.db")
        assert library.verdicts_on("bright") == library.thresholds(digest) == library.thresholds(trunk) == {}
        library.close()
        assert main(["taught", "import", str(files[-1]), *taught]) == 0
        library = Library(tmp_path / "data" / "library.db")
        assert library.verdicts_on("bright") == {TrackId("b"): Verdict.REJECTED}
        assert library.thresholds(trunk) == {"bright": 0.4}  # with every model that hears the same
        library.close()
        capsys.readouterr()


def test_a_load_that_fails_leaves_the_copy_of_what_counted_before(
    tmp_path: Path, data: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    other, third = tmp_path / "other.toml", tmp_path / "third.toml"
    other.write_text("[player]\nvolume = 3\n")
    third.write_text("[player]\nvolume = 4\n")
    before = tmp_path / "data" / "settings-before.toml"
    assert main(["settings", "player.volume", "33", *data]) == 0
    assert main(["settings", "--load", str(other), *data]) == 0
    kept = before.read_text()
    assert "volume = 33" in kept

    assert main(["settings", "--load", str(third), *data]) == 0
    assert before.read_text() == kept
    assert "volume = 3\n" in before.with_name("settings-before-2.toml").read_text()

    (tmp_path / "data" / "settings.toml").write_text("[player\nvolume = 5")
    for words in (["--load", str(other)], ["--save", str(tmp_path / "saved.toml")]):
        assert main(["settings", *words, *data]) == 2
        assert "settings.toml is not usable" in capsys.readouterr().err
    assert before.read_text() == kept
    assert not (tmp_path / "saved.toml").exists()
    assert len(list((tmp_path / "data").glob("settings-before*"))) == 2


def test_settings_go_to_standard_output(
    tmp_path: Path, data: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["settings", "player.volume", "33", *data]) == 0
    assert main(["settings", "--save", "-", *data]) == 0
    assert "\nvolume = 33\n" in capsys.readouterr().out
    assert not (tmp_path / "-").exists()


def test_a_setting_goes_back_to_its_default(
    tmp_path: Path, data: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["settings", "player.volume", "33", *data]) == 0
    assert main(["settings", "player.volume", "--default", *data]) == 0
    assert "\n#volume = 100\n" in (tmp_path / "data" / "settings.toml").read_text()
    assert main(["settings", "player.volume", *data]) == 0
    assert capsys.readouterr().out == "100\n"
    for words in (["--default"], ["player.volume", "3", "--default"], ["--default", "--save", "-"]):
        assert main(["settings", *words, *data]) == 2
    assert main(["settings", "player.colour", "--default", *data]) == 2


def test_a_value_that_does_not_count_is_said_with_it(
    tmp_path: Path, data: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data").mkdir()
    file = tmp_path / "data" / "settings.toml"
    file.write_text('[player]\nvolume = "loud"\n[listening]\nmodel = "gone"\n')
    assert main(["settings", "player.volume", *data]) == 1
    out, err = capsys.readouterr()
    assert out == "100\n"
    assert "loud is not a whole number" in err
    assert "gone" not in err
    assert main(["settings", "appearance.theme", *data]) == 0
    assert main(["settings", "listening.model", *data]) == 1
    assert "the model “gone” is not on this computer; “fcn2d” listens" in capsys.readouterr().err
    file.write_text("[player")
    assert main(["settings", "appearance.theme", *data]) == 1
    assert "is not usable" in capsys.readouterr().err


def test_a_model_named_by_its_folder_is_found_from_anywhere(
    tmp_path: Path, data: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_model(tmp_path / "here" / "mine")
    monkeypatch.chdir(tmp_path / "here")
    assert main(["settings", "listening.model", f".{os.sep}mine", *data]) == 0
    assert SettingsFile(tmp_path / "data").read().settings.model == str(tmp_path / "here" / "mine")
    assert main(["settings", "listening.model", "fcn2d-small", *data]) == 0
    assert SettingsFile(tmp_path / "data").read().settings.model == "fcn2d-small"


def test_models_come_and_go(tmp_path: Path, data: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    tiny_model(tmp_path / "tiny")
    assert main(["models", "import", str(tmp_path / "tiny"), *data]) == 0
    assert "tiny is imported" in capsys.readouterr().err
    assert main(["models", "import", str(tmp_path / "tiny"), *data]) == 0
    assert "tiny is here already" in capsys.readouterr().err
    assert main(["models", *data]) == 0
    assert "imported" in capsys.readouterr().out
    assert main(["settings", "listening.model", "tiny", *data]) == 0
    assert main(["models", "remove", "tiny", *data]) == 2
    assert "tiny is in use" in capsys.readouterr().err
    assert main(["settings", "listening.model", "--default", *data]) == 0
    assert main(["models", "remove", "tiny", *data]) == 0
    assert not (tmp_path / "data" / "models" / "tiny").exists()
    for words in (["remove", "fcn2d"], ["remove", ".."], ["import", str(tmp_path / "nothing")]):
        assert main(["models", *words, *data]) == 2, "as any argument that names nothing"
        assert capsys.readouterr().err


def test_a_broken_file_of_ones_own_is_said_by_every_command(
    tmp_path: Path, data: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    tiny_model(tmp_path / "model")
    (tmp_path / "data").mkdir()
    settings, tags = tmp_path / "data" / "settings.toml", tmp_path / "data" / "tags.toml"
    settings.write_text("[listening\n")
    assert main(["models", *data]) == 1
    assert "settings.toml is not usable" in capsys.readouterr().err
    assert main(["taught", *data]) == 0
    assert "settings.toml is not usable" in capsys.readouterr().err
    settings.unlink()
    tags.write_text("[tags\n")
    for words in (["compare", str(tmp_path / "model"), str(tmp_path)], ["corrections"], ["taught"]):
        assert main([*words, *data]) == 2
        assert "tags.toml is not usable" in capsys.readouterr().err


def test_a_disk_that_refuses_is_no_wrong_usage(
    taught: list[str], tmp_path: Path, data: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data" / "settings.toml").mkdir()
    assert main(["settings", "player.volume", "3", *data]) == 2  # what is there is no file at all
    (tmp_path / "file").write_text("")
    assert main(["settings", "player.volume", "3", "--data-dir", str(tmp_path / "file")]) == 1
    assert "cannot be written" in capsys.readouterr().err
    (tmp_path / "data" / "taught" / "removed").write_text("")
    assert main(["taught", "remove", "bright", *taught]) == 1
    assert "cannot be written" in capsys.readouterr().err
    assert main(["taught", "export", "bright", str(tmp_path / "b.json"), *taught]) == 0, "nothing was removed"
