"""How long a training will take, as far as that is known before its first step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mat_desktop.app.trainings import Training
from mat_desktop.gui import words

SAME = ("network", "layers", "width", "crop_frames", "options")
"""Settings on which the time for a clip depends most."""

LONG = 20_000
"""Clips, over all epochs, from which on a processor may need hours."""


def expected(
    trainings: Sequence[Training], settings: Mapping[str, Any], clips: int, *, processor: bool
) -> str:
    """In a sentence; empty where nothing can be said.

    :param trainings: earlier ones on this computer, the newest first
    :param settings: of the one that is to be begun
    :param clips: that it trains on
    :param processor: whether this computer is known to have nothing faster
    """
    epochs = int(settings.get("epochs", 0))
    seconds = _seconds(trainings, settings)
    if seconds and clips and epochs:
        whole = words.took(seconds * clips * epochs)
        return f"About {whole} if all {words.plural(epochs, 'epoch')} are needed, as an earlier run went here"
    if processor and clips * max(epochs, 1) >= LONG:
        return "On this computer's processor this takes hours; how many is known after the first steps"
    return ""


def _seconds(trainings: Sequence[Training], settings: Mapping[str, Any]) -> float:
    """For a clip in an epoch, of the newest training of such a network; 0 where there was none."""
    wanted = _same(settings)
    for training in trainings:
        order = training.order
        clips = order.used("train")
        for run in reversed(training.runs):
            if clips and run.epochs and _same(run.settings) == wanted:
                # The last epochs: the first has more to wait for.
                late = sorted(epoch.seconds for epoch in run.epochs[-3:])
                return late[len(late) // 2] / clips
    return 0.0


def _same(settings: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(settings.get(name) or 0 for name in SAME)
