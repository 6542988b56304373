"""How a run goes, for people (a bar) and for programs (one JSON object a line)."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, Literal, TypeAlias

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from mat_desktop.domain.counting import count
from mat_desktop.errors import printable
from training.checkpoints import DiskFault, write_whole

EVERY_SECONDS = 1.0
"""Between two reports of steps."""


@dataclass(frozen=True, slots=True)
class Begin:
    """The run starts or goes on.

    :param steps: of each epoch
    :param step: done so far in the epoch under way
    """

    epoch: int
    of: int
    step: int
    steps: int
    precision: str
    clips: dict[str, int]
    event: Literal["begin"] = "begin"


@dataclass(frozen=True, slots=True)
class StepDone:
    """Some steps later.

    :param epoch: the one under way, from 1
    :param loss: mean over the epoch so far
    :param eta_seconds: to the end of the last epoch
    """

    epoch: int
    of: int
    step: int
    steps: int
    loss: float
    eta_seconds: float
    event: Literal["step"] = "step"


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one pass gave.

    :param valid: figures by vocabulary
    :param seconds: includes the validation
    :param waiting: share of the time of the steps in which the network waited for data
    """

    number: int
    of: int
    train_loss: float
    valid_loss: float
    valid: dict[str, dict[str, float]]
    seconds: float
    waiting: float = 0.0
    eta_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class End:
    """The run is over.

    :param best: the epoch whose weights are kept
    :param early: whether it ended because validation got no better
    """

    best: int
    epochs: int
    early: bool
    event: Literal["end"] = "end"


@dataclass(frozen=True, slots=True)
class Reading:
    """The data set's lists, or the tags of its files, are read before anything else.

    :param done: of ``of`` files, which is 0 where nobody counts them
    """

    done: int
    of: int
    event: Literal["read"] = "read"


@dataclass(frozen=True, slots=True)
class Preparing:
    """Clips are decoded before the first step.

    :param done: of ``of``
    """

    done: int
    of: int
    event: Literal["prepare"] = "prepare"


@dataclass(frozen=True, slots=True)
class Fitting:
    """A head is put right, again and again with other tracks left out.

    :param done: of ``of`` times
    """

    done: int
    of: int
    event: Literal["fit"] = "fit"


@dataclass(frozen=True, slots=True)
class TableBegun:
    """Rows of a table are trained, one after another.

    :param costs: millions of multiply-adds for a clip, by the row's key
    """

    costs: dict[str, int]
    event: Literal["table"] = "table"


@dataclass(frozen=True, slots=True)
class RunOpened:
    """What follows is about the run in this folder."""

    folder: str
    event: Literal["run"] = "run"


@dataclass(frozen=True, slots=True)
class Exported:
    """A model was written.

    :param figures: of a training on corrections
    """

    folder: str
    digest: str
    figures: dict[str, Any] = field(default_factory=dict)
    event: Literal["exported"] = "exported"


@dataclass(frozen=True, slots=True)
class TagFigures:
    """Of every tag on the validation split, after an epoch.

    :param positives: clips that have it
    """

    epoch: int
    tags: tuple[str, ...]
    positives: tuple[int, ...]
    roc_auc: tuple[float, ...]
    pr_auc: tuple[float, ...]
    event: Literal["tags"] = "tags"


Event: TypeAlias = (
    Begin
    | StepDone
    | Epoch
    | End
    | Reading
    | Preparing
    | Fitting
    | TableBegun
    | RunOpened
    | Exported
    | TagFigures
)


def as_dict(event: Event) -> dict[str, Any]:
    """For JSON: an epoch is an event like others, and what is not defined is null."""
    plain: dict[str, Any] = without_nan(asdict(event))
    return {"event": "epoch", **plain} if isinstance(event, Epoch) else plain


@dataclass(slots=True)
class Log:
    """The files of a run that tell how it goes: ``epochs.jsonl`` and ``events.jsonl``.

    :param epochs: so far, from before an interruption too
    """

    folder: Path
    epochs: list[Epoch] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        """:raises DiskFault: no space"""
        if isinstance(event, Epoch):
            # Written anew each time: a killed run may have left an epoch that is now done again.
            self.epochs = [epoch for epoch in self.epochs if epoch.number < event.number] + [event]
            text = "".join(json.dumps(without_nan(asdict(epoch))) + "\n" for epoch in self.epochs)
            write_whole(self.folder / "epochs.jsonl", lambda file: file.write(text.encode()))
        if isinstance(event, TagFigures):  # of the last epoch alone
            write_whole(self.folder / "tags.json", lambda file: file.write(_line(event).encode()))
            return
        try:
            with (self.folder / "events.jsonl").open("a", encoding="utf-8") as file:
                file.write(_line(event))
        except OSError as error:
            raise DiskFault(f"{printable(self.folder / 'events.jsonl')}: {error.strerror}") from error


class JsonLines:
    """Every event as a line of JSON."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def __enter__(self) -> JsonLines:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __call__(self, event: Event) -> None:
        """Write and flush."""
        self._file.write(_line(event))
        self._file.flush()


class Bar:
    """A bar with the loss and the time left, and a line for every epoch."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:.0f}/{task.total:.0f}"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._console = console
        self._task = self._progress.add_task("Starting", total=1)

    def __enter__(self) -> Bar:
        self._progress.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def __call__(self, event: Event) -> None:
        """Move the bar, or print a line."""
        match event:
            case Begin():
                self._progress.reset(
                    self._task, total=event.of * event.steps, completed=event.epoch * event.steps + event.step
                )
                clips = ", ".join(f"{number:,} {split}" for split, number in event.clips.items())
                self._print(f"{clips} clips, {count(event.steps, 'step')} an epoch, {event.precision}")
            case StepDone():
                self._progress.update(
                    self._task,
                    completed=(event.epoch - 1) * event.steps + event.step,
                    description=f"epoch {event.epoch}/{event.of}  loss {event.loss:.4f}",
                )
            case Epoch():
                figures = "  ".join(f"{name} {_areas(f)}" for name, f in event.valid.items())
                self._print(
                    f"epoch {event.number}/{event.of}  loss {event.train_loss:.4f}  "
                    f"valid {event.valid_loss:.4f}  ROC-AUC/PR-AUC {figures}  {_left(event.eta_seconds)} left"
                )
            case End():
                early = ", which did not get better any more" if event.early else ""
                self._print(f"{count(event.epochs, 'epoch')}{early}; epoch {event.best} is kept")

    def _print(self, text: str) -> None:
        self._console.print(text)


def _areas(figures: Mapping[str, float]) -> str:
    """ROC-AUC and PR-AUC; on few clips no tag may have what either needs."""
    if math.isnan(figures["roc_auc"]):
        return "not measured"
    return f"{figures['roc_auc']:.3f}/{figures['pr_auc']:.3f}"


def _left(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


def without_nan(value: Any) -> Any:
    """Plain values with None where a figure is not defined: JSON has no word for it."""
    if isinstance(value, dict):
        return {name: without_nan(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _line(event: Event) -> str:
    return json.dumps({"time": round(time.time(), 1), **as_dict(event)}) + "\n"
