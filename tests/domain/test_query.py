"""The query language: what it understands, and what it says of what it does not."""

from __future__ import annotations

import pytest

from mat_desktop.domain.query import (
    Compare,
    Either,
    Every,
    Has,
    In,
    Not,
    Query,
    QueryError,
    Tagged,
    Vocabulary,
    Word,
    fold,
    parse,
)

KNOWN = Vocabulary(
    {
        name: name
        for name in ("rock", "jazz", "guitar", "vocals", "female vocals", "male vocals", "R&B", "hip-hop")
    }
    | {"Twang": "banjo"},
    ("New", "To review", "Reviewed", "Written", "Failed"),
)
GUITAR = Compare("guitar", True, ">", 0.6)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("", None),
        ("   ", None),
        ("Song", Word("song")),
        ("Björk hyper", Every((Word("bjork"), Word("hyper")))),
        ('"daft punk"', Word("daft punk")),
        ("guitar > 0.6", GUITAR),
        ("guitar>.6", GUITAR),
        ("guitar > 60%", GUITAR),
        ("guitar > 0,6", GUITAR),
        ("guitar > 0.6 and not vocals", Every((GUITAR, Not(Word("vocals"))))),
        ("guitar > 0.6 not vocals", Every((GUITAR, Not(Word("vocals"))))),
        ("guitar > 0.6 AND rock", Every((GUITAR, Word("rock")))),
        ("guitar > 0.6 rock", Every((GUITAR, Word("rock")))),
        ("guitar > 0.6 jazz < 0.5", Every((GUITAR, Compare("jazz", True, "<", 0.5)))),
        ("guitar > 0.6 or length > 5:00", Either((GUITAR, Compare("length", False, ">", 300.0)))),
        ("guitar > 0.6 genre:rock", Every((GUITAR, Has("genre", "rock")))),
        ("female vocals >= 0.5", Compare("female vocals", True, ">=", 0.5)),
        ("night female vocals ≥ 0.5", Every((Word("night"), Compare("female vocals", True, ">=", 0.5)))),
        ('"female vocals" < 0.5', Compare("female vocals", True, "<", 0.5)),
        ("r&b != 1", Compare("R&B", True, "!=", 1.0)),
        ("hip-hop > 0.5", Compare("hip-hop", True, ">", 0.5)),
        ("length <= 1:02:03", Compare("length", False, "<=", 3723.0)),
        ("length < 90", Compare("length", False, "<", 90.0)),
        ("year = 1999", Compare("year", False, "=", 1999.0)),
        ("genre:rock state:new", Every((Has("genre", "rock"), In(("New",))))),
        ('artist:"Daft Punk"', Has("artist", "daft punk")),
        ("artist: abba", Has("artist", "abba")),
        ("path:/music/old", Has("path", "/music/old")),
        ("state:to review", In(("To review",))),
        ("state:to-review", In(("To review",))),
        ('state:"to review"', In(("To review",))),
        ("state:wri", In(("Written",))),
        ("state:re", In(("Reviewed",))),
        ("state:review", In(("To review", "Reviewed"))),
        ("tag:jazz", Tagged("tag", ("jazz",))),
        ("tag:female vocals night", Every((Tagged("tag", ("female vocals",)), Word("night")))),
        ("tag:vocals", Tagged("tag", ("vocals",))),
        ("tag:vocal", Tagged("tag", ("vocals", "female vocals", "male vocals"))),
        ("twang > 0.5", Compare("banjo", True, ">", 0.5)),
        ("tag:twang", Tagged("tag", ("Twang",))),
        ("accepted:twang", Tagged("accepted", ("banjo",))),
        ("rejected:rock", Tagged("rejected", ("rock",))),
        ("missing:mood", Not(Has("mood", ""))),
        ("-vocals", Not(Word("vocals"))),
        ("not female vocals", Not(Word("female vocals"))),
        ("not female singers", Every((Not(Word("female")), Word("singers")))),
        ("-genre:rock", Not(Has("genre", "rock"))),
        ("a - b", Every((Word("a"), Word("-"), Word("b")))),
        ("hip-hop", Word("hip-hop")),
        ("rock or jazz and new", Either((Word("rock"), Every((Word("jazz"), Word("new")))))),
        ("(rock or jazz) new", Every((Either((Word("rock"), Word("jazz"))), Word("new")))),
        ("not (rock or jazz)", Not(Either((Word("rock"), Word("jazz"))))),
        ('"and"', Word("and")),
        ("5:00", Word("5:00")),
    ],
)
def test_understood(text: str, query: Query | None) -> None:
    assert parse(text, KNOWN) == query


