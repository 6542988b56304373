"""Undo of copies of one sound that got the names of each other."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from threading import Event

import mutagen.flac
import numpy as np
import pytest

from mat_desktop.app.remove import look_at as look_removal
from mat_desktop.app.remove import removing
from mat_desktop.app.reverse import reverse
from mat_desktop.app.session import Session
from mat_desktop.app.undo import DOUBTFUL, redoing, undoing
from mat_desktop.domain.plan import WriteResult, WriteStatus
from mat_desktop.domain.reversal import ANOTHER
from mat_desktop.domain.tags import Field
from mat_desktop.errors import UsageFault
from mat_desktop.metadata.files import read_tags
from tests.app.test_undo_renamed import contents, look_through, remove_all, swap
from tests.app.undoing import ALL, do, heard, looked_at, retag, write
from tests.sounds import encode, tone


def remove_safely(session: Session) -> list[WriteResult]:
    """Conflicts stay."""
    task = removing(session)
    files = [file.safe for past in task.pasts if (file := look_removal(session, past)) is not None]
    return list(reverse(session, task, files, Event()))


@pytest.fixture
def pair(session: Session, music: list[Path]) -> list[Path]:
    """Two copies with genres and titles of the user's own, in folders of their own."""
    paths = [music[0].parent / name / "song.flac" for name in ("one", "other")]
    for path, name in zip(paths, ("one", "other"), strict=True):
        path.parent.mkdir()
        shutil.copy(music[0], path)
        retag(path, genre=f"Own {name}", title=name)
        heard(session, path.parent)
    return paths


@pytest.mark.parametrize("looked", [False, True])
@pytest.mark.parametrize("how", ["undo", "remove"])
def test_written_copies_that_swapped_their_names_get_their_own_values_back(
    session: Session, pair: list[Path], how: str, looked: bool
) -> None:
    one, other = pair
    before = contents(pair)
    run = write(session, ALL, *pair)
    written = contents(pair)
    swap(one, other)
    if looked:
        look_through(session, one.parent, other.parent)
    if how == "remove":
        remove_all(session)
        assert contents([other, one]) == before
        return
    for file in looked_at(session, undoing(session, run)):
        assert [item.why for item in file.fields] == [""] * len(ALL)
    do(session, undoing(session, run))
    assert contents([other, one]) == before
    swap(one, other)
    do(session, redoing(session, run))
    assert contents(pair) == written
    remove_all(session)
    assert contents(pair) == before


@pytest.mark.parametrize("runs", [1, 2])
@pytest.mark.parametrize("how", ["undo", "remove", "named"])
def test_a_written_copy_that_got_the_name_of_one_that_is_gone(
    session: Session, pair: list[Path], how: str, runs: int
) -> None:
    one, other = pair
    before = contents(pair)
    numbers = [write(session, ALL, *pair)] if runs == 1 else [write(session, ALL, path) for path in pair]
    aside = one.rename(one.with_name("aside.flac"))
    if how != "named":
        aside.unlink()
    other.rename(one)
    if how == "remove":
        remove_all(session)
    elif how == "named":
        do(session, undoing(session, numbers[0], files=[aside]))
        assert (aside.read_bytes(), read_tags(one).tags[Field.GENRE]) == (before[0], ALL[Field.GENRE])
    for number in reversed(numbers):
        with suppress(UsageFault):  # it was taken back, or nothing of it was
            do(session, undoing(session, number))
    assert one.read_bytes() == before[1]
    for number in numbers:
        with suppress(UsageFault):
            do(session, redoing(session, number), force=True)
    remove_all(session)
    assert one.read_bytes() == before[1]


def test_written_copies_of_which_nothing_tells_which_is_which_are_named(
    session: Session, pair: list[Path]
) -> None:
    run = write(session, ALL, *pair)
    swap(*pair)
    for path in pair:
        retag(path, title="Edited")
    there = contents(pair)
    for result in do(session, undoing(session, run), force=True):
        assert result.reason.startswith("several files are what it was, and nothing tells which is it:")
        assert all(str(path) in result.reason for path in pair)
    assert contents(pair) == there


