"""Commands that only look: they need no right to write, and tell what they see as JSON and as a file."""

from __future__ import annotations

import csv
import json
import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest

from mat_desktop.__main__ import main
from mat_desktop.app.session import Session
from mat_desktop.domain.tags import Field
from mat_desktop.errors import StoreFault, UnwritableStore
from mat_desktop.metadata.files import read_tags
from mat_desktop.store import database
from mat_desktop.store.journal import Journal
from mat_desktop.store.library import Library
from tests.cli.test_cli import common, digests, music
from tests.models import sure_model
from tests.sounds import encode, tone

__all__ = ["common", "music"]


@pytest.fixture
def closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder, in which nothing may be written; real modes would not hold root back."""
    folder, allowed = tmp_path / "data", os.access

    def access(path: Path, mode: int) -> bool:
        return Path(path).parent != folder and allowed(path, mode)

    monkeypatch.setattr(database.os, "access", access)
    return folder


def test_what_only_looks_works_on_a_closed_data_folder(
    music: Path,
    common: list[str],
    tmp_path: Path,
    request: pytest.FixtureRequest,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["tag", str(music / "a.flac"), *common, "--threshold", "0", "--write"]) == 0
    capsys.readouterr()
    other = str(tmp_path / "other")
    sure_model(Path(other))
    closed: Path = request.getfixturevalue("closed")
    before, data = digests(closed), ["--data-dir", str(closed)]
    for words, said in (
        (["tag", str(music), *common, "--threshold", "0"], "B.MP3\n"),
        (["compare", other, str(music), "--against", common[1], *data], "a.flac"),
        (["undo", "--dry-run", *data], "Rock -> (empty)"),
        (["remove-all", *data], "Rock -> (empty)"),
        (["taught", "--json", *data], "[]"),
    ):
        assert main(words) == 0, words
        out, err = capsys.readouterr()
        assert said in out
        assert f"{closed} cannot be written to: Permission denied; nothing is kept this time" in err
    assert digests(closed) == before
    for words in (["tag", str(music), *common, "--write"], ["undo", *data], ["corrections", *data]):
        assert main(words) == 1
        out, err = capsys.readouterr()
        assert (out, err) == ("", f"mat-desktop: {closed} cannot be written to: Permission denied\n")
    assert read_tags(music / "a.flac").tags[Field.GENRE] == ("Rock",)


def test_a_write_that_a_crash_left_open_is_not_settled_from_a_copy(
    closed: Path, music: Path, common: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its half-made file is all that a journal which cannot be written to has."""

    def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("mat_desktop.cli.opening.recover", never)
    assert main(["tag", str(music), *common]) == 0


@pytest.fixture
def crashed(music: Path, common: list[str], tmp_path: Path) -> Path:
    """A data folder with logs that were not taken over, where no index of a log can be made."""
    data, copied = tmp_path / "data", tmp_path / "crashed"
    assert main(["tag", str(music / "a.flac"), *common, "--threshold", "0"]) == 0
    library, journal = Library(data / "library.db"), Journal(data / "journal.db")
    assert main(["tag", str(music / "a.flac"), *common, "--threshold", "0", "--write"]) == 0
    shutil.copytree(data, copied, ignore=shutil.ignore_patterns("*-shm"))
    library.close()
    journal.close()
    for name in ("library.db", "journal.db"):
        (copied / f"{name}-shm").symlink_to("nowhere")  # SQLite follows no link
    return copied


