"""What is wrong with the content of a file, in a user's words.

msgspec names types and places as programmers write them: ``Expected `int`, got `str` - at `$.tags[0].n```.
"""

from __future__ import annotations

import json
import re

_TYPES = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a group of names and values",
    "null": "nothing",
}
_PLACE = re.compile(r" - at (?:`key` in )?`(\$[^`]*)`$")
_STEP = re.compile(r"\[(\d+)\]|\[\.\.\.\]|\.([^.\[]+)")
_EXPECTED = re.compile(r"Expected `([^`]+)`(.*?)(?:, got `([^`]+)`)?", re.DOTALL)
_NAMED = re.compile(r"Object (missing required|contains unknown) field `([^`]*)`")
_VALUE = re.compile(r"Invalid enum value '?(.*?)'?", re.DOTALL)


def flaw(error: Exception) -> str:
    """What stands against the content of a file; begins in lower case unless it names something."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    if isinstance(error, json.JSONDecodeError):
        return f"it is not JSON: {error.msg}, line {error.lineno}, column {error.colno}"
    if isinstance(error, OSError):
        return error.strerror or str(error)
    if isinstance(error, KeyError):
        return f"“{error.args[0]}” is missing" if error.args else "a name is missing"
    if isinstance(error, (TypeError, AttributeError)):
        return "something in it has another form than expected"
    return _in_words(str(error))


def _in_words(text: str) -> str:
    found = _PLACE.search(text)
    what, place = (text[: found.start()], _place(found[1])) if found else (text, "")
    if named := _NAMED.fullmatch(what):
        of = f" in {place}" if place else ""
        return f"“{named[2]}” is {'missing' if named[1].startswith('missing') else 'not known here'}{of}"
    if expected := _EXPECTED.fullmatch(what):
        wanted, more, got = expected.groups()
        more = more.replace(" matching regex ", " of the form ")
        but = f", not {_types(got)}" if got else ""
        return f"{place or 'it'} should be {_types(wanted)}{more}{but}"
    if value := _VALUE.fullmatch(what):
        return f"{place or 'it'} cannot be “{value[1]}”"
    if what == "Input data was truncated":
        return "it ends before it is complete"
    return what.replace("JSON is malformed", "it is not JSON") + (f" ({place})" if place else "")


def _types(names: str) -> str:
    return " or ".join(_TYPES.get(name, name) for name in names.split(" | "))


def _place(path: str) -> str:
    """``$.tags[0].name`` as “name” of entry 1 of “tags”; empty for the whole content."""
    steps = [
        f"“{step[2]}”" if step[2] else f"entry {int(step[1]) + 1}" if step[1] else "an entry"
        for step in _STEP.finditer(path)
    ]
    return " of ".join(reversed(steps))
