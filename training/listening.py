"""A file as the application hears it: decoded whole, cut into windows, silence left out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from mat_desktop.audio.decode import Decoding
from mat_desktop.audio.mel import log_mel_stream
from mat_desktop.audio.windows import SILENCE_DB, weights, windows
from mat_desktop.domain.melspec import MelSpec
from training.hearing import AT_ONCE, contiguous
from training.loop import Trained

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Pieces:
    """:param windows: log-mel dB [windows, mel, frames], those that are silent left out
    :param weights: what each counts [windows]
    """

    windows: Array
    weights: Array


def cut(path: Path, spec: MelSpec) -> Pieces:
    """The windows of a file; one that is shorter than a window is repeated.

    :raises DecodeError: it cannot be decoded
    """
    blocks = list(Decoding(path, spec.sample_rate))
    if sum(block.size for block in blocks) < spec.window_samples:
        blocks = [np.resize(np.concatenate(blocks), spec.window_samples)]
    log_mel = log_mel_stream(blocks, spec)
    frames, length = log_mel.shape[1], spec.window_frames
    cuts = [log_mel[:, start : start + length] for start in windows(frames, length)]
    heard = [piece.max() > SILENCE_DB for piece in cuts]
    shares = np.array(weights(frames, length), np.float32)[heard]
    return Pieces(np.stack(cuts)[heard], shares)


def window_scores(trained: Trained, log_mel: Array) -> Array:
    """Scores of each window, [windows, tags] in 0..1.

    :param log_mel: dB [windows, mel, frames]
    """
    network = trained.module.eval()
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    parts = [np.zeros((0, network.head.weight.shape[0]), np.float32)]
    with torch.inference_mode():
        for first in range(0, len(log_mel), AT_ONCE):
            batch = torch.from_numpy(log_mel[first : first + AT_ONCE]).float().unsqueeze(1)
            logits = network(contiguous(trained.standard(batch))).mean(dim=2)
            parts.append(torch.sigmoid(logits).numpy())
    return np.concatenate(parts)


def track_scores(trained: Trained, path: Path, spec: MelSpec) -> Array | None:
    """Scores of a whole file [tags], as the application pools them; None where nothing can be heard.

    :raises DecodeError: it cannot be decoded
    """
    pieces = cut(path, spec)
    if not len(pieces.weights):
        return None
    scores: Array = np.average(window_scores(trained, pieces.windows), axis=0, weights=pieces.weights)
    return scores.astype(np.float32)
