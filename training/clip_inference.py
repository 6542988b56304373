"""Scores and features of prepared clips: on the device of the computation, shared among its processes.

Of files as the application listens to them see :mod:`training.track_inference`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from lightning_fabric import Fabric
from numpy.typing import NDArray
from torch import Tensor, nn

from mat_desktop.networks.base import Network
from training.feed import batches, side_by_side
from training.inputs import Clips, Indices, Standard
from training.stopping import Stopped

Array = NDArray[np.float32]

AT_ONCE = 8
"""Pieces of clips."""


def contiguous(audio: Tensor) -> Tensor:
    """In the order of memory in which two-dimensional convolutions are fastest."""
    return audio.contiguous(memory_format=torch.channels_last) if audio.dim() == 4 else audio


def predict(
    network: nn.Module,
    clips: Clips,
    indices: Indices,
    standard: Standard,
    fabric: Fabric | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Array:
    """Scores of whole clips, [clips, tags] in 0..1: the mean over pieces of the network's published length.

    :param fabric: the network is put on its device; each process does its share, and all of them get the
        scores of all clips. Without one it is computed where the network is
    :raises Stopped: ``stop`` said so
    """

    def scores(audio: Tensor) -> Tensor:
        return torch.sigmoid(network(audio).float().mean(dim=2))

    def check(done: int, of: int) -> None:
        if stop():
            raise Stopped

    found: Array = _of_clips(network, scores, clips, indices, standard, fabric, check).numpy()
    return found


def features(
    module: Network,
    clips: Clips,
    indices: Indices,
    standard: Standard,
    fabric: Fabric,
    report: Callable[[int], None],
) -> Tensor:
    """What reaches the head, averaged over all positions: [clips, features].

    Every head is linear, so that the mean of its answers is its answer to the mean.

    :param report: told how many of the clips are done
    """

    def pooled(audio: Tensor) -> Tensor:
        return module.listen(audio)[1]

    def told(done: int, of: int) -> None:
        report(done * len(indices) // of)

    # A copy: tensors of inference mode can be no part of a training.
    return _of_clips(module, pooled, clips, indices, standard, fabric, told).clone()


def _of_clips(
    network: nn.Module,
    answer: Callable[[Tensor], Tensor],
    clips: Clips,
    indices: Indices,
    standard: Standard,
    fabric: Fabric | None,
    after: Callable[[int, int], None],
) -> Tensor:
    """Answers to the pieces of each clip, averaged: [clips, values], on the processor.

    :param answer: from [pieces, *input] to [pieces, values]
    :param after: every batch, with the pieces done and all pieces of this process
    """
    rank, world = (fabric.global_rank, fabric.world_size) if fabric else (0, 1)
    # Every process takes as many clips; where they do not come out even, some clips are done twice.
    mine = np.resize(indices[rank::world], -(-len(indices) // world)) if len(indices) >= world else indices
    device = fabric.device if fabric else next(network.parameters()).device
    network.to(device).eval()
    steps = side_by_side(clips, mine, AT_ONCE)
    of = sum(len(step.clips) for step in steps)
    parts: list[Tensor] = []
    done = 0
    with torch.inference_mode():
        for audio, _ in batches(clips, steps, clips.listens_to.length, pin=device.type == "cuda"):
            parts.append(answer(contiguous(standard(audio.to(device, non_blocking=True)))).cpu())
            done += len(audio)
            after(done, of)
    pieces = torch.cat(parts)
    values = pieces.view(len(mine), -1, pieces.shape[1]).mean(dim=1)
    if fabric and world > 1 and len(indices) >= world:
        gathered = [torch.empty_like(values, device=device) for _ in range(world)]
        torch.distributed.all_gather(gathered, values.to(device))
        values = torch.stack(gathered, dim=1).flatten(0, 1)[: len(indices)].cpu()
    return values
