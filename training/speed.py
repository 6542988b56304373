"""How much time of a processor the front end and models take for files, beside each other.

Processor time, and the least of several rounds in turn, so that another program's work does not count.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mat_desktop.domain.card import ModelCard
from training.devices import one_thread
from training.network import Trained
from training.track_inference import cut, window_scores

Array = NDArray[np.float32]
Report = Callable[[int, int], None]
ROUNDS = 5


def measure_models(
    models: Sequence[tuple[ModelCard, Trained]], files: Sequence[Path], report: Report
) -> dict[str, float]:
    """Seconds on one thread for a minute of music: of the front end (decoding, log-mel), and of each model.

    :param models: all of them listen to the same log-mel
    :raises DecodeError: a file cannot be decoded
    """
    windows: list[Array] = []
    spec = models[0][0].mel

    def front_end() -> None:
        windows[:] = [cut(file, spec).windows for file in files]

    ways: dict[str, Callable[[], object]] = {"front end": front_end}
    ways |= {card.name: partial(_network, trained, windows) for card, trained in models}
    least = dict.fromkeys(ways, np.inf)
    with one_thread():
        for turn in range(ROUNDS):
            for name, way in ways.items():
                started = time.process_time()
                way()
                least[name] = min(least[name], time.process_time() - started)
            report(turn + 1, ROUNDS)
    minutes = sum(len(part) for part in windows) * spec.window_seconds / 60
    return {name: round(seconds / minutes, 5) for name, seconds in least.items()}


def _network(trained: Trained, files: Sequence[Array]) -> None:
    window_scores(trained, np.concatenate(files))
