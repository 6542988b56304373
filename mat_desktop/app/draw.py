"""The picture of a track: the log-mel that the network hears, as grey values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mat_desktop.app.session import Session
from mat_desktop.inference.protocol import Drawing, Drawn


@dataclass(frozen=True, slots=True)
class Picture:
    """:param mel: uint8 [bands, frames], row 0 is the lowest band; 0 is ``top_db - range_db``, 255 ``top_db``
    :param frames_per_second: columns a second
    :param top_db: level of the loudest cell, dB
    :param loudness: float32, how loud the track is over time, 0..1; at most some 2400 values
    """

    mel: NDArray[np.uint8]
    frames_per_second: float
    top_db: float
    range_db: float
    loudness: NDArray[np.float32]


def draw(
    session: Session,
    path: Path,
    tell: Callable[[Picture], None] = lambda part: None,
    wanted: Callable[[], bool] = lambda: True,
) -> Picture:
    """Decode a file and draw it, in the engine.

    :param tell: is told now and then, in some thread, the part that is drawn so far, from the start on and
        with fewer columns
    :param wanted: whether it is waited for still: it may have been withdrawn before the engine knew of it
    :raises DecodeError: the file cannot be decoded
    :raises EngineFault: the engine cannot be started
    :raises CancelledError: it was withdrawn meanwhile
    """
    future = session.engine.draw(path, lambda part: tell(_picture(part)))
    if not wanted():
        session.engine.cancel_drawing()
    return _picture(future.result())


def _picture(drawn: Drawing | Drawn) -> Picture:
    mel = np.frombuffer(drawn.picture, np.uint8).reshape(drawn.bands, drawn.frames)
    return Picture(mel, drawn.frames_per_second, drawn.top_db, drawn.range_db, loudness(mel, drawn.range_db))


def loudness(mel: NDArray[np.uint8], range_db: float) -> NDArray[np.float32]:
    """How loud a track is over time, 0..1, from its picture: the root of the mean power, by its loud places.

    :param mel: uint8 [bands, frames]
    """
    width = max(1, mel.shape[1] // 1200)
    usable = mel.shape[1] // width * width
    if usable == 0:
        return np.zeros(0, np.float32)
    power_of = (10 ** ((np.arange(256) / 255 - 1) * range_db / 10)).astype(np.float32)
    power = power_of[mel[:, :usable]].mean(axis=0)
    loud = np.sqrt(power.reshape(-1, width).max(axis=1))
    top = float(np.percentile(loud, 99)) or 1.0
    levels: NDArray[np.float32] = np.clip(loud / top, 0, 1).astype(np.float32)
    return levels
