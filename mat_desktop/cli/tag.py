"""``mat-desktop tag PATH…``: scan, listen, plan, and with ``--write`` write."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Event

from mat_desktop.app.apply import apply
from mat_desktop.app.decide import checked, plan_file, suggest
from mat_desktop.app.recover import recover
from mat_desktop.app.scan import scan
from mat_desktop.app.score import Heard, score
from mat_desktop.app.session import Session
from mat_desktop.cli.output import command, count, errors, list_failures, progress
from mat_desktop.cli.report import Record, check_target, text_of, write_csv, write_json
from mat_desktop.domain.plan import FilePlan, Plan, Policy, WriteStatus
from mat_desktop.domain.scores import Thresholds
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import Track
from mat_desktop.errors import FileFault, UsageFault, printable


def run(options: argparse.Namespace, cancel: Event) -> int:
    """Exit status 0, or 1 when a file failed."""
    session = Session(options.data_dir, options.model, options.device)
    try:
        return _run(session, options, cancel)
    finally:
        session.close()


def _run(session: Session, options: argparse.Namespace, cancel: Event) -> int:
    for target, suffix in ((options.json, ".json"), (options.csv, ".csv")):
        if target is not None:
            check_target(target, suffix)
    if session.tags_fault is not None:
        raise session.tags_fault
    for slip in (*session.settings_slips, *session.slips):
        errors.print(f"{slip.why}; {slip.cost}")
    thresholds = read_thresholds(session, options.threshold)
    session.policies.update(read_policies(session, options.policy))
    for result in recover(session):
        errors.print(f"an earlier run: {printable(result.path)}: {result.reason}")
    tracks, records = _scan(session, options.paths, cancel)
    plans = _listen(session, tracks, records, thresholds, cancel)
    if session.engine.instead:
        errors.print(f"{session.settings_file.path.name}: listening.device: {session.engine.instead}")
    records.sort(key=lambda record: record.path)
    number = _write(session, plans, records, cancel) if options.write else None
    _print(records, options)
    if options.json:
        write_json(session, records, options.json, number)
    if options.csv:
        write_csv(session, records, options.csv)
    faults = [FileFault(r.path, r.error) for r in records if r.status in ("failed", "conflict")]
    list_failures(faults)
    _summarise(session, options, tracks, plans, records, number)
    return 1 if faults else 0


def read_thresholds(session: Session, words: Sequence[str]) -> Thresholds:
    """``0.4`` for every tag, ``guitar=0.4`` for one; else those that were set in the window.

    :raises UsageFault: not a number, or no such tag
    """
    every: float | None = None
    by_name: dict[str, float] = {}
    names = {tag.name for tag in session.scheme.tags}
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
        elif name in names:
            by_name[name] = value
        else:
            raise UsageFault(
                f"--threshold {word}: there is no tag {name!r}; known: {', '.join(sorted(names))}"
            )
    if every is not None:
        return Thresholds(every, by_name)
    return Thresholds(None, {**session.thresholds.by_name, **by_name})


def read_policies(session: Session, words: Sequence[str]) -> dict[Field, Policy]:
    """``append`` for every field, ``genre=append`` for one. :raises UsageFault: no such field or policy"""
    policies: dict[Field, Policy] = {}
    fields = list(session.policies)
    for word in sorted(words, key=lambda word: "=" in word):
        name, equals, policy = word.rpartition("=")
        if policy not in list(Policy):
            raise UsageFault(f"--policy {word}: {policy!r} is none of {', '.join(Policy)}")
        if equals and name not in fields:
            raise UsageFault(f"--policy {word}: {name!r} is none of {', '.join(fields)}")
        policies |= {field: Policy(policy) for field in (fields if not equals else [Field(name)])}
    return policies


def _scan(session: Session, paths: Sequence[Path], cancel: Event) -> tuple[list[Track], list[Record]]:
    tracks: list[Track] = []
    records: list[Record] = []
    with progress() as bar:
        task = bar.add_task("Scanning", total=None)
        for found in scan(session, paths, cancel):
            if isinstance(found, FileFault):
                records.append(Record(found.path, "failed", found.cause))
            else:
                tracks.append(found)
            bar.advance(task)
    return tracks, records


def _listen(
    session: Session, tracks: Sequence[Track], records: list[Record], thresholds: Thresholds, cancel: Event
) -> list[FilePlan]:
    """Adds a record for every track that was reached; returns what would be written."""
    plans: list[FilePlan] = []
    by_path = {track.path: track for track in tracks}
    with progress() as bar:
        task = bar.add_task("Listening", total=len(tracks))
        for heard in score(session, tracks, cancel):
            bar.advance(task)
            if isinstance(heard, FileFault):
                records.append(Record(heard.path, "failed", heard.cause))
                continue
            record = _judge(session, by_path[heard.path], heard, thresholds)
            records.append(record)
            if record.status == "planned":
                plans.append(FilePlan(heard.path, by_path[heard.path].stamp, tuple(record.changes)))
    return sorted(plans, key=lambda plan: plan.path)


def _judge(session: Session, track: Track, heard: Heard, thresholds: Thresholds) -> Record:
    verdicts = session.library.verdicts(heard.scores.track_id)
    suggestions = suggest(session.scheme, session.card, heard.scores, verdicts, thresholds=thresholds)
    record = Record(track.path, "unchanged", "", heard.scores, suggestions)
    plan = plan_file(session, track, suggestions)
    if plan is not None:
        plan = checked(plan)
        record.changes = plan.wanted
        record.status, record.error = (
            ("failed", f"cannot be written: {plan.fault}") if plan.fault else ("planned", "")
        )
    return record


def _write(
    session: Session, plans: Sequence[FilePlan], records: Sequence[Record], cancel: Event
) -> int | None:
    """Writes and notes in the records how it went; returns the number of the run."""
    if not plans or cancel.is_set():
        return None
    by_path = {record.path: record for record in records}
    plan = Plan(f"{session.card.name} {session.card.digest}", tuple(plans))
    with progress() as bar:
        task = bar.add_task("Writing", total=len(plans))
        for result in apply(session, plan, cancel):
            bar.advance(task)
            record = by_path[result.path]
            record.status, record.error = result.status, result.reason
    return session.journal.own[-1] if any(r.status == WriteStatus.WRITTEN for r in records) else None


def _print(records: Sequence[Record], options: argparse.Namespace) -> None:
    if any(str(target) == "-" for target in (options.json, options.csv) if target):
        return  # standard output belongs to the report
    for record in records:
        if record.scores is not None:
            sys.stdout.write(text_of(record) + "\n")
    sys.stdout.flush()


def _summarise(
    session: Session,
    options: argparse.Namespace,
    tracks: Sequence[Track],
    plans: Sequence[FilePlan],
    records: Sequence[Record],
    number: int | None,
) -> None:
    if not tracks:
        if not records:
            errors.print("No music found.")
        return
    heard = sum(record.scores is not None for record in records)
    text = f"{heard} of {count(len(tracks), 'track')} heard"
    text += f" on {session.device}." if session.device else ", all known from before."
    if number is not None:
        written = sum(record.status == WriteStatus.WRITTEN for record in records)
        undo = command(options, "undo", number)
        text += f" {count(written, 'file')} written as run {number}; {undo} takes it back."
    elif options.write:
        text += " No file was written."
    elif plans:
        text += f" {count(len(plans), 'file')} would change; nothing was written (--write writes)."
    errors.print(text)
