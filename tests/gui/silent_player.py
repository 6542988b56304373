"""A player that makes no sound and only counts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class SilentCard:
    """A player that only counts."""

    def __init__(self) -> None:
        self.path: Path | None = None
        self.playing = self.ended = False
        self.position = 0.0
        self.volume = 1.0
        self.error = self.reason = self.device = ""
        self.devices = ("Speakers", "Headphones")
        self.loop: tuple[float, float] | None = None
        self.notice: str | None = None
        self.lent: list[Path] = []
        self.available = True
        self.back = False

    def look_again(self) -> bool:
        if self.back:
            self.available, self.reason, self.position = True, "", 0.0
        return self.available

    def play(self, path: Path | None = None, at: float = 0.0) -> bool:
        if path is not None:
            self.path, self.position = path, at
        self.playing, self.ended = True, False
        return True

    @contextmanager
    def lend(self, path: Path) -> Iterator[None]:
        self.lent.append(path)
        yield

    def choose(self, device: str) -> None:
        self.device = device

    def take_notice(self) -> str | None:
        notice, self.notice = self.notice, None
        return notice

    def pause(self) -> None:
        self.playing = False

    def seek(self, seconds: float) -> None:
        self.position = seconds

    def stop(self) -> None:
        self.playing, self.ended, self.position = False, False, 0.0

    close = stop
