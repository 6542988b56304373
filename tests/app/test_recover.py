"""After a write or an undo was cut off: nothing that can be undone is given up, and nothing is skipped."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread

import mutagen.flac
import pytest

from mat_desktop.app import apply as apply_module
from mat_desktop.app.apply import apply
from mat_desktop.app.recover import recover
from mat_desktop.app.reverse import reverse
from mat_desktop.app.session import Session
from mat_desktop.app.undo import last_run, last_undo, look, undoing
from mat_desktop.audio.probe import packets_digest
from mat_desktop.domain.plan import Change, FilePlan, Plan, WriteResult, WriteStatus
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import FileStamp, Track
from mat_desktop.errors import StoreFault, TagFault, UsageFault
from mat_desktop.gui.app_services import AppServices
from mat_desktop.gui.operations.undo import last_of
from mat_desktop.metadata import write as write_module
from mat_desktop.metadata.files import read_tags
from mat_desktop.metadata.write import Prepared
from mat_desktop.store.journal import EntryState
from tests.app.power_cut import power_cut
from tests.sounds import encode, tone


@pytest.fixture
def music(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "drive" / "music"
    folder.mkdir(parents=True)
    return [encode(folder / name, tone(1.0)) for name in ("a.flac", "b.flac", "c.flac")]


def plan(*paths: Path, **values: str) -> Plan:
    files = []
    for path in paths:
        tags = read_tags(path).tags
        changes = (Change(Field(name), tags.get(Field(name), ()), (value,)) for name, value in values.items())
        files.append(FilePlan(path, FileStamp.of(path.stat()), tuple(changes)))
    return Plan("test", tuple(files))


def write(session: Session, *paths: Path, **values: str) -> int:
    assert {r.status for r in apply(session, plan(*paths, **values), Event())} == {WriteStatus.WRITTEN}
    return session.journal.own[-1]


def do(session: Session, run: int, cancel: Event | None = None) -> Iterator[WriteResult]:
    task = undoing(session, run)
    files = [file.safe for file in look(session, task.pasts, Event())]
    return reverse(session, task, files, cancel or Event())


def contents(paths: list[Path]) -> list[bytes]:
    return [path.read_bytes() for path in paths]


# an undo that did not get through


def stopped(session: Session, run: int, music: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    cancel = Event()
    for _ in do(session, run, cancel):
        cancel.set()


def refused(session: Session, run: int, music: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        real = session.journal.intend

        def refuse(*arguments: object, **named: object) -> int:
            if session.journal.written(session.journal.own[-1]):
                raise StoreFault("the disk is full")
            return real(*arguments, **named)  # type: ignore[arg-type]

        patch.setattr(session.journal, "intend", refuse)
        with pytest.raises(StoreFault):
            list(do(session, run))


def away(session: Session, run: int, music: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    drive = music[0].parent
    drive.rename(drive.with_name("away"))
    assert {result.status for result in do(session, run)} == {WriteStatus.FAILED}
    assert last_run(session) == run, "also while it is away"
    drive.with_name("away").rename(drive)


def one_away(session: Session, run: int, music: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    music[1].chmod(0o444)
    statuses = [result.status for result in do(session, run)]
    assert statuses == [WriteStatus.WRITTEN, WriteStatus.FAILED, WriteStatus.WRITTEN]
    music[1].chmod(0o644)


Stop = Callable[[Session, int, list[Path], pytest.MonkeyPatch], None]


@pytest.mark.parametrize("stop", [stopped, refused, away, one_away])
def test_an_undo_that_did_not_get_through_is_gone_on_with(
    session: Session, music: list[Path], monkeypatch: pytest.MonkeyPatch, stop: Stop
) -> None:
    first = write(session, *music, genre="Rock")
    between = contents(music)
    second = write(session, *music, genre="Pop")
    stop(session, second, music, monkeypatch)
    assert last_run(session) == second
    window = last_of(session.runs())
    assert window is not None
    assert window.id == second
    assert {result.status for result in do(session, last_run(session))} == {WriteStatus.WRITTEN}
    assert contents(music) == between
    assert last_run(session) == first


@pytest.mark.parametrize("stop", [stopped, refused, away, one_away])
def test_a_redo_that_did_not_get_through_is_gone_on_with(
    session: Session, music: list[Path], monkeypatch: pytest.MonkeyPatch, stop: Stop
) -> None:
    for genre in ("Rock", "Pop"):
        write(session, *music, genre=genre)
    written = contents(music)
    list(do(session, 2))
    list(do(session, 1))
    list(do(session, last_undo(session)))
    undone = last_undo(session)
    monkeypatch.setattr(f"{__name__}.last_run", last_undo)
    stop(session, undone, music, monkeypatch)
    assert last_undo(session) == undone
    list(do(session, undone))
    assert contents(music) == written
    with pytest.raises(UsageFault, match="nothing to redo"):
        last_undo(session)


def test_what_others_changed_or_deleted_stands_in_nobodys_way(session: Session, music: list[Path]) -> None:
    first = write(session, *music, genre="Rock")
    write(session, *music[1:], mood="Happy")
    theirs = mutagen.flac.FLAC(music[1])
    theirs["MOOD"] = ["Sad"]
    theirs.save()
    music[2].unlink()
    assert [r.status for r in do(session, 2)] == [WriteStatus.CONFLICT, WriteStatus.FAILED]
    assert last_run(session) == first
    with pytest.raises(UsageFault):
        last_run(session, before=first)


SIGNALLED = """
import os, signal, sys
from mat_desktop.__main__ import main
real, calls = os.replace, []
def replace(source, target, **named):
    real(source, target, **named)
    if str(target).endswith(".flac"):
        calls.append(1)
        if len(calls) == 1:
            os.kill(os.getpid(), signal.{signal})
