"""A sound card that is not there: it takes sound at the pace of a real one."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

RATE, FRAMES = 44_100, 1024


class PortAudioError(Exception):
    """As PortAudio's."""


class Stream:
    """An open output."""

    latency = 0.0

    def __init__(self, callback: Callable[..., None], **settings: Any) -> None:
        self._callback = callback
        self.active = False

    def start(self) -> None:
        """Take sound from now on."""
        self.active = True
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        block = np.zeros((FRAMES, 2), np.float32)
        due = time.monotonic()
        while self.active:
            self._callback(block, FRAMES, None, None)
            due = max(due + FRAMES / RATE, time.monotonic() - 1)
            time.sleep(max(0.0, due - time.monotonic()))

    def abort(self) -> None:
        """Take none any more."""
        self.active = False

    close = abort


def plug_in() -> None:
    """From now on the player finds this card, and no other."""
    module: Any = ModuleType("sounddevice")
    device = {"name": "Silence", "hostapi": 0, "max_output_channels": 2, "default_samplerate": float(RATE)}
    module.PortAudioError = PortAudioError
    module.OutputStream = Stream
    module.query_devices = lambda number=None, kind=None: [device] if kind is None else device
    module._terminate = module._initialize = lambda: None
    sys.modules["sounddevice"] = module
