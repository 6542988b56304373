"""What ``tag`` prints and reports, also where files were written and something fails after it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

import pytest

from mat_desktop.__main__ import main
from mat_desktop.app.score import Heard
from mat_desktop.app.session import Session
from mat_desktop.cli import tag as tag_command
from mat_desktop.domain.plan import Plan, WriteResult
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import Track
from mat_desktop.errors import EngineFault, FileFault, StoreFault
from mat_desktop.metadata.files import read_tags
from mat_desktop.store.journal import Journal
from tests.app.test_recover import signalled
from tests.cli.test_cli import common, digests, music
from tests.sounds import encode, tone

__all__ = ["common", "music"]

posix = pytest.mark.skipif(os.name == "nt", reason="pipes, modes and devices of POSIX")


@pytest.fixture
def words(music: Path, common: list[str], tmp_path: Path) -> list[str]:
    """Writes two files, names one that is not there, and wants a report."""
    report = ["--json", str(tmp_path / "r.json"), "--csv", str(tmp_path / "r.csv")]
    return ["tag", str(music), str(music / "nope.mp3"), *common, "--threshold", "0", "--write", *report]


def shell(words: list[str], rest: str) -> subprocess.CompletedProcess[str]:
    line = f"set -o pipefail; {shlex.join([sys.executable, '-m', 'mat_desktop', *words])} {rest}"
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=300, check=False)


def statuses(report: Path) -> list[str]:
    return [file["status"] for file in json.loads(report.read_text())["files"]]


@posix
@pytest.mark.parametrize("rest", ["| true", "| head -n 1", ">/dev/full", "2>&1 | true"])
def test_nobody_who_reads_what_is_printed_costs_nothing_else(
    words: list[str], music: Path, tmp_path: Path, rest: str
) -> None:
    done = shell(words, rest)
    assert done.returncode == 1, "a file failed"
    assert read_tags(music / "a.flac").tags[Field.GENRE] == ("Rock",)
    assert statuses(tmp_path / "r.json") == ["written", "failed", "written"] or statuses(
        tmp_path / "r.json"
    ) == ["written", "written", "failed"]
    assert "nope.mp3" in (tmp_path / "r.csv").read_text()
    if "2>&1" not in rest:
        assert "nope.mp3: no such file" in done.stderr
        assert "2 files written as run 1; mat-desktop undo 1 --data-dir" in done.stderr
    assert ("the output cannot be written: No space left" in done.stderr) is ("full" in rest)


@posix
def test_a_dry_run_that_nobody_reads_ends(music: Path, common: list[str]) -> None:
    for number in range(40):
        encode(music / f"{number:02}.flac", tone(0.5))
    done = shell(["tag", str(music), *common], "| head -n 1")
    assert done.returncode == 0
    heard = int(done.stderr.split(" of 42 files heard")[0].split()[-1])
    assert heard < 42


@posix
def test_results_go_to_standard_output_beside_a_bar(music: Path, common: list[str]) -> None:
    """The bar's library would take them along to the terminal."""
    ours, theirs = os.openpty()
    terminal: list[bytes] = []

    def read() -> None:
        with suppress(OSError):  # its other end is closed
            while piece := os.read(ours, 4096):
                terminal.append(piece)

    reader = Thread(target=read)
    reader.start()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "mat_desktop", "tag", str(music), *common],
            stdout=subprocess.PIPE,
            stderr=theirs,
            env={**os.environ, "TERM": "xterm"},
            timeout=300,
            check=False,
        )
    finally:
        os.close(theirs)
        reader.join()
        os.close(ours)
    assert done.returncode == 0
    assert f"{music / 'a.flac'}\n" in done.stdout.decode()
    assert b"2 of 2 files heard" in b"".join(terminal)


