"""Which run undo and redo are about where nobody names one."""

from __future__ import annotations

from threading import Event

from mat_desktop.app.session import Session
from mat_desktop.app.undo import last_run, last_undo, look, undoing
from mat_desktop.app.whereabouts import Tell, tell_nobody
from mat_desktop.domain.reversal import RunKind
from mat_desktop.errors import UsageFault


def latest(session: Session, what: RunKind, cancel: Event | None = None, tell: Tell = tell_nobody) -> int:
    """The newest run that was not tried yet, else the newest of which something can be done now.

    :param what: undo or redo
    :param cancel: ends the search for the latter
    :param tell: follows it
    :raises UsageFault: there is none
    """
    try:
        return (last_undo if what is RunKind.REDO else last_run)(session)
    except UsageFault:
        run = doable(session, what, cancel or Event(), tell)
        if run is None:
            raise
        return run


def doable(session: Session, what: RunKind, cancel: Event, tell: Tell = tell_nobody) -> int | None:
    """The newest run of which something can be taken back now: what was in the way of that when it was tried
    may be gone. None where there is none.

    :param what: undo or redo
    :param cancel: ends the search
    :param tell: follows it
    """
    for run in session.journal.runs():
        if (run.kind is RunKind.UNDO) is not (what is RunKind.REDO):
            continue
        try:
            task = undoing(session, run.id, cancel=cancel, tell=tell)
        except UsageFault:  # nothing of it counts
            continue
        for file in look(session, task.pasts, cancel):
            tell(file.path)
            if file.safe.changes:
                return run.id
    return None
