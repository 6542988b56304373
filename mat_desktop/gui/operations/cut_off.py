"""A training that the end of the program cut off: every start says so until it goes on, or that is closed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from mat_desktop.app.trainings import Ending, Training
from mat_desktop.gui.operations.desk import Desk


def look_back(desk: Desk, resume: Callable[[str], object]) -> None:
    """Before one can be started: say which have begun and ended in no way.

    :param resume: goes on with a training, by its name
    """
    trainings = desk.services.trainings

    def cut_off() -> list[Training]:
        return [training for training in trainings.all() if training.ending is Ending.NONE]

    def found(these: list[Training]) -> None:
        for training in reversed(these):
            begun = any(run.has_checkpoint for run in training.runs)
            text = f"Training “{training.order.title}” was stopped{_where(training)} when the program ended."
            action, do = "Resume" if begun else "Start again", partial(resume, training.id)
            # It keeps its place among others: nothing else at this start leads to it.
            over = partial(desk.bridge.keep, partial(trainings.end, training.id, Ending.STOPPED))
            desk.say("warning", text, action, do, kind=kind_of(training.id), stays=True, closed=over)

    desk.bridge.ask("cut off", cut_off, found)


def kind_of(name: str) -> str:
    """Of the message on a training, by its name; it is settled once that goes on, or is deleted."""
    return f"cut off {name}"


def _where(training: Training) -> str:
    rows = len(training.order.rows)
    if rows > 1:
        return f" at network {min(rows, sum(run.finished for run in training.runs) + 1)} of {rows}"
    run = training.runs[-1] if training.runs else None
    of = run.settings.get("epochs") if run is not None else None
    if run is None or not isinstance(of, int) or len(run.epochs) >= of:
        return ""
    return f" in epoch {len(run.epochs) + 1} of {of}"
