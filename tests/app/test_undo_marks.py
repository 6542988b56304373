"""What undo and redo do with MAT_TAGS and MAT_MODEL, which follow the fields."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest

from mat_desktop.app.reverse import reverse
from mat_desktop.app.session import Session
from mat_desktop.app.undo import (
    last_run,
    redoing,
    undoing,
    undoing_files,
)
from mat_desktop.domain.tags import Field
from mat_desktop.metadata.files import read_tags
from tests.app.undoing import ALL, do, looked_at, write


def listed(path: Path) -> tuple[str, ...]:
    return tuple(read_tags(path).tags.get(Field.MAT_TAGS, ()))


def test_the_list_of_tags_follows_its_fields(session: Session, music: list[Path]) -> None:
    path = music[0]
    original = path.read_bytes()
    run = write(session, ALL, path)
    written = path.read_bytes()
    do(session, undoing(session, run, fields=[Field.MOOD]))
    first = session.journal.own[-1]
    assert listed(path) == ("genre:rock",)
    do(session, undoing(session, run))
    second = session.journal.own[-1]
    assert path.read_bytes() == original, "the rest of the run"

    # Back again, in the other order than they went.
    do(session, redoing(session, first))
    assert listed(path) == ("mood:happy",)
    do(session, undoing(session, second))
    assert read_tags(path).tags == read_tags(path).tags | ALL
    do(session, undoing(session, run))
    assert path.read_bytes() == original
    do(session, redoing(session, run))
    assert path.read_bytes() == written

    # The last write to the file is the run's, and not what its list lost.
    do(session, undoing(session, run, fields=[Field.GENRE]))
    do(session, undoing_files(session, [path]))
    assert path.read_bytes() == original


def test_the_list_of_a_later_run_loses_what_an_earlier_one_had_written(
    session: Session, music: list[Path]
) -> None:
    path = music[1]
    first = write(session, ALL, path)
    pop = ("mood:happy", "genre:pop")
    second = write(session, {Field.GENRE: ("Pop",), Field.MAT_TAGS: pop}, path)
    (result,) = do(session, undoing(session, first))
    assert result.reason == f"genre left as found: run {second} wrote it since"
    assert listed(path) == ("genre:pop",)
    do(session, undoing(session, first), force=True)
    assert listed(path) == ()
    assert Field.GENRE not in read_tags(path).tags
    assert not read_tags(path).tags.keys() & {Field.MOOD, Field.INSTRUMENT, Field.MAT_MODEL}


def test_a_field_that_is_left_out_of_an_undo_stays_in_the_list(session: Session, music: list[Path]) -> None:
    path = music[2]
    original = path.read_bytes()
    run = write(session, ALL, path)
    task = undoing(session, run)
    (file,) = looked_at(session, task)
    list(reverse(session, task, [file.only({*ALL} - {Field.MOOD})], Event()))
    assert (listed(path), read_tags(path).tags[Field.MOOD]) == (("mood:happy",), ("Happy",))
    do(session, undoing(session, run))
    assert path.read_bytes() == original
    write(session, ALL, path)
    do(session, undoing(session, last_run(session), fields=[Field.MAT_TAGS]))
    assert listed(path) == (), "asked for alone it goes as a whole"


def test_the_list_keeps_what_was_written_anew_after_it_had_been_taken_back(
    session: Session, music: list[Path]
) -> None:
    path = music[0]
    run = write(session, ALL, path)
    do(session, undoing(session, run, fields=[Field.GENRE]))
    write(session, {Field.GENRE: ("Rock",), Field.MAT_TAGS: ("genre:rock", "mood:happy")}, path)
    do(session, undoing(session, run))
    assert (listed(path), read_tags(path).tags[Field.GENRE]) == (("genre:rock",), ("Rock",))


def test_the_mark_of_the_model_goes_with_the_last_field_and_comes_back_with_the_first(
    session: Session, music: list[Path]
) -> None:
    path = music[0]
    original = path.read_bytes()
    run = write(session, ALL, path)
    written = read_tags(path).tags

    def model() -> tuple[str, ...]:
        return tuple(read_tags(path).tags.get(Field.MAT_MODEL, ()))

    undos = []
    for field, left in ((Field.GENRE, ("tiny",)), (Field.MOOD, ("tiny",)), (Field.INSTRUMENT, ())):
        assert model() == ("tiny",)
        do(session, undoing(session, run, fields=[field]))
        undos.append(session.journal.own[-1])
        assert model() == left
    assert path.read_bytes() == original

    genre, mood, instrument = undos
    do(session, redoing(session, genre))  # its own undo left the mark in the file
    again = session.journal.own[-1]
    assert model() == ("tiny",)
    do(session, redoing(session, instrument))
    do(session, undoing(session, again, fields=[Field.GENRE]))
    assert (model(), Field.GENRE in read_tags(path).tags) == (("tiny",), False), "an instrument is there"
    do(session, redoing(session, run, fields=[Field.GENRE]))
    do(session, redoing(session, mood))
    assert read_tags(path).tags == written

    for field in (Field.INSTRUMENT, Field.GENRE, Field.MOOD):
        do(session, undoing(session, run, fields=[field]))
    assert path.read_bytes() == original
    do(session, redoing(session, run, fields=[Field.MOOD]))
    assert model() == ("tiny",)


def test_the_mark_of_the_model_stays_nowhere_alone(session: Session, music: list[Path]) -> None:
    path = music[0]
    original = path.read_bytes()
    marks = {Field.MAT_TAGS: ("genre:rock", "character:slow"), Field.MAT_MODEL: ("tiny",)}
    for values, chosen in (({Field.GENRE: ("Rock",), **marks}, Field.GENRE), (marks, Field.MAT_TAGS)):
        run = write(session, values, path)
        written = path.read_bytes()
        task = undoing(session, run)
        (file,) = looked_at(session, task)
        list(reverse(session, task, [file.only({chosen})], Event()))  # one box of the panel
        assert path.read_bytes() == original
        do(session, redoing(session, run, fields=[chosen]))
        assert path.read_bytes() == written
        do(session, undoing(session, run, fields=[chosen]))
        assert path.read_bytes() == original

    run = write(session, ALL, path)
    do(session, undoing(session, run, fields=[Field.MOOD, Field.MAT_MODEL]))
    assert Field.MAT_MODEL not in read_tags(path).tags, "it was asked for"


def test_the_mark_of_the_model_that_a_later_run_wrote_stays(session: Session, music: list[Path]) -> None:
    path = music[1]
    first = write(session, {Field.GENRE: ("Rock",), Field.MAT_MODEL: ("tiny",)}, path)
    second = write(session, {Field.MOOD: ("Happy",), Field.MAT_MODEL: ("large",)}, path)
    do(session, undoing(session, first, fields=[Field.GENRE]))
    assert read_tags(path).tags[Field.MAT_MODEL] == ("large",)
    do(session, undoing(session, second, fields=[Field.MOOD]))
    assert Field.MOOD not in read_tags(path).tags


@pytest.mark.parametrize("genre", [(), ("Punk",)])
def test_marks_stay_where_the_value_that_they_are_about_comes_back(
    session: Session, music: list[Path], genre: tuple[str, ...]
) -> None:
    """A later run took the value of an earlier one out of the file, or put another in its place."""
    path = music[0]
    character = ("character:slow",)
    write(session, {Field.GENRE: ("Rock",), Field.MAT_TAGS: ("genre:rock", *character)}, path)
    before = path.read_bytes()
    noted = tuple(f"genre:{value.lower()}" for value in genre)
    run = write(session, {Field.GENRE: genre, Field.MAT_TAGS: (*noted, *character)}, path)
    (file,) = looked_at(session, undoing(session, run))
    assert {change.field for change in file.changes} == {Field.GENRE, Field.MAT_TAGS}
    do(session, undoing(session, run))
    assert path.read_bytes() == before


def test_each_run_is_taken_back_exactly_where_one_of_them_had_taken_all_out(
    session: Session, music: list[Path]
) -> None:
    path = music[0]
    mark, none = {Field.MAT_MODEL: ("tiny",)}, {Field.MAT_MODEL: ()}
    noted = ("genre:jazz", "genre:punk")
    steps = [
        {Field.GENRE: ("Rock",), Field.MAT_TAGS: ("genre:rock",), **mark},
        {Field.GENRE: (), Field.MAT_TAGS: (), **none},
        {Field.MOOD: ("Sad",), Field.MAT_TAGS: ("mood:sad",), **mark},
        {Field.GENRE: ("Jazz", "Punk"), Field.MOOD: (), Field.MAT_TAGS: noted, **mark},
        {Field.GENRE: (), Field.MAT_TAGS: ("character:slow",), **mark},
        {Field.GENRE: ("Punk", "Jazz"), Field.MAT_TAGS: noted[::-1], **mark},
    ]
    states, runs = [], []
    for step in steps:
        states.append(path.read_bytes())
        runs.append(write(session, step, path))
    for run, state in zip(reversed(runs), reversed(states), strict=True):
        do(session, undoing(session, run))
        assert path.read_bytes() == state, run - runs[0]


def test_a_run_that_wrote_what_the_list_had_named_before_leaves_the_list(
    session: Session, music: list[Path]
) -> None:
    """The first found the field filled and named its tags all the same; the second appended them."""
    path = music[0]
    original = path.read_bytes()
    noted = {Field.MAT_TAGS: ("genre:rock", "character:slow"), Field.MAT_MODEL: ("tiny",)}
    first = write(session, noted, path)
    between = path.read_bytes()
    second = write(session, {Field.GENRE: (*read_tags(path).tags.get(Field.GENRE, ()), "Rock")}, path)
    (file,) = looked_at(session, undoing(session, second))
    assert [change.field for change in file.changes] == [Field.GENRE]
    do(session, undoing(session, second))
    assert path.read_bytes() == between
    do(session, undoing(session, first))
    assert path.read_bytes() == original


def test_runs_that_are_taken_back_in_another_order_keep_the_list_true(
    session: Session, music: list[Path]
) -> None:
    path = music[0]
    original = path.read_bytes()
    mark = {Field.MAT_MODEL: ("tiny",)}
    three = ("genre:rock", "genre:pop", "voice:vocals")
    first = write(
        session, {Field.GENRE: ("Rock", "Pop"), Field.VOICE: ("Vocals",), Field.MAT_TAGS: three, **mark}, path
    )
    second = write(session, {Field.GENRE: ("Rock",), Field.MAT_TAGS: ("genre:rock",)}, path)
    third = write(session, {Field.GENRE: ("Rock", "Pop"), Field.MAT_TAGS: three}, path)
    (result,) = do(session, undoing(session, first))
    assert result.reason == f"genre left as found: run {third} wrote it since"
    assert read_tags(path).tags[Field.GENRE] == ("Rock", "Pop")
    assert listed(path) == ("genre:rock", "genre:pop")
    do(session, undoing(session, third))
    (result,) = do(session, undoing(session, first))
    assert result.reason == f"genre left as found: run {second} wrote it since", "and not an undo"
    do(session, undoing(session, second))
    do(session, undoing(session, first))
    assert path.read_bytes() == original


def test_marks_stay_as_they_are_where_all_values_of_a_run_were_written_anew(
    session: Session, music: list[Path]
) -> None:
    path = music[0]
    original = path.read_bytes()
    mark = {Field.MAT_MODEL: ("tiny",)}
    first = write(session, {Field.GENRE: ("Rock",), Field.MAT_TAGS: ("genre:rock",), **mark}, path)
    second = write(
        session, {Field.GENRE: ("Rock", "Pop"), Field.MAT_TAGS: ("genre:rock", "genre:pop"), **mark}, path
    )
    third = write(session, {Field.GENRE: ("Jazz",), Field.MAT_TAGS: ("genre:jazz",), **mark}, path)
    written = path.read_bytes()
    for run in (first, second):
        do(session, undoing(session, run))
        assert path.read_bytes() == written
    do(session, undoing(session, third))
    do(session, undoing(session, second))
    do(session, undoing(session, first))
    assert path.read_bytes() == original


def test_values_of_a_run_that_was_taken_back_do_not_come_again(session: Session, music: list[Path]) -> None:
    path = music[0]
    original = path.read_bytes()
    runs = [
        write(session, {Field.GENRE: (genre,), Field.MAT_TAGS: (f"genre:{genre.lower()}",)}, path)
        for genre in ("Rock", "Jazz")
    ]
    do(session, undoing(session, runs[0]), force=True)
    do(session, undoing(session, runs[1]))
    assert path.read_bytes() == original
