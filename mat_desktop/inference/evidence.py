"""Where in time and frequency a tag's score comes from: activation times gradient, window by window.

HiResCAM (Draelos and Carin, 2020, "Use HiResCAM instead of Grad-CAM for faithful explanations"): the maps of
an early layer times the gradient of the tag's logit with respect to them, summed over the channels, positive
part. Grad-CAM (Selvaraju et al., 2017) averages the gradient over the map first. On 54 pairs of track and tag
heard by the bundled network, silencing the tenth of a window with the highest values lowered the logit by
0.42 (HiResCAM), 0.24 (Grad-CAM) and 0.10 (the same shape elsewhere), on the maps of the second block.

One-dimensional networks have mel bands as input channels and no maps over frequency behind them; there the
input takes the place of the maps (gradient times input, against the mean of the training data).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from mat_desktop.audio.windows import is_heard, raised, windows
from mat_desktop.errors import ModelFault
from mat_desktop.inference.tagger import LogMel, Tagger
from mat_desktop.networks.blocks import Block
from mat_desktop.networks.crnn import Crnn2d
from mat_desktop.networks.fcn import Fcn

WATCHED = 2
"""Blocks before the maps that are looked at: one marks single cells, three give cells of 9 x 12."""

FRAMES_PER_COLUMN = 4
BANDS_PER_ROW = 4

POOLED = 4
"""Cells of an input that takes the place of maps are averaged over 4 bands and 4 frames."""


@dataclass(frozen=True, slots=True)
class _Grid:
    """Where the cells of a layer's maps lie in its input: the centre of the first one, and the step."""

    first: float
    step: float

    def places(self, count: int) -> NDArray[np.float64]:
        """Centres of the cells, in cells of the input."""
        return self.first + self.step * np.arange(count, dtype=np.float64)


def find_evidence(
    tagger: Tagger,
    log_mel: LogMel,
    tags: Sequence[int],
    turn: Callable[[], AbstractContextManager[object]],
) -> NDArray[np.uint8]:
    """Evidence for the mean logit of some tags over a whole track.

    :param log_mel: dB [mel, frames], at least one window long
    :param tags: outputs of the network that make up one display tag
    :param turn: entered for each window, while the network is in use; may raise to give up
    :returns: uint8 [mel // 4, frames / 4], row 0 the lowest; the square root of the evidence, 255 where it
        is strongest; all 0 where nothing speaks for the tags
    :raises ModelFault: the network has no maps over time and frequency
    """
    before, grids = _watched(_looked_into(tagger))
    length = tagger.card.mel.window_frames
    bands, frames = log_mel.shape
    total = np.zeros((bands // BANDS_PER_ROW, -(-frames // FRAMES_PER_COLUMN)), np.float32)
    count = np.zeros(total.shape[1], np.float32)
    rows = (np.arange(total.shape[0]) + 0.5) * BANDS_PER_ROW - 0.5
    centres = (np.arange(total.shape[1]) + 0.5) * FRAMES_PER_COLUMN - 0.5
    louder = raised(log_mel, length, tagger.card.level)
    for start in windows(frames, length):
        inside = np.flatnonzero((centres >= start) & (centres < start + length))
        count[inside] += 1
        if not is_heard(log_mel[:, start : start + length]):
            continue
        with turn():
            found = _window(tagger, before, louder[:, start : start + length], tags)
        at = centres[inside] - start
        by_row = _resample(found, grids[0].places(found.shape[0]), rows)
        total[:, inside] += _resample(by_row.T, grids[1].places(found.shape[1]), at).T
    total /= np.maximum(count, 1)
    top = float(total.max())
    if top <= 0:
        return np.zeros(total.shape, np.uint8)
    return np.round(np.sqrt(total / top) * 255).astype(np.uint8)


def _looked_into(tagger: Tagger) -> Fcn | Crnn2d:
    if not isinstance(tagger.network, Fcn | Crnn2d):
        raise ModelFault("this network has no maps over time and frequency")
    return tagger.network


def _watched(network: Fcn | Crnn2d) -> tuple[int, tuple[_Grid, _Grid]]:
    """How many blocks lie before the maps, and where the cells of these lie over mel and over time."""
    blocks = [block for block in network.blocks if isinstance(block, Block)][:WATCHED]
    if isinstance(blocks[0].convolution, nn.Conv2d):
        return len(blocks), (_grid(blocks, 0), _grid(blocks, 1))
    pooled = _Grid((POOLED - 1) / 2, POOLED)
    return 0, (pooled, pooled)


def _grid(blocks: Sequence[Block], dimension: int) -> _Grid:
    first, step = 0.0, 1.0
    for layer in (layer for block in blocks for layer in (block.convolution, block.pool)):
        kernel, stride, padding = (
            _along(getattr(layer, name), dimension) for name in ("kernel_size", "stride", "padding")
        )
        first += step * ((kernel - 1) / 2 - padding)
        step *= stride
    return _Grid(first, step)


def _along(setting: int | tuple[int, ...], dimension: int) -> int:
    return setting if isinstance(setting, int) else setting[dimension]


def _window(tagger: Tagger, before: int, piece: LogMel, tags: Sequence[int]) -> NDArray[np.float32]:
    """Evidence in one window [mel cells, time cells], weighted by how present the tag is over time."""
    network = _looked_into(tagger)
    blocks = list(network.blocks)
    watched = tagger.batch([piece])
    with torch.no_grad():
        for block in blocks[:before]:
            watched = block(watched)
    with torch.enable_grad():
        maps = watched.requires_grad_(True)
        if before == 0:
            maps = maps.squeeze(1)  # the bands become channels
        for block in blocks[before:]:
            maps = block(maps)
        logits = network.from_maps(maps)[0, list(tags)].mean(dim=0)
        (gradient,) = torch.autograd.grad(logits.mean(), watched)
    products = (gradient * watched).detach().sum(dim=1, keepdim=True)
    if before == 0:
        products = nn.functional.avg_pool2d(products, POOLED, ceil_mode=True)
    evidence = products[0, 0].clamp(min=0).float().cpu().numpy()
    present = torch.sigmoid(logits).detach().float().cpu().numpy()
    columns = evidence.shape[1]
    places = (np.arange(columns) + 0.5) / columns
    weight = np.interp(places, (np.arange(len(present)) + 0.5) / len(present), present)
    weighted: NDArray[np.float32] = (evidence * weight).astype(np.float32)
    return weighted


def _resample(
    values: NDArray[np.float32], places: NDArray[np.float64], wanted: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Linear interpolation of rows at ``places`` to rows at ``wanted``."""
    cell = np.clip((wanted - places[0]) / (places[1] - places[0]), 0, len(places) - 1)
    low = np.minimum(cell.astype(int), len(places) - 2)
    share = (cell - low).astype(np.float32)[:, None]
    mixed: NDArray[np.float32] = values[low] * (1 - share) + values[low + 1] * share
    return mixed
