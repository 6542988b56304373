"""Trainings that were asked for in the window: what was asked, how it ended, and what came of it.

Each has a folder ``training/jobs/NAME`` in the data folder, with ``job.json``, ``log.txt``, the folders of
its runs and, where it makes one, its model. Prepared audio lies in ``training/cache`` for all of them.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec
from filelock import FileLock, Timeout

from mat_desktop.app.training_runs import Run, changed_at, read_json, read_runs
from mat_desktop.domain.card import SMOKE_CLIPS
from mat_desktop.errors import StoreFault, UsageFault, printable
from mat_desktop.whole_file import whole_file

JOB, LOG, RUNS, MODEL, MADE, REPORT = "job.json", "log.txt", "runs", "model", "made", "report"
AWAY = ".deleted-"
SHOWN_LOG = 200_000
"""Bytes of a log that are shown, the last ones."""


class Task(StrEnum):
    """What a training does."""

    NETWORK = "network"
    TABLE = "table"
    FINETUNE = "finetune"
    CORRECTIONS = "corrections"


class Ending(StrEnum):
    """How a training ended; one that was cut off with the program, or runs, has ended in no way."""

    NONE = ""
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of one of the paper's tables that is to be trained.

    :param layers: 0 for networks of one depth
    """

    key: str
    network: str
    layers: int = 0


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for.

    :param title: for people
    :param arguments: of ``python -m training``, without the folders of the job itself
    :param data: title of the data
    :param clips: by split, as they were found
    :param name: what a model that comes of it is called
    :param table: of the paper, "1", "2" or "3", for that task
    :param rows: of that table
    :param whole: whether a fine-tuning trains the whole network, and so can be resumed
    """

    task: Task
    title: str
    arguments: tuple[str, ...]
    data: str = ""
    clips: dict[str, int] = field(default_factory=dict)
    tags: int = 0
    name: str = "model"
    table: str = ""
    rows: tuple[Row, ...] = ()
    whole: bool = False

    @property
    def head_alone(self) -> bool:
        """Whether only a head is trained, in one go: without epochs, and without a run."""
        return self.task is Task.CORRECTIONS or (self.task is Task.FINETUNE and not self.whole)

    @property
    def data_folder(self) -> str:
        """The folder that it is trained on."""
        return self._told("--data")

    @property
    def most_clips(self) -> int:
        """That are used of each split; 0 for all of them."""
        told = self._told("--clips")
        return int(told) if told.isdecimal() else SMOKE_CLIPS if self.budget == "smoke" else 0

    def used(self, split: str) -> int:
        """Clips of a split that are used."""
        there = self.clips.get(split, 0)
        return min(there, self.most_clips or there)

    @property
    def smoke_clips(self) -> int:
        """As of a model's card: those of a run that is only to show that it runs, else 0."""
        return self.most_clips if self.budget == "smoke" else 0

    @property
    def budget(self) -> str:
        """Of a table."""
        return self._told("--budget")

    def _told(self, flag: str) -> str:
        words = self.arguments
        return words[words.index(flag) + 1] if flag in words else ""


@dataclass(frozen=True, slots=True)
class MadeModel:
    """A model that a training made, or that was made of it.

    :param digest: of its weights, as :attr:`ModelCard.digest`
    :param at: when it was made of a run, in seconds since 1970; 0 for the training's own
    """

    folder: Path
    digest: str
    at: float


@dataclass(frozen=True, slots=True)
class Training:
    """One training.

    :param started: seconds since 1970
    :param reason: why it failed
    :param figures: of a training on corrections
    :param runs: in the order in which they were begun
    :param card: of the model that it made by itself; empty before, or where it makes none
    :param made: models that were made of the kept epochs of its runs, by name
    """

    folder: Path
    order: Order
    started: float
    ending: Ending = Ending.NONE
    reason: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)
    runs: tuple[Run, ...] = ()
    card: Mapping[str, Any] = field(default_factory=dict)
    made: Mapping[str, MadeModel] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Name of its folder."""
        return self.folder.name

    @property
    def model(self) -> Path | None:
        """Folder of the model that it made by itself, None where there is none."""
        return self.folder / MODEL / self.order.name if self.card else None

    def place_of(self, name: str) -> Path:
        """Where a model goes that is made of a run's kept epoch when somebody wants one."""
        return self.folder / MADE / name

    def model_of(self, run: Run | None, name: str) -> MadeModel | None:
        """The model that stands for a run as it is now, None where it has yet to be made.

        :param name: what a model of the run's kept epoch is called
        """
        if self.model is not None:
            return MadeModel(self.model, _digest(self.card), 0.0)
        made = self.made.get(name)
        return made if made is not None and run is not None and made.at >= run.kept_at > 0 else None

    @property
    def report(self) -> Path:
        """Where its report goes."""
        return self.folder / REPORT

    def run_of(self, row: Row) -> Run | None:
        """The run of a row of its table."""
        return next(
            (run for run in self.runs if run.network == row.network and run.layers == row.layers), None
        )