os.replace = replace
sys.exit(main({words!r}))
"""


def signalled(name: str, *words: str) -> subprocess.CompletedProcess[str]:
    """A command that gets a signal as soon as its first music file is in place."""
    script = SIGNALLED.format(signal=name, words=list(words))
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False
    )


def typed(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mat_desktop", *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize(("name", "status"), [("SIGINT", 130), ("SIGKILL", -signal.SIGKILL)])
def test_a_second_undo_goes_on_where_the_first_was_cut_off(
    session: Session, music: list[Path], tmp_path: Path, name: str, status: int
) -> None:
    original = contents(music)
    write(session, *music, genre="Rock")
    first = contents(music)
    write(session, *music, genre="Pop")
    second = contents(music)
    data = ["--data-dir", str(tmp_path / "data")]
    cut = signalled(name, "undo", *data)
    assert cut.returncode == status, cut.stderr
    assert contents(music) == [first[0], *second[1:]]
    if name == "SIGINT":
        undo = "mat-desktop undo {} --data-dir " + str(tmp_path / "data")
        assert f"To go on with the rest of it: {undo.format(2)}" in cut.stderr
        assert f"For the one before it: {undo.format(1)}" in cut.stderr
    again = typed("undo", *data)
    assert (again.returncode, contents(music)) == (0, first), again.stderr
    assert "Run 2: 2 files put back" in again.stderr
    assert typed("undo", *data).returncode == 0
    assert contents(music) == original


# a write that was cut off


def crash(session: Session, *paths: Path, replaced: bool) -> None:
    with power_cut(session, replaced=replaced):
        list(apply(session, plan(*paths, genre="Rock", mood="Happy", mat_tags="rock"), Event()))


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_killed_and_started_while_the_drive_is_away(
    session: Session, music: list[Path], tmp_path: Path
) -> None:
    before = contents(music)
    folder = music[0].parent
    data = ["--data-dir", str(tmp_path / "data")]
    common = ["--model", str(tmp_path / "model"), "--device", "cpu", "--threshold", "0", *data]
    cut = signalled("SIGKILL", "tag", str(folder), "--write", *common)
    assert cut.returncode == -signal.SIGKILL, cut.stderr
    assert [path.read_bytes() == old for path, old in zip(music, before, strict=True)] == [False, True, True]
    (stray := folder / ".mat-0123456789.tmp").write_bytes(b"half")
    folder.rename(folder.with_name("away"))
    for _ in range(2):
        done = typed("undo", *data)
        assert done.returncode == 2
        assert "a.flac: was interrupted and cannot be looked at now (its folder is not there)" in done.stderr
        assert "nothing to undo" in done.stderr
    assert "1 file on the way when the program ended" in typed("history", *data).stderr
    folder.with_name("away").rename(folder)
    done = typed("undo", *data)
    assert done.returncode == 0, done.stderr
    assert "a.flac: was finished before the interruption" in done.stderr
    assert contents(music) == before
    assert not stray.exists()
    assert session.journal.interrupted() == []


@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_that_cannot_be_read_now_is_looked_at_later(
    session: Session, music: list[Path], monkeypatch: pytest.MonkeyPatch, replaced: bool
) -> None:
    before = contents(music)
    crash(session, music[0], replaced=replaced)
    real = Path.open

    def unreadable(path: Path, *arguments: object, **named: object) -> object:
        if path.suffix == ".flac":
            raise PermissionError(13, "Permission denied")
        return real(path, *arguments, **named)  # type: ignore[call-overload]

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", unreadable)
        (result,) = recover(session)
    assert (result.status, "(Permission denied)" in result.reason) == (WriteStatus.FAILED, True)
    (entry,) = session.journal.unfinished()
    assert entry.temp.exists() is not replaced, "it may be needed yet"
    (result,) = recover(session)
    assert result.status is (WriteStatus.WRITTEN if replaced else WriteStatus.UNCHANGED)
    if replaced:
        list(do(session, last_run(session)))
    assert contents(music) == before
    assert not list(music[0].parent.glob(".mat-*"))


@pytest.mark.parametrize("replaced", [False, True])
def test_changed_by_another_program_before_anybody_looked(
    session: Session, music: list[Path], replaced: bool
) -> None:
    crash(session, music[0], replaced=replaced)
    theirs = mutagen.flac.FLAC(music[0])
    theirs["TITLE"], theirs["MOOD"] = ["Theirs"], ["Sad"]
    theirs.save()
    (result,) = recover(session)
    assert result.status is (WriteStatus.WRITTEN if replaced else WriteStatus.CONFLICT)
    if replaced:
        list(do(session, last_run(session)))
    tags = read_tags(music[0]).tags
    assert (tags[Field.TITLE], tags[Field.MOOD]) == (("Theirs",), ("Sad",))
    assert not tags.keys() & {Field.GENRE, Field.MAT_TAGS}


@pytest.mark.parametrize("replaced", [False, True])
def test_written_again_before_anybody_looked(session: Session, music: list[Path], replaced: bool) -> None:
    """A window that was open while the drive came back does not look again before it writes."""
    before = contents(music)
    crash(session, music[0], replaced=replaced)
    write(session, music[0], genre="Pop")
    (result,) = recover(session)
    assert result.status is (WriteStatus.WRITTEN if replaced else WriteStatus.CONFLICT)
    for run in (2, 1)[: 1 + replaced]:
        list(do(session, run))
    assert contents(music) == before


def test_the_same_written_again_is_not_taken_for_the_write_that_was_given_up(
    session: Session, music: list[Path]
) -> None:
    crash(session, music[0], replaced=False)
    (entry,) = session.journal.unfinished()
    values = {"genre": "Rock", "mood": "Happy", "mat_tags": "rock"}
    second = write(session, music[0], **values)
    (result,) = recover(session)
    assert result.status is WriteStatus.CONFLICT
    assert [run.id for run in session.runs()] == [second]
    assert session.journal.written_to([music[0]])[0].id > entry.id


def test_a_file_that_was_deleted_or_moved_is_waited_for_in_silence(
    session: Session, music: list[Path]
) -> None:
    before = contents(music)
    crash(session, music[0], replaced=True)
    bin_ = music[0].rename(music[0].parent.parent / "bin.flac")
    assert recover(session) == []
    assert len(session.journal.unfinished()) == 1
    bin_.rename(music[0])
    assert [result.status for result in recover(session)] == [WriteStatus.WRITTEN]
    list(do(session, last_run(session)))
    assert contents(music) == before


def test_where_only_the_new_copy_is_left_it_is_told(session: Session, music: list[Path]) -> None:
    before = contents(music)
    crash(session, music[0], replaced=False)
    (entry,) = session.journal.unfinished()
    music[0].unlink()  # as a file system without renaming in one step leaves it
    for _ in range(2):
        (result,) = recover(session)
        assert (result.status, entry.temp.name in result.reason) == (WriteStatus.FAILED, True)
    assert not music[0].exists(), "somebody may have moved it"
    entry.temp.rename(music[0])
    assert [result.status for result in recover(session)] == [WriteStatus.WRITTEN]
    list(do(session, last_run(session)))
    assert contents(music) == before


def test_a_file_that_was_written_and_moved_before_anybody_looked_is_found(
    session: Session, music: list[Path], tmp_path: Path
) -> None:
    before = music[0].read_bytes()
    copy = Path(shutil.copy(music[0], tmp_path / "copy.flac"))
    crash(session, music[0], replaced=True)
    new = music[0].rename(tmp_path / "moved.flac")
    tracks = [Track(path, FileStamp.of(path.stat())) for path in (copy, new)]
    session.library.put_tracks(tracks, {track.path: packets_digest(track.path) for track in tracks})
    (result,) = recover(session)
    assert (result.path, result.status) == (new, WriteStatus.WRITTEN)
    list(do(session, last_run(session)))
    assert (new.read_bytes(), copy.read_bytes()) == (before, before)


@pytest.mark.parametrize("written", [False, True])
def test_a_file_that_was_moved_before_anybody_looked_gets_no_second_copy(
    session: Session, music: list[Path], tmp_path: Path, written: bool
) -> None:
    before = music[0].read_bytes()
    crash(session, music[0], replaced=False)
    (entry,) = session.journal.unfinished()
    new = music[0].rename(tmp_path / "moved.flac")
    assert [result.status for result in recover(session)] == [WriteStatus.FAILED], "nobody knows where"
    session.library.put_tracks([Track(new, FileStamp.of(new.stat()))], {new: packets_digest(new)})
    if written:
        write(session, new, genre="Pop")
    (result,) = recover(session)
    assert (result.status, result.reason) == (WriteStatus.UNCHANGED, "was interrupted; the file is as it was")
    assert not music[0].exists()
    assert not entry.temp.exists()
    assert session.journal.unfinished() == []
    if written:
        list(do(session, last_run(session)))
    assert new.read_bytes() == before


def test_another_copy_proves_nothing(
    session: Session, music: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "copy.flac"
    copy.write_bytes(music[0].read_bytes())
    monkeypatch.setattr("mat_desktop.app.recover.now_at", lambda session, song: (copy, copy))
    crash(session, music[0], replaced=True)
    drive = music[0].parent
    drive.rename(drive.with_name("away"))
    assert [result.status for result in recover(session)] == [WriteStatus.FAILED]
    assert len(session.journal.unfinished()) == 1


def test_the_journal_fails_after_the_file_was_replaced(
    session: Session, music: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(music)

    def refuse(entry: int, state: EntryState) -> None:
        raise StoreFault("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(session.journal, "settle", refuse)
        with pytest.raises(StoreFault):
            list(apply(session, plan(music[0], genre="Rock"), Event()))
    assert [result.status for result in recover(session)] == [WriteStatus.WRITTEN]
    list(do(session, last_run(session)))
    assert contents(music) == before


def test_a_drive_that_is_away_for_a_moment_costs_the_window_no_undo(
    session: Session, music: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The window lives on after its write has failed, without a start at which it would look again."""
    before = contents(music)
    drive, real = music[0].parent, apply_module.commit

    def pulled(prepared: Prepared) -> FileStamp:
        real(prepared)
        drive.rename(drive.with_name("away"))
        raise TagFault(prepared.path, "the disk reports a read or write error")

    with monkeypatch.context() as patch:
        patch.setattr(apply_module, "commit", pulled)
        (result,) = apply(session, plan(music[0], genre="Rock"), Event())
    assert result.status is WriteStatus.FAILED
    drive.with_name("away").rename(drive)
    with pytest.raises(UsageFault):
        last_run(session)
    services = AppServices(session)
    task = services.undoing(1, (), Event(), lambda _: None)
    results = services.reverse(task, services.look_back(task, task.pasts), Event())
    assert [result.status for result in results] == [WriteStatus.WRITTEN]
    assert contents(music) == before


