"""Queries over tracks, and how they are completed."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mat_desktop.app.complete import Completion, complete
from mat_desktop.app.find import select
from mat_desktop.domain.query import Compare, Every, QueryError, Tagged, Vocabulary, parse
from mat_desktop.domain.query_tokens import as_name, in_quotes
from mat_desktop.domain.scores import Verdict
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import FileStamp, Track
from mat_desktop.errors import FileFault
from mat_desktop.gui.models.row import Arrived, Chosen, Row, State
from tests.gui.double import FakeServices
from tests.gui.double_model import NAMES

KNOWN = Vocabulary({name: name for name in (*NAMES, "female vocals")}, [state.value for state in State])


def track(name: str, seconds: float, **tags: str) -> Track:
    values = {Field(field): tuple(value.split("|")) for field, value in tags.items()}
    return Track(Path("/music/old") / name, FileStamp(1, 1, 1), seconds, values)


@pytest.fixture
def rows(tmp_path: Path) -> list[Row]:
    """Two tracks that were listened to (guitar 0.96, jazz 0.10), two that were not, and a broken one."""
    found = [
        Row.of(
            track("a.mp3", 200.9, title="Hyperballad", artist="Björk", genre="Pop|Art Rock", date="1995-06")
        ),
        Row.of(track("b.mp3", 301.0, title="Late ferry", artist="Daft Punk", album="Home", mood="Calm")),
        Row.of(track("c.mp3", 90.0, artist="Punk Daft", genre="Jazz", date="2001")),
        Row.of(track("rock.flac", 400.0)),
        Row.of(FileFault(Path("/music/e.ape"), "the file ends early")),
    ]
    services = FakeServices(tmp_path)
    heard = services.score([row.track for row in found[:2] if row.track], threading.Event())
    for row, one in zip(found, heard, strict=False):
        assert not isinstance(one, FileFault)
        verdicts = {"rock": Verdict.REJECTED} if row is found[0] else {}
        chosen = Chosen.of(services.suggest(one.scores, verdicts, 0.0), 0.0)
        row.take(Arrived(row.path, one.scores, verdicts, chosen))
        row.state = State.TO_REVIEW
    return found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "abcre"),
        ("bjork", "a"),
        ("punk", "bc"),
        ('"daft punk"', "b"),
        ("artist:daft", "bc"),
        ('artist="daft punk"', "b"),
        ("artist=daft", ""),
        ("artist=bjork", "a"),
        ("genre!=jazz artist=daft or genre!=jazz", "abre"),
        ("genre=rock", ""),
        ('genre="art rock" punk', ""),
        ('title="late ferry"', "b"),
        ("title=rock", "r"),
        ('genre=""', "bre"),
        ("title:rock", "r"),
        ("title:late", "b"),
        ("genre:rock", "a"),
        ("genre:pop genre:rock", "a"),
        ("album:home", "b"),
        ("mood:calm or genre:jazz", "bc"),
        ("missing:genre", "bre"),
        ("missing:genre -state:failed", "br"),
        ("path:old/r", "r"),
        ("state:new", "cr"),
        ("state:to-review", "ab"),
        ("state:failed", "e"),
        ("guitar > 0.9", "ab"),
        ("guitar = 0.96", "ab"),
        ("guitar != 0.96", ""),
        ("guitar > 0.96", ""),
        ("guitar >= 0.96", "ab"),
        ("not guitar > 0.9", "cre"),
        ("guitar > 0.6 and not rock", ""),  # a has it in a genre, b as a suggestion
        ("tag:rock", "b"),
        ("tag:indie", "ab"),
        ("rejected:rock", "a"),
        ("accepted:rock", ""),
        ("length > 5:00", "r"),
        ("length = 3:20", "ab"),
        ("year < 2000", "a"),
        ("year >= 1995", "ac"),
        ("(punk or bjork) and not genre:jazz", "ab"),
    ],
)
def test_finds(rows: list[Row], text: str, found: str) -> None:
    assert "".join(row.path.name[0] for row in select(parse(text, KNOWN), rows)) == found


VALUES = {"score guitar": ["0.04", "0.20"], "artist": ["Daft Punk", "Björk"], "genre": ["Art Rock", "Jazz"]}


@pytest.mark.parametrize(
    ("text", "completion"),
    [
        ("", Completion(0, 0)),
        ("g", Completion(1, 1)),
        ("gu", Completion(0, 2, ("guitar",))),
        ("ge", Completion(0, 2, ("genre:",))),
        ("le", Completion(0, 2, ("length > ",))),
        ("genre", Completion(0, 5, ("genre:", "genre="))),
        ("artist=", Completion(7, 7, ('"Daft Punk"', "Björk"))),
        ("not artist = bjo", Completion(13, 16, ("Björk",))),
        ('artist!="da', Completion(8, 11, ('"Daft Punk"',))),
        ("rock ge", Completion(5, 7, ("genre:",))),
        ("guitar", Completion(6, 6)),
        ("guitar > 0", Completion(10, 10)),
        ("guitar >", Completion(8, 8, ("0.04", "0.20"))),
        ("nice guitar > ", Completion(14, 14, ("0.04", "0.20"))),
        ("length > ", Completion(9, 9)),
        ("female vo", Completion(0, 9, ("female vocals",))),
        ("nice female vo", Completion(5, 14, ("female vocals",))),
        ("artist:", Completion(7, 7, ('"Daft Punk"', "Björk"))),
        ("artist:bjo", Completion(7, 10, ("Björk",))),
        ("artist:pu", Completion(7, 9, ('"Daft Punk"',))),
        ('artist:"da', Completion(7, 10, ('"Daft Punk"',))),
        ("genre:jazz", Completion(6, 10)),
        ("state:wr", Completion(6, 8, ("written",))),
        ("state:to", Completion(6, 8, ("to-review",))),
        ("tag:gu", Completion(4, 6, ("guitar",))),
        ("missing:mo", Completion(8, 10, ("mood",))),
        ("guitar ", Completion(7, 7)),
    ],
)
def test_completes(text: str, completion: Completion) -> None:
    assert complete(text, len(text), KNOWN, VALUES) == completion


AWKWARD = (
    "rock and roll",
    'kitchen: "piano"',
    "not",
    "and",
    "a  b",
    "-lo-fi",
    "80s (early)",
    "> 2",
    "“curly”",
)


def understood(name: str) -> None:
    """What is put for a name is that tag, in a comparison and after "tag:"."""
    known = Vocabulary({name: "key"}, [])
    (value,) = complete("tag:", 4, known, {}).choices
    for put in (value, as_name(name)):
        assert parse(f"tag:{in_quotes(name)} {put} > 0.5", known) == Every(
            (Tagged("tag", (name,)), Compare("key", True, ">", 0.5))
        )
    assert parse(f"tag:{value}", known) == Tagged("tag", (name,))


@pytest.mark.parametrize("name", AWKWARD)
def test_names_that_need_quotes_are_completed_in_quotes(name: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    known = Vocabulary({name: "key"}, [])
    assert quoted in complete("tag:", 4, known, {}).choices
    understood(name)


def test_the_beginning_of_a_name_is_completed_in_quotes() -> None:
    known = Vocabulary({name: name for name in AWKWARD}, [])
    assert complete("ro", 2, known, {}).choices == ('"rock and roll"',)
    assert complete("kit", 3, known, {}).choices == ('"kitchen: ""piano"""',)


@given(
    some.text(some.characters(codec="utf-8"), min_size=1, max_size=12).filter(lambda text: bool(text.strip()))
)
def test_every_name_is_completed_so_that_it_is_understood(name: str) -> None:
    understood(name)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("rock and roll > 0.5", 'write "rock and roll"'),
        ('kitchen: "piano" > 0.5', 'write "kitchen: ""piano"""'),
        ("re: stacks", "put text with a colon in quotes, a quote inside twice"),
    ],
)
def test_an_error_says_how_to_write_the_name(text: str, hint: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text, Vocabulary({name: name for name in AWKWARD}, []))
    assert str(caught.value).endswith(hint)


def test_a_completion_takes_the_closing_quote_with_it() -> None:
    text = 'artist:"da" rock'
    assert complete(text, text.index('a"') + 1, KNOWN, VALUES) == Completion(7, 11, ('"Daft Punk"',))