@pytest.mark.skipif(os.name == "nt", reason="what keeps SQLite from making an index is a link")
def test_what_a_crash_left_in_a_closed_folder_is_seen(
    crashed: Path, music: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, data = digests(crashed), ["--data-dir", str(crashed)]
    assert main(["history", *data]) == 0
    assert "(genre, " in capsys.readouterr().out
    assert main(["history", "1", "--export", str(tmp_path / "r.json"), *data]) == 0
    assert len(json.loads((tmp_path / "r.json").read_text())["files"]) == 1
    assert main(["undo", "--dry-run", *data]) == 0
    assert "Rock -> (empty)" in capsys.readouterr().out
    assert main(["undo", *data]) == 1
    assert f"{crashed} cannot be written to: the system does not allow it\n" in capsys.readouterr().err
    assert digests(crashed) == before


def test_copies_of_databases_do_not_stay(
    music: Path, common: list[str], closed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    assert main(["tag", str(music), *common]) == 0
    (closed / "library.db").unlink()
    (closed / "journal.db").write_bytes(b"no database" * 1000)
    with pytest.raises(StoreFault, match=r"journal\.db cannot be copied to") as caught:
        Session(closed, common[1], looking=True)
    assert not list((tmp_path / "temporary").iterdir()), "also while the error is still at hand"
    del caught


def test_a_history_of_an_earlier_version_is_seen_in_a_closed_folder(
    tmp_path: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    Journal(tmp_path / "data" / "journal.db").close()
    with closing(sqlite3.connect(tmp_path / "data" / "journal.db", isolation_level=None)) as db:
        db.execute("DROP TABLE refusal")
        db.execute("ALTER TABLE entry DROP COLUMN copied")
        db.execute("DROP INDEX entry_by_sound")
        db.execute("ALTER TABLE entry DROP COLUMN sound")
        db.execute("ALTER TABLE run DROP COLUMN entire")
        db.execute("PRAGMA user_version = 3")
    closed: Path = request.getfixturevalue("closed")
    assert main(["history", "--data-dir", str(closed)]) == 0
    assert "Nothing was written yet" in "".join(capsys.readouterr())


def test_a_folder_that_cannot_be_made_is_told_from_a_damaged_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "library.db").write_bytes(b"no database" * 1000)
    with pytest.raises(StoreFault, match="not a database") as damaged:
        Library(tmp_path / "library.db")
    assert not isinstance(damaged.value, UnwritableStore)

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refused)
    with pytest.raises(UnwritableStore, match="new cannot be written to: Permission denied"):
        Journal(tmp_path / "new" / "journal.db")


@pytest.mark.skipif(
    os.name == "nt" or os.geteuid() == 0, reason="modes of POSIX, and root may write anywhere"
)
def test_sqlite_says_that_a_folder_is_closed(tmp_path: Path) -> None:
    Journal(tmp_path / "data" / "journal.db").close()
    (tmp_path / "data").chmod(0o555)
    with pytest.raises(UnwritableStore):
        Journal(tmp_path / "data" / "journal.db")
    (tmp_path / "data").chmod(0o755)


def test_settings_are_shown_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ["--data-dir", str(tmp_path)]
    assert main(["settings", "writing.keep_time", "on", *data]) == 0
    assert main(["settings", "--json", *data]) == 0
    told = {entry["key"]: entry for entry in json.loads(capsys.readouterr().out)}
    assert told["writing.keep_time"] | {"meaning": ""} == {
        "key": "writing.keep_time",
        "value": True,
        "default": False,
        "given": True,
        "meaning": "",
        "allowed": "true or false",
    }
    assert told["listening.threads"]["given"] is False
    assert main(["settings", "writing.keep_time", "--json", *data]) == 0
    assert json.loads(capsys.readouterr().out) == told["writing.keep_time"]


@pytest.mark.parametrize(
    "words",
    [
        ["settings", "--json", "writing.genre", "append"],
        ["settings", "--json", "writing.genre", "--default"],
        ["taught", "--json", "remove", "x"],
        ["models", "--json", "remove", "x"],
        ["history", "--export", "r.csv"],
        ["history", "1", "--json", "--export", "r.csv"],
        ["history", "1", "--export", "r.flac"],
        ["history", "1", "--export", "-"],
        ["history", "1", "--export", "no/folder/r.csv"],
    ],
)
def test_what_does_not_go_together_is_refused(words: list[str], tmp_path: Path) -> None:
    assert main([*words, "--data-dir", str(tmp_path / "data")]) == 2
    assert not (tmp_path / "data").exists()


def test_a_run_is_exported_with_the_files_that_it_left(
    music: Path, common: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    encode(music / "gone.flac", tone(2.0, hz=330))
    data = ["--data-dir", str(tmp_path / "data")]
    assert main(["tag", str(music), *common, "--threshold", "0", "--write"]) == 0
    (music / "gone.flac").unlink()
    assert main(["undo", *data]) == 1
    capsys.readouterr()
    assert main(["history", "2", *data]) == 0
    out = capsys.readouterr().out
    assert f"{music / 'gone.flac'}\n  left as it was: " in out
    assert main(["history", "2", "--json", *data]) == 0
    (left,) = json.loads(capsys.readouterr().out)["left"]
    assert left["path"] == str(music / "gone.flac")
    assert main(["history", "2", "--export", str(tmp_path / "r.csv"), *data]) == 0
    assert "Run 2 is exported to" in capsys.readouterr().err
    with (tmp_path / "r.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[-1] == [left["path"], "", "", "", f"left as it was: {left['error']}"]
    assert main(["history", "2", "--export", str(tmp_path / "r.json"), *data]) == 0
    assert json.loads((tmp_path / "r.json").read_text())["left"] == [
        {"path": left["path"], "reason": left["error"]}
    ]
    assert main(["history", "9", "--export", str(tmp_path / "r.json"), *data]) == 2
