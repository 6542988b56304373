"""Scores and features of files as the application has them: decoded whole, cut, silent windows left out.

Of clips that are prepared for training see :mod:`training.clip_inference`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from mat_desktop.audio.decode import Decoding
from mat_desktop.audio.mel import log_mel_stream
from mat_desktop.audio.windows import is_heard, raised, weights, windows
from mat_desktop.domain.card import ModelCard
from mat_desktop.domain.melspec import MelSpec
from training.clip_inference import AT_ONCE, contiguous
from training.network import Trained

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Pieces:
    """:param windows: log-mel dB [windows, mel, frames], those that are silent left out
    :param weights: what each counts [windows]
    """

    windows: Array
    weights: Array


def cut(path: Path, spec: MelSpec, level: float | None = None) -> Pieces:
    """The windows of a file; one that is shorter than a window is repeated.

    :param level: of the model's card: a quieter file is raised to it
    :raises DecodeError: it cannot be decoded
    """
    log_mel = track_log_mel(path, spec)
    frames, length = log_mel.shape[1], spec.window_frames
    starts = windows(frames, length)
    heard = [is_heard(log_mel[:, start : start + length]) for start in starts]
    louder = raised(log_mel, length, level)
    cuts = np.stack([louder[:, start : start + length] for start in starts])
    return Pieces(cuts[heard], np.array(weights(frames, length), np.float32)[heard])


def track_log_mel(path: Path, spec: MelSpec) -> Array:
    """Log-mel of a whole file, dB [mel, frames]; one that is shorter than a window is repeated.

    :raises DecodeError: it cannot be decoded
    """
    decoding = Decoding(path, spec.sample_rate)
    blocks: list[Array] = []

    def watched() -> Iterator[Array]:
        for block in decoding:
            if decoding.samples < spec.window_samples:
                blocks.append(block)
            yield block

    log_mel = log_mel_stream(watched(), spec)
    if log_mel.shape[1] < spec.window_frames:
        log_mel = log_mel_stream([np.resize(np.concatenate(blocks), spec.window_samples)], spec)
    return log_mel


def window_scores(trained: Trained, log_mel: Array) -> Array:
    """Scores of each window, [windows, tags] in 0..1.

    :param log_mel: dB [windows, mel, frames]
    """
    return _listen(trained, log_mel)[0]


def track_scores(trained: Trained, path: Path, card: ModelCard) -> Array | None:
    """Scores of a whole file [tags], as the application pools them; None where nothing can be heard.

    :raises DecodeError: it cannot be decoded
    """
    pieces = cut(path, card.mel, card.level)
    return _pooled(window_scores(trained, pieces.windows), pieces)


def track_features(trained: Trained, pieces: Pieces) -> Array | None:
    """What reaches the head in a whole file [channels], as the application pools and keeps it; None where
    nothing can be heard.
    """
    return _pooled(_listen(trained, pieces.windows)[1], pieces)


def _listen(trained: Trained, log_mel: Array) -> tuple[Array, Array]:
    """Scores [windows, tags] in 0..1, and what reaches the head [windows, channels]."""
    network = trained.module.eval()
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    tags, channels = network.head.weight.shape[:2]
    scores, features = [np.zeros((0, tags), np.float32)], [np.zeros((0, channels), np.float32)]
    with torch.inference_mode():
        for first in range(0, len(log_mel), AT_ONCE):
            batch = torch.from_numpy(log_mel[first : first + AT_ONCE]).float().unsqueeze(1)
            logits, heard = network.listen(contiguous(trained.standard(batch)))
            scores.append(torch.sigmoid(logits.mean(dim=2)).numpy())
            features.append(heard.numpy())
    return np.concatenate(scores), np.concatenate(features)


def _pooled(values: Array, pieces: Pieces) -> Array | None:
    """The mean over windows, each with its weight."""
    if not len(pieces.weights):
        return None
    mean: Array = np.average(values, axis=0, weights=pieces.weights)
    return mean.astype(np.float32)
