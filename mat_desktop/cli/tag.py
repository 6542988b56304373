"""``mat-desktop tag PATH…``: scan, listen, plan, and with ``--write`` write."""

from __future__ import annotations

import argparse
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event
from typing import TextIO

from mat_desktop.app.apply import apply
from mat_desktop.app.decide import suggest
from mat_desktop.app.models import BrokenModel, as_listed, find_model, usable_model
from mat_desktop.app.plan import checked, plan_file
from mat_desktop.app.said import said_of
from mat_desktop.app.scan import scan
from mat_desktop.app.score import Heard, score
from mat_desktop.app.session import Session, default_data_dir
from mat_desktop.app.settings_file import SettingsFile
from mat_desktop.cli.opening import opened
from mat_desktop.cli.output import STOPPED, Results, command, errors, list_failures, progress
from mat_desktop.cli.report import Record, text_of, write_csv, write_json
from mat_desktop.cli.target import Target, targets
from mat_desktop.domain.counting import count
from mat_desktop.domain.plan import JOINED, FilePlan, Plan, Policy, WriteStatus, reason_of
from mat_desktop.domain.scores import Thresholds
from mat_desktop.domain.tags import TAG_FIELDS, Field
from mat_desktop.domain.track import Track
from mat_desktop.errors import FileFault, MatError, UsageFault, printable

FAILED = (WriteStatus.FAILED, WriteStatus.CONFLICT)


def run(options: argparse.Namespace, cancel: Event) -> int:
    """Exit status 0, or 1 when a file failed or something ended the run.

    :raises UsageFault: the model cannot be used: no other listens in its place, and what it heard before
        does not hide that
    """
    _check_model(options)
    with (
        targets((options.json, ".json"), (options.csv, ".csv")) as (as_json, as_csv),
        opened(
            options.data_dir, options.model, options.device, settle=True, looking=not options.write
        ) as session,
    ):
        return _run(session, options, as_json, as_csv, cancel)


def _check_model(options: argparse.Namespace) -> None:
    data_dir, name, why = options.data_dir or default_data_dir(), options.model, ""
    if name is None:
        name, slip = usable_model(data_dir, SettingsFile(data_dir).read().settings.model)
        why = slip.why if slip is not None else ""
    if not why:
        model = as_listed(name, find_model(data_dir, name))
        if isinstance(model, BrokenModel):
            why = f"the model “{printable(name)}” cannot be used: {model.reason}"
    if why:
        ways = f"{command(options, 'models')} lists those that can be, --model or listening.model names one"
        raise UsageFault(f"{why}; {ways}")


def _run(
    session: Session,
    options: argparse.Namespace,
    as_json: Target | None,
    as_csv: Target | None,
    cancel: Event,
) -> int:
    thresholds = read_thresholds(session, options.threshold)
    session.policies.update(read_policies(options.policy))
    reports = [target for target in (as_json, as_csv) if target is not None]
    tagging = _Tagging(session, cancel, shows=not any(target.standard for target in reports))
    # What follows ends with a report, whatever happens: files may have been written.
    with tagging.noting():
        tagging.scan(options.paths)
        tagging.listen(thresholds, needed=bool(options.write or reports))
        if options.write and not cancel.is_set():
            tagging.write()
    if cancel.is_set():
        tagging.error = tagging.error or STOPPED
    if session.engine.instead:
        errors.print(f"{session.settings_file.path.name}: listening.device: {session.engine.instead}")
    tagging.records.sort(key=lambda record: record.path)
    records, number = tagging.records, tagging.number
    contents: list[tuple[Target | None, Callable[[TextIO], None]]] = [
        (as_json, lambda file: write_json(session, records, number, tagging.error, file)),
        (as_csv, lambda file: write_csv(session, records, file)),
    ]
    told = [(target, content) for target, content in contents if target is not None]
    for target, content in told:
        if not target.standard:
            with tagging.noting():
                target.put(content)
    faults = [FileFault(r.path, r.error) for r in records if r.status in FAILED]
    list_failures(faults)
    tagging.summarise(options, thresholds)
    for target, content in told:
        if target.standard:
            tagging.results.do(partial(target.put, content))
    if tagging.results.fault is not None and not tagging.results.unread:
        errors.print(f"mat-desktop: the output cannot be written: {tagging.results.fault.strerror}")
        return 1
    return 1 if faults or tagging.error else 0


