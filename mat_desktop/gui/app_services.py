"""The window's services, made of the application layer's use cases."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mat_desktop.app.decide import (
    NOTHING_CHOSEN,
    Choice,
    TagSum,
    choose,
    own_thresholds,
    suggest,
    sum_up,
    tag_taggram,
)
from mat_desktop.app.models import (
    BrokenModel,
    Model,
    Trained,
    as_listed,
    delete_model,
    export_model,
    find_model,
    import_model,
    list_models,
    read_model,
)
from mat_desktop.app.resources import resource
from mat_desktop.app.session import Session
from mat_desktop.app.tag_file import Slip, TagChange
from mat_desktop.app.teach import Teacher
from mat_desktop.app.trainings import Trainings
from mat_desktop.audio.names import is_audio_name
from mat_desktop.domain.card import ModelCard
from mat_desktop.domain.plan import FilePlan, Plan, Policy, WriteResult
from mat_desktop.domain.reversal import FileReversal, Past, RunKind, Task
from mat_desktop.domain.scheme import DisplayTag, TagScheme
from mat_desktop.domain.scores import Mark, OwnThreshold, Said, Scores, Suggestion, Thresholds, Verdict
from mat_desktop.domain.settings import Settings, Value
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import Track
from mat_desktop.errors import FileFault, ModelFault, UsageFault
from mat_desktop.store.journal import Run, TakenBack

if TYPE_CHECKING:
    from mat_desktop.app.carry import Loaded, Luggage
    from mat_desktop.app.compare import Comparison
    from mat_desktop.app.corrections import Collected, Counted
    from mat_desktop.app.doctor import Check
    from mat_desktop.app.draw import Picture
    from mat_desktop.app.evidence import Evidence
    from mat_desktop.app.remembered import Remembered
    from mat_desktop.app.score import Heard
    from mat_desktop.app.whereabouts import Tell


class AppServices:
    """Implements :class:`mat_desktop.gui.services.Services` over a session.

    A use case is imported when it is first asked for, by a worker: the window shows before what reads and
    writes files is there.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._teacher = Teacher(session)
        self._trainings = Trainings(session.data_dir)

    def _settled(self) -> Session:
        """What a drive that went away left open is known before anything is taken back."""
        from mat_desktop.app.recover import recover

        recover(self._session)
        return self._session

    @property
    def data_dir(self) -> Path:
        """Folder for window state."""
        return self._session.data_dir

    @property
    def card(self) -> ModelCard:
        """The model in use."""
        return self._session.card

    @property
    def model(self) -> str:
        """Name of the model in use."""
        return self._session.model

    @property
    def scheme(self) -> TagScheme:
        """How tags are shown and written."""
        return self._session.scheme

    @property
    def bundled_scheme(self) -> TagScheme:
        """The scheme without the user's changes."""
        return self._session.bundled_scheme

    @property
    def tags_fault(self) -> UsageFault | None:
        """Why the user's changes to the scheme do not count."""
        return self._session.tags_fault

    @property
    def slips(self) -> Sequence[Slip]:
        """Changes and taught tags that do not count."""
        return self._session.slips

    @property
    def thresholds(self) -> Thresholds:
        """Those that the user set for this model."""
        return self._session.thresholds

    @property
    def own_thresholds(self) -> tuple[OwnThreshold, ...]:
        """The same with the tags' names and the model's own thresholds."""
        session = self._session
        return own_thresholds(session.scheme, session.card, session.thresholds, session.bundled_scheme)

    @property
    def policies(self) -> dict[Field, Policy]:
        """What happens to present values, by field."""
        return self._session.policies

    @property
    def settings(self) -> Settings:
        """Those that count."""
        return self._session.settings

    @property
    def settings_slips(self) -> Sequence[Slip]:
        """What in their file cannot be used."""
        return self._session.settings_slips

    @property
    def settings_fault(self) -> UsageFault | None:
        """Why nothing in their file can be used."""
        return self._session.settings_fault

    @property
    def device(self) -> str | None:
        """Name of the engine's device, None before it is up."""
        return self._session.device

    @property
    def instead(self) -> str:
        """Why the engine runs on another device than the one in the settings."""
        return self._session.engine.instead

    @property
    def demo_tracks(self) -> int:
        """How many demo tracks are bundled."""
        folder = resource("demo")
        return sum(is_audio_name(path) for path in folder.iterdir()) if folder.is_dir() else 0

    @property
    def teacher(self) -> Teacher:
        """What the user teaches the model."""
        return self._teacher

    @property
    def trainings(self) -> Trainings:
        """Trainings that were asked for."""
        return self._trainings

    def suggest(
        self, scores: Scores, verdicts: Mapping[str, Verdict], shift: float
    ) -> tuple[Suggestion, ...]:
        """Every display tag for one track; none for scores of a model that is no longer in use."""
        if scores.model != self.card.digest:
            return ()
        return suggest(self.scheme, self.card, scores, verdicts, shift, self._session.thresholds)

    def choose(
        self, scores: Sequence[Scores], verdicts: Sequence[Mapping[str, Verdict]], shift: float
    ) -> list[Choice]:
        """What a table needs of the same, for many tracks at once."""
        session, card = self._session, self._session.card
        ours = _of_model(scores, card.digest)
        found = [NOTHING_CHOSEN] * len(scores)
        made = choose(
            session.scheme,
            card,
            [scores[place] for place in ours],
            [verdicts[place] for place in ours],
            shift,
            session.thresholds,
        )
        for place, choice in zip(ours, made, strict=True):
            found[place] = choice
        return found

    def sum_up(
        self, scores: Sequence[Scores], verdicts: Sequence[Mapping[str, Verdict]], shift: float
    ) -> list[TagSum]:
        """The suggestions for many tracks, added up by tag; without those of a model that is not in use."""
        session, card = self._session, self._session.card
        ours = _of_model(scores, card.digest)
        return sum_up(
            session.scheme,
            card,
            [scores[place] for place in ours],
            [verdicts[place] for place in ours],
            shift,
            session.thresholds,
        )

    def tag_taggram(
        self, taggram: NDArray[np.float16], suggestions: Sequence[Suggestion]
    ) -> NDArray[np.float32]:
        """Rows over time for display tags."""
        return tag_taggram(self.scheme, self.card, taggram, suggestions)

    def plan_file(
        self,
        track: Track,
        suggestions: Sequence[Suggestion],
        policies: Mapping[Field, Policy] = {},
        verdicts: Mapping[str, Verdict] = {},
    ) -> FilePlan | None:
        """What would be written into one file."""
        from mat_desktop.app.plan import plan_file

        return plan_file(self._session, track, suggestions, policies, verdicts)

    def check_plan(self, plan: FilePlan) -> FilePlan | None:
        """What speaks against writing a file, by a look at it."""
        from mat_desktop.app.plan import checked

        return checked(plan)

    def use_settings(self, changes: Mapping[str, Value]) -> None:
        """Other settings until the program ends."""
        self._session.use_settings(changes)

    def keep_settings(self, changes: Mapping[str, Value]) -> None:
        """Write settings down."""
        self._session.keep_settings(changes)

    @property
    def devices(self) -> Mapping[str, str]:
        """Devices that the engine found."""
        return self._session.engine.devices

    @property
    def settings_path(self) -> Path:
        """Where the settings lie."""
        return self._session.settings_file.path

    def restart_engine(self, cancel: threading.Event) -> str:
        """Have the engine run as the settings say."""
        return self._session.restart_engine(cancel)

    def save_luggage(self, path: Path) -> None:
        """Write a file to carry to another computer."""
        from mat_desktop.app import carry

        carry.save(self._session, path)

    def load_luggage(self, path: Path) -> Loaded:
        """Use what such a file says."""
        from mat_desktop.app import carry

        return carry.load(self._session, path)

    def adopt_luggage(self, luggage: Luggage) -> None:
        """Use what counted before."""
        from mat_desktop.app import carry

        carry.adopt(self._session, luggage)

    def look_at_settings(self) -> bool:
        """Whether the file with the settings is usable by now."""
        return self._session.look_at_settings()

    def set_settings_aside(self) -> Path | None:
        """Rename an unusable file with settings."""
        return self._session.set_settings_aside()

    def start_engine(self) -> str:
        """Bring the engine process up."""
        return self._session.start_engine()

    def models(self) -> Sequence[Model | BrokenModel]:
        """Every model, bundled ones first."""
        found = list_models(self.data_dir)
        name = self._session.model
        if all(model.name != name for model in found):  # it was named by its place at the start
            found.append(as_listed(name, find_model(self.data_dir, name)))
        return found

    def usable_models(self) -> list[Model]:
        """Those that are not broken."""
        return [model for model in self.models() if isinstance(model, Model)]

    def heard_by_model(self) -> Mapping[str, int]:
        """How many tracks each model has heard."""
        return self._session.library.heard_by_model()

    def use_model(self, name: str) -> None:
        """Listen with another model from now on."""
        self._session.use_model(name)

    def compare(self, name: str) -> Comparison:
        """Another model against the one in use."""
        from mat_desktop.app.compare import Comparison

        return Comparison(self._session, name)

    def import_model(self, source: Path, trained: Trained | None = None) -> Model:
        """Check a model's folder or zip and copy it to the others."""
        return import_model(self.data_dir, source, trained)

    def export_model(self, model: Model, target: Path) -> Path:
        """Write a model as a zip."""
        return export_model(model, target)

    def read_model(self, folder: Path) -> Model:
        """A model in any folder."""
        return read_model(folder)

    def delete_model(self, name: str) -> None:
        """Take an imported model away."""
        if name == self._session.model:
            raise ModelFault(f"{name} is in use; choose another model first")
        delete_model(self.data_dir, name)

    def count_corrections(self) -> Counted:
        """How much the user said of the whole library."""
        from mat_desktop.app.corrections import count_corrections

        return count_corrections(self._session)

    def write_corrections(self) -> tuple[Path, Collected]:
        """Write them where training finds them."""
        from mat_desktop.app.corrections import write_corrections

        return write_corrections(self._session)

    def roots(self) -> list[Path]:
        """Folders opened before."""
        return self._session.roots()

    def forget_root(self, root: Path) -> None:
        """Open a folder no more."""
        self._session.library.remove_root(root)

    def runs(self) -> list[Run]:
        """The history, newest first."""
        return self._session.runs()

    @property
    def own_runs(self) -> Sequence[int]:
        """Runs that this process made."""
        return self._session.journal.own

    def run_changes(self, run_id: int) -> Sequence[FileReversal]:
        """What a run wrote, file by file."""
        from mat_desktop.app.undo import written_by

        return written_by(self._session.journal, run_id)

    def taken_back(self) -> TakenBack:
        """By file and field: values that were taken back and not written again since."""
        return self._session.journal.taken_back()

    def export_run(self, run_id: int, path: Path) -> None:
        """What a run wrote, as a file for other programs."""
        from mat_desktop.app.run_report import export_run

        export_run(self._session.journal, run_id, path)

    def undoing(self, run_id: int, files: Collection[Path], cancel: threading.Event, tell: Tell) -> Task:
        """Take back a run, or only some files of it."""
        from mat_desktop.app.undo import undoing

        return undoing(self._settled(), run_id, files, cancel=cancel, tell=tell)

    def doable(self, what: RunKind, cancel: threading.Event, tell: Tell) -> int | None:
        """The newest run of which something can be undone, or redone, now."""
        from mat_desktop.app.latest import doable

        return doable(self._settled(), what, cancel, tell)

    def redoing(self, run_id: int, cancel: threading.Event, tell: Tell) -> Task:
        """Write again what was taken back of a run."""
        from mat_desktop.app.undo import redoing

        return redoing(self._settled(), run_id, cancel=cancel, tell=tell)

    def undoing_files(self, paths: Sequence[Path], cancel: threading.Event, tell: Tell) -> Task:
        """Take back the last thing that was written to each of some files."""
        from mat_desktop.app.undo import undoing_files

        return undoing_files(self._settled(), paths, cancel, tell)

    def removing(self, cancel: threading.Event, tell: Tell) -> Task:
        """Take out of every file what was ever written to it."""
        from mat_desktop.app import remove

        return remove.removing(self._settled(), cancel=cancel, tell=tell)

    def look_back(self, task: Task, pasts: Sequence[Past]) -> list[FileReversal]:
        """Some files of a task as they are, beside what they would become."""
        from mat_desktop.app import remove
        from mat_desktop.app.undo import look_at

        if task.kind is RunKind.REMOVE:
            found = [remove.look_at(self._session, past) for past in pasts]
            return [file for file in found if file is not None]
        return [look_at(self._session, past) for past in pasts]

    def reverse(
        self, task: Task, files: Sequence[FileReversal], cancel: threading.Event
    ) -> Iterator[WriteResult]:
        """Do what was looked at."""
        from mat_desktop.app.reverse import reverse

        return reverse(self._session, task, files, cancel)

    def scan(self, roots: Sequence[Path], cancel: threading.Event) -> Iterator[Track | FileFault]:
        """Tracks under folders."""
        from mat_desktop.app.scan import scan
        from mat_desktop.app.standing import as_they_come

        return as_they_come(self._session, scan(self._session, roots, cancel, remember=True), cancel)

    def count(self, roots: Sequence[Path], enough: threading.Event) -> Iterator[int]:
        """How many files a scan comes to."""
        from mat_desktop.app.scan import count

        return count(roots, enough)

    def look(self, paths: Sequence[Path], cancel: threading.Event) -> Iterator[Track | FileFault]:
        """Tracks at paths under folders that were opened before."""
        from mat_desktop.app.scan import look
        from mat_desktop.app.standing import as_they_come

        return as_they_come(self._session, look(self._session, paths, cancel), cancel)

    def watch(self, roots: Sequence[Path], stop: threading.Event) -> Iterator[list[Path]]:
        """Paths that other programs changed, as they do."""
        from mat_desktop.app.watch import watch

        return watch(roots, stop)

    def note_mounts(self, roots: Sequence[Path], found: Collection[str]) -> None:
        """Remember where volumes are mounted."""
        from mat_desktop.app.mounts import note_mounts

        note_mounts(self._session, roots, found)

    def unmounted(self) -> Sequence[Path]:
        """Where one is not at the moment."""
        from mat_desktop.app.mounts import unmounted

        return unmounted(self._session)

    def count_remembered(self, roots: Sequence[Path]) -> int:
        """How many there are."""
        from mat_desktop.app.remembered import count_remembered

        return count_remembered(self._session, roots)

    def remembered(self, roots: Sequence[Path]) -> Iterator[Remembered]:
        """Tracks under folders as the library knows them."""
        from mat_desktop.app.remembered import remembered

        return remembered(self._session, roots)

    def known(self, tracks: Sequence[Track]) -> Iterator[Remembered]:
        """What was heard in earlier sessions."""
        from mat_desktop.app.remembered import known

        return known(self._session, tracks)

    def taggram(self, track: Track) -> NDArray[np.float16] | None:
        """What was heard in a track over time."""
        from mat_desktop.app.remembered import taggram

        return taggram(self._session, track)

    def forget_missing(self, roots: Sequence[Path], found: Collection[str]) -> None:
        """Whole scans of these folders found these files."""
        from mat_desktop.app.scan import forget_missing

        forget_missing(self._session, roots, found)

    def forget_paths(self, paths: Sequence[Path]) -> None:
        """Files that are gone, and whatever was in folders that are."""
        self._session.library.put_gone(paths)

    def never_gone(self, paths: Sequence[Path]) -> None:
        """Files that were said to be gone wait for their drive as before."""
        self._session.library.never_gone(paths)

    def heirs(self, gone: Sequence[Path]) -> Sequence[Track]:
        """Files that were found before others went."""
        from mat_desktop.app.said import heirs

        return heirs(self._session, gone)

    def said(self, heard: Heard) -> tuple[Mapping[str, Verdict], Mark]:
        """What the user said of a file's tags before, and whether it was marked as reviewed."""
        from mat_desktop.app.said import said_of

        found = said_of(self._session, heard.scores.track_id, heard.path)
        return found.verdicts, found.mark

    def keep_said(self, said: Sequence[Said]) -> None:
        """Remember what the user says of some tags of files, and marks."""
        self._session.library.put_said(said)

    def set_threshold(self, tag: str, value: float | None) -> float | None:
        """Suggest a tag from another score on."""
        return self._session.set_threshold(tag, value)

    def tag_changes(self) -> dict[str, TagChange]:
        """The user's changes to the scheme."""
        return self._session.tags.read()

    def change_tags(self, changes: Mapping[str, TagChange | None]) -> TagScheme:
        """Change the scheme."""
        return self._session.change_tags(changes)

    def set_tags_aside(self) -> Path | None:
        """Rename an unusable file with changes to the scheme; one that is usable by now counts."""
        aside = None
        try:
            self._session.tags.read()
        except UsageFault:
            aside = self._session.tags.set_aside()
        self._session.change_tags({})
        return aside

    def recover(self) -> Sequence[WriteResult]:
        """Settle what a crash left half-way.

        A worker asks for it before any track is there. What the window's own thread will ask for is imported
        here too, as an import there may wait for another one.
        """
        import mat_desktop.app.plan  # noqa: F401
        from mat_desktop.app.recover import recover

        return recover(self._session)

    def score(
        self, tracks: Sequence[Track], cancel: threading.Event, tell: Callable[[Path, float], None]
    ) -> Iterator[Heard | FileFault]:
        """Listen to tracks."""
        from mat_desktop.app.score import score

        return score(self._session, tracks, cancel, tell)

    def rest(self, on: bool) -> None:
        """Let listening rest, or go on."""
        self._session.engine.hold(on)

    def is_as_known(self, track: Track) -> bool:
        """Whether the file is there and was not changed since it was looked at."""
        from mat_desktop.app.scan import is_as_known

        return is_as_known(track)

    def queue(self) -> list[Path]:
        """Files that were to be listened to when the program ended."""
        return self._session.library.queue()

    def put_queue(self, paths: Sequence[Path]) -> None:
        """Files that are to be listened to."""
        self._session.library.put_queue(paths)

    def drop_queue(self, paths: Sequence[Path]) -> None:
        """They are not any more."""
        self._session.library.drop_queue(paths)

    def draw(
        self,
        path: Path,
        tell: Callable[[Picture], None] = lambda part: None,
        wanted: Callable[[], bool] = lambda: True,
    ) -> Picture:
        """The log-mel spectrogram of a file."""
        from mat_desktop.app.draw import draw

        return draw(self._session, path, tell, wanted)

    def stop_drawing(self) -> None:
        """Withdraw the spectrogram that is being drawn."""
        self._session.engine.cancel_drawing()

    def find_evidence(
        self,
        path: Path,
        tag: DisplayTag,
        tell: Callable[[float], None] = lambda share: None,
        wanted: Callable[[], bool] = lambda: True,
    ) -> Evidence:
        """Where in a file a tag was heard."""
        from mat_desktop.app.evidence import find_evidence

        return find_evidence(self._session, path, tag, tell, wanted)

    def stop_evidence(self) -> None:
        """Withdraw the evidence that is being found."""
        self._session.engine.cancel_evidence()

    def apply(self, plan: Plan, cancel: threading.Event) -> Iterator[WriteResult]:
        """Write a plan."""
        from mat_desktop.app.apply import apply

        return apply(self._session, plan, cancel)

    def lend_files_by(self, lend: Callable[[Path], AbstractContextManager[None]]) -> None:
        """Each file is replaced within this."""
        self._session.lend = lend

    def refresh(self, path: Path, *, seen: bool = True) -> Track:
        """Read one file's tags again."""
        from mat_desktop.app.scan import refresh

        return refresh(self._session, path, seen=seen)

    def checks(self) -> Sequence[Check]:
        """What the doctor looks at."""
        from mat_desktop.app.doctor import checks

        return checks(self.data_dir)

    def demo_folder(self) -> Path:
        """Copy the demo tracks to where they may be written."""
        from mat_desktop.app.demo import demo_folder

        return demo_folder(self._session)

    def close(self) -> None:
        """End the engine and close the stores."""
        self._session.close()


def _of_model(scores: Sequence[Scores], model: str) -> list[int]:
    """Places of those that this model heard."""
    return [place for place, track in enumerate(scores) if track.model == model]
