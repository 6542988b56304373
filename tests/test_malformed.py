"""What is wrong with a file is told in words, not in those of the library that reads it."""

from __future__ import annotations

import json
from enum import Enum
from typing import Annotated, Any

import msgspec
import pytest

from mat_desktop.malformed import flaw


class Colour(Enum):
    RED = "red"


class Item(msgspec.Struct):
    name: str
    number: int | None = None
    colour: Colour = Colour.RED


class Content(msgspec.Struct, forbid_unknown_fields=True):
    items: list[Item] = []
    share: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.5
    names: dict[str, float] = {}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"items": [{}]}', "“name” is missing in entry 1 of “items”"),
        (b'{"item": []}', "“item” is not known here"),
        (b'{"items": 3}', "“items” should be a list, not a whole number"),
        (b'{"share": 3}', "“share” should be a number <= 1.0"),
        (
            b'{"items": [{"name": "a", "number": 1.5}]}',
            "“number” of entry 1 of “items” should be a whole number or nothing, not a number",
        ),
        (b'{"items": [{"name": "a", "colour": "x"}]}', "“colour” of entry 1 of “items” cannot be “x”"),
        (b'{"names": {"a": "b"}}', "an entry of “names” should be a number, not a text"),
        (b"[]", "it should be a group of names and values, not a list"),
        (b"", "it ends before it is complete"),
        (b"nope", "it is not JSON: invalid character (byte 4)"),
    ],
)
def test_in_words(content: bytes, said: str) -> None:
    with pytest.raises(msgspec.MsgspecError) as caught:
        msgspec.json.decode(content, type=Content)
    assert flaw(caught.value) == said
    assert "`" not in said and "$" not in said


def test_what_other_readers_say() -> None:
    plain: dict[str, Any] = {}
    with pytest.raises(KeyError) as missing:
        plain["tracks"]
    assert flaw(missing.value) == "“tracks” is missing"
    with pytest.raises(json.JSONDecodeError) as broken:
        json.loads('{"a": ')
    assert flaw(broken.value) == "it is not JSON: Expecting value, line 1, column 7"
    with pytest.raises(UnicodeDecodeError) as bytes_:
        b"\xff".decode()
    assert flaw(bytes_.value) == "it is not UTF-8 text"
    with pytest.raises(FileNotFoundError) as gone:
        open("/no/such/file")  # noqa: SIM115, PTH123
    assert flaw(gone.value) == "No such file or directory"
    assert flaw(ValueError("the tags are odd")) == "the tags are odd"
