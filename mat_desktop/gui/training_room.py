"""The page of training, with what can be done there."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from mat_desktop.app.trainings import Order, Task, Training
from mat_desktop.gui.jobs import Job
from mat_desktop.gui.models.trainings import Entry, entries
from mat_desktop.gui.operations.children import Children
from mat_desktop.gui.operations.cut_off import kind_of
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.operations.made_models import MadeModels
from mat_desktop.gui.operations.places import open_place
from mat_desktop.gui.operations.train import Progress, Trainer
from mat_desktop.gui.operations.training_log import TrainingLog
from mat_desktop.gui.pages import Page, Pages
from mat_desktop.gui.save import ask_target
from mat_desktop.gui.smoke import KIND as DOUBT
from mat_desktop.gui.smoke import doubt, use_or_ask
from mat_desktop.gui.views.training import TrainingPage
from mat_desktop.gui.widgets.data_picker import Wanted
from mat_desktop.gui.workshop import Workshop

if TYPE_CHECKING:
    from mat_desktop.app.corrections import Counted
    from mat_desktop.app.models import Model

READ_MS = 150
"""After something new in a folder, before it is read; several come at once."""


class TrainingRoom(QObject):
    """Reads the trainings, starts and follows them, and shows what can be done with what they made."""

    def __init__(self, desk: Desk, pages: Pages, workshop: Workshop) -> None:
        super().__init__()
        self._desk, self._workshop = desk, workshop
        self.trainer = Trainer(desk)
        self._children = Children(desk)
        self.models = MadeModels(desk, workshop.models, self._children)
        self.page = TrainingPage()
        self._trainings: list[Training] = []
        self._told: dict[str, Any] | None = None
        self._describing = self._purged = False
        self._deleting: set[str] = set()
        self._restored = self._in_view = ""
        self._stopping = self._paused = False
        self._reading = QTimer(self)
        self._reading.setSingleShot(True)
        self._reading.setInterval(READ_MS)
        self._reading.timeout.connect(self._read_again)
        self._changed = ""
        page = self.page
        pages.add(Page("training", page, page.new, page.banners, back=page.leave_form))
        self._pages = pages
        self.page.built.connect(self._connect)
        self.page.shown.connect(self._page_shown)

    def _connect(self) -> None:
        """With the parts of the page, now that they are there."""
        desk, page, trainer, models = self._desk, self.page, self.trainer, self.models
        self._log = TrainingLog(desk, trainer, page.run.log)
        page.again.connect(self._describe)
        page.chosen.connect(self._chosen)
        page.form.asked.connect(self._look)
        page.form.start.connect(self._start)
        run = page.run
        run.pause.connect(trainer.pause)
        run.stop.connect(trainer.stop)
        run.resume.connect(self._resume)
        run.use.connect(self._use)
        run.compare.connect(lambda entry: models.compare(entry, self._compare))
        run.export.connect(self._export)
        run.remove.connect(self._remove)
        run.report.connect(self._report)
        run.place.connect(lambda folder: open_place(desk, folder))
        trainer.began.connect(lambda: self._pages.clear_message("training"))  # the one before tells it itself
        trainer.changed.connect(self._has_changed)
        trainer.moved.connect(self._moved)
        trainer.ended.connect(lambda _: self.load())
        models.made.connect(self._has_changed)
        models.busy_changed.connect(run.set_making)
        self._workshop.model_changed.connect(self._show_used)
        desk.bridge.changed.connect(self._work_changed)

    def new_run(self) -> None:
        """Show the form."""
        self._pages.show("training")
        self.page.when_built(self.page.show_form)

    def resume(self, name: str) -> None:
        """Go on with a training, and show it."""
        self._pages.show("training")
        self._restored = name
        self._go_on(name)

    def _resume(self, entry: Entry) -> None:
        if entry.training is not None:
            self.page.follow()
            self._go_on(entry.training.id)

    def _go_on(self, name: str) -> None:
        self._pages.clear_message(kind_of(name))
        self.trainer.resume(name)

    def close(self) -> None:
        """End the processes with the window."""
        self.trainer.close()
        self._children.close()

    # reading

    def _page_shown(self) -> None:
        if self.page.run.plots is None:
            self._desk.bridge.load(
                "mat_desktop.gui.widgets.curves",
                self._set_curves,
                lambda error: self._desk.complain("The curves cannot be drawn", error),
            )
        if self._told is None:
            self._describe()
        if not self._purged:
            self._purge()
        self._count_corrections()
        self._show_used()
        self.load()

    def _set_curves(self, module: Any) -> None:
        def done(curves: QWidget) -> None:
            if self.page.run.plots is None:  # the page may have been shown twice meanwhile
                self.page.run.set_plots(curves)

        module.make(self.page, done)

    def _purge(self) -> None:
        """Free the space of what was deleted before; nothing waits for it."""
        self._purged = True
        trainings = self._desk.services.trainings

        def make(_: threading.Event) -> Iterator[None]:
            trainings.purge()
            yield

        job = Job("Freeing space", make, on_items=lambda _: None, on_end=lambda _: None, total=1)
        job.quiet = True
        self._desk.bridge.do(job)

    def _count_corrections(self) -> None:
        def done(found: Counted) -> None:
            self.page.form.set_corrections(found.verdicts, found.tracks, " ".join(found.left_out))

        self._desk.bridge.ask(
            "corrections",
            self._desk.services.count_corrections,
            done,
            lambda error: self._desk.complain("The decisions cannot be read", error),
        )

    def load(self) -> None:
        """Read all trainings, and what can be trained on, anew."""
        services = self._desk.services

        def read() -> tuple[list[Training], list[Model], list[Path]]:
            return services.trainings.all(), services.usable_models(), services.roots()

        def done(answer: tuple[list[Training], list[Model], list[Path]]) -> None:
            self._trainings, models, roots = answer
            self._show()  # before the form gets its folders: it looks at one only where it is in view
            before = [
                training.order.data_folder
                for training in self._trainings
                if training.order.task is not Task.CORRECTIONS  # written anew for each training
            ]
            self.page.form.set_past(self._trainings, self._only_processor)
            self.page.form.offer(models, services.model, roots, [Path(name) for name in before if name])
            if self._restored:
                self.page.look_for(self._restored)
                self._restored = ""

        self._desk.bridge.ask("trainings", read, done, self._cannot_read)

    def _only_processor(self) -> bool:
        """Whether the engine has found nothing else; False while nobody knows."""
        devices = set(self._desk.services.devices)
        return bool(devices) and devices <= {"auto", "cpu"}

    def _cannot_read(self, error: Exception) -> None:
        self._desk.complain("The trainings cannot be read", error)

    def _has_changed(self, name: str) -> None:
        self._changed = name
        self._reading.start()

    def _read_again(self) -> None:
        """Only the training in whose folder something is new."""
        trainings, name = self._desk.services.trainings, self._changed

        def done(found: Training | None) -> None:
            known = [training.id for training in self._trainings]
            if name in known:
                at = known.index(name)
                self._trainings[at : at + 1] = (
                    [found] if found is not None else []
                )  # it may have been deleted
                self._show()

        self._desk.bridge.ask("training", lambda: trainings.one(name), done, self._cannot_read)

    def _show(self) -> None:
        self._stopping, self._paused = self.trainer.stopping, self.trainer.paused
        self.page.show_runs(
            entries(self._trainings, self.trainer.running, stopping=self._stopping, paused=self._paused)
        )
        self._moved()

    def _describe(self) -> None:
        if self._describing:
            return
        self._describing = True

        def done(text: str, reason: str) -> None:
            self._describing = False
            told = _object(text)
            if told is None or reason:
                self.page.show_lack(f"{reason or 'It does not say what can be trained'}.".replace("..", "."))
                return
            self._told = told
            self._desk.bridge.keep(lambda: self._desk.services.trainings.keep_description(text))
            self.page.show_lack("")
            self.page.form.describe(told)
            self.page.run.describe(told)

        def remembered(told: dict[str, Any]) -> None:
            """For the runs that are here; what can be trained now may be something else."""
            if self._told is None and {"tables", "networks"} <= told.keys():
                self.page.run.describe(told)

        self._desk.bridge.ask("described", self._desk.services.trainings.described, remembered)
        self._children.ask("describe", ["describe"], done)

    def _look(self, wanted: Wanted | None) -> None:
        if wanted is None:
            self._children.drop("look")
            return
        picker = self.page.form.data

        def done(text: str, reason: str) -> None:
            found = _object(text)
            picker.show_found(wanted, found if found is not None and not reason else {"fault": reason})

        self._children.ask(
            "look",
            ["look", *wanted.words],
            done,
            "Looking at the folder",
            stopped=lambda: picker.show_stopped(wanted),
            polite=True,
        )

    # showing

    def _chosen(self, entry: Entry | None) -> None:
        name = entry.training.id if entry is not None and entry.training is not None else ""
        if name != self._in_view:  # whose use was asked about is no longer in view
            self._in_view = name
            self.page.banners.clear(DOUBT)
        if entry is not None and name:
            runs = name == self.trainer.running
            self.page.run.show_entry(entry, self._desk.services.scheme, self._going(entry), runs=runs)
            self._show_progress()
        self._log.follow(name)

    def _going(self, entry: Entry) -> Progress | None:
        """How far the run in view is, where it is the one that is trained."""
        return self.trainer.progress if entry.runs else None

    def _moved(self) -> None:
        self._show_progress()
        self.page.form.set_busy(self.trainer.busy)
        self.page.run.set_busy(self.trainer.busy)

    def _work_changed(self) -> None:
        if (self.trainer.stopping and not self._stopping) or self.trainer.paused != self._paused:
            self._show()
        else:
            self._show_progress()

    def _show_progress(self) -> None:
        entry, work = self.page.run.entry, self.trainer.work
        if entry is None or work is None or not self.page.run.isVisible():
            return
        going = self._going(entry)
        if going is not None:
            self.page.run.show_progress(going, work.seconds_left, paused=work.paused)

    def _show_used(self) -> None:
        self.page.run.set_used(self._desk.services.card.digest)

    # doing

    def _start(self, order: Order) -> None:

        def begun(training: Training) -> None:
            self._trainings.insert(0, training)
            self._show()
            self.page.look_for(training.id)

        self.trainer.begin(order, begun)

    def _use(self, entry: Entry) -> None:
        """At once, unless its tags say nothing."""
        clips = entry.training.order.smoke_clips if entry.training is not None else 0
        use_or_ask(self.page.banners, entry.title, doubt(clips, entry.figure), lambda: self.models.use(entry))

    def _compare(self, name: str) -> None:
        """On the page of models, where the new one stands from now on."""

        def back() -> None:
            self._pages.show("training")
            self.page.list.setFocus()

        self._pages.show("models")
        self._workshop.open_comparison(name, back)

    def _export(self, entry: Entry) -> None:
        start = Path.home() / f"{entry.model_name}.zip"
        target = ask_target(self.page, "Export the model", start, {".zip": "Zip (*.zip)"})
        if target is not None:
            self.models.export(entry, target)

    def _remove(self, entry: Entry) -> None:
        training = entry.training
        if training is None or training.id == self.trainer.running or training.id in self._deleting:
            return
        desk, name, title = self._desk, training.id, training.order.title
        if self.models.needs(name):
            desk.say("warning", f"A model is being made of “{title}”.", kind="training")
            return
        trainings = desk.services.trainings
        self._deleting.add(name)

        def restored(_: object) -> None:
            self._restored = name
            self.load()

        def restore(away: Path) -> None:
            desk.bridge.keep(
                lambda: trainings.restore(away),
                restored,
                lambda error: desk.complain("The run cannot be brought back", error),
            )

        def done(away: Path) -> None:
            self._deleting.discard(name)
            self._pages.clear_message(kind_of(name))
            self._trainings = [training for training in self._trainings if training.id != name]
            self._show()
            text = f"“{title}” is deleted."
            # Good news goes by itself, and the way back would go with it.
            desk.say("warning", text, "Undo", lambda: restore(away), kind=f"deleted {name}")

        def failed(error: Exception) -> None:
            self._deleting.discard(name)
            desk.complain("The run was not deleted", error)
            self._has_changed(name)

        desk.bridge.keep(lambda: trainings.delete(name), done, failed)

    def _report(self, entry: Entry) -> None:
        training = entry.training
        if training is None:
            return
        folders = [str(run.folder) for run in training.runs if run.finished]

        def done(_: str, reason: str) -> None:
            if reason:
                self._desk.say("danger", f"The report was not made: {reason}", kind="report")
                self._has_changed(training.id)
            else:
                open_place(self._desk, training.report / "report.html")

        arguments = ["report", *folders, "--out", str(training.report)]
        self._children.ask("report", arguments, done, "Making the report")


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
