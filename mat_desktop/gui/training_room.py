"""The page of training, with what can be done there."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, QUrl
from PySide6.QtGui import QDesktopServices

from mat_desktop.app.trainings import Order, Task, Training, plain_name
from mat_desktop.gui.actions import Actions
from mat_desktop.gui.models.trainings import Entry, entries
from mat_desktop.gui.operations.child import Child
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.operations.train import ChildWork, Trainer
from mat_desktop.gui.pages import Page, Pages
from mat_desktop.gui.save import ask_target
from mat_desktop.gui.views.training import TrainingPage
from mat_desktop.gui.widgets.data_picker import Wanted
from mat_desktop.gui.workshop import Workshop

if TYPE_CHECKING:
    from mat_desktop.app.corrections import Counted
    from mat_desktop.app.models import Model

READ_MS = 150
"""After something new in a folder, before it is read; several come at once."""


class TrainingRoom(QObject):
    """Reads the trainings, starts and follows them, and takes what they made into use."""

    def __init__(self, desk: Desk, pages: Pages, actions: Actions, workshop: Workshop) -> None:
        super().__init__()
        self._desk, self._workshop = desk, workshop
        self.trainer = Trainer(desk)
        self.page = TrainingPage()
        self._trainings: list[Training] = []
        self._told: dict[str, Any] | None = None
        self._describing = self._purged = False
        self._children: dict[str, Child] = {}
        self._shown = ""
        self._lines: list[str] | None = None
        self._reading = QTimer(self)
        self._reading.setSingleShot(True)
        self._reading.setInterval(READ_MS)
        self._reading.timeout.connect(self._read_again)
        self._changed = ""
        page, trainer = self.page, self.trainer
        pages.add(Page("training", page, page.new, page.banners))
        self._pages = pages
        page.shown.connect(self._page_shown)
        page.again.connect(self._describe)
        page.chosen.connect(self._chosen)
        page.form.asked.connect(self._look)
        page.form.start.connect(self._start)
        run = page.run
        run.pause.connect(trainer.pause)
        run.stop.connect(trainer.stop)
        run.resume.connect(lambda entry: trainer.resume(entry.training.id))
        run.use.connect(self._use)
        run.compare.connect(self._compare)
        run.export.connect(self._export)
        run.remove.connect(self._remove)
        run.report.connect(self._report)
        trainer.changed.connect(self._has_changed)
        trainer.moved.connect(self._moved)
        trainer.lines.connect(self._said)
        trainer.ended.connect(self._ended)
        desk.bridge.changed.connect(self._show_progress)
        actions.connect("new_run", self.new_run)

    def new_run(self) -> None:
        """Show the form."""
        self._pages.show("training")
        self.page.show_form()

    def close(self) -> None:
        """End the processes with the window."""
        self.trainer.close()
        for child in list(self._children.values()):
            child.wait()

    # reading

    def _page_shown(self) -> None:
        if self.page.run.plots is None:
            self._desk.bridge.ask(
                "curves",
                lambda: importlib.import_module("mat_desktop.gui.widgets.curves"),
                lambda module: self.page.run.set_plots(module.make()),
            )
        if self._told is None:
            self._describe()
        self._count_corrections()
        self.load()

    def _count_corrections(self) -> None:
        def done(found: Counted) -> None:
            self.page.form.set_corrections(found.verdicts, found.tracks, " ".join(found.left_out))

        services = self._desk.services
        self._desk.bridge.ask(
            "corrections",
            services.count_corrections,
            done,
            lambda error: self._desk.complain("The verdicts cannot be read", error),
        )

    def load(self) -> None:
        """Read all trainings, and what can be trained on, anew."""
        services = self._desk.services
        first, self._purged = not self._purged, True

        def read() -> tuple[list[Training], list[Model], list[Path]]:
            if first:
                services.trainings.purge()
            return services.trainings.all(), services.usable_models(), services.roots()

        def done(answer: tuple[list[Training], list[Model], list[Path]]) -> None:
            self._trainings, models, roots = answer
            before = [_value(training.order.arguments, "--data") for training in self._trainings]
            self.page.form.offer(models, services.model, roots, [Path(name) for name in before if name])
            self._show()

        self._desk.bridge.ask(
            "trainings", read, done, lambda error: self._desk.complain("The trainings cannot be read", error)
        )

    def _has_changed(self, name: str) -> None:
        self._changed = name
        self._reading.start()

    def _read_again(self) -> None:
        """Only the training in whose folder something is new."""
        trainings, name = self._desk.services.trainings, self._changed

        def done(found: Training | None) -> None:
            known = [training.id for training in self._trainings]
            if found is not None and name in known:
                self._trainings[known.index(name)] = found
                self._show()

        self._desk.bridge.ask("training", lambda: trainings.one(name), done)

    def _show(self) -> None:
        self.page.show_runs(entries(self._trainings, self.trainer.running))
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
            self.page.show_lack("")
            self.page.form.describe(told)
            self.page.run.describe(told)

        self._ask("describe", ["describe"], done)

    def _look(self, wanted: Wanted) -> None:
        def done(text: str, reason: str) -> None:
            found = _object(text)
            self.page.form.data.show_found(found if found is not None and not reason else {"fault": reason})

        self._ask("look", ["look", *wanted.words], done)

    def _ask(
        self, channel: str, arguments: list[str], done: Callable[[str, str], object], title: str = ""
    ) -> None:
        """Ask a process of its own; an answer that nobody waits for any more is dropped.

        :param title: of what is shown as work, and can be cancelled
        :param done: told of its standard output, and of why it failed, empty where it did not
        """
        before = self._children.pop(channel, None)
        if before is not None:
            before.stop()
        child = Child(arguments, self)
        self._children[channel] = child
        said: list[str] = []
        told: list[str] = []
        child.said.connect(said.append)
        child.told.connect(told.append)
        bridge = self._desk.bridge
        work = ChildWork(title, child) if title else None
        if work is not None:
            bridge.take_on(work)

        def ended(status: int) -> None:
            child.deleteLater()
            if work is not None:
                bridge.let_go(work)
            if self._children.get(channel) is child:
                del self._children[channel]
            if child.stopping:
                return
            words = [line for line in told if line.strip()]
            reason = "" if status == 0 else words[-1] if words else f"it ended with status {status}"
            done("\n".join(said), reason)

        child.ended.connect(ended)

    # showing

    def _chosen(self, entry: Entry | None) -> None:
        name = entry.training.id if entry is not None and entry.training is not None else ""
        if entry is not None and name:
            going = self._going(entry)
            self.page.run.show_entry(entry, self._desk.services.scheme, going)
            self._show_progress()
        if name == self._shown:
            return
        self._shown = name
        if name:
            trainings = self._desk.services.trainings
            self.trainer.save()
            self._lines = []  # said from now on, and so not in what is read
            self._desk.bridge.ask("log", lambda: trainings.log(name), self._show_log)

    def _show_log(self, text: str) -> None:
        self.page.run.log.show_text(text)
        lines, self._lines = self._lines or [], None
        self.page.run.log.add(lines)

    def _going(self, entry: Entry) -> Any:
        running = entry.training is not None and entry.training.id == self.trainer.running
        return self.trainer.progress if running else None

    def _moved(self) -> None:
        self._show_progress()
        self.page.form.set_busy(bool(self.trainer.running))
        self.page.run.set_busy(bool(self.trainer.running))

    def _show_progress(self) -> None:
        entry, work = self.page.run.entry, self.trainer.work
        if entry is None or work is None or not self.page.run.isVisible():
            return
        going = self._going(entry)
        if going is not None:
            self.page.run.show_progress(going, work.seconds_left, paused=work.paused)

    def _said(self, name: str, lines: list[str]) -> None:
        if name != self._shown:
            return
        if self._lines is not None:
            self._lines += lines
        else:
            self.page.run.log.add(lines)

    def _ended(self, name: str) -> None:
        self.load()

    # doing

    def _start(self, order: Order) -> None:
        def begun(training: Training) -> None:
            self._trainings.insert(0, training)
            self._show()
            self.page.look_for(training.id)

        self.page.form.set_busy(True)
        if order.task is not Task.CORRECTIONS:
            self.trainer.begin(order, begun)
            return

        def written(folder: Path) -> None:
            self.trainer.begin(replace(order, arguments=(*order.arguments, "--data", str(folder))), begun)

        def failed(error: Exception) -> None:
            self._desk.complain("The training was not started", error)
            self._moved()

        self._desk.bridge.keep(self._desk.services.write_corrections, written, failed)

    def _use(self, entry: Entry) -> None:
        def brought(model: Model) -> None:
            self._workshop.models.use(model.name)

        self._with_model(entry, lambda folder: self._workshop.models.bring(folder, brought))

    def _compare(self, entry: Entry) -> None:
        """On the page of models, where the new one stands from now on."""

        def brought(model: Model) -> None:
            self._pages.show("models")
            self._workshop.compare.open(model.name)

        self._with_model(entry, lambda folder: self._workshop.models.bring(folder, brought))

    def _export(self, entry: Entry) -> None:
        start = Path.home() / f"{_model_name(entry)}.zip"
        target = ask_target(self.page, "Export the model", start, {".zip": "Zip (*.zip)"})
        if target is not None:
            self._with_model(entry, lambda folder: self._workshop.models.send_folder(folder, target))

    def _with_model(self, entry: Entry, do: Callable[[Path], object]) -> None:
        """The model of a run, which is made from its kept epoch where it did not make one by itself."""
        training, run = entry.training, entry.run
        if training is None:
            return
        if training.model is not None:
            do(training.model)
            return
        if run is None:
            return
        desk = self._desk
        target = training.made / _model_name(entry)
        data = _value(training.order.arguments, "--data")
        cache = str(desk.services.trainings.cache)
        arguments = ["export", "--from", str(run.folder), "--data", data, "--cache", cache]

        def done(_: str, reason: str) -> None:
            if reason:
                desk.say("danger", f"No model could be made of {entry.title}: {reason}", kind="models")
            else:
                do(target)

        self._ask("export", [*arguments, "--export", str(target)], done, "Making the model")

    def _remove(self, entry: Entry) -> None:
        training = entry.training
        if training is None or training.id == self.trainer.running:
            return
        desk, name, title = self._desk, training.id, training.order.title
        trainings = desk.services.trainings

        def restore() -> None:
            desk.bridge.keep(
                lambda: trainings.restore(name),
                lambda _: self.load(),
                lambda error: desk.complain("The run cannot be brought back", error),
            )

        def done(_: object) -> None:
            desk.say("positive", f"“{title}” is deleted.", "Undo", restore, kind="training")
            self.load()

        desk.bridge.keep(
            lambda: trainings.delete(name),
            done,
            lambda error: desk.complain("The run was not deleted", error),
        )

    def _report(self, entry: Entry) -> None:
        training = entry.training
        if training is None:
            return
        folders = [str(run.folder) for run in training.runs if run.finished]

        def done(_: str, reason: str) -> None:
            if reason:
                self._desk.say("danger", f"The report was not made: {reason}", kind="report")
            else:
                QDesktopServices.openUrl(QUrl.fromLocalFile(str(training.report / "report.html")))

        self._ask("report", ["report", *folders, "--out", str(training.report)], done, "Making the report")


def _model_name(entry: Entry) -> str:
    assert entry.training is not None
    return plain_name(entry.title) if entry.row is not None else entry.training.order.name


def _value(arguments: tuple[str, ...], flag: str) -> str:
    return arguments[arguments.index(flag) + 1] if flag in arguments else ""


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
