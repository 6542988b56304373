"""Batches: which clips go into each step, and a thread that assembles them before they are needed."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from training.inputs import Clips, Indices

AHEAD = 3
"""Batches that are ready or being assembled while the network works on one."""

T = TypeVar("T")


def seed_of(*parts: int) -> int:
    """A seed that follows from numbers alone (run, epoch, step, process), without relation to its neighbours.

    No state of a random generator needs to be kept: a resumed run draws what an uninterrupted one would.
    """
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8]) >> 1


@dataclass(frozen=True, slots=True)
class Step:
    """:param clips: of the batch
    :param starts: where the piece of each clip begins
    """

    clips: Indices
    starts: tuple[int, ...]

    def part(self, rank: int, world: int) -> Step:
        """Every ``world``-th clip: what one of several processes takes."""
        return Step(self.clips[rank::world], self.starts[rank::world])


def shuffled(indices: Indices, batch_size: int, room: int, seed: int) -> list[Step]:
    """An epoch: each clip once, in batches that differ in size by one at most, no larger than ``batch_size``.

    :param room: frames or samples by which a clip is longer than its piece
    """
    random = torch.Generator().manual_seed(seed)
    order = indices[torch.randperm(len(indices), generator=random).numpy()]
    starts = torch.randint(0, room + 1, (len(order),), generator=random).numpy()
    count = -(-len(order) // batch_size)
    return [
        Step(clips, tuple(begin.tolist()))
        for clips, begin in zip(np.array_split(order, count), np.array_split(starts, count), strict=True)
    ]


def side_by_side(clips: Clips, indices: Indices, batch_size: int) -> list[Step]:
    """Whole clips in pieces of the network's published length, in order, without a rest at the end."""
    length = clips.listens_to.length
    starts = list(range(0, clips.length - length + 1, length))
    pieces = np.repeat(indices, len(starts))
    begins = starts * len(indices)
    return [
        Step(pieces[first : first + batch_size], tuple(begins[first : first + batch_size]))
        for first in range(0, len(pieces), batch_size)
    ]


def batches(
    clips: Clips, steps: list[Step], length: int, pin: bool = False
) -> Generator[tuple[Tensor, Tensor], None, None]:
    """Audio and labels of each step, assembled ahead. See :meth:`Clips.cut`.

    :param pin: in memory that a GPU can read
    """

    def make(step: Step) -> tuple[Tensor, Tensor]:
        audio = clips.cut(step.clips, step.starts, length)
        labels = torch.from_numpy(clips.labels(step.clips))
        return (audio.pin_memory(), labels.pin_memory()) if pin else (audio, labels)

    return ahead(make, steps)


def ahead(make: Callable[[Step], T], steps: list[Step]) -> Generator[T, None, None]:
    """``map`` in one thread, a few steps in advance."""
    with ThreadPoolExecutor(1, "feed") as pool:
        waiting = deque(pool.submit(make, step) for step in steps[:AHEAD])
        for step in steps[AHEAD:]:
            made = waiting.popleft().result()
            waiting.append(pool.submit(make, step))
            yield made
        while waiting:
            yield waiting.popleft().result()
