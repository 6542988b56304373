"""The picture of a track: the log-mel that the network hears, as grey values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mat_desktop.app.session import Session


@dataclass(frozen=True, slots=True)
class Picture:
    """:param mel: uint8 [bands, frames], row 0 is the lowest band; 0 is ``top_db - range_db``, 255 ``top_db``
    :param frames_per_second: columns a second
    :param top_db: level of the loudest cell, dB
    """

    mel: NDArray[np.uint8]
    frames_per_second: float
    top_db: float
    range_db: float


def draw(session: Session, path: Path) -> Picture:
    """Decode a file and draw it, in the engine.

    :raises DecodeError: the file cannot be decoded
    :raises EngineFault: the engine cannot be started
    """
    drawn = session.engine.draw(path).result()
    mel = np.frombuffer(drawn.picture, np.uint8).reshape(drawn.bands, drawn.frames)
    return Picture(mel, drawn.frames_per_second, drawn.top_db, drawn.range_db)