def read_thresholds(session: Session, words: Sequence[str]) -> Thresholds:
    """``0.4`` for every tag, ``guitar=0.4`` for one (its name, or as it is shown); else those of the window.

    What is said here is meant as it is said: the strictness of the settings does not move it.

    :raises UsageFault: not a number, or no such tag
    """
    every: float | None = None
    by_name: dict[str, float] = {}
    names = {tag.shown.casefold(): tag.name for tag in session.scheme.tags}
    names |= {tag.name: tag.name for tag in session.scheme.tags}
    for word in words:
        name, equals, number = word.rpartition("=")
        try:
            value = float(number)
        except ValueError:
            value = -1.0
        if not 0 <= value <= 1:
            raise UsageFault(f"--threshold {word}: {number!r} is not a score between 0 and 1")
        if not equals:
            every = value
        elif name in names or name.casefold() in names:
            by_name[names.get(name) or names[name.casefold()]] = value
        else:
            known = ", ".join(sorted(tag.shown for tag in session.scheme.tags))
            raise UsageFault(f"--threshold {word}: there is no tag {name!r}; known: {known}")
    if every is not None:
        return Thresholds(every, by_name)
    return Thresholds(None, {**session.thresholds.by_name, **by_name}, frozenset(by_name))


def read_policies(words: Sequence[str]) -> dict[Field, Policy]:
    """``append`` for every field, ``genre=append`` for one. :raises UsageFault: no such field or policy"""
    policies: dict[Field, Policy] = {}
    fields = [field for field in TAG_FIELDS if field is not Field.MAT_TAGS]
    for word in sorted(words, key=lambda word: "=" in word):
        name, equals, policy = word.rpartition("=")
        if policy not in list(Policy):
            raise UsageFault(f"--policy {word}: {policy!r} is none of {', '.join(Policy)}")
        if equals and name not in fields:
            raise UsageFault(f"--policy {word}: {name!r} is none of {', '.join(fields)}")
        policies |= {field: Policy(policy) for field in (fields if not equals else [Field(name)])}
    return policies


