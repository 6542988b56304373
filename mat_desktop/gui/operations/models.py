"""The models: their list, import, export, and the change from one to another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from mat_desktop.domain.card import ModelCard
from mat_desktop.errors import printable
from mat_desktop.gui import words
from mat_desktop.gui.jobs import LISTEN, Job
from mat_desktop.gui.models.row import Arrived
from mat_desktop.gui.operations.arrive import AsShown, known
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.smoke import doubt

if TYPE_CHECKING:
    from mat_desktop.app.models import BrokenModel, Model, Trained
    from mat_desktop.domain.taught import TaughtTag

    AnyModel = Model | BrokenModel

KIND = "models"
"""Of what is said of models: the last word counts, and it goes when the next thing is done."""

QUESTION = "delete"
"""Of the question whether to delete one, which goes likewise; what came of earlier things stands with it."""

AT_ONCE = 200
"""Tracks whose kept scores are looked up together."""

IN_USE = "model in use"
"""Kind of the message which says so, on whichever page the change was asked for."""


class Models(QObject):
    """``listed`` hands over all models and how many tracks each has heard, by digest; ``changed`` says that
    another is in use, ``listen`` that what it did not hear yet is to be heard; ``settled`` names the kind of
    a message that is not so any more, ``left_behind`` the taught tags that do not come along, ``brought`` a
    model that was imported; ``doubted`` names a model whose tags say nothing, and why: it is not used
    before the user was asked.
    """

    listed = Signal(object, object)
    changed = Signal()
    listen = Signal()
    settled = Signal(str)
    left_behind = Signal(object)
    brought = Signal(str)
    doubted = Signal(str, str)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._back = ""
        self._listed: Sequence[AnyModel] = ()
        self._heard: Mapping[str, int] = {}

    @property
    def chosen(self) -> str:
        """Name of the model in use."""
        return self._desk.services.model

    def load(self) -> None:
        """Read the list anew."""
        services = self._desk.services
        self._desk.bridge.ask(
            "models",
            lambda: (services.models(), services.heard_by_model()),
            self._list,
            lambda error: self._desk.complain("The models cannot be listed", error),
        )

    def _list(self, answer: tuple[Sequence[AnyModel], Mapping[str, int]]) -> None:
        self._listed, self._heard = answer
        self.listed.emit(*answer)

    def _begin(self) -> None:
        """Something is done: what was said before would stand in its way."""
        self.settled.emit(KIND)
        self.settled.emit(QUESTION)

    def _complain(self, what: str, error: Exception) -> None:
        self._desk.complain(what, error, kind=KIND)

    def bring(
        self,
        source: Path,
        then: Callable[[Model], object] | None = None,
        trained: Trained | None = None,
    ) -> Job:
        """Import a folder or a zip. Returns the job that does it.

        :param then: told of the model, instead of the user
        :param trained: the training here that made it
        """
        desk = self._desk
        self._begin()

        def make(_: threading.Event) -> Iterator[Any]:
            before = {model.name for model in desk.services.models()}
            model = desk.services.import_model(source, trained)
            yield model, model.name in before

        def done(items: list[Any]) -> None:
            model, here = items[0]
            self.brought.emit(model.name)
            self.load()
            if then is not None:
                then(model)
                return
            if here:
                text = f"{model.card.title} is here already, as “{model.name}”; nothing was imported."
                desk.say("warning", text, kind=KIND)
                return
            desk.say("positive", f"{model.card.title} is imported as “{model.name}”.", kind=KIND)

        def ended(error: Exception | None) -> None:
            if error is not None:
                self._complain("The model was not imported", error)

        job = Job("Checking the model", make, on_items=done, on_end=ended, unit="model", total=1)
        return desk.bridge.do(job)

    def send(self, model: Model, target: Path) -> None:
        """Export a model as a zip."""
        desk = self._desk
        self._begin()

        def make(_: threading.Event) -> Iterator[Any]:
            yield desk.services.export_model(model, target)

        def done(items: list[Any]) -> None:
            desk.say("positive", f"“{model.name}” is exported to {printable(items[0])}.", kind=KIND)

        def ended(error: Exception | None) -> None:
            if error is not None:
                self._complain("The model was not exported", error)

        desk.bridge.do(Job("Exporting the model", make, on_items=done, on_end=ended, unit="model", total=1))

    def send_folder(self, folder: Path, target: Path) -> None:
        """Export a model that is not among the others."""

        def read(model: Model) -> None:
            self.send(model, target)

        self._desk.bridge.ask(
            "model",
            lambda: self._desk.services.read_model(folder),
            read,
            lambda error: self._complain("The model was not exported", error),
        )

    def delete(self, name: str) -> None:
        """Take an imported model away; what it heard stays in the library."""
        desk = self._desk
        self._begin()

        def failed(error: Exception) -> None:
            self._complain("The model was not deleted", error)
            self.load()

        def done(_: object) -> None:
            if self._back == name:  # there is no way back to it
                self.settled.emit(IN_USE)
            desk.say("positive", f"“{name}” is deleted.", kind=KIND)
            self.load()

        desk.bridge.keep(lambda: desk.services.delete_model(name), done, failed)

    def heard_more(self) -> None:
        """Listening has ended: where all was heard, none is said to be left."""
        if not self._desk.tracks.tally().new:
            self.settled.emit(IN_USE)

    def choose(self, name: str) -> None:
        """Use one of those that were listed, unless it has to be asked first whether that is meant."""
        model = next((model for model in self._listed if model.name == name), None)
        card: ModelCard | None = getattr(model, "card", None)  # a broken one has none
        why = doubt(card.smoke_clips, card.valid_roc_auc) if card is not None else ""
        if not why:
            self.use(name)
            return
        self.listed.emit(self._listed, self._heard)  # until there is an answer, pages show the one before
        self.doubted.emit(name, why)

    def use(self, name: str) -> None:
        """Another model, in place of the one that listens now. Listening with that one is cancelled.

        What is to be listened to from now on waits for its turn behind the change: the new one hears it.
        """
        desk = self._desk
        self._begin()
        for before in reversed(desk.bridge.of_lane(LISTEN)):
            desk.bridge.stop(before)
        tracks = [row.track for row in desk.tracks.rows() if row.track is not None]
        broken = {track.path for track in tracks if track.fault}  # looked up too, but cannot be heard
        changed, old = threading.Event(), [self.chosen]
        lost: list[TaughtTag] = []

        def make(cancel: threading.Event) -> Iterator[Any]:
            old[0] = self.chosen  # another change may have had its turn first
            taught = desk.services.teacher.tags
            desk.services.use_model(name)
            here = {tag.name.casefold() for tag in desk.services.teacher.tags}
            lost.extend(tag for tag in taught if tag.name.casefold() not in here)
            changed.set()
            yield name
            for first in range(0, len(tracks), AT_ONCE):
                if cancel.is_set():
                    return
                part = tracks[first : first + AT_ONCE]
                heard = list(known(desk.services, part, desk.tracks.shift))
                yield from heard
                there = {item.path for item in heard}
                yield from (AsShown(track.path) for track in part if track.path not in there)

        def items(batch: list[Any]) -> None:
            if name in batch:
                desk.tracks.forget_scores(desk.services.card.digest)
                self.settled.emit(IN_USE)
                self.changed.emit()
                self.load()
            desk.tracks.hear([item for item in batch if isinstance(item, Arrived)])

        def ended(error: Exception | None) -> None:
            if error is not None:
                self._complain(f"“{name}” cannot be used", error)
                self.load()
                return
            if not changed.is_set():  # stopped before its turn: pages show the one before again
                self.load()
                return
            self.left_behind.emit(lost)
            title, left = desk.services.card.title, desk.tracks.tally().new
            text = f"{title} (“{name}”) is in use."
            desk.result(text.rstrip("."))  # in place of what the one before failed at
            (last,) = old
            damaged = any(model.name == last and hasattr(model, "reason") for model in self._listed)
            back = (f"Back to {last}", lambda: self.use(last)) if last != name and not damaged else None
            self._back = last
            if not left:
                desk.say("positive", text, also=back, kind=IN_USE)
                return
            tracks_left = words.plural(left, "track")
            text += f" {tracks_left} not heard by it yet; what you decided is kept and shows then."
            # Good news goes by itself, and the way to the rest would go with it.
            desk.say("warning", text, "Listen", self.listen.emit, also=back, kind=IN_USE)

        desk.bridge.do(
            Job(
                "Changing the model",
                make,
                on_items=items,
                on_end=ended,
                total=len(tracks) - len(broken) or None,
                unit="readable track",
                counts=lambda item: item != name and item.path not in broken,
                lane=LISTEN,
            )
        )
