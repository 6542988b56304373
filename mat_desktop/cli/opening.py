"""How a command opens the library: what in the user's own files does not count is said first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mat_desktop.app.recover import recover
from mat_desktop.app.session import Session
from mat_desktop.app.tag_file import Slip
from mat_desktop.cli.output import errors
from mat_desktop.errors import printable


@contextmanager
def opened(
    data_dir: Path | None,
    model: str | None = None,
    device: str | None = None,
    *,
    tags: bool = True,
    settle: bool = False,
    looking: bool = False,
) -> Iterator[Session]:
    """A session that is closed at the end.

    :param tags: the command rests on the tag scheme, so it ends where ``tags.toml`` is not usable
    :param settle: the command writes to files: what a crash left is looked at first
    :param looking: the command keeps nothing, so it works on a data folder that is closed to writing too
    :raises MatError: the library cannot be opened, or ``tags.toml`` is not usable
    """
    session = Session(data_dir, model, device, looking=looking)
    try:
        if tags and session.tags_fault is not None:
            raise session.tags_fault
        say(session.settings_slips)
        if tags:
            say(session.slips)
        if session.unkept is not None:
            errors.print(f"{session.unkept}; nothing is kept this time")
        elif settle:
            for result in recover(session):
                errors.print(f"an earlier run: {printable(result.path)}: {result.reason}")
        yield session
    finally:
        session.close()


def say(slips: Iterable[Slip]) -> None:
    """What cannot count as it is meant, and what does instead."""
    for slip in slips:
        errors.print(f"{slip.why}; {slip.cost}")
