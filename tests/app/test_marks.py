"""The program's own marks in a file stay while any value of a run stays that they are about."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import mutagen.flac
import pytest

from mat_desktop.app.reverse import reverse
from mat_desktop.app.session import Session
from mat_desktop.app.undo import redoing, undoing
from mat_desktop.domain.plan import WriteStatus
from mat_desktop.domain.tags import MARKS, Field
from mat_desktop.metadata.files import read_tags
from tests.app.undoing import do, looked_at, retag, write
from tests.metadata import sample_files
from tests.sounds import encode, tone

LIST = ("genre:rock", "mood:happy", "voice:female", "character:slow")
GENRE = {Field.GENRE: ("Rock", "Indie")}
MOOD = {Field.MOOD: ("Happy",)}
VOICE = {Field.VOICE: ("Female",)}
BOTH = {Field.MAT_TAGS: LIST, Field.MAT_MODEL: ("tiny",)}


def marks(path: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """MAT_TAGS and MAT_MODEL."""
    tags = read_tags(path).tags
    return tuple(tags.get(Field.MAT_TAGS, ())), tuple(tags.get(Field.MAT_MODEL, ()))


@pytest.mark.parametrize("order", ["first last", "last first"])
@pytest.mark.parametrize("extension", sample_files.ALL)
def test_the_marks_stay_while_values_of_a_later_run_stay(
    extension: str, order: str, session: Session, tmp_path: Path
) -> None:
    path = sample_files.make(tmp_path, extension)
    before = read_tags(path).tags
    first = write(session, {**GENRE, **BOTH}, path)
    second = write(session, MOOD, path)
    third = write(session, VOICE, path)
    written = read_tags(path).tags
    left = "mood:happy", "voice:female", "character:slow"

    (result,) = do(session, undoing(session, first))
    assert (result.status, result.reason) == (WriteStatus.WRITTEN, "")
    assert read_tags(path).tags.get(Field.GENRE, ()) == before.get(Field.GENRE, ())
    assert marks(path) == (left, ("tiny",))
    if order == "first last":
        do(session, undoing(session, second))
        assert marks(path) == (("voice:female", "character:slow"), ("tiny",))
        do(session, undoing(session, third))
    else:
        do(session, undoing(session, third))
        assert marks(path) == (("mood:happy", "character:slow"), ("tiny",))
        do(session, undoing(session, second))
    assert read_tags(path).tags == before
    assert all(run.undone for run in session.runs() if run.id in (first, second, third))

    for run in (second, first, third):
        do(session, redoing(session, run))
        assert marks(path)[1] == ("tiny",)
    assert {*marks(path)[0]} == {*LIST}
    assert {f: v for f, v in read_tags(path).tags.items() if f not in MARKS} == {
        f: v for f, v in written.items() if f not in MARKS
    }
    for run in (third, second, first):
        do(session, undoing(session, run))
    assert read_tags(path).tags == before


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return encode(tmp_path / "a.flac", tone(1.0))


def test_what_was_undone_but_for_the_marks_leaves_them_alone_again(session: Session, file: Path) -> None:
    first = write(session, {**GENRE, **BOTH}, file)
    second = write(session, MOOD, file)
    do(session, undoing(session, first))
    (result,) = do(session, undoing(session, first))
    assert result.reason == f"mat_tags left as found: mood of run {second} is about it"
    assert marks(file) == (("mood:happy", "voice:female", "character:slow"), ("tiny",))
    (result,) = do(session, undoing(session, first, fields=[Field.MAT_MODEL]))
    assert result.reason == f"mat_model left as found: mood of run {second} is about it"
    do(session, undoing(session, first, fields=[Field.MAT_MODEL]), force=True)
    assert marks(file) == (("mood:happy", "voice:female", "character:slow"), ())


def test_marks_go_where_another_program_took_the_later_values_out(session: Session, file: Path) -> None:
    first = write(session, {**GENRE, **BOTH}, file)
    write(session, MOOD, file)
    retag(file, mood="Gloomy")
    do(session, undoing(session, first))
    assert marks(file) == ((), ())


def test_marks_stay_where_another_program_put_its_values_beside_them(session: Session, file: Path) -> None:
    first = write(session, {**GENRE, **BOTH}, file)
    write(session, MOOD, file)
    tags = mutagen.flac.FLAC(file)
    tags["mood"] = ["Happy", "Calm"]
    tags.save()
    do(session, undoing(session, first))
    assert marks(file)[1] == ("tiny",)


def test_marks_of_a_later_run_take_the_place_of_the_first(session: Session, file: Path) -> None:
    first = write(session, {**GENRE, **BOTH}, file)
    second = write(session, {**MOOD, Field.MAT_MODEL: ("large",)}, file)
    do(session, undoing(session, second))
    assert marks(file) == (LIST, ("tiny",)), "as the first run left them"
    do(session, redoing(session, second))
    do(session, undoing(session, first))
    assert marks(file)[1] == ("large",)
    do(session, undoing(session, second))
    assert marks(file) == ((), ())
    assert read_tags(file).tags == {}


def test_the_mark_of_the_model_stays_with_a_field_that_is_left_out(session: Session, file: Path) -> None:
    run = write(session, {**GENRE, **MOOD, **BOTH}, file)
    task = undoing(session, run)
    (shown,) = looked_at(session, task)
    chosen = shown.only({item.change.field for item in shown.fields} - {Field.GENRE})  # a box of the panel
    list(reverse(session, task, [chosen], Event()))
    assert marks(file)[1] == ("tiny",)
    assert "genre:rock" in marks(file)[0]
    (shown,) = looked_at(session, undoing(session, run))
    alone = shown.only({Field.MAT_MODEL})
    assert [change.field for change in alone.changes] == [Field.MAT_MODEL]
    do(session, undoing(session, run))
    assert read_tags(file).tags == {}
