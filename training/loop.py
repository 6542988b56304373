"""The training loop: read it from top to bottom, in the order in which things happen."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from lightning_fabric import Fabric
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from mat_desktop.domain.epochs import worth
from mat_desktop.errors import MatError, printable
from mat_desktop.networks.base import Network
from training.augment import Augment
from training.checkpoints import BEST, LAST, load_checkpoint, save_checkpoint
from training.clip_inference import contiguous, predict
from training.datasets.dataset import Dataset, DatasetFault
from training.devices import agreed, default_precision, launch, same_buffers, synchronise
from training.feed import Step, batches, seed_of, shuffled
from training.identity import RunFault, check_data, data_of
from training.inputs import Clips, Indices, standardisation
from training.metrics import cross_entropy, rank, ranking_positives
from training.network import Trained, check_length, input_length, network_of
from training.progress import EVERY_SECONDS, Begin, End, Epoch, Event, StepDone, TagFigures
from training.settings import Settings
from training.stopping import Stopped

Array = NDArray[np.float32]

QUICK_SECONDS = 0.15
"""A run that is asked to stop saves a checkpoint only if the last one took no longer."""


class Diverged(MatError):
    """The loss is no number any more."""


@dataclass(slots=True)
class State:
    """Where a run stands: with weights, optimiser and schedule, all that a resumed run needs.

    Random numbers need no state: they follow from seed, epoch and step.

    :param precision: of the arithmetic, by Fabric's names
    :param epoch: epochs done
    :param step: steps done in the epoch under way
    :param loss: losses of these steps, added up
    :param seconds: that these steps took
    :param waited: seconds of these in which the network waited for data
    :param best: validation PR-AUC of the best epoch so far
    :param best_epoch: its number, from 1; 0 before the first
    :param epochs: what each epoch done gave, the first one first
    """

    precision: str
    epoch: int = 0
    step: int = 0
    loss: float = 0.0
    seconds: float = 0.0
    waited: float = 0.0
    best: float = -1.0
    best_epoch: int = 0
    epochs: tuple[Epoch, ...] = ()


def fit(
    clips: Clips,
    settings: Settings,
    folder: Path,
    report: Callable[[Event], None],
    *,
    resume: bool = False,
    start: Trained | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Trained:
    """Train a network and return it with the weights of the epoch with the best validation PR-AUC.
    Of equal ones the epoch with the lower validation loss is kept.

    :param folder: of the run; the last checkpoint and the best weights are kept in it
    :param resume: go on from the checkpoint in ``folder``, if there is one
    :param start: a network to go on with, instead of random weights
    :param stop: asked after every step
    :raises DatasetFault: a split is empty
    :raises DiskFault: a checkpoint could not be written; the one before is whole
    :raises Diverged: the loss is no number any more
    :raises RunFault: the checkpoint is that of a run with other data
    :raises Stopped: ``stop`` said so
    """
    fabric, kept = start_processes(folder, settings, resume)
    training = Training(clips, settings, folder, report, fabric, kept, start, stop)
    training.begin()
    while not training.is_over:
        training.train_epoch()
        training.validate()
    return training.end()


def start_processes(
    folder: Path, settings: Settings, resume: bool = False
) -> tuple[Fabric, dict[str, Any] | None]:
    """The processes of a run, in its precision, and the checkpoint that it goes on from, if there is one.

    The first process decides for all, as the others may be on machines that do not have its disk. To tell
    them, they must be connected; and Fabric takes a precision only before it connects them. So it is done
    twice, of which the second time costs nothing.

    :raises DiskFault: the checkpoint is damaged
    :raises MatError: the precision is not possible here
    """
    first = launch()
    here = resume and first.is_global_zero and (folder / LAST).exists()
    kept = first.broadcast(load_checkpoint(folder / LAST) if here else None)
    wished = settings.precision if settings.precision != "auto" else first.broadcast(default_precision())
    return launch(kept["state"]["precision"] if kept else wished), kept


class Training:
    """One run under way."""

    def __init__(
        self,
        clips: Clips,
        settings: Settings,
        folder: Path,
        report: Callable[[Event], None],
        fabric: Fabric,
        kept: dict[str, Any] | None = None,
        start: Trained | None = None,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        """See :func:`fit`; ``fabric`` and ``kept`` are from :func:`start_processes`."""
        self.clips, self.settings, self.folder = clips, settings, folder
        self.report, self.fabric = report, fabric
        self.train, self.valid = clips.split("train"), clips.split("valid")
        self.length = input_length(clips.listens_to, settings)
        self.steps = -(-len(self.train) // settings.batch_size)
        torch.manual_seed(seed_of(settings.seed))
        self.standard = start.standard if start else standardisation(clips, self.train)
        self.module = start.module if start else new_network(clips, self.train, settings)
        check_length(self.module, self.length, settings)
        self.augment = Augment(settings)
        self.data = data_of(clips).plain()
        if kept is not None:
            check_data(folder, kept, clips)
            check_schedule(folder, kept, settings.epochs * self.steps)
        if fabric.world_size * 2 > len(self.train) // self.steps and fabric.world_size > 1:
            raise DatasetFault(f"steps of {settings.batch_size} clips are too small for so many processes")
        self.stop = agreed(fabric, stop)
        self.is_checkpoint_due = agreed(fabric, self._wants_checkpoint)
        self.state = State(fabric.strategy.precision.precision)
        synchronise(self.module, fabric)
        self.module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        optimiser = make_optimiser(self.module, settings)
        self.schedule = make_schedule(optimiser, settings, self.steps)
        self.bare_optimiser = optimiser
        self.network, self.optimiser = fabric.setup(self.module, optimiser)
        self.averaged = averaged(self.module, settings.ema_decay) if settings.ema_decay else None
        self._restore(kept)  # after setup: it puts the optimiser's state on the device
        self._marks = dict.fromkeys(("report", "checkpoint"), time.monotonic())
        self.save_seconds = 0.0

    @property
    def is_over(self) -> bool:
        """All epochs are done, or validation got no better for too long."""
        return self.state.epoch >= self.settings.epochs or self.is_early

    @property
    def is_early(self) -> bool:
        """Validation got no better for too long."""
        return 0 < self.settings.patience <= self.state.epoch - self.state.best_epoch

    def begin(self) -> None:
        """Say what is about to happen."""
        state, counts = self.state, {"train": len(self.train), "valid": len(self.valid)}
        self.report(Begin(state.epoch, self.settings.epochs, state.step, self.steps, state.precision, counts))

    def train_epoch(self) -> None:
        """Each clip once, or what is left of them after an interruption."""
        settings, state, fabric = self.settings, self.state, self.fabric
        length = self.length // 2 if state.epoch < settings.short_epochs else self.length
        room = self.clips.length - length
        order = shuffled(self.train, settings.batch_size, room, seed_of(settings.seed, state.epoch))
        rest = order[state.step :]
        parts = [step.part(fabric.global_rank, fabric.world_size) for step in rest]
        feed = batches(self.clips, parts, length, pin=fabric.device.type == "cuda")
        loss_sum = torch.tensor(state.loss, device=fabric.device)
        self.network.train()
        try:
            for step in rest:
                started = time.monotonic()
                audio, labels = next(feed)
                state.waited += time.monotonic() - started
                loss_sum += self._step(step, audio, labels)
                state.step += 1
                state.seconds += time.monotonic() - started
                self._between_steps(loss_sum)
        finally:
            feed.close()
        state.loss = self._mean(loss_sum)
        self._check(state.loss)
        if not state.epoch and not (self.folder / LAST).exists():
            self._save()  # before the first best weights: with them alone nobody could go on

    def _check(self, loss: float) -> None:
        """:raises Diverged: it is no number any more; the best epoch before stays"""
        if not math.isfinite(loss):
            raise Diverged(
                f"epoch {self.state.epoch + 1}: the loss is {loss}. The learning rate "
                f"{self.settings.learning_rate:g} is too high for this network, or its precision too low."
            )

    def _step(self, step: Step, audio: Tensor, labels: Tensor) -> Tensor:
        """One step of the optimiser; the loss."""
        torch.manual_seed(
            seed_of(self.settings.seed, self.state.epoch, self.state.step, self.fabric.global_rank)
        )
        audio, labels = self._augmented(self.fabric.to_device(audio), self.fabric.to_device(labels))
        logits = self.network(contiguous(audio)).float().mean(dim=2)
        loss = nn.functional.binary_cross_entropy_with_logits(logits, labels)
        # Of several processes, each has the mean over its own part of the batch; parts may differ by a clip.
        loss = loss * (len(labels) * self.fabric.world_size / len(step.clips))
        self.optimiser.zero_grad(set_to_none=True)
        self.fabric.backward(loss)
        self.optimiser.step()
        self.schedule.step()
        if self.averaged:
            self.averaged.update_parameters(self.module)
        return loss.detach()

    def _augmented(self, audio: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        if self.clips.listens_to.mel is None:
            return self.augment.on_samples(audio), labels
        audio, labels = self.augment.on_decibel(audio, labels)
        return self.augment.on_standardised(self.standard(audio)), labels

    def _between_steps(self, loss_sum: Tensor) -> None:
        """Report, keep a checkpoint, or stop, where it is time for it."""
        state = self.state
        if self._is_due("report", EVERY_SECONDS):
            self.report(
                StepDone(
                    state.epoch + 1,
                    self.settings.epochs,
                    state.step,
                    self.steps,
                    loss_sum.item() / state.step,
                    self._seconds_left(),
                )
            )
        if state.step < self.steps and self.is_checkpoint_due():
            state.loss = self._mean(loss_sum)
            self._save()
        if self.stop():
            state.loss = self._mean(loss_sum)
            if self.save_seconds < QUICK_SECONDS:
                self._save()
            self.fabric.barrier()  # a process that ends has the others killed, also while they save
            raise Stopped

    def validate(self) -> None:
        """Figures over the clips of all processes; the best weights so far, and a checkpoint."""
        state, started = self.state, time.monotonic()
        if self.averaged:
            same_buffers(self.averaged, self.fabric)
        judged = self.averaged.module if self.averaged else self.network
        scores = predict(judged, self.clips, self.valid, self.standard, self.fabric, self.stop)
        labels = self.clips.labels(self.valid)
        figures = by_vocabulary(scores, labels, self.clips.dataset)
        quality = np.array([f["pr_auc"] for f in figures.values()])
        mean = float(quality[~np.isnan(quality)].mean()) if not np.isnan(quality).all() else 0.0
        seconds = state.seconds + time.monotonic() - started
        epoch = Epoch(
            state.epoch + 1,
            self.settings.epochs,
            state.loss / self.steps,
            cross_entropy(scores, labels),
            figures,
            seconds,
            round(state.waited / state.seconds, 4),
            seconds * (self.settings.epochs - state.epoch - 1),
        )
        self.state = State(
            state.precision,
            epoch.number,
            best=state.best,
            best_epoch=state.best_epoch,
            epochs=(*state.epochs, epoch),
        )
        if self._is_better(mean, epoch.valid_loss):
            self.state.best, self.state.best_epoch = mean, epoch.number
            if self.fabric.is_global_zero:
                best = self.averaged.module if self.averaged else self.module
                weights = {"module": best.state_dict(), "data": self.data, **self.standard.as_tensors()}
                save_checkpoint(self.folder / BEST, weights)
        self.report(tag_figures(epoch.number, scores, labels, self.clips.dataset))
        # Told before it is kept: killed in between, the run does this epoch again and tells the same.
        self.report(epoch)
        self._save()

    def _is_better(self, pr_auc: float, loss: float) -> bool:
        """Than the best epoch before."""
        if not self.state.best_epoch:
            return True
        best = self.state.epochs[self.state.best_epoch - 1]
        return worth(pr_auc, loss) > worth(self.state.best, best.valid_loss)

    def end(self) -> Trained:
        """The best network so far, on the device that it was trained on."""
        self.report(End(self.state.best_epoch, self.state.epoch, self.is_early))
        self.fabric.barrier()
        best = load_checkpoint(self.folder / BEST) if self.fabric.is_global_zero else {}
        self.module.load_state_dict(self.fabric.broadcast(best)["module"])
        return Trained(self.module.eval(), self.standard)

    def _mean(self, value: Tensor) -> float:
        """Over all processes."""
        return float(torch.as_tensor(self.fabric.all_reduce(value, reduce_op="mean")))

    def _save(self) -> None:
        self._check(self.state.loss)
        if not self.fabric.is_global_zero:
            return
        started = time.monotonic()
        content = {
            "module": self.module.state_dict(),
            "optimiser": self.bare_optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
            "precision": self.fabric.strategy.precision.state_dict(),
            "state": asdict(self.state),
            "data": self.data,
        }
        if self.averaged:
            content["averaged"] = self.averaged.state_dict()
        save_checkpoint(self.folder / LAST, content)
        self.save_seconds = time.monotonic() - started
        self._marks["checkpoint"] = time.monotonic()

    def _restore(self, kept: dict[str, Any] | None) -> None:
        if kept is None:
            return
        self.module.load_state_dict(kept["module"])
        self.bare_optimiser.load_state_dict(kept["optimiser"])
        self.schedule.load_state_dict(kept["schedule"])
        self.fabric.strategy.precision.load_state_dict(kept["precision"])
        if self.averaged:
            self.averaged.load_state_dict(kept["averaged"])
        self.state = msgspec.convert(kept["state"], State)

    def _wants_checkpoint(self) -> bool:
        """By the clock of the process that writes it."""
        minutes = self.settings.checkpoint_minutes
        return self.fabric.is_global_zero and self._is_due("checkpoint", minutes * 60)

    def _is_due(self, name: str, seconds: float) -> bool:
        now = time.monotonic()
        if now - self._marks[name] < seconds:
            return False
        self._marks[name] = now
        return True

    def _seconds_left(self) -> float:
        state = self.state
        steps = self.settings.epochs * self.steps - state.epoch * self.steps - state.step
        return round(steps * state.seconds / state.step, 1)


def new_network(clips: Clips, train: Indices, settings: Settings) -> Network:
    """A network with random weights, whose first answer is how frequent each tag is.

    Else the first epoch would be spent on learning how rare they are.
    """
    module = network_of(settings, len(clips.dataset.tags), settings.dropout)
    assert module.head.bias is not None
    module.head.bias.data.copy_(prior_odds(clips.labels(train)))
    return module


def prior_odds(labels: Array) -> Tensor:
    """Log odds of the mean label of each tag [tags]: what a head says that hears nothing yet.

    :param labels: [clips, tags] in 0..1
    """
    return torch.logit(torch.from_numpy(labels.mean(axis=0)).clamp(1e-3, 1 - 1e-3))


def averaged(module: nn.Module, decay: float) -> AveragedModel:
    """A copy whose weights, and statistics of batch normalisation, follow those of the network slowly.

    :param decay: share of the old average in each step
    """
    follow = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
    return AveragedModel(module, multi_avg_fn=follow, use_buffers=True)


def make_optimiser(module: nn.Module, settings: Settings) -> torch.optim.Optimizer:
    """As the settings say."""
    kind = torch.optim.Adam if settings.optimiser == "adam" else torch.optim.AdamW
    rate, decay = settings.learning_rate, settings.weight_decay
    return kind(module.parameters(), lr=rate, weight_decay=decay, fused=True)


def make_schedule(
    optimiser: torch.optim.Optimizer, settings: Settings, steps: int
) -> torch.optim.lr_scheduler.LRScheduler:
    """As the settings say, over all epochs of so many steps."""
    if settings.schedule == "constant":
        return torch.optim.lr_scheduler.ConstantLR(optimiser, factor=1.0)
    return torch.optim.lr_scheduler.OneCycleLR(
        optimiser, settings.learning_rate, total_steps=settings.epochs * steps
    )


def check_schedule(folder: Path, kept: dict[str, Any], steps: int) -> None:
    """A checkpoint of an earlier version does not say what it was trained on; its schedule says how much.

    :raises RunFault: its learning rate follows another number of steps
    """
    before = kept["schedule"].get("total_steps", steps)
    if before != steps:
        raise RunFault(
            f"{printable(folder)}: this run began with {before} steps in all, and with this data there are "
            f"{steps}. Begin a new run with it, in another folder."
        )


def tag_figures(epoch: int, scores: Array, labels: Array, dataset: Dataset) -> TagFigures:
    """Figures of each tag after an epoch.

    :param scores: [clips, tags] in 0..1
    :param labels: [clips, tags] in 0..1
    """
    found = rank(scores, labels)
    return TagFigures(
        epoch,
        tuple(tag.key for tag in dataset.tags),
        tuple(map(int, ranking_positives(labels).sum(axis=0))),
        tuple(round(float(value), 4) for value in found.roc_auc),
        tuple(round(float(value), 4) for value in found.pr_auc),
    )


def by_vocabulary(scores: Array, labels: Array, dataset: Dataset) -> dict[str, dict[str, float]]:
    """Summary figures of each vocabulary, by its name and that of the figure.

    :param scores: [clips, tags] in 0..1
    :param labels: [clips, tags] in 0..1
    """
    names = np.array([tag.vocabulary for tag in dataset.tags])
    return {
        name: rank(scores[:, names == name], labels[:, names == name]).summary()
        for name in dict.fromkeys(names.tolist())
    }
