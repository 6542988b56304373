"""Training in a child process: starting it, following it, stopping it, and going on with it later."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from mat_desktop.app.training_runs import as_number, epoch_of, has_checkpoint, read_event
from mat_desktop.app.trainings import Ending, Order, Task, Training
from mat_desktop.errors import FileFault, StoreFault
from mat_desktop.gui import words
from mat_desktop.gui.operations.child import KILLED, Child
from mat_desktop.gui.operations.child_work import ChildWork
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.work import Failure

T = TypeVar("T")

SAVE_MS = 1000
"""Between two writes of the log."""

SAY_MS = 100
"""Between two looks at new lines of it."""

SAID = 500
"""Lines that are handed over at once; what is more stands in the file."""

INTERRUPTED = 130
KILLED_WORDS = "the process was killed, perhaps by the system, for want of memory"
GOES_ON = "It can be gone on with from its last checkpoint."
MAY_BEGIN_ANEW = "It has no checkpoint yet, and may begin anew."
PART = Path("epoch")


@dataclass(slots=True)
class Progress:
    """How far the running training is.

    :param phase: "start", "read", "prepare", "prepared", "fit", "train" or "finish"
    :param run: of ``runs``, from 1; 0 before the first
    :param epoch: the one under way, from 1
    :param seconds: that the last epoch took
    """

    phase: str = "start"
    run: int = 0
    runs: int = 1
    epoch: int = 0
    of: int = 0
    step: int = 0
    steps: int = 0
    loss: float | None = None
    seconds: float = 0.0
    precision: str = ""


class Trainer(QObject):
    """One training at a time.

    ``began`` says that one has, ``changed`` names a training in whose folder something is new, ``moved`` says
    that ``progress`` is another, ``lines`` hands over new lines of the log, and ``ended`` the name of the
    training that is over.
    """

    began = Signal()
    changed = Signal(str)
    moved = Signal()
    lines = Signal(str, list)
    ended = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._child: Child | None = None
        self._training: Training | None = None
        self._run: Path | None = None
        self._starting = False
        self._figures: dict[str, Any] | None = None
        self._words: list[str] = []
        self._costs: dict[str, float] = {}
        self._pace = 0.0
        self._unsaved: list[str] = []
        self.work: ChildWork | None = None
        self.progress = Progress()
        self._saving = QTimer(self)
        self._saving.setSingleShot(True)
        self._saving.setInterval(SAVE_MS)
        self._saving.timeout.connect(self.save)
        self._fresh: list[str] = []
        self._saying = QTimer(self)
        self._saying.setSingleShot(True)
        self._saying.setInterval(SAY_MS)
        self._saying.timeout.connect(self._say)

    @property
    def running(self) -> str:
        """Name of the training that runs; empty where none does."""
        return self._training.id if self._training is not None else ""

    @property
    def stopping(self) -> bool:
        """Whether the one that runs was asked to stop."""
        return self.work is not None and self.work.stopping

    @property
    def paused(self) -> bool:
        """Whether the one that runs rests."""
        return self.work is not None and self.work.paused

    @property
    def busy(self) -> bool:
        """Whether one runs, or is about to."""
        return self._starting or self._training is not None

    def begin(self, order: Order, then: Callable[[Training], object]) -> None:
        """Make a folder for a training and start it; ``then`` is told of it once it runs.

        A training on corrections gets them written first.
        """
        services = self._desk.services

        def make() -> tuple[Training, Sequence[FileFault]]:
            if order.task is not Task.CORRECTIONS:
                return services.trainings.create(order), ()
            folder, collected = services.write_corrections()
            words = (*order.arguments, "--data", str(folder))
            return services.trainings.create(replace(order, arguments=words)), collected.skipped

        def made(answer: tuple[Training, Sequence[FileFault]]) -> None:
            training, skipped = answer
            self._start(training, resume=False)
            for fault in skipped:
                self._log(f"left out: {fault}")
            then(training)

        self._prepare(make, made)

    def resume(self, name: str) -> None:
        """Go on with a training that was stopped, failed or cut off."""
        trainings = self._desk.services.trainings

        def ready(training: Training) -> None:
            self._start(training, resume=True)
            self.changed.emit(name)  # it runs; until it writes something, nothing else says so

        def prepare() -> Training:
            trainings.end(name, Ending.NONE)
            training = trainings.one(name)
            if training is None:
                raise StoreFault(f"{name} is not there any more")
            return training

        self._prepare(prepare, ready, name)

    def _prepare(self, work: Callable[[], T], ready: Callable[[T], None], name: str = "") -> None:
        """On the disk, before a training starts. Nothing is touched where one runs already.

        :param name: of one that is there already
        """
        if self.busy:
            self._desk.say("warning", "A training runs already; one runs at a time.", kind="training")
            return

        def done(answer: T) -> None:
            self._starting = False
            ready(answer)

        def failed(error: Exception) -> None:
            self._starting = False
            self._desk.complain("The training was not started", error)
            self.moved.emit()
            if name:
                self.changed.emit(name)  # it may be there no more

        self._starting = True
        self._desk.bridge.keep(work, done, failed)
        self.moved.emit()

    def stop(self) -> None:
        """Ask the running one to stop; its last checkpoint stays."""
        if self.work is not None:
            self._desk.bridge.stop(self.work)

    def pause(self, on: bool) -> None:
        """Let the running one rest, or go on."""
        if self.work is not None:
            self._desk.bridge.pause(self.work, on)

    def close(self) -> None:
        """End the process with the window; what it was doing can be gone on with."""
        if self._child is not None:
            self._child.wait()
        self.save()

    def _start(self, training: Training, *, resume: bool) -> None:
        order = training.order
        self._training, self._figures, self._words = training, None, []
        self._fresh = []
        self._costs, self._pace = {}, 0.0
        self.progress = Progress(runs=max(1, len(order.rows)))
        child = Child(self._desk.services.trainings.command(training, resume=resume), self, polite=True)
        begun = any(run.has_checkpoint for run in training.runs)
        leave = GOES_ON if begun else MAY_BEGIN_ANEW
        if order.task is Task.CORRECTIONS:
            leave = "It begins anew."
        self._child, self._run = child, None
        self.work = ChildWork("Training", child, unit="epoch", leave=leave)
        self.work.detail = order.title
        child.said.connect(self._said)
        child.told.connect(self._told)
        child.ended.connect(self._over)
        self._desk.bridge.take_on(self.work)
        self.began.emit()
        self._log("resumed" if resume else f"started: {order.title}")
        self.moved.emit()

    # what it says

    def _said(self, text: str) -> None:
        event = read_event(text)
        if event is None:
            self._told(text)
            return
        handler = getattr(self, f"_on_{event['event']}", None)
        if handler is not None:
            handler(event)
            self.moved.emit()
            self._desk.bridge.changed.emit()

    def _told(self, text: str) -> None:
        stopping = self._child is not None and self._child.stopping
        if stopping and text.startswith("Stopped."):  # how a command line would go on; here there is a button
            return
        if text.strip():
            self._words = [*self._words[-20:], text.strip()]
            self._log(text.rstrip())

    def _on_read(self, event: Mapping[str, Any]) -> None:
        work, done, of = self.work, _whole(event, "done"), _whole(event, "of")
        if work is None or done is None or of is None:
            return
        if self.progress.phase != "read":
            self.progress.phase = "read"
            self._log("reading the data")
        self.progress.step, self.progress.steps = done, of
        work.title, work.unit, work.done, work.total = "Reading the data", "file", done, of or None
        work.ends_by_pace()
        work.mark()

    def _on_prepare(self, event: Mapping[str, Any]) -> None:
        work, done, of = self.work, _whole(event, "done"), _whole(event, "of")
        if work is None or done is None or of is None:
            return
        correcting = self._training is not None and self._training.order.task is Task.CORRECTIONS
        verb, unit = ("listening to", "track") if correcting else ("preparing", "clip")
        if self.progress.phase != "prepare":
            self.progress.phase = "prepare"
            self.progress.epoch, self.progress.seconds = 0, 0.0
            self._refresh()  # of a table it may be another row's turn
            self._log(f"{verb} {words.plural(of, unit)}")
        self.progress.step, self.progress.steps = done, of
        work.title, work.unit, work.done, work.total = "Preparing training", unit, done, of
        work.inside(PART, 1)
        work.ends_by_pace()
        work.mark()
        if done == of:
            self.progress.phase = "prepared"

    def _on_table(self, event: Mapping[str, Any]) -> None:
        costs = event.get("costs")
        told = costs.items() if isinstance(costs, dict) else ()
        self._costs = {str(key): cost for key, value in told if (cost := as_number(value))}

    def _on_fit(self, event: Mapping[str, Any]) -> None:
        work, done, of = self.work, _whole(event, "done"), _whole(event, "of")
        if work is None or done is None or not of:
            return
        if self.progress.phase != "fit":
            self.progress.phase = "fit"
            work.new_pace()
            self._log("training the head" + (", with tracks left out to measure it" if of > 1 else ""))
        self.progress.step, self.progress.steps = done, of
        work.title, work.unit, work.done, work.total = "Training", "step", done, of
        work.inside(PART, 1)
        work.ends_by_pace()
        work.mark()

    def _on_run(self, event: Mapping[str, Any]) -> None:
        progress = self.progress
        progress.run = min(progress.run + 1, progress.runs)
        progress.phase, progress.epoch, progress.step = "prepared", 0, 0
        self._run = Path(str(event.get("folder", "")))
        self._log(f"run in {self._run.name}")
        self._refresh()

    def _on_begin(self, event: Mapping[str, Any]) -> None:
        progress = self.progress
        progress.phase = "train"
        progress.epoch = (_whole(event, "epoch") or 0) + 1
        progress.of, progress.steps = _whole(event, "of") or 0, _whole(event, "steps") or 0
        progress.step, progress.precision = _whole(event, "step") or 0, str(event.get("precision", ""))
        if self.work is not None:
            self.work.new_pace()
        clips = event.get("clips")
        told = clips.items() if isinstance(clips, dict) else ()
        counts = ", ".join(f"{words.number(n) if isinstance(n, int) else n} {split}" for split, n in told)
        self._log(f"{counts} clips, {words.plural(progress.steps, 'step')} an epoch, {progress.precision}")
        self._count(None)
        self._refresh()

    def _on_step(self, event: Mapping[str, Any]) -> None:
        progress = self.progress
        progress.epoch = _whole(event, "epoch") or progress.epoch
        progress.step, progress.steps = _whole(event, "step") or 0, _whole(event, "steps") or progress.steps
        progress.loss = as_number(event.get("loss"))
        if self.work is not None and self._run is not None and has_checkpoint(self._run):
            self.work.leave = GOES_ON
        self._count(as_number(event.get("eta_seconds")))

    def _on_epoch(self, event: Mapping[str, Any]) -> None:
        epoch = epoch_of(event)
        if epoch is None:
            return
        progress = self.progress
        progress.epoch, progress.of = min(epoch.number + 1, epoch.of), epoch.of
        progress.step, progress.seconds = 0, epoch.seconds
        if epoch.number == epoch.of:
            progress.phase = "finish"
        of = f" (means of {epoch.vocabularies} vocabularies)" if epoch.vocabularies > 1 else ""
        self._log(
            f"epoch {epoch.number}  train {_four(epoch.train_loss)}  valid {_four(epoch.valid_loss)}  "
            f"roc {_four(epoch.roc_auc)}  pr {_four(epoch.pr_auc)}{of}  {epoch.seconds:.1f} s"
        )
        self._count(as_number(event.get("eta_seconds")), done=epoch.number)
        self._refresh()

    def _on_end(self, event: Mapping[str, Any]) -> None:
        self.progress.phase = "finish"
        early = ", which did not get better any more" if event.get("early") is True else ""
        epochs = words.plural(_whole(event, "epochs") or 0, "epoch")
        self._log(f"{epochs}{early}; epoch {event.get('best')} is kept")
        self._refresh()

    def _on_exported(self, event: Mapping[str, Any]) -> None:
        figures = event.get("figures")
        self._figures = figures if isinstance(figures, dict) else {}
        self._log("model written")

    def _count(self, eta: float | None, done: int | None = None) -> None:
        """The work's own numbers: epochs over all runs."""
        work, progress = self.work, self.progress
        if work is None or not progress.of:
            return
        before = max(0, progress.run - 1) * progress.of
        epochs = done if done is not None else max(0, progress.epoch - 1)
        work.title = f"Training {progress.run} of {progress.runs}" if progress.runs > 1 else "Training"
        work.unit, work.done, work.total = "epoch", before + epochs, progress.runs * progress.of
        share = progress.step / progress.steps if progress.steps and done is None else 1.0
        work.inside(PART, share)
        work.ends_in(self._whole_time(eta, progress.of - epochs - (share if done is None else 0.0)))
        work.mark()

    def _whole_time(self, eta: float | None, epochs: float) -> float | None:
        """Seconds to the end of all rows: a network that computes more takes longer for an epoch.

        :param eta: to the end of the row under way; None where it does not say
        :param epochs: that are left of this row
        """
        rows = self._training.order.rows if self._training is not None else ()
        if self._training is None or len(rows) < 2:
            return eta
        place = max(0, self.progress.run - 1)
        to_come = [
            row for row in rows[place + 1 :] if not ((run := self._training.run_of(row)) and run.finished)
        ]
        costs = [self._costs.get(row.key) for row in to_come]
        cost = self._costs.get(rows[place].key)
        if cost and eta and epochs > 0:
            self._pace = eta / epochs / cost
        known = [each for each in costs if each]
        if not self._pace or not cost or len(known) < len(costs):
            return None if costs else eta
        own = self._pace * cost * epochs if eta is None else eta
        return own + self._pace * sum(known) * self.progress.of

    # the log, and the end

    def _refresh(self) -> None:
        if self._training is not None:
            self.changed.emit(self._training.id)

    def _log(self, text: str) -> None:
        if self._training is None:
            return
        line = f"{time.strftime('%H:%M:%S')}  {text}"
        self._unsaved.append(line)
        self._fresh.append(line)
        if not self._saying.isActive():
            self._saying.start()
        if not self._saving.isActive():
            self._saving.start()

    def _say(self) -> None:
        if self._training is not None and self._fresh:
            lines, self._fresh = self._fresh, []
            self.lines.emit(self._training.id, lines[-SAID:])

    def save(self) -> None:
        """Keep and show what the running one said so far."""
        self._say()
        if self._training is not None and self._unsaved:
            name, text = self._training.id, "\n".join(self._unsaved) + "\n"
            self._unsaved = []
            trainings = self._desk.services.trainings
            self._desk.bridge.keep(lambda: trainings.add_log(name, text))

    def _over(self, status: int) -> None:
        training, work, child = self._training, self.work, self._child
        if training is None or work is None or child is None:
            return
        name, title = training.id, training.order.title
        reason = ""
        if status == 0:
            ending = Ending.DONE
            work.outcome = f"{title}: trained"
        elif child.stopping or status == INTERRUPTED:
            # What quitting stopped is said at the next start.
            ending = Ending.NONE if self._desk.bridge.leaving else Ending.STOPPED
            work.outcome = f"{title}: stopped"
        else:
            ending = Ending.FAILED
            last = self._words[-1] if self._words else f"it ended with status {status}"
            reason = KILLED_WORDS if status == KILLED else last
            work.outcome = f"{title}: failed"
            work.failures = [Failure(title, reason)]
            work.retry = lambda: self._retry(work, name)
        self._log({Ending.DONE: "done", Ending.FAILED: f"failed: {reason}"}.get(ending, "stopped"))
        self.save()
        trainings, figures = self._desk.services.trainings, self._figures
        self._training = self.work = self._child = None
        child.deleteLater()

        def noted(_: object = None) -> None:
            self.changed.emit(name)
            self.ended.emit(name)

        def failed(error: Exception) -> None:
            self._desk.complain(f"How “{title}” ended could not be noted", error)
            noted()

        self._desk.bridge.keep(lambda: trainings.end(name, ending, reason, figures), noted, failed)
        self._desk.bridge.let_go(work)
        if ending is Ending.FAILED and not self._desk.bridge.leaving:
            self._desk.say("danger", f"{title}: {reason}", kind="training")
        self.moved.emit()

    def _retry(self, work: ChildWork, name: str) -> None:
        """From the list of what is over, where it stays while another training runs."""
        if self.busy:
            work.retry = lambda: self._retry(work, name)
            self._desk.bridge.past.appendleft(work)
        self.resume(name)


def _whole(event: Mapping[str, Any], name: str) -> int | None:
    value = event.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _four(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"
