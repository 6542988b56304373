from __future__ import annotations

import csv
import hashlib
import json
import math
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from mat_desktop.__main__ import main
from mat_desktop.app.models import import_model
from mat_desktop.domain.corrections import Corrections
from mat_desktop.domain.scores import Verdict
from mat_desktop.domain.tags import Category, Field
from mat_desktop.domain.taught import TaughtTag
from mat_desktop.domain.track import TrackId
from mat_desktop.inference.cards import open_card
from mat_desktop.metadata.files import read_tags
from mat_desktop.store.library import Library
from tests.models import sure_model, tiny_model
from tests.sounds import encode, tone


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    (folder / "sub").mkdir(parents=True)
    encode(folder / "a.flac", tone(2.0))
    encode(folder / "sub" / "B.MP3", tone(2.0, hz=200))
    return folder


@pytest.fixture
def common(tmp_path: Path) -> list[str]:
    tiny_model(tmp_path / "model")
    return ["--model", str(tmp_path / "model"), "--data-dir", str(tmp_path / "data"), "--device", "cpu"]


def digests(folder: Path) -> dict[Path, str]:
    return {p: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_a_dry_run_shows_changes_and_touches_nothing(
    music: Path, common: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = digests(music)
    assert main(["tag", str(music), *common, "--threshold", "0"]) == 0
    out, err = capsys.readouterr()
    assert "genre       (empty) -> Rock" in out
    assert "nothing was written (--write writes)" in err
    assert digests(music) == before


def test_scores_are_told_where_nothing_is_suggested(
    music: Path, common: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tag", str(music), *common, "--threshold", "1"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"nothing is sure enough; nearest: .+ 0\.\d\d of 1\.00", out)
    assert "unchanged" in out


def test_write_then_undo(
    music: Path, common: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    before = digests(music)
    assert main(["tag", str(music), *common, "--threshold", "0", "--write"]) == 0
    assert "2 files written as run 1; mat-desktop undo 1" in capsys.readouterr().err
    assert read_tags(music / "a.flac").tags[Field.GENRE] == ("Rock",)

    assert main(["info", str(music / "a.flac")]) == 0
    assert "genre       Rock" in capsys.readouterr().out
    assert main(["history", "--data-dir", str(tmp_path / "data")]) == 0
    assert "2 files" in capsys.readouterr().out

    assert main(["tag", str(music), *common, "--threshold", "0", "--write"]) == 0
    assert "unchanged" in capsys.readouterr().out

    assert main(["undo", "--data-dir", str(tmp_path / "data")]) == 0
    assert digests(music) == before
    assert main(["undo", "--data-dir", str(tmp_path / "data")]) == 2
    assert "nothing to undo" in capsys.readouterr().err


def test_settings_are_shown_changed_and_count_unless_a_flag_says_otherwise(
    music: Path, common: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data-dir", str(tmp_path / "data")]
    assert main(["settings", *data]) == 0
    out, err = capsys.readouterr()
    assert 'writing.genre = "fill-empty" default' in " ".join(out.split())
    assert str(tmp_path / "data" / "settings.toml") in err
    assert main(["settings", "writing.genre", "skip", *data]) == 0
    assert main(["settings", "writing.mat_model", "off", *data]) == 0
    assert main(["settings", "writing.genre", *data]) == 0
    assert capsys.readouterr().out == "skip\n"
    assert main(["settings", *data]) == 0
    assert 'writing.genre = "skip" settings.toml' in " ".join(capsys.readouterr().out.split())

    assert main(["tag", str(music), *common, "--threshold", "0"]) == 0
    out = capsys.readouterr().out
    assert "genre       (empty)" not in out
    assert "mat_tags" in out
    assert "mat_model" not in out
    assert main(["tag", str(music), *common, "--threshold", "0", "--policy", "genre=append"]) == 0
    assert "genre       (empty) -> Rock" in capsys.readouterr().out
    assert main(["settings", "writing.mat_tags", "no", *data]) == 0
    assert main(["tag", str(music), *common, "--threshold", "0"]) == 0
    assert "mat_tags" not in capsys.readouterr().out


def test_saved_settings_replace_no_file_of_another_kind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data-dir", str(tmp_path / "data")]
    mine, foreign = tmp_path / "mine.toml", tmp_path / "foreign.toml"
    foreign.write_text("[project]\nname = 'another'\n")
    assert main(["settings", "--save", str(mine), *data]) == 0
    assert main(["settings", "--save", str(mine), *data]) == 0, "what it saved itself may be replaced"
    assert main(["settings", "--save", str(foreign), *data]) == 2
    assert "is there already and stays as it is" in capsys.readouterr().err
    assert foreign.read_text() == "[project]\nname = 'another'\n"


def test_what_counted_before_settings_were_loaded_can_be_loaded_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data-dir", str(tmp_path / "data")]
    other = tmp_path / "other.toml"
    other.write_text("[player]\nvolume = 3\n[tags]\n")
    tags = tmp_path / "data" / "tags.toml"
    assert main(["settings", "player.volume", "40", *data]) == 0
    tags.write_text("[tags.rock]\nlabel = 'noise'\n")
    capsys.readouterr()
    assert main(["settings", "--load", str(other), *data]) == 0
    assert "noise" not in tags.read_text()
    before = tmp_path / "data" / "settings-before.toml"
    assert str(before) in capsys.readouterr().err.replace("\n", "")
    for _ in range(2):
        assert main(["settings", "--load", str(before), *data]) == 0
        assert main(["settings", "player.volume", *data]) == 0
        assert capsys.readouterr().out.strip() == "40"
        assert "noise" in tags.read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["writing.genre", "maybe"], "maybe is not one of fill-empty, append, replace or skip"),
        (["writing.colour", "1"], "there is no setting 'writing.colour'"),
        (["player.volume", "loud"], "loud is not a whole number from 0 to 100"),
        (["listening.model", "nobody"], "there is no model 'nobody'"),
        (["listening.colour"], "there is no setting 'listening.colour'"),
    ],
)
def test_wrong_settings_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert main(["settings", *words, "--data-dir", str(tmp_path)]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "settings.toml").exists()


def test_a_setting_that_cannot_be_used_is_said_and_the_next_best_is_used(
    music: Path, common: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data").mkdir()
    text = '[listening]\ndevice = "xpu"\nthreads = "many"\n'
    (tmp_path / "data" / "settings.toml").write_text(text)
    assert main(["tag", str(music), *common[:4]]) == 0
    err = capsys.readouterr().err
    assert "listening.threads: many is not a whole number from 0 to 256; 0 counts" in err
    assert "listening.device: there is no xpu device" in err
    assert "2 of 2 files heard on" in err
    assert main(["settings", *common[2:4]]) == 1
    assert "many is not a whole number" in capsys.readouterr().err


def test_the_windows_slider_counts_here_too_and_not_for_what_is_said_here(
    music: Path, common: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    def thresholds(*more: str) -> dict[str, float]:
        assert main(["tag", str(music / "a.flac"), *common, "--json", "-", *more]) == 0
        out, err = capsys.readouterr()
        assert ("review.strictness is -20" in err) is (not more or "=" in more[1])
        return {tag["name"]: tag["threshold"] for tag in json.loads(out)["files"][0]["tags"]}

    assert main(["settings", *common[2:4], "review.strictness", "-20"]) == 0
    assert thresholds()["rock"] == pytest.approx(0.4 / (0.4 + 0.6 * math.exp(2)), abs=1e-3)
    one = thresholds("--threshold", "rock=0.2")
    assert (one["rock"], one["guitar"]) == (0.2, thresholds()["guitar"])
    assert set(thresholds("--threshold", "0.1").values()) == {0.1}
    assert main(["settings", *common[2:4], "review.strictness", "21"]) == 2
    assert "not a whole number from -20 to 20" in capsys.readouterr().err


def test_the_report_has_every_raw_score_and_the_failures(
    music: Path, common: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (music / "broken.ogg").write_bytes(b"nothing" * 100)
    reports = ["--json", str(tmp_path / "r.json"), "--csv", str(tmp_path / "r.csv")]
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "tags.toml").write_text("[tags.rock]\nlabel = 'noise'\n")
    assert main(["tag", str(music), *common, *reports, "--threshold", "Noise=0"]) == 1
    assert "1 file failed" in capsys.readouterr().err
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["model"]["name"] == "model"
    assert report["model"]["digest"] == open_card(tmp_path / "model").digest
    first, broken, last = report["files"]
    assert set(first["scores"]) == {
        "mtat/rock",
        "mtat/guitar",
        "mtat/vocals",
        "mtat/no vocals",
        "mtg_jamendo/mood/theme---happy",
    }
    assert all(0 < score < 1 for score in first["scores"].values())
    (rock,) = (tag for tag in first["tags"] if tag["category"] == "genre")
    assert (rock["key"], rock["name"], rock["label"]) == ("genre:rock", "rock", "noise")
    assert first["changes"][0] == {"field": "genre", "old": [], "new": ["Noise"]}
    assert (broken["status"], broken["scores"]) == ("failed", {})
    assert "damaged" in broken["error"]
    assert last["path"].endswith("B.MP3")

    with (tmp_path / "r.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["status"] for row in rows] == ["planned", "failed", "planned"]
    assert rows[0]["genre"] == "noise"
    assert float(rows[0]["mtat/guitar"]) == pytest.approx(first["scores"]["mtat/guitar"])


def test_reports_tell_what_is_suggested_and_not_written(
    music: Path, common: list[str], tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "tags.toml").write_text("[tags.rock]\nwrite = false\n")
    reports = ["--json", str(tmp_path / "r.json"), "--csv", str(tmp_path / "r.csv")]
    assert main(["tag", str(music / "a.flac"), *common, *reports, "--threshold", "0"]) == 0
    (file,) = json.loads((tmp_path / "r.json").read_text())["files"]
    assert {tag["name"] for tag in file["tags"] if not tag["writable"]} == {"rock"}
    assert "genre" not in {change["field"] for change in file["changes"]}
    with (tmp_path / "r.csv").open(newline="") as table:
        (row,) = csv.DictReader(table)
    assert (row["genre"], row["not written"]) == ("rock", "rock")


def test_json_on_standard_output_is_nothing_but_json(
    music: Path, common: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tag", str(music), *common, "--json", "-"]) == 0
    assert len(json.loads(capsys.readouterr().out)["files"]) == 2


def test_a_policy_for_one_field(music: Path, common: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    words = ["tag", str(music), *common, "--threshold", "0", "--write"]
    each = [f"--policy={field}=skip" for field in ("mood", "instrument", "grouping")]
    assert main([*words, "--policy", "skip", "--policy", "genre=append", *each]) == 0
    tags = read_tags(music / "a.flac").tags
    assert tags[Field.GENRE] == ("Rock",)
    assert Field.VOICE not in tags


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--threshold", "2"], "not a score between 0 and 1"),
        (["--threshold", "rock=x"], "not a score"),
        (["--threshold", "polka=0.5"], "no tag 'polka'"),
        (["--policy", "sometimes"], "none of fill-empty"),
        (["--policy", "title=append"], "none of genre"),
        (["--model", "nothing"], "no model 'nothing'"),
    ],
)
def test_wrong_usage_is_status_2(
    music: Path, common: list[str], words: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tag", str(music), *common, *words]) == 2
    assert reason in capsys.readouterr().err


def test_unknown_options_are_status_2() -> None:
    with pytest.raises(SystemExit) as left:
        main(["tag", "--nonsense"])
    assert left.value.code == 2


def test_a_missing_path_fails_and_the_rest_goes_on(
    music: Path, common: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tag", str(music / "a.flac"), str(music / "gone.mp3"), *common]) == 1
    out, err = capsys.readouterr()
    assert "a.flac" in out
    assert "gone.mp3: no such file" in err


def test_an_empty_folder_is_no_failure(
    tmp_path: Path, common: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "nothing").mkdir()
    assert main(["tag", str(tmp_path / "nothing"), *common]) == 0
    assert "No music found" in capsys.readouterr().err


def test_a_report_that_cannot_be_written(
    music: Path, common: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tag", str(music), *common, "--json", str(tmp_path / "no" / "r.json")]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_a_report_never_replaces_another_kind_of_file(
    music: Path, common: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = digests(music)
    for option in ("--json", "--csv"):
        assert main(["tag", str(music / "a.flac"), *common, option, str(music / "sub" / "B.MP3")]) == 2
        assert "it stays as it is" in capsys.readouterr().err
    assert digests(music) == before


@pytest.mark.skipif(os.name == "nt", reason="links and devices of POSIX")
def test_reports_go_through_links_and_into_devices(music: Path, common: list[str], tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text("{}")
    (tmp_path / "link.json").symlink_to(tmp_path / "real.json")
    assert main(["tag", str(music), *common, "--json", str(tmp_path / "link.json")]) == 0
    assert (tmp_path / "link.json").is_symlink()
    assert len(json.loads((tmp_path / "real.json").read_text())["files"]) == 2
    assert main(["tag", str(music), *common, "--csv", os.devnull]) == 0
    assert not Path(os.devnull).is_file()


def test_a_dry_run_says_what_cannot_be_written(
    music: Path, common: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (music / "a.flac").chmod(0o444)
    assert main(["tag", str(music), *common, "--threshold", "0"]) == 1
    out, err = capsys.readouterr()
    assert "a.flac: cannot be written: the file is read-only" in err
    assert "genre       rock" in out
    assert "1 file would change" in err


def test_info_as_json_and_of_broken_files(music: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (music / "x.mp3").write_bytes(b"?")
    assert main(["info", "--json", str(music / "a.flac"), str(music / "x.mp3")]) == 1
    out, err = capsys.readouterr()
    facts, broken = json.loads(out)
    assert (facts["audio"]["codec"], facts["error"]) == ("flac", None)
    assert broken == {
        "path": str(music / "x.mp3"),
        "error": "not a kind of file whose tags can be read",
    }
    assert "x.mp3" in err


def test_without_a_display_one_line_names_the_headless_commands() -> None:
    hidden = {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    if sys.platform in ("win32", "darwin"):
        pytest.skip("there is always a display here")
    done = subprocess.run(
        [sys.executable, "-m", "mat_desktop"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "mat-desktop tag" in done.stderr


def test_models_lists_bundled_and_imported_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "data"
    tiny_model(tmp_path / "tiny")
    import_model(data, tmp_path / "tiny")
    assert main(["models", "--data-dir", str(data)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line[2:].split()[0] for line in lines] == ["fcn2d", "fcn2d-small", "tiny"]
    assert lines[0].startswith("* ")  # in use
    (data / "models" / "tiny" / "model.safetensors").unlink()
    assert main(["models", "--data-dir", str(data)]) == 1
    assert capsys.readouterr().err.startswith(f"tiny cannot be used: {data / 'models' / 'tiny'}")
    assert main(["models", "--json", "--data-dir", str(data)]) == 1
    *good, tiny = json.loads(capsys.readouterr().out)
    assert [model["error"] for model in good] == [None, None]
    assert (tiny["name"], tiny["folder"], bool(tiny["error"])) == (
        "tiny",
        str(data / "models" / "tiny"),
        True,
    )


def test_models_says_that_the_one_in_use_is_damaged_and_how_to_take_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    tiny_model(tmp_path / "tiny")
    weights = import_model(data, tmp_path / "tiny").folder / "model.safetensors"
    assert main(["settings", "listening.model", "tiny", "--data-dir", str(data)]) == 0
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    capsys.readouterr()
    assert main(["models", "--data-dir", str(data)]) == 1
    listed, said = capsys.readouterr()
    assert listed.splitlines()[-1].split(maxsplit=2) == ["*", "tiny", "cannot be used"]
    assert said.startswith("tiny, which is in use, cannot be used: ")
    assert "settings listening.model fcn2d" in said


def test_tag_takes_no_other_model_and_no_old_scores_for_one_that_is_damaged(
    music: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    tiny_model(tmp_path / "tiny")
    weights = import_model(data, tmp_path / "tiny").folder / "model.safetensors"
    tag = ["tag", str(music), "--device", "cpu", "--data-dir", str(data)]
    assert main(["settings", "listening.model", "tiny", "--data-dir", str(data)]) == 0
    assert main(tag) == 0
    content = weights.read_bytes()
    for damaged in (content[:-1] + bytes([content[-1] ^ 1]), content[:-4]):
        weights.write_bytes(damaged)
        capsys.readouterr()
        assert main(tag) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert "the model “tiny” cannot be used: " in err
        assert "“fcn2d” listens" not in err


def test_what_was_decided_is_written_for_training(
    music: Path, common: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data-dir", str(tmp_path / "data")]
    (tmp_path / "data").mkdir()
    assert main(["corrections", *data]) == 2
    assert "no tag was accepted or rejected yet" in capsys.readouterr().err
    assert main(["tag", str(music), *common]) == 0
    library = Library(tmp_path / "data" / "library.db")
    paths = sorted(p for p in music.rglob("*") if p.is_file())
    first, second = map(library.identity, paths)
    assert first is not None
    assert second is not None
    said = {"rock": Verdict.ACCEPTED, "no such": Verdict.ACCEPTED}
    library.put_said([(first, paths[0], said, None), (second, paths[1], {"rock": Verdict.REJECTED}, None)])
    library.close()
    (music / "sub" / "B.MP3").unlink()
    capsys.readouterr()
    assert main(["corrections", "--out", str(tmp_path / "said"), *data]) == 1
    out, err = capsys.readouterr()
    assert out == f"{tmp_path / 'said'}\n"
    assert "1 verdict (1 accepted) on 1 tag of 1 track written." in err
    assert "“no such” left out" in err
    assert "B.MP3: No such file" in err
    said = Corrections.decode((tmp_path / "said" / "corrections.json").read_bytes())
    assert said.tracks == (music / "a.flac",)


def test_a_copy_and_a_moved_file_get_what_was_said_of_themselves(
    music: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sure_model(tmp_path / "model", "rock", "guitar")
    data = ["--data-dir", str(tmp_path / "data"), "--device", "cpu"]
    words = ["tag", str(music), "--model", str(tmp_path / "model"), *data, "--json", "-"]
    shutil.copy(music / "a.flac", music / "sub" / "copy.flac")
    assert main(words) == 0
    library = Library(tmp_path / "data" / "library.db")
    track_id = library.identity(music / "a.flac")
    assert track_id is not None
    library.put_said([(track_id, music / "a.flac", {"guitar": Verdict.REJECTED}, True)])
    library.close()
    capsys.readouterr()

    def suggested() -> dict[str, set[str]]:
        assert main(words) == 0
        files = json.loads(capsys.readouterr().out)["files"]
        return {Path(file["path"]).name: {tag["name"] for tag in file["tags"]} for file in files}

    assert suggested() == {"a.flac": {"rock"}, "B.MP3": {"rock", "guitar"}, "copy.flac": {"rock", "guitar"}}
    (music / "a.flac").rename(music / "sub" / "z.flac")
    assert suggested() == {"z.flac": {"rock"}, "B.MP3": {"rock", "guitar"}, "copy.flac": {"rock", "guitar"}}


def test_two_models_are_compared_without_writing(
    music: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sure_model(tmp_path / "model", "rock", "guitar")
    sure_model(tmp_path / "other", "rock", "mood/theme---happy")
    data = ["--data-dir", str(tmp_path / "data"), "--device", "cpu"]
    against = ["--against", str(tmp_path / "model"), *data]
    words = ["compare", str(tmp_path / "other"), str(music), *against]
    assert main(["compare", str(tmp_path / "other"), *against]) == 2
    assert "the library has no folders yet" in capsys.readouterr().err
    (music / "broken.flac").write_bytes(b"no music")
    before = digests(music)
    assert main(words) == 1
    out, err = capsys.readouterr()
    assert "On 2 tracks: 2 suggestions stay, 2 come, 2 go." in err
    assert "You decided on none of these tracks yet: this shows what would change" in err
    assert "For each tag: on how many tracks both models suggest it" in err
    assert "broken.flac" in err
    assert out.splitlines()[0].split() == [
        "tag",
        "stay",
        "come",
        "go",
        "decisions",
        "present",
        "agrees",
        "other",
        "agrees",
    ]
    assert ["happy", "0", "2", "0", "0", "0", "0"] in [line.split() for line in out.splitlines()]
    assert f"{music / 'a.flac'}\n  + happy\n  - guitar\n" in out
    assert digests(music) == before

    library = Library(tmp_path / "data" / "library.db")
    track_id = library.identity(music / "a.flac")
    assert track_id is not None
    library.put_said([(track_id, music / "a.flac", {"guitar": Verdict.REJECTED}, None)])
    library.close()
    assert main([*words, "--json", "--sample", "1"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [file["path"] for file in told["files"]] == [str(music / "a.flac")]  # it was decided on
    assert told["files"][0]["decisions"] == [
        {"name": "guitar", "accepted": False, "present": True, "other": False}
    ]
    assert (told["present_agrees"], told["other_agrees"], told["decisions"]) == (0, 1, 1)
    assert (told["tracks"], told["stay"], told["come"], told["go"]) == (1, 1, 1, 1)
    assert told["other"] == {"name": words[1], "digest": open_card(tmp_path / "other").digest}
    assert [tag["key"] for tag in told["tags"]] == ["instrument:guitar", "mood:happy", "genre:rock"]
    assert told["failed"] == []  # the file that is broken was not needed
    with pytest.raises(SystemExit):
        main([*words, "--sample", "0"])


def test_taught_tags(
    music: Path, common: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data-dir", str(tmp_path / "data")]
    where = ["--model", str(tmp_path / "model"), *data]
    assert main(["taught", *where]) == 0
    assert "Nothing was taught to model" in capsys.readouterr().err
    target = tmp_path / "bright.tag.json"
    target.write_bytes(
        msgspec.json.encode(
            TaughtTag(
                1, "bright", Category.MOOD, open_card(tmp_path / "model").digest, "model", "2026-01-01",
                (0.0,) * 41, 5.0, 0.7, (TrackId("a"),) * 3, (), 3, 0.9,
            )
        )
    )  # fmt: skip
    assert main(["taught", "import", str(target), *where]) == 0
    assert (
        "“bright” is imported: mood; 3 examples, 0 against; 3 of 3 guessed right" in capsys.readouterr().err
    )
    assert main(["taught", "import", str(target), *where]) == 2
    assert "There is a tag “bright” already" in capsys.readouterr().err

    assert main(["tag", str(music), *common, "--json", str(tmp_path / "r.json"), "--csv", "-"]) == 0
    out, _ = capsys.readouterr()
    rows = list(csv.DictReader(out.splitlines()))
    assert [row["taught/bright"] for row in rows] == ["0.993307"] * 2
    assert all("bright" in row["mood"] and "Bright" in row["new mood"] for row in rows)
    files = json.loads((tmp_path / "r.json").read_text())["files"]
    assert files[0]["scores"]["taught/bright"] == 0.993307

    assert main(["taught", "export", "Bright", str(tmp_path / "b.tag.json"), *where]) == 0
    assert (tmp_path / "b.tag.json").read_bytes()
    assert main(["taught", *where]) == 0
    assert "bright  mood; 3 examples" in capsys.readouterr().out
    assert main(["taught", "remove", "bright", *where]) == 0
    assert main(["taught", "remove", "bright", *where]) == 2
    assert "there is no taught tag “bright”" in capsys.readouterr().err


def test_doctor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    data = ["--data-dir", str(tmp_path / "data"), "--device", "cpu"]
    assert main(["doctor", *data]) == 0
    out = capsys.readouterr().out
    assert "Music is only counted here" in out
    for group in ("Program", "System", "Data", "Models", "Sound", "Window", "Engine"):
        assert f"\n{group}\n" in out

    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "library.db").write_bytes(b"no database")
    assert main(["doctor", *data, "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["state"] == "fault"
    (fault,) = [finding for finding in report["findings"] if finding["state"] == "fault"]
    assert (fault["name"], bool(fault["way_out"])) == ("library", True)
