"""Numbers, times and plurals as people read them, in the locale's spelling."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from PySide6.QtCore import QDate, QLocale

from mat_desktop.domain.plan import Policy
from mat_desktop.domain.tags import Category, Field
from mat_desktop.errors import printable


def number(value: int) -> str:
    """A count with the locale's separators: ``12,406``."""
    return QLocale().toString(value)


def plural(count: int, one: str, many: str = "") -> str:
    """``1 file``, ``32 files``."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def clock(seconds: float | None) -> str:
    """``3:53``, ``1:02:10``, and a dash where the length is unknown."""
    if seconds is None:
        return "–"
    whole = max(0, int(seconds))
    if whole >= 3600:
        return f"{whole // 3600}:{whole % 3600 // 60:02}:{whole % 60:02}"
    return f"{whole // 60}:{whole % 60:02}"


def time_left(seconds: float) -> str:
    """A guess, so no more exact than it deserves."""
    if seconds < 60:
        return "under a minute left" if seconds > 10 else "a few seconds left"
    if seconds < 5400:
        return f"{round(seconds / 60)} min left"
    return f"{seconds / 3600:.1f} h left"


def took(seconds: float) -> str:
    """How long something took: ``0.4 s``, ``12 s``, ``3 min``, ``2.5 h``."""
    if seconds < 120:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def rate(per_second: float, unit: str) -> str:
    """``61 a second``, ``12 a minute``."""
    if per_second >= 1:
        return f"{number(round(per_second))} {unit} a second"
    return f"{per_second * 60:.0f} {unit} a minute"


def place(path: Path) -> str:
    """A folder as people call it: ``~/Music``."""
    try:
        home = Path.home()
    except RuntimeError:
        return printable(path)
    inside = path != home and path.is_relative_to(home)
    return printable(Path("~") / path.relative_to(home) if inside else path)


def quoted(names: Sequence[str], most: int = 3) -> str:
    """``“a”, “b”, “c” and 2 more``."""
    some = ", ".join(f"“{name}”" for name in names[:most])
    return some if len(names) <= most else f"{some} and {number(len(names) - most)} more"


def breakable(text: str) -> str:
    """With places within paths at which a label may go on in the next line; they cannot be seen."""
    return re.sub(r"([/\\_])", "\\1\u200b", text)


def megabytes(size: int) -> str:
    """``13 MB``."""
    return f"{size / 1e6:.1f} MB" if size < 10_000_000 else f"{number(round(size / 1e6))} MB"


def day(moment: datetime, today: date | None = None) -> str:
    """``Today``, ``Yesterday``, ``17 November``, with the year if it is another."""
    today = today or datetime.now().astimezone().date()
    that = moment.astimezone().date()
    if that == today:
        return "Today"
    if that == today - timedelta(days=1):
        return "Yesterday"
    form = "d MMMM" if that.year == today.year else "d MMMM yyyy"
    return QLocale().toString(QDate(that.year, that.month, that.day), form)


FIELD_WORDS: dict[str, str] = {
    Field.GENRE: "Genre",
    Field.MOOD: "Mood",
    Field.GROUPING: "Grouping",
    Field.INSTRUMENT: "Instrument",
    Field.VOICE: "Voice",
    Field.MAT_TAGS: "MAT_TAGS",
    Field.MAT_SCORES: "MAT_SCORES",
    Field.MAT_MODEL: "MAT_MODEL",
}

CATEGORY_WORDS = {category: category.value.capitalize() for category in Category}

CATEGORY_ICONS = {
    Category.GENRE: "disc",
    Category.MOOD: "smile",
    Category.INSTRUMENT: "music",
    Category.VOICE: "mic",
    Category.CHARACTER: "audio-lines",
}

VOCABULARIES = {"mtat": "MagnaTagATune", "mtg_jamendo": "MTG-Jamendo", "msd": "Million Song Dataset"}

POLICY_WORDS = {
    Policy.APPEND: "Append",
    Policy.FILL_EMPTY: "Fill empty",
    Policy.REPLACE: "Replace",
    Policy.SKIP: "Skip",
}

POLICY_MEANING = {
    Policy.APPEND: "Keeps what is there",
    Policy.FILL_EMPTY: "Only where nothing of yours is",
    Policy.REPLACE: "Old values go",
    Policy.SKIP: "Stays as it is",
}


def field(name: str) -> str:
    """The name for people of a field, or of something else that a file's tag says."""
    return FIELD_WORDS.get(name, f"{name[:1].upper()}{name[1:]}")


def vocabulary(name: str) -> str:
    """The data set that a vocabulary comes from, by its name; another one's name as it is."""
    return VOCABULARIES.get(name, name)


def no_match(text: str) -> str:
    """What stands in a list in which a search found nothing."""
    return f"No tag fits “{text.strip()}”"
