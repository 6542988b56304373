"""What is done with the model of a training: it is used, compared, or exported."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from mat_desktop.app.models import Trained
from mat_desktop.app.trainings import MadeModel, Training
from mat_desktop.errors import StoreFault
from mat_desktop.gui.models.trainings import Entry
from mat_desktop.gui.operations.children import Children
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.operations.models import KIND, Models
from mat_desktop.gui.work import Work

if TYPE_CHECKING:
    from mat_desktop.app.models import Model
    from mat_desktop.app.training_runs import Run

Do = Callable[[Path], object]


class MadeModels(QObject):
    """Makes a model of a run's kept epoch where there is none yet, one at a time.

    ``made`` names the training of which one was made, or was not to be had; ``busy_changed`` says whether one
    is being made, or taken in.
    """

    made = Signal(str)
    busy_changed = Signal(bool)

    def __init__(self, desk: Desk, models: Models, children: Children) -> None:
        super().__init__()
        self._desk, self._models, self._children = desk, models, children
        self._making = ""
        self._bringing: Work | None = None
        desk.bridge.over.connect(self._over)

    def needs(self, training: str) -> bool:
        """Whether a model is being made of a training."""
        return self._making == training

    def use(self, entry: Entry) -> None:
        """Take it in, and listen with it."""
        self._bring(entry, lambda model: self._models.use(model.name))

    def compare(self, entry: Entry, then: Callable[[str], object]) -> None:
        """Take it in; ``then`` is told its name."""
        self._bring(entry, lambda model: then(model.name))

    def export(self, entry: Entry, target: Path) -> None:
        """Write it as a zip."""
        self._with_model(entry, lambda folder: self._models.send_folder(folder, target))

    def _bring(self, entry: Entry, then: Callable[[Model], object]) -> None:
        def bring(folder: Path) -> None:
            self._bringing = self._models.bring(folder, then, _trained(entry))
            self._say_busy()

        self._with_model(entry, bring)

    def _over(self, work: Work) -> None:
        if work is self._bringing:
            self._bringing = None
            self._say_busy()

    def _say_busy(self) -> None:
        self.busy_changed.emit(bool(self._making) or self._bringing is not None)

    def _with_model(self, entry: Entry, do: Do) -> None:
        training, run = entry.training, entry.run
        if training is None:
            return
        if self._making or self._bringing is not None:  # a button that is pressed twice is no fault
            self._desk.result("A model is being made; one is made at a time")
            return
        trainings, name = self._desk.services.trainings, entry.model_name

        def look() -> MadeModel | None:
            """On the disk: what the list shows may be older."""
            now = trainings.one(training.id)
            if now is None:
                raise StoreFault(f"{training.id} is not there any more")
            return now.model_of(next((r for r in now.runs if run and r.folder == run.folder), None), name)

        def looked(model: MadeModel | None) -> None:
            if model is not None:
                self._over_with()
                do(model.folder)
            elif run is not None:
                self._make(training, run, entry, do)

        def failed(error: Exception) -> None:
            self._over_with()
            self._desk.complain("The model cannot be used", error, kind=KIND)
            self.made.emit(training.id)

        self._making = training.id
        self._say_busy()
        self._desk.bridge.keep(look, looked, failed)

    def _make(self, training: Training, run: Run, entry: Entry, do: Do) -> None:
        target = training.place_of(entry.model_name)
        words = ["export", "--from", str(run.folder), "--data", training.order.data_folder]
        words += ["--cache", str(self._desk.services.trainings.cache), "--export", str(target)]

        def done(_: str, reason: str) -> None:
            self._over_with()
            if reason:
                text = f"No model could be made of {entry.title}: {reason}"
                self._desk.say("danger", text, kind=KIND)
                self.made.emit(training.id)
                return
            self.made.emit(training.id)
            do(target)

        self._children.ask("export", words, done, "Making the model", stopped=self._over_with)

    def _over_with(self) -> None:
        self._making = ""
        self._say_busy()


def _trained(entry: Entry) -> Trained | None:
    if entry.training is None:
        return None
    began = datetime.fromtimestamp(entry.training.started)
    return Trained(entry.training.order.data or "my corrections", f"{began:%Y-%m-%d %H:%M:%S}")