@pytest.mark.parametrize("how", ["swapped", "deleted"])
@pytest.mark.parametrize("end", ["undo", "remove", "remove and undo"])
def test_own_values_stay_apart_where_copies_that_nothing_tells_apart_were_written_again(
    session: Session, pair: list[Path], how: str, end: str
) -> None:
    one, other = pair
    first = write(session, ALL, *pair)
    if how == "swapped":
        swap(one, other)
    else:
        one.unlink()
        other.rename(one)
    there = [path for path in pair if path.exists()]
    for path in there:
        retag(path, album="Edited")
    titles = [read_tags(path).tags[Field.TITLE] for path in there]
    second = write(session, ALL | {Field.GENRE: ("Rock",), Field.MAT_TAGS: ("genre:rock",)}, *there)
    if end == "undo":
        do(session, undoing(session, second))
        left = contents(there)
        results = do(session, undoing(session, first), force=True)
        assert not any(result.changes for result in results)
        assert all("what it was" in result.reason for result in results)
        assert all("is in the run's history" in result.reason for result in results)
        assert contents(there) == left
        return
    remove_safely(session)
    if end == "remove and undo":
        do(session, undoing(session, session.journal.own[-1]))
        with suppress(UsageFault):
            do(session, undoing(session, first))
    own = {("one",): "Own one", ("other",): "Own other"}
    for path, title in zip(there, titles, strict=True):
        assert set(read_tags(path).tags[Field.GENRE]) <= {"Rock", "Indie", own[title]}


def test_one_of_two_written_copies_that_was_edited_at_its_place(session: Session, pair: list[Path]) -> None:
    run = write(session, ALL, *pair)
    retag(pair[0], title="Edited")
    do(session, undoing(session, run))
    assert read_tags(pair[0]).tags == {Field.GENRE: ("Own one",), Field.TITLE: ("Edited",)}
    assert read_tags(pair[1]).tags[Field.GENRE] == ("Own other",)


@pytest.mark.parametrize("stays", [False, True])
@pytest.mark.parametrize("how", ["undo", "remove"])
def test_values_of_an_unwritten_copy_that_got_the_name_stay(
    session: Session, pair: list[Path], how: str, stays: bool
) -> None:
    one, other = pair
    retag(other, instrument="Guitar")
    before = other.read_bytes()
    run = write(session, ALL, one)
    one.unlink()
    shutil.copy(other, one)
    if not stays:
        other.unlink()
    if how == "undo":
        (file,) = looked_at(session, undoing(session, run))
        assert {item.why for item in file.fields if not item.idle} >= {DOUBTFUL}
        results = do(session, undoing(session, run))
    else:
        results = remove_safely(session)
    assert [result.status for result in results] == [WriteStatus.CONFLICT]
    assert one.read_bytes() == before


def test_whoever_says_so_takes_values_out_of_a_file_without_marks(
    session: Session, music: list[Path]
) -> None:
    heard(session, music[0].parent)
    run = write(session, ALL, music[0])
    retag(music[0], mat_tags="", mat_model="", title="Mine")
    do(session, undoing(session, run))
    assert read_tags(music[0]).tags[Field.GENRE] == ALL[Field.GENRE]
    do(session, undoing(session, run), force=True)
    assert not read_tags(music[0]).tags.keys() & {Field.GENRE, Field.MOOD, Field.INSTRUMENT}


@pytest.mark.parametrize("marked", [True, False])
def test_a_name_that_files_had_by_turns_tells_nothing(
    session: Session, pair: list[Path], marked: bool
) -> None:
    one, other = pair
    before = contents(pair)
    values = ALL if marked else {Field.GENRE: ("Rock",)}
    first = write(session, values, one)
    swap(one, other)
    second = write(session, {**values, Field.GENRE: ("Rock", "Dance")}, one)
    do(session, undoing(session, first))
    assert other.read_bytes() == before[0]
    assert read_tags(one).tags[Field.GENRE] == ("Rock", "Dance")
    do(session, undoing(session, second))
    assert contents([other, one]) == before