def test_a_result_is_printed_when_it_is_judged_and_in_order(
    music: Path, common: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [encode(music / f"{number}.flac", tone(0.5)) for number in range(3)]
    real = tag_command.score
    printed: list[str] = []

    def others_first(session: Session, tracks: list[Track], cancel: Event) -> Iterator[Heard | FileFault]:
        heard = sorted(real(session, tracks, cancel), key=lambda item: item.path)
        for item in (heard[1], heard[0], *heard[2:]):
            printed.append(capsys.readouterr().out)
            yield item

    monkeypatch.setattr(tag_command, "score", others_first)
    assert main(["tag", *map(str, paths), *common]) == 0
    assert printed[:2] == ["", ""]
    assert [line for line in printed[2].splitlines() if line.startswith("/")] == [str(p) for p in paths[:2]]
    assert str(paths[2]) in capsys.readouterr().out


def test_the_journal_fails_after_the_first_file(
    words: list[str], music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    real, calls = Journal.intend, []

    def refuse(*arguments: object, **named: object) -> int:
        calls.append(1)
        if len(calls) == 2:
            raise StoreFault("journal.db: database or disk is full")
        return real(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Journal, "intend", refuse)
    assert main(words) == 1
    out, err = capsys.readouterr()
    assert "mat-desktop: journal.db: database or disk is full" in err
    assert "1 file written as run 1; mat-desktop undo 1" in err
    report = json.loads((tmp_path / "r.json").read_text())
    assert (report["run"], report["error"]) == (1, "journal.db: database or disk is full")
    assert sorted(statuses(tmp_path / "r.json")) == ["failed", "planned", "written"]
    assert "  written\n" in out


@posix
def test_stopped_while_it_writes(words: list[str], tmp_path: Path) -> None:
    cut = signalled("SIGINT", *words)
    assert cut.returncode == 130
    assert "1 file written as run 1; mat-desktop undo 1" in cut.stderr
    assert "1 file not written yet." in cut.stderr
    report = json.loads((tmp_path / "r.json").read_text())
    assert (report["run"], report["error"]) == (1, "stopped")
    assert sorted(statuses(tmp_path / "r.json")) == ["failed", "planned", "written"]


def test_stopped_at_once(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = tag_command.apply

    def second(session: Session, plan: Plan, cancel: Event) -> Iterator[WriteResult]:
        yield next(real(session, plan, cancel))
        raise KeyboardInterrupt

    monkeypatch.setattr(tag_command, "apply", second)
    main(words)
    assert "1 file written as run 1; mat-desktop undo 1" in capsys.readouterr().err
    report = json.loads((tmp_path / "r.json").read_text())
    assert (report["run"], report["error"]) == (1, "stopped")


def test_the_engine_fails_in_the_middle(
    words: list[str], music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    before, real = digests(music), tag_command.score

    def dies(session: Session, tracks: list[Track], cancel: Event) -> Iterator[Heard | FileFault]:
        yield next(real(session, tracks, cancel))
        raise EngineFault("the engine died")

    monkeypatch.setattr(tag_command, "score", dies)
    assert main(words) == 1
    err = capsys.readouterr().err
    assert "mat-desktop: the engine died" in err
    assert "1 of 3 files heard" in err
    assert "No file was written." in err
    assert sorted(statuses(tmp_path / "r.json")) == ["failed", "planned"]
    assert digests(music) == before


def test_where_nothing_was_heard_nothing_is_known_from_before(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tag_command, "score", lambda *_: iter(()))
    main(words)
    assert "0 of 3 files heard. No file was written." in capsys.readouterr().err


def test_another_process_writes_at_this_moment(
    words: list[str], music: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = digests(music)
    other = Session(tmp_path / "data", str(tmp_path / "model"))
    with other.journal.writing():
        assert main(words) == 1
    other.close()
    assert "another mat-desktop is writing files at this moment" in capsys.readouterr().err
    assert sorted(statuses(tmp_path / "r.json")) == ["failed", "planned", "planned"]
    assert digests(music) == before


@posix
@pytest.mark.skipif(os.name != "nt" and os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_takes_no_report_is_told_before_anything_is_heard(
    words: list[str], music: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    assert main([*words, "--json", str(closed / "r.json")]) == 1
    assert "r.json: cannot be written: Permission denied" in capsys.readouterr().err


def test_a_report_that_the_disk_does_not_take_is_told_before_anything_is_heard(
    words: list[str], music: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = digests(music)
    assert main([*words, "--json", str(tmp_path / f"{'x' * 250}.json")]) == 1
    assert ".json: cannot be written: File name too long" in capsys.readouterr().err
    assert digests(music) == before


def test_a_disk_that_is_full_at_the_end_costs_only_the_report(
    words: list[str], music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    old = tmp_path / "r.json"
    old.write_text("{}")

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tag_command, "write_json", full)
    assert main(words) == 1
    err = capsys.readouterr().err
    assert "r.json: cannot be written: No space left on device" in err
    assert "2 files written as run 1" in err
    assert old.read_text() == "{}"
    assert (tmp_path / "r.csv").exists()
    assert not list(tmp_path.glob(".*.tmp"))


def test_two_reports_in_one_place_are_refused(
    music: Path, common: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    for first, second in (("-", "-"), ("x.json", str(tmp_path / "x.json"))):
        assert main(["tag", str(music), *common, "--json", first, "--csv", second]) == 2
        assert "is named for two reports" in capsys.readouterr().err
    assert not list(tmp_path.glob("*x.json*"))


def test_csv_on_standard_output_has_no_line_ends_of_its_own(
    music: Path, common: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tag", str(music), *common, "--csv", "-"]) == 0
    assert "\r" not in capsys.readouterr().out


def test_the_run_that_is_named_is_this_one(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And not a newer one, of another process that wrote as soon as it could."""
    monkeypatch.setattr(Session, "runs", lambda session: [])
    main(words)
    undo = f"written as run 1; mat-desktop undo 1 --data-dir {tmp_path / 'data'} takes it back"
    assert undo in capsys.readouterr().err


def test_files_that_were_heard_and_that_failed_add_up(
    music: Path, common: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    encode(music / "c.mka", tone(1.0))
    (music / "d.mp3").write_bytes(b"no sound" * 100)
    tag = ["tag", str(music), str(music / "nope.mp3"), *common]
    assert main([*tag, "--threshold", "0"]) == 1
    err = capsys.readouterr().err
    assert "3 files failed:" in err  # two that were not heard, and one that was
    assert "3 of 5 files heard" in err
    assert "2 files would change; nothing was written (--write writes). 1 file cannot be written." in err
    assert main(["tag", str(music / "c.mka"), *common, "--threshold", "1"]) == 0
    assert "nothing is sure enough" in capsys.readouterr().out
