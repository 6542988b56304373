"""Which run undo and redo are about where nobody names one: what was in the way of it may be gone."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest

from mat_desktop.app import remove
from mat_desktop.app.latest import latest
from mat_desktop.app.remove import removing
from mat_desktop.app.reverse import reverse
from mat_desktop.app.session import Session
from mat_desktop.app.undo import last_run, last_undo, redoing, undoing
from mat_desktop.domain.plan import WriteResult, WriteStatus
from mat_desktop.domain.reversal import RunKind
from mat_desktop.domain.tags import Field
from mat_desktop.errors import UsageFault
from tests.app.undoing import ALL, do, retag, write


def undo(session: Session) -> list[WriteResult]:
    return do(session, undoing(session, latest(session, RunKind.UNDO)))


def remove_all(session: Session) -> list[WriteResult]:
    task = removing(session)
    found = [file.safe for past in task.pasts if (file := remove.look_at(session, past))]
    return list(reverse(session, task, found, Event()))


def test_a_run_whose_undo_was_redone_is_to_be_undone_again(session: Session, music: list[Path]) -> None:
    before = [path.read_bytes() for path in music]
    run = write(session, ALL, *music)
    undo(session)
    do(session, redoing(session, last_undo(session)))
    remove_all(session)
    assert [path.read_bytes() for path in music] == before
    undo(session)
    assert last_run(session) == run
    undo(session)
    assert [path.read_bytes() for path in music] == before
    with pytest.raises(UsageFault, match="nothing to undo"):
        undo(session)


def test_a_run_that_a_later_one_stood_on_comes_after_that(session: Session, music: list[Path]) -> None:
    before = music[0].read_bytes()
    first = write(session, {Field.GENRE: ("Rock",)}, music[0])
    write(session, {Field.GENRE: ("Rock", "Pop")}, music[0])
    do(session, undoing(session, first))
    undo(session)
    with pytest.raises(UsageFault, match="nothing to undo"):
        last_run(session)
    undo(session)
    assert music[0].read_bytes() == before


@pytest.mark.parametrize("what", [RunKind.UNDO, RunKind.REDO])
def test_a_file_that_came_back_is_undone_or_redone(
    session: Session, music: list[Path], what: RunKind
) -> None:
    path, away = music[0], music[0].parent.parent / music[0].name
    states = [path.read_bytes()]
    write(session, ALL, *music)
    states.insert(0, path.read_bytes())
    if what is RunKind.REDO:
        undo(session)
        states.reverse()
    path.rename(away)
    (gone, *_) = do(session, undoing(session, latest(session, what)))
    assert gone.absent
    with pytest.raises(UsageFault, match=f"nothing to {what}"):
        latest(session, what)
    away.rename(path)
    assert path.read_bytes() == states[0]
    do(session, undoing(session, latest(session, what)))
    assert path.read_bytes() == states[1]


def test_what_another_program_changed_is_not_offered_again(session: Session, music: list[Path]) -> None:
    write(session, ALL, music[0])
    retag(music[0], GENRE="Theirs")
    (result,) = undo(session)
    assert result.status is WriteStatus.CONFLICT
    with pytest.raises(UsageFault, match="nothing to undo"):
        latest(session, RunKind.UNDO)