class _Tagging:
    """What one command found, planned and wrote."""

    def __init__(self, session: Session, cancel: Event, *, shows: bool) -> None:
        """:param shows: standard output is for people, and not for a report"""
        self._session = session
        self._cancel = cancel
        self._shows = shows
        self.results = Results()
        self.records: list[Record] = []
        self.error: str | None = None
        """What ended the run, or kept a report from being written."""
        self.number: int | None = None
        """Of the run in the journal."""
        self._tracks: list[Track] = []
        self._plans: list[FilePlan] = []

    @contextmanager
    def noting(self) -> Iterator[None]:
        """A fault ends what is done here, and not what follows."""
        try:
            yield
        except UsageFault:
            raise
        except (MatError, OSError) as fault:
            self.error = self.error or str(fault)
            errors.print(f"mat-desktop: {fault}")
        except KeyboardInterrupt:  # the second Ctrl+C
            self.error = self.error or STOPPED

    def scan(self, paths: Sequence[Path]) -> None:
        """Find tracks, and a record of each file that is none."""
        with progress() as bar:
            task = bar.add_task("Scanning", total=None)
            for found in scan(self._session, paths, self._cancel):
                if isinstance(found, FileFault):
                    self.records.append(Record(found.path, "failed", found.cause))
                else:
                    self._tracks.append(found)
                bar.advance(task)
        self._tracks.sort(key=lambda track: track.path)

    def listen(self, thresholds: Thresholds, *, needed: bool) -> None:
        """Add a record for every track that is reached, and a plan where it would change.

        Each is shown as soon as it and those before it are judged.

        :param needed: also when nobody reads what is shown
        """
        by_path = {track.path: track for track in self._tracks}
        waiting, judged = deque(by_path), dict[Path, Record]()
        with progress() as bar:
            task = bar.add_task("Listening", total=len(by_path))
            for heard in score(self._session, self._tracks, self._cancel):
                bar.advance(task)
                if isinstance(heard, FileFault):
                    record = Record(heard.path, "failed", heard.cause)
                else:
                    record = _judge(self._session, by_path[heard.path], heard, thresholds)
                self.records.append(record)
                judged[record.path] = record
                if record.status == "planned":
                    stamp = by_path[record.path].stamp
                    self._plans.append(FilePlan(record.path, stamp, tuple(record.changes)))
                while waiting and waiting[0] in judged:
                    self._show(judged.pop(waiting.popleft()))
                if self.results.unread and not needed:
                    return
        for path in sorted(judged):  # not all before them were reached
            self._show(judged[path])

    def _show(self, record: Record) -> None:
        if self._shows and record.scores is not None:
            self.results.print(text_of(record))

    def write(self) -> None:
        """Do what is planned, and note in the records how it went."""
        if not self._plans:
            return
        self._plans.sort(key=lambda plan: plan.path)
        by_path = {record.path: record for record in self.records}
        reason = reason_of(self._session.card, self._session.scheme)
        with progress() as bar:
            task = bar.add_task("Writing", total=len(self._plans))
            for result in apply(self._session, Plan(reason, tuple(self._plans)), self._cancel):
                bar.advance(task)
                record = by_path[result.path]
                record.status, record.error = result.status, result.reason
                if result.status == WriteStatus.WRITTEN:
                    self.number = self._session.journal.own[-1]
                if self._shows:
                    reason = f": {result.reason}" if result.reason else ""
                    self.results.print(f"{printable(result.path)}\n  {result.status}{reason}")

    def summarise(self, options: argparse.Namespace, thresholds: Thresholds) -> None:
        """The whole in a sentence, and what the window's slider has to do with it."""
        if not self._tracks:
            if not self.records and not self._cancel.is_set():
                errors.print("No music found.")
            return
        heard = sum(record.scores is not None for record in self.records)
        tracks = {track.path for track in self._tracks}
        every = len(tracks) + sum(record.path not in tracks for record in self.records)
        text = f"{heard} of {count(every, 'file')} heard"
        if self._session.device:
            text += f" on {self._session.device}"
        elif heard:
            text += ", all known from before"
        text += "."
        if self.number is not None:
            written = sum(record.status == WriteStatus.WRITTEN for record in self.records)
            undo = command(options, "undo", self.number)
            text += f" {count(written, 'file')} written as run {self.number}; {undo} takes it back."
        elif options.write:
            text += " No file was written."
        elif self._plans:
            text += f" {count(len(self._plans), 'file')} would change; nothing was written (--write writes)."
        left = sum(r.scores is not None and r.status in FAILED for r in self.records)
        if left:
            text += f" {count(left, 'file')} {'could not' if options.write else 'cannot'} be written."
        waiting = sum(record.status == "planned" for record in self.records)
        if options.write and waiting:
            text += f" {count(waiting, 'file')} not written yet."
        errors.print(text)
        if self._session.settings.strictness and thresholds.every is None and heard:
            errors.print(_as_strict(self._session.settings.strictness))


def _as_strict(strictness: int) -> str:
    kind = "Fewer, surer tags" if strictness > 0 else "More tags, less sure ones among them,"
    return f"{kind} than measured: review.strictness is {strictness}, as on the window's slider."


def _judge(session: Session, track: Track, heard: Heard, thresholds: Thresholds) -> Record:
    verdicts = said_of(session, heard.scores.track_id, track.path).verdicts
    shift = session.settings.shift if thresholds.every is None else 0.0
    suggestions = suggest(session.scheme, session.card, heard.scores, verdicts, shift, thresholds)
    record = Record(track.path, "unchanged", "", heard.scores, suggestions)
    plan = plan_file(session, track, suggestions, verdicts=verdicts)
    if plan is not None:
        plan = checked(plan)
    if plan is not None:
        record.changes = plan.wanted
        if not plan.fault:
            record.copied, record.told = plan.copied, (*plan.told, *([JOINED] if plan.joins else []))
        record.status, record.error = (
            ("failed", f"cannot be written: {plan.fault}") if plan.fault else ("planned", "")
        )
    return record
