"""What holds for every command: options, streams, signals, and paths that cannot be looked at."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event

import mutagen.flac
import pytest

from mat_desktop.__main__ import main
from mat_desktop.app.session import Session
from mat_desktop.cli import main as command_line
from mat_desktop.cli import output, streams
from mat_desktop.cli.main import parse
from mat_desktop.domain.plan import Change
from mat_desktop.domain.tags import Field
from mat_desktop.endings import endings
from mat_desktop.errors import FileFault, harmless, printable
from tests.cli.test_cli import common, music
from tests.sounds import encode, tone

__all__ = ["common", "music"]

LONG = "x" * 300


@pytest.mark.parametrize(
    "words",
    [
        ["tag", "m", "--w"],  # no option by a part of its name: this one would write
        ["undo", "--dry"],
        ["taught", "remove", "x", "--mod", "y"],
    ],
)
def test_options_have_one_name(words: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        parse(words)
    assert left.value.code == 2


def test_an_option_takes_no_path_that_follows_it() -> None:
    options = parse(["remove-all", "--field", "genre", "--field", "mood", "folder"])
    assert (options.field, options.paths) == (["genre", "mood"], [Path("folder")])
    options = parse(["undo", "--file", "a.flac", "7"])
    assert (options.file, options.run) == ([Path("a.flac")], 7)


def test_the_help_tells_what_writes_and_the_exit_status(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--help"])
    text = capsys.readouterr().out
    assert "undo and redo do it at once" in text
    assert "130 stopped by Ctrl+C" in text


@pytest.mark.parametrize("folder", [["--data-dir", "d"], ["--data-dir=d"]])
def test_the_folder_of_the_data_may_stand_first(folder: list[str], tmp_path: Path) -> None:
    for words, command in (
        ([], "open"),
        ([str(tmp_path)], "open"),
        (["tag", "x"], "tag"),
        (["models", "import", "x"], "models"),
        (["demo"], "demo"),
    ):
        options = parse([*folder, *words])
        assert (options.command, options.data_dir) == (command, Path("d"))
    assert parse([*folder, str(tmp_path)]).paths == [tmp_path]
    both = parse([*folder, str(tmp_path), "other"])
    assert (both.paths, both.data_dir) == ([tmp_path, Path("other")], options.data_dir)
    assert parse([*folder, "undo", "--data-dir", "e"]).data_dir == Path("e"), "the last word counts"
    for words, status in ((["--version"], 0), (["--help"], 0), (["nowhere"], 2)):
        with pytest.raises(SystemExit) as left:
            parse([*folder, *words])
        assert left.value.code == status
    with pytest.raises(SystemExit):
        parse(["--data-dir"])


def test_a_path_alone_opens_the_window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    options = parse([str(tmp_path), "other"])
    assert (options.command, options.paths) == ("open", [tmp_path, Path("other")])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tag").mkdir()
    assert parse(["tag", "x"]).command == "tag", "a folder does not hide a command"
    for word in ("nowhere", LONG, "a\0b", ""):
        with pytest.raises(SystemExit):
            parse([word])
        assert "is neither a command (open, demo, tag," in capsys.readouterr().err
    with pytest.raises(SystemExit):
        parse(["remove_all"])
    assert "'remove_all' is neither a command (remove-all) nor a file" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        *(["tag", "", "--write"], ["tag", "a", "--json", ""], ["tag", "a", "--data-dir", ""], ["info", ""]),
        *(["undo", "--file", ""], ["remove-all", "", "--write"], ["history", "1", "--export", ""]),
        *(["settings", "--load", ""], ["models", "import", ""], ["taught", "export", "a", ""], ["open", ""]),
        *(["compare", "fcn2d", ""], ["corrections", "--out", ""]),
    ],
)
def test_an_empty_name_is_not_the_folder_one_is_in(
    capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        parse(words)
    assert left.value.code == 2
    assert "the name is empty" in capsys.readouterr().err


def test_a_path_that_cannot_be_looked_at_costs_only_itself(
    music: Path, common: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    good = str(music / "a.flac")
    for words in (["info"], ["tag", *common]):
        assert main([words[0], good, str(music / LONG), *words[1:]]) == 1
        out, err = capsys.readouterr()
        assert "a.flac\n" in out
        assert "x: File name too long" in err
        assert "the output" not in err


def test_info_takes_folders(music: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", "--json", str(music)]) == 0
    assert [Path(facts["path"]).name for facts in json.loads(capsys.readouterr().out)] == ["a.flac", "B.MP3"]
    (tmp_path / "none").mkdir()
    assert main(["info", str(tmp_path / "none")]) == 0
    assert "No music found" in capsys.readouterr().err


def test_values_of_a_file_do_nothing_to_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    encode(tmp_path / "a.flac", tone(1.0))
    flac = mutagen.flac.FLAC(tmp_path / "a.flac")
    flac["GENRE"] = ["Jazz\x1b[2J\nfake line \u3000東京"]
    flac.save()
    assert main(["info", str(tmp_path / "a.flac")]) == 0
    assert "  genre       Jazz\\x1b[2J\\nfake line \u3000東京\n" in capsys.readouterr().out
    line = output.change_line(Change(Field.GENRE, ("a\rb",), ("c\u2028d",)), "why")
    assert line == "  genre       a\\rb -> c\\u2028d  (why)"
    assert harmless("e\udcff") == "e\\xff"
    assert printable("\ud800\udce9\n") == "\\ud800\\xe9\\n"


def test_names_are_listed_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    output.list_failures([FileFault(Path("nope :heart: :cd:.mp3"), "no such file")])
    assert "nope :heart: :cd:.mp3: no such file" in capsys.readouterr().err


def _run(words: list[str], **settings: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mat_desktop", *words], capture_output=True, text=True, **settings
    )  # type: ignore[call-overload, no-any-return]


def test_any_name_goes_into_any_encoding(tmp_path: Path) -> None:
    encode(tmp_path / "東京.flac", tone(1.0))
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    done = _run(["info", str(tmp_path)], env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\u6771\\u4eac.flac" in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="streams as POSIX closes them")
def test_streams_may_be_closed(tmp_path: Path) -> None:
    encode(tmp_path / "a.flac", tone(1.0))
    for closed in (">&-", "2>&-"):
        line = f'"$0" -m mat_desktop info "$1" {closed}'
        done = subprocess.run(
            ["sh", "-c", line, sys.executable, str(tmp_path)], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert ("a.flac" in done.stdout) == (closed == "2>&-")


def test_an_error_of_a_file_is_not_one_of_the_output(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(options: object, cancel: Event) -> int:
        raise PermissionError(errno.EACCES, "Permission denied", "/some/where")

    monkeypatch.setattr("mat_desktop.cli.history.run", refused)
    before = [(number, signal.getsignal(number)) for number in endings()]
    try:
        assert command_line.run(parse(["history"])) == 1
    finally:
        for number, handler in before:
            signal.signal(number, handler)
    assert capsys.readouterr().err == "mat-desktop: /some/where: Permission denied\n"


@pytest.mark.skipif(os.name == "nt", reason="signals as POSIX sends them")
@pytest.mark.parametrize(
    ("names", "status"),
    [(("SIGINT",), 130), (("SIGTERM",), 143), (("SIGHUP",), 129), (("SIGINT", "SIGINT"), 130)],
)
def test_a_signal_is_the_exit_status(
    monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...], status: int
) -> None:
    def listing(options: object, cancel: Event) -> int:
        for name in names:
            os.kill(os.getpid(), getattr(signal, name))
            assert cancel.wait(5)
        return 0

    monkeypatch.setattr("mat_desktop.cli.history.run", listing)
    sent = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [(number, signal.getsignal(number)) for number in sent]
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests may ignore it
    try:
        assert command_line.run(parse(["history"])) == status
    finally:
        for number, handler in before:
            signal.signal(number, handler)


@pytest.mark.skipif(os.name == "nt", reason="signals as POSIX sends them")
def test_a_program_that_is_to_outlive_its_terminal_does() -> None:
    for handler, ends in (("SIG_DFL", "True"), ("SIG_IGN", "False")):  # the latter as nohup has it
        code = f"import signal as s; s.signal(s.SIGHUP, s.{handler}); import mat_desktop.endings as e"
        command = [sys.executable, "-c", f"{code}; print(s.SIGHUP in e.endings())"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        assert done.stdout == f"{ends}\n"


def test_a_doctor_that_was_stopped_gives_no_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from mat_desktop.app import doctor
    from mat_desktop.cli import doctor as command

    cancel = Event()

    def first(data_dir: Path, device: str | None) -> list[doctor.Check]:
        def look() -> object:
            cancel.set()
            return iter([doctor.Finding("Program", "mat-desktop", doctor.State.OK, "1")])

        return [doctor.Check("Program", look), doctor.Check("System", look)]  # type: ignore[arg-type]

    monkeypatch.setattr(command, "checks", first)
    command.run(parse(["doctor", "--data-dir", str(tmp_path)]), cancel)
    out = capsys.readouterr().out
    assert "mat-desktop" in out
    assert "Everything is well" not in out


def test_a_log_is_told_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(output, "TOLD_EVERY", 0)
    with output.progress() as bar:
        task = bar.add_task("Listening", total=4000)
        bar.advance(task)
    assert "Listening: 1 of 4,000, " in (told := capsys.readouterr().err)
    assert " left\n" in told
    monkeypatch.setattr(output, "TOLD_EVERY", 60)
    with output.progress() as bar:
        bar.advance(bar.add_task("Listening", total=4000))
    assert capsys.readouterr().err == ""


def test_files_of_a_folder_are_taken_back(
    music: Path, common: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data-dir", str(tmp_path / "data")]
    assert main(["tag", str(music), *common, "--threshold", "0", "--write"]) == 0
    assert main(["undo", "--file", str(music / "sub"), *data]) == 0
    assert "1 file put back" in capsys.readouterr().err
    session = Session(tmp_path / "data")
    try:
        assert session.runs()[0].files == 1
    finally:
        session.close()
    (tmp_path / "elsewhere").mkdir()
    assert main(["undo", "1", "--file", str(tmp_path / "elsewhere"), *data]) == 2


def test_windows_calls_a_pipe_without_a_reader_an_invalid_argument(monkeypatch: pytest.MonkeyPatch) -> None:
    gone, named = (
        OSError(errno.EINVAL, "Invalid argument"),
        OSError(errno.EINVAL, "Invalid argument", "a.flac"),
    )
    assert not streams.has_no_reader(gone)
    monkeypatch.setattr(streams.sys, "platform", "win32")
    assert streams.has_no_reader(gone)
    assert not streams.has_no_reader(named), "that is about a file"
    assert streams.has_no_reader(BrokenPipeError())
