"""A double of the services: six tracks in memory, instant listening, writes that only change a dictionary."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from mat_desktop.app.carry import Loaded, Luggage
from mat_desktop.app.compare import Comparison
from mat_desktop.app.corrections import Collected, Counted
from mat_desktop.app.decide import (
    Choice,
    TagSum,
    choose,
    own_thresholds,
    suggest,
    sum_up,
    tag_taggram,
)
from mat_desktop.app.diagnosis import Finding, State
from mat_desktop.app.doctor import Check
from mat_desktop.app.draw import Picture, loudness
from mat_desktop.app.evidence import Evidence
from mat_desktop.app.models import BrokenModel, Model, Trained
from mat_desktop.app.plan import plan_file
from mat_desktop.app.remembered import Remembered
from mat_desktop.app.score import Heard
from mat_desktop.app.session import Session
from mat_desktop.app.tag_file import Slip, TagChange, TagFile
from mat_desktop.app.taught import Shelf, with_taught
from mat_desktop.app.teach import Teacher
from mat_desktop.app.trainings import Trainings
from mat_desktop.app.whereabouts import Tell
from mat_desktop.domain.corrections import CORRECTIONS_FILE, Corrections
from mat_desktop.domain.plan import Change, FilePlan, Plan, Policy, WriteResult, WriteStatus
from mat_desktop.domain.reversal import FieldReversal, FileReversal, Past, RunKind, Task, Trace
from mat_desktop.domain.scheme import DisplayTag, TagScheme
from mat_desktop.domain.scores import Mark, OwnThreshold, Said, Scores, Suggestion, Thresholds, Verdict
from mat_desktop.domain.settings import POLICY_FIELDS, SPECS, Settings, Value, policy_key
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import FileStamp, Track, TrackId
from mat_desktop.errors import EngineFault, FileFault, ModelFault, UsageFault
from mat_desktop.store.journal import Run, TakenBack
from tests.gui.double_classroom import Classroom
from tests.gui.double_comparison import FakeComparison
from tests.gui.double_model import CARD, SCHEME, SCORES


class FakeServices:
    """Everything that the window asks for."""

    demo_tracks = 6
    model = "double"

    def __init__(self, folder: Path) -> None:
        self.data_dir = folder
        self.music = folder / "music"
        self.card, self.scheme = CARD, SCHEME
        self.bundled_scheme = SCHEME
        self.tags_fault: UsageFault | None = None
        self.slips: tuple[Slip, ...] = ()
        self.thresholds = Thresholds()
        self.tags = TagFile(folder / "tags.toml")
        self.marked: dict[TrackId, Mark] = {}
        self.settings = Settings().having(dict.fromkeys(map(policy_key, POLICY_FIELDS), "append"))
        self.settings_slips: tuple[Slip, ...] = ()
        self.settings_fault: UsageFault | None = None
        self.settings_mended = False
        self.kept_settings: dict[str, Value] = {}
        self.policies: dict[Field, Policy] = dict.fromkeys(SCHEME.fields.values(), Policy.APPEND)
        self.device: str | None = None
        self.engine_fault = ""
        self.instead = ""
        self.conflict: Path | None = None
        self.starting = threading.Event()
        self.starting.set()
        self.lend: Callable[[Path], AbstractContextManager[None]] = lambda path: nullcontext()
        self.hold = threading.Event()
        self.hold.set()
        self.search = threading.Event()
        self.search.set()
        self.held: list[bool] = []
        self.rounds = 99
        self.queued: dict[Path, None] = {}
        """A dictionary for its order: in a list each track heard would look at all that wait."""
        self.forgotten: list[Path] = []
        self.library: list[Track] = []
        """What is known before any file is looked at."""
        self.missing: list[Path] = []
        self.unplugged: list[Path] = []
        self.closed = False
        self.looks = [Check("Program", lambda: iter([Finding("Program", "double", State.OK, "1")]))]
        self.explained: list[tuple[Path, str]] = []
        self.drawn: list[Path] = []
        self.stopped = 0
        self.other_models: list[Model | BrokenModel] = []
        self.changes: list[Path] = []
        self.heard: dict[Path, Heard] = {}
        self.classroom = Classroom(self)
        self.teacher = Teacher(cast(Session, self.classroom))
        self.trainings = Trainings(folder)
        self.kept: dict[TrackId, Mapping[str, Verdict]] = {}
        self.files: dict[Path, Track] = {}
        self._runs: list[tuple[Run, list[FilePlan]]] = []
        self.own_runs: list[int] = []
        self.gone: set[Path] = set()
        self.read_only: set[Path] = set()
        self.refused: dict[Path, str] = {}
        for number in range(5):
            path = self.music / f"{number} song.flac"
            tags = {Field.TITLE: (f"Song {number}",), Field.ARTIST: ("The Late Ferries",)}
            if number == 0:
                tags[Field.GENRE] = ("Rock",)
            self.files[path] = Track(path, FileStamp(1, number, number), 200.0 + number, tags)
        self.broken = self.music / "5 broken.ape"

    @property
    def taught(self) -> Shelf:
        return self.classroom.taught

    def use_settings(self, changes: Mapping[str, Value]) -> None:
        self.settings = self.settings.having(changes)
        self.settings_slips = tuple(slip for slip in self.settings_slips if slip.key not in changes)
        for target in self.policies:
            if policy_key(target) in changes:
                self.policies[target] = self.settings.policy(target)

    def keep_settings(self, changes: Mapping[str, Value]) -> None:
        if self.settings_fault is not None:
            raise self.settings_fault
        self.kept_settings.update(changes)

    @property
    def devices(self) -> Mapping[str, str]:
        return {"cuda": "GPU, Double", "cpu": "CPU, 2 cores"} if self.device else {}

    @property
    def settings_path(self) -> Path:
        return self.data_dir / "settings.toml"

    def restart_engine(self, cancel: threading.Event) -> str:
        while not self.starting.wait(0.01):
            if cancel.is_set():
                raise EngineFault("the engine is closed")
        if self.engine_fault:
            raise EngineFault(self.engine_fault)
        self.device = "GPU, Double" if self.settings.device == "cuda" else "CPU, 2 cores"
        return self.device

    def save_luggage(self, path: Path) -> None:
        path.write_text("settings")

    def load_luggage(self, path: Path) -> Loaded:
        if not path.is_file():
            raise UsageFault(f"{path}: there is no such file")
        before = Luggage({key: self.settings[key] for key in SPECS}, None, None)
        self.adopt_luggage(Luggage({"writing.genre": "skip"}, None, None))
        changed = self.settings["writing.genre"] != (before.settings or {})["writing.genre"]
        return Loaded(before, (Slip("there is no setting “later.thing”", "it is passed over"),), changed)

    def adopt_luggage(self, luggage: Luggage) -> None:
        self.use_settings(luggage.settings or {})

    def look_at_settings(self) -> bool:
        if self.settings_mended:
            self.settings_fault, self.settings_slips = None, ()
        return self.settings_fault is None

    def set_settings_aside(self) -> Path | None:
        if self.look_at_settings():
            return None
        self.settings_fault, self.settings_slips = None, ()
        return self.data_dir / "settings.toml.old"

    def start_engine(self) -> str:
        if self.engine_fault:
            raise EngineFault(self.engine_fault)
        self.device = self.device or "CPU, 2 cores"
        return self.device

    def suggest(
        self, scores: Scores, verdicts: Mapping[str, Verdict], shift: float
    ) -> tuple[Suggestion, ...]:
        return suggest(self.scheme, CARD, scores, verdicts, shift, self.thresholds)

    def choose(
        self, scores: Sequence[Scores], verdicts: Sequence[Mapping[str, Verdict]], shift: float
    ) -> list[Choice]:
        return choose(self.scheme, CARD, scores, verdicts, shift, self.thresholds)

    def sum_up(
        self, scores: Sequence[Scores], verdicts: Sequence[Mapping[str, Verdict]], shift: float
    ) -> list[TagSum]:
        return sum_up(self.scheme, CARD, scores, verdicts, shift, self.thresholds)

    def tag_taggram(
        self, taggram: NDArray[np.float16], suggestions: Sequence[Suggestion]
    ) -> NDArray[np.float32]:
        return tag_taggram(self.scheme, CARD, taggram, suggestions)

    @property
    def own_thresholds(self) -> tuple[OwnThreshold, ...]:
        return own_thresholds(self.scheme, CARD, self.thresholds, self.bundled_scheme)

    def plan_file(
        self,
        track: Track,
        suggestions: Sequence[Suggestion],
        policies: Mapping[Field, Policy] = {},
        verdicts: Mapping[str, Verdict] = {},
    ) -> FilePlan | None:
        nobody_wrote = SimpleNamespace(written_to=lambda _: [])
        session = SimpleNamespace(
            scheme=self.scheme,
            bundled_scheme=self.bundled_scheme,
            card=self.card,
            settings=self.settings,
            policies=self.policies,
            taught=self.taught,
            journal=nobody_wrote,
            library=nobody_wrote,
        )
        return plan_file(cast(Session, session), track, suggestions, policies, verdicts)

    def check_plan(self, plan: FilePlan) -> FilePlan:
        return replace(plan, fault=self.refused.get(plan.path, ""))

    def models(self) -> list[Model | BrokenModel]:
        return [Model("double", self.data_dir, CARD, bundled=True), *self.other_models]

    def usable_models(self) -> list[Model]:
        return [model for model in self.models() if isinstance(model, Model)]

    def heard_by_model(self) -> Mapping[str, int]:
        return {self.card.digest: len(self.heard)}

    def use_model(self, name: str) -> None:
        if name == "broken":
            raise ModelFault("its weights are damaged")
        self.model = name
        weights = replace(CARD.weights, sha256=sha256(name.encode()).hexdigest())
        self.card = CARD if name == "double" else replace(CARD, weights=weights)
        self.classroom.use(self.card)
        self.scheme = with_taught(SCHEME, self.classroom.taught.tags)
        self.heard.clear()

    def compare(self, name: str) -> Comparison:
        if name == "broken":
            raise ModelFault("its card is damaged")
        self.comparison = FakeComparison(self, name)
        return cast(Comparison, self.comparison)

    def import_model(self, source: Path, trained: Trained | None = None) -> Model:
        if source.suffix == ".pt":
            raise ModelFault(f"{source} may hold code")
        card = replace(CARD, name=source.name, title="Imported")
        model = Model(source.name, source, card, False, trained.on if trained is not None else "")
        self.other_models.append(model)
        return model

    def read_model(self, folder: Path) -> Model:
        return Model(folder.name, folder, CARD, bundled=False)

    def export_model(self, model: Model, target: Path) -> Path:
        target.write_text(model.name)
        return target

    def delete_model(self, name: str) -> None:
        self.other_models = [model for model in self.other_models if model.name != name]

    def count_corrections(self) -> Counted:
        collected = self._corrections()
        return Counted(collected.verdicts, collected.tracks)

    def _corrections(self) -> Collected:
        said = {self.music / track_id: kept for track_id, kept in self.kept.items() if kept}
        sources = {
            tag.name: tag.sources for tag in SCHEME.tags if any(tag.name in kept for kept in said.values())
        }
        verdicts = [
            {name: verdict is Verdict.ACCEPTED for name, verdict in kept.items()} for kept in said.values()
        ]
        artists, features = ((),) * len(verdicts), ({},) * len(verdicts)
        return Collected(Corrections(sources, tuple(said), tuple(verdicts), artists, features))

    def write_corrections(self) -> tuple[Path, Collected]:
        collected = self._corrections()
        if not collected.verdicts:
            raise UsageFault("no tag was accepted or rejected yet on a track that is there")
        folder = self.data_dir / "training" / "corrections"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / CORRECTIONS_FILE).write_bytes(collected.corrections.encode())
        return folder, collected

    def forget_root(self, root: Path) -> None:
        self.forgotten.append(root)

    def roots(self) -> list[Path]:
        return []

    def runs(self) -> list[Run]:
        return [run for run, _ in reversed(self._runs)]

    def run_changes(self, run_id: int) -> Sequence[FileReversal]:
        run, files = self._runs[run_id - 1]
        why = "undone" if run.undone else ""
        return [
            FileReversal(f.path, f.path, None, tuple(FieldReversal(c, (), why) for c in f.changes))
            for f in files
        ]

    def taken_back(self) -> TakenBack:
        found: dict[Path, dict[Field, set[tuple[str, ...]]]] = {}
        for run, files in self._runs:
            for file in files:
                back = run.kind in (RunKind.UNDO, RunKind.REMOVE)
                found[file.path] = {c.field: {c.before} for c in file.changes} if back else {}
        return found

    def export_run(self, run_id: int, path: Path) -> None:
        if not path.parent.is_dir():
            raise UsageFault(f"{path} cannot be written")
        path.write_text(f"run {run_id}")

    def undoing(self, run_id: int, files: Collection[Path], cancel: threading.Event, tell: Tell) -> Task:
        self._search(cancel, tell)
        run, written = self._runs[run_id - 1]
        if run.undone:
            raise UsageFault(f"run {run_id} was undone already")
        kind = RunKind.REDO if run.kind is RunKind.UNDO else RunKind.UNDO
        meant = [file for file in written if not files or file.path in files]
        return Task(kind, f"{kind} of run {run_id}", self._pasts(run_id, meant), run_id, not files)

    def doable(self, what: RunKind, cancel: threading.Event, tell: Tell) -> int | None:
        return next((run.id for run in self.runs() if not run.undone and self._can_do(run, what)), None)

    def _can_do(self, run: Run, what: RunKind) -> bool:
        task = self.undoing(run.id, (), threading.Event(), lambda _: None)
        return task.kind is what and any(file.safe.changes for file in self.look_back(task, task.pasts))

    def redoing(self, run_id: int, cancel: threading.Event, tell: Tell) -> Task:
        if self._runs[run_id - 1][0].kind is RunKind.UNDO:
            return self.undoing(run_id, (), cancel, tell)
        by = next(run.id for run, _ in reversed(self._runs) if run.undo_of == run_id and not run.undone)
        return self.undoing(by, (), cancel, tell)

    def _search(self, cancel: threading.Event, tell: Tell) -> None:
        """Where files are that were moved."""
        while not self.search.wait(0.01) and not cancel.is_set():
            tell(self.music)

    def undoing_files(self, paths: Sequence[Path], cancel: threading.Event, tell: Tell) -> Task:
        self._search(cancel, tell)
        for run, files in reversed(self._runs):
            wanted = [file for file in files if file.path in paths]
            if wanted and not run.undone:
                pasts = self._pasts(run.id, wanted)
                return Task(RunKind.UNDO, f"undo of run {run.id}", pasts, run.id, whole=False)
        raise UsageFault("nothing was written to it that could be undone")

    def removing(self, cancel: threading.Event, tell: Tell) -> Task:
        self._search(cancel, tell)
        pasts = [
            replace(past, traces=())
            for run, files in self._runs
            if not run.undone
            for past in self._pasts(run.id, files)
        ]
        return Task(RunKind.REMOVE, "removal of everything written", tuple(pasts))

    def _written_to(self, path: Path) -> tuple[Trace, ...]:
        """All that is not taken back of what was written to a file."""
        return tuple(
            trace
            for run, files in self._runs
            if not run.undone and run.kind is not RunKind.REMOVE
            for past in self._pasts(run.id, files)
            if past.path == path
            for trace in past.traces
        )

    def _pasts(self, run_id: int, files: Sequence[FilePlan]) -> tuple[Past, ...]:
        return tuple(
            Past(f.path, f.path, tuple(Trace(c.field, c.after, c.before, (run_id,)) for c in f.changes))
            for f in files
        )

    def look_back(self, task: Task, pasts: Sequence[Past]) -> list[FileReversal]:
        if task.kind is RunKind.REMOVE:
            every = [replace(past, traces=self._written_to(past.path)) for past in pasts]
            found = [self._look_back(past) for past in every]
            return [file for file in found if not all(item.idle for item in file.fields)]
        return [self._look_back(past) for past in pasts]

    def _look_back(self, past: Past) -> FileReversal:
        if past.path in self.gone:
            lost = tuple(FieldReversal(Change(t.field, t.ours, t.old), t.entries) for t in past.traces)
            return FileReversal(past.path, past.place, None, lost, "the file is gone")
        track, items = self.files[past.path], []
        for trace in past.traces:
            now = tuple(track.tags.get(trace.field, ()))
            why = "" if now == trace.ours else "another program changed it since"
            items.append(FieldReversal(Change(trace.field, now, trace.old), trace.entries, why))
        fault = "the file is read-only" if past.path in self.read_only else ""
        return FileReversal(past.path, past.place, track.stamp, tuple(items), fault)

    def reverse(
        self, task: Task, files: Sequence[FileReversal], cancel: threading.Event
    ) -> Iterator[WriteResult]:
        done: list[FilePlan] = []
        try:
            for file in files:
                while not self.hold.wait(0.01):
                    if cancel.is_set():
                        break
                if cancel.is_set():
                    break
                if file.fault:
                    yield WriteResult(file.path, WriteStatus.FAILED, file.fault)
                    continue
                with self.lend(file.path):
                    self._change(file.path, file.changes)
                done.append(FilePlan(file.path, FileStamp(0, 0, 0), file.changes))
                yield WriteResult(file.path, WriteStatus.WRITTEN, changes=file.changes)
        finally:  # also where it was stopped
            for plan in done:
                for entry in {entry for item in files for entry in item.fields[0].entries}:
                    run, written = self._runs[entry - 1]
                    count = sum(len(other.changes) for other in written if other.path == plan.path)
                    self._runs[entry - 1] = (replace(run, reverted=run.reverted + count), written)
            self._keep(task.reason, done, len(files), task.kind, task.undo_of)

    def _keep(
        self,
        reason: str,
        done: list[FilePlan],
        planned: int,
        kind: RunKind = RunKind.WRITE,
        undo_of: int | None = None,
    ) -> None:
        number = len(self._runs) + 1
        changes = sum(len(file.changes) for file in done)
        run = Run(
            number, datetime.now(UTC), reason, len(done), changes, kind, planned=planned, undo_of=undo_of
        )
        self._runs.append((run, done))
        self.own_runs.append(number)

    def not_own(self) -> None:
        """The last run was made by another process."""
        self.own_runs.pop()

    def scan(self, roots: Sequence[Path], cancel: threading.Event) -> Iterator[Track | FileFault]:
        yield from list(self.files.values())
        yield FileFault(self.broken, "the file ends early")

    def count(self, roots: Sequence[Path], enough: threading.Event) -> Iterator[int]:
        yield len(self.files) + 1

    def look(self, paths: Sequence[Path], cancel: threading.Event) -> Iterator[Track | FileFault]:
        yield from (self.files[path] for path in paths if path in self.files)

    def watch(self, roots: Sequence[Path], stop: threading.Event) -> Iterator[list[Path]]:
        while not stop.wait(0.01):
            if self.changes:
                yield [self.changes.pop()]

    def note_mounts(self, roots: Sequence[Path], found: Collection[str]) -> None:
        pass

    def unmounted(self) -> Sequence[Path]:
        return self.unplugged

    def count_remembered(self, roots: Sequence[Path]) -> int:
        return sum(self._is_under(track.path, roots) for track in self.library)

    def remembered(self, roots: Sequence[Path]) -> Iterator[Remembered]:
        yield from (self._remembered(track) for track in self.library if self._is_under(track.path, roots))

    def _is_under(self, path: Path, roots: Sequence[Path]) -> bool:
        return any(path.is_relative_to(root) for root in roots)

    def _remembered(self, track: Track) -> Remembered:
        scores = heard.scores if (heard := self.heard.get(track.path)) else None
        said, mark = self.said(heard) if heard else ({}, False)
        return Remembered(track, scores, said, mark)

    def known(self, tracks: Sequence[Track]) -> Iterator[Remembered]:
        yield from (self._remembered(track) for track in tracks if track.path in self.heard)

    def taggram(self, track: Track) -> NDArray[np.float16] | None:
        if track.path not in self.heard:
            return None
        return np.repeat(np.array(SCORES, np.float16)[:, None], 20, axis=1)

    def forget_missing(self, roots: Sequence[Path], found: Collection[str]) -> None:
        self.missing += [
            track.path
            for track in self.library
            if self._is_under(track.path, roots) and str(track.path) not in found
        ]

    def forget_paths(self, paths: Sequence[Path]) -> None:
        self.missing += paths

    def never_gone(self, paths: Sequence[Path]) -> None:
        self.missing = [path for path in self.missing if path not in paths]

    def heirs(self, gone: Sequence[Path]) -> Sequence[Track]:
        return ()

    def said(self, heard: Heard) -> tuple[Mapping[str, Verdict], Mark]:
        track_id = heard.scores.track_id
        return self.kept.get(track_id, {}), self.marked.get(track_id, False)

    def keep_verdicts(self, track_id: TrackId, verdicts: Mapping[str, Verdict]) -> None:
        said = {**self.kept.get(track_id, {}), **verdicts}
        self.kept[track_id] = {name: v for name, v in said.items() if v is not Verdict.UNDECIDED}

    def keep_said(self, said: Sequence[Said]) -> None:
        for track_id, _, verdicts, mark in said:
            self.keep_verdicts(track_id, verdicts)
            if mark is not None:
                self.keep_reviewed(track_id, mark)

    def keep_reviewed(self, track_id: TrackId, mark: Mark) -> None:
        self.marked[track_id] = mark
        if mark is False:
            del self.marked[track_id]

    def set_threshold(self, tag: str, value: float | None) -> float | None:
        before = self.thresholds.by_name.get(tag)
        by_name = {name: old for name, old in self.thresholds.by_name.items() if name != tag}
        self.thresholds = Thresholds(None, by_name if value is None else {**by_name, tag: value})
        return before

    def tag_changes(self) -> dict[str, TagChange]:
        return self.tags.read()

    def change_tags(self, changes: Mapping[str, TagChange | None]) -> TagScheme:
        self.scheme = self.tags.change(SCHEME, changes).scheme
        for target in self.scheme.targets:
            self.policies.setdefault(target, Policy.APPEND)
        return self.scheme

    def set_tags_aside(self) -> Path | None:
        self.tags_fault = None
        return self.tags.set_aside()

    def recover(self) -> Sequence[WriteResult]:
        return []

    def rest(self, on: bool) -> None:
        self.held.append(on)

    def is_as_known(self, track: Track) -> bool:
        return track == self.files.get(track.path)

    def queue(self) -> list[Path]:
        return list(self.queued)

    def put_queue(self, paths: Sequence[Path]) -> None:
        self.queued |= dict.fromkeys(paths)

    def drop_queue(self, paths: Sequence[Path]) -> None:
        for path in paths:
            self.queued.pop(path, None)

    def score(
        self,
        tracks: Sequence[Track],
        cancel: threading.Event,
        tell: Callable[[Path, float], None] = lambda path, share: None,
    ) -> Iterator[Heard | FileFault]:
        for number, track in enumerate(tracks):
            tell(track.path, 0.5)
            while not self.hold.wait(0.01):
                if cancel.is_set():
                    return
            if cancel.is_set():
                return
            if number == 4:
                yield FileFault(track.path, "the decoder gave up")
                continue
            if self.queued:
                self.drop_queue([track.path])
            yield self.hears(track)

    def hears(self, track: Track) -> Heard:
        """All tracks sound alike."""
        scores = Scores(self.card.digest, TrackId(track.path.name), 200.0, SCORES)
        self.heard[track.path] = Heard(track.path, scores)
        return self.heard[track.path]

    def draw(
        self,
        path: Path,
        tell: Callable[[Picture], None] = lambda part: None,
        wanted: Callable[[], bool] = lambda: True,
    ) -> Picture:
        self.drawn.append(path)
        mel = np.tile(np.linspace(0, 255, 96).astype(np.uint8)[:, None], (1, 6250))
        return Picture(mel, 31.25, 0.0, 80.0, loudness(mel, 80.0))

    def stop_drawing(self) -> None:
        self.stopped += 1

    def find_evidence(
        self,
        path: Path,
        tag: DisplayTag,
        tell: Callable[[float], None] = lambda share: None,
        wanted: Callable[[], bool] = lambda: True,
    ) -> Evidence:
        """The upper half of the middle third."""
        self.explained.append((path, tag.name))
        strength = np.zeros((24, 1563), np.float32)
        strength[12:, 521:1042] = 1.0
        return Evidence(strength)

    def stop_evidence(self) -> None:
        pass

    def apply(self, plan: Plan, cancel: threading.Event) -> Iterator[WriteResult]:
        done: list[FilePlan] = []
        try:
            for file in plan.files:
                if file.path == self.conflict:
                    yield WriteResult(file.path, WriteStatus.CONFLICT, "another program changed the file")
                    continue
                with self.lend(file.path):
                    self._change(file.path, file.changes)
                done.append(file)
                yield WriteResult(file.path, WriteStatus.WRITTEN, changes=file.changes)
        finally:  # also where it was stopped
            self._keep(plan.reason, done, len(plan.files))

    def _change(self, path: Path, changes: Sequence[Change]) -> None:
        track = self.files[path]
        tags = dict(track.tags)
        for change in changes:
            tags.pop(change.field, None)
            if change.after:
                tags[change.field] = change.after
        stamp = replace(track.stamp, mtime_ns=track.stamp.mtime_ns + 100)
        self.files[path] = replace(track, tags=tags, stamp=stamp)

    def lend_files_by(self, lend: Callable[[Path], AbstractContextManager[None]]) -> None:
        self.lend = lend

    def refresh(self, path: Path, *, seen: bool = True) -> Track:
        if path not in self.files:
            raise FileFault(path, "the file ends early")
        return self.files[path]

    def checks(self) -> list[Check]:
        return self.looks

    def demo_folder(self) -> Path:
        return self.music

    def close(self) -> None:
        self.closed = True
