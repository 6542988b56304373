"""The stream to a sound card, in the hands of one thread that opens it, watches it, and falls back.

Opening a device takes up to some hundred milliseconds, and PortAudio does not say when one is unplugged: its
callback just stops. Whoever uses this says only whether sound is wanted, and reads what became of it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mat_desktop.audio.probe import cause_of

Block = NDArray[np.float32]

CHANNELS = 2

STALLED = 2.0
"""Seconds without a callback after which a device is opened anew; a busy computer may need one of them."""

HANGS = 4.0
"""Seconds without a callback after which it is said: a sound server may hold up the thread too."""

DEAF = 3
"""Streams in a row that never called back after which a device that is there is given up as well."""

LATENCY = 0.2
"""Seconds of sound that a device holds at least. PulseAudio calls 0.035 high; then each callback that has to
wait for the interpreter costs a gap."""

IDLE = 5.0
"""Seconds of pause after which the device is closed, so that it can sleep."""

LOOK = 0.2
"""Seconds between two looks at an open stream."""

HANGING = "The sound device does not answer"

NONE_FOUND = "No sound output device found"


class Output:
    """One output device at a time. Every method but :meth:`look_again` returns at once."""

    def __init__(self, fill: Callable[[Block], None], opened: Callable[[int], None]) -> None:
        """No device is touched yet.

        :param fill: called by the sound card for each block [frames, 2]; must not wait
        :param opened: called in the thread when a device was opened, with its rate in Hz

        ``wish`` is the device to play on, ``device`` the one last opened; empty is the system's default.
        """
        self.rate = 44_100
        self.reason = ""
        self.devices: tuple[str, ...] = ()
        self.wish = ""
        self.device = ""
        self._fill, self._opened = fill, opened
        self._sounddevice: ModuleType | None = None
        self._loaded: ModuleType | None = None
        self._notice, self._noticed = "", ""
        self._name = ""
        self._deaf, self._opened_at = 0, 0
        self._wanted = False
        self._at_once = False
        self._rested = 0.0
        self._closed = False
        self._told = False
        self._stream: Any = None
        self._calls = 0
        self._alive = 0.0
        self._device_lock = threading.RLock()
        self._change = threading.Condition()
        self._thread: threading.Thread | None = None

    @property
    def available(self) -> bool:
        """Whether there is a device to play on."""
        return self._sounddevice is not None

    @property
    def latency(self) -> float:
        """Seconds from the callback to the ear."""
        return float(getattr(self._stream, "latency", 0.0) or 0.0)

    def look_again(self) -> bool:
        """Look for devices anew; ends what plays. Takes up to a second, some where a sound server hangs."""
        if not self._device_lock.acquire(timeout=HANGS):
            self.reason = HANGING  # until a device is opened, or looked for, again
            return False
        try:
            self._close_stream()
            self._notice, self._deaf = "", 0
            return self._look()
        finally:
            self._device_lock.release()

    def choose(self, name: str) -> None:
        """Play on this device from now on; empty is the system's default."""
        with self._change:
            self.wish = name
            self._tell()

    def want(self) -> None:
        """Sound is wanted."""
        with self._change:
            if not self._wanted:
                self._alive = monotonic()
            self._wanted = True
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._watch, name="output", daemon=True)
                self._thread.start()
            self._tell()

    def rest(self, *, at_once: bool) -> None:
        """No sound is wanted; the device is closed now, or when it was idle for some seconds."""
        with self._change:
            self._wanted, self._at_once = False, at_once
            self._rested = monotonic()
            self._tell()

    def take_notice(self) -> str | None:
        """What the user should know, once: that a device is gone, and what plays instead.

        Empty, once, when that is no longer so; None where nothing is new.
        """
        hangs = self._wanted and monotonic() - self._alive > HANGS
        notice = HANGING if hangs else self._notice
        if notice == self._noticed:
            return None
        self._noticed = notice
        return notice

    def close(self) -> None:
        """The end."""
        with self._change:
            self._closed, self._wanted = True, False
            self._tell()
        if self._thread is not None:
            self._thread.join(2.0)

    def _tell(self) -> None:
        self._told = True
        self._change.notify()

    # in the thread

    def _watch(self) -> None:
        seen, since = -1, monotonic()
        while True:
            with self._change:
                if not self._told:
                    self._change.wait(LOOK if self._stream is not None or self._wanted else None)
                self._told = False
                wanted, wish, closed = self._wanted, self.wish, self._closed
                idle = not wanted and (self._at_once or monotonic() - self._rested > IDLE)
            with self._device_lock:
                if closed or idle:
                    self._close_stream()
                    if closed:
                        return
                elif wanted and (self._stream is None or wish != self.device):
                    if wish != self.device:  # what was said was of the other one
                        self._notice, self._deaf = "", 0
                    self._close_stream()
                    self._open(wish)
                    seen, since = self._calls, monotonic()
                elif self._stream is not None:
                    now = monotonic()
                    if self._calls != seen:
                        seen, since = self._calls, now
                        self._hears()
                    if now - since > STALLED or not self._is_active():
                        self._lose(wish)
                        seen, since = self._calls, monotonic()

    def _is_active(self) -> bool:
        """PortAudio raises instead of saying no where the system's sound service came to grief."""
        try:
            return bool(self._stream.active)
        except Exception:  # whatever PortAudio or a driver raises
            return False

    def _hears(self) -> None:
        """The device takes sound."""
        if self._deaf >= DEAF:  # which was told, and is no longer so
            self._notice = ""
        self._deaf = 0

    def _lose(self, wish: str) -> None:
        """The stream stands still. That alone does not say that its device is gone: it is opened anew."""
        named = f"“{self.device}”" if self.device else "The sound device"
        deaf = self._calls == self._opened_at
        self._close_stream()
        if not self._look():
            self._give_up(f"{named} is gone and there is no other")
            return
        self._deaf = self._deaf + 1 if deaf else 0
        here = self._name in self.devices
        if here and self._deaf < DEAF:
            self._open(wish)
            return
        notice = f"{named} takes no sound" if here else f"{named} is gone"
        if wish or not here:
            notice += ". Playing on the system default"
            self._deaf = 0
            with self._change:
                self.wish = ""
        self._open("")
        if self._stream is not None:
            self._notice = notice

    def _open(self, wish: str) -> None:
        if self._sounddevice is None and not self._look():
            self._give_up(self.reason)
            return
        why = ""
        for name in dict.fromkeys((wish, "")):
            try:
                self._start(name)
            except Exception as error:  # whatever PortAudio, a driver or a sound server raises
                self._close_stream()
                why = why or f"No sound device can be opened: {_cause(error)}"
                continue
            if name != wish:
                self._notice = f"“{wish}” cannot be opened. Playing on the system default"
                with self._change:
                    self.wish = ""
            self.reason = ""
            return
        self._give_up(why)

    def _start(self, name: str) -> None:
        sounddevice = self._sounddevice
        assert sounddevice is not None
        number = self._number(name)
        info = sounddevice.query_devices(number, "output")
        rate = int(info["default_samplerate"])
        stream = sounddevice.OutputStream(
            samplerate=rate,
            channels=CHANNELS,
            dtype="float32",
            latency=max(LATENCY, float(info.get("default_high_output_latency", 0.0))),
            device=number,
            callback=self._callback,
        )
        self._stream = stream
        self.rate, self.device = rate, name
        self._name, self._opened_at = str(info["name"]), self._calls
        self._opened(rate)
        stream.start()

    def _number(self, name: str) -> int | None:
        if not name:
            return None
        assert self._sounddevice is not None
        for number, info in _outputs(self._sounddevice):
            if info["name"] == name:
                return number
        raise ValueError("it is not connected")

    def _callback(self, out: Block, frames: int, time: object, status: object) -> None:
        self._calls += 1
        self._alive = monotonic()
        self._fill(out)

    def _give_up(self, reason: str) -> None:
        self.reason = reason
        self._notice = ""  # where nothing plays, nothing is said of what plays instead
        self._sounddevice = None
        with self._change:
            self._wanted, self._at_once = False, True

    def _close_stream(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            with suppress(Exception):
                stream.abort()
            with suppress(Exception):
                stream.close()

    def _look(self) -> bool:
        """Whether there is a device; until that is known, what was known holds."""
        found, self.reason = self._find()
        self._sounddevice = found
        return found is not None

    def _find(self) -> tuple[ModuleType | None, str]:
        """PortAudio where it has a device, else why there is none."""
        try:
            import sounddevice
        except OSError:
            return None, "PortAudio is not installed (Debian, Ubuntu: libportaudio2)"
        except ImportError:
            return None, "The sounddevice package is not installed"
        try:
            if self._loaded is not None:  # PortAudio keeps the list of devices of its start
                sounddevice._terminate()
                sounddevice._initialize()
            self._loaded = sounddevice
            self.rate = int(sounddevice.query_devices(None, "output")["default_samplerate"])
            self.devices = tuple(dict.fromkeys(info["name"] for _, info in _outputs(sounddevice)))
        except (sounddevice.PortAudioError, ValueError, KeyError, TypeError, OSError):
            return None, NONE_FOUND
        return sounddevice, ""


def _cause(error: Exception) -> str:
    """Without the call that failed and PortAudio's number for it, which say nothing to the user."""
    text = cause_of(error)
    return text.rsplit(": ", 1)[-1].split(" [PaErrorCode", 1)[0]


def _outputs(sounddevice: ModuleType) -> list[tuple[int, dict[str, Any]]]:
    """Number and facts of the outputs of the system's usual interface; others list the same devices again."""
    interface = sounddevice.query_devices(None, "output")["hostapi"]
    return [
        (number, info)
        for number, info in enumerate(sounddevice.query_devices())
        if info["hostapi"] == interface and info["max_output_channels"] >= CHANNELS
    ]