@pytest.mark.parametrize(
    ("text", "message", "marked", "unfinished"),
    [
        ("guitar > ", "Expected a number after >", "> ", True),
        ("guitar > x and rock", "Expected a number after >", "> x", False),
        ("guitar > 6 ", "Scores lie between 0 and 1", "6", True),
        ("guitar > 0.6.1 or a", "Expected a number after >", "0.6.1", False),
        ("guitr > 0.6 b", "No tag is called “guitr”. Did you mean “guitar”?", "guitr", False),
        ("genre > 1 a", "Write genre:… to look into a field", "genre >", False),
        ("length > long a", "Expected a length such as 4:30 after >", "> long", False),
        ("year > 1:2 a", "Expected a year after >", "1:2", False),
        ("length:5 a", "Write length > … or length < …", "length:", False),
        ("genr:rock", "No field is called “genr”. Did you mean “genre”?", "genr:", False),
        (
            "re: stacks",
            "No field is called “re”; put text with a colon in quotes, a quote inside twice",
            "re:",
            False,
        ),
        ("genre:", "Expected a value after genre:", "genre:", True),
        (
            "state:old a",
            "No state is called “old”. There are: new, to review, reviewed, written, failed",
            "old",
            False,
        ),
        (
            "missing:path",
            "Only these can be missing: title, artist, album, genre, mood, instrument, voice, grouping",
            "path",
            True,
        ),
        ("tag:polka", "No tag is called “polka”", "polka", True),
        ("(rock", "The ) is missing", "(rock", True),
        ('a "daft pu', 'The closing " is missing', '"daft pu', True),
        ('a “daft" pu', "The closing ” is missing", '“daft" pu', True),
        ('state:"old', 'The closing " is missing', '"old', True),
        ('guitr > 0.6 "b', "No tag is called “guitr”. Did you mean “guitar”?", "guitr", False),
        ("rock) b", "There is no ( for this )", ")", False),
        ("rock and", "Expected a condition after and", "", True),
        ("or rock", "Expected a condition", "or", False),
        ("> 0.6 a", "Expected a tag or a field before >", ">", False),
        ("not", "Expected a condition after not", "", True),
        ("()", "Expected a condition after (", ")", True),
    ],
)
def test_not_understood(text: str, message: str, marked: str, unfinished: bool) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text, KNOWN)
    error = caught.value
    assert str(error) == message
    assert text[error.start : error.end] == marked
    assert error.unfinished is unfinished


def test_a_tag_that_is_called_like_a_word_of_the_language_takes_quotes() -> None:
    known = Vocabulary({"and": "and", "Not": "not"}, [])
    for text, hint in (("and", '"and"'), ("rock and", '"and"'), ("not", '"Not"')):
        with pytest.raises(QueryError, match=f"^Expected a condition.*; write {hint}$"):
            parse(text, known)
    known = Vocabulary({"and": "and", "and x": "and x"}, [])
    for text in ("and x > 0.2", "rock and and x"):
        with pytest.raises(QueryError, match=r'^Expected a condition.*; write "and x"$'):
            parse(text, known)


def test_what_a_query_with_an_open_quote_asks_for_is_known() -> None:
    with pytest.raises(QueryError) as caught:
        parse('genre:rock "daft pu', KNOWN)
    assert caught.value.meant == Every((Has("genre", "rock"), Word("daft pu")))


def test_texts_are_compared_without_case_and_accents() -> None:
    assert fold("Sigur RÓS Straße") == "sigur ros strasse"
