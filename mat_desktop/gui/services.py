"""What the window needs of the application layer, as one interface, so that tests can stand in for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mat_desktop.domain.card import ModelCard
from mat_desktop.domain.plan import FilePlan, Plan, Policy, WriteResult
from mat_desktop.domain.reversal import FileReversal, Past, RunKind, Task
from mat_desktop.domain.scheme import DisplayTag, TagScheme
from mat_desktop.domain.scores import Mark, OwnThreshold, Said, Scores, Suggestion, Thresholds, Verdict
from mat_desktop.domain.settings import Settings, Value
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import Track
from mat_desktop.errors import FileFault, UsageFault

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mat_desktop.app.carry import Loaded, Luggage
    from mat_desktop.app.compare import Comparison
    from mat_desktop.app.corrections import Collected, Counted
    from mat_desktop.app.decide import Choice, TagSum
    from mat_desktop.app.doctor import Check
    from mat_desktop.app.draw import Picture
    from mat_desktop.app.evidence import Evidence
    from mat_desktop.app.models import BrokenModel, Model, Trained
    from mat_desktop.app.remembered import Remembered
    from mat_desktop.app.score import Heard
    from mat_desktop.app.tag_file import Slip, TagChange
    from mat_desktop.app.teach import Teacher
    from mat_desktop.app.trainings import Trainings
    from mat_desktop.app.whereabouts import Tell
    from mat_desktop.store.journal import Run, TakenBack


class Services(Protocol):
    """The use cases behind the window. Only members marked "at once" may be used in the UI thread."""

    @property
    def data_dir(self) -> Path:
        """Folder for window state; at once."""

    @property
    def card(self) -> ModelCard:
        """The model in use; at once."""

    @property
    def model(self) -> str:
        """Name of the model in use; at once."""

    @property
    def scheme(self) -> TagScheme:
        """How tags are shown and written; at once."""

    @property
    def bundled_scheme(self) -> TagScheme:
        """The scheme without the user's changes; at once."""

    @property
    def tags_fault(self) -> UsageFault | None:
        """Why the user's changes to the scheme do not count, None where they do; at once."""

    @property
    def slips(self) -> Sequence[Slip]:
        """Changes and taught tags that do not count, as they contradict others; at once."""

    @property
    def thresholds(self) -> Thresholds:
        """Those that the user set for this model; at once."""

    @property
    def own_thresholds(self) -> tuple[OwnThreshold, ...]:
        """The same with the tags' names and the model's own thresholds."""

    @property
    def policies(self) -> dict[Field, Policy]:
        """What happens to present values, by field; at once, and may be changed."""

    @property
    def settings(self) -> Settings:
        """Those that count; at once."""

    @property
    def settings_slips(self) -> Sequence[Slip]:
        """What in their file cannot be used; at once."""

    @property
    def settings_fault(self) -> UsageFault | None:
        """Why nothing in their file can be used, None where it can; at once."""

    @property
    def device(self) -> str | None:
        """Name of the device that the engine runs on, None before it is up; at once."""

    @property
    def instead(self) -> str:
        """Why the engine runs on another device than the one in the settings, empty where it does not; at
        once.
        """

    @property
    def demo_tracks(self) -> int:
        """How many demo tracks are bundled; at once."""

    @property
    def teacher(self) -> Teacher:
        """What the user teaches the model; its own texts say which of it is at once."""

    @property
    def trainings(self) -> Trainings:
        """Trainings that were asked for; its own texts say that nothing of it is at once."""

    def suggest(
        self, scores: Scores, verdicts: Mapping[str, Verdict], shift: float
    ) -> tuple[Suggestion, ...]:
        """Every display tag for one track, by category, then falling score; at once."""

    def choose(
        self, scores: Sequence[Scores], verdicts: Sequence[Mapping[str, Verdict]], shift: float
    ) -> list[Choice]:
        """What a table needs of the same, for many tracks at once."""

    def sum_up(
        self, scores: Sequence[Scores], verdicts: Sequence[Mapping[str, Verdict]], shift: float
    ) -> list[TagSum]:
        """The suggestions for many tracks, added up by tag."""

    def tag_taggram(
        self, taggram: NDArray[np.float16], suggestions: Sequence[Suggestion]
    ) -> NDArray[np.float32]:
        """Rows over time for display tags; at once."""

    def plan_file(
        self,
        track: Track,
        suggestions: Sequence[Suggestion],
        policies: Mapping[Field, Policy] = ...,
        verdicts: Mapping[str, Verdict] = ...,
    ) -> FilePlan | None:
        """What would be written into one file; at once."""

    def check_plan(self, plan: FilePlan) -> FilePlan | None:
        """A plan with why the file cannot be written, where it cannot; None where that is no loss."""

    def use_settings(self, changes: Mapping[str, Value]) -> None:
        """Other settings, by key, until the program ends; at once."""

    def keep_settings(self, changes: Mapping[str, Value]) -> None:
        """Write settings down, for the command line and the next start."""

    @property
    def devices(self) -> Mapping[str, str]:
        """Devices that the engine found, with their names for people; none before it is up; at once."""

    @property
    def settings_path(self) -> Path:
        """Where the settings lie; at once."""

    def restart_engine(self, cancel: threading.Event) -> str:
        """Have the engine run as the settings say; returns the device's name."""

    def save_luggage(self, path: Path) -> None:
        """Write settings, changes to tags and own thresholds into one file."""

    def load_luggage(self, path: Path) -> Loaded:
        """Use what such a file says."""

    def adopt_luggage(self, luggage: Luggage) -> None:
        """Use what counted before."""

    def look_at_settings(self) -> bool:
        """Whether the file with the settings is usable by now; no fault is told of it then."""

    def set_settings_aside(self) -> Path | None:
        """Rename the file with the settings where it cannot be used; returns the new name."""

    def start_engine(self) -> str:
        """Bring the engine process up, once; returns the device's name."""

    def models(self) -> Sequence[Model | BrokenModel]:
        """Every model, bundled ones first."""

    def usable_models(self) -> list[Model]:
        """Those that are not broken."""

    def heard_by_model(self) -> Mapping[str, int]:
        """How many tracks of the library each model has heard, by its digest."""

    def use_model(self, name: str) -> None:
        """Listen with another model from now on."""

    def compare(self, name: str) -> Comparison:
        """Another model against the one in use; nothing is listened to yet."""

    def import_model(self, source: Path, trained: Trained | None = None) -> Model:
        """Check a model's folder or zip and copy it to the others.

        :param trained: the training here that made it
        """

    def export_model(self, model: Model, target: Path) -> Path:
        """Write a model as a zip; returns the file."""

    def read_model(self, folder: Path) -> Model:
        """A model in any folder."""

    def delete_model(self, name: str) -> None:
        """Take an imported model away."""

    def count_corrections(self) -> Counted:
        """How much the user said of the whole library, as far as a model can be trained on it."""

    def write_corrections(self) -> tuple[Path, Collected]:
        """Write them where training finds them; returns the folder, and what stands there."""

    def roots(self) -> list[Path]:
        """Folders opened before."""

    def forget_root(self, root: Path) -> None:
        """Open a folder no more; what is known of its files stays."""

    def runs(self) -> list[Run]:
        """The history, newest first."""

    @property
    def own_runs(self) -> Sequence[int]:
        """Runs that this process made, the oldest first; at once."""

    def run_changes(self, run_id: int) -> Sequence[FileReversal]:
        """What a run wrote, file by file; a field that does not count any more says so."""

    def taken_back(self) -> TakenBack:
        """By file and field: values that were taken back and not written again since."""

    def export_run(self, run_id: int, path: Path) -> None:
        """What a run wrote, as CSV or JSON by the name's suffix. Replaces the file."""

    def undoing(self, run_id: int, files: Collection[Path], cancel: threading.Event, tell: Tell) -> Task:
        """Take back a run, or only some files of it; of an undo this is the redo.

        :param cancel: ends the search for files that were moved; what comes back then is not to be done
        :param tell: told of each file that the search looked at
        """

    def doable(self, what: RunKind, cancel: threading.Event, tell: Tell) -> int | None:
        """The newest run of which something can be undone, or redone, now; None where there is none."""

    def redoing(self, run_id: int, cancel: threading.Event, tell: Tell) -> Task:
        """Write again what was taken back of a run."""

    def undoing_files(self, paths: Sequence[Path], cancel: threading.Event, tell: Tell) -> Task:
        """Take back the last thing that was written to each of some files."""

    def removing(self, cancel: threading.Event, tell: Tell) -> Task:
        """Take out of every file what was ever written to it."""

    def look_back(self, task: Task, pasts: Sequence[Past]) -> list[FileReversal]:
        """Some files of a task beside what they would become; without those that have nothing."""

    def reverse(
        self, task: Task, files: Sequence[FileReversal], cancel: threading.Event
    ) -> Iterator[WriteResult]:
        """Do what was looked at."""

    def scan(self, roots: Sequence[Path], cancel: threading.Event) -> Iterator[Track | FileFault]:
        """Tracks under folders."""

    def count(self, roots: Sequence[Path], enough: threading.Event) -> Iterator[int]:
        """How many files a scan comes to, growing, the whole number last; in a thread of its own."""

    def look(self, paths: Sequence[Path], cancel: threading.Event) -> Iterator[Track | FileFault]:
        """Tracks at paths under folders that were opened before."""

    def watch(self, roots: Sequence[Path], stop: threading.Event) -> Iterator[list[Path]]:
        """Paths that other programs changed, as they do; in a thread of its own."""

    def note_mounts(self, roots: Sequence[Path], found: Collection[str]) -> None:
        """Remember which folders of files that were found are mount points."""

    def unmounted(self) -> Sequence[Path]:
        """Those of them that are none at the moment."""

    def count_remembered(self, roots: Sequence[Path]) -> int:
        """How many tracks :meth:`remembered` has."""

    def remembered(self, roots: Sequence[Path]) -> Iterator[Remembered]:
        """Tracks under folders as the library knows them, in order of path; no file is looked at."""

    def known(self, tracks: Sequence[Track]) -> Iterable[Remembered]:
        """Those of some tracks that were heard in earlier sessions, in any order."""

    def taggram(self, track: Track) -> NDArray[np.float16] | None:
        """What was heard in a track over time: [raw tags, positions]; None where nothing was."""

    def forget_missing(self, roots: Sequence[Path], found: Collection[str]) -> None:
        """Whole scans of these folders found these files: others are not remembered at the next start."""

    def forget_paths(self, paths: Sequence[Path]) -> None:
        """Nor are files that are gone, and whatever was in folders that are."""

    def never_gone(self, paths: Sequence[Path]) -> None:
        """Files that were said to be gone wait for their drive as before."""

    def heirs(self, gone: Sequence[Path]) -> Sequence[Track]:
        """Files that were found before others went, and of which nothing was said yet."""

    def said(self, heard: Heard) -> tuple[Mapping[str, Verdict], Mark]:
        """What the user said of a file's tags before, and whether it was marked as reviewed."""

    def keep_said(self, said: Sequence[Said]) -> None:
        """Remember what the user says of some tags of files, and marks; undecided takes a verdict back."""

    def set_threshold(self, tag: str, value: float | None) -> float | None:
        """Suggest a tag from another score on, 0..1; None goes back to the model's threshold.

        :returns: the user's own threshold before
        """

    def tag_changes(self) -> dict[str, TagChange]:
        """The user's changes to the scheme, by name of the tag."""

    def change_tags(self, changes: Mapping[str, TagChange | None]) -> TagScheme:
        """Change the scheme; None goes back to the bundled one."""

    def set_tags_aside(self) -> Path | None:
        """Rename an unusable file with changes to the scheme; returns its new name."""

    def recover(self) -> Sequence[WriteResult]:
        """Settle what a crash left half-way."""

    def score(
        self, tracks: Sequence[Track], cancel: threading.Event, tell: Callable[[Path, float], None]
    ) -> Iterator[Heard | FileFault]:
        """Listen to tracks; ``tell`` is told in some thread how far single files are, 0..1."""

    def rest(self, on: bool) -> None:
        """Let listening rest, also within a file, or go on; at once."""

    def is_as_known(self, track: Track) -> bool:
        """Whether the file is there and was not changed since it was looked at."""

    def queue(self) -> list[Path]:
        """Files that were to be listened to when the program ended."""

    def put_queue(self, paths: Sequence[Path]) -> None:
        """Files that are to be listened to; each leaves the queue when it was."""

    def drop_queue(self, paths: Sequence[Path]) -> None:
        """They are not any more."""

    def draw(
        self,
        path: Path,
        tell: Callable[[Picture], None] = lambda part: None,
        wanted: Callable[[], bool] = lambda: True,
    ) -> Picture:
        """The log-mel spectrogram of a file.

        :param tell: is told in some thread what is drawn so far
        :param wanted: whether it was not withdrawn meanwhile
        """

    def stop_drawing(self) -> None:
        """Withdraw the spectrogram that is being drawn; at once."""

    def find_evidence(
        self,
        path: Path,
        tag: DisplayTag,
        tell: Callable[[float], None] = lambda share: None,
        wanted: Callable[[], bool] = lambda: True,
    ) -> Evidence:
        """Where in a file a tag was heard; the last two as for :meth:`draw`, ``tell`` a share of the work."""

    def stop_evidence(self) -> None:
        """Withdraw the evidence that is being found; at once."""

    def apply(self, plan: Plan, cancel: threading.Event) -> Iterator[WriteResult]:
        """Write a plan."""

    def lend_files_by(self, lend: Callable[[Path], AbstractContextManager[None]]) -> None:
        """Each file is put in place of its old one within this, called where it is written."""

    def refresh(self, path: Path, *, seen: bool = True) -> Track:
        """Read one file's tags again; ``seen``: because the user looks at it."""

    def checks(self) -> Sequence[Check]:
        """What the doctor looks at; at once, the looks themselves are not."""

    def demo_folder(self) -> Path:
        """Copy the demo tracks to where they may be written."""

    def close(self) -> None:
        """End the engine and close the stores."""
