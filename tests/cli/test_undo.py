"""``undo``, ``redo``, ``remove-all`` and ``history`` as they are typed."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Any

import mutagen.flac
import pytest

from mat_desktop.__main__ import main
from mat_desktop.cli import output, remove_all
from mat_desktop.cli.main import parse
from mat_desktop.cli.opening import opened
from mat_desktop.domain.tags import MARKS, Field
from mat_desktop.errors import StoreFault
from mat_desktop.metadata.files import read_tags
from mat_desktop.store.journal import Journal
from tests.app.undoing import write
from tests.cli.test_cli import common, digests, music

__all__ = ["common", "music"]


@pytest.fixture
def written(music: Path, common: list[str], capsys: pytest.CaptureFixture[str]) -> Path:
    """Files that run 1 wrote to."""
    assert main(["tag", str(music), *common, "--threshold", "0", "--write"]) == 0
    capsys.readouterr()
    return music


def test_a_run_of_which_a_file_is_gone_is_tried_once(
    written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data-dir", str(tmp_path / "data")]
    flac = written / "a.flac"
    aside = flac.rename(written / "moved.flac")
    (written / "sub" / "B.MP3").unlink()
    with monkeypatch.context() as patch:
        patch.setattr(output, "TOLD_EVERY", 0)
        main(["undo", "--dry-run", *data])
        assert "Searching: 2, " in capsys.readouterr().err
        main(["remove-all", *data])
        assert "Searching: 2, " in capsys.readouterr().err
    assert main(["undo", *data]) == 1
    err = capsys.readouterr().err
    assert f"1 file found under another name:\n  {aside}: was a.flac when it was written\n" in err
    assert "To go on" not in err
    assert Field.GENRE not in read_tags(aside).tags
    assert main(["undo", *data]) == 2
    assert "there is nothing to undo" in capsys.readouterr().err


def test_a_field_and_a_file_of_a_run(
    music: Path, common: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = digests(music)
    data = ["--data-dir", str(tmp_path / "data")]
    main(["tag", str(music), *common, "--threshold", "0", "--write"])
    after = digests(music)
    flac = music / "a.flac"
    capsys.readouterr()

    assert main(["undo", "--field", "genre", "--dry-run", *data]) == 0
    out, err = capsys.readouterr()
    assert "  genre       Rock -> (empty)\n" in out
    assert "mat_model" not in out
    heard = "mood:happy; instrument:guitar; voice:vocals"
    assert f"  mat_tags    genre:rock; {heard} -> {heard}\n" in out, "it names what is left"
    assert "2 files would change; nothing was written (without --dry-run, undo does it)" in err
    assert digests(music) == after

    assert main(["undo", "1", "--file", str(flac), "--field", "genre", *data]) == 0
    assert "Run 1: 1 file put back as before it." in capsys.readouterr().err
    assert Field.GENRE not in read_tags(flac).tags
    assert main(["history", "1", *data]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "2 files" in lines[0]
    assert "A tiny network for tests: Genre, mood, instruments, voice (" in lines[0], "as in the window"
    assert "(genre, " in lines[0]
    assert lines[0].endswith(", 1 change undone"), "what MAT_TAGS says of the rest still counts"
    assert lines.count("  genre       (empty) -> Rock  (undone)") == 1
    assert lines.count("  genre       (empty) -> Rock") == 1

    assert main(["redo", *data]) == 0
    assert "1 file written again" in capsys.readouterr().err
    assert digests(music) == after
    assert main(["undo", "1", *data]) == 0
    assert digests(music) == before
    capsys.readouterr()
    assert main(["redo", "1", *data]) == 0
    assert capsys.readouterr().err.endswith("Run 1: 2 files written again.\n")
    assert digests(music) == after


@pytest.mark.parametrize("command", ["undo", "redo", "history"])
@pytest.mark.parametrize("number", ["x", "0", "-1", "1.5"])
def test_a_run_is_a_whole_number(capsys: pytest.CaptureFixture[str], command: str, number: str) -> None:
    with pytest.raises(SystemExit):
        parse([command, number])
    assert f"argument RUN: '{number}' is not a whole number above 0" in capsys.readouterr().err


def test_wrong_usage(written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = digests(written)
    for words, why in (
        (["undo", "9"], "there is no run 9"),
        (["undo", "--field", "title"], "'title' is none of genre, mood"),
        (["undo", "--field", "grouping"], "run 1 did not write grouping"),
        (["undo", "--file", "nowhere.flac"], "run 1 did not write to"),
        (["redo"], "there is nothing to redo"),
        (["redo", "1"], "there is nothing to redo of run 1"),
        (["history", "9"], "there is no run 9"),
        (["remove-all", "nowhere.flac"], "no such file or folder"),
    ):
        assert main([*words, "--data-dir", str(tmp_path / "data")]) == 2
        assert why in capsys.readouterr().err
    assert digests(written) == before


@pytest.mark.parametrize(
    "words", [["undo"], ["undo", "--dry-run"], ["redo"], ["remove-all"], ["history"], ["corrections"]]
)
def test_a_data_folder_that_is_not_there_does_not_pass_for_one_of_which_nothing_was_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert main([*words, "--data-dir", str(tmp_path / "typo")]) == 2
    assert f"--data-dir {tmp_path / 'typo'}: no such folder" in capsys.readouterr().err
    assert not (tmp_path / "typo").exists()


def test_conflicts_are_named_and_forced_only_if_asked(
    written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data-dir", str(tmp_path / "data")]
    flac = mutagen.flac.FLAC(written / "a.flac")
    flac["GENRE"] = ["Theirs"]
    flac.save()
    assert main(["undo", "--dry-run", *data]) == 1
    out, err = capsys.readouterr()
    assert "Theirs -> (empty)  (another program changed it since)" in out
    assert "2 files would change" in err and "1 file would be left, or changed in part." in err
    assert main(["undo", "--dry-run", "--force", *data]) == 0
    assert "would be left" not in capsys.readouterr().err
    assert main(["undo", *data]) == 1
    err = capsys.readouterr().err
    assert "a.flac: genre left as found: another program changed it since" in err
    assert f"To look again at what was left: mat-desktop undo 1 {' '.join(data)}\n" in err
    assert read_tags(written / "a.flac").tags[Field.GENRE] == ("Theirs",)
    assert main(["undo", "1", "--force", *data]) == 0
    assert Field.GENRE not in read_tags(written / "a.flac").tags


def test_everything_goes_and_comes_back(
    music: Path, common: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = digests(music)
    data = ["--data-dir", str(tmp_path / "data")]
    (tmp_path / "data").mkdir()
    assert main(["remove-all", *data]) == 0
    assert "Nothing that this program wrote is in the files." in capsys.readouterr().err
    main(["tag", str(music), *common, "--threshold", "0", "--write"])
    written = digests(music)
    capsys.readouterr()

    assert main(["remove-all", *data]) == 0
    out, err = capsys.readouterr()
    assert "  mat_tags    " in out
    assert "2 files would change; nothing was written (--write does it)." in err
    assert digests(music) == written
    assert main(["remove-all", str(music / "sub"), "--write", *data]) == 0
    told = f"What was written is out of 1 file. mat-desktop undo 2 {' '.join(data)} brings it back."
    assert told in capsys.readouterr().err
    assert main(["remove-all", "--write", *data]) == 0
    assert digests(music) == before
    assert main(["undo", *data]) == 0
    assert main(["undo", *data]) == 0
    assert digests(music) == written


def test_files_with_marks_from_elsewhere_are_named_with_what_stays(
    written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data-dir", str(tmp_path / "another")]
    (tmp_path / "another").mkdir()
    assert main(["remove-all", str(written / "a.flac"), "--write", *data]) == 0
    err = capsys.readouterr().err
    assert "1 file with marks from elsewhere:" in err
    assert "a.flac: carries marks that another computer wrote; its genre" in err
    assert "What was written is out of 1 file, of 1 of them only the marks." in err
    assert not read_tags(written / "a.flac").tags.keys() & MARKS


def test_a_file_that_is_gone_is_named(
    written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (written / "a.flac").unlink()
    assert main(["remove-all", "--write", "--data-dir", str(tmp_path / "data")]) == 1
    err = capsys.readouterr().err
    assert "a.flac: the file is gone" in err
    assert "out of 1 file." in err
    data = ["--data-dir", str(tmp_path / "data")]
    assert main(["undo", *data]) == 0
    assert main(["undo", "1", *data]) == 1
    assert "(files that were moved: with --file FOLDER)" in capsys.readouterr().err


def test_the_history_is_read_without_a_change(
    written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "data"
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    for words, said in ((["history"], "2 files"), (["history", "1"], "a.flac")):
        assert main([*words, "--data-dir", str(folder)]) == 0
        assert said in capsys.readouterr().out
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    (tmp_path / "none").mkdir()
    assert main(["history", "--data-dir", str(tmp_path / "none")]) == 0
    assert "Nothing was written yet" in capsys.readouterr().out
    assert main(["history", "1", "--data-dir", str(tmp_path / "none")]) == 2
    assert not list((tmp_path / "none").iterdir())


def test_undo_says_which_settings_do_not_count(
    written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data" / "settings.toml").write_text("[writing\nkeep_time = true\n")
    (tmp_path / "data" / "tags.toml").write_text("[tags\n")
    for words in (["undo"], ["redo"], ["remove-all"]):
        assert main([*words, "--data-dir", str(tmp_path / "data")]) == 0
        assert "settings.toml is not usable" in capsys.readouterr().err


def test_a_search_that_was_stopped_does_not_say_that_nothing_is_there(
    written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cancel = Event()
    cancel.set()
    options = parse(["remove-all", str(written), "--data-dir", str(tmp_path / "data")])
    assert remove_all.run(options, cancel) == 0
    assert capsys.readouterr().err == ""


def test_what_was_done_as_json(
    written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data-dir", str(tmp_path / "data"), "--json"]

    def told(*words: str, status: int = 0) -> Any:
        assert main([*words, *data]) == status
        return json.loads(capsys.readouterr().out)

    (run,) = told("history")
    assert (run["run"], run["kind"], run["files"], run["undone"]) == (1, "write", 2, False)
    assert datetime.fromisoformat(run["started"]).tzinfo is not None
    genre = {"field": "genre", "old": [], "new": ["Rock"]}
    assert {**genre, "undone": False} in told("history", "1")["written"][0]["changes"]

    flac = mutagen.flac.FLAC(written / "a.flac")
    flac["MOOD"] = ["Theirs"]
    flac.save()
    (written / "sub" / "B.MP3").unlink()
    before = told("undo", "--dry-run", status=1)
    assert (before["kind"], before["undo_of"], before["run"]) == ("undo", 1, None)
    assert [file["status"] for file in before["files"]] == ["planned", "failed"]
    assert before["files"][0]["error"] == "mood left as found: another program changed it since"
    assert before["files"][1]["error"] == "its folder is empty, or its drive is away"
    assert {"field": "genre", "old": ["Rock"], "new": []} in before["files"][0]["changes"]

    after = told("undo", status=1)
    assert after["run"] == 2
    assert [file["status"] for file in after["files"]] == ["conflict", "failed"]
    assert {"field": "genre", "old": ["Rock"], "new": []} in after["files"][0]["changes"]
    assert {**genre, "undone": True} in told("history", "1")["written"][0]["changes"]
    assert [run["undo_of"] for run in told("history")] == [1, None]

    assert told("redo")["files"][0]["status"] == "written"
    assert [file["status"] for file in told("remove-all", status=1)["files"]] == ["planned", "failed"]

    def refuse(*arguments: object, **named: object) -> int:
        raise StoreFault("the disk is full")

    monkeypatch.setattr(Journal, "intend", refuse)
    stopped = told("remove-all", "--write", status=1)
    assert (stopped["error"], stopped["run"]) == ("the disk is full", None)


def test_a_journal_that_fails_in_the_middle_of_an_undo(
    written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data-dir", str(tmp_path / "data")]
    real, calls = Journal.intend, []

    def refuse(*arguments: object, **named: object) -> int:
        calls.append(1)
        if len(calls) == 2:
            raise StoreFault("the disk is full")
        return real(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Journal, "intend", refuse)
    assert main(["undo", *data]) == 1
    err = capsys.readouterr().err
    assert "mat-desktop: the disk is full" in err
    rest = f"To go on with the rest of it: mat-desktop undo 1 {' '.join(data)}"
    assert f"Run 1: 1 file put back as before it. {rest}" in err


def test_each_file_counts_once_in_what_an_undo_says(
    written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    with opened(data, tags=False, settle=True, looking=False) as session:
        later = write(session, {Field.GENRE: ("Punk",)}, written / "a.flac")
    assert main(["undo", "1", "--data-dir", str(data)]) == 1
    err = capsys.readouterr().err
    assert "failed" not in err
    assert f"1 file changed in part:\n  {written / 'a.flac'}: genre left as found: run {later} wrote" in err
    assert "Run 1: 1 file put back as before it, 1 in part." in err
    # What is left stands in the way still, and nothing is changed.
    assert main(["undo", "1", "--data-dir", str(data)]) == 1
    err = capsys.readouterr().err
    assert "1 file failed:" in err
    assert "Run 1: 0 files put back as before it." in err
