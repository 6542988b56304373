from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from mat_desktop.app import doctor, models
from mat_desktop.app.diagnosis import Finding, State, as_text, verdict, without_home, worst
from mat_desktop.app.doctor import Check, checks, debian_package, missing_libraries
from mat_desktop.app.session import Session
from mat_desktop.domain.plan import Change
from mat_desktop.domain.reversal import RunKind
from mat_desktop.domain.tags import Field
from mat_desktop.store.journal import EntryState
from tests.models import tiny_model


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A data folder with databases that nothing was put into."""
    folder = tmp_path / "data"
    Session(folder).close()
    return folder


def findings(data_dir: Path, group: str) -> dict[str, Finding]:
    (check,) = [check for check in checks(data_dir, "cpu") if check.group == group]
    return {finding.name: finding for finding in check.findings()}


def test_a_look_makes_no_folder(tmp_path: Path) -> None:
    found = findings(tmp_path / "none" / "yet", "Data")
    assert worst(list(found.values())) is State.OK
    assert "not made yet" in found["folder"].text
    assert list(tmp_path.iterdir()) == []


def test_music_is_counted_and_never_named(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: data_dir.parent)
    session = Session(data_dir)
    session.library.add_roots([data_dir.parent / "Secret Songs"])
    session.close()
    found = findings(data_dir, "Data")
    assert "0 tracks of 1 folder," in found["library"].text
    text = as_text(list(found.values()))
    assert "Secret" not in text
    assert str(data_dir.parent) not in text
    assert "~/data" in text


def test_a_home_folder_has_a_second_name_behind_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, link = tmp_path / "real" / "ann", tmp_path / "ann"
    home.mkdir(parents=True)
    link.symlink_to(home)
    monkeypatch.setattr(Path, "home", lambda: link)
    assert without_home(f"{link}/a:{home}/b, {home}") == "~/a:~/b, ~"
    assert without_home(f"{home}a/b") == f"{home}a/b"


def test_a_chosen_model_that_is_gone_is_told(data_dir: Path) -> None:
    assert "choice" not in findings(data_dir, "Models")
    (data_dir / "settings.toml").write_text('[listening]\nmodel = "gone"\n')
    found = findings(data_dir, "Models")
    assert found["choice"].state is State.WARNING
    assert "gone" in found["choice"].text
    assert found[models.DEFAULT].text.startswith("in use")


def test_settings_that_cannot_be_used_are_named(data_dir: Path) -> None:
    assert findings(data_dir, "Data")["settings"].state is State.OK
    (data_dir / "settings.toml").write_text('[listening]\ndevice = "abacus"\n')
    found = findings(data_dir, "Data")["settings"]
    assert found.state is State.WARNING
    assert "abacus is not one of auto" in found.text
    assert "settings.toml" in found.way_out


@pytest.mark.skipif(os.name == "nt", reason="what keeps SQLite from making an index is a link")
def test_a_log_without_its_index_is_no_fault(data_dir: Path, tmp_path: Path) -> None:
    session = Session(data_dir)
    session.library.add_roots([tmp_path])
    left = tmp_path / "left"
    shutil.copytree(data_dir, left, ignore=shutil.ignore_patterns("*-shm"))
    session.close()
    closed = tmp_path / "closed"
    shutil.copytree(left, closed)
    found = findings(left, "Data")
    assert (found["library"].state, found["journal"].state) == (State.OK, State.OK)
    assert "of 1 folder" in found["library"].text
    for name in ("library.db", "journal.db"):
        (closed / f"{name}-shm").symlink_to("nowhere")  # as in a folder that is closed to writing
    found = findings(closed, "Data")
    for name in ("library", "journal"):
        assert found[name].state is State.WARNING
        assert "left a log beside it" in found[name].text
        assert "nothing is lost" in found[name].way_out


@pytest.mark.parametrize("name", ["library", "journal"])
def test_a_damaged_database_is_a_fault_with_a_way_out(data_dir: Path, name: str) -> None:
    (data_dir / f"{name}.db").write_bytes(b"no database at all" * 1000)
    found = findings(data_dir, "Data")
    assert found[name].state is State.FAULT
    assert f"{name}.db" in found[name].way_out


def test_a_database_with_a_broken_page_is_a_fault(data_dir: Path) -> None:
    database = sqlite3.connect(data_dir / "journal.db")
    database.execute("PRAGMA journal_mode = DELETE")
    database.execute("INSERT INTO run (started, reason, folders) VALUES ('x', 'y', '[]')")
    database.commit()
    (root,) = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'entry_by_run'").fetchone()
    (size,) = database.execute("PRAGMA page_size").fetchone()
    database.close()
    with (data_dir / "journal.db").open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * 64)
    assert findings(data_dir, "Data")["journal"].state is State.FAULT


def test_a_database_of_a_newer_program_is_a_fault(data_dir: Path) -> None:
    database = sqlite3.connect(data_dir / "library.db")
    database.execute("PRAGMA user_version = 999")
    database.close()
    assert "newer version" in findings(data_dir, "Data")["library"].text


def test_interrupted_writes_are_told_unless_they_are_under_way(data_dir: Path) -> None:
    assert findings(data_dir, "Data")["unfinished writes"].text == "none"
    session = Session(data_dir)
    with session.journal.writing(), session.journal.run("test", [data_dir / "a.mp3"]) as run:
        session.journal.intend(run, data_dir / "a.mp3", data_dir / "b", "0", "1", b"", [])
        assert findings(data_dir, "Data")["unfinished writes"].state is State.OK
    session.journal._database._connection.execute("UPDATE run SET finished = 0")
    session.close()
    found = findings(data_dir, "Data")["unfinished writes"]
    assert (found.state, found.way_out) == (
        State.WARNING,
        "open the window with their folders in reach: it settles them",
    )
    assert "files on their way: 1" in found.text
    assert "a.mp3" not in found.text


def test_runs_are_counted_and_not_said_to_be_there_to_take_back(data_dir: Path) -> None:
    session = Session(data_dir)
    change = Change(Field.GENRE, (), ("Rock",))
    with session.journal.writing():
        for kind, changes in ((RunKind.WRITE, change), (RunKind.UNDO, change.reversed())):
            with session.journal.run("test", [data_dir / "a.mp3"], kind) as run:
                entry = session.journal.intend(
                    run, data_dir / "a.mp3", data_dir / "b", "0", "1", b"", [changes]
                )
                session.journal.settle(entry, EntryState.WRITTEN)
    session.close()
    assert findings(data_dir, "Data")["journal"].text.endswith("1 file written to, 2 runs in the history")


def test_a_model_says_whether_it_was_trained_here(data_dir: Path) -> None:
    for name in ("mine", "theirs"):
        tiny_model(data_dir / "models" / name)
    (data_dir / "models" / "mine" / models.TRAINED).write_text("Rock library")
    found = findings(data_dir, "Models")
    assert found["mine"].text.startswith("trained here, whole")
    assert found["theirs"].text.startswith("imported, whole")


def test_a_model_whose_weights_were_changed(data_dir: Path) -> None:
    tiny_model(data_dir / "models" / "mine")
    weights = data_dir / "models" / "mine" / "model.safetensors"
    assert findings(data_dir, "Models")["mine"].state is State.OK
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    found = findings(data_dir, "Models")
    assert (found["mine"].state, found["fcn2d"].state) == (State.WARNING, State.OK)
    assert "digest" in found["mine"].text


def test_the_engine_hears_a_window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny_model(tmp_path / "model")
    monkeypatch.setattr(models, "chosen_model", lambda data_dir: str(tmp_path / "model"))
    found = findings(tmp_path / "data", "Engine")
    assert found["start"].text.startswith("CPU")
    assert "of sound" in found["one window"].text


def test_an_engine_that_cannot_start_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny_model(tmp_path / "model")
    weights = tmp_path / "model" / "model.safetensors"
    weights.write_bytes(bytes(weights.stat().st_size))
    monkeypatch.setattr(models, "chosen_model", lambda data_dir: str(tmp_path / "model"))
    found = findings(tmp_path / "data", "Engine")["start"]
    assert found.state is State.FAULT
    assert "digest" in found.text
    assert found.way_out


def test_sound_is_looked_at_in_another_process(tmp_path: Path) -> None:
    found = findings(tmp_path, "Sound")
    assert found["decoders"].state is State.OK
    assert found["device"].state in (State.OK, State.WARNING)


def test_qt_is_looked_at_in_another_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert "platform offscreen" in findings(tmp_path, "Window")["Qt"].text
    monkeypatch.setenv("QT_QPA_PLATFORM", "nonsense")
    assert findings(tmp_path, "Window")["Qt"].state is State.FAULT


def test_missing_libraries_are_named_with_their_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = "\tlibxcb-cursor.so.0 => not found\n\tlibc.so.6 => /lib/libc.so.6 (0x1)\n"
    assert list(missing_libraries(shown)) == ["libxcb-cursor.so.0"]
    monkeypatch.setenv("QT_QPA_PLATFORM", "nonsense")
    monkeypatch.setattr(doctor, "_missing_libraries", lambda: ["libxcb-cursor.so.0", "libEGL.so.1"])
    assert findings(tmp_path, "Window")["Qt"].way_out.endswith("apt-get install libxcb-cursor0 libegl1")


@pytest.mark.parametrize(
    ("library", "package"),
    [
        ("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
        ("libGL.so.1", "libgl1"),
        ("libglib-2.0.so.0", "libglib2.0-0"),
    ],
)
def test_debian_packages(library: str, package: str) -> None:
    assert debian_package(library) == package


def test_a_check_that_fails_is_a_finding() -> None:
    def look() -> Iterator[Finding]:
        yield Finding("A", "first", State.OK, "well")
        raise ImportError("no module")

    first, second = Check("A", look).findings()
    assert first.state is State.OK
    assert (second.state, second.text) == (State.FAULT, "ImportError: no module")


def test_the_whole_in_a_sentence() -> None:
    one = [Finding("A", "b", state, "") for state in (State.FAULT, State.WARNING, State.WARNING, State.OK)]
    assert verdict(one) == "1 fault, 2 warnings"
    assert worst(one) is State.FAULT
    assert verdict([]) == "Everything is well"
