"""All that the program ever wrote goes out of the files again."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from mat_desktop.app import remove
from mat_desktop.app.reverse import reverse
from mat_desktop.app.scan import scan
from mat_desktop.app.session import Session
from mat_desktop.app.undo import last_run, redoing, undoing
from mat_desktop.domain.plan import Change, WriteResult, WriteStatus
from mat_desktop.domain.reversal import FileReversal, RunKind
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import FileStamp
from mat_desktop.errors import UsageFault
from mat_desktop.metadata.files import read_tags
from tests.app.undoing import ALL, do, heard, rest, retag, write
from tests.metadata import sample_files

MARKS = (Field.MAT_TAGS, Field.MAT_MODEL)


def found(session: Session, *under: Path, fields: tuple[Field, ...] = ()) -> dict[Path, FileReversal]:
    pasts = remove.removing(session, under).pasts
    files = (remove.look_at(session, past, fields) for past in pasts)
    return {file.place: file for file in files if file is not None}


def remove_all(session: Session, *under: Path, fields: tuple[Field, ...] = ()) -> list[WriteResult]:
    files = [file.safe for file in found(session, *under, fields=fields).values()]
    return list(reverse(session, remove.removing(session, under), files, Event()))


@pytest.mark.parametrize("extension", sample_files.ALL)
def test_after_several_runs_a_file_is_byte_for_byte_as_it_was(
    extension: str, session: Session, tmp_path: Path
) -> None:
    path = sample_files.make(tmp_path, extension)
    before = path.read_bytes()
    runs = [
        write(session, ALL, path),
        write(session, {Field.GENRE: ("Pop",), Field.MOOD: (), Field.VOICE: ("Female",)}, path),
    ]
    do(session, undoing(session, runs[1], fields=[Field.VOICE]))
    write(session, {Field.GENRE: ("Pop", "Jazz")}, path)
    written = path.read_bytes()
    (result,) = remove_all(session)
    assert result.status is WriteStatus.WRITTEN
    assert path.read_bytes() == before
    assert found(session) == {}
    history = session.runs()
    assert (history[0].kind, history[0].undo_of) == (RunKind.REMOVE, None)
    assert all(run.undone for run in history[1:] if run.kind is RunKind.WRITE)

    do(session, undoing(session, last_run(session)))
    assert path.read_bytes() == written
    assert not any(run.undone for run in session.runs() if run.id == runs[0])
    do(session, redoing(session, session.runs()[0].id))
    assert path.read_bytes() == before


def test_what_another_program_set_in_between_comes_back(session: Session, music: list[Path]) -> None:
    path = music[0]
    write(session, {Field.GENRE: ("Rock",)}, path)
    retag(path, GENRE="Jazz")
    theirs = path.read_bytes()
    write(session, {Field.GENRE: ("Jazz", "Pop")}, path)
    (file,) = found(session).values()
    assert [item.change for item in file.fields] == [Change(Field.GENRE, ("Jazz", "Pop"), ("Jazz",))]
    remove_all(session)
    assert path.read_bytes() == theirs


def test_a_field_that_another_program_changed_stays_and_is_told(session: Session, music: list[Path]) -> None:
    path = music[0]
    write(session, ALL, path)
    retag(path, GENRE="Theirs", COMMENT="also theirs")
    (file,) = found(session).values()
    by_field = {item.change.field: item for item in file.fields}
    assert by_field[Field.GENRE].conflict
    assert not by_field[Field.MOOD].why
    picked = file.only(by_field.keys() - {Field.GENRE})
    assert picked == file.safe, "whoever leaves it out by hand"
    assert Change(Field.MAT_TAGS, read_tags(path).tags[Field.MAT_TAGS], ()) in picked.changes
    (result,) = remove_all(session)
    assert (result.status, result.reason) == (
        WriteStatus.CONFLICT,
        "genre left as found: another program changed it since",
    )
    assert read_tags(path).tags[Field.GENRE] == ("Theirs",)
    assert not read_tags(path).tags.keys() & {*MARKS, Field.MOOD, Field.INSTRUMENT}
    assert next(iter(found(session).values())).safe.changes == ()


def test_marks_from_another_computer_go_and_genre_stays(
    session: Session, music: list[Path], tmp_path: Path
) -> None:
    elsewhere = Session(tmp_path / "elsewhere", str(tmp_path / "model"))
    write(elsewhere, ALL, music[0])
    elsewhere.close()
    assert found(session) == {}, "neither in the journal nor in the library"
    list(scan(session, [music[0].parent], Event()))
    (file,) = found(session).values()
    assert {item.change.field for item in file.fields} == set(MARKS)
    assert file.note == (
        "carries marks that another computer wrote; its genre, mood, instrument stay, "
        "as what they were is not known here"
    )
    others = rest(music[0], *MARKS)
    (result,) = remove_all(session)
    assert result.status is WriteStatus.WRITTEN
    assert rest(music[0], *MARKS) == others
    assert read_tags(music[0]).tags[Field.GENRE] == ALL[Field.GENRE]
    assert found(session) == {}
    do(session, undoing(session, last_run(session)))
    assert read_tags(music[0]).tags[Field.MAT_MODEL] == ("tiny",)


def test_marks_that_were_there_before_our_first_write_go_too(
    session: Session, music: list[Path], tmp_path: Path
) -> None:
    elsewhere = Session(tmp_path / "elsewhere", str(tmp_path / "model"))
    write(elsewhere, {Field.GENRE: ("Rock",), Field.MAT_TAGS: ("genre:rock",)}, music[0])
    elsewhere.close()
    write(session, {Field.MOOD: ("Happy",), Field.MAT_TAGS: ("mood:happy",)}, music[0])
    (file,) = found(session).values()
    assert "another computer" in file.note
    remove_all(session)
    tags = read_tags(music[0]).tags
    assert tags[Field.GENRE] == ("Rock",)
    assert not tags.keys() & {Field.MOOD, Field.MAT_TAGS}


def test_only_some_paths_and_fields(session: Session, music: list[Path], tmp_path: Path) -> None:
    run = write(session, ALL, *music)
    sub = tmp_path / "sub"
    sub.mkdir()
    copy = Path(shutil.copy(music[0], sub))
    assert set(found(session, music[0])) == {music[0]}
    assert set(found(session, sub)) == {copy}, "searched for marks"
    with pytest.raises(UsageFault, match="nowhere: no such file or folder"):
        found(session, tmp_path / "nowhere")
    remove_all(session, music[0], fields=(Field.MOOD,))
    assert Field.MOOD not in read_tags(music[0]).tags
    assert read_tags(music[0]).tags[Field.GENRE] == ALL[Field.GENRE]
    assert [r.reverted for r in session.runs() if r.id == run] == [1]


def test_files_that_are_gone_are_listed_while_something_of_ours_was_in_them(
    session: Session, music: list[Path]
) -> None:
    run = write(session, ALL, *music[:2])
    do(session, undoing(session, run, files=[music[1]]))
    music[0].unlink()
    music[1].unlink()
    (file,) = found(session).values()
    assert (file.path, file.fault) == (music[0], "the file is gone")
    (result,) = remove_all(session)
    assert result.status is WriteStatus.FAILED


def test_a_moved_file_goes_back_as_well(session: Session, music: list[Path]) -> None:
    heard(session, music[0].parent)
    before = music[0].read_bytes()
    write(session, ALL, music[0])
    new = music[0].rename(music[0].with_name("renamed.flac"))
    list(scan(session, [new], Event()))
    write(session, {Field.GENRE: ("Pop",)}, new)
    (file,) = found(session).values()
    assert (file.path, file.note) == (new, "")
    remove_all(session)
    assert new.read_bytes() == before
    assert found(session) == {}


def test_a_file_that_was_moved_there_and_back(session: Session, music: list[Path]) -> None:
    path = music[0]
    heard(session, path.parent)
    before = path.read_bytes()
    write(session, ALL, path)
    new = path.rename(path.with_name("renamed.flac"))
    list(scan(session, [new], Event()))
    write(session, {Field.GENRE: ("Pop",)}, new)
    new.rename(path)
    list(scan(session, [path], Event()))
    assert found(session)[path].fields[0].change == Change(Field.GENRE, ("Pop",), ())
    write(session, {Field.GENRE: ("Jazz",)}, path)
    remove_all(session)
    assert path.read_bytes() == before
    assert found(session) == {}


@pytest.mark.parametrize("marked", [True, False])
def test_of_a_moved_file_and_its_copies_each_is_cleared(
    session: Session, music: list[Path], tmp_path: Path, marked: bool
) -> None:
    before = music[0].read_bytes()
    heard(session, music[0].parent)
    run = write(session, ALL if marked else {Field.GENRE: ("Rock",)}, music[0])
    written = music[0].read_bytes()
    there = [tmp_path / name / "new.flac" for name in ("one", "other")]
    for copy in there:  # as between drives: nothing tells which is the one that was moved
        copy.parent.mkdir()
        shutil.copyfile(music[0], copy)
    music[0].unlink()
    list(scan(session, [tmp_path], Event()))
    files = found(session)
    assert set(files) == set(there)
    assert {(file.told_move, file.note) for file in files.values()} == {
        (f"was {music[0]} when it was written, or is a copy of it", "")
    }
    assert {result.status for result in remove_all(session)} == {WriteStatus.WRITTEN}
    assert [copy.read_bytes() for copy in there] == [before] * 2
    assert found(session) == {}
    (undone,) = [r for r in session.runs() if r.id == run]
    assert undone.undone
    do(session, undoing(session, last_run(session)))
    assert [copy.read_bytes() for copy in there] == [written] * 2
    remove_all(session)
    assert [copy.read_bytes() for copy in there] == [before] * 2
    assert found(session) == {}


def test_a_copy_that_was_made_of_a_written_file_is_cleared_alone(
    session: Session, music: list[Path], tmp_path: Path
) -> None:
    path = music[0]
    retag(path, genre="Jazz")
    before = path.read_bytes()
    heard(session, path.parent)
    run = write(session, {**ALL, Field.GENRE: ("Jazz", "Rock")}, path)
    written = path.read_bytes()
    same, titled, edited, stripped = (tmp_path / name / "copy.flac" for name in ("a", "b", "c", "d"))
    for copy in (same, titled, edited, stripped):
        copy.parent.mkdir()
        shutil.copy(path, copy)
    retag(titled, title="A title")
    retag(edited, mood="Mine")
    retag(stripped, mat_tags="", mat_model="")
    there = stripped.read_bytes()
    files = found(session, *(copy.parent for copy in (same, titled, edited, stripped)))
    assert set(files) == {same, titled, edited}
    told = f"is a copy of {path}, made after that was written"
    assert [files[copy].told_move for copy in (same, titled)] == [told] * 2
    assert "its genre, mood, instrument stay" in files[edited].note
    remove_all(session, *(copy.parent for copy in (same, titled, edited, stripped)))
    assert same.read_bytes() == before
    assert read_tags(titled).tags == {Field.GENRE: ("Jazz",), Field.TITLE: ("A title",)}
    assert read_tags(edited).tags[Field.MOOD] == ("Mine",)
    assert stripped.read_bytes() == there
    assert path.read_bytes() == written
    assert not any(r.reverted for r in session.runs() if r.id == run), "that one still has it"
    assert set(found(session)) == {path}
    remove_all(session)
    assert path.read_bytes() == before


def test_a_copy_that_nobody_has_listened_to_is_cleared_where_no_folder_is_named(
    session: Session, music: list[Path]
) -> None:
    heard(session, music[0].parent)
    before = music[0].read_bytes()
    write(session, ALL, music[0])
    copy = music[0].with_name("copy.flac")
    shutil.copy(music[0], copy)
    changed = music[0].with_name("changed.flac")
    shutil.copy(music[0], changed)
    retag(changed, genre="Mine")
    task = remove.removing(session)
    files = [file for past in task.pasts if (file := remove.look_at(session, past)) is not None]
    list(reverse(session, task, files, Event()))
    assert [music[0].read_bytes(), copy.read_bytes()] == [before, before]
    (note,) = (file.note for file in files if file.note)
    assert note.startswith("is a copy of a file that was written, and was changed since; its genre, ")
    assert read_tags(changed).tags[Field.GENRE] == ("Mine",)


def test_a_copy_of_a_copy_is_cleared_of_all(session: Session, music: list[Path]) -> None:
    path, folder = music[0], music[0].parent
    before = path.read_bytes()
    heard(session, folder)
    write(session, {Field.GENRE: ("Rock",)}, path)
    copy = Path(shutil.copy(path, folder / "copy.flac"))
    heard(session, folder)
    write(session, {Field.MOOD: ("Happy",)}, copy)
    again = Path(shutil.copy(copy, folder / "again.flac"))
    files = found(session, folder)
    assert set(files) == {path, copy, again}, "also one that was not listened to"
    assert files[again].told_move == "is a copy of copy.flac, made after that was written"
    remove_all(session, folder)
    assert [file.read_bytes() for file in (path, copy, again)] == [before] * 3
    assert found(session, folder) == {}


def test_a_copy_of_files_that_were_not_alike_before_keeps_its_values(
    session: Session, music: list[Path], tmp_path: Path
) -> None:
    one, other = music[0], Path(shutil.copy(music[0], music[0].with_name("other.flac")))
    retag(one, genre="Rock")
    heard(session, one.parent)
    write(session, ALL | {Field.GENRE: ("Rock",)}, one, other)
    copy = tmp_path / "copy" / "new.flac"
    copy.parent.mkdir()
    shutil.copy(other, copy)
    retag(copy, title="A title")
    (file,) = found(session, copy.parent).values()
    assert file.note.startswith("is a copy of one of several files that were not alike before")
    remove_all(session, copy.parent)
    assert read_tags(copy).tags[Field.GENRE] == ("Rock",)


@pytest.mark.parametrize("written", [False, True])
@pytest.mark.parametrize("how", ["remove", "undo"])
def test_values_of_the_user_in_a_copy_of_a_file_that_is_gone_stay(
    how: str, written: bool, session: Session, music: list[Path]
) -> None:
    path = music[0]
    copy = Path(shutil.copy(path, path.with_name("copy.flac")))
    retag(copy, genre="Rock")
    heard(session, path.parent)
    run = write(session, {Field.GENRE: ("Rock",), Field.MAT_TAGS: ("rock",)}, path)
    if written:
        write(session, {Field.MAT_TAGS: ("rock",)}, copy)
    path.unlink()
    if how == "remove":
        remove_all(session)
    else:
        do(session, undoing(session, run))
    assert read_tags(copy).tags[Field.GENRE] == ("Rock",)
    assert (Field.MAT_TAGS in read_tags(copy).tags) == (written and how == "undo")


def test_stopped_in_the_middle_it_goes_on_with_the_rest(session: Session, music: list[Path]) -> None:
    before = [path.read_bytes() for path in music]
    write(session, ALL, *music)
    cancel = Event()
    for _ in reverse(session, remove.removing(session), list(found(session).values()), cancel):
        cancel.set()
    assert len(found(session)) == 2
    assert (session.runs()[0].files, session.runs()[0].planned) == (1, 3)
    remove_all(session)
    assert [path.read_bytes() for path in music] == before


def test_the_list_keeps_the_tags_of_fields_that_are_not_removed(session: Session, music: list[Path]) -> None:
    path = music[0]
    before = path.read_bytes()
    write(session, ALL, path)
    write(session, {Field.MAT_TAGS: ("genre:rock", "mood:happy", "mood:odd")}, path)
    remove_all(session, fields=(Field.MOOD,))
    tags = read_tags(path).tags
    assert (tags.get(Field.MOOD), tags[Field.MAT_TAGS]) == (None, ("genre:rock",))
    remove_all(session)
    assert path.read_bytes() == before


def test_an_undo_gives_the_list_nothing_of_a_field_that_was_removed_since(
    session: Session, music: list[Path]
) -> None:
    path = music[0]
    run = write(session, ALL, path)
    do(session, undoing(session, run))
    undo = session.journal.own[-1]
    do(session, redoing(session, undo, fields=[Field.GENRE]))
    remove_all(session, fields=(Field.GENRE,))
    do(session, undoing(session, undo, fields=[Field.MOOD, Field.INSTRUMENT]))
    assert read_tags(path).tags.get(Field.MAT_TAGS) == ("mood:happy",)


def test_the_mark_of_the_model_stays_with_a_field_that_is_left_out(
    session: Session, music: list[Path]
) -> None:
    path = music[0]
    before = path.read_bytes()
    write(session, ALL, path)
    (file,) = found(session).values()
    left = file.only({item.change.field for item in file.fields} - {Field.GENRE})  # a box of the panel
    list(reverse(session, remove.removing(session), [left], Event()))
    tags = read_tags(path).tags
    assert (tags.get(Field.MOOD), tags[Field.MAT_MODEL]) == (None, ALL[Field.MAT_MODEL])
    remove_all(session, fields=(Field.GENRE,))
    assert path.read_bytes() == before, "it goes with the last"


def test_two_files_that_plan_as_the_same_write_are_each_cleared(session: Session, music: list[Path]) -> None:
    before = music[0].read_bytes()
    write(session, ALL, music[0])
    copy = Path(shutil.copy(music[0], music[0].with_name("copy.flac")))
    (file,) = found(session, music[0]).values()
    same = replace(file, path=copy, place=copy, stamp=FileStamp.of(copy.stat()))
    results = list(reverse(session, remove.removing(session), [file, same], Event()))
    assert [result.status for result in results] == [WriteStatus.WRITTEN] * 2
    assert music[0].read_bytes() == before
    assert not read_tags(copy).tags.keys() & ALL.keys()
    do(session, undoing(session, last_run(session)))
    assert read_tags(copy).tags[Field.MAT_MODEL] == ("tiny",)