class Trainings:
    """The trainings of a data folder. Reads and writes; nothing of it is at once."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / "training" / "jobs"
        self.cache = data_dir / "training" / "cache"
        self._described = data_dir / "training" / "described.json"

    def all(self) -> list[Training]:
        """Every training, the newest first; folders that are none are left out."""
        try:
            names = [path.name for path in self.folder.iterdir() if not path.name.startswith(".")]
        except OSError:
            return []
        found = [training for name in names if (training := self.one(name)) is not None]
        return sorted(found, key=lambda training: training.started, reverse=True)

    def one(self, name: str) -> Training | None:
        """A training as it is now, None where there is none of that name."""
        folder = self.folder / name
        plain = read_json(folder / JOB)
        try:
            order = msgspec.convert(plain.get("order"), Order)
            ending = Ending(plain.get("ending", ""))
            started = float(plain.get("started", 0))
        except (msgspec.ValidationError, ValueError, TypeError):
            return None
        figures = plain.get("figures")
        return Training(
            folder,
            order,
            started,
            ending,
            str(plain.get("reason", "")),
            figures if isinstance(figures, dict) else {},
            read_runs(folder / RUNS),
            read_json(folder / MODEL / order.name / "card.json"),
            {
                path.parent.name: MadeModel(path.parent, _digest(read_json(path)), changed_at(path))
                for path in folder.glob(f"{MADE}/*/card.json")
            },
        )

    def create(self, order: Order) -> Training:
        """A folder for a new training. :raises StoreFault: it cannot be written"""
        stem = f"{datetime.now().astimezone():%Y%m%d-%H%M%S}-{plain_name(order.title)}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            folder, number = self.folder / stem, 1
            while folder.exists():
                number += 1
                folder = self.folder / f"{stem}-{number}"
            folder.mkdir()
        except OSError as error:
            raise _fault(self.folder, error) from error
        training = Training(folder, order, time.time())
        self._write(training)
        return training

    def end(
        self, name: str, ending: Ending, reason: str = "", figures: Mapping[str, Any] | None = None
    ) -> None:
        """Note how a training ended, or with ``NONE`` that it goes on. :raises StoreFault: disk"""
        training = self.one(name)
        if training is not None:
            kept = figures if figures is not None else training.figures
            self._write(replace(training, ending=ending, reason=reason, figures=kept))

    def _write(self, training: Training) -> None:
        plain = {
            "format": 1,
            "order": training.order,
            "started": training.started,
            "ending": training.ending,
            "reason": training.reason,
            "figures": training.figures,
        }
        path = training.folder / JOB
        try:
            with whole_file(path) as file:  # the folder may have been deleted meanwhile
                file.write(msgspec.json.format(msgspec.json.encode(plain)) + b"\n")
        except OSError as error:
            raise _fault(path, error) from error

    def command(self, training: Training, *, resume: bool) -> list[str]:
        """The arguments of ``python -m training`` that begin a training, or go on with it."""
        order, folder = training.order, training.folder
        words = [*order.arguments, "--cache", str(self.cache), "--progress", "json"]
        if order.task is not Task.CORRECTIONS:
            words += ["--runs", str(folder / RUNS)]
        if order.task in (Task.FINETUNE, Task.CORRECTIONS):
            words += ["--export", str(folder / MODEL / order.name)]
        if resume and order.task in (Task.NETWORK, Task.FINETUNE):  # a table always goes on
            words.append("--resume")
        return words

    def add_log(self, name: str, text: str) -> None:
        """More lines of its log. One that cannot be kept is no reason to stop."""
        with suppress(OSError), (self.folder / name / LOG).open("a", encoding="utf-8") as file:
            file.write(text)

    def log(self, name: str) -> str:
        """The last lines of its log."""
        try:
            with (self.folder / name / LOG).open("rb") as file:
                size = file.seek(0, 2)
                file.seek(max(0, size - SHOWN_LOG))
                text = file.read().decode("utf-8", "replace")
        except OSError:
            return ""
        return text if size <= SHOWN_LOG else text.partition("\n")[2]

    def described(self) -> dict[str, Any]:
        """What ``python -m training describe`` said the last time, which takes seconds; empty before."""
        return read_json(self._described)

    def keep_description(self, text: str) -> None:
        """Remember it. Where that cannot be it is asked for anew."""
        with suppress(OSError):
            self._described.parent.mkdir(parents=True, exist_ok=True)
            with whole_file(self._described) as file:
                file.write(text.encode())

    def delete(self, name: str) -> Path:
        """Take a training away, so that :meth:`restore` can bring it back until :meth:`purge`.

        :returns: where it lies until then
        :raises UsageFault: another process trains there
        :raises StoreFault: it is not there, or cannot be moved
        """
        folder = self.folder / name
        for lock in folder.glob(f"{RUNS}/*/lock"):
            try:
                with FileLock(lock, timeout=0):
                    pass
            except Timeout as error:
                raise UsageFault(f"{printable(lock.parent)}: another process trains there") from error
        try:
            aside = Path(tempfile.mkdtemp(prefix=AWAY, dir=self.folder))
        except OSError as error:
            raise _fault(self.folder, error) from error
        try:
            return folder.rename(aside / name)
        except OSError as error:
            aside.rmdir()
            raise _fault(folder, error) from error

    def restore(self, away: Path) -> None:
        """Bring back what :meth:`delete` took away. :raises StoreFault: it is gone"""
        try:
            away.rename(self.folder / away.name)
        except OSError as error:
            raise _fault(away, error) from error
        with suppress(OSError):
            away.parent.rmdir()

    def purge(self) -> None:
        """Free the space of what was deleted."""
        for away in self.folder.glob(f"{AWAY}*"):
            shutil.rmtree(away, ignore_errors=True)


def plain_name(text: str) -> str:
    """A name for a folder: ``2d-fcn-5-layers``."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40].strip("-") or "training"


def _digest(card: Mapping[str, Any]) -> str:
    weights = card.get("weights")
    return str(weights.get("sha256", ""))[:12] if isinstance(weights, dict) else ""


def _fault(path: Path, error: OSError) -> StoreFault:
    return StoreFault(f"{printable(path)}: {error.strerror or error}")