def test_nothing_is_settled_while_this_program_writes(session: Session, music: list[Path]) -> None:
    crash(session, music[0], replaced=False)
    (entry,) = session.journal.unfinished()
    found: list[object] = []
    with session.journal.writing():
        thread = Thread(target=lambda: found.append(recover(session)))
        thread.start()
        thread.join()
    assert found == [[]]
    assert session.journal.unfinished() == [entry]
    assert entry.temp.exists()


def test_a_copy_on_a_drive_that_went_away_is_removed_once_it_is_back(
    session: Session, music: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = music[0].parent
    away = folder.with_name("away")

    def goes(made: Path) -> None:
        folder.rename(away)

    with monkeypatch.context() as patch:
        patch.setattr(write_module, "sync_file", goes)
        (result, *_) = apply(session, plan(music[0], genre="Rock"), Event())
    assert result.reason == "its folder is not there, or its drive is away"
    away.rename(folder)
    assert list(folder.glob(".mat-*.tmp"))
    services = AppServices(session)
    assert list(services.recover()) == []
    assert not list(folder.glob(".mat-*.tmp"))
    assert session.journal.interrupted() == []


def test_a_folder_that_cannot_be_swept_is_swept_later(session: Session, music: list[Path]) -> None:
    crash(session, music[0], replaced=True)
    drive = music[0].parent
    elsewhere = encode(drive.parent / "d.flac", tone(1.0))
    crash(session, elsewhere, replaced=True)
    stray = drive / ".mat-0123456789.tmp"
    stray.write_bytes(b"half")
    drive.rename(drive.with_name("away"))
    recover(session)
    assert session.journal.interrupted() == [(1, (drive,))]
    drive.with_name("away").rename(drive)
    recover(session)
    assert session.journal.interrupted() == []
    assert not stray.exists()


def test_the_empty_folder_of_a_drive_that_went_away_is_not_taken_for_it(
    session: Session, music: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    drive, away = music[0].parent, music[0].parent.with_name("away")
    mounted = os.path.ismount
    monkeypatch.setattr(os.path, "ismount", lambda path: Path(path) == drive or mounted(path))
    (stray := drive / ".mat-0123456789.tmp").write_bytes(b"half")
    for result in apply(session, plan(*music, genre="Rock"), Event()):
        if drive.is_dir() and not away.exists():
            drive.rename(away)  # in the middle of the work
            drive.mkdir()
            assert result.status is WriteStatus.WRITTEN
    monkeypatch.setattr(os.path, "ismount", mounted)
    recover(session)
    assert session.journal.interrupted() == [(1, (drive,))], "that folder is another"
    assert [result.reason for result in do(session, 1)] == ["its folder is empty, or its drive is away"]
    assert not session.runs()[-1].tried, "its files are not gone for good"
    drive.rmdir()
    away.rename(drive)
    monkeypatch.setattr(os.path, "ismount", lambda path: Path(path) == drive or mounted(path))
    recover(session)
    assert session.journal.interrupted() == []
    assert not stray.exists()


def test_a_copy_that_is_of_no_use_any_more_is_removed(session: Session, music: list[Path]) -> None:
    crash(session, music[0], replaced=False)
    (entry,) = session.journal.unfinished()
    encode(music[0], tone(1.0, hz=900.0))
    assert recover(session) == [], "another song has the name now"
    music[0].write_bytes(entry.temp.read_bytes())  # as where the same was done since
    assert [result.status for result in recover(session)] == [WriteStatus.WRITTEN]
    assert not entry.temp.exists()
