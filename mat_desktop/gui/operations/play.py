"""Playing the track in view."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from mat_desktop.gui.models.row import Row
from mat_desktop.gui.widgets.player_bar import PlayerBar

if TYPE_CHECKING:
    from mat_desktop.audio.player import Player


class Play(QObject):
    """``moved`` says where the playhead is, in seconds."""

    moved = Signal(float)
    loop_changed = Signal(object)

    def __init__(self, bar: PlayerBar) -> None:
        super().__init__()
        self._bar = bar
        self._row: Row | None = None
        self._at = 0.0
        self._carries = False
        self._loop: tuple[float, float] | None = None
        self._device = ""
        bar.play.clicked.connect(self.toggle)
        bar.stop.clicked.connect(self.stop)
        bar.moved.connect(self.seek)
        bar.position_changed.connect(self._head)
        bar.device_picked.connect(self.choose)

    @property
    def _player(self) -> Player | None:
        return self._bar.player

    def at(self, row: Row | None) -> None:
        """Another track is in view: silence, and to its start."""
        player = self._player
        self._row = row
        other = player is not None and (row is None or player.path != row.path)
        if other:
            self.set_loop(None)
        if player is not None and other:
            goes_on = self._carries and row is not None and row.track is not None
            if goes_on and row is not None:
                player.play(row.path)
                self._bar.started()
            else:
                player.stop()
                self._bar.play.set_playing(False)
        self._head(0.0)

    @contextmanager
    def carrying(self, *, ended: bool = False) -> Iterator[None]:
        """If sound is on, it goes on with the track that comes into view meanwhile.

        :param ended: sound counts as on, because the track before was played to its end
        """
        before = self._carries
        self._carries = before or ended or (self._player is not None and self._player.playing)
        try:
            yield
        finally:
            self._carries = before

    @property
    def loop(self) -> tuple[float, float] | None:
        """The part that is played again and again, seconds."""
        return self._loop

    def set_loop(self, loop: tuple[float, float] | None) -> None:
        """Play a part again and again, from its start if the playhead is elsewhere; None ends that."""
        if loop == self._loop:
            return
        self._loop = loop
        if self._player is not None:
            self._player.loop = loop
        if loop is not None and not loop[0] <= self._at < loop[1]:
            self._bar.show_position(loop[0])
        self.loop_changed.emit(loop)

    def choose(self, device: str) -> None:
        """Play on this device from now on; empty is the system's default."""
        self._device = device
        if self._player is not None:
            self._player.choose(device)

    @property
    def device(self) -> str:
        """The device to play on."""
        return self._device

    def toggle(self) -> None:
        """Play, or pause."""
        player, row = self._player, self._row
        if player is None or not player.available:
            reason = player.reason if player is not None else self._bar.why.text()
            self._bar.notice.emit(f"Nothing can be played: {reason}")
            return
        if row is None or row.track is None:
            return
        if player.playing:
            player.pause()
        elif player.path == row.path and player.position > 0 and not player.ended:
            player.play()
        else:
            over = self._at >= (self._bar.seconds or 0) - 0.5
            player.play(row.path, self._start if over or not self._at else self._at)
        if player.reason:
            self._bar.show_reason(player.reason)
        self._bar.started()

    @property
    def _start(self) -> float:
        """Where the track begins, or the part of it that is played again and again."""
        return self._loop[0] if self._loop is not None else 0.0

    def play_from(self, seconds: float) -> None:
        """Go to a place and play, whether sound is on or not."""
        self.seek(seconds)
        if self._player is not None and not self._player.playing:
            self.toggle()

    def stop(self) -> None:
        """Silence, and back to the start, or to that of the loop."""
        if self._player is not None:
            self._player.stop()
        self._bar.play.set_playing(False)
        self._bar.show_position(self._start)

    def seek(self, seconds: float) -> None:
        """Go to a place; sound follows if it is on."""
        player, row = self._player, self._row
        if row is None:
            return
        if player is not None and player.path == row.path and (player.playing or player.position > 0):
            player.seek(seconds)
            self._bar.started()
        self._bar.show_position(seconds)

    def skip(self, by: float) -> None:
        """Some seconds on or back."""
        seconds = self._bar.seconds
        if seconds:
            self.seek(min(max(self._at + by, 0.0), max(0.0, seconds - 0.1)))

    def lend(self, path: Path) -> AbstractContextManager[None]:
        """The player has a file not open meanwhile, so that it can be replaced. Any thread may ask."""
        player = self._player
        return nullcontext() if player is None else player.lend(path)

    def close(self) -> None:
        """The end."""
        if self._player is not None:
            self._player.close()

    def _head(self, seconds: float) -> None:
        self._at = seconds
        self.moved.emit(seconds)
