"""Files that are as a write left them again, though that was taken back meanwhile: a drive came back."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree, rmtree
from threading import Event

import pytest

from mat_desktop.app import remove
from mat_desktop.app.latest import latest
from mat_desktop.app.reverse import reverse
from mat_desktop.app.scan import scan
from mat_desktop.app.session import Session
from mat_desktop.app.standing import as_they_come
from mat_desktop.app.undo import last_run, redoing, undoing, undoing_files
from mat_desktop.domain.plan import WriteResult, WriteStatus
from mat_desktop.domain.reversal import BY_OTHERS, RunKind
from mat_desktop.domain.tags import Field
from mat_desktop.errors import UsageFault
from tests.app.undoing import ALL, do, retag, write


def contents(music: list[Path]) -> list[bytes]:
    return [path.read_bytes() for path in music]


def undo(session: Session) -> list[WriteResult]:
    return do(session, undoing(session, latest(session, RunKind.UNDO)))


def remove_all(session: Session, *under: Path) -> list[WriteResult]:
    task = remove.removing(session, under)
    found = [file.safe for past in task.pasts if (file := remove.look_at(session, past))]
    return list(reverse(session, task, found, Event()))


@pytest.fixture
def run(session: Session, music: list[Path]) -> int:
    """Was written, and taken back where a backup stood in the place of the files, which came back then."""
    folder = music[0].parent
    copytree(folder, folder.with_name("backup"))
    run = write(session, ALL, *music)
    folder.rename(folder.with_name("away"))
    copytree(folder.with_name("backup"), folder)
    results = undo(session)
    assert {(result.status, result.reason) for result in results} == {(WriteStatus.UNCHANGED, BY_OTHERS)}
    assert all(run.undone for run in session.runs())
    rmtree(folder)
    folder.with_name("away").rename(folder)
    return run


def before(music: list[Path]) -> list[bytes]:
    return contents([path.parent.with_name("backup") / path.name for path in music])


@pytest.mark.parametrize("way", ["undo", "by number", "files", "remove", "remove under"])
def test_what_came_back_is_taken_back(session: Session, music: list[Path], run: int, way: str) -> None:
    written = contents(music)
    results = {
        "undo": lambda: undo(session),
        "by number": lambda: do(session, undoing(session, run)),
        "files": lambda: do(session, undoing_files(session, music)),
        "remove": lambda: remove_all(session),
        "remove under": lambda: remove_all(session, music[0].parent),
    }[way]()
    assert {result.status for result in results} == {WriteStatus.WRITTEN}
    assert contents(music) == before(music)
    last, first = session.runs()
    assert (first.id, first.undone, last.undone) == (run, True, False), "what was only found is no run"
    if last.kind is RunKind.UNDO:
        with pytest.raises(UsageFault, match="nothing to undo"):
            undo(session)
        do(session, redoing(session, last.id))
    else:
        undo(session)
    assert contents(music) == written
    undo(session)
    assert contents(music) == before(music)


def test_a_backup_of_the_written_files_counts_as_they_do(session: Session, music: list[Path]) -> None:
    states = [contents(music)]
    for genre in ("Rock", "Pop"):
        write(session, {Field.GENRE: (genre,)}, *music)
        states.append(contents(music))
    for _ in range(2):
        undo(session)
    assert contents(music) == states[0]
    for state in (1, 2, 1):
        for path, content in zip(music, states[state], strict=True):
            path.write_bytes(content)
        for count in reversed(range(state)):
            undo(session)
            assert contents(music) == states[count]
        with pytest.raises(UsageFault, match="nothing to undo"):
            undo(session)


def test_a_file_that_another_program_made_so_is_not_ours(session: Session, music: list[Path]) -> None:
    write(session, {Field.GENRE: ("Rock",)}, music[0])
    undo(session)
    retag(music[0], GENRE="Rock", TITLE="Theirs")
    with pytest.raises(UsageFault, match="nothing to undo"):
        undo(session)
    assert {result.status for result in remove_all(session)} == {WriteStatus.CONFLICT}


def test_a_look_at_the_folder_finds_what_came_back(session: Session, music: list[Path], run: int) -> None:
    with pytest.raises(UsageFault):
        last_run(session)
    assert len([*as_they_come(session, scan(session, [music[0].parent], Event()), Event())]) == len(music)
    assert last_run(session) == run
    assert session.journal.taken_back() == {}


def test_a_file_that_was_moved_comes_back_at_its_new_place(session: Session, music: list[Path]) -> None:
    path, home = music[0], music[0].with_name("renamed.flac")
    original = path.read_bytes()
    states = []
    for genre in ("Rock", "Pop"):
        write(session, {Field.GENRE: (genre,), Field.MAT_TAGS: (f"genre:{genre.lower()}",)}, path)
        states.append(path.read_bytes())
        if path != home:
            path.rename(home)
            path = home
    for _ in states:
        undo(session)
    assert home.read_bytes() == original
    home.write_bytes(states[1])
    for content in (states[0], original):
        undo(session)
        assert home.read_bytes() == content
