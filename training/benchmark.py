"""Clips per second of the training loop, and of a plain one as it is often written."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import numpy as np
import torch
from torch import nn

from mat_desktop.audio.mel import log_mel
from mat_desktop.domain.melspec import MelSpec
from mat_desktop.errors import MatError
from training.datasets.features import window
from training.devices import hardware
from training.export import title_of
from training.inputs import Clips
from training.loop import Training, new_network, start_processes
from training.network import input_length
from training.settings import Settings
from training.stopping import Stopped

ROUNDS = 3
"""Of each loop; the median counts."""


@dataclass(frozen=True, slots=True)
class Speed:
    """Of one of the two loops.

    :param batch_size: clips a step
    :param clips: in the training split
    :param waiting: share of the time in which the network waited for data
    :param times_plain: clips a second, as a multiple of the plain loop's
    """

    network: str
    loop: str
    hardware: str
    batch_size: int
    clips: int
    clips_per_second: float
    waiting: float
    times_plain: float = 1.0


def measure_loops(clips: Clips, settings: Settings, seconds: float) -> list[Speed]:
    """Both loops on the same clips, in turn, because the rest of the machine is not always equally busy.

    :param settings: network, dropout, batch size, crop and precision; nothing else of them is measured
    :param seconds: for each
    """
    if clips.listens_to.mel is None:
        raise MatError("the plain loop is for log-mel networks")
    settings = replace(
        settings,
        gain_db=0.0,
        eq_db=0.0,
        low_pass=0.0,
        mel_mask=0,
        time_mask=0,
        mix=0.0,
        ema_decay=0.0,
        short_epochs=0,
        epochs=1000,
        schedule="constant",
    )
    name = title_of(settings.spec)
    rounds = []
    for _ in range(ROUNDS):
        plain_round = _plain(clips, settings, clips.listens_to.mel, seconds / ROUNDS)
        speed, share, precision = _ours(clips, settings, seconds / ROUNDS)
        rounds.append((*plain_round, speed, share))
    plain, plain_waiting, ours, waiting = (median(values) for values in zip(*rounds, strict=True))
    where = (hardware(), settings.batch_size, len(clips.split("train")))
    return [
        Speed(
            name,
            "plain: decoded and transformed for every step, fp32, whole clips",
            *where,
            round(plain, 2),
            round(plain_waiting, 3),
        ),
        Speed(
            name,
            f"ours: {precision}, {_heard(clips, settings)}",
            *where,
            round(ours, 2),
            round(waiting, 3),
            round(ours / plain, 2),
        ),
    ]


def _plain(clips: Clips, settings: Settings, mel: MelSpec, seconds: float) -> tuple[float, float]:
    module = new_network(clips, clips.split("train"), settings).train()
    optimiser = torch.optim.Adam(module.parameters())
    files = _forever([clips.dataset.clips[index] for index in clips.split("train")])
    labels = torch.from_numpy(clips.labels(clips.split("train")[: settings.batch_size]))
    done, waited, started = 0, 0.0, 0.0
    while not started or time.monotonic() - started < seconds:
        asked = time.monotonic()
        batch = np.stack([log_mel(window(next(files), mel), mel) for _ in range(len(labels))])
        audio = torch.from_numpy(batch).unsqueeze(1)
        waited += time.monotonic() - asked
        loss = nn.functional.binary_cross_entropy_with_logits(module(audio).mean(dim=2), labels)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        if not started:  # the first step warms up
            done, waited, started = 0, 0.0, time.monotonic()
            continue
        done += len(labels)
    taken = time.monotonic() - started
    return done / taken, waited / taken


def _ours(clips: Clips, settings: Settings, seconds: float) -> tuple[float, float, str]:
    steps, waited, started = -1, 0.0, 0.0

    def enough() -> bool:
        """Asked after every step, of which the first warms up."""
        nonlocal steps, waited, started
        steps += 1
        if not steps:
            waited, started = training.state.waited, time.monotonic()
        return steps > 0 and time.monotonic() - started >= seconds

    with tempfile.TemporaryDirectory() as folder:
        fabric, _ = start_processes(Path(folder), settings)
        training = Training(clips, settings, Path(folder), lambda event: None, fabric, stop=enough)
        try:
            while True:
                training.train_epoch()
                training.state.epoch, training.state.step = training.state.epoch + 1, 0
        except Stopped:
            taken = time.monotonic() - started - training.save_seconds
    share = (training.state.waited - waited) / taken
    return steps * len(training.train) / training.steps / taken, share, training.state.precision


def _heard(clips: Clips, settings: Settings) -> str:
    """How much of a clip a step takes: fewer frames are faster, which is no merit of the loop."""
    length = input_length(clips.listens_to, settings)
    return "whole clips" if length == clips.listens_to.length else f"crops of {length} frames"


def _forever(files: list[Path]) -> Iterator[Path]:
    while True:
        yield from files