@pytest.mark.parametrize("how", ["undo", "named", "remove"])
def test_a_song_that_was_renamed_and_whose_values_another_program_changed(
    session: Session, music: list[Path], how: str
) -> None:
    heard(session, music[0].parent)
    run = write(session, ALL, music[0])
    retag(music[0], genre="Mine")
    new = music[0].rename(music[0].with_name("new.flac"))
    if how == "remove":
        results = [result for result in remove_safely(session) if result.path == new]
    else:
        files = [new] if how == "named" else []
        results = do(session, undoing(session, run, files=files))
    assert [(result.path, result.status) for result in results] == [(new, WriteStatus.CONFLICT)]
    assert read_tags(new).tags == {Field.GENRE: ("Mine",)}


@pytest.mark.parametrize("how", ["undo", "remove"])
def test_a_copy_of_another_written_one_is_not_taken_for_one_that_is_gone_where_values_were_changed(
    session: Session, pair: list[Path], how: str
) -> None:
    run = write(session, ALL, *pair)
    copy = Path(shutil.copy(pair[1], pair[1].with_name("copy.flac")))
    retag(copy, mood="Mine")
    pair[0].unlink()
    there = read_tags(copy).tags
    if how == "undo":
        do(session, undoing(session, run), force=True)
        assert read_tags(copy).tags == there
    else:
        remove_safely(session)
        assert read_tags(copy).tags[Field.GENRE] == ALL[Field.GENRE]


@pytest.mark.parametrize("how", ["undo", "remove"])
def test_a_file_that_was_encoded_anew_is_the_same_song(session: Session, music: list[Path], how: str) -> None:
    path, folder = music[0], music[0].parent
    retag(path, genre="Jazz")
    heard(session, folder)
    run = write(session, ALL, path)
    tags = read_tags(path).tags
    encode(path, tone(1.0, hz=440.0) * np.float32(0.5))
    file = mutagen.flac.FLAC(path)
    for field, values in tags.items():
        file[str(field)] = list(values)
    file.save()
    assert read_tags(path).tags == tags
    if how == "remove":
        remove_safely(session)
    else:
        do(session, undoing(session, run))
    assert read_tags(path).tags == {Field.GENRE: ("Jazz",)}
    if how == "undo":
        do(session, redoing(session, run))
        assert read_tags(path).tags == tags
        do(session, undoing(session, run))
        assert read_tags(path).tags == {Field.GENRE: ("Jazz",)}
        do(session, redoing(session, run))
        remove_safely(session)
        assert read_tags(path).tags == {Field.GENRE: ("Jazz",)}


def test_values_that_an_encoder_wrote_as_one_are_taken_out_by_whoever_says_so(
    session: Session, music: list[Path]
) -> None:
    heard(session, music[0].parent)
    run = write(session, ALL, music[0])
    tags = read_tags(music[0]).tags
    encode(music[0], tone(1.0, hz=440.0) * np.float32(0.5))
    retag(music[0], **{str(field): ";".join(values) for field, values in tags.items()})
    (result,) = do(session, undoing(session, run))
    assert result.reason.startswith("genre left as found: another program changed it since")
    do(session, undoing(session, run), force=True)
    assert read_tags(music[0]).tags == {}


def test_another_song_with_what_was_left_that_is_known_elsewhere_is_not_one_that_was_encoded_anew(
    session: Session, music: list[Path]
) -> None:
    heard(session, music[0].parent)
    run = write(session, ALL, *music[:2])
    shutil.copy(music[1], music[0])
    there = contents(music)
    (result, _) = do(session, undoing(session, run))
    assert (result.path, result.reason, music[0].read_bytes()) == (music[0], ANOTHER, there[0])


def test_a_song_that_went_to_a_folder_of_another_run(
    session: Session, music: list[Path], tmp_path: Path
) -> None:
    before = contents(music)
    heard(session, music[0].parent)
    other = tmp_path / "other" / "song.flac"
    other.parent.mkdir()
    shutil.copy(music[1], other)
    write(session, ALL, other)
    run = write(session, ALL, music[0])
    new = other.with_name("new.flac")
    shutil.copy(music[0], new)
    music[0].unlink()
    do(session, undoing(session, run))
    assert new.read_bytes() == before[0]
