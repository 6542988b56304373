"""Which run undo and redo are about where nobody names one."""

from __future__ import annotations

from threading import Event

from mat_desktop.app.session import Session
from mat_desktop.app.undo import last_run, last_undo, look, undoing
from mat_desktop.app.whereabouts import Tell, tell_nobody
from mat_desktop.domain.reversal import RunKind
from mat_desktop.errors import UsageFault
from mat_desktop.store.journal import Run


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
        if run is not None:
            return run
        left = next((one.id for one in session.journal.runs() if _is_left(one, what)), None)
        if left is None:
            raise
        why = f"what is left of run {left}, and why: {what} {left}"
        raise UsageFault(f"there is nothing to {what} now; {why}") from None


def _is_left(run: Run, what: RunKind) -> bool:
    """Whether a part of a run could not be taken back."""
    of_kind = (run.kind is RunKind.UNDO) is (what is RunKind.REDO)
    return of_kind and run.tried is not None and not run.undone


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
